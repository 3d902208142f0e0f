"""The words of an official text, each with its place in it, and how numbers, kinds and dates are written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from retrieval.text import lower, new_tone_marks

Verb = Literal["replaces", "abolishes", "amends", "partly_abolishes"]


@dataclass(frozen=True, slots=True)
class Words:
    """A span of the text: `evidence == text[start:end]`."""

    evidence: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Found:
    """The value of one field of `Document`, and the words that prove it. `also`: further words that it rests on."""

    field: str
    value: str
    evidence: str
    start: int
    end: int
    also: tuple[Words, ...] = ()


@dataclass(frozen=True, slots=True)
class Ending:
    """What a text does to another instrument. `from_date`: the first day on which that holds (ISO), None if not said.

    `also`: further words that it rests on, such as the line above a list.
    """

    verb: Verb
    number: str
    name: str
    from_date: str | None
    evidence: str
    start: int
    end: int
    also: tuple[Words, ...] = ()


@dataclass(frozen=True, slots=True)
class Metadata:
    """Everything found in one text, at most one value a field. `warnings`: what a person must look at."""

    found: tuple[Found, ...] = ()
    clauses: tuple[Ending, ...] = ()
    warnings: tuple[str, ...] = ()

    def get(self, field: str) -> Found | None:
        """What was found of a field."""
        return next((found for found in self.found if found.field == field), None)

    def value(self, field: str) -> str | None:
        """The value of a field, None where it was not found."""
        found = self.get(field)
        return found.value if found else None


# What is read of a text, in characters and lines; no instrument without its annexes is longer.
LONGEST_TEXT, MOST_LINES, LONGEST_LINE = 2_000_000, 100_000, 20_000
LONGEST_TITLE = 600
# What the letters of a number stand for; the first is meant where only the number is known.
_KINDS_OF_LETTERS = {
    letters: tuple(kinds.split("/"))
    for letters, kinds in (
        pair.split("=")
        for pair in "NĐ=Nghị định|NQ=Nghị quyết|QĐ=Quyết định/Quy định|QyĐ=Quy định|TT=Thông tư"
        "|NQLT=Nghị quyết liên tịch|TTLT=Thông tư liên tịch/Thông tư|CT=Chỉ thị|KH=Kế hoạch|TB=Thông báo"
        "|CTr=Chương trình|ĐA=Đề án|BC=Báo cáo|TTr=Tờ trình|CĐ=Công điện|KL=Kết luận|QC=Quy chế|L=Lệnh/Luật|LCT=Lệnh"
        "|PL=Pháp lệnh|VBHN=Văn bản hợp nhất".split("|")
    )
}
KINDS = sorted({"Bộ luật", "Công văn"}.union(*_KINDS_OF_LETTERS.values()), key=lambda kind: (-len(kind), kind))
KIND = "|".join(KINDS).lower()
# Instruments that end others by a clause of their own; elsewhere "bãi bỏ …" may be a task for somebody.
RULING = frozenset(
    "Luật|Bộ luật|Pháp lệnh|Nghị định|Nghị quyết|Nghị quyết liên tịch|Quyết định|Thông tư|Thông tư liên tịch".split("|")
)
# Named with their subject between the kind and the number.
LAWS = ("luật", "bộ luật", "pháp lệnh")
_LETTERS = r"[A-ZĐƯ][A-ZĐƯ&]*+[a-z]?\d{0,2}"
CODE = rf"{_LETTERS}(?:(?: ?[/-] ?|\.){_LETTERS})*"
NUMBER = rf"\d{{1,5}}[a-z]?(?: ?/ ?(?:19|20)\d\d)? ?[/-] ?{CODE}(?:(?![\w/])|(?=ngày))"
NUMBERED = re.compile(rf"(?:(?<![\w/.-])|(?<=số)){NUMBER}")
DATE = r"\d{1,2} ?(?:tháng|[/.-]) ?\d{1,2} ?,? ?(?:năm|[/.-]) ?(?:19|20)\d\d(?!\d)"


@dataclass(frozen=True, slots=True)
class Line:
    """`plain[i]` stands at `at[i]` in the text; `low` is `plain` in small letters, as long."""

    plain: str
    low: str
    at: tuple[int, ...]

    def span(self, start: int = 0, end: int | None = None) -> tuple[int, int]:
        """(start, end) in the text of a part of the line that is not empty."""
        last = len(self.at) if end is None else end
        return self.at[start], self.at[last - 1] + 1

    def part(self, start: int, end: int | None = None) -> Line:
        """A part of the line, without outer spaces."""
        last = len(self.at) if end is None else end
        while start < last and self.plain[start] == " ":
            start += 1
        while start < last and self.plain[last - 1] == " ":
            last -= 1
        return Line(self.plain[start:last], self.low[start:last], self.at[start:last])


_LAYOUT = str.maketrans(dict.fromkeys("*_\\#~`>\t\f\v\r", " ") | dict.fromkeys("‐‑‒–—―−", "-") | {"|": "\n", "″": '"'})
_LINK = re.compile(r"\[([^\[\]\n]{1,200})\](\([^()\s]{1,600}\))")
_BREAK = re.compile(r"<br ?/?>", re.IGNORECASE)
_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(?:(?!---).*\n){0,200}---[ \t]*\n")
_INVISIBLE = frozenset("\u00ad\u200b\u200c\u200d\u2060\ufeff")


def lay_flat(text: str) -> str:
    """The text as long as before, with marks of layout blanked, table cells on lines of their own, plain dashes."""
    text = _FRONT_MATTER.sub(lambda match: blanked(match.group()), text[:LONGEST_TEXT])
    text = _LINK.sub(lambda match: f" {match.group(1)} {' ' * len(match.group(2))}", text)
    return _BREAK.sub(lambda match: "\n".ljust(len(match.group())), text).translate(_LAYOUT)


def blanked(words: str) -> str:
    """Spaces in the place of words; line breaks stay."""
    return re.sub(r"[^\n]", " ", words)


def line_at(flat: str, start: int, end: int) -> Line:
    """The line of a part of a flat text, of at most LONGEST_LINE characters."""
    kept: list[str] = []
    at: list[int] = []
    for i in range(start, min(end, start + LONGEST_LINE)):
        letter = flat[i]
        if letter in _INVISIBLE:
            continue
        if letter.isspace():
            if not kept or kept[-1] == " ":
                continue
            letter = " "
        kept.append(letter)
        at.append(i)
    plain = "".join(kept)
    return Line(plain, new_tone_marks(lower(plain)), tuple(at)).part(0)


def line_spans(flat: str, start: int = 0) -> Iterator[tuple[int, int]]:
    """(start, end) of each line that is not empty."""
    return (match.span() for match in re.compile(r"[^\n]+").finditer(flat, start))


@dataclass(frozen=True, slots=True)
class Page:
    """A text as given, laid flat, and also with what it quotes blanked. `warnings` grows while it is read."""

    text: str
    flat: str
    unquoted: str
    warnings: list[str]

    def words(self, span: tuple[int, int]) -> Words:
        """A span of the text with its words."""
        return Words(self.text[slice(*span)], *span)

    def found(self, field: str, value: str, span: tuple[int, int], also: tuple[Words, ...] = ()) -> Found:
        """A field's value with the words in a span of the text."""
        return Found(field, value, self.text[slice(*span)], *span, also)

    def warn(self, sentence: str, words: str = "") -> None:
        """Say what a person must look at, and the words in question."""
        words = " ".join(words.split())
        quoted = f": “{words[:220].rstrip()}…”" if len(words) > 220 else f": “{words}”" if words else "."
        self.warnings.append(sentence + quoted)


def iso_date(written: str) -> str | None:
    """A date as it is written in Vietnamese, in ISO form; None if there is no such day."""
    day, month, year = (int(figures) for figures in re.findall(r"\d+", written))
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None


def days_later(day: str, days: int) -> str:
    """The ISO date that is so many days later."""
    return (date.fromisoformat(day) + timedelta(days)).isoformat()


def close_up(number: str) -> str:
    """A number without the spaces that scanning leaves in it."""
    return re.sub(r"\s", "", number)


def letters_of(number: str) -> str:
    """The letters of a number: "QĐ-TTg" of "12/2026/QĐ-TTg"."""
    return re.sub(r"^\d+[a-z]?(?:/\d{4})?[/-]", "", number)


def kinds_of(code: str) -> tuple[str, ...]:
    """The kinds that a number's letters allow; letters that name none are those of an official letter."""
    if re.search(r"(?:^|[-/])QH\d", code):
        return ("Nghị quyết",) if code.startswith("NQ") else ("Luật", "Bộ luật", "Nghị quyết")
    if "UBTVQH" in code and code.split("-")[0] not in ("NQ", "PL", "NQLT"):
        return ("Pháp lệnh", "Nghị quyết", "Nghị quyết liên tịch")
    return _KINDS_OF_LETTERS.get(re.split(r"[-/]", code)[0], ("Công văn",))
