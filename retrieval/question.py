"""A question made ready for search: cleaned, written out, its diacritics restored, its words and demands known."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from underthesea import word_tokenize

from retrieval.demands import Demand, Demands, demands_of
from retrieval.diacritics import OTHER, learned_model, rate_of_omission, restore_diacritics
from retrieval.keystrokes import decode_keystrokes, fold_look_alikes, squeeze
from retrieval.places import find_provinces, province_spans, with_province_names
from retrieval.text import expand_abbreviations, is_syllable, new_tone_marks, normalise, words
from retrieval.text import strip_diacritics as bare_form

# Words that shape a question but say nothing of its subject.
_FUNCTION_WORDS = frozenset(
    (
        "ạ ai anh à bác bạn bà bao bằng bị bởi cả các cách cái cần cháu chị cho chú chưa có còn con cô cũng cùng của "
        "dạ do dùng được đã đang đâu đây đấy để đến đi đó đúng em gì giúp hay hả hoặc hỏi khi không là làm lại lúc mà "
        "mấy mình mỗi một muốn này nào nên nếu ngày nhé nhiêu những như nhưng nơi ông ơi ở phải qua ra rồi rất sao sau "
        "sẽ số ta tại tôi tớ từ thế theo thì thôi trên trong và vào vậy vẫn về vì việc với vừa xin xem hướng dẫn biết "
        "nói bây giờ hiện nay nhỉ luôn chỉ trước hiểu lắm nghĩa"
    ).split()
)
_SHAPING_WORDS = frozenset(
    "tỷ lệ|tỉ lệ|bao nhiêu|như thế nào|thế nào|bao lâu|khi nào|bao giờ|tại sao|vì sao|ra sao|làm sao|hiện nay|bây giờ|"
    "hiện tại|gồm|tất cả|tổng cộng|cho biết|xin hỏi|phần trăm|số lượng|có thể|thì sao|người ta|mọi người|cụ thể|nêu|"
    "theo|bài|bài viết|tên|trích dẫn|số liệu|tài liệu|nhắc|loại|đặt|gọi|gọi là|quy định|nội dung|đạt|chiếm|số hiệu|"
    "văn bản|khác|khác nhau|cách thức|hình thức".split("|")
)
_FIGURE_ASKED = re.compile(r"bao nhiêu|\bmấy\b|t[ỷỉ] lệ|phần trăm|%|số lượng|mục tiêu|chỉ tiêu|tổng số|mức hỗ trợ")
_EXPLANATION_ASKED = re.compile(
    r"\bla gi\b|\bgom\b|\bnhung gi\b|\bthe nao\b|\bnhu nao\b|\blam sao\b|\bcach\b|\bcac buoc\b|\bhuong dan\b"
)
# "Word/Excel", "Zalo/Facebook": either will do. Parts of codes ("01-NQ/TU") and Vietnamese words are not meant.
_EITHER = re.compile(r"(?<![\w/.-])[^\W\d_]{2,}(?:/[^\W\d_]{2,})+(?![\w/-])")
_YEAR = re.compile(r"(?:19|20)\d\d")
# The most that one word can tell, in nats: about a word met once in a million.
MOST_TELLING = 14.0


@dataclass(frozen=True, slots=True)
class Question:
    """A question ready for search.

    `typed`: cleaned. `expanded`: abbreviations written out, diacritics restored. `bare`: some were, so its words are
    matched without, too. `terms`: its syllables and figures; `content`: those that carry the subject.
    `words`: its words of one or more syllables that carry the subject, provinces left out; `telling`: how rare each is
    in Vietnamese at large (0..MOST_TELLING). `either`: words of which one is enough.
    """

    typed: str
    expanded: str
    bare: bool
    provinces: tuple[str, ...]
    demands: Demands
    asks_figure: bool
    asks_explanation: bool
    terms: tuple[str, ...]
    content: tuple[str, ...]
    words: tuple[str, ...]
    telling: tuple[float, ...]
    either: tuple[frozenset[str], ...] = ()

    @property
    def years(self) -> frozenset[str]:
        """The years that the question names."""
        return frozenset(figure for figure in self.demands.given if _YEAR.fullmatch(figure))

    @property
    def asks_number(self) -> bool:
        """Whether an amount is asked for."""
        return bool(self.demands.kinds & {Demand.NUMBER, Demand.MONEY})


def understand(text: str, bare: bool | None = None) -> Question:
    """Make a question of what a person typed. `bare`: match without diacritics whatever the text looks like."""
    typed = normalise(decode_keystrokes(squeeze(fold_look_alikes(text))))
    written_out = expand_abbreviations(typed)
    expanded = restore_diacritics(written_out, rate_of_omission(typed))
    bare = expanded != written_out if bare is None else bare
    expanded = with_province_names(expanded, written_out)
    named = tuple(dict.fromkeys(find_provinces(bare_form(expanded) if bare else expanded)))
    demands = demands_of(expanded)
    plain = bare_form(expanded)
    found = words(expanded)
    subject = _subject(expanded)
    return Question(
        typed=typed,
        expanded=expanded,
        bare=bare,
        provinces=named,
        demands=demands,
        asks_figure=bool(_FIGURE_ASKED.search(new_tone_marks(expanded.lower()))),
        asks_explanation=bool(_EXPLANATION_ASKED.search(plain)) and not demands.kinds & {Demand.NUMBER, Demand.MONEY},
        terms=tuple(found),
        content=tuple(word for word in found if word not in _FUNCTION_WORDS),
        words=subject,
        telling=tuple(telling(word) for word in subject),
        either=tuple(_either(expanded)),
    )


def _subject(text: str) -> tuple[str, ...]:
    subject: dict[str, None] = {}
    for _, (start, end) in reversed(province_spans(text)):
        text = f"{text[:start]}, {text[end:]}"
    for found in word_tokenize(text):
        syllables = words(found)
        word = " ".join(syllables)
        shapes = word in _SHAPING_WORDS or all(syllable in _FUNCTION_WORDS for syllable in syllables)
        if word and not shapes:
            subject[word] = None
    return tuple(subject)


def _either(text: str) -> Iterator[frozenset[str]]:
    for match in _EITHER.finditer(text.lower()):
        parts = match.group().split("/")
        if not any(is_syllable(part) for part in parts):
            yield frozenset(parts)


@lru_cache(maxsize=20_000)
def telling(word: str) -> float:
    """How rare a word is in Vietnamese at large: minus the logarithm of its frequency, at most MOST_TELLING."""
    model = learned_model()
    ids = [model.ids.get(new_tone_marks(syllable)) for syllable in word.split()]
    if any(n is None or n == model.ids[OTHER] for n in ids):
        return MOST_TELLING
    known = [np.array([n], np.int64) for n in ids]
    log = float(model.unigram[known[0][0]])
    for a, b in pairwise(known):
        log += float(model.pairs(a, b)[0][0, 0])
    return min(-log, MOST_TELLING)
