"""What is found in a text, and how it is told to a person."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import NamedTuple

SHOWN = 160
_LONG_NUMBER = re.compile(r"\d(?:[ .-]?\d){7,}")


class Kind(StrEnum):
    """What was found, as a person reads it."""

    INSTRUCTION = "lời ra lệnh cho máy trả lời"
    MACHINE_TEXT = "lời do máy viết"
    CONVERSATION = "cả phần chép từ hội thoại với máy"
    CHAT_MARKUP = "ký hiệu của hội thoại với máy"
    HIDDEN = "chữ ẩn, mắt không thấy"
    COMMENT = "ghi chú ẩn trong HTML"
    ENCODED = "chuỗi mã hóa"
    IDENTITY_NUMBER = "số căn cước, chứng minh nhân dân hoặc hộ chiếu"
    PHONE = "số điện thoại di động"
    BANK_ACCOUNT = "số tài khoản ngân hàng"
    EMAIL = "địa chỉ thư điện tử"
    BIRTH_DATE = "ngày sinh kèm họ tên"
    LICENCE_PLATE = "biển số xe"
    INSURANCE_CODE = "mã số bảo hiểm"
    TAX_CODE = "mã số thuế cá nhân"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found. `words`: what is meant, personal data with its middle masked, cut to SHOWN characters. `line`:
    where, from 1. `cut`: whether it was taken out of the text.
    """

    kind: Kind
    words: str
    line: int
    cut: bool

    def __str__(self) -> str:
        return f"dòng {self.line}: {'đã bỏ' if self.cut else 'có'} {self.kind.value}: «{self.words}»"


class Span(NamedTuple):
    """A place in a text and what was found there; without `words` it is not told."""

    start: int
    end: int
    kind: Kind
    cut: bool
    words: str = ""


def summary(findings: Iterable[Finding], most: int = 3) -> list[str]:
    """Sentences for a report: of each kind the first `most` findings, and how many more there are."""
    sentences = []
    for _, group in groupby(sorted(findings, key=lambda f: (not f.cut, f.kind)), key=lambda f: (f.cut, f.kind)):
        each = sorted(group, key=lambda f: f.line)
        sentences += [str(finding) for finding in each[:most]]
        if len(each) > most:
            sentences.append(f"và {len(each) - most} chỗ khác {'đã bỏ' if each[0].cut else 'có'} {each[0].kind.value}")
    return sentences


def findings_of(text: str, spans: Iterable[Span]) -> list[Finding]:
    """The findings of spans in a text, in its order."""
    findings, line, counted = [], 1, 0
    for span in sorted(spans):
        line, counted = line + text.count("\n", counted, span.start), span.start
        findings.append(Finding(span.kind, span.words, line, span.cut))
    return findings


def short(words: str) -> str:
    """Words for a finding, without long numbers, cut to SHOWN characters."""
    words = _LONG_NUMBER.sub(lambda match: masked(match.group()), " ".join(words.split()))
    return words if len(words) <= SHOWN else words[: SHOWN - 1] + "…"


def masked(value: str) -> str:
    """A value without its middle: "0912***678"."""
    return f"{value[:4]}***{value[-3:]}" if len(value) >= 10 else f"{value[:2]}***{value[-2:]}"
