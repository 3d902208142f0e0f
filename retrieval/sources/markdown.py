"""Markdown with front matter: how our own documents are written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from retrieval.errors import SourceError
from retrieval.places import main_province
from retrieval.records import ARTICLE_FIELDS, Document, Section, is_date
from retrieval.sources.files import stem
from retrieval.text import normalise

REQUIRED_FIELDS = ("id", "title", "kind", "issuer", "source", "issued", "checked_on")
DATE_FIELDS = ("issued", "effective_from", "effective_to", "checked_on")
_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)\n---[ \t]*(?:\n|\Z)", re.S)
_HEADING = re.compile(r"^(#{1,6}) +(.+?) *#*$", re.M)


def split_front_matter(path: Path, text: str) -> tuple[dict[str, Any] | None, str]:
    """The front matter of a Markdown text, None if it has none, and its body. SourceError if it is not right YAML."""
    text = text.replace("\r\n", "\n")
    match = _FRONT_MATTER.match(text)
    if match is None:
        return None, text
    try:
        # The plain loader would turn dates into objects and refuse what is not one; we want to say why ourselves.
        front = yaml.load(match.group(1), Loader=yaml.BaseLoader)  # noqa: S506  (makes strings only)
    except yaml.YAMLError as error:
        raise SourceError(path, f"phần đầu không đúng YAML: {error}") from error
    if not isinstance(front, dict):
        raise SourceError(path, "phần đầu phải là các dòng 'tên: giá trị'")
    return {key: _none_if_empty(value) for key, value in front.items()}, text[match.end() :]


def read_strict(path: Path, text: str) -> Document:
    """A document of our own. SourceError names the field that is missing or wrong."""
    front, body = split_front_matter(path, text)
    if front is None:
        raise SourceError(path, "thiếu phần đầu (front matter) giữa hai dòng ---")
    _check_front_matter(path, front)
    document = markdown_document(front["id"], front.get("title"), body, front)
    _check_headings(path, document, front.get("articles") or {})
    if not document.text:
        raise SourceError(path, "không có nội dung dưới phần đầu")
    return document


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
    if front["id"] != stem(path):
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


def markdown_document(identity: str, title: str | None, body: str, front: Mapping[str, Any]) -> Document:
    """A document of Markdown text; its title, unless it is given, is its first heading or else its first full line."""
    text = normalise(body)
    sections = markdown_sections(text)
    if title is None:
        title = sections[0].path[0] if sections and sections[0].path else first_line(text)
    dates = {name: front[name] for name in DATE_FIELDS if is_date(front.get(name))}
    plain = ("kind", "number", "issuer", "source", "province", "replaced_by", "amended_by", "url")
    topics, audience, asked_as = front.get("topics"), front.get("audience"), front.get("asked_as")
    known: dict[str, Any] = {name: normalise(front[name]) for name in plain if isinstance(front.get(name), str)}
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


def markdown_sections(text: str) -> tuple[Section, ...]:
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


def first_line(text: str) -> str:
    """The title of a text without one: its first line that looks like a sentence, not a rubric of one or two words."""
    lines = [line.strip() for line in text.split("\n") if line.strip()][:5]
    titles = [line for line in lines if 4 <= len(line.split()) <= 40 and not line.startswith("(")]
    return (titles or lines or ["Không có tiêu đề"])[0][:200]
