from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval import adapter, diacritics, evidence
from retrieval.evidence import FEATURES, Weights
from retrieval.index import Index
from retrieval.learning.diacritics import is_held_out, learn, sentences, texts
from retrieval.learning.evidence import QuestionSet
from retrieval.learning.evidence import learn as learn_evidence
from retrieval.text import strip_diacritics
from tests.conftest import ROOT
from tests.fakes import FakeEmbedder

LEARNED = [adapter.LEARNED, diacritics.LEARNED, evidence.LEARNED]
OTHER = diacritics.OTHER


# --- What ships


def test_all_that_ships_is_small_enough_to_ship() -> None:
    assert sorted(path.name for path in LEARNED) == sorted(path.name for path in LEARNED[0].parent.iterdir())
    assert all(0 < path.stat().st_size < 4_000_000 for path in LEARNED)


def test_the_syllable_model_that_ships_is_whole() -> None:
    model = diacritics.learned_model()
    assert {diacritics.START, diacritics.END, OTHER, "nộp", "hồ", "sơ", "số"} <= set(model.syllables)
    assert len(set(model.syllables)) == len(model.syllables)
    for keys, size in ((model.bigram_keys, 2), (model.trigram_keys, 3)):
        assert (np.diff(keys) > 0).all()
        assert keys[0] >= 0
        assert keys[-1] < len(model.syllables) ** size
    for logs in (model.unigram, model.bigram, model.trigram):
        assert np.isfinite(logs).all()
        assert logs.max() <= 0
    assert float(np.exp(model.unigram).sum()) == pytest.approx(1.0, abs=0.02)


def test_the_evidence_that_ships_belongs_to_the_features_that_are_read() -> None:
    stored = json.loads(evidence.LEARNED.read_text(encoding="utf-8"))
    assert tuple(stored["features"]) == FEATURES
    weights = Weights.load()
    assert weights.rank.shape == weights.answer.shape == (len(FEATURES),)
    assert np.isfinite([*weights.rank, *weights.answer, weights.bias]).all()
    assert 0 < weights.threshold < 1


def test_its_probabilities_mean_what_they_say() -> None:
    """Of the held-out questions in each tenth of probability about that share can be answered."""
    stored = json.loads(evidence.LEARNED.read_text(encoding="utf-8"))
    rows = stored["reliability"]
    assert [row["from"] for row in rows] == sorted({row["from"] for row in rows})
    assert sum(row["questions"] for row in rows) == stored["questions"]
    for row in rows:
        assert row["from"] <= row["predicted"] <= row["from"] + 0.1
        assert 0 <= row["answerable"] <= 1
        if row["questions"] >= 50:
            assert abs(row["answerable"] - row["predicted"]) <= 0.2
    gap = sum(abs(row["answerable"] - row["predicted"]) * row["questions"] for row in rows) / stored["questions"]
    assert gap <= 0.06


def test_evidence_of_other_features_is_refused_with_its_file(tmp_path: Path) -> None:
    stored = json.loads(evidence.LEARNED.read_text(encoding="utf-8"))
    path = tmp_path / "evidence.json"
    path.write_text(json.dumps({**stored, "features": stored["features"][::-1]}), encoding="utf-8")
    with pytest.raises(ValueError, match=r"evidence\.json"):
        Weights.load(path)


# --- Learning again


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "retrieval.learning", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


@pytest.mark.parametrize("what", ["diacritics", "adapter", "all"])
def test_missing_corpora_are_named_and_nothing_is_overwritten(what: str, tmp_path: Path) -> None:
    before = [path.read_bytes() for path in LEARNED]
    done = _run(what, "--corpora", str(tmp_path / "khong-co"))
    assert done.returncode == 2
    assert f"không có ngữ liệu ở {tmp_path / 'khong-co'}" in done.stderr
    assert "--corpora" in done.stderr
    assert "Traceback" not in done.stderr
    assert [path.read_bytes() for path in LEARNED] == before


@pytest.mark.parametrize("arguments", [[], ["nonsense"]])
def test_wrong_arguments_exit_with_2(arguments: list[str]) -> None:
    done = _run(*arguments)
    assert done.returncode == 2
    assert "diacritics" in done.stderr


def test_a_fiftieth_of_the_law_is_held_out() -> None:
    held = [n for n in range(10_000) if is_held_out(n)]
    assert len(held) == 200
    assert set(np.diff(held)) == {50}
    assert any(n % 3 == 0 for n in held)  # some that would be learned from otherwise


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Nộp hồ sơ ở xã. Mang theo thẻ!", [["nộp", "hồ", "sơ", "ở", "xã"], ["mang", "theo", "thẻ"]]),
        ("Hoà Bình. Khoá học", [["hòa", "bình"], ["khóa", "học"]]),
        ("Nộp 1.500 đồng qua VNeID", [["nộp", OTHER, "đồng", "qua", OTHER]]),
        ("Cổng dichvucong.gov.vn là của dân", [["cổng", OTHER, OTHER, OTHER, "là", "của", "dân"]]),
        ("nop ho so qua mang", []),
        ("hoc sinh", []),
        ("Xong.", []),
        ("", []),
        ("… ? ! \n\n;", []),
    ],
)
def test_sentences_as_they_are_counted(text: str, found: list[list[str]]) -> None:
    assert list(sentences(text)) == found


@given(text=st.text(max_size=80) | st.text(st.sampled_from("nộpđaàHÒ1.,;?! \n/@"), max_size=80))
def test_counted_sentences_are_lower_case_syllables_or_other(text: str) -> None:
    for sentence in sentences(text):
        assert len(sentence) > 1
        assert all(piece == OTHER or (piece.isalpha() and piece == piece.lower()) for piece in sentence)


def test_text_typed_without_marks_does_not_teach_that_marks_are_left_off() -> None:
    assert list(sentences(strip_diacritics("Nộp hồ sơ ở xã. Mang theo thẻ của mình!"))) == []


def _zip(path: Path, rows: list[dict[str, str]]) -> None:
    path.write_bytes(gzip.compress("\n".join(json.dumps(row) for row in rows).encode()))


@pytest.fixture
def small_project(tmp_path: Path) -> tuple[Path, Path]:
    """A project and corpora of a few sentences, shaped like the real ones."""
    project, corpora = tmp_path / "project", tmp_path / "corpora"
    for folder in (project / "data" / "documents", project / "data" / "speech", project / "data" / "nlu"):
        folder.mkdir(parents=True)
    (corpora / "chinh_sach").mkdir(parents=True)
    law = [{"title": f"Điều {n}", "text": f"Nội dung của điều thứ {n} nói về cây sồi."} for n in range(120)]
    _zip(corpora / "phap_dien.jsonl.gz", law)
    parts = ("trinh_tu_thuc_hien", "thanh_phan_ho_so", "yeu_cau_dieu_kien")
    procedure = {"ten_thu_tuc": "Cấp thẻ", **dict.fromkeys(parts, "Nộp hồ sơ.")}
    _zip(corpora / "thu_tuc_hanh_chinh.jsonl.gz", [procedure])
    (corpora / "chinh_sach" / "a.md").write_text("Chính sách mới.", encoding="utf-8")
    (project / "data" / "documents" / "a.md").write_text("Tài liệu của nhóm.", encoding="utf-8")
    (project / "domain.yml").write_text("Xin chào bà con.", encoding="utf-8")
    (project / "data" / "speech" / "questions.jsonl").write_text('{"text": "cháu hỏi chút"}\n', encoding="utf-8")
    (project / "data" / "speech" / "sentences.txt").write_text("bác cần chi\n" * 30, encoding="utf-8")
    nlu = 'nlu:\n- intent: hoi\n  examples: |\n    - cho mình hỏi\n- synonym: "zalo"\n'
    (project / "data" / "nlu" / "a.yml").write_text(nlu, encoding="utf-8")
    return project, corpora


def test_held_out_law_is_not_learned_from_and_every_register_is(small_project: tuple[Path, Path]) -> None:
    found = list(texts(*small_project))
    law = "\n".join(text for register, text in found if register == "law")
    for n in range(120):
        assert f"thứ {n} " not in law or not is_held_out(n)
    assert law.count("cây sồi") >= 30
    assert {register for register, _ in found} == {"law", "procedures", "documents", "speech", "words"}
    speech = [text for register, text in found if register == "speech"]
    assert {"cháu hỏi chút", "bác cần chi", "cho mình hỏi"} <= set(speech)


@pytest.mark.slow
def test_what_is_learned_is_what_is_loaded(small_project: tuple[Path, Path], tmp_path: Path) -> None:
    said: list[str] = []
    learn(*small_project, tmp_path / "diacritics.npz", said.append)
    model = diacritics.learned_model(tmp_path / "diacritics.npz")
    assert diacritics.restore_diacritics("bac can chi", model=model) == "bác cần chi"
    assert diacritics.restore_diacritics("noi dung cua dieu thu 3", model=model) == "nội dung của điều thứ 3"
    assert "diacritics.npz" in said[-1]


def _row(question: str, answer: str, kind: str = "fact") -> dict[str, str]:
    return {"question": question, "kind": kind, "evidence": answer}


def test_evidence_is_learned_from_questions_and_loaded_again(library_index: Index, tmp_path: Path) -> None:
    """A model of a dozen questions: it cannot be good, but it must be whole and its table count every question."""
    rows = [
        _row("Lệ phí được nộp qua đâu?", "Lệ phí được chuyển qua ngân hàng hoặc ví điện tử liên kết với cổng."),
        _row("Mã OTP là gì?", "Mã OTP là mật khẩu dùng một lần"),
        _row("Số điện thoại nào nhận báo lừa đảo?", "báo qua số điện thoại 156"),
        _row("Đăng nhập cổng bằng tài khoản nào?", "tài khoản định danh điện tử mức 2"),
        _row("Biên lai gửi về đâu?", "Biên lai gửi về hộp thư của người nộp."),
        *(_row(text, "", "offtopic") for text in ("Giá vàng hôm nay?", "Hát một bài đi", "Ai vô địch bóng đá?")),
        *(_row(text, "", "unanswerable") for text in ("Lệ phí là bao nhiêu?", "Cổng do ai xây dựng?")),
        _row("Nam Định và Quảng Ninh nơi nào nhiều hơn?", "", "compare"),
    ]
    output = tmp_path / "evidence.json"
    learn_evidence([QuestionSet("thử", library_index, rows)], FakeEmbedder(), output, lambda _: None)
    weights = Weights.load(output)
    assert np.isfinite([*weights.rank, *weights.answer, weights.bias]).all()
    assert 0 <= weights.threshold <= 1
    stored = json.loads(output.read_text(encoding="utf-8"))
    assert stored["questions"] == 2 * (len(rows) - 1)  # each as written and without diacritics; comparisons left out
    assert sum(row["questions"] for row in stored["reliability"]) == stored["questions"]
