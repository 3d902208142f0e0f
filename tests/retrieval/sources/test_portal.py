"""Procedures of the portal: rows told apart where that is sure, and nothing lost, changed or added where it is not."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.sources.national.portal import is_procedure, read_procedure, results_of, steps
from retrieval.sources.national.portal_tables import Table, legal_basis, papers, ways_of_applying
from retrieval.text import normalise

WAYS = "Hình thức nộpThời gianPhí, lệ phíMô tả"
PAPERS = "Tên giấy tờMẫu đơn, tờ khaiSố lượng"
LAW = "Tên văn bản pháp lýMã văn bản"
FORM_BEHIND = "Từ khóaKhông có thông tinMô tảKhông có thông tinChọn cơ quan thực hiệnTỉnh/ Thành phốNộp hồ sơ"
ROW = {
    "ma_thu_tuc": "9.000001",
    "detail_url": "https://example.org/tt/9.000001",
    "ten_thu_tuc": "Mượn sách của thư viện xã",
    "so_quyet_dinh": "12/QĐ-THU",
    "cap_thuc_hien": "Cấp xã",
    "linh_vuc": "Thư viện",
    "doi_tuong_thuc_hien": "Công dân Việt Nam",
    "co_quan_co_tham_quyen": "Ủy ban nhân dân cấp xã",
    "dia_chi_tiep_nhan": "Phòng đọc, tầng 2",
    "co_quan_thuc_hien": "Thư viện xã",
    "thu_tuc_lien_quan": "#Tên thủ tục1Trả sách2Đổi thẻ#1Tên thủ tụcTrả sách#2Tên thủ tụcĐổi thẻ",
    "trinh_tu_thuc_hien": "Bước 1: Chọn sách.\r\nBước 2: Ký vào sổ. Bước 3: Mang sách về.",
    "cach_thuc_thuc_hien": f"{WAYS}Trực tiếp2 Ngày làm việcMiễn phíTại quầyTrực tuyến8 Giờ20,000 VNĐ(Phí gửi sách)",
    "thanh_phan_ho_so": f"--{PAPERS}Phiếu mượn theo mẫu;Mau muon sach.docx1 bản chínhThẻ thư viện0 bản chính,1 bản sao",
    "can_cu_phap_ly": f"{LAW}Luật Mượn sách12/2030/QH14Nghị định 5/2031/NĐ-CP5/2031/NĐ-CP",
    "yeu_cau_dieu_kien": "Không",
    "ket_qua_xu_ly": f"Phiếu hẹnMã: KQ.G99.000001Sách được mượnMã: KQ.G99.000002{FORM_BEHIND}",
}


def test_a_procedure_is_told_in_the_order_that_people_need_each_row_of_a_table_on_a_line() -> None:
    extract = read_procedure(ROW)
    assert extract.text == (
        "Kết quả: Phiếu hẹn\n"
        "Kết quả: Sách được mượn\n"
        "Lĩnh vực: Thư viện\n"
        "Đối tượng: Công dân Việt Nam\n"
        "Cơ quan thực hiện: Thư viện xã\n"
        "Cấp thực hiện: Cấp xã\n"
        "\n## Cách thức thực hiện, thời hạn, lệ phí\n\n"
        "Nộp trực tiếp: thời hạn 2 ngày làm việc; miễn phí; ghi chú: Tại quầy\n"
        "Nộp trực tuyến: thời hạn 8 giờ; phí 20.000 đồng (Phí gửi sách)\n"
        "\n## Địa chỉ tiếp nhận hồ sơ\n\nPhòng đọc, tầng 2\n"
        "\n## Thành phần hồ sơ\n\n"
        "Phiếu mượn theo mẫu: 1 bản chính; mẫu: Mau muon sach.docx\n"
        "Thẻ thư viện: 1 bản sao\n"
        "\n## Trình tự thực hiện\n\nBước 1: Chọn sách.\nBước 2: Ký vào sổ.\nBước 3: Mang sách về.\n"
        "\n## Yêu cầu, điều kiện\n\nYêu cầu, điều kiện: Không\n"
        "\n## Căn cứ pháp lý\n\nLuật Mượn sách (12/2030/QH14)\nNghị định 5/2031/NĐ-CP\n"
        "\n## Thủ tục liên quan\n\nTrả sách\nĐổi thẻ"
    )
    assert extract.title == "Mượn sách của thư viện xã"
    assert extract.declared == {
        "id": "9.000001",
        "number": "12/QĐ-THU",
        "issuer": "Ủy ban nhân dân cấp xã",
        "kind": "Thủ tục hành chính",
        "url": "https://example.org/tt/9.000001",
    }
    assert extract.warnings == ()


@pytest.mark.parametrize(
    ("row", "is_one"),
    [
        (ROW, True),
        ({"ma_thu_tuc": "9.1", "ten_thu_tuc": "Mượn sách", "linh_vuc": None}, True),
        ({"ma_thu_tuc": "9.1", "ten_thu_tuc": "Mượn sách", "text": "Đọc tại chỗ."}, False),
        ({"ma_thu_tuc": "", "ten_thu_tuc": "Mượn sách", "linh_vuc": "Thư viện"}, False),
        ({"_id": "1", "title": "Mượn sách", "text": "Đọc tại chỗ."}, False),
        ({}, False),
    ],
)
def test_what_is_a_procedure(row: dict[str, Any], is_one: bool) -> None:
    assert is_procedure(row) is is_one


@pytest.mark.parametrize("nothing", ["Không có thông tin", "  Không có thông tin\n", "--", "", " ", None, 7, []])
def test_what_the_portal_leaves_blank_is_never_told(nothing: Any) -> None:
    blank = {name: nothing for name in ROW if name not in ("ma_thu_tuc", "ten_thu_tuc", "trinh_tu_thuc_hien")}
    extract = read_procedure({**ROW, **blank})
    assert extract.text == "## Trình tự thực hiện\n\nBước 1: Chọn sách.\nBước 2: Ký vào sổ.\nBước 3: Mang sách về."
    assert "issuer" not in extract.declared
    assert read_procedure({**ROW, **blank, "trinh_tu_thuc_hien": nothing}).text == ""


def test_the_office_that_acts_issues_where_no_authority_is_named() -> None:
    assert read_procedure({**ROW, "co_quan_co_tham_quyen": ""}).declared["issuer"] == "Thư viện xã"


def test_a_line_of_the_source_is_never_taken_for_a_heading() -> None:
    assert "\n# Lưu ý" not in read_procedure({**ROW, "trinh_tu_thuc_hien": "Bước 1: Đọc.\n# Lưu ý\nBước 2: Trả."}).text


@pytest.mark.parametrize(
    ("flat", "lines"),
    [
        ("Dịch vụ bưu chính1.5 Tháng10 USD", ["Nộp qua dịch vụ bưu chính: thời hạn 1,5 tháng; phí 10 USD"]),
        ("Trực tiếpKhông có thông tinKhông có thông tin", ["Nộp trực tiếp"]),
        ("Trực tiếpKhông có thông tinKhông có thông tinTại quầy", ["Nộp trực tiếp: Tại quầy"]),
        ("Trực tuyến3 NgàyKhông có thông tin(Xem biểu phí)", ["Nộp trực tuyến: thời hạn 3 ngày; phí: (Xem biểu phí)"]),
        (
            "Trực tiếpKhông phải trả kết quảMiễn phíTrực tuyến2 GiờMiễn phí",
            ["Nộp trực tiếp: thời hạn: Không phải trả kết quả; miễn phí", "Nộp trực tuyến: thời hạn 2 giờ; miễn phí"],
        ),
        # A sum that is not closed off, and a way that is named in the remarks, begin no row.
        (
            "Trực tiếp2 Ngày1,500,000 Việt Nam Đồng(mỗi lần (trừ trẻ em)nộp Trực tiếp tại quầy",
            ["Nộp trực tiếp: thời hạn 2 ngày; phí 1.500.000 đồng (mỗi lần (trừ trẻ em)nộp Trực tiếp tại quầy"],
        ),
    ],
)
def test_a_way_of_applying_is_a_line_that_reads_alone(flat: str, lines: list[str]) -> None:
    assert ways_of_applying(WAYS + flat) == Table("\n".join(lines), len(lines), 0)


@pytest.mark.parametrize(
    ("flat", "told"),
    [
        ("Trực tiếp1Miễn phí", "thời hạn: Cổng Dịch vụ công ghi 1, không ghi đơn vị; miễn phí"),
        ("Trực tiếp2 Ngày20 VNĐ", "thời hạn 2 ngày; phí: Cổng Dịch vụ công ghi 20 VNĐ"),
        # No sum begins with 0, and one from 1.000 has a comma: these can be parted in one way only.
        ("Trực tiếp120 VNĐ", "thời hạn: Cổng Dịch vụ công ghi 1, không ghi đơn vị; phí: Cổng Dịch vụ công ghi 20 VNĐ"),
        ("Trực tiếp140,000 VNĐ", "thời hạn: Cổng Dịch vụ công ghi 1, không ghi đơn vị; phí 40.000 đồng"),
        # These in two ways; the note that gives the sum in full settles the first.
        (
            "Trực tiếp123 VNĐ(23.000 đồng mỗi cuốn)",
            "thời hạn: Cổng Dịch vụ công ghi 1, không ghi đơn vị; "
            "phí: Cổng Dịch vụ công ghi 23 VNĐ (23.000 đồng mỗi cuốn)",
        ),
        ("Trực tiếp125 VNĐ", "thời hạn và phí: Cổng Dịch vụ công ghi liền nhau «125 VNĐ»"),
    ],
)
def test_what_the_portal_says_unclearly_is_told_as_what_it_says(flat: str, told: str) -> None:
    assert ways_of_applying(WAYS + flat).text == f"Nộp trực tiếp: {told}"
    (warning,) = read_procedure({**ROW, "cach_thuc_thuc_hien": WAYS + flat}).warnings[-1:]
    assert "hãy đối chiếu" in warning


@pytest.mark.parametrize("note", ["", "(Không)", "(Không có.)", "((Miễn lệ phí))", "(- Chưa quy định.)"])
def test_free_is_free(note: str) -> None:
    assert ways_of_applying(f"{WAYS}Trực tiếp1 NgàyMiễn phí{note}").text.endswith(f"; miễn phí {note}".rstrip())


@pytest.mark.parametrize(
    "behind", ["(50.000 đồng/lần)", "(Theo biểu phí của tỉnh)", "(Miễn lệ phí cho trẻ em)", "Nộp phí tại quầy"]
)
def test_free_with_words_of_a_fee_is_not_told_as_free(behind: str) -> None:
    """The portal shows "Miễn phí" wherever no sum was entered, with the true fee in the note."""
    told = ways_of_applying(f"{WAYS}Trực tiếp1 NgàyMiễn phí{behind}").text
    assert "Cổng Dịch vụ công ghi «Miễn phí»" in told
    assert behind in told


@pytest.mark.parametrize(
    "flat", ["Trực tiếp5 Ngày làm việcMiễn lệ phí.", "Trực tiếp5 NgàyMiễn phíTrực tuyếnNgay khi nhận hồ sơ"]
)
def test_ways_that_cannot_be_told_apart_stay_as_they_stood(flat: str) -> None:
    assert ways_of_applying(flat) == Table(flat, 1, 1)
    assert ways_of_applying(WAYS + flat) == Table(flat, 1, 1)


@pytest.mark.parametrize("read", [ways_of_applying, papers, legal_basis])
def test_what_is_no_table_stays_as_it_is(read: Callable[[str], Table]) -> None:
    for prose in ("", "Nộp tại quầy, 5 ngày, theo Nghị định số 5/2031/NĐ-CP của Chính phủ.\nMang theo 01 bản chính."):
        assert read(prose) == Table(prose)


def test_groups_of_papers_are_headed_by_their_titles() -> None:
    flat = (
        f"a) Trường hợp mượn lần đầu:{PAPERS}Thẻ căn cước1 bản chính"
        f"b) Trường hợp mượn lại{PAPERS}Thẻ thư viện.1 bản chínhLưu ý:0 bản chính--{PAPERS}Ảnh3 bản chính"
    )
    assert papers(flat).text == (
        "### a) Trường hợp mượn lần đầu\n\nThẻ căn cước: 1 bản chính\n\n"
        "### b) Trường hợp mượn lại\n\nThẻ thư viện: 1 bản chính\nLưu ý:\n\n"
        "### Nhóm giấy tờ 3\n\nẢnh: 3 bản chính"
    )


def test_a_title_too_long_for_a_heading_can_be_quoted() -> None:
    title = "Người mượn " + "ở xa thư viện " * 15 + "nộp:"
    assert papers(f"{title}{PAPERS}Thẻ1 bản chính").text == f"### Nhóm giấy tờ 1\n\n{title}\nThẻ: 1 bản chính"


@pytest.mark.parametrize(
    ("cell", "line"),
    [
        ("Đơn theo Mẫu số 181 bản chính", "Đơn theo Mẫu số 18: 1 bản chính"),
        ("Theo Luật Mượn sách năm 20300 bản chính,2 bản sao", "Theo Luật Mượn sách năm 2030: 2 bản sao"),
        ("Giấy hẹn (01 bản chính).1 bản chính", "Giấy hẹn (01 bản chính): 1 bản chính"),
        ("Giấy hẹn: 01 bản chính1 bản chính", "Giấy hẹn: 01 bản chính: 1 bản chính"),
        ("01 bản chính tờ khai1 bản chính", "01 bản chính tờ khai: 1 bản chính"),
        ("Ảnh thẻ12 bản chính", "Ảnh thẻ: 12 bản chính"),
        ("Một trong các giấy:1 bản chính", "Một trong các giấy (1 bản chính):"),
        ("Giấy tờ phải xuất trình:0 bản chính", "Giấy tờ phải xuất trình:"),
        ("Đơn (mẫu 8A)47-Mẫu 8A-Đơn.doc1 bản chính", "Đơn (mẫu 8A): 1 bản chính; mẫu: 47-Mẫu 8A-Đơn.doc"),
        ("Đơn theo Quyết định số 5/2031/QĐ-TTgMẫu 2.docx1 bản chính", None),
        ("Đơn theo Nghị định 5/2031/NĐ-CPMẫu số 9.docx1 bản chính", None),
        ("Đơn qua VNeID;mẫu 1.pdf1 bản chính", "Đơn qua VNeID: 1 bản chính; mẫu: mẫu 1.pdf"),
        ("Đơn.Mau 1.docxMau 2.docx1 bản chính", "Đơn: 1 bản chính; mẫu: Mau 1.docx, Mau 2.docx"),
        ("Tệp “.pdf” của bản quét1 bản chính", "Tệp “.pdf” của bản quét: 1 bản chính"),
    ],
)
def test_a_paper_is_a_line_with_how_many_and_its_form(cell: str, line: str | None) -> None:
    if line is None:
        lead, form = re.split(r"(?=Mẫu)", cell.removesuffix("1 bản chính"))
        line = f"{lead}: 1 bản chính; mẫu: {form}"
    assert papers(PAPERS + cell) == Table(line, 1, 0)


def test_a_form_whose_first_letter_cannot_be_seen_stays_with_the_paper() -> None:
    cell = "Đơn theo mẫu quy địnhvăn bản đề nghị.docx"
    assert papers(f"{PAPERS}{cell}1 bản chính") == Table(f"{cell}: 1 bản chính", 1, 1)


@pytest.mark.parametrize(
    ("flat", "lines"),
    [
        ("Luật Một 54/2014/QH1354/2014/QH13", ["Luật Một 54/2014/QH13"]),
        (
            "Luật Một năm 201112/2011/QH13Luật Hai8/2012/QH13",
            ["Luật Một năm 2011 (12/2011/QH13)", "Luật Hai (8/2012/QH13)"],
        ),
        (
            "Luật MộtLuật số 32/2024/QH15Quy định hai5/2031/TT-BCA",
            ["Luật Một (Luật số 32/2024/QH15)", "Quy định hai (5/2031/TT-BCA)"],
        ),
        ("Về sách.66.7/2031/NQ-CPsửa Luật Hai2/2031/QH15", ["Về sách (66.7/2031/NQ-CP)", "sửa Luật Hai (2/2031/QH15)"]),
        ("7/2031/TT-BTC7/2031/TT-BTCLuật Hai2/2031/QH15", ["7/2031/TT-BTC", "Luật Hai (2/2031/QH15)"]),
        (
            "Nghị định số 5/2031/NĐ-CP ngày 1/2/2031 của Chính phủ về sách5/2031/NĐ-CPTHÔNG TƯ VỀ SÁCH8/2031/TT-BTC",
            ["Nghị định số 5/2031/NĐ-CP ngày 1/2/2031 của Chính phủ về sách", "THÔNG TƯ VỀ SÁCH (8/2031/TT-BTC)"],
        ),
        ("BỘ LUẬT ĐỌC SÁCHBỘ LUẬT ĐỌC SÁCHLuật Hai2/2031/QH15", ["BỘ LUẬT ĐỌC SÁCH", "Luật Hai (2/2031/QH15)"]),
        (
            "Sửa luật cũ 46/2031/QH15 Quy định về thẻ3/2031/TT-BCA",
            ["Sửa luật cũ (46/2031/QH15)", "Quy định về thẻ (3/2031/TT-BCA)"],
        ),
    ],
)
def test_an_instrument_is_a_line_with_its_number_once(flat: str, lines: list[str]) -> None:
    assert legal_basis(LAW + flat) == Table("\n".join(lines), len(lines), 0)


def test_the_number_of_an_instrument_is_never_given_to_another() -> None:
    """A number that cannot be read leaves its name without one; the next number belongs to the next name."""
    flat = "Nghị định về thẻ.73-CPThông tư 9/2031/TT-BTC9/2031/TT-BTC"
    assert legal_basis(LAW + flat) == Table("Nghị định về thẻ.73-CP\nThông tư 9/2031/TT-BTC", 2, 1)
    flat = "Nghị định về thẻ.73-CPThông tư số 9/2031/TT-BTC ngày 1/2/2031 về vé9/2031/TT-BTC"
    assert legal_basis(LAW + flat).text.split("\n") == [
        "Nghị định về thẻ.73-CP",
        "Thông tư số 9/2031/TT-BTC ngày 1/2/2031 về vé",
    ]
    flat = "Luật Một 201454Nghị định số 9/2031/NĐ-CPLuật Ba3/2031/QH15"
    assert legal_basis(LAW + flat) == Table("Luật Một 201454Nghị định số 9/2031/NĐ-CP\nLuật Ba (3/2031/QH15)", 2, 1)
    assert legal_basis(f"{LAW}Luật MộtkhôngLuật Hai2/2031/QH15") == Table("Luật MộtkhôngLuật Hai2/2031/QH15", 1, 1)


@pytest.mark.parametrize(
    ("flat", "names", "more"),
    [
        (f"Thẻ mượnMã: KQ.G99.000001{FORM_BEHIND}", ("Thẻ mượn",), ""),
        (f"Thẻ.Mã: KQ.G99.000001.vé thámMã: 000.00.00.G15-KQ0187{FORM_BEHIND}", ("Thẻ", "vé thám"), ""),
        (f"...Mã: KQ.G99.000001{FORM_BEHIND}", (), ""),
        (f"Mã: KQ.G99.000001{FORM_BEHIND}", (), ""),
        ("ThẻMã: abcTừ khóathẻMô tảCó hạn 2 năm.", ("Thẻ",), "Có hạn 2 năm."),
        ("Thẻ mượn", ("Thẻ mượn",), ""),
        ("", (), ""),
    ],
)
def test_results_are_told_by_name_without_the_form_of_the_page(flat: str, names: tuple[str, ...], more: str) -> None:
    assert results_of(flat) == (names, more)


@pytest.mark.parametrize(
    ("flat", "told"),
    [
        ("Nộp hồ sơ Bước 1: Điền phiếu. + Bước 2: Ký.", "Nộp hồ sơ\nBước 1: Điền phiếu.\n+ Bước 2: Ký."),
        ("a) Bước 1. Nộp; b) Bước 2. Nhận", "a) Bước 1. Nộp;\nb) Bước 2. Nhận"),
        ("chờ xử lýBước 10 Duyệt", "chờ xử lý\nBước 10 Duyệt"),
        ("Làm theo quy định tại Bước 2. Xong thì nghỉ.", "Làm theo quy định tại Bước 2. Xong thì nghỉ."),
        ("Kết quả của Bước 1: thẻ", "Kết quả của Bước 1: thẻ"),
    ],
)
def test_a_step_begins_a_line(flat: str, told: str) -> None:
    assert steps(flat) == told


def test_a_line_broken_off_within_a_sentence_goes_on() -> None:
    broken = (
        "Người mượn sách điền phiếu và gửi phiếu tới phòng đọc của thư viện\nxã nơi mình ở.\na) Ký sổ\nb) Nhận sách"
    )
    told = read_procedure({**ROW, "trinh_tu_thuc_hien": broken}).text
    assert "của thư viện xã nơi mình ở.\na) Ký sổ\nb) Nhận sách" in told


@pytest.mark.parametrize(
    ("cut", "whole"),
    [
        (
            {
                "trinh_tu_thuc_hien": "Bước 1. Lập hồ sơ theo mục 9.3 (",
                "thanh_phan_ho_so": ") và nộp cho thư viện.\nBước 2. Nhận sách.",
            },
            "Bước 1. Lập hồ sơ theo mục 9.3 (Thành phần hồ sơ) và nộp cho thư viện.\nBước 2. Nhận sách.",
        ),
        (
            {"trinh_tu_thuc_hien": "Bước 1. Lập hồ sơ theo mục", "thanh_phan_ho_so": "Bước 2. Nhận sách tại quầy."},
            "Bước 1. Lập hồ sơ theo mục Thành phần hồ sơ\nBước 2. Nhận sách tại quầy.",
        ),
        (
            {
                "cach_thuc_thuc_hien": f"{WAYS}Trực tiếp2 Ngày30,000 VNĐ(",
                "can_cu_phap_ly": ": Thông tư 9/2031/TT-BTC về lệ phí)",
            },
            "phí 30.000 đồng (Căn cứ pháp lý: Thông tư 9/2031/TT-BTC về lệ phí)",
        ),
    ],
)
def test_a_field_that_the_export_cut_in_two_at_a_heading_is_whole_again(cut: dict[str, str], whole: str) -> None:
    extract = read_procedure({**ROW, **cut})
    assert whole in extract.text
    assert any("nguồn cắt nhầm" in warning for warning in extract.warnings)
    lost = "Thành phần hồ sơ" if "thanh_phan_ho_so" in cut else "Căn cứ pháp lý"
    assert f"## {lost}" not in extract.text


def test_places_of_the_district_level_are_counted_and_left_in_the_text() -> None:
    row = {**ROW, "trinh_tu_thuc_hien": "Bước 1: Nộp tại UBND cấp huyện, quận hoặc thị xã. Người nộp là quân nhân."}
    extract = read_procedure(row)
    assert extract.warnings == ("nhắc tới cấp huyện (đã bỏ từ 1/7/2025): 3 chỗ",)
    assert row["trinh_tu_thuc_hien"] in extract.text


def test_rows_left_as_they_stood_are_reported_with_their_table() -> None:
    (warning,) = read_procedure({**ROW, "can_cu_phap_ly": f"{LAW}Luật MộtkhôngLuật Hai2/2031/QH15"}).warnings
    assert warning == "«Căn cứ pháp lý»: 1 trong 1 dòng không tách được chắc chắn, giữ nguyên như nguồn"


# Tables made up and flattened as the portal does: what comes back is what went in.

NAMES = st.lists(st.sampled_from("sách vở bút thẻ đơn phiếu ảnh giấy".split()), min_size=1, max_size=4).map(
    lambda words: " ".join(words).capitalize()
)
COUNTS = st.integers(1, 999)
WAY_NAMES = {"Trực tiếp": "trực tiếp", "Trực tuyến": "trực tuyến", "Dịch vụ bưu chính": "qua dịch vụ bưu chính"}
UNITS = st.sampled_from(["Ngày làm việc", "Ngày", "Giờ", "Tháng"])


@given(st.lists(st.tuples(st.sampled_from(list(WAY_NAMES)), COUNTS, UNITS, st.integers(1, 9999), NAMES), min_size=1))
def test_any_ways_come_back_one_a_line(rows: list[tuple[str, int, str, int, str]]) -> None:
    flat = "".join(f"{way}{count} {unit}{due * 1000:,} VNĐ(đồng/lần){name}" for way, count, unit, due, name in rows)
    assert ways_of_applying(WAYS + flat).text.split("\n") == [
        f"Nộp {WAY_NAMES[way]}: thời hạn {count} {unit.lower()}; "
        f"phí {f'{due * 1000:,}'.replace(',', '.')} đồng (đồng/lần); ghi chú: {name}"
        for way, count, unit, due, name in rows
    ]


@given(st.lists(st.tuples(NAMES, st.integers(1, 9), st.integers(0, 3), st.booleans()), min_size=1))
def test_any_papers_come_back_one_a_line(rows: list[tuple[str, int, int, bool]]) -> None:
    flat = "".join(
        f"{name}{'Mau so 7.docx' if form else ''}{count} bản chính{f',{copies} bản sao' if copies else ''}"
        for name, count, copies, form in rows
    )
    assert papers(PAPERS + flat).text.split("\n") == [
        f"{name}: {count} bản chính{f', {copies} bản sao' if copies else ''}{'; mẫu: Mau so 7.docx' if form else ''}"
        for name, count, copies, form in rows
    ]


@given(
    st.lists(
        st.tuples(NAMES, COUNTS, st.integers(1990, 2035), st.sampled_from(["NĐ-CP", "TT-BCA", "QH15"])), min_size=1
    )
)
def test_any_instruments_come_back_one_a_line(rows: list[tuple[str, int, int, str]]) -> None:
    flat = "".join(f"{name}{number}/{year}/{kind}" for name, number, year, kind in rows)
    assert legal_basis(LAW + flat).text.split("\n") == [
        f"{name} ({number}/{year}/{kind})" for name, number, year, kind in rows
    ]


PIECES = st.sampled_from(
    [
        *(
            "Trực tiếp",
            "Trực tuyến",
            "Dịch vụ bưu chính",
            "Miễn phí",
            "Không có thông tin",
            " Ngày làm việc",
            " VNĐ",
            "(",
        ),
        *(
            ")",
            " bản chính",
            ",1 bản sao",
            PAPERS,
            WAYS,
            LAW,
            ".docx",
            "Mẫu số ",
            "--",
            "/2031/NĐ-CP",
            "/QH15",
            "Luật ",
            " số ",
        ),
        *(
            "1",
            "0",
            "25",
            "2024",
            "1,000",
            "Mã:",
            "Từ khóa",
            "Mô tả",
            "Bước 1:",
            " ",
            "\n",
            "# ",
            ";",
            ".",
            "huyện",
            "a",
            "Á",
        ),
    ]
)
MESSES = st.lists(PIECES, max_size=30).map("".join)


@given(MESSES | st.text())
def test_no_figure_of_a_table_is_ever_lost_or_added(mess: str) -> None:
    mess = normalise(mess)
    said = re.sub(r"### Nhóm giấy tờ \d+", "", papers(mess).text)
    # A quantity of no originals tells nothing; the file of a form stands before the quantity in the source.
    assert sorted(_figures(said)) == sorted(_figures(mess.replace(PAPERS, "").replace("0 bản chính", ""))) or (
        "0 bản chính" in mess
    )
    assert _figures(ways_of_applying(mess).text) == _figures(mess.removeprefix(WAYS))
    told = iter(_figures(mess))
    assert all(figure in told for figure in _figures(legal_basis(mess).text))


@given(st.dictionaries(st.sampled_from(list(ROW)), MESSES | st.text() | st.none() | st.integers()))
def test_no_row_is_too_odd_to_read(row: dict[str, Any]) -> None:
    extract = read_procedure(row)
    assert extract.text == extract.text.strip()
    assert all(isinstance(value, str) and value for value in extract.declared.values())


@pytest.mark.parametrize(
    "unit",
    [
        *("1", "1,000", "(", "Trực tiếp1", "Trực tiếpA", "Trực tiếp1 NgàyMiễn phí(", "1 bản chính", "a1 bản chính"),
        *("Mẫu.docx", "aA.docx", "5/2031/NĐ-CP", "số 5/2031/NĐ-CP của ", "Luật 5/2031/NĐ-CP ngày ", "luật thư viện xã"),
        *(
            "A" * 12,
            "Bước 1:",
            " Bước 1: ",
            "Mã: 1",
            "một câu dài mãi không có dấu\n",
            "\n \n",
            PAPERS,
            "aLuật 1/2031/QH15",
            "1/A",
            "(1",
        ),
    ],
)
def test_input_made_to_be_slow_is_read(unit: str) -> None:
    long = unit * (300_000 // len(unit))
    tables = [read(header + long) for read, header in ((ways_of_applying, WAYS), (papers, PAPERS), (legal_basis, LAW))]
    assert all(table.kept <= table.rows for table in tables)
    assert _letters(steps(long)) == _letters(long)
    assert results_of(long)[1] == ""
    assert read_procedure({**ROW, "trinh_tu_thuc_hien": long[:30_000], "thanh_phan_ho_so": long[:30_000]}).text


# The portal's own export, whole: every word and figure of its tables is there, in order, and none beside.


@pytest.fixture(scope="module")
def export(shared: Path) -> list[dict[str, str]]:
    file = shared / "corpora" / "thu_tuc_hanh_chinh.jsonl.gz"
    if not file.is_file():
        pytest.skip("không có thu_tuc_hanh_chinh.jsonl.gz trong ../shared/corpora")
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def test_the_ways_of_the_export_are_whole(export: list[dict[str, str]]) -> None:
    labels = (
        "thờihạnvàphí|nộp|qua|thờihạn|phí|ghichú|cổngdịchvụcôngghi|khôngghiđơnvị|kèmchúthích|liềnnhau|xemcảghichú"
        "|khôngcóthôngtin"
    )
    _assert_whole(export, "cach_thuc_thuc_hien", WAYS, ways_of_applying, labels, 0.99)


def test_the_papers_of_the_export_are_whole(export: list[dict[str, str]]) -> None:
    _assert_whole(export, "thanh_phan_ho_so", PAPERS, papers, "0bảnchính", 0.98)


def test_the_legal_bases_of_the_export_are_whole(export: list[dict[str, str]]) -> None:
    """A number said twice is told once, so the result is a part of the source; no word or number is missing from it."""
    kept = rows = 0
    for row in export:
        flat = normalise(row["can_cu_phap_ly"])
        if not flat.startswith(LAW):
            continue
        flat = flat.removeprefix(LAW)
        table = legal_basis(flat)
        kept, rows = kept + table.kept, rows + table.rows
        source, told = _letters(flat), _letters(table.text)
        numbers = re.findall(r"(?<!\d)\d{1,3}/20\d\d/(?:NĐ-CP|TT-B[TC][CAP]|QH1\d)", flat)
        words = [word for word in flat.split() if word.isalpha() and word.islower()]
        assert _is_part(told, source), row["ma_thu_tuc"]
        assert [number for number in numbers if number not in table.text] == [], row["ma_thu_tuc"]
        assert [word for word in words if word not in told] == [], row["ma_thu_tuc"]
        assert len(source) - len(told) <= 30 * len(numbers) + 60, row["ma_thu_tuc"]
    assert 1 - kept / rows > 0.98


def _assert_whole(
    export: list[dict[str, str]], field: str, header: str, read: Callable[[str], Table], labels: str, share: float
) -> None:
    """Source and result are the same letters and figures but for the labels; `share` of the rows are told apart."""
    kept = rows = 0
    for row in export:
        flat = normalise(row[field])
        table = read(flat)
        kept, rows = kept + table.kept, rows + table.rows
        source, told = _letters(flat.replace(header, " ")), _letters(_as_in_the_source(table.text))
        assert re.sub(labels, "", told) == re.sub(labels, "", source), row["ma_thu_tuc"]
    assert 1 - kept / rows > share


def _as_in_the_source(text: str) -> str:
    """Lines of papers with their forms before the quantity again, without the headings of groups that have no title."""
    text = re.sub(r"^### Nhóm giấy tờ \d+$", "", text, flags=re.MULTILINE)
    both = r"(?:\d{1,2} bản chính(?:, \d+ bản sao)?|\d+ bản sao)"
    return re.sub(
        rf"(?:: |\()({both})?(?:; )?mẫu: (.*\.\w{{3,4}})\)?:?$", r"\2\1", text, flags=re.MULTILINE | re.IGNORECASE
    )


def _letters(text: str) -> str:
    """The letters and figures of a text in order, in small letters; currencies by one name."""
    return re.sub(r"[\W_]+", "", text.casefold().replace("việt nam đồng", "đồng").replace("vnđ", "đồng"))


def _figures(text: str) -> str:
    return "".join(character for character in text if character.isdigit())


def _is_part(some: str, whole: str) -> bool:
    """Whether letters stand in a text in their order, others among them."""
    rest = iter(whole)
    return all(letter in rest for letter in some)
