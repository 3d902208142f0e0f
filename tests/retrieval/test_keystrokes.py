from __future__ import annotations

import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from retrieval.keystrokes import (
    _DOUBTFUL,
    _INITIALS,
    _KEPT,
    _RIMES,
    _TELEX,
    _fits,
    _syllable,
    _toned,
    decode_keystrokes,
    fold_look_alikes,
    squeeze,
)
from retrieval.text import new_tone_marks
from tests.counting import calls

FUNCTIONS = (decode_keystrokes, fold_look_alikes, squeeze)
SYLLABLES = """
số công có tỉnh và của không định đổi năm là được nghệ ngày nào vụ người ở làm gì dân điện nhân chuyển về thông
học lực xã chị tổ lý báo trên từ dịch cấp quyết phải sơ hồ liệu bộ ký một đồng trợ đến để đăng tạo dùng thì trực
nhập thế đâu tiêu tử giấy hỏi thoại năng tài cước cơ chỉ các chưa hiệu còn mức bản mạng tôi đã bị lại nộp tuyến
mới cán chính căn quốc mục nước đặt kỹ thành việc cộng chức trình khoản động viên hội cần bài nhiêu tờ nhà nhận dữ
tục độ địa hỗ với gọi hướng dẫn thủ cũ tiền khác lừa hoặc cá rồi cách nghiệp hành vào đào chữ chuyên nên thẻ mất
kết toàn dụng tế trước tháng bà phường hợp muốn bằng mã giúp tập này luật cổng tiếp biết phần máy khẩu giả phủ
những nguồn đi cầu hết văn phương trả hoạt nghị mật quả đảo gồm phát trách sáp bạn huấn bảo tự huyện hàng nhất đây
sổ giá tên nói mấy yêu ứng thực trí đúng thể nhiệm đầu triển tổng mình lời án giải cả quyền giờ pháp đó gửi mở lấy
chủ câu cửa nơi hiện sức cũng xác hạn ý nhắn cháu triệu vậy phố tuổi thứ trị phí quảng tư điều lượng bắt ngành
kích trường nội tính hình nhé điểm nêu kiến thức tác hộ sửa chào lập mà đại vị đang chương hoạch tại sở phận tâm
hơn đưa nữa sách ơn cập tảng mỗi giới hệ phụ bác nhóm thiết giữ lên khỏe vệ vì nhiều truyền lệ đơn quý thủy hòa
khuỷu khuya giếng giết gìn quẫn ngoẹo nghiêng nguyễn thuở ngoằn huỳnh xoáy loẹt quạnh đắk lắk kạn tuýp yếu yết
""".split()
TONES = "\u0301\u0300\u0309\u0303\u0323"
TELEX = ({"ă": "aw", "â": "aa", "ê": "ee", "ô": "oo", "ơ": "ow", "ư": "uw", "đ": "dd"}, "sfrxj")
VNI = ({"ă": "a8", "â": "a6", "ê": "e6", "ô": "o6", "ơ": "o7", "ư": "u7", "đ": "d9"}, "12345")
PLACES = ("end", "after", "inside")

ANY_TEXT = st.text(st.characters(exclude_categories=()))
KEYS = st.text(st.sampled_from("aeiouywdsfrxjnghtcmpAODW1234567890 .,:/@#_-độ\u0301"), max_size=60)
TYPED = st.lists(st.sampled_from([*sorted(_KEPT | _DOUBTFUL), "max", "noopj", "coong", "so61", "d9i", "đi"])).map(
    " ".join
)
ALIKE = st.text(
    st.sampled_from("аеосхуіјαονАёйжяaeoộ ½²№ⒶⓑＡｂ𝐚𝛂ﬁ🅰🅿🏴🇻\u0336\u0301\u0302\u0308\U000e0061\U000e007f\ud800")
)
HELD = st.text(st.sampled_from("aAoOiIxXvVwcCdđơộ1.@ "), max_size=40)
NASTY = ANY_TEXT | KEYS | TYPED | ALIKE | HELD


def _typed(syllable: str, method: tuple[dict[str, str], str], place: str) -> str:
    """The keys for a syllable, its tone key at the end, after its vowel ("tuyeesn") or inside it ("hofo")."""
    keys, tone_keys = method
    typed, last = "", ""
    for letter in syllable.lower():
        decomposed = unicodedata.normalize("NFD", letter)
        tone = "".join(tone_keys[TONES.index(mark)] for mark in decomposed if mark in TONES)
        plain = unicodedata.normalize("NFC", "".join(mark for mark in decomposed if mark not in TONES))
        pair = keys.get(plain, plain)
        last += tone if place == "end" else ""
        typed += {"end": pair, "after": pair + tone, "inside": pair[0] + tone + pair[1:]}[place]
    typed += last
    return typed.capitalize() if syllable[0].isupper() else typed


def _is_excluded(syllable: str, typed: str) -> bool:
    """What is not read back: kept English words, "oong" and "ooc" (read as "ông", "ốc"), labels such as "a1"."""
    toneless = "".join(c for c in unicodedata.normalize("NFD", syllable) if c not in TONES)
    label = len(typed) == 2 and typed[1].isdigit() and typed[0] != "y"
    return typed in _KEPT or label or toneless.endswith(("oong", "ooc"))


def _inventory() -> list[str]:
    spelled = [(initial, rime) for initial in _INITIALS for rime in _RIMES if _fits(initial, rime)]
    return [
        initial + _toned(rime, mark)
        for initial, rime in spelled
        for mark in ("", *TONES)
        if mark in ("\u0301", "\u0323") or not rime.endswith(("c", "ch", "k", "p", "t"))
    ]


@pytest.mark.parametrize("function", FUNCTIONS)
@given(text=NASTY)
def test_a_second_time_changes_nothing(function: Callable[[str], str], text: str) -> None:
    once = function(text)
    assert function(once) == once


@pytest.mark.parametrize("function", FUNCTIONS)
@given(
    words=st.lists(st.sampled_from([*SYLLABLES, "lam", "cho", "hoc"]), min_size=1), gap=st.sampled_from(" \n,./-!… 👍")
)
def test_valid_vietnamese_stays_as_it_is(function: Callable[[str], str], words: list[str], gap: str) -> None:
    for text in (gap.join(words), gap.join(words).upper(), gap.join(words).title()):
        assert function(text) == text


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize(
    "unit",
    ["noopj hoof ", "a", "s", "so1 ", "a.", "со ", "a\u0336", "𝐚 ", "ộ", "🏴\U000e0061", "w.@\ud800"],
)
def test_ten_times_the_text_is_at_most_ten_times_the_work(function: Callable[[str], str], unit: str) -> None:
    little, much = (calls(function, unit * (length // len(unit))) for length in (10_000, 100_000))
    assert much <= 10 * little + 100


# --- Telex and VNI


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("noopj hoof sow", "nộp hồ sơ"),
        ("nopoj hofo sow", "nộp hồ sơ"),
        ("DDawng kys", "Đăng ký"),
        ("Ddawng Kys TAIF KHOANR", "Đăng Ký TÀI KHOẢN"),
        ("dichj vuj coong truwcj tuyeens", "dịch vụ công trực tuyến"),
        ("dijch vuj coong truwjc tuyeesn, hojc", "dịch vụ công trực tuyến, học"),
        ("nguowif dduocwj nhwng vietej", "người được nhưng việt"),
        ("quys khoer thuyr hoaf quoocs gieengs gif", "quý khỏe thủy hòa quốc giếng gì"),
        ("tooi hoir max OTP cos phair laf gif?", "tôi hỏi mã OTP có phải là gì?"),
        ("Bawcs Kanj, DDawks Lawks", "Bắc Kạn, Đắk Lắk"),
        ("no65p ho62 so7", "nộp hồ sơ"),
        ("D9a8ng ky1", "Đăng ký"),
        ("chuye63n d9o63i so61", "chuyển đổi số"),
        ("y1 kie61n o73 d9a6u", "ý kiến ở đâu"),
        ("vaof https://hoof.vn/noopj hoawcj hoof@kys.vn #noopj", "vào https://hoof.vn/noopj hoặc hoof@kys.vn #noopj"),
        ("“noopj”\thoof…\n\nsow 👍", "“nộp”\thồ…\n\nsơ 👍"),
    ],
)
def test_keystrokes_are_composed(typed: str, meant: str) -> None:
    assert decode_keystrokes(typed) == meant


@pytest.mark.parametrize(
    "text",
    [
        "google wifi pass app email facebook zalo address class free fees boss",
        "fix box tax has was his show new how now web sow",
        "max sex car six been this its own",
        "hos cos mas",
        "choir",
        "the chair there is for this test, see the list of these boxes",
        "lam cho hoc sinh",
        "h49 m2 5g 4g c06 q1 vneid2 covid19 mp3 a4 b1 ct01 kh2025",
        "so1 quan2 to3 muc2 bai16",
        "xoong boong",
        "TW HTX UBND CAX CCCD",
        "nhà lamf hos cos coong",
        "hoof\u0301 nopj\u0323",
        "duwowcp ngeef cees lamfs",
    ],
)
def test_words_that_may_be_meant_stay(text: str) -> None:
    assert decode_keystrokes(text) == text


def test_what_can_be_nothing_else_is_read_beside_diacritics_and_the_rest_is_not() -> None:
    assert decode_keystrokes("Tôi noopj hoof ddi laf cos no65p so61") == "Tôi nộp hoof đi laf cos nộp so61"


def test_a_doubtful_word_needs_a_clear_one_of_the_same_method() -> None:
    assert decode_keystrokes("max so61") == "max so61"
    assert decode_keystrokes("max so61 noopj") == "mã so61 nộp"
    assert decode_keystrokes("max so61 no65p") == "max số nộp"


@pytest.mark.parametrize("word", sorted(_KEPT))
def test_every_kept_word_is_one_that_telex_would_turn_and_stays_among_telex(word: str) -> None:
    assert _syllable(word, _TELEX)
    assert decode_keystrokes(f"noopj {word} hoof") == f"nộp {word} hồ"


@pytest.mark.parametrize("word", sorted(_DOUBTFUL))
def test_every_doubtful_word_is_read_only_among_telex(word: str) -> None:
    assert decode_keystrokes(f"the {word} list") == f"the {word} list"
    assert decode_keystrokes(f"noopj {word}") == f"nộp {_syllable(word, _TELEX)}"


@pytest.mark.parametrize("method", [TELEX, VNI], ids=["telex", "vni"])
@pytest.mark.parametrize("place", PLACES)
@given(
    words=st.lists(st.sampled_from([*SYLLABLES, "lam", "Cho"]), min_size=3, max_size=12),
    clear=st.sampled_from(["nộp", "Đường", "tiếng", "đổi"]),
)
@example(words=["à", "há", "soóc"], clear="nộp")
def test_a_typed_sentence_is_read_back(
    method: tuple[dict[str, str], str], place: str, words: list[str], clear: str
) -> None:
    words = [word for word in words if not _is_excluded(word, _typed(word, method, place))] + [clear]
    typed = " ".join(_typed(word, method, place) for word in words)
    assert decode_keystrokes(typed) == " ".join(words)


@pytest.mark.parametrize("method", [TELEX, VNI], ids=["telex", "vni"])
@pytest.mark.parametrize("place", PLACES)
def test_every_possible_syllable_is_read_back_but_for_a_few(method: tuple[dict[str, str], str], place: str) -> None:
    """Of 17,758 syllables at most 322 are excluded (1.8 %): 192 in "oong" or "ooc", 130 kept words; VNI: 29 labels."""
    syllables = _inventory()
    typed = {syllable: _typed(syllable, method, place) for syllable in syllables}
    excluded = [syllable for syllable in syllables if _is_excluded(syllable, typed[syllable])]
    expected = ["nộp", "nộp", *sorted(set(syllables).difference(excluded))]
    read = decode_keystrokes(" ".join(["noopj", "no65p", *(typed[syllable] for syllable in expected[2:])]))
    assert [pair for pair in zip(expected, read.split(" "), strict=True) if pair[0] != pair[1]] == []
    assert len(excluded) < 0.05 * len(syllables)
    assert len([s for s in SYLLABLES if _is_excluded(s, _typed(s, method, place))]) < 0.05 * len(SYLLABLES)


def test_the_inventory_holds_the_frequent_syllables_spelled_as_in_newer_texts() -> None:
    inventory = set(_inventory())
    assert [syllable for syllable in SYLLABLES if syllable not in inventory] == []
    assert [syllable for syllable in inventory if new_tone_marks(syllable) != syllable] == []


@pytest.mark.parametrize("impossible", ["cê", "ngê", "gê", "kà", "quô", "iên", "fà", "toàc", "nhyên"])
def test_the_inventory_holds_no_impossible_spelling(impossible: str) -> None:
    assert impossible not in _inventory()


# --- Look-alikes


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("сhuyển đổi ѕố", "chuyển đổi số"),
        ("со хе ТАХ khong", "co xe TAX khong"),
        ("hо\u0302\u0300 ѐm ӑn", "hồ èm ăn"),
        ("νneid οtp αn", "vneid otp an"),
        ("ｈｏ\u0302\u0300 ｓｏ\u031b ＯＴＰ", "hồ sơ OTP"),
        ("𝐦𝐚\u0303 𝓬𝓱𝓪\u0300𝓸 𝙊𝙏𝙋 ℌ𝔬𝔠", "mã chào OTP Hoc"),
        ("Ⓒⓗⓐⓞ 🄲🄷🄰🄾 🅒🅗🅐🅞 🅲🅷🅰🅾", "Chao CHAO CHAO CHAO"),
        ("lệnh\U000e0069\U000e006e ﬁle", "lệnhin file"),
        ("k\u0337h\u0334ô\u0338n\u0336g\u0335 á\u0301\u0301", "không á"),
    ],
)
def test_look_alikes_become_latin(typed: str, meant: str) -> None:
    assert fold_look_alikes(typed) == meant


@pytest.mark.parametrize(
    "text",
    [
        "½ m² № 5 ™ ℃ Ⅲ 1º",
        "Россия хор на",
        "на хор",
        "Россия и со dịch vụ",
        "góc α, hệ số ν",
        "λόγος καλός",
        "株式会社ＡＢＣ 中文",
        "Müller café Ångström ß",
        "Ⓐ chọn 🅿️ 🅰 🇻🇳 2️⃣ ⓒ",
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        unicodedata.normalize("NFD", "chuyển đổi số"),
        "สวัสดีครับ नमस्ते שָׁלוֹם",
        "1\u0301 \u0336",
    ],
)
def test_what_is_no_disguise_stays(text: str) -> None:
    assert fold_look_alikes(text) == text


# --- Letters held down


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("alooooo khôngggg điiii", "alo không đi"),
        ("ALOOO Alooo OOoo ơiiii...", "ALO Alo O ơi..."),
        ("ừừừừ (dạaaa) nhéeee KHÔÔÔNG", "ừ (dạ) nhé KHÔNG"),
        ("iiii xiiii", "i xi"),
    ],
)
def test_held_letters_are_let_go(typed: str, meant: str) -> None:
    assert squeeze(typed) == meant


@pytest.mark.parametrize(
    "text",
    [
        "1000000 111 1.000.000đ",
        "www xxx XXX III VIII xiii XXXIII",
        "www.aaa.vn https://x.vn/aaa aaa@bbb.vn #aaa AAA111",
        "CCCD cccd",
        "xoong oo",
        "가구경 ааа",
        "👍👍👍 !!! ...",
    ],
)
def test_what_is_not_held_stays(text: str) -> None:
    assert squeeze(text) == text
