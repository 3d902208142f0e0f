"""The khoản and điểm of an article: what goes on in sequence. Where that is in doubt the name of a clause says less."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from retrieval.records import Clause
from retrieval.sources.law.lines import STOPS, Line
from retrieval.sources.law.quotations import read_lines
from retrieval.sources.law.units import ALPHABET, ARTICLE_HEAD, KHOAN, POINT, annex

_SUB_KHOAN = re.compile(r"\d{1,2}\.\d{1,2}(?:\.\d{1,2})?[.)]? ")
_POINT_INLINE = re.compile(r"(?<=[;:]) ?(?:và )?([a-zđ])\) ?(?=\w)")
# Points on one line follow one another without a gap, and Vietnamese has no f, j, w and z.
_VIETNAMESE = "abcdđeghiklmnopqrstuvxy"
_SUB_ITEMS = ("i", "ii", "iv", "v", "vi", "ix", "x", "xi")
_AWAITS_NUMBER = re.compile(r"(?:[Kk]hoản|[Đđ]iều|[Đđ]iểm|[Mm]ục|số|ngày|tháng)$")


def article_clauses(text: str) -> tuple[Clause, ...]:
    """The clauses of a normalised text that is one article."""
    return tuple(clauses_of(text, read_lines(text)))


def clauses_of(text: str, lines: Iterable[Line]) -> Iterator[Clause]:
    """The clauses of an article that stands on these lines of a text, by their place."""
    places = list(_places(text, lines))
    numbered = next((n for n, (_, name) in enumerate(places) if name.startswith("khoản")), 0)
    named = ""
    for n, (start, name) in enumerate(places):
        name = "" if n < numbered else name  # points of a khoản whose number was lost
        if name != named:
            yield Clause(start, name)
        named = name


def _places(text: str, lines: Iterable[Line]) -> Iterator[tuple[int, str]]:
    """Where text begins that is to be cited in another way, and how."""
    khoan: tuple[int, str] | None = None
    point: str | None = None
    listed: int | None = None  # the last figure of a list within the khoản
    doubted = False  # the points of the khoản are no longer in sequence
    before = ""
    for line in lines:
        words = line.words
        if line.quoted or words[0] == "|":
            before = words
            continue
        if before and _ends_article(line, before):
            yield line.start, ""
            return
        number, letter = _number(words, before), _letter(words)
        if number:
            was = khoan
            khoan, listed = _next_khoan(khoan, listed, number, not before or before.endswith(STOPS))
            if khoan != was:
                point, doubted = None, False
                yield line.start, _name(khoan, None)
            elif listed or _begins_text(words):
                point, doubted = None, True
                yield line.start, ""
        elif _SUB_KHOAN.match(words):
            point, doubted = None, True
            yield line.start, _name(khoan, None)
        elif letter and listed is None and not doubted and _follows(point, letter):
            point = letter
            yield line.start, _name(khoan, point)
        elif letter and listed is None and point and letter not in _SUB_ITEMS:
            point, doubted = None, True
            yield line.start, _name(khoan, None)
        elif point and not letter and _is_paragraph(words, before):
            yield line.start, _name(khoan, None)
        if listed is None and not doubted and ")" in words:
            for start, found in _inline_points(text, line, point):
                point = found
                yield start, _name(khoan, found)
        before = words


def _ends_article(line: Line, before: str) -> bool:
    """Whether a form, an annex or another article begins on a line, which the clauses above no longer hold."""
    if line.words[0] not in "ĐÐMPC" or not before.endswith(STOPS):
        return False
    article = ARTICLE_HEAD.match(line.words)
    return bool((article and article["point"]) or annex(line) or line.words.startswith("CỘNG H"))


def _number(words: str, before: str) -> tuple[int, str] | None:
    match = KHOAN.match(words)
    return (int(match[1]), match[2]) if match and not _AWAITS_NUMBER.search(before[-10:]) else None


def _letter(words: str) -> str | None:
    match = POINT.match(words)
    return match[1] if match else None


def _begins_text(words: str) -> bool:
    """Whether a sentence begins after the number of a line, which is then no figure of a sentence above."""
    return words.lstrip("0123456789abcdđ.)–- ")[:1].isupper()


def _is_paragraph(words: str, before: str) -> bool:
    """Whether a line under a point may belong to the whole khoản."""
    return words[0].isupper() and before.endswith(STOPS) and not before.endswith(":")


def _next_khoan(
    khoan: tuple[int, str] | None, listed: int | None, number: tuple[int, str], sure: bool
) -> tuple[tuple[int, str] | None, int | None]:
    """The khoản and the figure of a list within it that hold after a number at the start of a line."""
    follows = _follows_khoan(khoan or (0, ""), number, sure and listed is None)
    if listed is None:
        if follows:
            return number, None
        return khoan, 1 if khoan and number == (1, "") else None
    if number == (listed + 1, ""):
        return khoan, listed + 1
    return (number, None) if follows else (khoan, listed)


def _follows_khoan(last: tuple[int, str], number: tuple[int, str], sure: bool) -> bool:
    """Whether a khoản is the next one; `sure`: also where some between were repealed."""
    if number[1]:
        place = ALPHABET.index(last[1]) if last[1] else -1
        return number[0] == last[0] and number[1] == ALPHABET[place + 1]
    return number[0] == last[0] + 1 or (sure and 1 < number[0] - last[0] <= 10)


def _follows(last: str | None, letter: str) -> bool:
    """Whether a point is the next one, up to two left out: đ after d, a1 after a, aa after a or y."""
    if last is None:
        return letter == "a"
    if len(letter) == 1:
        return 1 <= ALPHABET.index(letter) - ALPHABET.index(last[0]) <= 3
    if letter[1].isdigit():
        return letter[0] == last[0] and int(letter[1]) == (int(last[1]) if last[1:].isdigit() else 0) + 1
    if letter[0] != letter[1] or letter == "ii":
        return False
    return letter[0] == last or (letter == "aa" and last in "vxyz") or (len(last) == 2 and _follows(last[0], letter[0]))


def _inline_points(text: str, line: Line, point: str | None) -> Iterator[tuple[int, str]]:
    """Points that follow one another on one line: "gồm: a) …; b) …". Only an unbroken sequence counts."""
    matches = list(_POINT_INLINE.finditer(text, line.start, line.end))
    open_quotes, seen = 0, line.start
    for n, match in enumerate(matches):
        piece = text[seen : match.start(1)]
        open_quotes, seen = open_quotes + piece.count("“") - piece.count("”"), match.start(1)
        letter = match[1]
        if open_quotes > 0 or (point is None and not (n + 1 < len(matches) and matches[n + 1][1] == "b")):
            continue
        colon = text[match.start() - 1] == ":"
        begins = point is None and letter == "a" and colon
        if begins or (point is not None and not colon and point + letter in _VIETNAMESE):
            point = letter
            yield match.start(1), letter


def _name(khoan: tuple[int, str] | None, point: str | None) -> str:
    parts = [f"khoản {khoan[0]}{khoan[1]}" if khoan else "", f"điểm {point}" if point else ""]
    return ", ".join(filter(None, parts))
