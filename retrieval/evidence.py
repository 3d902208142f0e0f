"""How surely a passage answers a question, and which of its sentences to quote.

Every run of a few sentences of a passage is described by a few numbers (FEATURES). Two learned linear models read
them: one ranks runs as quotes, the other gives the probability that the best run answers at all
(`retrieval.learning.evidence`).
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, reduce
from itertools import pairwise
from operator import mul, or_
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval import tuning
from retrieval.demands import SOFT, Demand
from retrieval.places import find_provinces
from retrieval.question import MOST_TELLING, Question
from retrieval.records import Document, Hit, Passage, khoan_of
from retrieval.split import passage_spans
from retrieval.text import ABBREVIATIONS, words
from retrieval.text import strip_diacritics as bare_form

Floats = NDArray[np.float32]
LEARNED = Path(__file__).parent / "learned" / "evidence.json"
FEATURES = (
    # Shares of the question's words found, each weighted by how telling it is: in the run, with its heading and title,
    # in the passage.
    "run",
    "run_placed",
    "passage",
    # The most telling word that is missing: from the run with its place, from the passage; and how many are missing.
    "missing_run",
    "missing_passage",
    "missing_count",
    # A province that the question names and the passage does not.
    "place_missing",
    # A passage about one province, where the question names none.
    "place_unasked",
    # The same shares by syllables and by neighbouring pairs, weighted by rarity in the index.
    "syllables",
    "syllables_placed",
    "pairs",
    "heading",
    # Nearness: passage, nearest sentence, the run's own nearest sentence; fused score, and its distance from the best.
    "dense",
    "sentence",
    "run_sentence",
    "fused",
    "behind",
    # How people ask for the document: nearness, its distance from the best, the share of words found there or in the
    # passage, the most telling word missing from both, and the share of syllables found there alone.
    "asked",
    "asked_behind",
    "asked_words",
    "missing_asked",
    "asked_syllables",
    # What is asked for and not given.
    "no_number",
    "no_money",
    "no_date",
    "no_duration",
    "no_clock",
    "no_person",
    "no_phone",
    "no_instrument_number",
    "no_percent",
    "no_address",
    "no_place",
    "no_papers",
    "no_thing",
    "number_given",
    "another_instrument",
    "figures_missing",
    "figures_missing_run",
    # Papers are asked for and listed under their heading; instruments are listed, and not asked for.
    "papers_listed",
    "law_unasked",
    # The run names years, but none that the question names.
    "other_year",
    # The shape of run and question.
    "length",
    "first",
    "single",
    "few_words",
    "many_words",
)
_YEAR = re.compile(r"(?<![\d.,])(?:19|20)\d\d(?![\d.,]*\d)")
_NAMED_FILE = re.compile(r"\b(?:nghi-dinh|nghi-quyet|quyet-dinh|thong-tu|chi-thi|ke-hoach|cong-van|luat)-(?:so-)?\d.*")
_PAPERS = re.compile(r"\bgiấy tờ\b|\bhồ sơ gồm\b|\bThành phần hồ sơ\b")
_LAW = re.compile(r"\btheo văn bản nào\b|\bCăn cứ pháp lý\b")
_LAW_ASKED = re.compile(r"\b(?:luật|nghị định|thông tư|quyết định|văn bản|quy định|căn cứ|điều|khoản)\b")
DEMANDED = {
    "no_number": Demand.NUMBER,
    "no_money": Demand.MONEY,
    "no_date": Demand.DATE,
    "no_duration": Demand.DURATION,
    "no_clock": Demand.CLOCK,
    "no_person": Demand.PERSON,
    "no_phone": Demand.PHONE,
    "no_instrument_number": Demand.INSTRUMENT_NUMBER,
    "no_percent": Demand.PERCENT,
    "no_address": Demand.ADDRESS,
    "no_place": Demand.PLACE,
    "no_papers": Demand.PAPERS,
    "no_thing": Demand.THING,
}


def context_of(document: Document, passage: Passage) -> str:
    """What a passage says through its place: title, section, number, province, year."""
    year = (document.issued or "")[:4]
    said = (document.title, passage.section, document.number, document.province, year)
    return " ".join(part for part in said if part)


def said_with_place(hit: Hit) -> str:
    """What a passage says, by its place and by itself; a number that is not confirmed yet by the name of its file."""
    named = None if hit.document.number else _NAMED_FILE.search(hit.document.id)
    file = named.group().replace("-", " ") if named else ""
    return f"{context_of(hit.document, hit.passage)} {file} {hit.passage.text}"


def _flat(text: str) -> str:
    """The words of a text between single spaces, abbreviations written out, parts of codes also on their own."""
    found = words(text)
    bare = bare_form(" ".join(found)).split()
    if not ABBREVIATIONS.keys().isdisjoint(bare):
        pairs = zip(found, bare, strict=True)
        found = [said for word, short in pairs for said in (words(ABBREVIATIONS.get(short, "")) or [word])]
    parts = [part for word in found if "/" in word for part in word.split("/") if part]
    return f" {' '.join(found + parts)} "


@dataclass(frozen=True, slots=True)
class _Text:
    """A text as words are looked up in it: with diacritics and without."""

    marked: str
    bare: str

    @classmethod
    def of(cls, text: str) -> _Text:
        flat = _flat(text)
        return cls(flat, bare_form(flat))


@dataclass(frozen=True, slots=True)
class _Prepared:
    spans: tuple[tuple[int, int], ...]
    khoan: tuple[int, ...]
    sentences: tuple[_Text, ...]
    years: tuple[frozenset[str], ...]
    context: _Text
    heading: _Text
    asked: _Text


@dataclass(frozen=True, slots=True)
class Weights:
    """The two learned models over FEATURES, and the probability below which there is no answer."""

    rank: Floats
    answer: Floats
    bias: float
    threshold: float

    @classmethod
    def load(cls, path: Path = LEARNED) -> Weights:
        """Those that ship. ValueError if they belong to other features."""
        stored = json.loads(path.read_text(encoding="utf-8"))
        if tuple(stored["features"]) != FEATURES:
            raise ValueError(f"{path}: learned for other features; run python -m retrieval.learning evidence")
        rank, answer = (np.array(stored[name], np.float32) for name in ("rank", "answer"))
        return cls(rank, answer, float(stored["bias"]), tuning.EVIDENCE)


@cache
def learned_weights() -> Weights:
    """The weights that ship, read once."""
    return Weights.load()


@dataclass(frozen=True, slots=True)
class Runs:
    """The runs of one passage for one question. `features`: shape (runs, FEATURES); spans are offsets into its text.

    Shares (0..1) of the question's syllables: `coverage` with pairs and meaning, `heading` in the heading alone,
    `found` in the whole passage; and of its words: `words`.
    """

    spans: tuple[tuple[int, int], ...]
    features: Floats
    coverage: float
    heading: float
    found: float
    words: float


class Reader:
    """Reads passages of one index for questions; what it prepares of a passage is kept."""

    def __init__(self, index: Any) -> None:
        self._index = index
        self._prepared: dict[str, _Prepared] = {}

    def read(self, question: Question, hits: Sequence[Hit], query: Floats | None) -> list[Runs]:
        """Describe every run of each passage. `query`: the question's vector, shape (dimension,)."""
        needles = _Needles(question, self._index.lexical.idf)
        best = max((hit.fused for hit in hits), default=0.0)
        nearest = max((hit.asked for hit in hits), default=0.0)
        prepared = [self._prepare(hit) for hit in hits]
        found = needles.found([(*each.sentences, each.context, each.heading, each.asked) for each in prepared])
        each_hit = zip(hits, prepared, found, strict=True)
        return [self._read(question, needles, *one, best, nearest, query) for one in each_hit]

    def _read(
        self,
        question: Question,
        needles: _Needles,
        hit: Hit,
        prepared: _Prepared,
        held: Sequence[int],
        best: float,
        nearest: float,
        query: Floats | None,
    ) -> Runs:
        *found, context, heading, phrases = held
        passage = reduce(or_, found, context)
        near = self._sentence_scores(hit, query, len(found))
        place = f"{hit.document.title}. {hit.passage.section}. "
        given = [question.demands.missing_from(hit.passage.text[start:end], place) for start, end in prepared.spans]
        another = question.demands.names_another(said_with_place(hit))
        shared = {
            "passage": needles.words.of(passage),
            "missing_passage": needles.words.most_missing(passage) / MOST_TELLING,
            "missing_count": needles.words.missing(passage),
            "place_missing": bool(question.provinces) and not _names_all(question.provinces, hit),
            "place_unasked": bool(hit.document.province) and not question.provinces,
            "heading": needles.syllables.of(heading),
            "dense": (hit.dense - 0.85) * 10,
            "sentence": (hit.sentence - 0.85) * 10,
            "fused": hit.fused,
            "behind": best - hit.fused,
            "asked": hit.asked,
            "asked_behind": nearest - hit.asked,
            "asked_words": needles.words.of(passage | phrases),
            "missing_asked": needles.words.most_missing(passage | phrases) / MOST_TELLING,
            "asked_syllables": needles.syllables.of(phrases),
            "papers_listed": Demand.PAPERS in question.demands.kinds and bool(_PAPERS.search(hit.passage.section)),
            "law_unasked": bool(_LAW.search(hit.passage.section)) and not _LAW_ASKED.search(question.expanded.lower()),
            "another_instrument": another,
            "figures_missing": needles.figures_missing(passage),
            "few_words": len(question.words) < 3,
            "many_words": min(len(question.words), 12) / 12,
        }
        asked, of_place = question.years, set(_YEAR.findall(prepared.context.marked))
        spans, rows = [], []
        for first, last in _runs(prepared.spans, prepared.khoan):
            start, end = prepared.spans[first][0], prepared.spans[last][1]
            run, missing = found[first], given[first]
            for n in range(first + 1, last + 1):
                run, missing = run | found[n], missing & given[n]
            placed = run | context
            years = frozenset[str]().union(*prepared.years[first : last + 1])
            row = shared | {
                "run": needles.words.of(run),
                "run_placed": needles.words.of(placed),
                "missing_run": needles.words.most_missing(placed) / MOST_TELLING,
                "syllables": needles.syllables.of(run),
                "syllables_placed": needles.syllables.of(placed),
                "pairs": needles.pairs.of(run),
                "run_sentence": (max(near[first : last + 1]) - 0.85) * 10,
                "figures_missing_run": needles.figures_missing(placed),
                "other_year": bool(asked and years) and asked.isdisjoint(years | of_place),
                "number_given": question.asks_number and not missing - SOFT,
                "length": (end - start) / 500,
                "first": first == 0,
                "single": first == last,
            }
            for name, demand in DEMANDED.items():
                row[name] = demand in missing
            spans.append((start, end))
            rows.append([row[name] for name in FEATURES])
        usable = [n for n in range(len(found)) if not question.asks_number or not given[n] - SOFT - {Demand.THING}]
        covering = context
        for n in {*usable, *(n - 1 for n in usable if n and question.asks_number)}:
            covering |= found[n]
        coverage = needles.coverage(covering, hit.dense, question) if usable else 0.0
        shares = needles.syllables
        return Runs(
            tuple(spans),
            np.array(rows, np.float32),
            coverage,
            shares.of(heading),
            shares.of(passage),
            needles.words.of(passage),
        )

    def _prepare(self, hit: Hit) -> _Prepared:
        prepared = self._prepared.get(hit.passage.id)
        if prepared is None:
            text = hit.passage.text
            spans = tuple(passage_spans(hit.passage))
            begins = khoan_of(hit.passage)
            prepared = _Prepared(
                spans,
                tuple(bisect_right(begins, start) for start, _ in spans),
                tuple(_Text.of(text[start:end]) for start, end in spans),
                tuple(frozenset(_YEAR.findall(text[start:end])) for start, end in spans),
                _Text.of(context_of(hit.document, hit.passage)),
                _Text.of(hit.passage.section),
                _Text.of(". ".join(hit.document.asked_as)),
            )
            if len(self._prepared) > tuning.PREPARED_PASSAGES:
                self._prepared.clear()
            self._prepared[hit.passage.id] = prepared
        return prepared

    def _sentence_scores(self, hit: Hit, query: Floats | None, count: int) -> list[float]:
        row = hit.passage.row
        start, end = self._index.sentence_starts[row], self._index.sentence_starts[row + 1]
        if query is None or end - start != count:
            return [hit.sentence] * count
        scores: list[float] = (self._index.sentences[start:end].astype(np.float32) @ query).tolist()
        return scores


def _names_all(provinces: Sequence[str], hit: Hit) -> bool:
    said = f"{context_of(hit.document, hit.passage)}. {hit.passage.text}"
    return set(find_provinces(said)).issuperset(provinces)


def _runs(spans: Sequence[tuple[int, int]], khoan: Sequence[int]) -> Iterator[tuple[int, int]]:
    """(first, last) of every run of sentences that may be quoted; a sentence longer than the limit stands alone.

    `khoan`: the khoản of law that each sentence stands in; no run crosses into another, so that one can be cited.
    """
    for first in range(len(spans)):
        for last in range(first, min(first + tuning.QUOTE_SENTENCES, len(spans))):
            if last > first and spans[last][1] - spans[first][0] > tuning.QUOTE_CHARACTERS:
                break
            if khoan[last] != khoan[first]:
                break
            yield first, last


class _Needles:
    """A question's words, syllables and neighbouring pairs with their weights. What a text holds is a bit for each.

    Of a question typed without diacritics each counts in two halves: as restored, and without diacritics.
    """

    def __init__(self, question: Question, idf: Any) -> None:
        content = list(dict.fromkeys(question.content))
        rarity = {term: idf(bare_form(term)) for term in content}
        pairs = {(a, b) for a, b in pairwise(question.terms) if a in rarity and b in rarity}
        pair_weights = [min(idf(bare_form(f"{a} {b}")), rarity[a] + rarity[b]) for a, b in pairs]
        said = (*question.words, *content, *(f"{a} {b}" for a, b in pairs))
        self._marked = [f" {needle} " for needle in said]
        self._bare = [bare_form(needle) for needle in self._marked] if question.bare else []
        halves = (0, len(said)) if question.bare else (0,)
        self.words = _Shares(question.telling, 0, halves, 1.0)
        self.syllables = _Shares(list(rarity.values()), len(question.words), halves)
        self.pairs = _Shares(pair_weights, len(question.words) + len(content), halves)
        self._either = [sum(1 << n for n, one in enumerate(said) if one in words) for words in question.either]
        self._figures = sum(1 << n for n, term in enumerate(content, len(question.words)) if term[0].isdigit())

    def found(self, passages: Sequence[Sequence[_Text]]) -> list[list[int]]:
        """What each text of each passage holds.

        What none of them holds as restored was probably restored wrongly: there its bare form alone counts.
        """
        found = [[_held(self._marked, text.marked) for text in texts] for texts in passages]
        if self._bare:
            trusted = reduce(or_, (held for texts in found for held in texts), 0)
            for held, texts in zip(found, passages, strict=True):
                for n, text in enumerate(texts):
                    bare = _held(self._bare, text.bare)
                    held[n] |= bare & ~trusted | bare << len(self._marked)
        return [[self._with_either(held) for held in texts] for texts in found]

    def _with_either(self, found: int) -> int:
        for group in self._either:
            found |= group if found & group else 0
        return found

    def figures_missing(self, found: int) -> bool:
        return bool(self._figures & ~found)

    def coverage(self, found: int, dense: float, question: Question) -> float:
        """One number (0..1) of words and meaning, for comparing a topic's section with others."""
        terms, pairs = self.syllables.of(found), self.pairs.of(found)
        if len(question.content) < 2:
            return terms
        if question.bare:
            few = len(question.content) < tuning.FEW_TERMS
            weight = tuning.PAIR_WEIGHT_BARE_FEW if few else tuning.PAIR_WEIGHT_BARE
            return terms * (1 - weight) + pairs * weight
        meaning = float(np.clip((dense - tuning.DENSE_LOW) / (tuning.DENSE_HIGH - tuning.DENSE_LOW), 0, 1))
        rest = 1 - tuning.PAIR_WEIGHT - tuning.DENSE_EVIDENCE_WEIGHT
        return terms * rest + pairs * tuning.PAIR_WEIGHT + meaning * tuning.DENSE_EVIDENCE_WEIGHT


class _Shares:
    """Sums of weights by their bits, the first of which is `first`; runs of a passage ask for the same few again.

    `halves`: where the bits stand, once, or twice if each is worth half.
    """

    def __init__(self, weights: Sequence[float], first: int, halves: Sequence[int], nothing: float = 0.0) -> None:
        self._weights, self._nothing = weights, nothing
        self._shifts = [first + half for half in halves]
        self._all, self._total = (1 << len(weights)) - 1, sum(weights)
        self._own = sum(self._all << shift for shift in self._shifts)
        self._known: dict[int, tuple[float, float, float]] = {}

    def of(self, found: int) -> float:
        """The share of all weight that the bits hold; `nothing` where there is no weight."""
        return self._read(found)[0]

    def most_missing(self, found: int) -> float:
        """The greatest weight without its bit, 0 where none is."""
        return self._read(found)[1]

    def missing(self, found: int) -> float:
        """How many of the bits are not set, as a share."""
        return self._read(found)[2]

    def _read(self, found: int) -> tuple[float, float, float]:
        known = self._known.get(found & self._own)
        if known is None:
            masks = [found >> shift & self._all for shift in self._shifts]
            held = [sum(mask >> n & 1 for mask in masks) / len(masks) for n in range(len(self._weights))]
            share = sum(map(mul, self._weights, held)) / self._total if self._total else self._nothing
            lack = max((weight * (1 - part) for weight, part in zip(self._weights, held, strict=True)), default=0.0)
            known = self._known[found & self._own] = share, lack, 1 - sum(held) / len(held) if held else 0.0
        return known


def _held(needles: Sequence[str], hay: str) -> int:
    """A bit for each needle that is found."""
    mask = 0
    for n, needle in enumerate(needles):
        if needle in hay:
            mask |= 1 << n
    return mask
