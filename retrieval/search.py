"""Hybrid search: dense candidates and lexical candidates, both scored exactly, fused by weight."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from retrieval import tuning
from retrieval.embedder import Embedder, Vectors
from retrieval.index import Index
from retrieval.question import Question
from retrieval.records import Document, Hit, first_day, is_over
from retrieval.text import strip_diacritics

# A kind as our own documents write it, and as the portal does.
_SAME_KIND = {"thu_tuc_hanh_chinh": "thu_tuc"}

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Filters:
    """Restrict search to documents of one province, one year of issue, one kind ("luat", "Luật"), in force on a day.

    One that gives no dates of effect passes from the day of its issue on.
    """

    province: str | None = None
    year: str | None = None
    kind: str | None = None
    in_force_on: date | None = None


NO_FILTERS = Filters()
# To ask tens of thousands of documents takes longer than to search; most ask for the same: in force today.
_masks: dict[tuple[str, Filters], Mask] = {}
_MASKS_KEPT = 32


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
    if passing is not None:  # an article of a document that passes may have dates of its own
        rows = [row for row in rows if passing[row] and _passes(index.document_of(index.passages[row]), filters)]
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
    """Which passages are of documents that pass as a whole or in an article, shape (passages,)."""
    mask = _masks.get((index.version, filters))
    if mask is None:
        documents = np.array([_may_pass(document, filters) for document in index.documents.values()])
        mask = documents[index.passage_documents]
        if len(_masks) >= _MASKS_KEPT:
            _masks.clear()
        _masks[index.version, filters] = mask
    return mask


def _may_pass(document: Document, filters: Filters) -> bool:
    return _passes(document, filters) or any(
        _passes(document.article(heading), filters) for heading in document.articles
    )


def _passes(document: Document, filters: Filters) -> bool:
    return (
        (filters.province is None or document.province == filters.province)
        and (filters.year is None or (document.issued or "").startswith(filters.year))
        and (filters.kind is None or kind_key(document.kind) == kind_key(filters.kind))
        and (
            filters.in_force_on is None
            or _holds(document.issued, document.effective_from, document.effective_to, filters.in_force_on)
        )
    )


@lru_cache(maxsize=1024)
def kind_key(kind: str | None) -> str:
    """A kind of document in one spelling: "Thông tư" and "thong_tu" are one, as are both names of a procedure."""
    key = "_".join(strip_diacritics(kind or "").replace("_", " ").split())
    return _SAME_KIND.get(key, key)


@lru_cache(maxsize=65_536)
def _holds(issued: str | None, effective_from: str | None, effective_to: str | None, day: date) -> bool:
    """Whether what was issued and holds so is in force on a day, as far as is known."""
    begins = effective_from or issued
    return (begins is None or first_day(begins) <= day) and not is_over(effective_to, day)


def _min_max(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    low, high = scores.min(), scores.max()
    if high > low:
        return np.asarray((scores - low) / (high - low), np.float32)
    return np.ones_like(scores) if high > 0 else np.zeros_like(scores)  # a side that found nothing says nothing
