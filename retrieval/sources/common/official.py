"""How official letters are headed and signed: in two columns, which are no table."""

from __future__ import annotations

import re
from collections.abc import Iterable

_HEAD = re.compile(r"CỘNG H(?:ÒA|OÀ) XÃ HỘI|Độc lập\s*[-–—]\s*Tự do|ĐẢNG CỘNG SẢN VIỆT NAM")
_FOOT = re.compile(r"Nơi nhận\s*:|(?<!\w)(?:TM|KT|TL|TUQ|Q)\. ?[A-ZĐỦ]")
_MOTTO = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"


def is_official(texts: Iterable[str | None]) -> bool:
    """Whether any of these pieces that stand side by side belongs to the head or the foot of an official letter."""
    return any(text and (_HEAD.search(text) or _FOOT.search(text)) for text in texts)


def is_foot(texts: Iterable[str | None]) -> bool:
    """Whether any of these pieces belongs to the foot: recipients and signature."""
    return any(text and _FOOT.search(text) for text in texts)


def goes_on(last: str, line: str) -> bool:
    """Whether a narrow column has broken what is always one line of the head: the motto, the date."""
    if re.search(r"tháng \S+$", last) and line.startswith("năm "):
        return True
    whole = f"{last} {line}".replace("HOÀ", "HÒA")
    return _MOTTO.startswith(whole)
