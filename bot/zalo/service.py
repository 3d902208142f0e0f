"""The Zalo door of one app: what it is made of, and what runs in the background."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from prometheus_client import CollectorRegistry

from actions.phrases import Phrases
from bot.secret_file import kept_secret
from bot.zalo import alarms, inbox, tokens
from bot.zalo.alarms import Alarms
from bot.zalo.client import Client
from bot.zalo.database import Database
from bot.zalo.door import Door
from bot.zalo.errors import TokenError
from bot.zalo.inbox import Inbox
from bot.zalo.limiter import Limiter
from bot.zalo.metrics import ZaloMetrics
from bot.zalo.oauth import OAuth
from bot.zalo.outbox import Outbox
from bot.zalo.pace import DEFAULT_PACE, Clock, Pace, now_ms
from bot.zalo.settings import ZaloSettings
from bot.zalo.tokens import Tokens, try_lock
from bot.zalo.worker import Chat, Erase, Worker

log = logging.getLogger(__name__)
_DOOR_WAIT_S = 1.5  # then Zalo gets no 200 and comes again
_LOCK_POLL_S = 1.0


class Zalo:
    """Everything of the door. `chat` and `erase` are called only from the one worker."""

    def __init__(
        self,
        settings: ZaloSettings,
        state_folder: Path,
        chat: Chat,
        erase: Erase,
        phrases: Phrases,
        registry: CollectorRegistry,
        pace: Pace = DEFAULT_PACE,
        clock: Clock = now_ms,
    ) -> None:
        """Open the files. StoreError, OSError."""
        self.settings, self._pace, self._clock, self._folder = settings, pace, clock, state_folder
        self.metrics = ZaloMetrics(registry)
        schema = inbox.SCHEMA + alarms.SCHEMA
        # The door has a connection of its own: whatever the worker does, an event is written down at once.
        self._front = Database(state_folder / "zalo.db", schema, _DOOR_WAIT_S)
        self._back = Database(state_folder / "zalo.db", schema)
        self._vault = Database(state_folder / "zalo_tokens.db", tokens.SCHEMA)
        key = settings.zalo_token_key.get_secret_value().encode() or kept_secret(state_folder / "zalo.key", _new_key)
        self.inbox, self.alarms = Inbox(self._back, key), Alarms(self._back, clock)
        self.oauth, self._client = OAuth(settings), Client(settings.zalo_api_url)
        lock_file = state_folder / "zalo_tokens.lock"
        self.tokens = Tokens(self._vault, lock_file, key, settings.zalo_oa_id, self.oauth, clock)
        self._outbox = Outbox(
            self._back, self.inbox, self.alarms, self.tokens, self._client, Limiter(settings.zalo_rate_per_minute),
            self.metrics, {"text": phrases["utter_zalo_maybe_lost"].text}, settings.zalo_text_limit,
            settings.zalo_staff_minutes, pace, clock,
        )  # fmt: skip
        self._worker = Worker(
            self._back, self.inbox, self._outbox, self.alarms, chat, erase, phrases, self.metrics,
            settings.zalo_stale_minutes, settings.zalo_text_limit, pace, clock,
        )  # fmt: skip
        self.door = Door(
            settings,
            self._front,
            Inbox(self._front, key),
            Alarms(self._front, clock),
            self.metrics,
            self._worker.wake,
            clock,
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Work in the background; on the way out, messages on their way and a refresh under way are waited for."""
        jobs = [asyncio.create_task(job()) for job in (self._work, self._look_after, self._measure)]
        try:
            async with self.oauth, self._client:
                try:
                    yield
                finally:
                    for job in jobs:
                        job.cancel()
                    await asyncio.gather(*jobs, return_exceptions=True)
                    await self.tokens.settle()
        finally:
            for database in (self._front, self._back, self._vault):
                database.close()

    def now_ms(self) -> int:
        """The time of this door's clock."""
        return self._clock()

    async def consented(self, state: str, code: str) -> None:
        """Take the tokens of a consent; what could not be sent meanwhile is sent soon. TokenError."""
        await self.tokens.finish_consent(state, code)
        await self._back.run(self.inbox.wake_all)
        self._outbox.release()
        self._worker.wake()
        await self._check()

    async def counts(self) -> dict[str, int]:
        """The inbox and the parts by state."""
        return await self._back.run(self.inbox.counts)

    async def _work(self) -> None:
        """The worker, in the one process of this machine that holds the lock; another takes over when it ends."""
        descriptor = os.open(self._folder / "zalo_worker.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            while not try_lock(descriptor):  # noqa: ASYNC110 - the kernel wakes nobody here
                await asyncio.sleep(_LOCK_POLL_S)
            await self._again_and_again(self._worker.run, self._pace.fail)
        finally:
            os.close(descriptor)

    async def _look_after(self) -> None:
        """Keep the token fresh and the files small, from the start and with no traffic at all."""
        await self._again_and_again(self._check, self._pace.token_check)

    async def _again_and_again(self, job: Callable[[], Awaitable[None]], wait_s: float) -> None:
        while True:
            try:
                await job()
            except Exception as error:  # a full disk or a locked file passes; the door must not stay shut
                log.error("zalo: a background job failed: %s", type(error).__name__)
            await asyncio.sleep(wait_s)

    async def _check(self) -> None:
        try:
            await self.tokens.keep_fresh()
            await self.alarms.clear(*(name for name in alarms.ADVICE if name.startswith("token_")))
        except TokenError as error:
            await self.alarms.note(error.kind, error.detail)
        state, now = await self.tokens.state(), self._clock()
        self.metrics.token_seconds.set((state.expires_ms - now) / 1000 if state else 0)
        before = now - int(self._pace.keep * 1000)
        await self._back.run(self.inbox.purge, before)
        await self.alarms.purge(before)
        await self._back.run(self._back.forget_pages)  # what was answered leaves the write-ahead log as well

    async def _measure(self) -> None:
        await self._again_and_again(self._count, self._pace.measure)

    async def _count(self) -> None:
        counts = await self.counts()
        self.metrics.waiting.set(sum(counts.get(name, 0) for name in ("new", "asked", "answered")))


def _new_key() -> bytes:
    return secrets.token_urlsafe(32).encode()
