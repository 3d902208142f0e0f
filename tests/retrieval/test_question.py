from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from retrieval.question import MOST_TELLING, telling, understand
from retrieval.text import strip_diacritics


def test_a_question_is_cleaned_and_its_abbreviations_written_out() -> None:
    question = understand("  CĐS\u200b là gì?? ")
    assert (question.typed, question.expanded) == ("CĐS là gì??", "chuyển đổi số là gì??")
    assert question.terms == ("chuyển", "đổi", "số", "là", "gì")
    assert question.words == ("chuyển đổi",)
    assert not question.bare


@pytest.mark.parametrize(
    "typed",
    [
        "Chuyển đổi số là gì",
        "chuyen doi so la gi",
        "CHUYEN DOI SO LA GI",
        "chuyeenr ddooir soos laf gif",
        "chuyen63 d9oi63 so61 la2 gi2",
        "chuyển đổi số là gìiiiiiiii",
        "chuyển\u200b đổi\xa0số  là gì",
    ],
)
def test_however_it_is_typed_it_is_the_same_question(typed: str) -> None:
    question = understand(typed)
    assert question.expanded.lower() == "chuyển đổi số là gì"
    assert question.asks_explanation


def test_without_diacritics_words_are_those_of_the_restored_text() -> None:
    question = understand("to cong nghe so lam gi")
    assert question.bare
    assert question.expanded == "tổ công nghệ số làm gì"
    assert question.content == ("tổ", "công", "nghệ")
    assert question.words == ("tổ", "công nghệ")


@pytest.mark.parametrize("typed", ["Đăng nhập cổng bằng tài khoản nào?", "OTP", "hello how are you", "👍", ""])
def test_a_question_that_needs_no_diacritics_is_matched_as_it_stands(typed: str) -> None:
    question = understand(typed)
    assert not question.bare
    assert question.expanded == typed


def test_whoever_asks_may_say_how_to_match() -> None:
    assert understand("Quảng Ninh mở lớp", bare=True).bare
    assert not understand("quang ninh mo lop", bare=False).bare


def test_content_leaves_function_words_out_in_order() -> None:
    assert understand("Cho cháu hỏi đăng nhập cổng như thế nào ạ").content == ("đăng", "nhập", "cổng")


def test_words_leave_out_provinces_and_what_only_shapes_a_question() -> None:
    question = understand("Cho biết tổ công nghệ số cộng đồng ở Quảng Ninh có nhiệm vụ cụ thể như thế nào?")
    assert question.words == ("tổ", "công nghệ", "cộng đồng", "nhiệm vụ")
    assert understand("là gì vậy ạ").words == ()


def test_a_rarer_word_tells_more_and_an_unknown_one_most() -> None:
    assert 0 < telling("người") < telling("sao lưu") <= MOST_TELLING
    assert telling("hoà") == telling("hòa")
    assert telling("vneid") == telling("312") == telling("sao vneid") == MOST_TELLING
    question = understand("mã OTP của người dân")
    assert question.telling == tuple(telling(word) for word in question.words)


@pytest.mark.parametrize(
    ("text", "provinces"),
    [
        ("Quảng Ninh có mấy lớp", ("Quảng Ninh",)),
        ("quang ninh co may lop", ("Quảng Ninh",)),
        ("Quảng Ninh co may lop", ("Quảng Ninh",)),
        ("QUẢNG NINH CÓ MẤY LỚP", ("Quảng Ninh",)),
        ("TP HCM co bao nhieu lop", ("Hồ Chí Minh",)),
        ("so sánh Nam Định với Quảng Ninh và Nam Định", ("Nam Định", "Quảng Ninh")),
        ("so sanh nam dinh voi quang ninh", ("Nam Định", "Quảng Ninh")),
        ("cả nước có mấy lớp", ()),
        ("chung sống hòa bình", ()),
    ],
)
def test_the_provinces_a_question_names(text: str, provinces: tuple[str, ...]) -> None:
    assert understand(text).provinces == provinces


@pytest.mark.parametrize("text", ["cds o quang ninh co bao nhieu nguoi", "quang ninh co bao nhieu lop hoc ko"])
def test_an_abbreviation_does_not_hide_a_province_typed_without_diacritics(text: str) -> None:
    assert understand(text).provinces == ("Quảng Ninh",)


@pytest.mark.parametrize("number", ["23/2025/TT-BKHCN", "5295/KH-UBND"])
def test_the_number_of_an_instrument_is_not_chat(number: str) -> None:
    assert not {"không", "trực", "tuyến"} & set(understand(f"{number} nói gì").terms)


@pytest.mark.parametrize(
    ("text", "asks_number"),
    [
        ("có bao nhiêu tổ", True),
        ("co bao nhieu to", True),
        ("gồm mấy bước", True),
        ("tỷ lệ là gì", True),
        ("học phí là bao nhiêu", True),
        ("trong bao nhiêu ngày", False),
        ("có máy tính không", False),
        ("may quan ao o dau", False),
        ("tổ làm gì", False),
    ],
)
def test_whether_a_question_asks_for_an_amount(text: str, asks_number: bool) -> None:
    question = understand(text)
    assert question.asks_number is asks_number
    assert not (asks_number and question.asks_explanation)


@pytest.mark.parametrize(
    ("text", "explanation"),
    [
        ("Mã OTP là gì?", True),
        ("Nộp hồ sơ gồm những bước nào?", True),
        ("cach nop ho so", True),
        ("Làm sao đăng nhập cổng?", True),
        ("Lệ phí được nộp qua đâu?", False),
        ("Gồm bao nhiêu bước?", False),
    ],
)
def test_whether_a_question_asks_for_an_explanation(text: str, explanation: bool) -> None:
    assert understand(text).asks_explanation is explanation


@pytest.mark.parametrize(
    ("text", "either"),
    [
        ("Nội dung STEM/STEAM dạy ở lớp nào?", [{"stem", "steam"}]),
        ("day Word/Excel o dau", [{"word", "excel"}]),
        ("mở tệp (Word/Excel/PowerPoint) bằng gì", [{"word", "excel", "powerpoint"}]),
        ("nhắn qua Zalo/Facebook hay SMS/email?", [{"zalo", "facebook"}, {"sms", "email"}]),
        ("theo 01-NQ/TU", []),
        ("Kế hoạch 5295/KH-UBND, Thông tư 23/2025/TT-BKHCN", []),
        ("Nghị định 11/2022/NĐ-CP", []),
        ("nộp và/hoặc nhận, nam/nữ, tỉnh/thành phố", []),
        ("Zalo/nhóm", []),
        ("từ 1/7 đến 30/9/2025", []),
        ("xem https://example.org/abc/def", []),
        ("chạy 40 km/h", []),
        ("Word hoặc Excel", []),
        ("Word / Excel", []),
        ("", []),
    ],
)
def test_words_joined_by_a_slash_are_asked_for_either_unless_a_code_or_vietnamese(
    text: str, either: list[set[str]]
) -> None:
    assert [set(words) for words in understand(text).either] == either


TYPED = st.sampled_from(
    "cho hỏi Quảng Ninh nam dinh bao nhieu lớp học kỹ năng ntn ko CĐS otp 312 22/2026/NĐ-CP 50% ?? 👍 đ ddooir".split()
)


@given(st.text(max_size=80) | st.lists(TYPED, max_size=12).map(" ".join))
@example("a" * 20_000)
@example("nộp hồ sơ " * 2_000)
@example("\ud800\x00\u202e\U000e0041")
@example("ĐÐđð İıſß")
def test_any_text_makes_a_question_whose_parts_agree(text: str) -> None:
    question = understand(text)
    assert len(question.words) == len(question.telling)
    assert all(0 < told <= MOST_TELLING for told in question.telling)
    assert set(question.content) <= set(question.terms)
    assert len(set(question.provinces)) == len(question.provinces)
    if question.bare:
        assert strip_diacritics(question.typed) != question.expanded
