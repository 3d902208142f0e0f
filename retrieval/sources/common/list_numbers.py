"""The numbers before the items of a list, as Word and HTML write them."""

from __future__ import annotations

_ROMAN = (
    (1000, "M"),
    (900, "CM"),
    (500, "D"),
    (400, "CD"),
    (100, "C"),
    (90, "XC"),
    (50, "L"),
    (40, "XL"),
    (10, "X"),
    (9, "IX"),
    (5, "V"),
    (4, "IV"),
    (1, "I"),
)


def written_number(count: int, form: str) -> str:
    """A number as Word and HTML write it: form "decimal", "lowerLetter", "upperRoman" …"""
    if form in ("lowerLetter", "upperLetter") and count > 0:
        repeats, place = divmod(count - 1, 26)
        letters = chr(ord("a") + place) * min(repeats + 1, 8)
        return letters if form == "lowerLetter" else letters.upper()
    if form in ("lowerRoman", "upperRoman") and 0 < count < 4000:
        roman = _roman(count)
        return roman.lower() if form == "lowerRoman" else roman
    if form == "decimalZero":
        return f"{count:02}"
    return "" if form in ("none", "bullet") else str(count)


def _roman(count: int) -> str:
    text = ""
    for amount, letters in _ROMAN:
        text += letters * (count // amount)
        count %= amount
    return text
