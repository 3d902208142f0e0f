"""A passage in its document, with those before and after it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from bot.lookup_pages.search import LONGEST_QUESTION
from bot.lookup_pages.shown import Source, Stretch, cited, headings_of, marked, page_address, source_of
from retrieval.answer import Answerer
from retrieval.handout import passage_of
from retrieval.index import Index
from retrieval.question import Question, understand
from retrieval.records import Passage

# Passages shown before and after the one that is looked for.
_AROUND = 10
_SPAN = re.compile(r"([0-9]{1,7})-([0-9]{1,7})")


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A passage in its document. `headings`: where they are not those of the passage before."""

    headings: list[str]
    text: list[Stretch]
    is_hit: bool


@dataclass(frozen=True, slots=True)
class Place:
    """A passage among those before and after it. `first` to `last` of the document's `total` are shown, from 1."""

    source: Source
    neighbours: list[Neighbour]
    first: int
    last: int
    total: int
    before: str
    after: str
    back: str
    citation: str
    sheet: str
    document_sheet: str

    @property
    def hit_shown(self) -> bool:
        """Whether the passage that is looked for is among those shown."""
        return any(neighbour.is_hit for neighbour in self.neighbours)


def place_of(answerer: Answerer, passage_id: str, fields: Mapping[str, str]) -> Place | None:
    """A passage in its place, or None. `fields`: `q`, `run` (start-end of the best), `from` (the first to show)."""
    index = answerer.index
    if (hit := passage_of(index, passage_id)) is None:
        return None
    asked = fields.get("q", "")[:LONGEST_QUESTION]
    rows = index.rows_of(hit.document_id)
    wanted = fields.get("from", "")
    first = int(wanted) - 1 if re.fullmatch(r"[0-9]{1,7}", wanted) else hit.row - rows.start - _AROUND
    first = max(0, min(first, len(rows) - 1))
    shown = rows[first : first + 2 * _AROUND + 1]
    source = source_of(index.document_of(hit), answerer.today())

    def at(number: int) -> str:
        kept = {"q": asked, "run": fields.get("run", "")} if asked else {}
        return f"{page_address('/tra-cuu/doan/', hit.id)}?{urlencode({**kept, 'from': number + 1})}"

    return Place(
        source=source,
        neighbours=_neighbours(index, shown, hit, understand(asked) if asked else None, _best(fields)),
        first=first + 1,
        last=first + len(shown),
        total=len(rows),
        before=at(max(0, first - len(shown))) if first else "",
        after=at(first + len(shown)) if first + len(shown) < len(rows) else "",
        back=f"/tra-cuu?{urlencode({'q': asked})}" if asked else "/tra-cuu",
        citation=cited(hit, source),
        sheet=page_address("/phieu/doan/", hit.id),
        document_sheet=page_address("/phieu/", hit.document_id),
    )


def _best(fields: Mapping[str, str]) -> tuple[int, int]:
    match = _SPAN.fullmatch(fields.get("run", ""))
    return (int(match[1]), int(match[2])) if match else (0, 0)


def _neighbours(
    index: Index, rows: range, hit: Passage, question: Question | None, best: tuple[int, int]
) -> list[Neighbour]:
    found, section, end = [], None, 0
    for row in rows:
        passage = index.passages[row]
        is_hit = passage.id == hit.id
        # What the passage before has already shown is not shown again, but for the one that is looked for.
        text = passage.text if is_hit else passage.text[max(0, end - passage.start) :]
        headings = headings_of(passage) if passage.section != section else []
        shown = marked(text, question if is_hit else None, best if is_hit else (0, 0))
        found.append(Neighbour(headings, shown, is_hit))
        section, end = passage.section, max(end, passage.end)
    return found
