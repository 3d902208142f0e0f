"""The instruments that a clause is about: each whole or in part, apart from those that only stand in a name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from retrieval.sources.metadata.words import (
    KIND,
    LAWS,
    LONGEST_TITLE,
    NUMBERED,
    Line,
    close_up,
    kinds_of,
    letters_of,
    line_at,
)

PART = (
    r"điểm|khoản|điều|tiết|chương|mục|tiểu mục|phần|phụ lục|mẫu|biểu|bảng|đoạn|câu|cụm từ|từ|quy định|nội dung|danh mục"
    r"|một phần|một số"
)
# What the words before an instrument make of it: all of it, certain articles, a topic, or nothing that is sure.
_WHOLE = re.compile(
    r"(?:(?:các|những|toàn bộ|cả|tất cả|toàn bộ nội dung|một số(?= văn bản)|chấm dứt|cho"
    r"|hiệu lực(?: thi hành)?(?: của)?|văn bản(?: quy phạm pháp luật)?|sau(?: đây)?|dưới đây|gồm|bao gồm"
    rf"|\d+|{KIND}|số|và|[a-zđ]\)|\d+[.)]|[:,;+-])"
    r"(?: |$))*+"
)
_OPEN = re.compile(r"(?:các |những |toàn bộ )?quy định(?: tại| của| trong)?(?: các)?")
_ARTICLES = re.compile(
    r"(?:các |toàn bộ )?(?:quy định |nội dung )?(?:tại |của )?(?:các )?"
    r"(?:điểm|khoản|điều|tiết|chương|mục|phần|phụ lục|mẫu|biểu)\b"
    r"(?:(?!\bnày\b|\bkhi\b|(?<!kèm )(?<!hành )\btheo\b|(?<!được )\bsửa đổi\b)[\w ,;.()/-]){0,400}?"
    r"(?: của| tại| thuộc| trong| (?:ban hành )?kèm theo| ban hành theo)?(?: các)?"
)
_TOPIC = re.compile(
    r"(?:các |những |toàn bộ |một số )?(?:quy định|nội dung|danh mục|biểu|phần|mẫu|hướng dẫn)\b"
    r"(?:(?!\btheo\b|\bkhi\b).)* (?:tại|trong|của)(?: các)?"
)
_SOME_PART = re.compile(rf"\b(?:{PART})\b")
_MENTION = re.compile(
    r"\b(?:theo|căn cứ|sửa đổi|bổ sung|hướng dẫn|thực hiện|quy chế|khi|trái|so với|được|trừ|tiếp tục|áp dụng)\b"
)
# The same between "," or "và" and a further instrument of the same list.
_NEXT = re.compile(r",(?: và)? | và | cùng với |: | - ")
_NEXT_WHOLE = re.compile(r"(?:các |toàn bộ |cả )?(?:số )?")
_NEXT_ARTICLES = re.compile(
    rf"(?:các |những )?(?:quy định |nội dung )?(?:tại |của |ở )?(?:{PART})\b[^;,]{{0,80}}? ?"
    r"(?:của |tại |thuộc |trong )?(?:các )?"
)
_KIND_WORD = re.compile(rf"(?<!pháp )(?<!kỷ )\b(?:{KIND})\b")
_NAME_OPENS = re.compile(
    r"\b(?:về|quy định(?! tại)|ban hành|hướng dẫn|sửa đổi|bổ sung|phê duyệt|quy chế|công bố|thành lập)\b"
)
_NAME_ENDS = re.compile(
    r" \(|;|\. |,? và (?:các|những) (?:quy định|văn bản)|,? (?:kể )?từ ngày|, trừ "
    r"|,? \(?(?:đã )?được (?:sửa đổi|bổ sung)| (?:sẽ|đều|này)$"
)
_RANKS = (
    (r"/TW$", 9),
    (r"UBTVQH", 6),
    (r"QH\d", 7),
    (r"[-/](?:CP|HĐBT|CTN)$|^\d+/(?:\d{4}/)?(?:NĐ|NQLT)\b", 5),
    (r"TTg$|^\d+-CT$", 4),
    (r"HĐND", 2),
    (r"[-.]UB(?:ND)?$", 1),
)
Scope = Literal["whole", "articles", "topic", "open", "unsure", "mention"]


@dataclass(frozen=True, slots=True)
class _Named:
    """An instrument named in a line, from its kind to its number. `law`: its name, if that stands between the two."""

    start: int
    end: int
    kind: str
    number: str
    law: str = ""


@dataclass(frozen=True, slots=True)
class Object:
    """A named instrument that an act is about, whole or in part, and where the words on it end."""

    named: _Named
    partial: bool
    end: int


def year_of(number: str) -> int:
    """The year in a number, 0 if there is none."""
    match = re.search(r"/((?:19|20)\d\d)(?=[/-])", number)
    return int(match.group(1)) if match else 0


def rank_of(number: str) -> int:
    """How high the instruments of a number stand, those of ministries being 3; none ends one that stands above it."""
    return next((rank for pattern, rank in _RANKS if re.search(pattern, number)), 3)


def objects_of(line: Line, start: int, end: int) -> tuple[list[Object], list[str]]:
    """The instruments in line[start:end] that an act is about, not those that only stand in the name of one.

    With them the numbers of those of which it is not sure.
    """
    objects: list[Object] = []
    unsure: list[str] = []
    reached = start
    above: Scope = "whole"
    amending, mentioned = False, ""
    for n, named in enumerate(_all_named(line, start, end)):
        gap = line.low[reached : named.start]
        known = named.number in {each.named.number for each in objects}
        scope, cut = _next_scope(gap) if n else (_scope(gap), 0)
        if n and scope == "whole":
            other = bool(objects) and named.kind != objects[-1].named.kind
            if known or (amending and ";" not in gap):
                scope = "mention"
            elif amending or (mentioned and ";" not in gap and (other or named.kind == mentioned)):
                scope = "unsure"
            elif above in ("topic", "open") or (above == "articles" and ";" not in gap):
                scope = above
        if scope != "mention":
            above = scope
            if objects:
                objects[-1] = replace(objects[-1], end=min(objects[-1].end, reached + cut))
        if scope in ("whole", "articles", "topic"):
            objects.append(Object(named, scope != "whole", end))
            amending, mentioned = False, ""
        elif scope == "mention" and not known:
            amending, mentioned = amending or re.search(r"sửa đổi|bổ sung", gap) is not None, named.kind
        elif scope != "mention":
            unsure.append(named.number)
        if not objects and above != "open":
            break
        reached = named.end
    return objects, unsure


def _scope(lead: str) -> Scope:
    """What the words before the first instrument make of it."""
    lead = re.sub(r" của [^:;\d]{3,80}:", ":", lead).strip(" ,;:-")
    if _WHOLE.fullmatch(lead):
        return "whole"
    if _OPEN.fullmatch(lead):
        return "open"
    if _ARTICLES.fullmatch(lead):
        return "articles"
    return "topic" if _TOPIC.fullmatch(lead) or (_SOME_PART.search(lead) and not _MENTION.search(lead)) else "unsure"


def _next_scope(gap: str) -> tuple[Scope, int]:
    """The same of a further one, and where that begins: a mention unless it follows a separator at once."""
    if ";" in gap:
        cut = gap.rindex(";")
        return _scope(gap[cut + 1 :]), cut
    for match in reversed(list(_NEXT.finditer(gap))[-12:]):
        after = gap[match.end() :]
        if _NEXT_WHOLE.fullmatch(after):
            return "whole", match.start()
        if _NEXT_ARTICLES.fullmatch(after):
            return "articles", match.start()
    return "mention", 0


def _all_named(line: Line, start: int, end: int) -> Iterator[_Named]:
    """The instruments named in line[start:end] by kind and number, or by number alone in a list."""
    reached = start
    for match in NUMBERED.finditer(line.plain, start, end):
        begin = max(reached, match.start() - 200)
        before = line.low[begin : match.start()]
        if re.search(r"\b(?:mẫu|biểu|phụ lục) số ?$", before):
            continue
        number = close_up(match.group())
        label = re.search(r"(?:^|[ ,;])(số ?[:.]? ?)$|[,;] ?$| và $", before)
        if word := _kind_before(before):
            law = line.plain[begin + word.end() : match.start()].rpartition("số")[0].strip()
            named = _Named(begin + word.start(), match.end(), word.group(), number, law.removeprefix("liên tịch"))
        elif label:
            kind = kinds_of(letters_of(number))[0].lower()
            named = _Named(match.start() - len(label.group(1) or ""), match.end(), kind, number)
        else:
            continue
        reached = match.end()
        yield named


def _kind_before(before: str) -> re.Match[str] | None:
    """The kind in the words before a number: beside it, or before the name of a law."""
    for word in reversed(list(_KIND_WORD.finditer(before))):
        between = before[word.end() :]
        if re.fullmatch(r"(?: liên tịch| liên bộ)? ?,? ?(?:số ?[:.]? ?)?", between):
            return word
        if word.group() in LAWS and re.fullmatch(r" [^;:.\d()]{1,150}? số ?[:.]? ?", between):
            return word
    return None


def name_of(flat: str, line: Line, each: Object) -> str:
    """What the text calls the instrument: its kind and subject; its kind and number where no subject is told."""
    kind = each.named.kind.capitalize()
    if each.named.law and each.named.kind in LAWS:
        return f"{kind} {each.named.law}"
    if each.end > each.named.end:
        words = line_at(flat, *line.span(each.named.end, each.end))
        ends = _NAME_ENDS.search(words.low)
        words = words.part(0, ends.start() if ends else None)
        opens = _NAME_OPENS.search(words.low[:200])
        subject = words.plain[opens.start() :].strip(" ,;.:") if opens else ""
        if 10 < len(subject) < LONGEST_TITLE:
            return f"{kind} {subject[0].lower()}{subject[1:]}"
    return f"{kind} số {each.named.number}"
