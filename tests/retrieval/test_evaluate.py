from __future__ import annotations

from collections.abc import Callable
from math import log2
from pathlib import Path

import pytest

from retrieval.errors import SourceError
from retrieval.evaluate import evaluate, read_qrels, read_queries
from retrieval.index import Index
from tests.fakes import FakeEmbedder

QUESTIONS = {
    "lệ phí": "Lệ phí được nộp qua đâu?",
    "hòm thư": "Dung lượng hòm thư công vụ của mỗi cán bộ",
    "không chấm": "Không có trong bảng",
}


def _write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_metrics_of_a_ranking_worked_out_by_hand(library_index: Index) -> None:
    # "lệ phí" finds its document first; "hòm thư" finds both decrees first and second, of which one is right,
    # and another right document not at all.
    relevant = {"lệ phí": {"cong-truc-tuyen"}, "hòm thư": {"nghi-dinh-moi", "khong-co"}, "lạ": {"lua-dao"}}
    scores = evaluate(library_index, FakeEmbedder(), QUESTIONS, relevant)
    assert scores == {
        "queries": 2,
        "recall@1": 0.5,
        "recall@5": 1.0,
        "recall@10": 1.0,
        "recall@20": 1.0,
        "mrr@10": (1 + 1 / 2) / 2,
        "ndcg@10": pytest.approx((1 + (1 / log2(3)) / (1 + 1 / log2(3))) / 2, abs=1e-4),
    }


def test_what_is_not_found_scores_nothing(library_index: Index) -> None:
    scores = evaluate(library_index, FakeEmbedder(), QUESTIONS, {"lệ phí": {"khong-co"}})
    assert scores.pop("queries") == 1
    assert set(scores.values()) == {0.0}


def test_no_relevant_document_at_all_is_no_division_by_zero(library_index: Index) -> None:
    assert evaluate(library_index, FakeEmbedder(), QUESTIONS, {})["queries"] == 0


def test_diacritics_can_be_left_out(library_index: Index) -> None:
    asked: list[str] = []

    class Listening(FakeEmbedder):
        def embed_queries(self, texts):  # type: ignore[no-untyped-def]
            asked.extend(texts)
            return super().embed_queries(texts)

    scores = evaluate(library_index, Listening(), QUESTIONS, {"lệ phí": {"cong-truc-tuyen"}}, no_diacritics=True)
    assert asked == ["le phi duoc nop qua dau?"]
    assert scores["recall@1"] == 1.0


def test_progress_is_told_every_hundred_questions(library_index: Index) -> None:
    said: list[str] = []
    questions = {str(n): "lệ phí" for n in range(101)}
    evaluate(library_index, FakeEmbedder(), questions, {str(n): {"lua-dao"} for n in range(101)}, say=said.append)
    assert said == ["Đã chấm 100/101 câu"]


def test_queries_are_read_in_beir_form_or_as_ask_takes_them(tmp_path: Path) -> None:
    path = _write(tmp_path / "q.jsonl", '{"_id": "a", "text": "Một?"}\n\n{"id": 2, "question": "Hai?"}\n')
    assert read_queries(path) == {"a": "Một?", "2": "Hai?"}


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
        pytest.param(
            "a\td1\tcao",
        ),
    ],
)
def test_a_bad_qrels_row_is_named(tmp_path: Path, bad: str) -> None:
    path = _write(tmp_path / "r.tsv", f"a\td1\t1\n{bad}\n")
    with pytest.raises(SourceError, match=r"r\.tsv: dòng 2"):
        read_qrels(path)
