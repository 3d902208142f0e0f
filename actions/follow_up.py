"""Follow-ups made whole: "còn Nam Định thì sao?" after a question about Quảng Ninh is that question about Nam Định."""

from __future__ import annotations

import re

from retrieval.places import find_provinces
from retrieval.question import understand
from retrieval.text import has_diacritics, strip_diacritics

_YEAR = re.compile(r"(?<!\d)20[1-4]\d(?!\d)")


def complete(follow_up: str, last_question: str) -> str:
    """The follow-up as a question that stands alone: place and year replaced in the last question, or both joined."""
    swapped = _with_province(last_question, follow_up)
    swapped = _with_year(swapped, follow_up)
    if swapped != last_question and not _says_more(follow_up):
        return swapped
    return f"{last_question.rstrip(' ?.!')}, {follow_up}"


def _with_province(question: str, follow_up: str) -> str:
    new = " và ".join(dict.fromkeys(find_provinces(follow_up)))
    if not new:
        return question
    new = new if has_diacritics(question) else strip_diacritics(new)
    old = find_provinces(question)
    where = strip_diacritics(question).find(strip_diacritics(old[0])) if old else -1
    if where < 0:
        return _with_more(question, new)
    return question[:where] + new + question[where + len(old[0]) :]


def _with_year(question: str, follow_up: str) -> str:
    year = _YEAR.search(follow_up)
    if year is None:
        return question
    if _YEAR.search(question):
        return _YEAR.sub(year.group(), question, count=1)
    return _with_more(question, f"{'năm' if has_diacritics(question) else 'nam'} {year.group()}")


def _with_more(question: str, words: str) -> str:
    return f"{question.rstrip(' ?.!')} {words}"


def _says_more(follow_up: str) -> bool:
    """Whether the follow-up has a subject of its own besides a place or a year."""
    named = {word for province in find_provinces(follow_up) for word in strip_diacritics(province).split()}
    content = [strip_diacritics(term) for term in understand(follow_up).content]
    return any(term not in named and not _YEAR.fullmatch(term) and term not in ("nam", "tinh") for term in content)
