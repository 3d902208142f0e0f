"""SQLite files of the app: readable by their owner alone, one transaction at a time."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path


def connect(file: Path, schema: str, synchronous: str, wait_s: float) -> sqlite3.Connection:
    """Open or create a file that erases what is deleted; any thread may use it. OSError, sqlite3.Error.

    `synchronous`: FULL if a commit must outlive a power cut. `wait_s`: how long a step waits for another process.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    # Only a file that is not there yet: closing one that SQLite has open would drop SQLite's locks on it. SQLite gives
    # its side files the same mode.
    with contextlib.suppress(FileExistsError):
        os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    connection = sqlite3.connect(file, timeout=wait_s, isolation_level=None, check_same_thread=False)
    try:
        for pragma in ("journal_mode = WAL", f"synchronous = {synchronous}", "secure_delete = ON", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}")
        connection.executescript(schema)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All or nothing, and nobody else writes meanwhile."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # a full disk has already rolled it back
            connection.execute("ROLLBACK")
        raise
