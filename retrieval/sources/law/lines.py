"""The lines of a normalised text, without their Markdown marks."""

from __future__ import annotations

import re
from dataclasses import dataclass

# What a line ends with that is not broken off.
STOPS = (".", ";", ":", "!", "?", "…", "”", '"', ")", "/")


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is not blank. `words`: without Markdown marks. `marked`: a Markdown heading, or bold throughout.

    `depth`: of a Markdown heading. `parted`: after a blank line. `quoted`: within a provision that is quoted.
    """

    start: int
    end: int
    words: str
    marked: bool
    depth: int
    parted: bool
    quoted: bool = False


def lines_of(text: str) -> list[Line]:
    """The lines of a text that have words, in order; none is marked as quoted yet."""
    lines: list[Line] = []
    end = 0
    for match in re.finditer(r"[^\n]+", text):
        raw = match.group()
        words, marked, depth = (raw, False, 0) if _is_plain(raw) else _unmarked(raw)
        if words:
            lines.append(Line(match.start(), match.end(), words, marked, depth, match.start() - end > 1))
            end = match.end()
    return lines


def words_of(raw: str) -> str:
    """The words of a line, or of what is left of one, without Markdown marks."""
    return _unmarked(raw)[0]


def is_capital(words: str) -> bool:
    """Whether words are written in capitals, but for a few letters."""
    letters = [c for c in words if c.isalpha()]
    return len(letters) > 1 and sum(c.isupper() for c in letters) >= 0.85 * len(letters)


def _is_plain(raw: str) -> bool:
    return not raw.startswith(("#", " ")) and "*" not in raw and "\\" not in raw


def _unmarked(raw: str) -> tuple[str, bool, int]:
    """The words of a line of Markdown, whether it is a heading or bold throughout, and how deep a heading."""
    body = raw.lstrip("#")
    depth = len(raw) - len(body) if body.startswith(" ") else 0
    words = re.sub(r"\*+|\\(?=[^\w\s])", "", body if depth else raw).strip()
    bold = raw.startswith("**") and re.fullmatch(r"\*{2,3}[^*]+\*{2,3}[:. ]*", raw) is not None
    return words, bool(depth) or bold, min(depth, 6)
