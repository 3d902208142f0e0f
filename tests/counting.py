"""Counting work instead of timing it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType


def calls(function: Callable[[str], str], text: str) -> int:
    """How many functions, those in C among them, one call enters."""
    count = 0

    def profile(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(profile)
    try:
        function(text)
    finally:
        sys.setprofile(None)
    return count
