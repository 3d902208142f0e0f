"""How old a question may be: Zalo's free 48 hours, and when an answer is no longer what the person waits for."""

from __future__ import annotations

from enum import StrEnum

FREE_WINDOW_MS = 48 * 3_600_000


class Age(StrEnum):
    """What may still be sent for an event."""

    FRESH = "fresh"  # the answer
    LATE = "late"  # an apology
    EXPIRED = "expired"  # nothing: Zalo would bill or refuse it


def age_of(at_ms: int, now_ms: int, stale_minutes: int) -> Age:
    """A clock that is behind Zalo's makes an event fresh, never late."""
    age = now_ms - at_ms
    if age > FREE_WINDOW_MS:
        return Age.EXPIRED
    return Age.LATE if age > stale_minutes * 60_000 else Age.FRESH
