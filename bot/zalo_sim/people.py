"""The people who write to the Official Account, and their conversations as their phones show them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

STAFF_ID = "990011"  # the administrator who writes in OA chat


class Author(StrEnum):
    """Who wrote a bubble. STAFF is a person of the office who writes in OA chat."""

    PERSON = "person"
    BOT = "bot"
    STAFF = "staff"


@dataclass(frozen=True, slots=True)
class Bubble:
    """One thing in a conversation. `at` is seconds since the epoch; `delivery` the webhook that told the bot of it.

    `quota` says how Zalo would count a message of the bot: `reply` within 48 hours, otherwise empty: it is billed.
    """

    message_id: str
    author: Author
    kind: str
    text: str
    at: float
    buttons: tuple[dict[str, Any], ...] = ()
    url: str = ""
    quoted: str = ""
    quota: str = ""
    hidden: bool = False
    seen: bool = False
    delivery: int | None = None


@dataclass(slots=True)
class Person:
    """Somebody who does not exist. `conversation_id` is set for a visitor without a Zalo account."""

    user_id: str
    user_id_by_app: str
    name: str
    about: str = ""
    conversation_id: str = ""
    follows: bool = False
    last_interaction: float | None = None
    bubbles: list[Bubble] = field(default_factory=list)
    answers: dict[str, int] = field(default_factory=dict)

    @property
    def anonymous(self) -> bool:
        """Whether this is a visitor without a Zalo account."""
        return bool(self.conversation_id)

    def see_all(self) -> list[str]:
        """Mark every message of the office as seen; the ids of those that were not."""
        unseen = [bubble.message_id for bubble in self.bubbles if bubble.author != Author.PERSON and not bubble.seen]
        self.bubbles = [replace(bubble, seen=True) for bubble in self.bubbles]
        return unseen

    def forget(self) -> None:
        """What a withdrawal does: the conversation is gone and its window with it."""
        self.bubbles.clear()
        self.answers.clear()
        self.follows, self.last_interaction = False, None


def cast() -> dict[str, Person]:
    """The people of the page, by id. Ids are longer than a number of JavaScript can hold, as real ones are."""
    people = (
        Person("6820113574920881734", "5310028846120097451", "Bác Nguyễn Thị Lành", "68 tuổi, hay gõ không dấu"),
        Person("7193340058216647712", "5310028846120097452", "Anh Trần Văn Dũng", "tổ công nghệ số cộng đồng"),
        Person("8047561129903358120", "5310028846120097453", "Chị Lò Thị Mai", "cán bộ một cửa của xã"),
        Person("9102238847765510294", "", "Khách vãng lai", "không có tài khoản Zalo", "3340917725108846021"),
    )
    return {person.user_id: person for person in people}
