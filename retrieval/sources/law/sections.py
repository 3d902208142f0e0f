"""The structure of a legal text: what stands under its headings, as sections, and the clauses within."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from operator import attrgetter

from retrieval.records import Clause, Section
from retrieval.sources.law.articles import find_articles
from retrieval.sources.law.clauses import clauses_of
from retrieval.sources.law.head import read_head
from retrieval.sources.law.headings import find_headings
from retrieval.sources.law.lines import Line, words_of
from retrieval.sources.law.outline import OUTLINE_LEVELS, has_outline
from retrieval.sources.law.quotations import read_lines
from retrieval.sources.law.units import Heading, Level, is_annexed

PREAMBLE = "Phần mở đầu"
_START = attrgetter("start")


@dataclass(frozen=True, slots=True)
class Structure:
    """The parts of a legal text. Letterhead, table of contents, recipients and signatures are in no section.

    `clauses`: by their place; one without a name begins text that is in no clause that can be named for sure.
    `title`: kind and name of the instrument as its head prints them.
    """

    sections: tuple[Section, ...]
    clauses: tuple[Clause, ...]
    title: str | None


def structure(text: str) -> Structure | None:
    """The structure of a normalised text that is one legal instrument or several; None if it is none."""
    lines = read_lines(text)
    runs, contents = find_articles(text, lines)
    if not runs and not has_outline(lines):
        return None
    left_out = [(lines[first].start, lines[last].end) for first, last in contents]
    headings = find_headings(text, lines, runs, left_out)
    if not headings:
        return None
    begins, title = read_head([line for line in lines if line.start < headings[0].start])
    left_out.append((0, begins))
    parts = list(_parts(text, headings, sorted(left_out)))
    if not parts:
        return None
    clauses = [clause for level, part in parts for clause in _part_clauses(text, lines, level, part)]
    return Structure(tuple(part for _, part in parts), tuple(clauses), title)


def _parts(
    text: str, headings: Sequence[Heading], left_out: Sequence[tuple[int, int]]
) -> Iterator[tuple[int, Section]]:
    """Sections with the level of their innermost heading."""
    above: list[Heading] = []
    gap = 0
    opening, closing = Heading(Level.ARTICLE + 1, PREAMBLE, 0, 0), Heading(0, "", len(text), len(text))
    for heading, after in pairwise([opening, *headings, closing]):
        above = [entry for entry in above if entry.level < heading.level] + ([heading] if heading.name else [])
        while gap < len(left_out) and left_out[gap][1] <= heading.end:
            gap += 1
        for begin, stop in _without(heading.end, after.start, left_out, gap):
            if text[begin:stop].strip():
                level = above[-1].level if above else Level.INSTRUMENT
                yield level, Section(tuple(entry.name for entry in above), begin, stop)


def _without(start: int, end: int, left_out: Sequence[tuple[int, int]], gap: int) -> Iterator[tuple[int, int]]:
    """What remains of a span without those left out, which are looked at from the index `gap` on."""
    while gap < len(left_out) and left_out[gap][0] < end:
        if left_out[gap][0] > start:
            yield start, left_out[gap][0]
        start = max(start, left_out[gap][1])
        gap += 1
    if start < end:
        yield start, end


def _part_clauses(text: str, lines: Sequence[Line], level: int, part: Section) -> Iterable[Clause]:
    """The clauses of a section, if it is one that has khoản and điểm."""
    if level != Level.ARTICLE and (level not in OUTLINE_LEVELS or any(map(is_annexed, part.path))):
        return ()
    first = bisect_left(lines, part.start, key=_START)
    within = lines[first : bisect_left(lines, part.end, key=_START)]
    if first and lines[first - 1].end > part.start:  # an article whose text follows its number on one line
        line = lines[first - 1]
        rest = text[part.start : line.end].lstrip()
        within = [replace(line, start=line.end - len(rest), words=words_of(rest)), *within]
    return clauses_of(text, within)
