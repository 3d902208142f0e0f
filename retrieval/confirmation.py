"""The sheet on which staff confirm what texts say of themselves: a CSV file that Excel opens."""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping
from pathlib import Path

from retrieval.errors import SourceError
from retrieval.library import Library, Statement
from retrieval.sources.report import Proposal

_HEADER = ("xác nhận", "tệp", "tài liệu", "mục", "giá trị", "câu làm căn cứ", "giá trị đọc được")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_YES = {"x", "✓", "v", "có", "co", "ok", "1"}
NAMES = {
    "number": "số hiệu",
    "kind": "loại văn bản",
    "title": "tên",
    "issuer": "cơ quan ban hành",
    "province": "tỉnh",
    "issued": "ngày ban hành",
    "effective_from": "có hiệu lực từ",
    "effective_to": "có hiệu lực đến hết",
    "replaced_by": "bị thay thế bởi",
    "ends": "chấm dứt hiệu lực",
    "amends": "sửa đổi",
}
_FIELDS = {said: name for name, said in NAMES.items()}


def write_sheet(library: Library, sheet: Path) -> int:
    """Write everything that texts say of themselves, what is confirmed marked with an x. Returns how many are not."""
    statements = library.statements()
    if not statements and not sheet.exists():
        return 0
    waiting = 0
    partial = sheet.with_name(f"{sheet.name}.partial")
    with partial.open("w", encoding="utf-8-sig", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(_HEADER)
        for each in statements:
            mark, said = "x" if each.confirmed else "", each.said
            evidence = " ".join(said.evidence.split())
            cells = (mark, each.file, said.document_id, NAMES[said.field], each.value, evidence, said.value)
            rows.writerow(map(_cell, cells))
            waiting += not each.confirmed
    os.replace(partial, sheet)
    return waiting


def take_sheet(library: Library, sheet: Path) -> None:
    """Take over the marks and corrections of a sheet. SourceError if it is none any more."""
    if not sheet.exists():
        return
    try:
        text = sheet.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(sheet, f"không đọc được: {error}; hãy lưu lại dạng CSV UTF-8") from error
    # Excel writes what its language separates lists by.
    delimiter = ";" if text.partition("\n")[0].count(";") >= len(_HEADER) - 1 else ","
    rows = csv.DictReader(text.splitlines(), delimiter=delimiter)
    if not set(_HEADER) <= set(rows.fieldnames or ()):
        raise SourceError(sheet, f"phải có các cột: {', '.join(_HEADER)}. Xóa tệp này thì bảng được tạo lại")
    library.confirm(_decided(row) for row in rows if row["mục"] in _FIELDS)


def _decided(row: Mapping[str, str]) -> Statement:
    confirmed = (row["xác nhận"] or "").strip().lower() in _YES
    cells = {name: _plain(row[name] or "") for name in _HEADER}
    said = Proposal(cells["tài liệu"], _FIELDS[row["mục"]], cells["giá trị đọc được"], cells["câu làm căn cứ"])
    return Statement(cells["tệp"], said, cells["giá trị"].strip(), confirmed)


def _cell(text: str) -> str:
    """A cell that Excel takes for text: a document must not bring a formula into an office."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _plain(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell
