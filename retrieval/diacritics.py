"""Diacritics put back where a person typed none: an interpolated trigram model of syllables, decoded by Viterbi.

A syllable typed with a mark never changes, and text keeps its length in characters (NFC). What the model holds was
counted by `retrieval.learning.diacritics`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retrieval.text import has_diacritics, new_tone_marks, strip_diacritics

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]
LEARNED = Path(__file__).parent / "learned" / "diacritics.npz"
# Marks of a sentence's ends and of what is no syllable (figures, foreign words), as the model counts them.
START, END, OTHER = "<s>", "</s>", "<other>"
# Share of Vietnamese syllables that carry no mark in correct text (counted over the learning corpora: .24).
_BARE_IN_CORRECT_TEXT = 0.24
_CANDIDATES = 14
_LONGEST = 400
# A syllable, a figure, or the end of a sentence.
PIECE = re.compile(r"[^\W\d_]+|\d[\d.,/:%-]*|[.!?;\n]+")
# A word on its own: no part of an address, a code or a document's number.
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_WORD = re.compile(r"(?<![\w/@.\-])[^\W\d_]+(?![\w@/\-]|\.\w)|(?<=[^\s\w][ .])[^\W\d_]+(?![\w@/\-]|\.\w)")


@dataclass(frozen=True, slots=True)
class SyllableModel:
    """N-gram log-probabilities with back-off weights. Keys are sorted: `a*V + b`, `(a*V + b)*V + c`."""

    syllables: tuple[str, ...]
    unigram: Floats
    unigram_backoff: Floats
    bigram_keys: Ints
    bigram: Floats
    bigram_backoff: Floats
    trigram_keys: Ints
    trigram: Floats
    ids: dict[str, int]
    readings: dict[str, Ints]

    @classmethod
    def make(cls, syllables: Sequence[str], tables: Sequence[NDArray[np.generic]]) -> SyllableModel:
        """Index the tables by syllable, and the syllables by their bare form, the more frequent first."""
        unigram = np.asarray(tables[0], np.float32)
        ids = {syllable: n for n, syllable in enumerate(syllables)}
        readings: dict[str, list[int]] = {}
        for n in np.argsort(-unigram, kind="stable"):
            readings.setdefault(strip_diacritics(syllables[n]), []).append(int(n))
        return cls(
            tuple(syllables),
            unigram,
            np.asarray(tables[1], np.float32),
            np.asarray(tables[2], np.int64),
            np.asarray(tables[3], np.float32),
            np.asarray(tables[4], np.float32),
            np.asarray(tables[5], np.int64),
            np.asarray(tables[6], np.float32),
            ids,
            {bare: np.array(found[:_CANDIDATES], np.int64) for bare, found in readings.items()},
        )

    def pairs(self, a: Ints, b: Ints) -> tuple[Floats, Floats]:
        """Log-probability of each b after each a, and the back-off weight of each pair; both of shape (|a|, |b|)."""
        keys = a[:, None] * len(self.syllables) + b
        places, seen = _find(self.bigram_keys, keys)
        logs = np.where(seen, self.bigram[places], self.unigram_backoff[a][:, None] + self.unigram[b])
        return logs, np.where(seen, self.bigram_backoff[places], np.float32(0))

    def triples(self, a: Ints, b: Ints, c: Ints, after_b: Floats, backoff: Floats) -> Floats:
        """Log-probability of each c after each (a, b), shape (|a|, |b|, |c|); the rest is what `pairs` gave."""
        keys = (a[:, None, None] * len(self.syllables) + b[:, None]) * len(self.syllables) + c
        places, seen = _find(self.trigram_keys, keys)
        return np.where(seen, self.trigram[places], backoff[:, :, None] + after_b)


def _find(keys: Ints, wanted: Ints) -> tuple[Ints, NDArray[np.bool_]]:
    places = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return places, keys[places] == wanted


@cache
def learned_model(path: Path = LEARNED) -> SyllableModel:
    """The model that ships."""
    with np.load(path) as stored:
        syllables = bytes(stored["syllables"]).decode().split("\n")
        tables = [stored[name] for name in ("unigram", "unigram_backoff", "bigram_keys", "bigram", "bigram_backoff")]
        tables += [stored["trigram_keys"], stored["trigram"]]
    tables[2], tables[5] = np.cumsum(tables[2].astype(np.int64)), np.cumsum(tables[5].astype(np.int64))
    return SyllableModel.make(syllables, tables)


def rate_of_omission(text: str) -> float:
    """How likely the person who typed this leaves the mark off a syllable that has one (0..1)."""
    bare = [not has_diacritics(match.group()) for match in _WORD.finditer(text)]
    share = sum(bare) / len(bare) if bare else 0.0
    return max(0.0, (share - _BARE_IN_CORRECT_TEXT) / (1 - _BARE_IN_CORRECT_TEXT))


def restore_diacritics(text: str, rate: float | None = None, model: SyllableModel | None = None) -> str:
    """NFC text with the most likely diacritics on the syllables typed without any; all else stays as it is.

    `rate`: how often this person leaves marks off (by default seen from the text): the less, the more a bare syllable
    is believed to be meant so.
    """
    rate = rate_of_omission(text) if rate is None else rate
    if rate <= 0:
        return text
    model = model or learned_model()
    addresses = [match.span() for match in _ADDRESS.finditer(text)]
    spans = (match.span() for match in _WORD.finditer(text))
    found = [span for span in spans if not any(a <= span[0] < b for a, b in addresses)][:_LONGEST]
    open_words = {(start, end): not has_diacritics(text[start:end]) for start, end in found}
    changes: list[tuple[int, int, str]] = []
    for sentence in _sentences(text):
        lattice = [_options(model, text[slice(*span)], open_words.get(span, False), rate) for span in sentence]
        chosen = _viterbi(model, lattice)
        for (start, end), choice in zip(sentence, chosen, strict=True):
            if open_words.get((start, end)) and model.syllables[choice] not in (OTHER, text[start:end].lower()):
                changes.append((start, end, _cased(text[start:end], model.syllables[choice])))
    for start, end, new in reversed(changes):
        text = text[:start] + new + text[end:]
    return text


def _sentences(text: str) -> Iterable[list[tuple[int, int]]]:
    """Spans of words and figures, sentence by sentence."""
    spans: list[tuple[int, int]] = []
    for match in PIECE.finditer(text):
        if match.group()[0] in ".!?;\n":
            if spans:
                yield spans
            spans = []
        else:
            spans.append(match.span())
    if spans:
        yield spans


def _options(model: SyllableModel, word: str, is_open: bool, rate: float) -> tuple[Ints, Floats]:
    """The readings of a word as ids, and the log-probability that each was typed so."""
    word = new_tone_marks(word.lower())
    own = model.ids.get(word, model.ids[OTHER])
    readings = model.readings.get(word) if is_open else None
    if readings is None:
        return np.array([own], np.int64), np.zeros(1, np.float32)
    with_mark, without = np.log(rate), 0.0
    typed_so = np.array([without if n == own else with_mark for n in readings], np.float32)
    return readings, typed_so


def _viterbi(model: SyllableModel, lattice: Sequence[tuple[Ints, Floats]]) -> list[int]:
    """The likeliest id at each place."""
    edge = np.array([model.ids[START]], np.int64)
    before, current = edge, edge
    score = np.zeros((1, 1), np.float32)
    backoff = np.zeros((1, 1), np.float32)
    came_from: list[Ints] = []
    end = (np.array([model.ids[END]], np.int64), np.zeros(1, np.float32))
    for options, typed_so in [*lattice, end]:
        after, next_backoff = model.pairs(current, options)
        reached = score[:, :, None] + model.triples(before, current, options, after, backoff)
        best = reached.argmax(axis=0)
        came_from.append(best)
        score = np.take_along_axis(reached, best[None], axis=0)[0] + typed_so
        before, current, backoff = current, options, next_backoff
    last, here = (int(n) for n in np.unravel_index(score.argmax(), score.shape))
    path = []
    for step in range(len(lattice), 0, -1):
        path.append(int(lattice[step - 1][0][last]))
        last, here = int(came_from[step][last, here]), last
    return path[::-1]


def _cased(typed: str, restored: str) -> str:
    if typed.isupper() and len(typed) > 1:
        return restored.upper()
    return restored[0].upper() + restored[1:] if typed[0].isupper() else restored
