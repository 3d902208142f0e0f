"""Words out of pictures of pages, by Tesseract where it is installed."""

from __future__ import annotations

import csv
import io
import os
import shutil
import subprocess
from statistics import median

from retrieval.sources.pdf_rows import Run

HOW_TO_INSTALL = "hãy cài Tesseract và dữ liệu tiếng Việt (Debian, Ubuntu: apt install tesseract-ocr tesseract-ocr-vie)"
_PROGRAM, _LANGUAGE = "tesseract", "vie"
_SECONDS_PER_PAGE, _SECONDS_TO_START = 90, 20
_WORD = "5"
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
    rows = list(csv.DictReader(io.StringIO(table), delimiter="\t", quoting=csv.QUOTE_NONE))
    words = [row for row in rows if row.get("level") == _WORD and (row.get("text") or "").strip() and _is_sure(row)]
    lines: dict[tuple[str | None, ...], list[dict[str, str]]] = {}
    for word in words:
        lines.setdefault(tuple(word.get(name) for name in ("block_num", "par_num", "line_num")), []).append(word)
    if not lines:
        return []
    try:
        size = 0.8 * scale * median(max(int(word["height"]) for word in line) for line in lines.values())
        return [
            Run(
                word["text"].strip(),
                int(word["left"]) * scale,
                (int(word["left"]) + int(word["width"])) * scale,
                -median(int(each["top"]) + int(each["height"]) for each in line) * scale,
                size,
            )
            for line in lines.values()
            for word in line
        ]
    except (KeyError, ValueError):
        return []


def _is_sure(row: dict[str, str]) -> bool:
    try:
        return float(row.get("conf") or -1) >= _SURE_ENOUGH
    except ValueError:
        return False
