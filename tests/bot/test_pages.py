"""Everything the app serves besides chat: pages, greeting, search, health, metrics, and what is not there."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Sequence

import httpx
import pytest

from bot.settings import ROOT, Settings
from retrieval.embedder import Vectors
from tests.bot.support import (
    QUANG_NINH,
    QUANG_NINH_QUOTE,
    FakeRasa,
    Reply,
    assert_plain_error,
    free_port,
    in_process,
    metric,
    phrase,
    phrases,
    served,
)
from tests.fakes import FakeEmbedder

HIT_KEYS = (
    "passage_id document_id title section text province dense sentence lexical fused asked evidence heading coverage "
    "kept rejected"
).split()


def assert_hardened(response: httpx.Response) -> None:
    policy = dict(part.strip().split(" ", 1) for part in response.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["style-src"] == "'self'"
    assert policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == "'self'"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    ("path", "kind", "file"),
    [
        ("/", "text/html; charset=utf-8", "index.html"),
        ("/chat", "text/html; charset=utf-8", "chat.html"),
        ("/page.css", "text/css; charset=utf-8", "page.css"),
        ("/favicon.svg", "image/svg+xml", "favicon.svg"),
    ],
)
def test_a_page_is_served_whole_and_hardened(client: httpx.Client, path: str, kind: str, file: str) -> None:
    response = client.get(path)
    assert response.status_code == 200
    assert response.headers["content-type"] == kind
    assert response.headers["cache-control"] == "no-cache"
    assert response.content == (ROOT / "bot" / "web" / file).read_bytes()
    assert_hardened(response)


def test_the_page_needs_nothing_that_its_policy_forbids(client: httpx.Client) -> None:
    page = client.get("/").text
    assert '<html lang="vi">' in page
    assert "<style" not in page
    assert not re.search(r"<script(?![^>]*\bsrc=)", page)
    assert not re.search(r"\son\w+=|\sstyle=|javascript:", page)
    for address in re.findall(r'(?:src|href)="([^"]+)"', page):
        assert client.get(f"/{address}").status_code == 200, address


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/nope"),
        ("GET", "/api"),
        ("GET", "/api/chat"),
        ("POST", "/api/search"),
        ("DELETE", "/"),
        ("GET", "/docs"),
        ("GET", "/redoc"),
        ("GET", "/index.html"),
        ("GET", "/../domain.yml"),
        ("GET", "/%2e%2e/domain.yml"),
        ("GET", "/..%2f..%2fdomain.yml"),
        ("GET", "/.env"),
        ("GET", "/webhooks/rest/webhook"),
        ("POST", "/webhooks/rest/webhook"),
        ("GET", "/internal/actions"),
    ],
)
def test_what_is_not_there_is_a_plain_sentence(client: httpx.Client, method: str, path: str) -> None:
    response = client.request(method, path, follow_redirects=False)
    assert_plain_error(response, 404, "not_found")
    assert_hardened(response)


@pytest.mark.parametrize(
    "path", ["/", "/chat", "/widget.js", "/tra-cuu", "/tra-cuu/lookup.css", "/healthz", "/readyz", "/api/welcome"]
)
def test_head_is_answered_as_get_without_a_body(client: httpx.Client, path: str) -> None:
    head, get = client.head(path), client.get(path)
    assert (head.status_code, head.content) == (200, b"")
    length = head.headers["content-length"]
    varying = {"date", "content-length"}
    assert {n: v for n, v in head.headers.items() if n not in varying} == {
        n: v for n, v in get.headers.items() if n not in varying
    }
    assert int(length) > 0


def test_head_sends_no_body_whatever_the_server_does_with_one(settings: Settings) -> None:
    async def body() -> bytes:
        async with in_process(settings) as (_, client):
            return (await client.head("/chat")).content

    assert asyncio.run(body()) == b""


def test_head_of_what_is_not_there_is_404_without_a_body(client: httpx.Client) -> None:
    for path in ("/nope", "/api/chat"):
        response = client.head(path)
        assert (response.status_code, response.content) == (404, b"")


def test_a_slash_at_the_end_leads_to_the_page_and_never_to_another_scheme_or_host(client: httpx.Client) -> None:
    there = {"Host": "evil.example"}
    for path in ("/chat/", "/tra-cuu/", "/widget.js/", "/api/welcome/", "/chat//", "//evil.example/"):
        response = client.get(path, headers=there, follow_redirects=False)
        assert response.status_code in (200, 308, 404)
        assert "evil" not in response.headers.get("location", "")
        assert "http" not in response.headers.get("location", "")
    assert "<tro-ly-so" in client.get("/chat/", follow_redirects=True).text
    assert "Tra cứu" in client.get("/tra-cuu/").text


# --- greeting ------------------------------------------------------------------------------------------------------


def test_the_greeting_discloses_an_automatic_assistant_and_suggests_questions(client: httpx.Client) -> None:
    response = client.get("/api/welcome")
    assert response.status_code == 200
    (message,) = response.json()["messages"]
    assert message["text"] == phrase("utter_greet")
    assert "tự động (AI)" in message["text"]
    assert message["status"] == "smalltalk"
    assert message["buttons"] == list(phrases()["utter_greet"].buttons)
    assert len(message["buttons"]) >= 3


def test_the_greeting_needs_no_rasa(client: httpx.Client, rasa: FakeRasa) -> None:
    rasa.behave = lambda turn: Reply(drop=True)
    rasa.status = Reply(drop=True)
    assert client.get("/api/welcome").status_code == 200
    assert (rasa.received, rasa.status_queries) == ([], [])


# --- search --------------------------------------------------------------------------------------------------------


def test_search_shows_hits_with_every_score(client: httpx.Client) -> None:
    body = client.get("/api/search", params={"q": QUANG_NINH}).json()
    assert list(body) == ["query", "hits"]
    assert body["query"] == QUANG_NINH
    best = body["hits"][0]
    assert list(best) == HIT_KEYS
    assert (best["text"], best["document_id"]) == (QUANG_NINH_QUOTE, "quang-ninh-to-cong-nghe-so")
    assert best["kept"] is True
    assert best["rejected"] is None
    other = [hit for hit in body["hits"] if hit["document_id"].startswith("nam-dinh")]
    assert [(hit["kept"], hit["rejected"]) for hit in other] == [(False, "other_province")]
    assert best["fused"] + best["asked"] == max(hit["fused"] + hit["asked"] for hit in body["hits"])


def test_search_without_diacritics_finds_the_same(client: httpx.Client) -> None:
    body = client.get("/api/search", params={"q": "quang ninh co bao nhieu to cong nghe so cong dong"}).json()
    assert body["hits"][0]["text"] == QUANG_NINH_QUOTE


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        ({"province": "Nam Định"}, {"nam-dinh-to-cong-nghe-so"}),
        ({"year": "2022"}, {"quang-ninh-to-cong-nghe-so"}),
        ({"province": "Quảng Ninh", "year": "2024"}, set()),
        ({"province": "Atlantis"}, set()),
        ({"year": "1999"}, set()),
    ],
)
def test_search_can_be_narrowed(client: httpx.Client, filters: dict[str, str], ids: set[str]) -> None:
    body = client.get("/api/search", params={"q": "tổ công nghệ số cộng đồng", "k": 50, **filters}).json()
    assert {hit["document_id"] for hit in body["hits"]} == ids


@pytest.mark.parametrize("k", [1, 2, 50])
def test_search_gives_no_more_than_asked_for(client: httpx.Client, k: int) -> None:
    hits = client.get("/api/search", params={"q": QUANG_NINH, "k": k}).json()["hits"]
    assert 0 < len(hits) <= k
    assert len({hit["passage_id"] for hit in hits}) == len(hits)


@pytest.mark.parametrize("question", ["???", "🙏", " ", "\x00", "a", "1", "'; drop table", "ﷺ" * 100, "x" * 500])
def test_search_survives_odd_questions(client: httpx.Client, question: str) -> None:
    response = client.get("/api/search", params={"q": question})
    assert response.status_code == 200
    assert response.json()["query"] == question


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"q": ""},
        {"q": "x" * 501},
        {"q": "a", "k": "0"},
        {"q": "a", "k": "51"},
        {"q": "a", "k": "-1"},
        {"q": "a", "k": "năm"},
        {"q": "a", "k": "1.5"},
        {"q": "a", "year": "22"},
        {"q": "a", "year": "20222"},
        {"q": "a", "year": "nay"},
        {"q": "a", "year": "2022\n"},
    ],
)
def test_a_wrong_search_is_refused(client: httpx.Client, params: dict[str, str]) -> None:
    assert_plain_error(client.get("/api/search", params=params), 400, "bad_request")


# --- health and metrics --------------------------------------------------------------------------------------------


def test_alive_whatever_rasa_does(client: httpx.Client, rasa: FakeRasa) -> None:
    rasa.status = Reply(drop=True)
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "alive"})


def test_ready_when_the_index_is_loaded_and_rasa_has_a_model(
    client: httpx.Client, rasa: FakeRasa, settings: Settings
) -> None:
    response = client.get("/readyz")
    assert (response.status_code, response.json()) == (200, {"index": True, "rasa": True})
    assert rasa.status_queries == [f"token={settings.rasa_token.get_secret_value()}"]


@pytest.mark.parametrize(
    "status",
    [
        Reply(drop=True),
        Reply(b"", status=401),
        Reply(b"", status=409),
        Reply(b"{}", status=503),
        Reply(b'{"model_id": null}'),
        Reply(b"{}"),
        Reply(b"<html>"),
    ],
)
def test_not_ready_while_rasa_has_no_model(client: httpx.Client, rasa: FakeRasa, status: Reply) -> None:
    rasa.status = status
    response = client.get("/readyz")
    assert (response.status_code, response.json()) == (503, {"index": True, "rasa": False})
    rasa.status = Reply(b'{"model_id": "m"}')
    assert client.get("/readyz").status_code == 200


def test_not_ready_while_rasa_is_not_there(settings: Settings) -> None:
    with served(Settings(**settings.model_dump() | {"rasa_port": free_port()})) as client:
        assert client.get("/readyz").status_code == 503


def test_metrics_are_prometheus_text_with_every_family_from_the_start(client: httpx.Client) -> None:
    response = client.get("/metrics")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/plain; version=")
    for name, kind in {
        "chat_replies_total": "counter",
        "chat_reply_seconds": "histogram",
        "rasa_failures_total": "counter",
        "refused_requests_total": "counter",
        "index_passages": "gauge",
    }.items():
        assert f"# TYPE {name} {kind}\n" in response.text
    assert metric(client, "index_passages") == 8


def test_refusals_are_counted_by_code(client: httpx.Client) -> None:
    client.get("/nope")
    client.get("/api/search")
    client.get("/nope")
    assert metric(client, "refused_requests_total", code="not_found") == 2
    assert metric(client, "refused_requests_total", code="bad_request") == 1


# --- an error of our own -------------------------------------------------------------------------------------------


class BrokenLater(FakeEmbedder):
    """A model that works while the app starts, and then no more."""

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        if list(texts) != ["khởi động"]:
            raise RuntimeError("the model is gone")
        return super().embed_queries(texts)


@pytest.fixture
def broken(settings: Settings) -> Iterator[httpx.Client]:
    """The app with a model that fails at every question."""
    with served(settings, BrokenLater()) as client:
        yield client


def test_an_unexpected_error_is_a_plain_sentence_and_a_line_with_its_trace(
    broken: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    response = broken.get("/api/search", params={"q": QUANG_NINH})
    assert_plain_error(response, 500, "internal")
    assert "unexpected error at /api/search" in caplog.text
    assert "RuntimeError: the model is gone" in caplog.text
    assert QUANG_NINH not in caplog.text
    # uvicorn closes the connection on which an exception came up; the app itself goes on.
    assert httpx.get(broken.base_url.join("/healthz"), trust_env=False).status_code == 200


def test_an_unexpected_error_is_hardened_too(broken: httpx.Client) -> None:
    assert_hardened(broken.get("/api/search", params={"q": QUANG_NINH}))


def test_an_index_of_another_model_stops_the_start_with_a_reason(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(AssertionError, match="did not start"), served(settings, FakeEmbedder("other", "other-1")):
        pass
    assert "Hãy chạy: make index" in caplog.text
