"""Rows of codified law (Bộ pháp điển): one article a row, and the articles that are glued to the end of another."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from retrieval.records import Document, Section
from retrieval.sources.law import article_clauses, reads_as_text
from retrieval.text import normalise

_FIELDS = ("_id", "doc_kind", "doc_no", "article", "pd_id", "text")
_KINDS = (
    "Bộ luật|Luật|Pháp lệnh|Nghị quyết liên tịch|Nghị quyết|Nghị định|Quyết định|Thông tư liên tịch|Thông tư|Chỉ thị"
)
_DATE = r"\d{1,2}/\d{1,2}/\d{4}"
# Some numbers are printed with a space at a dash: "05/2019/TTLT-BCA- BQP".
_NUMBER = (
    r"\d{1,5}[a-z]?(?: ?/ ?(?:19|20)\d\d)? ?[/-] ?[A-ZĐƯ][A-ZĐƯ&]*+g?\d{0,2}"
    r"(?: ?[-–/] ?[A-ZĐƯ][A-ZĐƯ&]++g?\d{0,2})*+(?!\w)"
)
# "Điều 1.11.NĐ.1.2. Giải thích từ ngữ", and below it in brackets which article of what this is.
_HEAD = re.compile(r"Điều \d+\.\d+\.[A-ZĐ]{1,2}(?:\.\d+)+[a-zđ]?\. ?(?P<name>[^\n]{0,700})\n+(?=\()")
_SOURCE = re.compile(
    rf"\(+Điều (?P<article>\d+[a-zđ]?) (?P<kind>{_KINDS}) số (?P<number>{_NUMBER})(?P<named>.*?), (?=có hiệu lực)", re.S
)
_IN_FORCE = re.compile(rf"có hiệu lực(?: thi hành)? (?:kể )?từ(?: ngày)? ({_DATE})")
_ISSUED = re.compile(rf".*ngày (?P<issued>{_DATE}) của (?P<issuer>[^()]{{3,250}}?),?\s*$", re.S)
_LINKED = re.compile(r"\((?:Điều|Chương|Mục|Tiểu mục|Phần|Phụ lục) này có nội dung liên quan đến")
_AFTER_LINKED = re.compile(r" *(?:\Z|\n|Điều \d|Chương |Mục |Tiểu mục |Phần |Phụ lục )")
_LIST_OF_IDS = re.compile(r"^## Danh sách điều khoản", re.M)
_MARKDOWN_HEADING = re.compile(r"^#{1,6} *", re.M)
_LINK = re.compile(r"\[([^\[\]\n]*)\]\(https?://[^)\s]*\)")
_FOOTNOTE = re.compile(r"\[{1,2}\d+\]{1,2}\(#[^)\s]*\)")
_ASTERISKS = re.compile(r"(?P<kept>\(\*+\)|(?<=\d)\*(?=\d))|(?P<alone>(?<!\S)\*(?=\s\S))|\*+")
_FILE = re.compile(r"\S.{0,250}[\w).]\.(?:docx?|pdf|xlsx?|pptx?|rar|zip|jpe?g|png|tiff?)", re.I)
_FILE_LABEL = re.compile(r"(?:Phụ lục|PHỤ LỤC|Phu luc|Mẫu|Mau|Biểu|Bieu)[^.;:]{0,90}")
_CHAPTER = re.compile(
    r"(?P<before>.*[.;:)”…]|)(?:Phần (?:thứ \w+|[IVX]+)|Chương (?:[IVXLC]+|\d+)|(?:Tiểu m|M)ục (?:\d+|[IVX]+|[A-Z]))"
    r"[a-zđ]?[.:]?(?: (?P<name>.*))?"
)
_PLAIN_HEAD = re.compile(r"^[ĐÐ]iều (?P<number>\d{1,4})(?P<letter>[a-zđ]?)\. ?(?P<name>.*)$", re.M)
_NAMES_NO_ISSUER = re.compile(r"(?:-|/(?:\d*|N|NĐ|NQ|QĐ|TT|TTLT|CT|PL)|^[^/]*/\d+)$")
_SHORTENED = re.compile(r"(Q[ĐD]|CT)-TT$")
# Brackets longer than this are no note. Years between an instrument and its effect that are believed: a law may wait.
_NOTE, _WAIT, _WAIT_OF_LAW = 20_000, 2, 6

_ISSUERS = {
    "CP": "Chính phủ",
    "TTg": "Thủ tướng Chính phủ",
    "HĐTP": "Hội đồng Thẩm phán Tòa án nhân dân tối cao",
    "BCA": "Bộ Công an",
    "BCT": "Bộ Công Thương",
    "BGDĐT": "Bộ Giáo dục và Đào tạo",
    "BGTVT": "Bộ Giao thông vận tải",
    "BKHCN": "Bộ Khoa học và Công nghệ",
    "BKHĐT": "Bộ Kế hoạch và Đầu tư",
    "BLĐTBXH": "Bộ Lao động - Thương binh và Xã hội",
    "BNG": "Bộ Ngoại giao",
    "BNN": "Bộ Nông nghiệp và Phát triển nông thôn",
    "BNNPTNT": "Bộ Nông nghiệp và Phát triển nông thôn",
    "BNV": "Bộ Nội vụ",
    "BQP": "Bộ Quốc phòng",
    "BTC": "Bộ Tài chính",
    "BTNMT": "Bộ Tài nguyên và Môi trường",
    "BTP": "Bộ Tư pháp",
    "BTTTT": "Bộ Thông tin và Truyền thông",
    "BVHTTDL": "Bộ Văn hóa, Thể thao và Du lịch",
    "BXD": "Bộ Xây dựng",
    "BYT": "Bộ Y tế",
    "NHNN": "Ngân hàng Nhà nước Việt Nam",
    "TANDTC": "Tòa án nhân dân tối cao",
    "TTCP": "Thanh tra Chính phủ",
    "VKSNDTC": "Viện kiểm sát nhân dân tối cao",
    "VPCP": "Văn phòng Chính phủ",
}


@dataclass(frozen=True, slots=True)
class Codified:
    """What a row gives: the article that it is of, then those that were glued to its end, each under its own number.

    A glued article comes first only where the row's own has no text. Where a row has the id of a glued article, that
    row is the one to keep.
    """

    documents: tuple[Document, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Article:
    """An article as the source has it. `number`, `issued`, `effective`, `amended_by`: of the instrument it is of."""

    article: str
    kind: str
    number: str
    name: str
    text: str
    effective: str | None = None
    issued: str | None = None
    issuer: str | None = None
    amended_by: str | None = None


def is_codified(row: Mapping[str, Any]) -> bool:
    """Whether a row is an article of codified law."""
    return all(isinstance(row.get(name), str) and row[name] for name in _FIELDS)


def read_codified(row: Mapping[str, Any]) -> Codified:
    """The articles of a row of codified law. The warnings say what was left out, and what is not known of one."""
    text = _without_notes(_plain(row["text"]))
    name, theme = _plain(str(row.get("title") or "")), normalise(str(row.get("de_muc") or ""))
    own = _Article(row["article"], row["doc_kind"], row["doc_no"], name, "", str(row.get("effective") or "") or None)
    articles, warnings = _unglued(own, text)
    documents: list[Document] = []
    for n, article in enumerate(articles):
        document, problems = _document(article, None if n else row["_id"], theme)
        documents += [document] if document else []
        warnings += problems
    return Codified(tuple(documents), tuple(f"{row['_id']}: {warning}" for warning in warnings))


# What is not text of the law


def _plain(text: str) -> str:
    """Text without the marks of the page that it was taken from, normalised."""
    text = html.unescape(text) if "&" in text else text
    listed = _LIST_OF_IDS.search(text)
    text = text[: listed.start()] if listed else text
    if "#" in text:
        text = _MARKDOWN_HEADING.sub("", text)
    if "](" in text:
        text = _LINK.sub(r"\1", _FOOTNOTE.sub("", text))
    if "*" in text:
        text = "\n".join(map(_without_emphasis, text.split("\n")))
    return normalise(text)


def _without_emphasis(line: str) -> str:
    """A line without the asterisks of bold and italics; those of a list, of formulas and in "(*)" stay."""
    odd = sum(not (match["kept"] or match["alone"]) for match in _ASTERISKS.finditer(line)) % 2
    return _ASTERISKS.sub(lambda match: match.group() if match["kept"] or (match["alone"] and not odd) else "", line)


def _without_notes(text: str) -> str:
    """Text without "(Điều này có nội dung liên quan đến …)"."""
    pieces, at = [], 0
    for match in _LINKED.finditer(text):
        if match.start() < at:
            continue
        pieces.append(text[at : match.start()])
        at = _closing(text, match.start())
        head = _HEAD.search(text, match.end(), at)
        if head is None and not _AFTER_LINKED.match(text, at):
            head, at = _HEAD.search(text, at), len(text)
        at = head.start() if head else at  # where a bracket is missing, another article ends the note
    return "".join([*pieces, text[at:]]).strip()


def _closing(text: str, opening: int) -> int:
    """The place after the bracket that closes the one at `opening`; the end of the text if there is none near."""
    depth = 0
    for match in re.compile(r"[()]").finditer(text, opening, opening + _NOTE):
        depth += 1 if match.group() == "(" else -1
        if depth == 0:
            return match.end()
    return len(text)


def _without_tail(text: str) -> str:
    """Text without the names of attached files, and without the heading of the next chapter at its end."""
    lines = text.split("\n")
    files = [n for n, line in enumerate(lines) if _FILE.fullmatch(line)]
    if files:
        last = files[-1] + 1
        while last < len(lines) and _FILE_LABEL.fullmatch(lines[last]):
            last += 1
        while files[0] and _FILE_LABEL.fullmatch(lines[files[0] - 1]) and last == len(lines):
            files.insert(0, files[0] - 1)
        lines = [line for n, line in enumerate(lines[:last]) if n not in files] + lines[last:]
    while (shorter := _without_chapter(lines)) != lines:
        lines = shorter
    return "\n".join(lines).strip()


def _without_chapter(lines: list[str]) -> list[str]:
    n = len(lines)
    while n and len(lines) - n < 5 and _is_capital(lines[n - 1]):
        n -= 1
    match = _CHAPTER.fullmatch(lines[n - 1]) if n else None
    if match is None or not _is_capital(match["name"] or ""):
        return lines
    return [*lines[: n - 1], *filter(None, [match["before"]])]


def _is_capital(line: str) -> bool:
    return line == line.upper()


# Which article is whose


def _unglued(own: _Article, text: str) -> tuple[list[_Article], list[str]]:
    """The articles in a row's text, each with its own words; and what had to be left out."""
    heads = list(_HEAD.finditer(text))
    starts = [head.start() for head in heads] + [len(text)]
    articles = list(_apart(_with_lost_head(replace(own, text=text[: starts[0]].strip()))))
    left_out = []
    for head, end in zip(heads, starts[1:], strict=True):
        article = _glued(head["name"], text[head.end() : end])
        if article:
            articles += _apart(article)
        else:
            left_out.append(f"bỏ phần dính ở cuối, vì không rõ là điều của văn bản nào: “{head.group()[:120].strip()}”")
    return articles, left_out


def _glued(name: str, text: str) -> _Article | None:
    """A glued article, whose text begins with its source in brackets; None if that does not tell whose it is."""
    end = _closing(text, 0)
    source = _SOURCE.match(text, 0, end)
    effective = _IN_FORCE.match(text, source.end(), end) if source else None
    if source is None or effective is None:
        return None
    amended_by = re.findall(rf" số ({_NUMBER})", text[effective.end() : end])
    return _Article(
        source["article"],
        source["kind"],
        source["number"].replace(" ", ""),
        name.strip(),
        text[end:].strip(),
        effective[1],
        amended_by=", ".join(dict.fromkeys(number.replace(" ", "") for number in amended_by)) or None,
        **_issued(source["named"]),
    )


def _issued(words: str) -> dict[str, str]:
    """When an instrument was issued and by whom, if the words before its effect end in that."""
    match = _ISSUED.match(words[-2000:])
    return {"issued": match["issued"], "issuer": " ".join(match["issuer"].split())} if match else {}


def _with_lost_head(own: _Article) -> _Article:
    """A row without a date has the rest of its source, and the date, at the beginning of its text."""
    effective = _IN_FORCE.search(own.text, 0, 2000) if own.effective is None else None
    issued = _issued(own.text[: effective.start()]) if effective else {}
    if effective is None or not issued:
        return own
    end = own.text.find(")", effective.end())
    return replace(own, text=own.text[end + 1 :].strip(), effective=effective[1], **issued) if end >= 0 else own


def _apart(article: _Article) -> Iterator[_Article]:
    """An article, and those that follow it in its text under plain headings ("Điều 41a. Quỹ")."""
    text, begins, at, open_quotes = article.text, 0, 0, 0
    for match in _PLAIN_HEAD.finditer(text):
        open_quotes += text.count("“", at, match.start()) - text.count("”", at, match.start())
        at = match.start()
        before = text[max(0, at - 3) : at].rstrip()
        number = match["number"] + match["letter"]
        if number == article.article and not before:
            article, begins = replace(article, name=match["name"] or article.name), match.end()
        elif before and before[-1] != ":" and open_quotes <= 0 and _comes_next(article.article, match):
            yield replace(article, text=text[begins:at].strip())
            article, begins = replace(article, article=number, name=match["name"]), match.end()
    yield replace(article, text=text[begins:].strip())


def _comes_next(article: str, head: re.Match[str]) -> bool:
    figure = re.match(r"\d{0,6}", article)
    last = article[len(figure.group()) :] if figure else ""
    if figure is None or not figure.group():
        return False
    if head["letter"]:
        alphabet = "abcdđeghiklmnopqrstuvxy"
        return head["number"] == figure.group() and alphabet.find(head["letter"]) == alphabet.find(last or " ") + 1
    return int(head["number"]) == int(figure.group()) + 1


# Documents


def _document(article: _Article, identity: str | None, theme: str) -> tuple[Document | None, list[str]]:
    """The document of an article; None if it has no text."""
    name, text = article.name, _without_tail(article.text)
    if not text and not (reads_as_text(name) or name.endswith(".") or "bãi bỏ" in name.lower()):
        return None, [f"Điều {article.article} trong nguồn chỉ có tên, không có nội dung; đã bỏ qua"]
    if not text or reads_as_text(name):
        name, text = "", f"{name}\n{text}".strip()
    heading = f"Điều {article.article}. {name.rstrip(' .')}" if name else f"Điều {article.article}"
    number = _SHORTENED.sub(lambda match: f"{match[1].replace('D', 'Đ')}-TTg", article.number)
    problems = []
    if _is_of_another(article.kind, number):
        problems.append(f"số “{number}” không phải của {article.kind.lower()}; trích dẫn sẽ không có số")
    if _NAMES_NO_ISSUER.search(number):
        problems.append(f"số văn bản trong nguồn ghi thiếu (“{number}”); trích dẫn sẽ không có số")
    known = not problems
    effective = _iso(article.effective) if _is_likely(article.effective, number) else None
    if article.effective and effective is None:
        problems.append(f"ngày có hiệu lực “{article.effective}” không hợp với văn bản {number}; đã để trống")
    document = Document(
        identity or f"{number}@{article.article}",
        f"{article.kind}{f' số {number}' if known else ''}{f' (lĩnh vực {theme})' if theme else ''}",
        text,
        (Section((heading,), 0, len(text)),),
        kind=article.kind,
        number=number if known else None,
        issuer=(_issuer(article.kind, number) if known else None) or article.issuer,
        source=f"Bộ pháp điển, đề mục {theme}" if theme else "Bộ pháp điển",
        issued=_iso(article.issued),
        effective_from=effective,
        amended_by=article.amended_by,
        clauses=article_clauses(text),
    )
    return document, problems


def _is_of_another(kind: str, number: str) -> bool:
    """Whether a number says that it is of another kind of instrument: the source names one within its own name."""
    said = re.search(r"/(NĐ|QĐ|CT|PL)-", number)
    return (
        said is not None
        and kind != {"NĐ": "Nghị định", "QĐ": "Quyết định", "CT": "Chỉ thị", "PL": "Pháp lệnh"}[said[1]]
    )


def _issuer(kind: str, number: str) -> str | None:
    """Who issued an instrument, if its kind or number says it for sure."""
    ending = re.split(r"[/-]", number)[-1]
    if kind in ("Luật", "Bộ luật") or re.fullmatch(r"QH\d+", ending):
        return "Quốc hội"
    if kind == "Pháp lệnh" or re.fullmatch(r"UBTVQH\d+", ending):
        return "Ủy ban Thường vụ Quốc hội"
    if "liên tịch" not in kind:
        return _ISSUERS.get(ending)
    joint = [_ISSUERS.get(part) for part in re.split(r"[/-]", re.split(r"(?:TTLT|NQLT)[/-]", number)[-1])]
    return "; ".join(map(str, joint)) if all(joint) else None


def _iso(day: str | None) -> str | None:
    """ "01/07/2023" as 2023-07-01; None if there is no such day."""
    try:
        figures = [int(figure) for figure in (day or "").split("/")]
        return date(figures[2], figures[1], figures[0]).isoformat() if len(figures) == 3 else None
    except ValueError:
        return None


def _is_likely(effective: str | None, number: str) -> bool:
    """Whether an instrument of that number can be in force from that day on."""
    year, begins = re.search(r"/((?:19|20)\d\d)/", number), _iso(effective)
    if year is None or begins is None:
        return begins is not None
    waits = int(begins[:4]) - int(year[1])
    return 0 <= waits <= (_WAIT_OF_LAW if re.search(r"QH\d+$", number) else _WAIT)
