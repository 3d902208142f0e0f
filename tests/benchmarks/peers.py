"""Search and answers beside two peers: the same texts, model folder, questions and threads, in one run.

    python -m tests.benchmarks.peers [--passages 20000] [--questions 300] [--threads 1] [--share] [--output results]

- ours: the whole answer; and search alone, which is all that the peers do;
- plain: sentence-transformers in float32 with the model's own prompts, and an exact FAISS index: the obvious design;
- txtai: hybrid search over stored content, tuned as it tunes itself (above 5,000 passages its FAISS is approximate).

The pool is administrative procedures, then articles of law, and the paragraphs that XQuAD-vi asks about. Systems take
turns, block by block, so that a slow spell of the machine hits all; ratios are what to read. Prints Markdown, writes
peers.json and peers.md. Every index stays in the output folder for the next run. Indexing uses OMP_NUM_THREADS, or
every core, and takes hours in float32; with --share the peers index the vectors that ours holds (int8, cosine .99 to
float32) and embed questions only, in float32 as ever: what is asked takes as long.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import importlib.util
import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import torch

from retrieval.answer import Answerer
from retrieval.building import build, passage_text
from retrieval.embedder import SentenceTransformerEmbedder, Vectors
from retrieval.evaluate import read_qrels, read_queries
from retrieval.index import load
from retrieval.question import understand
from retrieval.readers import read_sources
from retrieval.records import Document
from retrieval.search import Hit, search
from retrieval.split import split
from retrieval.text import strip_diacritics

ROOT = Path(__file__).resolve().parents[2]
MODEL = str(ROOT / "models" / "embedder")
SHARED = ROOT.parent / "shared"
CORPORA = [SHARED / "corpora" / name for name in ("thu_tuc_hanh_chinh.jsonl.gz", "phap_dien.jsonl.gz")]
XQUAD = SHARED / "eval" / "xquad_vi" / "beir"
INSTALL_TXTAI = "not installed; run: .venv/app/bin/python -m pip install -r requirements/peers.txt"
PACKAGES = ("torch", "transformers", "sentence-transformers", "faiss-cpu", "bm25s", "txtai")
DEPTH, BLOCK, WARM_UP, BATCH, HEARTBEAT_S = 10, 5, 5, 500, 5
Tell = Callable[[int, int], None]
# A question as it is typed, whether it is bare of diacritics, and the documents that answer it.
Asked = tuple[str, bool, set[str]]


@dataclass(frozen=True, slots=True)
class Reply:
    """What asking once gave. `place`: the rank of the first right document, 0 where none is among the best."""

    bare: bool
    ms: float
    cpu_ms: float
    place: int
    empty: bool


@dataclass
class System:
    """One way to answer. `ask` gives the document of each of the best passages, best first."""

    name: str
    build_s: float
    ask: Callable[[str], list[str]]
    replies: list[Reply] = field(default_factory=list)


def main() -> int:
    """Build, measure, print, write."""
    parser = argparse.ArgumentParser(description="Quality and speed beside two peers")
    parser.add_argument("--passages", type=int, default=20_000, help="passages of the corpora; XQuAD's come on top")
    parser.add_argument("--questions", type=int, default=300, help="questions, each with and without diacritics")
    parser.add_argument("--threads", type=int, default=1, help="compute threads while asking (the bot uses one)")
    parser.add_argument("--share", action="store_true", help="one set of passage vectors for all, ours")
    parser.add_argument("--output", type=Path, default=ROOT / "results", help="folder for the report and the indexes")
    args = parser.parse_args()
    if not (XQUAD.is_dir() and all(corpus.is_file() for corpus in CORPORA)):
        print("Không có ../shared/corpora hoặc ../shared/eval/xquad_vi: không có gì để đo.", file=sys.stderr)
        return 2
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    questions, documents = _questions(args.questions), _documents(args.passages)
    systems, passages = _systems(documents, args.output, args.share)
    indexing = torch.get_num_threads()
    torch.set_num_threads(args.threads)
    faiss.omp_set_num_threads(args.threads)
    _measure(systems, questions)
    report: dict[str, Any] = {"passages": passages, "documents": len(documents), "questions": len(questions) // 2}
    report["one set of vectors"] = args.share
    report |= {"threads": {"indexing": indexing, "asking": args.threads}, "systems": _summaries(systems)}
    report["versions"] = {name: version(name) for name in PACKAGES if name != "txtai" or _has_txtai()}
    table = "\n".join(_table(report)) + "\n"
    (args.output / "peers.json").write_text(json.dumps(report, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    (args.output / "peers.md").write_text(table, encoding="utf-8")
    print(table, end="")
    return 0


def _documents(wanted: int) -> list[Document]:
    """Documents of the corpora, in order, until they make as many passages as wanted; then XQuAD's paragraphs."""
    documents: list[Document] = []
    for corpus in CORPORA:
        for document in read_sources([corpus]).documents if wanted > 0 else ():
            if wanted > 0:
                documents.append(document)
                wanted -= len(split(document))
    return documents + read_sources([XQUAD / "corpus.jsonl"]).documents


def _questions(count: int) -> list[Asked]:
    """Questions from all over XQuAD: all as written, then all without diacritics."""
    queries, relevant = read_queries(XQUAD / "queries.jsonl"), read_qrels(XQUAD / "qrels.tsv")
    known = [(text, relevant[identity]) for identity, text in queries.items() if identity in relevant]
    count = max(1, min(count, len(known)))
    chosen = [known[n * len(known) // count] for n in range(count)]
    return [(strip_diacritics(q) if bare else q, bare, gold) for bare in (False, True) for q, gold in chosen]


def _systems(documents: list[Document], output: Path, share: bool) -> tuple[list[System], int]:
    """Every system, its index built, and how many passages each index holds."""
    embedder = SentenceTransformerEmbedder(MODEL)
    started = time.monotonic()
    build(documents, embedder, output / "peers-ours", _index_progress())
    build_s = time.monotonic() - started
    index = load(output / "peers-ours", embedder)
    answerer = Answerer(index, embedder)
    # A model of its own: should one come to remember questions, search alone would find its vectors ready.
    alone = SentenceTransformerEmbedder(MODEL)
    texts = [passage_text(index.documents[passage.document_id].title, passage) for passage in index.passages]
    owners = [passage.document_id for passage in index.passages]
    key = hashlib.sha256("\0".join([embedder.fingerprint, str(share), *texts]).encode()).hexdigest()[:12]
    vectors = index.vectors_of(range(len(texts))) if share else None
    folder = output / f"peers-{key}"
    folder.mkdir(parents=True, exist_ok=True)
    systems = [
        System("ours, whole answer", build_s, lambda q: [c.document_id for c in answerer.answer(q).citations]),
        System("ours, search", build_s, lambda q: _owners(search(index, alone, understand(q), DEPTH)[0])),
        _plain(texts, owners, folder, vectors),
    ]
    if _has_txtai():
        systems.append(_txtai(texts, owners, folder, vectors))
    return systems, len(texts)


def _owners(hits: list[Hit]) -> list[str]:
    return [hit.document.id for hit in hits]


def _plain(texts: list[str], owners: list[str], folder: Path, vectors: Vectors | None) -> System:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(MODEL, device="cpu")

    def make(file: Path) -> None:
        index, tell = faiss.IndexFlatIP(model.get_embedding_dimension()), _progress("plain: passages")
        for start in range(0, len(texts), BATCH):
            some = slice(start, start + BATCH)
            index.add(model.encode_document(texts[some], show_progress_bar=False) if vectors is None else vectors[some])
            tell(index.ntotal, len(texts))
        faiss.write_index(index, str(file))

    build_s = _built(folder / "plain.faiss", make)
    index = faiss.read_index(str(folder / "plain.faiss"))

    def ask(question: str) -> list[str]:
        _, rows = index.search(model.encode_query([question], show_progress_bar=False), DEPTH)
        return [owners[row] for row in rows[0] if row >= 0]

    return System("plain", build_s, ask)


def _txtai(texts: list[str], owners: list[str], folder: Path, vectors: Vectors | None) -> System:
    if vectors is not None:  # a function cannot be saved, and without embedding the index takes seconds
        started = time.monotonic()
        ask = txtai_over(texts, vectors)
        assert ask is not None
        return System("txtai", time.monotonic() - started, lambda q: [owners[row] for row in ask(q)])
    prompts = {"query": "query: ", "data": "passage: "}
    build_s = _built(
        folder / "txtai", lambda file: _txtai_indexed(texts, path=MODEL, instructions=prompts).save(str(file))
    )
    embeddings = importlib.import_module("txtai").Embeddings()
    embeddings.load(str(folder / "txtai"))
    return System("txtai", build_s, lambda q: [owners[int(found["id"])] for found in embeddings.search(q, DEPTH)])


def _txtai_indexed(texts: list[str], **model: Any) -> Any:
    """Its hybrid search, tuned as it tunes itself, over stored content."""
    embeddings = importlib.import_module("txtai").Embeddings(hybrid=True, content=True, gpu=False, **model)
    tell = _progress("txtai: passages")

    def rows() -> Iterator[tuple[str, str, None]]:
        for row, text in enumerate(texts):
            tell(row, len(texts))
            yield str(row), text, None

    embeddings.index(rows())
    return embeddings


def txtai_over(texts: list[str], vectors: Vectors) -> Callable[[str], list[int]] | None:
    """txtai's hybrid search over given vectors: rows of the best texts, best first. None where it is not installed."""
    if not _has_txtai():
        return None
    embeddings = _txtai_indexed(texts, method="external", transform=_ready(texts, vectors))
    return lambda question: [int(found["id"]) for found in embeddings.search(question, DEPTH)]


def _ready(texts: list[str], vectors: Vectors) -> Callable[[list[str]], Vectors]:
    """Vectors of texts: a passage's as given, a question's from the model in float32."""
    from sentence_transformers import SentenceTransformer

    model, known = SentenceTransformer(MODEL, device="cpu"), dict(zip(texts, vectors, strict=True))

    def transform(asked: list[str]) -> Vectors:
        if all(text in known for text in asked):
            return np.stack([known[text] for text in asked])
        return np.asarray(model.encode_query(asked, show_progress_bar=False), dtype=np.float32)

    return transform


def _has_txtai() -> bool:
    return importlib.util.find_spec("txtai") is not None


def _built(file: Path, make: Callable[[Path], None]) -> float:
    """Seconds that making `file` took, now or in the earlier run that left it here."""
    note = file.with_name(f"{file.name}.seconds")
    if not note.is_file():
        started = time.monotonic()
        make(file)
        note.write_text(f"{time.monotonic() - started:.1f}\n", encoding="utf-8")
    return float(note.read_text(encoding="utf-8"))


def _measure(systems: list[System], questions: list[Asked]) -> None:
    for system in systems:
        for n in range(WARM_UP):
            system.ask(f"câu hỏi khởi động số {n}")
    tell = _progress("questions")
    for start in range(0, len(questions), BLOCK):
        block = questions[start : start + BLOCK]
        for system in systems:
            system.replies += [_reply(system, *question) for question in block]
        tell(start + len(block), len(questions))


def _reply(system: System, question: str, bare: bool, gold: set[str]) -> Reply:
    # The processor's time tells work from a slow spell, and shows threads beyond those allowed.
    started, cpu = time.perf_counter(), time.process_time()
    found = system.ask(question)
    cpu_ms, ms = 1000 * (time.process_time() - cpu), 1000 * (time.perf_counter() - started)
    ranking = dict.fromkeys(found)
    place = next((rank for rank, document in enumerate(ranking, 1) if document in gold), 0)
    return Reply(bare, ms, cpu_ms, place, not found)


def _summaries(systems: list[System]) -> dict[str, dict[str, Any]]:
    summaries = {system.name: _summary(system) for system in systems}
    for summary in summaries.values():
        summary["× plain"] = round(summary["mean ms"] / summaries["plain"]["mean ms"], 2)
    return summaries if "txtai" in summaries else summaries | {"txtai": {"missing": INSTALL_TXTAI}}


def _summary(system: System) -> dict[str, Any]:
    ms = [reply.ms for reply in system.replies]
    cpu_ms = [reply.cpu_ms for reply in system.replies]
    times = {"p50 ms": np.percentile(ms, 50), "p95 ms": np.percentile(ms, 95), "mean ms": np.mean(ms)}
    values = {"index s": system.build_s} | times | {"CPU ms": np.mean(cpu_ms)}
    summary = {name: round(float(value), 1) for name, value in values.items()}
    for bare, typed in ((False, "as written"), (True, "no diacritics")):
        replies = [reply for reply in system.replies if reply.bare == bare]
        summary[f"first, {typed}"] = round(sum(reply.place == 1 for reply in replies) / len(replies), 4)
        summary[f"MRR@10, {typed}"] = round(sum(1 / r.place for r in replies if r.place) / len(replies), 4)
        summary[f"nothing, {typed}"] = round(sum(reply.empty for reply in replies) / len(replies), 4)
    return summary


def _table(report: dict[str, Any]) -> Iterator[str]:
    columns = list(report["systems"]["plain"])
    yield f"| system | {' | '.join(columns)} |"
    yield "|---" * (len(columns) + 1) + "|"
    for name, summary in report["systems"].items():
        cells = [summary["missing"]] if "missing" in summary else [str(summary[column]) for column in columns]
        yield f"| {name} | {' | '.join(cells + [''] * (len(columns) - len(cells)))} |"
    threads, questions = report["threads"], report["questions"]
    yield f"\n{report['passages']} passages of {report['documents']} documents; {questions} questions, each in both"
    yield f"spellings; threads: {threads['indexing']} while indexing, {threads['asking']} while asking. A whole answer"
    yield "names two sources at most, and none where it declines (nothing)."


def _index_progress() -> Callable[[str], None]:
    """What our index says while it is built ("… 1.256/4.800 …"), with the time left."""
    tell = _progress("ours: texts")

    def say(message: str) -> None:
        if found := re.search(r"([\d.]+)/([\d.]+)", message):
            tell(*(int(figure.replace(".", "")) for figure in found.groups()))

    return say


def _progress(what: str) -> Tell:
    """A function that says, every few seconds, how far something is and how long it has left."""
    started = said = time.monotonic()

    def tell(done: int, total: int) -> None:
        nonlocal said
        now = time.monotonic()
        if done == total or (done and now - said >= HEARTBEAT_S):
            said = now
            left = (now - started) / done * (total - done)
            print(f"{what} {done}/{total}, {left:.0f} s left", file=sys.stderr, flush=True)

    return tell


if __name__ == "__main__":
    raise SystemExit(main())
