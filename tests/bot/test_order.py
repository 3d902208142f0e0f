"""One turn at a time for each person, in order; people do not wait for one another; nobody can pile up messages."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from bot.settings import Settings
from tests.bot.support import (
    PATIENCE_S,
    FakeRasa,
    Reply,
    assert_plain_error,
    in_process,
    messages,
    one_after_another,
    phrase,
    says,
    soon,
)


async def _say(client: httpx.AsyncClient, message: str, sender: str = "an") -> httpx.Response:
    return await client.post("/api/chat", json={"sender": sender, "message": message})


def _texts(responses: list[httpx.Response]) -> list[str]:
    return [response.json()["messages"][0]["text"] for response in responses]


class Gate:
    """Behaviour: each turn waits until the gate is open, then is answered with its own text."""

    def __init__(self, rasa: FakeRasa) -> None:
        self._rasa, self._open = rasa, threading.Event()

    def __call__(self, turn: dict[str, Any]) -> Reply:
        while not self._open.wait(0.02) and not self._rasa.closing.is_set():
            pass
        return messages({"text": turn["message"]})

    def open(self) -> None:
        self._open.set()


def test_messages_of_one_sender_reach_rasa_one_at_a_time_in_order(settings: Settings, rasa: FakeRasa) -> None:
    said = [f"câu {n}" for n in range(1, 6)]

    async def scenario(app: FastAPI, client: httpx.AsyncClient) -> list[httpx.Response]:
        rasa.behave = gate = Gate(rasa)
        tasks = await one_after_another(client, [_say(client, text) for text in said])
        await soon(lambda: rasa.received, "the first message reaches Rasa")
        for _ in range(5):
            await client.get("/readyz")  # goes to Rasa and back, as a second message would
        assert rasa.texts == ["câu 1"]
        gate.open()
        return list(await asyncio.gather(*tasks))

    assert _texts(_run(settings, scenario)) == said
    assert rasa.texts == said
    assert rasa.most_at_once["web:an"] == 1


def test_two_senders_do_not_wait_for_each_other(settings: Settings, rasa: FakeRasa) -> None:
    both_there = threading.Barrier(2, timeout=PATIENCE_S)

    def behave(turn: dict[str, Any]) -> Reply:
        try:
            both_there.wait()
        except threading.BrokenBarrierError:
            return Reply(status=500)
        return messages({"text": turn["sender"]})

    async def scenario(app: FastAPI, client: httpx.AsyncClient) -> list[httpx.Response]:
        rasa.behave = behave
        return list(await asyncio.gather(_say(client, "chào", "an"), _say(client, "chào", "binh")))

    values = settings.model_dump() | {"rasa_timeout_s": 120}
    assert _texts(_run(Settings(**values), scenario)) == ["web:an", "web:binh"]
    assert rasa.most_at_once[""] == 2


def test_the_sixth_waiting_message_is_told_to_wait(settings: Settings, rasa: FakeRasa) -> None:
    async def scenario(app: FastAPI, client: httpx.AsyncClient) -> None:
        rasa.behave = gate = Gate(rasa)
        tasks = await one_after_another(client, [_say(client, f"câu {n}") for n in range(1, 6)])
        await soon(lambda: rasa.received, "the first message reaches Rasa")
        assert_plain_error(await _say(client, "câu 6"), 429, "busy")
        assert_plain_error(await _say(client, "câu 7"), 429, "busy")
        empty = await _say(client, "")
        assert_plain_error(empty, 422, "empty")
        gate.open()
        assert _texts(await asyncio.gather(*tasks)) == [f"câu {n}" for n in range(1, 6)]
        assert app.state.chat._turns._locks == {}, "nothing is kept of people who are not waiting"
        rasa.behave = gate = Gate(rasa)
        tasks = await one_after_another(client, [_say(client, f"sau {n}") for n in range(1, 6)])
        gate.open()
        assert _texts(await asyncio.gather(*tasks)) == [f"sau {n}" for n in range(1, 6)], "as many as before"
        assert rasa.texts == [f"{word} {n}" for word in ("câu", "sau") for n in range(1, 6)]
        counted = (await client.get("/metrics")).text
        assert 'refused_requests_total{code="busy"} 2.0' in counted

    _run(settings, scenario)


def test_one_busy_sender_does_not_keep_out_another(settings: Settings, rasa: FakeRasa) -> None:
    async def scenario(app: FastAPI, client: httpx.AsyncClient) -> None:
        gate = Gate(rasa)
        rasa.behave = lambda turn: gate(turn) if turn["sender"] == "web:an" else says("Dạ")(turn)
        tasks = await one_after_another(client, [_say(client, f"câu {n}") for n in range(1, 6)])
        assert _texts([await _say(client, "chào", "binh")]) == ["Dạ"]
        gate.open()
        await asyncio.gather(*tasks)

    _run(settings, scenario)


def test_a_turn_that_fails_lets_the_next_one_in(settings: Settings, rasa: FakeRasa) -> None:
    async def scenario(app: FastAPI, client: httpx.AsyncClient) -> None:
        rasa.behave = lambda turn: Reply(drop=True) if turn["message"] == "câu 1" else messages({"text": "Dạ"})
        tasks = await one_after_another(client, [_say(client, f"câu {n}") for n in range(1, 4)])
        assert _texts(await asyncio.gather(*tasks)) == [phrase("utter_unavailable"), "Dạ", "Dạ"]

    _run(settings, scenario)


@pytest.mark.parametrize("leaves", [0, 1])
def test_a_person_who_leaves_blocks_nobody(settings: Settings, rasa: FakeRasa, leaves: int) -> None:
    """Whether the message that is given up is being answered or still waits."""

    async def scenario(app: FastAPI, client: httpx.AsyncClient) -> None:
        rasa.behave = gate = Gate(rasa)
        tasks = await one_after_another(client, [_say(client, f"câu {n}") for n in (1, 2)])
        await soon(lambda: rasa.received, "the first message reaches Rasa")
        tasks[leaves].cancel()
        with pytest.raises(asyncio.CancelledError):
            await tasks[leaves]
        gate.open()
        assert _texts([await tasks[1 - leaves]]) == [f"câu {2 - leaves}"]
        later = await one_after_another(client, [_say(client, f"sau {n}") for n in range(5)])
        assert _texts(await asyncio.gather(*later)) == [f"sau {n}" for n in range(5)]

    _run(settings, scenario)


def _run(settings: Settings, scenario: Any) -> Any:
    async def run() -> Any:
        async with in_process(settings) as (app, client):
            return await scenario(app, client)

    return asyncio.run(run())
