"""What is added to documents of the library: what people confirmed of them, and what other instruments ended."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from retrieval.records import Document, first_day
from retrieval.register import Register, one_form

# Fields of a proposal that speak of another instrument; its value is "42/2022/NĐ-CP" or "42/2022/NĐ-CP 2026-07-01".
ENDS, AMENDS = "ends", "amends"
_ENDING = re.compile(r"(\S+)(?: (\d{4}-\d\d-\d\d))?")
Confirmed = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Adjustments:
    """What is known of documents beside what was read. Both by field; `by_number` for every document of a number."""

    by_id: Mapping[str, Mapping[str, str]]
    by_number: Mapping[str, Mapping[str, str]]

    @classmethod
    def of_confirmed(
        cls, confirmed: Mapping[str, Confirmed], numbers: Mapping[str, str | None], register: Register | None
    ) -> Adjustments:
        """`confirmed`: what people confirmed, by document; `numbers`: what the documents themselves declare."""
        by_id = {
            key: {name: value for name, value in said if name not in (ENDS, AMENDS)} for key, said in confirmed.items()
        }
        by_number: dict[str, dict[str, str]] = {}
        for instrument in register.instruments if register else ():
            known = {name: getattr(instrument, name) for name in ("effective_from", "effective_to", "replaced_by")}
            by_number[one_form(instrument.number)] = {name: value for name, value in known.items() if value}
        for key, said in confirmed.items():
            own = by_id[key]
            number = own.get("number") or numbers.get(key)
            for name, value in said:
                if name in (ENDS, AMENDS) and number and (match := _ENDING.fullmatch(value)):
                    day = match[2] or own.get("effective_from")
                    known = by_number.setdefault(one_form(match[1]), {})
                    known |= {"amended_by": number} if name == AMENDS else _ended(number, day)
        return cls(by_id, by_number)

    def of(self, identity: str, number: str | None) -> str:
        """All that is added to one document, as a text that changes with it."""
        added = [self.by_id.get(identity, {}), self._of_number(self.by_id.get(identity, {}).get("number") or number)]
        return json.dumps(added, ensure_ascii=False, sort_keys=True) if any(added) else ""

    def apply(self, document: Document) -> Document:
        """The document with what is added: what a person confirmed before what it says, that before all else."""
        own: dict[str, Any] = dict(self.by_id.get(document.id, {}))
        return self.with_endings(replace(document, **own))

    def with_endings(self, document: Document) -> Document:
        """The document with what is known of its number, where it does not say so itself."""
        known: dict[str, Any] = dict(self._of_number(document.number))
        added = {name: value for name, value in known.items() if getattr(document, name) is None}
        return replace(document, **added) if added else document

    def _of_number(self, number: str | None) -> Mapping[str, str]:
        return self.by_number.get(one_form(number), {}) if number else {}


def _ended(by: str, day: str | None) -> dict[str, str]:
    """Without a day nothing ends: a text must not be taken for lapsed because a date was not read."""
    if day is None:
        return {}
    return {"effective_to": (first_day(day) - timedelta(days=1)).isoformat(), "replaced_by": by}
