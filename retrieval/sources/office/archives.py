"""Safe access to the parts of files that are ZIP archives of XML (.docx, .xlsx)."""

from __future__ import annotations

import io
import posixpath
import re
import struct
import zipfile
import zlib
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from lxml import etree

from retrieval.errors import SourceError
from retrieval.sources.common.disguises import LOCKED, what_else
from retrieval.sources.office.xml import value

# What an archive may declare: pictures are declared but never unpacked.
MAX_PARTS, MAX_DECLARED_BYTES = 10_000, 1 << 30
# What of one part is unpacked, at once and piece by piece.
MAX_PART_BYTES, MAX_STREAM_BYTES = 64 << 20, 256 << 20
# Elements and attributes of a part that is held as one tree, in 300 MB; and the bytes of one row or string.
MAX_TREE, MAX_BRANCH_BYTES = 3_000_000, 12 << 20
_CHUNK, _LONGEST_TAG = 1 << 18, 1 << 20
# What Python raises over archives that are cut short or falsified.
_BROKEN = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, ValueError, OverflowError)
_NAMES = {"docx": "Word", "xlsx": "Excel"}
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)

_BOMB = "tệp nén bất thường: nhỏ nhưng bung ra rất lớn; hãy mở bằng phần mềm đã tạo ra tệp rồi lưu lại"
_DAMAGED = "tệp hỏng hoặc tải về chưa hết; hãy tải lại hoặc xin lại bản gốc"
_ODD_XML = "tệp có phần khai báo lạ (DTD) mà Word và Excel không bao giờ ghi; hãy mở rồi lưu lại"
_TOO_LONG = "tệp quá dài; hãy chia thành nhiều tệp"


def open_package(path: Path, raw: bytes, ending: str) -> zipfile.ZipFile:
    """The archive of a file that should be a `docx` or an `xlsx`, nothing unpacked yet. SourceError says what else it
    is, or that it is locked, damaged or a bomb."""
    if told := what_else(raw, ending):
        raise SourceError(path, told)
    if not raw.startswith(b"PK"):
        raise SourceError(
            path, f"không phải tệp {_NAMES[ending]}; hãy mở rồi lưu lại thành .{ending}, hoặc đổi đuôi tên tệp"
        )
    if raw.count(b"PK\x01\x02") > MAX_PARTS:
        raise SourceError(path, _BOMB)
    try:
        archive = zipfile.ZipFile(io.BytesIO(raw))
    except (*_BROKEN, NotImplementedError) as error:
        raise SourceError(path, _DAMAGED) from error
    parts = archive.infolist()
    if any(part.flag_bits & 1 for part in parts):
        raise SourceError(path, LOCKED)
    if any(part.compress_type not in _METHODS for part in parts):
        raise SourceError(path, f"tệp nén theo cách mà Word và Excel không dùng; hãy mở rồi lưu lại thành .{ending}")
    if sum(part.file_size for part in parts) > MAX_DECLARED_BYTES:
        raise SourceError(path, _BOMB)
    return archive


def tree(path: Path, archive: zipfile.ZipFile, name: str) -> etree._Element | None:
    """A part as one tree, None if there is none of that name. SourceError if it is damaged, too large or defines
    entities."""
    if name not in archive.NameToInfo:
        return None
    raw = b"".join(_chunks(path, archive, name, MAX_PART_BYTES))
    if raw.count(b"<") + raw.count(b"=") > MAX_TREE:
        raise SourceError(path, _TOO_LONG)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)
    try:
        return etree.fromstring(raw, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise SourceError(path, _DAMAGED) from error


def elements(
    path: Path,
    archive: zipfile.ZipFile,
    name: str,
    wanted: Collection[str],
    unwanted: re.Pattern[bytes] | None = None,
) -> Iterator[etree._Element]:
    """The elements of a part that have one of these names (without namespace), in order; none may hold another. Each is
    dropped once it is used, so a part may be large. `unwanted`: whole elements to cut out unread. SourceError as in
    `tree`."""
    if name not in archive.NameToInfo:
        return
    tags = [f"{{*}}{each}" for each in wanted]
    parser = etree.XMLPullParser(("end",), tag=tags, resolve_entities=False, no_network=True, remove_comments=True)
    waiting = 0
    try:
        for piece in _pieces(_chunks(path, archive, name, MAX_STREAM_BYTES), unwanted):
            waiting += len(piece)
            if waiting > MAX_BRANCH_BYTES:
                raise SourceError(path, _BOMB)
            parser.feed(piece)
            for _, element in parser.read_events():
                waiting = 0
                yield element
                _drop(element)
        parser.close()
    except etree.XMLSyntaxError as error:
        raise SourceError(path, _DAMAGED) from error


def relations(path: Path, archive: zipfile.ZipFile, part: str) -> dict[str, tuple[str, str]]:
    """The parts that a part (the package if empty) is related to, by the names it has for them: (kind, part)."""
    folder, name = posixpath.split(part)
    found: dict[str, tuple[str, str]] = {}
    for each in elements(path, archive, posixpath.join(folder, "_rels", f"{name}.rels"), {"Relationship"}):
        if value(each, "TargetMode") != "External":
            target = posixpath.normpath(posixpath.join("/", folder, value(each, "Target") or "")).lstrip("/")
            found[value(each, "Id") or ""] = ((value(each, "Type") or "").rpartition("/")[2], target)
    return found


def _drop(element: etree._Element) -> None:
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]


def _pieces(chunks: Iterable[bytes], unwanted: re.Pattern[bytes] | None) -> Iterator[bytes]:
    """The bytes of a part, in pieces that end where a tag ends if something is to be cut out of them."""
    rest = b""
    for chunk in chunks:
        if unwanted is None or len(rest) > _LONGEST_TAG:
            yield rest + chunk
            rest = b""
            continue
        whole, end, rest = (rest + chunk).rpartition(b">")
        yield unwanted.sub(b"", whole + end)
    yield rest


def _chunks(path: Path, archive: zipfile.ZipFile, name: str, most: int) -> Iterator[bytes]:
    if archive.getinfo(name).file_size > most:
        raise SourceError(path, _BOMB)
    before, size = b"", 0
    try:
        with archive.open(name) as part:
            while chunk := part.read(_CHUNK):
                size += len(chunk)
                if size > most:
                    raise SourceError(path, _BOMB)
                if _defines_entities(before + chunk):
                    raise SourceError(path, _ODD_XML)
                before = chunk[-32:]
                yield chunk
    except (*_BROKEN, RuntimeError) as error:
        raise SourceError(path, _DAMAGED) from error


def _defines_entities(chunk: bytes) -> bool:
    """Whether XML has a DTD, in whatever width its characters are."""
    if b"\0" in chunk:
        chunk = chunk.replace(b"\0", b"")
    return b"<!DOCTYPE" in chunk or b"<!ENTITY" in chunk
