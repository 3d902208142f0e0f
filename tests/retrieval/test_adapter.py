from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from retrieval.adapter import PROBE, QueryAdapter, learned_adapter
from retrieval.embedder import Vectors
from tests.fakes import FakeEmbedder

SIZE = 384
UNIT = arrays(np.float32, (3, SIZE), elements=st.floats(-1, 1, width=32)).map(
    lambda rows: (rows + np.eye(3, SIZE)) / np.linalg.norm(rows + np.eye(3, SIZE), axis=1, keepdims=True)
)


def _towards(probe: Vectors, cosine: float) -> Vectors:
    """A unit vector with this cosine to the probe."""
    other = np.roll(probe, 1) - probe * float(np.roll(probe, 1) @ probe)
    other /= np.linalg.norm(other)
    return np.asarray(cosine * probe + (1 - cosine**2) ** 0.5 * other, np.float32)


@given(vectors=UNIT)
def test_adapted_vectors_are_unit_vectors_of_the_same_shape(vectors: Vectors) -> None:
    adapted = learned_adapter().adapt(np.asarray(vectors, np.float32))
    assert adapted.shape == vectors.shape
    assert adapted.dtype == np.float32
    assert np.linalg.norm(adapted, axis=1) == pytest.approx(1.0, abs=1e-5)


@given(vectors=UNIT)
def test_a_question_is_adapted_alike_alone_and_among_others(vectors: Vectors) -> None:
    vectors = np.asarray(vectors, np.float32)
    together = learned_adapter().adapt(vectors)
    for row, vector in enumerate(vectors):
        assert learned_adapter().adapt(vector[None])[0] == pytest.approx(together[row], abs=1e-5)


def test_no_question_at_all_stays_none() -> None:
    assert learned_adapter().adapt(np.empty((0, SIZE), np.float32)).shape == (0, SIZE)


def test_the_map_is_applied_as_written() -> None:
    swap = QueryAdapter(np.array([[0, 1], [1, 0]], np.float32), np.array([0, 1], np.float32), np.ones(2, np.float32))
    assert swap.adapt(np.array([[0.6, 0.8]], np.float32))[0] == pytest.approx(np.array([0.8, 1.6]) / 3.2**0.5)


def test_what_ships_is_whole() -> None:
    adapter = learned_adapter()
    assert adapter.weight.shape == (SIZE, SIZE)
    assert adapter.bias.shape == adapter.probe.shape == (SIZE,)
    assert all(np.isfinite(part).all() for part in (adapter.weight, adapter.bias, adapter.probe))
    assert float(np.linalg.norm(adapter.probe)) == pytest.approx(1.0, abs=1e-3)


def test_its_own_model_is_known_by_the_probe_alone() -> None:
    asked: list[str] = []

    def embed(texts: Sequence[str]) -> Vectors:
        asked.extend(texts)
        return learned_adapter().probe[None]

    assert learned_adapter().was_learned_with(embed)
    assert asked == [PROBE]


@pytest.mark.parametrize(("cosine", "same"), [(0.999, True), (0.99, True), (0.9, False), (0.0, False), (-1.0, False)])
def test_a_model_that_sees_the_probe_otherwise_is_another(cosine: float, same: bool) -> None:
    vector = _towards(learned_adapter().probe, cosine)
    assert learned_adapter().was_learned_with(lambda _: vector[None]) is same


@pytest.mark.parametrize("dimension", [65, SIZE, 768])
def test_other_models_are_refused_whatever_their_dimension(dimension: int) -> None:
    assert not learned_adapter().was_learned_with(FakeEmbedder(dimension=dimension).embed_queries)
