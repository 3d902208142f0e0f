"""The library: what was read from an office's files, kept so that only what changed is read again.

One SQLite file. A file's documents enter and leave it in one step, so that half of a file never counts.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from retrieval.building import digest_of, record_of
from retrieval.endings import Adjustments
from retrieval.errors import EmptySourceError, LibraryError, SourceError
from retrieval.readers import can_read, read_file
from retrieval.records import Document
from retrieval.register import Register
from retrieval.sources.files import files_of, stem
from retrieval.sources.near_duplicates import compare, overlaps, signature
from retrieval.sources.report import FileReport, Outcome, Proposal
from retrieval.sources.rows import mapping_of

# Raise when reading gives other documents from the same files: they are read again.
READER = 2
_SCHEMA = """
CREATE TABLE IF NOT EXISTS sources (number INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS files (
    path TEXT PRIMARY KEY, source INTEGER NOT NULL, stamp TEXT NOT NULL, problem TEXT NOT NULL, warnings TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS documents (
    id TEXT PRIMARY KEY, file TEXT NOT NULL, position INTEGER NOT NULL, number TEXT, digest TEXT NOT NULL,
    record BLOB NOT NULL, signature BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS documents_of_file ON documents (file, position);
CREATE TABLE IF NOT EXISTS proposals (
    document TEXT NOT NULL, field TEXT NOT NULL, read TEXT NOT NULL, value TEXT NOT NULL, evidence TEXT NOT NULL,
    confirmed INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (document, field, read));
"""
_IN_ORDER = """
FROM documents JOIN files ON files.path = documents.file ORDER BY files.source, files.path, documents.position
"""
_OVERLAPS_SHOWN = 3
Say = Callable[[FileReport], None]


@dataclass(frozen=True, slots=True)
class Statement:
    """What a text in `file` says of its document, the `value` that counts once it is confirmed, and whether it is."""

    file: str
    said: Proposal
    value: str
    confirmed: bool


class Library:
    """The documents of some sources, in the order in which the sources were added; a `Corpus` for building.

    What a text says of its own number and dates counts only once it is confirmed. LibraryError if the file is damaged.
    """

    def __init__(self, file: Path, register: Register | None = None) -> None:
        """Open or create the library in `file`. `register`: what is known of the validity of numbers."""
        file.parent.mkdir(parents=True, exist_ok=True)
        self.file, self._register = file, register
        self._database = sqlite3.connect(file, timeout=60, isolation_level=None)
        with self._told():
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            raise OSError(f"không đọc hoặc ghi được {self.file}: {error}") from error
        except sqlite3.DatabaseError as error:
            raise LibraryError(
                f"Tệp {self.file} bị hỏng ({error}). Hãy xóa tệp này rồi thêm lại các nguồn: make index SOURCE=…"
            ) from error

    def sources(self) -> list[Path]:
        """The files and folders that were added, in order."""
        with self._told():
            return [Path(path) for (path,) in self._database.execute("SELECT path FROM sources ORDER BY number")]

    def __len__(self) -> int:
        return int(self._database.execute("SELECT count(*) FROM documents").fetchone()[0])

    def __iter__(self) -> Iterator[Document]:
        adjustments = self._adjustments()
        for (record,) in self._database.execute(f"SELECT record {_IN_ORDER}"):
            yield adjustments.apply(_unpacked(record))

    def digests(self) -> Iterator[str]:
        """What changes when a document, or what is confirmed of it, does."""
        adjustments = self._adjustments()
        for identity, number, digest in self._database.execute(f"SELECT id, number, digest {_IN_ORDER}"):
            yield f"{digest}{adjustments.of(identity, number)}"

    def with_endings(self, documents: Iterable[Document]) -> list[Document]:
        """Documents from elsewhere, with what confirmed instruments of this library ended or changed."""
        adjustments = self._adjustments()
        return [adjustments.with_endings(document) for document in documents]

    def _adjustments(self) -> Adjustments:
        confirmed = defaultdict(list)
        numbers: dict[str, str] = {}
        rows = self._database.execute(
            "SELECT document, field, value, documents.number FROM proposals JOIN documents ON documents.id = document "
            "WHERE confirmed ORDER BY document, field, value"
        )
        for document, name, value, number in rows:
            confirmed[document].append((name, value))
            numbers[document] = number
        return Adjustments.of_confirmed(confirmed, numbers, self._register)

    def update(
        self, add: Sequence[Path] = (), remove: Sequence[Path] = (), say: Say = lambda _: None, dry_run: bool = False
    ) -> list[FileReport]:
        """Read what is new or changed in all sources, forget what is gone, and report each file.

        `add` and `remove`: sources that join and leave; EmptySourceError if one is not there. With `dry_run` nothing
        stays as it would become.
        """
        with self._told():
            if dry_run:
                self._database.execute("BEGIN")
            try:
                reports = [*self._change_sources(add, remove), *self._read(say)]
                self._report_overlaps(reports)
            finally:
                if dry_run:
                    self._database.execute("ROLLBACK")
        return reports

    @contextmanager
    def _in_one_step(self) -> Iterator[None]:
        self._database.execute("SAVEPOINT step")
        try:
            yield
        except BaseException:
            self._database.execute("ROLLBACK TO step")
            self._database.execute("RELEASE step")
            raise
        self._database.execute("RELEASE step")

    def _change_sources(self, add: Sequence[Path], remove: Sequence[Path]) -> list[FileReport]:
        known = {path: number for number, path in self._database.execute("SELECT number, path FROM sources")}
        for source in remove:
            if str(source.resolve()) not in known:
                there = ", ".join(known) or "chưa có nguồn nào"
                raise EmptySourceError(f"Không có nguồn {source} để gỡ (đang có: {there})")
        for source in add:
            if not source.exists():
                raise EmptySourceError(f"Không tìm thấy nguồn: {source}")
        with self._in_one_step():
            leaving = [known[str(source.resolve())] for source in remove]
            forgotten = [self._forget(path) for number in leaving for path in self._files_of(number)]
            self._database.executemany("DELETE FROM sources WHERE number = ?", [(number,) for number in leaving])
            names = [(str(source.resolve()),) for source in add]
            self._database.executemany("INSERT OR IGNORE INTO sources (path) VALUES (?)", names)
        return forgotten

    def _files_of(self, source: int) -> list[str]:
        rows = self._database.execute("SELECT path FROM files WHERE source = ? ORDER BY path", (source,))
        return [path for (path,) in rows]

    def _forget(self, path: str) -> FileReport:
        count = self._count(path)
        ids = "(SELECT id FROM documents WHERE file = ?)"
        self._database.execute(f"DELETE FROM proposals WHERE document IN {ids}", (path,))  # noqa: S608 (a constant)
        self._database.execute("DELETE FROM documents WHERE file = ?", (path,))
        self._database.execute("DELETE FROM files WHERE path = ?", (path,))
        # A file that was left out as a copy of this one is looked at again.
        self._database.execute("UPDATE files SET stamp = '' WHERE instr(problem, ?)", (path,))
        return FileReport(path, Outcome.REMOVED, count)

    def _count(self, path: str) -> int:
        return int(self._database.execute("SELECT count(*) FROM documents WHERE file = ?", (path,)).fetchone()[0])

    def _read(self, say: Say) -> Iterator[FileReport]:
        for number, name in self._database.execute("SELECT number, path FROM sources ORDER BY number").fetchall():
            source = Path(name)
            before = self._files_of(number)
            if not source.exists():
                report = FileReport(name, Outcome.UNCHANGED, sum(map(self._count, before)))
                report.warn("không còn thấy nguồn này; vẫn dùng những gì đã đọc. Muốn bỏ thì gỡ nguồn")
                say(report)
                yield report
                continue
            there = list(files_of(source))
            for gone in sorted(set(before) - set(map(str, there))):
                with self._in_one_step():
                    report = self._forget(gone)
                say(report)
                yield report
            for path in there:
                report = self._read_one(path, source, number)
                say(report)
                yield report

    def _read_one(self, path: Path, source: Path, number: int) -> FileReport:
        name = str(path)
        if not can_read(path):
            return FileReport(name, Outcome.SKIPPED, problem="không đọc loại tệp này")
        stamp = _stamp(path)
        known = self._database.execute(
            "SELECT stamp, problem, warnings, source FROM files WHERE path = ?", (name,)
        ).fetchone()
        if known and (known[0] == stamp or known[3] != number):
            outcome = Outcome.SKIPPED if known[1] else Outcome.UNCHANGED
            return FileReport(name, outcome, self._count(name), known[1], json.loads(known[2]), fresh=False)
        report = FileReport(name)
        with self._in_one_step():
            try:
                with self._in_one_step():
                    self._take_in(path, source, report)
            except (SourceError, OSError) as error:
                report.outcome, report.documents = Outcome.SKIPPED, self._count(name)
                report.problem = error.told if isinstance(error, SourceError) else f"không mở được: {error}"
                if report.documents:
                    report.warn("vẫn dùng bản đã đọc lần trước")
            self._database.execute(
                "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?)",
                (name, number, stamp, report.problem, json.dumps(report.warnings, ensure_ascii=False)),
            )
        return report

    def _take_in(self, path: Path, source: Path, report: FileReport) -> None:
        """Put the documents of a file in the place of those that it gave before; what was confirmed of them stays."""
        rows = self._database.execute(
            "SELECT p.document, p.field, p.read, p.value FROM proposals p JOIN documents d ON d.id = p.document "
            "WHERE d.file = ? AND p.confirmed",
            (str(path),),
        )
        confirmed = {tuple(key): value for *key, value in rows}
        self._forget(str(path))
        given: set[str] = set()
        for position, read in enumerate(read_file(path, report)):
            if read.id in given:
                report.warn(f"nhiều dòng có mã '{read.id}', chỉ giữ dòng đầu")
                continue
            given.add(read.id)
            document = self._with_free_id(read, path, source, report)
            record = record_of(document)
            self._database.execute(
                "INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    document.id, str(path), position, document.number, digest_of(record), zlib.compress(record),
                    signature(document.text),
                ),
            )  # fmt: skip
            report.documents += 1
        for each in report.proposals:
            key = (each.document_id, each.field, each.value)
            self._database.execute(
                "INSERT OR IGNORE INTO proposals VALUES (?, ?, ?, ?, ?, ?)",
                (*key, confirmed.get(key, each.value), each.evidence, key in confirmed),
            )

    def _with_free_id(self, document: Document, path: Path, source: Path, report: FileReport) -> Document:
        """A document named after its file takes the folder's name too where another file has its name."""
        below = path.relative_to(source.parent)
        names = [document.id]
        if document.id == stem(path) and path != source:
            names += [below.with_name(stem(path)).as_posix(), below.as_posix()]
        for name in names:
            holder = self._database.execute("SELECT file, digest FROM documents WHERE id = ?", (name,)).fetchone()
            if holder is None:
                report.proposals = [replace(each, document_id=name) for each in report.proposals]
                return replace(document, id=name)
            if holder[1] == digest_of(record_of(replace(document, id=name))):
                raise SourceError(path, f"giống hệt {holder[0]}")
        raise SourceError(path, f"trùng mã '{document.id}' với {holder[0]}", "id")

    def _report_overlaps(self, reports: Sequence[FileReport]) -> None:
        """Warn of new documents that share much of their text with others."""
        fresh = {report.path: report for report in reports if report.outcome is Outcome.READ}
        if not fresh:
            return
        rows = self._database.execute("SELECT id, file, signature FROM documents").fetchall()
        files = {identity: file for identity, file, _ in rows}
        new = {identity: mark for identity, file, mark in rows if file in fresh}
        known = {identity: mark for identity, file, mark in rows if file not in fresh}
        shown: dict[str, int] = defaultdict(int)
        for overlap in overlaps(new, known):
            file = files[overlap.one] if files[overlap.one] in fresh else files[overlap.other]
            shown[file] += 1
            if shown[file] <= _OVERLAPS_SHOWN:
                share, example = compare(self._text_of(overlap.one), self._text_of(overlap.other))
                fresh[file].warn(f"'{overlap.one}' trùng {share:.0%} lời với '{overlap.other}': «{example}»")
        for file, count in shown.items():
            if count > _OVERLAPS_SHOWN:
                fresh[file].warn(f"và {count - _OVERLAPS_SHOWN} cặp tài liệu trùng lời khác")

    def _text_of(self, identity: str) -> str:
        record = self._database.execute("SELECT record FROM documents WHERE id = ?", (identity,)).fetchone()[0]
        return _unpacked(record).text

    def statements(self) -> list[Statement]:
        """What texts say of themselves, confirmed or not."""
        rows = self._database.execute(
            "SELECT d.file, p.document, p.field, p.read, p.evidence, p.value, p.confirmed FROM proposals p "
            "JOIN documents d ON d.id = p.document ORDER BY d.file, d.position, p.field, p.read"
        )
        return [Statement(file, Proposal(*said), value, bool(yes)) for file, *said, value, yes in rows]

    def confirm(self, statements: Iterable[Statement]) -> None:
        """Keep what a person decided of each statement: whether it is confirmed, and its value, perhaps corrected."""
        with self._told(), self._in_one_step():
            self._database.executemany(
                "UPDATE proposals SET confirmed = ?1, value = ?2 WHERE document = ?3 AND field = ?4 AND read = ?5 "
                "AND (confirmed != ?1 OR value != ?2)",
                (
                    (each.confirmed, each.value or each.said.value, each.said.document_id, each.said.field,
                     each.said.value)
                    for each in statements
                ),
            )  # fmt: skip


def _unpacked(record: bytes) -> Document:
    return Document.of_record(json.loads(zlib.decompress(record)))


def _stamp(path: Path) -> str:
    """What changes when a file, or the mapping declared beside it, does."""
    stats = [each.stat() for each in (path, mapping_of(path)) if each.exists()]
    return " ".join([str(READER), *(f"{stat.st_size} {stat.st_mtime_ns}" for stat in stats)])
