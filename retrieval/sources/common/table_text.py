"""Rows of a table → lines of text: each row can be read, and quoted, without its table.

A row under a header is "Cột: giá trị; Cột: giá trị". A list of questions and answers becomes headings with the answers
below. A table that has no clear header keeps its cells side by side, "một | hai".
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import count

from retrieval.sources.common.official import is_official
from retrieval.sources.common.question_list import columns_of, questions_text
from retrieval.text import strip_diacritics


class Repeated(str):
    """The text of a cell that reaches down from a row above."""

    __slots__ = ()


# The text of a cell, its paragraphs on lines; None where a cell reaches over from the left.
Cell = str | None
Row = Sequence[Cell]
_LONGEST_NAME = 80
_HEADER_DEPTH = 15
_ENDS = (".", ",", ";", ":", "!", "?", "…")
_FIGURES = re.compile(r"[\d\s.,%()/:+-]+")
_FIRST_NUMBERS = ("1", "(1)", "a", "(a)", "A", "(A)")
_COLUMN_NUMBER = re.compile(r"\(?\d{1,2}\)?(?:\s?=[\s\d+x*()-]+)?|\(?[A-Za-z]\)?")
_SERIAL = frozenset(("stt", "tt", "so tt", "so thu tu"))
_NAMES = _SERIAL | frozenset(
    (
        "ten|noi dung|ghi chu|don vi|don vi tinh|dvt|so luong|thoi han|thoi gian|le phi|phi|ma|ma so|ho ten|ho va ten"
        "|dia chi|so dien thoai|dien thoai|email|chuc vu|muc|thu tuc|thanh phan|trang thai|ngay|co quan|linh vuc"
        "|dia diem|hinh thuc|chi tieu|nhiem vu|ket qua|can cu|can cu phap ly|cach thuc|giay to|loai|hang muc|chi tiet"
        "|san pham|gia tri"
    ).split("|")
)
_FIRST_WORDS = frozenset("ten so ma ngay thoi don co nguoi muc le loai".split())


@dataclass(slots=True)
class TableText:
    """The lines of a table. `declared`: what all its questions have in common. `warnings`: Vietnamese sentences."""

    lines: list[str]
    declared: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


def table_text(
    rows: Sequence[Row], headed: bool | None = None, numbers: Iterable[int] | None = None, declares: bool = False
) -> TableText:
    """The text of a table. `headed`: whether its first full row is known to be a header, None to judge by its words.
    `numbers`: of the rows, where a person looks for them; from 1 on if not given. `declares`: what all questions have
    in common holds for the whole file, so it goes from the lines into `declared`."""
    numbered = [
        ([_trimmed(cell) for cell in row], n)
        for row, n in zip(rows, numbers or count(1), strict=False)
        if any(cell and cell.strip() and not isinstance(cell, Repeated) for cell in row)
    ]
    filled = [row for row, _ in numbered]
    if max((_count(row) for row in filled), default=0) <= 1:
        return TableText([line for row in filled for line in _plain(row)])
    start, names = _header(filled, headed)
    above = [line for row in filled[:start] for line in _plain(row)]
    if names is None:
        return TableText(above + [_unnamed(row) for row in filled[start:]])
    end = start + 1 + _parts_below(filled, start)
    if end < len(filled) and _count(filled[end]) > 1 and _numbers_columns(filled[end]):
        end += 1
    if columns := columns_of([key(name) for name in names]):
        told = questions_text(numbered[end:], columns, declares)
        unused = [name for k, name in enumerate(names) if k not in columns and name and key(name) not in _SERIAL]
        left_out = [f"cột {', '.join(unused)} không được đưa vào danh sách hỏi đáp"] if unused else []
        return TableText(above + told.lines, told.declared, told.warnings + left_out)
    serial = {n for n, name in enumerate(names) if key(name) in _SERIAL}
    return TableText(above + [_named(names, serial, row) for row in filled[end:]])


def key(name: str) -> str:
    """A column's name without diacritics, marks and notes in brackets, to compare by."""
    bare = re.sub(r"\([^()]*\)", " ", strip_diacritics(" ".join(name.split())))
    return " ".join(re.sub(r"[^a-z0-9 ]", " ", bare).split())


def one_line(cell: str) -> str:
    """A cell's paragraphs on one line; what ends without a mark gets a semicolon."""
    lines = [line.strip() for line in cell.split("\n") if line.strip()]
    return " ".join(line if line.endswith(_ENDS) or n == len(lines) else f"{line};" for n, line in enumerate(lines, 1))


def _trimmed(cell: Cell) -> Cell:
    return cell if cell is None or isinstance(cell, Repeated) else cell.strip()


def _count(row: Row) -> int:
    return sum(bool(cell) for cell in row)


# --- headers ---------------------------------------------------------------------------------------------------------


def _header(rows: Sequence[Row], headed: bool | None) -> tuple[int, list[str] | None]:
    """Which row names the columns, and the names; where the table begins, and None, if no row does."""
    width = max(map(len, rows))
    start = 0
    for n, row in enumerate(rows[:_HEADER_DEPTH]):
        if _count(row) < 2 or is_official(row):
            continue
        names = _names(rows, n, width)
        if columns_of([key(name) for name in names]) or _is_header(row, rows[n + 1 :], width, headed):
            return n, names
        start = n
        break
    return start, None


def _is_header(row: Row, below: Sequence[Row], width: int, headed: bool | None) -> bool:
    """Whether a row names the columns: by what the file says, or by short different words that are no values."""
    cells = [cell for cell in row if cell]
    if headed is False or not below or any(len(cell) > _LONGEST_NAME or cell.endswith(":") for cell in cells):
        return False
    if len(set(cells)) < len(cells) or any(_FIGURES.fullmatch(cell) for cell in cells):
        return False
    if headed:
        return True
    keys = [key(cell) for cell in cells]
    known = sum(name in _NAMES or name.split(" ")[0] in _FIRST_WORDS for name in keys if name)
    if width == 2:  # two columns are often a name and its value in each row
        return keys[0] in _SERIAL or (known == 2 and all(name in _NAMES for name in keys))
    return len(cells) >= width - 1 and (known > 0 or any(_FIGURES.fullmatch(cell) for r in below for cell in r if cell))


def _parts_below(rows: Sequence[Row], n: int) -> int:
    """How many rows below a header carry it on: 1 if they only name the parts of its wide columns."""
    if n + 1 >= len(rows):
        return 0
    header, below = rows[n], rows[n + 1]
    wide = {
        k for k, cell in enumerate(header) if cell is None or (cell and k + 1 < len(header) and header[k + 1] is None)
    }
    own = {k for k, cell in enumerate(below) if cell and not isinstance(cell, Repeated)}
    figures = any(_FIGURES.fullmatch(below[k] or "") for k in own)
    return int(bool(own) and own <= wide and not figures and any(isinstance(cell, Repeated) for cell in below))


def _names(rows: Sequence[Row], n: int, width: int) -> list[str]:
    """The names of all columns; those of parts after the name of the whole."""
    below = rows[n + 1] if _parts_below(rows, n) else ()
    names: list[str] = []
    whole = ""
    for k in range(width):
        cell = rows[n][k] if k < len(rows[n]) else ""
        whole = whole if cell is None else cell
        part = below[k] if k < len(below) and not isinstance(below[k], Repeated) else ""
        names.append(
            " ".join(f"{whole} – {part}".split()) if part and whole else " ".join((cell or part or "").split())
        )
    return names


def _numbers_columns(row: Row) -> bool:
    """Whether a row only numbers the columns: (1), (2), (3)=(1)x(2)."""
    cells = [cell for cell in row if cell]
    return (
        len(cells) == len(set(cells)) > 2 and all(map(_COLUMN_NUMBER.fullmatch, cells)) and cells[0] in _FIRST_NUMBERS
    )


# --- rows ------------------------------------------------------------------------------------------------------------


def _plain(row: Row) -> list[str]:
    return [
        line for cell in row if cell and not isinstance(cell, Repeated) for line in cell.split("\n") if line.strip()
    ]


def _unnamed(row: Row) -> str:
    cells = [one_line(cell) for cell in row if cell and not isinstance(cell, Repeated)]
    return " ".join(cells) if len(cells) == 2 and cells[0].endswith(":") else " | ".join(cells)


def _named(names: Sequence[str], serial: Collection[int], row: Row) -> str:
    """A row with the names of its columns. `serial`: the columns that only count."""
    filled = [(n, cell) for n, cell in enumerate(row) if cell]
    own = [n for n, cell in filled if not isinstance(cell, Repeated) and n not in serial]
    if len(own) <= 1 and len(filled) <= 2 < len(names):  # across the table: the name of a group, a total, a note
        return " ".join(one_line(cell) for _, cell in filled)
    return "; ".join(
        f"{names[n]}: {one_line(cell).rstrip(';')}" if n < len(names) and names[n] else one_line(cell)
        for n, cell in filled
    )
