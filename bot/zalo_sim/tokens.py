"""OAuth v4 of an Official Account: codes of one use, access tokens of 25 hours, refresh tokens of one use.

-14003 and -14020 are Zalo's own codes. How it numbers the other refusals could not be confirmed: those are stand-ins.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass, replace

from bot.zalo_sim.clock import Clock
from bot.zalo_sim.errors import ApiError
from bot.zalo_sim.wire import Credentials

CODE_LIFE_S = 600
ACCESS_LIFE_S = 90_000
REFRESH_LIFE_S = 90 * 86_400

WRONG_REDIRECT, REFRESH_SPENT = -14003, -14020
WRONG_REQUEST, WRONG_APP, WRONG_SECRET, WRONG_CODE, WRONG_VERIFIER = -14001, -14002, -14004, -14010, -14011


@dataclass(frozen=True, slots=True)
class _Code:
    challenge: str
    until: float
    spent: bool = False


@dataclass(frozen=True, slots=True)
class _Refresh:
    until: float
    spent: bool = False


@dataclass(frozen=True, slots=True)
class TokenPair:
    """What a bot gets. `expires_in` is a string, as Zalo sends it."""

    access_token: str
    refresh_token: str
    expires_in: str = str(ACCESS_LIFE_S)


def challenge_of(verifier: str) -> str:
    """The PKCE challenge of a verifier: base64url of its SHA-256, without padding."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


class TokenOffice:
    """Issues codes and tokens, and knows which are good. A refresh leaves older access tokens to their own end."""

    def __init__(self, credentials: Credentials, clock: Clock) -> None:
        self._credentials, self._clock = credentials, clock
        self._codes: dict[str, _Code] = {}
        self._access: dict[str, float] = {}
        self._refresh: dict[str, _Refresh] = {}

    def issue_code(self, challenge: str = "") -> str:
        """A permission that somebody of the office gave. ApiError if the challenge cannot be one."""
        if challenge and len(challenge) != 43:
            raise ApiError(WRONG_REQUEST, "code_challenge must be base64url of SHA-256")
        code = secrets.token_urlsafe(32)
        self._codes[code] = _Code(challenge, self._clock.now() + CODE_LIFE_S)
        return code

    def grant(self, secret_key: str, fields: dict[str, str]) -> TokenPair:
        """Answer a token request: `authorization_code` or `refresh_token`."""
        if fields.get("app_id") != self._credentials.app_id:
            raise ApiError(WRONG_APP, "Invalid app id")
        if not hmac.compare_digest(secret_key.encode(), self._credentials.app_secret.encode()):
            raise ApiError(WRONG_SECRET, "Invalid secret key")
        match fields.get("grant_type"):
            case "authorization_code":
                self._spend_code(fields.get("code", ""), fields.get("code_verifier", ""))
            case "refresh_token":
                self._spend_refresh(fields.get("refresh_token", ""))
            case _:
                raise ApiError(WRONG_REQUEST, "Invalid grant type")
        return self.issue_pair()

    def issue_pair(self) -> TokenPair:
        """A fresh pair, as if the permission had been given and exchanged."""
        now = self._clock.now()
        pair = TokenPair(secrets.token_urlsafe(48), secrets.token_urlsafe(48))
        self._access[pair.access_token] = now + ACCESS_LIFE_S
        self._refresh[pair.refresh_token] = _Refresh(now + REFRESH_LIFE_S)
        return pair

    def check_access(self, token: str) -> None:
        """ApiError -216 for a token that is none, -220 for one that has expired."""
        until = self._access.get(token)
        if until is None:
            raise ApiError(-216, "Access token is invalid")
        if until <= self._clock.now():
            raise ApiError(-220, "Access token is expired or not available")

    def revoke_access(self) -> None:
        """Every access token is worth nothing any more; refresh tokens stay good."""
        self._access.clear()

    def access_until(self) -> float | None:
        """When the newest access token expires, in seconds since the epoch."""
        return max(self._access.values(), default=None)

    def _spend_code(self, code: str, verifier: str) -> None:
        known = self._codes.get(code)
        if known is None or known.spent or known.until <= self._clock.now():
            raise ApiError(WRONG_CODE, "Authorized code is invalid, used or expired")
        self._codes[code] = replace(known, spent=True)
        if known.challenge and not hmac.compare_digest(challenge_of(verifier), known.challenge):
            raise ApiError(WRONG_VERIFIER, "Invalid code verifier")

    def _spend_refresh(self, token: str) -> None:
        known = self._refresh.get(token)
        if known is None or known.spent or known.until <= self._clock.now():
            raise ApiError(REFRESH_SPENT, "Refresh token is invalid, used or expired")
        self._refresh[token] = replace(known, spent=True)
