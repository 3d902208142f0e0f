"""The structure of a Vietnamese legal text: its chapters and articles as sections, its khoản and điểm as clauses."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import dropwhile, groupby, zip_longest
from typing import TypeVar

from retrieval.records import Clause, Section
from retrieval.register import NUMBER

PREAMBLE = "Phần mở đầu"
ATTACHED = "Văn bản kèm theo"
# From the outermost in. Headings that only Markdown makes such stand above these, by their depth (-9 to -4).
_INSTRUMENT, _ANNEX, _FORM, _PART, _CHAPTER, _LETTER, _ROMAN, _TITLE, _SUBTITLE, _FIGURE, _SUBFIGURE, _ARTICLE = range(
    12
)
_MARKDOWN = -10
_T = TypeVar("_T")
_R = "[IVXLC]{1,7}"
_UNITS = {
    _ANNEX: ("Phụ lục", r"PHỤ LỤC|Phụ [lL]ục", rf"(?:(?:SỐ|[Ss]ố) *)?:? *(?:{_R}|\d{{1,3}})[a-zA-Z]?(?:[-.]\d+)*|"),
    _FORM: ("Mẫu số", r"(?:MẪU|Mẫu) +(?:SỐ|[Ss]ố) *:?", r"\d{1,3}[a-zđ]?(?:[-/.][\dA-Za-zĐđ]+)*"),
    _PART: ("Phần", "PHẦN|Phần", rf"(?:[Tt]hứ|THỨ) +\w+|{_R}|\d{{1,3}}|[A-Z]"),
    _CHAPTER: ("Chương", "CHƯƠNG|Chương", rf"(?:{_R}|\d{{1,3}})[a-zđ]?"),
    _TITLE: ("Mục", "MỤC|Mục", rf"(?:{_R}|\d{{1,3}}|[A-Z])[a-zđ]?"),
    _SUBTITLE: ("Tiểu mục", "TIỂU MỤC|Tiểu [mM]ục", rf"{_R}|\d{{1,3}}"),
}
_UNIT = {level: re.compile(rf"(?:{word}) *(?P<number>{number})(?!\w)") for level, (_, word, number) in _UNITS.items()}
_DIVISIONS = (_PART, _CHAPTER, _TITLE, _SUBTITLE)
_ARTICLE_HEAD = re.compile(
    r"(?:#{1,6} +)?[*_ ]*[ĐÐ](?:iều|IỀU) +(?P<number>\d{1,4})(?P<letter>[a-zđ]?)(?!\w)"
    r"(?P<point>[*_ ]*\\?(?:[.:]{1,2} ?[–-]?|[–-](?= [*_]*[^\W\d_])))?[*_ ]*"
)
_LISTED = {
    _LETTER: re.compile(r"(?P<number>[A-H]) ?[.)–—-]+ *(?P<name>\S.*)"),
    _ROMAN: re.compile(r"(?P<number>[IVX]{1,5}) ?[.)–—-]+ *(?P<name>\S.*)"),
    _FIGURE: re.compile(r"(?P<number>\d{1,2}) ?[.)–—-]+ *(?P<name>[^\s\d].*)"),
    _SUBFIGURE: re.compile(r"(?P<number>\d{1,2}\.\d{1,2}) ?[.)–—-]+ *(?P<name>[^\s\d].*)"),
}
_OUTLINE = tuple(_LISTED)
_KHOAN = re.compile(r"(\d{1,3})([a-zđ]?) ?(?:[.)](?=\s|[“\"(]|[^\W\d_][^\W\d_A-ZĐ])|[–-](?= ?[^\W\d_]))")
_SUB_KHOAN = re.compile(r"\d{1,2}\.\d{1,2}(?:\.\d{1,2})?[.)]? ")
_POINT = re.compile(r"([a-zđ]{1,2}|[a-zđ]\d) ?(?:\)|[.–-](?= ))")
_POINT_INLINE = re.compile(r"(?<=[;:]) ?(?:và )?([a-zđ])\) ?(?=\w)")
_ALPHABET = "abcdđefghijklmnopqrstuvwxyz"
_NOT_VIETNAMESE = "fjwz"
_SUB_ITEMS = ("i", "ii", "iv", "v", "vi", "ix", "x", "xi")

_KIND = re.compile(
    r"(?:BỘ LUẬT|LUẬT|PHÁP LỆNH|NGHỊ QUYẾT|NGHỊ ĐỊNH|QUYẾT ĐỊNH|THÔNG TƯ|CHỈ THỊ|KẾT LUẬN|QUY CHẾ|QUY ĐỊNH|QUY TRÌNH"
    r"|ĐIỀU LỆ|NỘI QUY|KẾ HOẠCH|CHƯƠNG TRÌNH|ĐỀ ÁN|CHIẾN LƯỢC|HƯỚNG DẪN)(?: LIÊN TỊCH)?(?!\w)"
)
_OFFICE = (
    r"(?:CHÍNH PHỦ|QUỐC HỘI|ỦY BAN|UỶ BAN|UBND|HĐND|HỘI ĐỒNG|ĐẢNG|THỦ TƯỚNG|CHỦ TỊCH|CHÁNH ÁN|VIỆN TRƯỞNG|THỐNG ĐỐC"
    r"|CHỦ NHIỆM|TRƯỞNG|GIÁM ĐỐC|BÍ THƯ|PHÓ |BAN (?!HÀNH)|TỔNG (?!HỢP|KẾT)|BỘ (?!LUẬT|TIÊU CHÍ|CHỈ|QUY|MÃ|TÀI LIỆU))"
)
_ISSUED_BY = re.compile(rf"[| ]*{_OFFICE}")
_OFFICIAL = r"CỘNG H(?:ÒA|OÀ) XÃ HỘI|ĐẢNG CỘNG SẢN VIỆT NAM|Số ?: ?\d*[/-]"
_IS_OFFICIAL = re.compile(rf"[| ]*(?:{_OFFICIAL})")
_LETTERHEAD = re.compile(
    rf"[| ]*(?:{_OFFICIAL}|Số ?:|Độc lập ?[-–]|[_—–-]{{3,}}|[^\W\d][^,\d]{{1,40}}, ?ngày .{{1,9}}tháng )"
)
_TABLE_RULE = re.compile(r"[| :-]+")
_GROUNDS = re.compile(r"(?:Căn cứ|Xét|Theo đề nghị)(?!\w)")
_RECIPIENTS = re.compile(r"[| ]*Nơi nhận *(?:[:;.|]|$)")
_SIGNED_FOR = re.compile(rf"[| ]*(?:T/?M|KT|TUQ|TL|Q)(?:\. ?| ){_OFFICE}")
_SIGNED = re.compile(r"[| ]*[\[(]?(?:Đã ký|đã ký|ĐÃ KÝ)")
_ATTACHED_TO = re.compile(r"\((?:Ban hành )?[Kk]èm theo|\(Ban hành")
_OPENS = re.compile(
    r"[“\"] ?[*_]*(?:[ĐÐ]iều|Chương|Mục|Phần|Khoản|Điểm|Phụ lục|Mẫu|\d{1,3}[a-zđ]?[.)]|[a-zđ]{1,2}[.)]|[IVX]+\.)"
)
_QUOTE_END = re.compile(r"[”\"][*_.;,) ]{0,4}$")
# What an instrument says of itself: text, even where the sentence is not ended.
_ORDERS = re.compile(r"(?:có hiệu lực|chịu trách nhiệm|[Bb]an hành kèm theo).* này(?!\w)")
_AWAITS_NUMBER = re.compile(r"(?:[Kk]hoản|[Đđ]iều|[Đđ]iểm|[Mm]ục|số|ngày|tháng)$")
_STOPS = (".", ";", ":", "!", "?", "…", "”", '"', ")", "/")
# Characters: of a quoted provision, of one whose end is only likely, of a line of a signature, of a name.
_QUOTED, _QUOTED_LIKELY, _SHORT, _NAME = 60_000, 8_000, 160, 400


@dataclass(frozen=True, slots=True)
class Structure:
    """The parts of a legal text. Letterhead, table of contents, recipients and signatures are in no section.

    `clauses`: by their place; one without a name begins text that is in no clause that can be named for sure.
    `title`: kind and name of the instrument as its head prints them.
    """

    sections: tuple[Section, ...]
    clauses: tuple[Clause, ...]
    title: str | None


@dataclass(frozen=True, slots=True)
class _Line:
    """A line that is not blank. `words`: without Markdown marks. `marked`: a Markdown heading, or bold throughout.

    `depth`: of a Markdown heading. `parted`: after a blank line. `quoted`: within a provision that is quoted.
    """

    start: int
    end: int
    words: str
    marked: bool
    depth: int
    parted: bool
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class _Article:
    """A line that may head an article. `line`: its index; `rest`: where what follows its number begins."""

    line: int
    number: int
    letter: str
    rest: int
    wrapped: bool

    @property
    def key(self) -> tuple[int, int]:
        return self.number, _ALPHABET.find(self.letter) if self.letter else -1


@dataclass(frozen=True, slots=True)
class _Heading:
    """A heading from the start of its line to the end of its name; without a name, where all above it ends."""

    level: int
    name: str
    start: int
    end: int


def structure(text: str) -> Structure | None:
    """The structure of a normalised text that is one legal instrument or several; None if it is none."""
    lines = _quoted(text, _lines(text))
    candidates, contents = _without_contents(lines, _articles(text, lines))
    runs = [run for run in map(_ascending, _runs(candidates)) if len(run) >= 2]
    if not runs and not _has_outline(lines):
        return None
    left_out = [(lines[first].start, lines[last].end) for first, last in contents]
    headings = _headings(text, lines, runs, left_out)
    if not headings:
        return None
    opening = [line for line in lines if line.start < headings[0].start]
    begins, title = _head(opening)
    left_out.append((0, begins))
    parts = list(_parts(text, headings, sorted(left_out)))
    if not parts:
        return None
    clauses = [clause for level, part in parts for clause in _part_clauses(text, lines, level, part)]
    return Structure(tuple(part for _, part in parts), tuple(clauses), title)


def article_clauses(text: str) -> tuple[Clause, ...]:
    """The clauses of a normalised text that is one article."""
    return tuple(_clauses(text, _quoted(text, _lines(text))))


def place(clauses: Sequence[Clause], start: int, end: int) -> str:
    """How to cite a span of an article: "khoản 3, điểm b", "khoản 2 đến khoản 4"; empty if no clause can be named."""
    first = max(0, bisect_right(clauses, start, key=_start) - 1)
    until = bisect_left(clauses, end, key=_start)
    names = [clause.name for clause in clauses[first:until]]
    if not names or "" in names:
        return ""
    groups = [(khoan, [_point_of(name) for name in group]) for khoan, group in groupby(names, key=_khoan_of)]
    following = clauses[until].name if until < len(clauses) else ""
    goes_on = bool(_point_of(following)) and _khoan_of(following) == groups[-1][0]
    if len(groups) == 1:
        return _cite_within(*groups[0], goes_on)
    begins, alone = _cite_first(*groups[0])
    ends, also_alone = _cite_last(*groups[-1], goes_on)
    return f"{begins} {'và' if alone and also_alone and len(groups) == 2 else 'đến'} {ends}"


def reads_as_text(words: str) -> bool:
    """Whether what follows the number of an article is its text already, not its name."""
    if words.endswith((":", ";", ",")) or len(words) > _NAME or _KHOAN.match(words):
        return True
    return _ORDERS.search(words) is not None or (words.endswith(".") and ("này" in words or len(words.split()) > 20))


# Citing


def _khoan_of(name: str) -> str:
    return name.partition(", ")[0] if name.startswith("khoản") else ""


def _point_of(name: str) -> str:
    return name.rpartition("điểm ")[2] if "điểm " in name else ""


def _cite_within(khoan: str, points: Sequence[str], goes_on: bool) -> str:
    """A span within one khoản; its opening words alone with a few of its points cite those points."""
    named = [point for point in points if point]
    if not named or "" in points[1:] or (points[0] == "" and not goes_on):
        return khoan
    cited = f"điểm {named[0]}"
    if len(named) > 1:
        cited += f" {'và' if len(named) == 2 else 'đến'} điểm {named[-1]}"
    return f"{khoan}, {cited}" if khoan else cited


def _cite_first(khoan: str, points: Sequence[str]) -> tuple[str, bool]:
    """Where a span over several khoản begins, and whether that is all of it in this khoản."""
    if "" in points or not points:
        return khoan, True
    return (f"{khoan}, điểm {points[0]}" if khoan else f"điểm {points[0]}"), len(points) == 1


def _cite_last(khoan: str, points: Sequence[str], goes_on: bool) -> tuple[str, bool]:
    named = [point for point in points if point]
    if not named or not goes_on:
        return khoan, True
    return f"{khoan}, điểm {named[-1]}", len(named) == 1


# Lines


def _lines(text: str) -> list[_Line]:
    lines: list[_Line] = []
    end = 0
    for match in re.finditer(r"[^\n]+", text):
        raw = match.group()
        words, marked, depth = (raw, False, 0) if _is_plain(raw) else _unmarked(raw)
        if words:
            lines.append(_Line(match.start(), match.end(), words, marked, depth, match.start() - end > 1))
            end = match.end()
    return lines


def _is_plain(raw: str) -> bool:
    return not raw.startswith(("#", " ")) and "*" not in raw and "\\" not in raw


def _unmarked(raw: str) -> tuple[str, bool, int]:
    """The words of a line of Markdown, whether it is a heading or bold throughout, and how deep a heading."""
    body = raw.lstrip("#")
    depth = len(raw) - len(body) if body.startswith(" ") else 0
    words = re.sub(r"\*+|\\(?=[^\w\s])", "", body if depth else raw).strip()
    bold = raw.startswith("**") and re.fullmatch(r"\*{2,3}[^*]+\*{2,3}[:. ]*", raw) is not None
    return words, bool(depth) or bold, min(depth, 6)


def _quoted(text: str, lines: list[_Line]) -> list[_Line]:
    """The lines, with those marked that lie within a quoted provision of several lines."""
    closing = _Closing(text, lines)
    marked = list(lines)
    at, article = 0, 0
    while at < len(lines):
        opens = _opening(text, lines[at])
        head = _ARTICLE_HEAD.match(text, lines[at].start, lines[at].end)
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


def _opening(text: str, line: _Line) -> int | None:
    """Where a quotation opens on a line that does not close on it, if it may quote a provision."""
    if "“" not in line.words and line.words.count('"') % 2 == 0:
        return None
    opened: list[int] = []
    for match in re.compile("[“”]").finditer(text, line.start, line.end):
        if match.group() == "“":
            opened.append(match.start())
        elif opened:
            opened.pop()
    if not opened and line.words.count('"') % 2:
        opened = [line.start + text[line.start : line.end].find('"')] if line.words.startswith('"') else []
        opened = opened or [text.rfind('"', line.start, line.end)]
    if not opened:
        return None
    before = text[line.start : opened[0]].rstrip(" *_")
    return opened[0] if not before or before.endswith(":") or _OPENS.match(text, opened[0]) else None


class _Closing:
    """Where quotations close: where as many marks close as open, or else at the first line that ends with one."""

    def __init__(self, text: str, lines: Sequence[_Line]) -> None:
        self.text = text
        self.starts = [line.start for line in lines]
        self.line_ends = [n for n, line in enumerate(lines) if _QUOTE_END.search(line.words[-6:])]
        self.heads: dict[int, list[int]] = defaultdict(list)
        for n, line in enumerate(lines):
            if line.words[0] in "ĐÐ" and (head := _ARTICLE_HEAD.match(text, line.start, line.end)) and head["point"]:
                self.heads[int(head["number"])].append(n)
        self.depth_at: dict[int, int] = {}
        self.closed: dict[int, list[int]] = defaultdict(list)
        depth = 0
        for match in re.finditer("[“”]", text):
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
        if n < len(places) and places[n] - opens <= _QUOTED:
            last = bisect_right(self.starts, places[n]) - 1
            if _ARTICLE_HEAD.match(self.text, opens + 1) or not self._heads_next(first, last, article):
                return last
        n = bisect_left(self.line_ends, first + 1)
        if n == len(self.line_ends) or self.starts[self.line_ends[n]] - opens > _QUOTED_LIKELY:
            return None
        return None if self._heads_next(first, self.line_ends[n], article) else self.line_ends[n]

    def _heads_next(self, first: int, last: int, article: int) -> bool:
        """Whether the next article is headed between two lines, so that no quotation can go that far."""
        lines = self.heads.get(article + 1, [])
        n = bisect_right(lines, first)
        return n < len(lines) and lines[n] <= last


def _start(part: _Line | Clause) -> int:
    return part.start


def _with_next(items: Sequence[_T]) -> Iterator[tuple[_T, _T | None]]:
    return zip_longest(items, items[1:])


# Articles


def _articles(text: str, lines: Sequence[_Line]) -> list[_Article]:
    """The lines that may head an article, quoted ones left out."""
    found = []
    for n, line in enumerate(lines):
        if line.quoted or line.words[0] not in "ĐÐ":
            continue
        match = _ARTICLE_HEAD.match(text, line.start, line.end)
        if match and (match["point"] or match.end() == line.end or line.marked):
            wrapped = n > 0 and _goes_on(lines[n - 1], line)
            found.append(_Article(n, int(match["number"]), match["letter"], match.end(), wrapped))
    return found


def _goes_on(before: _Line, line: _Line) -> bool:
    """Whether a line may be the rest of a sentence that was broken off above it."""
    if line.parted or line.marked or before.marked or before.words.endswith(_STOPS):
        return False
    return not (_is_capital(before.words) or _division(before))


def _without_contents(
    lines: Sequence[_Line], candidates: Sequence[_Article]
) -> tuple[list[_Article], list[tuple[int, int]]]:
    """The candidates without a table of contents, and its first and last line: headings in a row that come again."""
    groups: list[list[_Article]] = []
    for article in candidates:
        if groups and _in_a_row(lines, groups[-1][-1], article):
            groups[-1].append(article)
        else:
            groups.append([article])
    kept: list[_Article] = []
    contents: list[tuple[int, int]] = []
    for n, group in enumerate(groups):
        later = {article.key for other in groups[n + 1 : n + 400] for article in other} if len(group) >= 4 else set()
        if later and sum(article.key in later for article in group) > len(group) / 2:
            first = group[0].line
            while first and (_division(lines[first - 1]) or lines[first - 1].words.upper().startswith("MỤC LỤC")):
                first -= 1
            contents.append((first, group[-1].line))
        else:
            kept += group
    return kept, contents


def _in_a_row(lines: Sequence[_Line], one: _Article, other: _Article) -> bool:
    """Whether nothing but headings stands between two headings."""
    if other.key <= one.key or other.line - one.line > 5:
        return False
    between = lines[one.line + 1 : other.line]
    return not any(len(line.words) > 120 or line.words.endswith((".", ";")) for line in between)


def _runs(candidates: Sequence[_Article]) -> list[list[_Article]]:
    """The candidates of each instrument: another begins where Điều 1 is followed by Điều 2 once more."""
    runs: list[list[_Article]] = [[]]
    for article, after in _with_next(candidates):
        begins = article.number == 1 and not article.letter and not article.wrapped
        if begins and runs[-1] and (after is None or after.number in (1, 2)):
            runs.append([])
        runs[-1].append(article)
    return runs


def _ascending(candidates: Sequence[_Article]) -> list[_Article]:
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


def _stands_out(chain: Sequence[_Article], n: int) -> bool:
    """Whether an article is numbered as if neither its neighbours nor it belonged together."""
    after = chain[n + 1].number if n + 1 < len(chain) else 0
    return n > 0 and chain[n].number > chain[n - 1].number + 1 and after != chain[n].number + 1


# Headings


def _headings(
    text: str, lines: Sequence[_Line], runs: Sequence[list[_Article]], left_out: list[tuple[int, int]]
) -> list[_Heading]:
    """Every heading in order of place. What belongs to no section goes to `left_out`."""
    headings: list[_Heading] = []
    at = 0
    for n, run in enumerate(runs):
        divisions = _divisions(lines, at, run[0].line)
        begins = bisect_left(lines, divisions[0].start, key=_start) if divisions else run[0].line
        found = list(_between(lines, at, begins, left_out)) if n else []
        if n and not any(heading.name for heading in found):
            found.append(_Heading(_INSTRUMENT, ATTACHED, lines[begins].start, lines[begins].start))
        headings += found + divisions
        for article, after in _with_next(run):
            until = after.line if after else len(lines)
            headings.append(_article_heading(text, lines, article, until))
            headings += _divisions(lines, article.line + 1, after.line) if after else []
        at = run[-1].line + 1
    if runs:
        return headings + list(_between(lines, at, len(lines), left_out))
    found = list(_between(lines, 0, len(lines), left_out, body=False))
    return list(dropwhile(lambda heading: heading.level not in _OUTLINE, found))


def _article_heading(text: str, lines: Sequence[_Line], article: _Article, until: int) -> _Heading:
    """An article's heading: its number, and its name if the text does not follow at once."""
    line, last = lines[article.line], article.line
    label = f"Điều {article.number}{article.letter}"
    words = _unmarked(text[article.rest : line.end])[0]
    if not words:
        last += 1
        if not _is_name_below(lines, last, until):
            return _Heading(_ARTICLE, label, line.start, line.end)
        words = lines[last].words
    while last + 1 < until and _continues(words, lines[last + 1]):
        last += 1
        words = f"{words} {lines[last].words}"
    if reads_as_text(words) or not _has_text(lines, last + 1, until):
        return _Heading(_ARTICLE, label, line.start, article.rest)
    return _Heading(_ARTICLE, f"{label}. {words.rstrip(' .')}", line.start, lines[last].end)


def _continues(words: str, line: _Line) -> bool:
    """Whether a line goes on with what stands broken off above it."""
    if line.parted or line.quoted or words.endswith(_STOPS[:3]) or len(words) > _NAME:
        return False
    return line.words[0].islower() and not _POINT.match(line.words)


def _is_name_below(lines: Sequence[_Line], n: int, until: int) -> bool:
    """Whether a line is the name of the article whose number stands alone above it."""
    if not _has_text(lines, n, until) or not _has_text(lines, n + 1, until):
        return False
    words = lines[n].words
    plain = words[0].isupper() and not words.endswith(_STOPS) and len(words) <= 200 and " này " not in f"{words} "
    return plain and not _KHOAN.match(words)


def _has_text(lines: Sequence[_Line], n: int, until: int) -> bool:
    return n < min(until, len(lines)) and not _division(lines[n]) and not _begins_end(lines, n)


def _division(line: _Line) -> tuple[int, str, str] | None:
    """The level, number and name on the line of a heading above articles; None if it is none."""
    return next((found for level in _DIVISIONS if (found := _unit(level, line))), None)


def _unit(level: int, line: _Line) -> tuple[int, str, str] | None:
    match = _UNIT[level].match(line.words)
    if match is None or line.quoted:
        return None
    rest = line.words[match.end() :].strip()
    if rest and rest[0] not in ".:–-" and not _is_capital(rest):
        return None
    number = match["number"].strip(" :")
    number = number.lower() if number.isupper() and number.lower().startswith("thứ") else number
    return level, f"{_UNITS[level][0]} {number}".strip(), rest.strip(" .:–-")


def _is_capital(words: str) -> bool:
    letters = [c for c in words if c.isalpha()]
    return len(letters) > 1 and sum(c.isupper() for c in letters) >= 0.85 * len(letters)


def _divisions(lines: Sequence[_Line], start: int, until: int) -> list[_Heading]:
    """The chapter headings that lead up to the article on line `until`: nothing but their names between."""
    headings: list[_Heading] = []
    below = n = until
    while n > start and below - n <= 5:
        n -= 1
        found = _division(lines[n])
        if found is None:
            if lines[n].words.endswith(";") or _ARTICLE_HEAD.match(lines[n].words):
                break
            continue
        level, label, name = found
        names = [name, *(line.words for line in lines[n + 1 : below])]
        if sum(map(len, names)) > _NAME or (n and lines[n].words.endswith(".") and _goes_on(lines[n - 1], lines[n])):
            break
        name = " ".join(filter(None, names))
        headings.append(_Heading(level, f"{label}. {name}" if name else label, lines[n].start, lines[below - 1].end))
        below = n
    return headings[::-1]


# What follows the articles: signatures, annexes, attached texts; and texts without articles


def _between(
    lines: Sequence[_Line], start: int, until: int, left_out: list[tuple[int, int]], body: bool = True
) -> Iterator[_Heading]:
    """Headings outside articles. `body`: the text of an article still goes on at `start`."""
    outline = _outline(lines, start, until)
    dropping, named, n = False, False, start
    while n < until:
        line, heading, last = lines[n], None, n
        if not line.quoted and not line.words.startswith("|"):
            if not (body and n and _goes_on(lines[n - 1], line)):
                heading, last = _outer_heading(lines, n, until, free=not body and not named)
            if heading is None and n in outline and not body:
                heading = outline[n]
        if heading:
            named = heading.level < _INSTRUMENT
            dropping = body = False
            yield heading
        elif _begins_end(lines, n):
            if not dropping:
                yield _Heading(_INSTRUMENT, "", line.start, line.start)
            dropping, body = True, False
        elif len(line.words) > _SHORT and not line.words.startswith("|"):
            dropping = named = False
        if heading is None and (dropping or (not body and _is_letterhead(line.words, named))):
            left_out.append((line.start, line.end))
        n = last + 1


def _is_letterhead(words: str, named: bool) -> bool:
    """Whether a line is of a letterhead; `named`: only such lines stand between it and the name of its instrument."""
    if _TABLE_RULE.fullmatch(words):
        return named
    return _LETTERHEAD.match(words) is not None or (named and _ISSUED_BY.match(words) is not None)


def _outer_heading(lines: Sequence[_Line], n: int, until: int, free: bool) -> tuple[_Heading | None, int]:
    """An annex, a form, an attached instrument or a heading of Markdown only; and the last line of its name."""
    line = lines[n]
    for level in (_ANNEX, _FORM):
        found = _unit(level, line)
        if found:
            last, name = _capital_name(lines, n, until, found[2])
            if level == _FORM and not _has_own_text(lines, last + 1, until):
                return None, n
            return _Heading(level, ". ".join(filter(None, [found[1], name])), line.start, lines[last].end), last
    if line.depth and not any(pattern.match(line.words) for pattern in (*_LISTED.values(), _ISSUED_BY, _LETTERHEAD)):
        return _Heading(_MARKDOWN + line.depth, line.words, line.start, line.end), n
    if free or line.marked or _KIND.fullmatch(line.words):
        around = (*lines[max(0, n - 8) : n], *lines[n + 1 : min(until, n + 8)])
        if _KIND.match(line.words) and _is_capital(line.words) and any(map(_is_of_head, around)):
            last, name = _capital_name(lines, n, until, line.words)
            return _Heading(_INSTRUMENT, name, line.start, lines[last].end), last
    return None, n


def _is_of_head(line: _Line) -> bool:
    patterns = (_LETTERHEAD, _GROUNDS, _ATTACHED_TO)
    return any(pattern.match(line.words) for pattern in patterns)


def _has_own_text(lines: Sequence[_Line], n: int, until: int) -> bool:
    return n < until and not _unit(_FORM, lines[n]) and not _unit(_ANNEX, lines[n])


def _capital_name(lines: Sequence[_Line], n: int, until: int, name: str) -> tuple[int, str]:
    """A name that goes on in capitals below its line: the last line of it, and the name."""
    names = [name] if name else []
    while n + 1 < until and len(names) < 5 and _is_capital(lines[n + 1].words) and not lines[n + 1].quoted:
        words = lines[n + 1].words
        patterns = (*_LISTED.values(), _LETTERHEAD, _ISSUED_BY)
        if any(pattern.match(words) for pattern in patterns) or words.startswith("|") or _division(lines[n + 1]):
            break
        n += 1
        names.append(words)
    return n, " ".join(names)


def _begins_end(lines: Sequence[_Line], n: int) -> bool:
    """Whether the recipients or the signature begin on a line."""
    words = lines[n].words
    if _RECIPIENTS.match(words) or _SIGNED_FOR.match(words):
        return True
    if not (_ISSUED_BY.match(words) and _is_capital(words) and len(words) <= _SHORT):
        return False
    following = [line.words for line in lines[n + 1 : n + 4]]
    return any(map(_SIGNED.match, following)) or any(map(_is_person, following[:1]))


def _is_person(words: str) -> bool:
    """Whether a line may be somebody's name: "Nguyễn Văn A"."""
    return len(words) <= 40 and 2 <= len(words.split()) <= 5 and words.istitle() and words.replace(" ", "").isalpha()


def _has_outline(lines: Sequence[_Line]) -> bool:
    """Whether a text without articles is an official one that is surely divided by I, II or A, B."""
    head = lines[:25]
    official = any(
        _IS_OFFICIAL.match(line.words) or (_KIND.match(line.words) and _is_capital(line.words)) for line in head
    )
    numbered = any(NUMBER.search(line.words) and _KIND.match(line.words.upper()) for line in head[:3])
    outline = _outline(lines, 0, len(lines)).values() if official or numbered else []
    return max((sum(heading.level == level for heading in outline) for level in (_LETTER, _ROMAN)), default=0) >= 2


def _outline(lines: Sequence[_Line], start: int, until: int) -> dict[int, _Heading]:
    """Headings "A.", "I.", "1." by line, where a text is divided so."""
    found: dict[int, _Heading] = {}
    figures: dict[int, _Heading] = {}
    last: dict[int, int] = {}
    mixed = False  # some figures of a part are headings by their looks, others begin text
    for n in range(start, until):
        line = lines[n]
        if line.quoted or line.words[0] == "|":
            continue
        if line.depth == 1 or _begins_end(lines, n):
            last = {}
        level, number, name = _listed(line)
        value = _value(number) if number else 0
        if level < _FIGURE and value == last.get(level, 0) + 1 and _is_heading(line, name):
            found |= {} if mixed else figures
            figures, mixed = {}, False
            last = {above: before for above, before in last.items() if above < level} | {level: value}
            found[n] = _listed_heading(line, level, number, name)
        elif number and level >= _FIGURE and line.marked:
            found[n] = _listed_heading(line, level, number, name)
        elif level == _FIGURE:
            figures[n] = _listed_heading(line, level, number, name)
            following = lines[n + 1] if n + 1 < until else None
            mixed |= not (_is_heading(line, name) and following and _listed(following)[0] != _FIGURE)
    found |= {} if mixed else figures
    return found if any(heading.level < _FIGURE for heading in found.values()) else {}


def _listed(line: _Line) -> tuple[int, str, str]:
    """Level, number and name of a line such as "II. Mục tiêu"; level _ARTICLE and no number if it is none."""
    for level, pattern in _LISTED.items():
        match = pattern.match(line.words)
        if match:
            return level, match["number"], match["name"]
    return _ARTICLE, "", ""


def _listed_heading(line: _Line, level: int, number: str, name: str) -> _Heading:
    return _Heading(level, f"{number}. {name.strip(' .')}", line.start, line.end)


def _is_heading(line: _Line, name: str) -> bool:
    """Whether the words after a number look like a heading, not like text."""
    short = len(name) <= 120 and name[0].isupper() and not name.endswith(_STOPS[:7])
    return line.marked or _is_capital(name) or short


def _value(number: str) -> int:
    """The value of "IV", "B" or "2.1" (its last figure)."""
    if number[-1].isdigit():
        return int(number.rpartition(".")[2])
    if number[0] in "IVX":
        values = [{"I": 1, "V": 5, "X": 10}[c] for c in number]
        return sum(-a if a < b else a for a, b in zip(values, [*values[1:], 0], strict=True))
    return ord(number[0]) - ord("A") + 1


# Head and sections


def _head(lines: Sequence[_Line]) -> tuple[int, str | None]:
    """Where the preamble begins after letterhead and title, and the title; both from the lines before any heading."""
    grounds = next((n for n, line in enumerate(lines) if _GROUNDS.match(line.words)), None)
    before = lines[:grounds]
    kinds = [
        n
        for n, line in enumerate(before[-200:], max(0, len(before) - 200))
        if _KIND.match(line.words) and _is_capital(line.words)
    ]
    head = [n for n, line in enumerate(before[:60]) if _LETTERHEAD.match(line.words)]
    if not kinds:
        named = before[0] if before and before[0].depth else None
        return max(before[head[-1]].end if head else 0, named.end if named else 0), named.words if named else None
    first = kinds[-1]
    while first - 1 in kinds:  # "NGHỊ ĐỊNH", and below it "QUY ĐỊNH VỀ …"
        first -= 1
    last, title = _title(before, first)
    begins = before[max([last, *head])].end
    if grounds is not None and all(len(line.words) <= _SHORT for line in before[last + 1 :]):
        begins = lines[grounds].start
    return begins, title


def _title(lines: Sequence[_Line], n: int) -> tuple[int, str]:
    """The name of an instrument on the lines from its kind on: the last line of it, and the name."""
    kind = lines[n].words.rstrip(" :")
    last, name = _capital_name(lines, n, len(lines), kind)
    if name == kind and _KIND.fullmatch(kind) and n + 1 < len(lines):
        words = lines[n + 1].words
        if not (_LETTERHEAD.match(words) or _ISSUED_BY.match(words)) and len(words) <= _NAME:
            last, name = n + 1, f"{kind.capitalize()} {words}"
            while last + 1 < len(lines) and _is_of_title(lines[last], lines[last + 1]):
                last += 1
                name = f"{name} {lines[last].words}"
    return last, name


def _is_of_title(before: _Line, line: _Line) -> bool:
    """Whether the name of an instrument goes on, on a line under one of it."""
    return _goes_on(before, line) and not _is_capital(line.words) and not line.words.startswith("(")


def _parts(
    text: str, headings: Sequence[_Heading], left_out: Sequence[tuple[int, int]]
) -> Iterator[tuple[int, Section]]:
    """Sections with the level of their innermost heading."""
    above: list[tuple[int, str]] = [(_ARTICLE + 1, PREAMBLE)]
    spans = [(heading.end, after.start if after else len(text)) for heading, after in _with_next(headings)]
    spans.insert(0, (0, headings[0].start))
    gap = 0
    for n, (start, end) in enumerate(spans):
        if n:
            heading = headings[n - 1]
            kept = (entry for entry in above if entry[0] < heading.level)
            above = [*kept, *([(heading.level, heading.name)] if heading.name else [])]
        while gap < len(left_out) and left_out[gap][1] <= start:
            gap += 1
        for begin, stop in _without(start, end, left_out, gap):
            if text[begin:stop].strip():
                yield (above[-1][0] if above else _INSTRUMENT), Section(tuple(name for _, name in above), begin, stop)


def _without(start: int, end: int, left_out: Sequence[tuple[int, int]], gap: int) -> Iterator[tuple[int, int]]:
    """What remains of a span without those left out, which are looked at from the index `gap` on."""
    while gap < len(left_out) and left_out[gap][0] < end:
        if left_out[gap][0] > start:
            yield start, left_out[gap][0]
        start = max(start, left_out[gap][1])
        gap += 1
    if start < end:
        yield start, end


def _part_clauses(text: str, lines: Sequence[_Line], level: int, part: Section) -> Iterable[Clause]:
    """The clauses of a section, if it is one that has khoản and điểm."""
    annexed = any(name.startswith((_UNITS[_ANNEX][0], _UNITS[_FORM][0])) for name in part.path)
    if level != _ARTICLE and (annexed or level not in _OUTLINE):
        return ()
    first = bisect_left(lines, part.start, key=_start)
    last = bisect_left(lines, part.end, key=_start)
    within = lines[first:last]
    if first and lines[first - 1].end > part.start:
        line = lines[first - 1]
        words = _unmarked(text[part.start : line.end].lstrip())[0]
        within = [replace(line, start=line.end - len(text[part.start : line.end].lstrip()), words=words), *within]
    return _clauses(text, within)


# Clauses


def _clauses(text: str, lines: Iterable[_Line]) -> Iterator[Clause]:
    """The khoản and điểm of one article: what goes on in sequence. Where that is in doubt the name says less."""
    places = list(_places(text, lines))
    numbered = next((n for n, (_, name) in enumerate(places) if name.startswith("khoản")), 0)
    named = ""
    for n, (start, name) in enumerate(places):
        name = "" if n < numbered else name  # points of a khoản whose number was lost
        if name != named:
            yield Clause(start, name)
        named = name


def _places(text: str, lines: Iterable[_Line]) -> Iterator[tuple[int, str]]:
    """Where text begins that is to be cited in another way, and how."""
    khoan: tuple[int, str] | None = None
    point: str | None = None
    listed: int | None = None  # the last figure of a list within the khoản
    doubted = False  # the points of the khoản are no longer in sequence
    before = ""
    for line in lines:
        words = line.words
        if line.quoted or words[0] == "|":
            before = words
            continue
        if before and _ends_article(line, before):
            yield line.start, ""
            return
        number, letter = _number(words, before), _letter(words)
        if number:
            was = khoan, listed
            khoan, listed = _next_khoan(khoan, listed, number, not before or before.endswith(_STOPS))
            if khoan != was[0]:
                point, doubted = None, False
                yield line.start, _name(khoan, None)
            elif listed or _begins_text(words):
                point, doubted = None, True
                yield line.start, ""
        elif _SUB_KHOAN.match(words):
            point, doubted = None, True
            yield line.start, _name(khoan, None)
        elif letter and listed is None and not doubted and _follows(point, letter):
            point = letter
            yield line.start, _name(khoan, point)
        elif letter and listed is None and point and letter not in _SUB_ITEMS:
            point, doubted = None, True
            yield line.start, _name(khoan, None)
        elif point and not letter and _is_paragraph(words, before):
            yield line.start, _name(khoan, None)
        if listed is None and not doubted and ")" in words:
            for start, found in _inline_points(text, line, point):
                point = found
                yield start, _name(khoan, found)
        before = words


def _is_paragraph(words: str, before: str) -> bool:
    """Whether a line under a point may belong to the whole khoản."""
    return words[0].isupper() and before.endswith(_STOPS) and not before.endswith(":")


def _ends_article(line: _Line, before: str) -> bool:
    """Whether a form, an annex or another article begins on a line, which the clauses above no longer hold."""
    if line.words[0] not in "ĐÐMPC" or not before.endswith(_STOPS):
        return False
    article = _ARTICLE_HEAD.match(line.words)
    unit = _unit(_ANNEX, line) or _unit(_FORM, line)
    return bool((article and article["point"]) or unit or line.words.startswith("CỘNG H"))


def _number(words: str, before: str) -> tuple[int, str] | None:
    match = _KHOAN.match(words)
    return (int(match[1]), match[2]) if match and not _AWAITS_NUMBER.search(before[-10:]) else None


def _begins_text(words: str) -> bool:
    """Whether a sentence begins after the number of a line, which is then no figure of a sentence above."""
    return words.lstrip("0123456789abcdđ.)–- ")[:1].isupper()


def _letter(words: str) -> str | None:
    match = _POINT.match(words)
    return match[1] if match else None


def _next_khoan(
    khoan: tuple[int, str] | None, listed: int | None, number: tuple[int, str], sure: bool
) -> tuple[tuple[int, str] | None, int | None]:
    """The khoản and the figure of a list within it that hold after a number at the start of a line."""
    follows = _follows_khoan(khoan or (0, ""), number, sure and listed is None)
    if listed is None:
        if follows:
            return number, None
        return khoan, 1 if khoan and number == (1, "") else None
    if number == (listed + 1, ""):
        return khoan, listed + 1
    return (number, None) if follows else (khoan, listed)


def _follows_khoan(last: tuple[int, str], number: tuple[int, str], sure: bool) -> bool:
    """Whether a khoản is the next one; `sure`: also where some between were repealed."""
    if number[1]:
        place = _ALPHABET.index(last[1]) if last[1] else -1
        return number[0] == last[0] and number[1] == _ALPHABET[place + 1]
    return number[0] == last[0] + 1 or (sure and 1 < number[0] - last[0] <= 10)


def _follows(last: str | None, letter: str) -> bool:
    """Whether a point is the next one, up to two left out: đ after d, a1 after a, aa after a or y."""
    if last is None:
        return letter == "a"
    if len(letter) == 1:
        return 1 <= _ALPHABET.index(letter) - _ALPHABET.index(last[0]) <= 3
    if letter[1].isdigit():
        return letter[0] == last[0] and int(letter[1]) == (int(last[1]) if last[1:].isdigit() else 0) + 1
    if letter[0] != letter[1] or letter == "ii":
        return False
    return letter[0] == last or (letter == "aa" and last in "vxyz") or (len(last) == 2 and _follows(last[0], letter[0]))


def _inline_points(text: str, line: _Line, point: str | None) -> Iterator[tuple[int, str]]:
    """Points that follow one another on one line: "gồm: a) …; b) …". Only an unbroken sequence counts."""
    matches = list(_POINT_INLINE.finditer(text, line.start, line.end))
    open_quotes, seen = 0, line.start
    for n, match in enumerate(matches):
        piece = text[seen : match.start(1)]
        open_quotes, seen = open_quotes + piece.count("“") - piece.count("”"), match.start(1)
        letter = match[1]
        if open_quotes > 0 or (point is None and not (n + 1 < len(matches) and matches[n + 1][1] == "b")):
            continue
        colon = text[match.start() - 1] == ":"
        if (letter == "a" and point is None and colon) or (point and not colon and _is_next(point, letter)):
            point = letter
            yield match.start(1), letter


def _is_next(point: str, letter: str) -> bool:
    order = [c for c in _ALPHABET if c not in _NOT_VIETNAMESE]
    return len(point) == 1 and point in order[:-1] and letter == order[order.index(point) + 1]


def _name(khoan: tuple[int, str] | None, point: str | None) -> str:
    parts = [f"khoản {khoan[0]}{khoan[1]}" if khoan else "", f"điểm {point}" if point else ""]
    return ", ".join(filter(None, parts))
