"""Lines of characters that may be bytes of old encodings → lines in Unicode.

Each line is read in every encoding. What speaks for one is its words: possible Vietnamese syllables, of common letters.
A change of encoding between lines has a price, so that lines which say little follow their neighbours, and a text is
Unicode unless much speaks against it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import repeat
from math import fsum, log

from retrieval.sources.encodings import code_pages
from retrieval.sources.encodings.likelihood import BEYOND_BYTES, IMPOSSIBLE, TOKEN, cost, is_syllable

TCVN3, VNI, WINDOWS_1258, VPS, VISCII = "TCVN3", "VNI-Windows", "Windows-1258", "VPS", "VISCII"
TWICE = "UTF-8 mã hóa hai lần"


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
_NOT_BYTES: _Evidence = (0.0, *[-IMPOSSIBLE] * (len(_ENCODINGS) - 1))


@lru_cache(maxsize=1 << 16)
def _evidence(token: str) -> _Evidence:
    if BEYOND_BYTES.search(token):
        return _NOT_BYTES
    as_it_is = -cost(token, elsewhere=True)
    said = [
        as_it_is - IMPOSSIBLE if (text := encoding.read(token)) is None else -cost(text, encoding.elsewhere)
        for encoding in _ENCODINGS
    ]
    # What is Vietnamese as it stands speaks for no other encoding, only for none.
    best = as_it_is if is_syllable(token) else 0.0
    return tuple([min(each, best) for each in said])


@lru_cache(maxsize=1 << 16)
def _read(token: str, state: int) -> str:
    return token if BEYOND_BYTES.search(token) else _ENCODINGS[state].read(token) or token


# --- lines -----------------------------------------------------------------------------------------------------------

# What a change of encoding costs, beside its rarity: between lines, and more within one.
_ANOTHER_LINE, _WITHIN_A_LINE = 3.0, 4.0
# Characters for each token beyond which a line may be in a language that needs few of them.
_SPARSE = 25
_STRANGE_WORD = 1.0  # a plain word that is not Vietnamese, in a line with few other words
_PLAIN_WORD = re.compile(r"(?<![^\s(\"'])[A-Za-z]{2,}+(?![^\s,.;:!?)\"'])")


@dataclass(frozen=True, slots=True)
class _Unit:
    """What is read in one encoding: a line, or a token of a line in which there seem to be several."""

    line: int
    first: bool
    evidence: _Evidence


def _units(lines: Sequence[str]) -> Iterator[_Unit]:
    for number, line in enumerate(lines):
        each = [_evidence(token) for token in TOKEN.findall(line)]
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


def repaired(text: str, names: Sequence[str]) -> tuple[list[str], Counter[str]]:
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
    vocabulary = {token for line in lines for token in TOKEN.findall(line)}
    if all(max(evidence) == evidence[_AS_IT_IS] for evidence in map(_evidence, vocabulary)):
        return {}
    units = list(_units(lines))
    by_line: dict[int, list[int]] = {}
    for unit, state in zip(units, _states(units), strict=True):
        by_line.setdefault(unit.line, []).append(state)
    return {number: states for number, states in by_line.items() if any(states)}


def _read_line(line: str, states: Sequence[int], hyphens_for_u: bool) -> str:
    each = iter(states) if len(states) > 1 else repeat(states[0])
    read = TOKEN.sub(lambda match: _read(match.group(), next(each)), line)
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
    return word if len(word) > 1 and is_syllable(word) and not apart else match.group()


def _is_in_capitals(line: str) -> bool:
    """Whether a line has no small letter of which that is sure, and a word in capitals that is no acronym."""
    runs = code_pages.RUN.findall(line)
    return not re.search("[a-z]", line) and any(len(run) > 2 and run.isupper() and is_syllable(run) for run in runs)
