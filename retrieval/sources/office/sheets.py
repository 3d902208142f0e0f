"""The sheets of an Excel workbook: what a person sees in the cells, row by row, in little memory."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from lxml import etree

from retrieval.errors import SourceError
from retrieval.sources.common.table_text import Cell, Repeated
from retrieval.sources.extract import MAX_TEXT_CHARACTERS
from retrieval.sources.office.archives import elements, relations
from retrieval.sources.office.cell_values import Format, number_format
from retrieval.sources.office.xml import child, local, number, value

_MAX_COLUMN, _MAX_FILLED_ROWS, _MAX_STRINGS, _MAX_MERGED = 1_000, 200_000, 1_000_000, 500_000
_TOO_MUCH = "bảng có quá nhiều ô; hãy bỏ các dòng và cột thừa, hoặc chia thành nhiều tệp"
# Cells and rows that only have a format, of which some sheets have millions.
_EMPTY = re.compile(rb"<row(?: [^<>]*)?>(?:\s*<c(?: [^<>]*)?/>)*+\s*</row>|<(?:row|c)(?: [^<>]*)?/>")
_PLACE = re.compile(r"([A-Z]{1,3})(\d{1,7})")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet that is shown: its filled rows by their numbers. `warnings`: Vietnamese sentences."""

    name: str
    rows: dict[int, list[Cell]]
    warnings: list[str]


@dataclass(frozen=True, slots=True)
class _Book:
    path: Path
    archive: zipfile.ZipFile
    strings: list[str]
    formats: list[Format]
    from_1904: bool


@dataclass(slots=True)
class _Draft:
    """A sheet while it is read: texts by row and column, hidden columns, merged cells."""

    rows: dict[int, dict[int, str]] = field(default_factory=dict)
    hidden: set[int] = field(default_factory=set)
    merged: list[str] = field(default_factory=list)
    letters: int = 0
    hidden_rows: int = 0
    hidden_cells: bool = False


def read_sheets(path: Path, archive: zipfile.ZipFile) -> tuple[list[Sheet], list[str]]:
    """The sheets of a workbook in their order, and the names of hidden ones. SourceError if a part is broken."""
    main = dict(relations(path, archive, "").values()).get("officeDocument", "xl/workbook.xml")
    links = relations(path, archive, main)
    parts = dict(links.values())
    listed, from_1904 = [], False
    for each in elements(path, archive, main, {"sheet", "workbookPr"}):
        if local(each) == "sheet":
            listed.append((value(each, "name") or "", value(each, "state"), links.get(value(each, "id") or "")))
        else:
            from_1904 = value(each, "date1904") in ("1", "true")
    strings = _strings(path, archive, parts.get("sharedStrings", ""))
    formats = _formats(path, archive, parts.get("styles", ""))
    book = _Book(path, archive, strings, formats, from_1904)
    shown = [
        (name, link[1])
        for name, state, link in listed
        if link and link[0] == "worksheet" and state in (None, "visible")
    ]
    hidden = [name for name, state, _ in listed if state not in (None, "visible")]
    return [_sheet(book, name, part) for name, part in shown], hidden


def _strings(path: Path, archive: zipfile.ZipFile, part: str) -> list[str]:
    strings: list[str] = []
    letters = 0
    for each in elements(path, archive, part, {"si"}):
        strings.append(_text(each))
        letters += len(strings[-1])
        if letters > MAX_TEXT_CHARACTERS or len(strings) > _MAX_STRINGS:
            raise SourceError(path, _TOO_MUCH)
    return strings


def _text(element: etree._Element | None) -> str:
    """The words of a string; how they are read aloud (in Japanese) is left out."""
    parts = (
        each if local(each) == "t" else child(each, "t") for each in _children(element) if local(each) in ("t", "r")
    )
    return "".join(part.text or "" for part in parts if part is not None)


def _children(element: etree._Element | None) -> Iterable[etree._Element]:
    return element if element is not None else ()


def _formats(path: Path, archive: zipfile.ZipFile, part: str) -> list[Format]:
    """How numbers are shown, by style."""
    codes: dict[int, str] = {}
    styles: list[int] = []
    for each in elements(path, archive, part, {"numFmt", "xf"}):
        if local(each) == "numFmt":
            codes[number(each, "numFmtId") or 0] = value(each, "formatCode") or ""
        elif local(each.getparent()) == "cellXfs":
            styles.append(number(each, "numFmtId") or 0)
    return [number_format(style, codes.get(style)) for style in styles]


def _sheet(book: _Book, name: str, part: str) -> Sheet:
    draft = _Draft()
    at = 0
    for each in elements(book.path, book.archive, part, {"row", "col", "mergeCell"}, _EMPTY):
        kind = local(each)
        if kind == "row":
            at = number(each, "r") or at + 1
            _add_row(book, draft, each, at)
        elif kind == "mergeCell":
            draft.merged.append(value(each, "ref") or "")
        elif value(each, "hidden") in ("1", "true"):
            draft.hidden.update(range(number(each, "min") or 1, min(number(each, "max") or 1, _MAX_COLUMN) + 1))
    rows = _merged(draft)
    warnings = [f"trang tính «{name}» có cột ẩn; các cột đó không được đưa vào"] if draft.hidden_cells else []
    if draft.hidden_rows:
        warnings.append(
            f"trang tính «{name}» có {draft.hidden_rows} dòng đang ẩn (do lọc hoặc ẩn tay), vẫn được đưa vào"
        )
    return Sheet(name, rows, warnings)


def _add_row(book: _Book, draft: _Draft, element: etree._Element, at: int) -> None:
    row: dict[int, str] = {}
    column = 0
    for cell in element:
        place = _PLACE.fullmatch(value(cell, "r") or "")
        column = _column(place.group(1)) if place else column + 1
        text = _shown(book, cell).strip()
        if not text:
            continue
        if column > _MAX_COLUMN:
            raise SourceError(book.path, _TOO_MUCH)
        if column in draft.hidden:
            draft.hidden_cells = True
            continue
        row[column] = text
        draft.letters += len(text)
    if row:
        draft.rows[at] = row
        draft.hidden_rows += value(element, "hidden") in ("1", "true")
        if draft.letters > MAX_TEXT_CHARACTERS or len(draft.rows) > _MAX_FILLED_ROWS:
            raise SourceError(book.path, _TOO_MUCH)


def _column(letters: str) -> int:
    column = 0
    for letter in letters:
        column = 26 * column + ord(letter) - ord("A") + 1
    return column


def _shown(book: _Book, cell: etree._Element) -> str:
    """What a cell shows; nothing for an error."""
    kind = value(cell, "t") or "n"
    if kind == "inlineStr":
        return _text(child(cell, "is"))
    held = child(cell, "v")
    raw = (held.text or "") if held is not None else ""
    if kind == "s":
        return book.strings[int(raw)] if raw.isdecimal() and len(raw) < 8 and int(raw) < len(book.strings) else ""
    if kind == "b":
        return "Có" if raw == "1" else "Không"
    if kind in ("str", "e"):
        return raw if kind == "str" else ""
    style = number(cell, "s") or 0
    form = book.formats[style] if 0 <= style < len(book.formats) else Format()
    return form.show(raw, book.from_1904)


def _merged(draft: _Draft) -> dict[int, list[Cell]]:
    """The rows with merged cells told as `table_text` wants them."""
    rows: dict[int, dict[int, Cell]] = {at: dict(row) for at, row in sorted(draft.rows.items())}
    left = _MAX_MERGED
    for ref in draft.merged:
        corners = [_PLACE.fullmatch(corner) for corner in ref.split(":")]
        if len(corners) != 2 or None in corners:
            continue
        (left_column, top), (right_column, bottom) = ((_column(c[1]), int(c[2])) for c in corners if c)
        text = draft.rows.get(top, {}).get(left_column)
        for at in range(top, min(bottom, top + _MAX_FILLED_ROWS) + 1):
            if at not in rows:
                continue
            left -= 1
            if at > top and text:
                rows[at][left_column] = Repeated(text)
            for column in range(left_column + 1, min(right_column, _MAX_COLUMN) + 1):
                rows[at][column] = None
                left -= 1
        left -= 1
        if left < 0:
            break
    return {at: [row.get(column, "") for column in range(1, max(row) + 1)] for at, row in rows.items()}
