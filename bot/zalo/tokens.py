"""The pair of tokens of one Official Account, encrypted on disk, and refreshed by one process at a time.

Zalo's refresh token can be spent once. So: a lock across processes; then a look whether somebody else has refreshed;
then `refresh_started_ms` on the disk; then the call; then the new pair on the disk; only then is it used. A marker that
nobody finished means that the token may be lost: an alarm, no second try, and a person has to consent again.
"""

from __future__ import annotations

import asyncio
import base64
import fcntl
import hashlib
import os
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet, InvalidToken

from bot.zalo.database import Database
from bot.zalo.errors import TokenError
from bot.zalo.oauth import OAuth, Pair, new_verifier
from bot.zalo.pace import Clock

SCHEMA = """
CREATE TABLE IF NOT EXISTS tokens (
    oa_id TEXT PRIMARY KEY, access BLOB NOT NULL, refresh BLOB NOT NULL, obtained_ms INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL, version INTEGER NOT NULL, updated_ms INTEGER NOT NULL, refresh_started_ms INTEGER,
    refused INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS consents (state BLOB PRIMARY KEY, verifier BLOB NOT NULL, made_ms INTEGER NOT NULL);
"""
_CONSENT_MS = 10 * 60_000
_MAX_CONSENTS = 20
_EARLY_MS = 2 * 3_600_000  # refresh when this much is left, or half of a short life
_MARGIN_MS = 60_000
_LOCK_WAIT_S = 40.0  # longer than a refresh can take
_LOCK_STEP_S = 0.05


@dataclass(frozen=True, slots=True)
class Token:
    """A usable access token. `version` counts refreshes and consents."""

    access: str = field(repr=False)
    version: int
    expires_ms: int


@dataclass(frozen=True, slots=True)
class TokenState:
    """What an operator may see of it."""

    version: int
    obtained_ms: int
    expires_ms: int
    interrupted: bool
    refused: bool


class Tokens:
    """The tokens of `oa_id`. Every process makes its own from the same file."""

    def __init__(self, database: Database, lock_file: Path, key: bytes, oa_id: str, oauth: OAuth, clock: Clock) -> None:
        """`key`: any secret; what encrypts is made from it."""
        self._database, self._lock_file = database, lock_file
        self._fernet = Fernet(base64.urlsafe_b64encode(hashlib.sha256(key).digest()))
        self._oa_id, self._oauth, self._clock = oa_id, oauth, clock
        self._refreshing: asyncio.Task[Token] | None = None

    async def current(self) -> Token:
        """An access token with some life left, refreshed if it must be. TokenError with the name of an alarm."""
        token = await self._database.run(self._read)
        if token.expires_ms - self._clock() > _MARGIN_MS:
            return token
        return await self.refresh(token.version)

    async def refresh(self, seen_version: int) -> Token:
        """The token that follows `seen_version`: somebody else's if there is one, else a new one. TokenError."""
        if self._refreshing is None or self._refreshing.done():
            self._refreshing = asyncio.create_task(self._refresh(seen_version))
        # A caller that goes away must not stop a refresh half way.
        token = await asyncio.shield(self._refreshing)
        return token if token.version != seen_version else await self.refresh(seen_version)

    async def keep_fresh(self) -> None:
        """Refresh ahead of time. TokenError."""
        state = await self.state()
        if state is None:
            raise TokenError("token_missing")
        if state.refused:
            raise TokenError("token_refused")
        early = min(_EARLY_MS, (state.expires_ms - state.obtained_ms) // 2)
        if state.expires_ms - self._clock() < early:
            await self.refresh(state.version)
        elif state.interrupted:
            raise TokenError("token_interrupted")

    async def settle(self) -> None:
        """Wait for a refresh under way to end."""
        if self._refreshing is not None and not self._refreshing.done():
            await asyncio.wait({self._refreshing})

    async def _refresh(self, seen_version: int) -> Token:
        async with self._locked():
            token = await self._database.run(self._read)
            if token.version != seen_version:
                return token
            spending = await self._database.run(self._start)
            try:
                pair = await self._oauth.refresh(spending)
            except TokenError as error:
                if error.kind != "token_interrupted":
                    await self._database.run(self._not_spent, error.kind == "token_refused")
                raise
            return await self._database.run(self._write, pair)

    @asynccontextmanager
    async def _locked(self) -> AsyncIterator[None]:
        """Alone among all processes. The kernel lets go when a process dies."""
        descriptor = os.open(self._lock_file, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            until = time.monotonic() + _LOCK_WAIT_S
            while not try_lock(descriptor):
                if time.monotonic() > until:
                    raise TokenError("token_unreachable", "another process holds the lock")
                await asyncio.sleep(_LOCK_STEP_S)
            yield
        finally:
            os.close(descriptor)

    # --- consent ---------------------------------------------------------------------------------------------------

    async def begin_consent(self) -> str:
        """The address to send an administrator's browser to. Good for ten minutes and one use."""
        state, verifier = secrets.token_urlsafe(32), new_verifier()
        await self._database.run(self._keep_consent, state, verifier)
        return self._oauth.consent_url(state, verifier)

    async def finish_consent(self, state: str, code: str) -> None:
        """Take the tokens of a consent. TokenError `consent_unknown` if nobody began it here."""
        verifier = await self._database.run(self._take_consent, state)
        if verifier is None:
            raise TokenError("consent_unknown")
        async with self._locked():
            pair = await self._oauth.exchange(code, verifier)
            await self._database.run(self._write, pair)

    def _keep_consent(self, state: str, verifier: str) -> None:
        now = self._clock()
        with self._database.transaction() as database:
            database.execute("DELETE FROM consents WHERE made_ms < ?", (now - _CONSENT_MS,))
            database.execute("INSERT INTO consents VALUES (?, ?, ?)", (_digest(state), self._sealed(verifier), now))
            database.execute(
                "DELETE FROM consents WHERE state NOT IN (SELECT state FROM consents ORDER BY made_ms DESC LIMIT ?)",
                (_MAX_CONSENTS,),
            )

    def _take_consent(self, state: str) -> str | None:
        with self._database.transaction() as database:
            found = database.execute(
                "DELETE FROM consents WHERE state = ? RETURNING verifier, made_ms", (_digest(state),)
            ).fetchone()
        if found is None or self._clock() - found["made_ms"] > _CONSENT_MS:
            return None
        return self._opened(found["verifier"])

    # --- the row ---------------------------------------------------------------------------------------------------

    async def state(self) -> TokenState | None:
        """What is known of the tokens, without them; None before the first consent."""
        row = await self._database.run(self._row)
        if row is None:
            return None
        interrupted = row["refresh_started_ms"] is not None
        return TokenState(row["version"], row["obtained_ms"], row["expires_ms"], interrupted, bool(row["refused"]))

    def _row(self) -> Any:
        found = self._database.rows("SELECT * FROM tokens WHERE oa_id = ?", self._oa_id)
        return found[0] if found else None

    def _read(self) -> Token:
        row = self._row()
        if row is None:
            raise TokenError("token_missing")
        return Token(self._opened(row["access"]), row["version"], row["expires_ms"])

    def _start(self) -> str:
        """Mark that the refresh token is about to be spent, and give it."""
        with self._database.transaction() as database:
            row = self._row()
            if row["refused"]:
                raise TokenError("token_refused")
            if row["refresh_started_ms"] is not None:
                raise TokenError("token_interrupted")
            spending = self._opened(row["refresh"])
            database.execute("UPDATE tokens SET refresh_started_ms = ? WHERE oa_id = ?", (self._clock(), self._oa_id))
        return spending

    def _not_spent(self, refused: bool) -> None:
        with self._database.transaction() as database:
            database.execute(
                "UPDATE tokens SET refresh_started_ms = NULL, refused = ? WHERE oa_id = ?", (refused, self._oa_id)
            )

    def _write(self, pair: Pair) -> Token:
        now = self._clock()
        expires = now + pair.lifetime_s * 1000
        with self._database.transaction() as database:
            row = self._row()
            version = (row["version"] if row else 0) + 1
            database.execute(
                "INSERT OR REPLACE INTO tokens VALUES (?, ?, ?, ?, ?, ?, ?, NULL, 0)",
                (self._oa_id, self._sealed(pair.access), self._sealed(pair.refresh), now, expires, version, now),
            )
        return Token(pair.access, version, expires)

    def _sealed(self, text: str) -> bytes:
        return self._fernet.encrypt(text.encode())

    def _opened(self, sealed: bytes) -> str:
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken:
            raise TokenError("token_unreadable") from None


def _digest(state: str) -> bytes:
    return hashlib.sha256(state.encode("utf-8", "replace")).digest()


def try_lock(descriptor: int) -> bool:
    """Take an open file for this process alone, if no other has it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
