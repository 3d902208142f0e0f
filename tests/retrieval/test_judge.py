from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from retrieval.evidence import FEATURES, Reader, Weights, learned_weights
from retrieval.index import Index
from retrieval.judge import is_elsewhere, judged
from retrieval.question import understand
from retrieval.records import Hit
from retrieval.search import search
from retrieval.text import strip_diacritics
from tests.fakes import FakeEmbedder
from tests.retrieval.library import build_index, write_document

_NONE = np.zeros(len(FEATURES), np.float32)
ANY_EVIDENCE = Weights(_NONE, _NONE, 0.0, 0.0)  # keeps whatever has no other reason against it
NO_EVIDENCE = Weights(_NONE, _NONE, 0.0, 1.0)


@pytest.fixture(scope="module")
def classes(tmp_path_factory: pytest.TempPathFactory) -> Index:
    """The same class in a document of Nam Định, in one of the whole country, and in a decree."""
    folder = tmp_path_factory.mktemp("classes")
    body = "## Lớp học\n\nTỉnh mở lớp học kỹ năng số cho người dân, đã có 312 lớp."
    write_document(folder / "in", "nam-dinh", body, province="Nam Định", title="Nhân lực số")
    write_document(folder / "in", "ca-nuoc", f"{body}\n\n## Mã OTP là gì?\n\nLà mật khẩu dùng một lần.")
    named = "## Lớp ở Quảng Ninh\n\nQuảng Ninh mở lớp học kỹ năng số cho người dân, đã có 17 lớp."
    write_document(folder / "in", "ke-ten", named)
    rule = "## Điều 5. Lớp học\n\nXã mở lớp học kỹ năng số cho người dân."
    write_document(folder / "in", "nghi-dinh", rule, number="22/2026/NĐ-TEST", title="Nghị định về lớp học")
    return build_index(folder / "in", folder / "index")


def _judged(index: Index, question: str, weights: Weights | None = None) -> list[Hit]:
    asked = understand(question)
    hits, vector = search(index, FakeEmbedder(), asked, 20)
    return judged(asked, hits, Reader(index), weights or learned_weights(), vector)


def _of(index: Index, question: str, document: str, weights: Weights = ANY_EVIDENCE) -> Hit:
    return next(hit for hit in _judged(index, question, weights) if hit.document.id == document)


def test_a_passage_that_says_the_question_is_kept_and_one_that_does_not_is_weak(library_index: Index) -> None:
    for question in ("Mã OTP là gì?", "ma otp la gi", "Quảng Ninh mở bao nhiêu lớp học kỹ năng số cho người dân?"):
        hits = _judged(library_index, question)
        assert hits[0].rejected is None
        assert hits[0].evidence > 0.7
        assert all(hit.evidence < 0.4 for hit in hits[2:])


@pytest.mark.parametrize("question", ["thời tiết cuối tuần nắng mưa ra sao", "bóng đá world cup đội vô địch"])
def test_what_no_passage_speaks_of_is_weak_everywhere(library_index: Index, question: str) -> None:
    for asked in (question, strip_diacritics(question)):
        assert {hit.rejected for hit in _judged(library_index, asked)} == {"weak_evidence"}


@pytest.mark.parametrize("bare", [False, True])
@pytest.mark.parametrize(
    ("question", "reason"),
    [
        ("Quảng Ninh mở bao nhiêu lớp học kỹ năng số", "other_province"),
        ("Quảng Ninh mở lớp học kỹ năng số cho ai", "other_province"),
        ("Nam Định mở bao nhiêu lớp học kỹ năng số", None),
        ("Nam Định và Quảng Ninh mở bao nhiêu lớp học kỹ năng số", None),
        ("mở bao nhiêu lớp học kỹ năng số", None),
        ("Học phí lớp học kỹ năng số là bao nhiêu", "no_money"),
        ("Khi nào mở lớp học kỹ năng số", "no_date"),
        ("Ai là giám đốc lớp học kỹ năng số", "no_person"),
        ("Số điện thoại của lớp học kỹ năng số", "no_phone"),
        ("Số hiệu nghị quyết mở lớp học kỹ năng số", "no_instrument_number"),
        ("Nghị định 99/2026 mở lớp học kỹ năng số nào", "other_instrument"),
        ("lớp", "too_little"),
        ("lớp là gì", "too_little"),
    ],
)
def test_why_a_passage_must_not_be_quoted(classes: Index, question: str, reason: str | None, bare: bool) -> None:
    asked = strip_diacritics(question) if bare else question
    assert _of(classes, asked, "nam-dinh").rejected == reason


def test_asked_for_a_number_a_passage_must_hold_one(classes: Index) -> None:
    assert _of(classes, "mở bao nhiêu lớp học kỹ năng số", "nghi-dinh").rejected == "no_figure"
    assert _of(classes, "mở lớp học kỹ năng số cho ai", "nghi-dinh").rejected is None


def test_the_instrument_that_is_named_may_be_named_by_its_number_alone(classes: Index) -> None:
    question = "Nghị định 22/2026 mở lớp học kỹ năng số cho ai"
    assert _of(classes, question, "nghi-dinh").rejected is None
    assert _of(classes, question, "ca-nuoc").rejected == "other_instrument"


def test_a_figure_of_a_province_is_not_taken_from_a_national_text_unless_it_names_it(classes: Index) -> None:
    question = "Quảng Ninh mở bao nhiêu lớp học kỹ năng số"
    assert _of(classes, question, "ca-nuoc").rejected == "other_province"
    assert _of(classes, question, "ke-ten").rejected is None
    assert _of(classes, "Quảng Ninh mở lớp học kỹ năng số thế nào", "ca-nuoc").rejected is None


def test_where_a_passage_is_about_another_place_no_amount_of_evidence_keeps_it(classes: Index) -> None:
    hit = _of(classes, "Quảng Ninh mở bao nhiêu lớp học kỹ năng số", "nam-dinh")
    assert is_elsewhere(understand("Quảng Ninh mở bao nhiêu lớp"), hit)
    assert not is_elsewhere(understand("Nam Định mở bao nhiêu lớp"), hit)
    assert not is_elsewhere(understand("mở bao nhiêu lớp"), hit)
    assert hit.rejected == "other_province"


def test_one_rare_word_is_enough_under_the_heading_that_defines_it(classes: Index) -> None:
    kept = {hit.passage.section for hit in _judged(classes, "OTP là gì", ANY_EVIDENCE) if hit.rejected is None}
    assert kept == {"Mã OTP là gì?"}


def test_too_little_evidence_is_the_last_reason(classes: Index) -> None:
    assert _of(classes, "mở lớp học kỹ năng số", "nam-dinh", NO_EVIDENCE).rejected == "weak_evidence"
    assert _of(classes, "Học phí lớp học kỹ năng số bao nhiêu", "nam-dinh", NO_EVIDENCE).rejected == "no_money"


def test_every_hit_is_judged_once_with_all_its_scores(library_index: Index) -> None:
    hits = _judged(library_index, "dung lượng hòm thư công vụ của mỗi cán bộ")
    assert sorted(hit.passage.id for hit in hits) == sorted(passage.id for passage in library_index.passages)
    for hit in hits:
        start, end = hit.quote
        assert 0 <= start < end <= len(hit.passage.text)
        assert 0 <= hit.evidence <= 1
        assert 0 <= hit.heading <= 1.000001
        assert 0 <= hit.coverage <= 1.000001


def test_the_second_look_moves_what_it_ranks_higher_to_the_front(library_index: Index) -> None:
    rank = _NONE.copy()
    rank[FEATURES.index("first")], rank[FEATURES.index("fused")] = 5, -1000  # the fused order turned round
    turned = Weights(rank, _NONE, 0.0, 0.0)
    question = "dung lượng hòm thư công vụ của mỗi cán bộ"
    plain = [hit.passage.id for hit in _judged(library_index, question, ANY_EVIDENCE)]
    assert [hit.passage.id for hit in _judged(library_index, question, turned)] == plain[::-1]


def test_where_no_word_was_found_the_order_of_search_stays(library_index: Index) -> None:
    rank = _NONE.copy()
    rank[FEATURES.index("fused")] = -1000
    for question in ("bóng đá world cup vô địch", ""):
        asked = understand(question)
        hits, vector = search(library_index, FakeEmbedder(), asked, 20)
        again = judged(asked, hits, Reader(library_index), Weights(rank, _NONE, 0.0, 0.0), vector)
        assert [hit.passage.id for hit in again] == [hit.passage.id for hit in hits]


def test_nothing_found_is_nothing_judged(library_index: Index) -> None:
    vector = FakeEmbedder().embed_queries(["x"])[0]
    assert judged(understand("Mã OTP là gì?"), [], Reader(library_index), learned_weights(), vector) == []


def test_a_passage_of_many_thousand_characters_is_judged(documents: Path, tmp_path: Path) -> None:
    write_document(documents, "dai", f"## Mục\n\nMã số thuế {'là dãy số rất dài ' * 2_000}của người nộp.")
    index = build_index(documents, tmp_path / "index")
    assert all(hit.quote[1] <= len(hit.passage.text) for hit in _judged(index, "Mã số thuế của người nộp là gì?"))


@pytest.fixture(scope="module")
def cards(tmp_path_factory: pytest.TempPathFactory) -> Index:
    """A card for children and one for everybody else, told in the same words."""
    folder = tmp_path_factory.mktemp("cards")
    for document, whom in (("tre", "người dưới 14 tuổi"), ("lon", "người từ đủ 14 tuổi trở lên")):
        title = f"Cấp thẻ căn cước cho {whom}"
        write_document(folder / "in", document, "## Làm ở đâu?\n\nLàm thẻ căn cước ở Công an xã.", title=title)
    return build_index(folder / "in", folder / "index")


@pytest.mark.parametrize(
    ("question", "rejected"),
    [
        ("mẹ tôi 82 tuổi làm thẻ căn cước ở đâu", {"tre"}),
        ("nguoi gia lam the can cuoc o dau", {"tre"}),
        ("cháu 14 tuổi làm thẻ căn cước ở đâu", {"tre"}),
        ("cháu 5 tuổi làm thẻ căn cước ở đâu", {"lon"}),
        ("bà ngoại đưa cháu 5 tuổi đi làm thẻ căn cước ở đâu", {"lon"}),
        ("bà ngoại đi làm thẻ căn cước ở đâu", {"tre"}),
        ("bà ngoại đi làm thẻ căn cước cho cháu ở đâu", set()),
        ("trẻ dưới 14 tuổi làm thẻ căn cước ở đâu", set()),
        ("anh 20 tuổi, em 10 tuổi làm thẻ căn cước ở đâu", set()),
        ("làm thẻ căn cước ở đâu", set()),
    ],
)
def test_what_is_for_people_of_another_age_is_not_quoted(cards: Index, question: str, rejected: set[str]) -> None:
    hits = _judged(cards, question, ANY_EVIDENCE)
    assert {hit.document.id for hit in hits if hit.rejected == "other_age"} == rejected
