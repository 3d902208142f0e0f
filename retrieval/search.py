"""Hybrid search: dense candidates and lexical candidates, both scored exactly, fused by weight."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from retrieval import tuning
from retrieval.embedder import Embedder
from retrieval.evidence import Question, context_of, coverage
from retrieval.index import Index
from retrieval.places import find_provinces
from retrieval.records import Hit


@dataclass(frozen=True, slots=True)
class Filters:
    """Restrict search to documents of one province and/or one year (of issue)."""

    province: str | None = None
    year: str | None = None


NO_FILTERS = Filters()


def search(
    index: Index, embedder: Embedder, question: Question, k: int = 10, filters: Filters = NO_FILTERS
) -> list[Hit]:
    """The k best passages for a question, best first, kept and rejected alike, with every score."""
    vector = embedder.embed_queries([question.expanded])
    lexical = index.lexical.scores(question.expanded)
    wanted = tuning.CANDIDATES if filters == NO_FILTERS else len(index.passages)
    rows = sorted({*index.dense_candidates(vector, wanted), *_top(lexical, wanted)})
    rows = [row for row in rows if _passes(index, row, filters)]
    if not rows:
        return []
    dense = index.vectors_of(rows) @ vector[0]
    weight = tuning.DENSE_WEIGHT_BARE if question.bare else tuning.DENSE_WEIGHT
    fused = weight * _min_max(dense) + (1 - weight) * _min_max(lexical[rows])
    best = np.argsort(-fused, kind="stable")[:k]
    hits = [
        Hit(
            index.passages[rows[i]],
            index.documents[index.passages[rows[i]].document_id],
            float(dense[i]),
            float(lexical[rows[i]]),
            float(fused[i]),
        )
        for i in best
    ]
    return [_judged(index, question, hit) for hit in hits]


def _top(scores: NDArray[np.float32], k: int) -> list[int]:
    k = min(k, len(scores))
    return [int(row) for row in np.argpartition(-scores, k - 1)[:k] if scores[row] > 0]


def _passes(index: Index, row: int, filters: Filters) -> bool:
    document = index.documents[index.passages[row].document_id]
    return (filters.province is None or document.province == filters.province) and (
        filters.year is None or (document.issued or "").startswith(filters.year)
    )


def _min_max(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    low, high = scores.min(), scores.max()
    return (scores - low) / (high - low) if high > low else np.ones_like(scores)


def _judged(index: Index, question: Question, hit: Hit) -> Hit:
    """The hit with its evidence, and the reason if it cannot answer this question."""
    whole = coverage(question, f"{context_of(hit.document, hit.passage)} {hit.passage.text}", index.lexical.idf)
    dense = float(np.clip((hit.dense - tuning.DENSE_LOW) / (tuning.DENSE_HIGH - tuning.DENSE_LOW), 0, 1))
    if question.bare:
        evidence = whole.terms * (1 - tuning.PAIR_WEIGHT_BARE) + whole.pairs * tuning.PAIR_WEIGHT_BARE
    else:
        evidence = (
            whole.terms * (1 - tuning.PAIR_WEIGHT - tuning.DENSE_EVIDENCE_WEIGHT)
            + whole.pairs * tuning.PAIR_WEIGHT
            + dense * tuning.DENSE_EVIDENCE_WEIGHT
        )
    judged = replace(hit, evidence=evidence)
    return replace(judged, rejected=_why_rejected(question, judged))


def _why_rejected(question: Question, hit: Hit) -> str | None:
    province = hit.document.province
    if question.provinces and province and province not in question.provinces:
        return "other_province"
    if question.provinces and not province and question.asks_figure:
        found = set(question.provinces) & set(_named(hit))
        if not found:
            return "other_province"
    threshold = tuning.EVIDENCE_BARE if question.bare else tuning.EVIDENCE
    return "weak_evidence" if hit.evidence < threshold else None


def _named(hit: Hit) -> list[str]:
    return find_provinces(f"{hit.passage.section} {hit.passage.text}")
