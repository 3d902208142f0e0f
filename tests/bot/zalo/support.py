"""The Zalo door without the rest of the app: a small app, a chat that says what it is told, hands on a clock."""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
from fastapi import FastAPI
from fastapi.responses import JSONResponse
from prometheus_client import CollectorRegistry
from starlette.exceptions import HTTPException as StarletteHTTPException

from actions.phrases import Phrases
from bot import zalo
from bot.schemas import MessageOut
from bot.settings import ROOT
from bot.zalo.oauth import Pair
from bot.zalo.pace import DEFAULT_PACE, Pace
from bot.zalo.service import Zalo
from bot.zalo.settings import ZaloSettings
from retrieval.records import Status
from tests.bot.zalo.fake import APP_ID, APP_SECRET, OA_ID, OA_SECRET, FakeZalo, signed, text_event

PATIENCE_S = 20.0
ADMIN_TOKEN = "admin-token-of-tests"
HURRY = replace(
    DEFAULT_PACE, settle=0.0, poll=0.02, ask_again=(), back_off=(0.0, 0.0, 0.0), hold_token=0.05, hold_quota=0.05,
    hold_unreachable=0.05, fail=0.05,
)  # fmt: skip


def phrases() -> Phrases:
    """The sentences of the domain."""
    return Phrases.load(ROOT / "domain.yml")


def sentence(name: str) -> str:
    """One of them."""
    return phrases()[name].text


def zalo_settings(url: str, **changes: Any) -> ZaloSettings:
    """Settings that lead to a fake, whatever the environment says."""
    values = {
        "zalo_app_id": APP_ID, "zalo_app_secret": APP_SECRET, "zalo_oa_id": OA_ID, "zalo_oa_secret": OA_SECRET,
        "zalo_public_url": "https://troly.example.vn", "zalo_api_url": url, "zalo_oauth_url": url,
        "zalo_rate_per_minute": 4000, "admin_token": ADMIN_TOKEN, "zalo_verifier_code": "Ab-c_1",
    }  # fmt: skip
    return ZaloSettings(_env_file=None, **(values | changes))  # type: ignore[call-arg]


class Clock:
    """The time in milliseconds, moved by hand."""

    def __init__(self, now: int = 1_767_225_600_000) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now

    def pass_(self, seconds: float) -> None:
        self.now += int(seconds * 1000)


def says(text: str, **more: Any) -> MessageOut:
    """One answer of the bot."""
    return MessageOut(**({"text": text, "status": Status.ANSWERED, "message_id": "x"} | more))


class FakeChat:
    """In the place of ChatService. `behave` gives the answer; how many ask at once is counted for each sender."""

    def __init__(self) -> None:
        self.behave: Callable[[str, str], Awaitable[list[MessageOut]]] = self.repeat
        self.asked: list[tuple[str, str]] = []
        self.most_at_once: dict[str, int] = defaultdict(int)
        self._open: dict[str, int] = defaultdict(int)

    async def repeat(self, sender: str, text: str) -> list[MessageOut]:
        return [says(f"Đáp: {text}")]

    async def reply(self, sender: str, text: str) -> list[MessageOut]:
        self.asked.append((sender, text))
        for key in (sender, ""):
            self._open[key] += 1
            self.most_at_once[key] = max(self.most_at_once[key], self._open[key])
        try:
            return await self.behave(sender, text)
        finally:
            for key in (sender, ""):
                self._open[key] -= 1


class Office:
    """A running door with everything around it."""

    def __init__(self, door: Zalo, chat: FakeChat, clock: Clock, erased: list[str], client: httpx.AsyncClient) -> None:
        self.zalo, self.chat, self.clock, self.erased, self.client = door, chat, clock, erased, client
        self._said = 0

    async def send(self, data: dict[str, Any], **headers: str) -> httpx.Response:
        """An event, signed."""
        body, signature = signed(data)
        return await self.client.post("/zalo/webhook", content=body, headers=signature | headers)

    async def say(self, text: str, person: str = "2001", at_ms: int | None = None) -> None:
        """Words of a person, now or at another time."""
        self._said += 1
        done = await self.send(text_event(text, f"m-{self._said}", at_ms or self.clock(), person))
        assert done.status_code == 200, done.text

    async def rest(self, passing: float = 0) -> dict[str, int]:
        """Wait until nothing waits any more. `passing`: seconds that pass at each look."""

        async def look() -> bool:
            self.clock.pass_(passing)
            return await self._is_quiet()

        await soon(look, "the inbox is empty")
        return await self.zalo.counts()

    async def _is_quiet(self) -> bool:
        counts = await self.zalo.counts()
        return not any(counts.get(state) for state in ("new", "asked", "answered"))

    async def alarms(self) -> set[str]:
        return {alarm.name for alarm in await self.zalo.alarms.all()}

    async def give_token(self, fake: FakeZalo, lifetime_s: int = 90_000) -> None:
        """As after a consent."""
        pair = Pair(fake.access, fake.refresh_token, lifetime_s)
        await self.zalo.tokens._database.run(self.zalo.tokens._write, pair)


async def soon(check: Callable[[], Awaitable[Any]], what: str) -> None:
    """Wait for something that should come at once."""
    until = asyncio.get_running_loop().time() + PATIENCE_S
    while not await check():
        assert asyncio.get_running_loop().time() < until, f"waited in vain: {what}"
        await asyncio.sleep(0.01)


def small_app(chat: Any, state_folder: Path) -> FastAPI:
    """What the door needs of the app: errors as JSON, the router, and the state."""
    app = FastAPI()
    app.include_router(zalo.router)
    app.state.chat, app.state.phrases = chat, phrases()
    app.state.metrics = SimpleNamespace(registry=CollectorRegistry())
    app.state.settings = SimpleNamespace(state_folder=state_folder)

    @app.exception_handler(StarletteHTTPException)
    async def refused(request: Any, error: StarletteHTTPException) -> JSONResponse:
        return JSONResponse({"error": {"code": "not_found"}}, status_code=error.status_code)

    return app


@contextlib.asynccontextmanager
async def office(
    fake: FakeZalo,
    folder: Path,
    *,
    pace: Pace = HURRY,
    clock: Clock | None = None,
    chat: FakeChat | None = None,
    token: bool = True,
    **settings: Any,
) -> AsyncIterator[Office]:
    """A door that runs, in this event loop."""
    clock, chat, erased = clock or Clock(), chat or FakeChat(), list[str]()

    async def erase(sender: str) -> None:
        erased.append(sender)

    app = small_app(chat, folder)
    door = Zalo(zalo_settings(fake.url, **settings), folder, chat, erase, app.state.phrases,
                app.state.metrics.registry, pace, clock)  # fmt: skip
    app.state.zalo = door
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="https://troly.example.vn") as client:
        running = Office(door, chat, clock, erased, client)
        if token and await door.tokens.state() is None:
            await running.give_token(fake)
        async with door.running():
            yield running
