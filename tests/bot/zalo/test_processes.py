"""The door as real processes: killed in the middle, and two of them side by side."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.bot.zalo.fake import FakeZalo, signed, text_event
from tests.bot.zalo.process import App, open_tokens, running
from tests.bot.zalo.support import PATIENCE_S, sentence

pytestmark = pytest.mark.slow


def _eventually(check: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + PATIENCE_S
    while not check():
        assert time.monotonic() < until, f"waited in vain: {what}"
        time.sleep(0.02)


def _is_up(app: App) -> bool:
    try:
        return httpx.get(f"{app.url}/zalo/webhook", trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


def _say(app: App, text: str, person: str) -> None:
    body, headers = signed(text_event(text, f"{person}-{text}", time.time_ns() // 1_000_000, person))
    done = httpx.post(f"{app.url}/zalo/webhook", content=body, headers=headers, trust_env=False)
    assert done.status_code == 200


def _waiting(folder: Path) -> int:
    database = sqlite3.connect(folder / "zalo.db")
    try:
        return int(database.execute("SELECT count(*) FROM inbox WHERE state != 'done'").fetchone()[0])
    finally:
        database.close()


def test_what_was_acknowledged_is_answered_after_a_kill(fake: FakeZalo, tmp_path: Path) -> None:
    open_tokens(tmp_path, fake, lifetime_s=90_000)
    with running(tmp_path, fake, chat_delay_s=1.0) as app:
        _eventually(lambda: _is_up(app), "the app starts")
        for person in range(5):
            _say(app, "một", str(person))
            _say(app, "hai", str(person))
        app.kill()
        assert _waiting(tmp_path) == 10
        app.start()
        _eventually(lambda: _waiting(tmp_path) == 0, "everything is answered")
    for person in range(5):
        assert fake.texts(str(person)) == ["Đáp: một", "Đáp: hai"]


def test_a_message_on_its_way_when_the_process_is_killed_is_not_sent_again(fake: FakeZalo, tmp_path: Path) -> None:
    open_tokens(tmp_path, fake, lifetime_s=90_000)
    with running(tmp_path, fake) as app:
        _eventually(lambda: _is_up(app), "the app starts")
        killed = False

        def kill_once(number: int, body: object) -> None:
            nonlocal killed
            if not killed:
                killed = True
                app.kill()

        fake.fault = kill_once
        _say(app, "một", "2001")
        _eventually(lambda: killed, "it is killed while the message is on its way")
        app.start()
        _eventually(lambda: _waiting(tmp_path) == 0, "everything is done")
    assert fake.texts("2001") == ["Đáp: một", sentence("utter_zalo_maybe_lost")]


def test_two_processes_take_events_and_one_of_them_answers(fake: FakeZalo, tmp_path: Path) -> None:
    open_tokens(tmp_path, fake, lifetime_s=90_000)
    with running(tmp_path, fake) as first, running(tmp_path, fake) as second:
        for app in (first, second):
            _eventually(lambda app=app: _is_up(app), "the app starts")  # type: ignore[misc]
        for number in range(20):
            _say((first, second)[number % 2], f"câu {number}", "2001")
            _say((second, first)[number % 2], f"câu {number}", "2001")
        _eventually(lambda: _waiting(tmp_path) == 0, "everything is answered")
        assert fake.texts("2001") == [f"Đáp: câu {number}" for number in range(20)]
        first.kill()
        _say(second, "còn ai", "2001")
        _eventually(lambda: _waiting(tmp_path) == 0, "the other takes over")
    assert fake.texts("2001")[-1] == "Đáp: còn ai"
