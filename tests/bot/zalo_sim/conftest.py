"""A simulator, and a bot that only listens."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import httpx
import pytest

from bot.zalo_sim import Simulator


@dataclass(frozen=True, slots=True)
class Event:
    headers: dict[str, str]
    body: bytes


@dataclass
class Listener:
    """Keeps every webhook and answers with the next of `answers`: a status, or "never"; 200 when there are none."""

    events: list[Event] = field(default_factory=list)
    answers: list[int | str] = field(default_factory=list)

    def __enter__(self) -> Self:
        listener, self._end = self, threading.Event()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                listener.events.append(Event({k.lower(): v for k, v in self.headers.items()}, body))
                answer = listener.answers.pop(0) if listener.answers else 200
                if answer == "never":
                    listener._end.wait()
                    return
                self.send_response(int(answer))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *arguments: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            request_queue_size = 64

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._end.set()
        self._server.shutdown()
        self._server.server_close()


class Bot:
    """The calls that a bot makes."""

    def __init__(self, zalo: Simulator) -> None:
        self.zalo, self.token = zalo, zalo.issue_tokens().access_token

    def post(self, path: str, body: Any, timeout: float = 10) -> httpx.Response:
        return httpx.post(
            self.zalo.url + path, json=body, headers={"access_token": self.token}, timeout=timeout, trust_env=False
        )

    def send(self, message: Any, recipient: Any = None, path: str = "/v3.0/oa/message/cs") -> dict[str, Any]:
        response = self.post(path, {"recipient": recipient or {"user_id": "2001"}, "message": message})
        assert response.status_code == 200
        return dict(response.json())

    def error(self, message: Any, recipient: Any = None, path: str = "/v3.0/oa/message/cs") -> int:
        return int(self.send(message, recipient, path)["error"])


@pytest.fixture
def zalo() -> Iterator[Simulator]:
    with Simulator() as simulator:
        yield simulator


@pytest.fixture
def listener(zalo: Simulator) -> Iterator[Listener]:
    """Registered with the simulator; the probe is gone from its events."""
    with Listener() as bot:
        zalo.register(bot.url)
        bot.events.clear()
        yield bot


@pytest.fixture
def bot(zalo: Simulator) -> Bot:
    return Bot(zalo)
