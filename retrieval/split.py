"""Split documents into passages along sections and sentences. A passage is always a span of its document's text."""

from __future__ import annotations

import hashlib
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise

from retrieval.records import PATH, POINT, Clause, Document, Passage, Section
from retrieval.text import sentence_spans
from retrieval.tuning import PASSAGE_CHARACTERS


def split(document: Document, limit: int = PASSAGE_CHARACTERS) -> list[Passage]:
    """The passages of a document, in order. None is longer than `limit` unless one sentence is."""
    passages: list[Passage] = []
    seen: set[str] = set()
    for section in document.sections:
        heading = PATH.join(section.path)
        topics = tuple(t for t, name in document.topics.items() if section.path and section.path[-1] == name)
        spans = (span for part in _parts(document, section, limit) for span in _spans(document.text, *part, limit))
        for start, end in spans:
            text = document.text[start:end]
            identity = _passage_id(document.id, heading, text, seen)
            clauses = _clauses(document.clauses, section, start, end)
            passages.append(Passage(identity, document.id, heading, start, end, text, topics, clauses))
    return passages


def passage_spans(passage: Passage) -> list[tuple[int, int]]:
    """(start, end) of each sentence in a passage's text, at least one."""
    return sentence_spans(passage.text) or [(0, len(passage.text))]


def _parts(document: Document, section: Section, limit: int) -> Iterator[tuple[int, int]]:
    """A section of law falls into runs of whole khoản, so that none is torn that need not be; any other is one part."""
    first = bisect_left(document.clauses, section.start, key=_begin)
    until = bisect_left(document.clauses, section.end, key=_begin)
    khoan = [clause.start for clause in document.clauses[first:until] if POINT not in clause.name]
    start = section.start
    for here, following in pairwise([*khoan, section.end]):
        if following - start > limit and here > start:
            yield start, here
            start = here
    yield start, section.end


def _spans(text: str, first: int, until: int, limit: int) -> Iterator[tuple[int, int]]:
    """Runs of whole sentences, evened out so that a part does not end in a crumb."""
    sentences = [(first + start, first + end) for start, end in sentence_spans(text[first:until])]
    if not sentences:
        return
    total = sentences[-1][1] - sentences[0][0]
    goal = total / max(1, -(-total // limit))
    start, end = sentences[0]
    for next_start, next_end in sentences[1:]:
        if next_end - start > limit or end - start >= goal:
            yield start, end
            start = next_start
        end = next_end
    yield start, end


def _clauses(clauses: Sequence[Clause], section: Section, start: int, end: int) -> tuple[Clause, ...]:
    """The clauses of a section that a span of it touches and the one after them, by their place in the span."""
    first = max(bisect_right(clauses, start, key=_begin) - 1, bisect_left(clauses, section.start, key=_begin))
    until = min(bisect_left(clauses, end, key=_begin) + 1, bisect_left(clauses, section.end, key=_begin))
    return tuple(Clause(clause.start - start, clause.name) for clause in clauses[first:until])


def _begin(clause: Clause) -> int:
    return clause.start


def _passage_id(document_id: str, heading: str, text: str, seen: set[str]) -> str:
    digest = hashlib.sha256(f"{heading}\0{text}".encode()).hexdigest()[:10]
    identity, copy = f"{document_id}#{digest}", 2
    while identity in seen:
        identity, copy = f"{document_id}#{digest}-{copy}", copy + 1
    seen.add(identity)
    return identity
