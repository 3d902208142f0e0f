"""The real knowledge base: its files, and whether people get the right document when they ask as they do."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from retrieval.answer import PLACE_TOPIC, Answerer
from retrieval.embedder import SentenceTransformerEmbedder
from retrieval.index import load
from retrieval.linter import LEAST_ASKED_AS, sends_to_district
from retrieval.places import MERGED_FROM, find_provinces, with_type
from retrieval.readers import KNOWLEDGE, read_sources
from retrieval.records import Document, Status, is_over
from retrieval.text import sentence_spans, strip_diacritics
from tests.conftest import ROOT

DOCUMENTS, PROCEDURES = ROOT / "data" / "documents", ROOT / "data" / "procedures"
# The last day on which a document was checked.
TODAY = date(2026, 11, 22)
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
LIST_OF_PROVINCES = "danh-sach-34-tinh-thanh-pho"
_MERGED = re.compile(r"(.+) nay thuộc (.+) từ ngày 1/7/2025; (.+) mới gồm (.+) trước đây\.")
_UNCHANGED = re.compile(r"(.+) giữ nguyên, không sáp nhập năm 2025\.")


def _read(folder: Path) -> list[Document]:
    report = read_sources([folder], strict=True)
    assert [str(problem) for problem in report.problems] == []
    return report.documents


@pytest.fixture(scope="module")
def documents() -> list[Document]:
    return _read(DOCUMENTS)


@pytest.fixture(scope="module")
def procedures() -> list[Document]:
    return _read(PROCEDURES)


@pytest.fixture(scope="module")
def knowledge(documents: list[Document], procedures: list[Document]) -> list[Document]:
    """All that the assistant answers from."""
    return documents + procedures


def test_all_knowledge_is_tested_here() -> None:
    assert {ROOT / folder for folder in KNOWLEDGE} == {DOCUMENTS, PROCEDURES}


@pytest.mark.parametrize("folder", [DOCUMENTS, PROCEDURES], ids=lambda folder: folder.name)
def test_every_file_is_a_complete_document_named_by_its_id(folder: Path) -> None:
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    assert sorted(document.id for document in _read(folder)) == sorted(file.stem for file in files)
    assert {(file.suffix, file.parent) for file in files} == {(".md", folder)}


def test_no_two_files_have_one_id(knowledge: list[Document]) -> None:
    assert [name for name, count in Counter(d.id for d in knowledge).items() if count > 1] == []


@pytest.mark.parametrize("folder", [DOCUMENTS, PROCEDURES], ids=lambda folder: folder.name)
def test_every_file_is_composed_text_without_invisible_characters(folder: Path) -> None:
    for file in folder.glob("*.md"):
        text = file.read_text(encoding="utf-8")
        assert unicodedata.is_normalized("NFC", text), file.name
        assert [c for c in text if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Co", "Cn")] == [], file.name


def test_every_document_was_checked_after_it_was_issued(knowledge: list[Document]) -> None:
    assert [d.id for d in knowledge if str(d.checked_on) < str(d.issued)] == []


def test_every_document_says_how_people_ask_for_it(knowledge: list[Document]) -> None:
    assert [d.id for d in knowledge if len(set(d.asked_as)) < LEAST_ASKED_AS] == []


def test_whatever_replaced_a_document_is_known(knowledge: list[Document]) -> None:
    """One instrument may be replaced by two, a law and its decree."""
    known = {document.id for document in knowledge} | {document.number for document in knowledge}
    replaced = [(d.id, name) for d in knowledge if d.replaced_by for name in d.replaced_by.split(", ")]
    assert replaced
    assert [(identity, name) for identity, name in replaced if name not in known] == []


def test_what_was_replaced_has_lapsed_before_the_day_of_the_check(knowledge: list[Document]) -> None:
    replaced = [d for d in knowledge if d.replaced_by]
    assert [d.id for d in replaced if not is_over(d.effective_to, TODAY)] == []


def test_a_procedure_is_known_by_its_number_and_its_page_on_the_portal(procedures: list[Document]) -> None:
    assert [d.id for d in procedures if d.kind != "thu_tuc"] == []
    assert [d.id for d in procedures if urlsplit(d.url or "").hostname != "dichvucong.gov.vn"] == []
    assert [d.id for d in procedures if not re.fullmatch(r"\d\.\d{6}", d.number or "")] == []
    assert [number for number, count in Counter(d.number for d in procedures).items() if count > 1] == []


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


def test_every_topic_that_is_asked_for_has_exactly_one_section(knowledge: list[Document]) -> None:
    """Those of the dialogue, and the one of places, which no intent asks for: it is read where a place is named."""
    topics = sorted(topic for document in knowledge for topic in document.topics)
    assert topics == sorted([*_topic_intents(), PLACE_TOPIC])


def test_every_topic_but_that_of_places_is_an_intent_of_the_domain(knowledge: list[Document]) -> None:
    domain = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
    intents = {intent if isinstance(intent, str) else next(iter(intent)) for intent in domain["intents"]}
    assert {topic for document in knowledge for topic in document.topics} - intents == {PLACE_TOPIC}


def test_the_list_of_provinces_says_of_each_exactly_what_the_table_says(documents: list[Document]) -> None:
    (listed,) = [document for document in documents if document.id == LIST_OF_PROVINCES]
    merged: dict[str, tuple[str, ...]] = {}
    lines = [line for part in listed.sections for line in listed.text[part.start : part.end].split("\n") if line]
    for sentence in lines:
        if match := _MERGED.fullmatch(sentence):
            gone, new, again, parts = match.groups()
            (province,) = find_provinces(new)
            assert new == again == with_type(province)
            assert find_provinces(gone) == find_provinces(parts)[1:]
        else:
            unchanged = _UNCHANGED.fullmatch(sentence)
            assert unchanged, sentence
            (province,) = find_provinces(parts := unchanged[1])
            assert parts.lower() == with_type(province).lower()
        assert province not in merged
        merged[province] = tuple(find_provinces(parts))
    assert merged == MERGED_FROM


def test_nobody_is_sent_to_a_district_office(knowledge: list[Document]) -> None:
    """Not even by what has lapsed, which is quoted for those who ask how it was."""
    said = [(document.id, sentence) for document in knowledge for sentence in _sentences(document)]
    assert [(identity, sentence) for identity, sentence in said if sends_to_district(sentence)] == []


def _sentences(document: Document) -> Iterator[str]:
    for section in document.sections:
        text = document.text[section.start : section.end]
        yield from (text[start:end] for start, end in sentence_spans(text))


@pytest.fixture(scope="module")
def real(index_folder: Path, embedder_folder: Path) -> Answerer:
    """The real model over the real documents, on the day on which the last of them were checked."""
    embedder = SentenceTransformerEmbedder(str(embedder_folder))
    return Answerer(load(index_folder, embedder), embedder, lambda: TODAY)


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
def test_every_question_that_the_bot_offers_as_an_example_is_answered(real: Answerer) -> None:
    examples = re.findall(r'Ví dụ: "([^"]+)"', (ROOT / "domain.yml").read_text(encoding="utf-8"))
    assert len(examples) >= 3
    assert [example for example in examples if real.answer(example).status is not Status.ANSWERED] == []


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
