"""The five articles beside the project, asked the questions written for them. Skipped without ../shared."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from retrieval.cli import main

pytestmark = pytest.mark.slow
# Floors, below what is reached today.
ANSWERABLE, OFF_TOPIC = 0.75, 0.90


@pytest.fixture(scope="module")
def scores(
    shared: Path, embedder_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[str, float]]:
    folder = tmp_path_factory.mktemp("seeds")
    questions, answers = shared / "eval" / "seed_questions.jsonl", folder / "answers.jsonl"
    index = str(folder / "index")
    assert main(["build", "--source", str(shared / "seeds"), "--index", index]) == 0
    assert main(["ask", "--index", index, "--input", str(questions), "--output", str(answers)]) == 0
    score = [sys.executable, str(shared / "eval" / "score.py"), str(questions), str(answers)]
    return dict(json.loads(subprocess.run(score, capture_output=True, text=True, check=True).stdout))


def test_every_question_has_a_row(scores: dict[str, dict[str, float]]) -> None:
    assert sum(box["missing"] for box in scores.values() if isinstance(box, dict)) == 0


def test_questions_that_the_articles_answer_are_answered_with_the_right_words(
    scores: dict[str, dict[str, float]],
) -> None:
    assert scores["answerable"]["good"] >= ANSWERABLE


def test_questions_on_something_else_are_declined(scores: dict[str, dict[str, float]]) -> None:
    assert scores["offtopic"]["good"] >= OFF_TOPIC
