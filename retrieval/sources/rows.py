"""Rows of JSON: each a document. BEIR, the portal's procedures, codified law, and others by a declared mapping."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from retrieval.errors import SourceError
from retrieval.records import Document, is_date
from retrieval.sources.extract import Extract
from retrieval.sources.files import ending, read_bytes, read_rows, utf_8
from retrieval.sources.national import is_codified, is_procedure, read_codified, read_procedure

MAPPING_ENDING = ".mapping.yml"
_ID_FIELDS = ("_id", "id", "ma_thu_tuc")
_TITLE_FIELDS = ("title", "ten_thu_tuc", "question")
_TEXT_FIELDS = ("text", "body", "content", "answer")
_OTHER_FIELDS = {
    "url": ("url", "detail_url"),
    "number": ("number", "doc_no", "so_quyet_dinh"),
    "issuer": ("issuer", "co_quan_co_tham_quyen"),
    "kind": ("kind", "doc_kind"),
}
_MAPPED = ("id", "title", "kind", "number", "issuer", "source", "province", "url")
_MAPPED_DATES = ("issued", "effective_from", "effective_to", "checked_on")
_HAS_ITS_ROW = Document("", "", "", ())
_DATE = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?!\d)")


@dataclass(frozen=True, slots=True)
class RowMapping:
    """Which field of a row is what. `fields`: name of `Document` → field; `sections`: field → heading."""

    fields: Mapping[str, str]
    text: tuple[str, ...]
    sections: Mapping[str, str]


def mapping_of(path: Path) -> Path:
    """Where the mapping of a file of rows is declared: "list.jsonl.gz" → "list.mapping.yml" beside it."""
    name = path.name.removesuffix(".gz")
    return path.with_name(name[: -len(ending(path)) - 1] + MAPPING_ENDING)


def read_row_documents(
    path: Path, understand: Callable[[str, Extract], Document], warn: Callable[[str], None]
) -> Iterator[Document]:
    """The documents of a JSON or JSON-lines file. SourceError names the row that is wrong; then none of it counts."""
    declared = mapping_of(path)
    mapping = read_mapping(declared) if declared.exists() else None
    # Articles of law that stand at the end of another's row; a row of their own goes before.
    glued: dict[str, Document] = {}
    empty = True
    for where, row in _rows(path):
        empty = False
        if not isinstance(row, dict):
            raise SourceError(path, f"{where}: mỗi dòng phải là một đối tượng JSON")
        if mapping is not None or not is_codified(row):
            yield understand(*_row(path, where, row, mapping))
            continue
        found = read_codified(row)
        for warning in found.warnings:
            warn(warning)
        for document in found.documents:
            if document.id == row["_id"]:
                yield document
            else:
                glued.setdefault(document.id, document)
        glued[row["_id"]] = _HAS_ITS_ROW
    yield from (document for document in glued.values() if document is not _HAS_ITS_ROW)
    if empty:
        raise SourceError(path, "không có dòng nào")


def _rows(path: Path) -> Iterator[tuple[str, Any]]:
    if ending(path) == "jsonl":
        for number, line in read_rows(path):
            try:
                yield f"dòng {number}", json.loads(line)
            except json.JSONDecodeError as error:
                raise SourceError(path, f"JSON sai ở dòng {number}, chữ thứ {error.colno}") from error
            except (ValueError, RecursionError) as error:
                raise SourceError(path, f"JSON sai ở dòng {number}: số quá dài hoặc lồng nhau quá sâu") from error
        return
    text = utf_8(path, read_bytes(path))
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise SourceError(path, f"JSON sai ở dòng {error.lineno}, chữ thứ {error.colno}") from error
    except (ValueError, RecursionError) as error:
        raise SourceError(path, "JSON sai: số quá dài hoặc lồng nhau quá sâu") from error
    for number, row in enumerate(data if isinstance(data, list) else [data], 1):
        yield f"phần tử {number}", row


def _row(path: Path, where: str, row: dict[str, Any], mapping: RowMapping | None) -> tuple[str, Extract]:
    if mapping is not None:
        return _mapped(path, where, row, mapping)
    identity = _first(row, _ID_FIELDS)
    if identity is None:
        raise SourceError(path, f"{where}: thiếu mã", "id")
    if is_procedure(row):
        extract = read_procedure(row)
        if not extract.text.strip():
            raise SourceError(path, f"{where}: không có nội dung", "text")
        # A province that is named as an example must not keep the procedure from people elsewhere.
        return identity, replace(extract, declared={**extract.declared, "province": None})
    title = _first(row, _TITLE_FIELDS) or ""
    used = {*_ID_FIELDS, *_TITLE_FIELDS, *(name for names in _OTHER_FIELDS.values() for name in names)}
    body = _first(row, _TEXT_FIELDS) or _sections(
        {name: name.replace("_", " ") for name in row if name not in used}, row
    )
    if not body:
        raise SourceError(path, f"{where}: không có nội dung", "text")
    declared = {**row, **{name: _first(row, names) for name, names in _OTHER_FIELDS.items()}}
    return identity, Extract(body, title, declared)


def _mapped(path: Path, where: str, row: dict[str, Any], mapping: RowMapping) -> tuple[str, Extract]:
    values = {name: _text(row.get(source)) for name, source in mapping.fields.items()}
    if not values["id"]:
        raise SourceError(path, f"{where}: thiếu mã (trường '{mapping.fields['id']}')", "id")
    body = "\n\n".join(
        filter(None, [*(_text(row.get(name)) for name in mapping.text), _sections(mapping.sections, row)])
    )
    if not body:
        raise SourceError(path, f"{where}: không có nội dung", "text")
    declared = {name: _iso(value) if name in _MAPPED_DATES else value for name, value in values.items() if value}
    for name in _MAPPED_DATES:
        if name in declared and not is_date(declared[name]):
            raise SourceError(path, f"{where}: '{declared[name]}' không phải ngày", mapping.fields[name])
    return values["id"], Extract(body, values.get("title", ""), declared)


def _sections(headings: Mapping[str, str], row: Mapping[str, Any]) -> str:
    told = {heading: value.strip() for name, heading in headings.items() if isinstance(value := row.get(name), str)}
    return "\n\n".join(f"## {heading}\n{value}" for heading, value in told.items() if value)


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _iso(value: str) -> str:
    """ "1/7/2026" → "2026-07-01"; anything else as it is."""
    match = _DATE.match(value)
    return f"{match[3]}-{int(match[2]):02}-{int(match[1]):02}" if match else value


def _first(row: Mapping[str, Any], names: Iterable[str]) -> str | None:
    return next((str(row[name]) for name in names if row.get(name) not in (None, "")), None)


def read_mapping(path: Path) -> RowMapping:
    """Read a declared mapping. SourceError names what is wrong."""
    try:
        said = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506 (makes strings only)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SourceError(path, f"không đọc được: {error}") from error
    known = {*_MAPPED, *_MAPPED_DATES, "text", "sections"}
    if not isinstance(said, dict) or not set(said) <= known:
        raise SourceError(path, f"chỉ có thể ghi {', '.join(sorted(known))}")
    text, sections = said.pop("text", []), said.pop("sections", {})
    text = [text] if isinstance(text, str) else text
    flat = [*said.values(), *text, *(sections.items() if isinstance(sections, dict) else [None])]
    if not all(isinstance(each, (str, tuple)) for each in flat):
        raise SourceError(path, "mỗi dòng phải là 'tên: trường của hàng' (sections: 'trường: đề mục')")
    if "id" not in said or not (text or sections):
        raise SourceError(path, "cần id, và text hoặc sections")
    return RowMapping(said, tuple(text), sections)
