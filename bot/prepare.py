"""Builds what is missing or out of date (embedder, index, Rasa model), by fingerprints of the inputs."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from bot.settings import ROOT
from bot.supervisor import RASA_MODEL, RASA_PYTHON, RASA_QUIET, say
from retrieval import cli
from retrieval.readers import KNOWLEDGE

_RASA_DATA = ("data/nlu", "data/rules", "data/stories")
_RASA_INPUTS = ("config.yml", "domain.yml", *_RASA_DATA, "bot/nlu", "retrieval/text.py", "requirements/rasa.txt")
_STEP = re.compile(r"(Starting to train|Finished training) component '(\w+)'")
_PROGRESS_EVERY_S = 5


def prepare(index: Path = Path("models/index"), state: Path = Path("var")) -> int:
    """Everything that a run needs, each part only if its inputs changed. Returns an exit code."""
    code = make_embedder() or make_index(index, state)
    # Files of an office that cannot be read are told, and keep nobody from the rest.
    return train() if code in (0, cli.PARTLY) else code


def make_embedder() -> int:
    """The default embedding model, once."""
    return cli.main(["embedder"])


def make_index(index: Path = Path("models/index"), state: Path = Path("var"), arguments: Sequence[str] = ()) -> int:
    """The index of what the assistant knows. `arguments`: what else `retrieval index` is told."""
    own = [argument for folder in KNOWLEDGE for argument in ("--own", str(folder))]
    library = ["--library", str(state / cli.LIBRARY), "--register", "data/instruments.yml"]
    return cli.main(["index", *own, *library, "--index", str(index), *arguments])


def train() -> int:
    """The Rasa model."""
    fingerprint = rasa_fingerprint()
    stamp = RASA_MODEL.with_suffix(".fingerprint")
    if RASA_MODEL.is_file() and stamp.is_file() and stamp.read_text(encoding="utf-8") == fingerprint:
        say("Mô hình Rasa đã mới nhất.")
        return 0
    if not RASA_PYTHON.is_file():
        say("Chưa có môi trường Rasa. Hãy chạy: make setup")
        return 1
    say("Đang huấn luyện Rasa (khoảng nửa phút)…")
    stamp.unlink(missing_ok=True)
    code = _run_training()
    if code == 0:
        stamp.write_text(fingerprint, encoding="utf-8")
    return code


def rasa_fingerprint() -> str:
    """A hash of everything that the Rasa model is made from."""
    digest = hashlib.sha256()
    for file in _rasa_files():
        digest.update(f"{file.relative_to(ROOT).as_posix()}\0".encode() + file.read_bytes() + b"\0")
    return digest.hexdigest()


def _rasa_files() -> Iterator[Path]:
    for name in _RASA_INPUTS:
        path = ROOT / name
        files = [path] if path.is_file() else sorted(path.rglob("*"))
        yield from (file for file in files if file.suffix in (".yml", ".py", ".txt"))


def _run_training() -> int:
    """Train, showing the steps; the whole output goes to a log and is shown if it fails."""
    log = RASA_MODEL.parent / "train.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [
        str(RASA_PYTHON), "-m", "rasa", "train", "--config", "config.yml", "--domain", "domain.yml",
        "--data", *_RASA_DATA, "--out", str(RASA_MODEL.parent), "--fixed-model-name", "rasa", "--force",
    ]  # fmt: skip
    started = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | RASA_QUIET | {"PYTHONPATH": str(ROOT)}, stdout=output, stderr=output
        )
        while process.poll() is None:
            try:
                process.wait(_PROGRESS_EVERY_S)
            except subprocess.TimeoutExpired:
                steps = _STEP.findall(log.read_text(encoding="utf-8", errors="replace"))
                step = steps[-1][1] if steps else "đang khởi động"
                say(f"  … {time.monotonic() - started:.0f} giây ({step})")
    if process.returncode != 0:
        say(f"Huấn luyện Rasa thất bại. Cuối nhật ký {log}:")
        say("\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-30:]))
        return 1
    say(f"Xong mô hình Rasa sau {time.monotonic() - started:.0f} giây.")
    return 0
