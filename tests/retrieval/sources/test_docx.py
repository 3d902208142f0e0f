from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.errors import SourceError
from retrieval.sources.extract import Extract
from retrieval.sources.office import read_docx
from tests.retrieval.sources import awkward
from tests.retrieval.sources.awkward import docx_bytes, paragraph, table


def _text(body: str, **parts: str) -> str:
    return read_docx(Path("a.docx"), docx_bytes(body, **parts)).text


def _lines(body: str, **parts: str) -> list[str]:
    """The lines that are read out of a document, without blank ones."""
    return [line for line in _text(body, **parts).split("\n") if line]


def _problem(raw: bytes) -> str:
    with pytest.raises(SourceError) as caught:
        read_docx(Path("a.docx"), raw)
    return caught.value.problem


def _run(words: str) -> str:
    return f"<w:r><w:t xml:space='preserve'>{words}</w:t></w:r>"


def test_paragraphs_come_out_one_a_line(tmp_path: Path) -> None:
    path = awkward.good_docx(tmp_path)
    assert read_docx(path, path.read_bytes()) == Extract("\n".join(awkward.PARAGRAPHS))


LINES = st.text(st.characters(blacklist_categories=("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")), max_size=60)


@given(st.lists(LINES.filter(lambda line: bool(line.strip())), min_size=1, max_size=10))
@settings(max_examples=40, deadline=None)
def test_whatever_is_written_is_read(paragraphs: list[str]) -> None:
    assert _lines("".join(map(paragraph, paragraphs))) == [line.strip() for line in paragraphs]


def test_a_document_that_another_program_wrote() -> None:
    import docx

    document = docx.Document()
    document.add_heading("Sổ tay hướng dẫn dịch vụ công", 0)
    document.add_heading("Đăng nhập", 1)
    document.add_paragraph("Mở cổng dịch vụ công.", style="List Number")
    document.add_paragraph("Chọn đăng nhập.", style="List Number")
    document.add_paragraph("Dùng tài khoản định danh.", style="List Bullet")
    rows = document.add_table(2, 3)
    for row, cells in zip(rows.rows, [("STT", "Tên giấy tờ", "Số bản"), ("1", "Tờ khai", "1")], strict=True):
        for cell, words in zip(row.cells, cells, strict=True):
            cell.text = words
    out = io.BytesIO()
    document.save(out)
    extract = read_docx(Path("a.docx"), out.getvalue())
    assert extract.title == "Sổ tay hướng dẫn dịch vụ công"
    assert [line for line in extract.text.split("\n") if line] == [
        "Sổ tay hướng dẫn dịch vụ công",
        "# Đăng nhập",
        "1. Mở cổng dịch vụ công.",
        "2. Chọn đăng nhập.",
        "- Dùng tài khoản định danh.",
        "STT: 1; Tên giấy tờ: Tờ khai; Số bản: 1",
    ]


# --- what is seen and what is not ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("runs", "seen"),
    [
        (_run("Nộp ") + "<w:ins>" + _run("ba") + "</w:ins>" + _run(" bản"), "Nộp ba bản"),
        (_run("Nộp ") + "<w:del><w:r><w:delText>hai </w:delText></w:r></w:del>" + _run("ba bản"), "Nộp ba bản"),
        (
            "<w:moveFrom>" + _run("xa ") + "</w:moveFrom><w:moveTo>" + _run("gần ") + "</w:moveTo>" + _run("nhà"),
            "gần nhà",
        ),
        ("<w:hyperlink>" + _run("cổng dịch vụ công") + "</w:hyperlink>", "cổng dịch vụ công"),
        (_run("một") + "<w:r><w:tab/><w:t>hai</w:t></w:r>", "một hai"),
        ("<w:r><w:t>Covid</w:t><w:noBreakHyphen/><w:t>19</w:t></w:r>", "Covid-19"),
        ("<w:r><w:sym w:font='Wingdings' w:char='F0A8'/><w:t> Có</w:t></w:r>", "☐ Có"),
        (_run("thấy") + "<w:r><w:rPr><w:vanish/></w:rPr><w:t>giấu</w:t></w:r>", "thấy"),
        ("<w:r><w:rPr><w:vanish w:val='0'/></w:rPr><w:t>thấy</w:t></w:r>", "thấy"),
        ("<w:sdt><w:sdtContent>" + _run("điền rồi") + "</w:sdtContent></w:sdt>", "điền rồi"),
        (
            "<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>"
            + _run("Bấm để nhập")
            + "</w:sdtContent></w:sdt>x",
            None,
        ),
        (
            "<w:r><w:fldChar w:fldCharType='begin'/></w:r><w:r><w:instrText>REF a \\h</w:instrText></w:r>"
            "<w:r><w:fldChar w:fldCharType='separate'/></w:r>" + _run("Điều 5") + "<w:r><w:fldChar/></w:r>",
            "Điều 5",
        ),
        (_run("lời bàn") + "<w:commentRangeEnd/><w:r><w:commentReference w:id='1'/></w:r>", "lời bàn"),
    ],
)
def test_what_a_person_sees_is_read(runs: str, seen: str | None) -> None:
    body = f"<w:p>{runs}</w:p>"
    if seen is None:
        assert "không có chữ" in _problem(docx_bytes(body))
    else:
        assert _lines(body) == [seen]


def test_a_deleted_end_of_a_paragraph_joins_it_with_the_next() -> None:
    merged = "<w:p><w:pPr><w:rPr><w:del/></w:rPr></w:pPr>" + _run("Nộp tại ") + "</w:p>" + paragraph("bộ phận một cửa.")
    assert _lines(merged) == ["Nộp tại bộ phận một cửa."]


def test_soft_line_breaks_part_lines_but_not_headings() -> None:
    broken = _run("Kính gửi:") + "<w:r><w:br/></w:r>" + _run("Các thôn")
    assert _lines(f"<w:p>{broken}</w:p>") == ["Kính gửi:", "Các thôn"]
    assert _lines(f"<w:p><w:pPr><w:outlineLvl w:val='1'/></w:pPr>{broken}</w:p>") == ["## Kính gửi: Các thôn"]


def test_text_boxes_are_read_once() -> None:
    box = f"<w:txbxContent>{paragraph('Trong khung')}</w:txbxContent>"
    drawn = f"<AlternateContent><Choice>{box}</Choice><Fallback>{box}</Fallback></AlternateContent>"
    assert _lines(f"<w:p>{_run('Ngoài khung')}<w:r>{drawn}</w:r></w:p>") == ["Ngoài khung", "Trong khung"]


def test_footnotes_follow_their_paragraph_without_a_mark_in_it() -> None:
    note = f"<w:footnote w:id='2'>{paragraph('Theo báo cáo của xã.')}</w:footnote>"
    body = (
        f"<w:p>{_run('Xã có năm thôn')}<w:r><w:footnoteReference w:id='2'/></w:r>{_run('.')}</w:p>{paragraph('Hết.')}"
    )
    assert _lines(body, footnotes=note) == ["Xã có năm thôn.", "Chú thích 1: Theo báo cáo của xã.", "Hết."]


def test_a_table_of_contents_is_left_out() -> None:
    styles = "<w:style w:styleId='M1'><w:name w:val='toc 1'/></w:style>"
    inside = "<w:sdt><w:sdtPr><w:docPartObj><w:docPartGallery w:val='Table of Contents'/></w:docPartObj></w:sdtPr>"
    inside += f"<w:sdtContent>{paragraph('Mục lục')}</w:sdtContent></w:sdt>"
    body = inside + paragraph("Chương I 3", "<w:pStyle w:val='M1'/>") + paragraph("Chương I")
    assert _lines(body, styles=styles) == ["Chương I"]


@pytest.mark.parametrize(
    ("style", "level"),
    [
        ("<w:name w:val='heading 2'/>", 2),
        ("<w:name w:val='Tiêu đề 3'/>", 3),
        ("<w:name w:val='Riêng'/><w:basedOn w:val='G'/>", 1),
        ("<w:name w:val='Riêng'/><w:pPr><w:outlineLvl w:val='4'/></w:pPr>", 5),
        ("<w:name w:val='Riêng'/><w:basedOn w:val='G'/><w:pPr><w:outlineLvl w:val='9'/></w:pPr>", 0),
        ("<w:name w:val='Body Text'/>", 0),
        ("<w:name w:val='vòng'/><w:basedOn w:val='S'/>", 0),
    ],
)
def test_headings_are_known_by_their_styles(style: str, level: int) -> None:
    base = "<w:style w:styleId='G'><w:name w:val='heading 1'/></w:style>"
    styles = f"{base}<w:style w:styleId='S'>{style}</w:style>"
    marks = "#" * level + " " if level else ""
    assert _lines(paragraph("Đăng nhập", "<w:pStyle w:val='S'/>"), styles=styles) == [f"{marks}Đăng nhập"]


# --- numbers ---------------------------------------------------------------------------------------------------------


def _level(depth: int, form: str, text: str, more: str = "", start: int = 1) -> str:
    begins = f"<w:start w:val='{start}'/><w:numFmt w:val='{form}'/>{more}"
    return f"<w:lvl w:ilvl='{depth}'>{begins}<w:lvlText w:val='{text}'/></w:lvl>"


LAW = (
    "<w:abstractNum w:abstractNumId='7'>"
    + _level(0, "upperRoman", "Chương %1")
    + _level(1, "decimal", "Điều %2.", "<w:lvlRestart w:val='0'/>")
    + _level(2, "decimal", "%3.")
    + _level(3, "lowerLetter", "%4)")
    + _level(4, "bullet", "\uf0b7")
    + _level(5, "decimal", "%2.%3.%6", "<w:isLgl/><w:suff w:val='nothing'/>")
    + "</w:abstractNum><w:num w:numId='3'><w:abstractNumId w:val='7'/></w:num>"
    "<w:num w:numId='4'><w:abstractNumId w:val='7'/>"
    "<w:lvlOverride w:ilvl='2'><w:startOverride w:val='5'/></w:lvlOverride></w:num>"
)


def _item(depth: int, list_id: int = 3, words: str = "nội dung") -> str:
    return paragraph(words, f"<w:numPr><w:ilvl w:val='{depth}'/><w:numId w:val='{list_id}'/></w:numPr>")


def _labels(body: str, numbering: str = LAW, **parts: str) -> list[str]:
    return [line.removesuffix("nội dung").strip() for line in _lines(body, numbering=numbering, **parts)]


def test_the_numbers_of_a_law_are_counted_as_word_counts_them() -> None:
    depths = [0, 1, 2, 2, 3, 3, 2, 3, 1, 2, 4, 0, 1, 2, 5]
    assert _labels("".join(map(_item, depths))) == [
        *("Chương I", "Điều 1.", "1.", "2.", "a)", "b)", "3.", "a)", "Điều 2.", "1.", "-"),
        *("Chương II", "Điều 3.", "1.", "3.1.1"),
    ]


def test_lists_of_one_kind_go_on_counting_unless_one_begins_anew() -> None:
    assert _labels(_item(2) + _item(2, 4) + _item(2, 4) + _item(2)) == ["1.", "5.", "6.", "7."]


def test_empty_paragraphs_count_and_deleted_ones_do_not() -> None:
    deleted = f"<w:del>{_item(2)}</w:del>"
    assert _labels(_item(2) + _item(2, words="") + deleted + _item(2)) == ["1.", "3."]


def test_a_style_can_number() -> None:
    numbering = LAW.replace("<w:lvlText w:val='Điều", "<w:pStyle w:val='D'/><w:lvlText w:val='Điều")
    numbered = "<w:pPr><w:numPr><w:numId w:val='3'/></w:numPr></w:pPr>"
    styles = f"<w:style w:styleId='D'><w:name w:val='heading 2'/>{numbered}</w:style>"
    body = paragraph("Phạm vi", "<w:pStyle w:val='D'/>") + paragraph("Trách nhiệm", "<w:pStyle w:val='D'/>")
    assert _lines(body, numbering=numbering, styles=styles) == ["## Điều 1. Phạm vi", "## Điều 2. Trách nhiệm"]
    off = paragraph("Không số", "<w:pStyle w:val='D'/><w:numPr><w:numId w:val='0'/></w:numPr>")
    assert _lines(off, numbering=numbering, styles=styles) == ["## Không số"]


@pytest.mark.parametrize(
    ("form", "shown"),
    [
        ("decimal", "4"),
        ("decimalZero", "04"),
        ("lowerLetter", "d"),
        ("upperLetter", "D"),
        ("lowerRoman", "iv"),
        ("upperRoman", "IV"),
        ("none", ""),
        ("vietnameseCounting", "4"),
    ],
)
def test_forms_of_numbers(form: str, shown: str) -> None:
    numbering = f"<w:abstractNum w:abstractNumId='1'>{_level(0, form, '%1/', start=4)}</w:abstractNum>"
    numbering += "<w:num w:numId='3'><w:abstractNumId w:val='1'/></w:num>"
    assert _labels(_item(0), numbering) == [f"{shown}/"]


@pytest.mark.parametrize("list_id", [8, 99999999999, -1])
@pytest.mark.parametrize("depth", [0, 8, 9, 400])
def test_numbers_that_are_defined_nowhere_are_none(list_id: int, depth: int) -> None:
    assert _labels(_item(depth, list_id)) == [""]


# --- tables ----------------------------------------------------------------------------------------------------------

HEAD = ("STT", "Tên thủ tục", "Thời hạn")


def test_rows_under_a_header_name_their_columns() -> None:
    rows = [HEAD, ("1", "Khai sinh", "Trong ngày"), ("2", "Khai tử", "Trong\nngày")]
    assert _lines(table(rows)) == [
        "STT: 1; Tên thủ tục: Khai sinh; Thời hạn: Trong ngày",
        "STT: 2; Tên thủ tục: Khai tử; Thời hạn: Trong; ngày",
    ]


def test_a_header_can_be_marked_as_such() -> None:
    rows = [("Mở lớp", "Thôn"), ("Thứ hai", "Đông")]
    assert _lines(table(rows)) == ["Mở lớp | Thôn", "Thứ hai | Đông"]
    assert _lines(table(rows, first="<w:tblHeader/>")) == ["Mở lớp: Thứ hai; Thôn: Đông"]
    bold = table(rows[:1]).replace("<w:rPr></w:rPr>", "<w:rPr><w:b/></w:rPr>")
    assert _lines(bold.replace("</w:tbl>", "") + table(rows[1:]).removeprefix("<w:tbl>")) == [
        "Mở lớp: Thứ hai; Thôn: Đông"
    ]


def test_names_and_values_side_by_side_are_no_header() -> None:
    assert _lines(table([("Tên thủ tục:", "Khai sinh"), ("Lệ phí:", "Không")])) == [
        "Tên thủ tục: Khai sinh",
        "Lệ phí: Không",
    ]
    assert _lines(table([("Tên thủ tục", "Khai sinh"), ("Thời hạn", "Một ngày")])) == [
        "Tên thủ tục | Khai sinh",
        "Thời hạn | Một ngày",
    ]


def _cell(words: str, properties: str = "") -> str:
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{paragraph(words)}</w:tc>"


def test_merged_cells() -> None:
    rows = [
        [_cell("STT", "<w:vMerge w:val='restart'/>"), _cell("Lệ phí", "<w:gridSpan w:val='2'/>")],
        [_cell("", "<w:vMerge/>"), _cell("Trực tiếp"), _cell("Trực tuyến")],
        [_cell("1"), _cell("8.000"), _cell("4.000")],
        [_cell("Nhóm hai", "<w:gridSpan w:val='3'/>")],
        [_cell("2", "<w:vMerge w:val='restart'/>"), _cell("5.000"), _cell("0")],
        [_cell("", "<w:vMerge/>"), _cell("6.000"), _cell("1.000")],
    ]
    assert _lines("<w:tbl>" + "".join(f"<w:tr>{''.join(row)}</w:tr>" for row in rows) + "</w:tbl>") == [
        "STT: 1; Lệ phí – Trực tiếp: 8.000; Lệ phí – Trực tuyến: 4.000",
        "Nhóm hai",
        "STT: 2; Lệ phí – Trực tiếp: 5.000; Lệ phí – Trực tuyến: 0",
        "STT: 2; Lệ phí – Trực tiếp: 6.000; Lệ phí – Trực tuyến: 1.000",
    ]


def test_deleted_rows_and_tables_in_tables() -> None:
    gone = table([("3", "Bỏ", "Bỏ")]).removeprefix("<w:tbl>").replace("<w:trPr>", "<w:trPr><w:del/>")
    body = table([HEAD, ("1", "Khai sinh", "Ngay")]).replace("</w:tbl>", gone)
    assert _lines(body) == ["STT: 1; Tên thủ tục: Khai sinh; Thời hạn: Ngay"]
    inner = table([("a", "b"), ("c", "d")])
    assert _lines(f"<w:tbl><w:tr><w:tc>{paragraph('Ngoài')}{inner}</w:tc></w:tr></w:tbl>") == [
        "Ngoài",
        "a | b",
        "c | d",
    ]


def test_the_head_and_the_foot_of_an_official_letter_come_out_as_lines() -> None:
    head = [
        ("UBND XÃ THỬ", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập - Tự do - Hạnh phúc"),
        ("Số: 1/TB-UBND", "Thử, ngày 5 tháng 3"),
    ]
    foot = [("Nơi nhận:\n- Như trên;\n- Lưu: VT.", "CHỦ TỊCH\nTrần Thị Thử")]
    assert _lines(table(head) + paragraph("Nội dung.") + table(foot)) == [
        *("UBND XÃ THỬ", "Số: 1/TB-UBND", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc"),
        *("Thử, ngày 5 tháng 3", "Nội dung.", "Nơi nhận:", "- Như trên;", "- Lưu: VT.", "CHỦ TỊCH", "Trần Thị Thử"),
    ]


def test_a_table_of_questions_becomes_headings() -> None:
    text = _text(table([("STT", *awkward.QUESTIONS[0]), ("1", *awkward.QUESTIONS[1])]))
    assert text == "## Nộp hồ sơ ở đâu?\n\nTại bộ phận một cửa của xã."


# --- files that are odd, or cannot be read ---------------------------------------------------------------------------


def _with(parts: dict[str, str | bytes], **good: str) -> bytes:
    """A good document with some parts put in or, if empty, taken out."""
    raw = docx_bytes(paragraph("Nội dung."), **good)
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        whole = {name: archive.read(name) for name in archive.namelist()} | parts
    return awkward.zip_bytes({name: part for name, part in whole.items() if part})


def test_documents_that_break_rules_are_read_all_the_same() -> None:
    lost = '<Relationships><Relationship Id="r" Type="x/image" Target="../NULL"/></Relationships>'
    moved = '<Relationships><Relationship Id="r" Type="x/officeDocument" Target="/word/d2.xml"/></Relationships>'
    body = f"<document><body>{paragraph('Nội dung.').replace('w:', '')}</body></document>"
    for raw in (
        _with({"word/_rels/document.xml.rels": lost}),
        _with({"word/_rels/document.xml.rels": "", "[Content_Types].xml": ""}),
        _with({"_rels/.rels": moved, "word/d2.xml": body, "word/document.xml": ""}),
        _with(
            {"word/document.xml": body.replace("<document>", '<document xmlns="http://purl.oclc.org/ooxml/x/main">')}
        ),
    ):
        assert read_docx(Path("a.docx"), raw).text == "Nội dung."


@pytest.mark.parametrize(
    "parts",
    [
        {"word/document.xml": "<w:document"},
        {"word/document.xml": "<document/>"},
        {"word/document.xml": b"\0\xff"},
        {"word/styles.xml": "<a><b></a>"},
        {"word/_rels/document.xml.rels": "<"},
    ],
)
def test_broken_parts_are_named(parts: dict[str, str | bytes]) -> None:
    assert "hỏng" in _problem(_with(parts, styles=""))


def test_a_file_cut_anywhere_is_refused() -> None:
    raw = docx_bytes("".join(map(paragraph, awkward.PARAGRAPHS)))
    for cut in range(4, len(raw) - 1, 37):
        assert _problem(raw[:cut])


def test_a_locked_file_is_refused_with_what_to_do(tmp_path: Path) -> None:
    assert "mật khẩu" in _problem(awkward.locked_docx(tmp_path).read_bytes())


def test_wrong_endings_are_named_with_what_to_do(tmp_path: Path) -> None:
    problems = {
        path.name: _problem(path.read_bytes()) for path in awkward.wrong_endings(tmp_path) if path.suffix == ".docx"
    }
    assert "Word đời cũ (.doc); hãy mở bằng Word rồi lưu lại thành .docx" in problems["la-doc.docx"]
    assert "RTF; hãy mở bằng Word rồi lưu lại thành .docx" in problems["la-rtf.docx"]
    assert "HTML" in problems["la-html.docx"]
    assert "PDF" in problems["la-pdf.docx"]
    assert "Excel (.xlsx)" in problems["la-xlsx.docx"]
    assert "ZIP" in problems["la-zip.docx"]
    assert len(problems) == 15


HOSTILE = [
    (awkward.bomb_docx, "bung ra rất lớn"),
    (awkward.media_bomb_docx, "bung ra rất lớn"),
    (awkward.lying_docx, "hỏng"),
    (awkward.crowded_docx, "bung ra rất lớn"),
    (awkward.nested_docx, "hỏng"),
    (awkward.laughing_docx, "DTD"),
]


@pytest.mark.parametrize(("maker", "says"), HOSTILE, ids=[maker.__name__ for maker, _ in HOSTILE])
def test_a_hostile_file_is_refused(maker: Callable[[Path], Path], says: str, tmp_path: Path) -> None:
    assert says in _problem(maker(tmp_path).read_bytes())


def test_tables_in_tables_are_read_to_the_bottom_or_refused() -> None:
    def nested(depth: int) -> str:
        return "<w:tbl><w:tr><w:tc>" * depth + paragraph("Đáy") + "</w:tc></w:tr></w:tbl>" * depth

    assert _lines(nested(60)) == ["Đáy"]
    for depth in (400, 2000):
        assert "hỏng" in _problem(docx_bytes(nested(depth)))


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system does not tell how much memory was used")
def test_hostile_files_are_read_in_little_memory(tmp_path: Path) -> None:
    """In a fresh process, so that what it took at most can be told. PDF has limits of its own."""
    for maker in awkward.HOSTILE:
        if not maker.__name__.endswith("_pdf"):
            maker(tmp_path)
    program = """
import re, sys
from pathlib import Path
from retrieval.errors import SourceError
from retrieval.sources.html import read_html
from retrieval.sources.office import read_csv, read_docx, read_xlsx
readers = {".docx": read_docx, ".xlsx": read_xlsx, ".csv": read_csv, ".html": read_html}
for path in sorted(Path(sys.argv[1]).iterdir()):
    try:
        readers[path.suffix](path, path.read_bytes())
    except SourceError:
        pass
print(re.search("VmHWM:[^0-9]*([0-9]+) kB", Path("/proc/self/status").read_text())[1])
"""
    done = subprocess.run([sys.executable, "-c", program, tmp_path], capture_output=True, text=True, check=True)
    assert int(done.stdout) >> 10 < 300
