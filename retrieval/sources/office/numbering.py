"""The numbers that Word prints before paragraphs ("Điều 1.", "1.", "a)", "-"), counted from `word/numbering.xml`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from lxml import etree

from retrieval.sources.common.list_numbers import written_number
from retrieval.sources.office.xml import child, local, number, value

_LEVELS = 9
_DASHES = "-+–—"


@dataclass(frozen=True, slots=True)
class _Level:
    """How one level of a list is numbered. `restart`: the level after which it begins anew, 0 for never."""

    start: int = 1
    form: str = "decimal"
    text: str = ""
    space: str = " "
    restart: int | None = None
    legal: bool = False
    style: str | None = None


@dataclass(slots=True)
class _List:
    """A list with its counters. `abstract`: lists that share it go on counting."""

    abstract: str
    levels: dict[int, _Level]
    overrides: dict[int, int]
    begun: set[int] = field(default_factory=set)


@dataclass(slots=True)
class Numbering:
    """The lists of a document. `label` counts, so ask once for each paragraph, in order."""

    lists: dict[str, _List] = field(default_factory=dict)
    counters: dict[str, list[int | None]] = field(default_factory=dict)

    def level_of_style(self, list_id: str, style: str) -> int:
        """The level of a list that is bound to a paragraph style, 0 if none is."""
        its = self.lists.get(list_id)
        return next((n for n, level in its.levels.items() if level.style == style), 0) if its else 0

    def label(self, list_id: str, depth: int) -> str:
        """What Word prints before the next paragraph of this level, with the space after it; empty for no number."""
        its = self.lists.get(list_id)
        if its is None or depth not in its.levels:
            return ""
        counters = self.counters.setdefault(its.abstract, [None] * _LEVELS)
        self._count(its, counters, depth)
        level = its.levels[depth]
        if level.form == "bullet":
            text = level.text if level.text in _DASHES and level.text else "-"
        else:
            text = re.sub(
                r"%([1-9])", lambda match: _counted(its, counters, int(match.group(1)) - 1, level.legal), level.text
            )
        return text + level.space if text.strip() else ""

    def _count(self, its: _List, counters: list[int | None], depth: int) -> None:
        last = counters[depth]
        if depth in its.overrides and depth not in its.begun:
            counters[depth] = its.overrides[depth]
        else:
            counters[depth] = its.levels[depth].start if last is None else last + 1
        its.begun.add(depth)
        for deeper in range(depth + 1, _LEVELS):
            level = its.levels.get(deeper)
            if level is None or level.restart is None or 0 < level.restart <= depth + 1:
                counters[deeper] = None


def _counted(its: _List, counters: list[int | None], depth: int, legal: bool) -> str:
    level = its.levels.get(depth, _Level())
    count = counters[depth]
    return written_number(level.start if count is None else count, "decimal" if legal else level.form)


def read_numbering(root: etree._Element | None, lists_of_styles: Mapping[str, str]) -> Numbering:
    """The lists of `word/numbering.xml`. `lists_of_styles`: numbering style → the list that it stands for."""
    if root is None:
        return Numbering()
    abstracts = {value(each, "abstractNumId") or "": each for each in root if local(each) == "abstractNum"}
    nums = {value(each, "numId") or "": each for each in root if local(each) == "num"}
    lists: dict[str, _List] = {}
    for list_id, num in nums.items():
        abstract = value(child(num, "abstractNumId")) or ""
        link = value(child(abstracts.get(abstract), "numStyleLink"))
        if link and (linked := nums.get(lists_of_styles.get(link, ""))) is not None:
            abstract = value(child(linked, "abstractNumId")) or abstract
        levels = dict(_levels(abstracts.get(abstract)))
        overrides: dict[int, int] = {}
        for override in (each for each in num if local(each) == "lvlOverride"):
            depth = number(override, "ilvl") or 0
            levels.update(_levels(override))
            if (start := number(child(override, "startOverride"))) is not None:
                overrides[depth] = start
        lists[list_id] = _List(abstract, levels, overrides)
    return Numbering(lists)


def _levels(element: etree._Element | None) -> Iterator[tuple[int, _Level]]:
    for each in element if element is not None else ():
        depth = number(each, "ilvl")
        if local(each) != "lvl" or depth is None or not 0 <= depth < _LEVELS:
            continue
        start, legal = number(child(each, "start")), child(each, "isLgl")
        yield (
            depth,
            _Level(
                start=0 if start is None else start,
                form=value(child(each, "numFmt")) or "decimal",
                text=value(child(each, "lvlText")) or "",
                space="" if value(child(each, "suff")) == "nothing" else " ",
                restart=number(child(each, "lvlRestart")),
                legal=legal is not None and value(legal) not in ("0", "false"),
                style=value(child(each, "pStyle")),
            ),
        )
