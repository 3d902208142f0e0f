"""Places in a text: the sentences around them, and the text without them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from retrieval.sources.hygiene.findings import Span
from retrieval.text import sentence_spans

# Of a longer sentence, as a text without full stops has it, only what is so near to the order goes.
LONGEST_SENTENCE, NEAR = 1_000, 200
_STOP = re.compile(r"[^\W\d_]{2}[.!?…]++[\"”’)]*+(\s++)(?=\w)")
_WORD = re.compile(r"\w")


def sentence_around(text: str, start: int, end: int) -> tuple[int, int]:
    """The sentences that a place touches; of a very long one what is near."""
    first, last = _touched(text, start, end, NEAR)
    if start - first >= NEAR or last - end >= NEAR:
        first, last = _touched(text, start, end, LONGEST_SENTENCE)
        first = start - NEAR if start - first >= LONGEST_SENTENCE else first
        last = end + NEAR if last - end >= LONGEST_SENTENCE else last
    # A sentence that begins with a small letter counts as the end of the one before it, but need not go with it.
    stops = [stop for stop in _STOP.finditer(text, first, last) if text[stop.end()].islower()]
    first = max((stop.end() for stop in stops if stop.end() <= start), default=first)
    last = min((stop.start(1) for stop in stops if stop.start(1) >= end), default=last)
    return first, last


def _touched(text: str, start: int, end: int, reach: int) -> tuple[int, int]:
    """The sentences that a place touches, looked for within `reach` characters of it and in its lines."""
    first = max(text.rfind("\n", max(0, start - reach), start) + 1, start - reach, 0)
    last = text.find("\n", end, end + reach)
    last = min(end + reach, len(text)) if last < 0 else last
    spans = [(first + one, first + other) for one, other in sentence_spans(text[first:last])]
    touched = [span for span in spans if span[0] < end and span[1] > start]
    return (touched[0][0], touched[-1][1]) if touched else (start, end)


def without_overlaps(spans: Iterable[Span]) -> list[Span]:
    """One finding for one sentence: the first that cuts, or else the first."""
    merged: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.start, not span.cut)):
        if merged and span.start < merged[-1].end:
            last = merged[-1]
            merged[-1] = last._replace(end=max(last.end, span.end), cut=last.cut or span.cut)
        else:
            merged.append(span)
    return merged


def without(text: str, spans: Iterable[Span]) -> str:
    """A text of the same length in which spans are blank, so that nothing is found in them twice."""
    pieces, end = [], 0
    for span in sorted(spans):
        pieces += [text[end : span.start], re.sub(r"[^\n]", " ", text[max(end, span.start) : span.end])]
        end = max(end, span.end)
    return "".join([*pieces, text[end:]])


def cut(text: str, spans: Iterable[Span]) -> str:
    """A text without spans; a line of which nothing but marks is left goes too."""
    pieces, end = [], 0
    for start, stop in _joined(text, spans):
        line, line_end = text.rfind("\n", 0, start) + 1, text.find("\n", stop)
        line_end = len(text) if line_end < 0 else line_end + 1
        if not (_WORD.search(text, max(line, end), start) or _WORD.search(text, stop, line_end)):
            start, stop = max(line, end), line_end
        pieces.append(text[end:start])
        end = stop
    return "".join([*pieces, text[end:]])


def _joined(text: str, spans: Iterable[Span]) -> list[tuple[int, int]]:
    """Where to cut, with the spaces after it; spans with nothing between them are one."""
    joined: list[tuple[int, int]] = []
    for span in sorted(spans):
        start, stop = span.start, span.end
        while text[stop : stop + 1] == " ":
            stop += 1
        if joined and start <= joined[-1][1]:
            start, stop = joined[-1][0], max(stop, joined.pop()[1])
        joined.append((start, stop))
    return joined
