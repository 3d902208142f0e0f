"""A hand-out short enough for a text message, with diacritics and without."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from bot.lookup_pages.segments import count, without_diacritics
from bot.lookup_pages.sheet import blocks_of
from bot.lookup_pages.shown import Source
from retrieval.handout import HandoutSection, Use
from retrieval.text import sentence_spans

MOST_SEGMENTS = 3
_NUMBER_BESIDE = re.compile(r"\d\S*$")
_NUMBERED = re.compile(r"(?:\d{1,2}[.)]|[a-zđ]\)|Bước \d{1,2} ?[:.]) ?\S")
_CLAUSE_END = re.compile(r"[,;:] ")


@dataclass(frozen=True, slots=True)
class Texts:
    """The two messages of a hand-out."""

    marked: str
    plain: str


def texts_of(sections: Sequence[HandoutSection], source: Source) -> Texts:
    """The messages: what is most useful, in whole sentences and whole lists, then the source, and its address."""
    return Texts(_composed(sections, source, str), _composed(sections, source, without_diacritics))


@dataclass(frozen=True, slots=True)
class _Said:
    """A sentence, or a list that is told whole or not at all."""

    text: str
    is_list: bool = False


@dataclass(frozen=True, slots=True)
class _Run:
    """What the sections of one use say, told from its beginning on."""

    use: Use
    said: tuple[_Said, ...]

    def told(self, many: int) -> list[str]:
        """The first so many; of papers that are listed in part it is said that there are more."""
        told = self.said[:many]
        partly = self.use is Use.PAPERS and many < len(self.said) and any(each.is_list for each in told)
        return [*(each.text for each in told), *(["Còn giấy tờ khác."] if partly else [])]


def _composed(sections: Sequence[HandoutSection], source: Source, form: Callable[[str], str]) -> str:
    over = {"over": " (đã hết hiệu lực)", "not_yet": " (chưa có hiệu lực)"}.get(source.validity.state, "")
    named = f"Nguồn: {source.short}{over}"
    runs = _runs(sections)
    endings = [*(f"{named}, {link}" for link in (source.url, source.host) if link), named]
    for ending in endings:
        if text := _filled(runs, ending, form):
            return text
    firsts = sorted((run.said[0] for run in runs), key=lambda said: said.is_list)
    cut = (form(_message([beginning], named)) for beginning in (_cuts(firsts[0].text) if firsts else ()))
    return next((text for text in cut if _fits(text)), form(named))


def _filled(runs: Sequence[_Run], ending: str, form: Callable[[str], str]) -> str:
    """A message with as much of each run as fits: first one sentence of each, then more; empty if nothing fits."""
    counts = [0] * len(runs)
    growing = list(range(len(runs)))
    while growing:
        for n in growing.copy():
            counts[n] += 1
            if counts[n] > len(runs[n].said) or not _fits(form(_message(_told(runs, counts), ending))):
                counts[n] -= 1
                growing.remove(n)
    return form(_message(_told(runs, counts), ending)) if any(counts) else ""


def _told(runs: Sequence[_Run], counts: Sequence[int]) -> list[str]:
    return [text for run, told in zip(runs, counts, strict=True) if told for text in run.told(told)]


def _message(sentences: Sequence[str], ending: str) -> str:
    closed = (sentence if sentence[-1] in ".!?…" else f"{sentence.rstrip(' ;,:')}." for sentence in sentences)
    return " ".join([*closed, ending])


def _fits(text: str) -> bool:
    return count(text).segments <= MOST_SEGMENTS


def _runs(sections: Sequence[HandoutSection]) -> list[_Run]:
    """What the sections say, by use, the most useful first; by which texts of law only where there is nothing else."""
    uses = sorted({section.use for section in sections})
    runs = []
    for use in [use for use in uses if use is not Use.BASIS] or uses:
        lead = "Giấy tờ:" if use is Use.PAPERS else ""
        said = [each for section in sections if section.use is use for each in _read(section.text, lead)]
        runs.append(_Run(use, tuple(said)))
    return [run for run in runs if run.said]


def _read(text: str, lead: str) -> Iterator[_Said]:
    """The sentences of a text; a list with the sentence before it, or with `lead` where there is none."""
    before = ""
    for is_list, group in groupby(blocks_of(text), key=lambda block: block.item or bool(_NUMBERED.match(block.text))):
        texts = [block.text for block in group]
        if is_list:
            items = "; ".join(item.rstrip(" .;") for item in texts)
            if items:
                yield _Said(f"{before or lead} {items}".strip(), is_list=True)
            before = ""
        else:
            *others, before = [each[start:end] for each in texts for start, end in sentence_spans(each)]
            yield from map(_Said, others)
    if before:
        yield _Said(before)


def _cuts(sentence: str) -> Iterator[str]:
    """Beginnings of a sentence, the longest first: at the end of a clause, else between words, no number torn."""
    clauses = [match.start() for match in _CLAUSE_END.finditer(sentence)]
    blanks = [match.start() for match in re.finditer(" ", sentence)]
    for place in (*reversed(clauses), *reversed(blanks)):
        before, after = sentence[:place], sentence[place + 1 :]
        if not _NUMBER_BESIDE.search(before) and not after[:1].isdigit():
            yield f"{before}…"
