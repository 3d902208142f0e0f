"""Split documents into passages along sections and sentences. A passage is always a span of its document's text."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from retrieval.records import PATH, Document, Passage, Section
from retrieval.text import sentence_spans
from retrieval.tuning import PASSAGE_CHARACTERS


def split(document: Document, limit: int = PASSAGE_CHARACTERS) -> list[Passage]:
    """The passages of a document, in order. None is longer than `limit` unless one sentence is."""
    passages: list[Passage] = []
    seen: set[str] = set()
    for section in document.sections:
        heading = PATH.join(section.path)
        topics = tuple(t for t, name in document.topics.items() if section.path and section.path[-1] == name)
        for start, end in _spans(document.text, section, limit):
            text = document.text[start:end]
            identity = _passage_id(document.id, heading, text, seen)
            passages.append(Passage(identity, document.id, heading, start, end, text, topics))
    return passages


def passage_spans(passage: Passage) -> list[tuple[int, int]]:
    """(start, end) of each sentence in a passage's text, at least one."""
    return sentence_spans(passage.text) or [(0, len(passage.text))]


def _spans(text: str, section: Section, limit: int) -> Iterator[tuple[int, int]]:
    """Runs of whole sentences, evened out so that a section does not end in a crumb."""
    sentences = [
        (section.start + start, section.start + end) for start, end in sentence_spans(text[section.start : section.end])
    ]
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


def _passage_id(document_id: str, heading: str, text: str, seen: set[str]) -> str:
    digest = hashlib.sha256(f"{heading}\0{text}".encode()).hexdigest()[:10]
    identity, copy = f"{document_id}#{digest}", 2
    while identity in seen:
        identity, copy = f"{document_id}#{digest}-{copy}", copy + 1
    seen.add(identity)
    return identity
