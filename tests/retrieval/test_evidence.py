from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval import tuning
from retrieval.evidence import FEATURES, LEARNED, Reader, Runs, Weights, context_of, learned_weights
from retrieval.index import Index
from retrieval.question import understand
from retrieval.records import Document, Hit, Passage
from retrieval.search import search
from retrieval.text import sentence_spans, strip_diacritics
from tests.fakes import FakeEmbedder

DOCUMENT = Document("d", "Tài liệu thử", "", ())


def _read(index: Index, question: str, text: str, section: str = "", document: Document = DOCUMENT) -> Runs:
    """The runs of a passage that no index holds, with the word rarities of a real one."""
    passage = Passage("d#1", "d", section, 0, len(text), text)
    hit = Hit(passage, document, 0.9, 0.9, 1.0, 1.0)
    return Reader(replace(index, passages=(passage,))).read(understand(question), [hit], None)[0]


def _feature(runs: Runs, name: str, run: int = 0) -> float:
    return float(runs.features[run, FEATURES.index(name)])


def _quoted(runs: Runs, text: str) -> str:
    """The run that the models that ship rank first."""
    start, end = runs.spans[int((runs.features @ learned_weights().rank).argmax())]
    return text[start:end]


@pytest.mark.parametrize("question", ["kỹ năng", "ky nang"])
def test_a_word_of_several_syllables_counts_only_where_they_stand_side_by_side(
    library_index: Index, question: str
) -> None:
    together = _read(library_index, question, "Lớp dạy kỹ năng.")
    apart = _read(library_index, question, "Lớp dạy kỹ thuật và năng lượng.")
    assert _feature(together, "run") == _feature(together, "pairs") == 1.0
    assert (_feature(apart, "run"), _feature(apart, "pairs")) == (0.0, 0.0)
    assert _feature(apart, "syllables") == 1.0
    assert (_feature(together, "missing_count"), _feature(apart, "missing_count")) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("question", "text", "found"),
    [
        ("dịch vụ công", "Nộp qua DVC.", 1.0),
        ("DVC", "Nộp qua dịch vụ công.", 1.0),
        ("dich vu cong", "Nộp qua DVC.", 1.0),
        ("ủy ban nhân dân", "Nộp ở UBND xã.", 1.0),
        ("hoà bình", "chung sống hòa bình", 1.0),
        ("hòa bình", "hoa binh", 0.0),
        ("nghị định 42", "Theo NĐ 42/2022.", 1.0),
        ("42/2022", "Nghị định 42/2022/NĐ-CP", 1.0),
        ("1.473", "Có 1473 tổ.", 1.0),
        ("làng nghề", "LÀNG NGHỀ gỗ", 1.0),
        ("làng nghề", "Nghề của làng.", 0.0),
        ("nghề", "nghềnh", 0.0),
    ],
)
def test_words_are_found_as_they_are_typed_and_written(
    library_index: Index, question: str, text: str, found: float
) -> None:
    assert _feature(_read(library_index, question, text), "run") == found


@pytest.mark.parametrize("asked", ["dạy Word/Excel", "dạy Excel/Word"])
def test_of_words_joined_by_a_slash_one_is_enough(library_index: Index, asked: str) -> None:
    for text in ("Xã dạy Word.", "Xã dạy Excel.", "Xã dạy Word và Excel."):
        runs = _read(library_index, asked, text)
        assert _feature(runs, "run") == _feature(runs, "syllables") == 1.0
        assert _feature(runs, "missing_count") == 0.0
    neither = _read(library_index, asked, "Xã dạy nghề.")
    assert 0 < _feature(neither, "run") < 1
    assert _feature(neither, "missing_run") == 1.0


@pytest.mark.parametrize("asked", ["dạy Word và Excel", "dạy 01-Word/Excel"])
def test_words_not_joined_by_a_slash_alone_are_each_asked_for(library_index: Index, asked: str) -> None:
    one = _read(library_index, asked, "Xã dạy Word theo số 01.")
    both = _read(library_index, asked, "Xã dạy Word, Excel theo số 01.")
    assert _feature(one, "run") < _feature(both, "run") == 1.0
    assert _feature(one, "missing_run") == 1.0


def test_a_rare_word_weighs_more_than_a_common_one(library_index: Index) -> None:
    rare = _read(library_index, "mã OTP và ngân hàng", "Mã OTP.")
    common = _read(library_index, "mã OTP và ngân hàng", "Ngân hàng.")
    assert 0 < _feature(common, "run") < 0.5 < _feature(rare, "run") < 1
    assert _feature(common, "missing_run") > _feature(rare, "missing_run") > 0


def test_title_heading_province_and_number_count_for_the_place_but_not_for_the_run(library_index: Index) -> None:
    document = replace(DOCUMENT, title="Hòm thư công vụ", number="22/2026/NĐ-TEST")
    runs = _read(library_index, "dung lượng hòm thư công vụ 22/2026", "Là 50 GB.", "Điều 5. Dung lượng", document)
    assert _feature(runs, "run") == _feature(runs, "syllables") == 0.0
    assert _feature(runs, "run_placed") == _feature(runs, "passage") == _feature(runs, "syllables_placed") == 1.0
    assert 0 < _feature(runs, "heading") < 1
    assert _feature(runs, "figures_missing") == 0
    assert _feature(_read(library_index, "dung lượng 22/2026", "Là 50 GB."), "figures_missing") == 1


@pytest.mark.parametrize(
    ("question", "text", "feature"),
    [
        ("Có bao nhiêu lớp?", "Mở nhiều lớp.", "no_number"),
        ("Có bao nhiêu lớp?", "Có 312 giáo viên.", "no_thing"),
        ("Học phí là bao nhiêu?", "Học phí do xã thu.", "no_money"),
        ("Khi nào mở lớp?", "Xã mở lớp.", "no_date"),
        ("Ai dạy và ai phụ trách lớp?", "Lớp học buổi tối.", "no_person"),
        ("Số điện thoại của lớp là gì?", "Gọi cho lớp.", "no_phone"),
        ("Số hiệu của nghị quyết là gì?", "Nghị quyết mới.", "no_instrument_number"),
        ("Nghị định 42/2022 nói gì?", "Nghị định 43/2022/NĐ-CP", "another_instrument"),
    ],
)
def test_what_is_demanded_and_not_given_is_marked(library_index: Index, question: str, text: str, feature: str) -> None:
    assert _feature(_read(library_index, question, text), feature) == 1
    assert _feature(_read(library_index, "lớp học buổi tối", text), feature) == 0


def test_an_amount_given_anywhere_in_a_run_is_given(library_index: Index) -> None:
    text = "Xã mở lớp. Có 17 lớp."
    runs = _read(library_index, "Xã mở bao nhiêu lớp?", text)
    given = {text[start:end]: _feature(runs, "number_given", n) for n, (start, end) in enumerate(runs.spans)}
    assert given == {"Xã mở lớp.": 0, "Có 17 lớp.": 1, text: 1}


def test_context_is_what_the_place_of_a_passage_tells() -> None:
    passage = Passage("d#1", "d", "Mục", 0, 4, "Chữ.")
    document = Document("d", "Nhân lực số", "", (), province="Nam Định", number="5/KH", issued="2024-05")
    assert context_of(document, passage) == "Nhân lực số Mục 5/KH Nam Định 2024"
    assert context_of(Document("d", "Tên", "", ()), replace(passage, section="")) == "Tên"


def test_each_run_is_as_near_as_its_own_nearest_sentence(library_index: Index) -> None:
    question = understand("Kênh Zalo của tỉnh đăng bài mỗi tuần")
    hits, vector = search(library_index, FakeEmbedder(), question)
    n = next(n for n, hit in enumerate(hits) if hit.passage.section.startswith("Lớp học và kênh"))
    hit, runs = hits[n], Reader(library_index).read(question, hits, vector)[n]
    assert len(runs.spans) == 3
    near = [_feature(runs, "run_sentence", n) for n in range(3)]
    assert near[0] < near[1] == near[2] == pytest.approx((hit.sentence - 0.85) * 10, abs=0.02)
    assert near[2] == pytest.approx(1.5, abs=0.02)  # word for word


def test_reading_twice_gives_the_same(library_index: Index) -> None:
    question = understand("mã OTP là gì")
    hits, vector = search(library_index, FakeEmbedder(), question)
    reader = Reader(library_index)
    for first, again in zip(*(reader.read(question, hits, vector) for _ in range(2)), strict=True):
        assert first.spans == again.spans
        assert np.array_equal(first.features, again.features)


WORD = st.sampled_from("hòm thư công vụ dung lượng cán bộ sao lưu 312 GB CNTT".split())
SENTENCES = st.lists(st.lists(WORD, min_size=1, max_size=60).map(" ".join), min_size=1, max_size=8)


@given(SENTENCES, st.lists(WORD, max_size=8).map(" ".join), st.booleans())
def test_runs_are_whole_sentences_within_the_limits(
    library_index: Index, sentences: list[str], asked: str, bare: bool
) -> None:
    text = "\n".join(f"{sentence.capitalize()}." for sentence in sentences)
    runs = _read(library_index, strip_diacritics(asked) if bare else asked, text)
    spans = sentence_spans(text)
    starts, ends = [start for start, _ in spans], [end for _, end in spans]
    assert set(spans) <= set(runs.spans)
    assert len(set(runs.spans)) == len(runs.spans)
    for start, end in runs.spans:
        count = ends.index(end) - starts.index(start) + 1
        assert 1 <= count <= tuning.QUOTE_SENTENCES
        assert count == 1 or end - start <= tuning.QUOTE_CHARACTERS
    assert runs.features.shape == (len(runs.spans), len(FEATURES))
    assert np.isfinite(runs.features).all()
    for name in ("run", "run_placed", "passage", "syllables", "syllables_placed", "pairs", "heading", "missing_run"):
        column = runs.features[:, FEATURES.index(name)]
        assert ((column >= 0) & (column <= 1.000001)).all()
    assert 0 <= runs.found <= 1.000001
    assert 0 <= runs.heading <= 1.000001
    assert 0 <= runs.coverage <= 1.000001


@given(st.text(max_size=200), st.text(max_size=40))
def test_any_text_can_be_read_for_any_question(library_index: Index, text: str, asked: str) -> None:
    runs = _read(library_index, asked, text)
    assert len(runs.spans) == len(runs.features) >= 1
    assert np.isfinite(runs.features).all()


def test_a_sentence_longer_than_the_limit_stands_alone(library_index: Index) -> None:
    long = f"Dung lượng hòm thư là 10 GB {'và nhiều hơn ' * 60}nữa."
    text = f"Mở cả ngày. {long} Hết."
    assert _quoted(_read(library_index, "dung lượng hòm thư là bao nhiêu GB", text), text) == long


@pytest.mark.parametrize("bare", [False, True])
@pytest.mark.parametrize(
    ("asked", "quote"),
    [
        ("dung lượng hòm thư là bao nhiêu GB", "Dung lượng hòm thư là 10 GB."),
        ("lớp kỹ năng số mở ở nhà văn hóa", "Lớp kỹ năng số mở ở nhà văn hóa."),
    ],
)
def test_the_sentence_that_answers_is_in_the_quote_and_the_far_one_is_not(
    library_index: Index, asked: str, quote: str, bare: bool
) -> None:
    filler = "Cổng trực tuyến nhận giấy tờ cả ngày lẫn đêm cho người dân và doanh nghiệp trong tỉnh."
    far = "Làng nghề gỗ bán hàng qua sàn thương mại điện tử từ nhiều năm nay với nhiều mặt hàng khác nhau."
    between = " ".join([filler] * tuning.QUOTE_SENTENCES + [far] + [filler] * tuning.QUOTE_SENTENCES)
    text = f"Dung lượng hòm thư là 10 GB. {between} Lớp kỹ năng số mở ở nhà văn hóa."
    chosen = _quoted(_read(library_index, strip_diacritics(asked) if bare else asked, text), text)
    assert quote in chosen
    assert far not in chosen


def test_the_weights_that_ship_fit_the_features() -> None:
    weights = learned_weights()
    assert weights.rank.shape == weights.answer.shape == (len(FEATURES),)
    assert np.isfinite(weights.rank).all()
    assert np.isfinite(weights.answer).all()
    assert 0 < weights.threshold < 1


def test_what_is_demanded_and_missing_never_speaks_for_a_quote() -> None:
    weights = learned_weights()
    for name in ("no_number", "no_money", "no_person", "no_phone", "no_instrument_number", "no_thing"):
        assert weights.rank[FEATURES.index(name)] <= 0
        assert weights.answer[FEATURES.index(name)] <= 0


def test_weights_of_other_features_are_refused_with_what_to_do(tmp_path: Path) -> None:
    stored = json.loads(LEARNED.read_text(encoding="utf-8"))
    path = tmp_path / "evidence.json"
    path.write_text(json.dumps({**stored, "features": stored["features"][::-1]}), encoding="utf-8")
    with pytest.raises(ValueError, match=r"evidence\.json.*python -m retrieval\.learning evidence"):
        Weights.load(path)
