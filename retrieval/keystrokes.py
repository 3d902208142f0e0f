"""What keyboards do to Vietnamese. Standard library only: shared by the app (3.11) and Rasa's tokenizer (3.10)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from enum import IntEnum
from itertools import product
from string import ascii_letters
from typing import NamedTuple

from retrieval.text import has_diacritics, strip_diacritics

_INITIALS = " b c ch d đ g gh gi h k kh l m n ng ngh nh p ph qu r s t th tr v x".split(" ")
_RIMES = (
    "a ac ach ai am an ang anh ao ap at au ay ăc ăk ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây "
    "e ec em en eng eo ep et ê êch êm ên êng ênh êp êt êu i ia ich iêc iêm iên iêng iêp iêt iêu im in inh ip it iu "
    "o oa oac oach oai oam oan oang oanh oao oap oat oay oăc oăm oăn oăng oăt oc oe oem oen oeng oeo oet oi om on ong "
    "ooc oong op ot ô ôc ôi ôm ôn ông ôp ôt ơ ơi ơm ơn ơp ơt u ua uân uâng uât uây uc uê uêch uênh uêu ui um un ung "
    "uôc uôi uôm uôn uông uôt up ut uơ uy uya uych uynh uyên uyêt uyn uyp uyt uyu "
    "ư ưa ưc ưi ưm ưng ươc ươi ươm ươn ương ươp ươt ươu ưt ưu y ych yêm yên yêng yêt yêu yn ynh yt"
).split()
_TONES = "\u0301\u0300\u0309\u0303\u0323"  # in the order of the keys of a method
_BARE = str.maketrans("ăâêôơư", "aaeoou")

# Words of English and of computers that Telex would turn into a syllable hardly anybody writes: never read.
_KEPT = frozenset(
    """
    arm asap bar best bets bias bits boast boats boom boost boots born bots box burn bury bus busy buys caps
    charm chats cheer chest chips choir chore chose chosen coast coats cons cops core corn cost cups cuts days deer
    def dense dis docs does doesn donor door dos dose dots down dust esp est ex exe gangs gaps gas gis goats goes
    guns guts hamas hangar hangs harm has hawks her here hero hes hips his hits hix honor horn host how hows if imf
    ins is isp keen keeps kits laura lens list loaf loans loops lose lost lots low lungs lust maps meets meme memes
    mere mins mix momo more moron most must noon norm nose now nuts of oops ops or owns pair past pasta pays peer
    per pest pets pharma photos pieces pins poems poets poor pops pos pose post pots puts queue queues quits rays
    reef ref reset reuse roast roof room rooms roots rose rows runs says see seem seems seen sees sense sets sir
    sits sofa sons soon sore sos tax taxi teens tense term test thats theme themes those tips toast toes tons tops
    torn town towns traps trays tree trees trips trojan troops trust turn twas ups us usa vary vast vest visa vows
    """.split()
)
# English or plain Vietnamese, and frequent syllables too: read only beside a clearer word.
_DOUBTFUL = frozenset(
    "beef beer boong chair chaos chef conf ddos gif goong hoof moocs queen quest songs there these trans xoong".split()
)


class _Certainty(IntEnum):
    DOUBTFUL = 0  # read only beside a clearer word
    CLEAR = 1  # read unless the text has diacritics
    SURE = 2


class _Method(NamedTuple):
    """An input method: its five tone keys, its key after d, and what it types for each rime (without tone)."""

    tones: str
    d: str
    rimes: dict[str, str]


def _typings(rime: str, marks: dict[str, tuple[str, ...]]) -> set[str]:
    """Every way to type a rime: each mark right after its vowel, one key for both of "ươ", or a key at the end."""
    bare = rime.translate(_BARE)
    if bare == rime:
        return {rime}
    spellings = (marks.get(c, (c,)) + ((c.translate(_BARE),) if "ươ" in rime else ()) for c in rime)
    late = bare + marks[next(c for c in rime if c in marks)][0][-1]
    return {late, *("".join(spelling) for spelling in product(*spellings))} - {bare, "w"}


def _method(tones: str, d: str, marks: dict[str, tuple[str, ...]]) -> _Method:
    # Plain rimes come first: "oong" is read as the far more frequent "ông".
    ordered = sorted(_RIMES, key=lambda rime: not rime.isascii())
    return _Method(tones, d, {typed: rime for rime in ordered for typed in _typings(rime, marks)})


_TELEX = _method("sfrxj", "d", {"ă": ("aw",), "â": ("aa",), "ê": ("ee",), "ô": ("oo",), "ơ": ("ow",), "ư": ("uw", "w")})
_VNI = _method("12345", "9", {"ă": ("a8",), "â": ("a6",), "ê": ("e6",), "ô": ("o6",), "ơ": ("o7",), "ư": ("u7",)})


def _fits(initial: str, rime: str) -> bool:
    """Whether Vietnamese spelling lets the rime follow the initial ("ke", "ngh" + "e"; not "ce", "ng" + "e")."""
    if rime == "y":
        return initial in ("", "h", "k", "l", "m", "qu", "s", "t", "th", "v")
    if rime[0] == "y":
        return initial == "qu" or (initial == "" and rime[1] == "ê")
    if initial in ("k", "gh", "ngh"):
        return rime[0] in "eêi" or (initial, rime) == ("k", "an")  # Bắc Kạn
    if initial in ("c", "g", "ng"):
        return rime[0] not in "eêi" or (initial == "g" and rime in ("i", "in", "iêc", "iêng", "iêt"))  # gì, giếng
    if initial == "gi":
        return rime[0] != "i"
    if initial == "qu":
        return rime[0] not in "ioôuư" or rime in ("i", "it", "ôc")
    return initial != "" or not rime.startswith("iê")


def _toned(rime: str, mark: str) -> str:
    """The rime with a tone mark where newer spelling puts it: "òa", "ủy", "uyển", "ưới"."""
    vowels = len(rime) - len(rime.lstrip("aăâeêioôơuưy"))
    marked = [i for i, c in enumerate(rime) if c in "ăâêôơư"]
    place = marked[-1] if marked else vowels - 1 if vowels < len(rime) else (vowels - 1) // 2
    return unicodedata.normalize("NFC", rime[: place + 1] + mark + rime[place + 1 :])


def _syllable(typed: str, method: _Method) -> str | None:
    """The syllable with diacritics that the lower-case keys would give, if there is one: "hoof" → "hồ"."""
    vowel = next((i for i, c in enumerate(typed) if c in "aeiouwy"), len(typed))
    tones = [i for i, c in enumerate(typed) if i > vowel and c in method.tones]
    if len(tones) > 1:
        return None
    mark = _TONES[method.tones.index(typed[tones[0]])] if tones else ""
    letters = typed[: tones[0]] + typed[tones[0] + 1 :] if tones else typed
    for cut in (3, 2, 1, 0):
        initial = "đ" if letters[:cut] == "d" + method.d else letters[:cut]
        rime = method.rimes.get(letters[cut:])
        if rime is None or initial not in _INITIALS or not _fits(initial, rime):
            continue
        if rime.endswith(("c", "ch", "k", "p", "t")) and mark not in ("\u0301", "\u0323"):
            return None
        syllable = initial + _toned(rime, mark)
        return None if syllable.isascii() else syllable
    return None


def _telex_certainty(typed: str, syllable: str, capitals: bool) -> _Certainty:
    """How surely lower-case letters are Telex, by which of its keys they hold."""
    decomposed = unicodedata.normalize("NFD", syllable)
    toned = any(c in _TONES for c in decomposed)
    shaped = any(c in "đ\u0302\u0306\u031b" for c in decomposed)
    adjacent = any(keys in typed for keys in ("aa", "ee", "oo", "w"))
    if typed in _DOUBTFUL:
        return _Certainty.DOUBTFUL
    if typed.startswith("dd") or (shaped and toned and adjacent):
        return _Certainty.SURE
    if shaped and not toned:
        return _Certainty.CLEAR if (adjacent and len(typed) > 4) or "uw" in typed else _Certainty.DOUBTFUL
    clear = not capitals and (len(typed) > 4 or "f" in typed or "j" in typed)
    return _Certainty.CLEAR if clear and len(typed) > 2 else _Certainty.DOUBTFUL


def _reading(word: str) -> tuple[_Method, _Certainty, str] | None:
    """How a word of plain letters (Telex), or letters and digits (VNI), reads as Vietnamese, if at all."""
    typed = word.lower()
    method = _TELEX if typed.isalpha() else _VNI
    # One letter and one digit is a label ("A4", "B1"), but "y1" is a word. No word starts with a lone w.
    label = method is _VNI and len(typed) == 2 and typed[0] != "y"
    if not word.isascii() or typed in _KEPT or typed[0] == "w" or label or not (syllable := _syllable(typed, method)):
        return None
    if method is _VNI:
        certainty = _Certainty.SURE if re.search("[1-9][a-z]", typed) else _Certainty.DOUBTFUL
    else:
        certainty = _telex_certainty(typed, syllable, word.isupper())
    capitalised = syllable.upper() if word.isupper() and len(syllable) > 1 else syllable.capitalize()
    return method, certainty, capitalised if word[0].isupper() else syllable


_CHUNK = re.compile(r"\S+")
_ADDRESS = re.compile(r"://|www\.|[@#_]|[^\W_]\.[^\W_]", re.IGNORECASE)
_WORD = re.compile(r"(?:[^\W_]|[\u0300-\u036f])+")


def _map_words(text: str, change: Callable[[str], str]) -> str:
    """The text with each word changed, but for those in web and mail addresses, file names and tags."""

    def changed(chunk: re.Match[str]) -> str:
        guarded = _ADDRESS.search(chunk.group())
        return chunk.group() if guarded else _WORD.sub(lambda word: change(word.group()), chunk.group())

    return _CHUNK.sub(changed, text)


def decode_keystrokes(text: str) -> str:
    """The text with uncomposed Telex and VNI composed: "noopj hoof sow", "no65p ho62 so7" → "nộp hồ sơ".

    A word that may be meant as it stands ("max", "so1") is read only beside a clear one of the same method. Text with
    diacritics was composed, so only what can be nothing else is read there. Idempotent.
    """
    words = {word for chunk in _CHUNK.findall(text) if not _ADDRESS.search(chunk) for word in _WORD.findall(chunk)}
    readings = {word: reading for word in words if (reading := _reading(word))}
    clear = {method.tones for method, certainty, _ in readings.values() if certainty > _Certainty.DOUBTFUL}
    composed = has_diacritics(unicodedata.normalize("NFC", text))
    decoded = {
        word: syllable
        for word, (method, certainty, syllable) in readings.items()
        if certainty is _Certainty.SURE or (method.tones in clear and not composed)
    }
    return _map_words(text, lambda word: decoded.get(word, word))


_ALIKE = dict(zip("асеорхуіјѕһԁԛԝӏАВСЕНІЈКМОРЅТХУԚԜ", "aceopxyijshdqwlABCEHIJKMOPSTXYQW", strict=True))
_ALIKE |= dict(zip("αονικρυΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "aovikpuABEZHIKMNOPTYX", strict=True))
# Letterlike, circled, ligatures, full width, squared, mathematical; then dark circles and squares, which NFKC leaves.
_EDGES = "\u2102\u2138\u24b6\u24e9\ufb00\ufb06\uff21\uff5a\U0001f130\U0001f149\U0001d400\U0001d7cb"
_CODES = (
    code for first, last in zip(_EDGES[::2], _EDGES[1::2], strict=True) for code in range(ord(first), ord(last) + 1)
)
_FANCY = {chr(code): unicodedata.normalize("NFKC", chr(code)) for code in _CODES}
_FANCY |= {chr(first + n): chr(ord("A") + n) for first in (0x1F150, 0x1F170) for n in range(26)}
_FANCY |= {chr(0xE0000 + ord(c)): c for c in ascii_letters}  # tags: invisible
_MARKS = "\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20f0\ufe20-\ufe2f"
_MARK = re.compile(f"[{_MARKS}]")
_FOREIGN_MARK = re.compile(f"(?![{_TONES}\u0302\u0306\u031b\u0340\u0341])[{_MARKS}]")
# Circled and squared letters are symbols to Python, and tags nothing at all.
_FOLDABLE_WORD = re.compile(
    rf"(?:[^\W\d_]|[{_MARKS}\u24b6-\u24e9\U0001f130-\U0001f189\U000e0041-\U000e005a\U000e0061-\U000e007a])+"
)
_BLACK_FLAG = "\U0001f3f4"  # before tag letters it is the flag of a region


def _latin(character: str) -> str:
    """The Latin letters that a character looks like, with its marks; itself where there are none."""
    plain = _FANCY.get(character, character)
    decomposed = unicodedata.normalize("NFD", plain)
    if decomposed[0] in _ALIKE:
        return _ALIKE[decomposed[0]] + decomposed[1:]
    return plain if plain.isascii() and plain.isalpha() else character


def _folded(word: str) -> str:
    """The word in Latin letters, with no marks but those of Vietnamese; as it came where that changes nothing."""
    latin = "".join(_latin(c) for c in word if not _FOREIGN_MARK.match(c))
    composed = "".join(c for c in unicodedata.normalize("NFC", latin) if not _MARK.match(c))
    return word if composed == unicodedata.normalize("NFC", word) else composed


def _is_latin(character: str) -> bool:
    return "LATIN" in unicodedata.name(character, "")


def _is_disguised(match: re.Match[str], among_latin: bool) -> bool:
    """Whether a word is Latin at heart: by another letter, by fancy letters, or by the words around it.

    A lone symbol ("Ⓐ"), a lone Greek letter ("α") and the tags of a flag are no words.
    """
    word = match.group()
    others = [c for c in word if c.isalpha() and _latin(c) == c]
    lone = len(word) == 1 and (not word.isalpha() or "α" <= word.lower() <= "ω")
    if lone or match.string[match.start() - 1 : match.start()] == _BLACK_FLAG:
        return False
    if others:
        return any(map(_is_latin, others))
    return any(c in _FANCY or (among_latin and c.isalpha()) for c in word)


def fold_look_alikes(text: str) -> str:
    """The text with letters that only look Latin made Latin: "сhuyển đổi ѕố", "𝐦𝐚̃ ＯＴＰ" → "chuyển đổi số", "mã OTP".

    Words of nothing but Cyrillic or Greek look-alikes change only in text that has Latin letters and none of another
    script. Marks piled on Latin letters go. Vietnamese in NFC stays as it is. Idempotent.
    """
    characters = set(text)
    latin = any(c in _FANCY or _is_latin(c) for c in characters)
    foreign = any(c.isalpha() and _latin(c) == c and not _is_latin(c) for c in characters)

    def folded(match: re.Match[str]) -> str:
        word = match.group()
        return _folded(word) if not word.isascii() and _is_disguised(match, latin and not foreign) else word

    return _FOLDABLE_WORD.sub(folded, text)


_HELD = re.compile(r"([a-z])\1{2,}")
_NUMERAL = re.compile(r"(?:x{0,3}|xl|lx{0,3})v?iii")


def squeeze(text: str) -> str:
    """The text with three or more of one letter as the first: "alooooo" → "alo", "quáaaa" → "quá". Idempotent.

    Words with digits or without a vowel ("CCCD", "www", "XXX"), Roman numerals and addresses stay.
    """
    return _map_words(text, _let_go)


def _let_go(word: str) -> str:
    bare = strip_diacritics(word)
    if set("aeiouy").isdisjoint(bare) or any(c.isdigit() for c in word) or _NUMERAL.fullmatch(bare):
        return word
    held = {i for match in _HELD.finditer(bare) for i in range(match.start() + 1, match.end())}
    return "".join(c for i, c in enumerate(word) if i not in held)
