"""Headings "A.", "I.", "1.", "1.1." by which a text without articles is divided."""

from __future__ import annotations

import re
from collections.abc import Sequence

from retrieval.register import NUMBER
from retrieval.sources.law.letterhead import KIND, OFFICIAL, begins_end, names_kind
from retrieval.sources.law.lines import Line, is_capital
from retrieval.sources.law.units import Heading, Level

_LISTED = {
    Level.LETTER: re.compile(r"(?P<number>[A-H]) ?[.)–—-]+ *(?P<name>\S.*)"),
    Level.ROMAN: re.compile(r"(?P<number>[IVX]{1,5}) ?[.)–—-]+ *(?P<name>\S.*)"),
    Level.FIGURE: re.compile(r"(?P<number>\d{1,2}) ?[.)–—-]+ *(?P<name>[^\s\d].*)"),
    Level.SUBFIGURE: re.compile(r"(?P<number>\d{1,2}\.\d{1,2}) ?[.)–—-]+ *(?P<name>[^\s\d].*)"),
}
# Those of sections that have khoản and điểm although they are no articles.
OUTLINE_LEVELS = tuple(_LISTED)


def has_outline(lines: Sequence[Line]) -> bool:
    """Whether a text without articles is an official one that is surely divided by I, II or A, B."""
    official = any(OFFICIAL.match(line.words) or names_kind(line) for line in lines[:25])
    numbered = any(NUMBER.search(line.words) and KIND.match(line.words.upper()) for line in lines[:3])
    if not (official or numbered):
        return False
    levels = [heading.level for heading in outline(lines, 0, len(lines)).values()]
    return levels.count(Level.LETTER) >= 2 or levels.count(Level.ROMAN) >= 2


def outline(lines: Sequence[Line], start: int, until: int) -> dict[int, Heading]:
    """These headings by line, from one line to before another; none where a text is not divided so."""
    found: dict[int, Heading] = {}
    figures: dict[int, Heading] = {}
    last: dict[int, int] = {}
    mixed = False  # some figures of a part are headings by their looks, others begin text
    for n in range(start, until):
        line = lines[n]
        if line.quoted or line.words[0] == "|":
            continue
        if line.depth == 1 or begins_end(lines, n):
            last = {}
        level, number, name = _listed(line)
        value = _value(number) if number else 0
        if level < Level.FIGURE and value == last.get(level, 0) + 1 and _is_heading(line, name):
            found |= {} if mixed else figures
            figures, mixed = {}, False
            last = {above: before for above, before in last.items() if above < level} | {level: value}
            found[n] = _heading(line, level, number, name)
        elif number and level >= Level.FIGURE and line.marked:
            found[n] = _heading(line, level, number, name)
        elif level == Level.FIGURE:
            figures[n] = _heading(line, level, number, name)
            following = lines[n + 1] if n + 1 < until else None
            mixed |= not (_is_heading(line, name) and following and _listed(following)[0] != Level.FIGURE)
    found |= {} if mixed else figures
    return found if any(heading.level < Level.FIGURE for heading in found.values()) else {}


def is_listed(line: Line) -> bool:
    """Whether a line begins as such a heading does."""
    return any(pattern.match(line.words) for pattern in _LISTED.values())


def _listed(line: Line) -> tuple[int, str, str]:
    """Level, number and name of a line such as "II. Mục tiêu"; Level.ARTICLE and no number if it is none."""
    for level, pattern in _LISTED.items():
        match = pattern.match(line.words)
        if match:
            return level, match["number"], match["name"]
    return Level.ARTICLE, "", ""


def _heading(line: Line, level: int, number: str, name: str) -> Heading:
    return Heading(level, f"{number}. {name.strip(' .')}", line.start, line.end)


def _is_heading(line: Line, name: str) -> bool:
    """Whether the words after a number look like a heading, not like text."""
    short = len(name) <= 120 and name[0].isupper() and not name.endswith((".", ";", ":", "!", "?", "…", "”"))
    return line.marked or is_capital(name) or short


def _value(number: str) -> int:
    """The value of "IV", "B" or "2.1" (its last figure)."""
    if number[-1].isdigit():
        return int(number.rpartition(".")[2])
    if number[0] in "IVX":
        values = [{"I": 1, "V": 5, "X": 10}[c] for c in number]
        return sum(-a if a < b else a for a, b in zip(values, [*values[1:], 0], strict=True))
    return ord(number[0]) - ord("A") + 1
