from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.clauses import place
from retrieval.records import Clause

CLAUSES = tuple(
    Clause(10 * n, name)
    for n, name in enumerate(
        ["khoản 1", "khoản 2"]
        + [f"khoản 2, điểm {letter}" for letter in "abcd"]
        + ["khoản 3", "khoản 4", "khoản 4, điểm a", "khoản 4, điểm b", "khoản 4"],
        1,
    )
)


@pytest.mark.parametrize(
    ("start", "end", "cited"),
    [
        (0, 9, ""),
        (0, 15, "khoản 1"),
        (12, 14, "khoản 1"),
        (10, 70, "khoản 1 và khoản 2"),
        (10, 75, "khoản 1 đến khoản 3"),
        (20, 25, "khoản 2"),
        (30, 40, "khoản 2, điểm a"),
        (20, 40, "khoản 2, điểm a"),
        (30, 50, "khoản 2, điểm a và điểm b"),
        (30, 60, "khoản 2, điểm a đến điểm c"),
        (20, 70, "khoản 2"),
        (60, 75, "khoản 2, điểm d và khoản 3"),
        (50, 75, "khoản 2, điểm c đến khoản 3"),
        (70, 95, "khoản 3 và khoản 4, điểm a"),
        (50, 95, "khoản 2, điểm c đến khoản 4, điểm a"),
        (90, 130, "khoản 4"),
        (110, 130, "khoản 4"),
    ],
)
def test_how_a_span_is_cited(start: int, end: int, cited: str) -> None:
    assert place(CLAUSES, start, end) == cited


def test_points_without_clauses_are_cited_alone() -> None:
    clauses = [Clause(10, "điểm a"), Clause(20, "điểm b"), Clause(30, "điểm c")]
    assert place(clauses, 10, 25) == "điểm a và điểm b"
    assert place(clauses, 12, 40) == "điểm a đến điểm c"


def test_a_span_in_doubt_is_cited_by_its_article_alone() -> None:
    clauses = [Clause(0, "khoản 1"), Clause(10, ""), Clause(20, "khoản 2")]
    assert place(clauses, 5, 15) == ""
    assert place(clauses, 20, 30) == "khoản 2"
    assert place([], 0, 10) == ""


@given(st.lists(st.tuples(st.integers(1, 4), st.sampled_from(["", "a", "b"])), unique=True), st.data())
def test_the_span_of_one_clause_is_cited_by_its_name(names: list[tuple[int, str]], data: st.DataObject) -> None:
    clauses = [
        Clause(10 * n, f"khoản {khoan}" + (f", điểm {point}" if point else ""))
        for n, (khoan, point) in enumerate(sorted(names))
    ]
    if clauses:
        clause = data.draw(st.sampled_from(clauses))
        assert place(clauses, clause.start, clause.start + 10) == clause.name
