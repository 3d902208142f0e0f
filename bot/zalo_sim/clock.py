"""The simulator's time: it can run fast, stand still, and be set forward."""

from __future__ import annotations

import time


class Clock:
    """Seconds since the epoch. `speed` 1 is real time, 60 a minute a second, 0 stands still until `advance`."""

    def __init__(self, speed: float = 1.0, start: float | None = None) -> None:
        self._from = time.time() if start is None else start
        self._since, self._speed = time.monotonic(), _checked(speed)

    def now(self) -> float:
        return self._from + (time.monotonic() - self._since) * self._speed

    @property
    def speed(self) -> float:
        """How many seconds pass in a real one."""
        return self._speed

    @speed.setter
    def speed(self, speed: float) -> None:
        self._from, self._since, self._speed = self.now(), time.monotonic(), _checked(speed)

    def advance(self, seconds: float) -> None:
        """Set the clock forward."""
        if seconds < 0:
            raise ValueError("a clock goes forward only")
        self._from += seconds


def _checked(speed: float) -> float:
    if not 0 <= speed <= 100_000:
        raise ValueError("speed: 0 to 100000")
    return speed
