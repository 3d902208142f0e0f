"""Zalo's message API: one call, one message. What came of it is a Sent or a ZaloError with the action to take."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx

from bot.zalo.errors import CLOSED_API, Kind, ZaloError, refusal

_MESSAGES = "/v3.0/oa/message/cs"
_ANONYMOUS_MESSAGES = "/v2.0/oa/message"
_TIMEOUT_S = 15.0
_CONNECT_TIMEOUT_S = 5.0
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


@dataclass(frozen=True, slots=True)
class Sent:
    """Zalo took the message. `quota`: of what it was paid; empty means that it is billed."""

    message_id: str
    quota: str


def http_client(base_url: str) -> httpx.AsyncClient:
    """A client with a time limit on everything, that follows no redirect with a token in its hand."""
    timeout = httpx.Timeout(_TIMEOUT_S, connect=_CONNECT_TIMEOUT_S)
    return httpx.AsyncClient(base_url=base_url, timeout=timeout, trust_env=False, follow_redirects=False)


class Client:
    """The message API of one Official Account. Close it when done (`async with`)."""

    def __init__(self, api_url: str) -> None:
        self._http = http_client(api_url)
        self._anonymous_path = _ANONYMOUS_MESSAGES

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def send(self, access_token: str, recipient: Mapping[str, str], message: Mapping[str, Any]) -> Sent:
        """Send one message. ZaloError AMBIGUOUS if it may have arrived: a time-out, or a reply that says nothing."""
        anonymous = "anonymous_id" in recipient
        path = self._anonymous_path if anonymous else _MESSAGES
        body = {"recipient": dict(recipient), "message": dict(message)}
        try:
            return await self._post(path, access_token, body)
        except ZaloError as error:
            # Zalo is closing v2.0; whether v3.0 then takes anonymous people is for Zalo to say.
            if not (anonymous and error.code == str(CLOSED_API) and path == _ANONYMOUS_MESSAGES):
                raise
            self._anonymous_path = _MESSAGES
            return await self._post(_MESSAGES, access_token, body)

    async def _post(self, path: str, access_token: str, body: dict[str, Any]) -> Sent:
        try:
            async with asyncio.timeout(_TIMEOUT_S):  # httpx limits each read, not the whole call
                response = await self._http.post(path, json=body, headers={"access_token": access_token})
        except _NEVER_SENT as error:
            raise ZaloError(Kind.UNREACHABLE, type(error).__name__) from None
        except (httpx.HTTPError, TimeoutError) as error:
            raise ZaloError(Kind.AMBIGUOUS, type(error).__name__) from None
        return _outcome(response)


def _outcome(response: httpx.Response) -> Sent:
    status = response.status_code
    by_status = {401: Kind.TOKEN, 429: Kind.RATE, 504: Kind.AMBIGUOUS}
    if status != 200:
        raise ZaloError(by_status.get(status, Kind.TRANSIENT if status >= 500 else Kind.REQUEST), f"HTTP {status}")
    try:
        reply = response.json()
        code = int(reply["error"])
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise ZaloError(Kind.AMBIGUOUS, f"reply {type(error).__name__}") from None
    if code != 0:
        raise refusal(code)
    data = reply.get("data")
    data = data if isinstance(data, dict) else {}
    quota = data.get("quota")
    quota_type = str(quota.get("quota_type") or "") if isinstance(quota, dict) else ""
    return Sent(str(data.get("message_id") or ""), quota_type)
