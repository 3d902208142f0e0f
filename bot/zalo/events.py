"""An event of Zalo's webhook as the door keeps it: who, what kind, which words. Everything else is left out."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from retrieval.guard import mask
from retrieval.text import normalise

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MAX_TEXT = 4000  # far more than the bot takes; to compose a whole body of marks would take seconds
_MAX_DIGITS = 15  # of a time in milliseconds
AHEAD_MS = 5 * 60_000  # Zalo's clock and ours may differ so much


class Kind(StrEnum):
    """What the worker does with an event."""

    TEXT = "text"
    GREET = "greet"
    PICTURE = "picture"
    VOICE = "voice"
    STICKER = "sticker"
    LOCATION = "location"
    LINK = "link"
    WITHDRAW = "withdraw"


# What is neither here nor below (reactions, tags, calls…) is acknowledged and left.
_MESSAGES = {
    "text": Kind.TEXT,
    "image": Kind.PICTURE,
    "gif": Kind.PICTURE,
    "video": Kind.PICTURE,
    "file": Kind.PICTURE,
    "business_card": Kind.PICTURE,
    "audio": Kind.VOICE,
    "sticker": Kind.STICKER,
    "location": Kind.LOCATION,
    "link": Kind.LINK,
}
_OTHERS = {"follow": Kind.GREET, "user_click_chatnow": Kind.GREET, "user_withdraw": Kind.WITHDRAW}
_MESSAGE_NAME = re.compile(r"(user|anonymous)_send_([a-z_]+)")
_ECHO_NAME = re.compile(r"oa_send_(anonymous_)?[a-z_]+")
_RECEIPTS = ("user_received_message", "user_seen_message")
_MAX_RECEIPTS = 50  # message ids in one event


class MalformedEventError(Exception):
    """Not an event: the text says in English what is wrong, without any content."""


class ForeignEventError(Exception):
    """An event of another app or another Official Account."""


@dataclass(frozen=True, slots=True)
class Event:
    """What is kept of an event. `sender` is the name of the conversation, `recipient` the address of a reply."""

    key: str
    kind: Kind
    sender: str
    recipient: Mapping[str, str]
    text: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """Messages of the Official Account that came to a phone, or were looked at."""

    message_ids: tuple[str, ...]
    seen: bool


@dataclass(frozen=True, slots=True)
class StaffMessage:
    """Somebody of the office wrote by hand in OA chat. `sender` is the name of the conversation."""

    message_id: str
    sender: str
    at_ms: int


def parse(body: bytes) -> dict[str, Any]:
    """The JSON object of a body, its numbers as they are written (ids are longer than a double is exact)."""
    try:
        data = json.loads(body.decode("utf-8"), parse_int=str, parse_float=str)
    except (ValueError, RecursionError) as error:
        raise MalformedEventError(type(error).__name__) from None
    if not isinstance(data, dict):
        raise MalformedEventError("not an object")
    return data


def timestamp_of(data: Mapping[str, Any]) -> str | None:
    """The event's own timestamp as it is written."""
    stamp = data.get("timestamp")
    return stamp if isinstance(stamp, str) else None


def stamp_ms(data: Mapping[str, Any]) -> int | None:
    """The event's own time, if it has one that can be read."""
    stamp = timestamp_of(data) or ""
    return int(stamp) if stamp.isascii() and stamp.isdigit() and len(stamp) <= _MAX_DIGITS else None


def read(data: Mapping[str, Any], app_id: str, oa_id: str, arrived_ms: int) -> Event | Receipt | StaffMessage | None:
    """The event, or None for one that is only acknowledged. MalformedEventError, ForeignEventError."""
    name = data.get("event_name")
    if not isinstance(name, str):
        raise MalformedEventError("no event_name")
    if data.get("app_id") != app_id:
        raise ForeignEventError("app_id")
    echo = _ECHO_NAME.fullmatch(name)
    if echo or name in _RECEIPTS:
        if oa_id not in (_part(data, "sender").get("id"), _part(data, "recipient").get("id"), data.get("oa_id")):
            raise ForeignEventError("oa_id")
        return _staff_message(data, bool(echo[1]), arrived_ms) if echo else _receipt(data, name)
    return _from_person(data, name, oa_id, arrived_ms)


def _from_person(data: Mapping[str, Any], name: str, oa_id: str, arrived_ms: int) -> Event | None:
    found = _MESSAGE_NAME.fullmatch(name)
    kind = _MESSAGES.get(found[2]) if found else _OTHERS.get(name)
    if kind is None:
        return None
    named = [_part(data, "recipient").get("id"), data.get("oa_id")]
    # `user_withdraw` may name no Official Account at all: it is about the app.
    if oa_id not in named and (any(named) or kind is not Kind.WITHDRAW):
        raise ForeignEventError("oa_id")
    person = _person(data)
    anonymous = found is not None and found[1] == "anonymous"
    recipient = {"user_id": person}
    if anonymous:
        recipient = {"anonymous_id": person, "conversation_id": _id(_part(data, "message").get("conversation_id"))}
    text = _text(data, kind)
    kind = Kind.TEXT if text else kind
    at_ms = _at_ms(data, arrived_ms)
    return Event(_key(data, oa_id, name, person), kind, _conversation(person, anonymous), recipient, text, at_ms)


def _staff_message(data: Mapping[str, Any], anonymous: bool, arrived_ms: int) -> StaffMessage | None:
    """What the bot itself sent comes back as well, without the id of an administrator: None."""
    if not _part(data, "sender").get("admin_id"):
        return None
    person = _id(_part(data, "recipient").get("id"))
    message_id = _id(_part(data, "message").get("msg_id"))
    return StaffMessage(message_id, _conversation(person, anonymous), min(_at_ms(data, arrived_ms), arrived_ms))


def _receipt(data: Mapping[str, Any], name: str) -> Receipt:
    message = _part(data, "message")
    several = message.get("msg_ids")
    found = several if isinstance(several, list) else [message.get("msg_id")]
    good = [each for each in found if isinstance(each, str) and _ID.fullmatch(each)]
    return Receipt(tuple(good[:_MAX_RECEIPTS]), name == "user_seen_message")


def _conversation(person: str, anonymous: bool) -> str:
    return f"zalo:a:{person}" if anonymous else f"zalo:{person}"


def _part(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = data.get(name)
    return value if isinstance(value, dict) else {}


def _id(value: Any) -> str:
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise MalformedEventError("id")
    return value


def _person(data: Mapping[str, Any]) -> str:
    for value in (_part(data, "sender").get("id"), _part(data, "follower").get("id"), data.get("user_id")):
        if value is not None:
            return _id(value)
    raise MalformedEventError("nobody")


def _text(data: Mapping[str, Any], kind: Kind) -> str:
    """The words of a text or under a picture, with identity numbers and codes covered before they touch a disk."""
    if kind not in (Kind.TEXT, Kind.PICTURE):
        return ""
    text = _part(data, "message").get("text")
    return mask(normalise(text[:_MAX_TEXT])) if isinstance(text, str) else ""


def _key(data: Mapping[str, Any], oa_id: str, name: str, person: str) -> str:
    message = _part(data, "message").get("msg_id")
    parts = [oa_id, message] if isinstance(message, str) and message else [name, person, timestamp_of(data) or ""]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _at_ms(data: Mapping[str, Any], arrived_ms: int) -> int:
    """Zalo's time; a stamp from the future is wrong, and must not stand above all that comes later."""
    stamp = stamp_ms(data)
    return arrived_ms if stamp is None or stamp > arrived_ms + AHEAD_MS else stamp
