"""The head of an official text: its number, kind, title, issuer and date."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from retrieval.register import one_form
from retrieval.sources.metadata.names import (
    ISSUER,
    LABELLED,
    kind_length,
    kind_of_line,
    read_issuer,
    read_province,
    read_title,
)
from retrieval.sources.metadata.words import (
    CODE,
    DATE,
    KIND,
    KINDS,
    NUMBER,
    Found,
    Line,
    Page,
    close_up,
    iso_date,
    kinds_of,
    letters_of,
    line_at,
    line_spans,
)
from retrieval.text import lower

HEAD_LINES, HEAD_CHARACTERS = 60, 6_000
NATIONAL = re.compile(
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
HEADLINE = re.compile(
    rf"(?P<kind>{KIND})(?: số)? (?P<number>{NUMBER})(?:,? \(?ngày {DATE}\)?)?(?: của [\w ]{{3,60}})?", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Head:
    """What the first lines say, where they end, and whether they are those of an official text."""

    found: tuple[Found, ...] = ()
    end: int = 0
    official: bool = False

    def get(self, field: str) -> Found | None:
        return next((found for found in self.found if found.field == field), None)

    def value(self, field: str) -> str | None:
        found = self.get(field)
        return found.value if found else None


def read_head(page: Page) -> Head:
    """What the head says; not official where neither a number nor the motto of the state or the party stands in it."""
    pieces = _pieces(page.flat)
    mottos = [piece for piece in pieces if NATIONAL.fullmatch(piece.plain)]
    dates = [piece for piece in pieces if _is_date_line(piece)]
    lines = [piece for piece in pieces if piece not in mottos and piece not in dates]
    number, code = _number(page, lines)
    headline = _headline(lines)
    if headline and not (number and one_form(number.value) == one_form(close_up(headline.group("number")))):
        return Head(_of_headline(page, lines, headline), lines[0].span()[1], official=True)
    if not code and not any(piece.plain.isupper() for piece in mottos):
        _warn_if_annexed(page, lines)
        return Head()
    kind, line = _kind(page, lines, code)
    issuer = read_issuer(page, lines[:line], code)
    title = read_title(page, lines, line, kind) if kind and line is not None else None
    province = read_province(page, issuer, dates) if issuer else None
    found = tuple(each for each in (number, kind, title, issuer, province, _issued(page, dates)) if each)
    return Head(found, max([piece.span()[1] for piece in mottos] + [each.end for each in found]), official=True)


def _pieces(flat: str) -> list[Line]:
    """The lines of the head, cut where two columns run into one another."""
    pieces: list[Line] = []
    begin = len(flat) - len(flat.lstrip())
    for line in _head_lines(flat, begin):
        if len(pieces) >= HEAD_LINES or line.at[0] > begin + HEAD_CHARACTERS or _HEAD_END.match(line.low):
            break
        pieces += [piece for piece in _columns(line) if re.search(r"\w", piece.low)]
        if line.low.startswith("kính gửi"):
            break
    return pieces


def _head_lines(flat: str, begin: int) -> Iterator[Line]:
    """The lines that hold words, each with those after it where a page broke it: "ỦY / BAN NHÂN DÂN"."""
    broken: list[int] = []
    for start, stop in line_spans(flat, begin):
        line = line_at(flat, min([start, *broken]), stop)
        if not re.search(r"\w", line.low):
            continue
        if len(broken) < 3 and _UNFINISHED_LINE.search(line.low) and not kind_of_line(line):
            broken.append(start)
            continue
        broken.clear()
        yield line


def _columns(line: Line) -> Iterator[Line]:
    """The parts of a line: the motto, the place and date at its end, and what is left."""
    start = 0
    for match in NATIONAL.finditer(line.plain):
        yield from _without_date(line.part(start, match.start()))
        yield line.part(*match.span())
        start = match.end()
    yield from _without_date(line.part(start))


def _without_date(line: Line) -> Iterator[Line]:
    match = _DATE_AT_END.search(line.low)
    start = _place_start(line, match.start()) if match else 0
    if match and 0 < start < match.start():
        yield line.part(0, start)
        line = line.part(start)
    yield line


def _place_start(line: Line, end: int) -> int:
    """Where the capitalised words before a comma begin: the place in "Số: 5/QĐ-UBND Hà Nội, ngày …"."""
    start = end
    for match in reversed(list(re.finditer(r"\S+", line.plain[:end]))[-7:]):
        word = match.group()
        if word != "-" and (not word[0].isupper() or (len(word) > 1 and word.isupper() and word not in ("TP.", "TP"))):
            break
        start = match.start()
    return start


def _is_date_line(piece: Line) -> bool:
    match = _DATE_AT_END.search(piece.low)
    return match is not None and _place_start(piece, match.start()) == 0


def _warn_if_annexed(page: Page, lines: list[Line]) -> None:
    for line in lines[:8]:
        if re.match(rf"\((?:ban hành )?kèm theo (?:{KIND}) số", line.low):
            page.warn("Văn bản này đi kèm một văn bản khác; số và ngày ở đây không phải của nó", line.plain)


def _headline(lines: list[Line]) -> re.Match[str] | None:
    """The first line, where it is nothing but the kind and number of the text."""
    return HEADLINE.fullmatch(lines[0].plain) if lines and not LABELLED.match(lines[0].low) else None


def _number(page: Page, lines: list[Line]) -> tuple[Found | None, str | None]:
    """The number in the head, and its letters, which are known even where the number is still blank."""
    numbers: list[Found] = []
    code = None
    for line in lines:
        label = LABELLED.match(line.low)
        if label and (written := re.fullmatch(rf"({NUMBER})[.,;]?", line.plain[label.end() :])):
            value = close_up(written.group(1))
            numbers.append(page.found("number", value, line.span(0, label.end() + len(written.group(1)))))
            code = letters_of(value)
        elif label and (blank := re.search(rf"/ ?({CODE})\.?$", line.plain)):
            code = code or close_up(blank.group(1))
    if len({one_form(found.value) for found in numbers}) > 1:
        page.warn(f"Phần đầu có nhiều số văn bản ({', '.join(found.value for found in numbers)}); cần người xem")
        return None, code
    if code and not numbers:
        page.warn("Phần đầu để trống số văn bản; bản này có thể là dự thảo hoặc bản chưa đóng số")
    return (numbers[0] if numbers else None), code


def _kind(page: Page, lines: list[Line], code: str | None) -> tuple[Found | None, int | None]:
    """The kind and the index of the line that says it: the first below the number, else the first of all."""
    number = max((i for i, line in enumerate(lines) if LABELLED.match(line.low)), default=-1)
    said = [(i, kind) for i, line in enumerate(lines) if (kind := kind_of_line(line))]
    said = [each for each in said if each[0] > number] or said
    allowed = kinds_of(code) if code else None
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
    return page.found("kind", kind, lines[index].span(0, kind_length(lines[index], kind))), index


def _issued(page: Page, dates: list[Line]) -> Found | None:
    for line in dates:
        if written := re.search(DATE, line.low):
            if value := iso_date(written.group()):
                return page.found("issued", value, line.span())
            page.warn("Ngày ở phần đầu không có thật", line.plain)
    return None


def _of_headline(page: Page, lines: list[Line], headline: re.Match[str]) -> tuple[Found, ...]:
    """What a first line such as "Nghị quyết số 57-NQ/TW" says, and the first sentence that tells more of it."""
    number = close_up(headline.group("number"))
    kind = next(kind for kind in KINDS if kind.lower() == lower(headline.group("kind")))
    if kind not in kinds_of(letters_of(number)):
        return ()
    found = [
        page.found("number", number, lines[0].span(*headline.span("number"))),
        page.found("kind", kind, lines[0].span(*headline.span("kind"))),
    ]
    told = re.compile(
        rf"{kind.lower()}(?: số)? {re.escape(lower(number))},? \(?ngày (?P<day>{DATE})\)?"
        r"(?: của (?P<issuer>[^,.;]{4,60}?))?(?: (?P<about>về [^.;“”]{10,400}))?(?=[.;,“”]|$)"
    )
    for line in lines[:8]:
        match = told.search(line.low)
        if not match or not (day := iso_date(match.group("day"))):
            continue
        span = line.span(*match.span())
        found.append(page.found("issued", day, span))
        if match.group("issuer") and ISSUER.match(match.group("issuer")):
            found.append(page.found("issuer", line.plain[slice(*match.span("issuer"))], span))
        if match.group("about"):
            found.append(page.found("title", f"{kind} {line.plain[slice(*match.span('about'))]}", span))
        break
    return tuple(found)
