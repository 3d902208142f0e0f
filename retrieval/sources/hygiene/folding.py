"""Text as bare small letters, whatever letters it hides behind, for patterns to be matched against."""

from __future__ import annotations

import re
import unicodedata

from retrieval.text import strip_diacritics

_OR = re.compile(r"(?<!\w)[Hh][Aa][Yy](?!\w)")
_MARKED = re.compile("[\u00c0-\u024f\u1ea0-\u1ef9]")
_AI = re.compile(r"(?<!\w)AI(?!\w)")
_ALIKE = str.maketrans("аеорсухіѕԁјһԛԝАВЕКМНОРСТХΑΒΕΖΗΙΚΜΝΟΡΤΥΧοανικ_", "aeopcyxisdjhqwabekmhopctxabezhikmnoptyxoavik ")


class _Folded(dict[int, int | str]):
    """The bare small letter that a character looks like, one for one, found when it is first met."""

    def __missing__(self, code: int) -> int | str:
        plain = unicodedata.normalize("NFKC", chr(code)).translate(_ALIKE)
        self[code] = strip_diacritics(plain) if len(plain) == 1 else chr(code)
        return self[code]


_FOLDED = _Folded()


def fold(text: str) -> str:
    """A text of the same length to match patterns against."""

    def other_word(match: re.Match[str]) -> str:
        after = text[match.end() : match.end() + 30].partition("\n")[0]
        return "hoy" if _MARKED.search(after) else match.group()

    return _AI.sub("øi", _OR.sub(other_word, text)).translate(_FOLDED)
