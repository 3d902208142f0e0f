"""What was asked and answered in sessions, with the thumbs of the people: one SQLite file."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from bot import sqlite
from bot.schemas import MessageOut

_BUSY_TIMEOUT_S = 5.0
_SCHEMA = """
CREATE TABLE IF NOT EXISTS turns (
    id INTEGER PRIMARY KEY, sender TEXT NOT NULL, client_id TEXT NOT NULL, asked TEXT NOT NULL, at REAL NOT NULL,
    UNIQUE (sender, client_id)
) STRICT;
CREATE INDEX IF NOT EXISTS turns_at ON turns (at);
CREATE TABLE IF NOT EXISTS messages (
    id TEXT PRIMARY KEY, turn INTEGER NOT NULL REFERENCES turns ON DELETE CASCADE, place INTEGER NOT NULL,
    body TEXT NOT NULL, rating TEXT, reason TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS messages_turn ON messages (turn);
CREATE TABLE IF NOT EXISTS erasures (sender TEXT PRIMARY KEY, at REAL NOT NULL) STRICT;
"""
_LAST_TURNS = """
SELECT turns.id, client_id, asked, at, messages.id, body, rating FROM turns JOIN messages ON turn = turns.id
WHERE turns.id IN (
    SELECT id FROM turns WHERE sender = :sender AND (:client_id IS NULL OR client_id = :client_id)
    ORDER BY id DESC LIMIT 50
) ORDER BY turns.id, place
"""
_RATING = """
SELECT rating, reason FROM messages JOIN turns ON turn = turns.id WHERE messages.id = ? AND sender = ?
"""

Rating = Literal["up", "down"]


class StoreError(Exception):
    """The file of conversations cannot be opened; the text says what to do."""


class UnknownMessageError(Exception):
    """The sender has no such message."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One question with its reply. `at`: seconds since 1970; `ratings` by message id."""

    client_id: str
    asked: str
    at: float
    messages: tuple[MessageOut, ...]
    ratings: Mapping[str, Rating] = field(default_factory=dict)


class ConversationStore:
    """Turns by sender. Every method is one transaction, blocks, and may be called from any thread.

    sqlite3.Error where the disk is full or the file damaged; the texts of these errors name tables, never contents.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        try:
            self._db = sqlite.connect(path, _SCHEMA, "NORMAL", _BUSY_TIMEOUT_S)
        except sqlite3.DatabaseError as error:
            raise StoreError(f"Không mở được {path} ({error}). Hãy dời tệp này đi nơi khác rồi chạy lại.") from error

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._db.close()

    def add(self, sender: str, turn: Turn) -> bool:
        """Keep a turn, in the place of an earlier one of the same client id.

        False, and nothing is kept, if the sender's conversation was erased after the question had been asked.
        """
        with self._transaction() as db:
            db.execute("DELETE FROM turns WHERE sender = ? AND client_id = ?", (sender, turn.client_id))
            added = db.execute(
                "INSERT INTO turns (sender, client_id, asked, at) SELECT :sender, :client_id, :asked, :at "
                "WHERE NOT EXISTS (SELECT 1 FROM erasures WHERE sender = :sender AND at >= :at)",
                {"sender": sender, "client_id": turn.client_id, "asked": turn.asked, "at": turn.at},
            )
            if not added.rowcount:
                return False
            db.executemany(
                "INSERT INTO messages (id, turn, place, body) VALUES (?, ?, ?, ?)",
                [
                    (message.message_id, added.lastrowid, place, message.model_dump_json())
                    for place, message in enumerate(turn.messages)
                ],
            )
            return True

    def find(self, sender: str, client_id: str) -> Turn | None:
        """The turn of that client id."""
        turns = self._turns(sender, client_id)
        return turns[0] if turns else None

    def history(self, sender: str) -> list[Turn]:
        """The last turns of a sender, oldest first."""
        return self._turns(sender)

    def _turns(self, sender: str, client_id: str | None = None) -> list[Turn]:
        with self._lock:
            rows = self._db.execute(_LAST_TURNS, {"sender": sender, "client_id": client_id}).fetchall()
        # What an older version kept in a shape that is no longer known is as good as forgotten.
        readable = (_turn(list(group)) for _, group in groupby(rows, key=lambda row: row[0]))
        return [turn for turn in readable if turn is not None]

    def rate(self, sender: str, message_id: str, rating: Rating | None, reason: str | None) -> bool:
        """Keep or take back a thumb; whether that changed it. UnknownMessageError if the message is not the sender's.

        The same thumb again, without a reason, leaves the reason that was given before.
        """
        with self._transaction() as db:
            row = db.execute(_RATING, (message_id, sender)).fetchone()
            if row is None:
                raise UnknownMessageError
            before, reason_before = row
            if rating == before:
                reason = reason or reason_before
            kept = reason if rating else None
            db.execute("UPDATE messages SET rating = ?, reason = ? WHERE id = ?", (rating, kept, message_id))
            return bool(rating != before)

    def begin_erasing(self, sender: str, at: float) -> None:
        """Delete everything of a sender, and from now on refuse what was asked until `at`."""
        with self._transaction() as db:
            db.execute("DELETE FROM turns WHERE sender = ?", (sender,))
            db.execute("INSERT OR REPLACE INTO erasures VALUES (?, ?)", (sender, at))
        self._leave_no_trace()

    def erasures(self) -> list[tuple[str, float]]:
        """Erasures that have begun and not ended: sender and moment."""
        with self._lock:
            return self._db.execute("SELECT sender, at FROM erasures").fetchall()

    def end_erasing(self, sender: str, at: float) -> None:
        """Nothing that was asked until `at` is under way any more."""
        with self._transaction() as db:
            db.execute("DELETE FROM erasures WHERE sender = ? AND at = ?", (sender, at))
        self._leave_no_trace()

    def forget_before(self, at: float) -> int:
        """Delete what was asked earlier; how many turns that were."""
        with self._transaction() as db:
            count = db.execute("DELETE FROM turns WHERE at < ?", (at,)).rowcount
        self._leave_no_trace()
        return count

    def _leave_no_trace(self) -> None:
        """What is deleted still stands in the write-ahead log until that is written back."""
        with self._lock:
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock, sqlite.transaction(self._db):
            yield self._db


def _turn(rows: list[tuple[Any, ...]]) -> Turn | None:
    """A turn from the rows of its messages, None where one of them cannot be read."""
    _, client_id, asked, at, *_ = rows[0]
    try:
        messages = tuple(MessageOut.model_validate_json(body) for *_, body, _ in rows)
    except ValidationError:
        return None
    return Turn(client_id, asked, at, messages, {message_id: rating for *_, message_id, _, rating in rows if rating})
