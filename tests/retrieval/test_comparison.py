from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from retrieval.answer import Answerer
from retrieval.comparison import Comparison, compares
from retrieval.places import PROVINCES, find_provinces
from retrieval.question import understand
from retrieval.records import Answer, Document, Hit, Note, Passage, Status
from retrieval.text import strip_diacritics, words


def _compared(question: str) -> Comparison:
    comparison = compares(understand(question))
    assert comparison is not None
    return comparison


def _sides(question: str) -> list[str]:
    """The names of the sides, in small letters."""
    comparison = compares(understand(question))
    return [side.name.lower() for side in comparison.sides] if comparison else []


def _asked(question: str) -> list[str]:
    """The words of each side's question, then of what they have in common."""
    comparison = _compared(question)
    questions = [*(side.alone for side in comparison.sides), comparison.common]
    return [" ".join(words(each.expanded)) for each in questions]


def _hit(
    text: str,
    section: str = "",
    title: str = "Tài liệu thử",
    number: str | None = None,
    province: str | None = None,
    issued: str | None = None,
) -> Hit:
    document = Document("d", title, text, (), number=number, province=province, issued=issued)
    return Hit(Passage("d#1", "d", section, 0, len(text), text), document, 0.9, 0.9, 1.0, 1.0)


def _holding(question: str, hit: Hit) -> list[bool]:
    return [side.holds(hit) for side in _compared(question).sides]


def _both_ways(*cases: tuple[str, *tuple[object, ...]]) -> list[tuple[object, ...]]:
    """Each case with its question as written, and typed without diacritics."""
    return [(typed(question), *rest) for question, *rest in cases for typed in (str, strip_diacritics)]


@pytest.mark.parametrize(
    ("question", "sides"),
    _both_ways(
        ("So sánh số lớp học ở Quảng Ninh và Nam Định", ["quảng ninh", "nam định"]),
        ("So sánh số lớp học ở Nam Định và Quảng Ninh", ["nam định", "quảng ninh"]),
        ("Quảng Ninh, Bến Tre hay Nam Định mở nhiều lớp hơn?", ["quảng ninh", "bến tre", "nam định"]),
        ("Quảng Ninh và Nam Định mở bao nhiêu lớp?", ["quảng ninh", "nam định"]),
        ("Hà Nội với TP.HCM nơi nào nhiều lớp hơn?", ["hà nội", "hồ chí minh"]),
        ("Nam Định với Quảng Ninh, tỉnh nào nhiều lớp hơn Nam Định?", ["nam định", "quảng ninh"]),
    ),
)
def test_provinces_named_together_are_sides_in_order_each_once(question: str, sides: list[str]) -> None:
    assert _sides(question) == sides


@pytest.mark.parametrize("province", [name for name in PROVINCES if name not in ("Quảng Ninh", "Hòa Bình")])
@pytest.mark.parametrize("typed", [str, strip_diacritics, str.upper])
def test_every_province_can_be_a_side(province: str, typed: Callable[[str], str]) -> None:
    assert _sides(typed(f"So sánh số lớp ở Quảng Ninh và {province}")) == ["quảng ninh", province.lower()]
    assert _sides(typed(f"So sánh {province} (2022) và Quảng Ninh về số lớp")) == [province.lower(), "quảng ninh"]


@pytest.mark.parametrize(
    "question",
    [
        "So sánh Quảng Ninh (2022) và Nam Định về số lớp",
        "So sánh số lớp ở Quảng Ninh (2022) và Nam Định về đêm",
        "So sánh Quảng Ninh và Nam Định về số lớp",
    ],
)
def test_a_province_typed_with_its_marks_stays_a_province(question: str) -> None:
    assert _sides(question) == ["quảng ninh", "nam định"]


@pytest.mark.parametrize(
    ("question", "sides"),
    _both_ways(
        ("So sánh Nghị quyết 57 và Quyết định 131", ["nghị quyết 57", "quyết định 131"]),
        ("Quyết định 131 khác Nghị quyết 57 ở điểm nào?", ["quyết định 131", "nghị quyết 57"]),
        ("Quyết định 131 hay Nghị quyết 57 nói về giáo dục?", ["quyết định 131", "nghị quyết 57"]),
        ("Thông tư 23 và Chỉ thị 34, văn bản nào có trước?", ["thông tư 23", "chỉ thị 34"]),
        ("Kế hoạch 31, Công văn 5295 và Đề án 06 giống nhau ở đâu?", ["kế hoạch 31", "công văn 5295", "đề án 06"]),
        ("Nghị định 11/2022 so với Nghị định số 22/2026", ["nghị định 11/2022", "nghị định số 22/2026"]),
        ("Nghị định 13/2018 so với Nghị định 13/2023", ["nghị định 13/2018", "nghị định 13/2023"]),
        ("Nghị định 11 năm 2022 so với Nghị định 22 năm 2026", ["nghị định 11", "nghị định 22"]),
        ("So sánh Quyết định 06 của Đề án 06 với Nghị quyết 57", ["quyết định 06", "nghị quyết 57"]),
        ("Nghị quyết 57 và Quyết định 131 nói gì về chuyển đổi số?", ["nghị quyết 57", "quyết định 131"]),
        ("Nghị quyết 57, Quyết định 131 quy định gì?", ["nghị quyết 57", "quyết định 131"]),
        ("Luật Dữ liệu và Luật Căn cước quy định gì?", ["luật dữ liệu", "luật căn cước"]),
    ),
)
def test_instruments_that_are_joined_or_compared_are_sides_each_number_once(question: str, sides: list[str]) -> None:
    assert _sides(question) == sides


@pytest.mark.parametrize(
    ("question", "sides"),
    _both_ways(
        ("Luật Giao dịch điện tử khác gì Luật An ninh mạng?", ["luật giao dịch điện tử", "luật an ninh mạng"]),
        ("Luật Dữ liệu và Luật Căn cước, cái nào ra đời trước?", ["luật dữ liệu", "luật căn cước"]),
        (
            "Luật Giao dịch điện tử 2023 so với Luật An ninh mạng năm 2018",
            ["luật giao dịch điện tử 2023", "luật an ninh mạng năm 2018"],
        ),
        ("Luật An ninh mạng 2018 so với Luật An ninh mạng 2025", ["luật an ninh mạng 2018", "luật an ninh mạng 2025"]),
        ("So sánh Luật Dữ liệu với Nghị quyết 57", ["luật dữ liệu", "nghị quyết 57"]),
        ("So sánh Luật Dữ liệu với Luật Căn cước về quyền của người dân", ["luật dữ liệu", "luật căn cước"]),
        ("Luật Dữ liệu ban hành trước hay sau Luật Căn cước?", ["luật dữ liệu", "luật căn cước"]),
        ("Nghị quyết 57 khác gì so với pháp luật hiện hành?", []),
    ),
)
def test_laws_are_sides_by_their_names(question: str, sides: list[str]) -> None:
    assert _sides(question) == sides


@pytest.mark.parametrize(
    ("question", "sides"),
    _both_ways(
        ("So sánh mục tiêu của Quảng Ninh với Nghị quyết 57", ["quảng ninh", "nghị quyết 57"]),
        ("Nghị quyết 57 đặt mục tiêu cao hơn Quảng Ninh không?", ["nghị quyết 57", "quảng ninh"]),
        ("So sánh Luật Dữ liệu với kế hoạch của Nam Định", ["luật dữ liệu", "nam định"]),
    ),
)
def test_a_province_and_an_instrument_are_sides_in_the_order_named(question: str, sides: list[str]) -> None:
    assert _sides(question) == sides


@pytest.mark.parametrize(
    ("question", "sides"),
    _both_ways(
        ("Số lớp năm 2024 so với năm 2022 là bao nhiêu?", ["năm 2024", "năm 2022"]),
        ("Số lớp năm 2022 và năm 2024 tăng thế nào?", ["năm 2022", "năm 2024"]),
        ("Số lớp tháng 6/2022 so với tháng 12/2022", ["tháng 6/2022", "tháng 12/2022"]),
        ("Số lớp đầu năm 2023 so với cuối năm 2023", ["đầu năm 2023", "cuối năm 2023"]),
        ("Số lớp ngày 1/7/2024 so với ngày 1/7/2025", ["ngày 1/7/2024", "ngày 1/7/2025"]),
        ("Quý I/2024 so với quý II/2024 tăng bao nhiêu hồ sơ?", ["quý i/2024", "quý ii/2024"]),
        ("Năm 2024 số lớp thay đổi ra sao, so với năm 2022, năm 2024 thêm mấy lớp?", ["năm 2024", "năm 2022"]),
        ("Số lớp năm 2024 so với năm 2022, trong 2024 có thêm lớp?", ["năm 2024", "năm 2022"]),
        ("Ở Quảng Ninh số lớp năm 2024 so với năm 2022", ["năm 2024", "năm 2022"]),
    ),
)
def test_times_with_a_word_that_compares_are_sides_each_once(question: str, sides: list[str]) -> None:
    assert _sides(question) == sides


@pytest.mark.parametrize(
    "question",
    [
        question
        for (question,) in _both_ways(
            ("Quảng Ninh mở bao nhiêu lớp?",),
            ("Quảng Ninh mở nhiều lớp hơn không, Quảng Ninh có mấy lớp?",),
            ("Lệ phí được nộp qua đâu?",),
            ("Mã OTP khác gì mật khẩu?",),
            ("Quyết định 131 thực hiện Nghị quyết 57 ra sao?",),
            ("Quảng Ninh thực hiện Nghị quyết 57 thế nào?",),
            ("Tỷ lệ năm 2022 và năm 2024 là bao nhiêu?",),
            ("Nghị quyết 57 khác gì?",),
            ("So sánh Quyết định 06 với Đề án 06",),
            ("So sánh Nghị quyết 57 với nghị quyết số 57-NQ/TW",),
            ("So sánh Quyết định 6 với quyết định số 06",),
            ("Năm 2024 tăng bao nhiêu so với trước?",),
            ("Năm 2024 tăng bao nhiêu so với đầu năm 2.022 hồ sơ?",),
            ("Nghị định 11/2022 thay đổi gì so với năm 2024?",),
            ("Nghị định số 42/2022/NĐ-CP tăng gì so với năm 2024?",),
            ("So sánh",),
        )
    ]
    + ["", "👍", "so sánh và với hay"],
)
def test_what_is_merely_named_or_named_alone_is_no_comparison(question: str) -> None:
    assert compares(understand(question)) is None


@pytest.mark.parametrize(
    "question",
    [
        "So sánh 23/2025/TT-BKHCN với 11/2024/TT-BKHCN",
        "So sánh Thông báo 31/2024/TB-VPCP với Thông báo 45/2025/TB-VPCP",
        "So sánh Luật số 24/2018/QH14 với Luật số 20/2023/QH15",
    ],
)
def test_a_year_in_the_number_of_an_instrument_is_no_time(question: str) -> None:
    assert not {"23/2025", "11/2024", "31/2024", "45/2025", "24/2018", "20/2023"} & set(_sides(question))


@pytest.mark.parametrize(
    "question",
    [
        "Số lớp học của cán bộ ở Quảng Ninh và Nam Định",
        "So sánh số lớp học của cán bộ ở Quảng Ninh và Nam Định",
        "Số lớp học của cán bộ ở Quảng Ninh so với Nam Định",
        "Số lớp học của cán bộ ở Quảng Ninh với Nam Định khác nhau thế nào?",
        "Số lớp học của cán bộ ở Quảng Ninh hay Nam Định nhiều hơn?",
        "Số lớp học của cán bộ ở Quảng Ninh hoặc Nam Định ít hơn, bên nào?",
        "Số lớp học của cán bộ ở Quảng Ninh và Nam Định chênh lệch ra sao?",
        "Theo các tài liệu, số lớp học của cán bộ ở Quảng Ninh và Nam Định giống nhau?",
    ],
)
@pytest.mark.parametrize("typed", [str, strip_diacritics])
def test_each_side_is_asked_alone_without_words_that_compare(question: str, typed: Callable[[str], str]) -> None:
    common = "số lớp học của cán bộ ở"
    assert _asked(typed(question)) == [f"{common} quảng ninh", f"{common} nam định", common]


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        (
            "So sánh lệ phí theo Nghị định 11/2022/NĐ-TEST với Nghị định 22/2026/NĐ-TEST",
            ["lệ phí theo nghị định 11/2022 nđ test", "lệ phí theo nghị định 22/2026 nđ test", "lệ phí theo"],
        ),
        (
            "Mức phạt của Luật An ninh mạng năm 2018 so với Luật Dữ liệu năm 2024",
            ["mức phạt của luật an ninh mạng năm 2018", "mức phạt của luật dữ liệu năm 2024", "mức phạt của"],
        ),
        (
            "Mục tiêu của Quảng Ninh so với Nghị quyết 57",
            ["mục tiêu của quảng ninh", "mục tiêu của nghị quyết 57", "mục tiêu của"],
        ),
        ("Số lớp năm 2024 so với năm 2022", ["số lớp năm 2024", "số lớp năm 2022", "số lớp"]),
        (
            "Số lớp tăng bao nhiêu từ năm 2022 đến năm 2024?",
            ["số lớp từ năm 2022", "số lớp đến năm 2024", "số lớp"],
        ),
        (
            "Quảng Ninh, Bến Tre hay Nam Định mở lớp?",
            ["quảng ninh mở lớp", "bến tre mở lớp", "nam định mở lớp", "mở lớp"],
        ),
    ],
)
def test_a_question_asked_alone_keeps_its_own_side_only(question: str, asked: list[str]) -> None:
    assert _asked(question) == asked


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        (
            "Nam Định với Quảng Ninh, lớp ở Quảng Ninh nhiều gấp mấy Nam Định?",
            [
                "nam định lớp ở nhiều gấp mấy nam định",
                "quảng ninh lớp ở quảng ninh nhiều gấp mấy",
                "lớp ở nhiều gấp mấy",
            ],
        ),
        (
            "So sánh lệ phí của Quyết định 06 với Nghị quyết 57, trong Nghị quyết số 57-NQ/TW",
            [
                "lệ phí của quyết định 06 trong",
                "lệ phí của nghị quyết 57 trong nghị quyết số 57 nq tw",
                "lệ phí của trong",
            ],
        ),
    ],
)
def test_a_side_named_twice_is_left_out_twice(question: str, asked: list[str]) -> None:
    for found, expected in zip(_asked(question), asked, strict=True):
        assert set(found.split()) == set(expected.split())


@pytest.mark.parametrize(
    ("question", "asked"),
    _both_ways(
        (
            "Số lớp của Quảng Ninh (2022) và Nam Định (2024)",
            ["số lớp của quảng ninh 2022", "số lớp của nam định 2024", "số lớp của"],
        ),
        (
            "Số lớp của Quảng Ninh (năm 2022) và Nam Định (năm 2024)",
            ["số lớp của quảng ninh năm 2022", "số lớp của nam định năm 2024", "số lớp của"],
        ),
        (
            "Số lớp của Quảng Ninh năm 2022 và Nam Định năm 2024",
            ["số lớp của quảng ninh năm 2022", "số lớp của nam định năm 2024", "số lớp của"],
        ),
        (
            "Lệ phí theo Nghị định 11 năm 2022 so với Nghị định 22 năm 2026",
            ["lệ phí theo nghị định 11 năm 2022", "lệ phí theo nghị định 22 năm 2026", "lệ phí theo"],
        ),
        (
            "Số lớp của Quảng Ninh và Nam Định (2024)",
            ["số lớp của quảng ninh", "số lớp của nam định 2024", "số lớp của"],
        ),
        (
            "Số lớp của Quảng Ninh và Nam Định năm 2024",
            ["số lớp của quảng ninh năm 2024", "số lớp của nam định năm 2024", "số lớp của năm 2024"],
        ),
    ),
)
def test_a_year_goes_with_its_side_and_one_said_of_all_stays_with_all(question: str, asked: list[str]) -> None:
    assert _asked(question) == asked


def test_what_the_sides_have_in_common_names_none_of_them() -> None:
    provinces = _compared("So sánh số lớp ở Quảng Ninh và Nam Định").common
    instruments = _compared("So sánh lệ phí theo Nghị định 11/2022 với Nghị định 22/2026").common
    times = _compared("Số lớp năm 2024 so với năm 2022").common
    assert provinces.provinces == ()
    assert instruments.demands.named == instruments.demands.given == times.demands.given == frozenset()


@pytest.mark.parametrize(
    ("question", "province"),
    _both_ways(
        ("So sánh số lớp ở Quảng Ninh và Nam Định", ("Quảng Ninh", "Nam Định")),
        ("So sánh số lớp ở Quảng Ninh (2022), Bến Tre và Nam Định", ("Quảng Ninh", "Bến Tre", "Nam Định")),
    ),
)
def test_a_side_asked_alone_is_a_question_about_its_province(question: str, province: tuple[str, ...]) -> None:
    comparison = _compared(question)
    assert [side.alone.provinces for side in comparison.sides] == [(name,) for name in province]
    assert {side.alone.bare for side in comparison.sides} == {comparison.common.bare, understand(question).bare}


@pytest.mark.parametrize(
    ("question", "names"),
    [
        (
            "Nghị định 11/2022/NĐ-TEST so với nghị định số 22/2026/NĐ-TEST",
            ["Nghị định 11/2022/NĐ-TEST", "Nghị định số 22/2026/NĐ-TEST"],
        ),
        ("So sánh Nghị quyết 57-NQ/TW với Luật An ninh mạng", ["Nghị quyết 57-NQ/TW", "Luật An ninh mạng"]),
        ("so sánh quảng ninh với nghị quyết 57", ["Quảng Ninh", "Nghị quyết 57"]),
    ],
)
def test_a_side_is_called_as_it_was_typed_with_a_capital(question: str, names: list[str]) -> None:
    assert [side.name for side in _compared(question).sides] == names


@pytest.mark.parametrize("before", ["Quý này", "Quỹ hỗ trợ", "Hoà giải", "İ"])
def test_the_words_around_the_sides_stay_whole(before: str) -> None:
    said = _asked(f"{before} ở Quảng Ninh và Nam Định")
    rest = " ".join(words(f"{before} ở"))
    assert said == [f"{rest} quảng ninh", f"{rest} nam định", rest]


PROVINCE_SIDES = "So sánh số lớp ở Hòa Bình và Hồ Chí Minh"


@pytest.mark.parametrize(
    ("hit", "holding"),
    [
        (_hit("Mở 312 lớp.", province="Hòa Bình"), [True, False]),
        (_hit("Mở 312 lớp.", province="Hồ Chí Minh"), [False, True]),
        (_hit("Tỉnh Hòa Bình mở 312 lớp."), [True, False]),
        (_hit("TỈNH HOÀ BÌNH MỞ 312 LỚP."), [True, False]),
        (_hit("TP.HCM mở 312 lớp."), [False, True]),
        (_hit("o tinh hoa binh co 312 lop"), [True, False]),
        (_hit("Hòa Bình mở 312 lớp, Hồ Chí Minh 500."), [True, True]),
        (_hit("Hồ Chí Minh mở 500 lớp.", province="Hòa Bình"), [True, True]),
        (_hit("Mở 312 lớp.", section="Lớp học ở tỉnh Hòa Bình"), [True, False]),
        (_hit("Sống trong hòa bình, mở 312 lớp."), [False, False]),
        (_hit("Mở 312 lớp.", province="Nam Định"), [False, False]),
        (_hit("Cả nước mở 5.000 lớp."), [False, False]),
    ],
)
def test_a_passage_is_about_the_province_of_its_document_and_those_that_it_names(hit: Hit, holding: list[bool]) -> None:
    assert _holding(PROVINCE_SIDES, hit) == holding


INSTRUMENT_SIDES = "So sánh Nghị quyết 57 với Quyết định 6"


@pytest.mark.parametrize("question", [INSTRUMENT_SIDES, strip_diacritics(INSTRUMENT_SIDES)])
@pytest.mark.parametrize(
    ("hit", "holding"),
    [
        (_hit("Nghị quyết 57-NQ/TW đặt mục tiêu."), [True, False]),
        (_hit("NGHỊ QUYẾT SỐ 57-NQ/TW ĐẶT MỤC TIÊU."), [True, False]),
        (_hit("Nghị quyết số 57 đặt mục tiêu."), [True, False]),
        (_hit("Theo 57-NQ/TW."), [True, False]),
        (_hit("Nghị quyết 57/2025/NQ-CP"), [True, False]),
        (_hit("Đặt mục tiêu.", title="Toàn văn Nghị quyết 57-NQ/TW"), [True, False]),
        (_hit("Đặt mục tiêu.", number="57-NQ/TW"), [True, False]),
        (_hit("Đặt mục tiêu.", section="Nghị quyết 57"), [True, False]),
        (_hit("Quyết định 06/QĐ-TTg"), [False, True]),
        (_hit("Quyết định số 6/QĐ-TTg"), [False, True]),
        (_hit("Nghị quyết 57 và Quyết định 06"), [True, True]),
        (_hit("Đạt 57% dân số, 57 lớp, 57/63 tỉnh, 6 xã."), [False, False]),
        (_hit("Nghị quyết 157/2024, Nghị quyết 570, Quyết định 60, Quyết định 106/QĐ-TTg"), [False, False]),
        (_hit("157-NQ/TW, 3/57-NQ, 2057-NQ/TW"), [False, False]),
        (_hit("Ngày 6/6/2025, 57/2025"), [False, False]),
        (_hit("Kế hoạch 57/KH-UBND, Thông tư 06/2025/TT-BKHCN"), [False, False]),
        (_hit("Đặt mục tiêu.", issued="2057"), [False, False]),
    ],
)
def test_a_passage_is_about_the_instruments_whose_number_it_or_its_place_says(
    question: str, hit: Hit, holding: list[bool]
) -> None:
    assert _holding(question, hit) == holding


LAW_SIDES = "So sánh Luật Dữ liệu với Luật Giao dịch điện tử năm 2023"


@pytest.mark.parametrize("question", [LAW_SIDES, strip_diacritics(LAW_SIDES)])
@pytest.mark.parametrize(
    ("hit", "holding"),
    [
        (_hit("Luật Dữ liệu cho phép."), [True, False]),
        (_hit("LUẬT DỮ LIỆU CHO PHÉP."), [True, False]),
        (_hit("luat du lieu cho phep"), [True, False]),
        (_hit("Cho phép.", title="Luật Dữ liệu"), [True, False]),
        (_hit("Luật Giao dịch điện tử năm 2023 cho phép."), [False, True]),
        (_hit("Luật Giao dịch điện tử 2023 cho phép."), [False, True]),
        (_hit("Luật Giao dịch điện tử số 20/2023/QH15 cho phép."), [False, True]),
        (_hit("Cho phép.", title="Luật Giao dịch điện tử", issued="2023-06-22"), [False, True]),
        (_hit("Luật Giao dịch điện tử năm 2005 cho phép."), [False, False]),
        (_hit("Dữ liệu của luật."), [False, False]),
        (_hit("Luật Căn cước cho phép giao dịch điện tử."), [False, False]),
    ],
)
def test_a_passage_is_about_the_laws_that_it_or_its_place_names(question: str, hit: Hit, holding: list[bool]) -> None:
    assert _holding(question, hit) == holding


TIME_SIDES = "Số lớp năm 2024 so với tháng 6/2022"


@pytest.mark.parametrize("question", [TIME_SIDES, strip_diacritics(TIME_SIDES)])
@pytest.mark.parametrize(
    ("hit", "holding"),
    [
        (_hit("Năm 2024 mở 210 lớp."), [True, False]),
        (_hit("Tính đến 15/6/2022 mở 312 lớp."), [False, True]),
        (_hit("Mở 210 lớp.", issued="2024-03"), [True, False]),
        (_hit("Mở 210 lớp.", title="Báo cáo năm 2022"), [False, True]),
        (_hit("Từ năm 2022 đến năm 2024 mở 522 lớp."), [True, True]),
        (_hit("Mở 210 lớp.\nTính từ 2022.", issued="2024"), [True, True]),
        (_hit("Năm 2019\nmở 100 lớp."), [False, False]),
        (_hit("Mở 12024 lớp ở nhiều xã."), [True, True]),
        (_hit("Mở 210 lớp."), [True, True]),
    ],
)
def test_a_passage_is_about_the_years_that_it_says_and_about_any_if_it_says_none(
    question: str, hit: Hit, holding: list[bool]
) -> None:
    assert _holding(question, hit) == holding


@pytest.mark.parametrize(
    ("question", "common", "group"),
    _both_ways(
        ("Tỉnh nào mở lớp học cho người dân?", "mở lớp học cho người dân", "Nam Định"),
        ("Những địa phương nào mở lớp học cho người dân?", "mở lớp học cho người dân", "Nam Định"),
        ("Văn bản nào quy định sao lưu hòm thư?", "quy định sao lưu hòm thư", "d"),
        ("Quảng Ninh được nhắc đến trong tài liệu nào?", "quảng ninh", "d"),
    ),
)
def test_asked_which_the_documents_tell_the_groups(question: str, common: str, group: str) -> None:
    comparison = _compared(question)
    assert comparison.sides == ()
    assert comparison.group is not None
    assert comparison.group(_hit("Mở 210 lớp.", province="Nam Định")) == group
    assert " ".join(words(comparison.common.expanded)) == common


def test_asked_which_province_a_document_of_none_is_in_no_group() -> None:
    comparison = _compared("Tỉnh nào mở lớp học?")
    assert comparison.group is not None
    assert comparison.group(_hit("Cả nước mở 5.000 lớp.")) is None


@pytest.mark.parametrize("question", ["Tỉnh nào mở nhiều lớp hơn Quảng Ninh?", "tinh nao mo nhieu lop hon quang ninh"])
def test_asked_which_province_beside_one_that_is_named_is_no_comparison(question: str) -> None:
    assert compares(understand(question)) is None


SAID = st.sampled_from(
    [
        *"Quảng Ninh|Nam Định|BẾN TRE|hà nội|TP.HCM|Thanh Hoá|Bà Rịa - Vũng Tàu|Gia Lai|Điện Biên".split("|"),
        *"Nghị quyết 57-NQ/TW|nghị định 13/2023|Quyết định số 06|đề án 06|Luật Dữ liệu|luật an ninh mạng".split("|"),
        *"năm 2022|2024|(2022)|(năm 2024)|tháng 6/2025|quý II/2024|1/7/2025|2000|23/2025/TT-BKHCN".split("|"),
        *"so sánh|so với|hay|và|khác gì|tăng bao nhiêu|tỉnh nào|văn bản nào|giữa|hơn|nhiều hơn".split("|"),
        *"số lớp|về|ở|của|trong|,|?|.|\n|👍|57%|(|Quý|Luật|luật".split("|"),
    ]
)
WRITTEN = st.lists(SAID, max_size=14).map(" ".join)
TYPED = WRITTEN | WRITTEN.map(strip_diacritics)


@given(st.text(max_size=60) | TYPED | st.lists(TYPED, max_size=3).map(" ".join))
@example("Quảng Ninh, Nam Định, Bến Tre " * 300)
@example("so sánh luật " * 2_000)
@example("so sánh Nghị quyết " + "5" * 10_000 + " với Quyết định " + "0" * 10_000)
@example("so sánh Nghị quyết 0 với Quyết định 00")
@example("\ud800\x00\u202e\U000e0041")
def test_no_text_makes_a_comparison_of_one_side(text: str) -> None:
    comparison = compares(understand(text))
    if comparison is not None:
        assert len(comparison.sides) != 1
        assert bool(comparison.sides) != (comparison.group is not None)
        assert len({side.name for side in comparison.sides}) == len(comparison.sides)
        for side in comparison.sides:
            assert isinstance(side.holds(_hit(text)), bool)


@given(TYPED)
@example("So sánh Quảng Ninh và Nam Định, Quảng Ninh hơn Nam Định?")
def test_no_side_asked_alone_names_another_province(text: str) -> None:
    comparison = compares(understand(text))
    if comparison is not None and comparison.sides:
        provinces = {side.name for side in comparison.sides} & set(PROVINCES)
        assert provinces.isdisjoint(find_provinces(comparison.common.expanded))
        for side in comparison.sides:
            assert (provinces - {side.name}).isdisjoint(find_provinces(side.alone.expanded))


OLD, NEW = "nghi-dinh-cu", "nghi-dinh-moi"
QUANG_NINH, NAM_DINH = "quang-ninh-2022", "nam-dinh-2024"


@pytest.mark.parametrize(
    ("question", "documents"),
    _both_ways(
        ("Dung lượng hòm thư công vụ theo Nghị định 11/2022/NĐ-TEST khác gì Nghị định 22/2026/NĐ-TEST?", [OLD, NEW]),
        ("Dung lượng hòm thư công vụ theo Nghị định 22/2026 so với Nghị định 11/2022 là bao nhiêu GB?", [NEW, OLD]),
        ("Dung lượng hòm thư công vụ năm 2022 so với năm 2026 tăng bao nhiêu GB?", [OLD, NEW]),
        ("Số lớp học kỹ năng số năm 2024 so với năm 2022 là bao nhiêu?", [NAM_DINH, QUANG_NINH]),
        ("Số lớp học kỹ năng số tăng bao nhiêu từ năm 2022 đến năm 2024?", [QUANG_NINH, NAM_DINH]),
        ("Số lớp học kỹ năng số ở Quảng Ninh (2022) và Nam Định (2024) là bao nhiêu?", [QUANG_NINH, NAM_DINH]),
        ("So sánh số lớp học kỹ năng số ở Nam Định năm 2024 và Quảng Ninh năm 2022", [NAM_DINH, QUANG_NINH]),
        ("Nam Định với Quảng Ninh, tỉnh nào mở nhiều lớp học kỹ năng số hơn Nam Định?", [NAM_DINH, QUANG_NINH]),
    ),
)
def test_each_side_is_quoted_from_its_own_document_in_the_order_asked(
    answerer: Answerer, question: str, documents: list[str]
) -> None:
    answer = answerer.answer(question)
    assert answer.status is Status.ANSWERED
    assert [citation.document_id for citation in answer.citations] == documents
    assert [note for note in answer.notes if note.kind == "silent"] == []


@pytest.mark.parametrize(
    ("question", "document", "silent"),
    _both_ways(
        (
            "Dung lượng hòm thư công vụ theo Nghị định 22/2026 so với Nghị định 99/2030 là bao nhiêu GB?",
            NEW,
            "Nghị định 99/2030",
        ),
        ("Số lớp học kỹ năng số năm 2022 so với năm 2019 là bao nhiêu?", QUANG_NINH, "năm 2019"),
        ("So sánh dung lượng hòm thư công vụ ở Nam Định và Nghị định 22/2026", NEW, "Nam Định"),
        ("So sánh số lớp học kỹ năng số ở Nam Định với Nghị định 22/2026", NAM_DINH, "Nghị định 22/2026"),
    ),
)
def test_the_side_that_no_document_speaks_of_is_named(
    answerer: Answerer, question: str, document: str, silent: str
) -> None:
    answer = answerer.answer(question)
    assert [citation.document_id for citation in answer.citations] == [document]
    assert [note for note in answer.notes if note.kind == "silent"] == [Note("silent", (("side", silent),))]


def test_two_instruments_that_no_document_holds_are_no_answer(answerer: Answerer) -> None:
    question = "Dung lượng hòm thư công vụ theo Nghị định 98/2030 so với Nghị định 99/2030 là bao nhiêu GB?"
    assert answerer.answer(question) == Answer(Status.NO_ANSWER, reason="instrument")


@pytest.mark.parametrize(
    ("question", "sides"),
    [
        (
            "Giai đoạn 2021-2025 so với giai đoạn 2016-2020 tăng bao nhiêu?",
            ["giai đoạn 2021-2025", "giai đoạn 2016-2020"],
        ),
        ("Từ 2025 đến 2030 tăng bao nhiêu điểm phần trăm?", ["2025", "2030"]),
        ("Có hơn 2000 lớp, năm 2024 tăng không?", []),
    ],
)
def test_a_period_is_one_time_and_a_count_is_none(question: str, sides: list[str]) -> None:
    assert _sides(question) == sides
