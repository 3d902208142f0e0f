"""The only process that opens a PDF: prints what is on each page, or draws one page. Run by `reading`, never imported.

A PDF can make PDFium use gigabytes or never end, and PDFium is not safe to use from two threads. So it runs here, with
limits that the system enforces, reads the file from standard input, and imports nothing of the project.
"""

from __future__ import annotations

import json
import math
import resource
import signal
import sys
from collections.abc import Iterator
from ctypes import addressof, byref, c_double, c_float, create_string_buffer
from typing import Any, BinaryIO

import pypdfium2
import pypdfium2.raw as pdfium

MAX_MEMORY_BYTES = 512 << 20
SECONDS_PER_PAGE = 20
MAX_SECONDS = 900
PASSWORD, DAMAGED = 3, 4  # exit statuses
DOTS_PER_INCH = 300
MAX_PIXELS = 24_000_000
_MAX_OBJECTS = 20_000
_MAX_GLYPHS = 200_000
_UNREADABLE = "\ufffd"

Box = tuple[float, float, float, float]  # left, bottom, right, top
Glyph = tuple[str, Box, float, int, bool]  # character, box, size, quarter turns to the left, bold


def main() -> None:
    """`text` prints one JSON object a page and the document's title first; `draw N` prints page N (from 0) as PGM."""
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_SECONDS, MAX_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.alarm(SECONDS_PER_PAGE)
    try:
        document = pypdfium2.PdfDocument(sys.stdin.buffer.read())
    except pypdfium2.PdfiumError as error:
        sys.exit(PASSWORD if error.err_code == pdfium.FPDF_ERR_PASSWORD else DAMAGED)
    try:
        if sys.argv[1] == "draw":
            _draw(document, int(sys.argv[2]), sys.stdout.buffer)
        else:
            _print_pages(document)
    except (pypdfium2.PdfiumError, ValueError):
        sys.exit(DAMAGED)


def _print_pages(document: pypdfium2.PdfDocument) -> None:
    head = {"pages": len(document), "title": document.get_metadata_value("Title")}
    _tell(head)
    for n in range(len(document)):
        signal.alarm(SECONDS_PER_PAGE)
        page = document[n]
        _tell(_content(page))
        page.close()


def _tell(what: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def _draw(document: pypdfium2.PdfDocument, n: int, out: BinaryIO) -> None:
    page = document[n]
    width, height = page.get_size()
    scale = min(DOTS_PER_INCH / 72, math.sqrt(MAX_PIXELS / max(1.0, width * height)))
    bitmap = page.render(scale=scale, grayscale=True)
    out.write(b"P5 %d %d 255\n" % (bitmap.width, bitmap.height))
    pixels = memoryview(bitmap.buffer).cast("B")
    for row in range(bitmap.height):
        out.write(pixels[row * bitmap.stride : row * bitmap.stride + bitmap.width])


def _content(page: Any) -> dict[str, Any]:
    """Runs of text, ruling lines, and how much of the page pictures and drawings take, as the text stands upright."""
    glyphs = list(_glyphs(page))
    turns = [glyph[3] for glyph in glyphs]
    upright = max(range(4), key=turns.count)
    rules, picture, drawings = _objects(page)
    return {
        "width": round(page.get_width(), 1),
        "runs": list(_runs([glyph for glyph in glyphs if glyph[3] == upright])),
        "rules": [[round(value, 1) for value in _turned(rule, upright)] for rule in rules],
        "picture": round(picture, 3),
        "drawings": drawings,
    }


def _turned(box: Box, turns: int) -> Box:
    """A box on the page after it is turned back by quarter turns."""
    left, bottom, right, top = box
    return (box, (bottom, -right, top, -left), (-right, -top, -left, -bottom), (-top, left, -bottom, right))[turns]


def _glyphs(page: Any) -> Iterator[Glyph]:
    """Each glyph in a box from its baseline up; slanted ones (watermarks) are left out."""
    text = page.get_textpage()
    box, matrix, x, y = pdfium.FS_RECTF(), pdfium.FS_MATRIX(), c_double(), c_double()
    weights: dict[int, bool] = {}
    for k in range(min(text.count_chars(), _MAX_GLYPHS)):
        if pdfium.FPDFText_IsGenerated(text, k) == 1:
            continue
        pdfium.FPDFText_GetLooseCharBox(text, k, byref(box))
        pdfium.FPDFText_GetMatrix(text, k, byref(matrix))
        pdfium.FPDFText_GetCharOrigin(text, k, byref(x), byref(y))
        size = pdfium.FPDFText_GetFontSize(text, k) * math.hypot(matrix.c, matrix.d)
        quarters = math.degrees(math.atan2(matrix.b, matrix.a)) / 90
        values = (box.left, box.bottom, box.right, box.top, x.value, y.value, size)
        if abs(quarters - round(quarters)) > 0.1 or not all(map(math.isfinite, values)):
            continue
        turns = round(quarters) % 4
        left, _, right, top = _turned((box.left, box.bottom, box.right, box.top), turns)
        baseline = _turned((x.value, y.value, x.value, y.value), turns)[1]
        part = addressof(pdfium.FPDFText_GetTextObject(text, k).contents)
        if part not in weights:
            weights[part] = _is_bold(text, k)
        character = _character(pdfium.FPDFText_GetUnicode(text, k))
        yield character, (left, baseline, right, top), size, turns, weights[part]
    text.close()


def _is_bold(text: Any, k: int) -> bool:
    name = create_string_buffer(128)
    pdfium.FPDFText_GetFontInfo(text, k, name, len(name), None)
    return b"bold" in name.value.lower() or pdfium.FPDFText_GetFontWeight(text, k) >= 600


def _character(code: int) -> str:
    if code in (0x2, 0xFFFE):  # how PDFium gives a hyphen at the end of a line
        return "-"
    if code in (9, 10, 13):
        return " "
    return _UNREADABLE if code < 32 or 0xD800 <= code < 0xE000 or code > 0x10FFFF else chr(code)


def _runs(glyphs: list[Glyph]) -> Iterator[list[Any]]:
    """[text, left, right, baseline, size, bold]: glyphs of one kind side by side without a gap."""
    text, left, right, last = "", 0.0, 0.0, (0.0, 0.0, False)
    for character, (start, y, end, _), size, _, bold in glyphs:
        same = bold == last[2] and abs(y - last[0]) < 0.1 * size and abs(size - last[1]) < 0.1 * size
        if not (text and same and -0.5 * size < start - right < 0.1 * size and end > left):
            if text:
                yield _run(text, left, right, *last)
            text, left, right, last = "", start, end, (y, size, bold)
        text, right = text + character, max(right, end)
    if text:
        yield _run(text, left, right, *last)


def _run(text: str, left: float, right: float, y: float, size: float, bold: bool) -> list[Any]:
    return [text, round(left, 1), round(right, 1), round(y, 1), round(size, 1), bold]


def _objects(page: Any) -> tuple[list[Box], float, int]:
    """Ruling lines; the share of the page under its largest picture; how many drawings."""
    width, height = page.get_size()
    rules: list[Box] = []
    picture, drawings = 0.0, 0
    kinds = [pdfium.FPDF_PAGEOBJ_PATH, pdfium.FPDF_PAGEOBJ_IMAGE]
    for n, each in enumerate(page.get_objects(filter=kinds, max_depth=4)):
        if n >= _MAX_OBJECTS:
            break
        if each.type == pdfium.FPDF_PAGEOBJ_IMAGE:
            left, bottom, right, top = each.get_bounds()
            shown = max(0.0, min(right, width) - max(left, 0.0)) * max(0.0, min(top, height) - max(bottom, 0.0))
            picture = max(picture, shown / max(1.0, width * height))
        else:
            drawings += 1
            if len(rules) < _MAX_OBJECTS:
                rules += _straight_lines(each)
    return rules, picture, drawings


def _straight_lines(path: Any) -> Iterator[Box]:
    """The level and upright lines of a path. A box is four of them; so is a bar, whose ends are too short to count."""
    matrix, x, y = path.get_matrix(), c_float(), c_float()
    last: tuple[float, float] | None = None
    first = (0.0, 0.0)
    for n in range(min(pdfium.FPDFPath_CountSegments(path), _MAX_OBJECTS)):
        segment = pdfium.FPDFPath_GetPathSegment(path, n)
        pdfium.FPDFPathSegment_GetPoint(segment, byref(x), byref(y))
        point = matrix.on_point(x.value, y.value)
        kind = pdfium.FPDFPathSegment_GetType(segment)
        if kind == pdfium.FPDF_SEGMENT_MOVETO:
            first = point
        elif kind == pdfium.FPDF_SEGMENT_LINETO and last:
            yield from _straight(last, point)
            if pdfium.FPDFPathSegment_GetClose(segment):
                yield from _straight(point, first)
        last = point if kind != pdfium.FPDF_SEGMENT_BEZIERTO else None


def _straight(a: tuple[float, float], b: tuple[float, float]) -> Iterator[Box]:
    left, right = sorted((a[0], b[0]))
    bottom, top = sorted((a[1], b[1]))
    if (top - bottom < 1 and right - left > 6) or (right - left < 1 and top - bottom > 6):
        yield left, bottom, right, top


if __name__ == "__main__":
    main()
