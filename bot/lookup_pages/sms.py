"""A hand-out short enough for a text message, with diacritics and without."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from bot.lookup_pages.segments import count, without_diacritics
from bot.lookup_pages.sheet import blocks_of
from bot.lookup_pages.shown import Source
from retrieval.handout import HandoutSection, Use
from retrieval.records import PATH
from retrieval.text import sentence_spans, strip_diacritics

MOST_SEGMENTS = 3
# One sentence of each of these first, in this order; then all of each use.
_FIRST = (Use.WHERE, Use.PAPERS, Use.DEADLINE, Use.TIME_AND_FEE)
_THEN = (Use.PAPERS, Use.DEADLINE, Use.TIME_AND_FEE, Use.WHERE, Use.STEPS, Use.OTHER, Use.BASIS)
_NUMBER_BESIDE = re.compile(r"\d\S*$")
_NUMBERED = re.compile(r"^(?:\d{1,2}[.)]|[a-zđ]\)|Bước \d{1,2} ?[:.]) ?(?=\S)")
_CLAUSE_END = re.compile(r"[,;:] ")
# Without diacritics: a sentence that is nothing without the list behind it.
_ANNOUNCES = re.compile(
    r":$|\b(?:nhu|buoc|giay|giay to|loai|dieu|viec|cach|muc|noi|truong hop|noi dung) sau(?: day)?\b"
    r"(?! (?:khi|nay|do)\b)"
)
# Without diacritics: that what follows is the papers, and nothing else.
_ONLY_PAPERS = re.compile(r"\b(?:gom|(?:giay|giay to|loai) sau)[.:]$")
_CONDITION = re.compile(r"\b(?:neu|khi|truong hop|thi|chi)\b")
# Where one goes: an office, or that it is done from home.
_PLACE = re.compile(
    r"\b(?:tại|ở|đến|cho|với|qua)(?: \w+){0,3} (?:Công an|Ủy ban|Trung tâm|Bộ phận|Văn phòng|Chi nhánh|[Cc]ơ quan|Sở|"
    r"Tòa án|Thuế|[Bb]ưu điện|[Nn]gân hàng|cấp xã|cấp tỉnh|xã, phường|một cửa|tổ chức|nơi|điểm|công ty|chủ đầu tư|"
    r"người đứng đầu)\b|\b(?:qua mạng|trực tuyến|VNeID)\b"
)
_NAMES_PAPERS = re.compile(r"\b(?:nộp|kèm|thêm)\b", re.IGNORECASE)


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
    """A sentence, or a list that is told whole or not at all. `lead`: it is one of the papers that this announces."""

    text: str
    is_list: bool = False
    lead: str = ""


_Runs = dict[Use, list[_Said]]
_Form = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class _Draft:
    """A message: what is told of the runs, and how it ends. `linked`: the ending says where the page is."""

    ending: str
    linked: bool
    runs: _Runs
    told: _Runs

    def text(self, form: _Form) -> str:
        return form(_message(_sentences(self.runs, self.told), self.ending))

    def rank(self) -> tuple[bool, bool, bool, bool, int]:
        """The place before all, then where the page is, then a paper."""
        told = self.told.keys()
        return Use.WHERE in told, bool(told), self.linked, Use.PAPERS in told, sum(map(len, self.told.values()))


def _composed(sections: Sequence[HandoutSection], source: Source, form: _Form) -> str:
    over = {"over": " (đã hết hiệu lực)", "not_yet": " (chưa có hiệu lực)"}.get(source.validity.state, "")
    named = f"Nguồn: {source.short}{over}"
    short = source.at_portal and f"Nguồn: {source.at_portal}{over}"
    links = [f"{named}, {source.url}", short or f"{named}, {source.host}"] if source.url else []
    readings = [_shortened(_runs(sections, whole), named, form) for whole in (True, False)]
    drafts = [
        _Draft(ending, ending in links, runs, _filled(runs, ending, form))
        for ending in (*links, named)
        for runs in readings
    ]
    # The full address only where it leaves room for the place and a paper, or where room is not what is lacking.
    basics = {Use.WHERE, Use.PAPERS} & readings[0].keys()
    enough = (draft for draft in drafts if draft.linked and draft.told and basics <= draft.told.keys())
    best = next(enough, max(drafts, key=_Draft.rank))
    if best.told:
        return best.text(form)
    firsts = [run[0].text for run in readings[0].values() if not run[0].is_list]
    cut = (form(_message([beginning], named)) for beginning in (_cuts(firsts[0]) if firsts else ()))
    return next((text for text in cut if _fits(text)), form(named))


def _runs(sections: Sequence[HandoutSection], whole: bool) -> _Runs:
    """What the sections say, by use, the most useful first; by which texts of law only where there is nothing else.

    `whole`: a list of papers is told whole or not at all, else as many of them as fit.
    """
    uses = sorted({section.use for section in sections})
    runs = {}
    for use in [use for use in uses if use is not Use.BASIS] or uses:
        of_use = [section for section in sections if section.use is use]
        said: list[_Said] = []
        for section in of_use:
            lead = _lead(section, alone=len(of_use) == 1)
            said += _read(section, lead, whole or len(of_use) > 1)
        runs[use] = sorted(said, key=lambda each: each is not _place(said)) if use is Use.WHERE else said
    return {use: said for use, said in runs.items() if said}


def _lead(section: HandoutSection, *, alone: bool) -> str:
    """What stands before papers that nothing announces: of several lists each by its heading."""
    if section.use is not Use.PAPERS:
        return ""
    return "Giấy tờ:" if alone else section.heading.rsplit(PATH, 1)[-1]


def _place(said: Sequence[_Said]) -> _Said | None:
    return next((each for each in said if _PLACE.search(each.text)), None)


def _read(section: HandoutSection, lead: str, whole: bool) -> Iterator[_Said]:
    """The sentences of a section; a list with the sentence before it, or with `lead` where there is none."""
    before = ""
    blocks = blocks_of(section.text)
    for is_list, group in groupby(blocks, key=lambda block: block.item or bool(_NUMBERED.match(block.text))):
        texts = [block.text for block in group]
        if is_list and section.use is Use.OTHER and not _announces(before) and all(map(_is_statement, texts)):
            yield from map(_Said, (before, *texts) if before else texts)
            before = ""
        elif is_list:
            yield from _listed(before, texts, lead, whole)
            before = ""
        else:
            *others, before = [each[start:end] for each in texts for start, end in sentence_spans(each)]
            yield from (_Said(each) for each in others if not _announces(each))
    if before and not _announces(before):
        yield _Said(before)


def _listed(before: str, texts: Iterable[str], lead: str, whole: bool) -> Iterator[_Said]:
    items = [item for text in texts if (item := text.rstrip(" .;"))]
    announced = strip_diacritics(before)
    if lead and not whole and (not before or (_ONLY_PAPERS.search(announced) and not _CONDITION.search(announced))):
        yield from (_Said(_NUMBERED.sub("", item, 1), lead=lead) for item in items)
    elif items:
        before = f"{before[:-1]}:" if _announces(before) else before or lead
        yield _Said(f"{before} {'; '.join(items)}".strip(), is_list=True)


def _is_statement(item: str) -> bool:
    """Whether an item of a list that nothing announces is a sentence of its own, not a numbered step."""
    return item.endswith(".") and not _NUMBERED.match(item)


def _announces(sentence: str) -> bool:
    return bool(_ANNOUNCES.search(strip_diacritics(sentence)))


def _shortened(runs: _Runs, ending: str, form: _Form) -> _Runs:
    """The runs, the place ended at a clause where all of its sentence never fits."""
    if Use.WHERE not in runs:
        return runs
    first, *others = runs[Use.WHERE]
    if first.is_list or _fits(form(_message([first.text], ending))):
        return runs
    cuts = (_Said(cut) for cut in _clause_cuts(first.text) if _fits(form(_message([cut], ending))))
    return {**runs, Use.WHERE: [place, *others]} if (place := _place([*cuts])) else runs


def _filled(runs: _Runs, ending: str, form: _Form) -> _Runs:
    """As much of each run as fits into a message: first one sentence of the most useful, then all of each."""
    told: _Runs = {}
    left = {use: list(said) for use, said in runs.items()}
    for n, use in enumerate((*_FIRST, *_THEN)):
        while said := left.get(use):
            longer = {**told, use: [*told.get(use, ()), said[0]]}
            if _fits(form(_message(_sentences(runs, longer), ending))):
                told = longer
                del said[0]
                if n < len(_FIRST):
                    break
            elif use is not Use.PAPERS and (said[0].is_list or (use not in told and said[0] is not runs[use][0])):
                del said[0]
            else:
                said.clear()
    return told


def _sentences(runs: _Runs, told: _Runs) -> Iterator[str]:
    """What is told, by use; of papers that are listed in part it is said that there are more."""
    for use in sorted(told):
        for lead, group in groupby(told[use], key=lambda said: said.lead):
            texts = [said.text for said in group]
            yield from [f"{lead} {'; '.join(texts)}"] if lead else texts
        listed = use is Use.PAPERS and any(said.is_list or said.lead for said in told[use])
        if listed and any(_names_papers(said) for said in runs[use][len(told[use]) :]):
            yield "Còn giấy tờ khác."


def _names_papers(said: _Said) -> bool:
    return said.is_list or bool(said.lead or _NAMES_PAPERS.search(said.text))


def _message(sentences: Iterable[str], ending: str) -> str:
    closed = (sentence if sentence[-1] in ".!?…" else f"{sentence.rstrip(' ;,:')}." for sentence in sentences)
    return " ".join([*closed, ending])


def _fits(text: str) -> bool:
    return count(text).segments <= MOST_SEGMENTS


def _cuts(sentence: str) -> Iterator[str]:
    """Beginnings of a sentence, the longest first: at the end of a clause, else between words, no number torn."""
    yield from _clause_cuts(sentence)
    yield from _cut_at(sentence, [match.start() for match in re.finditer(" ", sentence)])


def _clause_cuts(sentence: str) -> Iterator[str]:
    yield from _cut_at(sentence, [match.start() for match in _CLAUSE_END.finditer(sentence)])


def _cut_at(sentence: str, places: Sequence[int]) -> Iterator[str]:
    for place in reversed(places):
        before, after = sentence[:place], sentence[place + 1 :]
        if not _NUMBER_BESIDE.search(before) and not after[:1].isdigit():
            yield f"{before}…"
