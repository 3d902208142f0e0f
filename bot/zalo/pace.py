"""How long things take and wait, in one place; tests hand in others."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

Clock = Callable[[], int]


def now_ms() -> int:
    """Milliseconds since 1970, as Zalo counts them."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds, unless a name says otherwise."""

    settle: float = 0.2  # a message waits this long for one that was written earlier and arrives later
    poll: float = 1.0  # another process may have put something into the inbox
    people_at_once: int = 16
    slow_notice: float = 5.0  # after this, tell the person that the search is on
    ask_limit: float = 90.0  # for one answer of the bot
    ask_again: tuple[float, ...] = (10.0, 30.0)  # Rasa may just be starting
    back_off: tuple[float, ...] = (1.0, 2.0, 4.0)
    rate_tries: int = 5
    hold_token: float = 60.0
    hold_quota: float = 900.0
    hold_unreachable: float = 15.0
    no_buttons: float = 6 * 3600.0  # once Zalo has not taken them, they are not tried for so long
    fail: float = 30.0
    failures: int = 5
    stop: float = 8.0
    token_check: float = 600.0
    measure: float = 15.0
    same_sentence: float = 60.0  # ten photos in a row get one sentence
    same_greeting: float = 86_400.0
    keep: float = 7 * 86_400.0  # keys of events, well beyond the last retry and the 48 hours of an answer

    @property
    def longest_hold_ms(self) -> int:
        """Nothing is held for longer; a hold that ends later was made by a clock that has been set back since."""
        return int(max(self.hold_token, self.hold_quota, self.hold_unreachable, self.fail) * 1000)


DEFAULT_PACE = Pace()
