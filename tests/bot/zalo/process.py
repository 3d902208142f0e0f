"""The door as a process of its own, to be measured and killed: `uvicorn tests.bot.zalo.process:create --factory`.

CHAT_DELAY_S: how long the chat thinks. The settings come from the environment.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI

from bot import zalo
from bot.schemas import MessageOut
from bot.settings import ROOT
from bot.supervisor import free_port
from bot.zalo.database import Database
from bot.zalo.oauth import OAuth, Pair
from bot.zalo.pace import now_ms
from bot.zalo.tokens import SCHEMA, Tokens
from tests.bot.zalo.fake import APP_ID, APP_SECRET, OA_ID, OA_SECRET, FakeZalo
from tests.bot.zalo.support import ADMIN_TOKEN, says, small_app, zalo_settings

TOKEN_KEY = "a token key of tests, long enough"


class Chat:
    """Thinks for a while and repeats what was said."""

    def __init__(self, delay_s: float) -> None:
        self._delay_s = delay_s

    async def reply(self, sender: str, text: str) -> list[MessageOut]:
        await asyncio.sleep(self._delay_s)
        return [says(f"Đáp: {text}")]


def create() -> FastAPI:
    """The app; what it erases is written to a file."""
    folder = Path(os.environ["STATE_FOLDER"])
    app = small_app(Chat(float(os.environ["CHAT_DELAY_S"])), folder)

    async def erase(sender: str) -> None:
        with (folder / "erased").open("a") as stream:
            stream.write(f"{sender}\n")

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.erase = erase
        async with zalo.lifespan(app):
            yield

    app.router.lifespan_context = lifespan
    return app


def environment(folder: Path, fake: FakeZalo, chat_delay_s: float) -> dict[str, str]:
    """The settings of the process."""
    return os.environ | {
        "STATE_FOLDER": str(folder), "CHAT_DELAY_S": str(chat_delay_s), "ZALO_APP_ID": APP_ID, "ZALO_OA_ID": OA_ID,
        "ZALO_APP_SECRET": APP_SECRET, "ZALO_OA_SECRET": OA_SECRET, "ZALO_PUBLIC_URL": "https://troly.example.vn",
        "ZALO_API_URL": fake.url, "ZALO_OAUTH_URL": fake.url, "ZALO_RATE_PER_MINUTE": "4000",
        "ZALO_TOKEN_KEY": TOKEN_KEY, "ADMIN_TOKEN": ADMIN_TOKEN, "PYTHONPATH": str(ROOT),
    }  # fmt: skip


def open_tokens(folder: Path, fake: FakeZalo, lifetime_s: int | None = None) -> Tokens:
    """The tokens of a state folder; with `lifetime_s`, those that the fake takes are put in."""
    database = Database(folder / "zalo_tokens.db", SCHEMA)
    tokens = Tokens(
        database, folder / "zalo_tokens.lock", TOKEN_KEY.encode(), OA_ID, OAuth(zalo_settings(fake.url)), now_ms
    )
    if lifetime_s is not None:
        tokens._write(Pair(fake.access, fake.refresh_token, lifetime_s))
    return tokens


class App:
    """A process that can be killed and started again on the same port."""

    def __init__(self, folder: Path, fake: FakeZalo, chat_delay_s: float) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._environment = environment(folder, fake, chat_delay_s)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "uvicorn", "tests.bot.zalo.process:create", "--factory", "--no-access-log"]
        self._process = subprocess.Popen(
            [*command, "--port", str(self.port), "--log-level", "error"], env=self._environment, cwd=ROOT,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(30)

    def kill(self) -> None:
        self.stop(signal.SIGKILL)


@contextlib.contextmanager
def running(folder: Path, fake: FakeZalo, chat_delay_s: float = 0.0) -> Iterator[App]:
    """The app as a process."""
    app = App(folder, fake, chat_delay_s)
    app.start()
    try:
        yield app
    finally:
        app.kill()
