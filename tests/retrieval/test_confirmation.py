from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from retrieval.confirmation import take_sheet, write_sheet
from retrieval.errors import SourceError
from retrieval.library import Library
from tests.retrieval.test_library import DECREE

Rows = list[dict[str, str]]


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    (tmp_path / "luat.txt").write_text(DECREE, encoding="utf-8")
    with closing(Library(tmp_path / "var" / "library.db")) as opened:
        opened.update([tmp_path / "luat.txt"])
        yield opened


@pytest.fixture
def sheet(library: Library, tmp_path: Path) -> Path:
    file = tmp_path / "xac-nhan.csv"
    assert write_sheet(library, file) == len(library.statements()) > 3
    return file


def _rows(sheet: Path) -> Rows:
    with sheet.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def _edit(sheet: Path, change: Callable[[Rows], None], delimiter: str = ",") -> None:
    rows = _rows(sheet)
    change(rows)
    with sheet.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)


def _number(library: Library) -> str | None:
    return next(iter(library)).number


@pytest.mark.parametrize("delimiter", [",", ";"])
@pytest.mark.parametrize("mark", ["x", "X ", "có"])
def test_what_staff_mark_counts_and_nothing_else(library: Library, sheet: Path, delimiter: str, mark: str) -> None:
    def tick_the_number(rows: Rows) -> None:
        next(row for row in rows if row["mục"] == "số hiệu")["xác nhận"] = mark

    _edit(sheet, tick_the_number, delimiter)
    take_sheet(library, sheet)
    assert _number(library) == "12/2026/QĐ-UBND"
    assert next(iter(library)).effective_from is None


def test_a_corrected_value_counts_instead(library: Library, sheet: Path) -> None:
    def correct(rows: Rows) -> None:
        next(row for row in rows if row["mục"] == "số hiệu").update({"xác nhận": "x", "giá trị": "12b/2026/QĐ-UBND"})

    _edit(sheet, correct)
    take_sheet(library, sheet)
    assert _number(library) == "12b/2026/QĐ-UBND"
    write_sheet(library, sheet)
    take_sheet(library, sheet)
    assert _number(library) == "12b/2026/QĐ-UBND"


def test_a_mark_that_is_taken_away_no_longer_counts(library: Library, sheet: Path) -> None:
    _edit(sheet, lambda rows: [row.update({"xác nhận": "x"}) for row in rows] and None)
    take_sheet(library, sheet)
    assert _number(library)
    _edit(sheet, lambda rows: [row.update({"xác nhận": ""}) for row in rows] and None)
    take_sheet(library, sheet)
    assert _number(library) is None


def test_every_row_shows_the_words_that_say_it(sheet: Path) -> None:
    text = " ".join(DECREE.split())
    assert all(row["câu làm căn cứ"] and row["câu làm căn cứ"].split(" … ")[0] in text for row in _rows(sheet))


def test_without_a_sheet_nothing_happens(library: Library, tmp_path: Path) -> None:
    take_sheet(library, tmp_path / "khong-co.csv")
    assert _number(library) is None


@pytest.mark.parametrize("raw", [b"", b"mot,hai\n1,2\n", b"\xff\xfe\x00", b"PK\x03\x04 la tep xlsx"])
def test_what_is_no_sheet_is_refused_and_says_what_to_do(library: Library, tmp_path: Path, raw: bytes) -> None:
    sheet = tmp_path / "bang.csv"
    sheet.write_bytes(raw)
    with pytest.raises(SourceError, match=r"bang\.csv"):
        take_sheet(library, sheet)


def test_rows_that_mean_nothing_change_nothing(library: Library, sheet: Path) -> None:
    _edit(sheet, lambda rows: [row.update({"xác nhận": "x", "tài liệu": "khác"}) for row in rows] and None)
    take_sheet(library, sheet)
    assert _number(library) is None


def test_a_document_brings_no_formula_into_an_office(tmp_path: Path) -> None:
    text = DECREE.replace("Quy định về lớp học số ở xã\nĐiều 1.", '=HYPERLINK("http://xau.vn")\nĐiều 1.')
    (tmp_path / "=cmd.txt").write_text(text, encoding="utf-8")
    sheet = tmp_path / "xac-nhan.csv"
    with closing(Library(tmp_path / "library.db")) as library:
        library.update([tmp_path / "=cmd.txt"])
        write_sheet(library, sheet)
        rows = _rows(sheet)
        assert any(row["tài liệu"] == "'=cmd" for row in rows)
        assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())
        _edit(sheet, lambda rows: [row.update({"xác nhận": "x"}) for row in rows] and None)
        take_sheet(library, sheet)
        assert all(each.confirmed for each in library.statements())
