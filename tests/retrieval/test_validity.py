from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from retrieval.question import understand
from retrieval.records import Document, first_day, last_day
from retrieval.text import strip_diacritics
from retrieval.validity import Period, is_out_of_time, may_quote, names, period_of

TODAY = date(2026, 11, 21)
ENDED = Period(date.min, date(2026, 11, 20), ended=True)


def _in(value: str) -> Period:
    """The period of a whole or partial date."""
    return Period(first_day(value), last_day(value))


def _before(value: str) -> Period:
    return Period(date.min, first_day(value) - timedelta(days=1))


PERIODS = [
    # past words
    ("Trước đây lệ phí cấp hộ chiếu là bao nhiêu?", ENDED),
    ("Trước kia làm hộ chiếu ở đâu?", ENDED),
    ("Hồi đó làm hộ chiếu hết bao nhiêu tiền?", ENDED),
    ("Hồi trước làm hộ chiếu ở đâu?", ENDED),
    ("Ngày xưa đăng ký kết hôn cần giấy tờ gì?", ENDED),
    ("Năm ngoái lệ phí cấp hộ chiếu là bao nhiêu?", ENDED),
    ("Quy định cũ về hộ chiếu nói gì?", ENDED),
    ("Nghị định cũ quy định thế nào?", ENDED),
    ("Luật Căn cước cũ quy định gì?", ENDED),
    ("Thông tư nào đã hết hiệu lực?", ENDED),
    ("Xã đã từng thu lệ phí hộ chiếu chưa?", ENDED),
    # past years, months and days
    ("Năm 2023 lệ phí là bao nhiêu?", _in("2023")),
    ("Trong năm 2022 xã mở bao nhiêu lớp?", _in("2022")),
    ("Cuối năm 2025 làm hộ chiếu ở đâu?", _in("2025")),
    ("Hồi năm 2019 làm hộ chiếu ở đâu?", _in("2019")),
    ("Tháng 3/2024 lệ phí là bao nhiêu?", _in("2024-03")),
    ("Tháng 10/2026 lệ phí là bao nhiêu?", _in("2026-10")),
    ("Ngày 15/8/2022 có được nộp qua mạng không?", _in("2022-08-15")),
    ("Ngày 15-8-2022 có được nộp qua mạng không?", _in("2022-08-15")),
    ("Ngày 20/11/2026 có được nộp qua mạng không?", _in("2026-11-20")),
    ("Nghị định 11/2022/NĐ-CP năm 2023 quy định gì?", _in("2023")),
    ("Luật Đất đai 2013 quy định gì về sổ đỏ năm 2015?", _in("2015")),
    ("Luật Đất đai quy định thế nào năm 2015?", _in("2015")),
    # before a day
    ("Trước ngày 1/7/2025 làm giấy khai sinh ở đâu?", _before("2025-07-01")),
    ("Trước 1/7/2025 làm giấy khai sinh ở đâu?", _before("2025-07-01")),
    ("Trước tháng 7/2025 làm giấy khai sinh ở đâu?", _before("2025-07")),
    ("Trước năm 2025 làm giấy khai sinh ở đâu?", _before("2025")),
    ("Trước ngày 21/11/2026 làm giấy khai sinh ở đâu?", _before("2026-11-21")),
    # the present, and what is to come
    ("Lệ phí cấp hộ chiếu là bao nhiêu?", None),
    ("Năm nay lệ phí là bao nhiêu?", None),
    ("Năm 2026 lệ phí là bao nhiêu?", None),
    ("Tháng 11/2026 lệ phí là bao nhiêu?", None),
    ("Ngày 21/11/2026 có được nộp qua mạng không?", None),
    ("Năm 2027 lệ phí là bao nhiêu?", None),
    ("Trước ngày 31/12/2026 phải nộp gì?", None),
    ("Từ ngày 1/7/2025 làm giấy khai sinh ở đâu?", None),
    ("Sau ngày 1/7/2025 làm giấy khai sinh ở đâu?", None),
    ("Đến năm 2025 tỷ lệ là bao nhiêu?", None),
    ("Trước khi nộp hồ sơ phải làm gì?", None),
    ("Giấy tờ cũ có phải đổi không?", None),
    # names of instruments, which are no time that is asked about
    ("Luật Căn cước 2023 quy định gì?", None),
    ("Luật Căn cước năm 2023 quy định gì?", None),
    ("Nghị định 13/2023 quy định gì?", None),
    ("Nghị định số 13/2023/NĐ-CP quy định gì?", None),
    ("Văn bản 13/2023/NĐ-CP quy định gì?", None),
    # no dates at all
    ("Ngày 30/2/2024 làm gì?", None),
    ("Ngày 99/99/2020 làm gì?", None),
    ("Phí chứng thực 2000 đồng một trang phải không?", None),
    ("Gọi 1900 1234 có mất tiền không?", None),
]


@pytest.mark.parametrize(("question", "period"), PERIODS)
def test_the_past_time_that_a_question_is_about(question: str, period: Period | None) -> None:
    assert period_of(understand(question), TODAY) == period


@pytest.mark.parametrize(("question", "period"), PERIODS)
def test_a_question_typed_without_diacritics_is_about_the_same_time(question: str, period: Period | None) -> None:
    assert period_of(understand(strip_diacritics(question)), TODAY) == period


PIECES = st.sampled_from(
    "trước từ sau đến hết ngày tháng năm quý hồi 2022 2026 2030 1/7/2025 31/12/2026 30/2/2024 99/99/2020 7/2025 1 7 "
    "15-8-2022 15.8.2022 13/2023 luật nghị_định căn_cước cũ trước_đây năm_ngoái hết_hiệu_lực 2022- /2022 -2022 "
    "٢٠٢٢ 20٢٢".split()
)
ANY_DAY = st.dates(date(2000, 1, 1), date(2100, 12, 31))


@given(st.text() | st.lists(PIECES, max_size=10).map(lambda pieces: " ".join(pieces).replace("_", " ")), ANY_DAY)
@example("trước năm 1900", date(2026, 11, 21))
@example("12/2099", date(2100, 12, 31))
@example("29/2/2023", date(2026, 11, 21))
def test_whatever_the_text_a_period_is_none_or_days_that_are_over(text: str, today: date) -> None:
    period = period_of(understand(text), today)
    if period is not None:
        assert period.first <= period.last < today
        assert not period.ended or (period.first, period.last) == (date.min, today - timedelta(days=1))


SPELLINGS = [
    "ngày {d.day}/{d.month}/{d.year}",
    "{d.day}/{d.month}/{d.year}",
    "ngày {d:%d/%m/%Y}",
    "ngày {d.day}-{d.month}-{d.year}",
    "hôm {d.day}.{d.month}.{d.year}",
    "ngày {d.day} tháng {d.month} năm {d.year}",
    "ngày {d.day}/{d.month} năm {d.year}",
]
MONTHS = ["tháng {d.month}/{d.year}", "{d:%m/%Y}", "tháng {d.month}-{d.year}", "tháng {d.month} năm {d.year}"]
PAST_DAYS = st.dates(date(1950, 1, 1), TODAY - timedelta(days=1))
ASKED = ("Học phí lớp lái xe {} là bao nhiêu?", "Hoc phi lop lai xe {} la bao nhieu?")


def _periods(when: str) -> set[Period | None]:
    """What a question with a time is about, typed with and without diacritics."""
    with_marks, without = ASKED
    asked = (with_marks.format(when), without.format(strip_diacritics(when)))
    return {period_of(understand(question), TODAY) for question in asked}


@pytest.mark.parametrize("spelling", SPELLINGS)
@given(PAST_DAYS)
def test_a_past_day_is_that_day_however_it_is_spelled(spelling: str, day: date) -> None:
    assert _periods(spelling.format(d=day)) == {Period(day, day)}


@pytest.mark.parametrize("spelling", SPELLINGS)
@given(PAST_DAYS)
def test_before_a_day_is_up_to_the_day_before_however_it_is_spelled(spelling: str, day: date) -> None:
    assert _periods(f"trước {spelling.format(d=day)}") == {Period(date.min, day - timedelta(days=1))}


@pytest.mark.parametrize("spelling", SPELLINGS)
@given(st.dates(TODAY, date(2099, 12, 31)))
def test_today_and_a_day_to_come_are_no_past_however_they_are_spelled(spelling: str, day: date) -> None:
    assert _periods(spelling.format(d=day)) == {None}


@pytest.mark.parametrize("spelling", MONTHS)
@given(st.dates(date(1950, 1, 1), date(2026, 10, 31)))
def test_a_past_month_is_the_whole_month_however_it_is_spelled(spelling: str, day: date) -> None:
    assert _periods(spelling.format(d=day)) == {_in(f"{day:%Y-%m}")}


# --- which texts may be quoted -------------------------------------------------------------------------------------

LAPSED = Document(
    "cu",
    "Luật Căn cước công dân 2014",
    "",
    (),
    number="59/2014/QH13",
    issued="2014-11-20",
    effective_from="2016-01-01",
    effective_to="2024-06-30",
)
COMING = Document(
    "moi",
    "Luật Căn cước sửa đổi 2026",
    "",
    (),
    number="70/2026/QH16",
    issued="2026-10-01",
    effective_from="2027-01-01",
)
PRESENT = "Thẻ căn cước được đổi khi nào?"


@pytest.mark.parametrize(
    ("question", "lapsed", "coming"),
    [
        (PRESENT, False, False),
        ("Trước đây thẻ căn cước được đổi khi nào?", True, False),
        ("Năm 2020 thẻ căn cước được đổi khi nào?", True, False),
        ("Trước ngày 1/7/2024 thẻ căn cước được đổi khi nào?", True, False),
        ("Luật 59/2014/QH13 quy định đổi thẻ khi nào?", True, False),
        ("Luật số 59/2014 quy định đổi thẻ khi nào?", True, False),
        ("Luật Căn cước công dân 2014 quy định đổi thẻ khi nào?", True, False),
        ("Luật Căn cước công dân năm 2014 quy định đổi thẻ khi nào?", True, False),
        ("Luật Căn cước công dân quy định đổi thẻ khi nào?", False, False),
        ("Luật 5/2014/QH13 quy định đổi thẻ khi nào?", False, False),
        ("Luật Căn cước công dân 2023 quy định đổi thẻ khi nào?", False, False),
        ("Luật 70/2026/QH16 quy định đổi thẻ khi nào?", False, True),
        ("Luật Căn cước sửa đổi 2026 quy định gì?", False, True),
        ("Bao giờ luật căn cước mới có hiệu lực?", False, True),
        ("Luật căn cước mới có hiệu lực khi nào?", False, True),
        ("Luật căn cước mới áp dụng từ ngày nào?", False, True),
        ("Luật nào sắp có hiệu lực?", False, True),
        ("Bao giờ được đổi thẻ căn cước?", False, False),
    ],
)
def test_what_does_not_hold_is_quoted_only_for_its_own_time_or_by_its_name(
    question: str, lapsed: bool, coming: bool
) -> None:
    for asked in (understand(question), understand(strip_diacritics(question))):
        period = period_of(asked, TODAY)
        assert may_quote(asked, LAPSED, period, TODAY) is lapsed
        assert may_quote(asked, COMING, period, TODAY) is coming


@pytest.mark.parametrize(
    ("fields", "today", "quotable"),
    [
        ({"effective_from": "2022-08-15", "effective_to": "2026-06-30"}, date(2022, 8, 14), False),
        ({"effective_from": "2022-08-15", "effective_to": "2026-06-30"}, date(2022, 8, 15), True),
        ({"effective_from": "2022-08-15", "effective_to": "2026-06-30"}, date(2026, 6, 30), True),
        ({"effective_from": "2022-08-15", "effective_to": "2026-06-30"}, date(2026, 7, 1), False),
        ({"effective_to": "2026-06"}, date(2026, 6, 30), True),
        ({"effective_to": "2026-06"}, date(2026, 7, 1), False),
        ({"effective_to": "2026"}, date(2026, 12, 31), True),
        ({"effective_to": "2026"}, date(2027, 1, 1), False),
        ({"effective_from": "2026-07"}, date(2026, 6, 30), False),
        ({"effective_from": "2026-07"}, date(2026, 7, 1), True),
        ({"issued": "2026-05-20"}, date(2026, 5, 19), False),
        ({"issued": "2026-05-20"}, date(2026, 5, 20), True),
        ({"issued": "2026-05-20", "effective_from": "2026-07-01"}, date(2026, 6, 1), False),
        ({"issued": "2026-05-20", "effective_from": "2026-01-01"}, date(2026, 2, 1), True),
        ({}, date(1990, 1, 1), True),
    ],
)
def test_a_text_is_quoted_from_its_first_to_its_last_day(fields: dict[str, str], today: date, quotable: bool) -> None:
    document = Document("d", "Tên", "", (), **fields)  # type: ignore[arg-type]
    assert may_quote(understand(PRESENT), document, None, today) is quotable


@pytest.mark.parametrize(
    ("question", "title", "number", "named"),
    [
        ("Nghị định 13/2023 nói gì?", "Nghị định về dữ liệu", "13/2023/NĐ-CP", True),
        ("nghi dinh 13/2023/nd-cp noi gi", "Nghị định về dữ liệu", "13/2023/NĐ-CP", True),
        ("NĐ 13/2023 nói gì?", "Nghị định về dữ liệu", "13/2023/NĐ-CP", True),
        ("Nghị định 3/2023 nói gì?", "Nghị định về dữ liệu", "13/2023/NĐ-CP", False),
        ("Nghị định 1/2023 nói gì?", "Nghị định về dữ liệu", "13/2023/NĐ-CP", False),
        ("Nghị định 13/2024 nói gì?", "Nghị định về dữ liệu", "13/2023/NĐ-CP", False),
        ("Nghị quyết 57 nói gì?", "Nghị quyết về khoa học", "57-NQ/TW", True),
        ("Nghị quyết 5 nói gì?", "Nghị quyết về khoa học", "57-NQ/TW", False),
        ("Luật An ninh mạng 2018 nói gì?", "Luật An ninh mạng 2018", "24/2018/QH14", True),
        ("luat an ninh mang nam 2018 noi gi", "Luật An ninh mạng 2018", "24/2018/QH14", True),
        ("Luật An ninh mạng 2025 nói gì?", "Luật An ninh mạng 2018", "24/2018/QH14", False),
        ("Luật Giao dịch điện tử 2005 nói gì?", "Luật Giao dịch điện tử 2005", "51/2005/QH11", True),
        ("Luật Giao dịch điện tử năm 2005 nói gì?", "Luật Giao dịch điện tử 2005", "51/2005/QH11", True),
        ("Luật Đầu tư 2020 nói gì?", "Luật Đầu tư 2020", "61/2020/QH14", True),
        ("An ninh mạng là gì?", "Luật An ninh mạng 2018", None, False),
    ],
)
def test_an_instrument_is_named_by_its_number_or_by_its_title_with_its_year(
    question: str, title: str, number: str | None, named: bool
) -> None:
    assert names(understand(question), Document("d", title, "", (), number=number)) is named


# --- which texts come first ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("period", "held"),
    [
        (_in("2015-12-31"), False),
        (_in("2016-01-01"), True),
        (_in("2015"), False),
        (_in("2016"), True),
        (_in("2024-06-30"), True),
        (_in("2024-07-01"), False),
        (_in("2024"), True),
        (_in("2025"), False),
        (_before("2016-01-01"), False),
        (_before("2016-01-02"), True),
        (_before("2026-01-01"), True),
        (ENDED, True),
    ],
)
def test_a_text_held_in_a_period_if_it_held_on_one_of_its_days(period: Period, held: bool) -> None:
    assert period.held(LAPSED) is held


def test_a_time_that_is_only_over_is_that_of_texts_that_are_over() -> None:
    in_force = Document("d", "Tên", "", (), effective_from="2020-01-01")
    assert ENDED.held(in_force) is False
    assert _in("2021").held(in_force) is True


def test_a_text_without_dates_of_effect_is_of_no_time() -> None:
    timeless = Document("d", "Tên", "", (), issued="2022")
    for period in (None, _in("2021"), _before("2020"), ENDED):
        assert period is None or period.held(timeless) is None
        assert not is_out_of_time(understand(PRESENT), timeless, period, TODAY)


@pytest.mark.parametrize(
    ("question", "lapsed", "coming"),
    [
        (PRESENT, True, True),
        ("Trước đây thẻ căn cước được đổi khi nào?", False, True),
        ("Năm 2020 thẻ căn cước được đổi khi nào?", False, True),
        ("Năm 2012 thẻ căn cước được đổi khi nào?", True, True),
        ("Tháng 9/2025 thẻ căn cước được đổi khi nào?", True, True),
        ("Luật 59/2014/QH13 quy định đổi thẻ khi nào?", False, True),
        ("Luật 70/2026/QH16 quy định đổi thẻ khi nào?", True, False),
        ("Năm 2020, Luật 70/2026/QH16 nói gì?", False, False),
    ],
)
def test_texts_of_another_time_go_after_those_of_the_time_asked_about(
    question: str, lapsed: bool, coming: bool
) -> None:
    asked = understand(question)
    period = period_of(asked, TODAY)
    assert is_out_of_time(asked, LAPSED, period, TODAY) is lapsed
    assert is_out_of_time(asked, COMING, period, TODAY) is coming


def test_on_a_clock_that_is_years_behind_nothing_fails() -> None:
    early = date(2010, 1, 1)
    for question in (PRESENT, "Năm 2020 thẻ được đổi khi nào?", "Trước đây thẻ được đổi khi nào?"):
        asked = understand(question)
        period = period_of(asked, early)
        assert may_quote(asked, LAPSED, period, early) is False
        assert is_out_of_time(asked, LAPSED, period, early) is True
