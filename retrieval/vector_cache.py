"""Vectors that were already made, by the text that they are of: so that a killed build goes on where it stopped."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

KEY_BYTES = 16
_AT_ONCE = 500
# Vectors of texts that the index no longer holds, as a share of all, before they are thrown away.
_WASTE = 0.2
Keys = NDArray[np.void]


def key_of(role: str, text: str) -> bytes:
    """The key of a text. `role` tells apart what is embedded differently."""
    return hashlib.blake2b(f"{role}\0{text}".encode(), digest_size=KEY_BYTES).digest()


class VectorCache:
    """An SQLite file of float16 vectors of one model. Each `add` is durable when it returns."""

    def __init__(self, file: Path, model: str, dimension: int) -> None:
        """Open or create `file`. What another model made, or a damaged file, is thrown away."""
        self._file, self._dimension = file, dimension
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._database = self._open(model)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):  # no space, no permission: nothing is wrong with the file
                raise
            _remove(file)
            self._database = self._open(model)

    def _open(self, model: str) -> sqlite3.Connection:
        database = sqlite3.connect(self._file, timeout=60)
        try:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = NORMAL")
            database.execute("CREATE TABLE IF NOT EXISTS made_by (model TEXT)")
            database.execute("CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB) WITHOUT ROWID")
            if [(model,)] != database.execute("SELECT model FROM made_by").fetchall():
                database.execute("DELETE FROM vectors")
                database.execute("DELETE FROM made_by")
                database.execute("INSERT INTO made_by VALUES (?)", (model,))
            database.commit()
        except BaseException:
            database.close()
            raise
        return database

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def known(self, keys: Sequence[bytes]) -> set[bytes]:
        """Those of the keys whose vectors are here."""
        found: set[bytes] = set()
        for part in _parts(keys):
            found.update(key for (key,) in self._select("key", part))
        return found

    def add(self, keys: Sequence[bytes], vectors: NDArray[np.floating]) -> None:
        """Keep vectors, shape (len(keys), dimension)."""
        rows = zip(keys, (row.tobytes() for row in vectors.astype(np.float16)), strict=True)
        with self._database:
            self._database.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)

    def get(self, keys: Sequence[bytes]) -> NDArray[np.float16]:
        """The vectors of keys, float16, shape (len(keys), dimension). KeyError if one is not here."""
        found: dict[bytes, bytes] = {}
        for part in _parts(list(dict.fromkeys(keys))):
            found.update(self._select("key, vector", part))
        raw = b"".join(found[key] for key in keys)
        return np.frombuffer(raw, np.float16).reshape(len(keys), self._dimension)

    def keep_only(self, keys: Keys) -> None:
        """Throw away the vectors of all other keys, once they are many. `keys`: shape (n,), of KEY_BYTES bytes each."""
        (count,) = self._database.execute("SELECT count(*) FROM vectors").fetchone()
        if count <= len(np.unique(keys)) * (1 + _WASTE):
            return
        with self._database:
            self._database.execute("CREATE TEMP TABLE used (key BLOB PRIMARY KEY) WITHOUT ROWID")
            self._database.executemany("INSERT OR IGNORE INTO used VALUES (?)", ((key.tobytes(),) for key in keys))
            self._database.execute("DELETE FROM vectors WHERE key NOT IN (SELECT key FROM used)")
            self._database.execute("DROP TABLE used")
        self._database.execute("VACUUM")

    def _select(self, columns: str, keys: Sequence[bytes]) -> Iterator[Any]:
        marks = ",".join("?" * len(keys))
        with closing(self._database.cursor()) as cursor:
            yield from cursor.execute(f"SELECT {columns} FROM vectors WHERE key IN ({marks})", keys)  # noqa: S608


def _parts(keys: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    return (keys[start : start + _AT_ONCE] for start in range(0, len(keys), _AT_ONCE))


def _remove(file: Path) -> None:
    for ending in ("", "-wal", "-shm"):
        file.with_name(file.name + ending).unlink(missing_ok=True)
