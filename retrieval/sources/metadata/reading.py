"""What a Vietnamese official text says of itself and of the instruments that it ends, each with the words that say so.

Three parts, in the order of the page: the head (number, kind, title, issuer, date), the days of effect, and the clauses
that replace, abolish or amend other instruments. Whatever is not plainly said is left out, and told in a warning.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from retrieval.register import one_form
from retrieval.sources.metadata.body import sentences_of, units_of, without_quotes
from retrieval.sources.metadata.clauses import Own, amended_by_title, each_once, read_clauses
from retrieval.sources.metadata.effect import read_effect
from retrieval.sources.metadata.head import HEAD_CHARACTERS, HEAD_LINES, Head, read_head
from retrieval.sources.metadata.names import LABELLED
from retrieval.sources.metadata.words import (
    DATE,
    KIND,
    LONGEST_TEXT,
    NUMBER,
    NUMBERED,
    Found,
    Line,
    Metadata,
    Page,
    close_up,
    days_later,
    iso_date,
    lay_flat,
    line_at,
    line_spans,
)

_MOST_WARNINGS = 12
_SITE_LABEL = re.compile(
    r"\W*(?:(?P<state>tình trạng(?: hiệu lực| văn bản)?|trạng thái|hiệu lực)|(?P<last>ngày hết hiệu lực)"
    r"|(?P<by>(?:văn bản này )?(?:đã )?(?:bị|được) thay thế (?:toàn bộ )?(?:bởi|bằng)(?: văn bản)?)) ?:? ?(?P<value>.*)"
)
_STAMP = re.compile(r"\W*(?:đã )?hết hiệu lực(?: toàn bộ)?\W*")


def _site_marks(page: Page, head: Head) -> Iterator[Found]:
    """The last day and the successor, where a label of a law site tells them about the text; a warning if lapsed."""
    spans = islice(line_spans(page.flat[: max(head.end, HEAD_CHARACTERS)]), HEAD_LINES)
    lines = [line for span in spans if (line := line_at(page.flat, *span)).low]
    for line, below in zip(lines, [*lines[1:], None], strict=True):
        if _STAMP.fullmatch(line.low):
            page.warn("Bản này mang dấu hết hiệu lực; xem văn bản nào thay thế và từ ngày nào", line.plain)
        if successor := _successor(line, head.value("number")):
            yield page.found("replaced_by", successor, line.span())
        label = _SITE_LABEL.fullmatch(line.low)
        said = line.part(label.start("value")) if label and label.group("value") else below
        if not label or not said:
            continue
        day, number, span = re.fullmatch(DATE, said.low), NUMBERED.search(said.plain), (line.at[0], said.at[-1] + 1)
        if label.group("state") and _STAMP.match(said.low):
            page.warn("Trang đăng văn bản ghi tình trạng hết hiệu lực, cần người xem", page.words(span).evidence)
        elif label.group("last") and day and (first := iso_date(day.group())):
            page.warn("Trang đăng ghi ngày hết hiệu lực; ngày liền trước là ngày cuối cùng còn hiệu lực", said.plain)
            yield page.found("effective_to", days_later(first, -1), span)
        elif label.group("by") and number:
            yield page.found("replaced_by", close_up(number.group()), span)


def _successor(line: Line, own: str | None) -> str | None:
    """The number of what has replaced this text, in a line such as "Quyết định 5/QĐ-UBND đã được thay thế bởi …"."""
    match = re.search(rf"\b(?:được|bị) thay thế (?:bởi|bằng) (?:{KIND})(?: số)? (?=\d)", line.low)
    before = [close_up(each.group()) for each in NUMBERED.finditer(line.plain, 0, match.start())] if match else []
    number = NUMBERED.match(line.plain, match.end()) if match else None
    if number is None or own is None or {one_form(each) for each in before} != {one_form(own)}:
        return None
    return close_up(number.group())


def read_metadata(text: str) -> Metadata:
    """What a text says of itself and of the instruments that it ends. Nothing for a text that is no instrument."""
    flat = lay_flat(text)
    unquoted, left_open = without_quotes(flat)
    page = Page(text, flat, unquoted, [])
    head = read_head(page)
    if not head.official:
        return Metadata(warnings=tuple(page.warnings))
    if len(text) > LONGEST_TEXT:
        page.warn("Văn bản quá dài; chỉ phần đầu được đọc để tìm số, ngày và hiệu lực")
    if others := _others(flat, head):
        page.warn(f"Tệp này có vẻ chứa nhiều văn bản ({', '.join(others)}); nên tách mỗi văn bản một tệp")
    if "VBHN" in (head.value("number") or ""):
        page.warn("Đây là văn bản hợp nhất: ngày hiệu lực và điều khoản thi hành là của các văn bản được hợp nhất")
        return Metadata(head.found, (), _few(page.warnings))
    if left_open:
        page.warn("Có dấu mở ngoặc kép không được đóng; phần trích dẫn có thể bị đọc lẫn với lời của văn bản")
    units = list(units_of(unquoted, head.end))
    lines = (line_at(unquoted, unit.start, unit.end) for unit in units if unit.speaks)
    effect = list(read_effect(page, [sentence for line in lines for sentence in sentences_of(line)], head))
    found: dict[str, Found] = {}
    for each in (*head.found, *effect, *_site_marks(page, head)):
        found.setdefault(each.field, each)
    begins, title = found.get("effective_from"), found.get("title")
    own = Own(head.value("kind"), head.value("number"), begins.value if begins else None)
    endings = list(amended_by_title(page, title, own)) if title else []
    clauses = each_once(page, endings + list(read_clauses(page, units, own)))
    return Metadata(tuple(found.values()), clauses, _few(page.warnings))


def _others(flat: str, head: Head) -> list[str]:
    """Numbers of further instruments that have heads of their own below the first."""
    numbers: dict[str, None] = {}
    for match in re.compile(r"^[^\n]{0,12}\bsố ?:[^\n]{3,60}$", re.IGNORECASE | re.MULTILINE).finditer(flat, head.end):
        line = line_at(flat, *match.span())
        label = LABELLED.match(line.low)
        number = re.fullmatch(NUMBER, line.plain[label.end() :]) if label else None
        if number and one_form(number.group()) != one_form(head.value("number") or ""):
            numbers[number.group()] = None
    return list(numbers)[:5]


def _few(warnings: list[str]) -> tuple[str, ...]:
    once = list(dict.fromkeys(warnings))
    more = len(once) - _MOST_WARNINGS
    return (*once[:_MOST_WARNINGS], *([f"Còn {more} điều khác cần người xem."] if more > 0 else []))
