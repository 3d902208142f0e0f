from __future__ import annotations

import gc
import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from retrieval import building
from retrieval.building import Joined, build, digest_of, is_current, record_of, source_fingerprint
from retrieval.errors import IndexBusyError, IndexMissingError
from retrieval.index import load
from retrieval.readers import read_sources
from retrieval.records import Document
from retrieval.versions import current, exclusive
from tests.conftest import ROOT
from tests.fakes import FakeEmbedder
from tests.retrieval.library import LIBRARY, write_document


@pytest.fixture
def texts() -> list[Document]:
    return read_sources([LIBRARY], strict=True).documents


class _Streamed:
    """A corpus that is never held whole."""

    def __init__(self, documents: list[Document]) -> None:
        self._documents, self.read = documents, 0

    def __iter__(self):  # type: ignore[no-untyped-def]
        for document in self._documents:
            self.read += 1
            yield document

    def __len__(self) -> int:
        return len(self._documents)

    def digests(self):  # type: ignore[no-untyped-def]
        return (digest_of(record_of(document)) for document in self._documents)


def test_a_corpus_gives_the_index_that_a_list_gives(texts: list[Document], tmp_path: Path) -> None:
    streamed = _Streamed(texts)
    build(streamed, FakeEmbedder(), tmp_path / "a")
    build(texts, FakeEmbedder(), tmp_path / "b")
    assert streamed.read == len(texts)
    assert current(tmp_path / "a") == current(tmp_path / "b")
    assert is_current(texts, "fake-1", tmp_path / "a")
    one, other = load(tmp_path / "a", FakeEmbedder()), load(tmp_path / "b", FakeEmbedder())
    assert list(one.passages) == list(other.passages)


def test_a_small_batch_gives_the_same_index(
    texts: list[Document], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(texts, FakeEmbedder(), tmp_path / "a")
    monkeypatch.setattr(building, "_BATCH", 3)
    monkeypatch.setattr(building, "_GATHERED", 5)
    build(texts, FakeEmbedder(), tmp_path / "b")
    one, other = load(tmp_path / "a", FakeEmbedder()), load(tmp_path / "b", FakeEmbedder())
    assert np.array_equal(one.sentences, other.sentences)
    assert np.array_equal(one.vectors_of(range(len(one.passages))), other.vectors_of(range(len(other.passages))))


def test_a_build_goes_on_where_another_stopped(
    texts: list[Document], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "_BATCH", 10)
    first, calls = FakeEmbedder(), []

    def stop_after_three(given: list[str]) -> object:
        calls.append(given)
        if len(calls) > 3:
            raise KeyboardInterrupt
        return FakeEmbedder.embed_passages(first, given)

    with monkeypatch.context() as patch:
        patch.setattr(first, "embed_passages", stop_after_three)
        with pytest.raises(KeyboardInterrupt):
            build(texts, first, tmp_path)
    with pytest.raises(IndexMissingError):
        load(tmp_path, FakeEmbedder())
    second = FakeEmbedder()
    build(texts, second, tmp_path)
    assert len(first.embedded) == 30
    assert set(first.embedded).isdisjoint(second.embedded)
    whole = FakeEmbedder()
    build(texts, whole, tmp_path / "whole")
    assert sorted(first.embedded + second.embedded) == sorted(whole.embedded)


def test_two_builds_at_once_in_one_folder_are_refused(texts: list[Document], tmp_path: Path) -> None:
    with exclusive(tmp_path), pytest.raises(IndexBusyError, match="cửa sổ khác"):
        build(texts, FakeEmbedder(), tmp_path)
    build(texts, FakeEmbedder(), tmp_path)
    assert load(tmp_path, FakeEmbedder()).passages


def test_an_open_index_reads_on_after_two_newer_ones_were_published(texts: list[Document], tmp_path: Path) -> None:
    build(texts, FakeEmbedder(), tmp_path)
    opened = load(tmp_path, FakeEmbedder())
    expected = [passage.text for text in texts for passage in building.split(text)]
    for number in ("157", "158"):
        build([replace(text, text=text.text.replace("156", number)) for text in texts], FakeEmbedder(), tmp_path)
    assert not (tmp_path / opened.version).exists()
    assert [passage.text for passage in opened.passages] == expected
    query = FakeEmbedder().embed_queries(["lệ phí"])[0]
    assert len(opened.best_sentences(range(len(expected)), query)) == len(expected)
    assert opened.lexical.scores("lệ phí").max() > 0


def test_progress_tells_how_long_it_will_still_take(
    texts: list[Document], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter(range(0, 100_000, 61))
    monkeypatch.setattr(building.time, "monotonic", lambda: float(next(clock)))
    monkeypatch.setattr(building, "_BATCH", 20)
    said: list[str] = []
    build(texts, FakeEmbedder(), tmp_path, said.append)
    embedded = [line for line in said if line.startswith("Đã mã hóa")]
    assert "còn khoảng" in embedded[0]
    assert "phút" in embedded[0]
    assert "còn khoảng" not in embedded[-1]


def test_documents_of_our_own_come_first_and_keep_their_ids(texts: list[Document]) -> None:
    foreign = [replace(texts[0], title="Của người khác"), replace(texts[1], id="moi")]
    joined = Joined(texts, _Streamed(foreign))
    assert [(each.id, each.title) for each in joined] == [
        *((each.id, each.title) for each in texts),
        ("moi", texts[1].title),
    ]
    assert source_fingerprint(joined, "m") != source_fingerprint(texts, "m")


@pytest.mark.slow
def test_killed_at_any_moment_the_old_index_stays_and_the_build_is_finished_later(tmp_path: Path) -> None:
    source, folder = tmp_path / "source", tmp_path / "index"
    for n in range(12):
        write_document(source, f"bai-{n}", "".join(f"## Mục {n}.{m}?\n\nCâu {m} của bài {n}.\n\n" for m in range(8)))
    old = read_sources([source]).documents
    build(old, FakeEmbedder(), folder)
    before = [passage.text for passage in load(folder, FakeEmbedder()).passages]
    for path in source.iterdir():
        path.write_text(path.read_text(encoding="utf-8").replace("Câu", "Lời"), encoding="utf-8")
    after = [text.replace("Câu", "Lời") for text in before]
    command = [sys.executable, "-m", "tests.retrieval.building_process", str(source), str(folder)]
    chance, seen = random.Random(5), set()  # noqa: S311
    for _ in range(6):
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert process.stdout
        assert process.stdout.readline() == "đọc xong\n"
        time.sleep(chance.uniform(0, 1.2))
        process.send_signal(signal.SIGKILL)
        process.wait()
        texts = [passage.text for passage in load(folder, FakeEmbedder()).passages]
        assert texts in (before, after)
        seen.add(texts == after)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.endswith("xong\n")
    assert [passage.text for passage in load(folder, FakeEmbedder()).passages] == after
    shutil.rmtree(source)


def test_an_index_that_is_let_go_of_closes_its_files(texts: list[Document], tmp_path: Path) -> None:
    build(texts, FakeEmbedder(), tmp_path)
    load(tmp_path, FakeEmbedder())
    gc.disable()
    try:
        before = len(list(Path("/proc/self/fd").iterdir()))
        for _ in range(5):
            index = load(tmp_path, FakeEmbedder())
            assert index.passages[0]
            del index
        assert len(list(Path("/proc/self/fd").iterdir())) == before
    finally:
        gc.enable()
