"""Fakes of what stands at the far edge. Everything else in the tests is real."""

from __future__ import annotations

from collections.abc import Sequence
from zlib import crc32

import numpy as np

from retrieval.embedder import Vectors
from retrieval.text import normalise, strip_diacritics, words

_ALIKE = 0.75


class FakeEmbedder:
    """A bag of syllables without diacritics, each counted in the dimension that its CRC names.

    Two texts have the cosine 0.75 + 0.25 × (cosine of their bags), so 0.75 with nothing in common and 1 when equal:
    about the range of multilingual-e5. `embedded` lists every passage that was given, in order.
    """

    def __init__(self, name: str = "fake", fingerprint: str = "fake-1", dimension: int = 65) -> None:
        self.name, self.fingerprint, self.dimension = name, fingerprint, dimension
        self.embedded: list[str] = []

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        return self._vectors(texts)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        self.embedded.extend(texts)
        return self._vectors(texts)

    def _vectors(self, texts: Sequence[str]) -> Vectors:
        return np.stack([self._vector(text) for text in texts])

    def _vector(self, text: str) -> Vectors:
        bag = np.zeros(self.dimension - 1, np.float32)
        for syllable in words(strip_diacritics(normalise(text))):
            bag[crc32(syllable.encode()) % len(bag)] += 1
        length = np.linalg.norm(bag)
        bag = bag / length if length else np.full_like(bag, len(bag) ** -0.5)
        return np.concatenate([[_ALIKE**0.5], bag * (1 - _ALIKE) ** 0.5]).astype(np.float32)
