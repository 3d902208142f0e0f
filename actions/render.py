"""An answer as people see it: one JSON message for the doors, plain text for `rasa shell`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from actions.phrases import Phrases
from retrieval.records import Answer, Citation


def spoken_date(value: str) -> str:
    """An ISO date as Vietnamese people write it: 2026-07-01 → 01/7/2026; partial dates keep what they have."""
    year, *rest = value.split("-")
    if not rest:
        return year
    month = str(int(rest[0]))
    return f"{rest[1]}/{month}/{year}" if len(rest) == 2 else f"{month}/{year}"


def as_message(answer: Answer, phrases: Phrases) -> dict[str, Any]:
    """{text, status, citations, buttons}: introduction, quotes with [n], and what must be known beside them."""
    phrase = phrases.for_answer(answer)
    told = [answer.text, *_notes(answer, phrases)]
    if answer.reason == "place":  # there the notes are the answer
        told = [*told[1:], answer.text]
    lines = [phrase.text, *told]
    related = [{"title": heading, "payload": heading} for heading in answer.related]
    return {
        "text": "\n".join(line for line in lines if line),
        "status": answer.status.value,
        "citations": [asdict(citation) for citation in answer.citations],
        "buttons": [*phrase.buttons, *related],
    }


def _notes(answer: Answer, phrases: Phrases) -> list[str]:
    notes = []
    for note in answer.notes:
        values = {key: spoken_date(value) if key.startswith("effective") else value for key, value in note.values}
        notes.append(phrases[f"utter_note_{note.kind}"].text.format(**values))
    return list(dict.fromkeys(notes))


def as_text(answer: Answer, phrases: Phrases) -> str:
    """The same for a terminal: the sources follow as numbered lines."""
    message = as_message(answer, phrases)
    sources = [_source(citation, phrases) for citation in answer.citations]
    title = [phrases["utter_sources_title"].text + ":"] if sources else []
    return "\n".join([message["text"], *title, *sources])


def _source(citation: Citation, phrases: Phrases) -> str:
    issued = spoken_date(citation.issued) if citation.issued else phrases["utter_unknown_date"].text
    parts = [citation.title, citation.number, citation.section, citation.issuer, issued, citation.url]
    return f"[{citation.n}] " + " · ".join(part for part in parts if part)
