"""Rules that documents must keep so that people can trust them: one function a rule, listed in RULES."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

from retrieval.readers import read_sources
from retrieval.records import PATH, Document, first_day, is_over, last_day
from retrieval.register import NUMBER, Register, disagree, read_list, read_register
from retrieval.text import sentence_spans, strip_diacritics, words

# A sentence that must be read aloud: words, without addresses and numbers of instruments.
LONGEST_SENTENCE = 60
LEAST_ASKED_AS = 8
_LONGEST_ASKED_AS = 30
# Share of a title's words in one way of asking, from which it is the title copied.
_COPIED = 0.9
# How far, in characters, a word may stand from what it says is over.
_NEAR = 60
_PORTAL = "dichvucong.gov.vn"
_INSTRUMENTS = ("luat", "nghi_dinh")
_ADDRESS = re.compile(r"https?://\S+")
_DISTRICT = r"(?:huyện|quận|thị xã)"
_DISTRICT_DESK = re.compile(
    r"\b(?:(?<!nhắc )(?:đến|tới)(?! (?:\d|hết|khi|nay|năm|tháng|ngày))|nộp|gửi|hỏi|gặp|liên hệ|mang)\b"
    rf"(?:(?!\bnay\b)[^.;]){{0,60}}?\b{_DISTRICT}\b"
    r"|\b(?:tại|ở)\b(?:(?!\bnay\b)[^.;]){0,40}?"
    r"\b(?:ủy ban nhân dân|ubnd|công an|bộ phận một cửa|phòng [\w ]{2,30}?|chi nhánh[\w ]{0,30}?) (?:cấp )?"
    rf"{_DISTRICT}\b",
    re.IGNORECASE,
)
# "bỏ cấp huyện", "không còn cấp huyện", "cấp huyện đã bỏ": said of the level, they send nobody anywhere.
_DISTRICT_ENDED = re.compile(
    r"\b(?:bỏ|không còn|không có|không tổ chức|giải thể|chấm dứt|kết thúc)(?: (?:hẳn|có|các|cả|hoạt động|của|bộ máy|"
    r"chính quyền|địa phương|tổ chức|đơn vị hành chính|ủy ban nhân dân|ubnd|công an|tòa án|bộ phận một cửa|cấp))* "
    rf"{_DISTRICT}(?:(?:,| và) {_DISTRICT})*\b"
    rf"|\bcấp {_DISTRICT}(?: nay)?(?: đã| bị)* (?:không còn|bỏ|giải thể|chấm dứt|kết thúc)\b",
    re.IGNORECASE,
)
_NO_DESK = re.compile(
    r"\b(?:không (?:còn|(?:(?:phải|cần|nên) )?(?:đến|tới|lên|ra|nộp|gửi|hỏi|gặp|mang))|trước đây|trước ngày"
    rf"|có phải|được không|{_DISTRICT}(?: \w+){{0,3}} cũ)\b",
    re.IGNORECASE,
)
_KINDS = r"(?:luật|nghị định|nghị quyết|quyết định|thông tư|văn bản|quy định)"
_OVER = re.compile(
    r"\b(?:hết hiệu lực|còn hiệu lực không|không còn (?:hiệu lực|được|dùng|áp dụng)|trước đây|trước ngày|trước khi có"
    rf"|đến hết|chuyển tiếp|thay bằng|gộp v(?:ào|ô)|(?:được|bị) (?:{_KINDS}[^,;]{{0,40}} )?(?:thay|bãi bỏ)"
    rf"|(?:{_KINDS}|[-/]\w+) \(?cũ)\b",
    re.IGNORECASE,
)
# "A thay B", "A bãi bỏ B" and "A hợp nhất B" say that B is over, not A.
_REPLACES = re.compile(rf"\b(?:thay(?: thế| cho)?|bãi bỏ|hợp nhất)(?= (?:cả |các )?(?:{_KINDS}|\d))", re.IGNORECASE)
# "theo A; trước đây theo B" and "trước đây theo A, nay theo B" speak of two things.
_NEW_CLAUSE = re.compile(r";|\.\s|\n|\bnay\b(?! (?:đã|không|hết|bị|được))", re.IGNORECASE)
_LEANS_ON_THE_LAST = re.compile(
    r"[-\s]*(?:(?:thì|mà|nếu vậy|khi đó|lúc đó|vì vậy|do đó|theo đó|trong đó|còn lại)\b|nếu không(?:,| thì\b)"
    r"|(?:các|những) \w+ (?:còn lại|trên|đó|này)\b|\d+ \w+ còn lại\b)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, and where."""

    document: str
    rule: str
    what: str

    def __str__(self) -> str:
        return f"{self.document}: [{self.rule}] {self.what}"


@dataclass(frozen=True, slots=True)
class Known:
    """What documents are held against."""

    register: Register
    domains: frozenset[str]
    today: date


@dataclass(frozen=True, slots=True)
class Piece:
    """A title, heading, way of asking or sentence, and whether it is labelled as what is over."""

    text: str
    past: bool


def lint(sources: Sequence[Path], register: Path, domains: Path, today: date) -> list[Finding]:
    """Every breach of a rule in the documents under `sources`. SourceError if register or domains cannot be read."""
    known = Known(read_register(register), frozenset(map(str, read_list(domains, "tên miền"))), today)
    report = read_sources(list(sources), strict=True)
    found = [Finding(register.stem, "register", what) for what in known.register.faults()]
    found += [Finding(Path(problem.path).stem, "front-matter", str(problem)) for problem in report.problems]
    for source in sources:
        for path in sorted(source.rglob("*.md")) if source.is_dir() else [source]:
            found += _raw(path)
    for document in report.documents:
        for rule, broken in RULES.items():
            found += [Finding(document.id, rule, what) for what in broken(document, known)]
    return found


def _raw(path: Path) -> Iterator[Finding]:
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        return  # reading has said so
    if not unicodedata.is_normalized("NFC", text):
        line = next(n for n, line in enumerate(text.split("\n"), 1) if not unicodedata.is_normalized("NFC", line))
        yield Finding(path.stem, "nfc", f"dòng {line}: dấu chưa dựng sẵn; gõ lại bằng bảng mã Unicode dựng sẵn (NFC)")
    if "\r" in text:
        yield Finding(path.stem, "line-ends", "dòng phải kết thúc bằng LF; lưu lại tệp với kiểu xuống dòng Unix (LF)")


def _parts(document: Document) -> Iterator[tuple[str, Document]]:
    """The document, then each heading that has a number or dates of its own, as it reads with them."""
    yield "", document
    for heading in document.articles:
        yield f"đề mục '{heading}': ", document.article(heading)


def _once(found: Iterator[tuple[str, str]]) -> Iterator[str]:
    """Findings with where they are, without those that a heading only shares with its document."""
    seen: set[str] = set()
    for where, what in found:
        if what not in seen:
            yield where + what
        seen.add(what)


def _pieces(document: Document, today: date) -> Iterator[Piece]:
    past = is_over(document.effective_to, today)
    yield Piece(document.title, past)
    yield from (Piece(phrase, past) for phrase in document.asked_as)
    for heading in dict.fromkeys(heading for section in document.sections for heading in section.path):
        yield Piece(heading, is_over(document.article(heading).effective_to, today))
    yield from _sentences(document, today)


def _sentences(document: Document, today: date) -> Iterator[Piece]:
    for section in document.sections:
        past = is_over(document.article(PATH.join(section.path)).effective_to, today)
        part = document.text[section.start : section.end]
        yield from (Piece(part[start:end], past) for start, end in sentence_spans(part))


def _is_near(said: re.Pattern[str], text: str, start: int, end: int) -> bool:
    """Whether what is looked for stands near text[start:end], in the same clause."""
    for match in said.finditer(text):
        between = text[match.end() : start] or text[end : match.start()]
        if len(between) <= _NEAR and not _NEW_CLAUSE.search(between):
            return True
    return False


def _dates(document: Document, known: Known) -> Iterator[str]:
    checked = document.checked_on
    if checked and first_day(checked) > known.today:
        yield f"checked_on {checked} ở tương lai; ghi ngày đã đối chiếu với nguồn"
    yield from _once((where, what) for where, part in _parts(document) for what in _impossible(part))


def _impossible(part: Document) -> Iterator[str]:
    checked, begin, end = part.checked_on, part.effective_from, part.effective_to
    if part.issued and checked and first_day(part.issued) > last_day(checked):
        yield f"issued {part.issued} sau checked_on {checked}; xem lại hai ngày này"
    if begin and end and last_day(end) < first_day(begin):
        yield f"effective_to {end} trước effective_from {begin}; xem lại hai ngày này"
    if part.replaced_by and not end:
        yield "có replaced_by nhưng thiếu effective_to; ghi ngày cuối cùng còn hiệu lực"


def _register_dates(document: Document, known: Known) -> Iterator[str]:
    yield from _once((where, what) for where, part in _parts(document) for what in _other_dates(part, known.register))


def _other_dates(part: Document, register: Register) -> Iterator[str]:
    instrument = register.find(part.number or "")
    if instrument is None:
        return
    for name in ("effective_from", "effective_to"):
        here, there = getattr(part, name), getattr(instrument, name)
        missing = name == "effective_to" and (here is None) != (there is None)
        if missing or (here and there and disagree(here, there)):
            yield (
                f"{instrument.number}: {name} ở đây là {here or 'trống'}, "
                f"trong data/instruments.yml là {there or 'trống'}; sửa bên nào sai"
            )


def _unknown_instrument(document: Document, known: Known) -> Iterator[str]:
    named = (text for _, part in _parts(document) for text in (part.number, part.replaced_by, part.amended_by) if text)
    texts = [*named, *(piece.text for piece in _pieces(document, known.today))]
    for number in dict.fromkeys(number for text in texts for number in NUMBER.findall(text)):
        if known.register.find(number) is None:
            yield f"{number} chưa có trong danh mục văn bản; thêm một dòng vào data/instruments.yml"


def _domain(document: Document, known: Known) -> Iterator[str]:
    for address in (document.url or "", *_ADDRESS.findall(document.source or "")):
        host = _host(address)
        if host and not any(_is_under(host, domain) for domain in known.domains):
            yield f"'{host}' không có trong danh sách nguồn được dùng; dùng nguồn khác hoặc thêm vào data/sources.yml"


def _portal(document: Document, known: Known) -> Iterator[str]:
    if document.kind == "thu_tuc" and not _is_under(_host(document.url or ""), _PORTAL):
        yield f"thủ tục phải có url là trang của thủ tục đó trên {_PORTAL}"


def _host(address: str) -> str:
    try:
        return (urlsplit(address.rstrip('.,;:)]”"')).hostname or "").removeprefix("www.")
    except ValueError:
        return address


def _is_under(host: str, domain: str) -> bool:
    return host == domain or host.endswith(f".{domain}")


def _long_sentence(document: Document, known: Known) -> Iterator[str]:
    for piece in _sentences(document, known.today):
        length = len(words(NUMBER.sub("", _ADDRESS.sub("", piece.text))))
        if length > LONGEST_SENTENCE:
            yield f"{length} tiếng, nhiều nhất {LONGEST_SENTENCE}; tách thành hai câu: {piece.text[:80]}…"


def _alone(document: Document, known: Known) -> Iterator[str]:
    for piece in _sentences(document, known.today):
        if said := _LEANS_ON_THE_LAST.match(piece.text):
            what = said.group().strip("- ,").lower()
            yield f"câu được trích một mình, đừng mở đầu bằng '{what}' mà nói rõ lại: {piece.text[:80]}"


def sends_to_district(text: str) -> bool:
    """Whether a text sends people to an office of the district level, which ended on 1 July 2025."""
    text = _DISTRICT_ENDED.sub("", text)
    return any(not _is_near(_NO_DESK, text, *desk.span()) for desk in _DISTRICT_DESK.finditer(text))


def _district(document: Document, known: Known) -> Iterator[str]:
    for piece in _pieces(document, known.today):
        if not piece.past and sends_to_district(piece.text):
            yield f"cấp huyện đã bỏ từ 1/7/2025; chỉ bà con đến xã, phường hoặc tỉnh: {piece.text[:120]}"


def _lapsed(document: Document, known: Known) -> Iterator[str]:
    for piece in _pieces(document, known.today):
        for instrument, start, end in () if piece.past else known.register.named_in(piece.text):
            if instrument.has_lapsed(known.today) and not _says_it_is_over(piece.text, start, end):
                yield (
                    f"{piece.text[start:end]} đã hết hiệu lực; nói điều đó ngay bên cạnh (“trước đây”, "
                    f"“đến hết ngày …”) hoặc nêu văn bản thay: {piece.text[:120]}"
                )


def _says_it_is_over(text: str, start: int, end: int) -> bool:
    return _is_near(_OVER, text, start, end) or _is_near(_REPLACES, text[:end], start, end)


def _until(document: Document, known: Known) -> Iterator[str]:
    for section in document.sections:
        own = document.article(PATH.join(section.path))
        if own.kind not in _INSTRUMENTS or not own.effective_to or not is_over(own.effective_to, known.today):
            continue
        part = document.text[section.start : section.end]
        first = next(part[start:end] for start, end in sentence_spans(part))
        if not re.search(rf"\bđến hết {_spoken(own.effective_to)}(?!\d)", first, re.IGNORECASE):
            heading = section.path[-1] if section.path else document.title
            day = _spoken(own.effective_to).replace("0?", "")
            yield f"văn bản đã hết hiệu lực; câu đầu dưới mục '{heading}' phải có “đến hết {day}”"


def _spoken(day: str) -> str:
    """How a whole or partial ISO date is written in a sentence, as a pattern."""
    year, *rest = day.split("-")
    return ("năm ", "tháng ", "ngày ")[len(rest)] + "/".join([*(f"0?{int(part)}" for part in reversed(rest)), year])


def _asked_as(document: Document, known: Known) -> Iterator[str]:
    phrases = document.asked_as
    if len(phrases) < LEAST_ASKED_AS:
        yield f"cần ít nhất {LEAST_ASKED_AS} cách hỏi, mới có {len(phrases)}"
    if len({_plain(phrase) for phrase in phrases}) < len(phrases):
        yield "có hai cách hỏi giống nhau; bỏ một"
    title = set(words(document.title))
    for phrase in phrases:
        said = words(phrase)
        if len(said) > _LONGEST_ASKED_AS:
            yield f"cách hỏi quá dài, nhiều nhất {_LONGEST_ASKED_AS} tiếng: {phrase[:80]}…"
        if len(title) > 2 and len(title & set(said)) >= _COPIED * len(title) and len(said) <= len(title) + 3:
            yield f"chép lại tên văn bản, hãy viết như bà con hỏi: {phrase}"


def _plain(phrase: str) -> str:
    return " ".join(words(strip_diacritics(phrase)))


RULES: dict[str, Callable[[Document, Known], Iterator[str]]] = {
    "dates": _dates,
    "register": _register_dates,
    "unknown-instrument": _unknown_instrument,
    "domain": _domain,
    "portal": _portal,
    "long-sentence": _long_sentence,
    "alone": _alone,
    "district": _district,
    "lapsed": _lapsed,
    "until": _until,
    "asked-as": _asked_as,
}
