"""Whether an event is signed by Zalo: plain SHA-256 over app id, raw body, timestamp and the OA secret key."""

from __future__ import annotations

import hashlib
import hmac
import re
from enum import StrEnum

_HEADER = re.compile(r"\s*(?:mac\s*=\s*)?([0-9a-f]{64})\s*", re.IGNORECASE)


class Verdict(StrEnum):
    """What a signature is worth."""

    OK = "ok"
    MISMATCH = "mismatch"
    MISSING = "missing"
    NO_KEY = "no_key"


def mac(app_id: str, body: bytes, timestamp: str, oa_secret: str) -> str:
    """The signature as lower-case hex. Never re-serialise the body: its bytes are what is signed."""
    stamp = timestamp.encode("utf-8", "replace")  # JSON can name half a character
    return hashlib.sha256(app_id.encode() + body + stamp + oa_secret.encode()).hexdigest()


def verify(
    app_id: str, oa_secret: str, body: bytes, header: str | None, timestamp: str | None, header_timestamp: str | None
) -> Verdict:
    """Check `X-ZEvent-Signature` with the body's timestamp, then with the header's if there is one; nothing else.

    Without a key (before the webhook is registered there is none) the verdict is NO_KEY.
    """
    if not oa_secret:
        return Verdict.NO_KEY
    if header is None:
        return Verdict.MISSING
    given = _HEADER.fullmatch(header)
    if given is None:
        return Verdict.MISMATCH
    claimed = given[1].lower()
    right = False
    for stamp in (timestamp, header_timestamp):
        if stamp is not None:
            right |= hmac.compare_digest(mac(app_id, body, stamp, oa_secret), claimed)
    return Verdict.OK if right else Verdict.MISMATCH
