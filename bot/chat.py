"""One turn of a conversation: clean the text, one turn at a time per person, ask Rasa, never leave without a reply."""

from __future__ import annotations

import asyncio
import logging
import re
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from pydantic import ValidationError

from actions.phrases import Phrase, Phrases
from bot.metrics import Metrics
from bot.rasa_client import RasaClient, RasaError
from bot.schemas import Button, MessageOut
from retrieval.guard import mask
from retrieval.records import Status
from retrieval.text import normalise, words

_LEADING_SLASHES = re.compile(r"^[/\s]+")
log = logging.getLogger(__name__)


class RefusedMessageError(Exception):
    """A message that goes no further. `code` is also the end of the name of its sentence in the domain.

    `wait_s`: after how many seconds it may be sent again, where that is known.
    """

    def __init__(self, code: str, wait_s: float | None = None) -> None:
        self.code, self.wait_s = code, wait_s
        super().__init__(code)


class ChatService:
    """Turns of conversations, whatever the door they come through."""

    def __init__(
        self, rasa: RasaClient, phrases: Phrases, metrics: Metrics, max_characters: int, waiting_per_sender: int
    ) -> None:
        self._rasa, self._phrases, self._metrics = rasa, phrases, metrics
        self._max_characters, self._turns = max_characters, _Turns(waiting_per_sender)

    async def reply(self, sender: str, text: str) -> list[MessageOut]:
        """The bot's messages. RefusedMessageError if the text is empty, too long, or one of too many that wait."""
        return await self.answer(sender, self.clean(text))

    def clean(self, text: str) -> str:
        """The text as it may be passed on and kept: visible characters in composed form, private numbers covered.

        RefusedMessageError if it is empty or too long.
        """
        if len(text) > self._max_characters:
            raise RefusedMessageError("too_long")
        # A leading slash is how Rasa takes intents from its own buttons; people only ever send words.
        text = mask(_LEADING_SLASHES.sub("", normalise(text)))
        if not text:
            raise RefusedMessageError("empty")
        return text

    async def answer(self, sender: str, text: str) -> list[MessageOut]:
        """The bot's messages for a text that was cleaned. RefusedMessageError if it is one of too many that wait."""
        started = time.monotonic()
        if not words(text):
            messages = [self.say("utter_clarify_text", Status.CLARIFY)]
        else:
            async with self._turns.of(sender):
                messages = await self._ask_rasa(sender, text)
        self._metrics.seconds.observe(time.monotonic() - started)
        for message in messages:
            self._metrics.replies.labels(message.status.value).inc()
        return messages

    async def erase(self, sender: str) -> None:
        """Delete what Rasa keeps of a sender, after the turns that are under way.

        RasaError if Rasa cannot, RefusedMessageError if too many turns are waiting.
        """
        async with self._turns.of(sender):
            await self._rasa.erase(sender)

    async def _ask_rasa(self, sender: str, text: str) -> list[MessageOut]:
        try:
            return [self._message(raw) for raw in await self._rasa.send(sender, text)]
        except RasaError as error:
            kind, detail = error.kind, str(error)
        except (ValidationError, TypeError) as error:
            kind, detail = "malformed", type(error).__name__
        self._metrics.rasa_failures.labels(kind).inc()
        log.error("Rasa did not answer: %s", detail)
        return [self.say("utter_unavailable", Status.UNAVAILABLE)]

    def say(self, name: str, status: Status) -> MessageOut:
        """A sentence of the domain as a message."""
        phrase: Phrase = self._phrases[name]
        buttons = [Button(**button) for button in phrase.buttons]
        return MessageOut(text=phrase.text, status=status, buttons=buttons, message_id=_new_id())

    def _message(self, raw: dict[str, Any]) -> MessageOut:
        """A Rasa message as ours: our actions send theirs as `custom`; plain text is Rasa's own small talk."""
        if "custom" in raw:
            return MessageOut(**raw["custom"], message_id=_new_id())
        if not str(raw.get("text") or "").strip():
            raise TypeError("a message without text")
        return MessageOut(
            text=raw["text"],
            status=Status.SMALLTALK,
            buttons=raw.get("buttons") or [],
            message_id=_new_id(),
        )


def _new_id() -> str:
    return uuid.uuid4().hex


class _Turns:
    """One turn at a time for each sender, first come first served; entries vanish when nobody waits."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._locks: dict[str, tuple[asyncio.Lock, int]] = {}

    @asynccontextmanager
    async def of(self, sender: str) -> AsyncIterator[None]:
        lock, users = self._locks.get(sender, (asyncio.Lock(), 0))
        if users >= self._limit:
            raise RefusedMessageError("busy")
        self._locks[sender] = lock, users + 1
        try:
            async with lock:
                yield
        finally:
            _, users = self._locks[sender]
            if users > 1:
                self._locks[sender] = lock, users - 1
            else:
                del self._locks[sender]
