from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.errors import SourceError
from retrieval.sources.common.question_list import iso_date
from retrieval.sources.common.table_text import Repeated, Row, table_text
from retrieval.sources.extract import Extract
from retrieval.sources.office import read_csv, read_xlsx
from retrieval.sources.office.cell_values import number_format
from tests.retrieval.sources import awkward
from tests.retrieval.sources.awkward import xlsx_bytes

QUESTIONS = "## Nộp hồ sơ ở đâu?\n\nTại bộ phận một cửa của xã.\n\n## Bao lâu có kết quả?\n\nTrong ba ngày làm việc."


def _csv(text: str) -> Extract:
    return read_csv(Path("a.csv"), text.encode())


def _workbook(fill: Callable[[Any], None]) -> Extract:
    """A workbook that openpyxl writes, read again."""
    book = openpyxl.Workbook()
    fill(book)
    out = io.BytesIO()
    book.save(out)
    return read_xlsx(Path("a.xlsx"), out.getvalue())


def _problem(read: Callable[[Path, bytes], Extract], raw: bytes) -> str:
    with pytest.raises(SourceError) as caught:
        read(Path("a"), raw)
    return caught.value.problem


# --- CSV -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("start", ["", "\ufeff", "sep={}\n", '"sep={}"\r\n'])
def test_any_delimiter_is_found(delimiter: str, start: str) -> None:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(
        [("Tên", "Ghi chú"), ("Khai sinh, khai tử; kết hôn", 'gọi là "hộ tịch"'), ("Một\nhai", "ba|bốn")]
    )
    assert _csv(start.format(delimiter) + out.getvalue()).text == (
        'Tên: Khai sinh, khai tử; kết hôn; Ghi chú: gọi là "hộ tịch"\nTên: Một; hai; Ghi chú: ba|bốn'
    )


CELLS = st.text(st.sampled_from("aăâđêôơư,;\"'| .1\t"), min_size=1, max_size=12).filter(lambda cell: bool(cell.strip()))


@given(st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=2, max_size=8), st.sampled_from(",;"))
@settings(max_examples=30, deadline=None)
def test_no_cell_is_lost(rows: list[tuple[str, str, str]], delimiter: str) -> None:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows([("STT", "Tên", "Ghi chú"), *rows])
    lines = _csv(out.getvalue()).text.split("\n")
    named = zip(("STT", "Tên", "Ghi chú"), rows[-1], strict=True)
    assert lines[-1] == "; ".join(f"{name}: {cell.strip().rstrip(';')}" for name, cell in named)
    assert len(lines) == len(rows)


def test_old_encodings_are_read() -> None:
    text = "Tên;Lệ phí\nĐăng ký thường trú;Miễn lệ phí cho hộ nghèo ở địa phương\n"
    raw = text.replace("Đăng ký", "Ðăng ký").encode("utf-16")
    assert "Miễn lệ phí cho hộ nghèo" in read_csv(Path("a.csv"), raw).text


@pytest.mark.parametrize("raw", [b"", b" \r\n\r\n", b",,,\n,,\n", b'""\n'])
def test_a_file_without_rows_is_refused(raw: bytes) -> None:
    assert _problem(read_csv, raw) in ("tệp rỗng", "bảng không có dòng nào")


def test_a_quotation_mark_that_never_ends_is_told(tmp_path: Path) -> None:
    assert "ngoặc kép" in _problem(read_csv, awkward.unclosed_csv(tmp_path).read_bytes())


# --- questions and answers -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("maker", [awkward.good_csv, awkward.good_xlsx])
def test_a_list_of_questions_becomes_headings(maker: Callable[[Path], Path], tmp_path: Path) -> None:
    path = maker(tmp_path)
    read = read_csv if path.suffix == ".csv" else read_xlsx
    assert read(path, path.read_bytes()).text.removeprefix("# Hỏi đáp\n\n") == QUESTIONS


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Câu hỏi", "Trả lời"),
        ("CÂU HỎI", "CÂU TRẢ LỜI"),
        ("Hỏi", "Đáp"),
        ("cau hoi", "tra loi"),
        ("Question", "Answer"),
        ("cau_hoi", "dap_an"),
        ("Nội dung câu hỏi (của người dân)", "Nội dung trả lời"),
        ("Câu hỏi:", "Giải đáp"),
        ("Nội dung\nkiến nghị", "Phản hồi"),
    ],
)
def test_the_columns_of_questions_are_known_by_many_names(question: str, answer: str) -> None:
    out = io.StringIO()
    csv.writer(out).writerows([("STT", question, answer), ("1", "Nộp ở đâu?", "Ở xã.")])
    assert _csv(out.getvalue()).text == "## Nộp ở đâu?\n\nỞ xã."


def test_what_all_questions_have_in_common_is_declared_the_rest_stands_below_each() -> None:
    extract = _csv(
        "Câu hỏi;Trả lời;Nguồn;Số hiệu;Ngày;Lĩnh vực;Cách hỏi khác;Người soạn\n"
        "Một?;Đáp một.;https://vd.vn/a;12/TB-UBND;05/03/2026;Hộ tịch;Mốt?;An\n"
        "Hai?;Đáp hai.;https://vd.vn/a;12/TB-UBND;05/03/2026;Đất đai;;Bình\n"
    )
    assert extract.declared == {"url": "https://vd.vn/a", "number": "12/TB-UBND", "issued": "2026-03-05"}
    assert extract.text == (
        "## Một?\n\nĐáp một.\nLĩnh vực: Hộ tịch\nCách hỏi khác: Mốt?\n\n## Hai?\n\nĐáp hai.\nLĩnh vực: Đất đai"
    )
    assert extract.warnings == ("cột Người soạn không được đưa vào danh sách hỏi đáp",)
    other = _csv("Câu hỏi;Trả lời;Nguồn;Ngày\nMột?;Đáp.;https://vd.vn/a;5/3\nHai?;Đáp.;https://vd.vn/b;5/3\n")
    assert other.declared == {}
    assert "Nguồn: https://vd.vn/b" in other.text
    assert "Ngày: 5/3" in other.text


def test_rows_without_an_answer_are_told_by_their_numbers() -> None:
    rows = "\n".join(["Một?;Đáp.", "Hai?;", ";", "Ba?;Đáp.", "Bốn?;  "])
    extract = _csv(f"Câu hỏi;Trả lời\n{rows}\n")
    assert extract.text.count("## ") == 2
    assert extract.warnings == ("dòng 3, 6 thiếu câu hỏi hoặc câu trả lời nên chưa được đưa vào",)


def test_a_question_that_comes_again_keeps_all_answers_and_is_told() -> None:
    extract = _csv("Hỏi;Đáp\nMột?;A.\nHai?;B.\nMỘT?;C.\nHai?;B.\n")
    assert extract.text == "## Một?\n\nA.\nC.\n\n## Hai?\n\nB."
    assert extract.warnings == (
        "câu hỏi «Một?» có ở các dòng 2, 4; đã ghép các câu trả lời lại",
        "câu hỏi «Hai?» có ở các dòng 3, 5; đã ghép các câu trả lời lại",
    )


def test_a_question_that_reaches_over_rows_takes_all_their_answers() -> None:
    extract = _csv("Hỏi;Đáp\n;Không ai hỏi.\nMột?;A.\n;B.\n")
    assert extract.text == "## Một?\n\nA.\nB."
    assert extract.warnings == ("dòng 2 thiếu câu hỏi hoặc câu trả lời nên chưa được đưa vào",)


def test_a_list_of_questions_without_any_answer_is_refused() -> None:
    assert _problem(read_csv, "Hỏi;Đáp\nMột?;\n".encode()) == "bảng không có dòng nào"


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("05/03/2026", "2026-03-05"),
        ("5-3-2026", "2026-03-05"),
        ("2026-03-05T10:00:00+07:00", "2026-03-05"),
        ("05/03/2026 08:30", "2026-03-05"),
        ("31/02/2026", None),
        ("tháng 3/2026", None),
        ("12/2026", None),
        ("05/03/20266", None),
        ("", None),
    ],
)
def test_days_are_days_only_if_they_are_real(written: str, day: str | None) -> None:
    assert iso_date(written) == day


# --- other tables ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "lines"),
    [
        (
            [["DANH MỤC THỦ TỤC", "", ""], ["STT", "Tên", "Phí"], ["(1)", "(2)", "(3)"], ["1", "Khai sinh", "0"]],
            ["DANH MỤC THỦ TỤC", "STT: 1; Tên: Khai sinh; Phí: 0"],
        ),
        (
            [
                ["UBND XÃ", None, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"],
                ["TT", "Tên", "Phí"],
                ["I", "Hộ tịch", ""],
                ["1", "Kết hôn", "0"],
            ],
            ["UBND XÃ", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "I Hộ tịch", "TT: 1; Tên: Kết hôn; Phí: 0"],
        ),
        ([["2024", "12", "5"], ["2025", "13", "6"]], ["2024 | 12 | 5", "2025 | 13 | 6"]),
        ([["Giấy tờ:", "Tờ khai"], ["Số bản:", "1"]], ["Giấy tờ: Tờ khai", "Số bản: 1"]),
        ([["Tờ khai\nẢnh 3x4", "một\nhai;"], ["a", "b"]], ["Tờ khai; Ảnh 3x4 | một; hai;", "a | b"]),
        ([["Một mình"], ["Hai mình\nba"]], ["Một mình", "Hai mình", "ba"]),
        ([["x", "y"], [None, ""], ["", None]], ["x | y"]),
        ([[Repeated("a"), "b"], ["c", "d"]], ["b", "c | d"]),
        ([], []),
    ],
)
def test_rows_as_lines(rows: list[Row], lines: list[str]) -> None:
    assert [line for line in table_text(rows).lines if line] == lines


@given(st.lists(st.lists(st.none() | st.text(max_size=6), max_size=5), max_size=6), st.none() | st.booleans())
@settings(max_examples=150)
def test_no_table_is_too_odd(rows: list[list[str | None]], headed: bool | None) -> None:
    told = "\n".join(table_text(rows, headed).lines)
    words = [cell.split() for row in rows[1:] for cell in row if cell and headed is False]
    assert all(word.rstrip(";") in told for cell in words for word in cell)


# --- Excel -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "code", "shown"),
    [
        ("45000", "General", "45000"),
        ("45000.0", "General", "45000"),
        ("0.1", "General", "0,1"),
        ("0.30000000000000004", "General", "0,3"),
        ("1E-3", "General", "0,001"),
        ("1234567", "#,##0", "1.234.567"),
        ("1234567.891", "#,##0.00", "1.234.567,89"),
        ("-1234.5", "#,##0.0", "-1.234,5"),
        ("45000", '#,##0 "đ"', "45.000 đ"),
        ("45000", "#,##0\\ [$₫-42A]", "45.000 ₫"),
        ("45000", '_(* #,##0_);_(* (#,##0);_(* "-"??_)', "45.000"),
        ("0.125", "0.0%", "12,5%"),
        ("1", "0%", "100%"),
        ("912345678", "0000000000", "0912345678"),
        ("5", '0"."', "5."),
        ("46086", "dd/mm/yyyy", "05/03/2026"),
        ("46086", "[$-42A]d mmmm yyyy;@", "05/03/2026"),
        ("46086.354166667", "dd/mm/yyyy hh:mm", "05/03/2026 08:30"),
        ("46086.354166667", "dd/mm/yyyy", "05/03/2026"),
        ("46086", "mm/yyyy", "03/2026"),
        ("46086", "d-m", "05/03"),
        ("0.3125", "hh:mm:ss", "07:30"),
        ("1.5", "[h]:mm", "36:00"),
        ("99999999", "dd/mm/yyyy", "99999999"),
        ("2026-03-05T00:00:00", "General", "05/03/2026"),
        ("12", "@", "12"),
        ("chữ", "0", "chữ"),
        ("nan", "0", "nan"),
        ("1E+400", "0", "1E+400"),
    ],
)
def test_numbers_and_days_are_shown_as_people_write_them(raw: str, code: str, shown: str) -> None:
    assert number_format(165, code).show(raw) == shown


def test_days_since_1904() -> None:
    assert number_format(14, None).show("44624", from_1904=True) == "05/03/2026"


@given(st.floats() | st.integers(), st.text('0#?,.%;dmyhs[]"\\_*E@Gđ ', max_size=14))
@settings(max_examples=300)
def test_no_format_is_too_odd(amount: float, code: str) -> None:
    assert isinstance(number_format(165, code).show(repr(amount)), str)


VALUES = st.one_of(
    st.integers(-(10**9), 10**9),
    st.floats(-1e6, 1e6).map(lambda number: round(number, 3)),
    st.dates(date(1950, 1, 1), date(2050, 1, 1)),
    st.text(st.characters(whitelist_categories=("L", "N")), min_size=1, max_size=9),
    st.booleans(),
)


def _expected(value: Any) -> str:
    if isinstance(value, bool):
        return "Có" if value else "Không"
    if isinstance(value, date):
        return value.strftime("%d/%m/%Y")
    if isinstance(value, float):
        return f"{value:.3f}".rstrip("0").rstrip(".").replace(".", ",") if value else "0"
    return str(value)


@given(st.lists(st.tuples(VALUES, VALUES, VALUES), min_size=1, max_size=5))
@settings(max_examples=40, deadline=None)
def test_what_another_program_wrote_is_read(rows: list[tuple[Any, Any, Any]]) -> None:
    def fill(book: Any) -> None:
        for row in [("STT", "Tên", "Ghi chú"), *rows]:
            book.active.append(row)

    shown = [
        "; ".join(f"{name}: {_expected(v)}" for name, v in zip(("STT", "Tên", "Ghi chú"), row, strict=True))
        for row in rows
    ]
    assert _workbook(fill).text.split("\n") == shown


def test_every_sheet_is_read_under_its_name_and_hidden_ones_are_told() -> None:
    def fill(book: Any) -> None:
        book.active.title = "Biểu phí"
        book.active.append(["Tên", "Phí"])
        book.active.append(["Cấp thẻ", 45000])
        book.active["B2"].number_format = "#,##0"
        book.create_sheet("Trống")
        book.create_sheet("Nháp").sheet_state = "hidden"
        book["Nháp"]["A1"] = "không ai được thấy"
        book.create_sheet("Hạn").append(["Ngày", datetime(2026, 3, 5, 8, 30)])

    extract = _workbook(fill)
    assert extract.text == "# Biểu phí\n\nTên: Cấp thẻ; Phí: 45.000\n\n# Hạn\n\nNgày | 05/03/2026 08:30"
    assert extract.warnings == ("trang tính ẩn «Nháp» không được đưa vào",)


@pytest.mark.parametrize("name", ["Sheet1", "Trang tính1", "Sheet"])
def test_a_name_that_excel_gives_is_no_heading(name: str) -> None:
    assert read_xlsx(Path("a"), xlsx_bytes({name: awkward.cells([["a", "b"], ["1", "2"]])})).text == "a: 1; b: 2"


def test_merged_cells_hidden_columns_and_rows() -> None:
    def fill(book: Any) -> None:
        sheet = book.active
        for row in [["TT", "Phí", None, "Nội bộ", "Nhóm"], [None, "Trực tiếp", "Trực tuyến", None, None]]:
            sheet.append(row)
        for row in [[1, 8, 4, "giấu", "Hộ tịch"], [2, 9, 5, "giấu", None]]:
            sheet.append(row)
        for place in ("A1:A2", "B1:C1", "E1:E2", "E3:E4"):
            sheet.merge_cells(place)
        sheet.column_dimensions["D"].hidden = True
        sheet.row_dimensions[4].hidden = True

    extract = _workbook(fill)
    assert extract.text.split("\n") == [
        "TT: 1; Phí – Trực tiếp: 8; Phí – Trực tuyến: 4; Nhóm: Hộ tịch",
        "TT: 2; Phí – Trực tiếp: 9; Phí – Trực tuyến: 5; Nhóm: Hộ tịch",
    ]
    assert [warning.split("»")[1] for warning in extract.warnings] == [
        " có cột ẩn; các cột đó không được đưa vào",
        " có 1 dòng đang ẩn (do lọc hoặc ẩn tay), vẫn được đưa vào",
    ]


def test_strings_of_every_kind_and_errors() -> None:
    shared = "<si><t>chung</t></si><si><r><t>gh</t></r><r><t>ép</t></r><rPh><t>đọc</t></rPh></si>"
    cells = "".join(
        f"<c t='{kind}'><v>{held}</v></c>"
        for kind, held in [
            ("s", 0),
            ("s", 1),
            ("s", 9),
            ("s", "x"),
            ("str", "tính"),
            ("e", "#N/A"),
            ("b", 1),
            ("n", ""),
        ]
    )
    figures = "<row><c><v>1</v></c><c><v>2</v></c></row>"
    sheet = f"<sheetData>{figures}<row>{cells}</row><row r='7'><c r='B7'><v>5</v></c></row></sheetData>"
    raw = xlsx_bytes({"Bảng": sheet}, sharedStrings=shared)
    assert read_xlsx(Path("a"), raw).text == "# Bảng\n\n1 | 2\nchung | ghép | tính | Có\n5"


def test_the_numbers_of_rows_are_those_of_the_sheet() -> None:
    sheet = "<sheetData>" + "".join(
        f"<row r='{n}'><c t='inlineStr'><is><t>{a}</t></is></c><c t='inlineStr'><is><t>{b}</t></is></c></row>"
        for n, a, b in [(3, "Hỏi", "Đáp"), (5, "Một?", "A."), (9, "Hai?", "")]
    )
    assert read_xlsx(Path("a"), xlsx_bytes({"Bảng": f"{sheet}</sheetData>"})).warnings == (
        "dòng 9 thiếu câu hỏi hoặc câu trả lời nên chưa được đưa vào",
    )


def test_a_million_empty_rows_are_no_matter(tmp_path: Path) -> None:
    raw = awkward.empty_rows_xlsx(tmp_path).read_bytes()
    assert read_xlsx(Path("a"), raw).text == f"# Hỏi đáp\n\n{QUESTIONS}"


def test_numbers_beyond_those_of_excel_are_no_matter(tmp_path: Path) -> None:
    assert read_xlsx(Path("a"), awkward.far_away_xlsx(tmp_path).read_bytes()).text == "# Bảng\n\n1\n2"


@pytest.mark.parametrize(
    "rows",
    [
        "<row><c r='ZZZ1'><v>1</v></c></row>",
        "<row>" + "<c><v>1</v></c>" * 900_000 + "</row>",
    ],
    ids=["far", "wide"],
)
def test_too_many_cells_are_refused(rows: str) -> None:
    assert _problem(read_xlsx, xlsx_bytes({"Bảng": f"<sheetData>{rows}</sheetData>"}))


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (xlsx_bytes({}), "không có dòng nào"),
        (xlsx_bytes({"Bảng": "<sheetData/>"}), "không có dòng nào"),
        (xlsx_bytes({"Bảng": "<sheetData><row><c>"}), "hỏng"),
        (xlsx_bytes({"Bảng": awkward.cells(awkward.QUESTIONS)})[:-40], "hỏng"),
    ],
)
def test_empty_and_broken_workbooks_are_told(raw: bytes, says: str) -> None:
    assert says in _problem(read_xlsx, raw)


def test_locked_workbooks_and_bombs_are_refused(tmp_path: Path) -> None:
    assert "mật khẩu" in _problem(read_xlsx, awkward.locked_xlsx(tmp_path).read_bytes())
    assert "bung ra rất lớn" in _problem(read_xlsx, awkward.bomb_xlsx(tmp_path).read_bytes())


def test_wrong_endings_are_named_with_what_to_do(tmp_path: Path) -> None:
    problems: dict[str, str] = {}
    for path in awkward.wrong_endings(tmp_path):
        if path.suffix == ".xlsx":
            problems[path.name] = _problem(read_xlsx, path.read_bytes())
        elif path.suffix == ".csv" and path.stem not in ("la-txt", "nua"):
            problems[path.name] = _problem(read_csv, path.read_bytes())
    assert "đời cũ (.xls); hãy mở bằng Excel rồi lưu lại thành .xlsx" in problems["la-xls.xlsx"]
    assert "Word (.docx)" in problems["la-docx.xlsx"]
    assert "PDF" in problems["la-pdf.csv"]
    assert "HTML" in problems["la-html.csv"]
    assert problems["la-empty.csv"] == problems["la-empty.xlsx"] == "tệp rỗng"
    assert all(problems.values())
    assert len(problems) == 15 + 13
