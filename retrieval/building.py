"""Build an index and publish it. Documents pass by one at a time; what was embedded once is not embedded again."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np

from retrieval import adapter, tuning, vectors
from retrieval.embedder import Embedder, Vectors
from retrieval.errors import IndexDamagedError, IndexMissingError, SourceError
from retrieval.index import Passages, sentences_of
from retrieval.lexical import LexicalIndex
from retrieval.records import Document, Passage
from retrieval.split import split
from retrieval.text import ABBREVIATIONS, grouped
from retrieval.vector_cache import KEY_BYTES, Keys, VectorCache, key_of
from retrieval.versions import FORMAT, exclusive, publish, read_manifest, workspace, write_manifest

CACHE = "vectors.db"
_BATCH = 512
_GATHERED = 8192
_SAY_EVERY_S = 5.0
Say = Callable[[str], None]


def _silent(_: str) -> None:
    pass


@runtime_checkable
class Corpus(Protocol):
    """Documents that need not all be in memory, with a digest of each, in the same order."""

    def __iter__(self) -> Iterator[Document]: ...

    def __len__(self) -> int: ...

    def digests(self) -> Iterable[str]:
        """What changes when a document does."""
        ...


class Joined:
    """Our own documents, then those of a library whose ids are not taken."""

    def __init__(self, own: Sequence[Document], library: Corpus) -> None:
        self._own, self._library = own, library
        self._taken = {document.id for document in own}

    def __iter__(self) -> Iterator[Document]:
        yield from self._own
        yield from (document for document in self._library if document.id not in self._taken)

    def __len__(self) -> int:
        return len(self._own) + len(self._library)

    def digests(self) -> Iterable[str]:
        """As of a corpus."""
        return [*map(_digest, self._own), *self._library.digests()]


def passage_text(title: str, passage: Passage) -> str:
    """What is embedded of a passage: the document's title and the section tell what the text itself leaves unsaid."""
    return "\n".join(part for part in (title, passage.section, passage.text) if part)


def record_of(document: Document) -> bytes:
    """Everything that is known of a document, as JSON; `Document.of_record` takes it back."""
    return json.dumps(asdict(document), ensure_ascii=False, sort_keys=True).encode()


def digest_of(record: bytes) -> str:
    """A hash of the record of a document."""
    return hashlib.sha256(record).hexdigest()[:32]


def _digest(document: Document) -> str:
    return digest_of(record_of(document))


def source_fingerprint(documents: Iterable[Document], model: str) -> str:
    """What an index depends on: the documents, the model (its fingerprint), the query adapter, how passages are cut."""
    digest = hashlib.sha256(f"{FORMAT}\0{model}\0{_settings()}".encode())
    for each in documents.digests() if isinstance(documents, Corpus) else map(_digest, documents):
        digest.update(each.encode())
    return digest.hexdigest()[:16]


def _settings() -> str:
    return f"{_adapter()} {tuning.PASSAGE_CHARACTERS} {tuning.BM25_K1} {tuning.BM25_B} {sorted(ABBREVIATIONS.items())}"


def _adapter() -> str:
    return hashlib.sha256(adapter.LEARNED.read_bytes()).hexdigest()


def is_current(documents: Iterable[Document], model: str, folder: Path) -> bool:
    """Whether the index in `folder` is whole and holds just these documents, by the model with this fingerprint."""
    try:
        _, manifest = read_manifest(folder)
    except (IndexMissingError, IndexDamagedError):
        return False
    return bool(manifest["fingerprint"] == source_fingerprint(documents, model))


def build(documents: Iterable[Document], embedder: Embedder, folder: Path, say: Say = _silent) -> None:
    """Build an index of `documents` and publish it in `folder`; until then the one before stays as it is.

    A build that was killed goes on where it stopped. SourceError if there is no passage, IndexBusyError if another
    process builds in the same folder, OSError if something cannot be written.
    """
    with exclusive(folder), workspace(folder) as work:
        try:
            cache = VectorCache(folder / CACHE, embedder.fingerprint, embedder.dimension)
            try:
                _build(documents, embedder, cache, work, folder, say)
            finally:
                cache.close()
        except sqlite3.Error as error:
            raise OSError(f"không ghi được {folder / CACHE}: {error}") from error


def _build(
    documents: Iterable[Document], embedder: Embedder, cache: VectorCache, work: Path, folder: Path, say: Say
) -> None:
    fingerprint = source_fingerprint(documents, embedder.fingerprint)
    layout = _write_texts(documents, work, say)
    if not layout.passages:
        raise SourceError(folder, "các nguồn không có đoạn văn nào")
    _embed_missing(layout, embedder, cache, work, say)
    say("Đang xếp véc-tơ và chữ vào chỉ mục…")
    blocks = (cache.get(keys).astype(np.float32) for keys in _runs(layout.passage_keys))
    kind = vectors.choose(layout.passages, embedder.dimension)
    vectors.build(blocks, layout.passages, embedder.dimension, kind, work / "vectors")
    sentences = np.lib.format.open_memmap(
        work / "sentences.npy", "w+", np.float16, (len(layout.sentence_keys), embedder.dimension)
    )
    _fill(sentences, layout.sentence_keys, cache)
    sentences.flush()
    np.save(work / "asked.npy", cache.get([key.tobytes() for key in layout.asked_keys]))
    LexicalIndex.build(_lexical_texts(layout, work)).save(work / "lexical")
    model = {"name": embedder.name, "fingerprint": embedder.fingerprint, "dimension": embedder.dimension}
    counts = {"documents": len(layout.titles), "passages": layout.passages, "sentences": len(layout.sentence_keys)}
    write_manifest(work, fingerprint, {"model": model, **counts})
    publish(work, folder, fingerprint)
    cache.keep_only(np.concatenate([layout.passage_keys, layout.sentence_keys, layout.asked_keys]))


@dataclass(frozen=True, slots=True)
class _Layout:
    """What stands in which order. Keys: shape (n,). `asked_as`: the phrases of each document that has any."""

    titles: Sequence[str]
    asked_as: Mapping[int, tuple[str, ...]]
    passage_keys: Keys
    sentence_keys: Keys
    asked_keys: Keys

    @property
    def passages(self) -> int:
        return len(self.passage_keys)


def _keys(raw: bytearray) -> Keys:
    return np.frombuffer(bytes(raw), f"V{KEY_BYTES}")


def _write_texts(documents: Iterable[Document], work: Path, say: Say) -> _Layout:
    """Write documents and their passages, and where each begins."""
    progress = _Progress(say)
    titles: list[str] = []
    asked_as: dict[int, tuple[str, ...]] = {}
    passage_keys, sentence_keys, asked_keys = bytearray(), bytearray(), bytearray()
    starts, sentence_starts = [0], [0]
    places: list[int] = []
    signposts: list[int] = []
    asking = _asking()
    with (work / "documents.jsonl").open("wb") as meta, (work / "passages.jsonl").open("wb") as stream:
        for place, document in enumerate(documents):
            meta.write(_line(document.meta()))
            titles.append(document.title)
            if document.asked_as:
                asked_as[place] = document.asked_as
                asked_keys += b"".join(key_of(asking, phrase) for phrase in document.asked_as)
            for passage in split(document):
                sentences = sentences_of(passage)
                passage_keys += key_of("passage", passage_text(document.title, passage))
                sentence_keys += b"".join(key_of("passage", sentence) for sentence in sentences)
                if passage.topics or passage.section.endswith("?"):
                    signposts.append(len(places))
                starts.append(starts[-1] + stream.write(_line(_record(passage))))
                sentence_starts.append(sentence_starts[-1] + len(sentences))
                places.append(place)
            progress.say(f"Đã chia đoạn {grouped(place + 1)} tài liệu, {grouped(len(places))} đoạn")
    for name, values, kind in (
        ("passage_starts", starts, np.int64),
        ("sentence_starts", sentence_starts, np.int64),
        ("passage_documents", places, np.int32),
        ("signposts", signposts, np.int64),
    ):
        np.save(work / f"{name}.npy", np.array(values, kind))
    return _Layout(titles, asked_as, _keys(passage_keys), _keys(sentence_keys), _keys(asked_keys))


def _record(passage: Passage) -> dict[str, Any]:
    record = asdict(passage)
    del record["row"]
    return {name: value for name, value in record.items() if value != ()}


def _line(record: dict[str, Any]) -> bytes:
    return f"{json.dumps(record, ensure_ascii=False)}\n".encode()


def _asking() -> str:
    """Questions pass the learned adapter: another adapter, other vectors."""
    return f"query {_adapter()}"


def _embed_missing(layout: _Layout, embedder: Embedder, cache: VectorCache, work: Path, say: Say) -> None:
    """Embed every passage, sentence and phrase that the cache does not hold."""
    missing = _Missing(layout, cache)
    progress = _Progress(say, missing.count)
    done = 0
    embed_as: list[tuple[Callable[[Sequence[str]], Vectors], Iterator[tuple[bytes, str]]]] = [
        (embedder.embed_passages, missing.texts(work)),
        (embedder.embed_queries, missing.phrases()),
    ]
    for embed, texts in embed_as:
        while batch := dict(islice(texts, _BATCH)):
            cache.add(list(batch), embed(list(batch.values())))
            done += len(batch)
            progress.say(f"Đã mã hóa {grouped(done)}/{grouped(missing.count)} đoạn và câu mới", done)


class _Missing:
    """The texts of a layout whose vectors are not there, each once."""

    def __init__(self, layout: _Layout, cache: VectorCache) -> None:
        self._layout = layout
        self._wanted: set[bytes] = set()
        for keys in (layout.passage_keys, layout.sentence_keys, layout.asked_keys):
            for run in _runs(keys):
                self._wanted.update(set(run) - cache.known(run))
        self.count = len(self._wanted)

    def texts(self, work: Path) -> Iterator[tuple[bytes, str]]:
        """Keys and texts of passages and their sentences, in the order of passages."""
        starts, places = np.load(work / "sentence_starts.npy"), np.load(work / "passage_documents.npy")
        passages = Passages(work / "passages.jsonl", np.load(work / "passage_starts.npy"))
        layout = self._layout
        for row in range(len(passages)):
            keys = [key.tobytes() for key in layout.sentence_keys[starts[row] : starts[row + 1]]]
            own = layout.passage_keys[row].tobytes()
            if self._wanted.isdisjoint((own, *keys)):
                continue
            passage = passages[row]
            yield from self._new([own], [passage_text(layout.titles[places[row]], passage)])
            yield from self._new(keys, sentences_of(passage))

    def phrases(self) -> Iterator[tuple[bytes, str]]:
        """Keys and texts of the ways in which people ask."""
        phrases = [phrase for each in self._layout.asked_as.values() for phrase in each]
        return self._new([key.tobytes() for key in self._layout.asked_keys], phrases)

    def _new(self, keys: Sequence[bytes], texts: Sequence[str]) -> Iterator[tuple[bytes, str]]:
        for key, text in zip(keys, texts, strict=True):
            if key in self._wanted:
                self._wanted.discard(key)
                yield key, text


class _Progress:
    """Says how far a work is every few seconds, and at its end; with `total`, also how long it will still take."""

    def __init__(self, say: Say, total: int = 0) -> None:
        self._say, self._total = say, total
        self._begun = self._said = time.monotonic()

    def say(self, text: str, done: int = 0) -> None:
        """Say `text` if it is time to."""
        now = time.monotonic()
        if (done < self._total or not self._total) and now - self._said < _SAY_EVERY_S:
            return
        self._said = now
        left = (now - self._begun) * (self._total - done) / done if done else 0.0
        self._say(f"{text}, còn khoảng {_duration(left)}" if left >= 1 else text)


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes} phút" if minutes else f"{seconds:.0f} giây"


def _runs(keys: Keys) -> Iterator[list[bytes]]:
    for start in range(0, len(keys), _GATHERED):
        yield [key.tobytes() for key in keys[start : start + _GATHERED]]


def _fill(rows: Any, keys: Keys, cache: VectorCache) -> None:
    start = 0
    for run in _runs(keys):
        rows[start : start + len(run)] = cache.get(run)
        start += len(run)


def _lexical_texts(layout: _Layout, work: Path) -> Iterator[str]:
    """What BM25 reads of each passage: also the words in which people ask for its document."""
    places = np.load(work / "passage_documents.npy")
    passages = Passages(work / "passages.jsonl", np.load(work / "passage_starts.npy"))
    for passage, place in zip(passages, places.tolist(), strict=True):
        asked = layout.asked_as.get(place, ())
        yield "\n".join([passage_text(layout.titles[place], passage), *asked])
