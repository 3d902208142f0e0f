"""Which lines head articles: "Điều 5. …" where a text goes on counting, not where it refers to one or lists them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

from retrieval.sources.law.lines import Line
from retrieval.sources.law.units import ALPHABET, ARTICLE_HEAD, division, goes_on


@dataclass(frozen=True, slots=True)
class Article:
    """A line that may head an article. `line`: its index; `rest`: where what follows its number begins."""

    line: int
    number: int
    letter: str
    rest: int
    wrapped: bool

    @property
    def key(self) -> tuple[int, int]:
        """By which articles are in order."""
        return self.number, ALPHABET.find(self.letter) if self.letter else -1


def find_articles(text: str, lines: Sequence[Line]) -> tuple[list[list[Article]], list[tuple[int, int]]]:
    """The articles of each instrument in a text, two at least; and the first and last line of tables of contents."""
    candidates, contents = _without_contents(lines, _candidates(text, lines))
    return [run for run in map(_ascending, _runs(candidates)) if len(run) >= 2], contents


def _candidates(text: str, lines: Sequence[Line]) -> list[Article]:
    """The lines that may head an article, quoted ones left out."""
    found = []
    for n, line in enumerate(lines):
        if line.quoted or line.words[0] not in "ĐÐ":
            continue
        match = ARTICLE_HEAD.match(text, line.start, line.end)
        if match and (match["point"] or match.end() == line.end or line.marked):
            wrapped = n > 0 and goes_on(lines[n - 1], line)
            found.append(Article(n, int(match["number"]), match["letter"], match.end(), wrapped))
    return found


def _without_contents(
    lines: Sequence[Line], candidates: Sequence[Article]
) -> tuple[list[Article], list[tuple[int, int]]]:
    """The candidates without a table of contents, and its first and last line: headings in a row that come again."""
    groups: list[list[Article]] = []
    for article in candidates:
        if groups and _in_a_row(lines, groups[-1][-1], article):
            groups[-1].append(article)
        else:
            groups.append([article])
    kept: list[Article] = []
    contents: list[tuple[int, int]] = []
    for n, group in enumerate(groups):
        later = {article.key for other in groups[n + 1 : n + 400] for article in other} if len(group) >= 4 else set()
        if later and sum(article.key in later for article in group) > len(group) / 2:
            first = group[0].line
            while first and (division(lines[first - 1]) or lines[first - 1].words.upper().startswith("MỤC LỤC")):
                first -= 1
            contents.append((first, group[-1].line))
        else:
            kept += group
    return kept, contents


def _in_a_row(lines: Sequence[Line], one: Article, other: Article) -> bool:
    """Whether nothing but headings stands between two headings."""
    if other.key <= one.key or other.line - one.line > 5:
        return False
    between = lines[one.line + 1 : other.line]
    return not any(len(line.words) > 120 or line.words.endswith((".", ";")) for line in between)


def _runs(candidates: Sequence[Article]) -> list[list[Article]]:
    """The candidates of each instrument: another begins where Điều 1 is followed by Điều 2 once more."""
    runs: list[list[Article]] = [[]]
    for article, after in zip_longest(candidates, candidates[1:]):
        begins = article.number == 1 and not article.letter and not article.wrapped
        if begins and runs[-1] and (after is None or after.number in (1, 2)):
            runs.append([])
        runs[-1].append(article)
    return runs


def _ascending(candidates: Sequence[Article]) -> list[Article]:
    """The longest run of candidates whose numbers ascend; of two alike, the one that is no broken line."""
    ends: list[int] = []
    keys: list[tuple[int, int]] = []
    before: list[int] = []
    for n, article in enumerate(candidates):
        at = bisect_left(keys, article.key)
        before.append(ends[at - 1] if at else -1)
        if at == len(keys):
            ends.append(n)
            keys.append(article.key)
        elif article.key < keys[at] or (candidates[ends[at]].wrapped and not article.wrapped):
            ends[at], keys[at] = n, article.key
    chain = []
    at = ends[-1] if ends else -1
    while at >= 0:
        chain.append(candidates[at])
        at = before[at]
    chain.reverse()
    return [article for n, article in enumerate(chain) if not (article.wrapped and _stands_out(chain, n))]


def _stands_out(chain: Sequence[Article], n: int) -> bool:
    """Whether an article is numbered as if neither its neighbours nor it belonged together."""
    after = chain[n + 1].number if n + 1 < len(chain) else 0
    return n > 0 and chain[n].number > chain[n - 1].number + 1 and after != chain[n].number + 1
