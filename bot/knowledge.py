"""Keeps the running app on the current index: a new one is loaded beside the old, then takes its place in one step."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

from retrieval.answer import Answerer
from retrieval.embedder import Embedder
from retrieval.errors import IndexUnusableError
from retrieval.index import load
from retrieval.versions import current

log = logging.getLogger(__name__)


async def open_index(folder: Path, embedder: Embedder) -> Answerer:
    """An answerer of the current index, ready for its first question. IndexUnusableError if it cannot be used."""
    return await asyncio.to_thread(_open, folder, embedder)


def _open(folder: Path, embedder: Embedder) -> Answerer:
    answerer = Answerer(load(folder, embedder), embedder)
    answerer.find("khởi động", 1)  # the first question should not wait for files to be read
    log.info("index loaded: %d passages of %d documents", len(answerer.index.passages), len(answerer.index.documents))
    return answerer


async def follow(folder: Path, embedder: Embedder, seen: str, take: Callable[[Answerer], None], every_s: float) -> None:
    """Look for another index than `seen` every `every_s` seconds and hand it to `take`.

    One that cannot be used is left, and said in the log. Questions under way keep the index that they began with.
    """
    while True:
        await asyncio.sleep(every_s)
        name = current(folder)
        if name is None or name == seen:
            continue
        seen = name
        try:
            take(await open_index(folder, embedder))
        except (IndexUnusableError, OSError, ValueError):
            log.exception("new index %s cannot be used; the one before stays", name)
