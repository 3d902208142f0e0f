from __future__ import annotations

import unicodedata

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from retrieval.diacritics import END, OTHER, START, SyllableModel, rate_of_omission, restore_diacritics
from retrieval.text import has_diacritics, new_tone_marks, strip_diacritics
from tests.counting import calls

# Written for this test alone, as citizens, team members and staff might write.
SENTENCES = """
làm sao nộp hồ sơ qua mạng
tôi muốn đăng ký kết hôn thì cần mang theo giấy tờ gì
mẹ tôi bị mất thẻ bảo hiểm y tế, xin cấp lại ở đâu
con tôi mới sinh được hai tuần, làm giấy khai sinh có mất tiền không
quên mật khẩu tài khoản dịch vụ công thì lấy lại thế nào
có người gọi điện xưng là công an bảo tôi chuyển tiền
mã xác nhận gửi về điện thoại có được đọc cho người khác không
nhà tôi ở xã vùng cao, mạng yếu thì nộp hồ sơ bằng cách nào
tổ công nghệ số cộng đồng giúp được những việc gì
người già không có điện thoại thông minh thì phải làm sao
chữ ký số là gì và mua ở đâu
cán bộ xã hướng dẫn tôi cài ứng dụng định danh điện tử
hồ sơ của tôi bị trả lại vì thiếu ảnh chụp căn cước
bao lâu thì nhận được kết quả
lệ phí làm lại căn cước công dân là bao nhiêu
tôi đã thanh toán nhưng chưa thấy biên lai
địa chỉ trụ sở ủy ban nhân dân phường ở đâu
tra cứu hồ sơ đã nộp bằng mã số nào
quét mã để trả tiền chợ có an toàn không
chuyển đổi số đem lại lợi ích gì cho bà con nông dân
muốn bán rau trên sàn thương mại điện tử thì bắt đầu từ đâu
điện thoại cũ quá không cài được ứng dụng
làm thế nào để biết một trang web là giả mạo
đăng ký tạm trú cho người thuê nhà
gia hạn giấy phép lái xe qua mạng được không
tỉnh có bao nhiêu phường sau khi sáp nhập
lớp học kỹ năng số mở vào ngày nào trong tuần
cháu là học sinh, cháu chưa có thẻ thì đăng ký được không
xin giấy xác nhận độc thân mất mấy ngày
trợ cấp thất nghiệp nộp ở trung tâm nào
sau khi đổi số điện thoại tôi không đăng nhập được nữa
kẻ gian lấy hết tiền trong tài khoản ngân hàng rồi, tôi phải báo cho ai
sổ hộ khẩu giấy bây giờ còn giá trị không
cửa hàng nhỏ có bắt buộc dùng hóa đơn điện tử không
ai được miễn phí khi nộp hồ sơ trực tuyến
hạn cuối cùng nộp thuế đất là khi nào
""".strip().split("\n")
SYLLABLES = sorted({syllable.strip(",") for sentence in SENTENCES for syllable in sentence.split()})
PASSING = [
    "VNeID",
    "vneid",
    "Zalo",
    "Facebook",
    "Google",
    "website",
    "email",
    "internet",
    "online",
    "app",
    "QR",
    "OTP",
    "CCCD",
    "C06",
    "covid19",
    "1.473",
    "45,5%",
    "0912345678",
    "21/11/2026",
    "5295/KH-UBND",
    "12/2022/NĐ-CP",
    "TTHC-01",
    "dichvucong.gov.vn",
    "https://dichvucong.gov.vn/nop-ho-so/tra_cuu",
    "www.quang-ninh.gov.vn",
    "lam.cong@gmail.com",
    "nop@xa.vn",
    "ho_so.pdf",
    "ho-so",
    "xa/phuong",
    "👍",
    "株式会社",
    "на",
]
SPACES = st.sampled_from([" ", "\n", ", ", ". ", "? ", "… ", " – ", " (", ") ", "; "])
TYPED = st.sampled_from([*SYLLABLES, *map(strip_diacritics, SYLLABLES), *PASSING, "hoà", "NOP", "Ho", "sO", "K"])
TEXT = st.lists(st.tuples(TYPED, SPACES), max_size=25).map(lambda pairs: "".join(a + b for a, b in pairs))
LETTERS = st.text(st.sampled_from("abcdeghiklmnopqrstuvxyAĐđêộứ .,/@-_?=:1\n"), max_size=60)
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=60).map(
    lambda text: unicodedata.normalize("NFC", text)
)
NASTY = TEXT | LETTERS | ANY_TEXT


def _half(sentence: str) -> str:
    """Every second word without its diacritics."""
    return " ".join(strip_diacritics(word) if n % 2 else word for n, word in enumerate(sentence.split()))


def _right(restored: str, meant: str) -> float:
    """Share of the words that are as they were meant, however their tone marks are placed."""
    pairs = list(zip(new_tone_marks(restored).split(), new_tone_marks(meant).split(), strict=True))
    return sum(a == b for a, b in pairs) / len(pairs)


@given(text=NASTY)
@example(text="nop ho so\u0301 K 👍 " * 5)
@example(text="ho so " * 500)
def test_a_second_time_changes_nothing(text: str) -> None:
    once = restore_diacritics(text)
    assert restore_diacritics(once) == once


@given(text=NASTY, rate=st.none() | st.floats(0, 1))
@example(text="İstanbul ǅ ß ﬁ nop", rate=1.0)
def test_only_marks_are_added_and_every_character_keeps_its_place(text: str, rate: float | None) -> None:
    restored = restore_diacritics(text, rate)
    assert len(restored) == len(text)
    assert strip_diacritics(restored) == strip_diacritics(text)
    assert unicodedata.is_normalized("NFC", restored)


@given(text=TEXT, rate=st.floats(0, 1))
def test_a_syllable_typed_with_a_mark_never_changes(text: str, rate: float) -> None:
    typed, restored = text.split(), restore_diacritics(text, rate).split()
    assert [word for word in typed if has_diacritics(word)] == [
        after for before, after in zip(typed, restored, strict=True) if has_diacritics(before)
    ]


@pytest.mark.parametrize("word", PASSING)
@pytest.mark.parametrize("sentence", ["{}", "{} la gi", "toi vao {} de nop ho so", "Tôi vào ({}) để nop hồ so."])
def test_names_addresses_codes_and_foreign_words_pass_through(word: str, sentence: str) -> None:
    assert word in restore_diacritics(sentence.format(word))


@pytest.mark.parametrize("word", PASSING)
def test_what_passes_through_does_not_keep_the_rest_from_being_restored(word: str) -> None:
    restored = restore_diacritics(f"toi muon vao {word} de nop ho so qua mang")
    assert restored == f"tôi muốn vào {word} để nộp hồ sơ qua mạng"


@given(text=st.text(st.sampled_from("0123456789.,/:%- +()₫👍\n"), max_size=60))
def test_text_without_a_letter_stays(text: str) -> None:
    assert restore_diacritics(text) == text
    assert rate_of_omission(text) == 0


@pytest.mark.parametrize("sentence", SENTENCES)
def test_who_types_every_mark_is_never_corrected(sentence: str) -> None:
    assert restore_diacritics(sentence) == sentence


def test_most_syllables_typed_bare_are_restored() -> None:
    """Measured: 97 % of the syllables, 28 of 36 sentences without any fault."""
    shares = [_right(restore_diacritics(strip_diacritics(sentence)), sentence) for sentence in SENTENCES]
    assert float(np.mean(shares)) >= 0.94
    assert shares.count(1.0) >= 0.6 * len(SENTENCES)
    assert min(shares) >= 0.5, SENTENCES[int(np.argmin(shares))]


def test_half_typed_text_is_completed() -> None:
    """Measured: 99 % of the syllables."""
    shares = [_right(restore_diacritics(_half(sentence)), sentence) for sentence in SENTENCES]
    assert float(np.mean(shares)) >= 0.96
    assert min(shares) >= 0.5, SENTENCES[int(np.argmin(shares))]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("lam sao nop ho so qua mang", "làm sao nộp hồ sơ qua mạng"),
        ("LAM SAO NOP HO SO QUA MANG", "LÀM SAO NỘP HỒ SƠ QUA MẠNG"),
        ("Lam Sao Nop Ho So Qua Mang?", "Làm Sao Nộp Hồ Sơ Qua Mạng?"),
        ("làm sao nop ho so qua mang", "làm sao nộp hồ sơ qua mạng"),
        ("can cuoc cong dan", "căn cước công dân"),
        ("tinh Quang Ninh", "tỉnh Quảng Ninh"),
        ("chuyen doi so la gi\nnop thue o dau", "chuyển đổi số là gì\nnộp thuế ở đâu"),
        ("“nop ho so” (qua mang)… lam sao?", "“nộp hồ sơ” (qua mạng)… làm sao?"),
        ("...lam sao nop ho so", "...làm sao nộp hồ sơ"),
        ("cach dang nhap VNeID muc 2 tren dien thoai", "cách đăng nhập VNeID mức 2 trên điện thoại"),
        ("quet ma QR de thanh toan online", "quét mã QR để thanh toán online"),
    ],
)
def test_what_people_type_is_restored(typed: str, meant: str) -> None:
    assert restore_diacritics(typed) == meant


@pytest.mark.parametrize("sentence", SENTENCES)
def test_capitals_change_nothing_but_the_case(sentence: str) -> None:
    typed = strip_diacritics(sentence)
    restored = restore_diacritics(typed)
    assert restore_diacritics(typed.upper()).lower() == restored
    assert restore_diacritics(typed.upper()).isupper()
    assert restore_diacritics(typed.title()) == restored.title()


@pytest.mark.parametrize("text", ["", " ", "\n\n", "?", "...", "_", "b", "xyz qwrt", "\ud800", "\x00"])
def test_text_that_holds_nothing_to_restore_stays(text: str) -> None:
    assert restore_diacritics(text) == text


def test_the_more_marks_a_person_types_the_more_a_bare_syllable_is_believed() -> None:
    bare, half, full = "lam sao nop ho so", "làm sao nop hồ so", "làm sao nộp hồ sơ"
    assert rate_of_omission(bare) == 1
    assert 1 > rate_of_omission(half) > rate_of_omission(full) == 0
    assert restore_diacritics(bare, 0) == bare
    assert restore_diacritics(bare, 1) == full


def test_the_first_hundreds_of_words_of_a_flood_are_restored_and_the_rest_stays() -> None:
    restored = restore_diacritics("nop ho so " * 2_000).split()
    assert restored[:3] == ["nộp", "hồ", "sơ"]
    assert restored[297:300] == ["nộp", "hồ", "sơ"]
    assert restored[-3:] == ["nop", "ho", "so"]


@pytest.mark.parametrize(
    "unit", ["nop ho so ", "nop. ", "a ", "a", "độ a ", "?", "a/", ".a", "(a", "1.", "a-", "ộ", "👍"]
)
def test_ten_times_the_text_is_at_most_ten_times_the_work(unit: str) -> None:
    restore_diacritics("nop ho so")  # the model is read once
    little, much = (calls(restore_diacritics, unit * (length // len(unit))) for length in (5_000, 50_000))
    assert much <= 10 * little + 500


def test_a_model_of_few_syllables_backs_off_to_what_it_knows() -> None:
    """No pair or triple but one: the more frequent reading wins, and the known pair beats it."""
    syllables = [START, END, OTHER, "số", "so", "sơ", "hồ"]
    unigram = np.log([0.01, 0.1, 0.1, 0.4, 0.2, 0.1, 0.09])
    size = len(syllables)
    tables = [unigram, np.zeros(size), [6 * size + 5], [np.log(0.9)], [0.0], [2**40], [0.0]]
    model = SyllableModel.make(syllables, [np.asarray(table) for table in tables])
    assert restore_diacritics("so", model=model) == "số"
    assert restore_diacritics("ho so", model=model) == "hồ sơ"
    assert restore_diacritics("nop so", model=model) == "nop số"
