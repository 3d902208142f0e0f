"""Which lines lie within a provision that another quotes: "Điều 5 được sửa đổi như sau: “Điều 5. …”"."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from retrieval.sources.law.lines import Line, lines_of
from retrieval.sources.law.units import ARTICLE_HEAD

_MARK = re.compile("[“”]")
_OPENS = re.compile(
    r"[“\"] ?[*_]*(?:[ĐÐ]iều|Chương|Mục|Phần|Khoản|Điểm|Phụ lục|Mẫu|\d{1,3}[a-zđ]?[.)]|[a-zđ]{1,2}[.)]|[IVX]+\.)"
)
_END = re.compile(r"[”\"][*_.;,) ]{0,4}$")
# Characters: of a quoted provision, of one whose end is only likely.
_LONGEST, _LONGEST_LIKELY = 60_000, 8_000


def read_lines(text: str) -> list[Line]:
    """The lines of a normalised text, with those marked that lie within a quoted provision of several lines."""
    lines = lines_of(text)
    marked = list(lines)
    closing = _Closing(text, lines)
    at, article = 0, 0
    while at < len(lines):
        opens = _opening(text, lines[at])
        head = ARTICLE_HEAD.match(text, lines[at].start, lines[at].end)
        if head and head["point"]:
            article = int(head["number"])
        last = closing.line(opens, article) if opens is not None else None
        if opens is None or last is None or last <= at:
            at += 1
            continue
        for n in range(at if opens <= lines[at].start + 4 else at + 1, last + 1):
            marked[n] = replace(lines[n], quoted=True)
        at = last + 1
    return marked


def _opening(text: str, line: Line) -> int | None:
    """Where a quotation opens on a line that does not close on it, if it may quote a provision."""
    is_odd = line.words.count('"') % 2 == 1
    if "“" not in line.words and not is_odd:
        return None
    opened: list[int] = []
    for match in _MARK.finditer(text, line.start, line.end):
        if match.group() == "“":
            opened.append(match.start())
        elif opened:
            opened.pop()
    if not opened and is_odd:
        find = text.find if line.words.startswith('"') else text.rfind
        opened = [find('"', line.start, line.end)]
    if not opened:
        return None
    before = text[line.start : opened[0]].rstrip(" *_")
    return opened[0] if not before or before.endswith(":") or _OPENS.match(text, opened[0]) else None


class _Closing:
    """Where quotations close: where as many marks close as open, or else at the first line that ends with one."""

    def __init__(self, text: str, lines: Sequence[Line]) -> None:
        self.text = text
        self.starts = [line.start for line in lines]
        self.line_ends = [n for n, line in enumerate(lines) if _END.search(line.words[-6:])]
        self.heads: dict[int, list[int]] = defaultdict(list)
        for n, line in enumerate(lines):
            if line.words[0] in "ĐÐ" and (head := ARTICLE_HEAD.match(text, line.start, line.end)) and head["point"]:
                self.heads[int(head["number"])].append(n)
        self.depth_at: dict[int, int] = {}
        self.closed: dict[int, list[int]] = defaultdict(list)
        depth = 0
        for match in _MARK.finditer(text):
            if match.group() == "“":
                self.depth_at[match.start()] = depth
                depth += 1
            else:
                depth -= 1
                self.closed[depth].append(match.start())

    def line(self, opens: int, article: int) -> int | None:
        """The index of that line, if it is near enough; `article`: the last one headed before."""
        first = bisect_right(self.starts, opens) - 1
        places = self.closed[self.depth_at[opens]] if opens in self.depth_at else []
        n = bisect_right(places, opens)
        if n < len(places) and places[n] - opens <= _LONGEST:
            last = bisect_right(self.starts, places[n]) - 1
            if ARTICLE_HEAD.match(self.text, opens + 1) or not self._heads_next(first, last, article):
                return last
        n = bisect_left(self.line_ends, first + 1)
        if n == len(self.line_ends) or self.starts[self.line_ends[n]] - opens > _LONGEST_LIKELY:
            return None
        return None if self._heads_next(first, self.line_ends[n], article) else self.line_ends[n]

    def _heads_next(self, first: int, last: int, article: int) -> bool:
        """Whether the next article is headed between two lines, so that no quotation can go that far."""
        lines = self.heads.get(article + 1, [])
        n = bisect_right(lines, first)
        return n < len(lines) and lines[n] <= last
