"""An answer as people see it."""

from __future__ import annotations

from dataclasses import asdict, replace

import pytest

from actions.render import as_message, as_text, spoken_date
from retrieval.records import Answer, Citation, Note, Status
from tests.bot.support import phrase, phrases

CITATION = Citation(
    n=1,
    title="Nghị định về định danh",
    number="69/2024/NĐ-CP",
    issuer="Chính phủ",
    issued="2024-06-25",
    effective_from="2024-07-01",
    effective_to=None,
    in_force=True,
    section="Chương II › Điều 10",
    url="https://example.vn/69",
    quote="Công dân được cấp  tài khoản “mức độ 2” [khi có thẻ] {căn cước} — 100%.",
    document_id="nd-69",
    passage_id="nd-69#0123456789",
    checked_on="2026-11-21",
)
ANSWER = Answer(Status.ANSWERED, f"{CITATION.quote} [1]", (CITATION,))


@pytest.mark.parametrize(
    ("iso", "spoken"),
    [
        ("2026-07-01", "01/7/2026"),
        ("2024-12-31", "31/12/2024"),
        ("2022-10", "10/2022"),
        ("2025-07", "7/2025"),
        ("2022", "2022"),
    ],
)
def test_dates_are_written_as_people_write_them(iso: str, spoken: str) -> None:
    assert spoken_date(iso) == spoken


def test_a_message_holds_introduction_and_quote_and_the_whole_citation() -> None:
    message = as_message(ANSWER, phrases())
    assert message == {
        "text": f"{phrase('utter_answer_intro')}\n{CITATION.quote} [1]",
        "status": "answered",
        "citations": [asdict(CITATION)],
        "buttons": [],
    }


def test_a_quote_with_braces_and_brackets_stays_as_it_is() -> None:
    """Sentences of the domain are filled in; quotes never are."""
    noted = replace(ANSWER, notes=(Note("figures", (("year", "2022"),)),))
    assert f"\n{CITATION.quote} [1]\n" in as_message(noted, phrases())["text"]


def test_a_document_title_with_braces_does_not_break_a_note() -> None:
    note = Note("expired", (("number", "{x} {0} {"), ("effective_to", "2025-12-31")))
    text = as_message(replace(ANSWER, notes=(note,)), phrases())["text"]
    assert text.endswith(phrase("utter_note_expired").format(number="{x} {0} {", effective_to="31/12/2025"))


def test_only_dates_of_effect_are_rewritten_in_a_note() -> None:
    note = Note("not_yet", (("number", "2026-07"), ("effective_from", "2026-07")))
    text = as_message(replace(ANSWER, notes=(note,)), phrases())["text"]
    assert text.endswith(phrase("utter_note_not_yet").format(number="2026-07", effective_from="7/2026"))


def test_notes_that_read_alike_are_said_once() -> None:
    notes = (Note("figures", (("year", "2022"),)), Note("figures", (("year", "2022"),)))
    text = as_message(replace(ANSWER, notes=notes), phrases())["text"]
    assert text.count(phrase("utter_note_figures").format(year="2022")) == 1


def test_related_headings_follow_the_buttons_of_the_sentence() -> None:
    buttons = as_message(replace(ANSWER, status=Status.NO_ANSWER, related=("Có mất phí không?",)), phrases())["buttons"]
    assert buttons[:-1] == list(phrases()["utter_no_answer"].buttons)
    assert buttons[-1] == {"title": "Có mất phí không?", "payload": "Có mất phí không?"}


def test_text_for_a_terminal_numbers_each_source() -> None:
    second = replace(CITATION, n=2, number=None, section="", issuer=None, issued=None, url=None)
    lines = as_text(replace(ANSWER, citations=(CITATION, second)), phrases()).split("\n")
    assert lines[-3:] == [
        "Nguồn:",
        "[1] Nghị định về định danh · 69/2024/NĐ-CP · Chương II › Điều 10 · Chính phủ · 25/6/2024 · https://example.vn/69",
        f"[2] Nghị định về định danh · {phrase('utter_unknown_date')}",
    ]


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.ANSWERED])
def test_without_citations_only_the_sentence_is_said(status: Status) -> None:
    answer = Answer(status)
    assert as_message(answer, phrases())["text"] == phrases().for_answer(answer).text
    assert as_text(answer, phrases()) == phrases().for_answer(answer).text
