"""The units of a legal text, from annexes down to points: their ranks, and how the line that begins one is written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum

from retrieval.sources.law.lines import STOPS, Line, is_capital


class Level(IntEnum):
    """From the outermost in. Headings that only Markdown makes such stand above these, by their depth (-9 to -4)."""

    INSTRUMENT = 0
    ANNEX = 1
    FORM = 2
    PART = 3
    CHAPTER = 4
    LETTER = 5
    ROMAN = 6
    TITLE = 7
    SUBTITLE = 8
    FIGURE = 9
    SUBFIGURE = 10
    ARTICLE = 11


# Characters of the name of a unit.
LONGEST_NAME = 400
# The order of the letters in "Điều 5a", "khoản 2b" and "điểm đ".
ALPHABET = "abcdđefghijklmnopqrstuvwxyz"
_R = "[IVXLC]{1,7}"
_UNITS = {
    Level.ANNEX: (
        "Phụ lục",
        r"PHỤ LỤC|Phụ [lL]ục",
        rf"(?:(?:SỐ|[Ss]ố) *)?:? *(?:{_R}|\d{{1,3}})[a-zA-Z]?(?:[-.]\d+)*|",
    ),
    Level.FORM: ("Mẫu số", r"(?:MẪU|Mẫu) +(?:SỐ|[Ss]ố) *:?", r"\d{1,3}[a-zđ]?(?:[-/.][\dA-Za-zĐđ]+)*"),
    Level.PART: ("Phần", "PHẦN|Phần", rf"(?:[Tt]hứ|THỨ) +\w+|{_R}|\d{{1,3}}|[A-Z]"),
    Level.CHAPTER: ("Chương", "CHƯƠNG|Chương", rf"(?:{_R}|\d{{1,3}})[a-zđ]?"),
    Level.TITLE: ("Mục", "MỤC|Mục", rf"(?:{_R}|\d{{1,3}}|[A-Z])[a-zđ]?"),
    Level.SUBTITLE: ("Tiểu mục", "TIỂU MỤC|Tiểu [mM]ục", rf"{_R}|\d{{1,3}}"),
}
_UNIT = {level: re.compile(rf"(?:{word}) *(?P<number>{number})(?!\w)") for level, (_, word, number) in _UNITS.items()}
_DIVISIONS = (Level.PART, Level.CHAPTER, Level.TITLE, Level.SUBTITLE)
_ANNEXED = (_UNITS[Level.ANNEX][0], _UNITS[Level.FORM][0])
# How the first line of an article, a khoản and a điểm begins.
ARTICLE_HEAD = re.compile(
    r"(?:#{1,6} +)?[*_ ]*[ĐÐ](?:iều|IỀU) +(?P<number>\d{1,4})(?P<letter>[a-zđ]?)(?!\w)"
    r"(?P<point>[*_ ]*\\?(?:[.:]{1,2} ?[–-]?|[–-](?= [*_]*[^\W\d_])))?[*_ ]*"
)
KHOAN = re.compile(r"(\d{1,3})([a-zđ]?) ?(?:[.)](?=\s|[“\"(]|[^\W\d_][^\W\d_A-ZĐ])|[–-](?= ?[^\W\d_]))")
POINT = re.compile(r"([a-zđ]{1,2}|[a-zđ]\d) ?(?:\)|[.–-](?= ))")


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading from the start of its line to the end of its name; without a name, where all above it ends."""

    level: int
    name: str
    start: int
    end: int


def division(line: Line) -> tuple[int, str, str] | None:
    """The level, label ("Chương II") and name on the line of a heading above articles; None if it is none."""
    return next((found for level in _DIVISIONS if (found := _unit(level, line))), None)


def annex(line: Line) -> tuple[int, str, str] | None:
    """The same of the line of an annex or a form."""
    return _unit(Level.ANNEX, line) or _unit(Level.FORM, line)


def is_annexed(name: str) -> bool:
    """Whether a heading is that of an annex or a form."""
    return name.startswith(_ANNEXED)


def goes_on(before: Line, line: Line) -> bool:
    """Whether a line may be the rest of a sentence that was broken off above it."""
    if line.parted or line.marked or before.marked or before.words.endswith(STOPS):
        return False
    return not (is_capital(before.words) or division(before))


def _unit(level: Level, line: Line) -> tuple[int, str, str] | None:
    match = _UNIT[level].match(line.words)
    if match is None or line.quoted:
        return None
    rest = line.words[match.end() :].strip()
    if rest and rest[0] not in ".:–-" and not is_capital(rest):
        return None
    number = match["number"].strip(" :")
    number = number.lower() if number.isupper() and number.lower().startswith("thứ") else number
    return level, f"{_UNITS[level][0]} {number}".strip(), rest.strip(" .:–-")
