"""What was used for Vietnamese before Unicode: each code page with its reader. And which syllables the language has.

A code page is read from text in which its bytes were taken for Windows-1252 or Latin-1, as happens where a font and no
encoding carried the meaning. Sources: TCVN 5712:1993 (VN3), RFC 1456 (VISCII), and the tables of glibc, Mozilla and
UniKey, which agree with each other.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from functools import cache

# Every small Vietnamese letter outside ASCII, each base letter with sắc, huyền, hỏi, ngã, nặng.
LETTERS = "áàảãạâấầẩẫậăắằẳẵặđéèẻẽẹêếềểễệíìỉĩịóòỏõọôốồổỗộơớờởỡợúùủũụưứừửữựýỳỷỹỵ"
_TONES = "\u0301\u0300\u0309\u0303\u0323"
# The bytes of LETTERS, small and capital. TCVN3 has seven capitals: others are small letters in a font of capitals.
_TCVN3_SMALL = bytes.fromhex(
    "B8B5B6B7B9 A9CAC7C8C9CB A8BEBBBCBDC6 AE D0CCCECFD1 AAD5D2D3D4D6 DDD7D8DCDE"
    "E3DFE1E2E4 ABE8E5E6E7E9 ACEDEAEBECEE F3EFF1F2F4 ADF8F5F6F7F9 FDFAFBFCFE"
)
_TCVN3_CAPITALS = dict(zip(bytes.fromhex("A1A2A3A4A5A6A7"), "ĂÂÊÔƠƯĐ", strict=True))
_VISCII_SMALL = bytes.fromhex(
    "E1E0E4E3D5 E2A4A5A6E7A7 E5A1A2C6C7A3 F0 E9E8EBA8A9 EAAAABACADAE EDECEFEEB8"
    "F3F2F6F5F7 F4AFB0B1B2B5 BDBEB6B7DEFE FAF9FCFBF8 DFD1D7D8E6F1 FDCFD6DBDC"
)
_VISCII_CAPITAL = bytes.fromhex(
    "C1C0C4C380 C28485860687 C58182020583 D0 C9C8CB8889 CA8A8B8C8D8E CDCC9BCE98"
    "D3D299A09A D48F90919293 B4959697B394 DAD99C9D9E BFBABBBCFFB9 DD9F14191E"
)
_VPS_SMALL = bytes.fromhex(
    "E1E0E4E3E5 E2C3C0C4C5C6 E6A1A2A3A4A5 C7 E9E8C8EBCB EA898A8BCD8C EDECCCEFCE"
    "F3F2D5F586 F4D3D2B087B6 D6A7A9AAABAE FAF9FBDBF8 DCD9D8BABBBF 9AFF9BCF9C"
)
_VPS_CAPITAL = bytes.fromhex(
    "C1808182 02 C28384851C03 888D8E8FF004 F1 C9D7DEFE05 CA9093949506 B4B5B7B810"
    "B9BCBDBE11 D49697989912 F79D9E9FA613 DAA8D1AC14 D0ADAFB11D15 DDB2FDB319"
)
# VNI writes most letters as a base and one mark after it, which says the shape and the tone together.
_VNI_MARKS = {
    "aeouyôö": dict(zip("ùøûõï", _TONES, strict=True)),
    "aeo": {"â": "\u0302", **{mark: "\u0302" + tone for mark, tone in zip("áàåãä", _TONES, strict=True)}},
    "a": {"ê": "\u0306", **{mark: "\u0306" + tone for mark, tone in zip("éèúüë", _TONES, strict=True)}},
}
_VNI_LETTERS = dict(zip("íìæóòîôöñ", "íìỉĩịỵơưđ", strict=True))

# Windows-1252 has no character for five bytes; what reads them anyway gives the controls of Latin-1.
WESTERN = "".join(
    chr(byte) if byte in (0x81, 0x8D, 0x8F, 0x90, 0x9D) else bytes([byte]).decode("cp1252") for byte in range(256)
)
# The controls of Latin-1 are no text: who took bytes for Latin-1 meant Windows-1252.
_CONTROLS = dict(enumerate(WESTERN[0x80:0xA0], 0x80))

# Latin letters and their marks, as a class of characters, and runs of them.
LATIN = "A-Za-zÀ-ÖØ-öø-ɏ\u0300-\u036fḀ-ỿ"
RUN = re.compile(f"[{LATIN}]+")

# Reads text whose characters are bytes: None where the code page has no such letter.
Reader = Callable[[str], str | None]


def western(text: str) -> str:
    """Text that was read as Latin-1 or Windows-1252 as the latter has it."""
    return text.translate(_CONTROLS)


def nfc(text: str) -> str:
    """Text in NFC. No letter has thirty marks, and putting many in order takes a time that grows with their square."""
    marks = "".join(character for character in set(text) if unicodedata.combining(character))
    return unicodedata.normalize("NFC", re.sub(f"([{marks}]{{30}})[{marks}]+", r"\1", text) if marks else text)


def _reader(letters: Mapping[int, str], capitals: bool = True) -> Reader:
    """A reader of these bytes; `capitals`: the code page has them all."""
    table = {ord(WESTERN[byte]): letter for byte, letter in letters.items()}
    missing = frozenset(WESTERN[0xC0:]) - frozenset(map(chr, table))

    def read(token: str) -> str | None:
        if not missing.isdisjoint(token):
            return None
        text = nfc(token.translate(table))
        return text if capitals or not _SURE_CAPITAL.search(text) else RUN.sub(_in_capitals, text)

    return read


# Capitals that every code page has.
_SURE_CAPITAL = re.compile("[A-ZĂÂÊÔƠƯĐ]")


def _in_capitals(match: re.Match[str]) -> str:
    """A word in capitals but for letters that have none in its code page: "CộNG" → "CỘNG". "Xã" stays."""
    word = match.group()
    capitals = _SURE_CAPITAL.findall(word)
    capital = len(capitals) > 1 or (capitals and capitals[0] != word[0])
    return word.upper() if capital and not re.search("[a-z]", word) else word


def _letters(small: bytes, capital: bytes) -> dict[int, str]:
    return dict(zip(capital, LETTERS.upper(), strict=True)) | dict(zip(small, LETTERS, strict=True))


# Of these two, programs wrote the capitals that have the codes of controls as small letters.
read_viscii = _reader(_letters(_VISCII_SMALL, _VISCII_CAPITAL), capitals=False)
read_vps = _reader(_letters(_VPS_SMALL, _VPS_CAPITAL), capitals=False)
# From here on it differs from Windows-1252. Its tone marks follow their letters.
read_windows_1258 = _reader({byte: bytes([byte]).decode("cp1258") for byte in range(0xC0, 0x100)})
_read_tcvn3 = _reader(_TCVN3_CAPITALS | dict(zip(_TCVN3_SMALL, LETTERS, strict=True)), capitals=False)
_BULLET = "·"


def read_tcvn3(token: str) -> str | None:
    """A token of TCVN3. A lone "ã" is no word but the bullet of a list; "µ" is also met as the Greek letter."""
    return token if token == _BULLET else _read_tcvn3(token.replace("μ", "µ"))


@cache
def _vni() -> dict[str, str]:
    """Each spelling of VNI-Windows, one or two characters, with its letter."""
    spellings = dict(_VNI_LETTERS)
    for bases, marks in _VNI_MARKS.items():
        for base in bases:
            shape = _VNI_LETTERS.get(base, base)
            spellings |= {base + mark: nfc(shape + added) for mark, added in marks.items()}
    small_mark = {spelling.capitalize(): letter.upper() for spelling, letter in spellings.items()}
    capital_mark = {spelling[0] + spelling[1:].upper(): letter for spelling, letter in spellings.items()}
    return (
        {spelling.upper(): letter.upper() for spelling, letter in spellings.items()}
        | small_mark
        | capital_mark
        | spellings
    )


@cache
def _vni_pattern() -> re.Pattern[str]:
    """Finds the spellings of VNI, those of two characters first."""
    pairs = [(bases, "".join(marks)) for bases, marks in _VNI_MARKS.items()]
    letters = "".join(_VNI_LETTERS)
    classes = [f"[{bases + bases.upper()}][{marks + marks.upper()}]" for bases, marks in pairs]
    return re.compile("|".join([*classes, f"[{letters + letters.upper()}]"]))


_MARKED = re.compile("[À-ÖØ-öø-ÿ]")


def read_vni(token: str) -> str | None:
    """A token of VNI-Windows."""
    if _MARKED.search(_vni_pattern().sub("", token)):
        return None
    return _vni_pattern().sub(lambda match: _vni()[match.group()], token)


_BYTE_OF = {character: byte for byte, character in enumerate(WESTERN)}
# Bytes of an old encoding can happen to be UTF-8 of a script that no office here writes.
_NOT_OF_HERE = re.compile("[^\x00-\xffĂăĐđĨĩŨũƠơƯưŒœŠšŽžŸ\u0300-\u0323Ạ-ỹ\u2000-\u2bff\ufeff]")


def read_twice(token: str) -> str | None:
    """A token of UTF-8 whose bytes were taken for characters and encoded again: "Táº¡i"."""
    try:
        text = bytes([_BYTE_OF.get(character, ord(character)) for character in token]).decode("utf-8")
    except ValueError:
        return None
    return None if _NOT_OF_HERE.search(text) else nfc(western(text))


# The commonest syllables with marks in texts of law and in general ones: three of four.
COMMON = frozenset(
    """
định của và có các công được thông cơ hợp bản điều chính cấp số chức hành ngày bộ thực người với tại tư nhận về sơ
lý hồ hoặc tổ trường không hiện việc nhân pháp nước vụ từ luật dụng tài nghị động nghiệp đối sản giấy thời ký chứng
quyết sở này quyền nhà văn quản hàng bảo thành là báo kiểm đăng một dân năm làm phải khoản trình án để đồng dịch
quốc nhiệm tiếp đã hạn kết đến đề thẩm đầu đơn sử hoạt liên sự hội xuất phí viên liệu nộp việt nội chủ bị đổi thủ xã
giá cầu ngoài phương địa dự trên thuế khác cáo thuộc tế trực kể giải xác cá lập điểm hình lệ thì chỉ ở tác học bổ vị
điện đủ tỉnh thể đại tục trách yêu toán phòng chuyển thống vào phát bằng nhập hóa ủy phép hải lượng quả trưởng tháng
ngân kiện phạm khẩu mẫu tờ hiệu hệ lực thức vực tử chế độ lại dựng xây gửi ứng cục gồm đường tên sách trợ nếu kèm
tiền đảm đất chất vật thiết phụ nhất phủ tiêu kiến tịch vốn tàu trước toàn trả dẫn ngành hiểm sát mức giám những tự
tính tổng đó thuốc phần xử lục kế hoàn chấp phân chuyên thác sửa nghệ diện trị năng quá thuận mục hộ hướng chuẩn tạo
phẩm áp thủy nguyên khoán giáo biển xét bệnh môi lưu cảnh bán nơi ý vận""".split()
)
_INITIALS = ("", *"b c ch d đ g gh gi h k kh l m n ng ngh nh p ph qu r s t th tr v x".split())
_RHYMES = """
a ac ach ai am an ang anh ao ap at au ay ăc ăk ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây
e ec em en eng eo ep et ê êch êm ên ênh êp êt êu i ia ich im in inh ip it iu iêc iêm iên iêng iêp iêt iêu
o oa oac oach oai oam oan oang oanh oao oap oat oay oăc oăm oăn oăng oăt oc oe oen oeo oet oi om on ong ooc oong op ot
ô ôc ôi ôm ôn ông ôp ôt ơ ơi ơm ơn ơp ơt u ua uc ui um un ung up ut uân uâng uât uây uê uêch uênh uôc uôi uôm uôn uông
uôt uơ uy uya uych uynh uyt uyu uyp uyên uyêt ư ưa ưc ưi ưm ưn ưng ưt ưu ươc ươi ươm ươn ương ươp ươt ươu
y yêm yên yêng yêt yêu""".split()
_AFTER_QU = """a ac ach ai an ang anh ao at au ay ăc ăm ăn ăng ăp ăt âc ân âng ât ây e en eo et ê êch ên ênh êt
i in it ich inh y ych ynh yt yên yêt ôc ơ ơi ơn ơt""".split()
_AFTER_BARE_G = "i in iêm iên iêng iêc iêt".split()
_Y_AFTER = ("", "h", "k", "l", "m", "s", "t", "v")


@cache
def syllables() -> frozenset[str]:
    """Every syllable that Vietnamese spelling allows, in small letters, NFC; tone marks in old or new places.

    Beside them the letter "đ", which stands alone in lists.
    """
    pairs = ((initial, rhyme) for initial in _INITIALS for rhyme in _rhymes_after(initial))
    return frozenset({"đ", *(syllable for initial, rhyme in pairs for syllable in _toned(initial, rhyme))})


def _rhymes_after(initial: str) -> list[str]:
    if initial == "qu":
        return _AFTER_QU
    if initial in ("k", "gh", "ngh"):
        return [rhyme for rhyme in _RHYMES if rhyme[0] in "eêi" or (rhyme == "y" and initial == "k")]
    if initial in ("c", "g", "ng"):
        return [*(r for r in _RHYMES if r[0] not in "eêiy"), *(_AFTER_BARE_G if initial == "g" else ())]
    if initial == "gi":
        return [rhyme for rhyme in _RHYMES if rhyme[0] not in "iy"]
    return [r for r in _RHYMES if r[0] != "y" or not initial or (r == "y" and initial in _Y_AFTER)]


def _toned(initial: str, rhyme: str) -> Iterator[str]:
    stopped = rhyme.endswith(("p", "t", "c", "k", "ch"))
    for mark in (_TONES[0], _TONES[4]) if stopped else ("", *_TONES):
        for place in _places_of_mark(rhyme):
            yield initial + unicodedata.normalize("NFC", rhyme[: place + 1] + mark + rhyme[place + 1 :])


def _places_of_mark(rhyme: str) -> list[int]:
    shaped = [place for place, letter in enumerate(rhyme) if letter in "ăâêôơư"]
    vowels = [place for place, letter in enumerate(rhyme) if letter in "aeiouy"]
    if shaped:
        return shaped[-1:]
    if rhyme in ("oa", "oe", "uy"):
        return vowels
    second = len(vowels) == 3 or (len(vowels) == 2 and vowels[1] + 1 < len(rhyme))
    return [vowels[1] if second else vowels[0]]
