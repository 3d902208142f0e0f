"""Delivers webhooks as Zalo does: 2 seconds to answer, five more tries, then the webhook is switched off."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from urllib.parse import urlsplit

import httpx

from bot.zalo_sim.clock import Clock
from bot.zalo_sim.errors import WebhookRefusedError
from bot.zalo_sim.faults import Faults
from bot.zalo_sim.wire import Credentials, signature

ANSWER_LIMIT_S = 2.0
RETRY_AFTER_S = (30, 300, 900, 1800, 3600)
SIDE_BY_SIDE = 32
KEPT = 20_000
_LOOK_AGAIN_S = 0.1  # the clock may be set forward at any time


class DeliveryState(StrEnum):
    """Where an event stands. UNSUBSCRIBED: its switch is off. LOST: no webhook, or the last try failed."""

    WAITING = "waiting"
    UNDER_WAY = "under_way"
    DELIVERED = "delivered"
    UNSUBSCRIBED = "unsubscribed"
    LOST = "lost"


class Outcome(StrEnum):
    """How one try ended. ANSWER_LOST is a fault: the bot said 200 and Zalo never saw it."""

    OK = "ok"
    REFUSED = "refused"
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    ANSWER_LOST = "answer_lost"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try. `at` on the simulator's clock, `seconds` real ones, `retry` what num_retry said (0: no header)."""

    delivery_id: int
    at: float
    retry: int
    outcome: Outcome
    status: int | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event on its way to the bot. `body` are the bytes that are signed and sent, each time the same."""

    delivery_id: int
    event_name: str
    user_id: str
    message_id: str
    body: bytes
    timestamp: str
    state: DeliveryState
    due: float | None = None
    attempts: tuple[Attempt, ...] = ()


@dataclass(slots=True)
class Webhook:
    """The address that the console of the app holds."""

    url: str = ""
    enabled: bool = False


class Courier:
    """Every event there was, and what became of it. All methods belong to one event loop."""

    def __init__(
        self,
        credentials: Credentials,
        clock: Clock,
        faults: Faults,
        changed: Callable[[], None],
        answer_limit_s: float = ANSWER_LIMIT_S,
    ) -> None:
        self._credentials, self._clock, self._faults, self._changed = credentials, clock, faults, changed
        self._limit_s = answer_limit_s
        self.webhook, self.deliveries = Webhook(), dict[int, Delivery]()
        self._waiting: set[int] = set()
        self._numbers, self._wake = 0, asyncio.Event()
        self._http = httpx.AsyncClient(
            timeout=None,  # noqa: S113  (asyncio.timeout limits each whole exchange)
            trust_env=False,
            limits=httpx.Limits(max_connections=SIDE_BY_SIDE),
        )

    async def close(self) -> None:
        """Close the connections to the bot."""
        await self._http.aclose()

    async def register(self, url: str) -> None:
        """Save a webhook address. WebhookRefusedError unless it answers an unsigned `{}` with 200 in time."""
        if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
            raise WebhookRefusedError("địa chỉ phải bắt đầu bằng http:// hoặc https://")
        outcome, status = await self._post(url, b"{}", {})
        if outcome != Outcome.OK:
            raise WebhookRefusedError(f"HTTP {status}" if status else outcome.value)
        self.webhook = Webhook(url, enabled=True)
        self._changed()

    def add(
        self, event_name: str, user_id: str, message_id: str, body: bytes, timestamp: str, subscribed: bool
    ) -> Delivery:
        """An event has happened. It is due at once if its switch is on and there is a webhook."""
        self._numbers += 1
        state, due = DeliveryState.WAITING, self._clock.now()
        if not subscribed:
            state = DeliveryState.UNSUBSCRIBED
        elif not self.webhook.enabled:
            state = DeliveryState.LOST
        delivery = Delivery(self._numbers, event_name, user_id, message_id, body, timestamp, state)
        self._put(replace(delivery, due=due) if state == DeliveryState.WAITING else delivery)
        self._drop_oldest()
        return self.deliveries[self._numbers]

    async def deliver_due(self, side_by_side: int = 1) -> list[Attempt]:
        """Try what is due now, earliest first; each once."""
        gate = asyncio.Semaphore(side_by_side)

        async def one(delivery: Delivery) -> Attempt | None:
            async with gate:
                return await self._attempt(delivery.delivery_id)

        tried = await asyncio.gather(*(one(delivery) for delivery in self._due()))
        return [attempt for attempt in tried if attempt]

    async def redeliver(self, delivery_id: int) -> Attempt:
        """Send the same bytes once more, whatever became of them. KeyError if there is no such event."""
        delivery = self.deliveries[delivery_id]
        self._put(replace(delivery, state=DeliveryState.WAITING, due=self._clock.now()))
        attempt = await self._attempt(delivery_id)
        if attempt is None:
            raise WebhookRefusedError("chưa có webhook")
        return attempt

    async def run(self) -> None:
        """Deliver by itself until cancelled, different events side by side."""
        gate = asyncio.Semaphore(SIDE_BY_SIDE)

        async def one(delivery_id: int) -> None:
            async with gate:
                await self._attempt(delivery_id)

        async with asyncio.TaskGroup() as tasks:
            while True:
                for delivery in self._due():
                    self._put(replace(delivery, state=DeliveryState.UNDER_WAY, due=None))
                    tasks.create_task(one(delivery.delivery_id))
                self._wake.clear()
                try:
                    async with asyncio.timeout(_LOOK_AGAIN_S):
                        await self._wake.wait()
                except TimeoutError:
                    pass

    def _due(self) -> list[Delivery]:
        now = self._clock.now()
        waiting = (self.deliveries[number] for number in self._waiting)
        due = [delivery for delivery in waiting if delivery.due is not None and delivery.due <= now]
        return sorted(due, key=lambda delivery: (delivery.due, delivery.delivery_id))

    async def _attempt(self, delivery_id: int) -> Attempt | None:
        delivery = self.deliveries[delivery_id]
        if not self.webhook.enabled:
            self._put(replace(delivery, state=DeliveryState.LOST, due=None))
            return None
        retry, at, started = len(delivery.attempts), self._clock.now(), time.monotonic()
        self._put(replace(delivery, state=DeliveryState.UNDER_WAY, due=None))
        outcome, status = await self._post(self.webhook.url, delivery.body, self._headers(delivery, retry))
        if outcome == Outcome.OK and self._faults.take_lost_answer():
            outcome = Outcome.ANSWER_LOST
        attempt = Attempt(delivery_id, at, retry, outcome, status, time.monotonic() - started)
        self._settle(replace(delivery, attempts=(*delivery.attempts, attempt)), outcome)
        return attempt

    def _settle(self, delivery: Delivery, outcome: Outcome) -> None:
        tries = len(delivery.attempts)
        if outcome == Outcome.OK:
            self._put(replace(delivery, state=DeliveryState.DELIVERED, due=None))
        elif tries <= len(RETRY_AFTER_S):
            due = self._clock.now() + RETRY_AFTER_S[tries - 1]
            self._put(replace(delivery, state=DeliveryState.WAITING, due=due))
        else:
            self._put(replace(delivery, state=DeliveryState.LOST, due=None))
            self.webhook.enabled = False
            for number in list(self._waiting):
                self._put(replace(self.deliveries[number], state=DeliveryState.LOST, due=None))

    async def _post(self, url: str, body: bytes, headers: dict[str, str]) -> tuple[Outcome, int | None]:
        try:
            async with asyncio.timeout(self._limit_s):
                response = await self._http.post(
                    url, content=body, headers={"Content-Type": "application/json"} | headers
                )
        except TimeoutError:
            return Outcome.TIMEOUT, None
        except (httpx.HTTPError, httpx.InvalidURL):
            return Outcome.UNREACHABLE, None
        return (Outcome.OK if response.status_code == 200 else Outcome.REFUSED), response.status_code

    def _headers(self, delivery: Delivery, retry: int) -> dict[str, str]:
        keys = self._credentials
        signed = signature(keys.app_id, delivery.body, delivery.timestamp, keys.oa_secret)
        return {"X-ZEvent-Signature": signed} | ({"num_retry": str(retry)} if retry else {})

    def _put(self, delivery: Delivery) -> None:
        self.deliveries[delivery.delivery_id] = delivery
        if delivery.state == DeliveryState.WAITING:
            self._waiting.add(delivery.delivery_id)
            self._wake.set()
        else:
            self._waiting.discard(delivery.delivery_id)
        self._changed()

    def _drop_oldest(self) -> None:
        oldest = next(iter(self.deliveries.values()))
        if len(self.deliveries) > KEPT and oldest.state not in (DeliveryState.WAITING, DeliveryState.UNDER_WAY):
            del self.deliveries[oldest.delivery_id]
