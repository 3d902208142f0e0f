"""Files of a source, and their bytes: unpacked where gzipped, never more than memory should hold."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from retrieval.errors import EmptySourceError, SourceError
from retrieval.sources.extract import MAX_FILE_BYTES

# What systems and editors leave beside documents.
_LEFT_BESIDE = ("~$", ".", "Thumbs.db", "desktop.ini")
# Rows are read one at a time: no single one is longer.
_MAX_ROW_BYTES = 16 << 20


def files_of(source: Path) -> Iterator[Path]:
    """Every file of a source, itself or what lies under it, in a stable order. EmptySourceError if it is not there."""
    if not source.exists():
        raise EmptySourceError(f"Không tìm thấy nguồn: {source}")
    if source.is_file():
        yield source
        return
    for path in sorted(source.rglob("*")):
        below = path.relative_to(source).parts
        if path.is_file() and not any(part.startswith(_LEFT_BESIDE) for part in below):
            yield path


def stem(path: Path) -> str:
    """A file's name without its ending: what its document is called where nothing else names it."""
    return Path(path.name.removesuffix(".gz")).stem


def ending(path: Path) -> str:
    """The ending of a file's name, in small letters, without the dot and without ".gz"."""
    return Path(path.name.removesuffix(".gz")).suffix.lower().lstrip(".")


def read_bytes(path: Path) -> bytes:
    """The bytes of a file, unpacked. SourceError if it cannot be opened, or holds more than MAX_FILE_BYTES."""
    with _opened(path) as stream:
        raw = stream.read(MAX_FILE_BYTES + 1)
    if len(raw) > MAX_FILE_BYTES:
        raise SourceError(
            path, f"lớn hơn {MAX_FILE_BYTES >> 20} MB. Văn bản không lớn thế; hãy chia nhỏ hoặc xem lại tệp"
        )
    return raw


def utf_8(path: Path, raw: bytes) -> str:
    """The text of a file that must be in UTF-8. SourceError if it is not."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceError(path, f"không phải chữ UTF-8 (byte thứ {error.start}); hãy lưu lại bằng UTF-8") from error


def read_rows(path: Path) -> Iterator[tuple[int, str]]:
    """The lines of a file and their numbers, but for empty ones. SourceError if it breaks off or is not UTF-8."""
    with _opened(path) as stream:
        number = 0
        while raw := stream.readline(_MAX_ROW_BYTES):
            number += 1
            if len(raw) == _MAX_ROW_BYTES:
                raise SourceError(path, f"dòng {number} dài hơn {_MAX_ROW_BYTES >> 20} MB")
            try:
                line = raw.decode("utf-8-sig" if number == 1 else "utf-8").strip()
            except UnicodeDecodeError as error:
                raise SourceError(path, f"dòng {number} không phải chữ UTF-8; hãy lưu lại bằng UTF-8") from error
            if line:
                yield number, line
    if number == 0:
        raise SourceError(path, "tệp rỗng")


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    try:
        opened: Any = gzip.open(path, "rb") if path.name.endswith(".gz") else path.open("rb")  # noqa: SIM115
        with opened as stream:
            yield stream
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise SourceError(path, "không mở được: tệp nén .gz hỏng hoặc tải về chưa hết; hãy tải lại") from error
    except OSError as error:
        raise SourceError(path, f"không mở được: {error.strerror or error}") from error
