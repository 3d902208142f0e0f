"""Tables on a page, found by their ruling lines. Lengths in points, y upward."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from retrieval.sources.common.table_text import Cell, Repeated
from retrieval.sources.pdf.paragraphs import join, measure
from retrieval.sources.pdf.rows import Run, one_line, pieces_of, rows_of

_MAX_RULES, _MAX_CELLS = 2_000, 4_000
# Rules nearer than that are one.
_SNAP = 2.5


@dataclass(frozen=True, slots=True)
class Table:
    """A ruled table. `edges`: where its columns part."""

    rows: tuple[tuple[Cell, ...], ...]
    top: float
    edges: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """`xs` from the left, `ys` from the top; `across(i, j)`: whether a rule runs above cell row i in column j;
    `down(i, j)`: whether one runs left of column j in cell row i."""

    xs: list[float]
    ys: list[float]
    across: Callable[[int, int], bool]
    down: Callable[[int, int], bool]

    def holds(self, run: Run) -> bool:
        x, y = (run.left + run.right) / 2, run.y + 0.3 * run.size
        return self.xs[0] < x < self.xs[-1] and self.ys[-1] < y < self.ys[0]


def grids_of(rules: Sequence[Sequence[float]]) -> list[Grid]:
    """The grids that ruling lines (left, bottom, right, top) form: those that meet, if they part columns."""
    if len(rules) > _MAX_RULES:
        return []
    level = _merged([((y0 + y1) / 2, x0, x1) for x0, y0, x1, y1 in rules if x1 - x0 > y1 - y0])
    upright = _merged([((x0 + x1) / 2, y0, y1) for x0, y0, x1, y1 in rules if x1 - x0 <= y1 - y0])
    grids = []
    for some_level, some_upright in _components(level, upright):
        xs, ys = sorted({x for x, _, _ in some_upright}), sorted({y for y, _, _ in some_level}, reverse=True)
        if len(xs) >= 3 and len(ys) >= 2 and len(xs) * len(ys) <= _MAX_CELLS:
            grids.append(_grid(xs, ys, some_level, some_upright))
    return grids


Rule = tuple[float, float, float]  # where it stands, from, to


def _grid(xs: list[float], ys: list[float], level: list[Rule], upright: list[Rule]) -> Grid:
    across = {
        (i, j)
        for i, y in enumerate(ys)
        for j in range(len(xs) - 1)
        if any(at == y and a < (xs[j] + xs[j + 1]) / 2 < b for at, a, b in level)
    }
    down = {
        (i, j)
        for j, x in enumerate(xs)
        for i in range(len(ys) - 1)
        if any(at == x and a < (ys[i] + ys[i + 1]) / 2 < b for at, a, b in upright)
    }
    return Grid(xs, ys, lambda i, j: (i, j) in across, lambda i, j: (i, j) in down)


def _merged(rules: list[Rule]) -> list[Rule]:
    """Rules of one direction, those on one line brought together and joined where they touch."""
    found: list[Rule] = []
    place: float | None = None
    group: list[Rule] = []

    def close() -> None:
        end: float | None = None
        for _, a, b in sorted(group, key=lambda rule: rule[1]):
            if end is not None and a <= end + _SNAP:
                at, start, _ = found.pop()
                end = max(end, b)
                found.append((at, start, end))
            else:
                found.append((group[0][0], a, b))
                end = b

    for rule in sorted(rules):
        if place is not None and rule[0] - place > _SNAP:
            close()
            group = []
        group.append(rule)
        place = rule[0]
    if group:
        close()
    return found


def _components(level: list[Rule], upright: list[Rule]) -> list[tuple[list[Rule], list[Rule]]]:
    """Rules that meet, together."""
    parent = list(range(len(level) + len(upright)))

    def root(n: int) -> int:
        while parent[n] != n:
            parent[n] = n = parent[parent[n]]
        return n

    for i, (y, a, b) in enumerate(level):
        for j, (x, c, d) in enumerate(upright, len(level)):
            if a - _SNAP <= x <= b + _SNAP and c - _SNAP <= y <= d + _SNAP:
                parent[root(j)] = root(i)
    groups: dict[int, tuple[list[Rule], list[Rule]]] = defaultdict(lambda: ([], []))
    for i, rule in enumerate(level):
        groups[root(i)][0].append(rule)
    for j, rule in enumerate(upright, len(level)):
        groups[root(j)][1].append(rule)
    return [group for group in groups.values() if all(group)]


Place = tuple[int, int]  # row and column of a cell


def table_of(grid: Grid, runs: list[Run]) -> Table | None:
    """The table of a grid, cells that no rule parts taken together. None if it has no two filled columns."""
    height, width = len(grid.ys) - 1, len(grid.xs) - 1
    owner: dict[Place, Place] = {}
    for i in range(height):
        for j in range(width):
            above, beside = owner.get((i - 1, j)), owner.get((i, j - 1))
            if above and not grid.across(i, j):
                owner[i, j] = above
            elif beside and not grid.down(i, j):
                owner[i, j] = beside
            else:
                owner[i, j] = (i, j)
    inside: dict[Place, list[Run]] = defaultdict(list)
    for run in runs:
        x, y = (run.left + run.right) / 2, run.y + 0.3 * run.size
        i = sum(edge > y for edge in grid.ys[1:-1])
        j = sum(edge < x for edge in grid.xs[1:-1])
        inside[owner[i, j]].append(run)
    if len({j for _, j in inside}) < 2:
        return None
    rows = tuple(tuple(_cell(grid, owner, inside, i, j) for j in range(width)) for i in range(height))
    return Table(tuple(row for row in rows if any(row)), grid.ys[0], tuple(grid.xs))


def _cell(grid: Grid, owner: Mapping[Place, Place], inside: Mapping[Place, list[Run]], i: int, j: int) -> Cell:
    """What stands in a cell: None where another one reaches over from the left."""
    at = owner[i, j]
    if at[1] < j:
        return None
    end = j + 1
    while owner.get((i, end)) == at:
        end += 1
    text = _cell_text(inside.get(at, []), grid.xs[j], grid.xs[end])
    return Repeated(text) if at[0] < i else text


def _cell_text(runs: list[Run], left: float, right: float) -> str:
    """The paragraphs of a cell, from its runs and its edges."""
    lines = [one_line(pieces_of(row)) for row in rows_of(runs)]
    if not lines:
        return ""
    start = min(line.left for line in lines)
    measures = replace(measure(lines, {}), edges={"": (start, right - (start - left))})
    return "\n".join(paragraph.text for paragraph in join(lines, measures))
