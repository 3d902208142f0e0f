"""The vectors of the passages behind one small seam: FAISS here, a distributed engine in `retrieval.engines`.

DIR/vectors.faiss  the vectors, and what makes finding them fast (FAISS's own format)
DIR/vectors.json   how they are kept, and their count
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import faiss
import numpy as np
from numpy.typing import NDArray

from retrieval.errors import IndexDamagedError, RetrievalError

Vectors = NDArray[np.float32]
Rows = NDArray[np.int64]
_faiss: Any = faiss  # its type stubs know nothing of the arguments given by name

FORMAT = 1
_VECTORS, _ABOUT = "vectors.faiss", "vectors.json"
_LARGEST = float(np.finfo(np.float16).max)
# Kinds that learn from the vectors do so from this many, spread over all; with fewer than the least there is nothing
# to learn, and nothing to gain.
_LEARNS_FROM, _LEARNS_FROM_AT_LEAST = 100_000, 1_000
# How well a graph is built: .988 instead of .983 of the 50 nearest at efSearch 256, for four times the time.
_GRAPH_EFFORT = 200
# A short list is looked for as thoroughly as one of 50; a list longer than 500 is found by comparing with all.
_SHORTEST, _LONGEST = 50, 500
_BLOCK = 8_192


class VectorIndex(Protocol):
    """The vectors of rows 0, 1, 2…: those of one version of an index, which never change.

    Scores are inner products with the query as it is given: a longer query has greater scores in the same order.
    RetrievalError: a query of another dimension or with a value that is no number; a row that is not there.
    """

    @property
    def dimension(self) -> int:
        """The length of every vector."""
        ...

    def __len__(self) -> int:
        """How many rows there are."""
        ...

    def search(self, query: Vectors, k: int) -> tuple[Rows, Vectors]:
        """The rows nearest to each query and their scores, both of shape (n, min(k, len(self))), best first.

        `query`: shape (n, dimension). Equal scores stand in the order of their rows.
        """
        ...

    def vectors(self, rows: Sequence[int]) -> Vectors:
        """The vectors of some rows, shape (len(rows), dimension), in the precision in which they are kept."""
        ...


@dataclass(frozen=True, slots=True)
class Kind:
    """How FAISS keeps vectors: a string for its `index_factory`, and how far a search looks.

    `effort`: candidates looked at for each row wanted (HNSW, Refine) or lists looked into (IVF).
    """

    factory: str
    effort: int = 1


# Efforts that find .99 of the 50 nearest up to a million vectors (docs/decisions/0013).
FLAT = Kind("SQfp16")
HNSW = Kind("HNSW32,SQfp16", 32)


def scan(dimension: int) -> Kind:
    """All vectors compared in 4 bits for each pair of dimensions, the best of them once more in float16."""
    parts = dimension // 2 if dimension % 2 == 0 else dimension
    return Kind(f"PQ{parts}x4fs,Refine(SQfp16)", 32)


def choose(count: int, dimension: int) -> Kind:
    """The kind for so many vectors.

    At 100,000 of 384 dimensions: flat 2.4 ms a search, a scan 0.5 ms; a question costs 35 ms elsewhere.
    """
    return FLAT if count < 100_000 else scan(dimension)


def checked_query(query: Vectors, dimension: int, k: int) -> Vectors:
    """The queries as a float32 array of shape (n, dimension), ready for search. RetrievalError if they are not."""
    query = np.ascontiguousarray(query, dtype=np.float32)
    if query.ndim != 2 or query.shape[1] != dimension or not len(query):
        raise RetrievalError(f"Câu hỏi phải có dạng (n, {dimension}), không phải {query.shape}.")
    if not np.isfinite(query).all():
        raise RetrievalError("Vectơ của câu hỏi có giá trị không phải là số. Hãy kiểm tra mô hình mã hóa.")
    if k < 1:
        raise RetrievalError(f"Số đoạn cần tìm phải từ 1 trở lên, không phải {k}.")
    return query


def checked_blocks(blocks: Iterable[Vectors], count: int, dimension: int) -> Iterator[Vectors]:
    """The blocks as float32, each as it comes. RetrievalError: a wrong shape or count, a value that is no number."""
    found = 0
    for given in blocks:
        block = np.ascontiguousarray(given, dtype=np.float32)
        if block.ndim != 2 or block.shape[1] != dimension:
            raise RetrievalError(f"Khối vectơ từ dòng {found} phải có dạng (n, {dimension}), không phải {block.shape}.")
        if not -_LARGEST <= block.min(initial=0) <= block.max(initial=0) <= _LARGEST:  # false also where one is NaN
            raise RetrievalError(f"Khối vectơ từ dòng {found} có giá trị không phải là số, hoặc quá lớn.")
        found += len(block)
        yield block
    if found != count:
        raise RetrievalError(f"Có {found} vectơ, trong khi cần đúng {count}.")


def best_first(rows: Rows, scores: Vectors, k: int) -> tuple[Rows, Vectors]:
    """The k best of each line of candidates, equal scores in the order of their rows."""
    order = np.lexsort((rows, -scores), axis=-1)[:, :k]
    return np.take_along_axis(rows, order, axis=1), np.take_along_axis(scores, order, axis=1)


class FaissVectors:
    """Vectors in a FAISS index, all in this process. Searches may run in many threads at once."""

    def __init__(self, index: Any, kind: Kind) -> None:
        """Wrap a FAISS index whose ids are the rows. `build` and `load` make one."""
        self._index, self._kind = index, kind
        self._all = _all_of(index)

    @property
    def dimension(self) -> int:
        return int(self._index.d)

    @property
    def kind(self) -> Kind:
        """How the vectors are kept."""
        return self._kind

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def search(self, query: Vectors, k: int) -> tuple[Rows, Vectors]:
        query = checked_query(query, self.dimension, k)
        k = min(k, len(self))
        if k == 0:
            return np.zeros((len(query), 0), np.int64), np.zeros((len(query), 0), np.float32)
        if isinstance(self._index, faiss.IndexFlatCodes) or k > _LONGEST:
            return self._exactly(query, k)
        wanted = min(max(k, _SHORTEST), len(self))
        looked_at = self._kind.effort * max(k, _SHORTEST)
        scores, rows = self._index.search(query, wanted, params=self._thoroughness(wanted, looked_at))
        scores[rows < 0] = -np.inf
        rows, scores = best_first(rows, scores, k)
        return (rows, scores) if np.isfinite(scores).all() else self._exactly(query, k)  # a graph may find too few

    def vectors(self, rows: Sequence[int]) -> Vectors:
        wanted = np.asarray(rows, dtype=np.int64).reshape(-1)
        if not ((wanted >= 0) & (wanted < len(self))).all():
            raise RetrievalError(f"Không có đủ vectơ của các dòng được hỏi (chỉ mục có {len(self)} dòng).")
        if not len(wanted):
            return np.zeros((0, self.dimension), np.float32)
        return np.asarray(self._index.reconstruct_batch(wanted), dtype=np.float32)

    def save(self, folder: Path) -> None:
        """Write two files into `folder`, each put in place whole: a process that has read the old ones keeps them."""
        folder.mkdir(parents=True, exist_ok=True)
        _replace(folder / _VECTORS, lambda path: faiss.write_index(self._index, str(path)))
        about = {
            "format": FORMAT,
            **asdict(self._kind),
            "dimension": self.dimension,
            "count": len(self),
            "bytes": (folder / _VECTORS).stat().st_size,
        }
        _replace(folder / _ABOUT, lambda path: path.write_text(json.dumps(about) + "\n", encoding="utf-8"))

    def _exactly(self, query: Vectors, k: int) -> tuple[Rows, Vectors]:
        params = _faiss.SearchParametersIVF(nprobe=self._all.nlist) if isinstance(self._all, faiss.IndexIVF) else None
        scores, rows = self._all.search(query, k, params=params)
        return best_first(rows, scores, k)

    def _thoroughness(self, wanted: int, looked_at: int) -> Any:
        if isinstance(self._index, faiss.IndexHNSW):
            return _faiss.SearchParametersHNSW(efSearch=looked_at)
        if isinstance(self._index, faiss.IndexRefine):
            return _faiss.IndexRefineSearchParameters(k_factor=looked_at / wanted)
        return _faiss.SearchParametersIVF(nprobe=self._kind.effort)


def build(blocks: Iterable[Vectors], count: int, dimension: int, kind: Kind, folder: Path) -> FaissVectors:
    """Build an index of `count` unit vectors, float32 blocks of shape (n, dimension), and save it in `folder`.

    Memory: the index, a block, and 100,000 vectors where the kind learns from them (then all wait on the disk first).
    """
    folder.mkdir(parents=True, exist_ok=True)
    index = _empty(kind, dimension)
    if not index.is_trained and count < _LEARNS_FROM_AT_LEAST:
        kind = FLAT
        index = _empty(kind, dimension)
    checked = checked_blocks(blocks, count, dimension)
    if index.is_trained:
        for block in checked:
            index.add(block)
    else:
        _learn_and_add(index, checked, count, folder)
    if isinstance(index, faiss.IndexIVF):
        index.make_direct_map()  # to give back the vector of a row
    built = FaissVectors(index, kind)
    built.save(folder)
    return built


def load(folder: Path, mmap: bool = False) -> FaissVectors:
    """Load what `build` or `save` wrote. IndexDamagedError if a file is missing, cut short or of another index.

    `mmap`: leave the vectors on the disk until they are looked at; processes that do so share the memory.
    """
    try:
        about = json.loads((folder / _ABOUT).read_text(encoding="utf-8"))
        kind = Kind(about["factory"], about["effort"])
        # FAISS crashes on some files that are cut short, so their length is looked at first.
        whole = about["format"] == FORMAT and (folder / _VECTORS).stat().st_size == about["bytes"]
        if not whole:
            raise ValueError(f"{_VECTORS} không khớp {_ABOUT}")
        index = faiss.read_index(str(folder / _VECTORS), faiss.IO_FLAG_MMAP_IFC if mmap else 0)
        if (index.ntotal, index.d) != (about["count"], about["dimension"]):
            raise ValueError(f"{_VECTORS} có {index.ntotal} vectơ {index.d} chiều")
        return FaissVectors(index, kind)
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, RetrievalError) as error:
        raise IndexDamagedError(f"Vectơ trong {folder} bị hỏng hoặc thiếu ({error}). Hãy chạy: make index") from error


def _empty(kind: Kind, dimension: int) -> Any:
    index = faiss.index_factory(dimension, kind.factory, faiss.METRIC_INNER_PRODUCT)
    if isinstance(index, faiss.IndexHNSW):
        index.hnsw.efConstruction = _GRAPH_EFFORT
    return index


def _all_of(index: Any) -> Any:
    """The part of an index that compares a query with every vector; the index itself if it does just that."""
    if isinstance(index, faiss.IndexHNSW):
        return faiss.downcast_index(index.storage)
    if isinstance(index, faiss.IndexRefine):
        return faiss.downcast_index(index.refine_index)
    return index


def _learn_and_add(index: Any, blocks: Iterator[Vectors], count: int, folder: Path) -> None:
    """Train an index on vectors from everywhere, not only from the first documents, then add all."""
    wanted = np.linspace(0, count - 1, min(count, _LEARNS_FROM)).astype(np.int64)
    sample, start = [], 0
    with tempfile.TemporaryFile(dir=folder) as file:
        for block in blocks:
            sample.append(block[wanted[(wanted >= start) & (wanted < start + len(block))] - start])
            start += len(block)
            file.write(block.data)
        index.train(np.concatenate(sample))
        sample.clear()
        file.seek(0)
        while len(block := np.fromfile(file, np.float32, _BLOCK * index.d)):
            index.add(block.reshape(-1, index.d))


def _replace(path: Path, write: Callable[[Path], object]) -> None:
    new = path.with_name(f".{path.name}.new")
    write(new)
    os.replace(new, path)
