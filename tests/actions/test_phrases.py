"""The sentences of domain.yml: there is one for everything that the code can say, and each is fit to be shown."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from string import Formatter

import pytest

from actions.phrases import Phrases, phrase_name
from bot import app
from bot.settings import ROOT
from retrieval.records import Answer, Status
from tests.bot.support import domain, phrases

# (status, reason) as they are written in the code, and the values of each kind of note.
_PAIR = re.compile(r"Status\.([A-Z_]+),\s*(?:reason=)?\"(\w+)\"")
_NOTE = re.compile(r"Note\(\"(\w+)\", \((.*)\)\)")
_SOURCES = [path for package in ("actions", "retrieval") for path in sorted((ROOT / package).rglob("*.py"))]
RESPONSES: dict[str, list[dict[str, object]]] = domain()["responses"]
TEXTS = [
    pytest.param(variant, id=f"{name}-{n}")
    for name, variants in RESPONSES.items()
    for n, variant in enumerate(variants)
]


def _written_pairs() -> set[tuple[Status, str]]:
    code = "\n".join(path.read_text(encoding="utf-8") for path in _SOURCES)
    pairs = {(Status[name], reason) for name, reason in _PAIR.findall(code)}
    return pairs | {(status, "") for status in Status} | {(Status.NO_ANSWER, why) for why in ("no_evidence", "figure")}


@pytest.mark.parametrize(("status", "reason"), sorted(_written_pairs()))
def test_every_status_and_reason_has_a_sentence(status: Status, reason: str) -> None:
    assert phrase_name(status, reason) in RESPONSES
    assert phrases().for_answer(Answer(status, reason=reason)).text


def test_the_scan_finds_what_the_code_says() -> None:
    """So that the test above cannot pass by finding nothing."""
    assert {
        (Status.ANSWERED, "topic"),
        (Status.CLARIFY, "text"),
        (Status.CLARIFY, "follow_up"),
        (Status.NO_ANSWER, "personal"),
        (Status.NO_ANSWER, "lapsed"),
        (Status.REFUSED, "pii"),
        (Status.REFUSED, "injection"),
        (Status.REFUSED, "unsafe"),
        (Status.URGENT, "crisis"),
        (Status.URGENT, "scam"),
        (Status.UNAVAILABLE, "timeout"),
    } <= _written_pairs()


@pytest.mark.parametrize(
    ("status", "reason", "name"),
    [
        (Status.REFUSED, "pii", "utter_refused_pii"),
        (Status.REFUSED, "injection", "utter_refused_injection"),
        (Status.REFUSED, "unsafe", "utter_refused_unsafe"),
        (Status.URGENT, "scam", "utter_urgent_scam"),
        (Status.URGENT, "crisis", "utter_urgent_crisis"),
        (Status.NO_ANSWER, "personal", "utter_no_answer_personal"),
        (Status.NO_ANSWER, "province", "utter_no_answer_province"),
        (Status.NO_ANSWER, "figure", "utter_no_answer_figure"),
        (Status.NO_ANSWER, "instrument", "utter_no_answer_instrument"),
        (Status.NO_ANSWER, "lapsed", "utter_no_answer_lapsed"),
        (Status.CLARIFY, "follow_up", "utter_clarify_follow_up"),
        (Status.UNAVAILABLE, "timeout", "utter_unavailable"),
    ],
)
def test_a_reason_with_a_sentence_of_its_own_gets_it(status: Status, reason: str, name: str) -> None:
    """A sentence that answers the wrong reason is worse than a missing one: nobody would notice."""
    assert phrase_name(status, reason) == name


def test_every_error_code_of_the_app_has_a_sentence() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "bot").glob("*.py")))
    raised = set(re.findall(r"RefusedMessageError\(\"(\w+)\"\)", code)) | set(
        re.findall(r"_error\(app, \"(\w+)\"", code)
    )
    assert {"too_long", "empty", "busy", "bad_request", "internal", "not_found"} <= raised
    assert raised <= set(app._STATUS_CODES)
    assert {f"utter_error_{name}" for name in app._STATUS_CODES} <= set(RESPONSES)


def test_every_kind_of_note_has_a_sentence_that_its_values_fill() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in _SOURCES)
    notes = {kind: set(re.findall(r'\("(\w+)",', values)) for kind, values in _NOTE.findall(code)}
    assert set(notes) == {
        *("not_yet", "expired", "figures", "old_province", "grown_province", "silent"),
        *("namesakes", "new_commune", "split_commune", "old_district"),
    }
    for kind, values in notes.items():
        fields = {field for _, field, _, _ in Formatter().parse(phrases()[f"utter_note_{kind}"].text) if field}
        assert fields == values, kind


def test_no_note_has_a_sentence_that_is_never_said() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in _SOURCES)
    said = {f"utter_note_{kind}" for kind, _ in _NOTE.findall(code)}
    assert {name for name in RESPONSES if name.startswith("utter_note_")} == said


def test_the_last_day_of_a_text_is_not_said_to_be_the_first_without_it() -> None:
    """`effective_to` is a day on which the text still holds: "hết hiệu lực từ 30/6/2026" would be a day too early."""
    text = phrases()["utter_note_expired"].text
    assert "từ {effective_to}" not in text
    assert "từ ngày {effective_to}" not in text


def test_a_refusal_for_lapse_says_that_nothing_of_today_was_found_and_points_to_the_button() -> None:
    phrase = phrases().for_answer(Answer(Status.NO_ANSWER, reason="lapsed"))
    assert "hết hiệu lực" in phrase.text
    assert "bên dưới" in phrase.text


def test_who_asks_for_money_is_told_where_to_ask_for_what_is_paid_and_for_what_is_received() -> None:
    text = phrases().for_answer(Answer(Status.NO_ANSWER, reason="money")).text
    assert "Số tiền phải nộp của từng thủ tục có ghi trên Cổng Dịch vụ công quốc gia" in text
    assert "Tiền trợ cấp được nhận thì anh/chị hỏi Ủy ban nhân dân xã, phường." in text


def test_who_has_lost_a_card_is_not_told_to_bring_it() -> None:
    text = phrases().for_answer(Answer(Status.NO_ANSWER, reason="identity")).text
    assert "mang theo giấy tờ tùy thân đang có" in text
    assert "thẻ căn cước" not in text


def test_a_refusal_accuses_nobody_and_leads_on() -> None:
    text = phrases().for_answer(Answer(Status.REFUSED, reason="unsafe")).text
    assert "trái pháp luật" not in text
    assert "xin nói lại bằng câu khác, hoặc đến bộ phận một cửa của xã, phường" in text


def test_every_small_talk_rule_has_its_sentence() -> None:
    rules = (ROOT / "data" / "rules" / "rules.yml").read_text(encoding="utf-8")
    said = set(re.findall(r"action: (utter_\w+)", rules))
    assert "utter_greet" in said
    assert said <= set(RESPONSES)


@pytest.mark.parametrize("variant", TEXTS)
def test_a_sentence_is_fit_to_be_shown(variant: dict[str, object]) -> None:
    text = variant["text"]
    assert isinstance(text, str)
    assert text.strip() == text != ""
    assert unicodedata.is_normalized("NFC", text)
    assert all(line.strip() for line in text.split("\n")), "Rasa splits a message at a blank line"
    assert not re.search(r"[\u200b-\u200f\u2060\ufeff\xa0\t]", text)


@pytest.mark.parametrize("name", [name for name, variants in RESPONSES.items() if "buttons" in variants[0]])
def test_a_quick_reply_sends_words_that_are_understood_as_typed(name: str) -> None:
    for button in phrases()[name].buttons:
        assert set(button) == {"title", "payload"}
        assert button["title"].strip()
        assert button["payload"].strip()
        assert not button["payload"].startswith("/"), "an intent behind a button would be shown nowhere"
        assert unicodedata.is_normalized("NFC", button["title"] + button["payload"])


def test_one_variant_each_because_only_the_first_is_said() -> None:
    assert [name for name, variants in RESPONSES.items() if len(variants) != 1] == []


def test_the_greeting_says_that_it_is_an_automatic_assistant() -> None:
    assert "trợ lý tự động (AI)" in phrases()["utter_greet"].text


def test_a_name_that_the_domain_lacks_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "domain.yml").write_text("responses:\n  utter_a:\n  - text: Dạ\n", encoding="utf-8")
    loaded = Phrases.load(tmp_path / "domain.yml")
    assert loaded["utter_a"].text == "Dạ"
    with pytest.raises(KeyError):
        loaded["utter_b"]
