from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from retrieval.text import (
    ABBREVIATIONS,
    CHAT_ABBREVIATIONS,
    expand_abbreviations,
    has_diacritics,
    normalise,
    search_terms,
    sentence_spans,
    strip_diacritics,
    words,
)

ANY_TEXT = st.text(st.characters(exclude_categories=()))
NASTY = st.text(st.sampled_from('aăâđêôơưÁệỳ \t\n\r.!?…;()"”0123456789/%-\u0301\u0323\u200b\u202e\U000e0041\ufeff👍'))
LETTERS = "aàáảãạăằắẳẵặâầấẩẫậbcdđeèéẻẽẹêềếểễệghiìíỉĩịklmnoòóỏõọôồốổỗộơờớởỡợpqrstuùúủũụưừứửữựvxyỳýỷỹỵ"
SYLLABLE = st.text(st.sampled_from(LETTERS + LETTERS.upper()), min_size=1, max_size=7)
SENTENCE = st.lists(SYLLABLE, min_size=1, max_size=15).map(" ".join)
UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


@given(ANY_TEXT | NASTY)
@example("a\u200b\u0301")
@example("a \u200b \n\t\n \u200d\nb")
def test_normalise_is_idempotent_and_nfc(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once
    assert unicodedata.is_normalized("NFC", once)


@given(ANY_TEXT | NASTY)
def test_normalise_leaves_no_control_or_invisible_character_and_no_run_of_spaces(text: str) -> None:
    clean = normalise(text)
    assert [c for c in clean if unicodedata.category(c) in UNSEEN and c != "\n"] == []
    assert "  " not in clean
    assert "\n\n\n" not in clean
    assert clean == clean.strip()


@pytest.mark.parametrize(
    ("typed", "clean"),
    [
        (unicodedata.normalize("NFD", "Chuyển đổi số"), "Chuyển đổi số"),
        ("chuyê\u0309n đô\u0309i", "chuyển đổi"),
        ("thủ\u200b tục\ufeff", "thủ tục"),
        ("ho\u00adà", "hoà"),
        ("a\u200b\u0301", "á"),
        ("lệnh\U000e0069\U000e006e\U000e007f ẩn", "lệnh ẩn"),
        ("\u202emã\u202c \u200fOTP\u200e", "mã OTP"),
        ("hai\u00a0 \u3000khoảng\ttrắng", "hai khoảng trắng"),
        ("dòng 1\r\n dòng 2\r\r\r\n\n dòng 3", "dòng 1\ndòng 2\n\ndòng 3"),
        ("dòng\u2028mới", "dòng mới"),
        ("tốt 👍", "tốt 👍"),
        ("\ud800\x00\x07", ""),
        ("", ""),
    ],
)
def test_normalise_examples(typed: str, clean: str) -> None:
    assert normalise(typed) == clean


def test_strip_diacritics_keeps_the_length_and_is_idempotent_for_every_character() -> None:
    characters = [c for c in map(chr, range(0x20000)) if unicodedata.is_normalized("NFC", c)]
    changed = [c for c in characters if len(strip_diacritics(c)) != 1]
    unstable = [c for c in characters if strip_diacritics(strip_diacritics(c)) != strip_diacritics(c)]
    assert (changed, unstable) == ([], [])


@given(ANY_TEXT.map(normalise))
def test_strip_diacritics_keeps_the_length_of_nfc_text(text: str) -> None:
    assert len(strip_diacritics(text)) == len(text)


def test_strip_diacritics_of_every_vietnamese_letter_is_plain() -> None:
    assert set(strip_diacritics(LETTERS + LETTERS.upper())) == set("abcdeghiklmnopqrstuvxy")


@pytest.mark.parametrize(
    ("text", "marked"), [("Đà Nẵng", True), ("da nang", False), ("đ", True), ("2026 👍 OK", False), ("", False)]
)
def test_has_diacritics(text: str, marked: bool) -> None:
    assert has_diacritics(text) is marked


@given(ANY_TEXT | NASTY)
def test_no_text_breaks_the_word_functions(text: str) -> None:
    assert all(words(text))
    assert all(search_terms(text))
    assert isinstance(expand_abbreviations(text), str)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Khoá học và khóa học", ["khóa", "học", "và", "khóa", "học"]),
        ("thuỷ, khoẻ, hoà; quý, hoàn", ["thủy", "khỏe", "hòa", "quý", "hoàn"]),
        ("có 1.473 tổ, 780.000 người", ["có", "1473", "tổ", "780000", "người"]),
        ("đạt 45,5% năm 2022", ["đạt", "45,5%", "năm", "2022"]),
        ("NĐ 42/2022/NĐ-CP", ["nđ", "42/2022", "nđ", "cp"]),
        ("bản 1.5 ngày 1/7/2025", ["bản", "1.5", "ngày", "1/7/2025"]),
        ("👍 !!!", []),
    ],
)
def test_words_examples(text: str, tokens: list[str]) -> None:
    assert words(text) == tokens


def test_search_terms_are_bare_syllables_then_their_pairs() -> None:
    assert search_terms("Dịch vụ công") == ["dich", "vu", "cong", "dich vu", "vu cong"]


def test_search_terms_write_out_what_documents_abbreviate() -> None:
    assert search_terms("DVC") == search_terms("dịch vụ công")
    assert search_terms("NĐ-CP") == search_terms("nghị định cp")
    assert search_terms("CBCCVC") == search_terms("cán bộ công chức viên chức")


def test_a_number_with_slashes_is_found_whole_and_by_its_parts() -> None:
    terms = search_terms("42/2022/NĐ-CP")
    assert {"42/2022", "42", "2022", "nghi dinh", "dinh cp"} <= set(terms)


def test_old_and_new_tone_marks_and_thousands_separators_give_the_same_search_terms() -> None:
    assert search_terms("khoá 1.473") == search_terms("khóa 1473")


@given(SENTENCE)
@example("Quảng Ninh đẩy mạnh Chuyển đổi số cộng đồng")
@example("khoá thuỷ quý hoà")
def test_a_sentence_has_the_same_search_terms_without_its_diacritics(sentence: str) -> None:
    assert search_terms(strip_diacritics(sentence)) == search_terms(sentence)


def test_abbreviations_are_written_out_and_nothing_else_changes() -> None:
    assert expand_abbreviations("CĐS là gì? (nộp hs DVC ko dc)") == (
        "chuyển đổi số là gì? (nộp hồ sơ dịch vụ công không được)"
    )
    assert expand_abbreviations("vneid2") == "vneid mức 2"
    assert expand_abbreviations("Căn cước, 1.000894 👍\n\tOK") == "Căn cước, 1.000894 👍\n\tOK"


@pytest.mark.parametrize("key", sorted(ABBREVIATIONS | CHAT_ABBREVIATIONS))
def test_keys_of_abbreviations_are_bare_and_written_out_is_stable(key: str) -> None:
    assert key == strip_diacritics(key)
    written_out = expand_abbreviations(key)
    assert written_out != key
    assert expand_abbreviations(written_out) == written_out


@given(ANY_TEXT.map(normalise) | NASTY.map(normalise) | NASTY)
def test_sentence_spans_are_ordered_and_hold_every_visible_character(text: str) -> None:
    spans = sentence_spans(text)
    edges = [edge for span in spans for edge in span]
    assert edges == sorted(edges)
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(text[start:end] == text[start:end].strip() for start, end in spans)
    covered = {place for start, end in spans for place in range(start, end)}
    assert [c for place, c in enumerate(text) if place not in covered and not c.isspace()] == []


def _sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]


@pytest.mark.parametrize(
    "sentences",
    [
        ["Nộp hồ sơ.", "Chờ 5 ngày!", "Xong chưa?", "Rồi…", "Thôi"],
        ['Bác hỏi: "Nộp ở đâu?"', "Cháu chỉ tận nơi."],
        ["PGS.TS Nguyễn Văn A nói.", "TP. Hạ Long đồng ý."],
        ["PGS. TS. Trần B và ông N. Văn C đến.", "Họp xong."],
        ["Theo v.v. và các mục khác.", "Hết."],
        ["Trang quangninh.gov.vn có 1.473 tổ.", "Đạt 45,5%."],
        ["1. Đăng nhập cổng.", "2. Điền tờ khai."],
    ],
)
def test_sentences_end_where_a_reader_ends_them(sentences: list[str]) -> None:
    assert _sentences("  ".join(sentences)) == sentences


def test_a_title_glued_to_another_ends_no_sentence() -> None:
    assert _sentences("Ông PGS.TS. Nguyễn Văn A phát biểu.") == ["Ông PGS.TS. Nguyễn Văn A phát biểu."]


def test_every_list_line_is_a_sentence() -> None:
    assert _sentences("Gồm:\n- bước 1\n\n- bước 2;\n  a) khai") == ["Gồm:", "- bước 1", "- bước 2;", "a) khai"]
