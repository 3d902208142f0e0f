"""What `prepare` builds again and what it leaves alone."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from bot import prepare
from bot.settings import ROOT

_INPUTS = ("config.yml", "domain.yml", "data/nlu", "data/rules", "data/stories", "bot/nlu", "retrieval/text.py")


@pytest.fixture
def project(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A copy of everything that the Rasa model is made from."""
    for name in (*_INPUTS, "requirements/rasa.txt"):
        source, target = ROOT / name, tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    monkeypatch.setattr(prepare, "ROOT", tmp_path)
    return tmp_path


def test_the_fingerprint_of_equal_inputs_is_equal(project: Path) -> None:
    assert prepare.rasa_fingerprint() == prepare.rasa_fingerprint()


def test_time_stamps_change_nothing(project: Path) -> None:
    before = prepare.rasa_fingerprint()
    for path in project.rglob("*"):
        os.utime(path, (1, 1))
    assert prepare.rasa_fingerprint() == before


@pytest.mark.parametrize(
    "name",
    [
        "config.yml",
        "domain.yml",
        "data/nlu/free.yml",
        "data/rules/rules.yml",
        "data/stories/stories.yml",
        "bot/nlu/vietnamese_tokenizer.py",
        "retrieval/text.py",
        "requirements/rasa.txt",
    ],
)
def test_every_input_counts(project: Path, name: str) -> None:
    before = prepare.rasa_fingerprint()
    path = project / name
    path.write_text(path.read_text(encoding="utf-8") + "\n# one more line\n", encoding="utf-8")
    assert prepare.rasa_fingerprint() != before


def _add(project: Path) -> None:
    (project / "data" / "nlu" / "more.yml").write_text('version: "3.1"\n', encoding="utf-8")


def _remove(project: Path) -> None:
    (project / "data" / "nlu" / "free.yml").unlink()


def _rename(project: Path) -> None:
    (project / "data" / "nlu" / "free.yml").rename(project / "data" / "nlu" / "open.yml")


def _swap(project: Path) -> None:
    one, two = project / "data" / "nlu" / "dvc.yml", project / "data" / "nlu" / "vneid.yml"
    first, second = one.read_bytes(), two.read_bytes()
    one.write_bytes(second)
    two.write_bytes(first)


@pytest.mark.parametrize("change", [_add, _remove, _rename, _swap])
def test_files_that_come_and_go_count(project: Path, change: Callable[[Path], None]) -> None:
    before = prepare.rasa_fingerprint()
    change(project)
    assert prepare.rasa_fingerprint() != before


@pytest.mark.parametrize(
    "name", ["data/nlu/notes.md", "data/nlu/.free.yml.swp", "bot/nlu/x.pyc", "data/documents/a.md"]
)
def test_what_rasa_does_not_read_changes_nothing(project: Path, name: str) -> None:
    before = prepare.rasa_fingerprint()
    (project / name).parent.mkdir(parents=True, exist_ok=True)
    (project / name).write_text("x", encoding="utf-8")
    assert prepare.rasa_fingerprint() == before


# --- training, with a stand-in for Rasa's Python -------------------------------------------------------------------


class Rasa:
    """A program in the place of Rasa's Python: counts its runs, writes a model, and ends as it is told."""

    def __init__(self, folder: Path) -> None:
        self.python, self.model, self._runs = folder / "python", folder / "models" / "rasa.tar.gz", folder / "runs"
        self.stamp = self.model.with_suffix(".fingerprint")
        self.ends_with(0)

    def ends_with(self, code: int) -> None:
        script = f'#!/bin/sh\necho "$*" >> {self._runs}\necho "Loi o dong 7"\n'
        script += f"[ {code} = 0 ] && echo model > {self.model}\nexit {code}\n"
        self.python.write_text(script)
        self.python.chmod(0o755)

    @property
    def runs(self) -> list[str]:
        return self._runs.read_text().splitlines() if self._runs.exists() else []


@pytest.fixture
def rasa(monkeypatch: pytest.MonkeyPatch, project: Path) -> Rasa:
    """A stand-in for Rasa in a copy of the project."""
    program = Rasa(project)
    monkeypatch.setattr(prepare, "RASA_PYTHON", program.python)
    monkeypatch.setattr(prepare, "RASA_MODEL", program.model)
    return program


def test_the_model_is_trained_once_and_again_after_a_change(
    rasa: Rasa, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert prepare.train() == 0
    assert len(rasa.runs) == 1
    assert "-m rasa train" in rasa.runs[0]
    assert f"--out {rasa.model.parent} --fixed-model-name rasa --force" in rasa.runs[0]
    assert prepare.train() == 0
    assert len(rasa.runs) == 1
    assert "đã mới nhất" in capsys.readouterr().out
    _add(project)
    assert prepare.train() == 0
    assert len(rasa.runs) == 2


def test_a_lost_model_is_trained_again(rasa: Rasa) -> None:
    prepare.train()
    rasa.model.unlink()
    prepare.train()
    assert len(rasa.runs) == 2


def test_a_failed_training_leaves_no_stamp_and_shows_the_end_of_its_log(
    rasa: Rasa, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rasa.ends_with(3)
    assert prepare.train() == 1
    assert not rasa.stamp.exists()
    said = capsys.readouterr().out
    assert "Huấn luyện Rasa thất bại" in said
    assert "Loi o dong 7" in said


def test_a_failed_training_takes_away_the_stamp_of_the_last_one(rasa: Rasa, project: Path) -> None:
    """Else the old model would pass for the new one as soon as the data is put back half."""
    prepare.train()
    _add(project)
    rasa.ends_with(3)
    assert prepare.train() == 1
    assert not rasa.stamp.exists()
    rasa.ends_with(0)
    assert prepare.train() == 0
    assert rasa.stamp.exists()
    assert len(rasa.runs) == 3


def test_without_rasas_environment_it_says_what_to_do(rasa: Rasa, capsys: pytest.CaptureFixture[str]) -> None:
    rasa.python.unlink()
    assert prepare.train() == 1
    assert "make setup" in capsys.readouterr().out
    assert not rasa.stamp.exists()


def test_prepare_stops_at_the_first_part_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []

    def part(name: str, code: int) -> Callable[..., int]:
        return lambda *_: done.append(name) or code  # type: ignore[func-returns-value]

    monkeypatch.setattr(prepare, "make_embedder", part("embedder", 0))
    monkeypatch.setattr(prepare, "make_index", part("index", 4))
    monkeypatch.setattr(prepare, "train", part("train", 0))
    assert prepare.prepare() == 4
    assert done == ["embedder", "index"]
