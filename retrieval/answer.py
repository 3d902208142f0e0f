"""The answer path: question → checks → search → enough evidence? → quotes → citations → status."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from retrieval import guard, tuning
from retrieval.embedder import Embedder
from retrieval.evidence import Question, best_window, understand
from retrieval.index import Index
from retrieval.places import find_provinces
from retrieval.records import Answer, Citation, Hit, Status, in_force
from retrieval.search import search

_SEARCH_DEPTH = 20
_URGENT_TOPICS = frozenset({"scam_victim"})


@dataclass(frozen=True, slots=True)
class Answerer:
    """Answers questions from one index. `today` is asked anew for each question, so that a long run stays right."""

    index: Index
    embedder: Embedder
    today: Callable[[], date] = date.today

    def answer(self, text: str, topic: str | None = None) -> Answer:
        """Answer what a person typed; `topic` is what the dialogue believes it is about, proved here by evidence."""
        question = understand(text)
        if not question.terms:
            return Answer(Status.CLARIFY, reason="text")
        if (ready := guard.check(question.expanded)) is not None:
            return self._with_help(ready)
        hits = search(self.index, self.embedder, question, _SEARCH_DEPTH)
        if topic and (section := self._topic_section(question, topic, hits)):
            status = Status.URGENT if topic in _URGENT_TOPICS else Status.ANSWERED
            return self._compose(status, section, reason="scam" if status is Status.URGENT else "topic")
        kept = self._usable(hits)
        if not kept:
            return Answer(Status.NO_ANSWER, reason=_why_none(question, hits))
        return self._compose(Status.ANSWERED, self._quotes(question, kept))

    def _with_help(self, ready: Answer) -> Answer:
        """An urgent reply carries what the documents advise."""
        if ready.reason != "scam":
            return ready
        return self._compose(Status.URGENT, self._section_quotes("scam_victim"), reason="scam")

    def _topic_section(self, question: Question, topic: str, hits: Sequence[Hit]) -> list[tuple[Hit, str]]:
        """The whole section kept for a topic, if the question's own words lead to its document."""
        section = self._section_quotes(topic)
        if not section:
            return []
        document = section[0][0].document.id
        near = any(hit.document.id == document for hit in hits[: tuning.TOPIC_DEPTH])
        about = max((hit.evidence for hit in hits if hit.document.id == document), default=0.0)
        better = max((hit.evidence for hit in self._usable(hits) if hit.document.id != document), default=0.0)
        return section if near and about >= tuning.EVIDENCE_TOPIC and better - about < tuning.TOPIC_MARGIN else []

    def _section_quotes(self, topic: str) -> list[tuple[Hit, str]]:
        passages = [passage for passage in self.index.passages if topic in passage.topics]
        return [
            (Hit(passage, self.index.documents[passage.document_id], 0.0, 0.0, 0.0), passage.text)
            for passage in passages
        ]

    def _usable(self, hits: Sequence[Hit]) -> list[Hit]:
        """Kept hits, text in force before text that has lapsed."""
        today = self.today()
        kept = [hit for hit in hits if hit.rejected is None]
        return sorted(kept, key=lambda hit: in_force(hit.document, today) is False)

    def _quotes(self, question: Question, kept: Sequence[Hit]) -> list[tuple[Hit, str]]:
        """One quote from the best passage; more where the question names several provinces or another adds to it."""
        if len(question.provinces) > 1:
            chosen = [hit for province in question.provinces if (hit := _first_of(province, kept))]
        else:
            best = max(kept[: tuning.RERANK_DEPTH], key=self._rank)
            rest = (hit for hit in kept if hit is not best)
            near = [hit for hit in rest if self._rank(hit) >= tuning.SECOND_CITATION * self._rank(best)]
            chosen = [best, *near[: tuning.CITATIONS - 1]]
        return [(hit, self._window(question, hit)) for hit in chosen]

    def _rank(self, hit: Hit) -> float:
        return hit.fused + hit.evidence

    def _window(self, question: Question, hit: Hit) -> str:
        start, end = best_window(question, hit.passage, self.index.lexical.idf, tuning.QUOTE_CHARACTERS)
        return hit.passage.text[start:end]

    def _compose(self, status: Status, quotes: Sequence[tuple[Hit, str]], reason: str = "") -> Answer:
        today = self.today()
        citations = tuple(_citation(n, hit, quote, today) for n, (hit, quote) in enumerate(quotes, 1))
        text = "\n".join(f"{citation.quote} [{citation.n}]" for citation in citations)
        return Answer(status, text, citations, reason)


def _first_of(province: str, hits: Sequence[Hit]) -> Hit | None:
    return next((hit for hit in hits if hit.document.province == province), None) or next(
        (hit for hit in hits if province in find_provinces(hit.passage.text)), None
    )


def _why_none(question: Question, hits: Sequence[Hit]) -> str:
    if question.provinces and hits and all(hit.rejected == "other_province" for hit in hits[: tuning.TOPIC_DEPTH]):
        return "province"
    return "figure" if question.asks_figure and question.provinces else "no_evidence"


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
