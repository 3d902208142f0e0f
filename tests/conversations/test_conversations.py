"""Rasa's own checks of the training data and of the test conversations, run in Rasa's environment."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
import yaml

from bot import prepare
from bot.settings import ROOT
from bot.supervisor import RASA_MODEL, RASA_PYTHON

pytestmark = pytest.mark.slow
STORIES = ROOT / "tests" / "conversations"
DATA = ("data/nlu", "data/rules", "data/stories")


def _rasa(*arguments: str) -> subprocess.CompletedProcess[str]:
    quiet = {"RASA_TELEMETRY_ENABLED": "false", "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    return subprocess.run(
        [str(RASA_PYTHON), "-m", "rasa", *arguments],
        cwd=ROOT,
        env=os.environ | quiet | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
    )


def _test_core(stories: Path, out: Path) -> subprocess.CompletedProcess[str]:
    return _rasa(
        "test", "core", "--e2e", "--fail-on-prediction-errors", "--model", str(RASA_MODEL),
        "--stories", str(stories), "--out", str(out), "--no-plot",
    )  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def model() -> None:
    """The Rasa model of the data as it is now."""
    assert prepare.train() == 0


def test_the_training_data_is_sound() -> None:
    done = _rasa("data", "validate", "--config", "config.yml", "--domain", "domain.yml", "--data", *DATA)
    assert done.returncode == 0, done.stdout[-3000:]
    assert "No story structure conflicts found" in done.stdout
    for problem in ("is not listed in the domain", "is listed in the domain file, but", "Duplicate"):
        assert problem not in done.stdout


def test_every_conversation_goes_as_written(tmp_path: Path) -> None:
    done = _test_core(STORIES, tmp_path)
    assert done.returncode == 0, done.stdout[-3000:]
    report = json.loads((tmp_path / "story_report.json").read_text(encoding="utf-8"))
    written = sum(len(yaml.safe_load(path.read_text(encoding="utf-8"))["stories"]) for path in STORIES.glob("*.yml"))
    assert report["conversation_accuracy"] == {
        "accuracy": 1.0,
        "correct": written,
        "with_warnings": 0,
        "total": written,
    }
    assert not (ROOT / "results" / "story_report.json").exists()


def test_a_conversation_that_goes_otherwise_is_noticed(tmp_path: Path) -> None:
    wrong = {"story": "sai", "steps": [{"user": "xin chào", "intent": "greet"}, {"action": "utter_goodbye"}]}
    stories = tmp_path / "test_wrong.yml"
    stories.write_text(yaml.safe_dump({"version": "3.1", "stories": [wrong]}, allow_unicode=True), encoding="utf-8")
    assert _test_core(stories, tmp_path / "out").returncode != 0


def test_the_conversations_are_not_copied_from_the_training_data() -> None:
    """A sentence that was trained on proves nothing."""

    def plain(text: str) -> str:
        return " ".join(text.lower().split()).strip(" ?.!")

    trained = {
        plain(line.strip().removeprefix("- "))
        for path in (ROOT / "data" / "nlu").glob("*.yml")
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.strip().startswith("- ")
    }
    said = {
        plain(step["user"])
        for path in STORIES.glob("*.yml")
        for story in yaml.safe_load(path.read_text(encoding="utf-8"))["stories"]
        for step in story["steps"]
        if "user" in step
    }
    assert len(trained) > 100
    assert len(said) > 100
    assert sorted(said & trained) == []
