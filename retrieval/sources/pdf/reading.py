"""PDF: text as a person reads it on the page; pages that are pictures go through character recognition."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

from retrieval.errors import SourceError
from retrieval.sources.common.disguises import what_else
from retrieval.sources.common.table_text import Cell, table_text
from retrieval.sources.common.titles import believable
from retrieval.sources.extract import MAX_TEXT_CHARACTERS, Extract
from retrieval.sources.pdf import ocr
from retrieval.sources.pdf.grids import Table
from retrieval.sources.pdf.layout import Page, page_of, reading_order
from retrieval.sources.pdf.paragraphs import Line, Measures, Paragraph, has_mark, join, measure
from retrieval.sources.pdf.rows import Run
from retrieval.sources.pdf.running_lines import without_running_lines

_WORKER = Path(__file__).with_name("worker.py")
_PASSWORD, _DAMAGED = 3, 4  # as the worker says
_DAMAGED_FILE = "tệp PDF hỏng hoặc tải về chưa hết; hãy tải lại, hoặc xuất lại PDF từ tệp gốc"
_LOCKED_FILE = "tệp PDF có mật khẩu; hãy mở bằng mật khẩu, in hoặc lưu lại thành PDF không có mật khẩu rồi thử lại"
_ODD_FILE = "tệp PDF bất thường, đọc tốn quá nhiều thời gian hoặc bộ nhớ; hãy xuất lại PDF từ tệp gốc"
_SCANNED_FILE = f"tất cả các trang đều là ảnh quét; để máy nhận dạng chữ, {ocr.HOW_TO_INSTALL}, hoặc dùng bản có chữ"
# A page with fewer letters than that is a picture if a picture or many drawings are on it; a page that a picture covers
# may bear a few more, of a stamp or a digital signature.
_FEW, _STAMP = 30, 250
_TITLE_SIZE, _LONGEST_TITLE = 1.15, 200


Rows = tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class _Content:
    """What the worker found on a page. `picture`: the share of it under a picture."""

    runs: tuple[Run, ...]
    rules: list[list[float]]
    picture: float
    drawings: int
    width: float

    @property
    def letters(self) -> int:
        """How many letters can be read: neither unknown ones nor a font's private ones."""
        return sum(c.isalnum() and not "\ue000" <= c <= "\uf8ff" for run in self.runs for c in run.text)

    @property
    def unreadable(self) -> int:
        return sum(c == "\ufffd" or "\ue000" <= c <= "\uf8ff" for run in self.runs for c in run.text)

    def without_nonsense(self) -> _Content:
        """The page without its text, if that is no letters that anybody could read."""
        return replace(self, runs=()) if self.unreadable > max(_FEW, self.letters) else self

    @property
    def is_picture(self) -> bool:
        if self.unreadable > max(_FEW, self.letters):
            return True
        if self.letters < _FEW:
            return self.picture > 0.2 or self.drawings > 100
        return self.picture > 0.6 and self.letters < _STAMP


def read_pdf(path: Path, raw: bytes) -> Extract:
    """The text of a PDF. SourceError if it is locked, damaged, or holds nothing but pictures that cannot be read."""
    if told := what_else(raw, "pdf"):
        raise SourceError(path, told)
    if b"%PDF-" not in raw[:1024]:
        raise SourceError(path, "không phải tệp PDF; hãy đổi đuôi tên tệp cho đúng loại, hoặc xuất lại PDF từ tệp gốc")
    if b"%%EOF" not in raw.rstrip(b"\0\r\n\t ")[-4096:]:
        raise SourceError(path, _DAMAGED_FILE)
    title, contents = _contents(path, raw)
    contents, warnings = _recognised(path, raw, contents)
    pages = [page_of(content.runs, content.rules, content.width) for content in contents]
    for page, rows in zip(pages, without_running_lines([page.rows for page in pages]), strict=True):
        page.rows = rows
    text = _text(pages, warnings)
    if not text.strip():
        raise SourceError(path, "không có chữ nào trong tệp PDF")
    return Extract(text, believable(title), warnings=tuple(warnings))


# --- the worker ------------------------------------------------------------------------------------------------------


def _start(*arguments: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-I", str(_WORKER), *arguments]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def _lines(worker: subprocess.Popen[bytes], raw: bytes) -> Iterator[bytes]:
    """What the worker prints, line by line. It reads all of its input first."""
    assert worker.stdin is not None  # noqa: S101  (both are pipes)
    assert worker.stdout is not None  # noqa: S101
    try:
        worker.stdin.write(raw)
        worker.stdin.close()
    except BrokenPipeError:
        pass
    yield from worker.stdout


def _contents(path: Path, raw: bytes) -> tuple[str, list[_Content]]:
    """The title that the file declares, and what is on its pages."""
    title, contents, letters = "", [], 0
    with _start("text") as worker:
        try:
            for line in _lines(worker, raw):
                told = json.loads(line)
                if "title" in told:
                    title = told["title"]
                    continue
                contents.append(_content(told))
                letters += sum(len(run.text) for run in contents[-1].runs)
                if letters > MAX_TEXT_CHARACTERS:
                    raise SourceError(path, "có quá nhiều chữ cho một tệp; hãy chia nhỏ tệp")
        except json.JSONDecodeError as error:  # the worker was stopped in the middle of a line
            raise SourceError(path, _ODD_FILE) from error
        finally:
            worker.kill()
    if worker.returncode == _PASSWORD:
        raise SourceError(path, _LOCKED_FILE)
    if worker.returncode == _DAMAGED:
        raise SourceError(path, _DAMAGED_FILE)
    if worker.returncode:
        raise SourceError(path, _ODD_FILE)
    return title, contents


def _content(told: dict[str, Any]) -> _Content:
    runs = tuple(Run(*run) for run in told["runs"])
    return _Content(runs, told["rules"], told["picture"], told["drawings"], told["width"])


# --- pictures --------------------------------------------------------------------------------------------------------


def _recognised(path: Path, raw: bytes, contents: list[_Content]) -> tuple[list[_Content], list[str]]:
    """The pages with what could be recognised on those that are pictures, and what a person should know of that."""
    pictures = [n for n, content in enumerate(contents) if content.is_picture]
    if not pictures:
        return contents, []
    contents = [content.without_nonsense() for content in contents]
    if not ocr.is_available():
        if len(pictures) == len(contents):
            raise SourceError(path, _SCANNED_FILE)
        shown = listed([n + 1 for n in pictures])
        return contents, [f"trang {shown} là ảnh quét nên chưa đọc được; {ocr.HOW_TO_INSTALL} rồi đọc lại"]
    unread = []
    for n in pictures:
        runs = _drawn_and_read(raw, n, contents[n].width)
        if runs:
            contents[n] = replace(contents[n], runs=tuple(runs), rules=[])
        else:
            unread.append(n)
    if len(unread) == len(contents):
        raise SourceError(path, "tất cả các trang đều là ảnh quét, máy không nhận ra chữ nào; hãy dùng bản có chữ")
    read = [n + 1 for n in pictures if n not in unread]
    warnings = [f"trang {listed(read)} là ảnh quét, chữ do máy nhận dạng và có thể sai; nên đối chiếu"] if read else []
    if unread:
        warnings.append(f"trang {listed([n + 1 for n in unread])} là ảnh, máy không nhận ra chữ nào")
    return contents, warnings


def _drawn_and_read(raw: bytes, page: int, width: float) -> list[Run] | None:
    with _start("draw", str(page)) as worker:
        picture = b"".join(_lines(worker, raw))
    if worker.returncode:
        return None
    pixels = int(picture.split(b" ", 2)[1])
    return ocr.read_picture(picture, 72 * pixels / max(1.0, width))


def listed(numbers: Iterable[int]) -> str:
    """Numbers as people write them: "1, 3–5"."""
    spans = groupby(enumerate(numbers), lambda pair: pair[1] - pair[0])
    ends = ([number for _, number in span] for _, span in spans)
    return ", ".join(f"{span[0]}–{span[-1]}" if len(span) > 1 else str(span[0]) for span in ends)


# --- text ------------------------------------------------------------------------------------------------------------


def _text(pages: Sequence[Page], warnings: list[str]) -> str:
    sizes = Counter[float]()
    for line in (piece for page in pages for row in page.rows for piece in row):
        sizes[round(2 * line.size) / 2] += len(line.text)
    body = sizes.most_common(1)[0][0] if sizes else 0.0
    items = _whole_tables(item for n, page in enumerate(pages) for item in _with_notes(reading_order(page, n), body))
    measures = measure([item for item in items if isinstance(item, Line)], {page.column: page.width for page in pages})
    parts = _whole_titles(_joined(items, measures), body)
    levels = sorted(
        {part.size for part in parts if isinstance(part, Paragraph) and _is_title(part, body)}, reverse=True
    )
    lines: list[str] = []
    for part in parts:
        if isinstance(part, Table):
            text = table_text(part.rows)
            warnings += text.warnings
            lines += ["", *text.lines, ""]
        elif _is_title(part, body):
            lines += ["", f"{'#' * min(levels.index(part.size) + 1, 4)} {part.text}", ""]
        else:
            lines.append(part.text)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


def _joined(items: Iterable[Line | Table], measures: Measures) -> list[Paragraph | Table]:
    """Lines joined into paragraphs, tables between them."""
    parts: list[Paragraph | Table] = []
    lines: list[Line] = []
    for item in items:
        if isinstance(item, Line):
            lines.append(item)
        else:
            parts += [*join(lines, measures), item]
            lines = []
    return [*parts, *join(lines, measures)]


def _with_notes(items: list[Line | Table], body: float) -> list[Line | Table]:
    """A page's items, small lines at its foot marked as footnotes if they begin with a figure or an asterisk."""
    start = len(items)
    while start and isinstance(line := items[start - 1], Line) and line.size < 0.9 * body:
        start -= 1
    foot = [item for item in items[start:] if isinstance(item, Line)]
    begin = next((n for n, line in enumerate(foot) if re.match(r"[\d*(\[]", line.text)), len(foot))
    return [*items[: start + begin], *(replace(line, note=True) for line in foot[begin:])]


def _whole_tables(items: Iterable[Line | Table]) -> list[Line | Table]:
    """Tables that go on over a page as one: same columns, and nothing between but the end of the page."""
    found: list[Line | Table] = []
    for item in items:
        last = found[-1] if found else None
        if isinstance(item, Table) and isinstance(last, Table) and _same_columns(last, item):
            rows = item.rows[1:] if item.rows[0] == last.rows[0] else item.rows
            found[-1] = replace(last, rows=_one_after_another(last.rows, rows))
        else:
            found.append(item)
    return found


def _one_after_another(rows: Rows, more: Rows) -> Rows:
    """Two parts of a table. A row with nothing in its first cell goes on with the row that the page has broken."""
    if not more or more[0][0] != "" or len(more[0]) != len(rows[-1]):
        return rows + more
    whole = (f"{a or ''} {b or ''}".strip() if a is not None else None for a, b in zip(rows[-1], more[0], strict=True))
    return (*rows[:-1], tuple(whole), *more[1:])


def _same_columns(one: Table, other: Table) -> bool:
    return len(one.edges) == len(other.edges) and all(
        abs(a - b) < 4 for a, b in zip(one.edges, other.edges, strict=True)
    )


def _is_title(part: Paragraph | Table, body: float) -> bool:
    if isinstance(part, Table) or part.size < _TITLE_SIZE * body or len(part.text) > _LONGEST_TITLE:
        return False
    return not part.text.endswith((".", ";", ",")) and any(c.isalpha() for c in part.text)


def _whole_titles(parts: Iterable[Paragraph | Table], body: float) -> list[Paragraph | Table]:
    """Titles on several lines as one."""
    found: list[Paragraph | Table] = []
    for part in parts:
        last = found[-1] if found else None
        if isinstance(part, Paragraph) and isinstance(last, Paragraph) and _is_title(last, body):
            whole = Paragraph(f"{last.text} {part.text}", last.size)
            if last.size == part.size and _is_title(whole, body) and not has_mark(part.text, last.text):
                found[-1] = whole
                continue
        found.append(part)
    return found
