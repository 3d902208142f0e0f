"""Every heading of a legal text: of its articles, of the chapters above them, and outside articles."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from itertools import dropwhile, zip_longest
from operator import attrgetter

from retrieval.sources.law.articles import Article
from retrieval.sources.law.letterhead import begins_end
from retrieval.sources.law.lines import STOPS, Line, words_of
from retrieval.sources.law.outline import OUTLINE_LEVELS
from retrieval.sources.law.outside import outer_headings
from retrieval.sources.law.units import ARTICLE_HEAD, KHOAN, LONGEST_NAME, POINT, Heading, Level, division, goes_on

ATTACHED = "Văn bản kèm theo"
# What an instrument says of itself: text, even where the sentence is not ended.
_ORDERS = re.compile(r"(?:có hiệu lực|chịu trách nhiệm|[Bb]an hành kèm theo).* này(?!\w)")


def find_headings(
    text: str, lines: Sequence[Line], runs: Sequence[list[Article]], left_out: list[tuple[int, int]]
) -> list[Heading]:
    """Every heading in order of place. What belongs to no section goes to `left_out`."""
    if not runs:
        found = outer_headings(lines, 0, len(lines), left_out, body=False)
        return list(dropwhile(lambda heading: heading.level not in OUTLINE_LEVELS, found))
    headings: list[Heading] = []
    at = 0
    for n, run in enumerate(runs):
        divisions = _divisions(lines, at, run[0].line)
        if n:
            begins = bisect_left(lines, divisions[0].start, key=attrgetter("start")) if divisions else run[0].line
            between = list(outer_headings(lines, at, begins, left_out))
            if not any(heading.name for heading in between):
                between.append(Heading(Level.INSTRUMENT, ATTACHED, lines[begins].start, lines[begins].start))
            headings += between
        headings += divisions
        for article, after in zip_longest(run, run[1:]):
            until = after.line if after else len(lines)
            headings.append(_article_heading(text, lines, article, until))
            headings += _divisions(lines, article.line + 1, until) if after else []
        at = run[-1].line + 1
    return headings + list(outer_headings(lines, at, len(lines), left_out))


def reads_as_text(words: str) -> bool:
    """Whether what follows the number of an article is its text already, not its name."""
    if words.endswith((":", ";", ",")) or len(words) > LONGEST_NAME or KHOAN.match(words):
        return True
    return _ORDERS.search(words) is not None or (words.endswith(".") and ("này" in words or len(words.split()) > 20))


def _divisions(lines: Sequence[Line], start: int, until: int) -> list[Heading]:
    """The chapter headings that lead up to the article on line `until`: nothing but their names between."""
    headings: list[Heading] = []
    below = n = until
    while n > start and below - n <= 5:
        n -= 1
        found = division(lines[n])
        if found is None:
            if lines[n].words.endswith(";") or ARTICLE_HEAD.match(lines[n].words):
                break
            continue
        level, label, name = found
        names = [name, *(line.words for line in lines[n + 1 : below])]
        if sum(map(len, names)) > LONGEST_NAME:
            break
        if n and lines[n].words.endswith(".") and goes_on(lines[n - 1], lines[n]):
            break
        name = " ".join(filter(None, names))
        headings.append(Heading(level, f"{label}. {name}" if name else label, lines[n].start, lines[below - 1].end))
        below = n
    return headings[::-1]


def _article_heading(text: str, lines: Sequence[Line], article: Article, until: int) -> Heading:
    """An article's heading: its number, and its name if the text does not follow at once."""
    line, last = lines[article.line], article.line
    label = f"Điều {article.number}{article.letter}"
    words = words_of(text[article.rest : line.end])
    if not words:
        last += 1
        if not _is_name_below(lines, last, until):
            return Heading(Level.ARTICLE, label, line.start, line.end)
        words = lines[last].words
    while last + 1 < until and _continues(words, lines[last + 1]):
        last += 1
        words = f"{words} {lines[last].words}"
    if reads_as_text(words) or not _has_text(lines, last + 1, until):
        return Heading(Level.ARTICLE, label, line.start, article.rest)
    return Heading(Level.ARTICLE, f"{label}. {words.rstrip(' .')}", line.start, lines[last].end)


def _continues(words: str, line: Line) -> bool:
    """Whether a line goes on with what stands broken off above it."""
    if line.parted or line.quoted or words.endswith((".", ";", ":")) or len(words) > LONGEST_NAME:
        return False
    return line.words[0].islower() and not POINT.match(line.words)


def _is_name_below(lines: Sequence[Line], n: int, until: int) -> bool:
    """Whether a line is the name of the article whose number stands alone above it."""
    if not _has_text(lines, n, until) or not _has_text(lines, n + 1, until):
        return False
    words = lines[n].words
    plain = words[0].isupper() and not words.endswith(STOPS) and len(words) <= 200 and " này " not in f"{words} "
    return plain and not KHOAN.match(words)


def _has_text(lines: Sequence[Line], n: int, until: int) -> bool:
    return n < until and not division(lines[n]) and not begins_end(lines, n)
