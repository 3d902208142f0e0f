"""Works on the inbox: the events of one person strictly one after the other, different people side by side."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Protocol

from actions.phrases import Phrases
from bot.chat import RefusedMessageError
from bot.schemas import Button, MessageOut
from bot.zalo.alarms import Alarms
from bot.zalo.database import Database
from bot.zalo.errors import HoldError
from bot.zalo.events import Kind
from bot.zalo.inbox import Inbox, Row
from bot.zalo.messages import commands, compose, with_buttons
from bot.zalo.metrics import ZaloMetrics
from bot.zalo.outbox import Outbox
from bot.zalo.pace import Clock, Pace
from bot.zalo.windows import Age, age_of
from retrieval.records import Status

log = logging.getLogger(__name__)
Erase = Callable[[str], Awaitable[object]]
Messages = list[dict[str, Any]]
_SENTENCES = {
    Kind.PICTURE: "utter_zalo_picture",
    Kind.VOICE: "utter_zalo_voice",
    Kind.STICKER: "utter_zalo_sticker",
    Kind.LOCATION: "utter_zalo_location",
    Kind.LINK: "utter_zalo_link",
}
_WITH_COMMANDS = ("utter_greet", "utter_no_answer")


class Chat(Protocol):
    """What is asked: `bot.chat.ChatService`."""

    async def reply(self, sender: str, text: str) -> list[MessageOut]:
        """The bot's messages. RefusedMessageError."""


class Worker:
    """Takes events from the inbox until it is cancelled. There must be one for an inbox, in one process."""

    def __init__(
        self,
        database: Database,
        inbox: Inbox,
        outbox: Outbox,
        alarms: Alarms,
        chat: Chat,
        erase: Erase,
        phrases: Phrases,
        metrics: ZaloMetrics,
        stale_minutes: int,
        text_limit: int,
        pace: Pace,
        clock: Clock,
    ) -> None:
        self._database, self._inbox, self._outbox, self._alarms = database, inbox, outbox, alarms
        self._chat, self._erase, self._phrases, self._metrics = chat, erase, phrases, metrics
        self._stale_minutes, self._text_limit = stale_minutes, text_limit
        self._pace, self._clock = pace, clock
        self._commands = commands(phrases, _WITH_COMMANDS)
        self._busy: dict[str, asyncio.Task[None]] = {}
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """Something has come."""
        self._wake.set()

    async def run(self) -> None:
        """Work for ever. When cancelled, messages on their way are waited for."""
        try:
            await self._outbox.recover()
            while True:
                wait = await self._start_what_is_due()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(wait):  # unlike wait_for it never swallows a cancellation
                        await self._wake.wait()
                self._wake.clear()
        finally:
            for task in self._busy.values():
                task.cancel()
            await asyncio.gather(*self._busy.values(), return_exceptions=True)
            await self._outbox.land()

    async def _start_what_is_due(self) -> float:
        """Begin with as many people as may be served at once. Seconds until somebody else is due."""
        free = self._pace.people_at_once - len(self._busy)
        if free <= 0:
            return self._pace.poll
        now, wait, settle = self._clock(), self._pace.poll, int(self._pace.settle * 1000)
        heads = await self._database.run(
            self._inbox.heads, list(self._busy), free, now, settle, self._pace.longest_hold_ms
        )
        for row in heads:
            if row.due_ms > now:
                return min(wait, (row.due_ms - now) / 1000)
            self._busy[row.sender] = asyncio.create_task(self._work(row))
        return wait

    async def _work(self, row: Row) -> None:
        try:
            reason = await self._serve(row)
            if row.kind is not Kind.WITHDRAW:
                await self._database.run(self._inbox.finish, row.id, reason)
        except HoldError as hold:
            await self._later(row, hold.until_ms, failed=False)
        except Exception as error:  # whatever it is, the next person must not wait for it
            log.error("zalo: an event failed: %s", type(error).__name__)
            await self._failed(row)
        finally:
            del self._busy[row.sender]
            self._wake.set()

    async def _serve(self, row: Row) -> str:
        """Do what an event asks for; why nothing more is sent, or "" when all is."""
        if row.kind is Kind.WITHDRAW:
            await self._forget(row)
            return ""
        if row.state == "answered":
            reason = await self._stale_reply(row)
        else:
            reason = await self._answer(row)
        return reason or await self._outbox.deliver(row)

    async def _answer(self, row: Row) -> str:
        if await self._outbox.is_with_staff(row):
            return "staff"
        age = age_of(row.at_ms, self._clock(), self._stale_minutes)
        if age is not Age.FRESH:
            return await self._too_late(row, age)
        if row.kind is Kind.TEXT:
            messages = await self._ask(row)
        else:
            messages = await self._sentence(row)
        await self._database.run(self._inbox.set_answered, row.id, messages, row.kind is not Kind.TEXT)
        return ""

    async def _stale_reply(self, row: Row) -> str:
        """A reply that waited too long is replaced, unless a part of it is out already."""
        age = age_of(row.at_ms, self._clock(), self._stale_minutes)
        if age is Age.FRESH:
            return ""
        parts = await self._database.run(self._inbox.parts, row.id)
        started = any(part.state != "pending" and not part.notice for part in parts)
        apologised = row.kind is Kind.TEXT and all(part.notice for part in parts)
        if age is Age.LATE and (started or apologised):
            return ""
        return await self._too_late(row, age)

    async def _too_late(self, row: Row, age: Age) -> str:
        if age is Age.EXPIRED:
            return "expired"
        if row.kind is not Kind.TEXT:
            return "late"
        late_ms = self._clock() - self._stale_minutes * 60_000
        if await self._database.run(self._inbox.has_later, row, late_ms):
            return "late"  # one apology for all of them is enough
        await self._database.run(self._inbox.set_answered, row.id, [self._say("utter_zalo_late")], True)
        return ""

    async def _sentence(self, row: Row) -> Messages:
        """What is said to something that is not text; once, if much of it comes together."""
        name = "utter_greet" if row.kind is Kind.GREET else _SENTENCES[row.kind]
        quiet = self._pace.same_greeting if row.kind is Kind.GREET else self._pace.same_sentence
        if await self._database.run(self._inbox.was_told, row, row.arrived_ms - int(quiet * 1000)):
            return []
        return [self._say(name)]

    async def _ask(self, row: Row) -> Messages:
        await self._database.run(self._inbox.set_asked, row.id)
        asking = asyncio.create_task(self._reply(row))
        try:
            done, _ = await asyncio.wait({asking}, timeout=self._pace.slow_notice)
            if not done:
                await self._say_wait(row)
            answer = await asking
        finally:
            asking.cancel()
        return compose(answer, self._phrases, self._text_limit) or [self._say("utter_unavailable")]

    async def _reply(self, row: Row) -> list[MessageOut]:
        """The bot's answer; asked again a little later while it is not available."""
        text = self._commands.get(row.text.lower(), row.text.lstrip("#"))
        for pause in (*self._pace.ask_again, None):
            answer = await self._reply_once(row.sender, text)
            if pause is None or any(message.status is not Status.UNAVAILABLE for message in answer):
                break
            await asyncio.sleep(pause)
        return answer

    async def _reply_once(self, sender: str, text: str) -> list[MessageOut]:
        try:
            async with asyncio.timeout(self._pace.ask_limit):
                return await self._chat.reply(sender, text)
        except RefusedMessageError as error:
            return [self._as_answer(f"utter_error_{error.code}", Status.REFUSED)]
        except Exception as error:  # a person always gets a reply
            log.error("zalo: the bot did not answer: %s", type(error).__name__)
            return [self._as_answer("utter_unavailable", Status.UNAVAILABLE)]

    async def _say_wait(self, row: Row) -> None:
        added = await self._database.run(self._inbox.add_notice, row.id, self._say("utter_zalo_looking"), True)
        if added:
            with contextlib.suppress(HoldError):  # the answer will have to wait as well
                await self._outbox.deliver(row)

    async def _forget(self, row: Row) -> None:
        """Erase a person everywhere; if that fails, in another's database or our own, it is tried until it is done."""
        try:
            await self._erase(row.sender)
            await self._database.run(self._inbox.erase, row)
        except Exception as error:
            await self._quietly(self._alarms.note("erase", type(error).__name__))
            raise HoldError(self._clock() + int(self._pace.fail * 1000)) from error

    async def _later(self, row: Row, until_ms: int, failed: bool) -> None:
        await self._quietly(self._database.run(self._inbox.postpone, row.id, until_ms, failed))

    async def _failed(self, row: Row) -> None:
        if row.failures + 1 >= self._pace.failures and row.kind is not Kind.WITHDRAW:
            await self._quietly(self._alarms.note("failed"))
            await self._quietly(self._database.run(self._inbox.finish, row.id, "failed"))
            return
        await self._later(row, self._clock() + int(self._pace.fail * 1000), failed=True)

    async def _quietly(self, step: Coroutine[Any, Any, object]) -> None:
        """When not even the disk can be written, wait: the row stays as it is and comes again."""
        try:
            await step
        except Exception as error:
            log.error("zalo: the inbox cannot be written: %s", type(error).__name__)
            await asyncio.sleep(self._pace.fail)

    def _say(self, name: str) -> dict[str, Any]:
        phrase = self._phrases[name]
        return with_buttons(phrase.text, [Button(**button) for button in phrase.buttons])

    def _as_answer(self, name: str, status: Status) -> MessageOut:
        return MessageOut(text=self._phrases[name].text, status=status, message_id="")
