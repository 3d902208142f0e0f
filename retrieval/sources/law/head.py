"""The head of an instrument: where its text begins below the letterhead, and its title."""

from __future__ import annotations

from collections.abc import Sequence

from retrieval.sources.law.letterhead import GROUNDS, KIND, LETTERHEAD, SHORT, may_be_letterhead, names_kind
from retrieval.sources.law.lines import Line, is_capital
from retrieval.sources.law.outline import is_listed
from retrieval.sources.law.units import LONGEST_NAME, division, goes_on


def read_head(lines: Sequence[Line]) -> tuple[int, str | None]:
    """Where the preamble begins after letterhead and title, and the title; both from the lines before any heading."""
    grounds = next((n for n, line in enumerate(lines) if GROUNDS.match(line.words)), None)
    before = lines[:grounds]
    kinds = [n for n in range(max(0, len(before) - 200), len(before)) if names_kind(before[n])]
    head = [n for n, line in enumerate(before[:60]) if LETTERHEAD.match(line.words)]
    if not kinds:
        named = before[0] if before and before[0].depth else None
        return max(before[head[-1]].end if head else 0, named.end if named else 0), named.words if named else None
    first = kinds[-1]
    while first - 1 in kinds:  # "NGHỊ ĐỊNH", and below it "QUY ĐỊNH VỀ …"
        first -= 1
    last, title = _title(before, first)
    begins = before[max([last, *head])].end
    if grounds is not None and all(len(line.words) <= SHORT for line in before[last + 1 :]):
        begins = lines[grounds].start
    return begins, title


def capital_name(lines: Sequence[Line], n: int, until: int, name: str) -> tuple[int, str]:
    """A name that goes on in capitals below its line: the last line of it, and the name."""
    names = [name] if name else []
    while n + 1 < until and len(names) < 5 and _is_capital_name(lines[n + 1]):
        n += 1
        names.append(lines[n].words)
    return n, " ".join(names)


def _is_capital_name(line: Line) -> bool:
    if line.quoted or line.words.startswith("|") or not is_capital(line.words):
        return False
    return not (is_listed(line) or may_be_letterhead(line) or division(line))


def _title(lines: Sequence[Line], n: int) -> tuple[int, str]:
    """The name of an instrument on the lines from its kind on: the last line of it, and the name."""
    kind = lines[n].words.rstrip(" :")
    last, name = capital_name(lines, n, len(lines), kind)
    if name == kind and KIND.fullmatch(kind) and n + 1 < len(lines):
        words = lines[n + 1].words
        if not may_be_letterhead(lines[n + 1]) and len(words) <= LONGEST_NAME:
            last, name = n + 1, f"{kind.capitalize()} {words}"
            while last + 1 < len(lines) and _is_of_title(lines[last], lines[last + 1]):
                last += 1
                name = f"{name} {lines[last].words}"
    return last, name


def _is_of_title(before: Line, line: Line) -> bool:
    """Whether the name of an instrument goes on, on a line under one of it."""
    return goes_on(before, line) and not is_capital(line.words) and not line.words.startswith("(")
