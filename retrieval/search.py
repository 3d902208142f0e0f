"""Hybrid search: dense candidates and lexical candidates, both scored exactly, fused by weight."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retrieval import tuning
from retrieval.embedder import Embedder, Vectors
from retrieval.index import Index
from retrieval.question import Question
from retrieval.records import Document, Hit

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Filters:
    """Restrict search to documents of one province and/or one year (of issue)."""

    province: str | None = None
    year: str | None = None


NO_FILTERS = Filters()


def search(
    index: Index,
    embedder: Embedder,
    question: Question,
    k: int = 10,
    filters: Filters = NO_FILTERS,
    include: Sequence[int] = (),
    readable: Callable[[Document], bool] | None = None,
) -> tuple[list[Hit], Vectors]:
    """The k best passages for a question, best first, with their scores; and its vector, shape (dimension,).

    Rows in `include` come back after the k best if they are not among them; those of documents that are not `readable`
    do not.
    """
    passing = None if filters == NO_FILTERS else _passing(index, filters)
    vector = embedder.embed_queries([question.expanded])
    lexical = index.lexical.scores(question.expanded)
    asked = index.asked.nearest(vector[0])
    nearest = sorted((name for name in asked if asked[name] > 0), key=asked.__getitem__)[-tuning.ASKED_DOCUMENTS :]
    asked_rows = [row for name in nearest for row in index.asked.rows[name]]
    rows = sorted({*_dense(index, vector, passing), *_lexical(lexical, passing), *asked_rows, *include})
    rows = [row for row in rows if passing is None or passing[row]]
    if readable is not None:
        rows = [row for row in rows if row in include or readable(index.document_of(index.passages[row]))]
    if not rows:
        return [], vector[0]
    dense, sentence = index.vectors_of(rows) @ vector[0], index.best_sentences(rows, vector[0])
    weights = tuning.FUSION_BARE if question.bare else tuning.FUSION
    sides = (dense, sentence, lexical[rows])
    near = np.array([asked.get(index.passages[row].document_id, 0.0) for row in rows], np.float32)
    fused = np.asarray(sum(weight * _min_max(side) for weight, side in zip(weights, sides, strict=True)))
    order = [int(i) for i in np.argsort(-(fused + tuning.ASKED * near), kind="stable")]
    best = order[:k] + [i for i in order[k:] if rows[i] in include]
    return [
        Hit(
            index.passages[rows[i]],
            index.document_of(index.passages[rows[i]]),
            float(dense[i]),
            float(sentence[i]),
            float(lexical[rows[i]]),
            float(fused[i]),
            float(near[i]),
        )
        for i in best
    ], vector[0]


def _dense(index: Index, vector: Vectors, passing: Mask | None) -> list[int]:
    """Rows of the nearest passages; further ones are looked at until enough of them pass."""
    k = tuning.CANDIDATES
    while True:
        rows = index.dense_candidates(vector, k)
        found = rows if passing is None else [row for row in rows if passing[row]]
        if len(found) >= tuning.CANDIDATES or k >= len(index.passages):
            return found[: tuning.CANDIDATES]
        k *= 8


def _lexical(scores: NDArray[np.float32], passing: Mask | None) -> list[int]:
    scores = scores if passing is None else np.where(passing, scores, 0)
    k = min(tuning.CANDIDATES, len(scores))
    return [int(row) for row in np.argpartition(-scores, k - 1)[:k] if scores[row] > 0]


def _passing(index: Index, filters: Filters) -> Mask:
    """Which passages are of documents that pass, shape (passages,)."""
    documents = np.array([_passes(document, filters) for document in index.documents.values()])
    return documents[index.passage_documents]


def _passes(document: Document, filters: Filters) -> bool:
    return (filters.province is None or document.province == filters.province) and (
        filters.year is None or (document.issued or "").startswith(filters.year)
    )


def _min_max(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    low, high = scores.min(), scores.max()
    if high > low:
        return np.asarray((scores - low) / (high - low), np.float32)
    return np.ones_like(scores) if high > 0 else np.zeros_like(scores)  # a side that found nothing says nothing
