"""What `make knowledge` counts as right, its questions, and the least that must come out."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from actions.phrases import Phrases
from actions.render import as_message
from retrieval.embedder import SentenceTransformerEmbedder
from retrieval.index import Index, load
from retrieval.linter import sends_to_district
from retrieval.places import NEW_NAME, PROVINCES
from retrieval.readers import read_sources
from retrieval.records import Answer, Citation, Document, Note, Status
from retrieval.register import read_register
from tests.benchmarks import knowledge
from tests.benchmarks.knowledge import ARTICLES, DAYS, QUESTIONS, Row, Table, why_wrong_of, why_wrong_on
from tests.benchmarks.quality import DOCUMENTS, ROOT, read_rows

FILES = ("facts", "time", "places")
# About five points or more below what was measured when it was set: .923, .842, 1.000.
RIGHT_DOCUMENT_FIRST, RIGHT_IN_TIME, RIGHT_PLACE = 0.85, 0.80, 0.85

CITATION = Citation(
    n=1,
    title="Luật thử nghiệm",
    number="11/2026/QH15",
    issuer=None,
    issued=None,
    effective_from=None,
    effective_to=None,
    in_force=None,
    section="Điều 1",
    url=None,
    quote="Bà con nộp hồ sơ ở xã.",
    document_id="luat-thu-nghiem",
    passage_id="luat-thu-nghiem#1",
    checked_on=None,
)
ANSWER = Answer(Status.ANSWERED, "Bà con nộp hồ sơ ở xã. [1]", (CITATION,))
DECLINED = Answer(Status.NO_ANSWER, reason="no_evidence")


def _noted(answer: Answer, *kinds: str) -> Answer:
    return replace(answer, notes=tuple(Note(kind, ()) for kind in kinds))


def _labelled(kind: str, name: str) -> Answer:
    return replace(ANSWER, notes=(Note(kind, (("number", name), ("effective_from", "2026-12-01"))),))


# --- why_wrong_on ---

CITE: Row = {"cite": ["11/2026/QH15"]}


@pytest.mark.parametrize(
    ("expected", "answer", "wrong"),
    [
        (CITE, ANSWER, None),
        ({"cite": ["khac", "luat-thu-nghiem"]}, ANSWER, None),
        ({"cite": ["22/2026/QH15", "khac"]}, ANSWER, "chờ 22/2026/QH15, khac"),
        (CITE, replace(ANSWER, citations=(replace(CITATION, number="1/2020/QH14"), CITATION)), "chờ 11/2026/QH15"),
        (CITE, DECLINED, "không trích (no_evidence)"),
        ({**CITE, "declined_ok": True}, DECLINED, None),
        ({**CITE, "declined_ok": True}, ANSWER, None),
        ({**CITE, "label": "not_yet"}, ANSWER, "thiếu nhãn not_yet"),
        ({**CITE, "label": "not_yet"}, _labelled("not_yet", "11/2026/QH15"), None),
        ({**CITE, "label": "not_yet"}, _labelled("not_yet", "Luật thử nghiệm"), None),
        ({**CITE, "label": "not_yet"}, _labelled("expired", "11/2026/QH15"), "thiếu nhãn not_yet"),
        ({**CITE, "label": "expired"}, _labelled("expired", "22/2026/QH15"), "thiếu nhãn expired"),
        ({**CITE, "label": "expired", "declined_ok": True}, DECLINED, None),
        (CITE, _labelled("not_yet", "11/2026/QH15"), None),
    ],
)
def test_what_is_cited_first_on_a_day_is_right_or_wrong(expected: Row, answer: Answer, wrong: str | None) -> None:
    assert why_wrong_on(expected, answer) == wrong


def test_a_text_without_a_number_is_known_by_its_id_and_title_alone() -> None:
    answer = replace(ANSWER, citations=(replace(CITATION, number=None),))
    assert why_wrong_on({"cite": ["luat-thu-nghiem"]}, answer) is None
    assert why_wrong_on(CITE, answer) == "chờ 11/2026/QH15"


# --- why_wrong_of ---

RENAMED: Row = {"kind": "renamed", "new": [["Xã Cẩm Bình", "Hà Tĩnh"]]}
SPLIT: Row = {"kind": "split", "new": [["Phường Giảng Võ", "Hà Nội"], ["Phường Ô Chợ Dừa", "Hà Nội"]]}
NAMESAKES: Row = {"kind": "namesakes"}
DISTRICT: Row = {"kind": "district", "new": [["Xã Bố Hạ", "Bắc Ninh"], ["Xã Yên Thế", "Bắc Ninh"]]}
PROVINCE: Row = {"kind": "province", "new": ["Vĩnh Long"]}
FIGURE: Row = {"kind": "figure", "document": "luat-thu-nghiem"}
FIGURE_NEW: Row = {"kind": "figure_new", "document": "luat-thu-nghiem"}
NO_PLACE: Row = {"kind": "not_a_place"}
ASKS_PLACE, ASKS_SPLIT = Answer(Status.CLARIFY, reason="place"), Answer(Status.CLARIFY, reason="split")
ASKS_PROVINCE = Answer(Status.CLARIFY, reason="province")
TWO_WARDS = "Nay chia về: Phường Giảng Võ, Phường Ô Chợ Dừa (thành phố Hà Nội)."
OTHER = replace(ANSWER, citations=(replace(CITATION, document_id="khac"),))


@pytest.mark.parametrize(
    ("row", "answer", "text", "wrong"),
    [
        (RENAMED, ANSWER, "Nay thuộc Xã Cẩm Bình (tỉnh Hà Tĩnh).", None),
        (RENAMED, ANSWER, "nay thuộc xã Cẩm Bình, tỉnh Hà Tĩnh.", None),
        (RENAMED, ANSWER, "Nay thuộc Xã Cẩm Bình.", "không nói Hà Tĩnh"),
        (RENAMED, ANSWER, "Nay thuộc Xã Cẩm Duệ.", "không nói Xã Cẩm Bình, Hà Tĩnh"),
        (RENAMED, DECLINED, "", "không nói Xã Cẩm Bình, Hà Tĩnh"),
        (SPLIT, ASKS_SPLIT, f"{TWO_WARDS} Nhà anh/chị ở thôn nào?", None),
        (SPLIT, ANSWER, TWO_WARDS, "không hỏi lại"),
        (SPLIT, ASKS_SPLIT, "Nay thuộc Phường Giảng Võ (thành phố Hà Nội), thôn nào?", "không nói Phường Ô Chợ Dừa"),
        (NAMESAKES, ASKS_PLACE, "", None),
        (NAMESAKES, _noted(ANSWER, "namesakes"), "", None),
        (NAMESAKES, ASKS_PROVINCE, "", "không hỏi lại"),
        (NAMESAKES, _noted(ANSWER, "new_commune"), "", "không hỏi lại"),
        (NAMESAKES, replace(ANSWER, reason="place"), "", "không hỏi lại"),
        (DISTRICT, ANSWER, "Nay gồm: Xã Yên Thế (tỉnh Bắc Ninh).", None),
        (DISTRICT, ANSWER, "Từ 1/7/2025 không còn cấp huyện.", None),
        (DISTRICT, ANSWER, "Bà con làm giấy tờ ở Ủy ban nhân dân xã.", None),
        (DISTRICT, DECLINED, "Tài liệu chưa có câu trả lời.", "không nói nơi mới"),
        ({"kind": "district"}, ANSWER, "Nay gồm: Xã Yên Thế.", "không nói nơi mới"),
        (PROVINCE, ANSWER, "Bến Tre nay thuộc tỉnh Vĩnh Long.", None),
        (PROVINCE, ANSWER, "Bến Tre không còn.", "không nói Vĩnh Long"),
        (FIGURE, _noted(ANSWER, "figures"), "", None),
        (FIGURE, ANSWER, "", "không nói năm"),
        (FIGURE, DECLINED, "", "không đúng tài liệu"),
        (FIGURE, _noted(OTHER, "figures"), "", "không đúng tài liệu"),
        (FIGURE_NEW, DECLINED, "", None),
        (FIGURE_NEW, _noted(ANSWER, "old_province"), "", None),
        (FIGURE_NEW, _noted(ANSWER, "figures", "grown_province"), "", None),
        (FIGURE_NEW, _noted(ANSWER, "figures"), "", "gán cho tỉnh mới"),
        (FIGURE_NEW, _noted(OTHER, "old_province"), "", "gán cho tỉnh mới"),
        (NO_PLACE, ANSWER, "", None),
        (NO_PLACE, DECLINED, "", None),
        (NO_PLACE, ASKS_PROVINCE, "", None),
        (NO_PLACE, _noted(ANSWER, "old_province"), "", None),
        (NO_PLACE, ASKS_PLACE, "", "hiểu nhầm là địa danh"),
        (NO_PLACE, ASKS_SPLIT, "", "hiểu nhầm là địa danh"),
        (NO_PLACE, _noted(ANSWER, "new_commune"), "", "hiểu nhầm là địa danh"),
        (NO_PLACE, _noted(DECLINED, "split_commune"), "", "hiểu nhầm là địa danh"),
        (NO_PLACE, _noted(ANSWER, "old_district"), "", "hiểu nhầm là địa danh"),
    ],
)
def test_the_answer_to_a_place_question_is_right_or_wrong(
    row: Row, answer: Answer, text: str, wrong: str | None
) -> None:
    assert why_wrong_of(row, answer, text) == wrong


@pytest.mark.parametrize(
    "row", [RENAMED, SPLIT, NAMESAKES, DISTRICT, PROVINCE, FIGURE, FIGURE_NEW, NO_PLACE], ids=lambda row: row["kind"]
)
def test_whoever_is_sent_to_a_district_is_answered_wrongly_whatever_else_is_said(row: Row) -> None:
    text = "Bà con đến Ủy ban nhân dân huyện."
    assert sends_to_district(text)
    assert why_wrong_of(row, ANSWER, text) == "chỉ đến huyện"


def test_a_refusal_does_not_say_what_became_of_a_district() -> None:
    """Every refusal names the committee of the commune; that is no answer yet."""
    text = as_message(DECLINED, Phrases.load(ROOT / "domain.yml"))["text"]
    assert why_wrong_of(DISTRICT, DECLINED, text) == "không nói nơi mới"


def test_a_table_counts_under_every_name_and_keeps_the_misses() -> None:
    table = Table()
    table.add(("tất cả", "a"), True, "câu 1")
    table.add(("tất cả", "a"), False, "câu 2")
    table.add(("tất cả", "b"), False, "câu 3")
    assert table.shares() == {"tất cả": 0.333, "a": 0.5, "b": 0.0}
    assert table.misses == ["câu 2", "câu 3"]
    lines = list(table.lines("places"))
    assert lines[0].strip() == "## places"
    assert lines[2:] == ["| tất cả | 0.333 | 3 |", "| a | 0.500 | 2 |", "| b | 0.000 | 1 |", "- câu 2", "- câu 3"]


# --- The questions ---


@pytest.fixture(scope="module")
def documents() -> list[Document]:
    return read_sources(DOCUMENTS, strict=True).documents


def _names(documents: list[Document]) -> set[str]:
    """Ids of documents, their numbers, and those of their articles."""
    numbers = {d.number for d in documents} | {own.get("number") for d in documents for own in d.articles.values()}
    return {d.id for d in documents} | {number for number in numbers if number}


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)


@pytest.mark.parametrize("name", FILES)
def test_questions_are_composed_text_each_asked_once_under_its_own_id(name: str) -> None:
    text = (QUESTIONS / f"{name}.jsonl").read_text(encoding="utf-8")
    assert unicodedata.is_normalized("NFC", text)
    rows = [json.loads(line) for line in text.splitlines()]
    assert rows == list(read_rows(QUESTIONS / f"{name}.jsonl"))
    assert all(unicodedata.is_normalized("NFC", said) for row in rows for said in _strings(row))
    assert all(row["question"] == row["question"].strip() != "" for row in rows)
    for key in ("id", "question"):
        assert len({row[key] for row in rows}) == len(rows), key


def test_the_documents_of_facts_exist(documents: list[Document]) -> None:
    known = {document.id for document in documents}
    rows = read_rows(QUESTIONS / "facts.jsonl")
    assert [row["id"] for row in rows if not row["documents"] or not set(row["documents"]) <= known] == []
    assert set().union(*ARTICLES.values()) <= known


def test_each_question_on_time_says_what_is_right_on_four_days() -> None:
    for row in read_rows(QUESTIONS / "time.jsonl"):
        assert tuple(row["expect"]) == DAYS, row["id"]
        for expected in row["expect"].values():
            assert set(expected) <= {"cite", "not", "label", "declined_ok"}, row["id"]
            assert expected["cite"], row["id"]
            assert set(expected["cite"]).isdisjoint(expected.get("not", ())), row["id"]
            assert expected.get("label") in (None, "expired", "not_yet"), row["id"]


def test_what_may_be_cited_on_a_day_can_be(documents: list[Document]) -> None:
    known = _names(documents)
    rows = read_rows(QUESTIONS / "time.jsonl")
    hopeless = [(row["id"], day) for row in rows for day in DAYS if known.isdisjoint(row["expect"][day]["cite"])]
    assert hopeless == []


def test_whatever_may_or_must_not_be_cited_is_a_document_or_an_instrument(documents: list[Document]) -> None:
    register = read_register(ROOT / "data" / "instruments.yml")
    known = _names(documents) | {instrument.number for instrument in register.instruments}
    rows = read_rows(QUESTIONS / "time.jsonl")
    named = {
        name
        for row in rows
        for expected in row["expect"].values()
        for name in (*expected["cite"], *expected.get("not", ()))
    }
    assert sorted(named - known) == []


def test_questions_on_places_are_complete(documents: list[Document]) -> None:
    known = {document.id for document in documents}
    rows = list(read_rows(QUESTIONS / "places.jsonl"))
    for row in rows:
        assert row["split"] in ("development", "test"), row["id"]
        if row["kind"] in ("renamed", "split", "district"):
            assert row["new"], row["id"]
            assert {province for _, province in row["new"]} <= set(NEW_NAME.values()), row["id"]
            assert (len(row["new"]) > 1) is (row["kind"] != "renamed"), row["id"]
        elif row["kind"] == "namesakes":
            assert len(row["candidates"]) > 1, row["id"]
            assert {province for *_, province in row["candidates"]} <= set(PROVINCES), row["id"]
        elif row["kind"] == "province":
            assert set(row["new"]) <= set(NEW_NAME.values()), row["id"]
        elif row["kind"] in ("figure", "figure_new"):
            assert row["document"] in known, row["id"]
        else:
            assert row["kind"] == "not_a_place", row["id"]
    kinds = {split: {row["kind"] for row in rows if row["split"] == split} for split in ("development", "test")}
    assert kinds["development"] == kinds["test"]


# --- The floor ---


@pytest.fixture(scope="module")
def real(index_folder: Path, embedder_folder: Path) -> Iterator[tuple[Index, SentenceTransformerEmbedder]]:
    embedder, threads = SentenceTransformerEmbedder(str(embedder_folder)), torch.get_num_threads()
    torch.set_num_threads(1)  # as the bot has it
    yield load(index_folder, embedder), embedder
    torch.set_num_threads(threads)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "of", "floor"),
    [
        ("facts", "sự kiện CAO", RIGHT_DOCUMENT_FIRST),
        ("time", "tất cả", RIGHT_IN_TIME),
        ("places", "test", RIGHT_PLACE),
    ],
)
def test_what_ships_is_right(real: tuple[Index, SentenceTransformerEmbedder], name: str, of: str, floor: float) -> None:
    table = knowledge.OF_OUR_OWN[name](*real)
    assert table.shares()[of] >= floor, table.misses
