"""The body of an official text: its own paragraphs and sentences, without what it quotes and without its annexes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from retrieval.sources.metadata.head import HEADLINE, NATIONAL
from retrieval.sources.metadata.words import LONGEST_LINE, MOST_LINES, Line, blanked, line_at, line_spans

_MARKER = re.compile(
    r"(?P<article>^điều \d+[a-zđ]?(?: ?[.:] ?|$))|(?P<clause>\d{1,2}(?:\.\d{1,2})* ?[.)] ?(?!\d))"
    r"|(?P<point>[a-zđ]{1,2}\d? ?\) ?)|(?P<bullet>[-+•] ?)"
    r"|(?P<part>(?:[ivx]+ ?[.)] ?|(?:chương|mục|phần) [\divx]+\b ?))"
)
LEVELS = {"part": 0, "article": 1, "clause": 2, "point": 3, "bullet": 4}
UNMARKED = 5
_BODY_END = re.compile(
    r"(?:nơi nhận ?(?::|$)|(?:tm|t/m|kt|tl|tuq)\. ?[^\W\d_]|phụ lục(?: [ivx\d]+)?\W*$|\((?:ban hành )?kèm theo)"
)
_DANGLING = re.compile(
    r"\b(?:của|và|các|những|về|tại|theo|từ|số|ngày|tháng|năm|khoản|điều|điểm|tỉnh|thành phố|bộ|bộ trưởng|chính)$",
    re.IGNORECASE,
)
_SPEAKS = re.compile(
    r"hiệu\s+lực|bãi\s+bỏ|thay\s+thế|h(?:ủy|uỷ)\s+bỏ|sửa\s+đổi|bổ\s+sung|thay\s+cụm|thông\s+qua\s+ngày|đến\s+hết",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Unit:
    """A paragraph or list item: its level, 0 (chapter) to 5 (no mark), its words after the mark, whether of effect."""

    level: int
    start: int
    end: int
    speaks: bool


def units_of(flat: str, start: int) -> Iterator[Unit]:
    """The paragraphs of the instrument itself, up to the signature or an annex."""
    for begin, end in _paragraphs(flat, start):
        head = line_at(flat, begin, min(end, begin + 80))
        level, at = UNMARKED, 0
        while at < len(head.low) and (match := _MARKER.match(head.low, at)) and match.end() > at:
            level, at = min(level, LEVELS[str(match.lastgroup)]), match.end()
        first = head.at[at] if at < len(head.at) else min(end, begin + 80)
        yield Unit(level, first, end, _SPEAKS.search(flat, begin, end) is not None)


def _paragraphs(flat: str, start: int) -> Iterator[tuple[int, int]]:
    """(start, end) of each paragraph, its lines joined where a page broke them."""
    begin = stop = -1
    for first, last in islice(line_spans(flat, start), MOST_LINES):
        line = line_at(flat, first, min(last, first + 120))
        if not line.low:
            continue
        before = flat[max(begin, stop - 120) : stop].rstrip() if begin >= 0 else ""
        another = last - first <= 120 and before.endswith(".") and HEADLINE.fullmatch(line.plain)
        if another or _BODY_END.match(line.low) or NATIONAL.match(line.plain):
            break
        if before and stop - begin < LONGEST_LINE and _continues(before, line):
            stop = last
            continue
        if begin >= 0:
            yield begin, stop
        begin, stop = first, last
    if begin >= 0:
        yield begin, stop


def _continues(before: str, line: Line) -> bool:
    """Whether a line goes on with the sentence of the line before, as in text taken from a page."""
    if before[-1] in ".;:!?" or _MARKER.match(line.low):
        return False
    if _DANGLING.search(before):
        return True
    broken = len(before.rsplit("\n", 1)[-1]) > 50
    return line.plain[0].islower() or (broken and (line.plain[0].isdigit() or before[-1] in ",-/"))


def without_quotes(flat: str) -> tuple[str, bool]:
    """The text as long as before, with what it quotes blanked, and whether a quotation is left open.

    Where it is, only the rest of that line is taken for quoted.
    """
    spans: list[tuple[int, int]] = []
    opened: list[int] = []
    for match in re.finditer(r"[“”]", flat):
        if match.group() == "“":
            opened.append(match.start())
        elif opened:
            spans.append((opened.pop(), match.end()))
    reached = 0
    for start in opened:
        if start >= reached:
            end = flat.find("\n", start)
            reached = end if end >= 0 else len(flat)
            spans.append((start, reached))
    kept, reached = [], 0
    for start, end in sorted(spans + _straight_quotes(flat)):
        if end > reached:
            begin = max(start, reached)
            kept += [flat[reached:begin], blanked(flat[begin:end])]
            reached = end
    return "".join([*kept, flat[reached:]]), bool(opened)


def _straight_quotes(flat: str) -> list[tuple[int, int]]:
    """Pairs of straight marks on one line, and from one at the start of a line to one at the end of a later line."""
    spans: list[tuple[int, int]] = []
    open_at = -1
    for line in re.finditer(r"[^\n]+", flat) if '"' in flat else ():
        marks = [line.start() + n for n, letter in enumerate(line.group()) if letter == '"']
        if open_at >= 0 and marks and line.group().rstrip(" .,;").endswith('"'):
            spans.append((open_at, marks[-1] + 1))
            open_at = -1
        elif open_at < 0 and len(marks) % 2 and line.group().lstrip().startswith('"'):
            open_at = marks[0]
        elif open_at < 0:
            spans += [(a, b + 1) for a, b in zip(marks[::2], marks[1::2], strict=False)]
    return spans


def sentences_of(line: Line) -> Iterator[Line]:
    """The sentences of a paragraph; "TP. ", figures and marks of items end none."""
    start = 0
    for match in re.finditer(r"(?:(?<=[^\W\d_]{2})\.{1,3}|(?<=\d{4})\.|(?<=\))\.) (?=[^\W_])", line.plain):
        after, before = line.plain[match.end()], line.plain[start : match.start()]
        if (after.isupper() or after.isdigit()) and not before.endswith(("TP", "Tp", "TM", "KT")):
            yield line.part(start, match.end())
            start = match.end()
    rest = line.plain[start:].lstrip(" .,;:)")
    if rest:
        yield line.part(len(line.plain) - len(rest))
