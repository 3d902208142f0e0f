"""Vietnamese text as people type it. Standard library only: shared by the app (3.11) and Rasa's tokenizer (3.10)."""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise

# Word-like tokens; figures keep their inner separators ("1.473", "45,5%", "42/2022").
_TOKEN = re.compile(r"\d+(?:[.,/:-]\d+)*%?|[^\W\d_]+|[^\W_]+")
_GROUPED = re.compile(r"\d{1,3}(?:\.\d{3})+")
_SPACES = re.compile(r"[^\S\n]+")
_BLANK_LINES = re.compile(r"\s*\n\s*\n\s*")

# "khoá" and "khóa" are one word: the mark moves to where newer texts put it.
_TONE_OLD_NEW = dict(
    zip(
        ["oà", "oá", "oả", "oã", "oạ", "oè", "oé", "oẻ", "oẽ", "oẹ", "uỳ", "uý", "uỷ", "uỹ", "uỵ"],
        ["òa", "óa", "ỏa", "õa", "ọa", "òe", "óe", "ỏe", "õe", "ọe", "ùy", "úy", "ủy", "ũy", "ụy"],
        strict=True,
    )
)
_OLD_TONE = re.compile(rf"(?<![qQ])(?:{'|'.join(_TONE_OLD_NEW)})(?![^\W\d_])")

# Short forms in documents and in questions alike. Keys carry no diacritics.
ABBREVIATIONS = {
    "cds": "chuyển đổi số",
    "cntt": "công nghệ thông tin",
    "cnscd": "công nghệ số cộng đồng",
    "tcnscd": "tổ công nghệ số cộng đồng",
    "dvc": "dịch vụ công",
    "bvdlcn": "bảo vệ dữ liệu cá nhân",
    "dvctt": "dịch vụ công trực tuyến",
    "dvcqg": "dịch vụ công quốc gia",
    "tthc": "thủ tục hành chính",
    "ubnd": "ủy ban nhân dân",
    "hdnd": "hội đồng nhân dân",
    "cccd": "căn cước công dân",
    "cmnd": "chứng minh nhân dân",
    "nls": "nhân lực số",
    "attt": "an toàn thông tin",
    "bhyt": "bảo hiểm y tế",
    "bhxh": "bảo hiểm xã hội",
    "cbccvc": "cán bộ, công chức, viên chức",
    "qd": "quyết định",
    "nd": "nghị định",
    "nq": "nghị quyết",
    "cks": "chữ ký số",
    "sskdt": "sổ sức khỏe điện tử",
    "dh": "đại học",
    "dhhl": "đại học hạ long",
}
# Short forms that only a person who chats would use; never expanded in documents.
CHAT_ABBREVIATIONS = {
    "ko": "không",
    "k": "không",
    "kh": "không",
    "khong": "không",
    "dc": "được",
    "mk": "mật khẩu",
    "tk": "tài khoản",
    "hs": "hồ sơ",
    "dt": "điện thoại",
    "sdt": "số điện thoại",
    "ntn": "như thế nào",
    "bn": "bao nhiêu",
    "lm": "làm",
    "vs": "với",
    "cb": "cán bộ",
    "dki": "đăng ký",
    "dky": "đăng ký",
    "dk": "đăng ký",
    "tt": "trực tuyến",
    "onl": "online",
    "vneid2": "vneid mức 2",
    "j": "gì",
    "r": "rồi",
}


def normalise(text: str) -> str:
    """NFC text without invisible or control characters, each run of spaces one space, at most one blank line.

    Idempotent. Line breaks stay, because documents carry their lists in them.
    """
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    kept = (" " if unicodedata.category(c) in ("Zs", "Zl", "Zp") else c for c in text if _visible(c))
    text = _SPACES.sub(" ", "".join(kept))
    text = "\n".join(line.strip() for line in text.split("\n"))
    # Dropping a character can bring a base and its mark together, so compose once more.
    return unicodedata.normalize("NFC", _BLANK_LINES.sub("\n\n", text)).strip()


def _visible(character: str) -> bool:
    return character in "\n\t" or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co", "Cn")


def strip_diacritics(text: str) -> str:
    """Text with Vietnamese diacritics removed and lower-cased, one character out for one (NFC) character in."""
    return text.translate(_BARE)


class _Bare(dict[int, str]):
    """The bare letter of each code point, found when it is first met."""

    def __missing__(self, code: int) -> str:
        base = "d" if chr(code) in "đĐ" else unicodedata.normalize("NFD", chr(code))[0]
        self[code] = base.lower() if len(base.lower()) == 1 else base
        return self[code]


_BARE = _Bare()


def has_diacritics(text: str) -> bool:
    """Whether any letter carries a Vietnamese mark."""
    return any(c in "đĐ" or (c.isalpha() and len(unicodedata.normalize("NFD", c)) > 1) for c in text)


def lower(text: str) -> str:
    """Small letters, one character out for one in."""
    return "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


def words(text: str) -> list[str]:
    """Lower-case syllables and figures with their diacritics; thousands separators dropped ("1.473" → "1473")."""
    return [_figure(match.group()) for match in _TOKEN.finditer(new_tone_marks(text.lower()))]


def new_tone_marks(text: str) -> str:
    """Lower-case text with tone marks where newer spelling puts them, as long as before: "hoà" → "hòa"."""
    return _OLD_TONE.sub(lambda match: _TONE_OLD_NEW[match.group()], text)


def grouped(number: int) -> str:
    """A number with its thousands parted as in Vietnamese: 1473 → "1.473"."""
    return f"{number:,}".replace(",", ".")


def _figure(token: str) -> str:
    return token.replace(".", "") if _GROUPED.fullmatch(token) else token


def is_syllable(word: str) -> bool:
    """Whether a word could be a Vietnamese syllable by its letters ("lop", "đường"); "otp" and "vneid" could not."""
    return bool(_SYLLABLE.fullmatch(strip_diacritics(word)))


def expand_abbreviations(text: str) -> str:
    """The question with its abbreviations and teencode written out; every other character stays as it is."""

    def written_out(match: re.Match[str]) -> str:
        if match.group() == "AI" and not text.isupper():  # in small letters it is "who"
            return "AI trí tuệ nhân tạo"
        key = strip_diacritics(match.group())
        return ABBREVIATIONS.get(key) or CHAT_ABBREVIATIONS.get(key) or match.group()

    # Beside a slash or hyphen it is part of a document's number ("5295/KH-UBND").
    return re.sub(r"(?<![\w/-])[^\W\d_]+\d?(?![\w/-])", written_out, text)


def search_terms(text: str) -> list[str]:
    """What the lexical index holds for a text: stripped syllables (document abbreviations written out) and bigrams."""
    flat: list[str] = []
    for token in words(text):
        bare = strip_diacritics(token)
        flat.extend(strip_diacritics(ABBREVIATIONS[bare]).replace(",", "").split() if bare in ABBREVIATIONS else [bare])
    parts = [part for token in flat if "/" in token for part in token.split("/") if part]
    return flat + parts + [f"{a} {b}" for a, b in pairwise(flat)]


_SYLLABLE = re.compile(r"(?:ngh|ng|nh|ch|gh|gi|kh|ph|qu|th|tr|[bcdghklmnpqrstvx])?[aeiouy]{1,3}(?:ch|ng|nh|[cmnpt])?")
_SENTENCE_END = re.compile(r"(?<=[.!?…;])[\"”’)]*\s+|\n+")
_NOT_AN_END = re.compile(r"(?:^|[\s(.])(?:\d{1,2}|TP|Tp|TS|ThS|PGS|GS|BS|Mr|Ms|St|[A-ZĐ])\.$")


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """(start, end) of each sentence or list item, without outer spaces. Titles (PGS.) and item numbers end none."""
    spans: list[tuple[int, int]] = []
    start = 0
    for match in _SENTENCE_END.finditer(text):
        if "\n" not in match.group() and (
            _NOT_AN_END.search(text[max(start, match.start() - 6) : match.start()])
            or text[match.end() : match.end() + 1].islower()
        ):
            continue
        _add_span(spans, text, start, match.end())
        start = match.end()
    _add_span(spans, text, start, len(text))
    return spans


def _add_span(spans: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    piece = text[start:end]
    if piece.strip():
        spans.append((start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())))
