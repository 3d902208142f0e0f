from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.answer import Answerer
from retrieval.articles import ArticleName, article_asked, bears
from retrieval.building import build
from retrieval.index import load
from retrieval.readers import read_sources
from retrieval.records import Status
from tests.fakes import FakeEmbedder

LESSONS = """Chương I
QUY ĐỊNH CHUNG
Điều 1. Lớp học số
1. Lớp học số mở vào tối thứ ba hằng tuần.
2. Người học được mượn:
a) Máy tính bảng;
b) Sách hướng dẫn.
3. Lớp học số không thu tiền.
Điều 12. Nhà văn hóa
Nhà văn hóa thôn cho lớp học số dùng phòng.
"""
OTHER = """Điều 1. Đèn đường
1. Đèn đường bật lúc sáu giờ tối.
2. Trưởng thôn giữ chìa khóa tủ điện.
Điều 2. Sửa đèn
Đèn hỏng được thay trong ba ngày.
"""
ASKED = [
    ("Điều 79 Nghị định 224/2026/NĐ-CP quy định gì?", ArticleName("79", "", "nghị định", "224", "2026")),
    ("điều 79 nghị định 224 năm 2026 nói gì vậy ạ", ArticleName("79", "", "nghị định", "224", "2026")),
    ("cho em xem khoản 4 điều 79", ArticleName("79", "khoản 4")),
    ("điểm b khoản 3 Điều 5a Luật số 60/2014/QH13", ArticleName("5a", "khoản 3, điểm b", "luật", "60", "2014")),
    ("Điều 9, khoản 1, điểm c của quyết định 12 là gì?", ArticleName("9", "khoản 1, điểm c", "quyết định", "12")),
    ("Theo điều 42 thì dự án nào thiết kế một bước?", None),
    ("Điều 5 và điều 6 khác nhau thế nào?", None),
    ("Điều kiện nhập học là gì?", None),
    ("Tài điều 5", None),
    ("", None),
]


@pytest.fixture(scope="module")
def answerer(tmp_path_factory: pytest.TempPathFactory) -> Answerer:
    folder = tmp_path_factory.mktemp("articles")
    (folder / "quyet-dinh-12-2026.txt").write_text(f"QUYẾT ĐỊNH\nVề lớp học\n{LESSONS}", encoding="utf-8")
    front = "---\nid: den\ntitle: Đèn\nnumber: 0{}/QĐ-UBND\n---\n{}"
    (folder / "den.md").write_text(front.format("7/2025", OTHER), encoding="utf-8")
    (folder / "den-cu.md").write_text(
        front.format("7/2021", OTHER.replace("sáu", "năm")).replace("id: den", "id: den-cu\neffective_to: 2024-12-31"),
        encoding="utf-8",
    )
    embedder = FakeEmbedder()
    build(read_sources([folder]).documents, embedder, folder / "index")
    return Answerer(load(folder / "index", embedder), embedder, lambda: date(2026, 11, 1))


@pytest.mark.parametrize(("question", "name"), ASKED)
def test_which_article_is_asked_for(question: str, name: ArticleName | None) -> None:
    assert article_asked(question) == name


@given(st.text(max_size=60))
def test_any_text_names_an_article_or_none(text: str) -> None:
    name = article_asked(text)
    assert name is None or name.article[0].isdigit()


def test_an_article_is_not_one_whose_number_begins_alike() -> None:
    assert bears(ArticleName("1"), "Chương I › Điều 1. Lớp học số")
    assert not bears(ArticleName("1"), "Điều 12. Nhà văn hóa")
    assert not bears(ArticleName("1"), "Điều 1a. Khác")
    assert not bears(ArticleName("1"), "Điều 1. Lớp học số › Phụ lục")


@pytest.mark.parametrize(
    ("question", "section", "quote"),
    [
        ("Điều 12 quyết định 12/2026", "Điều 12. Nhà văn hóa", "Nhà văn hóa thôn cho lớp học số dùng phòng."),
        ("khoản 3 điều 1 quyết định 12 nói gì", "› khoản 3", "3. Lớp học số không thu tiền."),
        ("Điều 1 khoản 2 điểm b quyết định số 12", "› khoản 2, điểm b", "b) Sách hướng dẫn."),
        ("khoan 2 dieu 1 quyet dinh 12", "› khoản 2", "2. Người học được mượn:\na) Máy tính bảng;\nb) Sách hướng dẫn."),
        ("Điều 2 nói gì?", "Điều 2. Sửa đèn", "Đèn hỏng được thay trong ba ngày."),
        ("khoản 2 điều 1 quyết định 7 năm 2025", "› khoản 2", "2. Trưởng thôn giữ chìa khóa tủ điện."),
        ("khoản 1 điều 1 quyết định 7/2021", "› khoản 1", "1. Đèn đường bật lúc năm giờ tối."),
    ],
)
def test_an_article_is_quoted_as_it_stands(answerer: Answerer, question: str, section: str, quote: str) -> None:
    answer = answerer.answer(question)
    assert answer.status is Status.ANSWERED
    assert [citation.quote for citation in answer.citations] == [quote]
    assert answer.citations[0].section.endswith(section)


def test_a_lapsed_instrument_is_quoted_only_by_its_name_and_labelled(answerer: Answerer) -> None:
    assert [note.kind for note in answerer.answer("khoản 1 điều 1 quyết định 7/2021").notes] == ["expired"]
    assert "năm giờ" not in answerer.answer("Điều 1 nói gì?").text


def test_where_several_have_such_an_article_the_bot_asks_which(answerer: Answerer) -> None:
    answer = answerer.answer("Khoản 1 điều 1 nói gì?")
    assert (answer.status, answer.reason) == (Status.CLARIFY, "meant")
    assert answer.related == ("Khoản 1 Điều 1 Quyết định 07/2025/QĐ-UBND",)
    assert answerer.answer(answer.related[0]).citations[0].quote == "1. Đèn đường bật lúc sáu giờ tối."


def test_an_article_that_no_document_holds_is_not_made_up(answerer: Answerer) -> None:
    for question in ("Điều 99 quyết định 12/2026 nói gì?", "Điều 1 nghị định 500/2026 nói gì?"):
        assert answerer.answer(question).status is not Status.ANSWERED
