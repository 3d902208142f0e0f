from __future__ import annotations

import json
from datetime import date

import pytest

from retrieval.records import Answer, Document, Status, first_day, in_force

FIRST, LAST = "2022-08-15", "2026-06-30"


def test_the_statuses_are_the_closed_list_that_others_rely_on() -> None:
    assert [status.value for status in Status] == (
        "answered clarify no_answer off_topic refused urgent handoff smalltalk unavailable".split()
    )


@pytest.mark.parametrize(
    ("value", "day"), [("2022", (2022, 1, 1)), ("2022-10", (2022, 10, 1)), ("2022-10-09", (2022, 10, 9))]
)
def test_a_partial_date_starts_on_its_first_day(value: str, day: tuple[int, int, int]) -> None:
    assert first_day(value) == date(*day)


@pytest.mark.parametrize("value", ["2026-13", "2026-02-30", "chưa rõ", ""])
def test_what_is_no_date_is_a_value_error(value: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  (int() and date() word it differently)
        first_day(value)


@pytest.mark.parametrize(
    ("today", "valid"),
    [((2022, 8, 14), False), ((2022, 8, 15), True), ((2026, 6, 30), True), ((2026, 7, 1), False)],
)
def test_an_instrument_is_in_force_from_its_first_to_its_last_day(today: tuple[int, int, int], valid: bool) -> None:
    document = Document("d", "Tên", "", (), effective_from=FIRST, effective_to=LAST)
    assert in_force(document, date(*today)) is valid


def test_an_open_end_stays_in_force_and_no_dates_mean_unknown() -> None:
    someday = date(2100, 1, 1)
    assert in_force(Document("d", "Tên", "", (), effective_from=FIRST), someday) is True
    assert in_force(Document("d", "Tên", "", (), effective_to=LAST), date(2000, 1, 1)) is True
    assert in_force(Document("d", "Tên", "", (), issued="2022"), someday) is None


@pytest.mark.parametrize(("last", "today"), [("2026-06", date(2026, 6, 30)), ("2026", date(2026, 12, 31))])
def test_a_partial_last_day_lasts_to_the_end_of_its_month_or_year(last: str, today: date) -> None:
    assert in_force(Document("d", "Tên", "", (), effective_to=last), today) is True


def test_an_answer_becomes_plain_json() -> None:
    record = json.loads(json.dumps(Answer(Status.NO_ANSWER, reason="province").to_json()))
    assert record == {
        "status": "no_answer", "text": "", "citations": [], "reason": "province", "notes": [], "related": []
    }  # fmt: skip
