"""What stands outside articles: signatures, annexes, forms, attached texts; and texts without articles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from retrieval.sources.law.head import capital_name
from retrieval.sources.law.letterhead import (
    KIND,
    SHORT,
    begins_end,
    is_letterhead,
    is_near_name,
    may_be_letterhead,
    names_kind,
)
from retrieval.sources.law.lines import Line
from retrieval.sources.law.outline import is_listed, outline
from retrieval.sources.law.units import Heading, Level, annex, goes_on

_MARKDOWN = -10


def outer_headings(
    lines: Sequence[Line], start: int, until: int, left_out: list[tuple[int, int]], body: bool = True
) -> Iterator[Heading]:
    """Headings outside articles. `body`: the text of an article still goes on at `start`.

    Spans of letterheads and of what follows a signature are added to `left_out`.
    """
    listed = outline(lines, start, until)
    dropping, named, n = False, False, start
    while n < until:
        line, heading, last = lines[n], None, n
        if not line.quoted and not line.words.startswith("|"):
            if not (body and n and goes_on(lines[n - 1], line)):
                heading, last = _outer_heading(lines, n, until, free=not body and not named)
            if heading is None and n in listed and not body:
                heading = listed[n]
        if heading:
            named = heading.level < Level.INSTRUMENT
            dropping = body = False
            yield heading
        elif begins_end(lines, n):
            if not dropping:
                yield Heading(Level.INSTRUMENT, "", line.start, line.start)
            dropping, body = True, False
        elif len(line.words) > SHORT and not line.words.startswith("|"):
            dropping = named = False
        if heading is None and (dropping or (not body and is_letterhead(line, named))):
            left_out.append((line.start, line.end))
        n = last + 1


def _outer_heading(lines: Sequence[Line], n: int, until: int, free: bool) -> tuple[Heading | None, int]:
    """An annex, a form, an attached instrument or a heading of Markdown only; and the last line of its name."""
    line = lines[n]
    found = annex(line)
    if found:
        level, label, name = found
        last, name = capital_name(lines, n, until, name)
        if level == Level.FORM and (last + 1 >= until or annex(lines[last + 1])):
            return None, n  # named in a list of forms
        return Heading(level, ". ".join(filter(None, [label, name])), line.start, lines[last].end), last
    if line.depth and not is_listed(line) and not may_be_letterhead(line):
        return Heading(_MARKDOWN + line.depth, line.words, line.start, line.end), n
    if (free or line.marked or KIND.fullmatch(line.words)) and names_kind(line):
        around = (*lines[max(0, n - 8) : n], *lines[n + 1 : min(until, n + 8)])
        if any(map(is_near_name, around)):
            last, name = capital_name(lines, n, until, line.words)
            return Heading(Level.INSTRUMENT, name, line.start, lines[last].end), last
    return None, n
