"""Rasa down, silent, talking nonsense, or hanging: a plain sentence for the person, a line for the operator."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx
import pytest

from bot.settings import Settings
from tests.bot.support import (
    Behaviour,
    FakeRasa,
    Reply,
    chat,
    custom,
    free_port,
    messages,
    metric,
    phrase,
    says,
    served,
)

SECRET = "que toi o xom Lua, toi ten la Binh"
HTML = {"Content-Type": "text/html"}
CITED = {"text": "Dạ", "status": "answered", "citations": [{"n": 1}]}


def _echo(turn: dict[str, str]) -> Reply:
    return Reply(f"<h1>Error in {turn['message']}</h1>".encode(), headers=HTML)


TROUBLE: list[tuple[str, str, Callable[[FakeRasa], Behaviour]]] = [
    ("silent", "silent", lambda rasa: lambda turn: Reply(b"[]")),
    ("no JSON", "malformed", lambda rasa: lambda turn: Reply(b"<html>", headers=HTML)),
    ("no JSON, with the message in it", "malformed", lambda rasa: _echo),
    ("empty body", "malformed", lambda rasa: lambda turn: Reply(b"")),
    ("cut JSON", "malformed", lambda rasa: lambda turn: Reply(b'[{"text": "D')),
    ("an object", "malformed", lambda rasa: lambda turn: Reply(b'{"status": "failure"}')),
    ("a list of texts", "malformed", lambda rasa: lambda turn: Reply(b'["chao"]')),
    ("null", "malformed", lambda rasa: lambda turn: Reply(b"null")),
    ("custom is no object", "malformed", lambda rasa: lambda turn: messages({"custom": "chào"})),
    ("custom is empty", "malformed", lambda rasa: lambda turn: custom({})),
    ("custom without status", "malformed", lambda rasa: lambda turn: custom({"text": "Dạ"})),
    ("an unknown status", "malformed", lambda rasa: lambda turn: custom({"text": "Dạ", "status": "great"})),
    ("a citation without its fields", "malformed", lambda rasa: lambda turn: custom(CITED)),
    ("a message id from outside", "malformed", lambda rasa: lambda turn: custom({"message_id": "1", "text": "Dạ"})),
    ("buttons that are none", "malformed", lambda rasa: lambda turn: messages({"text": "Dạ", "buttons": [{"a": 1}]})),
    ("one good and one bad", "malformed", lambda rasa: lambda turn: messages({"text": "Dạ"}, {"custom": []})),
    ("HTTP 500", "down", lambda rasa: lambda turn: Reply(b"[]", status=500)),
    ("HTTP 401", "down", lambda rasa: lambda turn: Reply(b"[]", status=401)),
    ("HTTP 302", "down", lambda rasa: lambda turn: Reply(b"", 302, {"Location": "http://example.vn/"})),
    ("connection dropped", "down", lambda rasa: lambda turn: Reply(drop=True)),
]


def assert_unavailable(response: httpx.Response) -> None:
    assert response.status_code == 200
    (message,) = response.json()["messages"]
    assert (message["status"], message["text"]) == ("unavailable", phrase("utter_unavailable"))
    assert message["citations"] == []


def assert_told_to_the_operator(client: httpx.Client, caplog: pytest.LogCaptureFixture, kind: str) -> None:
    assert metric(client, "rasa_failures_total", kind=kind) == 1
    assert metric(client, "chat_replies_total", status="unavailable") == 1
    lines = [record for record in caplog.records if record.name == "bot.chat"]
    assert [record.levelname for record in lines] == ["ERROR"]
    assert kind in lines[0].getMessage() or "Error" in lines[0].getMessage()
    assert SECRET not in caplog.text


@pytest.mark.parametrize(("kind", "trouble"), [pytest.param(k, t, id=name) for name, k, t in TROUBLE])
def test_trouble_is_a_plain_sentence_and_a_line_for_the_operator(
    client: httpx.Client,
    rasa: FakeRasa,
    caplog: pytest.LogCaptureFixture,
    kind: str,
    trouble: Callable[[FakeRasa], Behaviour],
) -> None:
    caplog.set_level("DEBUG")
    rasa.behave = trouble(rasa)
    assert_unavailable(chat(client, SECRET))
    assert rasa.texts == [SECRET], "Rasa was asked, once"
    assert_told_to_the_operator(client, caplog, kind)


def test_the_next_message_is_answered_again(client: httpx.Client, rasa: FakeRasa) -> None:
    rasa.behave = lambda turn: Reply(drop=True)
    assert_unavailable(chat(client, "xin chào"))
    rasa.behave = says("Dạ, xin chào.")
    assert chat(client, "xin chào").json()["messages"][0]["text"] == "Dạ, xin chào."


def test_rasa_that_is_not_there(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    values = settings.model_dump() | {"rasa_port": free_port()}
    with served(Settings(**values)) as client:
        assert_unavailable(chat(client, SECRET))
        assert_told_to_the_operator(client, caplog, "down")


def test_rasa_that_hangs(settings: Settings, rasa: FakeRasa, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    rasa.behave = rasa.hang
    with served(Settings(**settings.model_dump() | {"rasa_timeout_s": 0.3})) as client:
        client.timeout = 20  # far above the setting, far below any other limit
        assert_unavailable(chat(client, SECRET))
        assert_told_to_the_operator(client, caplog, "timeout")
        rasa.behave = says("Dạ, xin chào.")
        assert chat(client, "xin chào").json()["messages"][0]["text"] == "Dạ, xin chào."


def test_a_failed_action_is_a_silent_rasa(client: httpx.Client, rasa: FakeRasa, settings: Settings) -> None:
    """What Rasa does when the action webhook fails: it logs, and answers [] with HTTP 200."""
    run = rasa.run_action(settings, "action_that_nobody_wrote", "ask_document")

    def like_rasa(turn: dict[str, str]) -> Reply:
        with pytest.raises(httpx.HTTPStatusError):
            run(turn)
        return Reply(b"[]")

    rasa.behave = like_rasa
    assert_unavailable(chat(client, "xin chào"))


# --- found while writing these tests -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "message", [{}, {"recipient_id": "x"}, {"text": None}, {"text": ""}, {"image": "http://example.vn/a.png"}]
)
def test_a_message_that_says_nothing_is_no_reply(
    client: httpx.Client, rasa: FakeRasa, message: dict[str, str | None]
) -> None:
    rasa.behave = lambda turn: messages(message)
    assert_unavailable(chat(client, "xin chào"))


def test_a_reply_that_is_no_utf8_is_not_copied_into_the_log(
    client: httpx.Client, rasa: FakeRasa, caplog: pytest.LogCaptureFixture
) -> None:
    rasa.behave = lambda turn: Reply(json.dumps([{"text": turn["message"]}]).encode() + b"\xff")
    assert_unavailable(chat(client, SECRET))
    assert_told_to_the_operator(client, caplog, "malformed")


def test_a_reply_that_cannot_be_unpacked_is_trouble_with_rasa(client: httpx.Client, rasa: FakeRasa) -> None:
    rasa.behave = lambda turn: Reply(b"no gzip", headers={"Content-Encoding": "gzip"})
    assert_unavailable(chat(client, "xin chào"))


@pytest.mark.parametrize("body", [b"[]", b'"ok"', b"null"])
def test_a_strange_status_of_rasa_means_not_ready(client: httpx.Client, rasa: FakeRasa, body: bytes) -> None:
    rasa.status = Reply(body)
    response = client.get("/readyz")
    assert (response.status_code, response.json()) == (503, {"index": True, "rasa": False})
