from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.records import PATH, Answer, Document, Status, first_day, in_force, is_date, is_over, last_day

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


@pytest.mark.parametrize(
    ("value", "day"),
    [
        ("2022", (2022, 12, 31)),
        ("2026-06", (2026, 6, 30)),
        ("2024-02", (2024, 2, 29)),
        ("2023-02", (2023, 2, 28)),
        ("2026-12", (2026, 12, 31)),
        ("2022-10-09", (2022, 10, 9)),
    ],
)
def test_a_partial_date_ends_on_its_last_day(value: str, day: tuple[int, int, int]) -> None:
    assert last_day(value) == date(*day)


@given(st.dates(date(1900, 1, 1), date(2900, 12, 31)), st.sampled_from(["%Y", "%Y-%m", "%Y-%m-%d"]))
def test_a_date_lasts_from_its_first_to_its_last_day_and_is_over_the_day_after(day: date, whole: str) -> None:
    value = day.strftime(whole)
    assert is_date(value)
    assert first_day(value) <= day <= last_day(value)
    assert not is_over(value, last_day(value))
    assert is_over(value, last_day(value) + timedelta(days=1))


@pytest.mark.parametrize("nothing", [None, ""])
def test_without_a_last_day_it_is_never_over(nothing: str | None) -> None:
    assert is_over(nothing, date.max) is False


WHOLE = Document(
    "d",
    "Tên",
    "",
    (),
    number="1/2020",
    issued="2020-01-01",
    effective_from=FIRST,
    effective_to=LAST,
    articles={
        "Chương II": {"effective_from": "2023-01-01", "amended_by": "2/2023"},
        "Điều 5": {"effective_from": "2024-01-01", "effective_to": "2025-12-31", "number": "3/2023"},
        "Điều 6": {},
    },
)


def test_an_article_has_its_own_number_and_days_and_the_rest_of_the_whole() -> None:
    article = WHOLE.article("Điều 5")
    assert (article.number, article.effective_from, article.effective_to) == ("3/2023", "2024-01-01", "2025-12-31")
    assert (article.id, article.title, article.issued, article.amended_by) == ("d", "Tên", "2020-01-01", None)
    assert in_force(article, date(2023, 12, 31)) is False
    assert in_force(article, date(2024, 1, 1)) is True
    assert in_force(article, date(2025, 12, 31)) is True
    assert in_force(article, date(2026, 1, 1)) is False
    assert in_force(WHOLE, date(2026, 1, 1)) is True


def test_an_article_within_a_chapter_has_what_both_say_its_own_before_the_chapters() -> None:
    within = WHOLE.article(PATH.join(("Chương II", "Điều 5")))
    assert (within.effective_from, within.amended_by, within.number) == ("2024-01-01", "2/2023", "3/2023")
    beside = WHOLE.article(PATH.join(("Chương II", "Điều 7")))
    assert (beside.effective_from, beside.effective_to, beside.number) == ("2023-01-01", LAST, "1/2020")


@pytest.mark.parametrize("section", ["", "Điều 6", "Điều 7", "Điều 55", "điều 5", "Điều 5. Phạt"])
def test_a_section_of_which_nothing_is_said_is_as_the_whole(section: str) -> None:
    assert WHOLE.article(section) == WHOLE


def test_what_is_said_of_articles_is_kept_with_the_record() -> None:
    assert json.loads(json.dumps(WHOLE.meta()))["articles"] == WHOLE.articles


def test_an_answer_becomes_plain_json() -> None:
    record = json.loads(json.dumps(Answer(Status.NO_ANSWER, reason="province").to_json()))
    assert record == {
        "status": "no_answer", "text": "", "citations": [], "reason": "province", "notes": [], "related": []
    }  # fmt: skip
