"""The index: passages, their vectors in FAISS, BM25, and how people ask; loaded from what `retrieval.building` wrote.

DIR/<version>/documents.jsonl  passages.jsonl  passage_starts.npy  passage_documents.npy  signposts.npy
              vectors/  sentences.npy  sentence_starts.npy  asked.npy  lexical/
"""

from __future__ import annotations

import json
import mmap
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from retrieval import tuning, vectors
from retrieval.embedder import Embedder, Vectors
from retrieval.errors import IndexModelError
from retrieval.lexical import LexicalIndex
from retrieval.records import Clause, Document, Passage
from retrieval.split import passage_spans
from retrieval.vectors import VectorIndex
from retrieval.versions import read_manifest

_PASSAGES_AT_HAND = 4096


@dataclass(frozen=True)
class Asked:
    """How people ask for documents. `vectors`: float16, shape (phrases, dimension), document by document.

    `starts`: the first phrase of each document; `rows`: each document that is asked for, with its passages.
    """

    vectors: NDArray[np.float16]
    starts: NDArray[np.int64]
    rows: dict[str, list[int]]

    def nearest(self, query: Vectors) -> dict[str, float]:
        """How near each document's nearest phrase is to a query vector, shape (dimension,).

        From 0, as far as half of all phrases, to 1, the same: models differ in how near they put what is far.
        """
        if not self.rows:
            return {}
        scores = self.vectors.astype(np.float32) @ query
        middle = float(np.median(scores))
        best = np.maximum.reduceat(scores, self.starts)
        near = np.clip((best - middle) / max(1 - middle, 1e-6), 0, 1)
        near = np.clip((near - tuning.ASKED_FROM) / (1 - tuning.ASKED_FROM), 0, 1)
        return dict(zip(self.rows, near.tolist(), strict=True))


class Passages(Sequence[Passage]):
    """The passages of an index, read from the file as they are needed: most are never asked for."""

    def __init__(self, file: Path, starts: NDArray[np.int64]) -> None:
        """`starts`: where the line of each passage begins, and the end of the file, shape (passages + 1,)."""
        self._starts = starts
        with file.open("rb") as stream:
            lines = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
        # Not a method: what refers to itself would keep the file open until it is looked for.
        self._read = lru_cache(_PASSAGES_AT_HAND)(partial(_passage, lines, starts))

    def __len__(self) -> int:
        return len(self._starts) - 1

    @overload
    def __getitem__(self, row: int) -> Passage: ...
    @overload
    def __getitem__(self, row: slice) -> Sequence[Passage]: ...
    def __getitem__(self, row: int | slice) -> Passage | Sequence[Passage]:
        if isinstance(row, slice):
            return [self._read(n) for n in range(*row.indices(len(self)))]
        if not -len(self) <= row < len(self):
            raise IndexError(row)
        return self._read(int(row) % len(self))


def _passage(lines: mmap.mmap, starts: NDArray[np.int64], row: int) -> Passage:
    record = json.loads(lines[starts[row] : starts[row + 1]])
    clauses = tuple(Clause(**clause) for clause in record.pop("clauses", ()))
    topics = tuple(record.pop("topics", ()))
    return Passage(**record, topics=topics, clauses=clauses, row=row)


@dataclass(frozen=True)
class Index:
    """A loaded index. Row i of `vectors` belongs to passage i.

    `sentences`: float16 vectors, shape (sentences of all passages, dimension); those of passage i stand in rows
    `sentence_starts[i]:sentence_starts[i + 1]`. Read from disk as they are needed. `asked`: how people ask for them.
    `passage_documents`: the place of each passage's document in `documents`. `signposts`: rows of passages that a
    topic or a heading written as a question leads to. `version`: its name on disk.
    """

    documents: dict[str, Document]
    passages: Passages
    vectors: VectorIndex
    lexical: LexicalIndex
    manifest: dict[str, Any]
    sentences: NDArray[np.float16]
    sentence_starts: NDArray[np.int64]
    asked: Asked
    passage_documents: NDArray[np.int32]
    signposts: NDArray[np.int64]
    version: str

    @cached_property
    def _places(self) -> dict[str, int]:
        return {identity: place for place, identity in enumerate(self.documents)}

    def rows_of(self, document_id: str) -> range:
        """The rows of a document's passages, in their order; empty if there is no such document."""
        if (place := self._places.get(document_id)) is None:
            return range(0)
        return range(*np.searchsorted(self.passage_documents, [place, place + 1]).tolist())

    def document_of(self, passage: Passage) -> Document:
        """The document that a passage is of, as its article has it."""
        return self.documents[passage.document_id].article(passage.section)

    def dense_candidates(self, query: Vectors, k: int) -> list[int]:
        """Rows of the k passages nearest to one query vector of shape (1, dimension)."""
        rows, _ = self.vectors.search(query, min(k, len(self.passages)))
        return [int(row) for row in rows[0] if row >= 0]

    def vectors_of(self, rows: Sequence[int]) -> Vectors:
        """The vectors of some rows, shape (len(rows), dimension)."""
        return self.vectors.vectors(rows)

    def best_sentences(self, rows: Sequence[int], query: Vectors) -> NDArray[np.float32]:
        """The greatest cosine of one query vector, shape (dimension,), with a sentence of each row."""
        starts, ends = self.sentence_starts[list(rows)], self.sentence_starts[[row + 1 for row in rows]]
        vectors = np.concatenate([self.sentences[start:end] for start, end in zip(starts, ends, strict=True)])
        first = np.concatenate([[0], np.cumsum(ends - starts)[:-1]])
        return np.asarray(np.maximum.reduceat(vectors.astype(np.float32) @ query, first), np.float32)


def sentences_of(passage: Passage) -> list[str]:
    """The sentences of a passage, at least one."""
    return [passage.text[start:end] for start, end in passage_spans(passage)]


def load(folder: Path, embedder: Embedder) -> Index:
    """Load the current index. IndexMissingError, IndexDamagedError, or IndexModelError if another model built it."""
    version, manifest = read_manifest(folder)
    model = manifest["model"]
    if model["fingerprint"] != embedder.fingerprint:
        raise IndexModelError(
            f"Chỉ mục {version} do mô hình '{model['name']}' tạo, không dùng được với '{embedder.name}'. "
            "Hãy chạy: make index"
        )
    documents = [Document.of_record(record) for record in _read_lines(version / "documents.jsonl")]
    passages = Passages(version / "passages.jsonl", np.load(version / "passage_starts.npy"))
    places = np.load(version / "passage_documents.npy")
    return Index(
        documents={document.id: document for document in documents},
        passages=passages,
        vectors=vectors.load(version / "vectors", mmap=True),
        lexical=LexicalIndex.load(version / "lexical", len(passages)),
        manifest=manifest,
        sentences=np.load(version / "sentences.npy", mmap_mode="r"),
        sentence_starts=np.load(version / "sentence_starts.npy"),
        asked=_asked(np.load(version / "asked.npy"), documents, places),
        passage_documents=places,
        signposts=np.load(version / "signposts.npy"),
        version=version.name,
    )


def _asked(phrases: NDArray[np.float16], documents: Sequence[Document], places: NDArray[np.int32]) -> Asked:
    """Passages stand document by document, so those of one are a run of rows."""
    with_phrases = [(place, document) for place, document in enumerate(documents) if document.asked_as]
    firsts = np.searchsorted(places, [place for place, _ in with_phrases])
    ends = np.searchsorted(places, [place for place, _ in with_phrases], side="right")
    runs = zip(with_phrases, firsts, ends, strict=True)
    rows = {document.id: list(range(first, end)) for (_, document), first, end in runs}
    counts = [len(document.asked_as) for _, document in with_phrases]
    return Asked(phrases, np.cumsum([0, *counts])[:-1], rows)


def _read_lines(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as stream:
        return [json.loads(line) for line in stream]
