"""The HTTP contract of /api/chat: what a person's client can lean on."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

import httpx
import pytest

from bot.settings import Settings
from tests.bot.support import (
    QUANG_NINH,
    QUANG_NINH_QUOTE,
    FakeRasa,
    chat,
    custom,
    free_port,
    messages,
    metric,
    phrase,
    phrases,
    says,
    served,
)

MESSAGE_KEYS = ["text", "status", "citations", "buttons", "message_id"]
CITATION_KEYS = (
    "n title number issuer issued effective_from effective_to in_force section url quote "
    "document_id passage_id checked_on"
).split()


def test_an_answer_has_exactly_the_agreed_fields(client: httpx.Client, rasa: FakeRasa, settings: Settings) -> None:
    """From the app through its own action webhook and back: only Rasa's dialogue is a stand-in."""
    rasa.behave = rasa.run_action(settings, "action_answer_question", "ask_document")
    response = chat(client, QUANG_NINH, sender="ba-Tu")
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    body = response.json()
    assert list(body) == ["sender", "messages"]
    assert body["sender"] == "ba-Tu"
    (message,) = body["messages"]
    assert list(message) == MESSAGE_KEYS
    assert message["status"] == "answered"
    assert message["text"].split("\n")[:2] == [phrase("utter_answer_intro"), f"{QUANG_NINH_QUOTE} [1]"]
    (citation,) = message["citations"]
    assert list(citation) == CITATION_KEYS
    assert citation["quote"] == QUANG_NINH_QUOTE
    assert (citation["n"], citation["document_id"]) == (1, "quang-ninh-to-cong-nghe-so")
    assert (citation["issued"], citation["in_force"], citation["number"]) == ("2022-10", None, None)
    assert re.fullmatch(r"quang-ninh-to-cong-nghe-so#[0-9a-f]{10}", citation["passage_id"])


def test_buttons_have_a_title_and_what_they_send(client: httpx.Client, rasa: FakeRasa, settings: Settings) -> None:
    rasa.behave = rasa.run_action(settings, "action_answer_question", "off_topic")
    (message,) = chat(client, "cách nấu canh chua").json()["messages"]
    assert message["status"] == "off_topic"
    assert message["buttons"] == list(phrases()["utter_off_topic"].buttons)


def test_small_talk_of_rasa_is_passed_on_with_its_buttons(client: httpx.Client, rasa: FakeRasa) -> None:
    button = {"title": "Nộp hồ sơ", "payload": "Nộp hồ sơ thế nào?"}
    rasa.behave = lambda turn: messages({"recipient_id": turn["sender"], "text": "Dạ, xin chào.", "buttons": [button]})
    (message,) = chat(client, "xin chào").json()["messages"]
    assert (message["text"], message["status"], message["citations"]) == ("Dạ, xin chào.", "smalltalk", [])
    assert message["buttons"] == [button]


def test_several_messages_stay_in_order(client: httpx.Client, rasa: FakeRasa) -> None:
    rasa.behave = lambda turn: messages({"text": "một"}, {"text": "hai"}, {"text": "ba"})
    assert [message["text"] for message in chat(client, "xin chào").json()["messages"]] == ["một", "hai", "ba"]


def test_every_message_has_an_id_of_its_own(client: httpx.Client, rasa: FakeRasa) -> None:
    rasa.behave = lambda turn: messages({"text": "một"}, {"text": "hai"})
    ids = [message["message_id"] for _ in range(2) for message in chat(client, "chào").json()["messages"]]
    assert len(set(ids)) == 4
    assert all(ids)


def test_every_status_can_pass(client: httpx.Client, rasa: FakeRasa) -> None:
    statuses = "answered clarify no_answer off_topic refused urgent handoff smalltalk unavailable".split()
    for status in statuses:
        rasa.behave = lambda turn, status=status: custom({"text": "Dạ", "status": status})  # type: ignore[misc]
        assert chat(client, "chào").json()["messages"][0]["status"] == status


def test_the_sender_reaches_rasa_marked_with_its_door(client: httpx.Client, rasa: FakeRasa) -> None:
    chat(client, "xin chào", sender="8f.A_1:x@y-z")
    assert [turn["sender"] for turn in rasa.received] == ["web:8f.A_1:x@y-z"]


def test_unknown_fields_of_a_newer_client_are_ignored(client: httpx.Client, rasa: FakeRasa) -> None:
    body = {"sender": "an", "message": "xin chào", "metadata": {"page": "/"}}
    assert client.post("/api/chat", json=body).status_code == 200
    assert rasa.received == [{"sender": "web:an", "message": "xin chào"}]


def test_without_a_session_every_message_is_answered_anew(client: httpx.Client, rasa: FakeRasa) -> None:
    """As before there were sessions: a client id alone proves nothing about who is asking."""
    body = {"sender": "an", "message": "xin chào", "client_id": "9f0c1c1e-52cf-4b5d-8f0a-0e7f3b1d2c4a"}
    first, second = (client.post("/api/chat", json=body).json() for _ in range(2))
    assert list(first) == ["sender", "messages"]
    assert first["messages"][0]["message_id"] != second["messages"][0]["message_id"]
    assert len(rasa.received) == 2


def test_without_a_session_nothing_is_kept_but_by_rasa(client: httpx.Client, settings: Settings) -> None:
    chat(client, "xóm Lúa Vàng", sender="an")
    kept = b"".join(file.read_bytes() for file in settings.state_folder.iterdir())
    assert b"SQLite format 3" in kept
    assert "Lúa Vàng".encode() not in kept


@pytest.mark.parametrize(
    ("typed", "arrives"),
    [
        ("số căn cước của tôi là 012345678901", "số căn cước của tôi là [số đã che]"),
        ("cccd 012 345 678 901 nhé", "cccd [số đã che] nhé"),
        ("mã OTP là 483920", "mã OTP là [số đã che]"),
        ("gọi 113 hay 156 hả", "gọi 113 hay 156 hả"),
    ],
)
def test_private_numbers_do_not_reach_rasa(client: httpx.Client, rasa: FakeRasa, typed: str, arrives: str) -> None:
    """Rasa keeps what it hears in its database; so it does not hear them."""
    chat(client, typed)
    assert rasa.texts == [arrives]


@pytest.mark.parametrize(
    ("typed", "arrives"),
    [
        (unicodedata.normalize("NFD", "Tổ công nghệ số là gì?"), "Tổ công nghệ số là gì?"),
        ("  nộp \t hồ\u00a0sơ  ", "nộp hồ sơ"),
        ("nộp\u200b hồ\u200d sơ\ufeff", "nộp hồ sơ"),
        ("nộp\x00 hồ\x1b sơ", "nộp hồ sơ"),
        ("dòng một\r\ndòng hai", "dòng một\ndòng hai"),
        ("một\n\n\n\nhai", "một\n\nhai"),
        ("🙏 cho hỏi 🙏", "🙏 cho hỏi 🙏"),
    ],
)
def test_text_reaches_rasa_clean(client: httpx.Client, rasa: FakeRasa, typed: str, arrives: str) -> None:
    chat(client, typed)
    assert rasa.texts == [arrives]


def test_replies_and_their_time_are_counted(client: httpx.Client, rasa: FakeRasa, settings: Settings) -> None:
    rasa.behave = rasa.run_action(settings, "action_answer_question", "ask_document")
    chat(client, QUANG_NINH)
    chat(client, QUANG_NINH)
    rasa.behave = says("Dạ vâng.")
    chat(client, "vâng")
    assert metric(client, "chat_replies_total", status="answered") == 2
    assert metric(client, "chat_replies_total", status="smalltalk") == 1
    assert metric(client, "chat_reply_seconds_count") == 3


def test_nothing_that_is_said_is_logged(rasa: FakeRasa, settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    rasa.behave = rasa.run_action(settings, "action_answer_question", "ask_document")
    with served(settings) as client:
        assert chat(client, QUANG_NINH, sender="nguoi-hoi-123").json()["messages"][0]["status"] == "answered"
        assert chat(client, "căn cước 012345678901", sender="nguoi-hoi-123").status_code == 200
        assert client.get("/readyz").status_code == 200
    assert "index loaded" in caplog.text, "the app's own log is caught"
    assert "httpcore" in caplog.text, "and that of its libraries"
    for secret in (QUANG_NINH, "012345678901", "nguoi-hoi-123", settings.rasa_token.get_secret_value()):
        assert secret not in caplog.text


def test_two_apps_share_nothing(client: httpx.Client, settings: Settings) -> None:
    """Each has metrics of its own, so that tests and workers do not mix."""
    chat(client, "chào")
    other: dict[str, Any] = settings.model_dump() | {"port": free_port()}
    with served(Settings(**other)) as second:
        assert metric(second, "chat_reply_seconds_count") == 0
    assert metric(client, "chat_reply_seconds_count") == 1
