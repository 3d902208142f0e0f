"""The time that a question is about, and which texts may be quoted for it.

What has lapsed is quoted only for a question about the past, or one that names it; what is not yet in force, or not yet
issued, only for a question about what comes, or one that names it, or where nothing in force answers.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from retrieval.question import Question
from retrieval.records import Document, first_day, in_force, is_over, last_day
from retrieval.text import strip_diacritics

_PAST = re.compile(
    r"\b(?:truoc (?:day|kia)|(?:hoi|thoi) (?:do|ay|truoc|xua)|ngay xua|luc truoc|khi (?:do|ay)|nam (?:ngoai|kia)|"
    r"(?:luat(?: (?!moi\b)[a-z]+){0,5}|nghi dinh|thong tu|quy dinh|van ban) cu|het hieu luc|da tung)\b"
)
# Whether something of then is still good is a question about now; when someone was born is none at all.
_STILL = re.compile(
    r"\b(?:con|van)(?: con)? (?:duoc )?(?:dung|xai|gia tri|hieu luc)\b|\bco phai (?:doi|lam lai)\b"
    r"|\b(?:dung|xai) duoc (?:toi|den) (?:khi|bao|luc)\b|\bsinh (?:ngay|thang|nam)\b"
)
_COMING = re.compile(
    r"\b(?:bao gio|khi nao|luc nao|khi mo|chung nao|ngay nao|ngay may)\b.*\b(?:hieu luc|ap dung|thi hanh)\b"
    r"|\b(?:hieu luc|ap dung|thi hanh)\b.*\b(?:bao gio|khi nao|luc nao|khi mo|chung nao|ngay nao|ngay may)\b"
    r"|\bsap (?:toi|co|ap dung)\b"
)
_DATE = r"(?:(?:(?P<day>\d{1,2})[/.-])?(?P<month>\d{1,2})[/.-])?(?P<year>(?:19|20)\d\d)"
_WHEN = re.compile(
    rf"(?:\b(?P<how>truoc|sau|tu|ke tu|den|toi|den het|het) )?(?:\b(?:ngay|hom|thang|nam|hoi) )*"
    rf"(?<![\d/.,-]){_DATE}(?![\d/-])"
)
# "ngày 1 tháng 7 năm 2025", "1/7 năm 2025"
_SPELLED_DAY = re.compile(r"\b(\d{1,2}) thang (?=\d{1,2} nam (?:19|20)\d\d)")
_SPELLED_MONTH = re.compile(r"\b((?:thang |\d{1,2}[/.-])\d{1,2}) nam (?=(?:19|20)\d\d)")
# "2000 đồng", "1900 1234": no years.
_AMOUNT = re.compile(r" (?:dong|nghin|ngan|trieu|ty|nguoi|ho so|luot|\d)")
# "luật căn cước 2023", "nghị định 13/2023": a name, and no time that is asked about.
_KINDS = "nghi dinh|nghi quyet|quyet dinh|thong tu|cong van|ke hoach|luat|chi thi"
_NUMBERED = re.compile(rf"\b(?:{_KINDS})(?: so)? \d+[/-]\S+|\b\d+/(?:19|20)\d\d/\S+")
_TITLED = re.compile(
    r"\b(?P<law>luật(?: (?!(?:năm|từ|có|thì|quy|nói|ghi|nào)\b)[^\W\d_]+){1,6}) (?:năm )?"
    r"(?P<year>(?:19|20)\d\d)\b"
)


@dataclass(frozen=True, slots=True)
class Period:
    """The past days that a question is about, both included; `ended`: it only says that they are over."""

    first: date
    last: date
    ended: bool = False

    def held(self, document: Document) -> bool | None:
        """Whether a text was in force on one of the days; None where it gives no dates of effect."""
        if document.effective_from is None and document.effective_to is None:
            return None
        if self.ended:
            return is_over(document.effective_to, self.last + timedelta(days=1))
        begun = document.effective_from is None or first_day(document.effective_from) <= self.last
        return begun and not is_over(document.effective_to, self.first)


def period_of(question: Question, today: date) -> Period | None:
    """The past time that a question is about, None if it is about the present or what is to come."""
    text = _NUMBERED.sub(" ", strip_diacritics(_TITLED.sub(" ", question.expanded.lower())))
    if _STILL.search(text):
        return None
    text = _SPELLED_MONTH.sub(r"\1/", _SPELLED_DAY.sub(r"\1/", text))
    for match in _WHEN.finditer(text):
        if (period := _period(match, today)) is not None:
            return period
    return Period(date.min, today - timedelta(days=1), ended=True) if _PAST.search(text) else None


def _period(match: re.Match[str], today: date) -> Period | None:
    said = match.string[: match.start("year")].endswith("nam ")
    if not match["month"] and not said and _AMOUNT.match(match.string, match.end()):
        return None
    parts = (match["year"], match["month"], match["day"])
    value = "-".join(f"{int(part):02}" for part in parts if part)
    try:
        first, last = first_day(value), last_day(value)
    except ValueError:
        return None
    if match["how"] == "truoc":
        return Period(date.min, first - timedelta(days=1)) if first <= today else None
    # "từ", "sau", "đến": open towards today, or a goal.
    return Period(first, last) if match["how"] is None and last < today else None


def names(question: Question, document: Document) -> bool:
    """Whether a question names the instrument that a document is, by its number or by its title with its year."""
    number = document.number or ""
    if any(re.match(rf"0*{re.escape(named)}(?!\d)", number) for named in question.demands.named):
        return True
    title = strip_diacritics(document.title.lower())
    asked = _TITLED.finditer(question.expanded.lower())
    return any(strip_diacritics(match["law"]) in title and match["year"] in title for match in asked)


def may_quote(question: Question, document: Document, period: Period | None, today: date) -> bool:
    """Whether a text may be quoted: it holds, or the question is about the time when it does, or names it."""
    if is_over(document.effective_to, today):
        return period is not None or names(question, document)
    begins = document.effective_from or document.issued
    if begins is None or first_day(begins) <= today:
        return True
    return bool(_COMING.search(strip_diacritics(question.expanded.lower()))) or names(question, document)


def quotable(question: Question, today: date) -> Callable[[Document], bool]:
    """Which texts may be quoted for a question."""
    period = period_of(question, today)
    return lambda document: may_quote(question, document, period, today)


def is_out_of_time(question: Question, document: Document, period: Period | None, today: date) -> bool:
    """Whether texts that held at the time that the question is about go before this one."""
    if names(question, document):
        return False
    held = period.held(document) if period else in_force(document, today)
    return held is False
