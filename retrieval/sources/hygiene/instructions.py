"""Sentences that order a machine what to say or do, apart from those that tell of such orders or speak to people."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator

from retrieval.sources.hygiene.findings import Kind, Span, short
from retrieval.sources.hygiene.orders import GOES_ON, OPENING, RULES, SPEAKS, TELLS, TORN, Rule
from retrieval.sources.hygiene.spans import LONGEST_SENTENCE, NEAR, sentence_around, without_overlaps

_BREAK = re.compile(r"(?:[.!?…;][\"”’)]*+\s+|\n\s*+)[\"“(*•-]*\s?(\w)")


def instructions(text: str, folded: str) -> list[Span]:
    """The sentences with orders in a text; `folded`: the same from `folding.fold`."""
    spans: list[Span] = []
    for rule in RULES:
        end = 0
        for match in rule.pattern.finditer(folded):
            if match.start() < end or _is_broken(text[match.start() : match.end()]):
                continue
            start, end = sentence_around(text, match.start(), match.end())
            cut = _is_order(rule, text, folded, start, end, match)
            spans.append(Span(start, end, rule.kind, cut, short(text[start:end])))
    spans += _torn(text, folded)
    return without_overlaps([*spans, *_going_on(text, folded, [span for span in spans if span.cut])])


def _is_broken(words: str) -> bool:
    """Whether one sentence ends and another begins within what matched."""
    return not words.isupper() and any(match.group(1).isupper() for match in _BREAK.finditer(words))


def _is_order(rule: Rule, text: str, folded: str, start: int, end: int, match: re.Match[str]) -> bool:
    """Whether a sentence gives the order, and does not tell of it nor speak of people's work."""
    before = folded[max(start, match.start() - NEAR) : match.start()]
    if TELLS.search(before) or _in_quotes(text, start, end, match.start()):
        return False
    return not rule.people.search(before + match.group()) and (not rule.opens or bool(OPENING.search(before)))


def _in_quotes(text: str, start: int, end: int, at: int) -> bool:
    """Whether a place lies in quotation marks within a sentence that says something outside them too."""
    start, end = max(start, at - NEAR), min(end, at + NEAR)
    before = text[start:at]
    quoted = (
        before.count("“") > before.count("”") or before.count("«") > before.count("»") or before.count('"') % 2 == 1
    )
    outside = re.sub(r"[“\"«][^”\"»]*[”\"»]?", " ", text[start:end])
    return quoted and len(re.findall(r"\w+", outside)) >= 2


def _torn(text: str, folded: str) -> Iterator[Span]:
    joined = re.sub(r"\W+", "", folded)
    found = [(match, honest) for pattern, honest in TORN for match in pattern.finditer(joined)]
    if not found:
        return
    places = array("I", (match.start() for match in re.finditer(r"\w", folded)))
    for match, honest in found:
        first, last = places[match.start()], places[match.end() - 1] + 1
        letters = len(match.group()) / len(re.findall(r"\w+", folded[first:last]))
        if not honest[0] < letters < honest[1]:
            start, end = sentence_around(text, first, last)
            cut = not _in_quotes(text, start, end, first)
            yield Span(start, end, Kind.INSTRUCTION, cut, short(text[start:end]))


def _going_on(text: str, folded: str, orders: list[Span]) -> Iterator[Span]:
    """Sentences after an order that go on with it."""
    end = 0
    for order in sorted(orders):
        end = max(end, order.end)
        while match := GOES_ON.match(folded, end):
            start, end = sentence_around(text, match.end() - 1, match.end())
            if not SPEAKS.search(folded, start, min(end, start + LONGEST_SENTENCE)):
                break
            yield Span(start, end, order.kind, True, short(text[start:end]))
