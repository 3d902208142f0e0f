"""The answer path: question → checks → search → enough evidence? → quotes → citations → status."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import zip_longest

from retrieval import guard, tuning
from retrieval.articles import ArticleName, article_asked, asked_of, bears, excerpts, named_documents
from retrieval.clauses import place
from retrieval.comparison import Comparison, compares
from retrieval.demands import Demand
from retrieval.embedder import Embedder
from retrieval.evidence import Reader, learned_weights
from retrieval.index import Index
from retrieval.judge import judged
from retrieval.places import MERGED_FROM, MERGER_DAY, NEW_NAME, province_spans
from retrieval.question import Question, understand
from retrieval.records import (
    PATH,
    POINT,
    Answer,
    Citation,
    Document,
    Hit,
    Note,
    Passage,
    Status,
    first_day,
    in_force,
    is_over,
    khoan_of,
)
from retrieval.search import NO_FILTERS, Filters, search
from retrieval.suspicion import tells_of_loss
from retrieval.text import sentence_spans, strip_diacritics, words
from retrieval.validity import is_out_of_time, period_of, quotable
from retrieval.whereabouts import Whereabouts, asks_place_only, choices_of, notes_of, provinces_of, whereabouts

_SEARCH_DEPTH = 12
_COMPARE_DEPTH = 40
_HELP_TOPIC = "scam_victim"
PLACE_TOPIC = "place_lookup"
_REASONS = {
    Demand.MONEY: "money",
    Demand.PERSON: "person",
    Demand.PHONE: "phone",
    Demand.DATE: "date",
    Demand.DURATION: "date",
    Demand.CLOCK: "date",
    Demand.WEEKDAY: "date",
    Demand.PERCENT: "figure",
    Demand.NUMBER: "figure",
}
_IDENTITY = re.compile(r"\bvneid\b|\bcăn cước\b|\bđịnh danh\b|\bchứng minh nhân dân\b")
# Lines numbered from one, of a passage that is no law: there such numbers are khoản.
_STEPS = re.compile(r"^1[.)] .+(?:\n+\d{1,2}[.)] .+)*", re.MULTILINE)
_STEP = re.compile(r"^\d{1,2}[.)] ", re.MULTILINE)
URGENT_TOPICS = frozenset({_HELP_TOPIC})
# What is advised against thieves is told where nothing else answers: too much of it does no harm.
_SAFETY_TOPICS = frozenset({"scam_alert", "scam_report"})


@dataclass(frozen=True, slots=True)
class Belief:
    """What the dialogue thinks of a question: the topic, how sure it is (0..1), or that it is no real question."""

    topic: str = ""
    confidence: float = 0.0
    doubted: bool = False


NO_BELIEF = Belief()


@dataclass(frozen=True, slots=True)
class _Quote:
    """A span of a hit's passage."""

    hit: Hit
    start: int
    end: int

    @property
    def text(self) -> str:
        return self.hit.passage.text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Answerer:
    """Answers questions from one index. `today` is asked anew for each question, so that a long run stays right."""

    index: Index
    embedder: Embedder
    today: Callable[[], date] = date.today
    reader: Reader = field(init=False)
    _topics: dict[str, list[int]] = field(init=False, default_factory=lambda: defaultdict(list))
    _headings: dict[str, dict[str, None]] = field(init=False, default_factory=lambda: defaultdict(dict))
    _by_heading: dict[str, list[int]] = field(init=False, default_factory=lambda: defaultdict(list))
    _by_phrase: dict[str, str] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Prepare to read this index."""
        object.__setattr__(self, "reader", Reader(self.index))
        for row in self.index.signposts.tolist():
            passage = self.index.passages[row]
            for topic in passage.topics:
                self._topics[topic].append(row)
            if passage.section.endswith("?"):
                self._headings[passage.document_id][passage.section] = None
                self._by_heading[_heading_key(passage.section)].append(row)
        for identity in self.index.asked.rows:
            for phrase in self.index.documents[identity].asked_as:
                self._by_phrase[_heading_key(phrase)] = identity

    def answer(self, text: str, belief: Belief = NO_BELIEF) -> Answer:
        """Answer what a person typed. What the dialogue believes is weighed against the evidence, never taken alone."""
        question = understand(text)
        if not question.terms:
            return Answer(Status.CLARIFY, reason="text")
        if (ready := guard.check(question.typed)) is not None:
            return self._with_help(ready)
        places = whereabouts(question.typed)
        if not places.mentions:
            return self._of_provinces(question, self._answered(question, belief))
        rest = understand(places.rest)
        if asks_place_only(rest):
            return self._of_places(places)
        if rest.asks_figure:  # of that very place; how a thing is done is the same everywhere
            there = dict.fromkeys((*question.provinces, *provinces_of(places.mentions)))
            rest = replace(question, provinces=tuple(there))
        answer = self._answered(rest, belief)
        if rest.asks_figure and answer.citations and not _is_of_places(answer, places):
            answer = Answer(Status.NO_ANSWER, reason="figure")
        return replace(answer, notes=(*notes_of(places.mentions), *answer.notes))

    def _of_places(self, places: Whereabouts) -> Answer:
        """What became of old communes and districts, beside what the documents say of them."""
        notes = tuple(notes_of(places.mentions))
        if unclear := places.unclear:
            clear = tuple(note for note in notes if note.kind != "namesakes")
            return Answer(Status.CLARIFY, reason="place", notes=clear, related=choices_of(unclear[0], places.rest))
        if any(note.kind == "split_commune" for note in notes):
            return Answer(Status.CLARIFY, reason="split", notes=notes)
        answer = self._told(PLACE_TOPIC, Status.ANSWERED, "place")
        return replace(answer, notes=notes + answer.notes)

    def _of_provinces(self, question: Question, answer: Answer) -> Answer:
        """An answer with the new names of the old provinces that the question names."""
        said = {dict(note.values).get("province") for note in answer.notes}
        old = [name for name in question.provinces if NEW_NAME[name] != name and name not in said]
        notes = tuple(_became(name) for name in old)
        if notes and answer.status is Status.NO_ANSWER and asks_place_only(question):
            answer = self._told(PLACE_TOPIC, Status.ANSWERED, "place")
        return replace(answer, notes=answer.notes + notes)

    def _answered(self, question: Question, belief: Belief) -> Answer:
        """The answer from the documents alone."""
        phrase_of = self._by_phrase.get(_heading_key(question.typed), "")
        section, readable = self._section(question, belief.topic), self._may_quote(question)
        if phrase_of and all(self._document(row).id != phrase_of for row in section):
            section, belief = [], NO_BELIEF
        urgent = belief.topic in URGENT_TOPICS and tells_of_loss(question.typed)
        if not urgent and (asked := self._asked_by_heading(question, readable)):
            reason = "topic" if set(asked) <= set(section) else ""
            return self._compose(Status.ANSWERED, self._whole(asked[: tuning.CITATIONS]), reason)
        name = None if urgent else article_asked(question.expanded)
        if name and (article := self._article(name, readable)):
            return article
        found = self._judged(question, _SEARCH_DEPTH, section, readable=readable)
        hits = [hit for hit in found if readable(hit.document)]
        belief = replace(belief, doubted=belief.doubted and not _is_asked_for(hits))
        kept = _in(phrase_of, hits) or self._kept(question, hits, belief)
        # A section that is not yet in force answers where nothing else does; help for a victim always.
        holds = urgent or not kept or all(readable(self._document(row)) for row in section)
        if section and holds and self._is_about(question, section, found, belief):
            status, reason = (Status.URGENT, "scam") if urgent else (Status.ANSWERED, "topic")
            return self._compose(status, self._whole(section), reason)
        if (compared := self._compared(question, belief)) is not None:
            return compared
        if not kept and section and belief.topic in _SAFETY_TOPICS and belief.confidence >= tuning.TOPIC_SURE:
            return self._compose(Status.ANSWERED, self._whole(section), "topic")
        if not kept:
            return self._of_another_time(question, belief) or _meant(hits, belief) or _none(question, hits)
        surest = max(kept, key=lambda hit: hit.rank)
        if surest.evidence < tuning.EVIDENCE_SURE and (lapsed := self._lapsed(question, belief, surest.rank)):
            return lapsed
        if choices := _choices(question, kept):
            return Answer(Status.CLARIFY, reason="province", related=choices)
        return self._compose(Status.ANSWERED, self._quotes(question, kept))

    def find(self, text: str, k: int, filters: Filters = NO_FILTERS) -> list[Hit]:
        """The k best passages for a question, kept and rejected alike, with every score."""
        return self._judged(understand(text), k, filters=filters)

    def _asked_by_heading(self, question: Question, readable: Callable[[Document], bool]) -> list[int]:
        """The rows under a heading that is asked word for word, as buttons do; none if several documents have it."""
        rows = [
            row for row in self._by_heading.get(_heading_key(question.expanded), ()) if readable(self._document(row))
        ]
        return rows if len({self.index.passages[row].document_id for row in rows}) == 1 else []

    def _article(self, name: ArticleName, readable: Callable[[Document], bool]) -> Answer | None:
        """The text of an article that is asked for by its number, or the question of which instrument's."""
        if name.number:
            documents = named_documents(self.index, name)
        else:
            alone = understand(f"Điều {name.article}", bare=False)
            near, _ = search(self.index, self.embedder, alone, _COMPARE_DEPTH, readable=readable)
            documents = [hit.document for hit in near if bears(name, hit.passage.section)]
        texts: dict[str, list[_Quote]] = {}
        for document in {each.id: each for each in documents if readable(each)}.values():
            quotes = [
                _Quote(_unscored(each.passage, document), each.start, each.end)
                for each in excerpts(self.index, name, document)
            ]
            if quotes:
                texts.setdefault("\n".join(quote.text for quote in quotes), quotes)
        if len(texts) == 1:
            (quotes,) = texts.values()
            return self._compose(Status.ANSWERED, quotes[: tuning.ARTICLE_CITATIONS])
        numbered = [quotes[0].hit.document for quotes in texts.values() if quotes[0].hit.document.number]
        related = tuple(dict.fromkeys(asked_of(name, document) for document in numbered))[: tuning.RELATED]
        return Answer(Status.CLARIFY, reason="meant", related=related) if related else None

    def _section(self, question: Question, topic: str) -> list[int]:
        """The rows of a topic's section, but for those that do not hold at the time that the question is about."""
        today = self.today()
        period = period_of(question, today)
        rows = [(row, self._document(row)) for row in self._topics.get(topic, ())]
        held = [(row, document) for row, document in rows if not is_over(document.effective_to, today)]
        return [row for row, document in held if period is None or period.held(document) is not False]

    def _judged(
        self,
        question: Question,
        depth: int,
        include: Sequence[int] = (),
        filters: Filters = NO_FILTERS,
        readable: Callable[[Document], bool] | None = None,
    ) -> list[Hit]:
        hits, vector = search(self.index, self.embedder, question, depth, filters, include, readable)
        return judged(question, hits, self.reader, learned_weights(), vector)

    def rank(self, text: str, k: int) -> list[Hit]:
        """The k best passages, the first looked at twice, the rest as search gave them."""
        question = understand(text)
        hits, vector = search(self.index, self.embedder, question, k)
        near, rest = hits[: tuning.SECOND_LOOK_DEPTH], hits[tuning.SECOND_LOOK_DEPTH :]
        return [*judged(question, near, self.reader, learned_weights(), vector), *rest]

    def _with_help(self, ready: Answer) -> Answer:
        """An urgent reply carries what the documents advise."""
        return self._told(_HELP_TOPIC, Status.URGENT, "scam") if ready.reason == "scam" else ready

    def _told(self, topic: str, status: Status, reason: str) -> Answer:
        """What the documents say under a topic, whole."""
        return self._compose(status, self._whole(self._topics.get(topic, [])), reason)

    def _whole(self, rows: Sequence[int]) -> list[_Quote]:
        found = ((self.index.passages[row], self._document(row)) for row in rows)
        return [_Quote(Hit(passage, document, 0.0, 0.0, 0.0, 0.0), 0, len(passage.text)) for passage, document in found]

    def _document(self, row: int) -> Document:
        return self.index.document_of(self.index.passages[row])

    def _may_quote(self, question: Question) -> Callable[[Document], bool]:
        return quotable(question, self.today())

    def _out_of_time(self, question: Question) -> Callable[[Hit], bool]:
        today = self.today()
        period = period_of(question, today)
        return lambda hit: is_out_of_time(question, hit.document, period, today)

    def _is_about(self, question: Question, section: Sequence[int], hits: Sequence[Hit], belief: Belief) -> bool:
        """Whether the question's own words lead to a topic's section, and to no other passage far more."""
        if not question.content:  # "bạn là ai": no word of its own that could prove or disprove the topic
            return True
        ids = {self.index.passages[row].id for row in section}
        own = max((hit for hit in hits if hit.passage.id in ids), key=lambda hit: hit.coverage)
        if own.rejected == "other_province":
            return False
        if belief.topic in URGENT_TOPICS:  # help that was not needed does no harm; help that did not come does
            return tells_of_loss(question.typed) and belief.confidence >= tuning.URGENT_SURE
        few = len(question.content) < tuning.FEW_TERMS and belief.confidence >= tuning.TOPIC_SURE
        least = 0.0 if few else max(tuning.EVIDENCE_TOPIC * (1 - belief.confidence), tuning.EVIDENCE_TOPIC_LEAST)
        margin = 1.0 if few else tuning.TOPIC_MARGIN * (1 + belief.confidence)
        rivals = (hit for hit in hits if hit.rejected is None and hit.passage.id not in ids)
        return own.coverage > least and not any(_fits_better(question, hit, own, margin) for hit in rivals)

    def _kept(self, question: Question, hits: Sequence[Hit], belief: Belief) -> list[Hit]:
        found = self._usable(question, hits)
        return [hit for hit in found if not belief.doubted or hit.evidence >= tuning.EVIDENCE_DOUBTED]

    def _usable(self, question: Question, hits: Sequence[Hit], least: float | None = None) -> list[Hit]:
        """Kept hits near the best, text of the time that the question is about before text of another time.

        Where the best passage is rejected, one that fits the question far less is no answer either. `least`: also those
        rejected for weak evidence alone, down to this probability.
        """
        weak = 2.0 if least is None else least
        here = [hit for hit in hits if hit.rejected not in ("other_province", "other_age")]
        best = max((hit.rank for hit in here), default=0.0)
        usable = [hit for hit in here if hit.rejected is None or _is_only_weak(hit, weak)]
        found = sorted(usable, key=lambda hit: -hit.rank)
        if not found or (least is None and found[0].rank < best - tuning.USABLE_WITHIN):
            return []
        return sorted(found, key=self._out_of_time(question))

    def _of_another_time(self, question: Question, belief: Belief) -> Answer | None:
        """What a text not yet in force says, or that only one that has lapsed answers: offered as asked of the past."""
        today = self.today()
        coming = self._judged(
            question, _SEARCH_DEPTH, readable=lambda document: not is_over(document.effective_to, today)
        )
        if kept := self._kept(question, coming, belief):
            return self._compose(Status.ANSWERED, self._quotes(question, kept))
        return self._lapsed(question, belief)

    def _lapsed(self, question: Question, belief: Belief, rank: float = 0.0) -> Answer | None:
        """That only a text which has lapsed answers, or answers far better than what has `rank`."""
        today = self.today()
        kept = self._kept(question, self._judged(question, _SEARCH_DEPTH), belief)
        best = max(kept, key=lambda hit: hit.rank, default=None)
        if best is None or best.rank < rank + tuning.SECOND_WITHIN or self._may_quote(question)(best.document):
            return None
        asked = question.expanded.strip()
        named = province_spans(asked)
        start = asked if named and named[0][1][0] == 0 else f"{asked[:1].lower()}{asked[1:]}"
        related = (f"Trước đây, {start}",)
        return Answer(Status.NO_ANSWER, reason="lapsed", notes=tuple(_notes(best.document, today)), related=related)

    def _compared(self, question: Question, belief: Belief) -> Answer | None:
        """Quotes from each side of a comparison, or None if the question compares nothing that documents hold."""
        comparison = compares(question)
        if comparison is None or belief.doubted:
            return None
        quotes, silent = self._one_each(question, comparison) if comparison.sides else (self._grouped(comparison), ())
        if not quotes:
            return None
        answer = self._compose(Status.ANSWERED, quotes)
        missing = tuple(Note("silent", (("side", side),)) for side in silent)
        return replace(answer, notes=answer.notes + missing)

    def _one_each(self, question: Question, comparison: Comparison) -> tuple[list[_Quote], tuple[str, ...]]:
        """The best quotes about each side, as if it were asked alone; and the sides without any."""
        quotes: list[_Quote] = []
        silent: list[str] = []
        readable = self._may_quote(question)
        for side in comparison.sides:
            near, vector = search(self.index, self.embedder, side.alone, _SEARCH_DEPTH, readable=readable)
            found: list[list[_Quote]] = []
            for alone in (_in_figures(side.alone), side.alone):
                looked = judged(alone, near, self.reader, learned_weights(), vector)
                usable = self._usable(alone, [hit for hit in looked if side.holds(hit)], tuning.EVIDENCE_COMPARED)
                found.append(self._quotes(alone, usable, tuning.COMPARED_LEAST))
            best = _distinct(quote for row in zip_longest(*found) for quote in row if quote)[: tuning.CITATIONS]
            quotes += best
            silent += [] if best else [side.name]
        quotes = list({quote.hit.passage.id: quote for quote in quotes}.values())
        common = comparison.common
        if not quotes and not common.asks_figure:  # a rule for the whole country may answer for all of them
            hits = [
                hit for hit in self._judged(common, _SEARCH_DEPTH, readable=readable) if hit.document.province is None
            ]
            return self._quotes(common, self._usable(common, hits)), ()
        return quotes, tuple(silent)

    def _grouped(self, comparison: Comparison) -> list[_Quote]:
        """The best quote of each group of passages, the surest groups first."""
        question, group = comparison.common, comparison.group
        hits = self._judged(question, _COMPARE_DEPTH, readable=self._may_quote(question))
        usable = self._usable(question, hits, tuning.EVIDENCE_COMPARED)
        if group is None or not usable or group(max(usable, key=lambda hit: hit.rank)) is None:
            return []  # what answers best is of no group
        groups: dict[str, list[Hit]] = defaultdict(list)
        for hit in sorted(usable, key=lambda hit: -hit.rank):
            if name := group(hit):
                groups[name].append(hit)
        first = next(iter(groups.values()))[0].rank
        near = [hits for hits in groups.values() if hits[0].rank >= first - tuning.GROUP_WITHIN]
        found = (self._quotes(question, hits, tuning.COMPARED_LEAST) for hits in near)
        return [quote for quotes in found for quote in quotes][: tuning.GROUPS]

    def _quotes(self, question: Question, kept: Sequence[Hit], least: int = tuning.QUOTE_LEAST) -> list[_Quote]:
        """One quote from the best passage, and others that are nearly as good and say something else."""
        best = max((hit.rank for hit in kept), default=0.0)
        near = [hit for hit in sorted(kept, key=lambda hit: -hit.rank) if hit.rank >= best - tuning.SECOND_WITHIN]
        quotes = (self._quote(question, hit, least) for hit in sorted(near, key=self._out_of_time(question)))
        return _distinct(quotes)[: tuning.CITATIONS]

    def _quote(self, question: Question, hit: Hit, least: int = tuning.QUOTE_LEAST) -> _Quote:
        """The best run of sentences, with neighbours while it is short; a whole section whose heading is asked."""
        text = hit.passage.text
        if question.asks_explanation and hit.heading >= tuning.SAYS_THE_QUESTION:
            return _Quote(hit, 0, len(text))
        start, end = _widened(text, hit.quote, least, _khoan(hit.passage, *hit.quote))
        if not hit.passage.clauses:
            start, end = _with_all_steps(text, start, end)
        return _Quote(hit, _lead(hit.passage, start, end), end)

    def _compose(self, status: Status, quotes: Sequence[_Quote], reason: str = "") -> Answer:
        today = self.today()
        citations = tuple(_citation(n, quote, today) for n, quote in enumerate(quotes, 1))
        text = "\n".join(f"{citation.quote} [{citation.n}]" for citation in citations)
        notes = tuple(dict.fromkeys(note for quote in quotes for note in _notes(quote.hit.document, today)))
        return Answer(status, text, citations, reason, notes, self._related(quotes))

    def _related(self, quotes: Sequence[_Quote]) -> tuple[str, ...]:
        """Other headings of the first document that are written as questions."""
        if not quotes:
            return ()
        shown = {quote.hit.passage.section for quote in quotes}
        questions = self._headings.get(quotes[0].hit.document.id, {})
        return tuple(heading for heading in questions if heading not in shown)[: tuning.RELATED]


def _unscored(passage: Passage, document: Document) -> Hit:
    return Hit(passage, document, 0.0, 0.0, 0.0, 0.0)


def _heading_key(heading: str) -> str:
    return " ".join(words(strip_diacritics(heading.rsplit(PATH, 1)[-1])))


def _khoan(passage: Passage, start: int, end: int) -> tuple[int, int]:
    """The khoản of law that a run stands in, so that the citation can name them; the whole of any other passage."""
    begins = khoan_of(passage)
    first = max((begin for begin in begins if begin <= start), default=0)
    return max(first, 0), min((begin for begin in begins if begin >= end), default=len(passage.text))


def _with_all_steps(text: str, start: int, end: int) -> tuple[int, int]:
    """A run that touches numbered steps, with all of them and the line above, so that nobody begins with the third."""
    for steps in _STEPS.finditer(text):
        if steps.start() < end and start < steps.end() and len(_STEP.findall(steps[0])) > 1:
            above = text.rfind("\n", 0, len(text[: steps.start()].rstrip())) + 1
            first = min(start, above if start >= steps.start() else start)
            last = max(end, steps.end())
            if last - first <= tuning.STEPS_CHARACTERS:
                start, end = first, last
    return start, end


def _widened(text: str, run: tuple[int, int], least: int, within: tuple[int, int]) -> tuple[int, int]:
    """A run of sentences with its neighbours, the next before the one before, while no longer than `least`."""
    start, end = run
    spans = [span for span in sentence_spans(text) if within[0] <= span[0] and span[1] <= within[1]]
    for _, following in (span for span in spans if span[0] >= end):
        if following - start > least:
            break
        end = following
    for previous, _ in reversed([span for span in spans if span[1] <= start]):
        if end - previous > least:
            break
        start = previous
    return start, end


def _lead(passage: Passage, start: int, end: int) -> int:
    """Where a quote begins: with the words of its khoản that a điểm completes, if they are not far."""
    point = next((clause.name for clause in reversed(passage.clauses) if clause.start <= start), "")
    khoan, _, within = point.partition(POINT)
    begins = next((clause.start for clause in passage.clauses if clause.name == khoan), start)
    return begins if within and begins >= 0 and end - begins <= tuning.LEAD_CHARACTERS else start


def _choices(question: Question, kept: Sequence[Hit]) -> tuple[str, ...]:
    """The question about each province, where it names none and the figures of several fit it equally well."""
    if question.provinces or not question.asks_number:
        return ()
    best: dict[str, float] = {}
    for hit in kept:
        if (province := hit.document.province) is None:
            if hit.rank >= max(other.rank for other in kept) - tuning.CLARIFY_WITHIN:
                return ()
        else:
            best[province] = max(best.get(province, hit.rank), hit.rank)
    close = [province for province, rank in best.items() if rank >= max(best.values()) - tuning.CLARIFY_WITHIN]
    asked = question.expanded.rstrip(" ?.!")
    return tuple(f"{asked} ở {province}?" for province in close) if len(close) > 1 else ()


def _in_figures(question: Question) -> Question:
    """The question as one that asks for an amount: sides are best compared by their figures."""
    kinds = question.demands.kinds | {Demand.NUMBER}
    return replace(question, demands=replace(question.demands, kinds=kinds))


def _is_only_weak(hit: Hit, least: float) -> bool:
    return hit.rejected == "weak_evidence" and hit.evidence > least


def _distinct(quotes: Iterable[_Quote]) -> list[_Quote]:
    """Quotes in order, without those that say little that an earlier one does not."""
    kept: list[_Quote] = []
    for quote in quotes:
        if not any(_same_words(quote.text, shown.text) for shown in kept):
            kept.append(quote)
    return kept


def _same_words(quote: str, other: str) -> bool:
    """Whether a quote says little that another does not."""
    new, old = set(words(quote)), set(words(other))
    if any(word[0].isdigit() for word in new - old):
        return False
    return len(new & old) >= tuning.SAME_WORDS * len(new)


def _fits_better(question: Question, rival: Hit, own: Hit, margin: float) -> bool:
    """Whether another passage beats a topic's section: by far more evidence, or by a heading that is the question."""
    if rival.coverage - own.coverage > margin:
        return True
    if len(question.content) < 2 or rival.heading - own.heading < tuning.HEADING_LEAD:
        return False
    same = rival.document.id == own.document.id and rival.coverage >= own.coverage
    return rival.heading >= (tuning.SAYS_THE_SUBJECT if same else tuning.SAYS_THE_QUESTION)


def _is_asked_for(hits: Sequence[Hit]) -> bool:
    """Whether people are known to ask for a document in nearly these words."""
    return max((hit.asked for hit in hits), default=0.0) >= tuning.ASKED_FOR


def _in(identity: str, hits: Sequence[Hit]) -> list[Hit]:
    """What a document holds that lacks nothing but evidence, best first."""
    own = [hit for hit in hits if hit.document.id == identity and hit.rejected in (None, "weak_evidence")]
    return sorted(own, key=lambda hit: -hit.rank)


def _meant(hits: Sequence[Hit], belief: Belief) -> Answer | None:
    """The headings that may be meant, where what fits best lacks only evidence and people do ask for it so."""
    best = max(hits, key=lambda hit: hit.rank, default=None)
    if best is None or best.rejected != "weak_evidence" or best.asked < tuning.MEANT or belief.doubted:
        return None
    near = sorted((hit for hit in hits if hit.asked >= tuning.MEANT), key=lambda hit: -hit.rank)
    headings = dict.fromkeys(hit.passage.section for hit in near if hit.passage.section.endswith("?"))
    related = tuple(headings)[: tuning.RELATED]
    return Answer(Status.CLARIFY, reason="meant", related=related) if related else None


def _none(question: Question, hits: Sequence[Hit]) -> Answer:
    """A refusal; where documents hold a province that became part of the one asked about, the question about that."""
    reason = _why_none(question, hits)
    if reason != "province":
        return Answer(Status.NO_ANSWER, reason=reason)
    now = {NEW_NAME[province] for province in question.provinces}
    held = (hit.document.province or "" for hit in hits)
    parts = [name for name in dict.fromkeys(held) if NEW_NAME.get(name) in now and name not in question.provinces]
    return Answer(Status.NO_ANSWER, reason=reason, related=tuple(_about(question, part) for part in parts if part))


def _about(question: Question, province: str) -> str:
    """The question about another province, in place of the one that it became part of."""
    asked = question.expanded
    for name, (start, end) in reversed(province_spans(asked)):
        if NEW_NAME[name] == NEW_NAME[province]:
            asked = asked[:start] + province + asked[end:]
    return asked


def _why_none(question: Question, hits: Sequence[Hit]) -> str:
    """The typed reason of a refusal, from what the best passages lack."""
    if question.provinces and hits and all(hit.rejected == "other_province" for hit in hits[: tuning.GROUPS]):
        return "province"
    best = max(hits, key=lambda hit: hit.rank, default=None)
    if best is not None and best.rejected == "other_instrument":
        return "instrument"
    for kind, reason in _REASONS.items():
        if kind in question.demands.kinds:
            return reason
    return "identity" if _IDENTITY.search(question.expanded.lower()) else "no_evidence"


def _is_of_places(answer: Answer, places: Whereabouts) -> bool:
    """Whether a quote, or its heading, names a place of the question: a province's figure is no commune's."""
    said = " ".join(f"{each.title} {each.section} {each.quote}" for each in answer.citations).lower()
    return any(old.name.lower() in said for mention in places.mentions for old in mention.olds)


def _became(province: str) -> Note:
    return Note("old_province", (("province", province), ("new_province", NEW_NAME[province])))


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
        if new and document.issued and first_day(document.issued) < MERGER_DAY:
            others = [part for part in MERGED_FROM[new] if part != new]
            if new != document.province:
                yield _became(document.province)
            elif others:
                yield Note("grown_province", (("province", new), ("others", ", ".join(others))))


def _place(quote: _Quote) -> str:
    """The headings above a quote, and of a text of law the clauses that it stands in."""
    passage = quote.hit.passage
    return PATH.join(filter(None, (passage.section, place(passage.clauses, quote.start, quote.end))))


def _citation(n: int, quote: _Quote, today: date) -> Citation:
    document, passage = quote.hit.document, quote.hit.passage
    return Citation(
        n=n,
        title=document.title,
        number=document.number,
        issuer=document.issuer,
        issued=document.issued,
        effective_from=document.effective_from,
        effective_to=document.effective_to,
        in_force=in_force(document, today),
        section=_place(quote),
        url=document.url,
        quote=quote.text,
        document_id=document.id,
        passage_id=passage.id,
        checked_on=document.checked_on,
    )
