"""Errors of the simulated interfaces."""

from __future__ import annotations


class ApiError(Exception):
    """A call that is refused: HTTP 200 with `code` and a short text, as Zalo does. Holds nothing that people wrote."""

    def __init__(self, code: int, text: str) -> None:
        self.code, self.text = code, text
        super().__init__(f"{code}: {text}")


class WebhookRefusedError(Exception):
    """The address of a webhook did not answer the probe with 200. The text says what it did instead."""


class NoSuchButtonError(Exception):
    """A button that is not there, or that sends nothing."""
