"""Tables that people keep: CSV and Excel. A list of questions and answers becomes headings with answers below."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from retrieval.errors import SourceError
from retrieval.sources.common.disguises import what_else
from retrieval.sources.common.table_text import TableText, table_text
from retrieval.sources.encodings import decode, to_be_seen
from retrieval.sources.extract import MAX_TEXT_CHARACTERS, Extract
from retrieval.sources.office.archives import open_package
from retrieval.sources.office.sheets import read_sheets

_DELIMITERS = ";,\t|"
_SAMPLE_LINES, _SAMPLE_CHARACTERS, _SAMPLE_ROWS = 400, 200_000, 60
_EMPTY = "bảng không có dòng nào"
# Names of sheets that Excel gives, which say nothing.
_UNNAMED = re.compile(r"(?:sheet|trang tính|trang|bảng tính|worksheet|table)?\s*\d*", re.I)


def read_csv(path: Path, raw: bytes) -> Extract:
    """The text of a CSV file, whatever its delimiter. SourceError if it is no text, damaged or empty."""
    if told := what_else(raw, "csv"):
        raise SourceError(path, told)
    decoded = decode(path, raw)
    text = decoded.text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    separated = re.match(r"\"?sep=([^\n])\"?\n", text)
    text = text[separated.end() :] if separated else text
    try:
        rows = list(_rows(text, separated.group(1) if separated else _delimiter(text)))
    except csv.Error as error:
        raise SourceError(
            path, "có ô quá dài, có thể thiếu dấu ngoặc kép đóng; hãy mở bằng Excel rồi lưu lại"
        ) from error
    return _extract(path, [("", table_text(rows, headed=True, declares=True))], [*to_be_seen(decoded)])


def read_xlsx(path: Path, raw: bytes) -> Extract:
    """The text of an Excel file: the values that are shown, sheet by sheet. SourceError if it is locked, damaged, a
    bomb, of another format, or empty."""
    with open_package(path, raw, "xlsx") as archive:
        sheets, hidden = read_sheets(path, archive)
    warnings = [f"trang tính ẩn «{name}» không được đưa vào" for name in hidden]
    texts = []
    for sheet in sheets:
        rows = list(sheet.rows.values())
        texts.append((sheet.name, table_text(rows, headed=True, numbers=sheet.rows, declares=len(sheets) == 1)))
        warnings += sheet.warnings
    return _extract(path, texts, warnings)


def _rows(text: str, delimiter: str) -> Iterator[list[str]]:
    yield from ([cell.strip() for cell in row] for row in csv.reader(io.StringIO(text), delimiter=delimiter))


def _delimiter(text: str) -> str:
    """The character that parts most rows into one number of cells, more than one."""
    sample = "\n".join(text[:_SAMPLE_CHARACTERS].split("\n", _SAMPLE_LINES)[:_SAMPLE_LINES])

    def score(delimiter: str) -> tuple[float, int]:
        try:
            widths = [len(row) for row in islice(_rows(sample, delimiter), _SAMPLE_ROWS) if row]
        except csv.Error:
            return 0.0, 0
        common = max(set(widths), key=widths.count, default=1)
        return (widths.count(common) / len(widths), common) if common > 1 else (0.0, 0)

    return max(_DELIMITERS, key=score)


def _extract(path: Path, tables: list[tuple[str, TableText]], warnings: list[str]) -> Extract:
    filled = [(name, table) for name, table in tables if any(table.lines)]
    if not filled:
        raise SourceError(path, _EMPTY)
    lines: list[str] = []
    for name, table in filled:
        if name and (len(filled) > 1 or not _UNNAMED.fullmatch(name)):
            lines += ["", f"# {' '.join(name.split())}", ""]
        lines += table.lines
        where = f"trang tính «{name}»: " if len(tables) > 1 else ""
        warnings += [where + warning for warning in table.warnings]
    if sum(map(len, lines)) > MAX_TEXT_CHARACTERS:
        raise SourceError(path, "bảng có quá nhiều chữ; hãy chia thành nhiều tệp")
    declared = filled[0][1].declared if len(filled) == 1 else {}
    return Extract(re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n"), declared=declared, warnings=tuple(warnings))
