"""Text that speaks to machines instead of people is cut out of a source; personal data in it is pointed out.

What is cut orders a machine what to say or do. A text that only tells of such orders, or gives rules to people, stays;
where the two cannot be told apart the sentence stays and is reported.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from retrieval.sources.hygiene.findings import Finding, findings_of
from retrieval.sources.hygiene.folding import fold
from retrieval.sources.hygiene.hidden import INVISIBLE, chat_markup, comments, conversation, encoded, hidden
from retrieval.sources.hygiene.instructions import instructions
from retrieval.sources.hygiene.personal_data import personal_data
from retrieval.sources.hygiene.spans import cut, without


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A text without what was cut, and every finding in the order of the text."""

    text: str
    findings: tuple[Finding, ...]


def clean(text: str) -> Cleaned:
    """The text in NFC without invisible characters and without what speaks to machines, and what was found in it."""
    text = unicodedata.normalize("NFC", text)
    findings = findings_of(text, hidden(text))
    text = unicodedata.normalize("NFC", INVISIBLE.sub("", text))
    spans = [*comments(text)]
    spans += conversation(without(text, spans))
    spans += chat_markup(without(text, spans))
    spans += encoded(without(text, spans))
    left = without(text, spans)
    spans += instructions(left, fold(left))
    cuts = [span for span in spans if span.cut]
    kept = without(text, cuts)
    spans += personal_data(kept, fold(kept))
    findings += findings_of(text, [span for span in spans if span.words])
    return Cleaned(cut(text, cuts), tuple(sorted(findings, key=lambda finding: finding.line)))
