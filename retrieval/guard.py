"""Checks before any search: personal data, requests we must not serve, and people who need help at once.

A question typed with diacritics is matched with them ("từ từ" is not "tự tử"); one typed without is matched without, by
the same patterns where that is safe. Deliberately narrow: a question *about* a danger ("OTP là gì", "làm giả giấy tờ bị
phạt thế nào") must still be answered from documents.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from retrieval.records import Answer, Status
from retrieval.text import has_diacritics, strip_diacritics

_MASKED = "[số đã che]"


@dataclass(frozen=True, slots=True)
class _Rule:
    status: Status
    reason: str
    pattern: str
    unless: str = r"(?!)"
    pattern_bare: str = ""


_RULES = (
    _Rule(Status.REFUSED, "pii", r"\[số đã che\]"),
    _Rule(
        Status.URGENT,
        "crisis",
        r"\btự tử\b|\btự sát\b|\bmuốn chết\b|\bkhông muốn sống\b|\bkết liễu\b|\bsống không (còn )?ý nghĩa\b",
        pattern_bare=r"\b(muon|dinh|nghi den chuyen) tu tu\b|\btu sat\b|\bmuon chet\b|\bkhong muon song\b|\bket lieu\b",
    ),
    _Rule(
        Status.URGENT,
        "scam",
        r"\b(bị|đã) lừa\b.{0,20}\b(mất|hết|chuyển|lấy)\b|\bbị mất (hết )?tiền\b|\blộ (mã )?otp\b"
        r"|\b(tôi|em|mẹ|bố|ba|cháu|mình|bác|cô|chú|ông)( tôi| em| cháu)?( vừa| mới| đã)? bị lừa\b"
        r"|\b(lỡ|đã|vừa|trót)( lỡ| mới)? "
        r"(chuyển (khoản|tiền)|cài (app|ứng dụng|phần mềm)|(đưa|cho|đọc|gửi) (mã )?otp)\b"
        r".{0,30}\b(lừa|giả|lạ|họ|chúng|kẻ)\b",
        unless=r"\b(tránh|phòng|đề phòng|khỏi|làm sao (để )?không|có bị lừa không|sợ)\b",
    ),
    _Rule(
        Status.REFUSED,
        "injection",
        r"\b(bỏ qua|phớt lờ|quên (hết|mọi|các|những))\b.{0,25}\b(hướng dẫn|chỉ dẫn|lệnh|quy tắc)\b"
        r"|system prompt|ignore (all |the )?previous|\b(in|hiện|tiết lộ)\b.{0,15}\bprompt\b",
    ),
    _Rule(
        Status.REFUSED,
        "unsafe",
        r"\bhack\b|\bbẻ khóa\b|\b(làm|mua|bán) (cccd|căn cước|giấy tờ|bằng|con dấu) giả\b"
        r"|\blàm giả (cccd|căn cước|giấy|hồ sơ|con dấu|thẻ|chữ ký|bằng)"
        r"|(?<!văn )\b(mua|bán)( lại| cho tôi| giúp tôi)? (danh sách|dữ liệu|thông tin)\b.{0,25}"
        r"\b(dân|cá nhân|số điện thoại|khách hàng|cccd|căn cước)\b"
        r"|\bxin\b.{0,12}\bdanh sách\b.{0,20}\b(số điện thoại|cccd|căn cước)\b",
        unless=r"\b(bị hack|bị phạt|xử phạt|vi phạm|bị cấm|tội gì|tố cáo|báo (ai|ở đâu|công an)|tránh|phòng|của tôi)\b",
    ),
    _Rule(Status.NO_ANSWER, "personal", r"\bmã (hồ sơ |số )?[a-z]\d{2}\.|\b[a-z]\d{2}[.-]\d+[.-]\d+"),
)
_MARKED = [(rule, re.compile(rule.pattern), re.compile(rule.unless)) for rule in _RULES]
_BARE = [
    (rule, re.compile(rule.pattern_bare or strip_diacritics(rule.pattern)), re.compile(strip_diacritics(rule.unless)))
    for rule in _RULES
]
# Twelve digits, however they are grouped. Amounts are written with dots too, but hardly ever in hundreds of billions.
_IDENTITY_NUMBER = re.compile(r"(?<!\d)0(?:[ .-]?\d){11}(?![\d])|(?<!\d)\d{12}(?!\d)")
_LABEL = r"\b((?:otp|mật khẩu|mat khau|passcode|mk|mã pin|ma pin)\b"
# Six digits soon after the word are a code; anything with a digit is one after "là", ":" or "=".
_CODE = re.compile(_LABEL + r"[^\d\n]{0,20})(?:\d ?){5}\d(?: ?\d)*", re.IGNORECASE)
_SECRET = re.compile(_LABEL + r"[^\d\n]{0,20}?(?:\b(?:là|la)\b|[:=])\s*)(?=\S{4})\S*\d\S*", re.IGNORECASE)


_CODE_FIRST = re.compile(r"(?<!\d)\d{6}(?!\d)(?=\s*(?:là|la)\s+(?:mã\s+|ma\s+)?otp\b)", re.IGNORECASE)


def mask(text: str) -> str:
    """The text with identity numbers and secret codes covered, so that nothing behind the door ever sees them."""
    for pattern, replacement in (
        (_IDENTITY_NUMBER, _MASKED),
        (_CODE, rf"\1{_MASKED}"),
        (_SECRET, rf"\1{_MASKED}"),
        (_CODE_FIRST, _MASKED),
    ):
        text = pattern.sub(replacement, text)
    return text


def check(question: str, bare: bool | None = None) -> Answer | None:
    """A ready answer with a status and a reason if the question must not go to search; None otherwise.

    `bare`: the person typed no diacritics (by default seen from the text itself).
    """
    masked = mask(question)
    if bare is None:
        bare = not has_diacritics(masked.replace(_MASKED, ""))
    text = strip_diacritics(masked) if bare else masked.lower()
    for rule, pattern, unless in _BARE if bare else _MARKED:
        if pattern.search(text) and not unless.search(text):
            return Answer(rule.status, reason=rule.reason)
    return None
