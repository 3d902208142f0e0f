"""Lines of a page → paragraphs. What begins one is told by its mark ("Điều 5.", "1.", "a)", "-") and by its place."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import quantiles

from retrieval.sources.common import official
from retrieval.text import is_syllable

_ENDS = (".", ";", ":", "!", "?", "…", "”", '"', ")")
# Marks that begin a paragraph wherever they stand at the head of a line.
_ALWAYS = re.compile(
    r"[•●○▪■□➢✓*❖]\s|Nơi nhận\s*:|(?:TM|KT|TL|TUQ|Q)\. ?[A-ZĐỦ]|(?:Câu hỏi|Hỏi|Trả lời|Đáp)(?: \d+)?\s*[:.]"
)
_ARTICLE = re.compile(r"(?:Điều|ĐIỀU)\s+\d+[a-zđ]?\s*[.:](?:\s+[“\"(]?[A-ZĐÀ-Ỹ]|\s*$)")
_CLAUSE = re.compile(
    r"(?:\d{1,3}(?:\.\d{1,3}){0,3}|[IVX]{1,5})(?:[.)]|\s?[-–](?=\s))(?:\s|$)|\d{1,2}(?:\.\d{1,2}){1,3}\s+[A-ZĐÀ-Ỹ]"
)
_POINT = re.compile(r"[a-zđ]\d?\)(?:\s|$)")
# Marks that may also stand there by chance, where a sentence goes on over the end of a line.
_UNIT = re.compile(r"(?:Phần|Chương|Mục|Tiểu mục|Phụ lục|PHẦN|CHƯƠNG|MỤC|PHỤ LỤC|Mẫu số|MẪU SỐ)\s+(?:thứ|[IVXLC\d]+)\b")
_LETTER = re.compile(r"[a-zA-ZĐđ]\s?[.–-]\s")
_CAUSE = re.compile(r"(?:Căn cứ|Xét|Theo đề nghị)\s")
_DASH = re.compile(r"[-–—+]\s?\S")
# What stands before a number that is no mark: "quy định tại khoản⏎ 2. …".
_REFERS = re.compile(
    r"(?:điều|khoản|điểm|chương|mục|phần|phụ lục|ngày|tháng|năm|tại|theo|của|và|hoặc|các|đến|từ|quý|,)$", re.I
)


# Lines that show how a column is set.
_MANY = 20


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text in points, `y` upward. `bold`: None if it is so in part, or unknown.

    `column`: lines of one column have one name; empty while they are in the page's own. `whole`: a paragraph by itself,
    whatever stands around it. `note`: of a footnote.
    """

    text: str
    left: float
    right: float
    y: float
    size: float
    bold: bool | None = None
    column: str = ""
    whole: bool = False
    note: bool = False


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Joined lines and the size of their letters."""

    text: str
    size: float


def has_mark(text: str, before: str) -> bool:
    """Whether a line begins with the mark of an article, a clause or an item. `before`: the line above it."""
    if _ALWAYS.match(text):
        return True
    refers = not before.endswith(_ENDS) and _REFERS.search(before)
    return not refers and bool(_ARTICLE.match(text) or _CLAUSE.match(text) or _POINT.match(text))


def may_have_mark(text: str, before: str) -> bool:
    """Whether a line begins with what may be a mark, and the one above it ends as a paragraph does."""
    if before and not before.endswith(_ENDS):
        return False
    return bool(_UNIT.match(text) or _LETTER.match(text) or _DASH.match(text) or _CAUSE.match(text))


@dataclass(frozen=True, slots=True)
class Measures:
    """How the lines of a document are set.

    `edges`: where the lines of each column begin and end; `depths`: how far down and up they stand; `pitch`: from one
    baseline to the next within a paragraph, as a multiple of the letters' size; `indented`: whether a paragraph's first
    line begins further in than the rest.
    """

    edges: Mapping[str, tuple[float, float]]
    depths: Mapping[str, tuple[float, float]]
    pitch: float
    indented: bool


def measure(lines: Sequence[Line], widths: Mapping[str, float]) -> Measures:
    """The measures of a document. `widths`: of the page, by the name of the column that takes all of it."""
    columns: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        columns[line.column].append(line)
    edges = {name: _edges(its, widths.get(name, 0.0)) for name, its in columns.items()}
    depths = {name: (min(line.y for line in its), max(line.y for line in its)) for name, its in columns.items()}
    return Measures(edges, depths, _pitch(lines), _are_indented(lines, edges))


def join(lines: Iterable[Line], measures: Measures) -> list[Paragraph]:
    """The paragraphs of lines in reading order. Footnotes come after the paragraph that goes on over them."""
    found: list[Paragraph] = []
    notes: list[Line] = []
    first: Line | None = None
    last: Line | None = None
    for line in lines:
        if line.note:
            notes.append(line)
        elif first is not None and last is not None and _goes_on(first, last, line, measures):
            found[-1] = Paragraph(_glued(found[-1].text, line.text), found[-1].size)
            last = line
        else:
            found += [*_joined_notes(notes, measures), Paragraph(line.text, line.size)]
            notes, first, last = [], line, line
    return [*found, *_joined_notes(notes, measures)]


def _joined_notes(notes: Iterable[Line], measures: Measures) -> list[Paragraph]:
    return join([replace(line, note=False) for line in notes], measures) if notes else []


def _edges(lines: Sequence[Line], page: float) -> tuple[float, float]:
    left, right = min(line.left for line in lines), max(line.right for line in lines)
    if len(lines) >= _MANY:  # a few may stick out
        left = quantiles([line.left for line in lines], n=20)[0]
        right = quantiles([line.right for line in lines], n=20)[-1]
    filled = sum(line.right > right - 5 * line.size for line in lines)
    if len(lines) < _MANY and (filled * 3 < len(lines) or right - left < page / 2):
        right = max(right, page - left)  # a few short lines do not show how wide the page is written
    return left, right


def _pitch(lines: Sequence[Line]) -> float:
    steps = [(a.y - b.y) / a.size for a, b in pairwise(lines) if a.column == b.column and 0 < a.y - b.y < 3 * a.size]
    return quantiles(steps, n=4)[0] if len(steps) >= 4 else 1.5


def _are_indented(lines: Sequence[Line], edges: Mapping[str, tuple[float, float]]) -> bool:
    """Whether after a full line that begins further in, the next one mostly begins at the edge."""
    back = level = 0
    for last, line in pairwise(lines):
        left, right = edges[last.column]
        if last.column == line.column and last.left - left > 1.2 * last.size and right - last.right < last.size:
            back += line.left - left < 0.5 * line.size
            level += abs(line.left - last.left) < 0.5 * line.size
    return back > 2 * level


def _goes_on(first: Line, last: Line, line: Line, measures: Measures) -> bool:
    """Whether a line goes on with the paragraph that begins with `first` and has come to `last`."""
    if last.column == line.column and official.goes_on(last.text, line.text):
        return True
    if last.whole or line.whole or has_mark(line.text, last.text) or _differ(last, line):
        return False
    step = last.y - line.y
    if last.column == line.column and step > (measures.pitch + 0.45) * line.size and step < 40 * line.size:
        return False
    bottom, top = measures.depths[last.column]
    if step < 0 and last.y > bottom + 0.3 * (top - bottom):  # a page that ends early
        return False
    (left, right), (last_left, last_right) = measures.edges[line.column], measures.edges[last.column]
    indent, last_indent, room = line.left - left, last.left - last_left, last_right - last.right
    letter = (line.right - line.left) / max(1, len(line.text))
    needed = (len(line.text.split(" ", 1)[0]) + 1) * letter + 0.8 * line.size
    if abs(last_indent - room) < 2 * last.size and _is_centred(indent, right - line.right, line):
        slack = max(needed, (right - left) / 3) if _is_loud(last.text) else needed
        return not last.text.endswith(_ENDS) and not _UNIT.match(line.text) and last_indent + room < slack
    if room >= needed or (may_have_mark(line.text, last.text) and not (measures.indented and indent < 0.5 * line.size)):
        return False
    return indent < 1.2 * line.size or _hangs(first, last, line, indent - last_indent, measures.indented)


def _differ(last: Line, line: Line) -> bool:
    """Whether two lines are of letters that no sentence changes between."""
    if abs(last.size - line.size) > 0.12 * max(last.size, line.size):
        return True
    pairs = ((last.bold, line.bold), (_is_loud(last.text), _is_loud(line.text)))
    return any(None not in pair and pair[0] != pair[1] for pair in pairs)


def _hangs(first: Line, last: Line, line: Line, further: float, indented: bool) -> bool:
    """Whether a line that begins well inside the column stands under the text of an item, or of an inset paragraph."""
    if last is first and (has_mark(first.text, "") or may_have_mark(first.text, "")):
        return 0.3 * line.size < further < 4 * line.size
    return abs(further) < 0.5 * line.size and (last is not first or not indented)


def _is_centred(indent: float, room: float, line: Line) -> bool:
    least = 0.5 if _is_loud(line.text) else 2.5
    return min(indent, room) > least * line.size and abs(indent - room) < 2 * line.size


def _is_loud(text: str) -> bool | None:
    """Whether a line is in capitals, as titles are. None if it is too short to say."""
    letters = [c for c in text if c.isalpha()]
    return all(c.isupper() for c in letters) if len(letters) > 5 else None


def _glued(text: str, more: str) -> str:
    """Two lines of a paragraph as one. A hyphen that only parts a word at the end of a line goes."""
    head, _, tail = text.rpartition(" ")
    stem = tail.rstrip("-")
    if stem == tail or not stem:
        return f"{text} {more}"
    rest = more.split(" ", 1)[0].rstrip(".,;:)!?")
    parted = stem.isalpha() and rest.isalpha() and rest.islower() and not (is_syllable(stem) and is_syllable(rest))
    return f"{head} {stem}{'' if parted else '-'}{more}".strip()
