from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from retrieval.lexical import LexicalIndex

TEXTS = ["Nộp hồ sơ trực tuyến", "Đăng nhập dịch vụ công", "Hồ Gươm ở Hà Nội", "👍"]


@pytest.fixture(scope="module")
def lexical() -> LexicalIndex:
    return LexicalIndex.build(TEXTS)


@pytest.mark.parametrize(
    ("question", "best"), [("hồ sơ", 0), ("ho so", 0), ("hồ gươm", 2), ("DVC", 1), ("dang nhap dvc", 1)]
)
def test_the_text_that_shares_most_scores_highest(lexical: LexicalIndex, question: str, best: int) -> None:
    assert int(np.argmax(lexical.scores(question))) == best


def test_diacritics_change_no_score(lexical: LexicalIndex) -> None:
    assert lexical.scores("nộp hồ sơ").tolist() == lexical.scores("nop ho so").tolist()


@pytest.mark.parametrize("question", ["", "👍", "xyz", "\0"])
def test_a_question_without_a_known_term_scores_nothing(lexical: LexicalIndex, question: str) -> None:
    assert lexical.scores(question).tolist() == [0, 0, 0, 0]


def test_rarer_terms_weigh_more_and_unknown_ones_most(lexical: LexicalIndex) -> None:
    assert 0 <= lexical.idf("ho") < lexical.idf("guom") < lexical.idf("xyz")
    assert lexical.idf("guom") == pytest.approx(np.log(1 + (4 - 1 + 0.5) / (1 + 0.5)))


def test_it_is_the_same_after_saving_and_loading(lexical: LexicalIndex, tmp_path: Path) -> None:
    lexical.save(tmp_path)
    loaded = LexicalIndex.load(tmp_path, len(TEXTS))
    assert loaded.scores("hồ sơ dịch vụ").tolist() == lexical.scores("hồ sơ dịch vụ").tolist()
    assert loaded.idf("ho") == lexical.idf("ho")
    assert {path.suffix for path in tmp_path.iterdir()} == {".npy", ".json"}
