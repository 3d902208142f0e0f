"""The webhook's work: verify, keep, acknowledge. Nothing here waits for the bot or for Zalo."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.zalo.alarms import Alarms
from bot.zalo.database import Database
from bot.zalo.events import (
    AHEAD_MS,
    Event,
    ForeignEventError,
    Kind,
    MalformedEventError,
    Receipt,
    StaffMessage,
    parse,
    read,
    stamp_ms,
    timestamp_of,
)
from bot.zalo.inbox import Inbox
from bot.zalo.metrics import ZaloMetrics
from bot.zalo.pace import Clock
from bot.zalo.settings import Mode, ZaloSettings
from bot.zalo.signature import Verdict, verify
from bot.zalo.windows import FREE_WINDOW_MS

log = logging.getLogger(__name__)
_SIGNATURE, _TIMESTAMP, _RETRY = "x-zevent-signature", "x-zevent-timestamp", "num_retry"
_LATE_MS = 10 * 60_000
_ONE_LINE_MS = 60_000  # for each verdict and outcome
TAKEN, REFUSED, MALFORMED, NOT_KEPT = 200, 401, 400, 503


@dataclass
class _Line:
    """When a line of its kind was last written to the log, and how many were left out since."""

    at_ms: int
    left_out: int = 0


class Door:
    """Decides about one webhook call. The answer is an HTTP status: anything but 200 makes Zalo come again."""

    def __init__(
        self,
        settings: ZaloSettings,
        database: Database,
        inbox: Inbox,
        alarms: Alarms,
        metrics: ZaloMetrics,
        wake: Callable[[], None],
        clock: Clock,
    ) -> None:
        self._settings, self._database, self._inbox, self._alarms = settings, database, inbox, alarms
        self._metrics, self._wake, self._clock = metrics, wake, clock
        self._lines = dict[tuple[Verdict, str], _Line]()

    async def receive(self, body: bytes, headers: Mapping[str, str]) -> int:
        """200 only when the event is on the disk, or is one that needs nothing to be done."""
        signed = _SIGNATURE in headers
        try:
            data = parse(body or b"{}")
        except MalformedEventError as error:
            return self._told(Verdict.MISSING, f"malformed {error}", MALFORMED, signed)
        if "event_name" not in data and not signed:
            return self._told(Verdict.MISSING, "probe", TAKEN, signed)
        verdict = self._verdict(body, data, headers)
        if verdict is not Verdict.OK:
            await self._report(verdict)
            if self._settings.zalo_webhook_mode is Mode.ENFORCE:
                return self._told(verdict, "refused", REFUSED, signed)
        if _RETRY in headers:
            self._metrics.redeliveries.inc()
        elif verdict is Verdict.OK:
            await self._compare_clocks(stamp_ms(data))
        return await self._keep(verdict, data, signed)

    def _verdict(self, body: bytes, data: Mapping[str, Any], headers: Mapping[str, str]) -> Verdict:
        secret = self._settings.zalo_oa_secret.get_secret_value()
        app_id = self._settings.zalo_app_id
        return verify(app_id, secret, body, headers.get(_SIGNATURE), timestamp_of(data), headers.get(_TIMESTAMP))

    async def _report(self, verdict: Verdict) -> None:
        if verdict is Verdict.MISMATCH:
            await self._alarm("signature", self._settings.zalo_webhook_mode.value)

    async def _compare_clocks(self, stamp: int | None) -> None:
        """An event comes at once the first time, so an old one or one from the future tells of our own clock."""
        late_ms = 0 if stamp is None else self._clock() - stamp
        if late_ms > _LATE_MS:
            await self._alarm("clock", "máy chạy nhanh")
        elif late_ms < -AHEAD_MS:
            await self._alarm("clock", "máy chạy chậm")

    async def _alarm(self, name: str, detail: str) -> None:
        """An alarm that cannot be written down must not turn an event away."""
        try:
            await self._alarms.note(name, detail)
        except sqlite3.Error as error:
            log.error("zalo: an alarm was not kept: %s", type(error).__name__)

    async def _keep(self, verdict: Verdict, data: Mapping[str, Any], signed: bool) -> int:
        now = self._clock()
        try:
            event = read(data, self._settings.zalo_app_id, self._settings.zalo_oa_id, now)
            if not isinstance(event, Event):
                return self._told(verdict, await self._note(event, now), TAKEN, signed)
            if now - event.at_ms > FREE_WINDOW_MS and event.kind is not Kind.WITHDRAW:
                # Nothing may be sent any more, and keys are not kept for ever.
                return self._told(verdict, "too_old", TAKEN, signed)
            added = await self._database.run(self._inbox.add, event, now)
        except MalformedEventError as error:
            return self._told(verdict, f"malformed {error}", TAKEN, signed)  # it would not get better by coming again
        except ForeignEventError as error:
            await self._alarm("foreign", str(error))
            return self._told(verdict, "foreign", TAKEN, signed)
        except sqlite3.Error as error:
            log.error("zalo: an event could not be kept: %s", type(error).__name__)
            return self._told(verdict, "not_kept", NOT_KEPT, signed)
        self._wake()
        return self._told(verdict, "kept" if added else "repeated", TAKEN, signed)

    async def _note(self, event: Receipt | StaffMessage | None, now: int) -> str:
        """Write down what needs no work of the worker; what was done."""
        match event:
            case Receipt():
                added = await self._database.run(self._inbox.add_receipt, event, now)
            case StaffMessage():
                added = await self._database.run(self._inbox.add_staff_message, event)
            case None:
                added = False
        return "noted" if added else "ignored"

    def _told(self, verdict: Verdict, outcome: str, status: int, signed: bool) -> int:
        """Counts and logs the verdict and the shape of a call, never its content."""
        self._metrics.events.labels(verdict.value, outcome.split()[0]).inc()
        if verdict is Verdict.OK or outcome == "probe":
            return status
        now, line = self._clock(), self._lines.setdefault((verdict, outcome), _Line(-_ONE_LINE_MS))
        if 0 <= now - line.at_ms < _ONE_LINE_MS:  # anybody may knock as often as they like
            line.left_out += 1
            return status
        self._lines[verdict, outcome] = _Line(now)
        log.info(
            "zalo webhook: %s, %s, signed=%s, answered %d; %d more left out since the last such line",
            verdict.value, outcome, signed, status, line.left_out,
        )  # fmt: skip
        return status
