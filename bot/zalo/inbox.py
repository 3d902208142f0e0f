"""The durable inbox: an event stands here before Zalo gets its 200, and until it is answered.

    row    new → asked (the bot was asked) → answered (the parts of the reply stand in `parts`) → done (reason)
    part   pending → sending → sent | unknown (may have arrived) | dropped (reason)

What people write and what is answered is erased when a row is done; its key stays, so that no replay is answered.
Of a person who has withdrawn only a keyed hash stays, so that what Zalo delivers late of theirs is not taken in again.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from bot.zalo.database import Database
from bot.zalo.events import Event, Kind, Receipt, StaffMessage

SCHEMA = """
CREATE TABLE IF NOT EXISTS inbox (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, sender TEXT NOT NULL,
    recipient TEXT NOT NULL, text TEXT NOT NULL, at_ms INTEGER NOT NULL, arrived_ms INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'new', reason TEXT NOT NULL DEFAULT '', failures INTEGER NOT NULL DEFAULT 0,
    not_before_ms INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS inbox_waiting ON inbox (sender, at_ms, id) WHERE state != 'done';
CREATE INDEX IF NOT EXISTS inbox_of_sender ON inbox (sender, arrived_ms);
CREATE INDEX IF NOT EXISTS inbox_arrived ON inbox (arrived_ms);
CREATE TABLE IF NOT EXISTS parts (
    row INTEGER NOT NULL REFERENCES inbox (id) ON DELETE CASCADE, position INTEGER NOT NULL, message TEXT NOT NULL,
    notice INTEGER NOT NULL, state TEXT NOT NULL DEFAULT 'pending', message_id TEXT NOT NULL DEFAULT '',
    reason TEXT NOT NULL DEFAULT '', quota TEXT NOT NULL DEFAULT '', PRIMARY KEY (row, position));
CREATE INDEX IF NOT EXISTS parts_sending ON parts (state) WHERE state = 'sending';
CREATE INDEX IF NOT EXISTS parts_sent ON parts (message_id) WHERE message_id != '';
CREATE TABLE IF NOT EXISTS receipts (message_id TEXT PRIMARY KEY, seen INTEGER NOT NULL, at_ms INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS staff (message_id TEXT PRIMARY KEY, sender TEXT NOT NULL, at_ms INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS staff_of_sender ON staff (sender, at_ms);
CREATE TABLE IF NOT EXISTS withdrawn (person BLOB PRIMARY KEY, at_ms INTEGER NOT NULL);
"""
# A person's erasure waits for nothing; everything else goes by Zalo's clock, then by arrival. An arrival in the future
# and a hold longer than any are of a clock that has been set back since: nobody waits for them.
_HEADS = """
SELECT * FROM (
    SELECT *, max(
            CASE WHEN not_before_ms > :now + :longest THEN 0 ELSE not_before_ms END,
            CASE WHEN arrived_ms > :now THEN 0 ELSE arrived_ms + :settle END) AS due_ms,
        row_number() OVER (PARTITION BY sender ORDER BY kind = 'withdraw' DESC, at_ms, id) AS place
    FROM inbox WHERE state != 'done' AND sender NOT IN (SELECT value FROM json_each(:busy)))
WHERE place = 1 ORDER BY due_ms, at_ms, id LIMIT :limit
"""
_MAX_WAITING = 20  # of one person; more is not a conversation
_NOTICE_POSITION = 0  # "the search is on" comes before the answer


@dataclass(frozen=True, slots=True)
class Row:
    """An event that waits."""

    id: int
    kind: Kind
    sender: str
    recipient: dict[str, str]
    text: str
    at_ms: int
    arrived_ms: int
    state: str
    failures: int
    due_ms: int


@dataclass(frozen=True, slots=True)
class Part:
    """One outgoing message. A notice is about the answer, not of it."""

    row: int
    position: int
    message: dict[str, Any]
    notice: bool
    state: str


class Inbox:
    """Events and replies in one database. Every method is one step: run it in the database's thread."""

    def __init__(self, database: Database, key: bytes) -> None:
        """`key`: a secret that is not in the database; without it nobody can tell who has withdrawn."""
        self._database, self._key = database, key

    def add(self, event: Event, arrived_ms: int) -> bool:
        """Keep an event; False if it is known already. Committed when this returns."""
        with self._database.transaction() as database:
            refused = self._why_not(event)
            added = database.execute(
                "INSERT INTO inbox (key, kind, sender, recipient, text, at_ms, arrived_ms, state, reason) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING",
                (
                    event.key, event.kind, "" if refused == "erased" else event.sender,
                    "{}" if refused == "erased" else json.dumps(dict(event.recipient)),
                    "" if refused else event.text, event.at_ms, arrived_ms, "done" if refused else "new", refused,
                ),
            )  # fmt: skip
            return added.rowcount == 1

    def _why_not(self, event: Event) -> str:
        """The reason why an event is not worked on, or ""."""
        if event.kind is Kind.WITHDRAW:
            return ""
        if self._has_withdrawn(event.sender, event.at_ms):
            return "erased"
        waiting = self._database.rows(
            "SELECT count(*) AS n FROM inbox WHERE sender = ? AND state != 'done'", event.sender
        )
        return "flood" if waiting[0]["n"] >= _MAX_WAITING else ""

    def _has_withdrawn(self, sender: str, at_ms: int) -> bool:
        """Whether a person withdrew at this time or later."""
        query = "SELECT 1 FROM withdrawn WHERE person = ? AND at_ms >= ?"
        return bool(self._database.rows(query, self._hash(sender), at_ms))

    def _hash(self, sender: str) -> bytes:
        return hmac.digest(self._key, b"withdrawn " + sender.encode(), "sha256")

    def add_receipt(self, receipt: Receipt, arrived_ms: int) -> bool:
        """Write down that messages of the bot arrived or were read; False if none of them is the bot's."""
        with self._database.transaction() as database:
            added = database.executemany(
                "INSERT INTO receipts SELECT message_id, ?, ? FROM parts WHERE message_id = ? AND message_id != '' "
                "ON CONFLICT (message_id) DO UPDATE SET seen = max(seen, excluded.seen)",
                [(receipt.seen, arrived_ms, message_id) for message_id in receipt.message_ids],
            )
            return added.rowcount > 0

    def add_staff_message(self, message: StaffMessage) -> bool:
        """Write down that a person of the office wrote; False if it is known already or to whom has withdrawn since."""
        with self._database.transaction() as database:
            if self._has_withdrawn(message.sender, message.at_ms):
                return False
            added = database.execute(
                "INSERT INTO staff VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                (message.message_id, message.sender, message.at_ms),
            )
            return added.rowcount == 1

    def is_with_staff(self, row: Row, quiet_ms: int) -> bool:
        """Whether somebody of the office wrote to this person after, or at most `quiet_ms` before, this event.

        It is not known for sure that Zalo marks only what was typed by hand: the bot's own messages never count. An
        answer of which a part is out already is not broken off.
        """
        found = self._database.rows(
            "SELECT 1 FROM staff WHERE sender = ? AND at_ms > ? "
            "AND message_id NOT IN (SELECT message_id FROM parts WHERE message_id = staff.message_id) "
            "AND NOT EXISTS (SELECT 1 FROM parts WHERE row = ? AND NOT notice AND state != 'pending') LIMIT 1",
            row.sender, row.at_ms - quiet_ms, row.id,
        )  # fmt: skip
        return bool(found)

    def heads(
        self, busy: Collection[str], limit: int, now_ms: int, settle_ms: int = 0, longest_hold_ms: int = 0
    ) -> list[Row]:
        """The next event of each person who is not busy, those that are due first."""
        values = {
            "busy": json.dumps(list(busy)), "limit": limit, "now": now_ms, "settle": settle_ms,
            "longest": longest_hold_ms,
        }  # fmt: skip
        found = self._database.rows_named(_HEADS, values)
        return [
            Row(
                row["id"], Kind(row["kind"]), row["sender"], json.loads(row["recipient"]), row["text"], row["at_ms"],
                row["arrived_ms"], row["state"], row["failures"], row["due_ms"],
            )
            for row in found
        ]  # fmt: skip

    def set_asked(self, row: int) -> None:
        """The bot is being asked. Until its answer is stored, a restart asks again."""
        with self._database.transaction() as database:
            database.execute("UPDATE inbox SET state = 'asked' WHERE id = ?", (row,))

    def set_answered(self, row: int, messages: Sequence[dict[str, Any]], notice: bool = False) -> None:
        """Store the whole reply in one step; what of an earlier one was not sent yet is replaced."""
        with self._database.transaction() as database:
            database.execute("UPDATE inbox SET state = 'answered' WHERE id = ?", (row,))
            database.execute("DELETE FROM parts WHERE row = ? AND state = 'pending'", (row,))
            for message in messages:
                self._append(row, message, notice)

    def add_notice(self, row: int, message: dict[str, Any], first: bool = False) -> bool:
        """Add a sentence about the answer, after it or (`first`) before it. False if it stands there already."""
        with self._database.transaction() as database:
            if not first:
                self._append(row, message, True)
                return True
            added = database.execute(
                "INSERT INTO parts (row, position, message, notice) VALUES (?, ?, ?, 1) ON CONFLICT DO NOTHING",
                (row, _NOTICE_POSITION, json.dumps(message)),
            )
            return added.rowcount == 1

    def _append(self, row: int, message: dict[str, Any], notice: bool) -> None:
        self._database.execute(
            "INSERT INTO parts (row, position, message, notice) "
            "SELECT ?, coalesce(max(position), 0) + 1, ?, ? FROM parts WHERE row = ?",
            (row, json.dumps(message), notice, row),
        )

    def parts(self, row: int) -> list[Part]:
        """All parts of a reply in order."""
        found = self._database.rows("SELECT * FROM parts WHERE row = ? ORDER BY position", row)
        return [
            Part(part["row"], part["position"], json.loads(part["message"]), bool(part["notice"]), part["state"])
            for part in found
        ]

    def set_part(self, part: Part, state: str, message_id: str = "", reason: str = "", quota: str = "") -> None:
        """Write down how far a part is."""
        with self._database.transaction() as database:
            database.execute(
                "UPDATE parts SET state = ?, message_id = ?, reason = ?, quota = ? WHERE row = ? AND position = ?",
                (state, message_id, reason, quota, part.row, part.position),
            )

    def interrupted(self) -> list[Part]:
        """Parts whose sending was under way when the process before this one ended; they become unknown."""
        with self._database.transaction() as database:
            found = self._database.rows("SELECT * FROM parts WHERE state = 'sending'")
            database.execute("UPDATE parts SET state = 'unknown', reason = 'interrupted' WHERE state = 'sending'")
        return [Part(part["row"], part["position"], {}, bool(part["notice"]), "unknown") for part in found]

    def finish(self, row: int, reason: str) -> None:
        """Done: what was not sent never will be, and the words go."""
        with self._database.transaction() as database:
            database.execute("UPDATE inbox SET state = 'done', reason = ?, text = '' WHERE id = ?", (reason, row))
            database.execute(
                "UPDATE parts SET state = 'dropped', reason = ? WHERE row = ? AND state = 'pending'", (reason, row)
            )
            database.execute("UPDATE parts SET message = '{}' WHERE row = ?", (row,))

    def postpone(self, row: int, until_ms: int, failed: bool = False) -> None:
        """Leave a row for later, and with it everything of its person."""
        with self._database.transaction() as database:
            database.execute(
                "UPDATE inbox SET not_before_ms = ?, failures = failures + ? WHERE id = ?", (until_ms, failed, row)
            )

    def wake_all(self) -> None:
        """Nothing waits any longer."""
        with self._database.transaction() as database:
            database.execute("UPDATE inbox SET not_before_ms = 0 WHERE state != 'done' AND not_before_ms > 0")

    def was_told(self, row: Row, since_ms: int) -> bool:
        """Whether an event of the same kind of the same person has lately been answered."""
        found = self._database.rows(
            "SELECT 1 FROM inbox JOIN parts ON parts.row = inbox.id WHERE sender = ? AND kind = ? AND arrived_ms > ? "
            "AND inbox.id != ? AND parts.state IN ('sent', 'unknown') LIMIT 1",
            row.sender, row.kind, since_ms, row.id,
        )  # fmt: skip
        return bool(found)

    def has_later(self, row: Row, until_ms: int) -> bool:
        """Whether the same person has another message waiting, written after this one and before `until_ms`."""
        found = self._database.rows(
            "SELECT 1 FROM inbox WHERE sender = ? AND state != 'done' AND kind = 'text' AND id != ? "
            "AND (at_ms, id) > (?, ?) AND at_ms < ? LIMIT 1",
            row.sender, row.id, row.at_ms, row.id, until_ms,
        )  # fmt: skip
        return bool(found)

    def erase(self, row: Row) -> None:
        """Everything of a person up to this event goes; keys and a hash stay: nothing of it is answered again."""
        with self._database.transaction() as database:
            values = {"sender": row.sender, "at": row.at_ms, "id": row.id}
            database.execute(
                "DELETE FROM parts WHERE row IN "
                "(SELECT id FROM inbox WHERE sender = :sender AND (at_ms <= :at OR id = :id))",
                values,
            )
            database.execute(
                "UPDATE inbox SET state = 'done', reason = 'erased', text = '', recipient = '{}', sender = '' "
                "WHERE sender = :sender AND (at_ms <= :at OR id = :id)",
                values,
            )
            database.execute("DELETE FROM staff WHERE sender = :sender AND at_ms <= :at", values)
            database.execute(
                "INSERT INTO withdrawn VALUES (?, ?) ON CONFLICT DO UPDATE SET at_ms = max(at_ms, excluded.at_ms)",
                (self._hash(row.sender), row.at_ms),
            )
        self._database.forget_pages()

    def purge(self, before_ms: int) -> None:
        """Forget rows that were done long ago."""
        with self._database.transaction() as database:
            database.execute("DELETE FROM inbox WHERE state = 'done' AND arrived_ms < ?", (before_ms,))
            database.execute("DELETE FROM receipts WHERE at_ms < ?", (before_ms,))
            database.execute("DELETE FROM staff WHERE at_ms < ?", (before_ms,))
            database.execute("DELETE FROM withdrawn WHERE at_ms < ?", (before_ms,))

    def counts(self) -> dict[str, int]:
        """How many rows are in each state, parts by state and (sent ones) by quota, receipts; and the last arrival."""
        queries = {
            "": "SELECT state AS name, count(*) AS n FROM inbox GROUP BY state",
            "part_": "SELECT state AS name, count(*) AS n FROM parts GROUP BY state",
            "quota_": "SELECT quota AS name, count(*) AS n FROM parts WHERE state = 'sent' GROUP BY quota",
            "phone_": "SELECT 'seen' AS name, count(*) AS n FROM receipts WHERE seen GROUP BY 1 "
            "UNION ALL SELECT 'received' AS name, count(*) FROM receipts GROUP BY 1",
            "last_": "SELECT 'ms' AS name, max(arrived_ms) AS n FROM inbox GROUP BY 1",
            "with_": "SELECT reason AS name, count(*) AS n FROM inbox WHERE reason = 'staff' GROUP BY reason",
        }
        return {
            f"{prefix}{row['name']}": row["n"]
            for prefix, query in queries.items()
            for row in self._database.rows(query)
        }
