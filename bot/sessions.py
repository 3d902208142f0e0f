"""Session tokens: a random sender id and an expiry, signed with HMAC-SHA256."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bot.secret_file import kept_secret

LIFETIME_S = 24 * 3600
_CLOCK_LEEWAY_S = 300
_SECRET_CHARACTERS = 64
# Hexadecimal throughout and of fixed length, so that one token has one spelling.
_TOKEN = re.compile(r"([0-9a-f]{32})\.([0-9]{10})\.([0-9a-f]{64})")


class SessionError(Exception):
    """A token that is forged, cut, expired, or of a time to come. The text never holds the token."""


class SecretError(Exception):
    """The file of the secret cannot be used; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Session:
    """A sender's session: the opaque token, and for how many seconds it holds."""

    sender: str
    token: str
    expires_in: int


class Sessions:
    """Makes and checks tokens with one secret. `now` gives seconds since 1970."""

    def __init__(self, secret: str, now: Callable[[], float] = time.time) -> None:
        self._secret, self._now = secret.encode(), now

    def start(self, sender: str | None = None) -> Session:
        """A session of 24 hours: a new sender's, or a known one's anew."""
        sender = sender or secrets.token_hex(16)
        signed = f"{sender}.{int(self._now()) + LIFETIME_S:010d}"
        return Session(sender, f"{signed}.{self._signature(signed)}", LIFETIME_S)

    def sender_of(self, token: str, over_for_s: float = 0) -> str:
        """The sender whose token this is. SessionError if it is not good now.

        `over_for_s`: for how many seconds it may have expired.
        """
        found = _TOKEN.fullmatch(token)
        if found is None:
            raise SessionError("not a token")
        sender, expires, signature = found.groups()
        if not hmac.compare_digest(signature, self._signature(f"{sender}.{expires}")):
            raise SessionError("not signed by us")
        left = int(expires) - self._now()
        if left <= -over_for_s:
            raise SessionError("expired")
        if left > LIFETIME_S + _CLOCK_LEEWAY_S:
            raise SessionError("made by a clock that is ahead")
        return sender

    def _signature(self, signed: str) -> str:
        return hmac.new(self._secret, f"session:{signed}".encode(), hashlib.sha256).hexdigest()


def session_secret(path: Path) -> str:
    """The secret in a file of mode 0600, made where there is none. SecretError if the file is damaged.

    Of several processes that start at once, all get the secret of the one that was first.
    """
    made = kept_secret(path, lambda: secrets.token_hex(_SECRET_CHARACTERS // 2).encode())
    secret = made.decode("utf-8", "replace").strip()
    if len(secret) < _SECRET_CHARACTERS:
        raise SecretError(
            f"Tệp {path} hỏng. Hãy xóa tệp này rồi chạy lại; các phiên trò chuyện đang mở sẽ mở lại từ đầu."
        )
    return secret
