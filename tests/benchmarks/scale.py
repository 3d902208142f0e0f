"""`make scale`: an index of everything that the State publishes (../shared/corpora), and what it bears.

    python -m tests.benchmarks.scale [--parts build,embed,load,search,change,kill,swap] [--output results]

- build: the corpora through the command line: passages, time, peak memory, size on disk (an hour, once: what was
  embedded before is not embedded again);
- embed: passages a second beside plain sentence-transformers in float32, block by block in one run;
- load: seconds to load that index, and its memory;
- search: p50 and p95 at that size, alone and with 8 users, beside txtai over the same vectors;
- change: the same index with one document in a hundred changed;
- kill: ten builds killed with -9 at random moments, twice: is the old index whole, does the next build go on?
- swap: 500 questions to the running bot while three new indexes are published.

These machines are noisy: ratios within one run are what to read. Prints Markdown, writes scale.json.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from retrieval.building import CACHE, passage_text
from retrieval.embedder import SentenceTransformerEmbedder
from retrieval.index import Index, load
from retrieval.question import understand
from retrieval.search import search
from retrieval.versions import current
from tests.benchmarks.peers import txtai_over
from tests.benchmarks.quality import CITIZENS, INDEXES, MODEL, ROOT, read_rows
from tests.benchmarks.speed import QUESTIONS, our_bot

CORPORA = ROOT.parent / "shared" / "corpora"
SOURCES = (CORPORA / "thu_tuc_hanh_chinh.jsonl.gz", CORPORA / "phap_dien.jsonl.gz", CORPORA / "chinh_sach")
FOLDER = INDEXES / "scale"
USERS, ASKED = 8, 200
_KILLS, _GROWTH = 10, 24
Row = dict[str, Any]


def main() -> int:
    """Measure the parts asked for, print, write."""
    parser = argparse.ArgumentParser(description="What an index of everything bears")
    parser.add_argument("--parts", default=",".join(PARTS), help=f"of {','.join(PARTS)}")
    parser.add_argument("--output", type=Path, default=ROOT / "results")
    options = parser.parse_args()
    if not all(source.exists() for source in SOURCES):
        print("Không có ../shared/corpora: không có gì để đo.", file=sys.stderr)
        return 2
    file = options.output / "scale.json"
    options.output.mkdir(parents=True, exist_ok=True)
    report: dict[str, Row] = json.loads(file.read_text("utf-8")) if file.is_file() else {}
    for name in options.parts.split(","):
        report[name] = PARTS[name]()
        print("\n".join(_table(name, report[name])), flush=True)
        file.write_text(json.dumps(report, ensure_ascii=False, indent=2) + "\n", "utf-8")
    return 0


def _table(name: str, row: Row) -> Iterator[str]:
    yield f"\n## {name}\n"
    yield "| | |\n|---|---|"
    yield from (f"| {key} | {value} |" for key, value in row.items())


def _run_build(sources: Sequence[Path], folder: Path) -> Row:
    """Build by the command line in a process of its own."""
    arguments = [argument for source in sources for argument in ("--source", str(source))]
    command = [sys.executable, "-m", "retrieval", "build", *arguments, "--index", str(folder)]
    started = time.monotonic()
    process = subprocess.Popen(command, cwd=ROOT, env=_environment(), text=True)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 3):
        raise RuntimeError(f"build ended with {process.returncode}")
    return {
        "seconds": round(time.monotonic() - started),
        "CPU seconds": round(usage.ru_utime + usage.ru_stime),
        "peak memory MB": usage.ru_maxrss // 1024,
    }


def _environment() -> dict[str, str]:
    return os.environ | {"HF_HUB_OFFLINE": "1", "PYTHONPATH": str(ROOT)}


def build() -> Row:
    """The whole index."""
    new = not (FOLDER / CACHE).exists()
    row = _run_build(SOURCES, FOLDER)
    manifest = json.loads((FOLDER / str(current(FOLDER)) / "manifest.json").read_text("utf-8"))
    counts = {name: manifest[name] for name in ("documents", "passages", "sentences")}
    if new:
        row["passages a second"] = round(counts["passages"] / row["seconds"], 1)
    sizes = {
        "index MB": FOLDER / str(current(FOLDER)),
        "vector cache MB": FOLDER / CACHE,
        "library MB": FOLDER / "library.db",
    }
    return {"from nothing": new, **counts, **row, **{name: _megabytes(path) for name, path in sizes.items()}}


def _megabytes(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file()) >> 20


def embed() -> Row:
    """Passages a second, ours and plain, in turns."""
    from sentence_transformers import SentenceTransformer

    embedder = SentenceTransformerEmbedder(str(MODEL))
    plain = SentenceTransformer(str(MODEL), device="cpu")
    index = load(FOLDER, embedder)
    rows = random.Random(7).sample(range(len(index.passages)), 512)  # noqa: S311
    texts = [passage_text(index.document_of(index.passages[row]).title, index.passages[row]) for row in rows]
    spent = {"ours": 0.0, "plain float32": 0.0}
    ways: dict[str, Callable[[list[str]], Any]] = {
        "ours": embedder.embed_passages,
        "plain float32": lambda some: plain.encode_document(some, batch_size=32, show_progress_bar=False),
    }
    for start in range(0, len(texts), 64):
        for name, way in ways.items():
            began = time.perf_counter()
            way(texts[start : start + 64])
            spent[name] += time.perf_counter() - began
    speeds = {f"{name}, passages a second": round(len(texts) / seconds, 1) for name, seconds in spent.items()}
    return {**speeds, "ratio": round(spent["plain float32"] / spent["ours"], 2)}


def load_time() -> Row:
    """Loading in a fresh process, three times."""
    code = (
        "import time, sys; from pathlib import Path; from retrieval.index import load\n"
        "from retrieval.answer import Answerer; from tests.benchmarks.scale import Nobody, memory_mb\n"
        "before, began, folder = memory_mb(), time.perf_counter(), Path(sys.argv[1])\n"
        "answerer = Answerer(load(folder, Nobody(folder)), Nobody(folder))\n"
        "print(time.perf_counter() - began, *(now - then for now, then in zip(memory_mb(), before)))"
    )
    command = [sys.executable, "-c", code, str(FOLDER)]
    runs = [
        subprocess.run(command, cwd=ROOT, env=_environment(), capture_output=True, text=True, check=True)
        for _ in range(3)
    ]
    found = np.array([list(map(float, run.stdout.split())) for run in runs])
    names = ("seconds", "own memory MB", "mapped MB")
    return {name: np.round(column, 1).tolist() for name, column in zip(names, found.T, strict=True)}


def memory_mb(process: int | str = "self") -> tuple[float, float]:
    """What a process holds of its own, and of files that it maps (which the system may take back)."""
    status = Path(f"/proc/{process}/status").read_text("ascii")
    held = {
        name: int(value.split()[0]) / 1024
        for name, _, value in (line.partition(":") for line in status.splitlines())
        if name in ("RssAnon", "RssFile")
    }
    return held["RssAnon"], held["RssFile"]


class Nobody:
    """Stands for the model where only the index is loaded."""

    def __init__(self, folder: Path) -> None:
        manifest = json.loads((folder / str(current(folder)) / "manifest.json").read_text("utf-8"))
        self.name, self.fingerprint = manifest["model"]["name"], manifest["model"]["fingerprint"]
        self.dimension = manifest["model"]["dimension"]


def search_times() -> Row:
    """One search, question embedded and all, alone and with USERS at once."""
    import faiss
    import torch

    torch.set_num_threads(1)
    faiss.omp_set_num_threads(1)
    embedder = SentenceTransformerEmbedder(str(MODEL))
    index = load(FOLDER, embedder)
    questions = [row["question"] for row in read_rows(CITIZENS)][:ASKED]
    systems: dict[str, Callable[[str], Any]] = {"ours": lambda text: search(index, embedder, understand(text))}
    if (txtai := _txtai(index)) is not None:
        systems["txtai"] = txtai
    rows: Row = {"passages": len(index.passages)}
    for users in (1, USERS):
        taken: dict[str, list[float]] = {name: [] for name in systems}
        spent = dict.fromkeys(systems, 0.0)
        for start in range(0, len(questions), 40):
            for name, ask in systems.items():
                began = time.perf_counter()
                taken[name] += _asked_by(users, ask, questions[start : start + 40])
                spent[name] += time.perf_counter() - began
        for name, ms in taken.items():
            told = " / ".join(f"{np.percentile(ms, p):.0f}" for p in (50, 95))
            rows[f"{name}, {users} users: p50 / p95 ms, a second"] = f"{told}, {len(ms) / spent[name]:.0f}"
    return rows


def _asked_by(users: int, ask: Callable[[str], Any], questions: Sequence[str]) -> list[float]:
    taken: list[float] = []
    left = iter(questions)
    lock = threading.Lock()

    def user() -> None:
        while True:
            with lock:
                text = next(left, None)
            if text is None:
                return
            began = time.perf_counter()
            ask(text)
            taken.append(1000 * (time.perf_counter() - began))

    threads = [threading.Thread(target=user) for _ in range(users)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return taken


def _txtai(index: Index) -> Callable[[str], Any] | None:
    """One search at a time: its store of texts is one cursor, on which two searches at once fail."""
    texts = [passage_text(index.documents[each.document_id].title, each) for each in index.passages]
    ask, lock = txtai_over(texts, index.vectors_of(range(len(texts)))), threading.Lock()

    def in_turn(question: str) -> Any:
        with lock:
            return ask(question) if ask else None

    return in_turn if ask else None


def change() -> Row:
    """The corpora with one row in a hundred changed, over a copy of the index."""
    with tempfile.TemporaryDirectory(dir=INDEXES) as work:
        folder = Path(work) / "index"
        shutil.copytree(FOLDER, folder)
        sources = [_changed(source, Path(work)) for source in SOURCES[:2]]
        row = _run_build([*sources, SOURCES[2]], folder)
        row["again, nothing changed: seconds"] = _run_build([*sources, SOURCES[2]], folder)["seconds"]
    return row


def _changed(source: Path, work: Path) -> Path:
    copy = work / source.name
    with gzip.open(source, "rt", encoding="utf-8") as old, gzip.open(copy, "wt", encoding="utf-8") as new:
        for n, line in enumerate(old):
            row = json.loads(line)
            if n % 100 == 0:
                name = "text" if "text" in row else "trinh_tu_thuc_hien"
                row[name] = f"{row[name]}\nDòng này mới được thêm vào văn bản số {n}."
            new.write(json.dumps(row, ensure_ascii=False) + "\n")
    return copy


def kill() -> Row:
    """Ten kills at random moments, twice."""
    rows: Row = {}
    chance = random.Random(11)  # noqa: S311
    for run in (1, 2):
        with tempfile.TemporaryDirectory(dir=INDEXES) as work:
            rows |= {f"run {run}: {name}": value for name, value in _killed(Path(work), chance).items()}
    return rows


def _killed(work: Path, chance: random.Random) -> Row:
    """Each build has _GROWTH more procedures to read than the one before, and is killed while it is at work."""
    source, folder = work / "rows.jsonl", work / "index"
    with gzip.open(SOURCES[0], "rt", encoding="utf-8") as stream:
        lines = list(islice(stream, 60 * _GROWTH))
    grown = _grow(source, lines, 0)
    _run_build([source], folder)
    grown = _grow(source, lines, grown)
    whole = _run_build([source], folder)["seconds"]
    row: Row = {"kills": 0, "finished before the kill": 0, "damaged": 0, "old kept": 0, "new published": 0}
    row["seconds of a whole build"] = whole
    command = [sys.executable, "-m", "retrieval", "build", "--source", str(source), "--index", str(folder)]
    cached = []
    while row["kills"] < _KILLS:
        before, grown = _documents(folder), _grow(source, lines, grown)
        process = subprocess.Popen(command, cwd=ROOT, env=_environment(), stderr=subprocess.DEVNULL)
        try:
            process.wait(chance.uniform(0.2, whole))
            row["finished before the kill"] += 1
            continue
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
        now = _documents(folder)
        row["kills"] += 1
        row["old kept"] += now == before
        row["new published"] += now == grown
        row["damaged"] += now not in (before, grown)
        with sqlite3.connect(folder / CACHE) as cache:
            row["damaged"] += cache.execute("PRAGMA integrity_check").fetchone() != ("ok",)
            cached.append(cache.execute("SELECT count(*) FROM vectors").fetchone()[0])
    row["vectors kept after each kill"] = cached
    row["never fewer than before"] = cached == sorted(cached)
    _run_build([source], folder)
    row["finished afterwards"] = _documents(folder) == grown
    _run_build([source], work / "at-once")
    row["same as built at once"] = _same(folder, work / "at-once", Nobody(folder))
    return row


def _grow(source: Path, lines: Sequence[str], grown: int) -> int:
    source.write_text("".join(lines[: grown + _GROWTH]), "utf-8")
    return grown + _GROWTH


def _documents(folder: Path) -> int:
    """How many documents the index holds; loading it checks that it is whole."""
    return len(load(folder, Nobody(folder)).documents)


def _same(one: Path, other: Path, nobody: Nobody) -> bool:
    first, second = load(one, nobody), load(other, nobody)
    rows = range(len(first.passages))
    return list(first.passages) == list(second.passages) and np.allclose(
        first.vectors_of(rows), second.vectors_of(rows), atol=1e-2
    )


def swap() -> Row:
    """Questions to the running bot while indexes are published."""
    with tempfile.TemporaryDirectory(dir=INDEXES) as work:
        folder, own = Path(work) / "index", Path(work) / "source"
        shutil.copytree(ROOT / "models" / "index", folder)
        own.mkdir()
        (own / "ghi-chu.txt").write_text("Ghi chú thứ nhất của xã về lớp học số.", "utf-8")
        with our_bot(Path(work), INDEX_FOLDER=str(folder), INDEX_POLL_S="1") as bot:
            return asyncio.run(_swap(bot["url"], folder, own, Path(work) / "state"))


async def _swap(url: str, folder: Path, own: Path, state: Path) -> Row:
    publish = [sys.executable, "-m", "bot", "index", "--source", str(own)]
    environment = _environment() | {"INDEX_FOLDER": str(folder), "STATE_FOLDER": str(state)}
    statuses: dict[str, int] = {}
    failed, without, taken = 0, 0, []
    swapped = asyncio.Event()
    async with httpx.AsyncClient(timeout=60, trust_env=False) as client:

        async def ask(user: int) -> None:
            nonlocal failed, without
            number = 0
            while number < 125 or not swapped.is_set():
                number += 1
                question = QUESTIONS[number % len(QUESTIONS)]
                began = time.perf_counter()
                try:
                    reply = await client.post(
                        f"{url}/api/chat", json={"sender": f"swap-{user}-{number // 10}", "message": question}
                    )
                    message = reply.json()["messages"][0]
                except (httpx.HTTPError, KeyError, ValueError):
                    failed += 1
                    continue
                taken.append(1000 * (time.perf_counter() - began))
                statuses[message["status"]] = statuses.get(message["status"], 0) + 1
                without += not message["citations"]

        async def passages() -> int:
            text = (await client.get(f"{url}/metrics")).text
            return round(
                float(next(line for line in text.splitlines() if line.startswith("index_passages")).split()[1])
            )

        async def rebuild() -> None:
            for n in range(3):
                before = await passages()
                (own / f"them-{n}.txt").write_text(f"Thông báo số {n} của xã về lớp học số buổi tối.", "utf-8")
                process = await asyncio.create_subprocess_exec(
                    *publish, cwd=ROOT, env=environment, stderr=asyncio.subprocess.DEVNULL
                )
                await process.wait()
                while await passages() == before:  # noqa: ASYNC110 (another process changes it)
                    await asyncio.sleep(0.2)
            swapped.set()

        await asyncio.gather(rebuild(), *(ask(user) for user in range(4)))
    return {
        "questions": len(taken) + failed,
        "failed": failed,
        "statuses": statuses,
        "without a citation": without,
        "swaps while asking": 3,
        "p50 / p95 / slowest ms": " / ".join(f"{value:.0f}" for value in (*np.percentile(taken, [50, 95]), max(taken))),
    }


PARTS: dict[str, Callable[[], Row]] = {
    "build": build,
    "embed": embed,
    "load": load_time,
    "search": search_times,
    "change": change,
    "kill": kill,
    "swap": swap,
}


if __name__ == "__main__":
    raise SystemExit(main())
