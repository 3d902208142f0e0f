from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from retrieval.errors import SourceError
from retrieval.register import NUMBER, Instrument, Register, disagree, one_form, read_register
from tests.conftest import ROOT

Read = Callable[[str], Register]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Read a register with this text."""

    def register(text: str) -> Register:
        (tmp_path / "register.yml").write_text(text, encoding="utf-8")
        return read_register(tmp_path / "register.yml")

    return register


@pytest.mark.parametrize(
    "number",
    [
        "224/2026/NĐ-CP",
        "60/2014/QH13",
        "148/2025/QH15",
        "1211/2016/UBTVQH13",
        "12/2015/TTLT-BYT-BTC",
        "02/2014/TTLT-TANDTC-VKSNDTC-BTP-BTC",
        "01/2014/NQLT-CP",
        "57-NQ/TW",
        "03/NQ-CP",
        "749/QĐ-TTg",
        "07/CT-TTg",
        "623/TTg-KSTT",
        "3240/BTTTT-CĐSQG",
        "01-KH/BCĐTW",
        "23/2025/TT-BKHCN",
        "07/2021/TT-BLĐTBXH",
        "408/TB-VPCP",
        "12/VBHN-VPQH",
        "224/2026/NĐ–CP",
    ],
)
@pytest.mark.parametrize("form", ["{}", "Theo Nghị định {}, bà con", "({})", "số {}.", "“{}”;", "{}\n", "{}: a"])
def test_numbers_of_instruments_are_found_in_text(number: str, form: str) -> None:
    assert NUMBER.findall(form.format(number)) == [number]


@pytest.mark.parametrize(
    "text",
    [
        "mẫu 01/BK-STK",
        "Mẫu số 02/ĐK-TCT",
        "hồ sơ H21.99.5-240101-0012",
        "từ ngày 01/7/2025 đến 30-6-2026",
        "24/7",
        "1-2 ngày",
        "điểm 3/TTHC",
        "tổ 5/Thôn",
        "https://chinhphu.vn/nghi-dinh/224/2026/NĐ-CP/xem",
        "A224/2026/NĐ-CP",
        "1.224/2026/NĐ-CP",
        "NĐ-CP",
        "",
    ],
)
def test_forms_dates_and_case_files_are_no_instruments(text: str) -> None:
    assert NUMBER.findall(text) == []


def test_every_number_in_a_sentence_is_found() -> None:
    sentence = "Nghị định 367/2025/NĐ-CP sửa Nghị định 118/2025/NĐ-CP, theo 57-NQ/TW và 60/2014/QH13 (mẫu 01/BK-STK)."
    assert NUMBER.findall(sentence) == ["367/2025/NĐ-CP", "118/2025/NĐ-CP", "57-NQ/TW", "60/2014/QH13"]


@pytest.mark.parametrize("text", ["12/QĐ-TƯ", "224/2026/NĐ‑CP"])
def test_a_number_is_found_whole_or_not_at_all(text: str) -> None:
    assert NUMBER.findall(text) in ([text], [])


@pytest.mark.parametrize(
    ("typed", "form"),
    [
        ("224/2026/NĐ–CP", "224/2026/NĐ-CP"),
        ("57–NQ/TW", "57-NQ/TW"),
        ("06/QĐ-TTg", "6/QĐ-TTG"),
        ("0006/qđ-ttg", "6/QĐ-TTG"),
        ("100/QĐ-TTg", "100/QĐ-TTG"),
    ],
)
def test_a_number_has_one_form(typed: str, form: str) -> None:
    assert one_form(typed) == one_form(form) == form


KINDS = st.sampled_from("NĐ NQ QĐ TT TTLT NQLT KH CT TB HD VBHN PL L QH15 UBTVQH14 TTg BTTTT".split())
ORGANS = st.lists(st.sampled_from("CP TTg TW BTP BLĐTBXH BKHCN UBND HĐND VPCP BCĐTW".split()), max_size=3)
DASHES = st.sampled_from("-–")


@st.composite
def numbers(draw: st.DrawFn) -> tuple[str, str]:
    """A number, and the same typed with other dashes and more zeros."""
    begin, year = draw(st.integers(1, 999)), draw(st.sampled_from(["", "/1998", "/2026"]))
    plain = f"{begin}{year}{draw(st.sampled_from('/-'))}{'-'.join([draw(KINDS), *draw(ORGANS)])}"
    typed = "".join(draw(DASHES) if letter == "-" else letter for letter in plain)
    return plain, "0" * draw(st.integers(0, 2)) + typed


@given(numbers())
@example(("57-NQ/TW", "57–NQ/TW"))
@example(("6/QĐ-TTg", "06/QĐ–TTg"))
def test_a_number_is_found_however_it_is_typed(pair: tuple[str, str]) -> None:
    plain, typed = pair
    register = Register((Instrument(plain, "Văn bản"),))
    assert one_form(typed) == one_form(plain) == one_form(one_form(plain))
    assert NUMBER.findall(f"Theo văn bản {typed}, bà con làm.") == [typed]
    assert register.find(typed) == register.instruments[0]


@given(st.text())
def test_any_text_can_be_searched_for_numbers(text: str) -> None:
    assert all(found in text and one_form(found) for found in NUMBER.findall(text))


def test_what_is_read_is_what_is_written(read: Read) -> None:
    register = read(
        "- {number: 11/2022/NĐ-CP, name: Cũ, effective_from: 2022, effective_to: 2026-06, replaced_by: 22/2026/NĐ-CP}\n"
        "- number: 57-NQ/TW\n  name: Nghị quyết\n  effective_to:\n  replaced_by: ~\n"
    )
    assert register.instruments == (
        Instrument("11/2022/NĐ-CP", "Cũ", "2022", "2026-06", "22/2026/NĐ-CP"),
        Instrument("57-NQ/TW", "Nghị quyết"),
    )
    assert register.find("057–nq/tw") == register.instruments[1]
    assert register.find("99/2026/NĐ-CP") is None


NAMED = Register(
    (
        Instrument("11/2022/NĐ-CP", "Nghị định về thư"),
        Instrument("55/2018/QH14", "Luật Thư tín 2018"),
        Instrument("31/2024/QH15", "Luật hoặc nghị quyết của Quốc hội số 31/2024/QH15"),
    )
)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Theo 11/2022/NĐ-CP và 99/2026/NĐ-CP.", ["11/2022/NĐ-CP"]),
        ("nghị định 11/2022 và Nghị định số 11/2022", ["nghị định 11/2022", "Nghị định số 11/2022"]),
        ("Nghị định 11/2022/NĐ-CP", ["11/2022/NĐ-CP"]),
        ("luật thư tín 2018, số 55/2018/QH14", ["luật thư tín 2018", "55/2018/QH14"]),
        ("Luật Thư tín 20181, Luật Thư tín, ngày 11/2022, Nghị định về thư", []),
        ("Nghị định 11/2022/TT", []),
        ("", []),
    ],
)
def test_instruments_are_found_by_number_by_short_number_and_by_a_name_with_its_year(
    text: str, named: list[str]
) -> None:
    found = list(NAMED.named_in(text))
    assert sorted(text[start:end] for _, start, end in found) == sorted(named)
    assert all(instrument in NAMED.instruments for instrument, _, _ in found)


def test_a_register_of_nothing_names_nothing() -> None:
    assert list(Register(()).named_in("Nghị định 11/2022, Luật Thư tín 2018")) == []


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"effective_from": "2026-07-01", "effective_to": "2026-06-30"}, "trước effective_from 2026-07-01"),
        ({"effective_from": "2026-07", "effective_to": "2025"}, "trước effective_from 2026-07"),
        ({"effective_to": "2026-06-30", "replaced_by": "2/NQ-CP"}, "replaced_by '2/NQ-CP' chưa có trong danh mục"),
        ({"effective_to": "2026", "replaced_by": "57-NQ/TW, 2/NQ-CP"}, "replaced_by '2/NQ-CP' chưa có trong danh mục"),
        ({"effective_to": "2026", "replaced_by": "luật mới"}, "replaced_by 'luật mới' chưa có trong danh mục"),
        ({"replaced_by": "57-NQ/TW"}, "thiếu effective_to"),
        ({"effective_from": "2026-07-01", "effective_to": "2026-07-01"}, None),
        ({"effective_from": "2026-07-01", "effective_to": "2026"}, None),
        ({"effective_to": "2026-06-30", "replaced_by": "057–NQ/TW"}, None),
        ({}, None),
    ],
)
def test_entries_that_cannot_be_true_are_faults(fields: dict[str, str], says: str | None) -> None:
    register = Register((Instrument("1/NQ-CP", "A", **fields), Instrument("57-NQ/TW", "B")))
    found = register.faults()
    assert len(found) == (1 if says else 0)
    assert all(fault.startswith("1/NQ-CP: ") and str(says) in fault for fault in found)


@pytest.mark.parametrize(
    ("one", "other", "differ"),
    [
        ("2026-06-30", "2026-06-30", False),
        ("2026-06-30", "2026-06", False),
        ("2026", "2026-06-30", False),
        ("2026-06-30", "2026-07", True),
        ("2025", "2026-01-01", True),
        ("2026-06-30", "2026-06-29", True),
    ],
)
def test_dates_disagree_when_they_cannot_mean_one_day(one: str, other: str, differ: bool) -> None:
    assert disagree(one, other) is disagree(other, one) is differ


def test_an_empty_list_is_a_register_of_nothing(read: Read) -> None:
    assert read("[]").find("57-NQ/TW") is None


@pytest.mark.parametrize(
    ("last", "day", "lapsed"),
    [
        (None, date(2099, 1, 1), False),
        ("2026-11-22", date(2026, 11, 21), False),
        ("2026-11-22", date(2026, 11, 22), False),
        ("2026-11-22", date(2026, 11, 23), True),
        ("2026-11", date(2026, 11, 2), False),
        ("2026-11", date(2026, 11, 30), False),
        ("2026-11", date(2026, 12, 1), True),
        ("2026", date(2026, 12, 31), False),
        ("2026", date(2027, 1, 1), True),
    ],
)
def test_an_instrument_has_lapsed_when_its_last_day_is_over(last: str | None, day: date, lapsed: bool) -> None:
    assert Instrument("1/NQ-CP", "Nghị quyết", effective_to=last).has_lapsed(day) is lapsed


GOOD = "- {number: 1/NQ-CP, name: Tốt}\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("- [", "không đọc được"),
        ("- {number: 1", "không đọc được"),
        ("", "phải là danh sách"),
        ("number: 1/NQ-CP", "phải là danh sách"),
        ("chữ", "phải là danh sách"),
        (GOOD + "- chữ", "mục 2: cần number, name"),
        (GOOD + "- {number: 2/NQ-CP}", "mục 2: cần number, name"),
        (GOOD + "- {name: Thiếu số}", "mục 2: cần number, name"),
        (GOOD + "- {number: 2/NQ-CP, name: Thừa, until: 2026}", "mục 2: cần number, name"),
        (GOOD + "- {number: '', name: Số trống}", "mục 2"),
        (GOOD + "- {number: 2/NQ-CP, name: }", "mục 2"),
        (GOOD + "- {number: 2/NQ-CP, name: ~}", "mục 2"),
        (GOOD + GOOD, "trùng số 1/NQ-CP"),
        (GOOD + "- {number: 01/NQ–CP, name: Viết khác}", "trùng số 1/NQ-CP"),
        (GOOD + "- {number: 2/NQ-CP, name: A, effective_to: hôm qua}", "mục 2: 'hôm qua' không phải ngày"),
        (GOOD + "- {number: 2/NQ-CP, name: A, effective_to: 2026-02-30}", "mục 2: '2026-02-30' không phải ngày"),
        (GOOD + "- {number: 2/NQ-CP, name: A, effective_from: 30/6/2026}", "mục 2: '30/6/2026' không phải ngày"),
        (GOOD + "- {number: 2/NQ-CP, name: A, effective_from: [2026]}", "mục 2: '['2026']' không phải ngày"),
        (GOOD + "- {number: 2/NQ-CP, name: A, effective_to: 2026-07-01-05}", "mục 2"),
        (GOOD + "- {number: 2/NQ-CP, name: A, effective_to: 99999999999999999999}", "mục 2"),
    ],
)
def test_a_bad_register_is_refused_with_the_entry_that_is_wrong(read: Read, text: str, says: str) -> None:
    with pytest.raises(SourceError) as error:
        read(text)
    assert says in str(error.value)
    assert "register.yml" in str(error.value)


def test_the_field_of_a_bad_date_is_named(read: Read) -> None:
    with pytest.raises(SourceError) as error:
        read("- {number: 1/NQ-CP, name: A, effective_to: hôm qua}")
    assert error.value.field == "effective_to"


def test_a_register_that_is_missing_or_not_utf_8_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="không đọc được"):
        read_register(tmp_path / "khong-co.yml")
    (tmp_path / "byte.yml").write_bytes(b"- \xff")
    with pytest.raises(SourceError, match="không đọc được"):
        read_register(tmp_path / "byte.yml")


def test_the_register_of_the_project_holds_numbers_that_are_found_in_text() -> None:
    register = read_register(ROOT / "data" / "instruments.yml")
    numbers = [instrument.number for instrument in register.instruments]
    assert [number for number in numbers if NUMBER.findall(number) != [number]] == []


def test_the_register_of_the_project_has_no_fault() -> None:
    assert read_register(ROOT / "data" / "instruments.yml").faults() == []
