"""What a Vietnamese official text says of itself and of the instruments that it ends, each with the words that say so.

Three parts, in the order of the page: the head (number, kind, title, issuer, date), the days of effect, and the clauses
that replace, abolish or amend other instruments. Whatever is not plainly said is left out, and told in a warning.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from itertools import islice
from typing import Literal

from retrieval.places import CITIES, province_spans, with_province_names
from retrieval.register import one_form
from retrieval.text import lower, new_tone_marks, strip_diacritics

Verb = Literal["replaces", "abolishes", "amends", "partly_abolishes"]


@dataclass(frozen=True, slots=True)
class Words:
    """A span of the text: `evidence == text[start:end]`."""

    evidence: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Found:
    """The value of one field of `Document`, and the words that prove it. `also`: further words that it rests on."""

    field: str
    value: str
    evidence: str
    start: int
    end: int
    also: tuple[Words, ...] = ()


@dataclass(frozen=True, slots=True)
class Ending:
    """What a text does to another instrument. `from_date`: the first day on which that holds (ISO), None if not said.

    `also`: further words that it rests on, such as the line above a list.
    """

    verb: Verb
    number: str
    name: str
    from_date: str | None
    evidence: str
    start: int
    end: int
    also: tuple[Words, ...] = ()


@dataclass(frozen=True, slots=True)
class Metadata:
    """Everything found in one text, at most one value a field. `warnings`: what a person must look at."""

    found: tuple[Found, ...] = ()
    clauses: tuple[Ending, ...] = ()
    warnings: tuple[str, ...] = ()

    def get(self, field: str) -> Found | None:
        """What was found of a field."""
        return next((found for found in self.found if found.field == field), None)

    def value(self, field: str) -> str | None:
        """The value of a field, None where it was not found."""
        found = self.get(field)
        return found.value if found else None


# What is read of a text, in characters and lines; no instrument without its annexes is longer.
_LONGEST_TEXT, _MOST_LINES, _LONGEST_LINE = 2_000_000, 100_000, 20_000
_HEAD_LINES, _HEAD_CHARACTERS, _LONGEST_TITLE = 60, 6_000, 600
_MOST_WARNINGS = 12

# What the letters of a number stand for; the first is meant where only the number is known.
_KINDS_OF_LETTERS = {
    letters: tuple(kinds.split("/"))
    for letters, kinds in (
        pair.split("=")
        for pair in "NĐ=Nghị định|NQ=Nghị quyết|QĐ=Quyết định/Quy định|QyĐ=Quy định|TT=Thông tư"
        "|NQLT=Nghị quyết liên tịch|TTLT=Thông tư liên tịch/Thông tư|CT=Chỉ thị|KH=Kế hoạch|TB=Thông báo"
        "|CTr=Chương trình|ĐA=Đề án|BC=Báo cáo|TTr=Tờ trình|CĐ=Công điện|KL=Kết luận|QC=Quy chế|L=Lệnh/Luật|LCT=Lệnh"
        "|PL=Pháp lệnh|VBHN=Văn bản hợp nhất".split("|")
    )
}
_KINDS = sorted({"Bộ luật", "Công văn"}.union(*_KINDS_OF_LETTERS.values()), key=lambda kind: (-len(kind), kind))
_KIND = "|".join(_KINDS).lower()
# Instruments that end others by a clause of their own; elsewhere "bãi bỏ …" may be a task for somebody.
_RULING = frozenset(
    "Luật|Bộ luật|Pháp lệnh|Nghị định|Nghị quyết|Nghị quyết liên tịch|Quyết định|Thông tư|Thông tư liên tịch".split("|")
)
# Named with their subject between the kind and the number.
_LAWS = ("luật", "bộ luật", "pháp lệnh")

_LETTERS = r"[A-ZĐƯ][A-ZĐƯ&]*+[a-z]?\d{0,2}"
_CODE = rf"{_LETTERS}(?:(?: ?[/-] ?|\.){_LETTERS})*"
_NUMBER = rf"\d{{1,5}}[a-z]?(?: ?/ ?(?:19|20)\d\d)? ?[/-] ?{_CODE}(?:(?![\w/])|(?=ngày))"
_NUMBERED = re.compile(rf"(?:(?<![\w/.-])|(?<=số)){_NUMBER}")
_DATE = r"\d{1,2} ?(?:tháng|[/.-]) ?\d{1,2} ?,? ?(?:năm|[/.-]) ?(?:19|20)\d\d(?!\d)"


# ---- Lines: the words of a text with single spaces and without marks of layout, each with its place in the text.


@dataclass(frozen=True, slots=True)
class _Line:
    """`plain[i]` stands at `at[i]` in the text; `low` is `plain` in small letters, as long."""

    plain: str
    low: str
    at: tuple[int, ...]

    def span(self, start: int = 0, end: int | None = None) -> tuple[int, int]:
        """(start, end) in the text of a part of the line that is not empty."""
        last = len(self.at) if end is None else end
        return self.at[start], self.at[last - 1] + 1

    def part(self, start: int, end: int | None = None) -> _Line:
        """A part of the line, without outer spaces."""
        last = len(self.at) if end is None else end
        while start < last and self.plain[start] == " ":
            start += 1
        while start < last and self.plain[last - 1] == " ":
            last -= 1
        return _Line(self.plain[start:last], self.low[start:last], self.at[start:last])


_LAYOUT = str.maketrans(dict.fromkeys("*_\\#~`>\t\f\v\r", " ") | dict.fromkeys("‐‑‒–—―−", "-") | {"|": "\n", "″": '"'})
_LINK = re.compile(r"\[([^\[\]\n]{1,200})\](\([^()\s]{1,600}\))")
_BREAK = re.compile(r"<br ?/?>", re.IGNORECASE)
_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(?:(?!---).*\n){0,200}---[ \t]*\n")
_INVISIBLE = frozenset("\u00ad\u200b\u200c\u200d\u2060\ufeff")


def _flat(text: str) -> str:
    """The text as long as before, with marks of layout blanked, table cells on lines of their own, plain dashes."""
    text = _FRONT_MATTER.sub(lambda match: _blank(match.group()), text[:_LONGEST_TEXT])
    text = _LINK.sub(lambda match: f" {match.group(1)} {' ' * len(match.group(2))}", text)
    return _BREAK.sub(lambda match: "\n".ljust(len(match.group())), text).translate(_LAYOUT)


def _blank(words: str) -> str:
    return re.sub(r"[^\n]", " ", words)


def _line(flat: str, start: int, end: int) -> _Line:
    kept: list[str] = []
    at: list[int] = []
    for i in range(start, min(end, start + _LONGEST_LINE)):
        letter = flat[i]
        if letter in _INVISIBLE:
            continue
        if letter.isspace():
            if not kept or kept[-1] == " ":
                continue
            letter = " "
        kept.append(letter)
        at.append(i)
    plain = "".join(kept)
    return _Line(plain, new_tone_marks(lower(plain)), tuple(at)).part(0)


def _lines(flat: str, start: int = 0) -> Iterator[tuple[int, int]]:
    """(start, end) of each line that is not empty."""
    return (match.span() for match in re.compile(r"[^\n]+").finditer(flat, start))


@dataclass(frozen=True, slots=True)
class _Page:
    """A text as given, laid flat, and also with what it quotes blanked. `warnings` grows while it is read."""

    text: str
    flat: str
    unquoted: str
    warnings: list[str]

    def words(self, span: tuple[int, int]) -> Words:
        """A span of the text with its words."""
        return Words(self.text[slice(*span)], *span)

    def found(self, field: str, value: str, span: tuple[int, int], also: tuple[Words, ...] = ()) -> Found:
        """A field's value with the words in a span of the text."""
        return Found(field, value, self.text[slice(*span)], *span, also)

    def warn(self, sentence: str, words: str = "") -> None:
        """Say what a person must look at, and the words in question."""
        words = " ".join(words.split())
        quoted = f": “{words[:220].rstrip()}…”" if len(words) > 220 else f": “{words}”" if words else "."
        self.warnings.append(sentence + quoted)


def _iso(written: str) -> str | None:
    """A date as it is written in Vietnamese, in ISO form; None if there is no such day."""
    day, month, year = (int(figures) for figures in re.findall(r"\d+", written))
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None


def _later(day: str, days: int) -> str:
    return (date.fromisoformat(day) + timedelta(days)).isoformat()


def _close_up(number: str) -> str:
    """A number without the spaces that scanning leaves in it."""
    return re.sub(r"\s", "", number)


def _code(number: str) -> str:
    """The letters of a number: "QĐ-TTg" of "12/2026/QĐ-TTg"."""
    return re.sub(r"^\d+[a-z]?(?:/\d{4})?[/-]", "", number)


def _kinds_of(code: str) -> tuple[str, ...]:
    """The kinds that a number's letters allow; letters that name none are those of an official letter."""
    if re.search(r"(?:^|[-/])QH\d", code):
        return ("Nghị quyết",) if code.startswith("NQ") else ("Luật", "Bộ luật", "Nghị quyết")
    if "UBTVQH" in code and code.split("-")[0] not in ("NQ", "PL", "NQLT"):
        return ("Pháp lệnh", "Nghị quyết", "Nghị quyết liên tịch")
    return _KINDS_OF_LETTERS.get(re.split(r"[-/]", code)[0], ("Công văn",))


# ---- The head.

_NATIONAL = re.compile(
    r"CỘNG H(?:ÒA|OÀ) XÃ HỘI CHỦ NGHĨA VIỆT NAM|ĐẢNG CỘNG SẢN VIỆT NAM|(?i:độc lập ?- ?tự do ?- ?hạnh phúc)"
)
_HEAD_END = re.compile(
    r"(?:căn cứ|xét (?:tờ trình|đề nghị)|theo đề nghị|trên cơ sở|điều 1\b|chương i\b|phần thứ nhất|quyết nghị"
    r"|quyết định ?:|[i1][./] |i\.|a[.-] )"
)
_UNFINISHED_LINE = re.compile(
    r"^[^\W\d_]+$|^số ?[:.]?$|\b(?:ngày|tháng)(?: \d{1,2})?$|^cộng hòa(?: xã(?: hội(?: chủ(?: nghĩa(?: việt)?)?)?)?)?$"
)
# "Hà Nội, ngày 24 tháng 6 năm 2026"; figures may still be blank.
_DATE_AT_END = re.compile(r",? ?ngày[ .…\d]*tháng[ .…\d]*(?:năm[ .…\d]*)?$")
_LABELLED = re.compile(rf"(?:(?:{_KIND}) số ?:|số ?[:.]?) ?(?=[\d./…-])")
_HEADLINE = re.compile(
    rf"(?P<kind>{_KIND})(?: số)? (?P<number>{_NUMBER})(?:,? \(?ngày {_DATE}\)?)?(?: của [\w ]{{3,60}})?", re.IGNORECASE
)
# Lines in capitals below a title, and words that open the first paragraph.
_NOT_TITLE = re.compile(
    r"(?:chính phủ|quốc hội|thủ tướng(?: chính phủ)?|bộ chính trị|ban (?:bí thư|chấp hành).*|ủy ban thường vụ quốc hội"
    r"|(?:bộ trưởng|thống đốc|chánh án|chủ tịch|giám đốc|tổng giám đốc|cục trưởng|viện trưởng|tổng thanh tra) .*"
    r"|(?:ủy ban|hội đồng) nhân dân .*|hội đồng thẩm phán.*|khóa .*|kỳ họp .*|lời nói đầu|mục lục|nội dung)"
)
_AFTER_TITLE = re.compile(
    r"(?:nhằm|để |ngày \d|sau khi|qua |hiện nay|trong (?:thời|những)|thời gian|theo "
    r"|(?:chính phủ|quốc hội|bộ trưởng .*) ban hành)"
)
_ISSUER = re.compile(
    r"(?:chính phủ|thủ tướng|quốc hội|chủ tịch nước|bộ(?! luật\b)|ủy ban|ubnd|hội đồng|hđnd|thường trực|ngân hàng"
    r"|tòa án|viện|thanh tra|kiểm toán|văn phòng|tổng cục|cục|sở|ban|tỉnh ủy|thành ủy|huyện ủy|quận ủy|thị ủy|đảng"
    r"|bảo hiểm|đoàn|tổng liên đoàn|trung ương|mặt trận|liên minh|công an|phòng|chi cục|trung tâm|đài|thông tấn|kho bạc"
    r"|trường|đại học|học viện|tổng công ty|tập đoàn)\b"
)
# A line that names an issuer only together with the next one.
_UNFINISHED = frozenset(("thủ tướng", "văn phòng", "thanh tra", "ủy ban thường vụ", "thường trực", "ban thường vụ"))
# Whom a number of these letters comes from.
_ISSUER_OF = {"CP": "chính phủ", "TTg": "thủ tướng chính phủ", "UBND": "(?:ủy ban nhân dân|ubnd)"}
_LOCAL = re.compile(r"(?:ủy ban nhân dân|ubnd|hội đồng nhân dân|hđnd|sở|tỉnh ủy|thành ủy|huyện ủy|phòng)\b")
_CAPITAL_AFTER = re.compile(r"(?:và|,|-|bộ|sở|ban|cục|vụ|viện|phòng|trung tâm)$")
_PLACE_WORD = re.compile(
    r"\b(?:tỉnh ủy|thành ủy|huyện ủy|đảng ủy|tỉnh|thành phố|huyện|quận|thị xã|thị trấn|phường|xã|đặc khu)(?= )"
)
_ROMAN = re.compile(r"(?:(?<=giai đoạn )|(?<=khóa )|(?<=quý )|(?<=phần )|(?<=hạng )|(?<=loại ))[ivx]+\b")
_CAPITALISED = (
    "Việt Nam",
    "Thừa Thiên",
    "Trung ương",
    "Chính phủ",
    "Quốc hội",
    "Đảng",
    "Thủ tướng",
    "Nhà nước",
    "Hồ Chí Minh",
)


@dataclass(frozen=True, slots=True)
class _Head:
    """What the first lines say, where they end, and whether they are those of an official text."""

    found: tuple[Found, ...] = ()
    end: int = 0
    official: bool = False

    def get(self, field: str) -> Found | None:
        return next((found for found in self.found if found.field == field), None)

    def value(self, field: str) -> str | None:
        found = self.get(field)
        return found.value if found else None


def _read_head(page: _Page) -> _Head:
    pieces = _pieces(page.flat)
    mottos = [piece for piece in pieces if _NATIONAL.fullmatch(piece.plain)]
    dates = [piece for piece in pieces if _is_date_line(piece)]
    lines = [piece for piece in pieces if piece not in mottos and piece not in dates]
    number, code = _number(page, lines)
    headline = _headline(lines)
    if headline and not (number and one_form(number.value) == one_form(_close_up(headline.group("number")))):
        return _Head(_of_headline(page, lines, headline), lines[0].span()[1], official=True)
    if not code and not any(piece.plain.isupper() for piece in mottos):
        _warn_if_annexed(page, lines)
        return _Head()
    kind, line = _kind(page, lines, code)
    issuer = _issuer(page, lines[:line], code)
    title = _title(page, lines, line, kind) if kind and line is not None else None
    province = _province(page, issuer, dates) if issuer else None
    found = tuple(each for each in (number, kind, title, issuer, province, _issued(page, dates)) if each)
    return _Head(found, max([piece.span()[1] for piece in mottos] + [each.end for each in found]), official=True)


def _pieces(flat: str) -> list[_Line]:
    """The lines of the head, cut where two columns run into one another."""
    pieces: list[_Line] = []
    begin = len(flat) - len(flat.lstrip())
    for line in _head_lines(flat, begin):
        if len(pieces) >= _HEAD_LINES or line.at[0] > begin + _HEAD_CHARACTERS or _HEAD_END.match(line.low):
            break
        pieces += [piece for piece in _columns(line) if re.search(r"\w", piece.low)]
        if line.low.startswith("kính gửi"):
            break
    return pieces


def _head_lines(flat: str, begin: int) -> Iterator[_Line]:
    """The lines that hold words, each with those after it where a page broke it: "ỦY / BAN NHÂN DÂN"."""
    broken: list[int] = []
    for start, stop in _lines(flat, begin):
        line = _line(flat, min([start, *broken]), stop)
        if not re.search(r"\w", line.low):
            continue
        if len(broken) < 3 and _UNFINISHED_LINE.search(line.low) and not _kind_of_line(line):
            broken.append(start)
            continue
        broken.clear()
        yield line


def _columns(line: _Line) -> Iterator[_Line]:
    """The parts of a line: the motto, the place and date at its end, and what is left."""
    start = 0
    for match in _NATIONAL.finditer(line.plain):
        yield from _without_date(line.part(start, match.start()))
        yield line.part(*match.span())
        start = match.end()
    yield from _without_date(line.part(start))


def _without_date(line: _Line) -> Iterator[_Line]:
    match = _DATE_AT_END.search(line.low)
    start = _place_start(line, match.start()) if match else 0
    if match and 0 < start < match.start():
        yield line.part(0, start)
        line = line.part(start)
    yield line


def _place_start(line: _Line, end: int) -> int:
    """Where the capitalised words before a comma begin: the place in "Số: 5/QĐ-UBND Hà Nội, ngày …"."""
    start = end
    for match in reversed(list(re.finditer(r"\S+", line.plain[:end]))[-7:]):
        word = match.group()
        if word != "-" and (not word[0].isupper() or (len(word) > 1 and word.isupper() and word not in ("TP.", "TP"))):
            break
        start = match.start()
    return start


def _is_date_line(piece: _Line) -> bool:
    match = _DATE_AT_END.search(piece.low)
    return match is not None and _place_start(piece, match.start()) == 0


def _warn_if_annexed(page: _Page, lines: list[_Line]) -> None:
    for line in lines[:8]:
        if re.match(rf"\((?:ban hành )?kèm theo (?:{_KIND}) số", line.low):
            page.warn("Văn bản này đi kèm một văn bản khác; số và ngày ở đây không phải của nó", line.plain)


def _headline(lines: list[_Line]) -> re.Match[str] | None:
    """The first line, where it is nothing but the kind and number of the text."""
    return _HEADLINE.fullmatch(lines[0].plain) if lines and not _LABELLED.match(lines[0].low) else None


def _number(page: _Page, lines: list[_Line]) -> tuple[Found | None, str | None]:
    """The number in the head, and its letters, which are known even where the number is still blank."""
    numbers: list[Found] = []
    code = None
    for line in lines:
        label = _LABELLED.match(line.low)
        if label and (written := re.fullmatch(rf"({_NUMBER})[.,;]?", line.plain[label.end() :])):
            value = _close_up(written.group(1))
            numbers.append(page.found("number", value, line.span(0, label.end() + len(written.group(1)))))
            code = _code(value)
        elif label and (blank := re.search(rf"/ ?({_CODE})\.?$", line.plain)):
            code = code or _close_up(blank.group(1))
    if len({one_form(found.value) for found in numbers}) > 1:
        page.warn(f"Phần đầu có nhiều số văn bản ({', '.join(found.value for found in numbers)}); cần người xem")
        return None, code
    if code and not numbers:
        page.warn("Phần đầu để trống số văn bản; bản này có thể là dự thảo hoặc bản chưa đóng số")
    return (numbers[0] if numbers else None), code


def _kind(page: _Page, lines: list[_Line], code: str | None) -> tuple[Found | None, int | None]:
    """The kind and the index of the line that says it: the first below the number, else the first of all."""
    number = max((i for i, line in enumerate(lines) if _LABELLED.match(line.low)), default=-1)
    said = [(i, kind) for i, line in enumerate(lines) if (kind := _kind_of_line(line))]
    said = [each for each in said if each[0] > number] or said
    allowed = _kinds_of(code) if code else None
    if not said:
        subject = next((i for i, line in enumerate(lines) if line.low.startswith(("v/v", "kính gửi"))), None)
        if subject is None or (allowed and "Công văn" not in allowed):
            return None, None
        end = len("v/v") if lines[subject].low.startswith("v/v") else len("kính gửi")
        return page.found("kind", "Công văn", lines[subject].span(0, end)), subject
    index, kind = said[0]
    if allowed and kind not in allowed:
        if "Văn bản hợp nhất" not in allowed:
            page.warn(f"Phần đầu ghi “{kind}” nhưng số văn bản lại là của {allowed[0].lower()}; cần người xem")
        return None, index
    return page.found("kind", kind, lines[index].span(0, _kind_length(lines[index], kind))), index


def _kind_of_line(line: _Line) -> str | None:
    """The kind that a line is, or begins with in capitals: "NGHỊ ĐỊNH", "NGHỊ QUYẾT VỀ …", "N G H Ị  Đ Ị N H"."""
    for kind in _KINDS:
        low = kind.lower()
        if line.low == low or line.low.replace(" ", "") == low.replace(" ", "") != line.low:
            return kind if line.plain[0].isupper() else None
        if line.low.startswith(low + " ") and line.plain[: len(low)].isupper():
            return kind if re.match(r"(?:về|quy|ban|sửa|của|hội)\b", line.low[len(low) + 1 :]) else None
    return None


def _kind_length(line: _Line, kind: str) -> int:
    return len(kind) if line.low.startswith(kind.lower()) else len(line.low)


def _title(page: _Page, lines: list[_Line], index: int, kind: Found) -> Found | None:
    """The kind and the lines below it, as one line."""
    letter = kind.value == "Công văn"
    if letter and not lines[index].low.startswith("v/v"):
        return None
    first = lines[index].part(len("v/v") if letter else _kind_length(lines[index], kind.value))
    title = [first] if first.low else []
    for line in lines[index + 1 :]:
        if _ends_title(line, title) or (letter and not line.plain[0].islower()):
            break
        title.append(line)
    words = " ".join(_as_title(line, page.flat) for line in title).rstrip(" .;:-")
    if not words or len(words) > _LONGEST_TITLE:
        return None
    span = kind.start, title[-1].span()[1]
    if letter:
        return page.found("title", f"Công văn về việc {words}", span)
    if kind.value.lower() in _LAWS and not re.match(r"(?:sửa đổi|về)\b", lower(words)):
        words = words[0].upper() + words[1:]
    elif words[1:2].islower() and not "".join(words.split()[1:2])[:1].isupper():
        words = words[0].lower() + words[1:]
    return page.found("title", f"{kind.value} {words}", span)


def _ends_title(line: _Line, title: list[_Line]) -> bool:
    """Whether a line below a title is no part of it."""
    return bool(
        (line.plain.isupper() and _NOT_TITLE.fullmatch(line.low))
        or (title and line.plain[0].isupper() and _AFTER_TITLE.match(line.low))
        or (title and title[-1].plain[-1] in ".;:")
        or line.low.startswith(("(", "kính gửi", "được trích", "nội dung được"))
        or _LABELLED.match(line.low)
        or _kind_of_line(line)
    )


def _as_title(line: _Line, flat: str) -> str:
    return (_as_written(line.plain, flat) or _in_small_letters(line.plain)) if line.plain.isupper() else line.plain


def _as_written(words: str, flat: str) -> str | None:
    """Words in capitals as the same text writes them elsewhere in small letters."""
    pattern = r"\s+".join(map(re.escape, words.split()))
    hits = (match.group() for match in islice(re.finditer(pattern, flat, re.IGNORECASE), 20))
    return next((" ".join(hit.split()) for hit in hits if not hit.isupper()), None)


def _in_small_letters(words: str) -> str:
    """Words in capitals in small letters, with the names that are known written as names."""
    small = with_province_names(lower(words), words)
    for name in _CAPITALISED:
        small = re.sub(rf"\b{name.lower()}\b", name, small)
    small = _ROMAN.sub(lambda match: match.group().upper(), small)
    return re.sub(
        r"[^\W\d_]+", lambda match: match.group() if _has_vowel(match.group()) else match.group().upper(), small
    )


def _has_vowel(word: str) -> bool:
    """False for an abbreviation such as "TTHC"."""
    return re.search(r"[aeiouy]", strip_diacritics(word)) is not None


def _issuer(page: _Page, lines: list[_Line], code: str | None) -> Found | None:
    """Who issued it: the last authority named in capitals above the kind, with its place from the one above it."""
    groups: list[list[_Line]] = []
    for line in lines:
        if not line.plain.isupper() or _LABELLED.match(line.low) or _kind_of_line(line):
            continue
        unfinished = bool(groups) and " ".join(each.low for each in groups[-1]) in _UNFINISHED
        if _ISSUER.match(line.low) and not unfinished:
            groups.append([line])
        elif groups and len(groups[-1]) < 4 and re.fullmatch(r"[\w ,.-]+", line.low):
            groups[-1].append(line)
    if not groups:
        return None
    low = " ".join(line.low for line in groups[-1])
    expected = _ISSUER_OF.get(re.split(r"[-/]", code)[-1]) if code and "Công văn" not in _kinds_of(code) else None
    if expected and not re.match(expected, low):
        return None
    value, start = _office(groups[-1], page.flat), groups[-1][0].span()[0]
    if len(groups) > 1 and not _PLACE_WORD.search(low) and _LOCAL.match(groups[-2][0].low):
        above = _office(groups[-2], page.flat)
        if place := _PLACE_WORD.search(above):
            value, start = f"{value} {above[place.start() :]}", groups[-2][0].span()[0]
    return page.found("issuer", value, (start, groups[-1][-1].span()[1]))


def _office(lines: list[_Line], flat: str) -> str:
    """An authority as it is written in running text: "BỘ Y TẾ" → "Bộ Y tế"."""
    words = " ".join(line.plain for line in lines).strip(" -.,")
    for short, full in (("UBND", "ỦY BAN NHÂN DÂN"), ("HĐND", "HỘI ĐỒNG NHÂN DÂN"), ("TP", "THÀNH PHỐ")):
        words = re.sub(rf"\b{short}\b\.?", full, words)
    if written := _as_written(words, flat):
        return written[0].upper() + written[1:]
    small = _in_small_letters(new_tone_marks(lower(words)))
    council = re.match(r"(?:ủy ban|hội đồng) nhân dân", small)
    result, before, named_from = "", "", len(small)
    for match in re.finditer(r"\S+", small):
        word, place = match.group(), _PLACE_WORD.match(small, match.start())
        named = match.start() >= named_from or (not council and _CAPITAL_AFTER.search(before))
        if not before or (named and not place and word != "và"):
            word = word[0].upper() + word[1:]
        result += f", {word}" if place and named_from < match.start() else f" {word}"
        before, named_from = match.group(), place.end() if place else named_from
    return result.strip()


def _province(page: _Page, issuer: Found, dates: list[_Line]) -> Found | None:
    """The province of an issuer that is provincial or below: from its own name, else from the place of the date."""
    named = _announced_provinces(issuer.value)
    if len(named) == 1:
        return page.found("province", named[0], (issuer.start, issuer.end))
    if named or _PLACE_WORD.search(issuer.value) or not _LOCAL.match(lower(issuer.value)) or len(dates) != 1:
        return None
    place = dates[0].plain.split(",")[0]
    provinces = [name for name, span in province_spans(place) if span == (0, len(place))]
    return page.found("province", provinces[0], dates[0].span(0, len(place))) if provinces else None


def _announced_provinces(words: str) -> list[str]:
    """Provinces that are called so: "tỉnh Bắc Ninh", "thành phố Huế", and not the town of the same name."""
    low = new_tone_marks(lower(words))
    named: dict[str, None] = {}
    for name, (start, _) in province_spans(words):
        before = low[:start]
        if re.search(r"\btỉnh (?:ủy )?(?:thừa thiên ?-? ?)?$", before) or (
            name in CITIES and re.search(r"\bthành (?:phố|ủy) $", before)
        ):
            named[name] = None
    return list(named)


def _issued(page: _Page, dates: list[_Line]) -> Found | None:
    for line in dates:
        if written := re.search(_DATE, line.low):
            if value := _iso(written.group()):
                return page.found("issued", value, line.span())
            page.warn("Ngày ở phần đầu không có thật", line.plain)
    return None


def _of_headline(page: _Page, lines: list[_Line], headline: re.Match[str]) -> tuple[Found, ...]:
    """What a first line such as "Nghị quyết số 57-NQ/TW" says, and the first sentence that tells more of it."""
    number = _close_up(headline.group("number"))
    kind = next(kind for kind in _KINDS if kind.lower() == lower(headline.group("kind")))
    if kind not in _kinds_of(_code(number)):
        return ()
    found = [
        page.found("number", number, lines[0].span(*headline.span("number"))),
        page.found("kind", kind, lines[0].span(*headline.span("kind"))),
    ]
    told = re.compile(
        rf"{kind.lower()}(?: số)? {re.escape(lower(number))},? \(?ngày (?P<day>{_DATE})\)?"
        r"(?: của (?P<issuer>[^,.;]{4,60}?))?(?: (?P<about>về [^.;“”]{10,400}))?(?=[.;,“”]|$)"
    )
    for line in lines[:8]:
        match = told.search(line.low)
        if not match or not (day := _iso(match.group("day"))):
            continue
        span = line.span(*match.span())
        found.append(page.found("issued", day, span))
        if match.group("issuer") and _ISSUER.match(match.group("issuer")):
            found.append(page.found("issuer", line.plain[slice(*match.span("issuer"))], span))
        if match.group("about"):
            found.append(page.found("title", f"{kind} {line.plain[slice(*match.span('about'))]}", span))
        break
    return tuple(found)


# ---- The body: the clauses of the instrument itself, without what it quotes and without its annexes.

_MARKER = re.compile(
    r"(?P<article>^điều \d+[a-zđ]?(?: ?[.:] ?|$))|(?P<clause>\d{1,2}(?:\.\d{1,2})* ?[.)] ?(?!\d))"
    r"|(?P<point>[a-zđ]{1,2}\d? ?\) ?)|(?P<bullet>[-+•] ?)"
    r"|(?P<part>(?:[ivx]+ ?[.)] ?|(?:chương|mục|phần) [\divx]+\b ?))"
)
_LEVELS = {"part": 0, "article": 1, "clause": 2, "point": 3, "bullet": 4}
_UNMARKED = 5
_BODY_END = re.compile(
    r"(?:nơi nhận ?(?::|$)|(?:tm|t/m|kt|tl|tuq)\. ?[^\W\d_]|phụ lục(?: [ivx\d]+)?\W*$|\((?:ban hành )?kèm theo)"
)
_DANGLING = re.compile(
    r"\b(?:của|và|các|những|về|tại|theo|từ|số|ngày|tháng|năm|khoản|điều|điểm|tỉnh|thành phố|bộ|bộ trưởng|chính)$",
    re.IGNORECASE,
)
_SPEAKS = re.compile(
    r"hiệu\s+lực|bãi\s+bỏ|thay\s+thế|h(?:ủy|uỷ)\s+bỏ|sửa\s+đổi|bổ\s+sung|thay\s+cụm|thông\s+qua\s+ngày|đến\s+hết",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Unit:
    """A paragraph or list item: its level, 0 (chapter) to 5 (no mark), its words after the mark, whether of effect."""

    level: int
    start: int
    end: int
    speaks: bool


def _body(flat: str, start: int) -> Iterator[_Unit]:
    """The paragraphs of the instrument itself, up to the signature or an annex."""
    for begin, end in _paragraphs(flat, start):
        head = _line(flat, begin, min(end, begin + 80))
        level, at = _UNMARKED, 0
        while at < len(head.low) and (match := _MARKER.match(head.low, at)) and match.end() > at:
            level, at = min(level, _LEVELS[str(match.lastgroup)]), match.end()
        first = head.at[at] if at < len(head.at) else min(end, begin + 80)
        yield _Unit(level, first, end, _SPEAKS.search(flat, begin, end) is not None)


def _paragraphs(flat: str, start: int) -> Iterator[tuple[int, int]]:
    """(start, end) of each paragraph, its lines joined where a page broke them."""
    begin = stop = -1
    for first, last in islice(_lines(flat, start), _MOST_LINES):
        line = _line(flat, first, min(last, first + 120))
        if not line.low:
            continue
        before = flat[max(begin, stop - 120) : stop].rstrip() if begin >= 0 else ""
        another = last - first <= 120 and before.endswith(".") and _HEADLINE.fullmatch(line.plain)
        if another or _BODY_END.match(line.low) or _NATIONAL.match(line.plain):
            break
        if before and stop - begin < _LONGEST_LINE and _continues(before, line):
            stop = last
            continue
        if begin >= 0:
            yield begin, stop
        begin, stop = first, last
    if begin >= 0:
        yield begin, stop


def _continues(before: str, line: _Line) -> bool:
    """Whether a line goes on with the sentence of the line before, as in text taken from a page."""
    if before[-1] in ".;:!?" or _MARKER.match(line.low):
        return False
    if _DANGLING.search(before):
        return True
    broken = len(before.rsplit("\n", 1)[-1]) > 50
    return line.plain[0].islower() or (broken and (line.plain[0].isdigit() or before[-1] in ",-/"))


def _without_quotes(flat: str) -> tuple[str, bool]:
    """The text as long as before, with what it quotes blanked, and whether a quotation is left open.

    Where it is, only the rest of that line is taken for quoted.
    """
    spans: list[tuple[int, int]] = []
    opened: list[int] = []
    for match in re.finditer(r"[“”]", flat):
        if match.group() == "“":
            opened.append(match.start())
        elif opened:
            spans.append((opened.pop(), match.end()))
    reached = 0
    for start in opened:
        if start >= reached:
            end = flat.find("\n", start)
            reached = end if end >= 0 else len(flat)
            spans.append((start, reached))
    kept, reached = [], 0
    for start, end in sorted(spans + _straight_quotes(flat)):
        if end > reached:
            begin = max(start, reached)
            kept += [flat[reached:begin], _blank(flat[begin:end])]
            reached = end
    return "".join([*kept, flat[reached:]]), bool(opened)


def _straight_quotes(flat: str) -> list[tuple[int, int]]:
    """Pairs of straight marks on one line, and from one at the start of a line to one at the end of a later line."""
    spans: list[tuple[int, int]] = []
    open_at = -1
    for line in re.finditer(r"[^\n]+", flat) if '"' in flat else ():
        marks = [line.start() + n for n, letter in enumerate(line.group()) if letter == '"']
        if open_at >= 0 and marks and line.group().rstrip(" .,;").endswith('"'):
            spans.append((open_at, marks[-1] + 1))
            open_at = -1
        elif open_at < 0 and len(marks) % 2 and line.group().lstrip().startswith('"'):
            open_at = marks[0]
        elif open_at < 0:
            spans += [(a, b + 1) for a, b in zip(marks[::2], marks[1::2], strict=False)]
    return spans


def _sentences(line: _Line) -> Iterator[_Line]:
    """The sentences of a paragraph; "TP. ", figures and marks of items end none."""
    start = 0
    for match in re.finditer(r"(?:(?<=[^\W\d_]{2})\.{1,3}|(?<=\d{4})\.|(?<=\))\.) (?=[^\W_])", line.plain):
        after, before = line.plain[match.end()], line.plain[start : match.start()]
        if (after.isupper() or after.isdigit()) and not before.endswith(("TP", "Tp", "TM", "KT")):
            yield line.part(start, match.end())
            start = match.end()
    rest = line.plain[start:].lstrip(" .,;:)")
    if rest:
        yield line.part(len(line.plain) - len(rest))


# ---- Days of effect.

_COUNT = {"bảy": 7, "mười": 10, "mười lăm": 15, "hai mươi": 20, "ba mươi": 30, "bốn mươi lăm": 45, "bốn lăm": 45}
_BEGINS = re.compile(
    rf"(?:kể )?từ (?:\d{{1,2}} ?(?:giờ|h)(?: ?\d+(?: phút)?)?,? ?)?ngày ?(?:(?P<day>{_DATE})"
    r"|(?:ký|ban hành|thông qua|được [^,.;]{3,80}? thông qua)\b|(?P<gazette>đăng công báo))"
    rf"|sau (?P<count>\d{{1,3}}|{'|'.join(_COUNT)}) (?:\([^)]{{1,30}}\) )?ngày,? (?:kể )?từ ngày "
    rf"(?:(?P<gazette_after>đăng công báo)|ký|ban hành|thông qua|(?P<day_after>{_DATE}))"
)
_UNTIL = re.compile(
    rf"\bđến(?P<whole> hết)? (?:ngày ?(?P<day>{_DATE})|năm (?P<year>20\d\d)(?!\d))(?! (?:về trước|trở))"
)
# "trừ", but not "miễn trừ", "bù trừ", "khấu trừ".
_EXCEPT = re.compile(
    r"(?<!miễn )(?<!bù )(?<!khấu )(?<!giảm )(?<!phòng )(?<!loại )\b(?:ngoại )?trừ (?=trường|quy|các|những|điều|khoản"
    r"|điểm|nội|chương|mục|phụ|phần|một|đối|việc|thẩm|chế|mẫu|\d).*"
)
_PASSED = re.compile(rf" (?:đã )?được [^.;]{{3,200}}? thông qua ngày ?(?P<day>{_DATE})")
_HOLDS = re.compile(
    r",? (?:(?:đã )?được [^;]{3,300}? thông qua [^;]{0,200}?)?"
    r"(?:có hiệu lực|(?:được )?(?:thực hiện|áp dụng|thi hành))\b"
)
_PARTS_BEGIN = re.compile(
    r"(?:riêng |các |những )?(?:quy định|khoản|điều|điểm|chương|mục|phụ lục|nội dung|chế độ)\b.{0,400}? có hiệu lực"
    rf"(?: thi hành)? (?:kể )?từ ngày ?(?P<day>{_DATE})"
)


@cache
def _own(kind: str | None) -> re.Pattern[str]:
    """What a text calls itself: "nghị định này"."""
    names = {None: _KIND, "Thông tư liên tịch": r"thông tư(?: liên tịch| liên bộ)?|văn bản"}
    return re.compile(rf"(?:{names.get(kind) or f'{kind}|văn bản'.lower()}) này\b")


@cache
def _effect(kind: str | None) -> re.Pattern[str]:
    """A sentence that says when the text itself takes effect, up to the words that _BEGINS reads."""
    before = (
        r"(?:đã )?được [^.;]{3,260}? thông qua[^.;]{0,120}?,?(?: và)?",
        r"gồm [^.;]{3,80}?,?(?: và)?",
        r"(?:bãi bỏ|thay thế) [^;]{3,600}? và",
    )
    own = _own(kind).pattern.replace(r" này\b", r"(?: này)?")
    return re.compile(
        rf"(?:hiệu lực(?: thi hành)? ?[:.-]? )?{own}(?: (?:{'|'.join(before)}))? có hiệu lực"
        r"(?: ?thi hành| pháp luật| áp dụng| thực hiện)?(?: và (?:được )?áp dụng)?"
        r"(?P<while> (?:trong|với)(?: thời hạn| vòng)?(?: \w+){1,4}?)?,? ?(?=từ |kể từ |sau \w)"
    )


def _read_effect(page: _Page, sentences: list[_Line], head: _Head) -> Iterator[Found]:
    """The issue date that closes a law or resolution, the first and the last day of effect."""
    kind, issued = head.value("kind"), head.get("issued")
    passed = next((found for sentence in sentences if (found := _passed(page, sentence, kind))), None)
    if issued and passed and issued.value != passed.value:
        page.warn(f"Phần đầu ghi ngày {issued.value}, còn cuối văn bản ghi thông qua ngày khác", passed.evidence)
    if passed and not issued:
        yield passed
    for read in (_begins, _until):
        said = [found for sentence in sentences if (found := read(page, sentence, kind, issued or passed))]
        if len({found.value for found in said}) > 1:
            values = ", ".join(found.value for found in said)
            page.warn(f"Văn bản nói những ngày hiệu lực khác nhau ({values}); cần người xem")
        elif said:
            yield said[0]
            if read is _begins:
                _warn_of_other_days(page, sentences, said[0].value)


def _passed(page: _Page, sentence: _Line, kind: str | None) -> Found | None:
    own = _own(kind).match(sentence.low)
    match = _PASSED.match(sentence.low, own.end()) if own else None
    value = _iso(match.group("day")) if match else None
    return page.found("issued", value, sentence.span(0, match.end())) if match and value else None


def _begins(page: _Page, sentence: _Line, kind: str | None, issued: Found | None) -> Found | None:
    """The first day of effect, written out or counted from the issue date."""
    said = _effect(kind).match(sentence.low)
    if said is None:
        return None
    match = _BEGINS.match(sentence.low, said.end())
    if match is None or match.group("gazette") or match.group("gazette_after"):
        page.warn("Không tính được ngày có hiệu lực từ câu này", sentence.plain)
        return None
    written = match.group("day") or match.group("day_after")
    value = _iso(written) if written else issued.value if issued else None
    if value is None:
        page.warn("Ngày có hiệu lực tính từ một ngày không đọc được", sentence.plain)
        return None
    if count := match.group("count"):
        value = _later(value, int(count) if count.isdigit() else _COUNT[count])
        page.warn(f"Ngày có hiệu lực {value} là ngày tính ra (sau {count} ngày), cần xác nhận", sentence.plain)
    if exception := _EXCEPT.search(sentence.low, match.end()):
        page.warn("Ngày có hiệu lực có ngoại lệ, cần người xem", sentence.plain[exception.start() :])
    if said.group("while"):
        page.warn("Văn bản chỉ có hiệu lực trong một thời gian, cần người xem", sentence.plain)
    also = () if written or not issued else (page.words((issued.start, issued.end)),)
    return page.found("effective_from", value, sentence.span(0, match.end()), also)


def _until(page: _Page, sentence: _Line, kind: str | None, _: Found | None) -> Found | None:
    """The last day of effect, where the text says it of itself."""
    own = _own(kind).match(sentence.low)
    match = _UNTIL.search(sentence.low, own.end()) if own else None
    if own is None or match is None:
        return None
    between = sentence.low[own.end() : match.start()]
    if not _HOLDS.match(between) or re.search(r";|\b(?:trừ|đối với|theo|cho|báo cáo)\b", between):
        return None
    value = match.group("year") or _iso(match.group("day"))
    if value and not match.group("whole"):
        page.warn("Câu này không ghi “đến hết”; ngày cuối cùng còn hiệu lực cần người xem", sentence.plain)
    return page.found("effective_to", value, sentence.span(0, match.end())) if value else None


def _warn_of_other_days(page: _Page, sentences: list[_Line], own: str) -> None:
    for sentence in sentences:
        match = _PARTS_BEGIN.match(sentence.low)
        if match and _iso(match.group("day")) not in (None, own) and "hết hiệu lực" not in match.group():
            page.warn("Có phần có hiệu lực từ ngày khác, cần người xem", sentence.plain)


# ---- What it ends and changes.

_ACT = r"bãi bỏ|hủy bỏ|thay thế"
_PART = (
    r"điểm|khoản|điều|tiết|chương|mục|tiểu mục|phần|phụ lục|mẫu|biểu|bảng|đoạn|câu|cụm từ|từ|quy định|nội dung|danh mục"
    r"|một phần|một số"
)
_THING = re.compile(rf"(?:{_KIND}|{_PART}|văn bản|số|các|những|toàn bộ|cả|hiệu lực)\b|\d")
_LEAD = re.compile(
    rf"(?:kể )?từ ngày (?P<day>[^,:;]{{3,200}}?)(?:(?:,| thì) (?=(?:{_ACT})\b|{_THING.pattern})"
    rf"| (?=(?:{_ACT}|các|những|toàn bộ)\b))|đồng thời,? |ngoài ra,? |hiệu lực(?: thi hành)? ?[:.-] "
)
_PASSING = re.compile(r"(?: ban hành)?[ ,;.]*(?:và |đồng thời )*")
_ACTS_NOW = re.compile(
    rf"(?:được ban hành (?:để )?)?(?P<verb>(?:{_ACT})(?:(?:,| và|, và) (?:{_ACT}))*)(?: cho)?(?=[ :])"
)
# Where an act follows others in one sentence.
_ACTS_NEXT = re.compile(
    rf"(?:,|;| và|, và|; và|,? đồng thời)(?: sẽ)? (?P<verb>(?:{_ACT})(?:(?:,| và) (?:{_ACT}))*)(?: cho)?"
    rf" (?={_THING.pattern})"
)
_LAPSES = re.compile(rf"(?:hết|chấm dứt|không còn) hiệu lực|(?:được|bị|đều bị|đều) (?P<verb>{_ACT})")
_NOT_NOW = re.compile(r"\b(?:đã|chưa|sắp|không|khi|nếu|đến|ngày|hoặc) *$")
_NO_SUBJECT = re.compile(
    r"(?:trường hợp|khi|nếu|đối với|trong (?:thời|quá)|trước|sau|văn bản này|giấy|hợp đồng|chứng chỉ|việc|cơ quan)\b"
)
_BY = re.compile(r" (?:bởi|bằng|theo) (?P<agent>[^;]*)")
_GOES_ON = re.compile(r"(?: thi hành| pháp luật)?,? (?:thì|khi|hoặc|trước|theo|trong|nếu|nhưng|được|mà|sau)\b")
_SINCE = re.compile(
    r"(?: thi hành| pháp luật| áp dụng)?,? (?:(?:kể )?từ (?:ngày|thời điểm|khi)|khi(?= [^,;]* này có hiệu lực))"
    r" ?(?P<day>[^;]{1,200})"
)
_AMENDS = re.compile(
    r"(?:sửa đổi|bổ sung|đính chính|(?P<wording>(?:thay(?: thế)?|bãi bỏ|bỏ)(?: (?:các|một số))? (?:cụm từ|từ ngữ"
    r"|từ(?! (?:điểm|khoản|điều|mục|chương|ngày)))))\b(?:,? (?:và )?(?:sửa đổi|bổ sung|bãi bỏ|thay thế))*"
)
# Sentences of a final article that end something, by the look of them.
_UNREAD = re.compile(
    r"(?<!đã )hết hiệu lực|(?:^|(?:này|và|thời) )(?:bãi bỏ|thay thế) (?!bằng)"
    r"|(?:được|bị) (?:bãi bỏ|thay thế) (?:bằng|bởi|kể từ)"
)
_NO_ITEM = re.compile(r"\btiếp tục\b|\bnhư sau\b|\bnày (?:có|hết) hiệu lực")
_OWN_RULE = re.compile(rf"\b(?:điều|khoản|{_KIND}|văn bản) này\b")

# What the words before an instrument make of it: all of it, certain articles, a topic, or nothing that is sure.
_WHOLE = re.compile(
    r"(?:(?:các|những|toàn bộ|cả|tất cả|toàn bộ nội dung|một số(?= văn bản)|chấm dứt|cho"
    r"|hiệu lực(?: thi hành)?(?: của)?|văn bản(?: quy phạm pháp luật)?|sau(?: đây)?|dưới đây|gồm|bao gồm"
    rf"|\d+|{_KIND}|số|và|[a-zđ]\)|\d+[.)]|[:,;+-])"
    r"(?: |$))*+"
)
_OPEN = re.compile(r"(?:các |những |toàn bộ )?quy định(?: tại| của| trong)?(?: các)?")
_ARTICLES = re.compile(
    r"(?:các |toàn bộ )?(?:quy định |nội dung )?(?:tại |của )?(?:các )?"
    r"(?:điểm|khoản|điều|tiết|chương|mục|phần|phụ lục|mẫu|biểu)\b"
    r"(?:(?!\bnày\b|\bkhi\b|(?<!kèm )(?<!hành )\btheo\b|(?<!được )\bsửa đổi\b)[\w ,;.()/-]){0,400}?"
    r"(?: của| tại| thuộc| trong| (?:ban hành )?kèm theo| ban hành theo)?(?: các)?"
)
_TOPIC = re.compile(
    r"(?:các |những |toàn bộ |một số )?(?:quy định|nội dung|danh mục|biểu|phần|mẫu|hướng dẫn)\b"
    r"(?:(?!\btheo\b|\bkhi\b).)* (?:tại|trong|của)(?: các)?"
)
_SOME_PART = re.compile(rf"\b(?:{_PART})\b")
_MENTION = re.compile(
    r"\b(?:theo|căn cứ|sửa đổi|bổ sung|hướng dẫn|thực hiện|quy chế|khi|trái|so với|được|trừ|tiếp tục|áp dụng)\b"
)
# The same between "," or "và" and a further instrument of the same list.
_NEXT = re.compile(r",(?: và)? | và | cùng với |: | - ")
_NEXT_WHOLE = re.compile(r"(?:các |toàn bộ |cả )?(?:số )?")
_NEXT_ARTICLES = re.compile(
    rf"(?:các |những )?(?:quy định |nội dung )?(?:tại |của |ở )?(?:{_PART})\b[^;,]{{0,80}}? ?"
    r"(?:của |tại |thuộc |trong )?(?:các )?"
)
_KIND_WORD = re.compile(rf"(?<!pháp )(?<!kỷ )\b(?:{_KIND})\b")
_NAME_OPENS = re.compile(
    r"\b(?:về|quy định(?! tại)|ban hành|hướng dẫn|sửa đổi|bổ sung|phê duyệt|quy chế|công bố|thành lập)\b"
)
_NAME_ENDS = re.compile(
    r" \(|;|\. |,? và (?:các|những) (?:quy định|văn bản)|,? (?:kể )?từ ngày|, trừ "
    r"|,? \(?(?:đã )?được (?:sửa đổi|bổ sung)| (?:sẽ|đều|này)$"
)
_RANKS = (
    (r"/TW$", 9),
    (r"UBTVQH", 6),
    (r"QH\d", 7),
    (r"[-/](?:CP|HĐBT|CTN)$|^\d+/(?:\d{4}/)?(?:NĐ|NQLT)\b", 5),
    (r"TTg$|^\d+-CT$", 4),
    (r"HĐND", 2),
    (r"[-.]UB(?:ND)?$", 1),
)
_Scope = Literal["whole", "articles", "topic", "open", "unsure", "mention"]


@dataclass(frozen=True, slots=True)
class _Self:
    """The instrument that is read."""

    kind: str | None
    number: str | None
    effective_from: str | None


@dataclass(frozen=True, slots=True)
class _Named:
    """An instrument named in a line, from its kind to its number. `law`: its name, if that stands between the two."""

    start: int
    end: int
    kind: str
    number: str
    law: str = ""


@dataclass(frozen=True, slots=True)
class _Object:
    """A named instrument that an act is about, whole or in part, and where the words on it end."""

    named: _Named
    partial: bool
    end: int


@dataclass(frozen=True, slots=True)
class _Act:
    """An act of the text upon what stands in line[start:end]. `scope`: what is said of all of that together."""

    verb: str
    start: int
    end: int
    from_date: str | None
    scope: _Scope = "whole"
    exception: str = ""


@dataclass(frozen=True, slots=True)
class _List:
    """An act whose objects stand in the items below it, deeper than `level`, and the words that say so."""

    act: _Act
    level: int
    words: Words


def _read_clauses(page: _Page, units: list[_Unit], own: _Self) -> Iterator[Ending]:
    """What each paragraph ends or changes."""
    final, above = False, None
    for unit in units:
        line = _line(page.unquoted, unit.start, unit.end)
        if unit.level <= _LEVELS["article"]:
            final = re.search(r"hiệu lực|bãi bỏ|thay thế|thi hành", line.low) is not None
        if above and (unit.level <= above.level or _NO_ITEM.search(line.low)):
            above = None
        if above and not _ACTS_NOW.match(line.low) and not _AMENDS.match(line.low):
            if any(_objects(line, 0, len(line.low))):
                yield from _endings(page, line, replace(above.act, start=0, end=len(line.low)), own, (above.words,))
                above = replace(above, level=max(above.level, min(unit.level, _UNMARKED) - 1))
                continue
            above = None
        for sentence in _sentences(line) if unit.speaks else ():
            may_order = final or (own.kind in _RULING and unit.level != _LEVELS["bullet"])
            acts = list(_acts(sentence, own, may_order))
            for act in acts:
                yield from _endings(page, sentence, act, own)
            yield from _amended(page, sentence, own, heading=unit.level == _LEVELS["article"])
            if acts and sentence.low.endswith(":") and not _NUMBERED.search(sentence.plain, acts[-1].start):
                level = _LEVELS["article"] if unit.level == _UNMARKED else unit.level
                above = _List(acts[-1], level, page.words(sentence.span()))
            elif final and not acts and _UNREAD.search(sentence.low) and _NUMBERED.search(sentence.plain):
                page.warn("Chưa đọc được câu này chấm dứt văn bản nào, cần người xem", sentence.plain)


def _acts(sentence: _Line, own: _Self, may_order: bool) -> Iterator[_Act]:
    """The acts of one sentence, in order."""
    low = sentence.low
    at, day, itself = _after_lead(low, own)
    first = _ACTS_NOW.match(low, at) if may_order or itself else None
    if itself and not first:
        later = _ACTS_NEXT.search(low, max(at - 2, 0))
        first = later if later and not _NUMBERED.search(sentence.plain, at, later.start()) else None
    if first and not _AMENDS.match(low, first.start()):
        yield from _orders(low, first, day)
    elif lapse := _lapse(sentence, at, day, own):
        yield lapse
        if following := _ACTS_NEXT.search(low, lapse.end):
            yield from _orders(low, following, day)


def _after_lead(low: str, own: _Self) -> tuple[int, str | None, bool]:
    """Where the act itself may begin, the day from which it holds, and whether the text speaks of itself."""
    at, day = 0, own.effective_from
    while match := _LEAD.match(low, at):
        at = match.end()
        if match.group("day"):
            day = _day_of(match.group("day"), own)
    said = _effect(own.kind).match(low, at)
    if said and not re.search(_ACT, said.group()):
        begins = _BEGINS.match(low, said.end())
        at = begins.end() if begins else said.end()
    elif said := _own(own.kind).match(low, at):
        at = said.end()
    else:
        return at, day, False
    at = passing.end() if (passing := _PASSING.match(low, at)) else at
    again = _own(own.kind).match(low, at)
    return (again.end() + 1 if again else at), day, True


def _day_of(words: str, own: _Self) -> str | None:
    """The day that "từ ngày" leads to: written out, or that on which the text itself takes effect."""
    if written := re.match(_DATE, words):
        return _iso(written.group())
    return own.effective_from if re.search(r"\bnày\b", words) else None


def _orders(low: str, first: re.Match[str], day: str | None) -> Iterator[_Act]:
    """ "Bãi bỏ A và thay thế B": each verb with what stands behind it."""
    match: re.Match[str] | None = first
    while match:
        following = _ACTS_NEXT.search(low, match.end())
        end = following.start() if following else len(low)
        words = low[match.end() : end]
        since = re.search(rf",? (?:kể )?từ ngày ?({_DATE})[ .;]*$", words)
        scope = _scope_of_list(words) if low.endswith(":") or not re.search(r"\d", words) else "whole"
        yield _Act(match.group("verb"), match.end(), end, _iso(since.group(1)) if since else day, scope)
        match = following


def _lapse(sentence: _Line, start: int, day: str | None, own: _Self) -> _Act | None:
    """ "A hết hiệu lực", "A được bãi bỏ": what stands before these words is ended, now, and by this text."""
    low = sentence.low
    if _NO_SUBJECT.match(low, start) or not _THING.match(low, start) or _own(own.kind).match(low, start):
        return None
    matches = (match for match in _LAPSES.finditer(low, start) if not _NOT_NOW.search(low[: match.start()]))
    if not (match := next(matches, None)):
        return None
    by, since = _BY.match(low, match.end()), _SINCE.match(low, match.end())
    by_another = by and not _OWN_RULE.search(by.group("agent"))
    if by_another or (not by and not since and _GOES_ON.match(low, match.end())):
        return None
    day = _day_of(since.group("day"), own) if since else day
    end, below = match.start(), low.find(":", match.end())
    scope: _Scope = "topic" if re.match(r"(?: thi hành)?(?: một phần|,? đối với)", low[match.end() :]) else "whole"
    if below >= 0 and not _NUMBERED.search(sentence.plain, start, end):
        scope = _scope_of_list(low[start:end]) if scope == "whole" else scope
        start, end = below + 1, len(low)
    exception = _EXCEPT.search(low, match.end())
    told = sentence.plain[exception.start() :] if exception else ""
    return _Act(match.group("verb") or "hết hiệu lực", start, end, day, scope, told)


def _scope_of_list(words: str) -> _Scope:
    """What the words above a list make of items that name no part: "quy định tại các văn bản sau" leaves it open."""
    if re.search(r"một phần|một số (?!văn bản)", words):
        return "topic"
    parts = re.search(r"nội dung|quy định (?:tại|trong|của)|\b(?:điều|khoản|điểm|chương|phụ lục)\b", words)
    return "unsure" if parts and not re.search(r"văn bản[^:]* và ", words) else "whole"


def _endings(page: _Page, line: _Line, act: _Act, own: _Self, also: tuple[Words, ...] = ()) -> Iterator[Ending]:
    """What an act ends; a warning for what is unsure, excepted, or named without a number."""
    objects, unsure = _objects(line, act.start, act.end)
    if act.scope == "unsure":
        unsure += [each.named.number for each in objects if not each.partial]
        objects = [each for each in objects if each.partial]
    if unsure:
        page.warn(f"Không chắc {', '.join(unsure)} có bị chấm dứt hay không, cần người xem", line.plain)
    elif not objects and re.search(rf"\b(?:{_KIND}) .*(?:ngày|năm) \d", line.low[act.start : act.end]):
        page.warn("Câu này chấm dứt một văn bản nhưng không ghi số, cần người xem", line.plain)
    for each in objects:
        exception = _EXCEPT.search(line.low[: each.end], each.named.end)
        excepted = act.exception or (line.plain[exception.start() : each.end] if exception else "")
        if excepted:
            page.warn(f"{each.named.number} có ngoại lệ, cần người xem", excepted)
        # An exception for what the text itself rules on leaves nothing of the other in force.
        leaves_some = excepted and (_NUMBERED.search(excepted) or not _OWN_RULE.search(lower(excepted)))
        partial = each.partial or act.scope != "whole" or leaves_some
        verb: Verb = "partly_abolishes" if partial else "replaces" if act.verb == "thay thế" else "abolishes"
        yield from _ending(page, line, verb, each, act.from_date, own, also)


def _ending(
    page: _Page, line: _Line, verb: Verb, each: _Object, day: str | None, own: _Self, also: tuple[Words, ...] = ()
) -> Iterator[Ending]:
    """The ending, unless the other is the text itself, is newer than it, or stands above it."""
    number = each.named.number
    if own.number and one_form(number) == one_form(own.number):
        return
    if own.number and (_year(number) > _year(own.number) > 0 or _rank(number) > _rank(own.number)):
        page.warn(f"{number} mới hơn hoặc cao hơn văn bản này nên không thể bị nó chấm dứt", line.plain)
        return
    proof = page.words(line.span())
    yield Ending(verb, number, _name(page.flat, line, each), day, proof.evidence, proof.start, proof.end, also)


def _year(number: str) -> int:
    match = re.search(r"/((?:19|20)\d\d)(?=[/-])", number)
    return int(match.group(1)) if match else 0


def _rank(number: str) -> int:
    """How high the instruments of a number stand, those of ministries being 3; none ends one that stands above it."""
    return next((rank for pattern, rank in _RANKS if re.search(pattern, number)), 3)


def _objects(line: _Line, start: int, end: int) -> tuple[list[_Object], list[str]]:
    """The instruments in line[start:end] that an act is about, not those that only stand in the name of one.

    With them the numbers of those of which it is not sure.
    """
    objects: list[_Object] = []
    unsure: list[str] = []
    reached = start
    above: _Scope = "whole"
    amending, mentioned = False, ""
    for n, named in enumerate(_all_named(line, start, end)):
        gap = line.low[reached : named.start]
        known = named.number in {each.named.number for each in objects}
        scope, cut = _next_scope(gap) if n else (_scope(gap), 0)
        if n and scope == "whole":
            other = bool(objects) and named.kind != objects[-1].named.kind
            if known or (amending and ";" not in gap):
                scope = "mention"
            elif amending or (mentioned and ";" not in gap and (other or named.kind == mentioned)):
                scope = "unsure"
            elif above in ("topic", "open") or (above == "articles" and ";" not in gap):
                scope = above
        if scope != "mention":
            above = scope
            if objects:
                objects[-1] = replace(objects[-1], end=min(objects[-1].end, reached + cut))
        if scope in ("whole", "articles", "topic"):
            objects.append(_Object(named, scope != "whole", end))
            amending, mentioned = False, ""
        elif scope == "mention" and not known:
            amending, mentioned = amending or re.search(r"sửa đổi|bổ sung", gap) is not None, named.kind
        elif scope != "mention":
            unsure.append(named.number)
        if not objects and above != "open":
            break
        reached = named.end
    return objects, unsure


def _scope(lead: str) -> _Scope:
    """What the words before the first instrument make of it."""
    lead = re.sub(r" của [^:;\d]{3,80}:", ":", lead).strip(" ,;:-")
    if _WHOLE.fullmatch(lead):
        return "whole"
    if _OPEN.fullmatch(lead):
        return "open"
    if _ARTICLES.fullmatch(lead):
        return "articles"
    return "topic" if _TOPIC.fullmatch(lead) or (_SOME_PART.search(lead) and not _MENTION.search(lead)) else "unsure"


def _next_scope(gap: str) -> tuple[_Scope, int]:
    """The same of a further one, and where that begins: a mention unless it follows a separator at once."""
    if ";" in gap:
        cut = gap.rindex(";")
        return _scope(gap[cut + 1 :]), cut
    for match in reversed(list(_NEXT.finditer(gap))[-12:]):
        after = gap[match.end() :]
        if _NEXT_WHOLE.fullmatch(after):
            return "whole", match.start()
        if _NEXT_ARTICLES.fullmatch(after):
            return "articles", match.start()
    return "mention", 0


def _all_named(line: _Line, start: int, end: int) -> Iterator[_Named]:
    """The instruments named in line[start:end] by kind and number, or by number alone in a list."""
    reached = start
    for match in _NUMBERED.finditer(line.plain, start, end):
        begin = max(reached, match.start() - 200)
        before = line.low[begin : match.start()]
        if re.search(r"\b(?:mẫu|biểu|phụ lục) số ?$", before):
            continue
        number = _close_up(match.group())
        label = re.search(r"(?:^|[ ,;])(số ?[:.]? ?)$|[,;] ?$| và $", before)
        if word := _kind_before(before):
            law = line.plain[begin + word.end() : match.start()].rpartition("số")[0].strip()
            named = _Named(begin + word.start(), match.end(), word.group(), number, law.removeprefix("liên tịch"))
        elif label:
            kind = _kinds_of(_code(number))[0].lower()
            named = _Named(match.start() - len(label.group(1) or ""), match.end(), kind, number)
        else:
            continue
        reached = match.end()
        yield named


def _kind_before(before: str) -> re.Match[str] | None:
    """The kind in the words before a number: beside it, or before the name of a law."""
    for word in reversed(list(_KIND_WORD.finditer(before))):
        between = before[word.end() :]
        if re.fullmatch(r"(?: liên tịch| liên bộ)? ?,? ?(?:số ?[:.]? ?)?", between):
            return word
        if word.group() in _LAWS and re.fullmatch(r" [^;:.\d()]{1,150}? số ?[:.]? ?", between):
            return word
    return None


def _name(flat: str, line: _Line, each: _Object) -> str:
    """What the text calls the instrument: its kind and subject; its kind and number where no subject is told."""
    kind = each.named.kind.capitalize()
    if each.named.law and each.named.kind in _LAWS:
        return f"{kind} {each.named.law}"
    if each.end > each.named.end:
        words = _line(flat, *line.span(each.named.end, each.end))
        ends = _NAME_ENDS.search(words.low)
        words = words.part(0, ends.start() if ends else None)
        opens = _NAME_OPENS.search(words.low[:200])
        subject = words.plain[opens.start() :].strip(" ,;.:") if opens else ""
        if 10 < len(subject) < _LONGEST_TITLE:
            return f"{kind} {subject[0].lower()}{subject[1:]}"
    return f"{kind} số {each.named.number}"


def _amended(page: _Page, line: _Line, own: _Self, heading: bool) -> Iterator[Ending]:
    """What a heading, or a sentence such as "Sửa đổi, bổ sung Điều 5 của … như sau:", amends."""
    match = _AMENDS.match(line.low)
    until = re.search(r" như sau|:", line.low)
    if match and own.kind in _RULING and (heading or until or match.group("wording")):
        yield from _amendments(page, line, match.end(), until.start() if until else len(line.low), own)


def _amended_by_title(page: _Page, title: Found, own: _Self) -> Iterator[Ending]:
    line = _line(page.flat, title.start, title.end)
    match = re.search(rf"\b{_AMENDS.pattern}", line.low)
    if match and own.kind in _RULING:
        yield from _amendments(page, line, match.end(), len(line.low), own)


def _amendments(page: _Page, line: _Line, start: int, end: int, own: _Self) -> Iterator[Ending]:
    for each in _objects(line, start, end)[0]:
        yield from _ending(page, line, "amends", each, own.effective_from, own)


def _once(page: _Page, endings: list[Ending]) -> tuple[Ending, ...]:
    """Each verb once an instrument; a person decides where one is ended both in part and as a whole."""
    kept: dict[tuple[str, str], Ending] = {}
    for ending in endings:
        kept.setdefault((one_form(ending.number), ending.verb), ending)
    for number, verb in kept:
        if verb == "partly_abolishes" and {(number, "replaces"), (number, "abolishes")} & kept.keys():
            page.warn(f"{number} vừa bị chấm dứt toàn bộ, vừa bị bãi bỏ một phần; cần người xem")
    return tuple(kept.values())


# ---- What law sites print beside a text.

_SITE_LABEL = re.compile(
    r"\W*(?:(?P<state>tình trạng(?: hiệu lực| văn bản)?|trạng thái|hiệu lực)|(?P<last>ngày hết hiệu lực)"
    r"|(?P<by>(?:văn bản này )?(?:đã )?(?:bị|được) thay thế (?:toàn bộ )?(?:bởi|bằng)(?: văn bản)?)) ?:? ?(?P<value>.*)"
)
_STAMP = re.compile(r"\W*(?:đã )?hết hiệu lực(?: toàn bộ)?\W*")


def _site_marks(page: _Page, head: _Head) -> Iterator[Found]:
    """The last day and the successor, where a label of a law site tells them about the text; a warning if lapsed."""
    spans = islice(_lines(page.flat[: max(head.end, _HEAD_CHARACTERS)]), _HEAD_LINES)
    lines = [line for span in spans if (line := _line(page.flat, *span)).low]
    for line, below in zip(lines, [*lines[1:], None], strict=True):
        if _STAMP.fullmatch(line.low):
            page.warn("Bản này mang dấu hết hiệu lực; xem văn bản nào thay thế và từ ngày nào", line.plain)
        if successor := _successor(line, head.value("number")):
            yield page.found("replaced_by", successor, line.span())
        label = _SITE_LABEL.fullmatch(line.low)
        said = line.part(label.start("value")) if label and label.group("value") else below
        if not label or not said:
            continue
        day, number, span = re.fullmatch(_DATE, said.low), _NUMBERED.search(said.plain), (line.at[0], said.at[-1] + 1)
        if label.group("state") and _STAMP.match(said.low):
            page.warn("Trang đăng văn bản ghi tình trạng hết hiệu lực, cần người xem", page.words(span).evidence)
        elif label.group("last") and day and (first := _iso(day.group())):
            page.warn("Trang đăng ghi ngày hết hiệu lực; ngày liền trước là ngày cuối cùng còn hiệu lực", said.plain)
            yield page.found("effective_to", _later(first, -1), span)
        elif label.group("by") and number:
            yield page.found("replaced_by", _close_up(number.group()), span)


def _successor(line: _Line, own: str | None) -> str | None:
    """The number of what has replaced this text, in a line such as "Quyết định 5/QĐ-UBND đã được thay thế bởi …"."""
    match = re.search(rf"\b(?:được|bị) thay thế (?:bởi|bằng) (?:{_KIND})(?: số)? (?=\d)", line.low)
    before = [_close_up(each.group()) for each in _NUMBERED.finditer(line.plain, 0, match.start())] if match else []
    number = _NUMBERED.match(line.plain, match.end()) if match else None
    if number is None or own is None or {one_form(each) for each in before} != {one_form(own)}:
        return None
    return _close_up(number.group())


# ---- All of it.


def read_metadata(text: str) -> Metadata:
    """What a text says of itself and of the instruments that it ends. Nothing for a text that is no instrument."""
    flat = _flat(text)
    unquoted, left_open = _without_quotes(flat)
    page = _Page(text, flat, unquoted, [])
    head = _read_head(page)
    if not head.official:
        return Metadata(warnings=tuple(page.warnings))
    if len(text) > _LONGEST_TEXT:
        page.warn("Văn bản quá dài; chỉ phần đầu được đọc để tìm số, ngày và hiệu lực")
    if others := _others(flat, head):
        page.warn(f"Tệp này có vẻ chứa nhiều văn bản ({', '.join(others)}); nên tách mỗi văn bản một tệp")
    if "VBHN" in (head.value("number") or ""):
        page.warn("Đây là văn bản hợp nhất: ngày hiệu lực và điều khoản thi hành là của các văn bản được hợp nhất")
        return Metadata(head.found, (), _few(page.warnings))
    if left_open:
        page.warn("Có dấu mở ngoặc kép không được đóng; phần trích dẫn có thể bị đọc lẫn với lời của văn bản")
    units = list(_body(unquoted, head.end))
    lines = (_line(unquoted, unit.start, unit.end) for unit in units if unit.speaks)
    effect = list(_read_effect(page, [sentence for line in lines for sentence in _sentences(line)], head))
    found: dict[str, Found] = {}
    for each in (*head.found, *effect, *_site_marks(page, head)):
        found.setdefault(each.field, each)
    begins, title = found.get("effective_from"), found.get("title")
    own = _Self(head.value("kind"), head.value("number"), begins.value if begins else None)
    endings = list(_amended_by_title(page, title, own)) if title else []
    clauses = _once(page, endings + list(_read_clauses(page, units, own)))
    return Metadata(tuple(found.values()), clauses, _few(page.warnings))


def _others(flat: str, head: _Head) -> list[str]:
    """Numbers of further instruments that have heads of their own below the first."""
    numbers: dict[str, None] = {}
    for match in re.compile(r"^[^\n]{0,12}\bsố ?:[^\n]{3,60}$", re.IGNORECASE | re.MULTILINE).finditer(flat, head.end):
        line = _line(flat, *match.span())
        label = _LABELLED.match(line.low)
        number = re.fullmatch(_NUMBER, line.plain[label.end() :]) if label else None
        if number and one_form(number.group()) != one_form(head.value("number") or ""):
            numbers[number.group()] = None
    return list(numbers)[:5]


def _few(warnings: list[str]) -> tuple[str, ...]:
    once = list(dict.fromkeys(warnings))
    more = len(once) - _MOST_WARNINGS
    return (*once[:_MOST_WARNINGS], *([f"Còn {more} điều khác cần người xem."] if more > 0 else []))


def register_lines(metadata: Metadata) -> tuple[str, ...]:
    """Lines for data/instruments.yml, for a person to look at: this instrument and those that it ends as a whole.

    An ended one has its last day in force where the text says from when; the rest is told in comments.
    """
    number = metadata.value("number")
    if not number:
        return ("# Chưa đọc được số văn bản nên chưa đề nghị được dòng nào.",)
    name = metadata.value("title") or f"{metadata.value('kind') or 'Văn bản'} số {number}"
    last = metadata.value("effective_to")
    own = {"effective_from": metadata.value("effective_from"), "effective_to": last}
    lines = [_entry(number, name, own | {"replaced_by": metadata.value("replaced_by") if last else None})]
    entered = {one_form(number)}
    for ending in metadata.clauses:
        if ending.verb in ("amends", "partly_abolishes"):
            change = "sửa đổi, bổ sung" if ending.verb == "amends" else "bãi bỏ một phần"
            lines.append(f"# {ending.number} chỉ bị {change}; không ghi effective_to.")
        elif one_form(ending.number) not in entered:
            entered.add(one_form(ending.number))
            lines += _ended(ending, number)
    return tuple(lines)


def _ended(ending: Ending, by: str) -> Iterator[str]:
    last = _later(ending.from_date, -1) if ending.from_date else None
    if not last:
        yield f"# {ending.number}: chưa rõ ngày cuối cùng còn hiệu lực; xem lại rồi ghi effective_to."
    elif ending.verb == "abolishes":
        yield f"# Nếu {by} thay thế văn bản dưới đây thì thêm replaced_by: {by}."
    successor = by if last and ending.verb == "replaces" else None
    yield _entry(ending.number, ending.name, {"effective_to": last, "replaced_by": successor})


def _entry(number: str, name: str, fields: dict[str, str | None]) -> str:
    quoted = name if re.fullmatch(r"[\w /().–-]+", name) else json.dumps(name, ensure_ascii=False)
    told = "".join(f", {field}: {value}" for field, value in fields.items() if value)
    return f"- {{number: {number}, name: {quoted}{told}}}"
