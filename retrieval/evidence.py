"""How much of a question a passage answers, and which of its sentences to quote."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise

from retrieval.places import find_provinces
from retrieval.records import Document, Passage
from retrieval.text import ABBREVIATIONS, expand_abbreviations, has_diacritics, normalise, sentence_spans, words
from retrieval.text import strip_diacritics as bare_form

Idf = Callable[[str], float]
# Among runs that hold as much of the question, the one with less beside it.
_DENSITY = 0.5

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
_BARE_FUNCTION_WORDS = frozenset(bare_form(word) for word in _FUNCTION_WORDS)
_FIGURE_ASKED = re.compile(r"bao nhieu|\bmay\b|ty le|phan tram|%|so luong|muc tieu|chi tieu|tong so|muc ho tro")
_NUMBER_ASKED = re.compile(r"\bbao nhiêu\b|\bmấy\b|\btỷ lệ\b|\btỉ lệ\b|\bphần trăm\b|\bsố lượng\b")
_NUMBER_ASKED_BARE = re.compile(
    r"\bbao nhieu\b|\bco may\b|\bmay (nguoi|to|lop|tinh)\b|\bty le\b|\bphan tram\b|\bso luong\b"
)
_EXPLANATION_ASKED = re.compile(
    r"\bla gi\b|\bgom\b|\bnhung gi\b|\bthe nao\b|\bnhu nao\b|\blam sao\b|\bcach\b|\bcac buoc\b|\bhuong dan\b"
)
# Numbers that count nothing: dates, and the names of instruments and of their parts.
_NAMES_NOT_AMOUNTS = re.compile(
    r"(?:ngày |tháng )?\b\d{1,2}/\d{1,2}/\d{4}\b|\b(?:ngày|tháng) \d{1,2}\b(?:/\d{1,4}\b)?|\b\d+/\d{4}/[A-ZĐ]\S*"
    r"|\b(?:điều|khoản|điểm|chương|mục|nghị quyết|nghị định|quyết định|kế hoạch|công văn|thông tư|đề án)"
    r"(?: số)? \d+\S*",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_YEAR = re.compile(r"(?:19|20)\d\d")
# "một" and "năm" (also "year") are left out unless what they count follows.
_NUMBER_WORD = re.compile(
    r"\b(?:hai|ba|bốn|sáu|bảy|tám|chín|mười)\b|\bnăm (?=nhóm|bước|việc|kỹ năng|mức|loại|chương|điều|thành|người|tổ)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Question:
    """A question ready for search. `typed`: cleaned; `expanded`: abbreviations written out; `bare`: no diacritics."""

    typed: str
    expanded: str
    bare: bool
    provinces: tuple[str, ...]
    asks_figure: bool
    asks_number: bool
    asks_explanation: bool
    terms: tuple[str, ...]

    @property
    def content(self) -> list[str]:
        """The terms that carry the subject, in order, function words left out."""
        function_words = _BARE_FUNCTION_WORDS if self.bare else _FUNCTION_WORDS
        return [term for term in self.terms if term not in function_words]


def understand(text: str) -> Question:
    """Make a question of what a person typed."""
    typed = normalise(text)
    expanded = expand_abbreviations(typed)
    bare = not has_diacritics(typed)
    named = tuple(dict.fromkeys(find_provinces(bare_form(expanded) if bare else expanded)))
    terms = tuple(bare_form(word) if bare else word for word in words(expanded))
    plain, lowered = bare_form(expanded), expanded.lower()
    asks_number = bool(_NUMBER_ASKED_BARE.search(plain) if bare else _NUMBER_ASKED.search(lowered))
    return Question(
        typed=typed,
        expanded=expanded,
        bare=bare,
        provinces=named,
        asks_figure=bool(_FIGURE_ASKED.search(plain)),
        asks_number=asks_number,
        asks_explanation=bool(_EXPLANATION_ASKED.search(plain)) and not asks_number,
        terms=terms,
    )


class TermSet:
    """The words of a text, looked up as a question's words are typed: with their diacritics, or all without."""

    def __init__(self, text: str, bare: bool) -> None:
        flat = _written_out(words(text))
        flat += [part for word in flat if "/" in word for part in word.split("/")]
        self._words = {bare_form(word) for word in flat} if bare else set(flat)
        sequence = [bare_form(word) for word in flat] if bare else flat
        self._pairs = set(pairwise(sequence))

    def __contains__(self, term: object) -> bool:
        return term in self._pairs if isinstance(term, tuple) else term in self._words


def _written_out(tokens: Iterable[str]) -> list[str]:
    return [part for token in tokens for part in words(ABBREVIATIONS.get(bare_form(token), token))]


@dataclass(frozen=True, slots=True)
class Coverage:
    """Shares (0..1) of a question's subject found in a text, weighted by how rare each term is."""

    terms: float
    pairs: float


def coverage(question: Question, text: str, idf: Idf) -> Coverage:
    """How much of the question's terms, and of its neighbouring pairs, `text` holds."""
    return _covered(question, TermSet(text, question.bare), idf)


def _covered(question: Question, have: TermSet, idf: Idf) -> Coverage:
    content = set(question.content)
    weights = {term: idf(bare_form(term)) for term in content}
    pairs = {(a, b) for a, b in pairwise(question.terms) if a in content and b in content}
    pair_weights = {pair: min(idf(bare_form(" ".join(pair))), weights[pair[0]] + weights[pair[1]]) for pair in pairs}
    return Coverage(_share(weights, have), _share(pair_weights, have))


def _share(weights: dict[str, float] | dict[tuple[str, str], float], have: TermSet) -> float:
    total = sum(weights.values())
    return sum(weight for term, weight in weights.items() if term in have) / total if total else 0.0


def holds_number(question: Question, text: str) -> bool:
    """Whether a text gives an amount: no date, no name of an instrument, no number that the question itself names."""
    text = _NAMES_NOT_AMOUNTS.sub(" ", text)
    asked = set(_NUMBER.findall(question.typed))
    amounts = [number for number in _NUMBER.findall(text) if number not in asked and not _YEAR.fullmatch(number)]
    return bool(amounts or _NUMBER_WORD.search(text))


def answering_text(question: Question, text: str) -> str:
    """What of a text could answer: where an amount is asked for, sentences that give one, each with the last."""
    if not question.asks_number:
        return text
    sentences = [text[start:end] for start, end in sentence_spans(text)]
    giving = [n for n, sentence in enumerate(sentences) if holds_number(question, sentence)]
    return " ".join(sentences[n] for n in sorted({*giving, *(n - 1 for n in giving if n)}))


def context_of(document: Document, passage: Passage) -> str:
    """What a passage says through its place: title, section, province, year."""
    year = (document.issued or "")[:4]
    return " ".join(part for part in (document.title, passage.section, document.province, year) if part)


def best_window(question: Question, passage: Passage, idf: Idf, limit: int, least: int = 0) -> tuple[int, int]:
    """(start, end) in `passage.text` of the sentences, at most `limit` characters, that answer most with fewest words.

    A sentence longer than `limit` stands alone. Where a number is asked for, runs with one come first. A run shorter
    than `least` takes in its neighbours, the next before the one before, while it stays within `least`.
    """
    spans = sentence_spans(passage.text)
    if not spans:
        return 0, len(passage.text)
    best, chosen = (-1.0, -len(passage.text)), (0, len(spans) - 1)
    for first, (start, _) in enumerate(spans):
        for last in range(first, len(spans)):
            end = spans[last][1]
            if end - start > limit and last > first:
                break
            rank = (_fit(question, passage.text[start:end], idf), start - end)
            if rank > best:
                best, chosen = rank, (first, last)
    first, last = chosen
    while last + 1 < len(spans) and spans[last + 1][1] - spans[first][0] <= least:
        last += 1
    while first > 0 and spans[last][1] - spans[first - 1][0] <= least:
        first -= 1
    return spans[first][0], spans[last][1]


def _fit(question: Question, text: str, idf: Idf) -> float:
    present = TermSet(text, question.bare)
    found = _covered(question, present, idf)
    density = sum(term in present for term in set(question.content)) / max(1, len(words(text)))
    return round(found.terms + found.pairs + _DENSITY * density, 3) - (
        question.asks_number and not holds_number(question, text)
    )
