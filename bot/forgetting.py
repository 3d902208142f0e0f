"""Erases a person's conversation everywhere, and everybody's after some days."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time

from bot.chat import ChatService, RefusedMessageError
from bot.conversations import ConversationStore
from bot.rasa_client import RasaClient, RasaError
from bot.web_turns import WebTurns

_LOOK_EVERY_S = 15.0
DAY_S = 86400.0
log = logging.getLogger(__name__)


class Forgetting:
    """What is erased stays erased: an erasure that Rasa missed, or a crash cut short, is written down and finished."""

    def __init__(
        self, store: ConversationStore, turns: WebTurns, chat: ChatService, rasa: RasaClient, keep_days: int
    ) -> None:
        self._store, self._turns, self._chat, self._rasa = store, turns, chat, rasa
        self._keep_s = keep_days * DAY_S

    async def erase(self, sender: str) -> None:
        """Delete everything kept of a sender of any door ("session:…", "zalo:…"): turns, thumbs, Rasa's tracker.

        Turns under way are answered, then forgotten. RasaError or RefusedMessageError ("busy") if Rasa's part must
        wait: the rest is gone by then, Rasa's part follows by itself when Rasa can, and calling again does no harm.
        """
        at = time.time()
        await asyncio.to_thread(self._store.begin_erasing, sender, at)
        await self._finish(sender, at)

    async def _finish(self, sender: str, at: float) -> None:
        await self._turns.settle(sender)
        await self._chat.erase(sender)
        await asyncio.to_thread(self._store.end_erasing, sender, at)

    async def run(self) -> None:
        """Until cancelled: finish erasures that are left, and once a day forget what is older than may be kept."""
        forgotten_at = None
        while True:
            await self._finish_what_is_left()
            if (forgotten_at is None or time.monotonic() - forgotten_at >= DAY_S) and await self._forget_old():
                forgotten_at = time.monotonic()
            await asyncio.sleep(_LOOK_EVERY_S)

    async def _finish_what_is_left(self) -> None:
        try:
            for sender, at in await asyncio.to_thread(self._store.erasures):
                await self._finish(sender, at)
        except (RasaError, RefusedMessageError, sqlite3.Error) as error:
            log.warning("an erasure must wait: %s", error)

    async def _forget_old(self) -> bool:
        before = time.time() - self._keep_s
        try:
            count = await asyncio.to_thread(self._store.forget_before, before)
            await self._rasa.forget_before(before)
        except (RasaError, sqlite3.Error) as error:
            log.warning("old conversations are not yet forgotten: %s", error)
            return False
        log.info("old conversations are forgotten, %d turns of sessions among them", count)
        return True
