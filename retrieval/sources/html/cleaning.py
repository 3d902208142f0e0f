"""What is taken out of a web page before its article is looked for, and tables told as lines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from lxml import etree
from lxml import html as lxml_html

from retrieval.sources.common.list_numbers import written_number
from retrieval.sources.common.official import is_official
from retrieval.sources.common.table_text import Cell, Repeated, table_text

_NEVER_TEXT = frozenset("nav footer figcaption script style noscript iframe button select".split())
_SELDOM_TEXT = frozenset(("aside", "form", "header"))
# By class or id: whole words, and words run together or joined by hyphens.
_FOOTER = re.compile(r"\bfooter|copyright|chantrang|chan-trang")
_WORDS = frozenset(
    "menu nav navbar share social breadcrumb breadcrumbs sidebar comment comments tags banner ads ad".split()
)
_JOINED = re.compile(
    r"l[ie]+nquan|tinkhac|cungchuyenmuc|docthem|xemthem|chiase|binhluan|quangcao|relatednews|relatedpost|relatedarticle"
    r"|newsrelat|othernews|caption|breadcrumb|sharebox|sociallink|socialshare|pagination|luotxem|tukhoa"
)
_RELATED = re.compile(
    r"(?:các )?(?:tin|bài|tin bài|bài viết|tin tức|văn bản) (?:liên quan|khác|cùng chuyên mục|mới(?: nhất)?|cũ hơn)"
    r"|(?:đọc|xem) (?:thêm|nhiều)|có thể bạn quan tâm|chia sẻ(?: bài viết)?|in trang|về trang trước|bình luận|từ khóa",
    re.I,
)
# A part of the page with more of its text than that is no boilerplate, whatever it is called.
_MOST = 0.3
_LONG_CELL = 600
_MAX_SPAN = 60


def prune(page: Any) -> None:
    """Take menus, shares, related news, captions and forms out of a page."""
    measures = _measures(page)
    total = max(1, measures.get(page, (0, 0, 0))[0])
    doomed = []
    for element in page.iter():
        length, linked, links = measures.get(element, (0, 0, 0))
        if not isinstance(element.tag, str) or element.tag in ("html", "body", "head", "article", "main"):
            continue
        if element.tag in _NEVER_TEXT or (_FOOTER.search(_name(element)) and length < 0.8 * total):
            doomed.append(element)
        elif element.tag in _SELDOM_TEXT or _is_named_so(element):
            if (length < _MOST * total and element.find(".//h1") is None) or linked > 0.6 * length:
                doomed.append(element)
        elif element.tag in ("ul", "ol", "div", "table", "section") and links >= 3 and linked > 0.75 * length:
            if length < _MOST * total or linked < 0.9 * total:
                doomed.append(element)
        elif _is_related_title(element, length) or (
            element.tag == "table" and length <= 300 and element.find(".//img") is not None
        ):
            doomed.append(element)
    for element in doomed:
        if element.getparent() is not None:
            element.drop_tree()


def _measures(page: Any) -> dict[Any, tuple[int, int, int]]:
    """Of each element: letters, letters in links, links."""
    measures: dict[Any, tuple[int, int, int]] = {}
    for _, element in etree.iterwalk(page, events=("end",)):
        own = len((element.text or "").strip())
        length, linked, links = own, 0, 0
        for each in element:
            its = measures.get(each, (0, 0, 0))
            length += its[0] + len((each.tail or "").strip())
            linked, links = linked + its[1], links + its[2]
        unseen = element.tag in ("script", "style")
        measures[element] = (
            (0, 0, 0) if unseen else (length, length, 1) if element.tag == "a" else (length, linked, links)
        )
    return measures


def _name(element: Any) -> str:
    return f"{element.get('class', '')} {element.get('id', '')}"[:300].lower()


def _is_named_so(element: Any) -> bool:
    name = _name(element)
    return not _WORDS.isdisjoint(re.split(r"[\s_-]+", name)) or bool(_JOINED.search(re.sub(r"[\s_-]+", "", name)))


def _is_related_title(element: Any, length: int) -> bool:
    return length <= 40 and bool(_RELATED.fullmatch(" ".join("".join(element.itertext()).split()).strip(" :.")))


def tables_as_lines(page: Any) -> None:
    """Put paragraphs of text in the place of tables and of the numbers of lists; blocks in that of tables that only lay
    out the page."""
    for items in list(page.iter("ol")):
        _number(items)
    for table in reversed(list(page.iter("table"))):  # inner ones first
        rows = [[cell for cell in row if cell.tag in ("td", "th")] for row in _rows(table)]
        if _is_layout(table, rows):
            for element in [table, *table.iter("tbody", "thead", "tfoot", "tr", "td", "th", "caption")]:
                element.tag = "div"
        else:
            _replace(table, list(_told(rows)))


def _number(items: Any) -> None:
    start = items.get("start", "1")
    number = int(start) if re.fullmatch(r"\d{1,5}", start) else 1
    form = {"a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"}.get(
        items.get("type", ""), "decimal"
    )
    for item in items:
        if item.tag == "li":
            mark = ")" if form == "lowerLetter" else "."
            item.text = f"{written_number(number, form)}{mark} {(item.text or '').lstrip()}"
            number += 1


def _rows(table: Any) -> Iterator[Any]:
    """The rows of a table, not those of tables in it."""
    for element in table:
        if element.tag == "tr":
            yield element
        elif element.tag in ("tbody", "thead", "tfoot"):
            yield from (row for row in element if row.tag == "tr")


def _is_layout(table: Any, rows: list[list[Any]]) -> bool:
    if table.get("role") == "presentation" or table.find(".//table") is not None or table.find(".//h1") is not None:
        return True
    if max(map(len, rows), default=0) < 2:
        return True
    return any(
        len("".join(cell.itertext())) > _LONG_CELL and len(cell.findall(".//p")) + len(cell.findall(".//br")) > 3
        for row in rows
        for cell in row
    )


def _told(rows: list[list[Any]]) -> Iterator[str]:
    grid = [list(row) for row in _grid(rows)]
    if is_official(cell for row in grid for cell in row):
        width = max(map(len, grid))
        yield from (
            line for n in range(width) for row in grid if n < len(row) for line in (row[n] or "").split("\n") if line
        )
        return
    headed = bool(rows) and bool(rows[0]) and all(cell.tag == "th" for cell in rows[0])
    yield from (line for line in table_text(grid, headed=headed or None).lines if line)


def _grid(rows: list[list[Any]]) -> Iterator[list[Cell]]:
    """The texts of cells, with those that reach down from a row above."""
    above: dict[int, tuple[int, str]] = {}
    for row in rows:
        cells: list[Cell] = []
        waiting = list(row)
        while waiting or len(cells) in above:
            if len(cells) in above:
                left, text = above.pop(n := len(cells))
                cells.append(Repeated(text))
                if left > 1:
                    above[n] = (left - 1, text)
                continue
            cell = waiting.pop(0)
            text = _text(cell)
            if (down := _span(cell, "rowspan")) > 1:
                above[len(cells)] = (down - 1, text)
            cells += [text, *[None] * (_span(cell, "colspan") - 1)]
        yield cells


def _span(cell: Any, name: str) -> int:
    told = cell.get(name, "1")
    return min(int(told), _MAX_SPAN) if re.fullmatch(r"[1-9]\d{0,5}", told) else 1


def _text(cell: Any) -> str:
    """The text of a cell, its paragraphs on lines."""
    pieces: list[str] = []
    for event, element in etree.iterwalk(cell, events=("start", "end")):
        if event == "start":
            pieces += ["\n"] * (element.tag in ("p", "div", "br", "li", "tr")) + [
                re.sub(r"\s+", " ", element.text or "")
            ]
        elif element is not cell:
            pieces += ["\n"] * (element.tag in ("p", "div", "li")) + [re.sub(r"\s+", " ", element.tail or "")]
    lines = (" ".join(line.split()) for line in "".join(pieces).split("\n"))
    return "\n".join(line for line in lines if line)


def _replace(table: Any, lines: Iterable[str]) -> None:
    block = lxml_html.Element("div")
    for line in lines:
        heading = re.match(r"(#{1,6}) ", line)
        paragraph = etree.SubElement(block, f"h{len(heading.group(1))}" if heading else "p")
        paragraph.text = line[heading.end() :] if heading else line
    block.tail = table.tail
    table.getparent().replace(table, block)
