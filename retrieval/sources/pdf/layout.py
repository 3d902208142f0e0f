"""Rows and tables of a page → lines in the order in which a person reads them. Lengths in points, y upward."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from retrieval.sources.common.official import is_foot, is_official
from retrieval.sources.pdf.grids import Table, grids_of, table_of
from retrieval.sources.pdf.paragraphs import Line, has_mark
from retrieval.sources.pdf.rows import Run, one_line, pieces_of, rows_of

# A page of more is a drawing or an attack: it is read from top to bottom.
_MAX_ROWS, _MAX_PIECES = 400, 3_000


@dataclass(slots=True)
class Page:
    """A page as it was found: rows from the top down, each the pieces that wide gaps part, and its ruled tables."""

    width: float
    rows: list[list[Line]] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)

    @property
    def column(self) -> str:
        """The name of the column that takes the whole page: one for all pages of a width."""
        return f"{self.width:.0f}"


def page_of(runs: Iterable[Run], rules: Sequence[Sequence[float]], width: float) -> Page:
    """What stands on a page, from its runs of text and its ruling lines (left, bottom, right, top)."""
    rest, tables = list(runs), []
    for grid in grids_of(rules):
        inside = [run for run in rest if grid.holds(run)]
        if table := table_of(grid, inside):
            tables.append(table)
            taken = set(map(id, inside))
            rest = [run for run in rest if id(run) not in taken]
    return Page(width, [pieces_of(row) for row in rows_of(rest)], tables)


def reading_order(page: Page, number: int) -> list[Line | Table]:
    """Lines and tables of a page as a person reads them. A line alone on its page is a paragraph."""
    tables = sorted(page.tables, key=lambda table: -table.top)
    found: list[Line | Table] = []
    rest = page.rows
    for n, table in enumerate(tables):
        above = [row for row in rest if row[0].y > table.top]
        rest = [row for row in rest if row[0].y <= table.top]
        found += [*_in_order(above, f"{number}.{n}", 0), table]
    found += _in_order(rest, f"{number}", 0)
    return _placed(found, page.column, len(found) == 1)


# --- columns ---------------------------------------------------------------------------------------------------------


def _in_order(rows: list[list[Line]], name: str, depth: int) -> list[Line | Table]:
    found: list[Line | Table] = []
    may_part = depth < 3 and len(rows) <= _MAX_ROWS and sum(map(len, rows)) <= _MAX_PIECES
    i = 0
    while i < len(rows):
        band = _band(rows, i) if may_part else None
        if band is None:
            found.append(one_line(rows[i]))
            i += 1
            continue
        end, gutters, flows = band
        sides = _sides(rows[i:end], gutters)
        label = f"{name}.{i}"
        if flows:
            for k, side in enumerate(sides):
                found += _placed(_in_order(side, f"{label}.{k}", depth + 1), f"{label}.{k}", flows == "lines")
        else:
            found.append(_unruled(rows[i:end], gutters))
        i = end
    return found


def _placed(items: list[Line | Table], column: str, whole: bool) -> list[Line | Table]:
    return [
        replace(item, column=item.column or column, whole=item.whole or whole) if isinstance(item, Line) else item
        for item in items
    ]


Gap = tuple[float, float]


def _band(rows: list[list[Line]], start: int) -> tuple[int, list[float], str] | None:
    """Where rows that stand in columns end, where the columns part, and how to read them: "text", "lines", or "" for
    row by row. None if the rows that begin here stand in one column."""
    left = min(row[0].left for row in rows)
    right = max(row[-1].right for row in rows)
    free: list[Gap] = [(left, right)]
    end = start
    from_left, to_right, parted = right, left, False
    for row in rows[start:]:
        shared = _shared(free, row, left, right)
        from_left, to_right = min(from_left, row[0].left), max(to_right, row[-1].right)
        parts = any(from_left < a and b < to_right for a, b in shared)
        if not shared or (parted and not parts):
            break
        free, end, parted = shared, end + 1, parts
    if end - start < 2 and not (end > start and is_official([one_line(rows[start]).text])):
        return None
    found = _judged(rows[start:end], free, right - left)
    return (end - found[0], *found[1:]) if found else None


def _shared(free: list[Gap], row: list[Line], left: float, right: float) -> list[Gap]:
    """The gaps that stay free when a row is added."""
    gaps: list[Gap] = []
    at = left
    for piece in row:
        gaps.append((at, piece.left))
        at = piece.right
    gaps.append((at, right))
    width = 0.9 * row[0].size
    both = ((max(a, c), min(b, d)) for a, b in free for c, d in gaps)
    return [(a, b) for a, b in both if b - a >= width]


def _judged(rows: list[list[Line]], free: list[Gap], width: float) -> tuple[int, list[float], str] | None:
    """(rows to leave out at the end, gutters, manner of reading) of rows with free gaps; None if in one column."""
    gutters = []
    for a, b in free:
        middle = (a + b) / 2
        before = sum(row[0].left < middle for row in rows)
        after = sum(row[-1].right > middle for row in rows)
        if min(before, after) >= min(2, len(rows)):
            gutters.append(middle)
    if not gutters:
        return None
    sides = _sides(rows, gutters)
    if len(sides) <= 3 and all(_is_flowing(side, width / len(sides)) for side in sides):
        return 0, gutters, "text"
    together = [n for n, row in enumerate(rows) if len(_cells(row, gutters)) > 1]
    if not together or together[0]:  # a line before the columns is none of theirs
        return None
    spare = 0 if is_foot(piece.text for row in rows for piece in row) else len(rows) - 1 - together[-1]
    rows = rows[: len(rows) - spare]
    if is_official(piece.text for row in rows for piece in row) and len(gutters) <= 2:
        return spare, gutters[:1] if len(gutters) == 1 else [_widest(free, gutters)], "lines"
    marks = [piece.text for row in rows for n, piece in _cells(row, gutters).items() if n == 0]
    gutters = [middle for middle in gutters if any(b - a > 2 * rows[0][0].size for a, b in free if a <= middle <= b)]
    if (
        len(together) < 3
        or not gutters
        or len(together) * 2 < len(rows)
        or (len(gutters) == 1 and all(map(_is_mark, marks)))
    ):
        return None
    return spare, gutters, ""


def _widest(free: list[Gap], gutters: list[float]) -> float:
    return max(gutters, key=lambda middle: max(b - a for a, b in free if a <= middle <= b))


def _is_mark(text: str) -> bool:
    return len(text) <= 5 and (has_mark(f"{text} A", "") or text in "-–—•+*○●▪■")


def _is_flowing(rows: list[list[Line]], share: float) -> bool:
    """Whether the lines of a column are filled as those of running text are."""
    if len(rows) < 5:
        return False
    left, right = min(row[0].left for row in rows), max(row[-1].right for row in rows)
    filled = sum(row[-1].right - row[0].left > 0.75 * (right - left) for row in rows)
    return filled * 2 >= len(rows) and right - left > 0.5 * share


def _cells(row: list[Line], gutters: list[float]) -> dict[int, Line]:
    """The pieces of a row by the column that they stand in."""
    cells: dict[int, list[Line]] = defaultdict(list)
    for piece in row:
        cells[sum(middle < (piece.left + piece.right) / 2 for middle in gutters)].append(piece)
    return {n: one_line(pieces) for n, pieces in cells.items()}


def _sides(rows: list[list[Line]], gutters: list[float]) -> list[list[list[Line]]]:
    sides: list[list[list[Line]]] = [[] for _ in range(len(gutters) + 1)]
    for row in rows:
        parts: dict[int, list[Line]] = defaultdict(list)
        for piece in row:
            parts[sum(middle < (piece.left + piece.right) / 2 for middle in gutters)].append(piece)
        for n, pieces in parts.items():
            sides[n].append(pieces)
    return sides


def _unruled(rows: list[list[Line]], gutters: list[float]) -> Table:
    """A table without rules: what has nothing in its first column goes on from the row above."""
    table: list[list[str]] = []
    for row in rows:
        cells = _cells(row, gutters)
        if 0 in cells or not table:
            table.append([""] * (len(gutters) + 1))
        for n, piece in cells.items():
            table[-1][n] = f"{table[-1][n]} {piece.text}".strip()
    return Table(tuple(map(tuple, table)), rows[0][0].y, tuple(gutters))
