"""Sends the parts of a reply in order, and does what each class of Zalo's errors asks for.

Zalo has no idempotency key, so a part is never sent again once it may have arrived: a time-out after sending, a reply
that says nothing, and a process that ended in the middle all make it `unknown`. Rather never than twice; and so that
nobody is left in silence, one sentence follows that asks the person to write again if something is missing.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from bot.zalo.alarms import Alarms
from bot.zalo.client import Client
from bot.zalo.database import Database
from bot.zalo.errors import BUTTONS_REFUSED, HoldError, Kind, TokenError, ZaloError
from bot.zalo.inbox import Inbox, Part, Row
from bot.zalo.limiter import Limiter
from bot.zalo.messages import without_buttons
from bot.zalo.metrics import ZaloMetrics
from bot.zalo.pace import Clock, Pace
from bot.zalo.tokens import Token, Tokens


@dataclass
class _Tries:
    """What was tried for one part."""

    transient: int = 0
    rate: int = 0
    token: bool = False
    buttons: bool = False


class Outbox:
    """The only sender. One per app, in the one process that works on the inbox."""

    def __init__(
        self,
        database: Database,
        inbox: Inbox,
        alarms: Alarms,
        tokens: Tokens,
        client: Client,
        limiter: Limiter,
        metrics: ZaloMetrics,
        maybe_lost: dict[str, Any],
        text_limit: int,
        staff_minutes: int,
        pace: Pace,
        clock: Clock,
    ) -> None:
        """`maybe_lost`: the sentence that follows a reply of which a part is unknown."""
        self._database, self._inbox, self._alarms, self._tokens = database, inbox, alarms, tokens
        self._client, self._limiter, self._metrics = client, limiter, metrics
        self._maybe_lost, self._text_limit, self._staff_ms = maybe_lost, text_limit, staff_minutes * 60_000
        self._pace, self._clock = pace, clock
        self._held_until_ms, self._no_buttons_until_ms, self._troubled = 0, 0, False
        self._flights: set[asyncio.Task[None]] = set()

    async def recover(self) -> int:
        """After a start: what was being sent is unknown. How many parts that are."""
        parts = await self._database.run(self._inbox.interrupted)
        for part in parts:
            await self._after_unknown(part, "interrupted")
        return len(parts)

    async def deliver(self, row: Row) -> str:
        """Send what is pending of a reply. Why it was given up, or "" when all is sent. HoldError: later."""
        while pending := await self._next(row):
            reason = await self._send(row, pending)
            if reason:
                return reason
        return ""

    async def is_with_staff(self, row: Row) -> bool:
        """Whether the office has taken over: two voices at once would confuse."""
        return self._staff_ms > 0 and await self._database.run(self._inbox.is_with_staff, row, self._staff_ms)

    def release(self) -> None:
        """Whatever held everything back is over."""
        self._held_until_ms = 0

    async def land(self) -> None:
        """Wait until nothing is on its way."""
        if self._flights:
            await asyncio.wait(self._flights, timeout=self._pace.stop)

    async def _next(self, row: Row) -> Part | None:
        parts = await self._database.run(self._inbox.parts, row.id)
        return next((part for part in parts if part.state == "pending"), None)

    async def _send(self, row: Row, part: Part) -> str:
        tries, message = _Tries(), part.message
        if "attachment" in message and 0 < self._no_buttons_until_ms - self._clock() <= self._pace.no_buttons * 1000:
            message = without_buttons(message, self._text_limit)
        while True:
            self._check_hold()
            await self._limiter.take()
            self._check_hold()
            token = await self._token()
            if await self.is_with_staff(row):  # they may have written while the answer was made or waited
                return "staff"
            try:
                await self._fly(row, part, message, token)
                if tries.buttons:  # without them it went, so it was them
                    self._no_buttons_until_ms = self._clock() + int(self._pace.no_buttons * 1000)
                return ""
            except ZaloError as error:
                if self._buttons_refused(error, message):
                    await self._alarms.note("buttons", error.code)
                    message, tries.buttons = without_buttons(message, self._text_limit), True
                elif not await self._may_try_again(error, tries, token):
                    await self._database.run(self._inbox.set_part, part, "dropped", reason=error.code)
                    self._metrics.parts.labels("dropped").inc()
                    return f"{error.kind.value} {error.code}"

    def _check_hold(self) -> None:
        if 0 < self._held_until_ms - self._clock() <= self._pace.longest_hold_ms:
            raise HoldError(self._held_until_ms)

    async def _token(self) -> Token:
        try:
            return await self._tokens.current()
        except TokenError as error:
            await self._alarms.note(error.kind, error.detail)
            raise self._hold(self._pace.hold_token) from None

    def _hold(self, seconds: float) -> HoldError:
        self._held_until_ms, self._troubled = self._clock() + int(seconds * 1000), True
        return HoldError(self._held_until_ms)

    async def _fly(self, row: Row, part: Part, message: dict[str, Any], token: Token) -> None:
        """One try, whole: a shutdown waits for it, so that only a killed process leaves `sending` behind."""
        flight = asyncio.create_task(self._attempt(row, part, message, token))
        self._flights.add(flight)
        flight.add_done_callback(self._flights.discard)
        await asyncio.shield(flight)

    async def _attempt(self, row: Row, part: Part, message: dict[str, Any], token: Token) -> None:
        await self._database.run(self._inbox.set_part, part, "sending")
        try:
            sent = await self._client.send(token.access, row.recipient, message)
        except ZaloError as error:
            if error.kind is not Kind.AMBIGUOUS:
                await self._database.run(self._inbox.set_part, part, "pending")
                raise
            await self._database.run(self._inbox.set_part, part, "unknown", reason=error.code)
            await self._after_unknown(part, error.code)
            return
        await self._database.run(self._inbox.set_part, part, "sent", sent.message_id, quota=sent.quota or "billed")
        self._metrics.parts.labels("sent").inc()
        if self._troubled:
            self._troubled = False
            await self._alarms.clear("quota", "unreachable")

    async def _after_unknown(self, part: Part, reason: str) -> None:
        self._metrics.parts.labels("unknown").inc()
        await self._alarms.note("unknown", reason)
        if not part.notice:
            await self._database.run(self._ask_to_write_again, part.row)

    def _ask_to_write_again(self, row: int) -> None:
        if not any(part.notice and part.position for part in self._inbox.parts(row)):
            self._inbox.add_notice(row, self._maybe_lost)

    @staticmethod
    def _buttons_refused(error: ZaloError, message: dict[str, Any]) -> bool:
        return error.code in map(str, BUTTONS_REFUSED) and "attachment" in message

    async def _may_try_again(self, error: ZaloError, tries: _Tries, token: Token) -> bool:
        """Do what the error asks for. HoldError if it concerns everybody."""
        actions: dict[Kind, Callable[[ZaloError, _Tries, Token], Awaitable[bool]]] = {
            Kind.TOKEN: self._on_token,
            Kind.RATE: self._on_rate,
            Kind.TRANSIENT: self._on_transient,
            Kind.UNREACHABLE: self._on_unreachable,
            Kind.QUOTA: self._on_quota,
            Kind.SETUP: self._on_wrong,
            Kind.REQUEST: self._on_wrong,
        }
        self._metrics.errors.labels(error.kind.value).inc()
        action = actions.get(error.kind)
        return await action(error, tries, token) if action else False

    async def _on_token(self, error: ZaloError, tries: _Tries, token: Token) -> bool:
        if tries.token:
            await self._alarms.note("token_refused", error.code)
            raise self._hold(self._pace.hold_token)
        tries.token = True
        try:
            await self._tokens.refresh(token.version)
        except TokenError as failed:
            await self._alarms.note(failed.kind, failed.detail)
            raise self._hold(self._pace.hold_token) from None
        return True

    async def _on_rate(self, error: ZaloError, tries: _Tries, token: Token) -> bool:
        tries.rate += 1
        await self._alarms.note("rate", error.code)
        if tries.rate > self._pace.rate_tries:
            return False
        self._limiter.pause(60 - self._clock() / 1000 % 60 + random.uniform(0, 3))  # noqa: S311
        return True

    async def _on_transient(self, error: ZaloError, tries: _Tries, token: Token) -> bool:
        if tries.transient >= len(self._pace.back_off):
            await self._alarms.note("transient", error.code)
            return False
        await asyncio.sleep(self._pace.back_off[tries.transient] * random.uniform(0.75, 1.25))  # noqa: S311
        tries.transient += 1
        return True

    async def _on_unreachable(self, error: ZaloError, tries: _Tries, token: Token) -> bool:
        await self._alarms.note("unreachable", error.code)
        raise self._hold(self._pace.hold_unreachable)

    async def _on_quota(self, error: ZaloError, tries: _Tries, token: Token) -> bool:
        await self._alarms.note("quota", f"{error.code} {error.meaning}")
        raise self._hold(self._pace.hold_quota)

    async def _on_wrong(self, error: ZaloError, tries: _Tries, token: Token) -> bool:
        await self._alarms.note(error.kind.value, f"{error.code} {error.meaning}")
        return False
