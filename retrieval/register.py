"""The register of instruments: what each number is, and how long it is in force (`data/instruments.yml`)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from retrieval.errors import SourceError
from retrieval.records import is_date, is_over

# "224/2026/NĐ-CP", "57-NQ/TW", "60/2014/QH13", "623/TTg-KSTT"; forms ("01/BK-STK") and case files are none.
_KINDS = "NĐ|NQ|QĐ|TT|TTLT|NQLT|KH|CT|TB|HD|VBHN|PL|L|QH\\d{1,2}|UBTVQH\\d{1,2}|TTg|BTTTT"
NUMBER = re.compile(
    rf"(?<![\w/.-])\d{{1,5}}(?:/(?:19|20)\d\d)?[/–-](?:{_KINDS})(?:[-–/][A-ZĐƯ][A-ZĐƯa-z&]*\d{{0,2}})*+(?![\w/‑])"
)


@dataclass(frozen=True, slots=True)
class Instrument:
    """One instrument. Dates are ISO; `effective_to` is its last day in force, None while it is."""

    number: str
    name: str
    effective_from: str | None = None
    effective_to: str | None = None
    replaced_by: str | None = None

    def has_lapsed(self, today: date) -> bool:
        """Whether its last day is over."""
        return is_over(self.effective_to, today)


@dataclass(frozen=True)
class Register:
    """Every instrument that documents may name."""

    instruments: tuple[Instrument, ...]

    @cached_property
    def by_number(self) -> dict[str, Instrument]:
        """Instruments by their number, written in one way."""
        return {one_form(instrument.number): instrument for instrument in self.instruments}

    def find(self, number: str) -> Instrument | None:
        """The instrument of a number, however its dashes are typed."""
        return self.by_number.get(one_form(number))


def one_form(number: str) -> str:
    """A number with plain dashes and no leading zeros, upper-case."""
    return number.replace("–", "-").upper().lstrip("0")


def read_register(path: Path) -> Register:
    """Read the register. SourceError says which entry is wrong."""
    entries = read_list(path, "các văn bản")
    register = Register(tuple(_instrument(path, n, entry) for n, entry in enumerate(entries, 1)))
    if len(register.by_number) < len(register.instruments):
        numbers = [one_form(instrument.number) for instrument in register.instruments]
        raise SourceError(path, f"trùng số {next(n for n in numbers if numbers.count(n) > 1)}")
    return register


def read_list(path: Path, of: str) -> list[Any]:
    """The list in a YAML file, its values as strings. SourceError if there is none."""
    try:
        listed = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506 (makes strings only)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SourceError(path, f"không đọc được: {error}") from error
    if not isinstance(listed, list):
        raise SourceError(path, f"phải là danh sách {of}")
    return listed


def _instrument(path: Path, n: int, entry: Any) -> Instrument:
    known = set(Instrument.__dataclass_fields__)
    if not isinstance(entry, dict) or not {"number", "name"} <= set(entry) <= known:
        raise SourceError(path, f"mục {n}: cần number, name; chỉ có thể thêm {', '.join(sorted(known))}")
    values = {name: str(value) for name, value in entry.items() if value not in ("", "null", "~")}
    if not {"number", "name"} <= set(values):
        raise SourceError(path, f"mục {n}: number và name không được để trống")
    for name in ("effective_from", "effective_to"):
        if name in values and not is_date(values[name]):
            raise SourceError(path, f"mục {n}: '{values[name]}' không phải ngày", name)
    return Instrument(**values)
