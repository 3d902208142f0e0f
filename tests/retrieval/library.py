"""Small documents written as real files, and the real index over them with the fake embedder."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

from retrieval.answer import Answerer
from retrieval.building import build
from retrieval.embedder import Embedder
from retrieval.index import Index, load
from retrieval.readers import read_sources
from retrieval.records import Document
from tests.fakes import FakeEmbedder

LIBRARY = Path(__file__).resolve().parent.parent / "data" / "library"
TODAY = date(2026, 11, 21)

FRONT = {
    "title": "Tài liệu thử",
    "kind": "huong_dan",
    "issuer": "Nhóm kiểm thử",
    "source": "tự viết",
    "issued": "2026-01-01",
    "checked_on": "2026-11-21",
}


def write_document(folder: Path, name: str, body: str, **front: object) -> Path:
    """A Markdown file with complete front matter; a field given as None is left out."""
    folder.mkdir(parents=True, exist_ok=True)
    fields = {key: value for key, value in {"id": name, **FRONT, **front}.items() if value is not None}
    # JSON is YAML, so any value can be written without minding its quotes.
    lines = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in fields.items()]
    path = folder / f"{name}.md"
    path.write_text("\n".join(["---", *lines, "---", "", body, ""]), encoding="utf-8")
    return path


def read_one(path: Path, strict: bool = False) -> Document:
    """The one document of a file that must be readable."""
    report = read_sources([path], strict)
    assert report.problems == []
    (document,) = report.documents
    return document


def build_index(sources: Path, folder: Path, embedder: Embedder | None = None) -> Index:
    """Read, build and load again."""
    embedder = embedder or FakeEmbedder()
    report = read_sources([sources], strict=True)
    assert report.problems == []
    build(report.documents, embedder, folder)
    return load(folder, embedder)


def open_answerer(sources: Path, folder: Path, today: date | Callable[[], date] = TODAY) -> Answerer:
    """An answerer over the documents of a folder, on a day that the test chooses."""
    clock = today if callable(today) else lambda: today
    return Answerer(build_index(sources, folder), FakeEmbedder(), clock)
