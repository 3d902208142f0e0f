"""Rasa over its REST channel. Rasa hides errors there: HTTP 200 with an empty list is a failure too."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Any, Self

import httpx

_CONNECT_TIMEOUT_S = 2.0


class RasaError(Exception):
    """Rasa gave no usable reply. `kind` is one word for metrics and logs."""

    def __init__(self, kind: str, detail: str) -> None:
        self.kind = kind
        super().__init__(f"{kind}: {detail}")


class RasaClient:
    """A client with a timeout on everything. One per app; close it when done (`async with`)."""

    def __init__(self, url: str, token: str, timeout_s: float) -> None:
        self._token, self._timeout_s = token, timeout_s
        self._http = httpx.AsyncClient(
            base_url=url,
            timeout=httpx.Timeout(timeout_s, connect=_CONNECT_TIMEOUT_S),
            trust_env=False,  # never send what people say through a proxy
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def send(self, sender: str, text: str) -> list[dict[str, Any]]:
        """Rasa's messages for one turn, at least one. RasaError down, timeout, silent or malformed."""
        try:
            async with asyncio.timeout(self._timeout_s):  # httpx limits each read, not the whole turn
                response = await self._http.post("/webhooks/rest/webhook", json={"sender": sender, "message": text})
            response.raise_for_status()
            messages = response.json()
        except (httpx.TimeoutException, TimeoutError) as error:
            raise RasaError("timeout", repr(error)) from error
        except (httpx.DecodingError, ValueError) as error:
            # Only the kind of error: its text may hold the reply, and with it what somebody wrote.
            raise RasaError("malformed", type(error).__name__) from error
        except httpx.HTTPError as error:
            raise RasaError("down", repr(error)) from error
        if not isinstance(messages, list) or not all(isinstance(message, dict) for message in messages):
            raise RasaError("malformed", type(messages).__name__)
        if not messages:
            raise RasaError("silent", "HTTP 200 with no message")
        return messages

    async def erase(self, sender: str) -> None:
        """Delete every event of a sender. RasaError down or timeout: then it is not certain."""
        await self._delete("POST", json={"sender": sender})

    async def forget_before(self, at: float) -> None:
        """Delete every event of an earlier moment (seconds since 1970). RasaError as for `erase`."""
        await self._delete("DELETE", params={"before": at})

    async def _delete(self, method: str, **what: Any) -> None:
        headers = {"Authorization": f"Bearer {self._token}"}
        try:
            async with asyncio.timeout(self._timeout_s):
                response = await self._http.request(method, "/webhooks/erase/webhook", headers=headers, **what)
            response.raise_for_status()
        except (httpx.TimeoutException, TimeoutError) as error:
            raise RasaError("timeout", type(error).__name__) from error
        except httpx.HTTPStatusError as error:
            raise RasaError("down", f"HTTP {error.response.status_code}") from error
        except httpx.HTTPError as error:
            raise RasaError("down", type(error).__name__) from error

    async def is_ready(self) -> bool:
        """Whether Rasa answers and has a model loaded."""
        try:
            response = await self._http.get("/status", params={"token": self._token}, timeout=_CONNECT_TIMEOUT_S)
            status = response.json()
            return response.status_code == 200 and isinstance(status, dict) and bool(status.get("model_id"))
        except (httpx.HTTPError, ValueError):
            return False
