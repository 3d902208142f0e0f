"""The five ways of typing a question, on our own questions and on made-up ones."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.text import has_diacritics, strip_diacritics
from tests.benchmarks.typing_conditions import AS_WRITTEN, CONDITIONS, HALF, NO_DIACRITICS, TEENCODE, TYPOS, typed
from tests.conftest import ROOT

QUESTIONS = [
    json.loads(line)["question"]
    for name in ("development", "test")
    for line in (ROOT / "data" / "questions" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
]
LONG = [question for question in QUESTIONS if len(question.split()) >= 8 and has_diacritics(question)]
# A figure with all its separators, as it stands in a date, an amount, or the number of a document.
FIGURE = re.compile(r"\d+(?:[.,/:]\d+)*%?")
WORDS = re.compile(r"[^\W\d_]+")
OTHERS = [condition for condition in CONDITIONS if condition != AS_WRITTEN]
every_condition = pytest.mark.parametrize("condition", CONDITIONS)


@every_condition
def test_a_question_and_a_seed_always_give_the_same_text(condition: str) -> None:
    assert [typed(condition, question, 7) for question in QUESTIONS] == [typed(condition, q, 7) for q in QUESTIONS]


def test_another_process_types_the_same() -> None:
    """Nothing hangs on the order of a set or on Python's own hashes, which change from run to run."""
    code = (
        "import sys; from tests.benchmarks.typing_conditions import CONDITIONS, typed;"
        "print(ascii([typed(condition, sys.argv[1]) for condition in CONDITIONS]))"
    )
    command = [sys.executable, "-c", code, LONG[0]]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ascii([typed(condition, LONG[0]) for condition in CONDITIONS])


@pytest.mark.parametrize("condition", [HALF, TYPOS])
def test_another_seed_types_most_questions_otherwise(condition: str) -> None:
    other = sum(typed(condition, question, 1) != typed(condition, question, 2) for question in LONG)
    assert other > 0.9 * len(LONG)


@every_condition
def test_figures_stay(condition: str) -> None:
    for question in QUESTIONS:
        assert FIGURE.findall(typed(condition, question)) == FIGURE.findall(question)


@pytest.mark.parametrize("condition", OTHERS)
@pytest.mark.parametrize(
    "name", ["616/KH-UBND", "57-NQ/TW", "https://dichvucong.gov.vn/Trang-Chu", "hoi@quangninh.gov.vn"]
)
def test_numbers_of_documents_and_addresses_stay(condition: str, name: str) -> None:
    for seed in range(20):
        assert name in typed(condition, f"Tôi đọc thấy ở ({name}), vậy phải hiểu như thế nào cho đúng ạ?", seed)


def test_the_number_of_a_decree_loses_its_mark_only_where_nothing_has_any() -> None:
    question = "Nghị định 224/2026/NĐ-CP nói gì?"
    assert typed(NO_DIACRITICS, question) == "nghi dinh 224/2026/ND-CP noi gi?"
    assert all("224/2026/NĐ-CP" in typed(condition, question) for condition in (AS_WRITTEN, HALF, TEENCODE, TYPOS))


def test_as_written_is_as_written() -> None:
    assert [typed(AS_WRITTEN, question) for question in QUESTIONS] == QUESTIONS


def test_without_diacritics_there_are_none_and_nothing_else_is_gone() -> None:
    for question in QUESTIONS:
        bare = typed(NO_DIACRITICS, question)
        assert not has_diacritics(bare)
        assert bare.lower() == strip_diacritics(question)


@pytest.mark.parametrize("condition", OTHERS)
def test_most_long_questions_are_changed(condition: str) -> None:
    assert sum(typed(condition, question) != question for question in LONG) > 0.95 * len(LONG)


def test_half_keeps_about_half_of_the_marked_words_and_every_letter() -> None:
    marked, kept = 0, 0
    for question in QUESTIONS:
        half = typed(HALF, question)
        assert strip_diacritics(half) == strip_diacritics(question)
        pairs = zip(WORDS.findall(question), WORDS.findall(half), strict=True)
        pairs_marked = [(word, other) for word, other in pairs if has_diacritics(word)]
        marked += len(pairs_marked)
        kept += sum(word == other for word, other in pairs_marked)
    assert 0.45 < kept / marked < 0.55


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("Như thế nào là dịch vụ công trực tuyến?", {"ntn là dvc tt"}),
        ("Tổ công nghệ số cộng đồng ở Quảng Ninh có bao nhiêu?", {"tổ cnscđ ở quảng ninh có bn"}),
        ("Quên mật khẩu tài khoản rồi, làm gì với hồ sơ?", {"quên mk tk r làm j vs hs"}),
        ("Không được!", {f"{no} {can}" for no in ("ko", "k", "hok") for can in ("đc", "dc")}),
        ("Đạt 45,5% và 1.473 tổ (năm 2022).", {"đạt 45,5% và 1.473 tổ năm 2022"}),
    ],
)
def test_teencode_is_what_people_write(question: str, wanted: set[str]) -> None:
    assert {typed(TEENCODE, question, seed) for seed in range(40)} == wanted


def test_typos_touch_about_one_word_in_eight_and_leave_the_first_letter() -> None:
    words, wrong = 0, 0
    for question in QUESTIONS:
        # An error stays within its word, so words stand opposite each other.
        for word, mistyped in zip(WORDS.findall(question), WORDS.findall(typed(TYPOS, question)), strict=True):
            words += 1
            wrong += word != mistyped
            assert mistyped[0] == word[0] or (word[0] in "đĐ" and mistyped[:2].lower() == "dd")
            assert len(word) > 1 or word == mistyped
    assert 0.09 < wrong / words < 0.15


def test_typos_are_of_every_kind() -> None:
    seen = {typed(TYPOS, "Muốn nộp hồ sơ đăng ký thường trú", seed) for seed in range(600)}
    changed = {word for text in seen for word in text.split()}
    assert {"nộpp", "npộ", "nộ", "noopj", "ddawng", "đăgn"} <= changed
    assert any(word[0] == "n" and word != "nộp" and strip_diacritics(word) == "nop" for word in changed)


@every_condition
@given(question=st.text(max_size=80), seed=st.integers())
def test_any_text_can_be_typed(condition: str, question: str, seed: int) -> None:
    assert typed(condition, question, seed) == typed(condition, question, seed)


@pytest.mark.parametrize("question", ["", " ", "?", "2022", "A", "a b c", "…"])
@every_condition
def test_texts_without_words_come_through(condition: str, question: str) -> None:
    assert typed(condition, question).strip(" ?…").lower() == question.strip(" ?…").lower()
