from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.answer import Answerer, Belief
from retrieval.building import build, is_current
from retrieval.errors import IndexDamagedError
from retrieval.index import Index, load
from retrieval.question import understand
from retrieval.readers import read_sources
from retrieval.records import Hit, Status
from retrieval.search import Filters, search
from retrieval.split import split
from retrieval.text import strip_diacritics
from tests.fakes import FakeEmbedder
from tests.retrieval.library import TODAY, build_index, read_one, write_document

# What documents say, and how people ask for them: a document and its phrases have no word in common.
OFFICIAL = {
    "trich-luc": (
        "Cấp bản sao trích lục hộ tịch",
        "## Thành phần hồ sơ\n\nNgười yêu cầu xuất trình giấy tờ tùy thân.\n\n"
        "## Thời hạn\n\nKết quả trả ngay trong ngày tiếp nhận.",
    ),
    "dinh-danh": (
        "Kích hoạt tài khoản định danh điện tử",
        "## Mức độ 2\n\nCông dân xác thực khuôn mặt cùng vân tay.\n\n## Mật khẩu\n\nMật khẩu gồm tám ký tự.",
    ),
    "dat-dai": (
        "Đăng ký biến động quyền sử dụng đất",
        "## Cơ quan giải quyết\n\nVăn phòng đăng ký thẩm tra, chỉnh lý bản đồ địa chính.",
    ),
}
PHRASES = {
    "trich-luc": ["mất khai sinh bây giờ làm lại sao", "con em đi học cô giáo bắt nộp khai sinh", "xin thêm khai sinh"],
    "dinh-danh": ["cài vneid lên máy mới kiểu gì", "vneid báo lỗi hoài", "già không biết bấm vneid nhờ cháu"],
    "dat-dai": ["bán miếng ruộng sang tên cho người ta", "sổ đỏ bố để lại chia anh em", "mua nhà xong làm sổ đỏ"],
}
QUESTIONS = {
    "trich-luc": "em làm mất khai sinh rồi bây giờ sao",
    "dinh-danh": "máy mới cài vneid kiểu gì vậy",
    "dat-dai": "bố để lại sổ đỏ cho anh em",
}
MakeIndex = Callable[..., Index]


@pytest.fixture
def make_index(tmp_path: Path) -> MakeIndex:
    """An index of the documents of OFFICIAL, with the phrases that the test gives them (None: no such field)."""

    def made(phrases: dict[str, list[str]] | None = None, name: str = "index", **front: object) -> Index:
        folder = tmp_path / f"{name}-documents"
        for document, (title, body) in OFFICIAL.items():
            write_document(folder, document, body, title=title, asked_as=(phrases or {}).get(document), **front)
        return build_index(folder, tmp_path / name)

    return made


def _search(index: Index, question: str, k: int = 10, filters: Filters | None = None) -> list[Hit]:
    return search(index, FakeEmbedder(), understand(question), k, filters or Filters())[0]


def _version(folder: Path) -> Path:
    return folder / (folder / "CURRENT").read_text(encoding="utf-8").strip()


# Reading.


def test_ways_of_asking_are_read_in_their_order_and_normalised(documents: Path) -> None:
    file = write_document(documents, "thu", "Chữ.", asked_as=["  vì sao\u200b  thế ", "ở đâu", "a\u0301o"])
    assert read_one(file, strict=True).asked_as == ("vì sao thế", "ở đâu", "áo")


@pytest.mark.parametrize("listed", [None, []])
def test_a_document_need_not_say_how_it_is_asked_for(documents: Path, listed: list[str] | None) -> None:
    assert read_one(write_document(documents, "thu", "Chữ.", asked_as=listed), strict=True).asked_as == ()


@pytest.mark.parametrize("listed", ["một câu", {"a": "b"}, ["một câu", ""], ["  "], [["một câu"]], [{"a": "b"}]])
def test_what_is_no_list_of_phrases_is_refused_by_its_field(documents: Path, listed: object) -> None:
    write_document(documents, "thu", "Chữ.", asked_as=listed)
    (problem,) = read_sources([documents], strict=True).problems
    assert problem.field == "asked_as"


@pytest.mark.parametrize("listed", ["một câu", [["một câu"]], [{"a": "b"}], [1, None]])
@pytest.mark.parametrize("ending", ["md", "json"])
def test_without_strictness_a_bad_list_stops_nothing(documents: Path, listed: object, ending: str) -> None:
    if ending == "md":
        write_document(documents, "thu", "Chữ.", asked_as=listed)
    else:
        row = {"id": "thu", "title": "Tên", "text": "Chữ.", "asked_as": listed}
        (documents / "thu.json").write_text(json.dumps(row), encoding="utf-8")
    report = read_sources([documents])
    assert len(report.documents) + len(report.problems) == 1


def test_how_a_document_is_asked_for_is_part_of_its_record_and_not_of_its_text(documents: Path) -> None:
    document = read_one(write_document(documents, "thu", "Chữ.", asked_as=["ở đâu"]), strict=True)
    assert document.meta()["asked_as"] == ("ở đâu",)
    assert "ở đâu" not in document.text
    assert replace(document, asked_as=()) == read_one(write_document(documents, "thu", "Chữ."), strict=True)


# The index.


def test_vectors_stand_document_by_document_and_belong_to_questions(make_index: MakeIndex) -> None:
    index = make_index({**PHRASES, "dinh-danh": []})
    names = [name for name in index.documents if index.documents[name].asked_as]
    assert sorted(names) == ["dat-dai", "trich-luc"]
    phrases = [phrase for name in names for phrase in PHRASES[name]]
    assert index.asked.vectors.dtype == np.float16
    assert index.asked.vectors.astype(np.float32) == pytest.approx(FakeEmbedder().embed_queries(phrases), abs=1e-3)
    assert index.asked.starts.tolist() == [0, 3]
    for name, rows in index.asked.rows.items():
        assert rows == [row for row, passage in enumerate(index.passages) if passage.document_id == name]
    assert list(index.asked.rows) == names


def test_phrases_are_embedded_as_questions_and_never_as_passages(documents: Path, tmp_path: Path) -> None:
    asked: list[str] = []

    class Listening(FakeEmbedder):
        def embed_queries(self, texts):  # type: ignore[no-untyped-def]
            asked.extend(texts)
            return super().embed_queries(texts)

    embedder = Listening()
    phrases = [f"cách hỏi thứ {n}" for n in range(300)]
    write_document(documents, "thu", "Chữ.", asked_as=phrases)
    index = build_index(documents, tmp_path / "index", embedder)
    assert asked == phrases
    assert not any("cách hỏi" in text for text in embedder.embedded)
    assert index.asked.vectors.shape == (300, embedder.dimension)


def test_nearness_is_one_for_the_same_words_and_nothing_for_half_of_all_phrases(make_index: MakeIndex) -> None:
    index = make_index(PHRASES)
    for name, phrases in PHRASES.items():
        for phrase in phrases:
            near = index.asked.nearest(FakeEmbedder().embed_queries([phrase])[0])
            assert near[name] == pytest.approx(1.0, abs=0.01)
            assert max(near, key=near.__getitem__) == name
            assert set(near) == set(PHRASES)


@given(st.lists(st.floats(-1, 1), min_size=65, max_size=65).filter(lambda values: any(abs(v) > 0.01 for v in values)))
def test_nearness_lies_between_nothing_and_one(library_index: Index, values: list[float]) -> None:
    phrases = FakeEmbedder().embed_queries([phrase for name in PHRASES for phrase in PHRASES[name]])
    rows = {name: [0] for name in PHRASES}
    asked = replace(library_index.asked, vectors=phrases.astype(np.float16), starts=np.array([0, 3, 6]), rows=rows)
    vector = np.array(values, np.float32)
    near = asked.nearest(vector / np.linalg.norm(vector))
    assert all(0 <= each <= 1 for each in near.values())


def test_an_index_depends_on_how_its_documents_are_asked_for(documents: Path, tmp_path: Path) -> None:
    file = write_document(documents, "thu", "Chữ.", asked_as=["ở đâu"])
    one = [read_one(file, strict=True)]
    build(one, FakeEmbedder(), tmp_path / "index")
    assert is_current(one, FakeEmbedder().fingerprint, tmp_path / "index")
    other = [replace(one[0], asked_as=("ở đâu", "bao giờ"))]
    assert not is_current(other, FakeEmbedder().fingerprint, tmp_path / "index")


def test_new_phrases_need_no_passage_embedded_again(documents: Path, tmp_path: Path) -> None:
    write_document(documents, "thu", "## Mục\n\nMột câu. Hai câu.", asked_as=["ở đâu"])
    build_index(documents, tmp_path / "index")
    write_document(documents, "thu", "## Mục\n\nMột câu. Hai câu.", asked_as=["bao giờ", "ở đâu"])
    embedder = FakeEmbedder()
    index = build_index(documents, tmp_path / "index", embedder)
    assert embedder.embedded == []
    assert index.documents["thu"].asked_as == ("bao giờ", "ở đâu")
    assert len(index.asked.vectors) == 2


def test_changed_vectors_of_phrases_are_damage(make_index: MakeIndex, tmp_path: Path) -> None:
    make_index(PHRASES)
    file = _version(tmp_path / "index") / "asked.npy"
    file.write_bytes(file.read_bytes()[:-1] + b"\x01")
    with pytest.raises(IndexDamagedError, match=r"asked\.npy"):
        load(tmp_path / "index", FakeEmbedder())


# Search.


@pytest.mark.parametrize("name", OFFICIAL)
@pytest.mark.parametrize("question", ["reworded", "just so", "bare"])
def test_a_question_in_nobodys_official_words_finds_the_document(
    make_index: MakeIndex, name: str, question: str
) -> None:
    texts = {"reworded": QUESTIONS[name], "just so": PHRASES[name][0], "bare": strip_diacritics(QUESTIONS[name])}
    hits = _search(make_index(PHRASES), texts[question])
    assert hits[0].document.id == name
    assert hits[0].asked > 0.3
    assert len({hit.asked for hit in hits if hit.document.id == name}) == 1


def test_it_is_the_phrases_that_find_it(make_index: MakeIndex) -> None:
    swapped = dict(zip(PHRASES, [*list(PHRASES.values())[1:], PHRASES["trich-luc"]], strict=True))
    index = make_index(swapped)
    for name, phrases in swapped.items():
        assert _search(index, phrases[0])[0].document.id == name


def test_a_document_that_no_other_side_finds_is_still_a_candidate(documents: Path, tmp_path: Path) -> None:
    asked = [f"{word} kia kìa" for word in "xoài mít ổi chuối cam".split()]
    write_document(documents, "duoc-hoi", "## Mục\n\nQuy định chung.", asked_as=asked)
    others = "\n\n".join(f"## Mít {n}\n\nMít kia kìa số {n}, kể chuyện mít kia kìa." for n in range(120))
    write_document(documents, "khac", others)
    index = build_index(documents, tmp_path / "index")
    assert len(index.passages) == 121
    hits = _search(index, "mít kia kìa", 121)
    assert len(hits) < 121
    assert [hit.asked > 0.9 for hit in hits if hit.document.id == "duoc-hoi"] == [True]


def test_filters_hold_for_what_is_asked_for_too(make_index: MakeIndex) -> None:
    index = make_index(PHRASES, province="Nam Định")
    assert _search(index, PHRASES["dat-dai"][0], filters=Filters(province="Quảng Ninh")) == []
    assert _search(index, PHRASES["dat-dai"][0], filters=Filters(year="2025")) == []
    assert _search(index, PHRASES["dat-dai"][0], filters=Filters("Nam Định", "2026"))[0].document.id == "dat-dai"


def test_how_near_it_is_goes_into_the_record_of_a_hit(make_index: MakeIndex) -> None:
    best = _search(make_index(PHRASES), PHRASES["dat-dai"][0])[0]
    assert best.to_json()["asked"] == round(best.asked, 4) == pytest.approx(1.0, abs=0.01)
    assert best.fused <= 1.0001


@pytest.mark.parametrize("phrases", [None, {name: [] for name in OFFICIAL}], ids=["no field", "empty list"])
def test_documents_that_nobody_asks_for_are_searched_as_they_are(
    make_index: MakeIndex, phrases: dict[str, list[str]] | None
) -> None:
    index = make_index(phrases)
    assert (index.asked.vectors.shape, index.asked.rows) == ((0, FakeEmbedder().dimension), {})
    assert index.asked.nearest(FakeEmbedder().embed_queries(["ở đâu"])[0]) == {}
    hits = _search(index, "mật khẩu tài khoản định danh")
    assert hits[0].document.id == "dinh-danh"
    assert {hit.asked for hit in hits} == {0}
    assert [hit.fused for hit in hits] == sorted((hit.fused for hit in hits), reverse=True)


def test_a_document_without_phrases_keeps_its_nearness_beside_one_with_them(make_index: MakeIndex) -> None:
    plain = make_index()
    beside = make_index({"dat-dai": PHRASES["dat-dai"]}, "beside")
    for question in ("mật khẩu tài khoản định danh", *QUESTIONS.values()):
        before = {hit.passage.id: (hit.dense, hit.sentence, hit.asked) for hit in _search(plain, question)}
        found = _search(beside, question)
        after = {hit.passage.id: (hit.dense, hit.sentence, hit.asked) for hit in found}
        assert set(before) == set(after)
        kept = [hit.passage.id for hit in found if hit.document.id != "dat-dai"]
        assert [after[identity] for identity in kept] == [before[identity] for identity in kept]


def test_official_words_still_find_their_document(make_index: MakeIndex) -> None:
    index = make_index(PHRASES)
    for question, name in [
        ("Thành phần hồ sơ cấp bản sao trích lục hộ tịch", "trich-luc"),
        ("Kích hoạt tài khoản định danh điện tử mức độ 2", "dinh-danh"),
        ("Cơ quan giải quyết đăng ký biến động quyền sử dụng đất", "dat-dai"),
    ]:
        assert _search(index, question)[0].document.id == name


# Answers.


def test_what_is_asked_is_never_said(make_index: MakeIndex) -> None:
    index = make_index(PHRASES)
    answerer = Answerer(index, FakeEmbedder(), lambda: TODAY)
    questions = [*QUESTIONS.values(), *(phrase for phrases in PHRASES.values() for phrase in phrases)]
    questions += ["mật khẩu gồm mấy ký tự", "thời hạn trả kết quả trích lục hộ tịch", "vneid mật khẩu gồm mấy ký tự"]
    answers = [answerer.answer(question) for question in questions]
    assert Status.ANSWERED in {answer.status for answer in answers}
    stored = {passage.id: passage.text for passage in index.passages}
    for answer in answers:
        told = json.dumps({**answer.to_json(), "reason": ""}, ensure_ascii=False)
        assert not any(phrase in told for phrases in PHRASES.values() for phrase in phrases)
        for citation in answer.citations:
            assert citation.quote in stored[citation.passage_id]
            assert (citation.title, citation.document_id) == (OFFICIAL[citation.document_id][0], citation.document_id)


def test_passages_and_their_records_hold_no_phrase(make_index: MakeIndex, tmp_path: Path) -> None:
    index = make_index(PHRASES)
    assert list(index.passages) == list(make_index(name="plain").passages)
    assert not any("khai sinh" in passage.text + passage.section for passage in index.passages)
    assert "khai sinh" not in (_version(tmp_path / "index") / "passages.jsonl").read_text(encoding="utf-8")
    for hit in _search(index, PHRASES["trich-luc"][0]):
        assert "khai sinh" not in json.dumps(hit.to_json(), ensure_ascii=False)
    assert index.lexical.scores("khai sinh").max() > 0  # its words find it, and are not shown


@given(st.lists(st.text(max_size=30), max_size=5))
def test_passages_do_not_depend_on_phrases(library_index: Index, phrases: list[str]) -> None:
    for document in library_index.documents.values():
        text = replace(document, text="## Mục\n\nMột câu. Hai câu.")
        assert split(replace(text, asked_as=tuple(phrases))) == split(text)


@pytest.mark.parametrize("typed", [str, strip_diacritics])
@pytest.mark.parametrize("belief", [Belief("topic_elsewhere", 0.99), Belief(doubted=True), Belief("scam_victim", 0.9)])
def test_whoever_asks_as_people_are_known_to_ask_is_answered_whatever_an_intent_says(
    make_index: MakeIndex, typed: type[str], belief: Belief
) -> None:
    index = make_index(PHRASES)
    answerer = Answerer(index, FakeEmbedder(), lambda: TODAY)
    for document, phrases in PHRASES.items():
        for phrase in phrases:
            answer = answerer.answer(f"{typed(phrase)}?", belief)
            assert (answer.status, {each.document_id for each in answer.citations}) == (Status.ANSWERED, {document})
