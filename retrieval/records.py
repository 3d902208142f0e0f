"""The frozen records that cross every border of the package. JSON only at the edges (`to_json`)."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

# Between the headings of a section, from the outermost in.
PATH = " › "
# Between a khoản and one of its điểm in the name of a clause.
POINT = ", điểm "
# What an article of a document may have of its own.
ARTICLE_FIELDS = ("number", "issued", "effective_from", "effective_to", "replaced_by", "amended_by")


class Status(StrEnum):
    """What kind of reply an answer is. A closed list: other parts rely on it."""

    ANSWERED = "answered"
    CLARIFY = "clarify"
    NO_ANSWER = "no_answer"
    OFF_TOPIC = "off_topic"
    REFUSED = "refused"
    URGENT = "urgent"
    HANDOFF = "handoff"
    SMALLTALK = "smalltalk"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class Section:
    """A headed part of a document. `path`: headings from the outermost in. `start`/`end`: offsets into the text."""

    path: tuple[str, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Clause:
    """Where a clause of an article of law begins in a text, and its name within the article: "khoản 3, điểm b"."""

    start: int
    name: str


@dataclass(frozen=True, slots=True)
class Document:
    """One source document as read, with what is known of it. Dates are ISO, whole or partial ("2022", "2022-10").

    `articles`: heading → those of ARTICLE_FIELDS that are its own. `clauses`: where each khoản and điểm of a text of
    law begins, in order.
    """

    id: str
    title: str
    text: str
    sections: tuple[Section, ...]
    kind: str | None = None
    number: str | None = None
    issuer: str | None = None
    source: str | None = None
    province: str | None = None
    issued: str | None = None
    effective_from: str | None = None
    effective_to: str | None = None
    replaced_by: str | None = None
    amended_by: str | None = None
    url: str | None = None
    checked_on: str | None = None
    audience: tuple[str, ...] = ()
    topics: dict[str, str] = field(default_factory=dict)
    asked_as: tuple[str, ...] = ()
    articles: dict[str, dict[str, str]] = field(default_factory=dict)
    clauses: tuple[Clause, ...] = ()

    def article(self, section: str) -> Document:
        """The document as a section has it, headings joined by PATH: with that article's own number and validity."""
        own = [self.articles[heading] for heading in section.split(PATH) if heading in self.articles]
        fields: dict[str, Any] = {name: value for each in own for name, value in each.items()}
        return replace(self, **fields) if own else self

    @classmethod
    def of_record(cls, record: dict[str, Any]) -> Document:
        """A document from what JSON made of `asdict`, or of `meta`."""
        parts: dict[str, Any] = {
            "sections": tuple(Section(tuple(s["path"]), s["start"], s["end"]) for s in record.get("sections", ())),
            "clauses": tuple(Clause(**clause) for clause in record.get("clauses", ())),
            "audience": tuple(record["audience"]),
            "asked_as": tuple(record["asked_as"]),
        }
        return cls(**{"text": "", **record, **parts})

    def meta(self) -> dict[str, Any]:
        """Everything but the text and where its parts begin, ready for JSON."""
        record = asdict(self)
        del record["text"], record["sections"], record["clauses"]
        return record


@dataclass(frozen=True, slots=True)
class Passage:
    """A span of one document's text: `text == document.text[start:end]`. What is embedded, indexed and quoted from.

    `clauses`: those of the document that begin in the text, the one that it begins within (so at or before 0), and the
    one that follows it, by their place in the text. `row`: its place in a loaded index.
    """

    id: str
    document_id: str
    section: str
    start: int
    end: int
    text: str
    topics: tuple[str, ...] = ()
    clauses: tuple[Clause, ...] = ()
    row: int = field(default=-1, compare=False)


def khoan_of(passage: Passage) -> list[int]:
    """Where each khoản of law begins in a passage's text, at or before 0 the one that it begins within; in order."""
    return [clause.start for clause in passage.clauses if POINT not in clause.name]


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found for a question, with every score, kept or rejected.

    `dense`, `sentence`: cosine with the passage and with its nearest sentence (-1..1). `lexical`: BM25 (≥ 0).
    `fused`: all three, min-max normalised among the candidates and weighted (0..1). `asked`: how near the question is
    to one of the ways in which people ask for the document (0..1). `quote`: (start, end) of the run of sentences that
    answers best, `rank` its score, and `evidence` the probability that it answers. `heading`: share of the question
    found in the heading alone; `coverage`: in the passage, with its meaning (0..1). `rejected`: why, or
    None.
    """

    passage: Passage
    document: Document
    dense: float
    sentence: float
    lexical: float
    fused: float
    asked: float = 0.0
    evidence: float = 0.0
    heading: float = 0.0
    coverage: float = 0.0
    quote: tuple[int, int] = (0, 0)
    rank: float = 0.0
    rejected: str | None = None

    def to_json(self) -> dict[str, Any]:
        """A flat record for `search --json` and `/api/search`."""
        return {
            "passage_id": self.passage.id,
            "document_id": self.document.id,
            "title": self.document.title,
            "section": self.passage.section,
            "text": self.passage.text,
            "province": self.document.province,
            "dense": round(self.dense, 4),
            "sentence": round(self.sentence, 4),
            "lexical": round(self.lexical, 4),
            "fused": round(self.fused, 4),
            "asked": round(self.asked, 4),
            "evidence": round(self.evidence, 4),
            "heading": round(self.heading, 4),
            "coverage": round(self.coverage, 4),
            "kept": self.rejected is None,
            "rejected": self.rejected,
        }


@dataclass(frozen=True, slots=True)
class Citation:
    """A numbered source of an answer. `quote` is a byte-exact span of the stored passage; the rest is its record."""

    n: int
    title: str
    number: str | None
    issuer: str | None
    issued: str | None
    effective_from: str | None
    effective_to: str | None
    in_force: bool | None
    section: str
    url: str | None
    quote: str
    document_id: str
    passage_id: str
    checked_on: str | None


@dataclass(frozen=True, slots=True)
class Note:
    """Something that a person must know beside the quotes: its kind, and the named values that its sentence needs."""

    kind: str
    values: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """The reply to a question. `text` holds quotes with [n]; empty unless there are citations.

    `reason` names in one word why it is not simply an answer (the key of the sentence that the person reads).
    `related`: headings of the same document that could be asked next.
    """

    status: Status
    text: str = ""
    citations: tuple[Citation, ...] = ()
    reason: str = ""
    notes: tuple[Note, ...] = ()
    related: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The record that `ask --json` prints."""
        record = asdict(self)
        record["status"] = self.status.value
        return record


def first_day(value: str) -> date:
    """The first day that a whole or partial ISO date can mean: "2022-10" → 2022-10-01. ValueError if it is no date."""
    parts = [int(part) for part in value.split("-")]
    return date(*[*parts, 1, 1][:3])


def last_day(value: str) -> date:
    """The last day that a whole or partial ISO date can mean: "2026-06" → 2026-06-30."""
    parts = [int(part) for part in value.split("-")]
    if len(parts) == 3:
        return date(*parts)
    year, month = (parts[0] + 1, 1) if len(parts) == 1 or parts[1] == 12 else (parts[0], parts[1] + 1)
    return date(year, month, 1) - timedelta(days=1)


def is_date(value: object) -> bool:
    """Whether a value is a whole or partial ISO date."""
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}(-\d{2}){0,2}", value):
        return False
    try:
        first_day(value), last_day(value)
    except ValueError:
        return False
    return True


def is_over(effective_to: str | None, today: date) -> bool:
    """Whether the last day of effect, if there is one, is over."""
    return bool(effective_to) and last_day(str(effective_to)) < today


def in_force(document: Document, today: date) -> bool | None:
    """Whether the instrument is in force on `today`; None where the document gives no dates of effect."""
    if document.effective_from is None and document.effective_to is None:
        return None
    if document.effective_from and today < first_day(document.effective_from):
        return False
    return not is_over(document.effective_to, today)
