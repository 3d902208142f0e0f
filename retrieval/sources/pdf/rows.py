"""Letters on a page → rows: what stands on one baseline, in the pieces that wide gaps part."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from retrieval.sources.pdf.paragraphs import Line

_UNIT = re.compile(r"(?:^|[\s\d])(?:k|c|d|m|h)?m$")


@dataclass(frozen=True, slots=True)
class Run:
    """Letters side by side without a gap. `y`: their baseline; `size`: of the font."""

    text: str
    left: float
    right: float
    y: float
    size: float
    bold: bool = False


def rows_of(runs: Iterable[Run]) -> list[list[Run]]:
    """Runs on one baseline, raised and lowered figures with them, from the top down."""
    rows: list[list[Run]] = []
    y = size = 0.0
    for run in sorted(runs, key=lambda run: (-run.y, run.left)):
        if rows and y - run.y < 0.45 * max(size, run.size):
            rows[-1].append(run)
            if run.size > size:
                y, size = run.y, run.size
        else:
            rows.append([run])
            y, size = run.y, run.size
    return rows


def pieces_of(row: list[Run]) -> list[Line]:
    """The runs of a row from left to right, joined where no wide gap parts them."""
    base = max(row, key=lambda run: len(run.text) * run.size)
    pieces: list[list[Run]] = []
    for run in sorted((run for run in row if run.text.strip()), key=lambda run: (run.left, run.right)):
        last = pieces[-1][-1] if pieces else None
        if last and run.text == last.text and run.left - last.left < 0.3 * run.size:
            continue  # bold letters that are printed twice
        if last and _is_footnote_mark(run, base, last.text):
            continue
        if last and run.left - max(each.right for each in pieces[-1][-3:]) <= 1.2 * base.size:
            pieces[-1].append(run)
        else:
            pieces.append([run])
    return [_piece(piece, base) for piece in pieces] or [Line("", base.left, base.right, base.y, base.size)]


def _piece(runs: list[Run], base: Run) -> Line:
    text, right = "", runs[0].left
    for run in runs:
        text += (" " if run.left - right > 0.1 * base.size else "") + run.text
        right = max(right, run.right)
    weights = {run.bold for run in runs if any(map(str.isalpha, run.text))}
    bold = weights.pop() if len(weights) == 1 else None
    return Line(" ".join(text.split()), runs[0].left, right, base.y, base.size, bold)


def _is_footnote_mark(run: Run, base: Run, before: str) -> bool:
    raised = run.size < 0.8 * base.size and run.y > base.y + 0.15 * base.size
    return raised and run.text.strip().isdigit() and bool(before.strip()) and not _UNIT.search(before)


def one_line(row: Sequence[Line]) -> Line:
    """The pieces of a row as one line."""
    text = " ".join(piece.text for piece in row)
    bold = row[0].bold if len({piece.bold for piece in row}) == 1 else None
    return replace(row[0], text=text, right=row[-1].right, bold=bold)
