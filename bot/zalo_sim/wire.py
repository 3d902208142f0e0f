"""Webhook events as Zalo puts them on the wire: JSON bytes and their signature."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

# What the console of a real app offers as switches. In the real one all of them are off at first.
SUBSCRIBED = (
    "user_send_text user_send_image user_send_gif user_send_link user_send_audio user_send_video user_send_sticker "
    "user_send_location user_send_file user_send_business_card anonymous_send_text anonymous_send_image "
    "anonymous_send_file anonymous_send_sticker follow unfollow user_click_chatnow user_submit_info user_withdraw"
).split()
UNSUBSCRIBED = (
    "user_received_message user_seen_message user_reacted_message oa_send_text oa_send_image oa_send_anonymous_text"
).split()

# Doing one of these counts as an interaction and opens the window for consultation messages.
NO_INTERACTION = frozenset({"unfollow", "user_withdraw", "user_received_message", "user_seen_message"})


@dataclass(frozen=True, slots=True)
class Credentials:
    """The numbers and keys of an app and its Official Account. Those of the simulator protect nothing."""

    app_id: str = "1000000000000000001"
    app_secret: str = "khoa-ung-dung-gia-lap"  # noqa: S105
    oa_id: str = "4318657068771012646"
    oa_secret: str = "khoa-oa-gia-lap"  # noqa: S105
    oa_name: str = "Xã Bình Minh (giả lập)"


def signature(app_id: str, body: bytes, timestamp: str, oa_secret: str) -> str:
    """The value of X-ZEvent-Signature: plain SHA-256 over app id, the exact bytes, timestamp and OA secret key."""
    digest = hashlib.sha256(app_id.encode() + body + timestamp.encode() + oa_secret.encode())
    return f"mac={digest.hexdigest()}"


def encode(fields: dict[str, Any]) -> bytes:
    """One line of UTF-8, without blanks between the parts."""
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()


def from_person(
    app_id: str, oa_id: str, user_id: str, by_app: str, name: str, message: dict[str, Any], timestamp: str
) -> bytes:
    """A message of a person: `user_send_…`, `anonymous_send_…` (then `by_app` is empty) or a reaction."""
    return encode(
        {"app_id": app_id, "sender": {"id": user_id}}
        | ({"user_id_by_app": by_app} if by_app else {})
        | {"recipient": {"id": oa_id}, "event_name": name, "message": message, "timestamp": timestamp}
    )


def from_office(
    app_id: str, oa_id: str, user_id: str, name: str, message: dict[str, Any], timestamp: str, admin_id: str = ""
) -> bytes:
    """What goes from the OA to a person: echoes, received, seen. `admin_id` is set when staff wrote it by hand."""
    sender = {"id": oa_id} | ({"admin_id": admin_id} if admin_id else {})
    return encode(
        {
            "app_id": app_id,
            "sender": sender,
            "recipient": {"id": user_id},
            "event_name": name,
            "message": message,
            "timestamp": timestamp,
        }
    )


def without_message(app_id: str, oa_id: str, user_id: str, by_app: str, name: str, timestamp: str) -> bytes:
    """Follow, unfollow, chat now, withdraw: events of a person that carry no message."""
    who = (
        {"follower": {"id": user_id}, "source": "oa_profile"}
        if name in ("follow", "unfollow")
        else {"user_id": user_id}
    )
    return encode(
        {"app_id": app_id, "oa_id": oa_id, "user_id_by_app": by_app, "event_name": name, "timestamp": timestamp} | who
    )
