"""One contract for every place where vectors can live. An engine joins by a line in ENGINES."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from retrieval import vectors
from retrieval.engines import milvus
from retrieval.errors import IndexDamagedError, IndexMissingError, RetrievalError
from retrieval.vectors import FLAT, HNSW, FaissVectors, Kind, VectorIndex, Vectors

Make = Callable[[Vectors], VectorIndex]
DIMENSION = 16
KINDS = {
    "flat": FLAT,
    "float32": Kind("Flat"),
    "scan": vectors.scan(DIMENSION),
    "HNSW": HNSW,
    "IVF": Kind("IVF16,SQfp16", 8),
}
ENGINES = [*KINDS, "milvus"]
# Half precision keeps eleven bits.
CLOSE = 2e-3


def unit(values: Any) -> Vectors:
    array = np.asarray(values, np.float32)
    return np.asarray(array / np.linalg.norm(array, axis=-1, keepdims=True), np.float32)


def random_vectors(count: int, seed: int = 0) -> Vectors:
    """Unit vectors that lie near one another, as those of an embedding model do."""
    random = np.random.default_rng(seed)
    centres = random.standard_normal((12, DIMENSION))
    return unit(1 + centres[random.integers(12, size=count)] + 0.4 * random.standard_normal((count, DIMENSION)))


def blocks(array: Vectors, size: int = 700) -> Iterator[Vectors]:
    for start in range(0, len(array), size):
        yield array[start : start + size]


def best(array: Vectors, query: Vectors, k: int) -> list[list[int]]:
    return [[int(i) for i in np.argsort(-(array @ q), kind="stable")[:k]] for q in query]


@pytest.fixture(scope="module")
def milvus_client(tmp_path_factory: pytest.TempPathFactory) -> Any:
    pytest.importorskip("pymilvus", reason="chưa cài pymilvus và milvus-lite (không bắt buộc)")
    pytest.importorskip("milvus_lite", reason="chưa cài milvus-lite (không bắt buộc)")
    client = milvus.connect(str(tmp_path_factory.mktemp("milvus") / "passages.db"))
    yield client
    client.close()


def make(name: str, array: Vectors, folder: Path, request: pytest.FixtureRequest) -> VectorIndex:
    if name == "milvus":
        client = request.getfixturevalue("milvus_client")
        collection = f"passages_{len(client.list_collections())}"
        return milvus.build(blocks(array), len(array), DIMENSION, client, collection)
    return vectors.build(blocks(array), len(array), DIMENSION, KINDS[name], folder)


@pytest.fixture(params=ENGINES)
def build(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    return lambda array: make(request.param, array, tmp_path / "vectors", request)


@pytest.fixture(scope="module")
def many() -> Vectors:
    return random_vectors(3_000)


@pytest.fixture(scope="module", params=ENGINES)
def large(request: pytest.FixtureRequest, many: Vectors, tmp_path_factory: pytest.TempPathFactory) -> VectorIndex:
    """3,000 vectors: enough for every kind to learn from."""
    return make(request.param, many, tmp_path_factory.mktemp("large"), request)


# The contract


def test_it_knows_its_size(large: VectorIndex, many: Vectors) -> None:
    assert (len(large), large.dimension) == (len(many), DIMENSION)


def test_nearly_all_of_the_nearest_are_found(large: VectorIndex, many: Vectors) -> None:
    query = random_vectors(40, seed=1)
    rows, _ = large.search(query, 50)
    hits = [len({*found.tolist()} & {*right}) for found, right in zip(rows, best(many, query, 50), strict=True)]
    assert np.mean(hits) / 50 > 0.97


def test_a_vector_is_nearest_to_itself(large: VectorIndex, many: Vectors) -> None:
    rows, scores = large.search(many[[5, 2_999, 0]], 3)
    assert rows[:, 0].tolist() == [5, 2_999, 0]
    assert scores[:, 0] == pytest.approx([1, 1, 1], abs=CLOSE)


def test_results_have_their_shape_and_type_and_stand_best_first(large: VectorIndex) -> None:
    rows, scores = large.search(random_vectors(3, seed=2), 7)
    assert (rows.shape, rows.dtype, scores.shape, scores.dtype) == ((3, 7), np.int64, (3, 7), np.float32)
    assert (np.diff(scores, axis=1) <= 0).all()
    assert all(len({*found.tolist()}) == 7 for found in rows)


def test_a_score_is_the_inner_product_with_the_vector_given_back(large: VectorIndex) -> None:
    query = random_vectors(1, seed=3)
    rows, scores = large.search(query, 20)
    assert scores[0] == pytest.approx(large.vectors(rows[0].tolist()) @ query[0], abs=1e-4)


def test_vectors_come_back_in_the_order_asked_for(large: VectorIndex, many: Vectors) -> None:
    rows = [7, 2_999, 0, 7]
    found = large.vectors(rows)
    assert found.dtype == np.float32
    assert found == pytest.approx(many[rows], abs=CLOSE)
    assert large.vectors([]).shape == (0, DIMENSION)
    assert large.vectors(range(2_500)).shape == (2_500, DIMENSION)


def test_a_longer_query_finds_the_same_with_greater_scores(large: VectorIndex) -> None:
    query = random_vectors(4, seed=4)
    (rows, scores), (longer_rows, longer_scores) = large.search(query, 10), large.search(3 * query, 10)
    assert longer_scores == pytest.approx(3 * scores, rel=1e-3)
    assert np.mean([len({*a} & {*b}) for a, b in zip(rows.tolist(), longer_rows.tolist(), strict=True)]) >= 9.5


def test_two_searches_find_the_same(large: VectorIndex) -> None:
    query = random_vectors(1, seed=5)
    assert large.search(query, 50)[0].tolist() == large.search(query, 50)[0].tolist()


def test_many_threads_may_search_at_once(large: VectorIndex) -> None:
    queries = [random_vectors(1, seed=seed) for seed in range(24)]
    alone = [large.search(query, 10)[0].tolist() for query in queries]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda query: large.search(query, 10)[0].tolist(), queries))
    assert together == alone


def test_all_rows_can_be_asked_for(large: VectorIndex, many: Vectors) -> None:
    rows, scores = large.search(random_vectors(1, seed=6), len(many) + 5)
    assert sorted(rows[0].tolist()) == list(range(len(many)))
    assert (np.diff(scores) <= 0).all()


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_a_query_that_is_no_number_is_refused(large: VectorIndex, wrong: float) -> None:
    query = random_vectors(2)
    query[1, 3] = wrong
    with pytest.raises(RetrievalError, match="không phải là số"):
        large.search(query, 3)


@pytest.mark.parametrize(
    "shape", [(1, DIMENSION - 1), (1, DIMENSION + 1), (DIMENSION,), (1, 1, DIMENSION), (0, DIMENSION)]
)
def test_a_query_of_another_shape_is_refused(large: VectorIndex, shape: tuple[int, ...]) -> None:
    with pytest.raises(RetrievalError, match=str(DIMENSION)):
        large.search(np.ones(shape, np.float32), 3)


def test_fewer_than_one_row_cannot_be_asked_for(large: VectorIndex) -> None:
    with pytest.raises(RetrievalError, match="từ 1 trở lên"):
        large.search(random_vectors(1), 0)


@pytest.mark.parametrize("row", [-1, 3_000, 2**40])
def test_a_row_that_is_not_there_has_no_vector(large: VectorIndex, row: int) -> None:
    with pytest.raises(RetrievalError, match="có đủ vectơ"):
        large.vectors([0, row])


def test_an_empty_index_finds_nothing(build: Make) -> None:
    empty = build(np.zeros((0, DIMENSION), np.float32))
    rows, scores = empty.search(random_vectors(2), 5)
    assert (len(empty), rows.shape, scores.shape) == (0, (2, 0), (2, 0))
    assert (rows.dtype, scores.dtype) == (np.int64, np.float32)


def test_fewer_rows_than_asked_for_all_come_back(build: Make) -> None:
    rows, _ = build(random_vectors(3)).search(random_vectors(2, seed=1), 50)
    assert [sorted(found) for found in rows.tolist()] == [[0, 1, 2], [0, 1, 2]]


def test_equal_vectors_stand_in_the_order_of_their_rows(build: Make) -> None:
    rows, _ = build(np.repeat(random_vectors(4), 5, axis=0)).search(random_vectors(4)[1:2], 9)
    assert rows[0, :5].tolist() == [5, 6, 7, 8, 9]
    assert rows[0].tolist()[5:] == sorted(rows[0].tolist()[5:])


@pytest.mark.parametrize(
    ("given_blocks", "message"),
    [
        ([np.ones((2, DIMENSION + 1), np.float32)], f"n, {DIMENSION}"),
        ([np.ones(DIMENSION, np.float32)], f"n, {DIMENSION}"),
        ([np.ones((1, DIMENSION), np.float32), np.full((1, DIMENSION), np.nan, np.float32)], "từ dòng 1"),
        ([np.full((2, DIMENSION), 1e9, np.float32)], "quá lớn"),
        ([np.ones((1, DIMENSION), np.float32)], "Có 1 vectơ"),
        ([np.ones((3, DIMENSION), np.float32)], "Có 3 vectơ"),
    ],
)
def test_what_cannot_be_an_index_is_refused(
    request: pytest.FixtureRequest, tmp_path: Path, given_blocks: list[Vectors], message: str
) -> None:
    with pytest.raises(RetrievalError, match=message):
        vectors.build(given_blocks, 2, DIMENSION, FLAT, tmp_path)
    assert list(tmp_path.iterdir()) == []


# What only FAISS has


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    array=st.integers(1, 60).flatmap(
        lambda count: st.lists(st.lists(st.integers(-3, 3), min_size=4, max_size=4), min_size=count, max_size=count)
    ),
    query=st.lists(st.integers(-3, 3), min_size=4, max_size=4),
    k=st.integers(1, 70),
)
def test_flat_finds_what_comparing_with_all_finds(
    tmp_path: Path, array: list[list[int]], query: list[int], k: int
) -> None:
    values, asked = np.array(array, np.float32), np.array([query], np.float32)
    index = vectors.build([values], len(values), 4, FLAT, tmp_path)
    scores = values @ asked[0]
    rows, found = index.search(asked, k)
    assert found[0].tolist() == sorted(scores.tolist(), reverse=True)[:k]
    assert [(-scores[row], row) for row in rows[0]] == sorted((-scores[row], row) for row in rows[0])


@pytest.mark.parametrize("mmap", [False, True])
@pytest.mark.parametrize("name", KINDS)
def test_it_is_the_same_after_saving_and_loading(name: str, mmap: bool, many: Vectors, tmp_path: Path) -> None:
    built = vectors.build(blocks(many), len(many), DIMENSION, KINDS[name], tmp_path)
    loaded = vectors.load(tmp_path, mmap=mmap)
    query = random_vectors(9, seed=7)
    assert (len(loaded), loaded.dimension, loaded.kind) == (3_000, DIMENSION, KINDS[name])
    assert loaded.search(query, 20)[0].tolist() == built.search(query, 20)[0].tolist()
    assert loaded.vectors([5, 2_999]).tolist() == built.vectors([5, 2_999]).tolist()


def test_a_loaded_index_goes_on_when_another_is_saved_over_it(many: Vectors, tmp_path: Path) -> None:
    vectors.build([many], len(many), DIMENSION, FLAT, tmp_path)
    old = vectors.load(tmp_path, mmap=True)
    vectors.build([many[:10]], 10, DIMENSION, FLAT, tmp_path)
    assert old.search(many[[2_500]], 1)[0].tolist() == [[2_500]]
    assert len(vectors.load(tmp_path, mmap=True)) == 10


def _cut(share: float) -> Callable[[Path], object]:
    def cut(folder: Path) -> None:
        size = (folder / "vectors.faiss").stat().st_size
        os.truncate(folder / "vectors.faiss", int(size * share))

    return cut


def _say(**changes: object) -> Callable[[Path], object]:
    def say(folder: Path) -> None:
        about = json.loads((folder / "vectors.json").read_text()) | changes
        (folder / "vectors.json").write_text(json.dumps(about))

    return say


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: (folder / "vectors.faiss").unlink(),
        lambda folder: (folder / "vectors.json").unlink(),
        lambda folder: (folder / "vectors.json").write_text("{"),
        lambda folder: (folder / "vectors.json").write_text("[]"),
        lambda folder: (folder / "vectors.json").write_bytes(b"\xff"),
        lambda folder: (folder / "vectors.faiss").write_bytes(b"x" * (folder / "vectors.faiss").stat().st_size),
        _cut(0),
        _cut(0.5),
        _cut(0.999),
        _say(dimension=3),
        _say(count=1),
        _say(format=99),
    ],
)
@pytest.mark.parametrize("name", KINDS)
def test_a_damaged_index_is_refused(name: str, damage: Callable[[Path], object], many: Vectors, tmp_path: Path) -> None:
    vectors.build([many[:1_200]], 1_200, DIMENSION, KINDS[name], tmp_path)
    damage(tmp_path)
    for mmap in (False, True):
        with pytest.raises(IndexDamagedError, match="make index"):
            vectors.load(tmp_path, mmap=mmap)


@pytest.mark.parametrize("name", KINDS)
def test_building_leaves_only_the_two_files(name: str, many: Vectors, tmp_path: Path) -> None:
    vectors.build(blocks(many), len(many), DIMENSION, KINDS[name], tmp_path / "new")
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["vectors.faiss", "vectors.json"]


def test_kinds_that_learn_keep_a_few_vectors_flat(tmp_path: Path) -> None:
    few = random_vectors(30)
    assert vectors.build([few], 30, DIMENSION, vectors.scan(DIMENSION), tmp_path).kind == FLAT


@pytest.mark.parametrize("dimension", [1, 7, 16, 65])
def test_every_dimension_can_be_scanned(dimension: int, tmp_path: Path) -> None:
    array = unit(np.random.default_rng(0).standard_normal((1_200, dimension)))
    index = vectors.build([array], len(array), dimension, vectors.scan(dimension), tmp_path)
    assert index.search(array[[7]], 1)[1][0, 0] == pytest.approx(1, abs=CLOSE)


def test_more_vectors_are_kept_in_another_way() -> None:
    kinds = [vectors.choose(count, 384) for count in (0, 30_000, 1_000_000)]
    assert kinds == [FLAT, FLAT, vectors.scan(384)]


# What only Milvus has


def test_a_collection_that_is_not_there_is_missing(milvus_client: Any) -> None:
    with pytest.raises(IndexMissingError, match="make index"):
        milvus.MilvusVectors(milvus_client, "never_built")


def test_a_collection_that_cannot_be_filled_is_dropped_again(milvus_client: Any) -> None:
    with pytest.raises(RetrievalError, match="Có 1 vectơ"):
        milvus.build([random_vectors(1)], 2, DIMENSION, milvus_client, "half")
    assert not milvus_client.has_collection("half")


def test_a_collection_is_found_again_by_its_name(milvus_client: Any) -> None:
    milvus.build([random_vectors(5)], 5, DIMENSION, milvus_client, "again")
    found = milvus.MilvusVectors(milvus_client, "again")
    assert (len(found), found.dimension) == (5, DIMENSION)


def test_a_server_that_is_not_there_is_a_named_error(milvus_client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(milvus, "TIMEOUT_S", 0.5)
    with pytest.raises(RetrievalError, match="Milvus"):
        milvus.connect("http://127.0.0.1:9")


def test_without_its_package_milvus_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pymilvus", None)
    with pytest.raises(RetrievalError, match="pip install pymilvus"):
        milvus.connect("x.db")


def _implements(index: FaissVectors | milvus.MilvusVectors) -> VectorIndex:
    return index  # mypy checks the protocol here
