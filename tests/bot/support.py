"""What the tests of the app share: a small knowledge base, a stand-in for Rasa on loopback, and ways to run the app."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import httpx
import uvicorn
import yaml
from fastapi import FastAPI
from prometheus_client.parser import text_string_to_metric_families

from actions.phrases import Phrases
from bot.app import create_app
from bot.settings import ROOT, Settings
from bot.supervisor import free_port as free_port
from retrieval.answer import Answerer
from retrieval.building import build
from retrieval.embedder import Embedder
from retrieval.index import load
from retrieval.readers import read_sources
from tests.fakes import FakeEmbedder

TODAY = date(2026, 11, 21)
# The longest that a test waits for something that should come at once; generous, because machines are shared.
PATIENCE_S = 60.0

QUANG_NINH = "Quảng Ninh có bao nhiêu tổ công nghệ số cộng đồng?"
QUANG_NINH_QUOTE = "Năm 2022, tỉnh Quảng Ninh có 1.473 tổ công nghệ số cộng đồng."

_DOCUMENTS = {
    "quang-ninh-to-cong-nghe-so": """---
id: quang-ninh-to-cong-nghe-so
title: Tổ công nghệ số cộng đồng ở Quảng Ninh
kind: ban_tom_tat
issuer: Báo Thử
source: tự viết
province: Quảng Ninh
issued: 2022-10
url: https://example.vn/quang-ninh
checked_on: 2026-11-21
---

## Số tổ công nghệ số cộng đồng

Năm 2022, tỉnh Quảng Ninh có 1.473 tổ công nghệ số cộng đồng.

## Số thành viên

Năm 2022, các tổ của tỉnh Quảng Ninh có 11.255 thành viên tham gia.
""",
    "nam-dinh-to-cong-nghe-so": """---
id: nam-dinh-to-cong-nghe-so
title: Tổ công nghệ số cộng đồng ở Nam Định
kind: ban_tom_tat
issuer: Báo Thử
source: tự viết
province: Nam Định
issued: 2024-05-20
url: https://example.vn/nam-dinh
checked_on: 2026-11-21
---

## Số tổ công nghệ số cộng đồng

Năm 2024, tỉnh Nam Định có 2.190 tổ công nghệ số cộng đồng.
""",
    "nop-ho-so": """---
id: nop-ho-so
title: Nộp hồ sơ trên Cổng Dịch vụ công quốc gia
kind: huong_dan
issuer: Văn phòng Chính phủ
source: tự viết
issued: 2026
checked_on: 2026-11-21
topics:
  dvc_submit: Nộp hồ sơ qua mạng làm thế nào?
---

## Nộp hồ sơ qua mạng làm thế nào?

Muốn nộp hồ sơ qua mạng, anh/chị mở Cổng Dịch vụ công quốc gia rồi đăng nhập bằng VNeID.
Sau đó chọn thủ tục, điền tờ khai, đính kèm ảnh giấy tờ và bấm nộp.

## Nộp hồ sơ qua mạng có mất phí không?

Nộp hồ sơ qua mạng không mất thêm phí. Lệ phí của thủ tục trả bằng tài khoản ngân hàng.
""",
    "bi-lua-dao": """---
id: bi-lua-dao
title: Khi đã bị lừa đảo
kind: huong_dan
issuer: Bộ Công an
source: tự viết
issued: 2025-07
checked_on: 2026-11-21
topics:
  scam_victim: Lỡ bị lừa chuyển tiền thì phải làm gì ngay?
---

## Lỡ bị lừa chuyển tiền thì phải làm gì ngay?

Anh/chị gọi ngay ngân hàng để khóa tài khoản, rồi đến công an gần nhất trình báo.
""",
    "nghi-dinh-cu": """---
id: nghi-dinh-cu
title: Nghị định về phí chứng thực bản sao
kind: nghi_dinh
number: 10/2020/NĐ-CP
issuer: Chính phủ
source: tự viết
issued: 2020-01-05
effective_from: 2020-03-01
effective_to: 2025-12-31
checked_on: 2026-11-21
---

## Điều 1. Phí chứng thực bản sao

Phí chứng thực bản sao từ bản chính là hai nghìn đồng một trang.
""",
    "nghi-dinh-moi": """---
id: nghi-dinh-moi
title: Nghị định về hộp thư công dân
kind: nghi_dinh
number: 99/2026/NĐ-CP
issuer: Chính phủ
source: tự viết
issued: 2026-11-01
effective_from: 2030-07-01
checked_on: 2026-11-21
---

## Điều 2. Hộp thư công dân điện tử

Mỗi công dân được cấp một hộp thư công dân điện tử miễn phí.
""",
}


@cache
def domain() -> dict[str, Any]:
    """The bot's own domain.yml."""
    content: dict[str, Any] = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
    return content


@cache
def phrases() -> Phrases:
    """The sentences of the bot's own domain.yml."""
    return Phrases.load(ROOT / "domain.yml")


def phrase(name: str) -> str:
    """One sentence of the domain, as a person must see it."""
    return phrases()[name].text


def build_knowledge(folder: Path) -> Path:
    """Write the documents, index them with the fake model, and return the folder of the index."""
    sources = folder / "documents"
    sources.mkdir(parents=True)
    for name, text in _DOCUMENTS.items():
        (sources / f"{name}.md").write_text(text, encoding="utf-8")
    report = read_sources([sources], strict=True)
    assert report.problems == []
    index = folder / "index"
    build(report.documents, FakeEmbedder(), index)
    return index


def answerer_of(index: Path, embedder: Embedder | None = None) -> Answerer:
    """An answerer over that index on a fixed day."""
    embedder = embedder or FakeEmbedder()
    return Answerer(load(index, embedder), embedder, lambda: TODAY)


def tracker_state(
    text: str,
    intent: str = "ask_document",
    confidence: float = 0.95,
    slots: dict[str, Any] | None = None,
    channel: str = "rest",
    sender: str = "tester",
) -> dict[str, Any]:
    """A tracker as Rasa sends it to actions, after one message of a person."""
    parsed = {"intent": {"name": intent, "confidence": confidence}, "entities": [], "text": text}
    return {
        "sender_id": sender,
        "slots": dict.fromkeys(domain()["slots"]) | (slots or {}),
        "latest_message": parsed,
        "events": [{"event": "user", "text": text, "parse_data": parsed, "input_channel": channel}],
        "paused": False,
        "followup_action": None,
        "active_loop": {},
        "latest_action_name": "action_listen",
    }


def action_call(name: str, tracker: dict[str, Any]) -> dict[str, Any]:
    """What Rasa posts to the action endpoint."""
    return {
        "next_action": name,
        "sender_id": tracker["sender_id"],
        "tracker": tracker,
        "domain": domain(),
        "version": "3.6.21",
    }


def eventually(check: Callable[[], Any], what: str, limit_s: float = PATIENCE_S) -> Any:
    """The first true value of `check`; fails with `what` if none comes."""
    give_up = time.monotonic() + limit_s
    while time.monotonic() < give_up:
        if value := check():
            return value
        time.sleep(0.05)
    raise AssertionError(f"waited {limit_s:.0f} s in vain: {what}")


# --- a stand-in for Rasa -------------------------------------------------------------------------------------------


@dataclass
class Reply:
    """What the stand-in answers: bytes as they are. `drop` closes the connection without a word."""

    body: bytes = b"[]"
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})
    drop: bool = False


def messages(*items: dict[str, Any]) -> Reply:
    """A proper REST reply with these messages."""
    return Reply(json.dumps(list(items), ensure_ascii=False).encode())


def custom(payload: dict[str, Any]) -> Reply:
    """A proper REST reply with one custom message."""
    return messages({"recipient_id": "x", "custom": payload})


Behaviour = Callable[[dict[str, Any]], Reply]


def says(text: str) -> Behaviour:
    """Always this small talk."""
    return lambda turn: messages({"recipient_id": turn["sender"], "text": text})


class FakeRasa:
    """A real HTTP server on loopback in the place of Rasa. `behave` decides what each turn gets.

    `received`: the turns, in order of arrival. `most_at_once`: for each sender (and "" for all together) the greatest
    number of turns that were open at one time.
    """

    def __init__(self) -> None:
        self.behave: Behaviour = says("Dạ vâng.")
        self.status = Reply(b'{"model_id": "m"}')
        self.received: list[dict[str, Any]] = []
        self.status_queries: list[str] = []
        self.most_at_once: dict[str, int] = defaultdict(int)
        self.closing = threading.Event()
        self._open: dict[str, int] = defaultdict(int)
        self._lock = threading.Lock()
        rasa = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                rasa.status_queries.append(urlsplit(self.path).query)
                self._give(rasa.status)

            def do_POST(self) -> None:
                turn = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with rasa.turn(turn):
                    reply = rasa.behave(turn)
                self._give(reply)

            def _give(self, reply: Reply) -> None:
                self.close_connection = True
                if reply.drop:
                    return
                with contextlib.suppress(OSError):  # the app may have stopped waiting
                    self.send_response(reply.status)
                    for name, value in reply.headers.items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(len(reply.body)))
                    self.end_headers()
                    self.wfile.write(reply.body)

            def log_message(self, *_: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @contextlib.contextmanager
    def turn(self, turn: dict[str, Any]) -> Iterator[None]:
        """Count a turn while it is open."""
        with self._lock:
            self.received.append(turn)
            for key in (turn["sender"], ""):
                self._open[key] += 1
                self.most_at_once[key] = max(self.most_at_once[key], self._open[key])
        try:
            yield
        finally:
            with self._lock:
                for key in (turn["sender"], ""):
                    self._open[key] -= 1

    @property
    def texts(self) -> list[str]:
        """The texts of the turns, in order of arrival."""
        return [turn["message"] for turn in self.received]

    def hang(self, turn: dict[str, Any]) -> Reply:
        """Behaviour: no answer until the test is over."""
        self.closing.wait()
        return Reply(drop=True)

    def run_action(self, settings: Settings, action: str, intent: str) -> Behaviour:
        """Behaviour: do what Rasa does with a rule, the action run by the app itself over its webhook."""

        def behave(turn: dict[str, Any]) -> Reply:
            tracker = tracker_state(turn["message"], intent, sender=turn["sender"])
            with httpx.Client(trust_env=False, timeout=PATIENCE_S) as client:
                answer = client.post(
                    settings.action_url,
                    json=action_call(action, tracker),
                    headers={"Authorization": f"Bearer {settings.action_token.get_secret_value()}"},
                )
            answer.raise_for_status()
            return messages(
                *({"recipient_id": turn["sender"], "custom": said["custom"]} for said in answer.json()["responses"])
            )

        return behave


# --- running the app -----------------------------------------------------------------------------------------------


@contextlib.contextmanager
def served(settings: Settings, embedder: Embedder | None = None) -> Iterator[httpx.Client]:
    """The app behind a real uvicorn on its port; gives a client."""
    app = create_app(settings, embedder or FakeEmbedder())
    server = uvicorn.Server(
        uvicorn.Config(
            app, host="127.0.0.1", port=settings.port, log_config=None, access_log=False, proxy_headers=False
        )
    )

    def run() -> None:
        with contextlib.suppress(SystemExit):  # how uvicorn gives up; the log says why
            server.run()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        eventually(lambda: server.started or not thread.is_alive(), "uvicorn starts")
        assert server.started, "the app did not start"
        with httpx.Client(base_url=f"http://127.0.0.1:{settings.port}", trust_env=False, timeout=PATIENCE_S) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join(PATIENCE_S)


@contextlib.asynccontextmanager
async def in_process(settings: Settings) -> AsyncIterator[tuple[FastAPI, httpx.AsyncClient]]:
    """The app in this event loop, where the order of requests can be laid down."""
    app = create_app(settings, FakeEmbedder())
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://app", timeout=PATIENCE_S) as client,
    ):
        yield app, client


async def soon(check: Callable[[], Any], what: str) -> None:
    """Like `eventually`, for the event loop."""
    for _ in range(int(PATIENCE_S / 0.02)):
        if check():
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"waited {PATIENCE_S:.0f} s in vain: {what}")


async def one_after_another(client: httpx.AsyncClient, jobs: Sequence[Awaitable[Any]]) -> list[asyncio.Task[Any]]:
    """Start requests in this order, each let in before the next is sent."""
    tasks = []
    for job in jobs:
        tasks.append(asyncio.ensure_future(job))
        for _ in range(3):  # a request that passes all layers takes longer than one that only reaches its lock
            await client.get("/healthz")
    return tasks


def chat(client: httpx.Client, message: str, sender: str = "an") -> httpx.Response:
    """One message over HTTP."""
    return client.post("/api/chat", json={"sender": sender, "message": message})


def metric(client: httpx.Client, name: str, **labels: str) -> float:
    """The value of a metric as /metrics shows it; 0 where it has never been counted."""
    for family in text_string_to_metric_families(client.get("/metrics").text):
        for sample in family.samples:
            if sample.name == name and sample.labels == labels:
                return float(sample.value)
    return 0.0


def assert_plain_error(response: httpx.Response, status_code: int, code: str) -> None:
    """An error is one sentence of the domain and its code, nothing else."""
    assert response.status_code == status_code, response.text
    assert response.json() == {"error": {"code": code, "message": phrase(f"utter_error_{code}")}}
