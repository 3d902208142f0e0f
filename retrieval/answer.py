"""The answer path: question → checks → search → enough evidence? → quotes → citations → status."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from retrieval import guard, tuning
from retrieval.embedder import Embedder
from retrieval.evidence import Question, best_window, understand
from retrieval.index import Index
from retrieval.places import MERGER_DAY, NEW_NAME, about_one, find_provinces
from retrieval.records import Answer, Citation, Document, Hit, Note, Status, first_day, in_force
from retrieval.search import search
from retrieval.text import words

_SEARCH_DEPTH = 20
_HELP_TOPIC = "scam_victim"
URGENT_TOPICS = frozenset({_HELP_TOPIC})


@dataclass(frozen=True, slots=True)
class Belief:
    """What the dialogue thinks of a question: the topic, how sure it is (0..1), or that it is no real question."""

    topic: str = ""
    confidence: float = 0.0
    doubted: bool = False


NO_BELIEF = Belief()


@dataclass(frozen=True, slots=True)
class Answerer:
    """Answers questions from one index. `today` is asked anew for each question, so that a long run stays right."""

    index: Index
    embedder: Embedder
    today: Callable[[], date] = date.today

    def answer(self, text: str, belief: Belief = NO_BELIEF) -> Answer:
        """Answer what a person typed. What the dialogue believes is weighed against the evidence, never taken alone."""
        question = understand(text)
        if not question.terms:
            return Answer(Status.CLARIFY, reason="text")
        if (ready := guard.check(question.typed, question.bare)) is not None:
            return self._with_help(ready)
        section = self._section_rows(belief.topic)
        hits = search(self.index, self.embedder, question, _SEARCH_DEPTH, include=section)
        if section and self._is_about(question, section, hits, belief):
            urgent = belief.topic in URGENT_TOPICS
            status, reason = (Status.URGENT, "scam") if urgent else (Status.ANSWERED, "topic")
            return self._compose(status, self._whole(section), reason)
        if len(question.provinces) > 1 and (quotes := self._one_each(question)):
            return self._compose(Status.ANSWERED, quotes)
        kept = [hit for hit in self._usable(hits) if not belief.doubted or hit.evidence >= tuning.EVIDENCE_DOUBTED]
        if not kept:
            return Answer(Status.NO_ANSWER, reason=_why_none(question, hits))
        return self._compose(Status.ANSWERED, self._quotes(question, kept))

    def _with_help(self, ready: Answer) -> Answer:
        """An urgent reply carries what the documents advise."""
        if ready.reason != "scam":
            return ready
        return self._compose(Status.URGENT, self._whole(self._section_rows(_HELP_TOPIC)), reason="scam")

    def _section_rows(self, topic: str) -> list[int]:
        return [row for row, passage in enumerate(self.index.passages) if topic in passage.topics]

    def _whole(self, rows: Sequence[int]) -> list[tuple[Hit, str]]:
        passages = (self.index.passages[row] for row in rows)
        return [(Hit(p, self.index.documents[p.document_id], 0.0, 0.0, 0.0), p.text) for p in passages]

    def _is_about(self, question: Question, section: Sequence[int], hits: Sequence[Hit], belief: Belief) -> bool:
        """Whether the question's own words lead to a topic's section, and to no other passage far more."""
        if not question.content:  # "bạn là ai": no word of its own that could prove or disprove the topic
            return True
        ids = {self.index.passages[row].id for row in section}
        own = max((hit for hit in hits if hit.passage.id in ids), key=lambda hit: hit.evidence)
        if own.rejected == "other_province":
            return False
        if belief.topic in URGENT_TOPICS:  # help that was not needed does no harm; help that did not come does
            return own.evidence >= tuning.EVIDENCE_URGENT and belief.confidence >= tuning.URGENT_SURE
        few = len(question.content) < tuning.FEW_TERMS and belief.confidence >= tuning.TOPIC_SURE
        least = 0.0 if few else max(tuning.EVIDENCE_TOPIC * (1 - belief.confidence), tuning.EVIDENCE_TOPIC_LEAST)
        margin = 1.0 if few else tuning.TOPIC_MARGIN * (1 + belief.confidence)
        rivals = (hit for hit in hits if hit.rejected is None and hit.passage.id not in ids)
        return own.evidence > least and not any(_fits_better(question, hit, own, margin) for hit in rivals)

    def _usable(self, hits: Sequence[Hit]) -> list[Hit]:
        """Kept hits, text in force before text that has lapsed or is not yet in force."""
        return sorted((hit for hit in hits if hit.rejected is None), key=self._lapsed)

    def _lapsed(self, hit: Hit) -> bool:
        return in_force(hit.document, self.today()) is False

    def _one_each(self, question: Question) -> list[tuple[Hit, str]]:
        """For a question that names several provinces: the best quote about each, as if it were asked alone."""
        quotes: list[tuple[Hit, str]] = []
        for province in question.provinces:
            alone = understand(about_one(question.expanded, province))
            hits = self._usable(search(self.index, self.embedder, alone, _SEARCH_DEPTH))
            quotes += self._quotes(alone, [hit for hit in hits if _is_of(province, hit)])[:1]
        if not quotes and not question.asks_figure:  # a rule for the whole country may answer for all of them
            common = understand(about_one(question.expanded, ""))
            hits = self._usable(search(self.index, self.embedder, common, _SEARCH_DEPTH))
            quotes = self._quotes(common, [hit for hit in hits if hit.document.province is None])
        return quotes

    def _quotes(self, question: Question, kept: Sequence[Hit]) -> list[tuple[Hit, str]]:
        """One quote from the best passage, and others that are nearly as good and say something else."""
        ranked = sorted((self._ranked(question, hit) for hit in kept[: tuning.RERANK_DEPTH]), key=lambda rank: -rank[0])
        near = [(hit, quote) for rank, hit, quote in ranked if rank >= tuning.SECOND_CITATION * ranked[0][0]]
        quotes: list[tuple[Hit, str]] = []
        for hit, quote in sorted(near, key=lambda pair: self._lapsed(pair[0])):
            if len(quotes) < tuning.CITATIONS and not any(_same_words(quote, shown) for _, shown in quotes):
                quotes.append((hit, quote))
        return quotes

    def _ranked(self, question: Question, hit: Hit) -> tuple[float, Hit, str]:
        rank = hit.fused + hit.evidence + tuning.HEADING_RANK * hit.heading
        if question.asks_explanation and hit.heading >= tuning.SAYS_THE_QUESTION:
            return rank, hit, hit.passage.text
        limits = tuning.QUOTE_CHARACTERS, tuning.QUOTE_LEAST
        start, end = best_window(question, hit.passage, self.index.lexical.idf, *limits)
        return rank, hit, hit.passage.text[start:end]

    def _compose(self, status: Status, quotes: Sequence[tuple[Hit, str]], reason: str = "") -> Answer:
        today = self.today()
        citations = tuple(_citation(n, hit, quote, today) for n, (hit, quote) in enumerate(quotes, 1))
        text = "\n".join(f"{citation.quote} [{citation.n}]" for citation in citations)
        notes = tuple(dict.fromkeys(note for hit, _ in quotes for note in _notes(hit.document, today)))
        return Answer(status, text, citations, reason, notes, self._related(quotes))

    def _related(self, quotes: Sequence[tuple[Hit, str]]) -> tuple[str, ...]:
        """Other headings of the first document that are written as questions."""
        if not quotes:
            return ()
        document, shown = quotes[0][0].document.id, {hit.passage.section for hit, _ in quotes}
        headings = (passage.section for passage in self.index.passages if passage.document_id == document)
        questions = [heading for heading in dict.fromkeys(headings) if heading.endswith("?") and heading not in shown]
        return tuple(questions[: tuning.RELATED])


def _is_of(province: str, hit: Hit) -> bool:
    """Whether a passage is about a province: its document is, or it names it."""
    return hit.document.province == province or province in find_provinces(hit.passage.text)


def _same_words(quote: str, other: str) -> bool:
    """Whether a quote says little that another does not."""
    new, old = set(words(quote)), set(words(other))
    return len(new & old) >= tuning.SAME_WORDS * len(new)


def _fits_better(question: Question, rival: Hit, own: Hit, margin: float) -> bool:
    """Whether another passage beats a topic's section: by far more evidence, or by a heading that is the question."""
    if rival.evidence - own.evidence > margin:
        return True
    if len(question.content) < 2 or rival.heading - own.heading < tuning.HEADING_LEAD:
        return False
    same = rival.document.id == own.document.id and rival.evidence >= own.evidence
    return rival.heading >= (tuning.SAYS_THE_SUBJECT if same else tuning.SAYS_THE_QUESTION)


def _why_none(question: Question, hits: Sequence[Hit]) -> str:
    if question.provinces and hits and all(hit.rejected == "other_province" for hit in hits[: tuning.RERANK_DEPTH]):
        return "province"
    return "figure" if question.asks_number and question.provinces else "no_evidence"


def _notes(document: Document, today: date) -> Iterator[Note]:
    name = document.number or document.title
    if document.effective_from and today < first_day(document.effective_from):
        yield Note("not_yet", (("number", name), ("effective_from", document.effective_from)))
    elif in_force(document, today) is False:
        yield Note("expired", (("number", name), ("effective_to", document.effective_to or "")))
    if document.province:
        if document.issued:
            yield Note("figures", (("year", document.issued[:4]),))
        new = NEW_NAME.get(document.province)
        if new and new != document.province and (document.issued or "") < MERGER_DAY:
            yield Note("old_province", (("province", document.province), ("new_province", new)))


def _citation(n: int, hit: Hit, quote: str, today: date) -> Citation:
    document, passage = hit.document, hit.passage
    return Citation(
        n=n,
        title=document.title,
        number=document.number,
        issuer=document.issuer,
        issued=document.issued,
        effective_from=document.effective_from,
        effective_to=document.effective_to,
        in_force=in_force(document, today),
        section=passage.section,
        url=document.url,
        quote=quote,
        document_id=document.id,
        passage_id=passage.id,
        checked_on=document.checked_on,
    )
