"""Passage vectors in Milvus: one client for a cluster, a single server or a file here (Milvus Lite).

A collection holds the vectors of one version of the index, under a name that is never used for another.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Sequence, Sized
from typing import Any

import numpy as np

from retrieval.errors import IndexDamagedError, IndexMissingError, RetrievalError
from retrieval.vectors import HNSW, Rows, Vectors, best_first, checked_blocks, checked_query

TIMEOUT_S = 10.0
_BUILD_TIMEOUT_S = 3600.0
_GRAPH = {"M": 32, "efConstruction": 200}
_EFFORT, _SHORTEST = HNSW.effort, 50
_LARGEST_K, _LARGEST_EFFORT = 16_384, 32_768  # what Milvus takes
_BATCH = 1_000


class MilvusVectors:
    """A `VectorIndex` in one collection of Milvus. RetrievalError also when the server fails or is not there."""

    def __init__(self, client: Any, collection: str) -> None:
        """Use a collection that `build` made. IndexMissingError or IndexDamagedError if there is none such."""
        self._client, self._collection = client, collection
        if not _ask(client.has_collection, collection):
            raise IndexMissingError(f"Milvus chưa có bộ sưu tập '{collection}'. Hãy chạy: make index")
        fields = {field["name"]: field for field in _ask(client.describe_collection, collection)["fields"]}
        if not fields.keys() >= {"row", "vector"}:
            raise IndexDamagedError(f"Bộ sưu tập '{collection}' không giữ vectơ của các đoạn. Hãy chạy: make index")
        self._dimension = int(fields["vector"]["params"]["dim"])
        _ask(client.load_collection, collection, timeout=_BUILD_TIMEOUT_S)

    @property
    def dimension(self) -> int:
        return self._dimension

    def __len__(self) -> int:
        return int(_ask(self._client.query, self._collection, filter="", output_fields=["count(*)"])[0]["count(*)"])

    def search(self, query: Vectors, k: int) -> tuple[Rows, Vectors]:
        """As `VectorIndex.search`; RetrievalError if k and the rows are both more than 16,384."""
        query = checked_query(query, self.dimension, k)
        if k > _LARGEST_K and len(self) > _LARGEST_K:
            raise RetrievalError(f"Milvus chỉ tìm được tối đa {_LARGEST_K} đoạn một lần, không phải {k}.")
        k = min(k, _LARGEST_K)
        found = self._found(query, k, _EFFORT * max(k, _SHORTEST))
        if _width(found) < k and _width(found) < len(self):  # a graph may give up early
            found = self._found(query, k, _LARGEST_EFFORT)
        shape = (len(query), _width(found))
        rows = np.array([[hit["row"] for hit in hits[: shape[1]]] for hits in found], np.int64)
        scores = np.array([[hit["distance"] for hit in hits[: shape[1]]] for hits in found], np.float32)
        return best_first(rows.reshape(shape), scores.reshape(shape), k)

    def _found(self, query: Vectors, k: int, effort: int) -> Any:
        looked_at = {"params": {"ef": min(effort, _LARGEST_EFFORT)}}
        return _ask(self._client.search, self._collection, data=list(query), limit=k, search_params=looked_at)

    def vectors(self, rows: Sequence[int]) -> Vectors:
        wanted = [int(row) for row in rows]
        known: dict[int, Vectors] = {}
        for start in range(0, len(wanted), _BATCH):
            batch = wanted[start : start + _BATCH]
            records = _ask(self._client.get, self._collection, ids=batch, output_fields=["row", "vector"])
            known.update((record["row"], np.asarray(record["vector"], np.float32)) for record in records)
        if not known.keys() >= set(wanted):
            raise RetrievalError(f"Milvus không có đủ vectơ của các dòng được hỏi ('{self._collection}').")
        return np.array([known[row] for row in wanted], np.float32).reshape(len(wanted), self.dimension)


def connect(uri: str, token: str = "") -> Any:
    """A client of the Milvus at `uri`: https://host:19530, or the path of a file.db here (Milvus Lite)."""
    try:
        pymilvus = importlib.import_module("pymilvus")
    except ImportError as error:
        raise RetrievalError("Chưa cài pymilvus. Hãy chạy: pip install pymilvus") from error
    return _ask(pymilvus.MilvusClient, uri=uri, token=token)


def build(blocks: Iterable[Vectors], count: int, dimension: int, client: Any, collection: str) -> MilvusVectors:
    """Fill a new collection with `count` unit vectors, float32 blocks of shape (n, dimension); they get rows 0, 1, 2…

    A collection that cannot be filled is dropped again.
    """
    types = importlib.import_module("pymilvus").DataType
    schema = client.create_schema(auto_id=False)
    schema.add_field("row", types.INT64, is_primary=True)
    schema.add_field("vector", types.FLOAT_VECTOR, dim=dimension)
    graph = client.prepare_index_params()
    graph.add_index("vector", index_type="HNSW", metric_type="IP", params=_GRAPH)
    _ask(client.create_collection, collection, schema=schema, consistency_level="Session")
    try:
        row = 0
        for block in checked_blocks(blocks, count, dimension):
            for start in range(0, len(block), _BATCH):
                batch = [{"row": row + i, "vector": vector} for i, vector in enumerate(block[start : start + _BATCH])]
                _ask(client.insert, collection, batch, timeout=_BUILD_TIMEOUT_S)
                row += len(batch)
        _ask(client.flush, collection, timeout=_BUILD_TIMEOUT_S)
        _ask(client.create_index, collection, graph, timeout=_BUILD_TIMEOUT_S)
        return MilvusVectors(client, collection)
    except BaseException:
        client.drop_collection(collection, timeout=TIMEOUT_S)
        raise


def _width(found: Sequence[Sized]) -> int:
    return min(map(len, found))


def _ask(call: Callable[..., Any], *arguments: Any, timeout: float = TIMEOUT_S, **named: Any) -> Any:
    """What Milvus answers in time. RetrievalError in place of whatever its client raises."""
    try:
        return call(*arguments, timeout=timeout, **named)
    except Exception as error:  # the client lets errors of gRPC pass beside its own
        raise RetrievalError(f"Milvus không trả lời được: {error}") from error
