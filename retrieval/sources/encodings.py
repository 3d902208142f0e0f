"""Text out of files and strings in whatever encoding Vietnamese offices have used: Unicode in every form, and what was
used before it (TCVN3 or ABC, VNI-Windows, VPS, VISCII, Windows-1258), also mixed and also encoded twice.

Each line is read in every encoding. What speaks for one is its words: possible Vietnamese syllables, of common letters.
A change of encoding between lines has a price, so that lines which say little follow their neighbours, and a text is
Unicode unless much speaks against it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import repeat
from math import fsum, log
from pathlib import Path

from retrieval.errors import SourceError
from retrieval.sources import code_pages

UNICODE, UTF_8, UTF_16, WESTERN = "Unicode", "UTF-8", "UTF-16", "Windows-1252"
TCVN3, VNI, WINDOWS_1258, VPS, VISCII = "TCVN3", "VNI-Windows", "Windows-1258", "VPS", "VISCII"
TWICE = "UTF-8 mã hóa hai lần"


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
    _refuse_other_formats(path, raw)
    text, names = _unicode_or_bytes(path, raw)
    lines, amounts = _repaired(text, names)
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
    lines, amounts = _repaired(text, (UNICODE,) * (text.count("\n") + 1))
    return Decoded("\n".join(lines), _by_amount(amounts) or (UNICODE,))


def _by_amount(amounts: Counter[str]) -> tuple[str, ...]:
    return tuple(name for name, _ in amounts.most_common())


# --- bytes -----------------------------------------------------------------------------------------------------------

_PACKED = "tệp nén; hãy giải nén trước"
_PICTURE = "ảnh; hãy dùng bản có chữ, không phải ảnh chụp"
_SIGNATURES = {
    b"%PDF-": "tệp PDF; hãy đổi đuôi tên tệp thành .pdf",
    b"PK\x03\x04": "tệp Word, Excel hoặc tệp nén; hãy đổi đuôi tên tệp thành .docx, .xlsx hoặc .zip cho đúng",
    b"\xd0\xcf\x11\xe0": "tệp Word hoặc Excel đời cũ; hãy mở bằng Word hoặc Excel rồi lưu lại thành .docx hoặc .xlsx",
    b"{\\rtf": "tệp RTF; hãy mở bằng Word rồi lưu lại thành .docx",
    b"\x1f\x8b": _PACKED,
    b"Rar!": _PACKED,
    b"7z\xbc\xaf": _PACKED,
    b"\x89PNG": _PICTURE,
    b"\xff\xd8\xff": _PICTURE,
    b"GIF8": _PICTURE,
    b"II*\x00": _PICTURE,
    b"MM\x00*": _PICTURE,
}
_NOT_TEXT = "không phải tệp chữ; hãy mở bằng phần mềm đã tạo ra tệp rồi lưu lại thành .docx hoặc .pdf"


def _refuse_other_formats(path: Path, raw: bytes) -> None:
    looks_like = next((hint for signature, hint in _SIGNATURES.items() if raw.startswith(signature)), None)
    if looks_like:
        raise SourceError(path, f"không phải tệp chữ mà trông như {looks_like}")


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
    tokens = [token for line in lines for token in _TOKEN.findall(line)]
    if sum(map(_makes_sense, tokens)) * 2 < len(tokens):
        raise SourceError(path, "không nhận ra bảng mã của chữ trong tệp; hãy mở tệp rồi lưu lại bằng UTF-8 (Unicode)")


# --- what speaks for an encoding -------------------------------------------------------------------------------------

# Small letters by how rare they are in Vietnamese text: minus the logarithm of their share of the letters here.
_LETTERS_BY_RARITY = "đ àáưệảị ôếộạủốơềợấậờêựụóểứớâíăổồ ýầởìửặãừẩữọỉ òẫúéắùằĩỹễỏ èỗẻõũỷỳ ỡẹẽẳ ẵỵ"
_RARITY = {letter: float(n) for n, letters in enumerate(_LETTERS_BY_RARITY.split(), 2) for letter in letters}
# What else there is costs, on the same scale: chosen by hand on texts of law and on names in forty languages.
_FOREIGN_LETTER = 3.4
_COMMON, _UNCOMMON = -1.5, 1.0  # a syllable, beside its letters
_ACRONYM = 2.0
# No syllable, in what should be Vietnamese: one without its "ư" (see `_with_u`), two without a space between, or none.
_TORN, _GLUED, _MISSPELT = 3.0, 5.0, 8.0
# No syllable, in what may be of any language: a letter alone, as such a language writes, or as none does.
_LONE_LETTER, _FOREIGN, _NONSENSE = 1.0, 5.0, 10.0
_LONE_SYMBOL, _EDGE_SYMBOL, _ODD_SYMBOL, _INNER_SYMBOL = 3.0, 4.0, 8.0, 12.0
_STRANGE_WORD = 1.0  # a plain word that is not Vietnamese, in a line with few other words
_IMPOSSIBLE = 20.0

_PIECE = re.compile(f"[{code_pages.LATIN}]+" + r"|([\x00-\x1f\x80-\x9f\xa1-\xbf×÷€‚„†‡ˆ‰‹›˜™“”‘₫])")
# Some code pages have letters among the controls, and a doubly encoded "à" ends in a space that does not break.
_HIGH = r"(?:[\x02-\x06\x10-\x15\x19\x1c-\x1e\x80-\x9f\xa1-\U0010ffff]|(?<=[ÂÃÄÅÆº»])\xa0)"
_TOKEN = re.compile(rf"(?<![A-Za-z])[A-Za-z]*+{_HIGH}(?:[A-Za-z]|{_HIGH})*+")
_BEYOND_BYTES = re.compile(rf"(?![\x00-\x9fμ{re.escape(code_pages.WESTERN[0x80:])}])[^\W\d_]|[\u0300-\u036f]")
_OPENING, _CLOSING = frozenset("«¡¿„‚‹·§¶©€£¥“‘"), frozenset("®™»²³°†‡ºª›€£¥¢©\xad”")
_WESTERN_LETTERS = frozenset("àáâãäåæçèéêëìíîïðñòóôõöøùúûüýþßÿœšž")
_BARE_LETTERS = frozenset("đăâêôơư")
_LONGEST_ACRONYM, _LONGEST_SYLLABLE = 8, 7


def _is_cased(run: str) -> bool:
    return run in (run.lower(), run.upper(), run.capitalize())


def _is_syllable(run: str) -> bool:
    return run.lower() in code_pages.syllables() and _is_cased(run)


def _is_western(run: str, marked: Sequence[str]) -> bool:
    return (len(marked) < 3 or len(marked) * 2 <= len(run)) and _WESTERN_LETTERS.issuperset(marked) and _is_cased(run)


def _word_cost(run: str, elsewhere: bool) -> float:
    """What a run of letters costs as a word; `elsewhere`: it may be of another language."""
    small = run.lower()
    marked = [letter for letter in small if letter > "\x7f"]
    letters = sum([_RARITY.get(letter, _FOREIGN_LETTER) for letter in marked])
    if _is_syllable(run):
        return letters + (_COMMON if small in code_pages.COMMON else _UNCOMMON)
    if run.isupper() and len(run) <= _LONGEST_ACRONYM and _BARE_LETTERS.issuperset(marked):
        return letters + _ACRONYM
    if elsewhere:
        foreign = _FOREIGN if len(run) > 1 else _LONE_LETTER
        return len(marked) * _FOREIGN_LETTER + (foreign if _is_western(run, marked) else _NONSENSE)
    if small[0] in "ơớờởỡợ" and "ư" + small in code_pages.syllables():
        return letters + _TORN
    if len(run) > 2 * _LONGEST_SYLLABLE:
        return letters + len(run)
    return letters + (_GLUED if _is_glued(small) else _MISSPELT)


def _is_glued(small: str) -> bool:
    known = code_pages.syllables()
    return any(small[:cut] in known and small[cut:] in known for cut in range(1, len(small)))


def _symbol_cost(token: str, place: int) -> float:
    if len(token) == 1:
        return _LONE_SYMBOL
    if place == 0:
        return _EDGE_SYMBOL if token[0] in _OPENING else _ODD_SYMBOL
    if place == len(token) - 1:
        return _EDGE_SYMBOL if token[-1] in _CLOSING else _ODD_SYMBOL
    return _INNER_SYMBOL


def _cost(token: str, elsewhere: bool) -> float:
    """How unlikely a token is as text that people write: minus the logarithm of a probability."""
    cost = 0.0
    for match in _PIECE.finditer(token):
        if match.lastindex:
            cost += _symbol_cost(token, match.start())
        elif not match.group().isascii():
            cost += _word_cost(match.group(), elsewhere)
    return cost


@lru_cache(maxsize=1 << 16)
def _makes_sense(token: str) -> bool:
    marked = sum([not character.isascii() for character in token])
    return _cost(token, elsewhere=True) - marked * _FOREIGN_LETTER < _NONSENSE


# --- the encodings ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Encoding:
    """A way to read a token, None where it has no code for a letter.

    `weight`: how many lines of it to expect before any is seen. `elsewhere`: its text may be in any language.
    """

    name: str
    weight: float
    read: code_pages.Reader
    elsewhere: bool = False


_AS_IT_IS = 0
_ENCODINGS = (
    _Encoding("", 1.0, str, elsewhere=True),
    _Encoding(TCVN3, 0.01, code_pages.read_tcvn3),
    _Encoding(VNI, 0.01, code_pages.read_vni),
    _Encoding(WINDOWS_1258, 0.003, code_pages.read_windows_1258),
    _Encoding(VPS, 0.001, code_pages.read_vps),
    _Encoding(VISCII, 0.001, code_pages.read_viscii),
    _Encoding(TWICE, 0.01, code_pages.read_twice, elsewhere=True),
)
# What text says for each of these: the logarithm of its probability there.
_Evidence = tuple[float, ...]
_NOT_BYTES: _Evidence = (0.0, *[-_IMPOSSIBLE] * (len(_ENCODINGS) - 1))


@lru_cache(maxsize=1 << 16)
def _evidence(token: str) -> _Evidence:
    if _BEYOND_BYTES.search(token):
        return _NOT_BYTES
    as_it_is = -_cost(token, elsewhere=True)
    said = [
        as_it_is - _IMPOSSIBLE if (text := encoding.read(token)) is None else -_cost(text, encoding.elsewhere)
        for encoding in _ENCODINGS
    ]
    # What is Vietnamese as it stands speaks for no other encoding, only for none.
    best = as_it_is if _is_syllable(token) else 0.0
    return tuple([min(each, best) for each in said])


@lru_cache(maxsize=1 << 16)
def _read(token: str, state: int) -> str:
    return token if _BEYOND_BYTES.search(token) else _ENCODINGS[state].read(token) or token


# --- lines -----------------------------------------------------------------------------------------------------------

# What a change of encoding costs, beside its rarity: between lines, and more within one.
_ANOTHER_LINE, _WITHIN_A_LINE = 3.0, 4.0
# Characters for each token beyond which a line may be in a language that needs few of them.
_SPARSE = 25
_PLAIN_WORD = re.compile(r"(?<![^\s(\"'])[A-Za-z]{2,}+(?![^\s,.;:!?)\"'])")


@dataclass(frozen=True, slots=True)
class _Unit:
    """What is read in one encoding: a line, or a token of a line in which there seem to be several."""

    line: int
    first: bool
    evidence: _Evidence


def _units(lines: Sequence[str]) -> Iterator[_Unit]:
    for number, line in enumerate(lines):
        each = [_evidence(token) for token in _TOKEN.findall(line)]
        if not each:
            continue
        together: _Evidence = tuple(map(fsum, zip(*each, strict=True)))
        if len(line) > _SPARSE * len(each):
            together = tuple(a + b for a, b in zip(together, _words_around(line), strict=True))
            yield _Unit(number, True, together)
        elif sum(map(max, each)) - max(together) > 2 * _WITHIN_A_LINE:
            yield from (_Unit(number, place == 0, evidence) for place, evidence in enumerate(each))
        else:
            yield _Unit(number, True, together)


def _words_around(line: str) -> _Evidence:
    """What the plain words of a line say: those that are not Vietnamese speak against every Vietnamese encoding."""
    strange = sum(word.lower() not in code_pages.syllables() for word in _PLAIN_WORD.findall(line))
    return tuple([0.0 if encoding.elsewhere else -_STRANGE_WORD * min(strange, 20) for encoding in _ENCODINGS])


def _states(units: Sequence[_Unit]) -> list[int]:
    """The likeliest state of each unit, a place in _ENCODINGS: by what is usual, then by what this text shows."""
    states = _path(units, _prices(Counter()))
    return _path(units, _prices(Counter(states))) if any(states) else states


def _prices(seen: Counter[int]) -> list[float]:
    """What a change to each encoding costs, by how many units are in it."""
    shares = [seen[state] + encoding.weight for state, encoding in enumerate(_ENCODINGS)]
    return [_ANOTHER_LINE - log(share / sum(shares)) for share in shares]


def _path(units: Sequence[_Unit], prices: Sequence[float]) -> list[int]:
    """The likeliest states at these prices (Viterbi; linear in the units)."""
    scores = [_ANOTHER_LINE - price for price in prices]
    came_from: list[list[int]] = []
    for unit in units:
        best = max(scores)
        source = scores.index(best)
        here = best if unit.first else best - _WITHIN_A_LINE
        moved = [here - price for price in prices]
        came_from.append([source if m > s else state for state, (s, m) in enumerate(zip(scores, moved, strict=True))])
        scores = [max(s, m) + e for s, m, e in zip(scores, moved, unit.evidence, strict=True)]
    state = scores.index(max(scores))
    path = []
    for sources in reversed(came_from):
        path.append(state)
        state = sources[state]
    return path[::-1]


# What was encoded twice may have been in an old encoding before.
_ROUNDS = 3


def _repaired(text: str, names: Sequence[str]) -> tuple[list[str], Counter[str]]:
    """The lines in Unicode, and how many characters were in which encoding; `names`: what lines are in as they are."""
    lines = code_pages.nfc(code_pages.western(text)).split("\n")
    amounts: Counter[str] = Counter()
    changed: set[int] = set()
    for _ in range(_ROUNDS):
        found = _old_lines(lines)
        if not found:
            break
        hyphens_for_u = not any("\xad" in line for line in lines)
        for number, states in found.items():
            for state, count in Counter(states).items():
                amounts[_ENCODINGS[state].name or names[number]] += len(lines[number]) * count // len(states)
            lines[number] = _read_line(lines[number], states, hyphens_for_u)
        changed |= found.keys()
    for number, line in enumerate(lines):
        if number not in changed and not line.isascii():
            amounts[names[number]] += len(line)
    return lines, amounts


def _old_lines(lines: Sequence[str]) -> dict[int, list[int]]:
    """The lines that are not to stay as they are, each with its state, or with those of its tokens."""
    vocabulary = {token for line in lines for token in _TOKEN.findall(line)}
    if all(max(evidence) == evidence[_AS_IT_IS] for evidence in map(_evidence, vocabulary)):
        return {}
    units = list(_units(lines))
    by_line: dict[int, list[int]] = {}
    for unit, state in zip(units, _states(units), strict=True):
        by_line.setdefault(unit.line, []).append(state)
    return {number: states for number, states in by_line.items() if any(states)}


def _read_line(line: str, states: Sequence[int], hyphens_for_u: bool) -> str:
    each = iter(states) if len(states) > 1 else repeat(states[0])
    read = _TOKEN.sub(lambda match: _read(match.group(), next(each)), line)
    if {_ENCODINGS[state].name for state in states} == {TCVN3}:
        read = _HYPHENED.sub(_with_u, read) if hyphens_for_u else read
        read = read.upper() if _is_in_capitals(read) else read
    return code_pages.nfc(read)


_HYPHENED = re.compile(
    rf"(?<![{code_pages.LATIN}\d-])([{code_pages.LATIN}]*+)-([{code_pages.LATIN}]*+)(?![{code_pages.LATIN}\d-])"
)


def _with_u(match: re.Match[str]) -> str:
    """Programs that take the code of "ư" for a hyphen have torn words: "th-" → "thư", "đ-ợc" → "được"."""
    left, right = match.groups()
    word = f"{left}{'Ư' if len(left + right) > 1 and (left + right).isupper() else 'ư'}{right}"
    apart = all(part.lower() in code_pages.syllables() for part in (left, right))
    return word if len(word) > 1 and _is_syllable(word) and not apart else match.group()


def _is_in_capitals(line: str) -> bool:
    """Whether a line has no small letter of which that is sure, and a word in capitals that is no acronym."""
    runs = code_pages.RUN.findall(line)
    return not re.search("[a-z]", line) and any(len(run) > 2 and run.isupper() and _is_syllable(run) for run in runs)
