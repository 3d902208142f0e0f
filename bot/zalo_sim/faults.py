"""Faults on demand: what can go wrong with the next calls."""

from __future__ import annotations

import itertools
from collections import defaultdict, deque
from dataclasses import dataclass
from enum import StrEnum


class Call(StrEnum):
    """The calls that a bot makes."""

    MESSAGE = "message"
    TOKEN = "token"  # noqa: S105  (the name of a call)
    ACCOUNT = "account"
    QUOTA = "quota"


class FaultKind(StrEnum):
    """ERROR: HTTP 200 with a code; SERVER_ERROR: HTTP 500; SILENCE: nothing done, no answer.

    DROP and STALL do what was asked first: DROP then closes the connection, STALL never answers.
    """

    ERROR = "error"
    SERVER_ERROR = "server_error"
    SILENCE = "silence"
    DROP = "drop"
    STALL = "stall"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong. `code` belongs to ERROR."""

    kind: FaultKind
    code: int = 0

    @property
    def after(self) -> bool:
        """Whether the work is done all the same."""
        return self.kind in (FaultKind.DROP, FaultKind.STALL)


class Faults:
    """The faults in store. Safe to use from any thread."""

    def __init__(self) -> None:
        self._next: dict[Call, deque[Fault]] = defaultdict(deque)
        self._every: dict[Call, tuple[int, Fault]] = {}
        self._counts: dict[Call, itertools.count[int]] = {}
        self._lost_answers: deque[None] = deque()

    def fail(self, count: int, code: int, on: Call = Call.MESSAGE) -> None:
        """The next `count` calls answer HTTP 200 with this error code."""
        self.add(count, Fault(FaultKind.ERROR, code), on)

    def server_error(self, count: int, on: Call = Call.MESSAGE) -> None:
        """The next `count` calls answer HTTP 500 and do nothing."""
        self.add(count, Fault(FaultKind.SERVER_ERROR), on)

    def time_out(self, count: int, on: Call = Call.MESSAGE) -> None:
        """The next `count` calls do nothing and never answer."""
        self.add(count, Fault(FaultKind.SILENCE), on)

    def drop(self, count: int, on: Call = Call.MESSAGE) -> None:
        """The next `count` calls do what was asked and break the connection instead of answering."""
        self.add(count, Fault(FaultKind.DROP), on)

    def stall(self, count: int, on: Call = Call.MESSAGE) -> None:
        """The next `count` calls do what was asked and never answer."""
        self.add(count, Fault(FaultKind.STALL), on)

    def add(self, count: int, fault: Fault, on: Call = Call.MESSAGE) -> None:
        """The same for a fault that is data."""
        self._next[on].extend([fault] * count)

    def every(self, nth: int, fault: Fault, on: Call = Call.MESSAGE) -> None:
        """Every nth call from now on goes wrong, beside the faults that are counted."""
        self._counts[on], self._every[on] = itertools.count(1), (nth, fault)

    def lose_answers(self, count: int) -> None:
        """The bot's next `count` good answers to webhooks never reach Zalo, which therefore delivers again."""
        self._lost_answers.extend([None] * count)

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        self._next.clear()
        self._every.clear()
        self._lost_answers.clear()

    def take(self, on: Call) -> Fault | None:
        """The fault of the call that is being made."""
        try:
            return self._next[on].popleft()
        except IndexError:
            pass
        nth, fault = self._every.get(on, (0, None))
        return fault if nth and next(self._counts[on]) % nth == 0 else None

    def take_lost_answer(self) -> bool:
        """Whether the answer that just came is one that gets lost."""
        try:
            self._lost_answers.popleft()
        except IndexError:
            return False
        return True

    def waiting(self) -> dict[str, int]:
        """How many faults are still to come, by call; `webhook` are answers that get lost."""
        counts = {call.value: len(self._next[call]) for call in Call}
        return counts | {"webhook": len(self._lost_answers)}
