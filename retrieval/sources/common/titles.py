"""The title that a file declares in a field of its own, where a person seems to have written it."""

from __future__ import annotations

import re

from retrieval.text import has_diacritics

_LONGEST = 200
# What programs and templates leave behind, and what heads every official letter.
_NO_TITLE = re.compile(
    r"microsoft|untitled|document\d|powerpoint|slide|\.\w{2,4}$|[_\\]|cộng h(?:òa|oà) xã hội|^(?:ủy|uỷ) ban nhân dân",
    re.I,
)


def believable(declared: str | None) -> str | None:
    """The declared title, None unless it is at least four Vietnamese words that are no file name, motto or office."""
    title = " ".join((declared or "").replace("\0", " ").split())
    if not 4 <= len(title.split()) <= _LONGEST // 4 or len(title) > _LONGEST or title.isupper():
        return None
    return title if has_diacritics(title) and not _NO_TITLE.search(title) else None
