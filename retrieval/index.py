"""The index on disk: passages, FAISS vectors, BM25 and a manifest. Published whole or not at all.

DIR/CURRENT                 the name of the version in use, replaced in one step
DIR/<version>/manifest.json model, counts, fingerprint of the inputs, size and hash of every file
DIR/<version>/documents.jsonl  passages.jsonl  dense.faiss  sentences.npy  sentence_starts.npy  lexical/
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from retrieval import adapter, tuning
from retrieval.embedder import Embedder, Vectors
from retrieval.errors import IndexDamagedError, IndexMissingError, IndexModelError, SourceError
from retrieval.lexical import LexicalIndex
from retrieval.records import Document, Passage
from retrieval.split import passage_spans, split
from retrieval.text import ABBREVIATIONS

FORMAT = 3
_BATCH = 256
_ABANDONED_AFTER_S = 24 * 3600
Say = Callable[[str], None]


def _silent(_: str) -> None:
    pass


@dataclass(frozen=True)
class Asked:
    """How people ask for documents. `vectors`: float16, shape (phrases, dimension), document by document.

    `starts`: the first phrase of each document; `rows`: each document that is asked for, with its passages.
    """

    vectors: NDArray[np.float16]
    starts: NDArray[np.int64]
    rows: dict[str, list[int]]

    def nearest(self, query: Vectors) -> dict[str, float]:
        """How near each document's nearest phrase is to a query vector, shape (dimension,).

        From 0, as far as half of all phrases, to 1, the same: models differ in how near they put what is far.
        """
        if not self.rows:
            return {}
        scores = self.vectors.astype(np.float32) @ query
        middle = float(np.median(scores))
        best = np.maximum.reduceat(scores, self.starts)
        near = np.clip((best - middle) / max(1 - middle, 1e-6), 0, 1)
        near = np.clip((near - tuning.ASKED_FROM) / (1 - tuning.ASKED_FROM), 0, 1)
        return dict(zip(self.rows, near.tolist(), strict=True))


@dataclass(frozen=True)
class Index:
    """A loaded index. `vectors.ntotal == len(passages)`; row i of both belongs to passage i.

    `sentences`: float16 vectors, shape (sentences of all passages, dimension); those of passage i stand in rows
    `sentence_starts[i]:sentence_starts[i + 1]`. Read from disk as they are needed. `asked`: how people ask for them.
    """

    documents: dict[str, Document]
    passages: tuple[Passage, ...]
    vectors: Any  # faiss.IndexFlatIP: the library has no types
    lexical: LexicalIndex
    manifest: dict[str, Any]
    sentences: NDArray[np.float16]
    sentence_starts: NDArray[np.int64]
    asked: Asked

    def document_of(self, passage: Passage) -> Document:
        """The document that a passage is of, as its article has it."""
        return self.documents[passage.document_id].article(passage.section)

    def dense_candidates(self, query: Vectors, k: int) -> list[int]:
        """Rows of the k passages nearest to one query vector of shape (1, dimension)."""
        _, rows = self.vectors.search(query, min(k, len(self.passages)))
        return [int(row) for row in rows[0] if row >= 0]

    def vectors_of(self, rows: Sequence[int]) -> Vectors:
        """The vectors of some rows, shape (len(rows), dimension)."""
        return np.asarray(self.vectors.reconstruct_batch(np.asarray(rows, dtype=np.int64)), dtype=np.float32)

    def best_sentences(self, rows: Sequence[int], query: Vectors) -> NDArray[np.float32]:
        """The greatest cosine of one query vector, shape (dimension,), with a sentence of each row."""
        starts, ends = self.sentence_starts[list(rows)], self.sentence_starts[[row + 1 for row in rows]]
        vectors = np.concatenate([self.sentences[start:end] for start, end in zip(starts, ends, strict=True)])
        first = np.concatenate([[0], np.cumsum(ends - starts)[:-1]])
        return np.asarray(np.maximum.reduceat(vectors.astype(np.float32) @ query, first), np.float32)


def passage_text(document: Document, passage: Passage) -> str:
    """What is embedded of a passage: its title and section tell what the text itself leaves unsaid."""
    return "\n".join(part for part in (document.title, passage.section, passage.text) if part)


def lexical_text(document: Document, passage: Passage) -> str:
    """What BM25 reads of a passage: also the words in which people ask for its document."""
    return "\n".join([passage_text(document, passage), *document.asked_as])


def source_fingerprint(documents: Sequence[Document], model: str) -> str:
    """What an index depends on: the documents, the model (its fingerprint), the query adapter, how passages are cut."""
    digest = hashlib.sha256(f"{FORMAT}\0{model}\0{_settings()}".encode())
    for document in documents:
        digest.update(json.dumps(asdict(document), ensure_ascii=False, sort_keys=True).encode())
    return digest.hexdigest()[:16]


def _settings() -> str:
    learned = hashlib.sha256(adapter.LEARNED.read_bytes()).hexdigest()
    return f"{learned} {tuning.PASSAGE_CHARACTERS} {tuning.BM25_K1} {tuning.BM25_B} {sorted(ABBREVIATIONS.items())}"


def is_current(documents: Sequence[Document], model: str, folder: Path) -> bool:
    """Whether the index in `folder` is whole and holds just these documents, by the model with this fingerprint."""
    try:
        _, manifest = _read_manifest(folder)
    except (IndexMissingError, IndexDamagedError):
        return False
    return bool(manifest["fingerprint"] == source_fingerprint(documents, model))


def build(documents: Sequence[Document], embedder: Embedder, folder: Path, say: Say = _silent) -> None:
    """Build an index of `documents` and publish it in `folder`.

    Passages that the previous index holds with the same text and model are not embedded again.
    """
    fingerprint = source_fingerprint(documents, embedder.fingerprint)
    pairs = [(document, passage) for document in documents for passage in split(document)]
    if not pairs:
        raise SourceError(folder, "các nguồn không có đoạn văn nào")
    texts = [passage_text(document, passage) for document, passage in pairs]
    sentences = [sentences_of(passage) for _, passage in pairs]
    known = _known_vectors(folder, embedder)
    dense = faiss.IndexFlatIP(embedder.dimension)
    dense.add(_embed(texts, embedder, known, "đoạn", say))
    inner = _embed([sentence for found in sentences for sentence in found], embedder, known, "câu", say)
    folder.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=".building-", dir=folder))
    try:
        _write_lines(work / "documents.jsonl", [_document_record(document) for document in documents])
        _write_lines(work / "passages.jsonl", [asdict(passage) for _, passage in pairs])
        faiss.write_index(dense, str(work / "dense.faiss"))
        np.save(work / "sentences.npy", inner.astype(np.float16))
        np.save(work / "sentence_starts.npy", np.cumsum([0, *map(len, sentences)]))
        phrases = [phrase for document in documents for phrase in document.asked_as]
        np.save(work / "asked.npy", _embed_questions(phrases, embedder, say).astype(np.float16))
        LexicalIndex.build([lexical_text(*pair) for pair in pairs]).save(work / "lexical")
        _write_manifest(work, embedder, fingerprint, len(documents), len(pairs))
        _publish(work, folder, fingerprint)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def sentences_of(passage: Passage) -> list[str]:
    """The sentences of a passage, at least one."""
    return [passage.text[start:end] for start, end in passage_spans(passage)]


def _embed(texts: list[str], embedder: Embedder, known: dict[str, Vectors], what: str, say: Say) -> Vectors:
    new = [text for text in dict.fromkeys(texts) if text not in known]
    known = dict(known)
    for start in range(0, len(new), _BATCH):
        batch = new[start : start + _BATCH]
        known.update(zip(batch, embedder.embed_passages(batch), strict=True))
        say(f"Đã mã hóa {start + len(batch)}/{len(new)} {what} mới (trong {len(texts)})")
    return np.array([known[text] for text in texts], np.float32).reshape(len(texts), embedder.dimension)


def _embed_questions(phrases: list[str], embedder: Embedder, say: Say) -> Vectors:
    found = [np.zeros((0, embedder.dimension), np.float32)]
    for start in range(0, len(phrases), _BATCH):
        found.append(embedder.embed_queries(phrases[start : start + _BATCH]))
        say(f"Đã mã hóa {start + len(found[-1])}/{len(phrases)} cách hỏi")
    return np.concatenate(found)


def _known_vectors(folder: Path, embedder: Embedder) -> dict[str, Vectors]:
    try:
        old = load(folder, embedder)
    except (IndexMissingError, IndexDamagedError, IndexModelError):
        return {}
    texts = [passage_text(old.documents[passage.document_id], passage) for passage in old.passages]
    known = dict(zip(texts, old.vectors_of(range(len(texts))), strict=True))
    inner = [sentence for passage in old.passages for sentence in sentences_of(passage)]
    return dict(zip(inner, old.sentences.astype(np.float32), strict=True)) | known


def _document_record(document: Document) -> dict[str, Any]:
    # The text itself lives in the passages; keeping it twice would double the index for nothing.
    return {**document.meta(), "text": "", "sections": []}


def _write_lines(path: Path, records: Sequence[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8") as stream:
        stream.writelines(json.dumps(record, ensure_ascii=False) + "\n" for record in records)


def _write_manifest(work: Path, embedder: Embedder, fingerprint: str, documents: int, passages: int) -> None:
    files = {file.relative_to(work).as_posix(): _hash(file) for file in sorted(work.rglob("*")) if file.is_file()}
    manifest = {
        "format": FORMAT,
        "fingerprint": fingerprint,
        "model": {"name": embedder.name, "fingerprint": embedder.fingerprint, "dimension": embedder.dimension},
        "documents": documents,
        "passages": passages,
        "files": files,
    }
    (work / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _hash(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _publish(work: Path, folder: Path, fingerprint: str) -> None:
    version = folder / fingerprint
    shutil.rmtree(version, ignore_errors=True)
    previous = _read_pointer(folder)
    work.chmod(0o755)  # temporary folders are private; whoever serves the index may be another user
    os.replace(work, version)
    pointer = folder / ".CURRENT.new"
    pointer.write_text(fingerprint + "\n", encoding="utf-8")
    os.replace(pointer, folder / "CURRENT")
    for old in folder.iterdir():
        if old.is_dir() and old.name not in (fingerprint, previous) and _is_stale(old):
            shutil.rmtree(old, ignore_errors=True)


def _is_stale(folder: Path) -> bool:
    """Whether a folder may go: an old version, or what a build killed long ago left (one that runs now stays)."""
    return not folder.name.startswith(".") or time.time() - folder.stat().st_mtime > _ABANDONED_AFTER_S


def _read_pointer(folder: Path) -> str | None:
    try:
        return (folder / "CURRENT").read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        return None


def _read_manifest(folder: Path) -> tuple[Path, dict[str, Any]]:
    """The folder of the current version and its manifest, every file checked against its hash."""
    name = _read_pointer(folder)
    if not name and (folder / "CURRENT").exists():
        raise IndexDamagedError(f"Tệp {folder / 'CURRENT'} bị hỏng. Hãy chạy: make index")
    if not name:
        raise IndexMissingError(f"Chưa có chỉ mục trong {folder}. Hãy chạy: make index")
    version = folder / name
    try:
        manifest = json.loads((version / "manifest.json").read_text(encoding="utf-8"))
        damaged = [file for file, digest in manifest["files"].items() if _hash(version / file) != digest]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise IndexDamagedError(f"Chỉ mục {version} bị hỏng ({error}). Hãy chạy: make index") from error
    if damaged or manifest.get("format") != FORMAT:
        what = ", ".join(damaged) or f"định dạng {manifest.get('format')}"
        raise IndexDamagedError(f"Chỉ mục {version} bị hỏng hoặc cũ ({what}). Hãy chạy: make index")
    return version, manifest


def load(folder: Path, embedder: Embedder) -> Index:
    """Load the current index. IndexMissingError, IndexDamagedError, or IndexModelError if another model built it."""
    version, manifest = _read_manifest(folder)
    model = manifest["model"]
    if model["fingerprint"] != embedder.fingerprint:
        raise IndexModelError(
            f"Chỉ mục {version} do mô hình '{model['name']}' tạo, không dùng được với '{embedder.name}'. "
            "Hãy chạy: make index"
        )
    documents = [_document(record) for record in _read_lines(version / "documents.jsonl")]
    passages = tuple(
        replace(Passage(**record), topics=tuple(record["topics"])) for record in _read_lines(version / "passages.jsonl")
    )
    vectors = faiss.read_index(str(version / "dense.faiss"))
    lexical = LexicalIndex.load(version / "lexical", len(passages))
    return Index(
        documents={document.id: document for document in documents},
        passages=passages,
        vectors=vectors,
        lexical=lexical,
        manifest=manifest,
        sentences=np.load(version / "sentences.npy", mmap_mode="r"),
        sentence_starts=np.load(version / "sentence_starts.npy"),
        asked=_asked(version, documents, passages, embedder.dimension),
    )


def _asked(version: Path, documents: Sequence[Document], passages: Sequence[Passage], dimension: int) -> Asked:
    rows: dict[str, list[int]] = {document.id: [] for document in documents if document.asked_as}
    for row, passage in enumerate(passages):
        if passage.document_id in rows:
            rows[passage.document_id].append(row)
    counts = [len(document.asked_as) for document in documents if document.asked_as]
    file = version / "asked.npy"
    if not file.exists():
        return Asked(np.zeros((0, dimension), np.float16), np.zeros(0, np.int64), {})
    return Asked(np.load(file), np.cumsum([0, *counts])[:-1], rows)


def _read_lines(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as stream:
        return [json.loads(line) for line in stream]


def _document(record: dict[str, Any]) -> Document:
    document = Document(**record)
    return replace(document, sections=(), audience=tuple(document.audience), asked_as=tuple(document.asked_as))
