"""Text out of files and strings in whatever encoding Vietnamese offices have used: Unicode in every form, and what was
used before it (TCVN3 or ABC, VNI-Windows, VPS, VISCII, Windows-1258), also mixed and also encoded twice.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from retrieval.errors import SourceError
from retrieval.sources.common.disguises import what_else
from retrieval.sources.encodings.likelihood import TOKEN, makes_sense
from retrieval.sources.encodings.lines import repaired

UNICODE, UTF_8, UTF_16, WESTERN = "Unicode", "UTF-8", "UTF-16", "Windows-1252"


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text in NFC, and the names of the encodings that it was in, the one with most text first."""

    text: str
    encodings: tuple[str, ...]


def decode(path: Path, raw: bytes) -> Decoded:
    """The text of a file's bytes. SourceError if they are no text, or text in an encoding that is not known here.

    TCVN3 has no capitals with tone marks; a font of capitals shows small letters instead, so "Ủy" comes out as "ủy".
    But a word or a line whose other letters are capitals comes out in capitals.
    """
    if told := what_else(raw, "txt"):
        raise SourceError(path, told)
    text, names = _unicode_or_bytes(path, raw)
    lines, amounts = repaired(text, names)
    text = "\n".join(lines)
    _refuse_what_is_no_text(path, text)
    _refuse_what_makes_no_sense(path, (line for line, name in zip(lines, names, strict=True) if name == WESTERN))
    return Decoded(text, _by_amount(amounts) or names[:1])


def to_be_seen(decoded: Decoded) -> tuple[str, ...]:
    """What to say of a text that was not in Unicode: nothing of one that was."""
    old = [name for name in decoded.encodings if name not in (UNICODE, UTF_8, UTF_16)]
    return (f"chữ ở bảng mã cũ ({', '.join(old)}), đã đổi sang Unicode; xin xem lại",) if old else ()


def repair(text: str) -> Decoded:
    """The same for a string whose characters may be bytes of an old encoding, as readers of DOCX, PDF and HTML give it.

    Lines in Unicode and in other languages stay as they are, in NFC. Give it a whole document, whose lines explain each
    other, before invisible characters are dropped: in TCVN3 the soft hyphen is "ư". Idempotent; raises nothing.
    """
    lines, amounts = repaired(text, (UNICODE,) * (text.count("\n") + 1))
    return Decoded("\n".join(lines), _by_amount(amounts) or (UNICODE,))


def _by_amount(amounts: Counter[str]) -> tuple[str, ...]:
    return tuple(name for name, _ in amounts.most_common())


# --- bytes -----------------------------------------------------------------------------------------------------------

_NOT_TEXT = "không phải tệp chữ; hãy mở bằng phần mềm đã tạo ra tệp rồi lưu lại thành .docx hoặc .pdf"


# Controls that are in no text and have no letter in any code page.
_NO_CODE = bytes([0x01, 0x07, 0x08, 0x0E, 0x0F, 0x16, 0x17, 0x18, 0x1B, 0x1F, 0x7F])


def _unicode_or_bytes(path: Path, raw: bytes) -> tuple[str, tuple[str, ...]]:
    """The text, with bytes that are not Unicode as characters, and the name of what each line is in."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _all_in(UTF_16, raw[: len(raw) & ~1].decode("utf-16", "replace"))
    raw = raw.removeprefix(b"\xef\xbb\xbf")
    if b"\0" in raw:
        high_first, low_first = raw[::2].count(0), raw[1::2].count(0)
        many, few = max(high_first, low_first), min(high_first, low_first)
        if many * 10 < len(raw) or few * 5 > many:
            raise SourceError(path, _NOT_TEXT)
        name = "utf-16-le" if low_first > high_first else "utf-16-be"
        return _all_in(UTF_16, raw[: len(raw) & ~1].decode(name, "replace"))
    try:
        return _all_in(UTF_8, raw.decode("utf-8"))
    except UnicodeDecodeError:
        controls = len(raw) - len(raw.translate(None, _NO_CODE))
        if controls > 3 and controls * 100 > len(raw):
            raise SourceError(path, _NOT_TEXT) from None
        lines = [_line_of_bytes(line) for line in raw.split(b"\n")]
        return "\n".join(text for text, _ in lines), tuple(name for _, name in lines)


def _all_in(name: str, text: str) -> tuple[str, tuple[str, ...]]:
    return text, (name,) * (text.count("\n") + 1)


# What Vietnamese, its punctuation and emoji have in UTF-8: bytes of old encodings fall into ranges of other scripts.
_UTF_8_LETTER = re.compile(rb"([\xc2-\xc6\xcc\xcd][\x80-\xbf]|[\xe1-\xef][\x80-\xbf]{2}|\xf0[\x90-\xbf][\x80-\xbf]{2})")
_HIGH_BYTE = re.compile(rb"[\x80-\xff]")


def _line_of_bytes(line: bytes) -> tuple[str, str]:
    """A line of a file that is not all UTF-8: UTF-8 where most of it is, else each byte as a character of its own."""
    letters = _UTF_8_LETTER.findall(line)
    if len(_HIGH_BYTE.findall(line)) - sum(map(len, letters)) > len(letters):
        return line.decode("latin-1"), WESTERN
    pieces = enumerate(_UTF_8_LETTER.split(line))
    return "".join(piece.decode("utf-8" if n % 2 else "latin-1", "replace") for n, piece in pieces), UTF_8


_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
# Where a program had no code for a letter: "Ti?ng Vi?t".
_LOST = re.compile(r"(?<!\S)[^\W\d_]++\?[^\W\d_][^\W\d?]*+(?:\?[^\W\d?]*+)*+(?![^\s.,;:)])|\ufffd")


def _refuse_what_is_no_text(path: Path, text: str) -> None:
    controls = len(_CONTROL.findall(text.rstrip("\x1a")))
    if "\0" in text or (controls > 3 and controls * 50 > len(text)):
        raise SourceError(path, _NOT_TEXT)
    lost = len(_LOST.findall(text))
    if lost > 2 and lost * 10 > text.count(" "):
        raise SourceError(path, "chữ có dấu đã mất, chỉ còn dấu hỏi (Ti?ng Vi?t); hãy lưu lại từ bản gốc bằng UTF-8")


def _refuse_what_makes_no_sense(path: Path, lines: Iterable[str]) -> None:
    tokens = [token for line in lines for token in TOKEN.findall(line)]
    if sum(map(makes_sense, tokens)) * 2 < len(tokens):
        raise SourceError(path, "không nhận ra bảng mã của chữ trong tệp; hãy mở tệp rồi lưu lại bằng UTF-8 (Unicode)")
