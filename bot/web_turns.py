"""Turns of sessions: each is answered once, and kept before its reply is sent."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
import time
from collections.abc import Sequence

from bot.chat import ChatService
from bot.conversations import ConversationStore, Turn
from bot.metrics import Metrics
from bot.schemas import MessageOut
from retrieval.records import Status

log = logging.getLogger(__name__)


class WebTurns:
    """Answers with the door's memory of what it has answered.

    A turn goes on when the person who waits for it is gone, so that trying again finds its reply. Between Rasa's answer
    and the store there is a gap: after a crash in it, the retry asks Rasa again and Rasa knows the question twice.
    """

    def __init__(self, chat: ChatService, store: ConversationStore, metrics: Metrics) -> None:
        self._chat, self._store, self._metrics = chat, store, metrics
        self._under_way: dict[tuple[str, str], asyncio.Task[Sequence[MessageOut]]] = {}

    async def reply(self, sender: str, client_id: str, message: str) -> Sequence[MessageOut]:
        """The reply to a message: the kept one, that of the turn under way, or a new one.

        "Unavailable" is no answer: whoever tries again is asked for again. RefusedMessageError as `ChatService.reply`.
        """
        text, key = self._chat.clean(message), (sender, client_id)
        task = self._under_way.get(key)
        if task is None:
            task = self._under_way[key] = asyncio.create_task(self._turn(sender, client_id, text, time.time()))
            task.add_done_callback(lambda done: self._end(key, done))
        return await asyncio.shield(task)

    async def settle(self, sender: str) -> None:
        """Wait until the turns of a sender that are under way now are answered and kept, or not kept."""
        if tasks := [task for (whose, _), task in self._under_way.items() if whose == sender]:
            await asyncio.wait(tasks)

    async def close(self) -> None:
        """Give up what is under way."""
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _turn(self, sender: str, client_id: str, text: str, at: float) -> Sequence[MessageOut]:
        if kept := await self._kept(sender, client_id):
            return kept
        messages = await self._chat.answer(sender, text)
        await self._keep(sender, Turn(client_id, text, at, tuple(messages)))
        return messages

    async def _kept(self, sender: str, client_id: str) -> Sequence[MessageOut]:
        try:
            turn = await asyncio.to_thread(self._store.find, sender, client_id)
        except sqlite3.Error as error:
            log.error("cannot look for an earlier reply: %s", error)
            return ()
        answered = turn is not None and all(message.status != Status.UNAVAILABLE for message in turn.messages)
        return turn.messages if turn is not None and answered else ()

    async def _keep(self, sender: str, turn: Turn) -> None:
        """A reply that cannot be kept is still a reply."""
        try:
            await asyncio.to_thread(self._store.add, sender, turn)
        except sqlite3.Error as error:
            self._metrics.turns_not_stored.inc()
            log.error("a turn was answered but cannot be kept: %s", error)

    def _end(self, key: tuple[str, str], task: asyncio.Task[Sequence[MessageOut]]) -> None:
        del self._under_way[key]
        with contextlib.suppress(asyncio.CancelledError):
            task.exception()  # where nobody waits any more, nobody is to be told either
