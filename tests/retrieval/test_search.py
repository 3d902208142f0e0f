from __future__ import annotations

import pytest

from retrieval.evidence import understand
from retrieval.index import Index
from retrieval.records import Hit
from retrieval.search import Filters, search
from tests.fakes import FakeEmbedder


def _search(index: Index, question: str, k: int = 10, filters: Filters | None = None, **more: list[int]) -> list[Hit]:
    return search(index, FakeEmbedder(), understand(question), k, filters or Filters(), **more)


@pytest.mark.parametrize(
    ("question", "document", "section"),
    [
        ("nộp hồ sơ trực tuyến gồm những bước nào", "cong-truc-tuyen", "Nộp hồ sơ trực tuyến gồm những bước nào?"),
        ("le phi nop qua dau", "cong-truc-tuyen", "Lệ phí được nộp qua đâu?"),
        ("so dien thoai nao nhan bao lua dao", "lua-dao", "Số điện thoại nào nhận báo lừa đảo?"),
        ("Làng nghề gỗ bán hàng ở đâu", "nam-dinh-2024", "Làng nghề số"),
        ("sao luu hom thu", "nghi-dinh-moi", "Điều 7. Sao lưu hòm thư"),
    ],
)
def test_the_passage_that_answers_comes_first(library_index: Index, question: str, document: str, section: str) -> None:
    best = _search(library_index, question)[0]
    assert (best.document.id, best.passage.section, best.rejected) == (document, section, None)


def test_hits_come_best_first_kept_and_rejected_with_every_score(library_index: Index) -> None:
    hits = _search(library_index, "dung lượng hòm thư công vụ", 20)
    assert [hit.fused for hit in hits] == sorted((hit.fused for hit in hits), reverse=True)
    assert {hit.rejected for hit in hits} == {None, "weak_evidence"}
    assert all(0 <= hit.fused <= 1 and 0 <= hit.evidence <= 1 and 0 <= hit.heading <= 1 for hit in hits)
    assert all(-1 <= hit.dense <= 1.0001 and hit.lexical >= 0 for hit in hits)
    assert hits[0].to_json()["kept"] is True
    assert hits[-1].to_json()["rejected"] == "weak_evidence"


def test_no_more_than_k_hits_and_the_same_order_for_any_k(library_index: Index) -> None:
    ids = [hit.passage.id for hit in _search(library_index, "hòm thư", 20)]
    assert len(set(ids)) == len(ids)
    assert [hit.passage.id for hit in _search(library_index, "hòm thư", 3)] == ids[:3]


def test_rows_to_include_are_judged_too_after_the_best(library_index: Index) -> None:
    row = next(n for n, passage in enumerate(library_index.passages) if passage.section == "Làng nghề số")
    hits = _search(library_index, "mã OTP là gì", 2, include=[row])
    assert [hit.passage.section for hit in hits[2:]] == ["Làng nghề số"]
    assert hits[2].rejected == "weak_evidence"


def test_included_rows_among_the_best_come_once(library_index: Index) -> None:
    everything = list(range(len(library_index.passages)))
    ids = [hit.passage.id for hit in _search(library_index, "mã OTP", 3, include=everything)]
    assert sorted(ids) == sorted(passage.id for passage in library_index.passages)


def test_filters_by_province_and_year(library_index: Index) -> None:
    def found(province: str | None = None, year: str | None = None) -> set[str]:
        return {hit.document.id for hit in _search(library_index, "lớp học số", 50, Filters(province, year))}

    assert found("Nam Định") == {"nam-dinh-2024"}
    assert found(year="2022") == {"nghi-dinh-cu", "quang-ninh-2022"}
    assert found("Quảng Ninh", "2022") == {"quang-ninh-2022"}
    assert found("Quảng Ninh", "2024") == set()
    assert found("Bến Tre") == set()


@pytest.mark.parametrize("question", ["Quảng Ninh mở bao nhiêu lớp học", "quang ninh mo bao nhieu lop hoc"])
def test_another_province_is_rejected_however_near_its_text_is(library_index: Index, question: str) -> None:
    hits = _search(library_index, question, 20)
    kept = [hit for hit in hits if hit.rejected is None]
    assert {hit.document.id for hit in kept} == {"quang-ninh-2022"}
    other = next(hit for hit in hits if hit.document.id == "nam-dinh-2024")
    assert other.rejected == "other_province"


@pytest.mark.parametrize("question", ["", "👍", "???"])
def test_a_question_without_words_finds_nothing_to_keep(library_index: Index, question: str) -> None:
    assert [hit for hit in _search(library_index, question) if hit.rejected is None] == []
