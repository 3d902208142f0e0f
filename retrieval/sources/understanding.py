"""From the words of a file to a document: repaired, cleaned, structured; what was found on the way is reported."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from retrieval.endings import AMENDS, ENDS
from retrieval.errors import SourceError
from retrieval.records import Document, is_date
from retrieval.sources import encodings, hygiene, law, metadata, news
from retrieval.sources.extract import MAX_TEXT_CHARACTERS, Extract
from retrieval.sources.markdown import DATE_FIELDS, markdown_document
from retrieval.sources.report import FileReport, Proposal
from retrieval.text import grouped, normalise

# How note-keeping programs and static sites name in front matter what we name otherwise.
_ALSO_CALLED = {"date": "issued", "effective_date": "effective_from", "expiry_date": "effective_to"}


def understand(path: Path, identity: str, extract: Extract, report: FileReport) -> Document:
    """The document of a whole file. SourceError if there is no text in it."""
    if len(extract.text) > MAX_TEXT_CHARACTERS:
        raise SourceError(path, f"có hơn {grouped(MAX_TEXT_CHARACTERS)} chữ cái; hãy chia nhỏ tệp")
    for warning in extract.warnings:
        report.warn(warning)
    repaired = encodings.repair(extract.text)
    for warning in encodings.to_be_seen(repaired):
        report.warn(warning)
    text = normalise(_clean(repaired.text, report))
    if news.is_article(text):
        text = _article(identity, text, report)
    if not text.strip():
        raise SourceError(path, "tệp không có chữ nào đọc được")
    title = extract.title and encodings.repair(extract.title).text
    return _document(identity, replace(extract, text=text, title=title), report)


def _article(identity: str, text: str, report: FileReport) -> str:
    article = news.clean_article(text)
    if article.cuts:
        report.warn(f"bỏ {len(article.cuts)} dòng không thuộc bài: «{_short(article.cuts[0].words)}»…")
    if article.published:
        byline = next((cut.words for cut in article.cuts if cut.why == news.BYLINE), article.published)
        report.proposals.append(Proposal(identity, "issued", article.published, byline))
    return article.text


def understand_row(identity: str, extract: Extract, report: FileReport) -> Document:
    """The document of a row: its fields are declared, so nothing is read out of its text."""
    for warning in extract.warnings:
        report.warn(f"{identity}: {warning}")
    text = _clean(extract.text, report)
    return markdown_document(identity, extract.title, text, extract.declared)


def _document(identity: str, extract: Extract, report: FileReport) -> Document:
    declared = _declared(extract.declared)
    document = markdown_document(identity, extract.title, extract.text, declared)
    found = metadata.read_metadata(document.text)
    for warning in found.warnings:
        report.warn(warning)
    for proposal in _proposals(identity, found, declared):
        report.proposals.append(proposal)
    structure = law.structure(document.text)
    if structure is None:
        return document
    title = extract.title or structure.title or document.title
    # A decree that names provinces is of none of them; whose it is stands in its head.
    return replace(
        document, title=title, province=declared.get("province"), sections=structure.sections, clauses=structure.clauses
    )


def _declared(fields: Mapping[str, Any]) -> dict[str, Any]:
    renamed = {_ALSO_CALLED.get(name, name): value for name, value in fields.items()}
    return {name: value for name, value in renamed.items() if name not in DATE_FIELDS or is_date(value)}


def _clean(text: str, report: FileReport) -> str:
    """Before the text is normalised: what hides in invisible characters is to be seen."""
    cleaned = hygiene.clean(text)
    for sentence in hygiene.summary(cleaned.findings):
        report.warn(sentence)
    return cleaned.text


def _short(line: str) -> str:
    return line if len(line) <= 60 else f"{line[:57]}…"


def _proposals(identity: str, found: metadata.Metadata, declared: Mapping[str, Any]) -> Iterator[Proposal]:
    """What a text says of itself where its file declares nothing, and of the instruments that it ends or changes."""
    for each in found.found:
        if not declared.get(each.field):
            yield Proposal(identity, each.field, each.value, _evidence(each))
    for ending in found.clauses:
        name = {"replaces": ENDS, "abolishes": ENDS, "amends": AMENDS, "partly_abolishes": AMENDS}[ending.verb]
        value = f"{ending.number} {ending.from_date}" if ending.from_date and name == ENDS else ending.number
        yield Proposal(identity, name, value, _evidence(ending))


def _evidence(said: metadata.Found | metadata.Ending) -> str:
    return " … ".join([said.evidence, *(words.evidence for words in said.also)])
