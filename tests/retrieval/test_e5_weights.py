from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from retrieval.e5_weights import convert, read_packed
from retrieval.errors import ModelError

PIECES = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁số", -1.5)]


def _packed(block: int = 32) -> bytes:
    """A tiny model in the format that e5.c documents: five pieces, two mapped characters, two tensors."""
    head = b"E5S1" + struct.pack("<I7ifi", 1, 2, 0, 1, 4, 5, 8, 1, 1e-12, block)
    blob = [piece.encode() for piece, _ in PIECES]
    offsets = np.cumsum([0, *map(len, blob)]).astype("<u4").tobytes()
    scores = np.array([score for _, score in PIECES], "<f4").tobytes()
    vocabulary = struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, sum(map(len, blob))) + offsets + scores + b"".join(blob)
    entries = struct.pack("<IBI", ord("Ａ"), 1, ord("A")) + struct.pack("<IB", 0x200B, 0)
    characters = struct.pack("<iI", 2, len(entries)) + entries
    plain = np.array([0.5, -2.0], "<f4").tobytes()
    # One Q4_0 block: scale 0.25, low nibbles 0..15, high nibbles all 8 (zero).
    quantised = np.array([0.25], "<f2").tobytes() + bytes(0x80 | n for n in range(16))

    def directory(start: int) -> bytes:
        rows = [(b"plain", 0, 2, start, len(plain)), (b"packed", 1, 32, start + len(plain), len(quantised))]
        entries = [struct.pack("<H", len(name)) + name + struct.pack("<BIQQ", *more) for name, *more in rows]
        return struct.pack("<i", len(rows)) + b"".join(entries)

    before = head + vocabulary + characters
    return before + directory(len(before) + len(directory(0))) + plain + quantised


@pytest.fixture
def packed(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.bin"
    path.write_bytes(_packed())
    return path


def test_a_packed_model_is_read_as_its_layout_says(packed: Path) -> None:
    model = read_packed(packed)
    assert (model.hidden, model.feed_forward, model.vocabulary_rows, model.positions) == (2, 4, 5, 8)
    assert model.pieces == PIECES
    assert model.special == {"bos": 0, "eos": 2, "pad": 1, "unk": 3}
    assert model.character_map == {"Ａ": "A", "\u200b": ""}
    assert model.tensors["plain"].tolist() == [0.5, -2.0]
    assert model.tensors["packed"].tolist() == [(n - 8) * 0.25 for n in range(16)] + [0.0] * 16


@pytest.mark.parametrize(
    "raw", [b"", b"GGUF" + _packed()[4:], _packed(64), _packed()[:30], _packed()[:80], _packed()[:-20]],
    ids=["empty", "other", "block", "head", "vocabulary", "tensors"],
)  # fmt: skip
def test_what_is_no_packed_model_is_refused_by_name(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "hong.bin"
    path.write_bytes(raw)
    with pytest.raises(ModelError, match=r"hong\.bin"):
        read_packed(path)


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"khong-co\.bin"):
        read_packed(tmp_path / "khong-co.bin")


def test_a_conversion_that_fails_leaves_the_old_model_and_no_rubbish(
    tmp_path: Path, packed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise OSError("đĩa đầy")

    target = tmp_path / "embedder"
    target.mkdir()
    (target / "config.json").write_text("cũ", encoding="utf-8")
    monkeypatch.setattr("retrieval.e5_weights._write_transformer", lambda model, folder: folder.mkdir())
    monkeypatch.setattr("retrieval.e5_weights._write_sentence_transformer", crash)
    with pytest.raises(OSError, match="đĩa đầy"):
        convert(target, packed)
    assert (target / "config.json").read_text(encoding="utf-8") == "cũ"
    assert {path.name for path in tmp_path.iterdir()} == {"embedder", "tiny.bin"}
