"""Long text as messages of a limited length: cut between paragraphs, then sentences, then words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from retrieval.text import sentence_spans

_MARKS = (
    (re.compile(r"\[([^\]\n]+)\]\((https?://[^\s)]+)\)"), r"\1: \2"),
    (re.compile(r"\*\*(\S(?:[^*\n]*\S)?)\*\*"), r"\1"),
    (re.compile(r"__(\S(?:[^_\n]*\S)?)__"), r"\1"),
    (re.compile(r"^#{1,6}[ \t]+", re.MULTILINE), ""),
)


def plain(text: str) -> str:
    """NFC text without markdown (Zalo shows it as it is typed) and without control characters."""
    text = unicodedata.normalize("NFC", text)
    for pattern, replacement in _MARKS:
        text = pattern.sub(replacement, text)
    kept = (c for c in text if c == "\n" or unicodedata.category(c) not in ("Cc", "Cs"))
    return "".join(kept).strip()


def pieces(text: str, limit: int) -> Iterator[tuple[str, str]]:
    """(what stands before it, piece): paragraphs, and of a paragraph longer than `limit` its sentences or words."""
    for paragraph in text.split("\n"):
        if len(paragraph) <= limit:
            yield "\n", paragraph
            continue
        separator = "\n"
        for start, end in sentence_spans(paragraph):
            for piece in _words(paragraph[start:end].strip(), limit):
                yield separator, piece
                separator = " "


def _words(sentence: str, limit: int) -> Iterator[str]:
    """A sentence; if it is longer than `limit`, as much of it at a time as fits, cut between words if it has any."""
    while len(sentence) > limit:
        cut = sentence.rfind(" ", 0, limit + 1)
        cut = cut if cut > 0 else _between_letters(sentence, limit)
        yield sentence[:cut].rstrip()
        sentence = sentence[cut:].lstrip()
    if sentence:
        yield sentence


def _between_letters(text: str, limit: int) -> int:
    """Never between a letter and its mark."""
    cut = limit
    while cut > 1 and unicodedata.combining(text[cut]):
        cut -= 1
    return cut


def shortened(text: str, limit: int) -> str:
    """At most `limit` characters, with … where something was left out."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
