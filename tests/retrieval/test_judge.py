from __future__ import annotations

from dataclasses import replace

import pytest

from retrieval import tuning
from retrieval.evidence import understand
from retrieval.judge import judged
from retrieval.records import Document, Hit, Passage

TEXT = "Tỉnh mở lớp học kỹ năng số cho người dân, đã có 312 lớp."
DOCUMENT = Document("d", "Nhân lực số", TEXT, (), province="Nam Định")
NATIONAL = replace(DOCUMENT, province=None)


def _judged(question: str, document: Document = DOCUMENT, text: str = TEXT, dense: float = 0.85) -> Hit:
    passage = Passage("d#1", document.id, "Lớp học", 0, len(text), text)
    return judged(understand(question), Hit(passage, document, dense, 1.0, 1.0), lambda _: 1.0)


def test_a_passage_that_says_the_question_is_kept() -> None:
    hit = _judged("mở lớp học kỹ năng số")
    assert hit.rejected is None
    assert hit.evidence == pytest.approx(1 - tuning.DENSE_EVIDENCE_WEIGHT / 2)
    assert hit.heading == pytest.approx(2 / 5)  # "lớp học" of "mở lớp học kỹ năng"


def test_without_diacritics_words_alone_decide() -> None:
    assert _judged("mo lop hoc ky nang so", dense=0.0).evidence == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        ("Quảng Ninh mở bao nhiêu lớp học kỹ năng số", "other_province"),
        ("quang ninh mo bao nhieu lop hoc ky nang so", "other_province"),
        ("Nam Định mở bao nhiêu lớp học kỹ năng số", None),
        ("Nam Định và Quảng Ninh mở bao nhiêu lớp học kỹ năng số", None),
        ("mở bao nhiêu lớp học kỹ năng số", None),
        ("lớp", "too_little"),
        ("thời tiết Hạ Long hôm nay ra sao", "weak_evidence"),
        ("thoi tiet ha long hom nay ra sao", "weak_evidence"),
    ],
)
def test_why_a_passage_is_rejected(question: str, reason: str | None) -> None:
    assert _judged(question).rejected == reason


def test_a_figure_of_a_province_is_not_taken_from_a_national_text_unless_it_names_it() -> None:
    question = "Quảng Ninh mở bao nhiêu lớp học kỹ năng số"
    assert _judged(question, NATIONAL).rejected == "other_province"
    assert _judged(question, NATIONAL, TEXT.replace("Tỉnh", "Tỉnh Quảng Ninh")).rejected is None
    assert _judged("Quảng Ninh mở lớp học kỹ năng số cho ai", NATIONAL, dense=0.9).rejected is None


def test_asked_for_a_number_a_passage_must_hold_one() -> None:
    assert _judged("mở bao nhiêu lớp học kỹ năng số", text=TEXT.replace("312", "nhiều")).rejected == "no_number"


def test_meaning_counts_between_its_bounds_only() -> None:
    evidence = [_judged("lớp học", dense=dense).evidence for dense in (0.0, 0.80, 0.85, 0.90, 1.0)]
    assert evidence[0] == evidence[1] < evidence[2] < evidence[3] == evidence[4] == pytest.approx(1.0)
