from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.errors import SourceError
from retrieval.sources.extract import Extract
from retrieval.sources.pdf import ocr, reading
from retrieval.sources.pdf.paragraphs import Line, join, measure
from retrieval.sources.pdf.reading import listed, read_pdf
from tests.retrieval.sources import awkward
from tests.retrieval.sources.awkward import Text, pdf_bytes, set_lines, set_pages

FULL = "Người dân nộp hồ sơ tại bộ phận một cửa của xã theo giờ làm việc"  # as wide as the page is written
LONG = f"{FULL} và nhận giấy hẹn trả kết quả ngay khi nộp đủ giấy tờ theo quy định của pháp luật."


def _lines(raw: bytes) -> list[str]:
    """The lines that are read out of a PDF, without blank ones."""
    return [line for line in read_pdf(Path("a.pdf"), raw).text.split("\n") if line]


def _page(lines: Sequence[str], left: float = 85, top: float = 770, size: float = 13) -> list[Text]:
    """Lines below each other, as they are."""
    return [(left, top - 1.4 * size * n, size, line) for n, line in enumerate(lines)]


def _problem(raw: bytes) -> str:
    with pytest.raises(SourceError) as caught:
        read_pdf(Path("a.pdf"), raw)
    return caught.value.problem


# --- paragraphs ------------------------------------------------------------------------------------------------------


def test_lines_of_a_paragraph_are_joined_again(tmp_path: Path) -> None:
    extract = read_pdf(path := awkward.good_pdf(tmp_path), path.read_bytes())
    assert extract == Extract("\n".join(awkward.PARAGRAPHS), awkward.TITLE)


WORDS = st.sampled_from("hồ sơ nộp tại bộ phận một cửa, người dân đến nhận kết quả (nếu có) trong ngày 15/3".split())
SENTENCES = st.lists(WORDS, min_size=1, max_size=60).map(lambda words: " ".join(words).capitalize() + ".")
MARKS = st.sampled_from(["", "", "", "1. ", "25. ", "a) ", "đ) ", "- ", "• ", "2.1. ", "Điều 7. "])


@given(st.lists(st.tuples(MARKS, SENTENCES).map("".join), min_size=1, max_size=12), st.integers(45, 90))
@settings(max_examples=60, deadline=None)
def test_indented_paragraphs_come_out_as_they_went_in(paragraphs: list[str], width: int) -> None:
    placed = set_lines([LONG, *paragraphs], width=width)
    lines = [Line(words, left, left + len(words) * size / 2, y, size, column="x") for left, y, size, words in placed]
    assert [each.text for each in join(lines, measure(lines, {}))] == [LONG, *paragraphs]


@pytest.mark.parametrize(
    "mark",
    [
        "Điều 5. Trách nhiệm",
        "1. Ủy ban",
        "12) Sở",
        "a) Nộp",
        "đ) Nhận",
        "• Giấy",
        "2.3. Mức",
        "3.1 Mức",
        "IV. Kinh phí",
        "Nơi nhận:",
        "TM. ỦY BAN",
    ],
)
def test_a_marked_line_begins_a_paragraph_though_the_line_above_is_full(mark: str) -> None:
    assert _lines(pdf_bytes([_page([FULL, mark, "và nữa."])]))[1].startswith(mark)


@pytest.mark.parametrize(
    ("before", "line"),
    [
        ("theo quy định tại khoản", "2. Điều này của Luật."),
        ("theo quy định tại", "Điều 12 của Luật này."),
        ("gồm vùng kinh tế trọng điểm", "- xã hội của cả tỉnh."),
        ("phải nộp đủ theo quy định của", "Chương II Luật này."),
    ],
)
def test_a_reference_that_falls_to_the_head_of_a_line_begins_no_paragraph(before: str, line: str) -> None:
    before = f"{FULL[: len(FULL) - len(before) - 1]} {before}"
    assert len(_lines(pdf_bytes([_page([before, line])]))) == 1


@pytest.mark.parametrize(
    ("end", "start", "joined"),
    [
        ("Covid-", "19 tại xã.", "Covid-19 tại xã."),
        ("Nghị quyết số 57-", "NQ/TW ngày ấy.", "số 57-NQ/TW ngày ấy."),
        ("informa-", "tion của đơn vị.", "information của đơn vị."),
        ("kinh tế -", "xã hội của tỉnh.", "kinh tế - xã hội của tỉnh."),
        ("Thừa Thiên-", "Huế xưa.", "Thừa Thiên-Huế xưa."),
    ],
)
def test_hyphens_at_the_end_of_a_line(end: str, start: str, joined: str) -> None:
    line = f"{FULL[: len(FULL) - len(end) - 1]} {end}"
    assert _lines(pdf_bytes([_page([FULL, line, start])]))[-1].endswith(joined)


def test_a_short_line_ends_its_paragraph_and_so_does_a_gap() -> None:
    assert len(_lines(pdf_bytes([_page([FULL, "ngắn", FULL])]))) == 2
    page = [*_page([FULL]), *_page([FULL], top=720)]
    assert len(_lines(pdf_bytes([[*page, *_page([FULL, FULL, FULL], top=650)]]))) == 3


def test_a_paragraph_goes_on_over_the_page() -> None:
    paragraphs = [f"Đoạn thứ {n} của sổ tay. {LONG}" for n in range(40)]
    assert _lines(pdf_bytes(set_pages(paragraphs))) == paragraphs


def test_bold_headings_stand_alone_and_capitals_on_two_lines_are_one_title() -> None:
    page = _page([f"*{FULL}", FULL, FULL])
    assert _lines(pdf_bytes([page]))[0] == FULL
    title = ["QUY CHẾ TIẾP NHẬN VÀ TRẢ KẾT QUẢ GIẢI QUYẾT HỒ SƠ", "CỦA ỦY BAN NHÂN DÂN XÃ", "Chương I"]
    centred = [(296 - 3.25 * len(line), 770 - 18.0 * n, 13.0, line) for n, line in enumerate(title)]
    lines = _lines(pdf_bytes([[*centred, *_page([FULL, FULL], top=700)]]))
    assert lines[:2] == [f"{title[0]} {title[1]}", title[2]]


def test_larger_letters_are_headings() -> None:
    page = [(85.0, 770.0, 20.0, "Sổ tay chuyển đổi số"), (85.0, 740.0, 16.0, "Mở tài khoản")]
    text = read_pdf(Path("a.pdf"), pdf_bytes([[*page, *_page([FULL, FULL], top=700)]])).text
    assert text.startswith("# Sổ tay chuyển đổi số\n\n## Mở tài khoản\n\nNgười dân")


def test_letters_drawn_in_another_order_are_read_from_left_to_right() -> None:
    """As some programs draw letters that a font lacks: after the rest of the line, from another font."""
    size = 13.0
    words = "Bà con ký và quà trong xã"
    rest, late = [], []
    for n, letter in enumerate(words):
        (late if letter in "àýã" else rest).append((85 + n * size / 2, 700.0, size, letter))
    assert _lines(pdf_bytes([[*rest, *late]])) == [words]


def test_slanted_watermarks_are_left_out_and_turned_pages_read() -> None:
    raw = pdf_bytes([_page([FULL, "và nữa."])], drawn=["BT /R 40 Tf .7 .7 -.7 .7 200 300 Tm <004d> Tj ET\n"])
    assert _lines(raw) == [f"{FULL} và nữa."]
    turned = "".join(
        f"BT /R 13 Tf 0 1 -1 0 {100 + 18 * n} 100 Tm <{''.join(f'{ord(c):04x}' for c in line)}> Tj ET\n"
        for n, line in enumerate([f"{FULL}, {FULL}", "và nữa."])
    )
    assert _lines(pdf_bytes([[]], drawn=[turned], turn=90, letters=f"{FULL}, và nữa.")) == [f"{FULL}, {FULL} và nữa."]


def test_footnotes_come_after_the_paragraph_that_goes_on_over_them() -> None:
    paragraphs = [f"Đoạn thứ {n} của sổ tay. {LONG}" for n in range(16)]
    pages = set_pages(paragraphs)
    pages[0] += [(85.0, 40.0, 9.0, "1 Theo thống kê của xã."), (480.0, pages[0][2][1] + 5, 7.0, "1")]
    cut = len(pages[0][:-2]) // len(set_lines(paragraphs[:1]))
    assert _lines(pdf_bytes(pages)) == [*paragraphs[: cut + 1], "1 Theo thống kê của xã.", *paragraphs[cut + 1 :]]


# --- pages -----------------------------------------------------------------------------------------------------------


TOPICS = "khai sinh,khai tử,kết hôn,tạm trú,thường trú,chứng thực".split(",")


def _book(pages: int, head: Callable[[int], Sequence[Text]]) -> bytes:
    """Pages that each say other things, all with the same head and foot."""
    bodies = [[f"Phần về {topic} số {n}. {LONG.replace('giấy', topic)}" for n in range(7, 10)] for topic in TOPICS]
    return pdf_bytes([[*head(n), *set_lines(bodies[n], top=740)] for n in range(pages)])


@pytest.mark.parametrize(
    "head",
    [
        lambda n: [(250.0, 810.0, 13.0, f"{n + 1}")],
        lambda n: [(250.0, 30.0, 13.0, f"- {n + 1} -")],
        lambda n: [(250.0, 30.0, 10.0, f"Trang {n + 1}/6")],
        lambda n: [
            (85.0, 810.0, 10.0, f"CÔNG BÁO/Số {123 + n}/Ngày 01-01-2026"),
            (85.0, 30.0, 10.0, "Cổng thông tin xã"),
        ],
        lambda n: [(85.0, 810.0, 10.0, "Sổ tay" if n % 2 else "Chuyển đổi số"), (500.0, 810.0, 10.0, f"{n + 5}")],
    ],
    ids=["top", "bottom", "of", "gazette", "left and right"],
)
def test_headers_footers_and_page_numbers_are_left_out(head: Callable[[int], Sequence[Text]]) -> None:
    lines = _lines(_book(6, head))
    assert len(lines) == 18
    assert all(line.startswith("Phần về ") and line.endswith("pháp luật.") for line in lines)


def test_figures_that_do_not_count_pages_stay() -> None:
    assert "350" in _lines(_book(3, lambda n: [(85.0, 810.0, 13.0, "350" if n == 1 else "Số dân của xã")]))


def test_what_repeats_in_the_middle_of_pages_stays() -> None:
    raw = pdf_bytes([set_lines([*[LONG] * 3, "Như trên.", *[LONG] * 3]) for _ in range(4)])
    assert _lines(raw).count("Như trên.") == 4


def test_five_thousand_pages(tmp_path: Path) -> None:
    path = awkward.long_pdf(tmp_path)
    assert _lines(path.read_bytes()) == [f"Trang thử nghiệm có số thứ tự là {n}." for n in range(5000)]


# --- columns and tables ----------------------------------------------------------------------------------------------


def test_two_columns_are_read_one_after_the_other() -> None:
    left = [f"Cột trái. {LONG}", f"Cột trái nữa. {LONG}"]
    right = [f"Cột phải. {LONG}", f"Cột phải nữa. {LONG}"]
    columns = (set_lines(left, width=30, left=60, size=12), set_lines(right, width=30, left=310, size=12, top=763))
    both = sorted((text for column in columns for text in column), key=lambda text: -text[1])
    assert _lines(pdf_bytes([both])) == left + right


def test_the_head_and_the_foot_of_an_official_letter_come_out_column_by_column() -> None:
    head = [
        (100.0, 790.0, 13.0, "ỦY BAN NHÂN DÂN"),
        (300.0, 790.0, 13.0, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"),
        (110.0, 772.0, 13.0, "XÃ THỬ NGHIỆM"),
        (330.0, 772.0, 13.0, "Độc lập - Tự do - Hạnh phúc"),
        (110.0, 750.0, 13.0, "Số: 12/QĐ-UBND"),
        (310.0, 750.0, 13.0, "Thử Nghiệm, ngày 05 tháng 3 năm 2026"),
    ]
    foot = [
        (85.0, 400.0, 11.0, "Nơi nhận:"),
        (350.0, 400.0, 13.0, "TM. ỦY BAN NHÂN DÂN"),
        (85.0, 385.0, 11.0, "- Như Điều 3;"),
        (390.0, 382.0, 13.0, "CHỦ TỊCH"),
        (85.0, 370.0, 11.0, "- Lưu: VT."),
        (380.0, 330.0, 13.0, "Trần Thị Thử"),
    ]
    lines = _lines(pdf_bytes([[*head, *set_lines([LONG], top=700), *foot]]))
    assert lines == [
        *("ỦY BAN NHÂN DÂN", "XÃ THỬ NGHIỆM", "Số: 12/QĐ-UBND"),
        *("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc", "Thử Nghiệm, ngày 05 tháng 3 năm 2026"),
        LONG,
        *("Nơi nhận:", "- Như Điều 3;", "- Lưu: VT.", "TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH", "Trần Thị Thử"),
    ]


EDGES = (80, 120, 320, 420)


def _ruled(rows: Sequence[Sequence[Sequence[str]]], top: float) -> tuple[list[Text], str]:
    """A table with a frame around each cell: its words and its rules. A cell is its lines."""
    placed: list[Text] = []
    rules = ""
    for row in rows:
        height = 18 * max(map(len, row))
        for n, cell in enumerate(row):
            placed += [(EDGES[n] + 4, top - 13 - 16 * k, 12.0, line) for k, line in enumerate(cell)]
            rules += f"{EDGES[n]} {top - height} {EDGES[n + 1] - EDGES[n]} {height} re S\n"
        top -= height
    return placed, rules


def test_a_ruled_table_is_read_row_by_row_and_over_the_page() -> None:
    head = [["STT"], ["Tên thủ tục"], ["Thời hạn"]]
    first = _ruled([head, [["1"], ["Đăng ký khai sinh cho trẻ em mới", "sinh"], ["Ngay trong ngày"]]], 700)
    second = _ruled([head, [["2"], ["Đăng ký kết hôn"], ["Ngay trong ngày"]]], 780)
    raw = pdf_bytes([[*_page([FULL]), *first[0]], [*second[0], *_page([FULL], top=300)]], drawn=[first[1], second[1]])
    assert _lines(raw) == [
        FULL,
        "STT: 1; Tên thủ tục: Đăng ký khai sinh cho trẻ em mới sinh; Thời hạn: Ngay trong ngày",
        "STT: 2; Tên thủ tục: Đăng ký kết hôn; Thời hạn: Ngay trong ngày",
        FULL,
    ]


def test_cells_without_a_rule_between_them_are_one() -> None:
    words = [
        (84.0, 687.0, 12.0, "Nhóm một"),
        (84.0, 669.0, 12.0, "1"),
        (124.0, 669.0, 12.0, "Khai sinh"),
        (324.0, 669.0, 12.0, "Xã"),
    ]
    words += [(84.0, 651.0, 12.0, "2"), (124.0, 651.0, 12.0, "Khai tử")]
    boxes = ("80 682 340 18", "80 664 40 18", "120 664 200 18", "320 646 100 36", "80 646 40 18", "120 646 200 18")
    rules = "".join(f"{box} re S " for box in boxes)
    assert _lines(pdf_bytes([words], drawn=[rules])) == ["Nhóm một", "1 | Khai sinh | Xã", "2 | Khai tử"]


def test_a_table_without_rules_keeps_its_rows() -> None:
    rows = [
        ("STT", "Tên thủ tục", "Thời hạn"),
        ("1", "Khai sinh", "1 ngày"),
        ("2", "Khai tử", "2 ngày"),
        ("3", "Kết hôn", "3 ngày"),
    ]
    words = [(90.0 + 150 * n, 700 - 18.0 * k, 13.0, cell) for k, row in enumerate(rows) for n, cell in enumerate(row)]
    assert _lines(pdf_bytes([words]))[1] == "STT: 2; Tên thủ tục: Khai tử; Thời hạn: 2 ngày"


def test_items_whose_marks_stand_apart_are_no_table() -> None:
    words = [(90.0, 700 - 18.0 * n, 13.0, f"{n + 1}.") for n in range(4)]
    words += [(120.0, 700 - 18.0 * n, 13.0, f"Giấy tờ loại {n + 1}") for n in range(4)]
    assert _lines(pdf_bytes([words])) == [f"{n}. Giấy tờ loại {n}" for n in range(1, 5)]


# --- files that cannot be read ---------------------------------------------------------------------------------------


def test_a_locked_file_is_refused_with_what_to_do(tmp_path: Path) -> None:
    assert "mật khẩu" in _problem(awkward.locked_pdf(tmp_path).read_bytes())


@pytest.mark.parametrize("maker", [awkward.unpacking_pdf, awkward.nested_pdf])
def test_a_hostile_file_is_refused_in_bounded_memory(maker: Callable[[Path], Path], tmp_path: Path) -> None:
    assert "bất thường" in _problem(maker(tmp_path).read_bytes())


def test_a_page_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker is told to wait for a page that never comes."""
    worker = 'import signal, time; signal.alarm(1); print(\'{"title": ""}\', flush=True); time.sleep(30)'
    monkeypatch.setattr(
        reading,
        "_start",
        lambda *_: subprocess.Popen([sys.executable, "-c", worker], stdin=subprocess.PIPE, stdout=subprocess.PIPE),
    )
    assert "quá nhiều thời gian" in _problem(pdf_bytes([_page([FULL])]))


def test_a_file_cut_anywhere_is_refused() -> None:
    raw = pdf_bytes([set_lines(awkward.PARAGRAPHS)] * 2)
    for cut in (9, 200, len(raw) // 2, len(raw) - 30, len(raw) - 8):
        assert "hỏng" in _problem(raw[:cut])


@pytest.mark.parametrize("told", [b"/Count 3", b"/Kids[9"])
def test_a_file_whose_pages_are_not_there_is_refused(told: bytes) -> None:
    raw = pdf_bytes([_page([FULL])]).replace(b"/Count 1" if told.startswith(b"/C") else b"/Kids[8", told)
    raw = (
        raw.replace(b"/Type/Page/", b"/Type/Pige/")
        if told.startswith(b"/K")
        else raw.replace(b"9 0 R]", b"9 0 R 99 0 R]")
    )
    assert _problem(raw)


def test_wrong_endings_are_named(tmp_path: Path) -> None:
    problems = {
        path.name: _problem(path.read_bytes()) for path in awkward.wrong_endings(tmp_path) if path.suffix == ".pdf"
    }
    assert "Word (.docx)" in problems["la-docx.pdf"]
    assert "Excel (.xlsx)" in problems["la-xlsx.pdf"]
    assert "đời cũ (.doc)" in problems["la-doc.pdf"]
    assert "HTML" in problems["la-html.pdf"]
    assert problems["la-empty.pdf"] == problems["la-zeros.pdf"] == "tệp rỗng"
    assert len(problems) == 15


def test_a_file_without_text_is_refused() -> None:
    assert "không có chữ" in _problem(pdf_bytes([[]]))


@pytest.mark.parametrize(
    ("title", "kept"),
    [
        ("Sổ tay hướng dẫn nộp hồ sơ trực tuyến", True),
        ("Microsoft Word - Quyết định ban hành quy chế", False),
        ("12_QD_UBND ban hành quy chế.docx", False),
        ("ỦY BAN NHÂN DÂN XÃ THỬ NGHIỆM", False),
        ("So tay huong dan nop ho so", False),
        ("Quyết định", False),
    ],
)
def test_only_a_title_that_a_person_wrote_is_believed(title: str, kept: bool) -> None:
    extract = read_pdf(Path("a.pdf"), pdf_bytes([_page([FULL])], title=title))
    assert extract.title == (title if kept else None)


# --- scanned pages ---------------------------------------------------------------------------------------------------

SEEN = ("Bộ", "phận", "một", "cửa", "trả", "lời")
FAKE = """#!/bin/sh
if [ "$1" = "--list-langs" ]; then
  echo "List of available languages (2):"; echo eng; echo {language}; exit 0
fi
echo "$@" >> "{log}"
[ "$(head -c 2)" = "P5" ] || exit 1
cat > /dev/null
{answer}
"""


@pytest.fixture
def path_without_tesseract(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for programs that comes first, on a path where no real Tesseract is."""
    programs = tmp_path / "programs"
    programs.mkdir()
    folders = [folder for folder in os.environ["PATH"].split(os.pathsep) if not Path(folder, "tesseract").exists()]
    monkeypatch.setenv("PATH", os.pathsep.join([str(programs), *folders]))
    return programs


def _install(programs: Path, language: str = "vie", answer: str | None = None) -> Path:
    rows = ["level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext"]
    rows += ["4\t1\t1\t1\t1\t0\t300\t500\t900\t40\t-1\t", "5\t1\t1\t1\t1\t9\t100\t500\t9\t40\t3\t|~"]
    rows += [f"5\t1\t1\t1\t1\t{n}\t{300 + 160 * n}\t500\t140\t40\t91\t{word}" for n, word in enumerate(SEEN)]
    shown = answer if answer is not None else "cat <<'END'\n" + "\n".join(rows) + "\nEND"
    program = programs / "tesseract"
    program.write_text(FAKE.format(language=language, log=programs / "log", answer=shown), encoding="utf-8")
    program.chmod(0o755)
    return programs / "log"


def test_scanned_pages_are_recognised(path_without_tesseract: Path, tmp_path: Path) -> None:
    log = _install(path_without_tesseract)
    extract = read_pdf(path := awkward.partly_scanned_pdf(tmp_path), path.read_bytes())
    assert extract.text.split("\n")[1] == " ".join(SEEN)
    assert extract.text.count("Trang nay co chu") == 2
    assert extract.warnings == ("trang 2 là ảnh quét, chữ do máy nhận dạng và có thể sai; nên đối chiếu",)
    assert log.read_text(encoding="utf-8") == "stdin stdout -l vie --dpi 300 tsv\n"


@pytest.mark.parametrize("language", [None, "deu"])
def test_without_tesseract_or_its_vietnamese_the_pages_left_out_are_named(
    language: str | None, path_without_tesseract: Path, tmp_path: Path
) -> None:
    if language:
        _install(path_without_tesseract, language)
    extract = read_pdf(path := awkward.partly_scanned_pdf(tmp_path), path.read_bytes())
    assert extract.text.count("Trang nay co chu") == 2
    (warning,) = extract.warnings
    assert warning.startswith("trang 2 là ảnh quét")
    assert "tesseract-ocr tesseract-ocr-vie" in warning
    problem = _problem(awkward.scanned_pdf(tmp_path).read_bytes())
    assert "ảnh quét" in problem
    assert "tesseract-ocr tesseract-ocr-vie" in problem


@pytest.mark.parametrize(
    "answer",
    [
        "exit 3",
        "true",
        "echo",
        "head -c 400000 /dev/zero",
        "printf '5\\t1\\t1\\t1\\t1\\t1\\tx\\t0\\t0\\t0\\t9\\tx\\n'",
        "printf 'level\\ttext\\n5\\tx\\n'",
    ],
)
def test_pages_on_which_tesseract_fails_are_named(answer: str, path_without_tesseract: Path, tmp_path: Path) -> None:
    _install(path_without_tesseract, answer=answer)
    extract = read_pdf(path := awkward.partly_scanned_pdf(tmp_path), path.read_bytes())
    assert extract.warnings == ("trang 2 là ảnh, máy không nhận ra chữ nào",)
    assert "không nhận ra chữ" in _problem(awkward.scanned_pdf(tmp_path).read_bytes())


def test_a_page_on_which_tesseract_never_ends_is_left_out(
    path_without_tesseract: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _install(path_without_tesseract, answer="exec sleep 30")
    monkeypatch.setattr(ocr, "_SECONDS_PER_PAGE", 0.3)
    extract = read_pdf(path := awkward.partly_scanned_pdf(tmp_path), path.read_bytes())
    assert extract.warnings == ("trang 2 là ảnh, máy không nhận ra chữ nào",)


def test_letters_that_mean_nothing_are_a_picture(path_without_tesseract: Path) -> None:
    private = "".join(chr(0xE000 + n) for n in range(60))
    raw = pdf_bytes([_page([FULL]), _page([private])])
    extract = read_pdf(Path("a.pdf"), raw)
    assert extract.text == FULL
    assert extract.warnings[0].startswith("trang 2 là ảnh quét")
    _install(path_without_tesseract)
    assert _lines(raw) == [FULL, " ".join(SEEN)]


def test_a_scanned_page_with_a_stamp_of_text_is_still_a_picture(path_without_tesseract: Path) -> None:
    stamp = "Ky boi: Van phong; Ngay ky: 05.03.2026"
    raw = awkward.picture_pdf([bytes(60 * 85)]).replace(b"/XObject<<", b"/Font<</H 3 0 R>>/XObject<<")
    shown = awkward.stream(b"q 595 0 0 842 0 0 cm /P Do Q BT /H 8 Tf 20 20 Td (%s) Tj ET" % stamp.encode())
    raw = raw.replace(awkward.stream(b"q 595 0 0 842 0 0 cm /P Do Q"), shown)
    assert "ảnh quét" in _problem(raw)
    _install(path_without_tesseract)
    assert _lines(raw) == [" ".join(SEEN)]


@pytest.mark.skipif(not ocr.is_available(), reason="Tesseract with Vietnamese is not installed")
def test_the_real_tesseract_reads_a_drawn_page() -> None:
    raw = awkward.picture_pdf([None])
    worker = [sys.executable, str(reading._WORKER), "draw", "0"]
    drawn = subprocess.run(worker, input=raw, capture_output=True, check=True)
    head, pixels = drawn.stdout.split(b"\n", 1)
    _, width, height, _ = head.split()
    assert "may doc duoc ngay" in " ".join(_lines(awkward.picture_pdf([pixels], int(width), int(height))))


def test_numbers_are_listed_as_people_write_them() -> None:
    assert listed([1, 3, 4, 5, 9]) == "1, 3–5, 9"
