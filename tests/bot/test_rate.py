"""How much one session and one address may send, whose address counts, and what a person is told."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from bot.rate import RateLimit, client_address
from bot.settings import Settings
from tests.bot.support import FakeRasa, assert_plain_error, chat, metric, served


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_minute_s_worth_may_come_at_once_and_then_one_by_one() -> None:
    clock = Clock()
    limit = RateLimit(20, clock)
    assert [limit.take("a") for _ in range(20)] == [0.0] * 20
    assert limit.take("a") == pytest.approx(3)
    assert limit.take("a") == pytest.approx(3), "being refused costs nothing"
    clock.now += 3
    assert limit.take("a") == 0
    assert limit.take("a") == pytest.approx(3)
    clock.now += 3600
    assert [limit.take("a") for _ in range(20)] == [0.0] * 20
    assert limit.take("a") > 0, "a long silence saves no more than a minute's worth"


def test_keys_do_not_share() -> None:
    limit = RateLimit(1, Clock())
    assert [limit.take(key) for key in ("a", "b", "c")] == [0.0] * 3
    assert limit.take("a") == pytest.approx(60)


@given(st.integers(1, 40), st.lists(st.floats(0, 20), min_size=1, max_size=120))
def test_no_more_passes_than_the_bucket_and_what_came_back(per_minute: int, pauses: list[float]) -> None:
    """And whoever waits as long as they are told to gets in."""
    clock = Clock()
    limit, passed = RateLimit(per_minute, clock), 0
    for pause in pauses:
        clock.now += pause
        wait = limit.take("a")
        passed += wait == 0
        if wait:
            clock.now += wait
            assert limit.take("a") == 0
            passed += 1
    assert passed <= per_minute + (clock.now - 1000) * per_minute / 60 + 1e-3


def test_who_is_silent_for_long_is_forgotten() -> None:
    clock = Clock()
    limit = RateLimit(20, clock)
    for number in range(1000):
        limit.take(str(number))
    clock.now += 61
    limit.take("new")
    assert list(limit._full_at) == ["new"]


# --- whose address -------------------------------------------------------------------------------------------------

PROXIES = tuple(map(ip_network, ("127.0.0.1/32", "10.0.0.0/8", "fd00::/8")))


def _request(host: str | None, *forwarded: str) -> Request:
    headers = [(b"x-forwarded-for", value.encode("latin-1")) for value in forwarded]
    return Request({"type": "http", "headers": headers, "client": (host, 40000) if host else None})


@pytest.mark.parametrize(
    ("host", "forwarded", "counted"),
    [
        ("203.0.113.7", [], "203.0.113.7"),
        ("203.0.113.7", ["198.51.100.1"], "203.0.113.7"),  # a stranger's word
        ("127.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.1.2.3", ["198.51.100.1, 10.9.9.9"], "198.51.100.1"),
        ("127.0.0.1", ["1.1.1.1, 198.51.100.1"], "198.51.100.1"),  # what the sender invented stands before
        ("127.0.0.1", ["1.1.1.1", "198.51.100.1"], "198.51.100.1"),
        ("::ffff:127.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("::ffff:203.0.113.7", [], "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", [], "2001:db8:1:2::/64"),
        ("127.0.0.1", ["2001:db8:1:2:aaaa::1"], "2001:db8:1:2::/64"),
        ("10.1.2.3", ["unknown"], "10.1.2.3"),
        ("10.1.2.3", ["198.51.100.1, garbage"], "10.1.2.3"),
        ("10.1.2.3", [""], "10.1.2.3"),
        ("10.1.2.3", [], "10.1.2.3"),
        ("127.0.0.1", [], None),
        ("127.0.0.1", ["é"], "127.0.0.1"),  # who it is cannot be told, but it is not this machine
        ("127.0.0.1", ["unknown, 10.9.9.9"], "127.0.0.1"),
        ("127.0.0.1", ["198.51.100.1:51234"], "198.51.100.1"),
        ("127.0.0.1", ["198.51.100.1:51234, 10.9.9.9:80"], "198.51.100.1"),
        ("127.0.0.1", ["[2001:db8:1:2:aaaa::1]:4711"], "2001:db8:1:2::/64"),
        ("127.0.0.1", ["[2001:db8:1:2:aaaa::1]"], "2001:db8:1:2::/64"),
        ("127.0.0.1", ["198.51.100.1,"], "198.51.100.1"),
        ("127.0.0.1", [" 198.51.100.1 , , "], "198.51.100.1"),
        ("127.0.0.1", [" , "], None),
        ("127.0.0.1", ["10.9.9.9"], None),
        ("127.0.0.1", ["198.51.100.1:port"], "127.0.0.1"),
        ("127.0.0.9", ["198.51.100.1"], None),
        ("::1", [], None),
        ("testclient", ["198.51.100.1"], None),
        (None, ["198.51.100.1"], None),
    ],
)
def test_the_address_that_counts(host: str | None, forwarded: list[str], counted: str | None) -> None:
    assert client_address(_request(host, *forwarded), PROXIES) == counted


def test_nobody_is_believed_where_no_proxy_is_trusted() -> None:
    assert client_address(_request("127.0.0.1", "198.51.100.1"), ()) is None
    assert client_address(_request("10.1.2.3", "198.51.100.1"), ()) == "10.1.2.3"


# --- over HTTP -----------------------------------------------------------------------------------------------------


@pytest.fixture
def narrow(settings: Settings, rasa: FakeRasa) -> Iterator[httpx.Client]:
    """Three messages a minute for a session, five for an address, behind a proxy on this machine."""
    values: dict[str, Any] = {"rate_per_session": 3, "rate_per_address": 5, "forwarded_allow": "127.0.0.1"}
    with served(Settings(**settings.model_dump() | values)) as client:
        yield client


def _from(address: str) -> dict[str, str]:
    return {"X-Forwarded-For": address}


def _session(client: httpx.Client, address: str = "127.0.0.1") -> dict[str, str]:
    made = client.post("/api/session", headers=_from(address))
    return {"Authorization": f"Bearer {made.json()['session']}", **_from(address)}


def _say(client: httpx.Client, headers: dict[str, str]) -> httpx.Response:
    return client.post("/api/chat", json={"message": "xin chào"}, headers=headers)


def test_a_session_that_sends_too_fast_is_told_how_long_to_wait(narrow: httpx.Client, rasa: FakeRasa) -> None:
    headers = _session(narrow)
    assert [_say(narrow, headers).status_code for _ in range(3)] == [200] * 3
    refused = _say(narrow, headers)
    assert_plain_error(refused, 429, "rate")
    assert 0 < int(refused.headers["retry-after"]) <= 20
    assert len(rasa.received) == 3
    assert metric(narrow, "refused_requests_total", code="rate") == 1
    assert _say(narrow, _session(narrow)).status_code == 200, "another session is not kept waiting"


def test_a_renewed_session_is_still_the_same_one(narrow: httpx.Client) -> None:
    headers = _session(narrow)
    for _ in range(3):
        _say(narrow, headers)
    renewed = narrow.post("/api/session", headers=headers).json()["session"]
    assert_plain_error(_say(narrow, {"Authorization": f"Bearer {renewed}"}), 429, "rate")


def test_an_address_that_sends_too_much_is_refused_whatever_its_sessions(narrow: httpx.Client) -> None:
    first, second = _session(narrow, "198.51.100.1"), _session(narrow, "198.51.100.1")
    assert [_say(narrow, headers).status_code for headers in (first, second, first)] == [200] * 3
    assert_plain_error(_say(narrow, second), 429, "rate")
    assert_plain_error(narrow.post("/api/session", headers=_from("198.51.100.1")), 429, "rate")
    assert _say(narrow, _session(narrow, "198.51.100.2")).status_code == 200


def test_senders_without_a_session_are_limited_by_their_address(narrow: httpx.Client, rasa: FakeRasa) -> None:
    body = {"sender": "an", "message": "xin chào"}
    codes = [narrow.post("/api/chat", json=body, headers=_from("198.51.100.1")).status_code for _ in range(6)]
    assert codes == [200] * 5 + [429]
    assert [chat(narrow, "xin chào").status_code for _ in range(6)] == [200] * 6, "this machine is not counted"


def test_looking_is_not_limited(narrow: httpx.Client) -> None:
    headers = _session(narrow, "198.51.100.1")
    for _ in range(10):
        assert narrow.get("/api/history", headers=headers).status_code == 200
        assert narrow.get("/api/welcome", headers=headers).status_code == 200
