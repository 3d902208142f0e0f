"""A SQLite file with the one thread that works on it, so that the event loop never waits for a disk."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import ParamSpec, TypeVar

from bot import sqlite

P = ParamSpec("P")
T = TypeVar("T")


class StoreError(Exception):
    """A file of the Zalo door cannot be used; the text names it and says what to do."""


class Database:
    """Every commit is on the disk before it counts. The file is readable by its owner alone."""

    def __init__(self, file: Path, schema: str, wait_s: float = 10.0) -> None:
        """Open or create `file`. `wait_s`: how long a step waits for another process. StoreError."""
        try:
            self._connection = sqlite.connect(file, schema, "FULL", wait_s)
        except (OSError, sqlite3.Error) as error:
            raise StoreError(f"Không mở được tệp {file}: {error}. Xem docs/zalo.md") from error
        self._connection.row_factory = sqlite3.Row
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=file.stem)

    async def run(self, step: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do a step in this file's thread. A step once begun is finished, even if nobody waits for it any more."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, lambda: step(*args, **kwargs))

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing, and nobody else writes meanwhile."""
        with sqlite.transaction(self._connection):
            yield self._connection

    def rows(self, query: str, *values: object) -> list[sqlite3.Row]:
        """What a query finds."""
        return self._connection.execute(query, values).fetchall()

    def rows_named(self, query: str, values: Mapping[str, object]) -> list[sqlite3.Row]:
        """What a query with named values finds."""
        return self._connection.execute(query, dict(values)).fetchall()

    def execute(self, statement: str, values: tuple[object, ...]) -> None:
        """A statement inside of the transaction under way."""
        self._connection.execute(statement, values)

    def forget_pages(self) -> None:
        """Empty the write-ahead log, so that what was erased is in no file."""
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Finish the step under way and close the file."""
        self._thread.shutdown(wait=True)
        self._connection.close()
