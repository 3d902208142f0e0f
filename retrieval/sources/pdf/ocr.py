"""Words out of pictures of pages, by Tesseract where it is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from statistics import median

from retrieval.sources.pdf.rows import Run

HOW_TO_INSTALL = "hãy cài Tesseract và dữ liệu tiếng Việt (Debian, Ubuntu: apt install tesseract-ocr tesseract-ocr-vie)"
_PROGRAM, _LANGUAGE = "tesseract", "vie"
_SECONDS_PER_PAGE, _SECONDS_TO_START = 90, 20
# Of its table: how many columns it has, and the level of a word.
_COLUMNS, _WORD = 12, "5"
_SURE_ENOUGH = 30.0


def is_available() -> bool:
    """Whether Tesseract and its Vietnamese data are installed."""
    if shutil.which(_PROGRAM) is None:
        return False
    try:
        listed = subprocess.run([_PROGRAM, "--list-langs"], capture_output=True, timeout=_SECONDS_TO_START, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return _LANGUAGE in listed.stdout.decode("utf-8", "replace").split()


def read_picture(picture: bytes, dots_per_inch: float) -> list[Run] | None:
    """The words of a picture (any format that Tesseract reads) where they stand, in points. None if it fails on it."""
    command = [_PROGRAM, "stdin", "stdout", "-l", _LANGUAGE, "--dpi", str(round(dots_per_inch)), "tsv"]
    environment = {**os.environ, "OMP_THREAD_LIMIT": "1"}
    try:
        done = subprocess.run(
            command, input=picture, capture_output=True, timeout=_SECONDS_PER_PAGE, check=True, env=environment
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return _runs(done.stdout.decode("utf-8", "replace"), 72 / dots_per_inch)


def _runs(table: str, scale: float) -> list[Run]:
    """Words as runs. Those of one line share its foot, since Tesseract knows lines that are not level; all are of one
    size, since the height of a picture of a word tells little of it."""
    lines: dict[tuple[str, ...], list[_Word]] = {}
    for row in table.split("\n"):
        cells = row.rstrip("\r").split("\t")
        if len(cells) == _COLUMNS and cells[0] == _WORD and (word := _word(cells)):
            lines.setdefault(tuple(cells[2:5]), []).append(word)
    if not lines:
        return []
    size = 0.8 * scale * median(max(word.height for word in line) for line in lines.values())
    return [
        Run(word.text, word.left * scale, (word.left + word.width) * scale, -foot * scale, size)
        for line in lines.values()
        for foot in [median(word.top + word.height for word in line)]
        for word in line
    ]


@dataclass(frozen=True, slots=True)
class _Word:
    """A word and its box in pixels."""

    text: str
    left: int
    top: int
    width: int
    height: int


def _word(cells: list[str]) -> _Word | None:
    """The word of a row of Tesseract's table, None if it is none, or hardly sure."""
    try:
        left, top, width, height = map(int, cells[6:10])
        sure = float(cells[10])
    except ValueError:
        return None
    text = cells[11].strip()
    return _Word(text, left, top, width, height) if text and sure >= _SURE_ENOUGH else None
