"""Zalo's OAuth v4: the address where an administrator consents, and the two ways to get a pair of tokens."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

import httpx

from bot.zalo.client import http_client
from bot.zalo.errors import TokenError
from bot.zalo.settings import ZaloSettings

_TIMEOUT_S = 15.0
_SHORT_LIFE_S = 3600  # where Zalo does not say; better a refresh too many than a dead token
_LONGEST_LIFE_S = 365 * 86_400
_SPENT = "-14020"
_GATEWAY = ("HTTP 502", "HTTP 503", "HTTP 504")
_AGAIN_S = 2.0
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


@dataclass(frozen=True, slots=True)
class Pair:
    """What Zalo gave. Neither token shows in a log."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    lifetime_s: int


def new_verifier() -> str:
    """A PKCE verifier of 43 characters."""
    return secrets.token_urlsafe(32)


def challenge_of(verifier: str) -> str:
    """The S256 challenge of a verifier."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode("ascii")).digest()).rstrip(b"=").decode()


class OAuth:
    """The token endpoint. Close it when done (`async with`).

    TokenError kinds: `token_unreachable` the request never left, `token_refused` the refresh token or code is spent,
    `token_failed` another definite error, `token_interrupted` nobody knows whether the token was spent.
    """

    def __init__(self, settings: ZaloSettings) -> None:
        self._settings, self._http = settings, http_client(settings.zalo_oauth_url)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    def consent_url(self, state: str, verifier: str) -> str:
        """Where the administrator's browser goes."""
        query = {
            "app_id": self._settings.zalo_app_id,
            "redirect_uri": self._settings.callback_url,
            "code_challenge": challenge_of(verifier),
            "state": state,
        }
        return f"{self._settings.zalo_oauth_url}/v4/oa/permission?{urlencode(query)}"

    async def exchange(self, code: str, verifier: str) -> Pair:
        """Tokens for the code that came with a consent."""
        return await self._ask({"grant_type": "authorization_code", "code": code, "code_verifier": verifier})

    async def refresh(self, refresh_token: str) -> Pair:
        """A new pair. The refresh token is spent by this, whatever becomes of the reply.

        Where a gateway of Zalo says that nobody is there, it is asked once more: a token that was spent nevertheless is
        refused then, and without a second try it would be given up as well.
        """
        fields = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        try:
            return await self._ask(fields)
        except TokenError as error:
            if error.detail not in _GATEWAY:
                raise
        await asyncio.sleep(_AGAIN_S)
        try:
            return await self._ask(fields)
        except TokenError as error:
            if error.kind == "token_refused":
                raise
            raise TokenError("token_interrupted", error.detail) from None  # the first try may have spent it

    async def _ask(self, fields: dict[str, str]) -> Pair:
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                response = await self._http.post(
                    "/v4/oa/access_token",
                    data={"app_id": self._settings.zalo_app_id, **fields},
                    headers={"secret_key": self._settings.zalo_app_secret.get_secret_value()},
                )
        except _NEVER_SENT as error:
            raise TokenError("token_unreachable", type(error).__name__) from None
        except (httpx.HTTPError, TimeoutError) as error:
            raise TokenError("token_interrupted", type(error).__name__) from None
        if response.status_code >= 500:
            raise TokenError("token_interrupted", f"HTTP {response.status_code}")
        return _pair(response)


def _pair(response: httpx.Response) -> Pair:
    try:
        reply: Any = response.json()
        if not isinstance(reply, dict):
            raise TypeError
    except (ValueError, TypeError, RecursionError):
        raise TokenError("token_interrupted", f"HTTP {response.status_code}, not JSON") from None
    access, refresh = reply.get("access_token"), reply.get("refresh_token")
    if isinstance(access, str) and isinstance(refresh, str) and access and refresh:
        return Pair(access, refresh, _lifetime(reply.get("expires_in")))
    code = str(reply.get("error", ""))[:20]
    if code in ("", "0"):
        raise TokenError("token_interrupted", "reply without tokens")
    raise TokenError("token_refused" if code == _SPENT else "token_failed", code)


def _lifetime(value: Any) -> int:
    try:
        seconds = int(value)
    except (TypeError, ValueError):
        return _SHORT_LIFE_S
    return seconds if 0 < seconds <= _LONGEST_LIFE_S else _SHORT_LIFE_S
