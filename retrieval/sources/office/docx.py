"""Word documents (.docx): what a person sees on the page, with the numbers that Word computes."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from lxml import etree

from retrieval.errors import SourceError
from retrieval.sources.common.official import is_official
from retrieval.sources.common.table_text import Cell, Repeated, table_text
from retrieval.sources.common.titles import believable
from retrieval.sources.extract import MAX_TEXT_CHARACTERS, Extract
from retrieval.sources.office.archives import open_package, relations, tree
from retrieval.sources.office.numbering import Numbering, read_numbering
from retrieval.sources.office.xml import child, local, number, value

_DAMAGED = "tệp Word hỏng; hãy mở bằng Word rồi lưu lại thành .docx"
_MAIN = "word/document.xml"
_PARTS = ("styles", "numbering", "footnotes", "endnotes")
# What is not part of the text that people see: deleted, moved away, codes of fields, properties, pictures' names.
_UNSEEN = frozenset(
    "del moveFrom delText instrText delInstrText fldData pPr rPr sectPr tblPr tblGrid trPr tcPr sdtPr sdtEndPr"
    " annotationRef footnoteRef endnoteRef commentReference rt docPr cNvPr cNvGraphicFramePr graphicFrameLocks"
    " binData".split()
)
_TEXTS = {"tab": " ", "ptab": " ", "cr": "\n", "noBreakHyphen": "-", "softHyphen": ""}
_NOTES = {"footnoteReference": "footnotes", "endnoteReference": "endnotes"}
_SYMBOLS = {"F0A8": "☐", "F06F": "☐", "F071": "☐", "F0FE": "☒", "F078": "☒", "F0FC": "✓", "F0E0": "→", "F0B7": "•"}
_MAX_SPAN = 60
_HEADING = re.compile(r"(?:heading|tiêu đề|đầu đề|đề mục)\s*([1-9])", re.I)
_CONTENTS = re.compile(r"(?:toc|contents|mục lục)\s*(?:heading|[1-9])", re.I)


def read_docx(path: Path, raw: bytes) -> Extract:
    """The text of a Word document. SourceError if it is locked, damaged, a bomb, of another format, or empty."""
    with open_package(path, raw, "docx") as archive:
        try:
            text, title = _read(path, archive)
        except RecursionError as error:
            raise SourceError(path, _DAMAGED) from error
    if not text.strip():
        raise SourceError(path, "không có chữ nào trong tệp Word; nếu chỉ có ảnh chụp, hãy dùng bản có chữ")
    return Extract(text, title)


def _read(path: Path, archive: zipfile.ZipFile) -> tuple[str, str | None]:
    main = dict(relations(path, archive, "").values()).get("officeDocument", _MAIN)
    root = tree(path, archive, main)
    if root is None or child(root, "body") is None:
        raise SourceError(path, _DAMAGED)
    names = dict(relations(path, archive, main).values())
    parts = {kind: tree(path, archive, names.get(kind, "")) for kind in _PARTS}
    styles = _styles(parts["styles"])
    lists = {name: style.list_id for name, style in styles.items() if style.list_id}
    notes = {(kind, value(each, "id")): each for kind in _NOTES.values() for each in _children(parts[kind])}
    document = _Document(path, styles, read_numbering(parts["numbering"], lists), notes)
    lines = list(document.lines(child(root, "body")))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n"), believable(document.title)


def _children(element: etree._Element | None) -> Iterable[etree._Element]:
    return element if element is not None else ()


# --- styles ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Style:
    """A style with what it inherits. `heading`: its level from 1, 0 for none."""

    name: str = ""
    heading: int = 0
    list_id: str | None = None
    depth: int | None = None
    hidden: bool = False


def _styles(root: etree._Element | None) -> dict[str, _Style]:
    elements = {value(each, "styleId") or "": each for each in _children(root) if local(each) == "style"}
    styles: dict[str, _Style] = {}

    def resolve(style_id: str | None, below: int) -> _Style:
        element = elements.get(style_id or "")
        if element is None or below > 20:
            return _Style()
        if style_id not in styles:
            styles[style_id or ""] = _style(element, resolve(value(child(element, "basedOn")), below + 1))
        return styles[style_id or ""]

    for style_id in elements:
        resolve(style_id, 0)
    return styles


def _style(element: etree._Element, base: _Style) -> _Style:
    name = value(child(element, "name")) or ""
    properties = child(element, "pPr")
    outline = number(child(properties, "outlineLvl"))
    named = _HEADING.match(name)
    heading = int(named.group(1)) if named else base.heading if outline is None else outline + 1 if outline < 9 else 0
    return _Style(
        name,
        heading,
        value(child(properties, "numPr", "numId")) or base.list_id,
        base.depth if (depth := number(child(properties, "numPr", "ilvl"))) is None else depth,
        _is_on(child(element, "rPr", "vanish")) or base.hidden,
    )


def _is_on(element: etree._Element | None) -> bool:
    return element is not None and value(element) not in ("0", "false", "off")


# --- text ------------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Words:
    """What a paragraph holds: its words, the notes that it refers to, and the boxes that hang on it."""

    text: list[str] = field(default_factory=list)
    notes: list[tuple[str, str | None]] = field(default_factory=list)
    boxes: list[etree._Element] = field(default_factory=list)


@dataclass(slots=True)
class _Document:
    """Reads a document once, from its first paragraph to its last, since numbers are counted on the way."""

    path: Path
    styles: dict[str, _Style]
    numbering: Numbering
    notes: dict[tuple[str, str | None], etree._Element]
    title: str | None = None
    noted: int = 0
    letters: int = 0
    pending: str = ""

    def lines(self, container: etree._Element | None) -> Iterator[str]:
        """The lines of a body, a cell, a box or a note."""
        for each in _children(container):
            name = local(each)
            if name == "p":
                yield from self._paragraph(each)
            elif name == "tbl":
                yield from self._table(each)
            elif name == "sdt":
                if not _is_contents(each):
                    yield from self.lines(child(each, "sdtContent"))
            elif name == "AlternateContent":
                yield from self.lines(_chosen(each))
            elif name not in _UNSEEN:
                yield from self.lines(each)

    def _paragraph(self, element: etree._Element) -> Iterator[str]:
        properties = child(element, "pPr")
        style_id = value(child(properties, "pStyle"))
        style = self.styles.get(style_id or "", _Style())
        words = _Words()
        self._collect(element, words, style.hidden)
        text = self.pending + "".join(words.text)
        self.pending = ""
        if child(properties, "rPr", "del") is not None:  # its end is deleted, so the next paragraph goes on with it
            self.pending = text
            return
        label = self._label(properties, style_id, style)
        self.letters += len(text)
        if self.letters > MAX_TEXT_CHARACTERS:
            raise SourceError(self.path, "tệp Word có quá nhiều chữ; hãy chia thành nhiều tệp")
        if text.strip() and not _CONTENTS.match(style.name):
            yield from self._told(label, text, style, number(child(properties, "outlineLvl")))
        for box in words.boxes:
            yield from self.lines(box)
        for key in words.notes:
            yield from self._note(key)

    def _told(self, label: str, text: str, style: _Style, outline: int | None) -> Iterator[str]:
        heading = style.heading if outline is None else outline + 1 if outline < 9 else 0
        if heading:
            yield from ("", f"{'#' * min(heading, 6)} {label}{' '.join(text.split())}", "")
            return
        if self.title is None and style.name.lower() == "title":
            self.title = " ".join(text.split())
        lines = [line.strip() for line in text.split("\n") if line.strip()]
        yield label + lines[0]
        yield from lines[1:]

    def _label(self, properties: etree._Element | None, style_id: str | None, style: _Style) -> str:
        own = child(properties, "numPr")
        list_id = value(child(own, "numId")) or style.list_id
        if not list_id or list_id == "0":
            return ""
        depth = number(child(own, "ilvl"))
        if depth is None:
            depth = style.depth
        if depth is None:
            depth = self.numbering.level_of_style(list_id, style_id or "")
        return self.numbering.label(list_id, depth)

    def _note(self, key: tuple[str, str | None]) -> Iterator[str]:
        text = " ".join(line for line in self.lines(self.notes.pop(key, None)) if line)
        if text:
            self.noted += 1
            yield f"Chú thích {self.noted}: {text}"

    def _collect(self, element: etree._Element, words: _Words, hidden: bool = False) -> None:
        for each in element:
            name = local(each)
            if name in _UNSEEN or (name == "sdt" and _is_placeholder(each)):
                continue
            if name == "r":
                run = child(each, "rPr")
                vanish = child(run, "vanish")
                style = self.styles.get(value(child(run, "rStyle")) or "")
                if _is_on(vanish) if vanish is not None else hidden or (style is not None and style.hidden):
                    continue
                self._collect(each, words)
            elif name == "t":
                words.text.append(each.text or "")
            elif name in _TEXTS:
                words.text.append(_TEXTS[name])
            elif name == "br":
                words.text.append("\n" if value(each, "type") in (None, "textWrapping") else " ")
            elif name == "sym":
                words.text.append(_SYMBOLS.get((value(each, "char") or "").upper(), ""))
            elif name in _NOTES:
                words.notes.append((_NOTES[name], value(each, "id")))
            elif name == "txbxContent":
                words.boxes.append(each)
            elif name == "AlternateContent":
                if (chosen := _chosen(each)) is not None:
                    self._collect(chosen, words, hidden)
            else:
                self._collect(each, words, hidden)

    def _table(self, element: etree._Element) -> Iterator[str]:
        rows = [row for row in _inside(element, "tr") if child(row, "trPr", "del") is None]
        above: dict[int, str] = {}
        cells = [list(self._cells(row, above)) for row in rows]
        if is_official(cell for row in cells for cell in row) and max(map(len, cells)) <= 4 and len(cells) <= 8:
            width = max(map(len, cells))
            columns = ((row[n] for row in cells if n < len(row)) for n in range(width))
            yield from (line for column in columns for cell in column if cell for line in cell.split("\n"))
            return
        yield ""
        yield from table_text(cells, headed=_is_headed(rows)).lines
        yield ""

    def _cells(self, row: etree._Element, above: dict[int, str]) -> Iterator[Cell]:
        """The cells of a row. `above`: the text of the last cell in each column, kept up to date."""
        column = min(number(child(row, "trPr", "gridBefore")) or 0, _MAX_SPAN)
        yield from [""] * column
        for cell in _inside(row, "tc"):
            properties = child(cell, "tcPr")
            merge = child(properties, "vMerge")
            text = "\n".join(line for line in self.lines(cell) if line)
            span = max(1, min(number(child(properties, "gridSpan")) or 1, _MAX_SPAN))
            if merge is not None and value(merge) != "restart" and not text:
                yield Repeated(above.get(column, ""))
            else:
                above[column] = text
                yield text
            yield from [None] * (span - 1)
            column += span


def _inside(element: etree._Element, name: str) -> Iterator[etree._Element]:
    """Rows of a table or cells of a row, also those that a content control or an insertion wraps."""
    for each in element:
        if local(each) == name:
            yield each
        elif local(each) in ("sdt", "sdtContent", "customXml", "ins", "moveTo"):
            yield from _inside(each, name)


def _chosen(alternatives: etree._Element) -> etree._Element | None:
    choice = child(alternatives, "Choice")
    return choice if choice is not None else child(alternatives, "Fallback")


def _is_contents(control: etree._Element) -> bool:
    return value(child(control, "sdtPr", "docPartObj", "docPartGallery")) == "Table of Contents"


def _is_placeholder(control: etree._Element) -> bool:
    return _is_on(child(control, "sdtPr", "showingPlcHdr"))


def _is_headed(rows: list[etree._Element]) -> bool | None:
    """Whether the first row is marked as a header, or alone is bold."""
    if not rows:
        return None
    if any(_is_on(child(row, "trPr", "tblHeader")) for row in rows[:1]):
        return True
    return True if len(rows) > 1 and _is_bold(rows[0]) and not _is_bold(rows[1]) else None


def _is_bold(row: etree._Element) -> bool:
    runs = [run for run in row.iter() if local(run) == "r" and any(local(each) == "t" and each.text for each in run)]
    return bool(runs) and all(_is_on(child(run, "rPr", "b")) for run in runs)
