"""Erasing a conversation, down to the events in the database of the real Rasa."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import uuid
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.settings import ROOT
from bot.supervisor import RASA_PYTHON, RASA_QUIET
from tests.e2e.support import Stack, eventually

pytestmark = pytest.mark.slow

QUANG_NINH = "Quảng Ninh có bao nhiêu tổ công nghệ số?"


class Person:
    """Somebody with a session at the running bot."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        made = stack.client.post("/api/session").json()
        self.headers = {"Authorization": f"Bearer {made['session']}"}
        self.sender = ""

    def say(self, message: str) -> dict[str, Any]:
        body = {"message": message, "client_id": str(uuid.uuid4())}
        response = self._stack.client.post("/api/chat", json=body, headers=self.headers)
        assert response.status_code == 200, response.text
        self.sender = response.json()["sender"]
        (answer,) = response.json()["messages"]
        return dict(answer)

    def erase(self) -> httpx.Response:
        return self._stack.client.delete("/api/conversation", headers=self.headers)

    def history(self) -> list[dict[str, Any]]:
        return list(self._stack.client.get("/api/history", headers=self.headers).json()["turns"])

    def events(self) -> int:
        """How many events Rasa keeps of this person."""
        (count,) = _conversations(
            self._stack, "SELECT count(*) FROM events WHERE sender_id = ?", f"session:{self.sender}"
        )
        return int(count)


def _conversations(stack: Stack, query: str, *values: str) -> tuple[Any, ...]:
    """The first row that Rasa's database gives."""
    with contextlib.closing(sqlite3.connect(stack.state / "conversations.db", timeout=30)) as database, database:
        return tuple(database.execute(query, values).fetchone() or ())


def _on_disk(stack: Stack) -> bytes:
    return b"".join(file.read_bytes() for file in stack.state.iterdir() if file.is_file())


def test_erasing_leaves_no_event_and_no_word_anywhere(stack: Stack) -> None:
    an, binh = Person(stack), Person(stack)
    word = f"xomluavang{uuid.uuid4().hex[:8]}"
    assert an.say(QUANG_NINH)["status"] == "answered"
    an.say(f"tôi ở {word}")
    binh.say("xin chào")
    assert an.events() > 5
    assert word.encode() in _on_disk(stack)
    assert an.erase().status_code == 204
    assert (an.events(), an.history()) == (0, [])
    assert word.encode() not in _on_disk(stack)
    assert an.sender.encode() not in _on_disk(stack)
    assert binh.events() > 0
    assert len(binh.history()) == 1


def test_after_erasing_the_bot_does_not_know_what_was_talked_about(stack: Stack) -> None:
    an = Person(stack)
    assert an.say(QUANG_NINH)["status"] == "answered"
    before = an.sender
    assert an.erase().status_code == 204
    assert an.say("thế thì sao")["status"] == "clarify"
    assert an.say(QUANG_NINH)["status"] == "answered"
    assert an.sender == before, "the session goes on"
    assert [turn["asked"] for turn in an.history()] == ["thế thì sao", QUANG_NINH]


def test_what_is_older_than_may_be_kept_is_forgotten_by_rasa_too(stack: Stack) -> None:
    """Of every door; the bot looks for it when it starts."""
    an = Person(stack)
    an.say("xin chào")

    def old() -> int:
        (count,) = _conversations(stack, "SELECT count(*) FROM events WHERE sender_id = 'web:long-ago'")
        return int(count)

    said = json.dumps({"event": "user", "text": "xóm Lúa Vàng", "timestamp": 1.0})
    _conversations(
        stack,
        "INSERT INTO events (id, sender_id, type_name, timestamp, data) "
        "SELECT min(id) - 1, 'web:long-ago', 'user', 1.0, ? FROM events",
        said,
    )
    assert old() == 1
    os.kill(stack.children()["app"], signal.SIGKILL)
    eventually(lambda: old() == 0, "the old event is gone", 120)
    stack.wait_until_ready()
    assert an.events() > 0
    assert len(an.history()) == 1


def test_nobody_else_can_erase(stack: Stack) -> None:
    an = Person(stack)
    an.say("xin chào")
    hook = f"http://127.0.0.1:{stack.rasa_port}/webhooks/erase/webhook"
    body = {"sender": f"session:{an.sender}"}
    for headers in ({}, {"Authorization": "Bearer guess"}):
        assert stack.client.post(hook, json=body, headers=headers).status_code == 401
        assert stack.client.request("DELETE", hook, params={"before": "9999999999"}, headers=headers).status_code == 401
    assert stack.client.post(f"{stack.url}/webhooks/erase/webhook", json=body).status_code == 404
    assert an.events() > 0


def test_the_channel_with_every_store_that_it_knows(tmp_path: Path) -> None:
    if not RASA_PYTHON.is_file():
        pytest.skip("chưa có .venv/rasa (make setup)")
    done = subprocess.run(
        [str(RASA_PYTHON), "-m", "tests.e2e.rasa_stores", f"sqlite:///{tmp_path / 'conversations.db'}"],
        cwd=ROOT,
        env=os.environ | RASA_QUIET | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert json.loads(done.stdout.splitlines()[-1]) == {
        "memory": [204, [], [1.0, 2.0]],
        "sql": [204, [], [1.0, 2.0]],
        "fallback": [204, [], []],
        "old": [204, 100, 1701.0],
        "under way": [204, []],
        "strangers": [401] * 14,
        "bad": [400] * 8,
        "still there": [1.0],
        "foreign": [501, 501],
    }
    assert b"an at 1.0" not in (tmp_path / "conversations.db").read_bytes()
