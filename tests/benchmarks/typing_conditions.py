"""Five ways of typing one question. The same (condition, question, seed) always gives the same text.

Figures, addresses and numbers of documents ("616/KH-UBND") stay as they are; only that a number loses its Đ where
nothing has diacritics. The word before a number ("Nghị quyết 57-NQ/TW") may be shortened, but is never mistyped.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from random import Random

from retrieval.text import has_diacritics, strip_diacritics

AS_WRITTEN, NO_DIACRITICS, HALF = "as written", "no diacritics", "half"
TEENCODE, TYPOS = "teencode and abbreviations", "typos"
MAIN = (AS_WRITTEN, NO_DIACRITICS)

# What people write instead; where there are several, any of them. Longer phrases are looked for first.
_SHORT = {
    "tổ công nghệ số cộng đồng": ("tổ cnscđ",),
    "công nghệ số cộng đồng": ("cnscđ",),
    "công nghệ thông tin": ("cntt",),
    "thủ tục hành chính": ("tthc",),
    "căn cước công dân": ("cccd",),
    "ủy ban nhân dân": ("ubnd",),
    "uỷ ban nhân dân": ("ubnd",),
    "chuyển đổi số": ("cđs",),
    "dịch vụ công": ("dvc",),
    "bảo hiểm y tế": ("bhyt",),
    "như thế nào": ("ntn",),
    "bao nhiêu": ("bn",),
    "quyết định": ("qđ",),
    "nghị quyết": ("nq",),
    "nghị định": ("nđ",),
    "trực tuyến": ("tt",),
    "điện thoại": ("đt",),
    "tài khoản": ("tk",),
    "mật khẩu": ("mk",),
    "đăng ký": ("đk",),
    "đăng kí": ("đk",),
    "hồ sơ": ("hs",),
    "không": ("ko", "k", "hok"),
    "được": ("đc", "dc"),
    "với": ("vs",),
    "rồi": ("r",),
    "gì": ("j",),
}
_SHORTENED = re.compile(rf"(?<!\w)(?:{'|'.join(sorted(_SHORT, key=len, reverse=True))})(?!\w)")
_CHUNK = re.compile(r"\S+")
_WORD = re.compile(r"[^\W\d_]+")
_EDGES = re.compile(r"^[\"'“”‘’«»(\[]+|[\"'“”‘’«»)\],.;:!?…]+$")
_LONE_MARKS = re.compile(r"[^\w\s]+")
# A figure, an address, or letters that belong to a document's number ("KH-UBND", "NĐ/CP").
_HELD = re.compile(r"\d|[/@_]|\w\.\w|[A-ZĐ]-[A-ZĐ]")
_NAMED = re.compile(
    r"(?:luật|nghị định|nghị quyết|quyết định|thông tư|kế hoạch|chỉ thị|công văn|đề án|chương trình)"
    r"\s+(?:số\s+)?(?=\S*\d)",
    re.IGNORECASE,
)
_TONES = "\u0301\u0300\u0309\u0303\u0323"
_TELEX_TONES = dict(zip(_TONES, "sfrxj", strict=True))
_TELEX_SHAPES = {"ă": "aw", "â": "aa", "ê": "ee", "ô": "oo", "ơ": "ow", "ư": "uw", "đ": "dd"}
_ONE_TYPO_IN = 8
_LEAST_DROPPED = 3
Typo = Callable[[str, Random], str]


def typed(condition: str, question: str, seed: int = 0) -> str:
    """The question as it is typed under a condition (a key of CONDITIONS)."""
    return CONDITIONS[condition](question, Random(f"{seed}\0{condition}\0{question}"))  # noqa: S311


def _as_written(question: str, _: Random) -> str:
    return question


def _no_diacritics(question: str, _: Random) -> str:
    def bare(found: re.Match[str]) -> str:
        return _stripped(found.group()) if _is_held(found.group()) else strip_diacritics(found.group())

    return _CHUNK.sub(bare, unicodedata.normalize("NFC", question))


def _half(question: str, random: Random) -> str:
    return _with_words(question, lambda word: _stripped(word) if random.random() < 0.5 else word)


def _stripped(word: str) -> str:
    """The word without diacritics, its capitals kept."""
    bare = strip_diacritics(word)
    return "".join(b.upper() if c.isupper() else b for b, c in zip(bare, word, strict=True))


def _teencode(question: str, random: Random) -> str:
    chunks = (_unmarked(chunk) for chunk in unicodedata.normalize("NFC", question).split())
    text = " ".join(chunk for chunk in chunks if chunk)
    return _SHORTENED.sub(lambda found: random.choice(_SHORT[found.group()]), text)


def _unmarked(chunk: str) -> str:
    """What stands between two spaces, in lower case, without punctuation; what is held loses only what is around it."""
    inner = _EDGES.sub("", chunk)
    return inner if _is_held(inner) else _LONE_MARKS.sub(" ", inner).strip().lower()


def _typos(question: str, random: Random) -> str:
    text = unicodedata.normalize("NFC", question)
    words = [span for span in _open_words(text) if span[1] - span[0] > 1]
    count = (len(words) + _ONE_TYPO_IN // 2) // _ONE_TYPO_IN
    order = random.sample(words, len(words))
    changes: list[tuple[int, int, str]] = []
    for start, end in order:
        if len(changes) < count and (wrong := _mistyped(text[start:end], random)):
            changes.append((start, end, wrong))
    for start, end, wrong in sorted(changes, reverse=True):
        text = text[:start] + wrong + text[end:]
    return text


def _mistyped(word: str, random: Random) -> str | None:
    """The word with one typing error, or None where no error fits."""
    for typo in random.sample(_TYPOS, len(_TYPOS)):
        wrong = typo(word, random)
        if wrong != word:
            return wrong
    return None


def _swapped(word: str, random: Random) -> str:
    places = [i for i in range(1, len(word) - 1) if word[i] != word[i + 1]]
    if not places:
        return word
    i = random.choice(places)
    return word[:i] + word[i + 1] + word[i] + word[i + 2 :]


def _dropped(word: str, random: Random) -> str:
    if len(word) < _LEAST_DROPPED:
        return word
    i = random.randrange(1, len(word))
    return word[:i] + word[i + 1 :]


def _doubled(word: str, random: Random) -> str:
    i = random.randrange(1, len(word))
    return word[: i + 1] + word[i:]


def _wrong_tone(word: str, random: Random) -> str:
    letters = [unicodedata.normalize("NFD", letter) for letter in word]
    for i, letter in enumerate(letters[1:], 1):
        if tone := next((mark for mark in letter if mark in _TONES), ""):
            letters[i] = letter.replace(tone, "") + random.choice(_TONES.replace(tone, ""))
    return unicodedata.normalize("NFC", "".join(letters))


def _uncomposed(word: str, _: Random) -> str:
    """The keys of a word that Telex did not compose: "nộp" → "noopj"; only where the first letter stays."""
    keys, tone = "", ""
    for letter in word.lower():
        decomposed = unicodedata.normalize("NFD", letter)
        tone += "".join(_TELEX_TONES[mark] for mark in decomposed if mark in _TELEX_TONES)
        plain = unicodedata.normalize("NFC", "".join(mark for mark in decomposed if mark not in _TONES))
        keys += _TELEX_SHAPES.get(plain, plain)
    if word[0] not in "đĐ" and has_diacritics(word[0]):
        return word
    return (keys[0].upper() if word[0].isupper() else keys[0]) + keys[1:] + tone


def _with_words(question: str, change: Callable[[str], str]) -> str:
    text = unicodedata.normalize("NFC", question)
    for start, end in reversed(list(_open_words(text))):
        text = text[:start] + change(text[start:end]) + text[end:]
    return text


def _is_held(chunk: str) -> bool:
    return bool(_HELD.search(_EDGES.sub("", chunk)))


def _open_words(text: str) -> Iterator[tuple[int, int]]:
    """Spans of words that belong to no figure, address or document's name."""
    held = [found.span() for found in _CHUNK.finditer(text) if _is_held(found.group())]
    held += [found.span() for found in _NAMED.finditer(text)]
    for found in _WORD.finditer(text):
        if not any(start <= found.start() < end for start, end in held):
            yield found.span()


_TYPOS: tuple[Typo, ...] = (_swapped, _dropped, _doubled, _wrong_tone, _uncomposed)
CONDITIONS: dict[str, Callable[[str, Random], str]] = {
    AS_WRITTEN: _as_written,
    NO_DIACRITICS: _no_diacritics,
    HALF: _half,
    TEENCODE: _teencode,
    TYPOS: _typos,
}
