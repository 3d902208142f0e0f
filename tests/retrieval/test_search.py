from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from retrieval.index import Index
from retrieval.question import understand
from retrieval.records import Hit
from retrieval.search import Filters, search
from tests.fakes import FakeEmbedder


def _search(index: Index, question: str, k: int = 10, filters: Filters | None = None, **more: list[int]) -> list[Hit]:
    return search(index, FakeEmbedder(), understand(question), k, filters or Filters(), **more)[0]


@pytest.mark.parametrize(
    ("question", "document", "section"),
    [
        ("nộp hồ sơ trực tuyến gồm những bước nào", "cong-truc-tuyen", "Nộp hồ sơ trực tuyến gồm những bước nào?"),
        ("le phi nop qua dau", "cong-truc-tuyen", "Lệ phí được nộp qua đâu?"),
        ("so dien thoai nao nhan bao lua dao", "lua-dao", "Số điện thoại nào nhận báo lừa đảo?"),
        ("Làng nghề gỗ bán hàng ở đâu", "nam-dinh-2024", "Làng nghề số"),
        ("lafng ngheef goox bans hafng owr ddaau", "nam-dinh-2024", "Làng nghề số"),
        ("sao luu hom thu", "nghi-dinh-moi", "Điều 7. Sao lưu hòm thư"),
    ],
)
def test_the_passage_that_answers_comes_first(library_index: Index, question: str, document: str, section: str) -> None:
    best = _search(library_index, question)[0]
    assert (best.document.id, best.passage.section) == (document, section)


def test_hits_come_best_first_with_every_score_and_no_judgement(library_index: Index) -> None:
    hits = _search(library_index, "dung lượng hòm thư công vụ", 20)
    assert [hit.fused for hit in hits] == sorted((hit.fused for hit in hits), reverse=True)
    assert all(0 <= hit.fused <= 1.0001 and hit.lexical >= 0 for hit in hits)
    assert all(-1 <= hit.dense <= 1.0001 and -1 <= hit.sentence <= 1.0001 for hit in hits)
    assert {(hit.rejected, hit.evidence, hit.quote) for hit in hits} == {(None, 0.0, (0, 0))}


def test_the_nearest_sentence_is_scored_beside_the_whole_passage(library_index: Index) -> None:
    best = _search(library_index, "Kênh Zalo của tỉnh đăng bài mỗi tuần.")[0]
    assert best.passage.section == "Lớp học và kênh truyền thông ở Quảng Ninh"
    assert best.sentence == pytest.approx(1.0, abs=0.01)
    assert best.dense < best.sentence - 0.02


def test_the_vector_of_the_question_comes_back_with_the_hits(library_index: Index) -> None:
    question = understand("ma otp la gi")
    hits, vector = search(library_index, FakeEmbedder(), question, 1)
    assert vector.shape == (FakeEmbedder().dimension,)
    row = library_index.passages.index(hits[0].passage)
    assert hits[0].dense == pytest.approx(float(library_index.vectors_of([row])[0] @ vector), abs=1e-5)
    assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-4)


def test_what_is_embedded_is_the_question_written_out(library_index: Index) -> None:
    asked: list[str] = []

    class Listening(FakeEmbedder):
        def embed_queries(self, texts):  # type: ignore[no-untyped-def]
            asked.extend(texts)
            return super().embed_queries(texts)

    search(library_index, Listening(), understand("TTHC nop qua dau"))
    assert asked == ["thủ tục hành chính nộp qua đâu"]


def test_no_more_than_k_hits_and_the_same_order_for_any_k(library_index: Index) -> None:
    ids = [hit.passage.id for hit in _search(library_index, "hòm thư", 20)]
    assert len(set(ids)) == len(ids)
    assert [hit.passage.id for hit in _search(library_index, "hòm thư", 3)] == ids[:3]
    assert len(_search(library_index, "hòm thư", 10_000)) == len(library_index.passages)


def test_rows_to_include_come_after_the_best(library_index: Index) -> None:
    row = next(n for n, passage in enumerate(library_index.passages) if passage.section == "Làng nghề số")
    hits = _search(library_index, "mã OTP là gì", 2, include=[row])
    assert [hit.passage.section for hit in hits[2:]] == ["Làng nghề số"]
    assert hits[:2] == _search(library_index, "mã OTP là gì", 2)


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


@given(st.text(max_size=60))
@example("")
@example("👍")
@example("???")
@example("\ud800\x00")
@example("nộp hồ sơ " * 2_000)
def test_any_question_gives_finite_scores(library_index: Index, question: str) -> None:
    hits = _search(library_index, question, 5)
    assert len(hits) == 5
    assert np.isfinite([(hit.dense, hit.sentence, hit.lexical, hit.fused) for hit in hits]).all()
