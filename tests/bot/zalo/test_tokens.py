"""Tokens: refreshed ahead of time, by one alone, never twice with the same; readable by nobody; and consent."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.settings import ROOT
from bot.zalo.errors import TokenError
from bot.zalo.limiter import Limiter
from bot.zalo.oauth import challenge_of, new_verifier
from bot.zalo.tokens import Tokens
from tests.bot.zalo.fake import FakeZalo, Fault, fake_zalo
from tests.bot.zalo.process import environment, open_tokens
from tests.bot.zalo.support import ADMIN_TOKEN, Office, office, soon

HOUR = 3600
Scenario = Callable[[Office], Awaitable[Any]]


def _run(fake: FakeZalo, folder: Path, scenario: Scenario, **options: Any) -> Any:
    async def run() -> Any:
        async with office(fake, folder, token=False, **options) as here:
            return await scenario(here)

    return asyncio.run(run())


async def _error(step: Awaitable[Any]) -> str:
    with pytest.raises(TokenError) as caught:
        await step
    return caught.value.kind


async def _is_set(tokens: Tokens) -> bool:
    return tokens._refreshing is not None


async def _has_alarm(here: Office, name: str) -> bool:
    return name in await here.alarms()


def test_a_token_is_refreshed_two_hours_before_its_end(fake: FakeZalo, tmp_path: Path) -> None:
    async def scenario(here: Office) -> None:
        await here.give_token(fake, 25 * HOUR)
        here.clock.pass_(22.9 * HOUR)
        await here.zalo.tokens.keep_fresh()
        assert fake.token_requests == []
        here.clock.pass_(0.2 * HOUR)
        await here.zalo.tokens.keep_fresh()
        assert [request["refresh_token"] for request in fake.token_requests] == ["refresh-0"]
        assert (await here.zalo.tokens.current()).access == "access-1"

    _run(fake, tmp_path, scenario)


@pytest.mark.parametrize(
    ("given", "life"), [("90000", 90000), (3600, 3600), (None, 3600), ("soon", 3600), ("-5", 3600)]
)
def test_the_life_that_zalo_names_counts_and_without_one_a_short_one(
    fake: FakeZalo, tmp_path: Path, given: Any, life: int
) -> None:
    fake.expires_in = given

    async def scenario(here: Office) -> None:
        await here.give_token(fake, 10)
        token = await here.zalo.tokens.current()
        assert (token.access, token.expires_ms - here.clock()) == ("access-1", life * 1000)
        await here.zalo.tokens.keep_fresh()
        assert len(fake.token_requests) == 1, "a short life is no reason to refresh for ever"

    _run(fake, tmp_path, scenario)


def test_many_who_need_it_at_once_make_one_refresh(fake: FakeZalo, tmp_path: Path) -> None:
    async def scenario(here: Office) -> None:
        await here.give_token(fake, 10)
        found = await asyncio.gather(*(here.zalo.tokens.current() for _ in range(20)))
        assert {token.access for token in found} == {"access-1"}
        assert len(fake.token_requests) == 1

    _run(fake, tmp_path, scenario)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [(Fault(drop=True, taken=True), "token_interrupted"), (Fault(drop=True), "token_interrupted"),
     (Fault(status=500), "token_interrupted"), (Fault(body=b"<html>"), "token_interrupted"),
     (Fault(code=-14020), "token_refused")],
)  # fmt: skip
def test_a_refresh_token_that_may_be_spent_is_never_tried_again(
    fake: FakeZalo, tmp_path: Path, fault: Fault, kind: str
) -> None:
    async def scenario(here: Office) -> None:
        await here.give_token(fake, HOUR)
        fake.token_fault = fault
        here.clock.pass_(0.6 * HOUR)
        assert await _error(here.zalo.tokens.keep_fresh()) == kind
        fake.token_fault = None
        assert await _error(here.zalo.tokens.keep_fresh()) == kind
        assert len(fake.token_requests) == 1
        assert (await here.zalo.tokens.current()).access == "access-0", "what is left of the old one is used"
        here.clock.pass_(HOUR)
        assert await _error(here.zalo.tokens.current()) == kind
        assert len(fake.token_requests) == 1
        await here.zalo._check()
        assert kind in await here.alarms()
        page = await here.client.get("/zalo/status", headers={"Authorization": f"Bearer {ADMIN_TOKEN}"})
        assert '<a class="button" href="/zalo/oauth/start">Bấm vào đây để cấp quyền</a>' in page.text

    _run(fake, tmp_path, scenario)


@pytest.mark.parametrize("status", [502, 503, 504])
@pytest.mark.parametrize(
    ("then", "kind"),
    [(None, ""), (Fault(status=503), "token_interrupted"), (Fault(code=-14020), "token_refused"),
     (Fault(code=-14001), "token_interrupted")],
)  # fmt: skip
def test_a_gateway_that_says_no_is_asked_once_more(
    fake: FakeZalo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int, then: Fault | None, kind: str
) -> None:
    monkeypatch.setattr("bot.zalo.oauth._AGAIN_S", 0.0)

    async def scenario(here: Office) -> None:
        await here.give_token(fake, HOUR)
        fake.token_faults = [Fault(status=status, body=b"<html>"), *([then] if then else [])]
        here.clock.pass_(0.6 * HOUR)
        if kind:
            assert await _error(here.zalo.tokens.keep_fresh()) == kind
            assert await _error(here.zalo.tokens.keep_fresh()) == kind
        else:
            await here.zalo.tokens.keep_fresh()
            assert (await here.zalo.tokens.current()).access == "access-1"
        assert [request["refresh_token"] for request in fake.token_requests] == ["refresh-0"] * 2

    _run(fake, tmp_path, scenario)


@pytest.mark.parametrize("unreachable", [True, False])
def test_an_error_that_spent_nothing_is_tried_again(fake: FakeZalo, tmp_path: Path, unreachable: bool) -> None:
    async def scenario(here: Office) -> None:
        await here.give_token(fake, 10)
        if unreachable:
            here.zalo.oauth._http.base_url = "http://127.0.0.1:9"
            assert await _error(here.zalo.tokens.current()) == "token_unreachable"
            here.zalo.oauth._http.base_url = fake.url
        else:
            fake.token_fault = Fault(code=-14001)
            assert await _error(here.zalo.tokens.current()) == "token_failed"
            fake.token_fault = None
        assert (await here.zalo.tokens.current()).access == "access-1"

    _run(fake, tmp_path, scenario)


def test_a_process_that_died_in_the_middle_leaves_an_alarm_and_no_second_try(fake: FakeZalo, tmp_path: Path) -> None:
    async def scenario(here: Office) -> None:
        await here.give_token(fake, 10)
        await here.zalo.tokens._database.run(here.zalo.tokens._start)

    _run(fake, tmp_path, scenario)

    async def after(here: Office) -> None:
        assert await _error(here.zalo.tokens.current()) == "token_interrupted"
        assert fake.token_requests == []
        await here.zalo._check()
        assert await here.alarms() == {"token_interrupted"}

    _run(fake, tmp_path, after)


def test_a_caller_that_goes_away_does_not_stop_a_refresh(fake: FakeZalo, tmp_path: Path) -> None:
    async def scenario(here: Office) -> None:
        await here.give_token(fake, 10)
        asking = asyncio.create_task(here.zalo.tokens.current())
        await soon(lambda: _is_set(here.zalo.tokens), "the refresh has begun")
        asking.cancel()

    _run(fake, tmp_path, scenario)

    async def after(here: Office) -> None:
        assert (await here.zalo.tokens.current()).access == "access-1"

    _run(fake, tmp_path, after)


_SPEND = """
import asyncio, sys
from pathlib import Path
from types import SimpleNamespace
from tests.bot.zalo.process import open_tokens
async def main():
    tokens = open_tokens(Path(sys.argv[1]), SimpleNamespace(url=sys.argv[2]))
    for version in range(1, 11):
        await tokens.refresh(version)
asyncio.run(main())
"""


@pytest.mark.slow
def test_real_processes_never_spend_the_same_refresh_token(fake: FakeZalo, tmp_path: Path) -> None:
    open_tokens(tmp_path, fake, lifetime_s=10)
    command = [sys.executable, "-c", _SPEND, str(tmp_path), fake.url]
    environ = environment(tmp_path, fake, 0)
    processes = [subprocess.Popen(command, cwd=ROOT, env=environ, stderr=subprocess.PIPE) for _ in range(4)]
    for process in processes:
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors.decode()[-800:]
    spent = [request["refresh_token"] for request in fake.token_requests]
    assert spent == [f"refresh-{number}" for number in range(10)]


def test_tokens_are_not_readable_on_the_disk_nor_with_another_key(
    fake: FakeZalo, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario(here: Office) -> None:
        await here.give_token(fake)
        await here.zalo.tokens.begin_consent()
        assert "access-0" not in repr(await here.zalo.tokens.current())

    _run(fake, tmp_path, scenario)
    kept = b"".join(file.read_bytes() for file in tmp_path.glob("zalo_tokens.db*"))
    assert b"access-0" not in kept
    assert b"refresh-0" not in kept

    async def other(here: Office) -> None:
        assert await _error(here.zalo.tokens.current()) == "token_unreadable"
        await here.zalo._check()

    _run(fake, tmp_path, other, zalo_token_key="another key, also long enough for this")
    assert "access-0" not in caplog.text


# --- consent -------------------------------------------------------------------------------------------------------


def _basic(password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"ai cũng được:{password}".encode()).decode()}


@pytest.mark.parametrize("path", ["/zalo/status", "/zalo/oauth/start"])
def test_only_an_administrator_gets_in(fake: FakeZalo, tmp_path: Path, path: str) -> None:
    async def scenario(here: Office) -> None:
        for headers in ({}, _basic("sai"), {"Authorization": "Bearer sai"}, {"Authorization": "Basic ?"},
                        {"Authorization": "Basic //79"}, {"Authorization": f"Digest {ADMIN_TOKEN}"},
                        {"Authorization": "Bearer "}):  # fmt: skip
            refused = await here.client.get(path, headers=headers)
            assert refused.status_code == 401
            assert refused.headers["www-authenticate"].startswith("Basic ")
            assert ADMIN_TOKEN not in refused.text
        for headers in (_basic(ADMIN_TOKEN), {"Authorization": f"Bearer {ADMIN_TOKEN}"}):
            assert (await here.client.get(path, headers=headers)).status_code in (200, 302)

    _run(fake, tmp_path, scenario)


async def _consent(here: Office, fake: FakeZalo, code: str) -> dict[str, str]:
    """What the administrator's browser does; gives the callback's query."""
    start = await here.client.get("/zalo/oauth/start", headers=_basic(ADMIN_TOKEN))
    asked = {name: values[0] for name, values in parse_qs(urlsplit(start.headers["location"]).query).items()}
    assert start.headers["location"].startswith(f"{fake.url}/v4/oa/permission?")
    assert asked["redirect_uri"] == "https://troly.example.vn/zalo/oauth/callback"
    fake.codes[code] = asked["code_challenge"]
    return {"state": asked["state"], "code": code, "oa_id": "4001"}


def test_a_consent_brings_tokens_and_lets_waiting_answers_go(fake: FakeZalo, tmp_path: Path) -> None:
    async def scenario(here: Office) -> None:
        await here.say("Chào")
        await soon(lambda: _has_alarm(here, "token_missing"), "nothing can be sent")
        query = await _consent(here, fake, "code-1")
        done = await here.client.get("/zalo/oauth/callback", params=query)
        assert (done.status_code, "Đã cấp quyền xong" in done.text) == (200, True)
        await here.rest()
        assert fake.texts("2001") == ["Đáp: Chào"]
        assert await here.alarms() == set()
        again = await here.client.get("/zalo/oauth/callback", params=query)
        assert (again.status_code, "Liên kết đã cũ" in again.text) == (400, True)

    _run(fake, tmp_path, scenario)


@pytest.mark.parametrize(
    ("change", "minutes", "said"),
    [({"state": "đoán"}, 0, "Liên kết đã cũ"), ({}, 11, "Liên kết đã cũ"), ({"oa_id": "4002"}, 0, "Nhầm OA"),
     ({"code": ""}, 0, "Chưa cấp quyền"), ({"state": ""}, 0, "Chưa cấp quyền"), ({"code": "other"}, 0, "Mã lỗi")],
)  # fmt: skip
def test_a_callback_that_nobody_began_brings_nothing(
    fake: FakeZalo, tmp_path: Path, change: dict[str, str], minutes: int, said: str
) -> None:
    fake.codes["other"] = "another challenge"

    async def scenario(here: Office) -> None:
        query = await _consent(here, fake, "code-1") | change
        here.clock.pass_(minutes * 60)
        refused = await here.client.get("/zalo/oauth/callback", params=query)
        assert refused.status_code == 400
        assert said in refused.text
        assert await here.zalo.tokens.state() is None

    _run(fake, tmp_path, scenario)


def test_pkce_as_zalos_own_library_computes_it() -> None:
    verifier = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN012"
    assert challenge_of(verifier) == "4y9eyB5RUs2uTTfVDP523qfhHa8VtAZl-nf_YdKBQYU"
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", new_verifier())


def test_the_status_page_shows_alarms_with_advice_and_no_secret(fake: FakeZalo, tmp_path: Path) -> None:
    async def scenario(here: Office) -> None:
        await here.give_token(fake)
        await here.zalo.alarms.note("quota", "-211 <script>")
        await here.say("điều riêng tư")
        await here.rest()
        page = (await here.client.get("/zalo/status", headers=_basic(ADMIN_TOKEN))).text
        assert "OA hết hạn mức hoặc hết tiền" in page
        assert "-211 &lt;script&gt;" in page
        assert "còn 25 giờ 0 phút" in page
        assert "<tr><th>Tin đã gửi</th><td>1</td></tr>" in page
        for secret in ("access-0", "refresh-0", ADMIN_TOKEN, "test-app-secret", "test-oa-secret", "riêng tư"):
            assert secret not in page
        assert (await here.client.get("/zalo/status.css")).headers["content-type"].startswith("text/css")

    _run(fake, tmp_path, scenario)


def test_the_status_page_says_each_thing_once_and_on_the_first_visit_nothing_of_again(
    fake: FakeZalo, tmp_path: Path
) -> None:
    async def scenario(here: Office) -> None:
        await here.zalo._check()
        assert await here.alarms() == {"token_missing"}
        page = (await here.client.get("/zalo/status", headers=_basic(ADMIN_TOKEN))).text
        assert page.count("Chưa có quyền gửi tin. Cần cấp quyền.") == 1
        assert "Không có cảnh báo nào khác." in page
        assert "cấp quyền lại" not in page.lower()
        assert "Tình trạng kênh Zalo" in page
        await here.give_token(fake)
        await here.zalo.alarms.clear("token_missing")
        await here.zalo.alarms.note("failed")
        page = (await here.client.get("/zalo/status", headers=_basic(ADMIN_TOKEN))).text
        assert "<br>1 lần · " in page, "no dot where there is no detail"
        await here.zalo.alarms.note("token_unreadable")
        page = (await here.client.get("/zalo/status", headers=_basic(ADMIN_TOKEN))).text
        assert "Bấm vào đây để cấp quyền" in page
        assert "Không cần làm gì" not in page

    _run(fake, tmp_path, scenario)


# --- limiter -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("per_minute", [1, 6, 90, 600])
def test_no_minute_has_more_messages_than_allowed_nor_many_fewer(
    per_minute: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As fast as it goes, for ten minutes of a clock that only waiting moves."""
    now, sent = 0.0, list[float]()

    async def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds + 1e-6

    monkeypatch.setattr("bot.zalo.limiter.asyncio.sleep", sleep)

    async def send() -> None:
        limiter = Limiter(per_minute, lambda: now)
        while now < 600:
            await limiter.take()
            sent.append(now)

    asyncio.run(send())
    for index, start in enumerate(sent):
        assert sum(one < start + 60 for one in sent[index : index + per_minute + 2]) <= per_minute
    assert len(sent) >= 0.49 * per_minute * 10


def test_a_pause_stops_everything() -> None:
    now = 0.0
    limiter = Limiter(600, lambda: now)
    limiter.pause(30)
    limiter.pause(5)
    assert limiter.wait_s() == 30
    now = 30.0
    assert limiter.wait_s() == 0


def test_the_fake_spends_a_refresh_token_once() -> None:
    """So that the tests above cannot pass by a fake that takes everything."""
    with fake_zalo() as fake:
        import httpx

        fields = {"app_id": "1000000000000000001", "grant_type": "refresh_token", "refresh_token": "refresh-0"}
        for wanted in ("access-1", None):
            reply = httpx.post(f"{fake.url}/v4/oa/access_token", data=fields, headers={"secret_key": "test-app-secret"},
                               trust_env=False)  # fmt: skip
            assert json.loads(reply.text).get("access_token") == wanted
