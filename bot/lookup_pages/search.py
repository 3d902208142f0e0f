"""The search form and what is found with it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from bot.lookup_pages.shown import Source, Stretch, cited, headings_of, kind_name, marked, page_address, source_of
from retrieval.answer import Answerer
from retrieval.handout import is_procedure
from retrieval.index import Index
from retrieval.places import NEW_NAME
from retrieval.question import Question, understand
from retrieval.records import Document, Hit
from retrieval.search import Filters, kind_key

LONGEST_QUESTION = 500
_SHOWN, _MOST_SHOWN = 10, 50


@dataclass(frozen=True, slots=True)
class Choices:
    """What an index can be narrowed to: provinces (name → as shown), years from the latest, kinds (key → name)."""

    provinces: tuple[tuple[str, str], ...]
    years: tuple[str, ...]
    kinds: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, documents: Iterable[Document]) -> Choices:
        """The values that documents have."""
        provinces, years, kinds = set[str](), set[str](), dict[str, str]()
        for document in documents:
            provinces.add(document.province or "")
            years.add((document.issued or "")[:4])
            if document.kind:
                kinds.setdefault(kind_key(document.kind), kind_name(document.kind))
        named = sorted(kinds.items(), key=lambda kind: kind[1])
        shown = tuple((name, _as_now(name)) for name in sorted(provinces - {""}))
        return cls(shown, tuple(sorted(years - {""}, reverse=True)), tuple(named))


def _as_now(province: str) -> str:
    """A province, with the one that took its place on 1/7/2025: "Bến Tre (nay là Vĩnh Long)"."""
    now = NEW_NAME.get(province, province)
    return province if now == province else f"{province} (nay là {now})"


@dataclass(frozen=True, slots=True)
class Form:
    """The search form as it was sent. `problem`: what to tell the person of it, empty if it can be searched."""

    q: str = ""
    province: str = ""
    year: str = ""
    kind: str = ""
    in_force: bool = True
    k: int = _SHOWN
    problem: str = ""

    @classmethod
    def sent(cls, fields: Mapping[str, str]) -> Form:
        """The form of an address; a first visit has the box for what is in force ticked."""
        q, year, k = fields.get("q", "").strip(), fields.get("year", "").strip(), fields.get("k", "")
        problem = ""
        if len(q) > LONGEST_QUESTION:
            problem = f"Câu hỏi dài quá {LONGEST_QUESTION} ký tự. Anh/chị rút ngắn lại rồi tìm lần nữa."
        elif year and not re.fullmatch(r"[0-9]{4}", year):
            problem = "Năm phải gồm bốn chữ số, ví dụ 2026."
        elif "q" in fields and not re.search(r"\w", q):
            problem = "Anh/chị gõ vài chữ của điều cần tìm rồi bấm Tìm."
        return cls(
            q=q,
            province=fields.get("province", "").strip(),
            year=year,
            kind=fields.get("kind", "").strip(),
            in_force="in_force" in fields or "q" not in fields,
            k=min(max(int(k), 1), _MOST_SHOWN) if re.fullmatch(r"[0-9]{1,3}", k) else _SHOWN,
            problem=problem,
        )

    def filters(self, today: date) -> Filters:
        """What the search is narrowed to."""
        return Filters(self.province or None, self.year or None, self.kind or None, today if self.in_force else None)

    @property
    def narrowed(self) -> bool:
        """Whether the search is narrowed in another way than on a first visit."""
        return bool(self.province or self.year or self.kind) or not self.in_force

    @property
    def chosen_kind(self) -> str:
        """The kind as the choices name it."""
        return kind_key(self.kind)

    @property
    def address_of_more(self) -> str:
        """The address of a longer list, empty if there is none."""
        ticked = {"in_force": "1"} if self.in_force else {}
        sent = {"q": self.q, "province": self.province, "year": self.year, "kind": self.kind} | ticked
        more = min(self.k + 2 * _SHOWN, _MOST_SHOWN)
        return "/tra-cuu?" + urlencode({**sent, "k": more}) if self.k < _MOST_SHOWN else ""


@dataclass(frozen=True, slots=True)
class Found:
    """A passage that was found. `answers`: it is taken to answer the question.

    Addresses: `place` of it in its document, `sheet` to print it, `document_sheet` of its procedure, if it is of one.
    """

    source: Source
    headings: list[str]
    text: list[Stretch]
    answers: bool
    citation: str
    place: str
    sheet: str
    document_sheet: str


@dataclass(frozen=True, slots=True)
class SearchPage:
    """The form as it was sent, and what was found with it, best first."""

    form: Form
    found: list[Found]
    choices: Choices

    @property
    def problem(self) -> str:
        """What the form lacks."""
        return self.form.problem


def search_page(answerer: Answerer, fields: Mapping[str, str]) -> SearchPage:
    """The page for the fields of an address."""
    form, today = Form.sent(fields), answerer.today()
    hits = answerer.find(form.q, form.k, form.filters(today)) if form.q and not form.problem else []
    question = understand(form.q)
    return SearchPage(form, [_found(hit, question, today) for hit in hits], _choices.of(answerer.index))


class _Choices:
    """The choices of the index in use: tens of thousands of documents are not looked through for each page."""

    def __init__(self) -> None:
        self._held = ("", Choices((), (), ()))

    def of(self, index: Index) -> Choices:
        version, choices = self._held
        if version != index.version:
            choices = Choices.of(index.documents.values())
            self._held = (index.version, choices)
        return choices


_choices = _Choices()


def _found(hit: Hit, question: Question, today: date) -> Found:
    source = source_of(hit.document, today)
    start, end = hit.quote
    asked = urlencode({"q": question.typed, "run": f"{start}-{end}"})
    return Found(
        source=source,
        headings=headings_of(hit.passage),
        text=marked(hit.passage.text, question, hit.quote),
        answers=hit.rejected is None,
        citation=cited(hit.passage, source),
        place=f"{page_address('/tra-cuu/doan/', hit.passage.id)}?{asked}#doan",
        sheet=page_address("/phieu/doan/", hit.passage.id),
        document_sheet=page_address("/phieu/", hit.document.id) if is_procedure(hit.document) else "",
    )
