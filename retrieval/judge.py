"""Whether a passage may be quoted for a question: the probability that it answers, and the reason if it must not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from retrieval import tuning
from retrieval.demands import SOFT, Demand
from retrieval.embedder import Vectors
from retrieval.evidence import Reader, Runs, Weights, said_with_place
from retrieval.places import find_provinces
from retrieval.question import Question, understand
from retrieval.records import Hit
from retrieval.text import is_syllable

_DEFINITION_ASKED = re.compile(
    r"\W*(?:cho (?:em |tôi )?hỏi |thế nào là )?(.{2,60}?) (?:nghĩa )?là (?:gì|chi|sao|thế nào)\b"
)
_YEARS_OLD = re.compile(r"(?<!\d)(\d{1,3}) tuổi\b")
_UNDER, _FROM = re.compile(r"\bdưới (\d{1,3}) tuổi\b"), re.compile(r"\btừ (?:đủ )?(\d{1,3}) tuổi\b")
_CHILD = re.compile(r"\b(?:cháu|con|bé|trẻ)\b")
_OLD, _OLD_AGE = re.compile(r"\b(?:người già|người cao tuổi|cụ (?:ông|bà)|ông nội|ông ngoại|bà nội|bà ngoại)\b"), 60


def judged(question: Question, hits: Sequence[Hit], reader: Reader, weights: Weights, vector: Vectors) -> list[Hit]:
    """The hits with their evidence, their best run of sentences, and `rejected` set where there is a reason.

    In a new order: what a second look at their sentences says counts beside the fused score, the more so the more of
    the question's own words were found at all.
    """
    read = reader.read(question, hits, vector)
    found = max((runs.found for runs in read), default=0.0)
    most = tuning.SECOND_LOOK_BARE if question.bare else tuning.SECOND_LOOK
    weight = most * max(0.0, (found - tuning.GROUNDED) / (1 - tuning.GROUNDED))
    looked = [_judged(question, hit, runs, weights) for hit, runs in zip(hits, read, strict=True)]
    return sorted(looked, key=lambda hit: -(hit.fused + tuning.ASKED * hit.asked + weight * hit.rank))


def _judged(question: Question, hit: Hit, runs: Runs, weights: Weights) -> Hit:
    ranks = runs.features @ weights.rank
    chosen = int(ranks.argmax())
    scored = replace(
        hit,
        evidence=1 / (1 + float(np.exp(-(runs.features[chosen] @ weights.answer + weights.bias)))),
        heading=runs.heading,
        coverage=runs.coverage,
        quote=runs.spans[chosen],
        rank=float(ranks[chosen]),
    )
    return replace(scored, rejected=_why_rejected(question, scored, runs, weights.threshold))


def _why_rejected(question: Question, hit: Hit, runs: Runs, threshold: float) -> str | None:
    if is_elsewhere(question, hit):
        return "other_province"
    if is_of_other_age(question, hit):
        return "other_age"
    quote = hit.passage.text[hit.quote[0] : hit.quote[1]]
    missing = question.demands.missing_from(quote) - SOFT
    if Demand.MONEY not in question.demands.kinds:  # what is counted may be said in other words; what is paid is not
        missing -= {Demand.THING}
    if missing:
        return f"no_{min(missing).value}"
    if question.demands.names_another(said_with_place(hit)):
        return "other_instrument"
    # One syllable is found everywhere.
    if len(question.content) < 2 and not _is_headed(question, hit) and not _is_defined(question, quote):
        return "too_little"
    nothing = not runs.words and runs.found < tuning.FOUND_LEAST  # alike by meaning, or by chance
    return "weak_evidence" if nothing or hit.evidence < threshold else None


def is_elsewhere(question: Question, hit: Hit) -> bool:
    """Whether the question is about a province, and the passage about another, or a figure about none."""
    province = hit.document.province
    if not question.provinces:
        return False
    if province:
        return province not in question.provinces
    return question.asks_figure and provinces_named(hit).isdisjoint(question.provinces)


def is_of_other_age(question: Question, hit: Hit) -> bool:
    """Whether a person of the age in question cannot be meant by a title or heading: "người dưới 14 tuổi"."""
    age = _age(question)
    if age is None:
        return False
    named = f"{hit.document.title}. {hit.passage.section}".lower()
    too_old = any(age >= int(limit) for limit in _UNDER.findall(named))
    too_young = any(age < int(limit) for limit in _FROM.findall(named))
    return too_old or too_young


def _age(question: Question) -> int | None:
    """The one age in years that a question names, or that of old people."""
    text = question.expanded.lower()
    ages = {int(age) for age in _YEARS_OLD.findall(text)}
    if len(ages) == 1 and not (_UNDER.search(text) or _FROM.search(text)):
        return ages.pop()
    # Grandparents also come for a child: then it is not their own age that counts.
    return _OLD_AGE if not ages and _OLD.search(text) and not _CHILD.search(text) else None


def _is_headed(question: Question, hit: Hit) -> bool:
    """Whether a passage stands under a heading that defines the question's one word: "Mã OTP là gì?"."""
    if hit.heading != 1 or any(is_syllable(term) for term in question.content):
        return False
    heading = understand(hit.passage.section)
    return heading.asks_explanation and len(heading.content) <= 2


def _is_defined(question: Question, quote: str) -> bool:
    """Whether a quote begins a sentence as a definition of what is asked: "29. Bản sao số là…"."""
    asked = _DEFINITION_ASKED.match(question.expanded.lower())
    return bool(asked and re.search(rf"(?:^|[.;:\n]) *(?:\d+\. )?{re.escape(asked[1])} là\b", quote.lower()))


def provinces_named(hit: Hit) -> frozenset[str]:
    """The provinces that a passage and its heading name."""
    return frozenset(find_provinces(f"{hit.passage.section} {hit.passage.text}"))
