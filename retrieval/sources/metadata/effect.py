"""The days on which an official text says that it takes effect and lapses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from retrieval.sources.metadata.head import Head
from retrieval.sources.metadata.words import DATE, KIND, Found, Line, Page, days_later, iso_date

_COUNT = {"bảy": 7, "mười": 10, "mười lăm": 15, "hai mươi": 20, "ba mươi": 30, "bốn mươi lăm": 45, "bốn lăm": 45}
BEGINS = re.compile(
    rf"(?:kể )?từ (?:\d{{1,2}} ?(?:giờ|h)(?: ?\d+(?: phút)?)?,? ?)?ngày ?(?:(?P<day>{DATE})"
    r"|(?:ký|ban hành|thông qua|được [^,.;]{3,80}? thông qua)\b|(?P<gazette>đăng công báo))"
    rf"|sau (?P<count>\d{{1,3}}|{'|'.join(_COUNT)}) (?:\([^)]{{1,30}}\) )?ngày,? (?:kể )?từ ngày "
    rf"(?:(?P<gazette_after>đăng công báo)|ký|ban hành|thông qua|(?P<day_after>{DATE}))"
)
_UNTIL = re.compile(rf"\bđến(?P<whole> hết)? (?:ngày ?(?P<day>{DATE})|năm (?P<year>20\d\d)(?!\d))(?! (?:về trước|trở))")
# "trừ", but not "miễn trừ", "bù trừ", "khấu trừ".
EXCEPT = re.compile(
    r"(?<!miễn )(?<!bù )(?<!khấu )(?<!giảm )(?<!phòng )(?<!loại )\b(?:ngoại )?trừ (?=trường|quy|các|những|điều|khoản"
    r"|điểm|nội|chương|mục|phụ|phần|một|đối|việc|thẩm|chế|mẫu|\d).*"
)
_PASSED = re.compile(rf" (?:đã )?được [^.;]{{3,200}}? thông qua ngày ?(?P<day>{DATE})")
_HOLDS = re.compile(
    r",? (?:(?:đã )?được [^;]{3,300}? thông qua [^;]{0,200}?)?"
    r"(?:có hiệu lực|(?:được )?(?:thực hiện|áp dụng|thi hành))\b"
)
_PARTS_BEGIN = re.compile(
    r"(?:riêng |các |những )?(?:quy định|khoản|điều|điểm|chương|mục|phụ lục|nội dung|chế độ)\b.{0,400}? có hiệu lực"
    rf"(?: thi hành)? (?:kể )?từ ngày ?(?P<day>{DATE})"
)


@cache
def own_name(kind: str | None) -> re.Pattern[str]:
    """What a text calls itself: "nghị định này"."""
    names = {None: KIND, "Thông tư liên tịch": r"thông tư(?: liên tịch| liên bộ)?|văn bản"}
    return re.compile(rf"(?:{names.get(kind) or f'{kind}|văn bản'.lower()}) này\b")


@cache
def takes_effect(kind: str | None) -> re.Pattern[str]:
    """A sentence that says when the text itself takes effect, up to the words that BEGINS reads."""
    before = (
        r"(?:đã )?được [^.;]{3,260}? thông qua[^.;]{0,120}?,?(?: và)?",
        r"gồm [^.;]{3,80}?,?(?: và)?",
        r"(?:bãi bỏ|thay thế) [^;]{3,600}? và",
    )
    own = own_name(kind).pattern.replace(r" này\b", r"(?: này)?")
    return re.compile(
        rf"(?:hiệu lực(?: thi hành)? ?[:.-]? )?{own}(?: (?:{'|'.join(before)}))? có hiệu lực"
        r"(?: ?thi hành| pháp luật| áp dụng| thực hiện)?(?: và (?:được )?áp dụng)?"
        r"(?P<while> (?:trong|với)(?: thời hạn| vòng)?(?: \w+){1,4}?)?,? ?(?=từ |kể từ |sau \w)"
    )


def read_effect(page: Page, sentences: list[Line], head: Head) -> Iterator[Found]:
    """The issue date that closes a law or resolution, the first and the last day of effect."""
    kind, issued = head.value("kind"), head.get("issued")
    passed = next((found for sentence in sentences if (found := _passed(page, sentence, kind))), None)
    if issued and passed and issued.value != passed.value:
        page.warn(f"Phần đầu ghi ngày {issued.value}, còn cuối văn bản ghi thông qua ngày khác", passed.evidence)
    if passed and not issued:
        yield passed
    for read in (_begins, _until):
        said = [found for sentence in sentences if (found := read(page, sentence, kind, issued or passed))]
        if len({found.value for found in said}) > 1:
            values = ", ".join(found.value for found in said)
            page.warn(f"Văn bản nói những ngày hiệu lực khác nhau ({values}); cần người xem")
        elif said:
            yield said[0]
            if read is _begins:
                _warn_of_other_days(page, sentences, said[0].value)
                signed = issued or passed
                if signed and said[0].value < signed.value:
                    page.warn(f"Ngày có hiệu lực {said[0].value} trước ngày ban hành {signed.value}; cần người xem")


def _passed(page: Page, sentence: Line, kind: str | None) -> Found | None:
    own = own_name(kind).match(sentence.low)
    match = _PASSED.match(sentence.low, own.end()) if own else None
    value = iso_date(match.group("day")) if match else None
    return page.found("issued", value, sentence.span(0, match.end())) if match and value else None


def _begins(page: Page, sentence: Line, kind: str | None, issued: Found | None) -> Found | None:
    """The first day of effect, written out or counted from the issue date."""
    said = takes_effect(kind).match(sentence.low)
    if said is None:
        return None
    match = BEGINS.match(sentence.low, said.end())
    if match is None or match.group("gazette") or match.group("gazette_after"):
        page.warn("Không tính được ngày có hiệu lực từ câu này", sentence.plain)
        return None
    written = match.group("day") or match.group("day_after")
    value = iso_date(written) if written else issued.value if issued else None
    if value is None:
        page.warn("Ngày có hiệu lực tính từ một ngày không đọc được", sentence.plain)
        return None
    if count := match.group("count"):
        value = days_later(value, int(count) if count.isdigit() else _COUNT[count])
        page.warn(f"Ngày có hiệu lực {value} là ngày tính ra (sau {count} ngày), cần xác nhận", sentence.plain)
    if exception := EXCEPT.search(sentence.low, match.end()):
        page.warn("Ngày có hiệu lực có ngoại lệ, cần người xem", sentence.plain[exception.start() :])
    if said.group("while"):
        page.warn("Văn bản chỉ có hiệu lực trong một thời gian, cần người xem", sentence.plain)
    also = () if written or not issued else (page.words((issued.start, issued.end)),)
    return page.found("effective_from", value, sentence.span(0, match.end()), also)


def _until(page: Page, sentence: Line, kind: str | None, _: Found | None) -> Found | None:
    """The last day of effect, where the text says it of itself."""
    own = own_name(kind).match(sentence.low)
    match = _UNTIL.search(sentence.low, own.end()) if own else None
    if own is None or match is None:
        return None
    between = sentence.low[own.end() : match.start()]
    if not _HOLDS.match(between) or re.search(r";|\b(?:trừ|đối với|theo|cho|báo cáo)\b", between):
        return None
    value = match.group("year") or iso_date(match.group("day"))
    if value and not match.group("whole"):
        page.warn("Câu này không ghi “đến hết”; ngày cuối cùng còn hiệu lực cần người xem", sentence.plain)
    return page.found("effective_to", value, sentence.span(0, match.end())) if value else None


def _warn_of_other_days(page: Page, sentences: list[Line], own: str) -> None:
    for sentence in sentences:
        match = _PARTS_BEGIN.match(sentence.low)
        if match and iso_date(match.group("day")) not in (None, own) and "hết hiệu lực" not in match.group():
            page.warn("Có phần có hiệu lực từ ngày khác, cần người xem", sentence.plain)
