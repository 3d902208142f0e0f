"""The real knowledge base: its files, and whether people get the right document when they ask as they do."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from pathlib import Path

import pytest
import yaml

from retrieval.answer import Answerer
from retrieval.embedder import SentenceTransformerEmbedder
from retrieval.index import load
from retrieval.readers import read_sources
from retrieval.records import Document, Status
from retrieval.text import sentence_spans, strip_diacritics
from tests.conftest import ROOT

DOCUMENTS = ROOT / "data" / "documents"
# Share of questions below that must come out right.
FLOOR = 0.90
# (what is asked, how the id of the document that answers begins)
ASKED = [
    ("Quảng Ninh có bao nhiêu kênh Zalo tuyên truyền chuyển đổi số?", "quang-ninh-nhan-luc-so-2022"),
    ("lao động qua đào tạo của Quảng Ninh đạt bao nhiêu phần trăm năm 2022", "quang-ninh-nhan-luc-so-2022"),
    ("Quảng Ninh hỗ trợ học thạc sĩ, tiến sĩ công nghệ thông tin thế nào?", "quang-ninh-nhan-luc-so-2025"),
    ("Hạn chế về nhân lực chuyển đổi số của Nam Định là gì", "nam-dinh-nhan-luc-so"),
    ("dân số và điện thoại thông minh ở Bến Tre", "ben-tre-nhan-luc-so"),
    ("Kế hoạch 616 của An Giang nói gì về chuyển đổi số", "an-giang-nhan-luc-so"),
    ("đăng ký VNeID mức 2 ở đâu, mang theo gì", "dang-ky-kich-hoat-vneid"),
    ("quên passcode VNeID thì làm sao", "vneid-quen-mat-khau"),
    ("một tài khoản VNeID dùng trên hai điện thoại được không", "vneid-quen-mat-khau"),
    ("chứng minh nhân dân còn dùng được không", "the-can-cuoc"),
    ("đăng ký chữ ký số có mất tiền không", "chu-ky-so"),
    ("không đăng nhập được Cổng Dịch vụ công quốc gia", "nop-ho-so-cong-dich-vu-cong"),
    ("nộp hồ sơ ở phường khác cùng tỉnh được không", "mot-cua-nghi-dinh-118"),
    ("nhắn tin tới 5656 có mất tiền không", "phong-chong-lua-dao"),
    ("lỡ cài ứng dụng giả thì làm thế nào", "phong-chong-lua-dao"),
    ("đi khám bệnh có cần mang sổ giấy nữa không", "so-suc-khoe-dien-tu"),
    ("tầm nhìn đến năm 2045 của Nghị quyết 57", "nghi-quyet-57"),
    ("những tỉnh nào không sáp nhập", "sap-xep-tinh"),
    ("đổi giấy tờ do sáp nhập có mất phí không", "giay-to-sau-sap-nhap"),
    ("Tổ công nghệ số cộng đồng có nhiệm vụ gì", "to-cong-nghe-so-cong-dong"),
]
OFF_TOPIC = [
    "Hôm nay Hà Nội có mưa không?",
    "giá vàng miếng bao nhiêu một lượng",
    "cách nấu phở bò ngon",
    "đội tuyển Việt Nam đá với ai tối nay",
    "Viết cho tôi một bài thơ về mùa thu",
    "thủ đô của nước Pháp là gì",
    "mua xe máy trả góp lãi suất bao nhiêu",
    "thuốc đau đầu uống ngày mấy viên",
    "gia lon hoi hom nay",
    "phim nao dang chieu rap cuoi tuan nay",
    "cach trong hoa hong trong chau",
    "tuoi ty hop mau gi",
]
# A sentence that sends people to an office of the district level, which ended on 1 July 2025.
DISTRICT = re.compile(
    r"\b(?:đến|tới|tại|lên|ra)\b[^.\n]{0,60}?"
    r"\b(?:ủy ban nhân dân|ubnd|công an|bộ phận một cửa)\s+(?:cấp\s+)?(?:huyện|quận)\b",
    re.IGNORECASE,
)
NO_LONGER = re.compile(r"không còn|kết thúc|đã bỏ|trước đây|trước ngày|không phải", re.IGNORECASE)


@pytest.fixture(scope="module")
def documents() -> list[Document]:
    report = read_sources([DOCUMENTS], strict=True)
    assert [str(problem) for problem in report.problems] == []
    return report.documents


def test_every_document_is_complete(documents: list[Document]) -> None:
    assert len(documents) == len(list(DOCUMENTS.glob("*.md")))


def test_every_file_is_composed_text_without_invisible_characters() -> None:
    for file in DOCUMENTS.glob("*.md"):
        text = file.read_text(encoding="utf-8")
        assert unicodedata.is_normalized("NFC", text), file.name
        assert [c for c in text if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Co", "Cn")] == [], file.name


def test_every_document_was_checked_after_it_was_issued(documents: list[Document]) -> None:
    assert [d.id for d in documents if str(d.checked_on) < str(d.issued)] == []


def test_a_document_that_replaced_another_is_known(documents: list[Document]) -> None:
    known = {document.id for document in documents} | {document.number for document in documents}
    assert [d.id for d in documents if d.replaced_by and d.replaced_by not in known] == []


def _topic_intents() -> set[str]:
    """The intents that the rules hand to action_answer_topic."""
    rules = yaml.safe_load((ROOT / "data" / "rules" / "rules.yml").read_text(encoding="utf-8"))["rules"]
    return {
        intent["intent"]
        for rule in rules
        if {"action": "action_answer_topic"} in rule["steps"]
        for step in rule["steps"]
        for intent in step.get("or", [step])
        if "intent" in intent
    }


def test_every_topic_of_the_dialogue_has_exactly_one_section(documents: list[Document]) -> None:
    topics = sorted(topic for document in documents for topic in document.topics)
    assert topics == sorted(_topic_intents())


def test_every_topic_is_an_intent_of_the_domain(documents: list[Document]) -> None:
    domain = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
    intents = {intent if isinstance(intent, str) else next(iter(intent)) for intent in domain["intents"]}
    assert {topic for document in documents for topic in document.topics} - intents == set()


@pytest.mark.parametrize(
    ("sentence", "wrong"),
    [
        ("Mang giấy tờ đến Công an cấp huyện.", True),
        ("Nộp hồ sơ tại UBND quận nơi cư trú.", True),
        ("Nộp tại Bộ phận Một cửa cấp xã.", False),
        ("Không còn nộp tại Bộ phận Một cửa cấp huyện.", False),
    ],
)
def test_the_pattern_knows_a_sentence_that_sends_people_to_a_district(sentence: str, wrong: bool) -> None:
    assert _sends_to_a_district(sentence) is wrong


def _sends_to_a_district(sentence: str) -> bool:
    return bool(DISTRICT.search(sentence)) and not NO_LONGER.search(sentence)


def test_nobody_is_sent_to_a_district_office(documents: list[Document]) -> None:
    sentences = [document.text[start:end] for document in documents for start, end in sentence_spans(document.text)]
    assert [sentence for sentence in sentences if _sends_to_a_district(sentence)] == []


@pytest.fixture(scope="module")
def real(index_folder: Path, embedder_folder: Path) -> Answerer:
    """The real model over the real documents, on a day after all of them were checked."""
    embedder = SentenceTransformerEmbedder(str(embedder_folder))
    return Answerer(load(index_folder, embedder), embedder, lambda: date(2026, 11, 21))


@pytest.mark.slow
@pytest.mark.parametrize("bare", [False, True], ids=["with diacritics", "without diacritics"])
def test_people_get_the_right_document_first(real: Answerer, bare: bool) -> None:
    missed = []
    for question, expected in ASKED:
        answer = real.answer(strip_diacritics(question) if bare else question)
        first = answer.citations[0].document_id if answer.citations else answer.status.value
        if not first.startswith(expected):
            missed.append((question, expected, first))
    assert len(missed) <= (1 - FLOOR) * len(ASKED), missed


@pytest.mark.slow
def test_questions_on_something_else_are_declined(real: Answerer) -> None:
    answered = [(q, real.answer(q).text) for q in OFF_TOPIC if real.answer(q).status is Status.ANSWERED]
    assert len(answered) <= (1 - FLOOR) * len(OFF_TOPIC), answered


@pytest.mark.slow
def test_every_topic_asked_by_its_own_heading_is_answered_by_its_document(
    real: Answerer, documents: list[Document]
) -> None:
    asked = [(heading, document.id) for document in documents for heading in document.topics.values()]
    missed = [(heading, identity) for heading, identity in asked if _first(real, heading) != identity]
    assert len(missed) <= (1 - FLOOR) * len(asked), missed


def _first(real: Answerer, question: str) -> str | None:
    citations = real.answer(question).citations
    return citations[0].document_id if citations else None
