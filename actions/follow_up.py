"""Follow-ups made whole: "còn Nam Định thì sao?" after a question about Quảng Ninh is that question about Nam Định."""

from __future__ import annotations

import re

from retrieval.places import find_provinces
from retrieval.question import understand
from retrieval.text import has_diacritics, strip_diacritics, words

_YEAR = re.compile(r"(?<!\d)20[1-4]\d(?!\d)")


# "Ở đâu vậy", "hết bao nhiêu tiền": words that ask, and name nothing to ask about.
_ASKING = frozenset(
    "o dau vay the thi sao het bao nhieu tien mat ton co khong ko k hong phi le lau may ngay can gi giay to mang theo "
    "nhung nop lam hoi cho chac nao xong khi nay qua online duoc a ha con roi nua phai di den ra gio ai bang cach "
    "ho so va".split()
)
_MOST_WORDS = 7


def is_elliptic(question: str) -> bool:
    """Whether a question has no subject of its own, so that it can only be about the last one."""
    asked = words(strip_diacritics(question))
    return 0 < len(asked) <= _MOST_WORDS and _ASKING.issuperset(asked)


def in_full(question: str, last_question: str | None, follows: bool = False) -> tuple[str, str]:
    """What to search for, and what to remember as asked. `follows`: the dialogue takes it for a follow-up."""
    elliptic = is_elliptic(question)
    if not last_question or not (follows or elliptic):
        return question, question
    whole = complete(question, last_question)
    return whole, last_question if elliptic else whole  # or each "ở đâu?" would ask for all those before as well


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
