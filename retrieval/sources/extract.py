"""What a reader of one format gives: the words of a file, before anything is understood of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# A file of another kind than rows of JSON that is larger is not read: no document that people wrote is.
MAX_FILE_BYTES = 64 << 20
# Characters that one file may give, whatever it is packed in.
MAX_TEXT_CHARACTERS = 32 << 20


@dataclass(frozen=True, slots=True)
class Extract:
    """The words of one file.

    `text`: one paragraph, list item or table row a line, blocks parted by a blank line, headings as Markdown `#` lines.
    `title`: if the file names one apart from its text. `declared`: what the file itself declares in fields of its own,
    by the names of `Document` (never guessed from the text). `warnings`: Vietnamese sentences for the report.
    """

    text: str
    title: str | None = None
    declared: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
