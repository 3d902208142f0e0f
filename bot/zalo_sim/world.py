"""Everything that the simulated Zalo knows, in memory: people and their conversations, switches, calls, time."""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from bot.zalo_sim import wire
from bot.zalo_sim.clock import Clock
from bot.zalo_sim.courier import ANSWER_LIMIT_S, Courier, Delivery
from bot.zalo_sim.errors import ApiError, NoSuchButtonError
from bot.zalo_sim.faults import Faults
from bot.zalo_sim.messages import Message
from bot.zalo_sim.people import Author, Bubble, Person, cast
from bot.zalo_sim.tokens import TokenOffice
from bot.zalo_sim.wire import Credentials

HOUR_S = 3600.0
FREE_S, WINDOW_S = 48 * HOUR_S, 7 * 24 * HOUR_S
ANSWERS_PER_MESSAGE = 8
PER_MINUTE = 100  # what the cheapest plan with an OpenAPI allows


@dataclass(frozen=True, slots=True)
class ApiCall:
    """One call of the bot. `error` is Zalo's code, 0 for success, None where no answer was given."""

    at: float
    name: str
    status: int | None
    error: int | None
    note: str = ""
    user_id: str = ""
    number: int = 0


class World:
    """The people, the office and what passes between them. All methods belong to one event loop."""

    def __init__(
        self,
        credentials: Credentials | None = None,
        clock: Clock | None = None,
        per_minute: int = PER_MINUTE,
        answer_limit_s: float = ANSWER_LIMIT_S,
        anonymous_on_v3: bool = False,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self.credentials, self.clock = credentials or Credentials(), clock or Clock()
        self.faults, self.per_minute, self.anonymous_on_v3 = Faults(), per_minute, anonymous_on_v3
        self.tokens = TokenOffice(self.credentials, self.clock)
        self.courier = Courier(self.credentials, self.clock, self.faults, self.touch, answer_limit_s)
        self.people, self.callback_url, self.version = cast(), "", 0
        self.switches = dict.fromkeys(wire.SUBSCRIBED, True) | dict.fromkeys(wire.UNSUBSCRIBED, False)
        self.calls: deque[ApiCall] = deque(maxlen=20_000)
        self._tell, self._last_ms, self._minute = changed, 0, (0, 0)

    def touch(self) -> None:
        """Something changed: pages and tests that wait look again."""
        self.version += 1
        self._tell()

    def person(self, user_id: str) -> Person:
        """The person of this id, who is made up if nobody has heard of them."""
        if user_id not in self.people:
            number = len(self.people)
            self.people[user_id] = Person(user_id, f"53100288461200{number:05d}", f"Người dùng {number}")
        return self.people[user_id]

    # --- what people do ---

    def say(
        self,
        user_id: str,
        event_name: str,
        message: dict[str, Any],
        *,
        hidden: bool = False,
        at: float | None = None,
    ) -> Delivery:
        """A person sends `message`, that of the event without msg_id. `hidden`: their own phone does not show it."""
        person = self.person(user_id)
        message_id = secrets.token_hex(10)
        fields = message | {"msg_id": message_id}
        if person.anonymous:
            fields |= {"conversation_id": person.conversation_id}
        timestamp = self._timestamp(at)
        delivery = self._emit(event_name, person, fields, timestamp)
        self._interact(person, at)
        person.answers[message_id] = 0
        kind, text = event_name.rpartition("_")[2], str(message.get("text", ""))
        person.bubbles.append(
            Bubble(
                message_id, Author.PERSON, kind, text, int(timestamp) / 1000,
                hidden=hidden, delivery=delivery.delivery_id,
            )
        )  # fmt: skip
        self.touch()
        return delivery

    def press(self, user_id: str, message_id: str, number: int) -> Delivery:
        """A person presses a query button: its payload comes as a text. NoSuchButtonError if there is none."""
        person = self.person(user_id)
        bubble = next((bubble for bubble in person.bubbles if bubble.message_id == message_id), None)
        if bubble is None or number >= len(bubble.buttons):
            raise NoSuchButtonError("Không còn nút này")
        button = bubble.buttons[number]
        if not button["type"].startswith("oa.query."):
            raise NoSuchButtonError("Nút này mở trên điện thoại, không gửi gì cho OA")
        name = "anonymous_send_text" if person.anonymous else "user_send_text"
        return self.say(user_id, name, {"text": button["payload"]}, hidden=button["type"] == "oa.query.hide")

    def do(self, user_id: str, event_name: str, at: float | None = None) -> Delivery:
        """Follow, unfollow, chat now, withdraw."""
        person = self.person(user_id)
        match event_name:
            case "follow" | "unfollow":
                person.follows = event_name == "follow"
            case "user_withdraw":
                person.forget()
        if event_name not in wire.NO_INTERACTION:
            self._interact(person, at)
        return self._emit(event_name, person, None, self._timestamp(at))

    def see(self, user_id: str) -> Delivery | None:
        """A person looks at the conversation; None if there was nothing new or the event is switched off."""
        person = self.person(user_id)
        unseen = person.see_all()
        if not unseen:
            return None
        self.touch()
        return self._emit_from_office("user_seen_message", person, {"msg_ids": unseen})

    # --- what the office does ---

    def write_as_staff(self, user_id: str, text: str, admin_id: str) -> Delivery | None:
        """Somebody of the office answers by hand in OA chat; None if echoes are switched off."""
        person, message_id = self.person(user_id), secrets.token_hex(10)
        person.bubbles.append(Bubble(message_id, Author.STAFF, "text", text, self.clock.now()))
        self.touch()
        name = "oa_send_anonymous_text" if person.anonymous else "oa_send_text"
        return self._emit_from_office(name, person, {"text": text, "msg_id": message_id}, admin_id)

    def receive(self, person: Person, message: Message, answers_to: str = "") -> Bubble:
        """A message of the bot reaches a phone. ApiError if its window is closed."""
        quota = self._quota(person, answers_to)
        medium = message.medium
        kind = medium.media_type if medium else "text"
        bubble = Bubble(
            secrets.token_hex(10), Author.BOT, kind, message.text, self.clock.now(),
            buttons=tuple(message.buttons), url=medium.url or "" if medium else "",
            quoted=message.quote_message_id or "", quota=quota,
        )  # fmt: skip
        person.bubbles.append(bubble)
        if answers_to:
            person.answers[answers_to] += 1
        self._echo(person, bubble)
        self.touch()
        return bubble

    def whose(self, message_id: str) -> Person | None:
        """Who sent this message."""
        return next((person for person in self.people.values() if message_id in person.answers), None)

    def take_call(self) -> int:
        """One call of this minute; how many are left. ApiError -32 when there are none."""
        minute = int(self.clock.now() // 60)
        used = self._minute[1] if self._minute[0] == minute else 0
        if used >= self.per_minute:
            raise ApiError(-32, "Rate limit of the minute is reached")
        self._minute = minute, used + 1
        return self.per_minute - used - 1

    def record(self, call: ApiCall) -> None:
        """Keep a call for the log, numbered."""
        number = self.calls[-1].number + 1 if self.calls else 1
        self.calls.append(replace(call, number=number))
        self.touch()

    # --- inner workings ---

    def _quota(self, person: Person, answers_to: str) -> str:
        if person.last_interaction is None:
            raise ApiError(-232, "User has not interacted with the OA")
        age = self.clock.now() - person.last_interaction
        if age > WINDOW_S:
            raise ApiError(-230, "User has not interacted with the OA in the past 7 days")
        if answers_to and person.answers[answers_to] >= ANSWERS_PER_MESSAGE:
            raise ApiError(-218, "Too many replies to one message")
        return "reply" if age <= FREE_S else ""

    def _echo(self, person: Person, bubble: Bubble) -> None:
        name = "oa_send_text" if bubble.kind == "text" else "oa_send_image"
        said = {"text": bubble.text} if bubble.text else {}
        self._emit_from_office(name, person, said | {"msg_id": bubble.message_id})
        self._emit_from_office("user_received_message", person, {"msg_id": bubble.message_id})

    def _interact(self, person: Person, at: float | None) -> None:
        person.last_interaction = self.clock.now() if at is None else at

    def _emit(self, name: str, person: Person, message: dict[str, Any] | None, timestamp: str) -> Delivery:
        keys = self.credentials
        who = keys.app_id, keys.oa_id, person.user_id, person.user_id_by_app
        if message is None:
            body = wire.without_message(*who, name, timestamp)
        else:
            body = wire.from_person(*who, name, message, timestamp)
        return self._send(name, person, str((message or {}).get("msg_id", "")), body, timestamp)

    def _emit_from_office(
        self, name: str, person: Person, message: dict[str, Any], admin_id: str = ""
    ) -> Delivery | None:
        if not self.switches.get(name, True):
            return None
        keys, timestamp = self.credentials, self._timestamp(None)
        body = wire.from_office(keys.app_id, keys.oa_id, person.user_id, name, message, timestamp, admin_id)
        return self._send(name, person, str(message.get("msg_id", "")), body, timestamp)

    def _send(self, name: str, person: Person, message_id: str, body: bytes, timestamp: str) -> Delivery:
        on = self.switches.get(name, True)
        return self.courier.add(name, person.user_id, message_id, body, timestamp, on)

    def _timestamp(self, at: float | None) -> str:
        """Milliseconds as a string. No two events happen in the same one, unless somebody says when."""
        if at is not None:
            return str(int(at * 1000))
        self._last_ms = max(int(self.clock.now() * 1000), self._last_ms + 1)
        return str(self._last_ms)
