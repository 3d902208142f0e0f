"""Search narrowed to a province, a year, a kind, and what is in force on a day."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.building import build
from retrieval.index import Index, load
from retrieval.question import understand
from retrieval.records import Document, Section
from retrieval.search import Filters, kind_key, search
from tests.fakes import FakeEmbedder

QUESTION = "phí cấp bản sao giấy tờ"
FORMER, PRESENT = "Điều 1. Phí trước đây", "Điều 2. Phí"
DOCUMENTS: dict[str, dict[str, object]] = {
    "luat-cu": {"kind": "luat", "issued": "2014", "effective_from": "2015-01-01", "effective_to": "2024-06"},
    "luat-nay": {"kind": "Luật", "issued": "2023-06-22", "effective_from": "2024-07-01"},
    "luat-mai-sau": {"kind": "luat", "issued": "2026-05", "effective_from": "2027-01-01"},
    "thu-tuc": {"kind": "thu_tuc", "issued": "2026-07"},
    "thu-tuc-cong": {"kind": "Thủ tục hành chính"},
    "quang-ninh": {"kind": "tong_hop", "province": "Quảng Ninh", "issued": "2022"},
}


def _document(number: int, name: str, headings: list[str], **known: object) -> Document:
    text, sections = "", []
    for heading in headings:
        start = len(text)
        text += f"Phí cấp bản sao giấy tờ ở nơi số {number} là hai nghìn đồng, theo {heading}.\n\n"
        sections.append(Section((heading,), start, len(text)))
    return Document(id=name, title=name, text=text, sections=tuple(sections), **known)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    documents = [_document(n, name, ["Phí"], **known) for n, (name, known) in enumerate(DOCUMENTS.items())]
    own = {FORMER: {"issued": "2019-01-01", "effective_from": "2019-02-01", "effective_to": "2025-12-31"}}
    known = {"kind": "nghi_dinh", "issued": "2020-01-01", "effective_from": "2020-02-01", "articles": own}
    documents.append(_document(99, "hai-dieu", [FORMER, PRESENT], **known))
    folder: Path = tmp_path_factory.mktemp("filters")
    build(documents, FakeEmbedder(), folder)
    return load(folder, FakeEmbedder())


def _found(index: Index, filters: Filters) -> set[str]:
    hits, _ = search(index, FakeEmbedder(), understand(QUESTION), 50, filters)
    return {f"{hit.document.id}/{hit.passage.section}" for hit in hits}


def _ids(index: Index, filters: Filters) -> set[str]:
    return {found.partition("/")[0] for found in _found(index, filters)}


def test_without_filters_everything_is_found(index: Index) -> None:
    assert _ids(index, Filters()) == {*DOCUMENTS, "hai-dieu"}


@pytest.mark.parametrize("kind", ["luat", "Luật", "LUẬT", "luật"])
def test_a_kind_is_one_however_it_is_written(index: Index, kind: str) -> None:
    assert _ids(index, Filters(kind=kind)) == {"luat-cu", "luat-nay", "luat-mai-sau"}


def test_a_procedure_is_one_by_both_its_names(index: Index) -> None:
    assert _ids(index, Filters(kind="thu_tuc")) == {"thu-tuc", "thu-tuc-cong"}
    assert _ids(index, Filters(kind="Thủ tục hành chính")) == {"thu-tuc", "thu-tuc-cong"}


def test_a_kind_that_no_document_has_finds_nothing(index: Index) -> None:
    assert _found(index, Filters(kind="bản đồ")) == set()


@pytest.mark.parametrize(
    ("day", "in_force"),
    [
        (date(2014, 12, 31), {"thu-tuc-cong"}),
        (date(2015, 1, 1), {"thu-tuc-cong", "luat-cu"}),
        (date(2024, 6, 30), {"thu-tuc-cong", "luat-cu", "quang-ninh", "hai-dieu"}),
        (date(2024, 7, 1), {"thu-tuc-cong", "luat-nay", "quang-ninh", "hai-dieu"}),
        (date(2026, 6, 30), {"thu-tuc-cong", "luat-nay", "quang-ninh", "hai-dieu"}),
        (date(2026, 7, 1), {"thu-tuc-cong", "thu-tuc", "luat-nay", "quang-ninh", "hai-dieu"}),
        (date(2027, 1, 1), {"thu-tuc-cong", "thu-tuc", "luat-nay", "luat-mai-sau", "quang-ninh", "hai-dieu"}),
    ],
)
def test_what_is_in_force_on_a_day_is_found_and_what_gives_no_dates_from_its_issue(
    index: Index, day: date, in_force: set[str]
) -> None:
    assert _ids(index, Filters(in_force_on=day)) == in_force


def test_an_article_passes_by_its_own_dates(index: Index) -> None:
    decree = Filters(kind="nghi_dinh")
    assert _found(index, decree) == {f"hai-dieu/{FORMER}", f"hai-dieu/{PRESENT}"}
    on = {
        day: _found(index, Filters(kind="nghi_dinh", in_force_on=day))
        for day in map(date, (2019, 2025, 2026), (6, 6, 6), (1, 1, 1))
    }
    assert on[date(2019, 6, 1)] == {f"hai-dieu/{FORMER}"}
    assert on[date(2025, 6, 1)] == {f"hai-dieu/{FORMER}", f"hai-dieu/{PRESENT}"}
    assert on[date(2026, 6, 1)] == {f"hai-dieu/{PRESENT}"}
    assert _found(index, Filters(year="2019")) == {f"hai-dieu/{FORMER}"}


def test_filters_narrow_together(index: Index) -> None:
    today = date(2026, 11, 22)
    assert _ids(index, Filters(kind="luat", in_force_on=today)) == {"luat-nay"}
    assert _ids(index, Filters(kind="luat", year="2023", in_force_on=today)) == {"luat-nay"}
    assert _ids(index, Filters("Quảng Ninh", "2022", "tong_hop", today)) == {"quang-ninh"}
    assert _ids(index, Filters("Quảng Ninh", kind="luat")) == set()


def test_another_index_of_the_same_process_is_filtered_by_its_own_documents(index: Index, tmp_path: Path) -> None:
    assert _ids(index, Filters(kind="thu_tuc")) == {"thu-tuc", "thu-tuc-cong"}
    build([_document(7, "khac", ["Phí"], kind="thu_tuc")], FakeEmbedder(), tmp_path)
    assert _ids(load(tmp_path, FakeEmbedder()), Filters(kind="thu_tuc")) == {"khac"}


def test_more_filters_than_are_kept_still_find_the_same(index: Index) -> None:
    found = [_ids(index, Filters(in_force_on=date(2026, 7, 1))) for _ in range(2)]
    for year in range(1900, 1980):
        assert _ids(index, Filters(year=str(year))) == set()
    assert [_ids(index, Filters(in_force_on=date(2026, 7, 1)))] * 2 == found


@given(st.text())
def test_any_text_is_some_kind(kind: str) -> None:
    assert kind_key(kind) == kind_key(kind_key(kind))
