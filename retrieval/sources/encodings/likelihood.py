"""How likely a token is as text that people write: syllables of common letters, or foreign words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from retrieval.sources.encodings import code_pages

# Small letters by how rare they are in Vietnamese text: minus the logarithm of their share of the letters here.
_LETTERS_BY_RARITY = "đ àáưệảị ôếộạủốơềợấậờêựụóểứớâíăổồ ýầởìửặãừẩữọỉ òẫúéắùằĩỹễỏ èỗẻõũỷỳ ỡẹẽẳ ẵỵ"
_RARITY = {letter: float(n) for n, letters in enumerate(_LETTERS_BY_RARITY.split(), 2) for letter in letters}
# What else there is costs, on the same scale: chosen by hand on texts of law and on names in forty languages.
_FOREIGN_LETTER = 3.4
_COMMON, _UNCOMMON = -1.5, 1.0  # a syllable, beside its letters
_ACRONYM = 2.0
# No syllable, in what should be Vietnamese: one without its "ư" (see `lines`), two without a space between, or none.
_TORN, _GLUED, _MISSPELT = 3.0, 5.0, 8.0
# No syllable, in what may be of any language: a letter alone, as such a language writes, or as none does.
_LONE_LETTER, _FOREIGN, _NONSENSE = 1.0, 5.0, 10.0
_LONE_SYMBOL, _EDGE_SYMBOL, _ODD_SYMBOL, _INNER_SYMBOL = 3.0, 4.0, 8.0, 12.0
IMPOSSIBLE = 20.0

_PIECE = re.compile(f"[{code_pages.LATIN}]+" + r"|([\x00-\x1f\x80-\x9f\xa1-\xbf×÷€‚„†‡ˆ‰‹›˜™“”‘₫])")
# Some code pages have letters among the controls, and a doubly encoded "à" ends in a space that does not break.
_HIGH = r"(?:[\x02-\x06\x10-\x15\x19\x1c-\x1e\x80-\x9f\xa1-\U0010ffff]|(?<=[ÂÃÄÅÆº»])\xa0)"
TOKEN = re.compile(rf"(?<![A-Za-z])[A-Za-z]*+{_HIGH}(?:[A-Za-z]|{_HIGH})*+")
BEYOND_BYTES = re.compile(rf"(?![\x00-\x9fμ{re.escape(code_pages.WESTERN[0x80:])}])[^\W\d_]|[\u0300-\u036f]")
_OPENING, _CLOSING = frozenset("«¡¿„‚‹·§¶©€£¥“‘"), frozenset("®™»²³°†‡ºª›€£¥¢©\xad”")
_WESTERN_LETTERS = frozenset("àáâãäåæçèéêëìíîïðñòóôõöøùúûüýþßÿœšž")
_BARE_LETTERS = frozenset("đăâêôơư")
_LONGEST_ACRONYM, _LONGEST_SYLLABLE = 8, 7


def _is_cased(run: str) -> bool:
    return run in (run.lower(), run.upper(), run.capitalize())


def is_syllable(run: str) -> bool:
    """Whether a run of letters is a Vietnamese syllable, in small letters, capitals or with one capital."""
    return run.lower() in code_pages.syllables() and _is_cased(run)


def _is_western(run: str, marked: Sequence[str]) -> bool:
    return (len(marked) < 3 or len(marked) * 2 <= len(run)) and _WESTERN_LETTERS.issuperset(marked) and _is_cased(run)


def _word_cost(run: str, elsewhere: bool) -> float:
    """What a run of letters costs as a word; `elsewhere`: it may be of another language."""
    small = run.lower()
    marked = [letter for letter in small if letter > "\x7f"]
    letters = sum([_RARITY.get(letter, _FOREIGN_LETTER) for letter in marked])
    if is_syllable(run):
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


def cost(token: str, elsewhere: bool) -> float:
    """How unlikely a token is as text that people write: minus the logarithm of a probability."""
    cost = 0.0
    for match in _PIECE.finditer(token):
        if match.lastindex:
            cost += _symbol_cost(token, match.start())
        elif not match.group().isascii():
            cost += _word_cost(match.group(), elsewhere)
    return cost


@lru_cache(maxsize=1 << 16)
def makes_sense(token: str) -> bool:
    """Whether a token may be a word of some language as it stands."""
    marked = sum([not character.isascii() for character in token])
    return cost(token, elsewhere=True) - marked * _FOREIGN_LETTER < _NONSENSE
