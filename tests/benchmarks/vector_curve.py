"""How the ways of keeping vectors compare as they grow: `python -m tests.benchmarks.vector_curve [--sizes 10000 …]`.

Vectors and questions are those of a real index (`make knowledge` builds the default one). Beyond its passages and
sentences, new vectors are mixed from neighbours; the scores of the nearest are printed, to compare. Each kind looks as
far as it must to find 99 of 100 of the 50 nearest. All kinds of one size are loaded at once, each in a process of its
own, and are asked in turn, so that a slow spell of the machine hits all: ratios and CPU times are what to read. One
thread for a search and for building. Prints Markdown.
"""

from __future__ import annotations

import argparse
import itertools
import multiprocessing
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from retrieval import vectors
from retrieval.engines import milvus
from retrieval.vectors import FLAT, HNSW, FaissVectors, Kind, Rows, VectorIndex, Vectors

ROOT = Path(__file__).resolve().parents[2]
SIZES = (10_000, 30_000, 100_000, 300_000, 1_000_000)
QUERIES, ROUNDS, THREADS, K = 400, 5, 8, 50
ENOUGH = 0.99
ENGINE_UP_TO = 100_000
_BLOCK = 20_000
# What a mixed vector is made of: its two parents' halves, and how far two other neighbours are apart. With these the
# best ten of a question score within .01 of what as many real vectors give.
_NEIGHBOURS, _TOWARDS, _NOISE = 10, 0.5, 0.7


@dataclass(frozen=True)
class Variant:
    """One row of the table: how vectors are kept, and the efforts to try, least first."""

    name: str
    kind: Kind | None  # None: Milvus Lite
    efforts: tuple[int, ...] = (0,)
    up_to: int = max(SIZES)


def variants(count: int, dimension: int) -> list[Variant]:
    """What is compared at a size."""
    lists = int(4 * count**0.5)
    probes = tuple(max(1, lists * share // 64) for share in (1, 2, 4, 8, 16, 24, 32, 48))
    scan = vectors.scan(dimension)
    candidates = (4, 8, 12, 16, 24, 32, 64)
    found = [
        Variant("flat float32", Kind("Flat")),
        Variant("flat float16", FLAT),
        Variant("4-bit scan, float16", scan, candidates),
        Variant("the same, as shipped", scan, (scan.effort,)),
        Variant("HNSW32 float16", HNSW, candidates),
        Variant("HNSW16 float16", Kind("HNSW16,SQfp16"), candidates, 100_000),
        Variant("HNSW32 int8", Kind("HNSW32,SQ8"), candidates, 100_000),
        Variant("IVF float16", Kind(f"IVF{lists},SQfp16"), probes),
        Variant("Milvus Lite HNSW32", None, (HNSW.effort,), ENGINE_UP_TO if _has_milvus() else 0),
    ]
    return [variant for variant in found if count <= variant.up_to]


@dataclass
class Measured:
    """One row of the table as it fills."""

    build_s: float = 0
    build_mb: float = 0
    disk_mb: float = 0
    load_ms: float = 0
    memory_mb: float = 0
    mmap_ms: float = 0
    mmap_mb: float = 0
    effort: int = 0
    recall_10: float = 0
    recall_50: float = 0
    alone: list[list[float]] = field(default_factory=list)
    together: list[list[float]] = field(default_factory=list)
    per_second: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)


def main() -> int:
    """Measure, print."""
    parser = argparse.ArgumentParser(description="Compare the ways of keeping vectors")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--index", type=Path, default=ROOT / "models" / "eval" / "portal")
    parser.add_argument("--only", nargs="+", help="only what has one of these in its name")
    arguments = parser.parse_args()
    if not (arguments.index / "CURRENT").is_file():
        print(f"Chưa có chỉ mục {arguments.index}. Hãy chạy: make knowledge, hoặc cho --index", file=sys.stderr)
        return 1
    faiss.omp_set_num_threads(1)
    real, queries = _real(arguments.index)
    print(f"{_machine()}. {len(queries)} questions; {len(real)} real vectors of {real.shape[1]} dimensions.\n")
    print("\n".join(_heading()), flush=True)
    notes = []
    with tempfile.TemporaryDirectory() as work:
        for count in arguments.sizes:
            file = Path(work) / f"{count}.f32"
            exact = _write(real, queries, count, file)
            notes.append(f"{count}: " + _spread(exact))
            chosen = [
                variant
                for variant in variants(count, real.shape[1])
                if not arguments.only or any(part in variant.name for part in arguments.only)
            ]
            for line in _measure_size(chosen, count, file, queries, exact, Path(work)):
                print(line, flush=True)
            file.unlink()
    print("\nScore of the 1st, 10th, 50th nearest (5th, 50th, 95th percentile): " + "; ".join(notes) + ".")
    return 0


def _real(folder: Path) -> tuple[Vectors, Vectors]:
    """The vectors of an index, every one once, passages before sentences; and its questions."""
    version = folder / (folder / "CURRENT").read_text().strip()
    index = faiss.read_index(str(version / "dense.faiss"))
    found = [index.reconstruct_n(0, index.ntotal), np.load(version / "sentences.npy").astype(np.float32)]
    once = [part[np.sort(np.unique(part, axis=0, return_index=True)[1])] for part in found]
    asked = np.load(version / "asked.npy").astype(np.float32)
    return np.concatenate(once), asked[np.linspace(0, len(asked) - 1, QUERIES).astype(int)]


def mixed(real: Vectors, seed: int = 0) -> Iterator[Vectors]:
    """Blocks of vectors like the real ones, without end."""
    flat = faiss.IndexFlatIP(real.shape[1])
    flat.add(real)
    near: Rows = np.concatenate(
        [flat.search(real[start : start + 4_096], _NEIGHBOURS + 1)[1] for start in range(0, len(real), 4_096)]
    )
    for number in itertools.count():
        random = np.random.default_rng((seed, number))
        one, other = random.integers(len(real), size=(2, _BLOCK))
        mate, apart = random.integers(1, _NEIGHBOURS + 1, size=(2, _BLOCK))
        towards = random.uniform(0, _TOWARDS, size=(_BLOCK, 1)).astype(np.float32)
        new = (1 - towards) * real[one] + towards * real[near[one, mate]]
        new += _NOISE * (real[other] - real[near[other, apart]])
        yield new / np.linalg.norm(new, axis=1, keepdims=True)


def _write(real: Vectors, queries: Vectors, count: int, file: Path) -> Vectors:
    """Write `count` vectors to a file, block by block; the K best exact scores of each query, shape (n, K)."""
    if count <= len(real):
        # A little of everything rather than the first documents.
        source: Iterator[Vectors] = iter([real[np.linspace(0, len(real) - 1, count).astype(int)]])
    else:
        source = itertools.chain([real], mixed(real))
    best = np.full((len(queries), K), -np.inf, np.float32)
    written = 0
    with file.open("wb") as stream:
        while written < count:
            block = np.ascontiguousarray(next(source)[: count - written])
            stream.write(block.data)
            written += len(block)
            scores = np.concatenate([best, queries @ block.T], axis=1)
            best = -np.partition(-scores, K - 1, axis=1)[:, :K]
    return -np.sort(-best, axis=1)


def _blocks(file: Path, dimension: int) -> Iterator[Vectors]:
    with file.open("rb") as stream:
        while len(block := np.fromfile(stream, np.float32, _BLOCK * dimension)):
            yield block.reshape(-1, dimension)


def _measure_size(
    chosen: list[Variant], count: int, file: Path, queries: Vectors, exact: Vectors, work: Path
) -> Iterator[str]:
    results = {variant.name: Measured() for variant in chosen}
    workers: dict[str, Worker] = {}
    given = np.memmap(file, np.float32, mode="r", shape=(count, queries.shape[1]))
    try:
        for number, variant in enumerate(chosen):
            print(f"{count}: {variant.name}…", file=sys.stderr, flush=True)
            worker = Worker(variant, count, file, queries, work / f"{count}-{number}")
            workers[variant.name] = worker
            result = results[variant.name] = worker.ask("load")
            for result.effort in variant.efforts:
                rows = worker.ask("find", result.effort)
                score = np.einsum("nkd,nd->nk", given[rows], queries)
                result.recall_10 = _recall(score, exact, 10)
                result.recall_50 = _recall(score, exact, K)
                if result.recall_50 >= ENOUGH:
                    break
        for _ in range(ROUNDS):
            for name, worker in workers.items():
                times, cpu_ms = worker.ask("alone", results[name].effort)
                results[name].alone.append(times)
                results[name].cpu_ms.append(cpu_ms)
            for name, worker in workers.items():
                times, per_second = worker.ask("together", results[name].effort)
                results[name].together.append(times)
                results[name].per_second.append(per_second)
    finally:
        for worker in workers.values():
            worker.stop()
    base = results.get("flat float16") or next(iter(results.values()))
    for variant in chosen:
        yield _line(count, variant, results[variant.name], base)


def _recall(scores: Vectors, exact: Vectors, k: int) -> float:
    """The share of the k nearest that are found; another as near as the k-th counts as well as the k-th itself."""
    return float((scores[:, :k] >= exact[:, k - 1 : k] - 2e-6).sum() / (len(scores) * k))


class Worker:
    """A process with one index in it, so that its memory and load time can be told from those of the others."""

    def __init__(self, variant: Variant, count: int, file: Path, queries: Vectors, folder: Path) -> None:
        context = multiprocessing.get_context("spawn")
        built: Measured | None = None
        if variant.kind is not None:
            ours, theirs = context.Pipe()
            builder = context.Process(
                target=_build, args=(theirs, variant.kind, count, file, queries.shape[1], folder), daemon=True
            )
            builder.start()
            built = ours.recv()
            builder.join()
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=_work, args=(theirs, variant, count, file, queries, folder, built), daemon=True
        )
        self._process.start()

    def ask(self, what: str, effort: int = 0) -> Any:
        self._pipe.send((what, effort))
        return self._pipe.recv()

    def stop(self) -> None:
        self._pipe.close()
        self._process.join(30)


def _build(pipe: Connection, kind: Kind, count: int, file: Path, dimension: int, folder: Path) -> None:
    faiss.omp_set_num_threads(1)
    before, started = _forget_peak(), time.perf_counter()
    vectors.build(_blocks(file, dimension), count, dimension, kind, folder)
    seconds = time.perf_counter() - started
    pipe.send(Measured(build_s=seconds, build_mb=_memory_mb("VmHWM") - before, disk_mb=_disk_mb(folder)))


def _work(
    pipe: Connection,
    variant: Variant,
    count: int,
    file: Path,
    queries: Vectors,
    folder: Path,
    built: Measured | None,
) -> None:
    faiss.omp_set_num_threads(1)
    index: VectorIndex | None = None
    measured = built or Measured()

    def with_effort(effort: int) -> VectorIndex:
        assert index is not None
        if isinstance(index, FaissVectors):
            return FaissVectors(index._index, replace(index.kind, effort=effort))
        return index

    try:
        while True:
            what, effort = pipe.recv()
            if what == "load":
                index = (
                    _load_faiss(folder, queries, measured)
                    if variant.kind
                    else _build_milvus(file, count, queries, folder, measured)
                )
                pipe.send(measured)
            elif what == "find":
                asked = with_effort(effort)
                pipe.send(np.concatenate([asked.search(query[None], K)[0] for query in queries]))
            elif what == "alone":
                cpu = time.process_time()
                times = _times(with_effort(effort), queries[::2], map)
                pipe.send((times, 1000 * (time.process_time() - cpu) / len(times)))
            else:
                with ThreadPoolExecutor(THREADS) as pool:
                    started = time.perf_counter()
                    times = _times(with_effort(effort), queries[::2], pool.map)
                    pipe.send((times, len(times) / (time.perf_counter() - started)))
    except EOFError:
        return


def _times(index: VectorIndex, queries: Vectors, over: Callable[..., Any]) -> list[float]:
    """Seconds of each search."""

    def one(query: Vectors) -> float:
        started = time.perf_counter()
        index.search(query[None], K)
        return time.perf_counter() - started

    return list(over(one, queries))


def _load_faiss(folder: Path, queries: Vectors, measured: Measured) -> FaissVectors:
    """Load once by mmap, to see what it saves, then whole. Memory is counted after all questions were asked once."""
    before, started = _memory_mb("RssAnon"), time.perf_counter()
    index = vectors.load(folder, mmap=True)
    measured.mmap_ms = 1000 * (time.perf_counter() - started)
    for query in queries:
        index.search(query[None], K)
    measured.mmap_mb = _memory_mb("RssAnon") - before
    del index
    before, started = _memory_mb("RssAnon"), time.perf_counter()
    index = vectors.load(folder)
    measured.load_ms = 1000 * (time.perf_counter() - started)
    for query in queries:
        index.search(query[None], K)
    measured.memory_mb = _memory_mb("RssAnon") - before
    return index


def _build_milvus(file: Path, count: int, queries: Vectors, folder: Path, measured: Measured) -> VectorIndex:
    before, peak, started = _memory_mb("RssAnon"), _forget_peak(), time.perf_counter()
    folder.mkdir()
    dimension = queries.shape[1]
    index = milvus.build(
        _blocks(file, dimension), count, dimension, milvus.connect(str(folder / "passages.db")), "passages"
    )
    measured.build_s, measured.build_mb = time.perf_counter() - started, _memory_mb("VmHWM") - peak
    measured.disk_mb, measured.memory_mb = _disk_mb(folder), _memory_mb("RssAnon") - before
    return index


def _has_milvus() -> bool:
    try:
        import milvus_lite  # noqa: F401
        import pymilvus  # noqa: F401
    except ImportError:
        return False
    return True


def _memory_mb(what: str) -> float:
    """Of this process: RssAnon, what it shares with no file; VmRSS, all; VmHWM, the most that all ever was."""
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith(what)) / 1024


def _forget_peak() -> float:
    """Let VmHWM begin anew; the memory in use now."""
    Path("/proc/self/clear_refs").write_text("5")
    return _memory_mb("VmRSS")


def _disk_mb(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 2**20


def _machine() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.machine())
    instructions = next((line.split() for line in lines if line.startswith("flags")), [])
    wide = "AVX-512" if "avx512f" in instructions else "AVX2" if "avx2" in instructions else "no AVX2"
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = f"load at the start {os.getloadavg()[0]:.1f}"
    return f"{os.cpu_count()} cores {model} ({wide}), {memory:.0f} GiB, {load}; faiss {faiss.__version__}"


def _spread(exact: Vectors) -> str:
    shown = [" ".join(f"{value:.2f}" for value in np.percentile(exact[:, i], [5, 50, 95])) for i in (0, 9, K - 1)]
    return " | ".join(shown)


def _heading() -> list[str]:
    columns = [
        "vectors", "kept as", "effort", "build s", "peak MB", "disk MB", "load ms (mmap)", "memory MB (mmap)",
        "p50 ms", "p95 ms", "CPU ms", "× flat float16", f"{THREADS} threads: p50 / p95 ms", "per second",
        "recall@10", "recall@50",
    ]  # fmt: skip
    return [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]


def _line(count: int, variant: Variant, result: Measured, base: Measured) -> str:
    alone, together = (1000 * np.array(times) for times in (result.alone, result.together))
    ratio = statistics.median(
        float(np.median(ours) / np.median(theirs)) for ours, theirs in zip(result.alone, base.alone, strict=True)
    )
    cells = [
        f"{count:,}", variant.name, f"{result.effort or ''}", f"{result.build_s:.1f}", f"{result.build_mb:.0f}",
        f"{result.disk_mb:.0f}", f"{result.load_ms:.0f} ({result.mmap_ms:.0f})",
        f"{result.memory_mb:.0f} ({result.mmap_mb:.0f})", f"{np.median(alone):.2f}", f"{np.percentile(alone, 95):.2f}",
        f"{statistics.median(result.cpu_ms):.2f}", f"{ratio:.2f}",
        f"{np.median(together):.2f} / {np.percentile(together, 95):.2f}", f"{statistics.median(result.per_second):.0f}",
        f"{result.recall_10:.4f}", f"{result.recall_50:.4f}",
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    raise SystemExit(main())
