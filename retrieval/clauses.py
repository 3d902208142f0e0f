"""How the clauses of a text of law are cited: "khoản 3, điểm b", "khoản 2 đến khoản 4"."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter

from retrieval.records import Clause, Passage

_START = attrgetter("start")


def place(clauses: Sequence[Clause], start: int, end: int) -> str:
    """How to cite a span of an article: "khoản 3, điểm b", "khoản 2 đến khoản 4"; empty if no clause can be named."""
    first = max(0, bisect_right(clauses, start, key=_START) - 1)
    until = bisect_left(clauses, end, key=_START)
    names = [clause.name for clause in clauses[first:until]]
    if not names or "" in names:
        return ""
    groups = [(khoan, [_point_of(name) for name in group]) for khoan, group in groupby(names, key=_khoan_of)]
    following = clauses[until].name if until < len(clauses) else ""
    goes_on = bool(_point_of(following)) and _khoan_of(following) == groups[-1][0]
    if len(groups) == 1:
        return _cite_within(*groups[0], goes_on)
    begins, alone = _cite_first(*groups[0])
    ends, also_alone = _cite_last(*groups[-1], goes_on)
    return f"{begins} {'và' if alone and also_alone and len(groups) == 2 else 'đến'} {ends}"


def _khoan_of(name: str) -> str:
    return name.partition(", ")[0] if name.startswith("khoản") else ""


def _point_of(name: str) -> str:
    return name.rpartition("điểm ")[2] if "điểm " in name else ""


def _cite_within(khoan: str, points: Sequence[str], goes_on: bool) -> str:
    """A span within one khoản; its opening words alone with a few of its points cite those points."""
    named = [point for point in points if point]
    if not named or "" in points[1:] or (points[0] == "" and not goes_on):
        return khoan
    cited = _cite(khoan, named[0])
    if len(named) > 1:
        cited += f" {'và' if len(named) == 2 else 'đến'} điểm {named[-1]}"
    return cited


def _cite_first(khoan: str, points: Sequence[str]) -> tuple[str, bool]:
    """Where a span over several khoản begins, and whether that is all of it in this khoản."""
    return (khoan, True) if "" in points else (_cite(khoan, points[0]), len(points) == 1)


def _cite_last(khoan: str, points: Sequence[str], goes_on: bool) -> tuple[str, bool]:
    """Where such a span ends, and whether that is all of it in this khoản."""
    named = [point for point in points if point]
    return (_cite(khoan, named[-1]), len(named) == 1) if named and goes_on else (khoan, True)


def _cite(khoan: str, point: str) -> str:
    return f"{khoan}, điểm {point}" if khoan else f"điểm {point}"


def span_of(passage: Passage, name: str) -> tuple[int, int] | None:
    """Where a clause stands in a passage, its points with it; None if it does not."""
    within = [clause for clause in passage.clauses if clause.name == name or clause.name.startswith(f"{name}, ")]
    if not within:
        return None
    begins = max(within[0].start, 0)
    ends = next((clause.start for clause in passage.clauses if clause.start > within[-1].start), len(passage.text))
    ends = begins + len(passage.text[begins:ends].rstrip())
    return (begins, ends) if begins < ends else None
