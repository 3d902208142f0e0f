from __future__ import annotations

from collections.abc import Callable
from math import log2
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.answer import Answerer
from retrieval.errors import SourceError
from retrieval.evaluate import evaluate, holds_evidence, read_qrels, read_queries, read_questions
from retrieval.index import Index
from tests.fakes import FakeEmbedder

QUESTIONS = {
    "lệ phí": "Lệ phí được nộp qua đâu?",
    "hòm thư": "Nghị định 11/2022 quy định dung lượng hòm thư công vụ của mỗi cán bộ",
    "không chấm": "Không có trong bảng",
}


def _write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_metrics_of_a_ranking_worked_out_by_hand(answerer: Answerer) -> None:
    # "lệ phí" finds its document first; "hòm thư" finds both decrees first and second, of which one is right,
    # and another right document not at all.
    relevant = {"lệ phí": {"cong-truc-tuyen"}, "hòm thư": {"nghi-dinh-moi", "khong-co"}, "lạ": {"lua-dao"}}
    scores = evaluate(answerer, QUESTIONS, relevant)
    assert scores == {
        "queries": 2,
        "recall@1": 0.5,
        "recall@5": 1.0,
        "recall@10": 1.0,
        "recall@20": 1.0,
        "mrr@10": (1 + 1 / 2) / 2,
        "ndcg@10": pytest.approx((1 + (1 / log2(3)) / (1 + 1 / log2(3))) / 2, abs=1e-4),
    }


def test_what_is_not_found_scores_nothing(answerer: Answerer) -> None:
    scores = evaluate(answerer, QUESTIONS, {"lệ phí": {"khong-co"}})
    assert scores.pop("queries") == 1
    assert set(scores.values()) == {0.0}


def test_no_relevant_document_at_all_is_no_division_by_zero(answerer: Answerer) -> None:
    assert evaluate(answerer, QUESTIONS, {})["queries"] == 0


def test_diacritics_can_be_left_out(library_index: Index) -> None:
    asked: list[str] = []

    class Listening(FakeEmbedder):
        def embed_queries(self, texts):  # type: ignore[no-untyped-def]
            asked.extend(texts)
            return super().embed_queries(texts)

    wanted = {"lệ phí": {"cong-truc-tuyen"}}
    scores = evaluate(Answerer(library_index, Listening()), {"lệ phí": "TTHC nộp LỆ PHÍ"}, wanted, no_diacritics=True)
    assert asked == ["thủ tục hành chính nộp lệ phí"]  # restored: what was left out is put back before the search
    assert scores["recall@1"] == 1.0


def test_documents_below_the_second_look_still_count(answerer: Answerer) -> None:
    everything = {document: {document} for document in answerer.index.documents}
    scores = evaluate(answerer, dict.fromkeys(everything, "Lệ phí được nộp qua đâu?"), everything)
    assert scores["recall@20"] == 1.0
    assert scores["recall@1"] == pytest.approx(1 / len(everything), abs=1e-4)


def test_progress_is_told_every_hundred_questions(answerer: Answerer) -> None:
    said: list[str] = []
    questions = {str(n): "lệ phí" for n in range(101)}
    evaluate(answerer, questions, {str(n): {"lua-dao"} for n in range(101)}, say=said.append)
    assert said == ["Đã chấm 100/101 câu"]


def test_queries_are_read_in_beir_form_or_as_ask_takes_them(tmp_path: Path) -> None:
    path = _write(tmp_path / "q.jsonl", '{"_id": "a", "text": "Một?"}\n\n{"id": 2, "question": "Hai?"}\n')
    assert read_queries(path) == {"a": "Một?", "2": "Hai?"}


def test_answers_keep_the_ids_as_they_are_written(tmp_path: Path) -> None:
    path = _write(tmp_path / "q.jsonl", '{"_id": "07", "text": "Một?"}\n{"id": 7, "question": "Hai?"}\n')
    assert read_questions(path) == [("07", "Một?"), (7, "Hai?")]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"khong-co\.jsonl"):
        read_queries(tmp_path / "khong-co.jsonl")


@pytest.mark.parametrize("bad", ["{", "[]", '{"id": 1}', '{"question": "x"}', '"x"'])
def test_a_bad_query_row_is_named(tmp_path: Path, bad: str) -> None:
    path = _write(tmp_path / "q.jsonl", '{"id": 1, "question": "x"}\n' + bad)
    with pytest.raises(SourceError, match=r"q\.jsonl: dòng 2"):
        read_queries(path)


@pytest.mark.parametrize("odd", ["\u2028", "\u0085", "\u2029"])
def test_a_line_separator_inside_a_question_is_no_new_row(tmp_path: Path, odd: str) -> None:
    path = _write(tmp_path / "q.jsonl", f'{{"id": 1, "question": "Một{odd}hai"}}\n')
    assert read_queries(path) == {"1": f"Một{odd}hai"}


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    path = _write(tmp_path / "q.jsonl", '\ufeff{"id": "1", "question": "x"}')
    assert read_queries(path) == {"1": "x"}


@pytest.mark.parametrize("read", [read_queries, read_qrels])
def test_a_file_that_is_not_utf8_is_named(tmp_path: Path, read: Callable[[Path], object]) -> None:
    path = tmp_path / "hong.txt"
    path.write_bytes("đ".encode("utf-16"))
    with pytest.raises(SourceError, match=r"hong\.txt.*UTF-8"):
        read(path)


def test_qrels_with_and_without_header_keep_positive_scores_only(tmp_path: Path) -> None:
    rows = "a\td1\t1\na\td2\t0\nb\td1\t2\nb\td3\t1\n"
    wanted = {"a": {"d1"}, "b": {"d1", "d3"}}
    assert read_qrels(_write(tmp_path / "r.tsv", rows)) == wanted
    assert read_qrels(_write(tmp_path / "h.tsv", f"query-id\tcorpus-id\tscore\n{rows}\n")) == wanted


@pytest.mark.parametrize(
    "bad",
    [
        "a d1 1",
        "a\t0\td1\t1",
        "a\td1\tcao",
    ],
)
def test_a_bad_qrels_row_is_named(tmp_path: Path, bad: str) -> None:
    path = _write(tmp_path / "r.tsv", f"a\td1\t1\n{bad}\n")
    with pytest.raises(SourceError, match=r"r\.tsv: dòng 2"):
        read_qrels(path)


@pytest.mark.parametrize(
    ("evidence", "quote", "holds"),
    [
        ("mở 312 lớp", "Tỉnh mở 312 lớp học.", True),
        ("Mở 1.473 lớp!", "tỉnh MỞ 1473 lớp", True),
        ("hoà bình", "thành phố hòa bình", True),
        ("mở 312 lớp", "Tỉnh mở 210 lớp học.", False),
        ("312 lớp", "lớp 312", False),
        ("lớp", "lớpp", False),
        ("tỉnh mở 312 lớp học kỹ năng số cho mọi người dân", "312 lớp kỹ năng số tỉnh mở cho người dân mọi nơi", True),
        ("tỉnh mở 312 lớp học kỹ năng số cho mọi người dân", "210 lớp học kỹ năng số tỉnh mở cho mọi người dân", False),
        ("tỉnh mở 312 lớp học kỹ năng số cho mọi người dân", "tỉnh mở 312 lớp", False),
        ("", "Tỉnh mở 312 lớp học.", False),
        ("?!", "?!", False),
        ("mở 312 lớp", "", False),
    ],
)
def test_whether_a_quote_holds_the_evidence(evidence: str, quote: str, holds: bool) -> None:
    assert holds_evidence(evidence, quote) is holds


@given(st.lists(st.sampled_from("tỉnh mở 312 lớp học 45,5% kỹ năng số".split()), min_size=1), st.text(), st.text())
def test_a_quote_holds_any_stretch_of_itself(stretch: list[str], before: str, after: str) -> None:
    said = " ".join(stretch)
    assert holds_evidence(said, f"{before} {said} {after}")
    assert not holds_evidence(f"{said} 999", said)
