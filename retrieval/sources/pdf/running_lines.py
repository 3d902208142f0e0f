"""Headers, footers and page numbers that run over the pages of a document, found so that they can be left out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from retrieval.sources.pdf.paragraphs import Line

# How many rows at the top and at the bottom of a page may be running ones.
_DEEP = 3
# A page of so few rows has no running ones: they are all it says.
_FEW = 2
_LONGEST = 100
_PAGE_NUMBER = re.compile(r"(?:trang|page|tr\.?)?\s*[-–—|]*\s*(\d{1,4})\s*(?:[-–—|]*|(?:/|of|trên)\s*\d{1,4})", re.I)


def without_running_lines(pages: Sequence[list[list[Line]]]) -> list[list[list[Line]]]:
    """The rows of each page but those that run over the pages. A row is the pieces that stand beside each other."""
    rows = [sorted(page, key=lambda row: -row[0].y) for page in pages]
    often = _repeated([page for page in rows if len(page) > _FEW])
    offsets = Counter(number - n for n, page in enumerate(rows) for number in _numbers(page))
    numbered = {offset for offset, count in offsets.items() if offset == 1 or count >= 2}
    kept = []
    for n, page in enumerate(rows):
        start, end = 0, len(page)
        if len(page) <= _FEW:
            kept.append(page)
            continue
        while start < min(_DEEP, end) and _runs(page[start], n, often, numbered, len(rows)):
            start += 1
        while end > max(start, len(page) - _DEEP) and _runs(page[end - 1], n, often, numbered, len(rows)):
            end -= 1
        kept.append(page[start:end] or page)
    return kept


def _runs(row: list[Line], n: int, often: set[tuple[str, int]], numbered: set[int], pages: int) -> bool:
    number = _number(row)
    if number is not None:
        return pages > 1 and number - n in numbered
    return not often.isdisjoint(_places(row))


def _text(row: list[Line]) -> str:
    return " ".join(piece.text for piece in row)


def _number(row: list[Line]) -> int | None:
    match = _PAGE_NUMBER.fullmatch(_text(row).strip())
    return int(match.group(1)) if match else None


def _numbers(page: list[list[Line]]) -> Iterator[int]:
    """The page numbers that a page may bear: at its top or bottom."""
    for row in [*page[:2], *page[2:][-2:]]:
        if (number := _number(row)) is not None:
            yield number


def _places(row: list[Line]) -> list[tuple[str, int]]:
    """What a row says, figures aside, and where it stands, in two rasters: a point more or less does not matter."""
    text = re.sub(r"\d+", "#", _text(row)).casefold()
    if len(text) > _LONGEST or not any(character.isalpha() for character in text):
        return []
    return [(text, round(row[0].y / 8)), (text, round(row[0].y / 8 + 0.5) + 100_000)]


def _repeated(pages: Sequence[list[list[Line]]]) -> set[tuple[str, int]]:
    """Rows at the edge of at least three pages, and of a fifth of them."""
    counts = Counter(
        place for page in pages for row in [*page[:_DEEP], *page[_DEEP:][-_DEEP:]] for place in _places(row)
    )
    return {place for place, count in counts.items() if count >= max(3, len(pages) / 5)}
