from __future__ import annotations

import pytest

from retrieval.endings import AMENDS, ENDS, Adjustments
from retrieval.records import Document
from retrieval.register import Instrument, Register

NEW = "12/2026/NĐ-TEST"
OLD = Document("cu", "Nghị định cũ", "Chữ.", (), number="7/2020/NĐ-TEST")


def _adjusted(said: list[tuple[str, str]], number: str | None = NEW, register: Register | None = None) -> Adjustments:
    return Adjustments.of_confirmed({"moi": said}, {"moi": number}, register)


def test_what_is_confirmed_of_a_document_goes_before_what_it_says() -> None:
    document = Document("moi", "Tên", "Chữ.", (), number="1/2020", issued="2020-01-01")
    adjusted = _adjusted([("number", NEW), ("effective_from", "2026-07-01")]).apply(document)
    assert (adjusted.number, adjusted.issued, adjusted.effective_from) == (NEW, "2020-01-01", "2026-07-01")


@pytest.mark.parametrize("written", ["7/2020/NĐ-TEST", "07/2020/NĐ-TEST", "7/2020/NĐ–TEST", "7/2020/nđ-test"])
def test_an_ended_instrument_ends_the_day_before_however_its_number_is_written(written: str) -> None:
    old = _adjusted([(ENDS, f"{written} 2026-07-01")]).apply(OLD)
    assert (old.effective_to, old.replaced_by) == ("2026-06-30", NEW)


def test_without_a_day_of_its_own_it_ends_when_the_new_one_begins() -> None:
    old = _adjusted([(ENDS, "7/2020/NĐ-TEST"), ("effective_from", "2026-01-01")]).apply(OLD)
    assert old.effective_to == "2025-12-31"


@pytest.mark.parametrize(
    "said", [[(ENDS, "7/2020/NĐ-TEST")], [(ENDS, "8/2020/NĐ-TEST 2026-07-01")], [(ENDS, "vô nghĩa lắm")]]
)
def test_nothing_ends_without_a_day_or_under_another_number(said: list[tuple[str, str]]) -> None:
    assert _adjusted(said).apply(OLD) == OLD


def test_nothing_ends_by_an_instrument_without_a_number() -> None:
    assert _adjusted([(ENDS, "7/2020/NĐ-TEST 2026-07-01")], number=None).apply(OLD) == OLD


def test_an_amended_instrument_stays_in_force() -> None:
    old = _adjusted([(AMENDS, "7/2020/NĐ-TEST")]).apply(OLD)
    assert (old.amended_by, old.effective_to) == (NEW, None)


def test_what_a_document_declares_of_its_end_stays() -> None:
    declared = Document("cu", "Cũ", "Chữ.", (), number="7/2020/NĐ-TEST", effective_to="2024-12-31")
    assert _adjusted([(ENDS, "7/2020/NĐ-TEST 2026-07-01")]).apply(declared).effective_to == "2024-12-31"


def test_the_register_is_known_and_a_confirmed_ending_goes_before_it() -> None:
    register = Register((Instrument("7/2020/NĐ-TEST", "Cũ", "2020-03-01", "2023-12-31", "9/2023/NĐ-TEST"),))
    alone = Adjustments.of_confirmed({}, {}, register).apply(OLD)
    assert (alone.effective_from, alone.effective_to, alone.replaced_by) == (
        "2020-03-01",
        "2023-12-31",
        "9/2023/NĐ-TEST",
    )
    both = _adjusted([(ENDS, "7/2020/NĐ-TEST 2026-07-01")], register=register).apply(OLD)
    assert (both.effective_from, both.effective_to) == ("2020-03-01", "2026-06-30")


def test_what_is_added_to_a_document_tells_it_apart() -> None:
    adjustments = _adjusted([(ENDS, "7/2020/NĐ-TEST 2026-07-01"), ("issued", "2026-05-01")])
    assert adjustments.of("khac", "8/2020/NĐ-TEST") == ""
    assert adjustments.of("cu", OLD.number) != adjustments.of("moi", NEW) != ""
