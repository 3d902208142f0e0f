"""What a hand-out is made of: the passages of one document put together again, and what each of its sections tells."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from itertools import groupby

from retrieval.index import Index
from retrieval.records import PATH, Document, Passage
from retrieval.search import kind_key
from retrieval.text import sentence_spans, strip_diacritics

# A hand-out is one page; what stands further back in a long document would never get on it.
_MOST_PASSAGES = 60


class Use(IntEnum):
    """What a section tells, the most useful to take home first."""

    WHERE = 0
    PAPERS = 1
    DEADLINE = 2
    TIME_AND_FEE = 3
    STEPS = 4
    OTHER = 5
    BASIS = 6


_TELLS = tuple(
    (use, re.compile("|".join(rf"\b(?:{asked})\b" for asked in headings)))
    for use, headings in (
        (Use.BASIS, ("theo (?:nhung )?van ban nao", "can cu phap ly")),
        (Use.PAPERS, (r"(?:nhung )?giay to (?:gi|nao|can|phai)", "thanh phan ho so", "ho so gom",
                      "mang (?:theo )?(?:gi|nhung)", "can (?:nop|nhung) gi")),
        (Use.DEADLINE, ("trong thoi han nao", "phai (?:lam|bao|nop) (?:trong bao|truoc may|luc nao)",
                        "(?<!gia )(?<!het )han (?:[a-z ]+ )?(?:may ngay|la khi nao)")),
        (Use.WHERE, ("o dau", "bang cach nao", "cach thuc thuc hien", "dia chi tiep nhan")),
        (Use.TIME_AND_FEE, ("bao lau", "le phi", "(?:phi|gia) bao nhieu", "bao nhieu tien", "mat (?:phi|tien)",
                            "may ngay", "thoi han")),
        (Use.STEPS, ("buoc nao", "cac buoc", "trinh tu", "(?:giai quyet|lam) the nao")),
    )
)  # fmt: skip
_HOTLINE = re.compile(r"\b(?:tong dai|duong day nong|hotline)\b")
_PHONE = re.compile(r"(?<![\d./])(?:1[89]00(?:[ .]?\d){4,6}|1022|11[1-5]|(?:\+84|0)(?:[ .]?\d){8,10})(?![\d/]|\.\d)")


@dataclass(frozen=True, slots=True)
class HandoutSection:
    """A section of a document with its text put together. `heading`: joined by PATH, empty where there is none."""

    heading: str
    text: str
    use: Use = Use.OTHER


def passage_of(index: Index, passage_id: str) -> Passage | None:
    """The passage of this id, looked for only in its document."""
    document_id, _, _ = passage_id.rpartition("#")
    passages = (index.passages[row] for row in index.rows_of(document_id))
    return next((passage for passage in passages if passage.id == passage_id), None)


def is_procedure(document: Document) -> bool:
    """Whether a document tells how to get something done at an office."""
    return kind_key(document.kind) == "thu_tuc"


def sections_of(index: Index, document: Document) -> tuple[list[HandoutSection], bool]:
    """The sections of a document in their order, and whether it goes on behind them."""
    rows = index.rows_of(document.id)
    passages = [index.passages[row] for row in rows[:_MOST_PASSAGES]]
    sections = []
    for heading, group in groupby(passages, key=lambda passage: passage.section):
        sections.append(HandoutSection(heading, joined(group), use_of(document, heading)))
    return sections, len(rows) > _MOST_PASSAGES


def joined(passages: Iterable[Passage]) -> str:
    """The text of passages that follow each other, what two of them share given once."""
    text, end = "", -1
    for passage in passages:
        if end < 0:
            text, end = passage.text, passage.end
        elif passage.end > end:
            shared = max(0, end - passage.start)
            text += ("" if shared else "\n") + passage.text[shared:]
            end = passage.end
    return text


def hotline_of(sections: Iterable[HandoutSection]) -> str:
    """The first sentence that gives a number to call, empty if there is none."""
    for section in sections:
        for start, end in sentence_spans(section.text):
            sentence = section.text[start:end]
            if _HOTLINE.search(strip_diacritics(sentence)) and _PHONE.search(sentence):
                return sentence
    return ""


def use_of(document: Document, heading: str) -> Use:
    """What a section tells, as its heading says it; only of a procedure: elsewhere one alike means something else."""
    if not is_procedure(document):
        return Use.OTHER
    asked = strip_diacritics(heading.rsplit(PATH, 1)[-1])
    return next((use for use, pattern in _TELLS if pattern.search(asked)), Use.OTHER)
