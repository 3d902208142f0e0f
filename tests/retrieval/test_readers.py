from __future__ import annotations

import gzip
import json
import unicodedata
from pathlib import Path

import pytest

from retrieval.errors import DuplicateIdError, EmptySourceError, SourceError
from retrieval.readers import read_sources
from retrieval.records import ARTICLE_FIELDS
from retrieval.sources.markdown import DATE_FIELDS, REQUIRED_FIELDS
from tests.retrieval.library import LIBRARY, read_one, write_document

PAGE = """<!doctype html><html lang="vi"><head><title>Mở lớp kỹ năng số</title>
<link rel="canonical" href="https://example.org/mo-lop"></head><body>
<nav><ul><li><a href="/">Trang chủ</a></li><li><a href="/dang-ky">Đăng ký nhận tin</a></li></ul></nav>
<article><h1>Mở lớp kỹ năng số</h1>
<p>Ủy ban nhân dân xã mở lớp kỹ năng số cho người cao tuổi vào tối thứ ba hằng tuần tại nhà văn hóa thôn.</p>
<h2>Học gì</h2><p>Người học được chỉ cách đăng nhập cổng dịch vụ công, nộp hồ sơ và nhận biết cuộc gọi lừa đảo.</p>
</article><footer>Bản quyền thuộc về cổng thông tin thử nghiệm. Quảng cáo liên hệ phòng kinh doanh.</footer>
<script>theoDoi();</script></body></html>"""
PROCEDURE = {
    "ma_thu_tuc": "1.000894",
    "ten_thu_tuc": "Đăng ký kết hôn",
    "co_quan_co_tham_quyen": "Ủy ban nhân dân cấp xã",
    "so_quyet_dinh": "12/QĐ-TEST",
    "detail_url": "https://example.org/tt/1.000894",
    "linh_vuc": "Hộ tịch",
    "doi_tuong_thuc_hien": "Công dân Việt Nam",
    "co_quan_thuc_hien": "Ủy ban nhân dân xã, phường",
    "ket_qua_xu_ly": "Giấy chứng nhận kết hônMã: KQ.G99.000001Từ khóaKhông có thông tinChọn cơ quan thực hiệnNộp hồ sơ",
    "trinh_tu_thuc_hien": "Bước 1: Nộp tờ khai tại bộ phận một cửa.\r\nBước 2: Cùng ký vào sổ.",
    "cach_thuc_thuc_hien": "Trực tiếp5 Ngày làm việcMiễn lệ phí.",
    "thanh_phan_ho_so": "Tờ khai đăng ký kết hôn.",
    "can_cu_phap_ly": "Luật Hộ tịch60/2014/QH13",
    "yeu_cau_dieu_kien": "Không có thông tin",
    "thu_tuc_lien_quan": "Không có thông tin",
    "formality_id": "",
    "bo_nganh": "bo-thu-nghiem",
}
BEIR = [
    {"_id": "p1", "title": "Thư viện số", "text": "Thư viện mở cửa cả ngày."},
    {"_id": 7, "title": "", "text": "Bảo tàng mở cửa buổi sáng."},
]


def _write(path: Path, text: str, zipped: bool) -> Path:
    if not zipped:
        path.write_text(text, encoding="utf-8")
        return path
    target = path.with_name(path.name + ".gz")
    target.write_bytes(gzip.compress(text.encode()))
    return target


def _problem(path: Path, strict: bool = False) -> SourceError:
    """The one problem of a file that must be refused; it always names the file."""
    (problem,) = read_sources([path], strict).problems
    assert str(path) in str(problem)
    return problem


zipped_or_not = pytest.mark.parametrize("zipped", [False, True], ids=["plain", "gz"])


@zipped_or_not
def test_markdown_with_front_matter(documents: Path, zipped: bool) -> None:
    plain = write_document(
        documents,
        "thu-vien",
        "## Giờ mở cửa?\n\nMở cả ngày.\n\n### Ngày lễ\n\nĐóng cửa.",
        number="3/TB",
        province="Nam Định",
        effective_from="2026-02",
        url="https://example.org/a",
        audience=["nguoi_dan"],
        topics={"opening": "Giờ mở cửa?"},
    )
    document = read_one(_write(plain, plain.read_text(encoding="utf-8"), zipped), strict=True)
    assert (document.id, document.title, document.issuer) == ("thu-vien", "Tài liệu thử", "Nhóm kiểm thử")
    assert (document.number, document.province, document.effective_from) == ("3/TB", "Nam Định", "2026-02")
    assert (document.effective_to, document.audience) == (None, ("nguoi_dan",))
    assert document.topics == {"opening": "Giờ mở cửa?"}
    assert [section.path for section in document.sections] == [("Giờ mở cửa?",), ("Giờ mở cửa?", "Ngày lễ")]
    assert [document.text[s.start : s.end].strip() for s in document.sections] == ["Mở cả ngày.", "Đóng cửa."]


@zipped_or_not
def test_markdown_without_front_matter_is_named_after_its_file_and_first_heading(documents: Path, zipped: bool) -> None:
    document = read_one(_write(documents / "so-tay.md", "# Sổ tay số\n\nMở ứng dụng.\n", zipped))
    assert (document.id, document.title) == ("so-tay", "Sổ tay số")
    assert document.issued is None


@zipped_or_not
def test_plain_text_is_named_after_its_file_and_first_full_line(documents: Path, zipped: bool) -> None:
    text = "(Tiếp theo)\r\nTin tức\r\nXã mở lớp học số miễn phí\r\nNhiều người tới học."
    document = read_one(_write(documents / "bai.viet.txt", text, zipped))
    assert (document.id, document.title) == ("bai.viet", "Xã mở lớp học số miễn phí")
    assert "\r" not in document.text


@zipped_or_not
def test_html_keeps_the_article_and_drops_the_boilerplate(documents: Path, zipped: bool) -> None:
    document = read_one(_write(documents / "trang.html", PAGE, zipped))
    assert (document.id, document.title, document.url) == ("trang", "Mở lớp kỹ năng số", "https://example.org/mo-lop")
    assert "nhà văn hóa thôn" in document.text
    assert not any(word in document.text for word in ("Trang chủ", "Bản quyền", "theoDoi", "<p>"))


@zipped_or_not
@pytest.mark.parametrize("ending", ["json", "jsonl"])
def test_beir_rows_keep_their_id(documents: Path, ending: str, zipped: bool) -> None:
    rows = BEIR if ending == "json" else None
    text = json.dumps(rows) if rows else "\n".join(json.dumps(row) for row in BEIR) + "\n\n"
    found = read_sources([_write(documents / f"corpus.{ending}", text, zipped)]).documents
    assert [(d.id, d.title, d.text) for d in found] == [
        ("p1", "Thư viện số", "Thư viện mở cửa cả ngày."),
        ("7", "", "Bảo tàng mở cửa buổi sáng."),
    ]


@zipped_or_not
def test_a_procedure_of_the_national_portal_is_told_in_the_order_that_people_need(
    documents: Path, zipped: bool
) -> None:
    document = read_one(_write(documents / "thu_tuc.json", json.dumps(PROCEDURE), zipped))
    assert (document.id, document.title, document.kind) == ("1.000894", "Đăng ký kết hôn", "Thủ tục hành chính")
    assert (document.issuer, document.number) == ("Ủy ban nhân dân cấp xã", "12/QĐ-TEST")
    assert document.url == "https://example.org/tt/1.000894"
    facts, *parts = document.sections
    assert facts.path == ()
    assert document.text[facts.start : facts.end].strip().split("\n") == [
        "Kết quả: Giấy chứng nhận kết hôn",
        "Lĩnh vực: Hộ tịch",
        "Đối tượng: Công dân Việt Nam",
        "Cơ quan thực hiện: Ủy ban nhân dân xã, phường",
    ]
    assert [(part.path, document.text[part.start : part.end].strip()) for part in parts] == [
        (("Cách thức thực hiện, thời hạn, lệ phí",), "Trực tiếp5 Ngày làm việcMiễn lệ phí."),
        (("Thành phần hồ sơ",), "Tờ khai đăng ký kết hôn."),
        (("Trình tự thực hiện",), "Bước 1: Nộp tờ khai tại bộ phận một cửa.\nBước 2: Cùng ký vào sổ."),
        (("Căn cứ pháp lý",), "Luật Hộ tịch (60/2014/QH13)"),
    ]


@pytest.mark.parametrize("nothing", ["Không có thông tin", "  Không có thông tin\n", "", " ", None])
def test_what_the_portal_leaves_blank_is_never_quoted(documents: Path, nothing: str | None) -> None:
    blank = dict.fromkeys(("linh_vuc", "ket_qua_xu_ly", "cach_thuc_thuc_hien", "can_cu_phap_ly"), nothing)
    row = {**PROCEDURE, **blank}
    document = read_one(_write(documents / "thu_tuc.json", json.dumps(row), zipped=False))
    assert "Không có thông tin" not in document.text
    assert not any(word in document.text for word in ("Kết quả", "Lĩnh vực", "Cách thức", "Căn cứ", "None"))
    assert "Tờ khai đăng ký kết hôn." in document.text


@pytest.mark.parametrize("nothing", ["Không có thông tin", "", None])
def test_a_procedure_without_an_authority_names_none(documents: Path, nothing: str | None) -> None:
    row = {**PROCEDURE, "co_quan_co_tham_quyen": nothing}
    document = read_one(_write(documents / "thu_tuc.json", json.dumps(row), zipped=False))
    assert document.issuer != "Không có thông tin"


def test_the_search_form_behind_a_result_is_no_text(documents: Path) -> None:
    document = read_one(_write(documents / "thu_tuc.json", json.dumps(PROCEDURE), zipped=False))
    assert not any(word in document.text for word in ("Mã:", "Từ khóa", "Chọn cơ quan", "Nộp hồ sơ"))
    row = {**PROCEDURE, "ket_qua_xu_ly": "Mã: KQ.G99.000001Từ khóaKhông có thông tin"}
    assert "Kết quả" not in read_one(_write(documents / "thu_tuc.json", json.dumps(row), zipped=False)).text


def test_a_procedure_that_names_a_province_holds_everywhere(documents: Path) -> None:
    """An example in the text ("nộp tại Nam Định") must not keep the procedure from people elsewhere."""
    row = {**PROCEDURE, "trinh_tu_thuc_hien": "Ở Nam Định nộp tại Nam Định. Nam Định trả kết quả ở Nam Định."}
    assert read_one(_write(documents / "thu_tuc.json", json.dumps(row), zipped=False)).province is None


def test_the_lines_of_an_export_are_procedures_each_with_its_own_code(documents: Path) -> None:
    rows = [{**PROCEDURE, "ma_thu_tuc": f"1.00000{n}"} for n in range(3)]
    text = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    report = read_sources([_write(documents / "thu_tuc.jsonl", text, zipped=True)])
    assert report.problems == []
    assert [d.id for d in report.documents] == ["1.000000", "1.000001", "1.000002"]


def test_rows_of_other_fields_become_sections_named_by_their_fields(documents: Path) -> None:
    row = {"id": "x1", "title": "Thẻ thư viện", "le_phi": "Miễn lệ phí.", "ghi_chu": "", "so_ngay": 5}
    document = read_one(_write(documents / "the.json", json.dumps(row), zipped=False))
    assert [section.path for section in document.sections] == [("le phi",)]
    assert document.text.endswith("Miễn lệ phí.")


def test_text_is_normalised_and_a_byte_order_mark_is_no_text(documents: Path) -> None:
    path = documents / "nfd.txt"
    path.write_bytes(b"\xef\xbb\xbf" + unicodedata.normalize("NFD", "Chuyển\u200b đổi số cho mọi nhà").encode())
    assert read_one(path).text == "Chuyển đổi số cho mọi nhà"


def test_windows_line_ends_and_byte_order_mark_do_not_hide_the_front_matter(documents: Path) -> None:
    path = write_document(documents, "cua-so", "## Hỏi?\n\nĐáp.")
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert read_one(path, strict=True).title == "Tài liệu thử"


def test_the_province_of_a_foreign_text_is_the_one_it_keeps_naming(documents: Path) -> None:
    (documents / "a.txt").write_text("Nam Định học số\nNam Định mở lớp. Nam Định cấp máy.", encoding="utf-8")
    (documents / "b.txt").write_text("Các tỉnh học số\nNam Định, Bến Tre, An Giang mở lớp.", encoding="utf-8")
    assert [d.province for d in read_sources([documents]).documents] == ["Nam Định", None]


def test_folders_are_read_in_a_stable_order_without_hidden_and_foreign_files(documents: Path) -> None:
    write_document(documents / "b", "hai", "Chữ.")
    write_document(documents / "a", "mot", "Chữ.")
    (documents / ".hidden.md").write_text("# Ẩn", encoding="utf-8")
    (documents / "anh.png").write_bytes(b"\x89PNG")
    assert [d.id for d in read_sources([documents], strict=True).documents] == ["mot", "hai"]


def test_the_test_library_is_strict() -> None:
    assert read_sources([LIBRARY], strict=True).problems == []


@pytest.mark.parametrize("name", REQUIRED_FIELDS)
@pytest.mark.parametrize("value", [None, "", "null"], ids=["absent", "empty", "null"])
def test_strict_reading_names_the_missing_field(documents: Path, name: str, value: str | None) -> None:
    problem = _problem(write_document(documents, "thieu", "Chữ.", **{name: value}), strict=True)
    assert problem.field == name
    assert f"trường '{name}'" in str(problem)


@pytest.mark.parametrize("name", DATE_FIELDS)
@pytest.mark.parametrize("value", ["2026-13-40", "2026-02-30", "21/11/2026", "năm ngoái", "2026-7"])
def test_strict_reading_names_a_broken_date(documents: Path, name: str, value: str) -> None:
    problem = _problem(write_document(documents, "ngay", "Chữ.", **{name: value}), strict=True)
    assert problem.field == name
    assert value in str(problem)


@pytest.mark.parametrize("value", ["2026", "2026-07", "2024-02-29"])
def test_whole_and_partial_dates_are_dates(documents: Path, value: str) -> None:
    assert read_one(write_document(documents, "ngay", "Chữ.", issued=value), strict=True).issued == value


@pytest.mark.parametrize(
    ("front", "field"),
    [
        ({"id": "khac"}, "id"),
        ({"url": "example.org/a"}, "url"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"topics": {"greet": "Không có đề mục này"}}, "topics"),
        ({"topics": {"greet": "Hai lần"}}, "topics"),
    ],
)
def test_strict_reading_names_what_does_not_fit(documents: Path, front: dict[str, object], field: str) -> None:
    body = "## Một lần\n\nChữ.\n\n## Hai lần\n\nChữ.\n\n## Hai lần\n\nChữ nữa."
    assert _problem(write_document(documents, "sai", body, **front), strict=True).field == field


@pytest.mark.parametrize("front", [{"topics": {"greet": ["Một lần"]}}, {"topics": ["greet"]}])
def test_strict_reading_names_topics_of_the_wrong_shape(documents: Path, front: dict[str, object]) -> None:
    assert _problem(write_document(documents, "sai", "## Một lần\n\nChữ.", **front), strict=True).field == "topics"


CHAPTERS = "## Chương II\n\n### Điều 5. Phạt\n\nPhạt tiền.\n\n## Điều 6\n\nMiễn phạt."
LATER = {"effective_from": "2026-07"}


@pytest.mark.parametrize("heading", ["Điều 6", "Điều 5. Phạt", "Chương II"])
def test_front_matter_says_what_single_articles_have_of_their_own(documents: Path, heading: str) -> None:
    own = {
        "number": "9/2026/NĐ-TEST",
        "issued": "2026-05-20",
        "effective_from": "2026-07",
        "effective_to": "2027",
        "replaced_by": "10/2027/NĐ-TEST",
        "amended_by": "8/2026/NĐ-TEST",
    }
    document = read_one(write_document(documents, "luat", CHAPTERS, articles={heading: own}), strict=True)
    assert set(own) == set(ARTICLE_FIELDS)
    assert document.articles == {heading: own}
    assert (document.number, document.effective_from) == (None, None)
    assert document.article(heading).effective_from == "2026-07"


@pytest.mark.parametrize("written", ["articles: {}", "articles:", "articles: null"])
def test_a_document_may_say_nothing_of_its_articles(documents: Path, written: str) -> None:
    path = write_document(documents, "luat", CHAPTERS)
    path.write_text(path.read_text(encoding="utf-8").replace("\n---\n", f"\n{written}\n---\n", 1), encoding="utf-8")
    assert written in path.read_text(encoding="utf-8")
    assert read_one(path, strict=True).articles == {}


def test_dates_of_articles_written_as_yaml_are_dates(documents: Path) -> None:
    path = write_document(documents, "luat", CHAPTERS)
    written = "articles:\n  Điều 6: {effective_from: 2026-07-01}\n  Điều 5. Phạt:\n    effective_to: 2026-06-30"
    path.write_text(path.read_text(encoding="utf-8").replace("\n---\n", f"\n{written}\n---\n", 1), encoding="utf-8")
    assert read_one(path, strict=True).articles == {
        "Điều 6": {"effective_from": "2026-07-01"},
        "Điều 5. Phạt": {"effective_to": "2026-06-30"},
    }


BAD_ARTICLES: list[tuple[object, str]] = [
    ({"Điều 7": LATER}, "Điều 7"),
    ({"điều 6": LATER}, "điều 6"),
    ({"Điều 6": {"title": "Khác"}}, "number, issued, effective_from"),
    ({"Điều 6": {"province": "Nam Định"}}, "number, issued, effective_from"),
    ({"Điều 6": {"effective_from": "2026-02-30"}}, "2026-02-30"),
    ({"Điều 6": {"effective_to": "30/6/2026"}}, "30/6/2026"),
    ({"Điều 6": {"issued": "năm ngoái"}}, "năm ngoái"),
    ({"Điều 6": {"effective_from": ""}}, "effective_from"),
    ({"Điều 6": {"number": ["9/2026"]}}, "number"),
    ({"Điều 6": "2026-07"}, "đề mục"),
    ({"Điều 6": ["2026-07"]}, "đề mục"),
    (["Điều 6"], "đề mục"),
    ("Điều 6", "đề mục"),
]


@pytest.mark.parametrize(("articles", "says"), BAD_ARTICLES)
def test_strict_reading_names_what_is_wrong_with_articles(documents: Path, articles: object, says: str) -> None:
    problem = _problem(write_document(documents, "sai", CHAPTERS, articles=articles), strict=True)
    assert problem.field == "articles"
    assert says in str(problem)


@pytest.mark.parametrize(("articles", "says"), BAD_ARTICLES)
def test_reading_that_is_not_strict_leaves_out_what_is_wrong_with_articles(
    documents: Path, articles: object, says: str
) -> None:
    document = read_one(write_document(documents, "sai", CHAPTERS, articles=articles))
    assert not any(document.articles.values()), says
    for section in ("Điều 6", "Điều 7", "Chương II › Điều 5. Phạt"):
        assert document.article(section) == document


def test_reading_that_is_not_strict_keeps_what_is_right_beside_what_is_wrong(documents: Path) -> None:
    articles = {"Điều 6": {"effective_to": "30/6/2026", "number": "9/2026", "title": "Khác"}, "Chương II": LATER}
    document = read_one(write_document(documents, "sai", CHAPTERS, articles=articles))
    assert document.articles == {"Điều 6": {"number": "9/2026"}, "Chương II": LATER}


def test_strict_reading_wants_front_matter(documents: Path) -> None:
    path = documents / "tran.md"
    path.write_text("# Không có phần đầu\n\nChữ.", encoding="utf-8")
    assert "front matter" in str(_problem(path, strict=True))


@pytest.mark.parametrize(
    ("name", "raw", "says"),
    [
        ("a.md", b"", "rỗng"),
        ("a.txt", b" \n\t\n", "rỗng"),
        ("a.txt", b"\xe2\x80\x8b\xef\xbb\xbf", "không có chữ nào"),
        ("a.md", b"---\ntitle: 'mo\n---\nChu.", "YAML"),
        ("a.md", b"---\n- mot\n- hai\n---\nChu.", "tên: giá trị"),
        pytest.param("a.html", b"<html><body><script>x()</script></body></html>", "HTML"),
        ("a.json", b'{\n"_id": "1",\n"text" "x"}', "dòng 3"),
        ("a.json", b'["chu"]', "phần tử 1"),
        ("a.jsonl", b'{"_id": "1", "text": "x"}\n\n{"_id": ', "dòng 3"),
        ("a.jsonl", b'{"_id": "1", "text": "x"}\n{"text": "x"}', "dòng 2: thiếu mã"),
        ("a.jsonl", b'{"_id": "1", "text": ""}', "dòng 1: không có nội dung"),
        ("a.txt.gz", b"khong phai gzip", "không mở được"),
        ("a.txt.gz", gzip.compress("Chữ nghĩa".encode() * 99)[:-9], "không mở được"),
        ("a.exe", b"MZ", "không đọc được loại tệp"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_the_reason(documents: Path, name: str, raw: bytes, says: str) -> None:
    path = documents / name
    path.write_bytes(raw)
    assert says in str(_problem(path))


def test_a_gzip_file_damaged_in_the_middle_is_named(documents: Path) -> None:
    raw = bytearray(gzip.compress("Chữ nghĩa khác nhau trong tệp nén".encode()))
    raw[12] ^= 0xFF
    path = documents / "a.txt.gz"
    path.write_bytes(bytes(raw))
    assert "không mở được" in str(_problem(path))


def test_a_bad_file_does_not_stop_the_rest(documents: Path) -> None:
    (documents / "a.json").write_text("{", encoding="utf-8")
    write_document(documents, "b", "Chữ.")
    (documents / "c.txt").write_bytes(b"\xff\xfe")
    report = read_sources([documents])
    assert [d.id for d in report.documents] == ["b"]
    assert [Path(problem.path).name for problem in report.problems] == ["a.json", "c.txt"]


def test_two_documents_with_one_id_are_refused_naming_both_files(documents: Path) -> None:
    first = write_document(documents / "a", "trung", "Chữ.")
    second = write_document(documents / "b", "trung", "Chữ khác.")
    (problem,) = read_sources([documents], strict=True).problems
    assert isinstance(problem, DuplicateIdError)
    assert str(first) in str(problem)
    assert str(second) in str(problem)


def test_a_duplicate_row_does_not_lose_the_rows_after_it(documents: Path) -> None:
    rows = [{"_id": identity, "text": f"Chữ {n}."} for n, identity in enumerate(["a", "a", "b"])]
    (documents / "hang.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    report = read_sources([documents])
    assert [d.id for d in report.documents] == ["a", "b"]
    assert len(report.problems) == 1


def test_a_missing_source_is_named(tmp_path: Path) -> None:
    with pytest.raises(EmptySourceError, match="khong-co"):
        read_sources([tmp_path / "khong-co"])


def test_an_empty_folder_is_named_with_what_can_be_read(documents: Path) -> None:
    with pytest.raises(EmptySourceError, match=r"documents.*html.*jsonl"):
        read_sources([documents])
