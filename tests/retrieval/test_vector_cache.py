from __future__ import annotations

import sqlite3
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.vector_cache import KEY_BYTES, VectorCache, key_of

TEXTS = [f"câu số {n}" for n in range(1200)]
KEYS = [key_of("passage", text) for text in TEXTS]


def _vectors(count: int, dimension: int = 4) -> np.ndarray:
    return np.random.default_rng(1).normal(size=(count, dimension)).astype(np.float32)


def _array(keys: list[bytes]) -> np.ndarray:
    return np.frombuffer(b"".join(keys), f"V{KEY_BYTES}")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "index" / "vectors.db"


def test_vectors_come_back_in_the_order_asked_also_twice(file: Path) -> None:
    cache, vectors = VectorCache(file, "m", 4), _vectors(1200)
    cache.add(KEYS, vectors)
    order = [7, 1100, 7, 0, 600]
    assert np.array_equal(cache.get([KEYS[n] for n in order]), vectors[order].astype(np.float16))
    assert cache.get([]).shape == (0, 4)


def test_what_is_known_outlives_the_process(file: Path) -> None:
    cache = VectorCache(file, "m", 4)
    cache.add(KEYS[:700], _vectors(700))
    again = VectorCache(file, "m", 4)  # the first one was never closed
    assert again.known(KEYS) == set(KEYS[:700])


def test_a_vector_that_is_not_there_is_an_error(file: Path) -> None:
    with pytest.raises(KeyError):
        VectorCache(file, "m", 4).get(KEYS[:1])


def test_another_model_starts_with_nothing(file: Path) -> None:
    cache = VectorCache(file, "m", 4)
    cache.add(KEYS[:3], _vectors(3))
    cache.close()
    assert VectorCache(file, "n", 4).known(KEYS) == set()


@pytest.mark.parametrize("raw", [b"khong phai co so du lieu " * 99, b"SQLite format 3\x00" + b"\xff" * 4000])
def test_a_damaged_file_is_thrown_away(file: Path, raw: bytes) -> None:
    file.parent.mkdir()
    file.write_bytes(raw)
    cache = VectorCache(file, "m", 4)
    cache.add(KEYS[:3], _vectors(3))
    assert cache.known(KEYS) == set(KEYS[:3])


def test_what_no_index_holds_any_more_goes_once_it_is_much(file: Path) -> None:
    cache = VectorCache(file, "m", 4)
    cache.add(KEYS, _vectors(1200))
    cache.keep_only(_array(KEYS[:1100]))
    assert len(cache.known(KEYS)) == 1200
    cache.keep_only(_array(KEYS[:900]))
    assert cache.known(KEYS) == set(KEYS[:900])


def test_no_place_to_write_is_said_and_nothing_is_thrown_away(file: Path) -> None:
    file.mkdir(parents=True)
    with pytest.raises(sqlite3.OperationalError):
        VectorCache(file, "m", 4)
    assert file.is_dir()


@given(st.text(), st.text(), st.sampled_from(["passage", "query a"]), st.sampled_from(["passage", "query a"]))
def test_keys_are_equal_when_text_and_role_are(one: str, other: str, role: str, another: str) -> None:
    assert (key_of(role, one) == key_of(another, other)) == ((role, one) == (another, other))
    assert len(key_of(role, one)) == KEY_BYTES
