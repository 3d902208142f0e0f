"""Web pages: the article without menus, shares, related news and captions; tables row by row."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from lxml import etree
from lxml import html as lxml_html

from retrieval.errors import SourceError
from retrieval.sources.common.disguises import what_else
from retrieval.sources.common.question_list import iso_date
from retrieval.sources.encodings import decode
from retrieval.sources.extract import MAX_TEXT_CHARACTERS, Extract
from retrieval.sources.html.cleaning import prune, tables_as_lines

# Beyond the first, a page is no page; beyond the second, looking for its article would take half a minute.
_MAX_TAGS, _MANY_TAGS = 400_000, 60_000
# Below that trafilatura gives all there is on a page, menus too.
_SHORT = 300
_NO_ARTICLE = "không tìm thấy nội dung bài viết trong trang HTML"
_BLOCKS = frozenset(
    "p div section article main header body blockquote quote ul ol list li item dl dt dd tr table caption address pre"
    " code center fieldset details summary form hr figure row cell td th".split()
)
_UNSEEN = frozenset(
    "script style noscript template head title svg math iframe object select option textarea button".split()
)
_TAG = re.compile(r"</?[a-z]", re.I)
_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w-]{3,20})", re.I)
# Charsets that pages declare out of habit, whatever they are in.
_HABITS = frozenset(("utf-8", "utf8", "iso-8859-1", "windows-1252", "us-ascii", "ascii", "x-user-defined"))
# Controls, also as HTML writes them, which no tree may hold.
_NO_CHARACTER = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|&#(?:0*(?:[0-8]|1[124-9]|2\d|3[01])|x0*(?:[0-8bcef]|1[\da-f]|fff[ef]))(?![\da-f]);?",
    re.I,
)
_PUBLISHED = (
    "article:published_time|datepublished|pubdate|publishdate|publish-date|dc.date.issued|dcterms.issued|dc.date"
    "|og:published_time|article:published|published_time".split("|")
)
_JSON_PUBLISHED = re.compile(r'"datePublished"\s*:\s*"([^"]{8,40})"')


def read_html(path: Path, raw: bytes) -> Extract:
    """The article of a web page. `declared`: its address and the day of its publication, if the page declares them.
    SourceError if there is no article in it."""
    from trafilatura.metadata import extract_metadata

    if told := what_else(raw, "html"):
        raise SourceError(path, told)
    text = _decoded(path, raw)
    if not _TAG.search(text):
        raise SourceError(path, "không phải trang HTML mà chỉ có chữ; hãy đổi đuôi tên tệp thành .txt")
    if text.count("<") > _MAX_TAGS:
        raise SourceError(path, "trang HTML quá lớn; hãy chia nhỏ, hoặc mở bằng Word rồi lưu lại thành .docx")
    page = _parsed(text)
    if page is None:
        raise SourceError(path, _NO_ARTICLE)
    known = extract_metadata(page, extensive=False)
    address, published = known.url if known else None, _published(page, text)
    body = _article(page, text.count("<") < _MANY_TAGS)
    if not any(character.isalnum() for character in body):
        raise SourceError(path, _NO_ARTICLE)
    if len(body) > MAX_TEXT_CHARACTERS:
        raise SourceError(path, "trang HTML có quá nhiều chữ; hãy chia nhỏ")
    declared = {"url": address} if address and re.fullmatch(r"https?://\S+", address) else {}
    return Extract(body, known.title if known else None, declared | ({"issued": published} if published else {}))


def _decoded(path: Path, raw: bytes) -> str:
    """The text in the charset that the page declares, if that is more than habit and fits; else as `decode` finds."""
    told = _CHARSET.search(raw[:4096])
    charset = told.group(1).decode("ascii").lower() if told else ""
    if charset and charset not in _HABITS and not raw.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        try:
            return raw.decode(charset)
        except (LookupError, UnicodeDecodeError):
            pass
    return decode(path, raw).text


def _parsed(text: str) -> Any:
    parser = lxml_html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    text = _NO_CHARACTER.sub(" ", text)
    try:
        return lxml_html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (etree.LxmlError, ValueError):
        return None


def _published(page: Any, text: str) -> str | None:
    """The day that the page declares as that of its publication."""
    for meta in page.iter("meta", "time", "span"):
        names = (meta.get(name, "").lower() for name in ("property", "name", "itemprop"))
        if any(name in _PUBLISHED for name in names) or (meta.tag == "time" and meta.get("pubdate") is not None):
            day = iso_date(meta.get("content") or meta.get("datetime") or (meta.text or ""))
            if day:
                return day
    told = _JSON_PUBLISHED.search(text)
    return iso_date(told.group(1)) if told else None


def _article(page: Any, is_usual: bool) -> str:
    """The text of the page's article, or of all that is not boilerplate if no article stands out.

    trafilatura tells where an article begins and ends; between, nothing is left out, for a law must be whole.
    """
    import trafilatura

    prune(page)
    tables_as_lines(page)
    whole = list(_lines(page))
    found = is_usual and trafilatura.extract(page, output_format="xml", include_comments=False, include_links=False)
    article = list(_lines(etree.fromstring(found.encode(), etree.XMLParser(resolve_entities=False)))) if found else []
    if sum(map(len, article)) < _SHORT:
        return _joined(whole)
    wanted = set(filter(None, article))
    places = [n for n, line in enumerate(whole) if line in wanted]
    if len(places) < 0.7 * len(wanted):
        return _joined(article)
    first = next((n for n in range(places[0] - 1, -1, -1) if whole[n]), 0)
    return _joined(whole[first if whole[first].startswith("#") else places[0] : places[-1] + 1])


def _joined(lines: Iterable[str]) -> str:
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


def _lines(root: Any) -> Iterator[str]:
    """The text of a tree, HTML or what trafilatura makes of it, a block a line."""
    words: list[str] = []
    heading = unseen = 0
    mark = ""

    def line() -> Iterator[str]:
        nonlocal mark
        text = " ".join("".join(words).split())
        words.clear()
        if text:
            yield from ("", f"{'#' * heading} {text}", "") if heading else (mark + text,)
            mark = ""

    for event, element in etree.iterwalk(root, events=("start", "end")):
        tag = element.tag if isinstance(element.tag, str) else ""
        level, unseeing = _level(element, tag), tag in _UNSEEN
        if event == "start":
            unseen += unseeing
            if level or tag in _BLOCKS or tag in ("br", "lb"):
                yield from line()
            heading = level or heading
            if tag in ("li", "item"):
                mark = "" if _is_numbered(element) else "- "
            if not unseen:
                words.append(element.text or "")
            continue
        if level or tag in _BLOCKS:
            yield from line()
        heading = 0 if level else heading
        unseen -= unseeing
        if not unseen and element is not root:
            words.append(element.tail or "")
    yield from line()


def _level(element: Any, tag: str) -> int:
    """The level of a heading, 0 of anything else."""
    name = element.get("rend", "") if tag == "head" else tag
    return int(name[1]) if re.fullmatch(r"h[1-6]", name) else 0


def _is_numbered(item: Any) -> bool:
    parent = item.getparent()
    return parent is not None and (parent.tag == "ol" or parent.get("rend") == "ol")
