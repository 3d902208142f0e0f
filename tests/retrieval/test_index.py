from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import faiss
import pytest

from retrieval.errors import IndexDamagedError, IndexMissingError, IndexModelError, SourceError
from retrieval.index import build, is_current, load, passage_text, source_fingerprint
from retrieval.lexical import LexicalIndex
from retrieval.readers import read_sources
from retrieval.records import Document
from retrieval.split import split
from tests.fakes import FakeEmbedder
from tests.retrieval.library import LIBRARY

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
    assert index.passages == tuple(passage for text in texts for passage in split(text))
    assert index.documents == {text.id: replace(text, text="", sections=()) for text in texts}
    assert index.vectors.ntotal == len(index.passages)
    assert index.manifest["documents"] == len(texts)


def test_every_row_of_vectors_belongs_to_the_passage_of_that_row(folder: Path) -> None:
    index, embedder = load(folder, FakeEmbedder()), FakeEmbedder()
    for row, passage in enumerate(index.passages):
        vector = embedder.embed_passages([passage_text(index.documents[passage.document_id], passage)])
        assert index.dense_candidates(vector, 1) == [row]
        assert index.vectors_of([row])[0] == pytest.approx(vector[0])


def test_a_build_reports_its_progress(texts: list[Document], tmp_path: Path) -> None:
    said: list[str] = []
    build(texts, FakeEmbedder(), tmp_path / "index", said.append)
    passages = sum(len(split(text)) for text in texts)
    assert said == [f"Đã mã hóa {passages}/{passages} đoạn mới (giữ lại 0)"]


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


def test_only_the_passages_of_a_changed_document_are_embedded_again(texts: list[Document], folder: Path) -> None:
    embedder = FakeEmbedder()
    build(_changed(texts), embedder, folder)
    assert [text.split("\n")[-1] for text in embedder.embedded] == ["Cuộc gọi lừa đảo được báo qua số điện thoại 157."]


def test_a_changed_title_embeds_that_document_again(texts: list[Document], folder: Path) -> None:
    embedder = FakeEmbedder()
    build([replace(texts[0], title="Tên mới"), *texts[1:]], embedder, folder)
    assert len(embedder.embedded) == len(split(texts[0]))


def test_another_model_embeds_everything_again(texts: list[Document], folder: Path) -> None:
    other = FakeEmbedder("khac", "fake-2", 33)
    build(texts, other, folder)
    assert len(other.embedded) == len(load(folder, other).passages)


def test_another_model_is_refused_naming_both_and_the_next_step(folder: Path) -> None:
    with pytest.raises(IndexModelError, match=r"'fake'.*'khac'.*make index"):
        load(folder, FakeEmbedder("khac", "fake-2"))


def test_only_the_newest_version_and_the_one_before_it_are_kept(texts: list[Document], folder: Path) -> None:
    versions = [_version(folder).name]
    for number in ("157", "158", "159"):
        build(_changed(texts, number), FakeEmbedder(), folder)
        versions.append(_version(folder).name)
    assert {path.name for path in folder.iterdir()} == {"CURRENT", *versions[-2:]}


def _crash(*_: object, **__: object) -> None:
    raise OSError("đĩa đầy")


@pytest.mark.parametrize(
    "broken",
    [
        lambda patch: patch.setattr(faiss, "write_index", _crash),
        lambda patch: patch.setattr(LexicalIndex, "save", _crash),
        lambda patch: patch.setattr("retrieval.index._write_manifest", _crash),
        lambda patch: patch.setattr("retrieval.index.os.replace", _crash),
        lambda patch: patch.setattr(FakeEmbedder, "embed_passages", _crash),
    ],
    ids=["vectors", "bm25", "manifest", "publish", "embedder"],
)
def test_a_crash_while_building_leaves_the_old_index_and_no_rubbish(
    texts: list[Document], folder: Path, monkeypatch: pytest.MonkeyPatch, broken: Break
) -> None:
    before = load(folder, FakeEmbedder()).passages
    with monkeypatch.context() as patch:
        broken(patch)
        with pytest.raises(OSError, match="đĩa đầy"):
            build(_changed(texts), FakeEmbedder(), folder)
    assert load(folder, FakeEmbedder()).passages == before
    assert [path.name for path in folder.iterdir() if path.name.startswith(".building-")] == []


def test_a_crash_in_the_first_build_leaves_no_index(
    texts: list[Document], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faiss, "write_index", _crash)
    with pytest.raises(OSError, match="đĩa đầy"):
        build(texts, FakeEmbedder(), tmp_path)
    assert list(tmp_path.iterdir()) == []
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
    "documents.jsonl", "passages.jsonl", "dense.faiss", "lexical/params.index.json", "lexical/data.csc.index.npy"
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


@pytest.mark.parametrize(
    "pointer",
    [
        b"khong-co\n",
        pytest.param(
            b"\xff\xfe",
        ),
    ],
)
def test_a_pointer_to_nothing_is_damage_that_the_next_build_repairs(
    texts: list[Document], folder: Path, pointer: bytes
) -> None:
    (folder / "CURRENT").write_bytes(pointer)
    with pytest.raises(IndexDamagedError):
        load(folder, FakeEmbedder())
    build(texts, FakeEmbedder(), folder)
    assert load(folder, FakeEmbedder()).passages


def test_a_damaged_index_is_repaired_by_the_next_build(texts: list[Document], folder: Path) -> None:
    (_version(folder) / "dense.faiss").write_bytes(b"")
    build(texts, FakeEmbedder(), folder)
    assert is_current(texts, FakeEmbedder().fingerprint, folder)


def test_sources_without_a_passage_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="không có đoạn văn nào"):
        build([Document("d", "Tên", "", ())], FakeEmbedder(), tmp_path / "index")


def test_the_files_are_json_and_hold_no_pickle(folder: Path) -> None:
    manifest = json.loads((_version(folder) / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["model"] == {"name": "fake", "fingerprint": "fake-1", "dimension": 65}
    assert set(FILES) <= set(manifest["files"])
    assert {Path(name).suffix for name in manifest["files"]} == {".jsonl", ".faiss", ".json", ".npy"}


def test_the_fingerprint_does_not_depend_on_the_run(texts: list[Document]) -> None:
    again = read_sources([LIBRARY], strict=True).documents
    assert source_fingerprint(texts, "fake-1") == source_fingerprint(again, "fake-1")
