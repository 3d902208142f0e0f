"""Whether a passage can answer a question: its evidence, and the reason if it is rejected."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from retrieval import tuning
from retrieval.evidence import Idf, Question, answering_text, context_of, coverage, understand
from retrieval.places import find_provinces
from retrieval.records import Hit
from retrieval.text import is_syllable


def judged(question: Question, hit: Hit, idf: Idf) -> Hit:
    """The hit with its evidence (0..1), and `rejected` set to the reason if it must not be quoted."""
    heading = coverage(question, hit.passage.section, idf).terms
    text = answering_text(question, hit.passage.text)
    scored = replace(hit, evidence=_evidence(question, hit, text, idf), heading=heading)
    return replace(scored, rejected=_why_rejected(question, scored, text))


def _evidence(question: Question, hit: Hit, text: str, idf: Idf) -> float:
    found = coverage(question, f"{context_of(hit.document, hit.passage)} {text}", idf)
    if len(question.content) < 2:
        return found.terms
    if question.bare:  # the model knows little of text without diacritics, so words alone decide
        few = len(question.content) < tuning.FEW_TERMS
        pair_weight = tuning.PAIR_WEIGHT_BARE_FEW if few else tuning.PAIR_WEIGHT_BARE
        return found.terms * (1 - pair_weight) + found.pairs * pair_weight
    meaning = float(np.clip((hit.dense - tuning.DENSE_LOW) / (tuning.DENSE_HIGH - tuning.DENSE_LOW), 0, 1))
    terms_weight = 1 - tuning.PAIR_WEIGHT - tuning.DENSE_EVIDENCE_WEIGHT
    return found.terms * terms_weight + found.pairs * tuning.PAIR_WEIGHT + meaning * tuning.DENSE_EVIDENCE_WEIGHT


def _why_rejected(question: Question, hit: Hit, text: str) -> str | None:
    province = hit.document.province
    if question.provinces and province and province not in question.provinces:
        return "other_province"
    if question.provinces and not province and question.asks_figure and not _names_one_of(question, hit):
        return "other_province"
    if not text:
        return "no_number"
    if len(question.content) < 2 and not _is_headed(question, hit):  # one syllable is found everywhere
        return "too_little"
    threshold = tuning.EVIDENCE_BARE if question.bare else tuning.EVIDENCE
    return "weak_evidence" if hit.evidence < threshold else None


def _is_headed(question: Question, hit: Hit) -> bool:
    """Whether a passage stands under a heading that defines the question's one word: "Mã OTP là gì?"."""
    rare = not any(is_syllable(term) for term in question.content)
    heading = understand(hit.passage.section)
    return rare and hit.heading == 1 and heading.asks_explanation and len(heading.content) <= 2


def _names_one_of(question: Question, hit: Hit) -> bool:
    named = find_provinces(f"{hit.passage.section} {hit.passage.text}")
    return not set(question.provinces).isdisjoint(named)
