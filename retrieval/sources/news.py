"""News articles without what a news page puts around them: ways about the site, captions, headlines of other articles.

Lines that say who wrote or published the article in so many words ("Bài và ảnh: …", "Nguồn: …") stay: people ask that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from retrieval.places import find_provinces
from retrieval.text import sentence_spans, words

IMAGE, CAPTION, CREDIT = "tên tệp hình", "chú thích hình", "tên người chụp hình"
TOOL, PATH, TAGS, FOOTER = "nút của trang tin", "đường dẫn chuyên mục", "từ khóa của trang tin", "chân trang tin"
BYLINE, PART = "dòng tác giả, ngày đăng", "dòng chia kỳ của loạt bài"
OTHERS, REPEATED = "tiêu đề bài khác", "tiêu đề lặp lại"

# Words from which a line that ends as a sentence does is a paragraph, and from which any line is.
_PARAGRAPH, _LONG = 15, 45
# Lines in which a page says when and by whom; words of a byline, of a link to another article and of a caption.
_HEAD, _BYLINE_WORDS, _LINK_WORDS, _CAPTION_WORDS = 12, 12, 35, 50
_CREDIT_CHARACTERS, _LONGEST_LINE = 120, 1_000
# A text of more characters is no article.
_LONGEST = 60_000


@dataclass(frozen=True, slots=True)
class Cut:
    """Words that went with their line (from 1), or from its end; `why` in Vietnamese."""

    line: int
    words: str
    why: str

    def __str__(self) -> str:
        return f"dòng {self.line}: đã bỏ {self.why}: «{self.words}»"


@dataclass(frozen=True, slots=True)
class Cleaned:
    """An article without its noise. `published`: the day on which its page says that it came out, ISO."""

    text: str
    cuts: tuple[Cut, ...]
    published: str | None


def clean_article(text: str) -> Cleaned:
    """The text of a news page without the lines that are not its article's, and what was cut. Give it articles only."""
    lines = text.split("\n")
    bare = [_bare(line) for line in lines]
    why = _reasons(bare)
    kept, cuts = [], []
    for number, line in enumerate(lines):
        if number in why:
            cuts.append(Cut(number + 1, line.strip(), why[number]))
            continue
        if credit := _credit(line):
            cuts.append(Cut(number + 1, credit.group().strip(), CREDIT))
            line = line[: credit.start()]
        kept.append(line)
    if not cuts:
        return Cleaned(text, (), _published(bare))
    return Cleaned(re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip("\n"), tuple(cuts), _published(bare))


def is_article(text: str) -> bool:
    """Whether a text is surely a news article as taken from its page: prose, with a trace of the page.

    Official texts, procedures, lists, questions with answers and articles without any trace are not.
    """
    if len(text) > _LONGEST:
        return False
    bare = [line for line in map(_bare, text.split("\n")) if line]
    paragraphs = [line for line in bare if _is_paragraph(line)]
    listed = sum(bool(_BULLET.match(line) or line.endswith("?")) for line in bare[: _last_paragraph(bare) + 1])
    if len(paragraphs) < 3 or listed > 0.3 * len(bare) or _is_official(bare):
        return False
    traces = [
        place for place, why in _reasons(bare).items() if why not in (FOOTER, TAGS) and not _is_names(bare[place])
    ]
    return bool(traces) or any(_LABELLED.match(line) or _credit(line) for line in bare)


# --- what kind of line ---

_ENDS = re.compile(r"[.!?…][\"”’)\]]*$")
_BULLET = re.compile(r"(?:[•▪●■►»›+*–-]|>{1,3}|\d{1,2}[.)]|[a-zđ]\))\s")
_OFFICIAL = re.compile(
    r"cộng h[òo][àa] xã hội chủ nghĩa|độc lập - tự do|số\s*:\s*\d+.{0,3}/|căn cứ (?:luật|nghị|quyết|thông|hiến|bộ luật)"
    r"|điều \d+[.:]|chương [ivx\d]+\b|nơi nhận|kính gửi|nghị quyết$|quyết định$|nghị định$|thông tư$|kế hoạch$"
    r"|(?:\d\.\s*)?(?:trình tự thực hiện|cách thức thực hiện|thành phần hồ sơ|thời hạn giải quyết|căn cứ pháp lý|lệ phí"
    r"|yêu cầu, điều kiện|đối tượng thực hiện|cơ quan thực hiện)",
    re.IGNORECASE,
)
_IMAGE = re.compile(r"!\[[^\]]*\]\([^)]*\)|\[?[\w() .%+-]{1,120}\.(?:jpe?g|png|gif|webp|bmp|svg)\]?", re.IGNORECASE)
# A credit at the end of a caption: "Ảnh: Lan Anh.", "(Ảnh minh họa)", "- Nguồn ảnh: TTXVN". What comes after the colon
# begins as names do; "Ảnh: 02 tấm 4x6" is a paper to bring.
_PICTURE = (
    "(?:[Nn]guồn ảnh|NGUỒN ẢNH|[Ảả]nh(?: minh h(?:ọa|oạ)| tư liệu)?|ẢNH|Photo|Đồ h(?:ọa|oạ)|Video|Clip|Minh h(?:ọa|oạ))"
)
_CREDIT = re.compile(
    rf"(?:(?<=[\s.,;|–—/-])|^)[|–—/-]?\s?(?:\(\s?{_PICTURE}(?:\s?[:;/-][^()]{{1,60}}|\s[^():\d]{{1,20}})?\s?\)"
    rf"|(?!ả){_PICTURE}\s?:\s?(?=[^\W\d_])(?P<name>[^.:\n]{{1,50}}(?:\.[^.:\n]{{1,20}})?)"
    r"|(?:(?<=[.|–—-]\s)|^)Ảnh minh h(?:ọa|oạ))\.?$"
)
_DAY = re.compile(r"(?<![\d/.-])(\d{1,2})\s?[/.-]\s?(\d{1,2})\s?[/.-]\s?((?:19|20)\d\d)(?![\d/.-]\d)")
_CLOCK = re.compile(r"(?<!\d)\d{1,2}\s?(?:[:hg]|giờ)\s?\d{2}(?::\d{2})?(?!\d)\s?(?:AM|PM|SA|CH)?", re.IGNORECASE)
_STAMP_WORDS = re.compile(
    r"\(?gmt\s?\+?7\)?|thứ (?:hai|ba|tư|năm|sáu|bảy|[2-7])|chủ nhật|cập nhật|ngày đăng|đăng(?: tải)?|xuất bản"
    r"|ngày|lúc|bởi|tác giả|(?:số )?lượt (?:xem|đọc)\s?:?\s?[\d.,]+|[\s,:|–—·•/-]+",
    re.IGNORECASE,
)
_WHEN = re.compile(r"thứ |chủ nhật|cập nhật|đăng|xuất bản|gmt", re.IGNORECASE)
_PART_OF_LAW = re.compile(r"(?:chương|phụ lục|mục|phần|điều|mẫu|biểu|bảng)\b", re.IGNORECASE)
_INITIALS = re.compile(
    r"\(?(?:[A-ZĐ]{1,2}(?:\s?\.\s?[A-ZĐ][A-Za-zđ]{0,3}){1,3}\.?|PV|BBT|TTXVN|CTV)(?:\s?\((?:tổng hợp|t/h|th)\))?\)?"
)
_AFTER_OTHERS = re.compile(
    r"\(?theo\s(?:báo|tạp chí|cổng|ttxvn|vov|vtv|vietnamplus|[^.!?]{2,30}\.(?:vn|com))[^.!?]{0,40}\)?\.?", re.I
)
_LABELLED = re.compile(
    r"\(?(?:bài(?: viết)?(?:,| và)? ảnh|bài viết|tin(?:,| và)? (?:bài|ảnh)|bài|tác giả|pv|phóng viên|nguồn(?: tin)?"
    r"|thực hiện|biên tập)\s?:\s?\S",
    re.IGNORECASE,
)
_PATH = re.compile(r"(?:trang chủ|home)(?:\s?[>»›/|–-]\s?[^>»›/|]{1,60}){1,5}", re.IGNORECASE)
# Anywhere but in the head such steps tell where to tap ("Cài đặt > Bảo mật").
_STEPS = re.compile(r"[^>»›.]{2,40}(?:\s[>»›]\s[^>»›.]{2,40}){1,5}")
_TOOL = re.compile(
    r"\W*(?:(?:\(?\d*\)?\s?)?bình luận(?: \(\d+\))?|ý kiến(?: bạn đọc| của bạn)?(?: \(\d+\))?"
    r"|(?:gửi|viết) (?:bình luận|ý kiến|phản hồi|email)|chia sẻ(?: (?:facebook|zalo|bài viết|(?:lên|qua) [\w ]{1,20}))?"
    r"|in (?:bài viết|trang|bài|tin)|lưu bài(?: viết)?|copy link|sao chép liên kết|về (?:trang trước|đầu trang)"
    r"|(?:số )?lượt (?:xem|đọc)\s?:?\s?[\d.,]*"
    r"|[\d.,]+ lượt (?:xem|đọc|thích)|cỡ chữ[\w +:-]{0,12}|a- ?a? ?a\+?|nghe (?:đọc )?(?:bài|tin)(?: viết)?"
    r"|đánh giá bài viết|click để đánh giá[\w ]{0,30}|tổng số điểm của bài viết[\w :/]{0,40}"
    r"|theo dõi [\w .]{1,40} trên [\w ]{1,20}|google news|(?:tổng )?lượt truy cập\s?:?\s?[\d.,]*"
    r"|(?:đang )?(?:online|trực tuyến)\s?:\s?[\d.,]+|quảng cáo|advertisement|xem tiếp|đọc tiếp|xem toàn màn hình"
    r"|xem ảnh lớn)\W*",
    re.IGNORECASE,
)
# In the midst of an article these are its own words.
_BUTTON = re.compile(r"\W*(?:facebook|zalo|twitter|email|print|quay lại|trở về|trang chủ|đăng nhập)\W*", re.IGNORECASE)
_PART = re.compile(r"\(?(?:tiếp theo(?: và hết| kỳ trước| số trước)?|còn nữa|hết)\)?\.?", re.IGNORECASE)
# Above headlines of other articles: surely, and only if nothing of the article comes after.
_OTHERS = re.compile(
    r"\W*(?:(?:các |những )?(?:tin|bài)(?: tức| viết)? (?:khác|liên quan|cùng (?:chuyên mục|chủ đề|loại)|đã đưa|mới hơn"
    r"|cũ hơn)(?: cùng chuyên mục)?|có thể bạn quan tâm|(?:đọc|xem) nhiều(?: nhất)?|(?:tin|bài) (?:đọc|xem) nhiều"
    r"|tin nổi bật|tin mới nhất|cùng chuyên mục)\s?:?\W*",
    re.IGNORECASE,
)
_PERHAPS_OTHERS = re.compile(
    r"\W*(?:nổi bật|xem thêm|đọc thêm|tin mới|mới nhất|tiêu điểm|multimedia|podcast)\s?:?\W*", re.IGNORECASE
)
_LINK = re.compile(
    r">>+\s?\S|»\s?\S|(?:xem thêm|đọc thêm|mời (?:bạn đọc )?xem(?: thêm)?|tin liên quan|bài liên quan)\s?:\s?\S",
    re.IGNORECASE,
)
_LAW = re.compile(r"\b(?:điều|khoản) \d|\d/\d{4}|https?://|\d-\w", re.IGNORECASE)
_TAGS = re.compile(r"\W*(?:(?:từ kh[óo][áa]|tags?)\s?(?::.{0,200})?|tags .{0,200})|#?\w+(?:[\s,]+#\w+)+", re.IGNORECASE)
_FOOTER = re.compile(
    r"©|copyright|bản quyền thuộc|giấy phép (?:số|hoạt động báo|thiết lập trang|xuất bản)|ghi rõ nguồn"
    r"|cơ quan chủ quản|tổng biên tập|chịu trách nhiệm (?:nội dung|xuất bản)|bạn đã không sử dụng site|designed by"
    r"|powered by",
    re.IGNORECASE,
)
# A line that names the author or the source, or tells how to reach somebody, is the article's own.
_STAYS = re.compile(
    _LABELLED.pattern + r"|\W*(?:địa chỉ|điện thoại|đt|hotline|đường dây nóng|tổng đài|email|website|liên hệ)\s?:?\s",
    re.IGNORECASE,
)


def _bare(line: str) -> str:
    """A line without marks of Markdown around it."""
    return line.strip(" \t\r\f\v\u00a0*_`#|")


def _is_paragraph(line: str) -> bool:
    count = len(line.split())
    return count >= _LONG or (count >= _PARAGRAPH and bool(_ENDS.search(line)))


def _last_paragraph(bare: Sequence[str]) -> int:
    """The place of the last line that is a paragraph, -1 if none is."""
    return max(
        (place for place, line in enumerate(bare) if _is_paragraph(line) and not _FOOTER.match(line)), default=-1
    )


def _is_official(bare: Sequence[str]) -> bool:
    found = [line for line in bare if _OFFICIAL.match(line)]
    return len(found) >= 2 or any(_OFFICIAL.match(line) for line in bare[:5])


def _is_stamp(line: str) -> bool:
    """Whether a line only says when, and perhaps by whom, the page came out: "Ngọc Anh 27/07/2025 11:51"."""
    if len(line.split()) > _BYLINE_WORDS or not _DAY.search(line):
        return False
    rest = _STAMP_WORDS.sub(" ", _CLOCK.sub(" ", _DAY.sub(" ", line))).strip(" .()")
    says_when = bool(_CLOCK.search(_DAY.sub(" ", line)) or _WHEN.search(line))
    return (not rest and len(line) <= 60) or (says_when and _all_capital(rest))


# --- which lines go ---


def _reasons(bare: Sequence[str]) -> dict[int, str]:
    """The places of lines that are not the article's, with the reason."""
    filled = [place for place, line in enumerate(bare) if line]
    last = _last_paragraph(bare)
    tail = [place for place in filled if place > last]
    why = {place: reason for place in filled if (reason := _alone(bare[place]))}
    body = range(next((place for place in filled if _is_paragraph(bare[place])), 0), last)
    why |= {place: TOOL for place in filled if place not in body and _BUTTON.fullmatch(bare[place])}
    why = {place: reason for place, reason in why.items() if reason != TOOL or not _is_listed(bare, place)}
    why |= dict(_captions(bare, why))
    why |= dict(_head(bare, filled[:_HEAD], why))
    why |= dict(_others(bare, filled, last))
    why |= dict(_foot(bare, filled[: _HEAD // 2], tail))
    return {place: reason for place, reason in why.items() if not _STAYS.match(bare[place])}


def _is_listed(bare: Sequence[str], place: int) -> bool:
    """Whether a line is an item of a list, where "Zalo" is no button."""
    before = next((line for line in bare[max(0, place - 3) : place][::-1] if line), "")
    return bool(_BULLET.match(bare[place])) or before.endswith(":") or bool(_BULLET.match(before))


def _alone(line: str) -> str | None:
    """Why a line goes wherever it stands."""
    count = len(line.split())
    if count > _CAPTION_WORDS or len(line) > _LONGEST_LINE:
        return None
    if _IMAGE.fullmatch(line):
        return IMAGE
    if _TOOL.fullmatch(line):
        return TOOL
    if _PART.fullmatch(line):
        return PART
    if _PATH.fullmatch(line) and count <= _LINK_WORDS:
        return PATH
    if _TAGS.fullmatch(line) and not _is_paragraph(line):
        return TAGS
    if _LINK.match(line) and count <= _LINK_WORDS and not _LAW.search(line):
        return OTHERS
    credit = _credit(line)
    return CAPTION if credit and len(sentence_spans(line[: credit.start()])) <= 1 else None


def _credit(line: str) -> re.Match[str] | None:
    """The name of the photographer at the end of a line that does not name the author."""
    found = None if _STAYS.match(_bare(line)) else _CREDIT.search(line, max(0, len(line) - _CREDIT_CHARACTERS))
    name = (found and found["name"]) or "Tên"
    return found if name[0].isupper() or name.startswith(("tư liệu", "internet", "minh họa")) else None


def _captions(bare: Sequence[str], why: dict[int, str]) -> Iterator[tuple[int, str]]:
    """One sentence right below a picture, where blank lines part the paragraphs."""
    if sum(not line for line in bare) < len(bare) / 3:
        return
    for place, reason in why.items():
        below = bare[place + 1 : place + 3]
        alone = reason == IMAGE and below and below[0] and not any(below[1:])
        if alone and len(below[0].split()) <= _LINK_WORDS and len(sentence_spans(below[0])) == 1:
            yield place + 1, CAPTION


def _head(bare: Sequence[str], head: Sequence[int], why: dict[int, str]) -> Iterator[tuple[int, str]]:
    """The rubric above a title, and below it who wrote the article and when."""
    yield from ((place, PATH) for place in head[:3] if _STEPS.fullmatch(bare[place]))
    own = [place for place in head if place not in why and not _STEPS.fullmatch(bare[place])]
    stamp = next((place for place in own[:5] if _is_stamp(bare[place])), None)
    if stamp is None:
        return
    yield stamp, BYLINE
    above = own[: own.index(stamp)]
    if len(above) >= 2 and _is_names(bare[above[-1]]) and len(bare[above[-2]].split()) > 4:
        yield above.pop(), BYLINE
    if len(above) >= 2 and len(bare[above[0]].split()) <= 4 < len(bare[above[1]].split()):
        yield above[0], PATH


def _others(bare: Sequence[str], filled: Sequence[int], last: int) -> Iterator[tuple[int, str]]:
    """Headlines of other articles: all that follows if no paragraph does, or else a list below such a heading."""
    listing = False
    for at, place in enumerate(filled):
        line = bare[place]
        if place > last and (_OTHERS.fullmatch(line) or _PERHAPS_OTHERS.fullmatch(line)):
            yield from ((after, OTHERS) for after in filled[at:])
            return
        heads = bool(_OTHERS.fullmatch(line))
        listing = heads or (listing and bool(_BULLET.match(line)) and not _is_paragraph(line))
        if listing:
            yield place, OTHERS


def _foot(bare: Sequence[str], head: Sequence[int], tail: Sequence[int]) -> Iterator[tuple[int, str]]:
    """Below the last paragraph: the author, the title once more, who runs the page."""
    title = next((words(bare[place]) for place in head if len(bare[place].split()) > 4), [])
    signature = _signature(bare, tail)
    for place in tail:
        line = bare[place]
        if _FOOTER.match(line):
            yield place, FOOTER
        elif title and place not in head and words(line) == title:
            yield place, REPEATED
        elif _INITIALS.fullmatch(line) or _AFTER_OTHERS.fullmatch(line) or place == signature:
            yield place, BYLINE


def _signature(bare: Sequence[str], tail: Sequence[int]) -> int | None:
    """The place of the one line of names that comes after a whole sentence; more in a row are a list."""
    filled = [line for line in bare if line]
    first = len(filled) - len(tail)
    for at, place in enumerate(tail, first):
        around = (filled[at - 1] if at else "", *filled[at + 1 : at + 2])
        if _is_names(bare[place]) and _ENDS.search(around[0]) and not any(map(_is_names, around[1:])):
            return place
    return None


def _is_names(line: str) -> bool:
    """Whether a line is one or more names of people, as far as can be seen."""
    fits = 2 <= len(line.split()) <= _BYLINE_WORDS and _all_capital(line)
    return fits and not line.isupper() and not _PART_OF_LAW.match(line) and not find_provinces(line)


def _all_capital(line: str) -> bool:
    parts = re.split(r"[\s.,–&/-]+", line.strip("."))
    return all(part[:1].isupper() and part.isalpha() for part in parts)


def _published(bare: Sequence[str]) -> str | None:
    stamps = [line for line in [line for line in bare if line][:_HEAD] if _is_stamp(line)]
    found = _DAY.search(stamps[0]) if stamps else None
    if found is None:
        return None
    day, month, year = map(int, found.groups())
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None
