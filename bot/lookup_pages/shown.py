"""Records as people read them: dates and validity in words, sources, and the words of a question marked in a text."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from itertools import groupby, pairwise
from urllib.parse import quote

import httpx

from actions.render import spoken_date
from retrieval.question import Question
from retrieval.records import PATH, Document, Passage, first_day, in_force, is_over
from retrieval.search import kind_key
from retrieval.text import strip_diacritics, words

_KINDS = {
    "luat": "Luật",
    "bo_luat": "Bộ luật",
    "nghi_dinh": "Nghị định",
    "nghi_quyet": "Nghị quyết",
    "quyet_dinh": "Quyết định",
    "thong_tu": "Thông tư",
    "chi_thi": "Chỉ thị",
    "cong_van": "Công văn",
    "ke_hoach": "Kế hoạch",
    "thu_tuc": "Thủ tục hành chính",
    "tong_hop": "Bài tổng hợp",
    "ban_tom_tat": "Bản tóm tắt",
    "bai_bao": "Bài báo",
    "huong_dan": "Hướng dẫn",
}
_LONGEST_ADDRESS, _LONGEST_NUMBER = 500, 40
# The code of a procedure; some records have the decision on it instead.
_CODE = re.compile(r"[\d.]+")
_PORTAL = "dichvucong.gov.vn"
_WORD = re.compile(r"\d+(?:[.,/:-]\d+)*%?|[^\W_]+")
_DAY = {1: "năm", 2: "tháng", 3: "ngày"}


def kind_name(kind: str) -> str:
    """A kind of document by its name; one that is not known as it is written."""
    return _KINDS.get(kind_key(kind), kind)


def on_day(value: str) -> str:
    """A whole or partial date within a sentence: "ngày 01/7/2026", "tháng 7/2026", "năm 2026"."""
    return f"{_DAY[value.count('-') + 1]} {spoken_date(value)}"


@dataclass(frozen=True, slots=True)
class Validity:
    """Whether an instrument is in force, in words. `state`: in_force, not_yet, over or unknown."""

    state: str
    text: str


def validity(document: Document, today: date) -> Validity:
    """What a document says of its being in force on a day."""
    begins, ends = document.effective_from, document.effective_to
    if begins and today < first_day(begins):
        return Validity("not_yet", f"Chưa có hiệu lực; có hiệu lực từ {on_day(begins)}")
    if ends and is_over(ends, today):
        replaced = f"; được thay bằng {document.replaced_by}" if document.replaced_by else ""
        return Validity("over", f"Đã hết hiệu lực; ngày cuối còn hiệu lực: {spoken_date(ends)}{replaced}")
    if in_force(document, today) is None:
        return Validity("unknown", "Tài liệu không ghi thời hạn hiệu lực")
    since = f" từ {on_day(begins)}" if begins else ""
    until = f", đến hết {on_day(ends)}" if ends else ""
    amended = f"; đã được sửa đổi bởi {document.amended_by}" if document.amended_by else ""
    return Validity("in_force", f"Còn hiệu lực{since}{until}{amended}")


@dataclass(frozen=True, slots=True)
class Source:
    """A source as pages name it. `url` is an address of the web, or None; `host` is its part that people know."""

    title: str
    kind: str
    number: str
    issuer: str
    issued: str
    validity: Validity
    url: str | None
    host: str
    checked_on: str

    @property
    def facts(self) -> tuple[str, ...]:
        """Kind, number, issuer and date, those that are known."""
        number = f"số {self.number}" if self.number else ""
        since = "cập nhật" if self.kind in (_KINDS["tong_hop"], _KINDS["ban_tom_tat"]) else "ban hành"
        issued = f"{since} {self.issued}" if self.issued else ""
        return tuple(fact for fact in (self.kind, number, self.issuer, issued) if fact)

    @property
    def told_whole(self) -> bool:
        """Whether its page says all that it says: that of a summary of several sources is only one of them."""
        return self.url is not None and self.kind != _KINDS["tong_hop"]

    @property
    def short(self) -> str:
        """A few words that name it: "Nghị định 224/2026/NĐ-CP", "thủ tục 1.014063", or its title."""
        if not self.number or len(self.number) > _LONGEST_NUMBER:
            return shortened(self.title, 60)
        if self.kind == _KINDS["thu_tuc"]:
            return f"{'thủ tục' if _CODE.fullmatch(self.number) else 'số'} {self.number}"
        named = strip_diacritics(self.number).startswith(strip_diacritics(self.kind))
        return self.number if named or not self.kind or len(self.kind) > 20 else f"{self.kind} {self.number}"

    @property
    def at_portal(self) -> str:
        """Where a procedure is found by its code: "dichvucong.gov.vn, mã 1.014063"; empty for anything else."""
        known = self.kind == _KINDS["thu_tuc"] and _CODE.fullmatch(self.number) and self.host == _PORTAL
        return f"{self.host}, mã {self.number}" if known else ""


def source_of(document: Document, today: date) -> Source:
    """A document, or an article of it, as a source."""
    url = web_address(document.url)
    return Source(
        title=document.title or document.id,
        kind=kind_name(document.kind or ""),
        number=document.number or "",
        issuer=document.issuer or "",
        issued=on_day(document.issued) if document.issued else "",
        validity=validity(document, today),
        url=url,
        host=httpx.URL(url).host.removeprefix("www.") if url else "",
        checked_on=spoken_date(document.checked_on) if document.checked_on else "",
    )


def web_address(url: str | None) -> str | None:
    """An address that may be linked and printed: http or https, in ASCII, not too long; None for anything else."""
    try:
        address = httpx.URL((url or "").strip())
    except httpx.InvalidURL:
        return None
    named = address.scheme in ("http", "https") and re.fullmatch(r"[\w.-]+\.[\w-]+|\[[\da-fA-F:]+\]", address.host)
    return str(address) if named and not address.userinfo and len(str(address)) <= _LONGEST_ADDRESS else None


def page_address(page: str, identity: str) -> str:
    """The address of a page about a document or passage, whose id may hold any character."""
    return page + quote(identity, safe="/@:")


def shortened(text: str, most: int) -> str:
    """A text of at most so many characters, cut between words with "…"."""
    if len(text) <= most:
        return text
    cut = text[: most - 1]
    return (cut.rsplit(" ", 1)[0] if " " in cut else cut).rstrip(" ,;:-–") + "…"


def cited(passage: Passage, source: Source) -> str:
    """A passage with its source, as plain text to paste elsewhere."""
    known = [source.title, *source.facts, passage.section, source.validity.text, source.url or ""]
    checked = f"đối chiếu ngày {source.checked_on}" if source.checked_on else ""
    return f"“{passage.text}”\n(Nguồn: {'; '.join(part for part in (*known, checked) if part)})"


# Marking.


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of a text. `asked`: it is words of the question."""

    text: str
    asked: bool


@dataclass(frozen=True, slots=True)
class Stretch:
    """Pieces of a text that belong together. `best`: they are the run of sentences that answers best."""

    best: bool
    runs: tuple[Run, ...]


def marked(text: str, question: Question | None, best: tuple[int, int] = (0, 0)) -> list[Stretch]:
    """A text in stretches: joined, they are the text."""
    spans = _asked_spans(text, question) if question else []
    cuts = sorted({0, len(text), *(place for span in (*spans, best) for place in span if place <= len(text))})
    pieces = (
        (best[0] <= start and end <= best[1], Run(text[start:end], any(a <= start and end <= b for a, b in spans)))
        for start, end in pairwise(cuts)
    )
    return [
        Stretch(is_best, tuple(run for _, run in group))
        for is_best, group in groupby(pieces, key=lambda piece: piece[0])
    ]


def _asked_spans(text: str, question: Question) -> list[tuple[int, int]]:
    """Where words of the question stand; those with only a blank between them are one span.

    Where its diacritics were restored, a span begins and ends with a word as it was restored: "sơ" alone is no "sổ".
    """
    form: Callable[[str], str] = strip_diacritics if question.bare else str
    known = {strip_diacritics(term) for term in question.terms}
    short_forms = {word for word in words(question.typed) if strip_diacritics(word) not in known}
    asked = {*question.content, *short_forms}
    wanted = {form(word) for word in asked}
    runs: list[list[re.Match[str]]] = []
    for match in _WORD.finditer(text):
        if any(form(word) in wanted for word in words(match.group())):
            if runs and text[runs[-1][-1].end() : match.start()] == " ":
                runs[-1].append(match)
            else:
                runs.append([match])
    as_asked = ([match for match in run if not asked.isdisjoint(words(match.group()))] for run in runs)
    return [(run[0].start(), run[-1].end()) for run in as_asked if run]


def headings_of(passage: Passage) -> list[str]:
    """The headings above a passage, from the outermost in."""
    return passage.section.split(PATH) if passage.section else []
