"""BM25 over stripped syllables and bigrams: finds what people type without diacritics."""

from __future__ import annotations

import logging
from array import array
from collections.abc import Iterable
from pathlib import Path

import bm25s
import numpy as np
from numpy.typing import NDArray

from retrieval.text import search_terms
from retrieval.tuning import BM25_B, BM25_K1

logging.getLogger("bm25s").setLevel(logging.WARNING)  # it tells every step
_IMPOSSIBLE = "\0"


class LexicalIndex:
    """A BM25 index over texts, in the order in which they were given."""

    def __init__(self, bm25: bm25s.BM25, count: int) -> None:
        self._bm25, self._count = bm25, count
        # Document frequency of each term: how many entries its column of the score matrix has.
        self._frequency = np.diff(np.asarray(bm25.scores["indptr"]))

    @classmethod
    def build(cls, texts: Iterable[str]) -> LexicalIndex:
        """Index texts."""
        terms: dict[str, int] = {}
        ids = [
            array("i", [terms.setdefault(term, len(terms)) for term in search_terms(text) or [_IMPOSSIBLE]])
            for text in texts
        ]
        bm25 = bm25s.BM25(method="lucene", k1=BM25_K1, b=BM25_B)
        bm25.index((ids, terms), create_empty_token=False, show_progress=False)
        return cls(bm25, len(ids))

    @classmethod
    def load(cls, folder: Path, count: int) -> LexicalIndex:
        """Load what `save` wrote."""
        return cls(bm25s.BM25.load(str(folder), load_corpus=False, mmap=True), count)

    def save(self, folder: Path) -> None:
        """Write JSON and npy files into `folder`."""
        self._bm25.save(str(folder), show_progress=False)

    def scores(self, question: str) -> NDArray[np.float32]:
        """The BM25 score of every text, shape (count,), zeros where nothing matches."""
        known = [term for term in search_terms(question) if term in self._bm25.vocab_dict]
        if not known:
            return np.zeros(self._count, np.float32)
        return np.asarray(self._bm25.get_scores(known), dtype=np.float32)

    def idf(self, term: str) -> float:
        """Inverse document frequency of a term (natural logarithm, ≥ 0); the greatest possible where it is unknown."""
        row = self._bm25.vocab_dict.get(term)
        frequency = 0 if row is None else int(self._frequency[row])
        return float(np.log1p((self._count - frequency + 0.5) / (frequency + 0.5)))
