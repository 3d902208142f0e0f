"""How many messages a text takes on a phone, and a text in the letters of which most fit into one."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

# GSM 03.38: its letters, and those that take two septets.
_GSM = frozenset("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./:;<=>?¡ÄÖÑÜ§¿äöñüà0123456789"
                 "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")  # fmt: skip
_GSM_TWICE = frozenset("^{}\\[~]|€")
# What one message holds alone, and each of several: septets, and UTF-16 units.
_GSM_ROOM, _UCS_ROOM = (160, 153), (70, 67)
_PLAIN = str.maketrans(
    {"đ": "d", "Đ": "D", "“": '"', "”": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "−": "-", "•": "-"}
    | {"½": " 1/2", "¼": " 1/4", "¾": " 3/4"}
)


@dataclass(frozen=True, slots=True)
class Count:
    """How a text is sent. `units`: septets (GSM-7) or UTF-16 units (UCS-2); `segments`: how many messages it takes."""

    coding: str
    units: int
    segments: int


def count(text: str) -> Count:
    """How many segments a text takes; a letter of two units is never torn."""
    if all(letter in _GSM or letter in _GSM_TWICE for letter in text):
        return _count("GSM-7", [2 if letter in _GSM_TWICE else 1 for letter in text], *_GSM_ROOM)
    return _count("UCS-2", [2 if ord(letter) > 0xFFFF else 1 for letter in text], *_UCS_ROOM)


def _count(coding: str, sizes: Sequence[int], alone: int, each: int) -> Count:
    units = sum(sizes)
    if units <= alone:
        return Count(coding, units, 1 if units else 0)
    segments, used = 1, 0
    for size in sizes:
        if used + size > each:
            segments, used = segments + 1, 0
        used += size
    return Count(coding, units, segments)


def without_diacritics(text: str) -> str:
    """A text in letters of GSM-7 that are also ASCII; what has no such letter is left out."""
    split = unicodedata.normalize("NFKD", text.translate(_PLAIN))
    return "".join(letter for letter in split if letter.isascii() and (letter in _GSM or letter in _GSM_TWICE))
