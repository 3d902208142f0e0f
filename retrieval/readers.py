"""Read documents from files and folders: md, html, txt, json, jsonl, each also gzipped."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from retrieval.errors import DuplicateIdError, EmptySourceError, SourceError
from retrieval.places import main_province
from retrieval.records import ARTICLE_FIELDS, Document, Section, is_date
from retrieval.text import normalise

# What the assistant knows as it ships, from the root of the project.
KNOWLEDGE = (Path("data/documents"), Path("data/procedures"))
REQUIRED_FIELDS = ("id", "title", "kind", "issuer", "source", "issued", "checked_on")
DATE_FIELDS = ("issued", "effective_from", "effective_to", "checked_on")
_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)\n---[ \t]*(?:\n|\Z)", re.S)
_HEADING = re.compile(r"^(#{1,6}) +(.+?) *#*$", re.M)
# Field names of the sources met so far, besides our own: BEIR, the national portal's procedures, codified law.
_ID_FIELDS = ("_id", "id", "ma_thu_tuc")
_TITLE_FIELDS = ("title", "ten_thu_tuc", "question")
_TEXT_FIELDS = ("text", "body", "content", "answer")
_OTHER_FIELDS = {
    "url": ("url", "detail_url"),
    "number": ("number", "doc_no", "so_quyet_dinh"),
    "issuer": ("issuer", "co_quan_co_tham_quyen"),
    "kind": ("kind", "doc_kind"),
}
# The national portal's export of procedures: what people need of a record, in the order in which they need it.
_PROCEDURE_FACTS = {
    "ket_qua_xu_ly": "Kết quả",
    "linh_vuc": "Lĩnh vực",
    "doi_tuong_thuc_hien": "Đối tượng",
    "co_quan_thuc_hien": "Cơ quan thực hiện",
}
_PROCEDURE_SECTIONS = {
    "cach_thuc_thuc_hien": "Cách thức thực hiện, thời hạn, lệ phí",
    "thanh_phan_ho_so": "Thành phần hồ sơ",
    "trinh_tu_thuc_hien": "Trình tự thực hiện",
    "yeu_cau_dieu_kien": "Yêu cầu, điều kiện",
    "can_cu_phap_ly": "Căn cứ pháp lý",
}
_SAYS_NOTHING = ("", "Không có thông tin")


@dataclass
class ReadReport:
    """What reading gave: documents, and each file that was left out with the reason."""

    documents: list[Document] = field(default_factory=list)
    problems: list[SourceError] = field(default_factory=list)


def read_sources(sources: list[Path], strict: bool = False) -> ReadReport:
    """Read every document under `sources` (files or folders), in a stable order.

    With `strict` each Markdown file must carry complete front matter. A file that cannot be read is reported in
    `problems` and does not stop the rest; the caller decides whether that is fatal. EmptySourceError if nothing was
    found at all.
    """
    report = ReadReport()
    seen: dict[str, Path] = {}
    for path in _files(sources):
        try:
            documents = _read_file(path, strict)
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
        raise EmptySourceError(
            f"Không có tài liệu nào trong: {names} (đọc được {', '.join(sorted(_READERS))}, kèm .gz)"
        )
    return report


def _files(sources: list[Path]) -> Iterator[Path]:
    for source in sources:
        if not source.exists():
            raise EmptySourceError(f"Không tìm thấy nguồn: {source}")
        if source.is_file():
            yield source
            continue
        files = (path for path in sorted(source.rglob("*")) if path.is_file())
        yield from (path for path in files if _ending(path) in _READERS and not path.name.startswith("."))


def _ending(path: Path) -> str:
    return Path(path.name.removesuffix(".gz")).suffix.lower().lstrip(".")


def _read_file(path: Path, strict: bool) -> list[Document]:
    reader = _READERS.get(_ending(path))
    if reader is None:
        raise SourceError(path, f"không đọc được loại tệp này (đọc được: {', '.join(sorted(_READERS))})")
    try:
        raw = path.read_bytes()
        if path.name.endswith(".gz"):
            raw = gzip.decompress(raw)
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceError(path, f"không phải chữ UTF-8 (byte thứ {error.start}); hãy lưu lại bằng UTF-8") from error
    except (OSError, EOFError, zlib.error) as error:
        raise SourceError(path, f"không mở được: {error}") from error
    if not text.strip():
        raise SourceError(path, "tệp rỗng")
    if "\x00" in text:
        raise SourceError(path, "tệp có byte 0, không phải tệp chữ")
    return reader(path, text, strict)


def _stem(path: Path) -> str:
    return Path(path.name.removesuffix(".gz")).stem


def _read_markdown(path: Path, text: str, strict: bool) -> list[Document]:
    text = text.replace("\r\n", "\n")
    match = _FRONT_MATTER.match(text)
    if match is None:
        if strict:
            raise SourceError(path, "thiếu phần đầu (front matter) giữa hai dòng ---")
        return [_markdown_document(_stem(path), None, text, {})]
    try:
        # The plain loader would turn dates into objects and refuse what is not one; we want to say why ourselves.
        front = yaml.load(match.group(1), Loader=yaml.BaseLoader)  # noqa: S506  (makes strings only)
    except yaml.YAMLError as error:
        raise SourceError(path, f"phần đầu không đúng YAML: {error}") from error
    if not isinstance(front, dict):
        raise SourceError(path, "phần đầu phải là các dòng 'tên: giá trị'")
    front = {key: _none_if_empty(value) for key, value in front.items()}
    if strict:
        _check_front_matter(path, front)
    document = _markdown_document(front.get("id") or _stem(path), front.get("title"), text[match.end() :], front)
    if strict:
        _check_headings(path, document, front.get("articles") or {})
        if not document.text:
            raise SourceError(path, "không có nội dung dưới phần đầu")
    return [document]


def _none_if_empty(value: Any) -> Any:
    return None if value in ("", "null", "~") else value


def _check_front_matter(path: Path, front: dict[str, Any]) -> None:
    for name in REQUIRED_FIELDS:
        if not front.get(name):
            raise SourceError(path, "thiếu hoặc để trống", name)
    for name in DATE_FIELDS:
        value = front.get(name)
        if value is not None and not is_date(value):
            raise SourceError(path, f"'{value}' không phải ngày (viết 2026-07-01, 2026-07 hoặc 2026)", name)
    url = front.get("url")
    if url is not None and not re.match(r"https?://\S+$", str(url)):
        raise SourceError(path, f"'{url}' không phải địa chỉ http(s)", "url")
    topics = front.get("topics")
    if topics is not None and not (isinstance(topics, dict) and all(isinstance(v, str) for v in topics.values())):
        raise SourceError(path, "phải là các dòng 'chủ đề: tên đề mục'", "topics")
    asked_as = front.get("asked_as")
    if asked_as is not None and not (
        isinstance(asked_as, list) and all(isinstance(p, str) and p.strip() for p in asked_as)
    ):
        raise SourceError(path, "phải là danh sách các câu bà con hay hỏi", "asked_as")
    _check_articles(path, front.get("articles"))
    if front["id"] != _stem(path):
        raise SourceError(path, f"'{front['id']}' phải giống tên tệp", "id")


def _check_articles(path: Path, articles: Any) -> None:
    if articles is None:
        return
    if not isinstance(articles, dict) or not all(isinstance(own, dict) for own in articles.values()):
        raise SourceError(path, "phải là các dòng 'đề mục: {tên: giá trị}'", "articles")
    for heading, own in articles.items():
        for name, value in own.items():
            if name not in ARTICLE_FIELDS:
                raise SourceError(path, f"'{heading}': chỉ có thể ghi {', '.join(ARTICLE_FIELDS)}", "articles")
            if not isinstance(value, str) or (name in DATE_FIELDS and not is_date(value)):
                raise SourceError(path, f"'{heading}': {name} '{value}' không đúng", "articles")


def _check_headings(path: Path, document: Document, articles: dict[str, Any]) -> None:
    headings = [section.path[-1] for section in document.sections if section.path]
    for topic, heading in document.topics.items():
        if headings.count(heading) != 1:
            raise SourceError(path, f"chủ đề '{topic}' cần đúng một đề mục tên '{heading}'", "topics")
    for heading in articles:
        if normalise(heading) not in document.articles:
            raise SourceError(path, f"không có đề mục '{heading}'", "articles")


def _markdown_document(identity: str, title: str | None, body: str, front: dict[str, Any]) -> Document:
    text = normalise(body)
    sections = _sections(text)
    if title is None:
        title = sections[0].path[0] if sections and sections[0].path else _first_line(text)
    dates = {name: front[name] for name in DATE_FIELDS if is_date(front.get(name))}
    plain = ("kind", "number", "issuer", "source", "province", "replaced_by", "amended_by", "url")
    topics, audience, asked_as = front.get("topics"), front.get("audience"), front.get("asked_as")
    known = {name: normalise(front[name]) for name in plain if isinstance(front.get(name), str)}
    if "province" not in front and (province := main_province(str(title), text)):
        known["province"] = province
    return Document(
        id=str(identity),
        title=normalise(str(title)),
        text=text,
        sections=sections,
        **known,
        **dates,
        topics={key: normalise(value) for key, value in topics.items()} if isinstance(topics, dict) else {},
        audience=tuple(audience) if isinstance(audience, list) else (),
        asked_as=tuple(normalise(phrase) for phrase in asked_as if isinstance(phrase, str))
        if isinstance(asked_as, list)
        else (),
        articles=_articles(front.get("articles"), sections),
    )


def _articles(articles: Any, sections: tuple[Section, ...]) -> dict[str, dict[str, str]]:
    """What front matter says of single headings; what is not so written is left out."""
    if not isinstance(articles, dict):
        return {}
    headings = {heading for section in sections for heading in section.path}
    said = {
        heading: own for heading, own in articles.items() if isinstance(own, dict) and normalise(heading) in headings
    }
    return {
        normalise(heading): {
            name: normalise(value)
            for name, value in own.items()
            if name in ARTICLE_FIELDS and isinstance(value, str) and (name not in DATE_FIELDS or is_date(value))
        }
        for heading, own in said.items()
    }


def _sections(text: str) -> tuple[Section, ...]:
    """Spans between headings, each with the headings above it; heading lines belong to no span."""
    sections: list[Section] = []
    path: list[tuple[int, str]] = []
    start = 0
    for match in _HEADING.finditer(text):
        sections.append(Section(tuple(name for _, name in path), start, match.start()))
        level = len(match.group(1))
        path = [*(entry for entry in path if entry[0] < level), (level, match.group(2))]
        start = match.end()
    sections.append(Section(tuple(name for _, name in path), start, len(text)))
    return tuple(section for section in sections if text[section.start : section.end].strip())


def _first_line(text: str) -> str:
    """The title of a text without one: its first line that looks like a sentence, not a rubric of one or two words."""
    lines = [line.strip() for line in text.split("\n") if line.strip()][:5]
    titles = [line for line in lines if 4 <= len(line.split()) <= 40 and not line.startswith("(")]
    return (titles or lines or ["Không có tiêu đề"])[0][:200]


def _read_text(path: Path, text: str, strict: bool) -> list[Document]:
    text = normalise(text)
    if not text:
        raise SourceError(path, "tệp không có chữ nào đọc được")
    title = _first_line(text)
    return [Document(_stem(path), title, text, (Section((), 0, len(text)),), province=main_province(title, text))]


def _read_html(path: Path, text: str, strict: bool) -> list[Document]:
    import trafilatura

    body = trafilatura.extract(text, output_format="markdown", include_comments=False, include_links=False)
    if not body or not body.strip():
        raise SourceError(path, "không tìm thấy nội dung bài viết trong trang HTML")
    known = trafilatura.extract_metadata(text)
    front = {"url": known.url} if known and known.url else {}
    return [_markdown_document(_stem(path), known.title if known else None, body, front)]


def _read_json(path: Path, text: str, strict: bool) -> list[Document]:
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise SourceError(path, f"JSON sai ở dòng {error.lineno}: {error.msg}") from error
    rows = data if isinstance(data, list) else [data]
    return [_row_document(path, f"phần tử {n}", row) for n, row in enumerate(rows, 1)]


def _read_json_lines(path: Path, text: str, strict: bool) -> list[Document]:
    documents = []
    for n, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            documents.append(_row_document(path, f"dòng {n}", json.loads(line)))
        except json.JSONDecodeError as error:
            raise SourceError(path, f"JSON sai ở dòng {n}: {error.msg}") from error
    return documents


def _row_document(path: Path, where: str, row: Any) -> Document:
    if not isinstance(row, dict):
        raise SourceError(path, f"{where}: mỗi dòng phải là một đối tượng JSON")
    identity, title = _first(row, _ID_FIELDS), _first(row, _TITLE_FIELDS)
    if identity is None:
        raise SourceError(path, f"{where}: thiếu mã", "id")
    if "ma_thu_tuc" in row and title and not {*_PROCEDURE_FACTS, *_PROCEDURE_SECTIONS}.isdisjoint(row):
        return _procedure(path, where, identity, title, row)
    used = {*_ID_FIELDS, *_TITLE_FIELDS, *(name for names in _OTHER_FIELDS.values() for name in names)}
    body = _first(row, _TEXT_FIELDS) or "\n\n".join(
        f"## {name.replace('_', ' ')}\n{value}"
        for name, value in row.items()
        if name not in used and isinstance(value, str) and value.strip()
    )
    if not body:
        raise SourceError(path, f"{where}: không có nội dung", "text")
    front = {name: _first(row, names) for name, names in _OTHER_FIELDS.items()}
    return _markdown_document(identity, title or "", body, {**row, **front})


def _procedure(path: Path, where: str, identity: str, title: str, row: dict[str, Any]) -> Document:
    # A result is followed by the search form of the page that it was taken from.
    values = {**row, "ket_qua_xu_ly": str(row.get("ket_qua_xu_ly") or "").split("Mã:")[0]}
    texts = {name: value.strip() for name, value in values.items() if isinstance(value, str)}
    told = {name: said for name, said in texts.items() if said not in _SAYS_NOTHING}
    facts = [f"{label}: {told[name]}" for name, label in _PROCEDURE_FACTS.items() if name in told]
    parts = [f"## {heading}\n{told[name]}" for name, heading in _PROCEDURE_SECTIONS.items() if name in told]
    body = "\n\n".join(["\n".join(facts), *parts])
    if not body:
        raise SourceError(path, f"{where}: không có nội dung", "text")
    front = {name: _first(row, names) for name, names in _OTHER_FIELDS.items()}
    issuer = told.get("co_quan_co_tham_quyen") or told.get("co_quan_thuc_hien", "").strip("- ") or front["issuer"]
    known = {**row, **front, "issuer": issuer, "kind": "Thủ tục hành chính", "province": None}
    return _markdown_document(identity, title, body, known)


def _first(row: dict[str, Any], names: tuple[str, ...]) -> str | None:
    return next((str(row[name]) for name in names if row.get(name) not in (None, "")), None)


_READERS: dict[str, Callable[[Path, str, bool], list[Document]]] = {
    "md": _read_markdown,
    "txt": _read_text,
    "html": _read_html,
    "htm": _read_html,
    "json": _read_json,
    "jsonl": _read_json_lines,
}
