from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.evidence import Coverage, best_window, context_of, coverage, holds_number, understand
from retrieval.records import Document, Passage
from retrieval.text import sentence_spans, strip_diacritics


def _even(_: str) -> float:
    return 1.0


def _passage(text: str) -> Passage:
    return Passage("d#1", "d", "Mục", 0, len(text), text)


def test_a_question_is_cleaned_and_its_abbreviations_written_out() -> None:
    question = understand("  CĐS\u200b là gì?? ")
    assert (question.typed, question.expanded) == ("CĐS là gì??", "chuyển đổi số là gì??")
    assert question.terms == ("chuyển", "đổi", "số", "là", "gì")
    assert not question.bare


def test_a_question_without_diacritics_is_compared_without_them() -> None:
    question = understand("to cong nghe so lam gi")
    assert question.bare
    assert question.content == ["cong", "nghe"]  # "tổ" and "số" look like function words once bare


def test_content_leaves_function_words_out_in_order() -> None:
    assert understand("Cho cháu hỏi đăng nhập cổng như thế nào ạ").content == ["đăng", "nhập", "cổng"]


@pytest.mark.parametrize(
    ("text", "provinces"),
    [
        ("Quảng Ninh có mấy lớp", ("Quảng Ninh",)),
        ("quang ninh co may lop", ("Quảng Ninh",)),
        ("so sánh Nam Định với Quảng Ninh và Nam Định", ("Nam Định", "Quảng Ninh")),
        ("cả nước có mấy lớp", ()),
    ],
)
def test_the_provinces_a_question_names(text: str, provinces: tuple[str, ...]) -> None:
    assert understand(text).provinces == provinces


@pytest.mark.parametrize("text", ["cds o quang ninh co bao nhieu nguoi", "quang ninh co bao nhieu lop hoc ko"])
def test_an_abbreviation_does_not_hide_a_province_typed_without_diacritics(text: str) -> None:
    assert understand(text).provinces == ("Quảng Ninh",)


@pytest.mark.parametrize("number", ["23/2025/TT-BKHCN", "5295/KH-UBND"])
def test_the_number_of_an_instrument_is_not_chat(number: str) -> None:
    assert not {"không", "trực", "tuyến"} & set(understand(f"{number} nói gì").terms)


@pytest.mark.parametrize(
    ("text", "asks_number"),
    [
        ("có bao nhiêu tổ", True),
        ("co bao nhieu to", True),
        ("gồm mấy bước", True),
        ("tỷ lệ là gì", True),
        ("có máy tính không", False),
        ("may quan ao o dau", False),
        ("tổ làm gì", False),
    ],
)
def test_whether_a_question_asks_for_a_number(text: str, asks_number: bool) -> None:
    assert understand(text).asks_number is asks_number


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("Có 312 lớp.", True),
        ("Đạt 45,5%.", True),
        ("Có ba lớp.", True),
        ("Mở nhiều lớp.", False),
        ("Mở lớp từ 2022 đến 2025.", False),
        ("Theo Nghị quyết 57 mở nhiều lớp.", False),
    ],
)
def test_a_year_or_the_number_in_the_question_is_no_answer_to_how_many(text: str, holds: bool) -> None:
    assert holds_number(understand("Theo nghị quyết 57 có bao nhiêu lớp?"), text) is holds


def test_coverage_is_the_weighted_share_of_terms_and_of_pairs() -> None:
    question = understand("hòm thư công vụ")
    weights = {"hom": 1.0, "thu": 1.0, "cong": 2.0, "vu": 4.0}
    found = coverage(question, "Gửi hòm thư công cộng", lambda term: weights.get(term, 1.0))
    assert found.terms == pytest.approx((1 + 1 + 2) / 8)
    assert found.pairs == pytest.approx(2 / 3)


def test_a_pair_weighs_no_more_than_its_two_terms() -> None:
    question = understand("hòm thư công")
    found = coverage(question, "hòm thư", lambda term: 100.0 if term == "hom thu" else 1.0)
    assert found.pairs == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("typed", "text", "share"),
    [
        ("hoà bình", "thành phố hòa bình", 1.0),
        ("hòa bình", "hoa binh", 0.0),
        ("hoa binh", "Hòa Bình", 1.0),
        ("dịch vụ công", "DVC", 1.0),
        ("DVC", "dịch vụ công", 1.0),
        ("42/2022", "Nghị định 42/2022/NĐ-CP", 1.0),
        ("1.473 tổ", "1473 tổ", 1.0),
    ],
)
def test_terms_are_found_as_they_are_typed(typed: str, text: str, share: float) -> None:
    assert coverage(understand(typed), text, _even).terms == share


def test_a_question_without_content_covers_nothing() -> None:
    assert coverage(understand("là gì vậy ạ"), "là gì vậy ạ", _even) == Coverage(0.0, 0.0)


def test_context_is_what_the_place_of_a_passage_tells() -> None:
    document = Document("d", "Nhân lực số", "", (), province="Nam Định", issued="2024-05")
    assert context_of(document, _passage("Chữ.")) == "Nhân lực số Mục Nam Định 2024"
    assert context_of(Document("d", "Tên", "", ()), Passage("d#1", "d", "", 0, 1, "a")) == "Tên"


WORD = st.sampled_from("hòm thư công vụ dung lượng cán bộ sao lưu".split())
SENTENCES = st.lists(st.lists(WORD, min_size=1, max_size=8).map(" ".join), min_size=1, max_size=8)


@given(SENTENCES, st.lists(WORD, min_size=1, max_size=5).map(" ".join), st.integers(1, 80))
def test_a_quote_is_a_run_of_whole_sentences_within_the_limit(sentences: list[str], asked: str, limit: int) -> None:
    passage = _passage("\n".join(f"{sentence.capitalize()}." for sentence in sentences))
    start, end = best_window(understand(asked), passage, _even, limit)
    spans = sentence_spans(passage.text)
    assert start in [first for first, _ in spans]
    assert end in [last for _, last in spans]
    assert end - start <= limit or (start, end) in spans


def _quote(question: str, text: str, limit: int = 60) -> str:
    start, end = best_window(understand(question), _passage(text), _even, limit)
    return text[start:end]


def test_a_quote_is_the_shortest_run_that_answers_most() -> None:
    text = "Cổng mở cả ngày. Dung lượng hòm thư là 10 GB. Hết."
    assert _quote("dung lượng hòm thư", text) == "Dung lượng hòm thư là 10 GB."
    assert _quote(strip_diacritics("dung lượng hòm thư"), text) == "Dung lượng hòm thư là 10 GB."
    assert _quote("cổng mở cả ngày, dung lượng hòm thư", text) == "Cổng mở cả ngày. Dung lượng hòm thư là 10 GB."


def test_a_sentence_longer_than_the_limit_stands_alone() -> None:
    assert _quote("dung lượng hòm thư", "Mở. Dung lượng hòm thư là 10 GB. Hết.", 5) == "Dung lượng hòm thư là 10 GB."
