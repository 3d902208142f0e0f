"""What people and programs send wrong: one plain sentence of the domain each, the right code, and nothing for Rasa."""

from __future__ import annotations

import itertools
import json
import unicodedata
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as settings_of_hypothesis
from hypothesis import strategies as st

from bot.settings import Settings
from tests.bot.support import FakeRasa, assert_plain_error, chat, free_port, metric, phrase, served

JSON = {"Content-Type": "application/json"}
SWALLOWED = "FastAPI turns BodyTooLargeError, raised while it reads the body, into HTTPException(400)"


@pytest.mark.parametrize(
    "text",
    ["", " ", "\n\t \r\n", "\u200b\u200d\ufeff", "\x00\x01\x1b", "\u200b \u2060\n", "/", "//  / ", "\u202e\u2066"],
)
def test_a_message_without_anything_visible_is_empty(client: httpx.Client, rasa: FakeRasa, text: str) -> None:
    assert_plain_error(chat(client, text), 422, "empty")
    assert rasa.received == []
    assert metric(client, "refused_requests_total", code="empty") == 1


@pytest.mark.parametrize("text", ["👍", "😂😂😂", "…", "???", "!!!", "❤️ 🙏🏻", "👨‍👩‍👧", "— , ."])
def test_a_message_without_words_is_asked_for_words(client: httpx.Client, rasa: FakeRasa, text: str) -> None:
    response = chat(client, text)
    assert response.status_code == 200
    (message,) = response.json()["messages"]
    assert (message["status"], message["text"]) == ("clarify", phrase("utter_clarify_text"))
    assert rasa.received == []
    assert metric(client, "chat_replies_total", status="clarify") == 1


def test_a_very_long_message_is_refused(client: httpx.Client, rasa: FakeRasa) -> None:
    assert_plain_error(chat(client, "ă" * 20_000), 413, "too_long")
    assert rasa.received == []
    assert metric(client, "refused_requests_total", code="too_long") == 1


def test_the_limit_itself_is_allowed_and_one_more_is_not(client: httpx.Client, rasa: FakeRasa) -> None:
    assert chat(client, "ă" * 2000).status_code == 200
    assert_plain_error(chat(client, "ă" * 2001), 413, "too_long")
    assert [len(text) for text in rasa.texts] == [2000]


@given(st.text(max_size=60))
@settings_of_hypothesis(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_typed_there_is_one_reply(client: httpx.Client, rasa: FakeRasa, text: str) -> None:
    """And what reaches Rasa is composed text that a person could see."""
    rasa.received.clear()
    response = client.post("/api/chat", content=json.dumps({"sender": "an", "message": text}), headers=JSON)
    if response.status_code != 200:
        assert_plain_error(response, 422, "empty")
    elif rasa.received:
        assert response.json()["messages"][0]["text"] == "Dạ vâng."
        (arrived,) = rasa.texts
        assert unicodedata.is_normalized("NFC", arrived)
        assert arrived.strip()
        assert [c for c in arrived if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Cn")] == []
    else:
        assert response.json()["messages"][0]["text"] == phrase("utter_clarify_text")


# --- bodies --------------------------------------------------------------------------------------------------------


@pytest.fixture
def narrow(settings: Settings) -> Iterator[httpx.Client]:
    """The app with the smallest body limit."""
    values = settings.model_dump() | {"max_body_bytes": 1024, "port": free_port()}
    with served(Settings(**values)) as client:
        yield client


def _body(size: int) -> bytes:
    body = json.dumps({"sender": "an", "message": "xin chào", "more": ""}).encode()
    return body[:-2] + b"x" * (size - len(body)) + body[-2:]


def test_a_body_over_the_limit_is_refused(narrow: httpx.Client, rasa: FakeRasa) -> None:
    assert_plain_error(narrow.post("/api/chat", content=_body(1025), headers=JSON), 413, "too_long")
    assert rasa.received == []


def test_a_body_over_the_limit_without_content_length_is_refused(narrow: httpx.Client, rasa: FakeRasa) -> None:
    def chunks() -> Iterator[bytes]:
        body = _body(1025)
        yield from (body[start : start + 100] for start in range(0, len(body), 100))

    response = narrow.post("/api/chat", content=chunks(), headers=JSON)
    assert "content-length" not in response.request.headers
    assert_plain_error(response, 413, "too_long")
    assert rasa.received == []


def test_a_body_of_just_the_limit_is_read(narrow: httpx.Client, rasa: FakeRasa) -> None:
    assert narrow.post("/api/chat", content=_body(1024), headers=JSON).status_code == 200
    assert rasa.texts == ["xin chào"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"xin chao",
        b"{",
        b'{"sender": "an", "message": "a"',
        b"[]",
        b"null",
        b'"xin chao"',
        b"\xff\xfe\x00",
        b'{"sender": "an", "message": "\xff"}',
        b"[" * 30_000,
        b'{"sender": "an", "message": NaN}',
    ],
)
def test_a_body_that_is_no_request_is_refused(client: httpx.Client, rasa: FakeRasa, body: bytes) -> None:
    assert_plain_error(client.post("/api/chat", content=body, headers=JSON), 400, "bad_request")
    assert rasa.received == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"sender": "an"},
        {"message": "xin chào"},
        {"sender": None, "message": "xin chào"},
        {"sender": 7, "message": "xin chào"},
        {"sender": "", "message": "xin chào"},
        {"sender": "an", "message": None},
        {"sender": "an", "message": 5},
        {"sender": "an", "message": ["xin chào"]},
        {"sender": "an", "message": {"text": "xin chào"}},
        {"sender": ["an"], "message": "xin chào"},
    ],
)
def test_wrong_or_missing_fields_are_refused(client: httpx.Client, rasa: FakeRasa, body: Any) -> None:
    assert_plain_error(client.post("/api/chat", json=body), 400, "bad_request")
    assert rasa.received == []


@pytest.mark.parametrize(
    "sender",
    ["an bình", "a/b", "a\n", "\na", "a\x00", "../../etc", "{{7*7}}", "' or 1=1 --", "ă", "👍", "a" * 129, "a\u200b"],
)
def test_a_sender_with_odd_characters_is_refused(client: httpx.Client, rasa: FakeRasa, sender: str) -> None:
    assert_plain_error(chat(client, "xin chào", sender=sender), 400, "bad_request")
    assert rasa.received == []


def test_half_a_character_goes_no_further(client: httpx.Client, rasa: FakeRasa) -> None:
    """JSON can spell a lone surrogate, which is no text: it could not be sent on or stored."""
    body = b'{"sender": "an", "message": "xin \\ud83d chao"}'
    assert client.post("/api/chat", content=body, headers=JSON).status_code == 200
    assert rasa.texts == ["xin chao"]
    alone = b'{"sender": "an", "message": "\\ud83d"}'
    assert_plain_error(client.post("/api/chat", content=alone, headers=JSON), 422, "empty")
    sender = b'{"sender": "\\ud83d", "message": "xin chao"}'
    assert_plain_error(client.post("/api/chat", content=sender, headers=JSON), 400, "bad_request")
    assert len(rasa.received) == 1


def test_a_form_is_refused(client: httpx.Client, rasa: FakeRasa) -> None:
    assert_plain_error(client.post("/api/chat", data={"sender": "an", "message": "chào"}), 400, "bad_request")
    assert rasa.received == []


def test_a_page_of_another_site_cannot_send_without_asking(client: httpx.Client, rasa: FakeRasa) -> None:
    """text/plain is what a browser sends across sites without a preflight."""
    body = b'{"sender": "an", "message": "xin chao"}'
    response = client.post("/api/chat", content=body, headers={"Content-Type": "text/plain"})
    assert_plain_error(response, 400, "bad_request")
    assert rasa.received == []
    assert "access-control-allow-origin" not in response.headers


# --- intents may not be typed --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "arrives"),
    [
        ("/greet", "greet"),
        ("//greet", "greet"),
        (" / /greet", "greet"),
        ("\u200b/greet", "greet"),
        ("/\u200b/greet", "greet"),
        ("/\x00/greet", "greet"),
        ('/affirm{"last_question": "x"}', 'affirm{"last_question": "x"}'),
        ("nộp ở 1/2 đường", "nộp ở 1/2 đường"),
    ],
)
def test_a_leading_slash_never_reaches_rasa(client: httpx.Client, rasa: FakeRasa, typed: str, arrives: str) -> None:
    chat(client, typed)
    assert rasa.texts == [arrives]


def test_no_mix_of_slashes_and_blanks_reaches_rasa_as_an_intent(client: httpx.Client, rasa: FakeRasa) -> None:
    """Rasa strips the text before it looks for a slash, so what counts is the first visible character."""
    for lead in itertools.product(["/", " ", "\n", "\u200b"], repeat=3):
        chat(client, "".join([*lead, "greet"]))
    assert len(rasa.texts) == 64
    assert [text for text in rasa.texts if text.strip().startswith("/")] == []
