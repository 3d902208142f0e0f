"""A learned linear map of question vectors: brings citizens' own words nearer to the titles that the State writes.

Small enough to ship, and tied to the model that it was learned with (`retrieval.learning.adapter`). Passages keep their
vectors when it is learned anew; the ways in which people ask for documents are embedded by it again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
LEARNED = Path(__file__).parent / "learned" / "adapter.npz"
PROBE = "Muốn làm giấy khai sinh cho con thì nộp hồ sơ ở đâu?"
_SAME_MODEL = 0.97


@dataclass(frozen=True, slots=True)
class QueryAdapter:
    """`vectors @ weight + bias`, made unit again. `probe`: the vector of PROBE by the model that it belongs to."""

    weight: Vectors
    bias: Vectors
    probe: Vectors

    def adapt(self, vectors: Vectors) -> Vectors:
        """Adapted unit vectors, shape (n, dimension)."""
        moved = vectors @ self.weight + self.bias
        return np.asarray(moved / np.linalg.norm(moved, axis=1, keepdims=True), np.float32)

    def was_learned_with(self, embed: Callable[[Sequence[str]], Vectors]) -> bool:
        """Whether a model gives the probe the vector that it had in learning."""
        vector = embed([PROBE])[0]
        return len(vector) == len(self.probe) and float(vector @ self.probe) >= _SAME_MODEL


@cache
def learned_adapter(path: Path = LEARNED) -> QueryAdapter:
    """The adapter that ships."""
    with np.load(path) as stored:
        return QueryAdapter(*(np.asarray(stored[name], np.float32) for name in ("weight", "bias", "probe")))
