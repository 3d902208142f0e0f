"""Where Rasa runs our actions: open to this machine with the token, not there for anybody else."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any

import httpx
import pytest

from bot.app import create_app
from bot.settings import Settings
from retrieval.embedder import Vectors
from tests.bot.support import (
    QUANG_NINH,
    QUANG_NINH_QUOTE,
    action_call,
    assert_plain_error,
    free_port,
    served,
    tracker_state,
)
from tests.fakes import FakeEmbedder

PATH = "/internal/actions"
CALL = action_call("action_answer_question", tracker_state(QUANG_NINH))


def _token(settings: Settings) -> dict[str, str]:
    return {"Authorization": f"Bearer {settings.action_token.get_secret_value()}"}


def test_an_action_runs_and_gives_events_and_responses(client: httpx.Client, settings: Settings) -> None:
    response = client.post(PATH, json=CALL, headers=_token(settings))
    assert response.status_code == 200
    body = response.json()
    assert set(body) == {"events", "responses"}
    assert body["responses"][0]["custom"]["citations"][0]["quote"] == QUANG_NINH_QUOTE
    assert {(event["event"], event["name"]) for event in body["events"]} == {
        ("slot", "last_question"),
        ("slot", "last_document"),
    }


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Basic {token}"},
        {"Authorization": "{token}"},
        {"Authorization": "bearer {token}"},
        {"Authorization": "Bearer {token}x"},
        {"Authorization": "Bearer {token}", "X-Forwarded-For": "127.0.0.1"},
        {"Authorization": "Bearer {token}", "X-Forwarded-For": ""},
        {"Authorization": "Bearer {token}", "Forwarded": "for=127.0.0.1"},
    ],
)
def test_a_stranger_finds_nothing_there(client: httpx.Client, settings: Settings, headers: dict[str, str]) -> None:
    token = settings.action_token.get_secret_value()
    sent = {name: value.format(token=token) for name, value in headers.items()}
    assert_plain_error(client.post(PATH, json=CALL, headers=sent), 404, "not_found")


def test_a_stranger_with_odd_bytes_finds_nothing_there(client: httpx.Client) -> None:
    assert_plain_error(client.post(PATH, json=CALL, headers={b"Authorization": b"Bearer \xff"}), 404, "not_found")


@pytest.mark.parametrize("address", ["192.168.1.20", "8.8.8.8", "::ffff:192.168.1.20", "2001:db8::1"])
def test_another_machine_finds_nothing_there_even_with_the_token(settings: Settings, address: str) -> None:
    assert _post_from(settings, address).status_code == 404


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.2", "::1"])
def test_this_machine_may_come_by_any_of_its_addresses(settings: Settings, address: str) -> None:
    assert _post_from(settings, address).status_code == 200


@pytest.mark.parametrize(("address", "status"), [("192.168.1.20", 200), ("192.168.1.21", 404)])
def test_this_machine_may_come_by_the_address_on_which_it_listens(
    settings: Settings, address: str, status: int
) -> None:
    assert _post_from(settings, address, server="192.168.1.20").status_code == status


def _post_from(settings: Settings, address: str, server: str = "app") -> httpx.Response:
    async def post() -> httpx.Response:
        app = create_app(settings, FakeEmbedder())
        transport = httpx.ASGITransport(app, client=(address, 40000))
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url=f"http://{server}") as client,
        ):
            return await client.post(PATH, json=CALL, headers=_token(settings))

    return asyncio.run(post())


def test_an_unknown_action_is_said_to_be_unknown(client: httpx.Client, settings: Settings) -> None:
    response = client.post(PATH, json=CALL | {"next_action": "action_nobody_wrote"}, headers=_token(settings))
    assert response.status_code == 404
    assert response.json()["action_name"] == "action_nobody_wrote"
    assert "action_nobody_wrote" in response.json()["error"]


def test_no_action_at_all_does_nothing(client: httpx.Client, settings: Settings) -> None:
    """What Rasa sends to see whether the endpoint is there."""
    response = client.post(PATH, json=CALL | {"next_action": None}, headers=_token(settings))
    assert (response.status_code, response.json()) == (200, {"events": [], "responses": []})


def test_a_long_conversation_is_not_too_large(client: httpx.Client, settings: Settings) -> None:
    """Rasa sends the whole tracker; the body limit is for people."""
    tracker = tracker_state(QUANG_NINH)
    tracker["events"] = tracker["events"] * 2000
    response = client.post(PATH, json=action_call("action_answer_question", tracker), headers=_token(settings))
    assert len(response.request.content) > 2 * settings.max_body_bytes
    assert response.status_code == 200


class Broken(FakeEmbedder):
    """A model that works while the app starts, and then no more."""

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        if list(texts) != ["khởi động"]:
            raise RuntimeError("the model is gone")
        return super().embed_queries(texts)


@pytest.fixture
def broken(settings: Settings) -> Iterator[tuple[httpx.Client, Settings]]:
    """The app with a model that fails at every question."""
    own: dict[str, Any] = settings.model_dump() | {"port": free_port()}
    with served(Settings(**own), Broken()) as client:
        yield client, settings


def test_a_failing_action_is_logged_and_tells_rasa_no_more_than_that(
    broken: tuple[httpx.Client, Settings], caplog: pytest.LogCaptureFixture
) -> None:
    client, settings = broken
    response = client.post(PATH, json=CALL, headers=_token(settings))
    assert response.status_code == 500
    assert response.json() == {"error": "action failed", "action_name": "action_answer_question"}
    assert "action action_answer_question failed" in caplog.text
    assert "the model is gone" in caplog.text
    assert QUANG_NINH not in caplog.text
