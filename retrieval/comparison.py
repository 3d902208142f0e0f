"""Questions that compare: the sides they name (provinces, instruments, years), each asked alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

from retrieval.evidence import said_with_place
from retrieval.judge import provinces_named
from retrieval.places import province_spans
from retrieval.question import Question, understand
from retrieval.records import Hit
from retrieval.text import lower, new_tone_marks, strip_diacritics

Span = tuple[int, int]

_EACH_PROVINCE = re.compile(r"\b(?:(?:những |các )?(?:tỉnh|địa phương|tỉnh thành|nơi) nào|mấy tỉnh)\b")
_EACH_DOCUMENT = re.compile(r"\b(?:tài liệu|văn bản|bài|nguồn) nào\b")
# Words that compare, and that no side is asked with.
_COMPARING = re.compile(
    r"\b(?:so sánh|so với|khác (?:nhau|gì)|giống (?:nhau|gì)|(?:thế|như thế) nào|ra sao|chênh nhau|chênh lệch|"
    r"(?:trong |theo |ở )?(?:những |các )?(?:tỉnh(?: thành)?|địa phương|bên|nơi|cái|đâu|chỗ|tài liệu|văn bản|bài|nguồn)"
    r" nào|mấy tỉnh|(?:trong|theo) (?:các |những )?(?:tài liệu|văn bản|bài)|giữa|"
    r"(?:tăng|giảm) (?:từ )?bao nhiêu(?: (?:lên|xuống|đến|còn) bao nhiêu)?|"
    r"nhiều hơn|ít hơn|cao hơn|thấp hơn|lớn hơn|trước hay sau|hay|hoặc|với|và|"
    r"(?:được )?(?:xuất hiện|nhắc đến|nhắc tới|đề cập)|(?:nói|viết|nêu) (?:gì|rõ)|có nội dung|nêu)\b",
    re.IGNORECASE,
)
# Without one of these, two instruments or two years in a question are no comparison.
_COMPARES = re.compile(
    r"\b(?:so sánh|so với|hơn|khác|giống|cùng|bằng|chênh|trước|sau|giữa|hay|(?:cái|văn bản|bên|tổ|nơi|luật|đâu) nào)\b"
)
_COMPARES_TIMES = re.compile(r"\b(?:so sánh|so với|hơn|khác|chênh|tăng|giảm|thay đổi|giữa)\b")
_INSTRUMENT = re.compile(
    r"\b(nghị định|nghị quyết|quyết định|thông tư|công văn|kế hoạch|chỉ thị|đề án)(?: số)? "
    r"(\d+)(?:/(\d{4}))?(?:[-/][^\s,;?]*[\wđ])?"
)
_CODES = {
    "nghị định": "nđ|nd",
    "nghị quyết": "nq",
    "quyết định": "qđ|qd",
    "thông tư": "tt",
    "công văn": "[a-zđ]+",
    "kế hoạch": "kh",
    "chỉ thị": "ct",
    "đề án": "đa|da|qđ|qd",
}
_LAW = re.compile(
    r"(?<!pháp )(?<!kỷ )\b(luật(?: (?!(?:luật|và|với|hay|hoặc|khác|giống|hơn|so|thì|cái|nào|ra|nói|ở|có|quy định|được|"
    r"bằng|năm|về|của|cho|trong|số|ban hành(?! văn bản))\b)[^\W\d_]+){1,8})(?: (?:năm )?(\d{4}))?"
)
_TIME = re.compile(
    r"(?:\b(?:(?:đầu|cuối|đến|từ|vào|của|cho) )?"
    r"(?:(?:ngày \d{1,2}/|tháng )?\d{1,2}/|(?:quý \w+[ /]|giai đoạn )?(?:năm )?))?"
    r"\b(?<!hơn )(?<!gần )(?<!khoảng )(?<!trên )((?:19|20)\d\d)(?: ?[-–] ?(?:19|20)\d\d)?\b(?!/[^\W\d])"
)
_BEFORE_TIME = re.compile(r"^(?:đến|từ|vào|của|cho) ")
_JOINED = re.compile(r"\s*(?:,|và|hay|hoặc|với|cùng)\s*")
_YEAR_IN_BRACKETS = re.compile(r"\s*\((?:năm )?\d{4}\)")
_ITS_YEAR = re.compile(rf"{_YEAR_IN_BRACKETS.pattern}|\s+(?:vào |trong |của |hồi )?năm \d{{4}}\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison: its name, its question asked alone, and whether a passage is about it."""

    name: str
    alone: Question
    holds: Callable[[Hit], bool]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a question compares: sides that it names, or (`group`) whatever the documents tell apart.

    `common` is the question without its sides.
    """

    common: Question
    sides: tuple[Side, ...] = ()
    group: Callable[[Hit], str | None] | None = None


@dataclass(frozen=True, slots=True)
class _Mention:
    name: str
    span: Span
    holds: Callable[[Hit], bool]
    key: str


def compares(question: Question) -> Comparison | None:
    """What a question compares, or None."""
    text = new_tone_marks(question.expanded)
    mentions = _sides(text)
    if mentions:
        sides = tuple(
            Side(each.name, _asked(question, text, mentions, each.key), each.holds) for each in _named(mentions)
        )
        return Comparison(_asked(question, text, mentions, ""), sides)
    lowered = lower(text)
    if not question.provinces and _EACH_PROVINCE.search(lowered):
        return Comparison(_asked(question, text), group=lambda hit: hit.document.province)
    if _EACH_DOCUMENT.search(lowered):
        return Comparison(_asked(question, text), group=lambda hit: hit.document.id)
    return None


def _sides(text: str) -> list[_Mention]:
    """At least two things of one question that it sets side by side, or nothing."""
    provinces = list(_provinces(text))
    if len(_named(provinces)) > 1:
        return provinces
    lowered = lower(text)
    instruments = list(_instruments(text, lowered))
    instruments.sort(key=lambda mention: mention.span)
    count = len(_named(instruments))
    joined = any(_JOINED.fullmatch(lowered, a.span[1], b.span[0]) for a, b in pairwise(instruments))
    if count and len(_named(provinces)) + count > 1 and (joined or _COMPARES.search(lowered)):
        return sorted(provinces + instruments, key=lambda mention: mention.span)
    times = list(_times(text, lowered))
    if len(_named(times)) > 1 and count < 2 and _COMPARES_TIMES.search(lowered):
        return times
    return []


def _named(mentions: Sequence[_Mention]) -> list[_Mention]:
    """The first mention of each thing."""
    first: dict[str, _Mention] = {}
    for mention in mentions:
        first.setdefault(mention.key, mention)
    return list(first.values())


def _provinces(text: str) -> Iterator[_Mention]:
    for name, span in province_spans(text):
        yield _Mention(name, span, partial(_is_of, name), name)


def _is_of(province: str, hit: Hit) -> bool:
    return hit.document.province == province or province in provinces_named(hit)


def _instruments(text: str, lowered: str) -> Iterator[_Mention]:
    found = list(_INSTRUMENT.finditer(lowered))
    years = {match[2].lstrip("0"): match[3] for match in found if match[3]}
    for match in found:
        kind, number, year = match[1], match[2].lstrip("0"), match[3]
        pattern = re.compile(
            rf"\b{kind}(?: số)? 0*{number}(?!\d)(?!/(?!{year or ''})\d{{4}})"
            rf"|(?<![\d/])0*{number}[/-](?:{year or '[0-9]{4}'}/)?(?:{_CODES[kind]})\b"
        )
        yield _mention(text, match, _says(pattern), f"{number}/{year or years.get(number, '')}")
    for match in _LAW.finditer(lowered):
        name, year = match.groups()
        said = rf"(?s)^(?=.*\b{re.escape(strip_diacritics(name))}\b)" + (rf"(?=.*\b{year}\b)" if year else "")
        yield _mention(text, match, _says(re.compile(said), strip_diacritics), f"{name} {year or ''}")


def _times(text: str, lowered: str) -> Iterator[_Mention]:
    taken = [match.span() for match in _INSTRUMENT.finditer(lowered)]
    for match in _TIME.finditer(lowered):
        if not any(start <= match.start(1) < end for start, end in taken):
            pattern = re.compile(rf"\b{match.group(1)}\b|^(?!.*\b20\d\d\b)", re.DOTALL)
            said = _BEFORE_TIME.sub("", match.group().strip())
            yield _Mention(said, match.span(), _says(pattern), said.removeprefix("năm "))


def _mention(text: str, match: re.Match[str], holds: Callable[[Hit], bool], key: str) -> _Mention:
    start, end = match.span()
    return _Mention(text[start].upper() + text[start + 1 : end], (start, end), holds, key)


def _says(pattern: re.Pattern[str], form: Callable[[str], str] = str.lower) -> Callable[[Hit], bool]:
    return lambda hit: bool(pattern.search(form(said_with_place(hit))))


def _asked(question: Question, text: str, mentions: Sequence[_Mention] = (), about: str = "") -> Question:
    """The question without words that compare, and without every side but one; the years said of those go with them."""
    each = all(_ITS_YEAR.match(text, mention.span[1]) for mention in _named(mentions))
    for mention in reversed(mentions):
        if mention.key != about:
            start, end = mention.span
            year = (_ITS_YEAR if each else _YEAR_IN_BRACKETS).match(text, end)
            text = f"{text[:start]} {text[year.end() if year else end :]}"
    return understand(_COMPARING.sub(" ", text), question.bare)
