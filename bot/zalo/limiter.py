"""A token bucket for what the Official Account sends: never more than so many messages in any minute."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable


class Limiter:
    """First come, first served. The bucket holds a sixth of a minute's messages, and fills with the rest."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._size = max(1, per_minute // 6)
        self._per_second = max(per_minute - self._size, 0.5) / 60
        self._clock, self._lock = clock, asyncio.Lock()
        self._level, self._seen, self._paused_until = float(self._size), clock(), 0.0

    async def take(self) -> None:
        """Wait for the right to send one message."""
        async with self._lock:
            while (wait := self.wait_s()) > 0:  # noqa: ASYNC110 - a pause may grow meanwhile
                await asyncio.sleep(wait)
            self._level -= 1

    def wait_s(self) -> float:
        """Seconds until a message may be sent; 0 if at once."""
        now = self._clock()
        self._level = min(self._size, self._level + (now - self._seen) * self._per_second)
        self._seen = now
        missing = (1 - self._level) / self._per_second if self._level < 1 else 0.0
        return max(missing, self._paused_until - now, 0.0)

    def pause(self, seconds: float) -> None:
        """Send nothing for so long."""
        self._paused_until = max(self._paused_until, self._clock() + seconds)
