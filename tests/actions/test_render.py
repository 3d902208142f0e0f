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


NEW_COMMUNE = Note("new_commune", (("old", "Xã Cẩm Vịnh, tỉnh Hà Tĩnh"), ("new", "Xã Cẩm Bình (tỉnh Hà Tĩnh)")))
SPLIT = Note(
    "split_commune", (("old", "Phường Thành Công, Quận Ba Đình"), ("new", "Phường Giảng Võ, Phường Ô Chợ Dừa"))
)
DISTRICT = Note("old_district", (("old", "Huyện Cẩm Xuyên, tỉnh Hà Tĩnh"), ("new", "Xã Cẩm Bình, Xã Cẩm Duệ")))
NAMESAKES = Note("namesakes", (("said", "xã Tân Lập"),))
GROWN = Note("grown_province", (("province", "An Giang"), ("others", "Kiên Giang")))
OLD_PROVINCE = Note("old_province", (("province", "Bến Tre"), ("new_province", "Vĩnh Long")))
PLACE_NOTES = [NEW_COMMUNE, SPLIT, DISTRICT, NAMESAKES, GROWN, OLD_PROVINCE]


def _said(note: Note) -> str:
    return phrase(f"utter_note_{note.kind}").format(**dict(note.values))


@pytest.mark.parametrize("note", PLACE_NOTES, ids=lambda note: note.kind)
def test_a_note_on_a_place_says_all_that_is_known_of_it(note: Note) -> None:
    text = as_message(replace(ANSWER, notes=(note,)), phrases())["text"]
    assert text.endswith(f"\n{_said(note)}")
    assert all(value in _said(note) for _, value in note.values)
    assert not set("{}") & set(_said(note))


@pytest.mark.parametrize("reason", ["", "topic"])
def test_beside_a_quote_notes_come_after_it(reason: str) -> None:
    answer = replace(ANSWER, reason=reason, notes=(NEW_COMMUNE, GROWN))
    assert as_message(answer, phrases())["text"].split("\n")[1:] == [ANSWER.text, _said(NEW_COMMUNE), _said(GROWN)]


def test_where_a_place_is_asked_the_notes_are_the_answer_and_the_quote_follows() -> None:
    answer = replace(ANSWER, reason="place", notes=(NEW_COMMUNE, DISTRICT))
    assert as_message(answer, phrases())["text"].split("\n") == [
        phrase("utter_place_intro"),
        _said(NEW_COMMUNE),
        _said(DISTRICT),
        ANSWER.text,
    ]


def test_where_a_place_is_asked_and_nothing_quoted_the_notes_stand_alone() -> None:
    answer = Answer(Status.ANSWERED, reason="place", notes=(NEW_COMMUNE,))
    assert as_message(answer, phrases())["text"].split("\n") == [phrase("utter_place_intro"), _said(NEW_COMMUNE)]
    assert as_text(answer, phrases()) == as_message(answer, phrases())["text"]


@pytest.mark.parametrize(
    ("reason", "asked", "note"),
    [("place", "utter_clarify_place", NEW_COMMUNE), ("split", "utter_clarify_split", SPLIT)],
)
def test_what_is_asked_back_comes_before_what_is_known(reason: str, asked: str, note: Note) -> None:
    message = as_message(Answer(Status.CLARIFY, reason=reason, notes=(note,)), phrases())
    assert message["text"] == f"{phrase(asked)}\n{_said(note)}"
    assert (message["status"], message["citations"]) == ("clarify", [])


def test_places_to_choose_from_are_buttons_that_send_the_whole_question() -> None:
    choices = (
        "Xã Đồng Văn, Huyện Tân Kỳ, tỉnh Nghệ An nay là xã nào",
        "Xã Đồng Văn, Huyện Quế Phong, tỉnh Nghệ An nay là xã nào",
    )
    message = as_message(Answer(Status.CLARIFY, reason="place", related=choices), phrases())
    assert message["text"] == phrase("utter_clarify_place")
    assert message["buttons"] == [{"title": choice, "payload": choice} for choice in choices]


def test_a_place_with_braces_stays_as_it_was_typed() -> None:
    note = Note("namesakes", (("said", "xã {said} {0}"),))
    assert "Có nhiều nơi tên xã {said} {0}." in as_message(replace(ANSWER, notes=(note,)), phrases())["text"]


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
