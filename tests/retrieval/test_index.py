from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import faiss
import numpy as np
import pytest

from retrieval.building import CACHE, build, is_current, passage_text, source_fingerprint
from retrieval.errors import IndexDamagedError, IndexMissingError, IndexModelError, SourceError
from retrieval.index import load, sentences_of
from retrieval.lexical import LexicalIndex
from retrieval.readers import read_sources
from retrieval.records import Document, Passage
from retrieval.split import split
from retrieval.versions import FORMAT
from tests.fakes import FakeEmbedder
from tests.retrieval.library import LIBRARY, write_document

Break = Callable[[pytest.MonkeyPatch], None]


@pytest.fixture
def texts() -> list[Document]:
    return read_sources([LIBRARY], strict=True).documents


@pytest.fixture
def folder(texts: list[Document], tmp_path: Path) -> Path:
    """A built index of the library."""
    build(texts, FakeEmbedder(), tmp_path / "index")
    return tmp_path / "index"


def _version(folder: Path) -> Path:
    return folder / (folder / "CURRENT").read_text(encoding="utf-8").strip()


def _changed(texts: list[Document], number: str = "157") -> list[Document]:
    """The documents with one figure of one passage changed."""
    return [replace(text, text=text.text.replace("156", number)) for text in texts]


def test_what_is_loaded_is_what_was_built(texts: list[Document], folder: Path) -> None:
    index = load(folder, FakeEmbedder())
    assert list(index.passages) == [passage for text in texts for passage in split(text)]
    assert [passage.row for passage in index.passages] == list(range(len(index.passages)))
    assert index.documents == {text.id: replace(text, text="", sections=()) for text in texts}
    assert len(index.vectors) == len(index.passages)
    assert index.manifest["documents"] == len(texts)


def test_every_row_of_vectors_belongs_to_the_passage_of_that_row(folder: Path) -> None:
    index, embedder = load(folder, FakeEmbedder()), FakeEmbedder()
    for row, passage in enumerate(index.passages):
        vector = embedder.embed_passages([passage_text(index.documents[passage.document_id].title, passage)])
        assert index.dense_candidates(vector, 1) == [row]
        assert index.vectors_of([row])[0] == pytest.approx(vector[0], abs=1e-3)


def test_every_sentence_vector_belongs_to_the_sentence_of_that_passage(folder: Path) -> None:
    index, embedder = load(folder, FakeEmbedder()), FakeEmbedder()
    assert index.sentence_starts[0] == 0
    assert len(index.sentence_starts) == len(index.passages) + 1
    assert index.sentence_starts[-1] == len(index.sentences)
    for row, passage in enumerate(index.passages):
        stored = index.sentences[index.sentence_starts[row] : index.sentence_starts[row + 1]]
        expected = embedder.embed_passages(sentences_of(passage))
        assert stored.astype(np.float32) == pytest.approx(expected, abs=1e-3)


def test_the_sentences_of_a_passage_are_its_own_words_and_at_least_one(folder: Path) -> None:
    for passage in load(folder, FakeEmbedder()).passages:
        found = sentences_of(passage)
        assert found
        assert "".join("".join(found).split()) == "".join(passage.text.split())
    assert sentences_of(Passage("a", "d", "", 0, 1, "…")) == ["…"]
    assert sentences_of(Passage("a", "d", "", 0, 0, "")) == [""]


def test_the_best_sentence_of_each_row_in_the_order_asked(folder: Path) -> None:
    index, embedder = load(folder, FakeEmbedder()), FakeEmbedder()
    several = [row for row, passage in enumerate(index.passages) if len(sentences_of(passage)) > 1]
    last = len(index.passages) - 1
    for row in several:
        for sentence in sentences_of(index.passages[row]):
            query = embedder.embed_queries([sentence])[0]
            expected = [
                float((embedder.embed_passages(sentences_of(index.passages[n])) @ query).max()) for n in (last, row, 0)
            ]
            found = index.best_sentences([last, row, 0], query)
            assert found.dtype == np.float32
            assert found == pytest.approx(np.array(expected), abs=2e-3)
            assert found[1] == pytest.approx(1.0, abs=2e-3)
    assert several


def test_a_row_asked_twice_is_answered_twice(folder: Path) -> None:
    index = load(folder, FakeEmbedder())
    query = FakeEmbedder().embed_queries(["lệ phí nộp qua đâu"])[0]
    once = index.best_sentences(range(len(index.passages)), query)
    twice = index.best_sentences([*range(len(index.passages))] * 2, query)
    assert np.array_equal(twice, np.tile(once, 2))


def test_a_build_reports_its_progress(texts: list[Document], tmp_path: Path) -> None:
    said: list[str] = []
    build(texts, FakeEmbedder(), tmp_path / "index", said.append)
    passages = [passage for text in texts for passage in split(text)]
    sentences = [sentence for passage in passages for sentence in sentences_of(passage)]
    new = len(set(sentences))
    assert said[0] == f"Đã mã hóa {new + len(passages)}/{new + len(passages)} đoạn và câu mới"


def test_an_index_is_current_until_a_document_its_facts_or_the_model_changes(
    texts: list[Document], folder: Path
) -> None:
    model = FakeEmbedder().fingerprint
    assert is_current(texts, model, folder)
    assert not is_current(_changed(texts), model, folder)
    assert not is_current([replace(texts[0], issued="2020"), *texts[1:]], model, folder)
    assert not is_current(texts[1:], model, folder)
    assert not is_current(texts, "fake-2", folder)
    assert not is_current(texts, model, folder / "khong-co")


def test_a_damaged_index_is_not_current(texts: list[Document], folder: Path) -> None:
    (_version(folder) / "passages.jsonl").unlink()
    assert not is_current(texts, FakeEmbedder().fingerprint, folder)


def test_nothing_is_embedded_again_when_nothing_changed(texts: list[Document], folder: Path) -> None:
    embedder = FakeEmbedder()
    build(texts, embedder, folder)
    assert embedder.embedded == []


def test_only_the_passage_and_the_sentence_that_changed_are_embedded_again(texts: list[Document], folder: Path) -> None:
    embedder = FakeEmbedder()
    build(_changed(texts), embedder, folder)
    changed = "Cuộc gọi lừa đảo được báo qua số điện thoại 157."
    passage, sentence = embedder.embedded
    assert passage.endswith(f"\n{changed}")
    assert sentence == changed


def test_an_index_grown_from_an_older_one_equals_one_built_at_once(
    texts: list[Document], folder: Path, tmp_path: Path
) -> None:
    for number in ("157", "156", "158"):
        build(_changed(texts, number), FakeEmbedder(), folder)
    build(_changed(texts, "158"), FakeEmbedder(), tmp_path / "fresh")
    grown, fresh = load(folder, FakeEmbedder()), load(tmp_path / "fresh", FakeEmbedder())
    rows = range(len(fresh.passages))
    assert list(grown.passages) == list(fresh.passages)
    assert np.array_equal(grown.vectors_of(rows), fresh.vectors_of(rows))
    assert np.array_equal(grown.sentences, fresh.sentences)
    assert np.array_equal(grown.sentence_starts, fresh.sentence_starts)


def test_a_sentence_that_stands_in_many_passages_is_embedded_once(documents: Path, tmp_path: Path) -> None:
    for name in ("mot", "hai", "ba"):
        write_document(documents, name, f"## Mục {name}?\n\nCâu chung của mọi bài. Câu riêng của bài {name}.")
    embedder = FakeEmbedder()
    build(read_sources([documents]).documents, embedder, tmp_path / "index")
    assert embedder.embedded.count("Câu chung của mọi bài.") == 1
    index = load(tmp_path / "index", embedder)
    common = embedder.embed_queries(["Câu chung của mọi bài."])[0]
    assert index.best_sentences([0, 1, 2], common) == pytest.approx(1.0, abs=2e-3)


def test_a_changed_title_embeds_the_passages_of_that_document_again(texts: list[Document], folder: Path) -> None:
    embedder = FakeEmbedder()
    build([replace(texts[0], title="Tên mới"), *texts[1:]], embedder, folder)
    assert len(embedder.embedded) == len(split(texts[0]))


def test_another_model_embeds_everything_again(texts: list[Document], folder: Path) -> None:
    other = FakeEmbedder("khac", "fake-2", 33)
    build(texts, other, folder)
    index = load(folder, other)
    sentences = {sentence for passage in index.passages for sentence in sentences_of(passage)}
    assert len(other.embedded) == len(index.passages) + len(sentences)
    assert index.sentences.shape[1] == other.dimension


def test_another_model_is_refused_naming_both_and_the_next_step(folder: Path) -> None:
    with pytest.raises(IndexModelError, match=r"'fake'.*'khac'.*make index"):
        load(folder, FakeEmbedder("khac", "fake-2"))


def test_only_the_newest_version_and_the_one_before_it_are_kept(texts: list[Document], folder: Path) -> None:
    versions = [_version(folder).name]
    for number in ("157", "158", "159"):
        build(_changed(texts, number), FakeEmbedder(), folder)
        versions.append(_version(folder).name)
    assert {path.name for path in folder.iterdir()} == {"CURRENT", ".lock", CACHE, *versions[-2:]}


def _crash(*_: object, **__: object) -> None:
    raise OSError("đĩa đầy")


@pytest.mark.parametrize(
    "broken",
    [
        lambda patch: patch.setattr(faiss, "write_index", _crash),
        lambda patch: patch.setattr("retrieval.building.np.save", _crash),
        lambda patch: patch.setattr(LexicalIndex, "save", _crash),
        lambda patch: patch.setattr("retrieval.building.write_manifest", _crash),
        lambda patch: patch.setattr("retrieval.versions.os.replace", _crash),
        lambda patch: patch.setattr(FakeEmbedder, "embed_passages", _crash),
    ],
    ids=["vectors", "sentences", "bm25", "manifest", "publish", "embedder"],
)
def test_a_crash_while_building_leaves_the_old_index_and_no_rubbish(
    texts: list[Document], folder: Path, monkeypatch: pytest.MonkeyPatch, broken: Break
) -> None:
    before = list(load(folder, FakeEmbedder()).passages)
    with monkeypatch.context() as patch:
        broken(patch)
        with pytest.raises(OSError, match="đĩa đầy"):
            build(_changed(texts), FakeEmbedder(), folder)
    assert list(load(folder, FakeEmbedder()).passages) == before
    assert [path.name for path in folder.iterdir() if path.name.startswith(".building-")] == []


def test_a_crash_in_the_first_build_leaves_no_index(
    texts: list[Document], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faiss, "write_index", _crash)
    with pytest.raises(OSError, match="đĩa đầy"):
        build(texts, FakeEmbedder(), tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {".lock", CACHE}
    with pytest.raises(IndexMissingError):
        load(tmp_path, FakeEmbedder())


def test_what_a_killed_build_left_behind_goes_with_the_next_build(texts: list[Document], folder: Path) -> None:
    dead, alive = folder / ".building-dead", folder / ".building-alive"
    dead.mkdir()
    os.utime(dead, (0, 0))
    alive.mkdir()
    build(_changed(texts), FakeEmbedder(), folder)
    assert not dead.exists()
    assert alive.exists()


def test_a_missing_index_is_named_with_the_next_step(tmp_path: Path) -> None:
    with pytest.raises(IndexMissingError, match=r"khong-co.*make index"):
        load(tmp_path / "khong-co", FakeEmbedder())


FILES = [
    "documents.jsonl", "passages.jsonl", "passage_starts.npy", "sentences.npy", "sentence_starts.npy",
    "passage_documents.npy", "signposts.npy", "asked.npy",
    "lexical/params.index.json", "lexical/data.csc.index.npy",
]  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_a_changed_file_is_named(folder: Path, name: str) -> None:
    file = _version(folder) / name
    raw = bytearray(file.read_bytes())
    raw[len(raw) // 2] ^= 1
    file.write_bytes(raw)
    with pytest.raises(IndexDamagedError, match=rf"{name}.*make index"):
        load(folder, FakeEmbedder())


@pytest.mark.parametrize("name", [*FILES, "manifest.json"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (_version(folder) / name).unlink()
    with pytest.raises(IndexDamagedError, match=rf"{name}.*make index"):
        load(folder, FakeEmbedder())


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"files": {}}', '{"files": {}, "format": 0}'])
def test_a_manifest_that_is_none_or_of_another_format_is_damage(folder: Path, text: str) -> None:
    (_version(folder) / "manifest.json").write_text(text, encoding="utf-8")
    with pytest.raises(IndexDamagedError, match="make index"):
        load(folder, FakeEmbedder())


def test_an_index_of_the_format_before_sentence_vectors_is_named_and_built_again(
    texts: list[Document], folder: Path
) -> None:
    version = _version(folder)
    manifest = json.loads((version / "manifest.json").read_text(encoding="utf-8"))
    for name in ("sentences.npy", "sentence_starts.npy"):
        (version / name).unlink()
        del manifest["files"][name]
    (version / "manifest.json").write_text(json.dumps({**manifest, "format": 1}), encoding="utf-8")
    with pytest.raises(IndexDamagedError, match=r"định dạng 1.*make index"):
        load(folder, FakeEmbedder())
    assert not is_current(texts, FakeEmbedder().fingerprint, folder)
    build(texts, FakeEmbedder(), folder)
    assert is_current(texts, FakeEmbedder().fingerprint, folder)
    assert len(load(folder, FakeEmbedder()).sentences)


@pytest.mark.parametrize("pointer", [b"khong-co\n", b"\xff\xfe"])
def test_a_pointer_to_nothing_is_damage_that_the_next_build_repairs(
    texts: list[Document], folder: Path, pointer: bytes
) -> None:
    (folder / "CURRENT").write_bytes(pointer)
    with pytest.raises(IndexDamagedError):
        load(folder, FakeEmbedder())
    build(texts, FakeEmbedder(), folder)
    assert load(folder, FakeEmbedder()).passages


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_index_is_repaired_by_the_next_build(texts: list[Document], folder: Path, name: str) -> None:
    (_version(folder) / name).write_bytes(b"")
    assert not is_current(texts, FakeEmbedder().fingerprint, folder)
    build(texts, FakeEmbedder(), folder)
    assert is_current(texts, FakeEmbedder().fingerprint, folder)


def test_sources_without_a_passage_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="không có đoạn văn nào"):
        build([Document("d", "Tên", "", ())], FakeEmbedder(), tmp_path / "index")


def test_the_files_are_json_and_hold_no_pickle(folder: Path) -> None:
    manifest = json.loads((_version(folder) / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["format"] == FORMAT == 4
    assert manifest["model"] == {"name": "fake", "fingerprint": "fake-1", "dimension": 65}
    assert set(FILES) <= set(manifest["files"])
    assert {Path(name).suffix for name in manifest["files"]} == {".jsonl", ".faiss", ".json", ".npy"}


def test_the_fingerprint_does_not_depend_on_the_run(texts: list[Document]) -> None:
    again = read_sources([LIBRARY], strict=True).documents
    assert source_fingerprint(texts, "fake-1") == source_fingerprint(again, "fake-1")
