"""The register of instruments: what each number is, and how long it is in force (`data/instruments.yml`)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from retrieval.errors import SourceError
from retrieval.records import first_day, is_date, is_over, last_day

# "224/2026/NĐ-CP", "57-NQ/TW", "60/2014/QH13", "623/TTg-KSTT"; forms ("01/BK-STK") and case files are none.
_KINDS = "NĐ|NQ|QĐ|TT|TTLT|NQLT|KH|CT|TB|HD|VBHN|PL|L|QH\\d{1,2}|UBTVQH\\d{1,2}|TTg|BTTTT"
NUMBER = re.compile(
    rf"(?<![\w/.-])\d{{1,5}}(?:/(?:19|20)\d\d)?[/–-](?:{_KINDS})(?:[-–/][A-ZĐƯ][A-ZĐƯa-z&]*\d{{0,2}})*+(?![\w/‑])"
)
# How people shorten "Nghị định 42/2022/NĐ-CP".
_SHORT_DECREE = re.compile(r"\bnghị định (?:số )?(\d{1,5}/(?:19|20)\d\d)(?![\w/])", re.IGNORECASE)


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

    @cached_property
    def _by_name(self) -> dict[str, Instrument]:
        """Instruments whose names end in a year, so that no other bears them: "Luật Căn cước 2023"."""
        return {each.name.lower(): each for each in self.instruments if re.search(r" (?:19|20)\d\d$", each.name)}

    @cached_property
    def _name(self) -> re.Pattern[str]:
        names = "|".join(re.escape(name) for name in self._by_name)
        return re.compile(rf"\b(?:{names})\b" if names else r"(?!)", re.IGNORECASE)

    def named_in(self, text: str) -> Iterator[tuple[Instrument, int, int]]:
        """The instruments that a text names, by number or name, and where."""
        named = [(self.find(match.group()), match) for match in NUMBER.finditer(text)]
        named += [(self.find(f"{match.group(1)}/NĐ-CP"), match) for match in _SHORT_DECREE.finditer(text)]
        named += [(self._by_name.get(match.group().lower()), match) for match in self._name.finditer(text)]
        yield from ((instrument, *match.span()) for instrument, match in named if instrument)

    def faults(self) -> list[str]:
        """What cannot be true of the entries together."""
        found: list[str] = []
        for instrument in self.instruments:
            begin, end, number = instrument.effective_from, instrument.effective_to, instrument.number
            if begin and end and last_day(end) < first_day(begin):
                found.append(f"{number}: effective_to {end} trước effective_from {begin}; xem lại hai ngày này")
            if instrument.replaced_by and not end:
                found.append(f"{number}: có replaced_by nhưng thiếu effective_to; ghi ngày cuối cùng còn hiệu lực")
            for other in re.split(r", *", instrument.replaced_by or number):
                if self.find(other) is None:
                    found.append(
                        f"{number}: replaced_by '{other}' chưa có trong danh mục; thêm một dòng cho văn bản đó"
                    )
        return found


def disagree(one: str, other: str) -> bool:
    """Whether two whole or partial ISO dates cannot mean one day: "2026-06" and "2026-06-30" can."""
    return last_day(one) < first_day(other) or last_day(other) < first_day(one)


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
