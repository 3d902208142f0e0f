"""The webhook: what is let in, what is turned away, and that nothing is acknowledged before it is on the disk."""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import sqlite3
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import lxml.html
import pytest
from fastapi.testclient import TestClient
from prometheus_client import generate_latest

from bot.zalo import events
from bot.zalo.router import MAX_BODY
from tests.bot.zalo.fake import APP_ID, OA_SECRET, FakeZalo, body_of, event, signature, signed, text_event
from tests.bot.zalo.support import FakeChat, Office, office, says, small_app

Scenario = Callable[[Office], Awaitable[Any]]


def _run(fake: FakeZalo, folder: Path, scenario: Scenario, **options: Any) -> Any:
    async def run() -> Any:
        async with office(fake, folder, **options) as here:
            return await scenario(here)

    return asyncio.run(run())


async def _post(here: Office, body: bytes, headers: dict[str, str]) -> int:
    return (await here.client.post("/zalo/webhook", content=body, headers=headers)).status_code


def _attacks(now: int) -> dict[str, tuple[bytes, dict[str, str], int]]:
    """What somebody may send, and the status that it gets."""
    data = text_event("Xin chào", "m-1", now)
    body, headers = signed(data)
    mac = headers["X-ZEvent-Signature"]
    keyed = hmac.new(OA_SECRET.encode(), APP_ID.encode() + body + str(now).encode(), "sha256").hexdigest()
    later = body_of(data | {"timestamp": str(now + 1)})
    escaped = json.dumps(data).encode()
    other = data | {"app_id": "999"}
    deep = b'{"event_name":' + b"[" * 100_000
    return {
        "forged: no signature": (body, {}, 401),
        "forged: signature of another key": (body, {"X-ZEvent-Signature": signature(body, str(now), "guess")}, 401),
        "forged: signature of another body": (later, {"X-ZEvent-Signature": mac}, 401),
        "forged: HMAC instead of SHA-256": (body, {"X-ZEvent-Signature": f"mac={keyed}"}, 401),
        "forged: another prefix": (body, {"X-ZEvent-Signature": mac.replace("mac", "sha256")}, 401),
        "forged: signature cut short": (body, {"X-ZEvent-Signature": mac[:-1]}, 401),
        "forged: empty signature": (body, {"X-ZEvent-Signature": ""}, 401),
        "signed, but for another app": (
            body_of(other),
            {"X-ZEvent-Signature": signature(body_of(other), str(now))},
            200,
        ),
        "truncated: half a body": (body[: len(body) // 2], headers, 400),
        "truncated: nothing, with a signature": (b"", headers, 401),
        "re-encoded: escapes instead of letters": (escaped, {"X-ZEvent-Signature": mac}, 401),
        "re-encoded: a space more": (body + b" ", {"X-ZEvent-Signature": mac}, 401),
        "re-encoded: UTF-16": (body.decode().encode("utf-16"), {"X-ZEvent-Signature": mac}, 400),
        "oversized: 256 KiB and a byte": (b'{"event_name":"' + b"x" * (MAX_BODY - 14), headers, 413),
        "malformed: not JSON": (b"hello", {}, 400),
        "malformed: a list": (b"[]", {}, 400),
        "malformed: very deep": (deep, {}, 400),
        "malformed: not UTF-8": (b'{"event_name":"\xff"}', {}, 400),
    }


def test_what_attackers_send_reaches_nobody(fake: FakeZalo, tmp_path: Path) -> None:
    async def scenario(here: Office) -> None:
        rows = [f"| {'what':42} | answer | kept |", f"|{'-' * 44}|--------|------|"]
        for name, (body, headers, wanted) in _attacks(here.clock()).items():
            status = await _post(here, body, headers)
            counts = await here.zalo.counts()
            rows.append(f"| {name:42} | {status:6} | {'yes' if counts else 'no':4} |")
            assert (status, counts) == (wanted, {}), name
        body, headers = signed(text_event("Xin chào", "m-1", here.clock()))
        for name in ("genuine", "replayed: the same again", "replayed: five times more"):
            for _ in range(5 if "five" in name else 1):
                assert await _post(here, body, headers) == 200
            await here.rest()
            rows.append(f"| {name:42} | {200:6} | {'once':4} |")
        assert fake.texts("2001") == ["Đáp: Xin chào"]
        here.clock.pass_(49 * 3600)
        await here.zalo._back.run(here.zalo.inbox.purge, here.clock() + 1)
        assert await here.zalo.counts() == {}, "the key is forgotten"
        assert await _post(here, body, headers) == 200
        rows.append(f"| {'replayed: days later, key forgotten':42} | {200:6} | {'no':4} |")
        assert await here.zalo.counts() == {}
        print("\n" + "\n".join(rows))

    _run(fake, tmp_path, scenario)


def test_the_probe_of_the_console_is_welcome_and_leaves_no_trace(fake: FakeZalo, tmp_path: Path) -> None:
    async def scenario(here: Office) -> None:
        for body in (b"{}", b"", b'{"oa_id":"4001"}'):
            assert await _post(here, body, {}) == 200
        assert (await here.client.get("/zalo/webhook")).status_code == 200
        assert await here.zalo.counts() == {}

    _run(fake, tmp_path, scenario)


@pytest.mark.parametrize("form", ["mac={}", "mac = {}", " MAC={} ", "{}"])
@pytest.mark.parametrize("number", [False, True])
def test_a_signature_may_be_written_in_several_ways(fake: FakeZalo, tmp_path: Path, form: str, number: bool) -> None:
    async def scenario(here: Office) -> None:
        data = text_event("Chào", "m", here.clock())
        body = body_of(data | {"timestamp": here.clock()} if number else data)
        mac = signature(body, str(here.clock())).removeprefix("mac=")
        assert await _post(here, body, {"X-ZEvent-Signature": form.format(mac.upper())}) == 200
        await here.rest()
        assert fake.texts("2001") == ["Đáp: Chào"]

    _run(fake, tmp_path, scenario)


def test_a_timestamp_in_the_header_counts_if_the_body_has_none(fake: FakeZalo, tmp_path: Path) -> None:
    async def scenario(here: Office) -> None:
        data = text_event("Chào", "m", here.clock())
        del data["timestamp"]
        headers = {"X-ZEvent-Signature": signature(body_of(data), "123"), "X-ZEvent-Timestamp": "123"}
        assert await _post(here, body_of(data), headers) == 200
        assert await _post(here, body_of(data), headers | {"X-ZEvent-Timestamp": "124"}) == 401
        await here.rest()
        assert fake.texts("2001") == ["Đáp: Chào"]

    _run(fake, tmp_path, scenario)


def test_an_event_for_another_account_is_acknowledged_reported_and_left(fake: FakeZalo, tmp_path: Path) -> None:
    async def scenario(here: Office) -> None:
        other = text_event("Chào", "m", here.clock()) | {"recipient": {"id": "4002"}}
        assert (await here.send(other)).status_code == 200
        assert await here.zalo.counts() == {}
        assert await here.alarms() == {"foreign"}

    _run(fake, tmp_path, scenario)


@pytest.mark.parametrize(
    "change",
    [{"sender": {"id": "../../etc"}}, {"sender": {"id": 7.5}}, {"sender": None}, {"sender": {"id": ["1"]}},
     {"message": "text"}, {"message": None}, {"event_name": ["user_send_text"]}, {"timestamp": "soon"},
     {"timestamp": None}, {"timestamp": "9" * 400}, {"message": {"text": {"a": 1}, "msg_id": 3}},
     {"message": {"text": "\ud800 lẻ", "msg_id": "x"}}, {"message": {"text": "a\x00b", "msg_id": "x" * 9000}}],
)  # fmt: skip
def test_a_signed_event_of_a_strange_shape_does_no_harm(fake: FakeZalo, tmp_path: Path, change: dict[str, Any]) -> None:
    async def scenario(here: Office) -> None:
        data = text_event("Chào", "m", here.clock()) | change
        body = json.dumps(data).encode()
        mac = signature(body, str(data["timestamp"]) if data["timestamp"] else "1")
        assert await _post(here, body, {"X-ZEvent-Signature": mac, "X-ZEvent-Timestamp": "1"}) == 200
        await here.say("Chào tiếp", "2009")
        await here.rest()
        assert fake.texts("2009") == ["Đáp: Chào tiếp"]

    _run(fake, tmp_path, scenario)


def test_in_soak_mode_everything_is_taken_and_the_verdict_counted(fake: FakeZalo, tmp_path: Path) -> None:
    async def scenario(here: Office) -> None:
        data = text_event("Chào", "m", here.clock())
        assert await _post(here, body_of(data), {"X-ZEvent-Signature": "mac=" + "0" * 64}) == 200
        await here.rest()
        assert fake.texts("2001") == ["Đáp: Chào"]
        assert _events(here, "mismatch", "kept") == 1
        assert await here.alarms() == {"signature"}

    _run(fake, tmp_path, scenario, zalo_webhook_mode="soak")


def test_before_the_webhook_is_registered_there_is_no_key(fake: FakeZalo, tmp_path: Path) -> None:
    async def scenario(here: Office) -> None:
        assert (await here.send(text_event("Chào", "m", here.clock()))).status_code == 200
        assert _events(here, "no_key", "kept") == 1

    _run(fake, tmp_path, scenario, zalo_webhook_mode="soak", zalo_oa_secret="")


def _events(here: Office, verdict: str, outcome: str) -> float:
    value: float = here.zalo.metrics.events.labels(verdict, outcome)._value.get()
    return value


def test_the_answer_does_not_wait_for_a_bot_that_hangs(fake: FakeZalo, tmp_path: Path) -> None:
    async def scenario(here: Office) -> None:
        stuck = asyncio.Event()

        async def hang(sender: str, text: str) -> list[Any]:
            await stuck.wait()
            return [says("Dạ")]

        here.chat.behave = hang
        async with asyncio.timeout(20):
            for number in range(50):
                await here.say("Chào", str(number))
        assert (await here.zalo.counts())["new"] + (await here.zalo.counts()).get("asked", 0) == 50

    _run(fake, tmp_path, scenario)


def test_without_a_place_on_the_disk_there_is_no_200_and_zalo_comes_again(
    fake: FakeZalo, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario(here: Office) -> None:
        front = here.zalo._front
        pages = (await front.run(front.rows, "PRAGMA page_count"))[0][0]
        await front.run(front.rows, f"PRAGMA max_page_count = {pages}")
        statuses = []
        for number in range(60):
            statuses.append(
                (await here.send(text_event("điều riêng tư " * 100, f"m-{number}", here.clock()))).status_code
            )
        assert 503 in statuses
        await front.run(front.rows, "PRAGMA max_page_count = 1000000")
        again = text_event("điều riêng tư " * 100, f"m-{statuses.index(503)}", here.clock())
        assert (await here.send(again)).status_code == 200

    _run(fake, tmp_path, scenario)
    assert "riêng tư" not in caplog.text


def test_a_body_that_never_ends_is_given_up(fake: FakeZalo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["bot.zalo.router"], "_READ_LIMIT_S", 0.05)

    async def scenario(here: Office) -> None:
        asked = False

        async def receive() -> dict[str, Any]:
            nonlocal asked
            if asked:
                await asyncio.Event().wait()
            asked = True
            return {"type": "http.request", "body": b"{", "more_body": True}

        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {"type": "http", "method": "POST", "path": "/zalo/webhook", "headers": [], "query_string": b""}
        app = here.client._transport.app  # type: ignore[attr-defined]
        await app(scope, receive, send)
        assert sent[0]["status"] == 400

    _run(fake, tmp_path, scenario)


def test_the_domain_is_verified_by_a_file_and_by_nothing_else(fake: FakeZalo, tmp_path: Path) -> None:
    async def scenario(here: Office) -> None:
        page = await here.client.get("/zalo_verifierAb-c_1.html")
        assert page.headers["content-type"].startswith("text/html")
        assert '<meta name="zalo-platform-site-verification" content="Ab-c_1">' in page.text
        for path in ("Ab-c_2", "", "..%2Fsecret", "a" * 200, "Ab-c_1%00", "%C4%91"):
            assert (await here.client.get(f"/zalo_verifier{path}.html")).status_code == 404

    _run(fake, tmp_path, scenario)


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/zalo/webhook"), ("GET", "/zalo/webhook"), ("GET", "/zalo_verifierAb-c_1.html"),
     ("GET", "/zalo/oauth/start"), ("GET", "/zalo/oauth/callback"), ("GET", "/zalo/status"),
     ("GET", "/zalo/status.css")],
)  # fmt: skip
def test_without_an_app_id_there_is_no_door(tmp_path: Path, method: str, path: str) -> None:
    from bot import zalo

    app = small_app(FakeChat(), tmp_path / "state")
    app.router.lifespan_context = zalo.lifespan
    with TestClient(app) as client:
        assert client.request(method, path).status_code == 404
    assert not (tmp_path / "state").exists(), "nothing was started"


def _set_environment(monkeypatch: pytest.MonkeyPatch, folder: Path, fake: FakeZalo) -> None:
    from tests.bot.zalo.process import environment

    for name, value in environment(folder, fake, 0).items():
        if name.startswith(("ZALO_", "ADMIN_")):
            monkeypatch.setenv(name, value)


def test_a_damaged_file_closes_this_door_and_no_other(
    fake: FakeZalo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from bot import zalo

    (tmp_path / "zalo.db").write_bytes(b"not a database" * 100)
    _set_environment(monkeypatch, tmp_path, fake)
    app = small_app(FakeChat(), tmp_path)
    app.state.erase = None
    app.router.lifespan_context = zalo.lifespan
    with TestClient(app) as client:
        assert client.post("/zalo/webhook", content=b"{}").status_code == 404
    assert str(tmp_path / "zalo.db") in caplog.text


@pytest.mark.parametrize("code", ["", "Ab-c_1"])
def test_the_domain_may_also_be_verified_by_the_head_of_the_first_page(
    fake: FakeZalo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    from bot import pages, zalo

    _set_environment(monkeypatch, tmp_path, fake)
    monkeypatch.setenv("ZALO_VERIFIER_CODE", code)
    app = small_app(FakeChat(), tmp_path)
    app.include_router(pages.router)
    app.state.erase = None
    app.router.lifespan_context = zalo.lifespan
    with TestClient(app) as client:
        page, chat = lxml.html.fromstring(client.get("/").content), client.get("/chat").text
    tags = page.xpath("/html/head/meta[@name='zalo-platform-site-verification']/@content")
    assert tags == ([code] if code else [])
    assert "zalo-platform" not in chat


def test_the_files_are_readable_by_their_owner_alone(fake: FakeZalo, tmp_path: Path) -> None:
    async def scenario(here: Office) -> None:
        await here.say("Chào")
        await here.rest()
        modes.update({file.name: file.stat().st_mode & 0o777 for file in files()})

    def files() -> list[Path]:
        return list(tmp_path.iterdir())

    modes: dict[str, int] = {}
    _run(fake, tmp_path, scenario)
    assert {"zalo.db", "zalo_tokens.db", "zalo.key"} <= set(modes)
    assert set(modes.values()) == {0o600}, modes


def test_metrics_count_what_came_without_saying_what(fake: FakeZalo, tmp_path: Path) -> None:
    async def scenario(here: Office) -> bytes:
        await here.say("điều riêng tư")
        await here.send(event("user_seen_message", here.clock()))
        await _post(here, body_of(text_event("x", "y", 1)), {})
        await here.rest()
        text: bytes = generate_latest(here.client._transport.app.state.metrics.registry)  # type: ignore[attr-defined]
        return text

    shown = _run(fake, tmp_path, scenario).decode()
    for line in ('verdict="ok"} 1.0', 'outcome="ignored",verdict="ok"', 'outcome="refused",verdict="missing"'):
        assert line.replace('verdict="ok"} 1.0', 'zalo_events_total{outcome="kept",verdict="ok"} 1.0') in shown
    assert "riêng tư" not in shown
    assert OA_SECRET not in shown
    assert APP_ID not in shown


def test_a_body_full_of_marks_is_cut_before_it_is_composed(
    fake: FakeZalo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    composed: list[int] = []
    real = events.normalise

    def normalise(text: str) -> str:
        composed.append(len(text))
        return real(text)

    monkeypatch.setattr(events, "normalise", normalise)

    async def scenario(here: Office) -> None:
        await here.say("a" + "\u0301\u0323" * 40_000)
        await here.rest()
        ((_, asked),) = here.chat.asked
        assert (composed, len(asked)) == ([4000], 3999), "what is kept is still too long for the bot"

    _run(fake, tmp_path, scenario)


@pytest.mark.parametrize("stamp", ["\ud800", "\x00", "1" * 100_000])
def test_a_wrong_signature_is_turned_away_whatever_the_timestamp_is(fake: FakeZalo, tmp_path: Path, stamp: str) -> None:
    async def scenario(here: Office) -> None:
        body = json.dumps(text_event("Chào", "m", here.clock()) | {"timestamp": stamp}).encode()
        assert await _post(here, body, {"X-ZEvent-Signature": "mac=" + "0" * 64}) == 401

    _run(fake, tmp_path, scenario)


def test_whoever_knocks_without_a_signature_cannot_fill_the_log(
    fake: FakeZalo, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "bot.zalo.door")

    async def scenario(here: Office) -> None:
        body, wrong = body_of(text_event("Chào", "m", here.clock())), {"X-ZEvent-Signature": "mac=" + "0" * 64}
        for _ in range(20):
            await _post(here, body, {})
            await _post(here, body, wrong)
            await _post(here, b"[]", {})
        assert len(_lines(caplog)) == 3
        here.clock.pass_(61)
        await _post(here, body, {})
        assert "missing, refused" in _lines(caplog)[3]
        assert "19 more left out" in _lines(caplog)[3]
        here.clock.pass_(-3600)
        await _post(here, body, {})
        assert len(_lines(caplog)) == 5, "a clock that is set back does not end the log"
        assert (_events(here, "missing", "refused"), _events(here, "mismatch", "refused")) == (22, 20)

    _run(fake, tmp_path, scenario)


def _lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "bot.zalo.door"]


@pytest.mark.parametrize(
    ("late_s", "again", "detail"),
    [(11 * 60, False, "máy chạy nhanh"), (-6 * 60, False, "máy chạy chậm"), (9 * 60, False, ""), (-4 * 60, False, ""),
     (3600, True, "")],
)  # fmt: skip
def test_an_event_that_comes_too_late_or_too_early_tells_of_a_wrong_clock(
    fake: FakeZalo, tmp_path: Path, late_s: int, again: bool, detail: str
) -> None:
    async def scenario(here: Office) -> None:
        data = text_event("Chào", "m", here.clock() - late_s * 1000)
        assert (await here.send(data, **({"num_retry": "4"} if again else {}))).status_code == 200
        await here.rest()
        alarms = [(alarm.name, alarm.detail) for alarm in await here.zalo.alarms.all()]
        assert alarms == ([("clock", detail)] if detail else [])

    _run(fake, tmp_path, scenario)


def test_strangers_cannot_raise_the_alarm_of_the_clock(fake: FakeZalo, tmp_path: Path) -> None:
    async def scenario(here: Office) -> None:
        await _post(here, body_of(text_event("Chào", "m", 1)), {})
        assert await here.alarms() == set()

    _run(fake, tmp_path, scenario, zalo_webhook_mode="soak")


def test_a_locked_inbox_is_no_200(fake: FakeZalo, tmp_path: Path) -> None:
    """Another program that holds the file too long costs Zalo a second try, not the citizen an answer."""

    async def scenario(here: Office) -> None:
        other = sqlite3.connect(tmp_path / "zalo.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        response: httpx.Response = await here.send(text_event("Chào", "m", here.clock()))
        assert response.status_code == 503
        other.execute("ROLLBACK")
        other.close()
        assert (await here.send(text_event("Chào", "m", here.clock()))).status_code == 200
        await here.rest()
        assert fake.texts("2001") == ["Đáp: Chào"]

    _run(fake, tmp_path, scenario)
