"""What came of each file, for the person who brought it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Outcome(StrEnum):
    """What was done with a file."""

    READ = "đã đọc"
    UNCHANGED = "không đổi"
    SKIPPED = "bỏ qua"
    REMOVED = "đã gỡ"


@dataclass(frozen=True, slots=True)
class Proposal:
    """Something that a text says of its document, and the words that say so: used once a person has confirmed it."""

    document_id: str
    field: str
    value: str
    evidence: str


@dataclass(slots=True)
class FileReport:
    """`path` as shown; `documents`: how many it gave; `problem`: why it was left out. Sentences are Vietnamese.

    `fresh`: the file was looked at now, not remembered from an earlier time.
    """

    path: str
    outcome: Outcome = Outcome.READ
    documents: int = 0
    problem: str = ""
    warnings: list[str] = field(default_factory=list)
    proposals: list[Proposal] = field(default_factory=list)
    fresh: bool = True

    def warn(self, text: str) -> None:
        """Add a sentence, once."""
        if text not in self.warnings:
            self.warnings.append(text)
