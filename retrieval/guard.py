"""Checks before any search: personal data, requests we must not serve, and people who need help at once.

Matched on the question without diacritics, so that typing without them changes nothing. Deliberately narrow: a question
*about* a danger ("OTP là gì") must still be answered from documents.
"""

from __future__ import annotations

import re

from retrieval.records import Answer, Status
from retrieval.text import strip_diacritics

_RULES: tuple[tuple[Status, str, str], ...] = (
    (Status.URGENT, "crisis", r"\btu tu\b|\bmuon chet\b|\bkhong muon song\b|\bket lieu\b|\btu sat\b"),
    (
        Status.URGENT,
        "scam",
        r"\b(bi|da) lua\b.{0,20}\b(mat|het|chuyen|lay)\b|\bbi mat (het )?tien\b|\blo (lo )?(ma )?otp\b"
        r"|\b(toi|em|me|bo|ba|chau|minh|bac|co|chu|ong)( toi| em| chau)?( vua| moi| da)? bi lua\b"
        r"|\b(lo|da|vua|tro[ti])( lo| moi)? "
        r"(chuyen (khoan|tien)|cai (app|ung dung|phan mem)|(dua|cho|doc|gui) (ma )?otp)\b"
        r".{0,30}\b(lua|gia|la|ho|chung|ke)\b",
    ),
    (Status.REFUSED, "pii", r"\[so da che\]"),
    (
        Status.REFUSED,
        "injection",
        r"\b(bo qua|quen|phot lo)\b.{0,25}\b(huong dan|chi dan|lenh|quy tac)\b"
        r"|system prompt|ignore (all |the )?previous"
        r"|\b(in|hien|tiet lo)\b.{0,15}\bprompt\b",
    ),
    (
        Status.REFUSED,
        "unsafe",
        r"\bhack\b|\bbe khoa\b|\blam gia (cccd|can cuoc|giay|ho so|con dau|the|chu ky|bang)"
        r"|\b(ban|mua|xin)\b.{0,20}\b(danh sach|du lieu)\b.{0,25}\b(so dien thoai|sdt|ca nhan|dan|cccd|can cuoc)\b"
        r"|\b(dang nhap|vao|mo)\b.{0,15}\b(vneid|tai khoan|dien thoai) (cua )?(nguoi khac|vo|chong|hang xom|ban gai)\b",
    ),
    (Status.NO_ANSWER, "personal", r"\bma (ho so |so )?[a-z]\d{2}\.|\b[a-z]\d{2}[.-]\d+[.-]\d+"),
)
_MASKED = "[số đã che]"
_IDENTITY_NUMBER = re.compile(r"(?<!\d)\d{3}(?: ?\d{3}){3}(?!\d)")
# Six digits are a code; four may be a year or a short number such as 5656, unless "là" or ":" stands before them.
_SECRET = re.compile(
    r"\b((?:otp|mật khẩu|mat khau|passcode|mk|mã pin|ma pin)\b"
    r"(?:\D{0,25}(?=\d{3} ?\d{3})|\D{0,20}(?:là|la|:|=)\s*(?=\d{4})))\d(?: ?\d)*",
    re.IGNORECASE,
)
_COMPILED = tuple((status, reason, re.compile(pattern)) for status, reason, pattern in _RULES)


def mask(text: str) -> str:
    """The text with identity numbers and secret codes covered, so that nothing behind the door ever sees them."""
    return _SECRET.sub(rf"\1{_MASKED}", _IDENTITY_NUMBER.sub(_MASKED, text))


def check(question: str) -> Answer | None:
    """A ready answer with a status and a reason if the question must not go to search; None otherwise."""
    bare = strip_diacritics(mask(question))
    for status, reason, pattern in _COMPILED:
        if pattern.search(bare):
            return Answer(status, reason=reason)
    return None
