"""Read documents from files and folders, each file by the reader of its format."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from retrieval.errors import DuplicateIdError, EmptySourceError, SourceError
from retrieval.records import Document
from retrieval.sources import encodings
from retrieval.sources.extract import Extract
from retrieval.sources.files import ending, files_of, read_bytes, stem, utf_8
from retrieval.sources.html import read_html
from retrieval.sources.markdown import read_strict, split_front_matter
from retrieval.sources.office import read_csv, read_docx, read_xlsx
from retrieval.sources.pdf import read_pdf
from retrieval.sources.report import FileReport
from retrieval.sources.rows import read_row_documents
from retrieval.sources.understanding import understand, understand_row

# What the assistant knows as it ships, from the root of the project.
KNOWLEDGE = (Path("data/documents"), Path("data/procedures"))


@dataclass
class ReadReport:
    """What reading gave: documents, and each file that was left out with the reason."""

    documents: list[Document] = field(default_factory=list)
    problems: list[SourceError] = field(default_factory=list)


def read_sources(sources: Sequence[Path], strict: bool = False) -> ReadReport:
    """Read every document under `sources` (files or folders), in a stable order.

    With `strict` only Markdown is read, and each file must carry complete front matter. A file that cannot be read is
    reported in `problems` and does not stop the rest; the caller decides whether that is fatal. EmptySourceError if
    nothing was found at all.
    """
    report = ReadReport()
    seen: dict[str, Path] = {}
    wanted = _is_our_own if strict else can_read
    for path in (path for source in sources for path in files_of(source) if source.is_file() or wanted(path)):
        try:
            documents = list(read_file(path, FileReport(str(path)), strict))
        except SourceError as error:
            report.problems.append(error)
            continue
        for document in documents:
            if document.id in seen:
                problem = f"trùng mã '{document.id}' với {seen[document.id]}"
                report.problems.append(DuplicateIdError(path, problem, "id"))
            else:
                seen[document.id] = path
                report.documents.append(document)
    if not report.documents and not report.problems:
        names = ", ".join(str(source) for source in sources)
        raise EmptySourceError(f"Không có tài liệu nào trong: {names} (đọc được {_endings()}, kèm .gz)")
    return report


def can_read(path: Path) -> bool:
    """Whether there is a reader for the ending of a file's name."""
    return ending(path) in _EXTRACTORS or ending(path) in _ROWS


def _is_our_own(path: Path) -> bool:
    return ending(path) == "md"


def read_file(path: Path, report: FileReport, strict: bool = False) -> Iterator[Document]:
    """The documents of one file; what is worth knowing goes into `report`. SourceError if it cannot be used."""
    if ending(path) in _ROWS:
        yield from read_row_documents(
            path, lambda identity, extract: understand_row(identity, extract, report), report.warn
        )
        return
    extractor = _EXTRACTORS.get(ending(path))
    if extractor is None:
        raise SourceError(path, f"không đọc được loại tệp này (đọc được: {_endings()})")
    raw = read_bytes(path)
    if not raw.strip():
        raise SourceError(path, "tệp rỗng")
    if strict and _is_our_own(path):
        yield read_strict(path, utf_8(path, raw))
        return
    extract = extractor(path, raw)
    yield understand(path, str(extract.declared.get("id") or stem(path)), extract, report)


def _read_text(path: Path, raw: bytes) -> Extract:
    decoded = encodings.decode(path, raw)
    return Extract(decoded.text, warnings=encodings.to_be_seen(decoded))


def _read_markdown(path: Path, raw: bytes) -> Extract:
    decoded = encodings.decode(path, raw)
    front, body = split_front_matter(path, decoded.text)
    return Extract(body, (front or {}).get("title"), front or {}, encodings.to_be_seen(decoded))


def _endings() -> str:
    return ", ".join(sorted({*_EXTRACTORS, *_ROWS}))


_ROWS = ("json", "jsonl")
_EXTRACTORS: dict[str, Callable[[Path, bytes], Extract]] = {
    "md": _read_markdown,
    "txt": _read_text,
    "html": read_html,
    "htm": read_html,
    "pdf": read_pdf,
    "docx": read_docx,
    "csv": read_csv,
    "xlsx": read_xlsx,
}
