"""Answers to questions that name places of before 1/7/2025."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pytest

from actions.phrases import Phrases
from actions.render import as_message
from retrieval.answer import Answerer
from retrieval.records import Answer, Status
from retrieval.text import strip_diacritics
from retrieval.whereabouts import whereabouts
from tests.conftest import ROOT
from tests.retrieval.library import open_answerer, write_document

PLACE_HEADING = "Làm sao biết xã cũ nay thuộc xã nào?"
PLACE_TEXT = "Bà con nhắn tên xã cũ kèm tên huyện, tỉnh cũ thì biết tên xã mới."
CARD_TEXT = "Người dân làm thẻ căn cước tại công an xã nơi cư trú."
CAM_VINH = ("Xã Cẩm Vịnh, Thành phố Hà Tĩnh, tỉnh Hà Tĩnh", "Xã Cẩm Bình (tỉnh Hà Tĩnh)")


def _write_place_document(folder: Path) -> None:
    write_document(
        folder,
        "xa-phuong-cu",
        f"## {PLACE_HEADING}\n\n{PLACE_TEXT}\n\n"
        "## Không còn huyện thì làm giấy tờ ở đâu?\n\nBà con làm giấy tờ ở Bộ phận Một cửa của xã.",
        topics={"place_lookup": PLACE_HEADING},
    )


def _write_others(folder: Path) -> None:
    write_document(
        folder,
        "can-cuoc",
        f"## Làm thẻ căn cước ở đâu?\n\n{CARD_TEXT}\n\n"
        "## Cấp lại thẻ căn cước mất bao nhiêu tiền?\n\nLệ phí cấp lại thẻ căn cước là 70.000 đồng.",
    )
    write_document(
        folder,
        "an-giang",
        "## Tổ công nghệ số ở An Giang\n\nNăm 2022, tỉnh An Giang có 880 tổ công nghệ số cộng đồng.",
        province="An Giang",
        issued="2022-10",
    )
    write_document(
        folder,
        "ben-tre",
        "## Lớp kỹ năng số ở Bến Tre\n\nNăm 2020, tỉnh Bến Tre mở 57 lớp kỹ năng số cho người dân.",
        province="Bến Tre",
        issued="2020-12",
    )
    write_document(
        folder,
        "quang-ninh",
        "## Hòm thư công vụ ở Quảng Ninh\n\nNăm 2022, tỉnh Quảng Ninh cấp 900 hòm thư công vụ.",
        province="Quảng Ninh",
        issued="2022",
    )


@pytest.fixture(scope="module")
def answerer(tmp_path_factory: pytest.TempPathFactory) -> Answerer:
    """A document on places, one on a procedure, three with figures of provinces."""
    folder = tmp_path_factory.mktemp("places")
    _write_place_document(folder / "documents")
    _write_others(folder / "documents")
    return open_answerer(folder / "documents", folder / "index")


@pytest.fixture(scope="module")
def without_topic(tmp_path_factory: pytest.TempPathFactory) -> Answerer:
    """The same documents but for the one on places."""
    folder = tmp_path_factory.mktemp("without")
    _write_others(folder / "documents")
    return open_answerer(folder / "documents", folder / "index")


def _cited(answer: Answer) -> list[str]:
    return [citation.document_id for citation in answer.citations]


def _notes(answer: Answer) -> list[tuple[str, dict[str, str]]]:
    return [(note.kind, dict(note.values)) for note in answer.notes]


def _shown(answer: Answer) -> str:
    text = as_message(answer, Phrases.load(ROOT / "domain.yml"))["text"]
    assert isinstance(text, str)
    return text


# --- What became of a place ---


@pytest.mark.parametrize(
    "question",
    [
        "xã Cẩm Vịnh giờ thuộc xã nào?",
        "xa cam vinh gio thuoc xa nao",
        "XÃ CẨM VỊNH NAY LÀ XÃ NÀO",
        "xã Cẩm Vịnh",
        "Quê tui ở xã Cẩm Vịnh thành phố Hà Tĩnh, chừ gọi là xã chi rứa?",
    ],
)
def test_the_new_name_of_an_old_commune_is_said_beside_what_the_documents_say(
    answerer: Answerer, question: str
) -> None:
    answer = answerer.answer(question)
    assert (answer.status, answer.reason) == (Status.ANSWERED, "place")
    assert answer.text == f"{PLACE_TEXT} [1]"
    assert _cited(answer) == ["xa-phuong-cu"]
    assert _notes(answer) == [("new_commune", dict(zip(("old", "new"), CAM_VINH, strict=True)))]
    assert _shown(answer).index(CAM_VINH[1]) < _shown(answer).index(PLACE_TEXT)


def test_of_an_old_district_the_communes_are_said(answerer: Answerer) -> None:
    answer = answerer.answer("huyện Yên Thế nay thuộc xã nào")
    assert (answer.status, answer.reason, _cited(answer)) == (Status.ANSWERED, "place", ["xa-phuong-cu"])
    ((kind, values),) = _notes(answer)
    assert (kind, values["old"]) == ("old_district", "Huyện Yên Thế, tỉnh Bắc Giang")
    assert {"Xã Bố Hạ", "Xã Yên Thế (tỉnh Bắc Ninh)"} <= set(values["new"].split(", "))
    assert "không còn cấp huyện" in _shown(answer)


@pytest.mark.parametrize(
    "question",
    ["phường Thành Công, quận Ba Đình nay là phường nào", "phuong thanh cong quan ba dinh nay la phuong nao"],
)
def test_of_a_split_commune_the_hamlet_is_asked(answerer: Answerer, question: str) -> None:
    answer = answerer.answer(question)
    assert (answer.status, answer.reason) == (Status.CLARIFY, "split")
    assert (answer.text, answer.citations, answer.related) == ("", (), ())
    assert [kind for kind, _ in _notes(answer)] == ["split_commune"]
    shown = _shown(answer)
    assert all(said in shown for said in ("thôn, ấp", "Phường Giảng Võ", "Phường Ô Chợ Dừa"))


def test_of_namesakes_it_is_asked_which_and_each_can_be_chosen(answerer: Answerer) -> None:
    answer = answerer.answer("xã Đồng Tâm nay là xã nào")
    assert (answer.status, answer.reason) == (Status.CLARIFY, "place")
    assert (answer.text, answer.notes) == ("", ())
    assert len(answer.related) == 6
    buttons = as_message(answer, Phrases.load(ROOT / "domain.yml"))["buttons"]
    assert [button["payload"] for button in buttons] == list(answer.related)
    for choice in answer.related:
        chosen = answerer.answer(choice)
        assert chosen.reason in ("place", "split")
        ((kind, values),) = _notes(chosen)
        assert kind in ("new_commune", "split_commune")
        assert choice.startswith(values["old"])


def test_of_many_namesakes_it_is_asked_without_a_list(answerer: Answerer) -> None:
    answer = answerer.answer("xã Tân Lập bây giờ nhập vào xã nào?")
    assert answer == Answer(Status.CLARIFY, reason="place")
    assert "huyện, tỉnh nào trước đây" in _shown(answer)


@pytest.mark.parametrize(
    ("question", "reason", "kinds"),
    [
        ("xã Cẩm Vịnh và thị trấn Lim nay thuộc đâu", "place", ["new_commune", "new_commune"]),
        ("xã Cẩm Vịnh và phường Thành Công quận Ba Đình nay thuộc đâu", "split", ["new_commune", "split_commune"]),
        ("xã Cẩm Vịnh với xã Tân Lập nay thuộc đâu", "place", ["new_commune"]),
        ("phường Thành Công quận Ba Đình với huyện Châu Thành nay thuộc đâu", "place", ["split_commune"]),
    ],
)
def test_of_several_places_what_is_clear_is_said(
    answerer: Answerer, question: str, reason: str, kinds: list[str]
) -> None:
    answer = answerer.answer(question)
    assert answer.reason == reason
    assert [kind for kind, _ in _notes(answer)] == kinds
    assert (answer.status is Status.CLARIFY) == (reason == "split" or bool(whereabouts(question).unclear))


def test_a_commune_is_never_said_to_lie_in_two_provinces_because_of_a_namesake(answerer: Answerer) -> None:
    """There is a ward Vĩnh Phúc in Phú Thọ today; the one of Ba Đình became Ngọc Hà, and nothing else."""
    answer = answerer.answer("phường Vĩnh Phúc nay là phường nào")
    assert [kind for kind, _ in _notes(answer)] != ["split_commune"]
    assert "Phường Vĩnh Phúc, Quận Ba Đình, thành phố Hà Nội (cũ) nay chia về" not in _shown(answer)


# --- A place in a question about something else ---


@pytest.mark.parametrize(
    ("question", "note"),
    [
        ("Tôi ở xã Cẩm Vịnh, làm thẻ căn cước ở đâu?", "new_commune"),
        ("toi o xa cam vinh, lam the can cuoc o dau", "new_commune"),
        ("Nhà ở phường Thành Công quận Ba Đình thì làm thẻ căn cước ở đâu?", "split_commune"),
        ("Tôi ở xã Tân Lập, làm thẻ căn cước ở đâu?", "namesakes"),
        ("Làm thẻ căn cước ở huyện Cẩm Xuyên thì đến đâu?", "old_district"),
    ],
)
def test_a_procedure_is_answered_by_the_documents_and_the_new_name_noted(
    answerer: Answerer, question: str, note: str
) -> None:
    answer = answerer.answer(question)
    assert (answer.status, answer.reason) == (Status.ANSWERED, "")
    assert answer.text == f"{CARD_TEXT} [1]"
    assert [kind for kind, _ in _notes(answer)] == [note]
    _, quote, *rest = _shown(answer).splitlines()
    assert (quote, len(rest)) == (answer.text, 1)


@pytest.mark.parametrize("place", ["xã Cẩm Vịnh", "huyện Cẩm Xuyên", "xã Tân Lập"])
def test_the_place_changes_nothing_of_what_is_quoted(answerer: Answerer, place: str) -> None:
    plain = answerer.answer("Làm thẻ căn cước ở đâu?")
    assert plain.citations
    with_place = answerer.answer(f"Ở {place} làm thẻ căn cước ở đâu?")
    assert [asdict(citation) for citation in with_place.citations] == [asdict(citation) for citation in plain.citations]
    assert plain.notes == ()


def test_where_the_documents_hold_nothing_the_new_name_is_still_said(answerer: Answerer) -> None:
    answer = answerer.answer("xã Cẩm Vịnh trồng lúa thế nào")
    assert (answer.status, answer.text) == (Status.NO_ANSWER, "")
    assert CAM_VINH[1] in _shown(answer)


def test_where_help_is_needed_places_do_not_matter(answerer: Answerer) -> None:
    answer = answerer.answer("tôi ở xã Cẩm Vịnh vừa bị lừa mất 5 triệu")
    assert (answer.status, answer.notes) == (Status.URGENT, ())


# --- Figures ---


@pytest.mark.parametrize("bare", [False, True], ids=["with diacritics", "without diacritics"])
@pytest.mark.parametrize(
    "place",
    ["xã Cẩm Vịnh", "xã Cẩm Vịnh, Hà Tĩnh", "huyện Cẩm Xuyên", "phường Mỹ Bình, Long Xuyên, An Giang"],
)
def test_a_commune_does_not_get_the_figure_of_a_province(answerer: Answerer, place: str, bare: bool) -> None:
    """Least of all that of another province: the documents hold a figure of An Giang alone."""
    question = f"{place} có bao nhiêu tổ công nghệ số cộng đồng?"
    answer = answerer.answer(strip_diacritics(question) if bare else question)
    assert (answer.status, _cited(answer)) == (Status.NO_ANSWER, [])
    assert [kind for kind, _ in _notes(answer)][:1] in (["new_commune"], ["old_district"])


@pytest.mark.parametrize(
    ("question", "document", "notes"),
    [
        (
            "An Giang có bao nhiêu tổ công nghệ số cộng đồng?",
            "an-giang",
            [("figures", {"year": "2022"}), ("grown_province", {"province": "An Giang", "others": "Kiên Giang"})],
        ),
        (
            "Bến Tre mở bao nhiêu lớp kỹ năng số?",
            "ben-tre",
            [
                ("figures", {"year": "2020"}),
                ("old_province", {"province": "Bến Tre", "new_province": "Vĩnh Long"}),
            ],
        ),
        ("Quảng Ninh cấp bao nhiêu hòm thư công vụ?", "quang-ninh", [("figures", {"year": "2022"})]),
    ],
)
def test_a_figure_says_of_what_time_and_extent_it_is(
    answerer: Answerer, question: str, document: str, notes: list[tuple[str, dict[str, str]]]
) -> None:
    answer = answerer.answer(question)
    assert _cited(answer) == [document]
    assert _notes(answer) == notes


@pytest.mark.parametrize(
    ("province", "others"),
    [
        ("Hồ Chí Minh", "Bình Dương, Bà Rịa - Vũng Tàu"),
        ("Ninh Bình", "Hà Nam, Nam Định"),
        ("Đồng Nai", "Bình Phước"),
        ("Huế", None),
        ("Hà Tĩnh", None),
    ],
)
@pytest.mark.parametrize(
    ("issued", "is_old"),
    [
        ("2022", True),
        ("2025-06", True),
        ("2025-06-30", True),
        ("2025-07", False),
        ("2025-07-01", False),
        ("2026", False),
    ],
)
def test_what_a_grown_province_did_not_yet_comprise_is_told_of_figures_of_before(
    tmp_path: Path, province: str, others: str | None, issued: str, is_old: bool
) -> None:
    text = f"Tỉnh {province} có 300 máy tính công cộng."
    write_document(tmp_path / "documents", "may-tinh", f"## Máy tính\n\n{text}", province=province, issued=issued)
    answer = open_answerer(tmp_path / "documents", tmp_path / "index").answer(
        f"{province} có bao nhiêu máy tính công cộng?"
    )
    assert _cited(answer) == ["may-tinh"]
    grown = [values for kind, values in _notes(answer) if kind == "grown_province"]
    assert grown == ([{"province": province, "others": others}] if others and is_old else [])
    assert ("figures", {"year": issued[:4]}) in _notes(answer)


def test_a_figure_of_a_part_is_not_given_for_the_new_province(answerer: Answerer) -> None:
    answer = answerer.answer("Kiên Giang có bao nhiêu tổ công nghệ số cộng đồng?")
    assert (answer.status, answer.reason, _cited(answer)) == (Status.NO_ANSWER, "province", [])
    assert _notes(answer) == [("old_province", {"province": "Kiên Giang", "new_province": "An Giang"})]
    assert answer.related == ("An Giang có bao nhiêu tổ công nghệ số cộng đồng?",)


def test_what_became_of_an_old_province_is_said(answerer: Answerer) -> None:
    answer = answerer.answer("Hải Dương nay thuộc tỉnh nào")
    assert (answer.status, answer.reason, _cited(answer)) == (Status.ANSWERED, "place", ["xa-phuong-cu"])
    assert _notes(answer) == [("old_province", {"province": "Hải Dương", "new_province": "Hải Phòng"})]


def test_a_new_name_is_said_once(answerer: Answerer) -> None:
    answer = answerer.answer("Bến Tre mở bao nhiêu lớp kỹ năng số?")
    assert [kind for kind, _ in _notes(answer)].count("old_province") == 1
    assert _shown(answer).count("nay thuộc Vĩnh Long") == 1


# --- An index without the document on places ---


@pytest.mark.parametrize("question", ["xã Cẩm Vịnh giờ thuộc xã nào?", "huyện Cẩm Xuyên nay là xã nào"])
def test_without_the_document_on_places_the_new_name_is_said_all_the_same(
    without_topic: Answerer, question: str
) -> None:
    answer = without_topic.answer(question)
    assert (answer.text, answer.citations, answer.related) == ("", (), ())
    assert [kind for kind, _ in _notes(answer)] in (["new_commune"], ["old_district"])
    assert "(tỉnh Hà Tĩnh)" in _shown(answer)


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        ("phường Thành Công, quận Ba Đình nay là phường nào", "split"),
        ("xã Đồng Tâm nay là xã nào", "place"),
    ],
)
def test_without_the_document_on_places_it_asks_as_it_does_with_it(
    answerer: Answerer, without_topic: Answerer, question: str, reason: str
) -> None:
    answer = without_topic.answer(question)
    assert (answer.status, answer.reason) == (Status.CLARIFY, reason)
    assert answer == answerer.answer(question)


def test_without_the_document_on_places_a_procedure_is_answered(without_topic: Answerer) -> None:
    answer = without_topic.answer("Tôi ở xã Cẩm Vịnh, làm thẻ căn cước ở đâu?")
    assert _cited(answer) == ["can-cuoc"]
    assert [kind for kind, _ in _notes(answer)] == ["new_commune"]


def test_without_the_document_on_places_a_new_province_is_said(without_topic: Answerer) -> None:
    answer = without_topic.answer("Hải Dương nay thuộc tỉnh nào")
    assert _cited(answer) == []
    assert "Hải Phòng" in _shown(answer)
