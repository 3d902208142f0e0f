"""An ASGI layer that stops reading a request body that is too large."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

TOO_LARGE = "body_too_large"


class BodyTooLargeError(Exception):
    """The request body is larger than allowed."""


class BodyLimit:
    """Counts bytes as they come, so that a missing or false Content-Length changes nothing.

    `unlimited`: how the paths begin that look after themselves.
    """

    def __init__(self, app: ASGIApp, limit: int, unlimited: tuple[str, ...]) -> None:
        self._app, self._limit, self._unlimited = app, limit, unlimited

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(self._unlimited):
            await self._app(scope, receive, send)
            return
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self._limit:
                scope[TOO_LARGE] = True  # whoever reads the body turns this error into one of its own
                raise BodyTooLargeError
            return message

        await self._app(scope, counted, send)
