"""Articles of law asked for by their number: "Điều 79 Nghị định 224/2026 quy định gì?", "khoản 4 điều 79"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from retrieval.clauses import span_of
from retrieval.index import Index
from retrieval.records import PATH, Document, Passage
from retrieval.text import new_tone_marks, strip_diacritics, words

_ARTICLE = re.compile(
    r"(?:\bđiểm (?P<point>[a-zđ]),? )?(?:\bkhoản (?P<khoan>\d+),? )?(?<!tài )\bđiều (?P<article>\d+[a-zđ]?)\b"
    r"(?:,? khoản (?P<khoan2>\d+)\b)?(?:,? điểm (?P<point2>[a-zđ])\b)?"
)
# What the number of an instrument of a kind holds.
_MARKS = {
    "bộ luật": "QH",
    "luật": "QH",
    "nghị định": "NĐ",
    "nghị quyết": "NQ",
    "thông tư": "TT",
    "quyết định": "QĐ",
    "chỉ thị": "CT",
    "pháp lệnh": "PL",
}
_INSTRUMENT = re.compile(
    rf"\b(?P<kind>{'|'.join(_MARKS)})(?: số)? (?P<number>\d+)(?:/(?P<year>\d{{4}}))?(?:[/-][\w/-]+)?"
    r"(?: (?:năm )?(?P<year2>(?:19|20)\d\d)\b)?"
)
# With no other word beside them, the text of the article is what is asked for.
_ASKING = frozenset(
    "nói gì về quy định là nội dung của trong thuộc tại thế nào ra sao cho xem hỏi xin trích đọc giùm giúp tôi em cháu "
    "với ạ như những có thì ghi viết à đi nhé toàn văn nguyên mình muốn biết cụ này ở hãy dùm bạn ơi dạ vậy".split()
)


@dataclass(frozen=True, slots=True)
class ArticleName:
    """ "Điều 79", within it "khoản 4, điểm b" or nothing, and the instrument that it is of, if the question says."""

    article: str
    clause: str = ""
    kind: str = ""
    number: str = ""
    year: str = ""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A span of a passage: what an article, or a clause of it, says."""

    passage: Passage
    start: int
    end: int


def article_asked(question: str) -> ArticleName | None:
    """The article whose text a question, with its diacritics, asks for; None if it asks for anything else."""
    text = new_tone_marks(question.lower())
    found = _ARTICLE.search(text)
    if found is None:
        return None
    rest = f"{text[: found.start()]} {text[found.end() :]}"
    instrument = _INSTRUMENT.search(rest)
    if instrument:
        rest = f"{rest[: instrument.start()]} {rest[instrument.end() :]}"
    if not _ASKING.issuperset(words(rest)):
        return None
    khoan, point = found["khoan"] or found["khoan2"], found["point"] or found["point2"]
    clause = ", ".join(filter(None, (khoan and f"khoản {khoan}", point and f"điểm {point}")))
    if instrument is None:
        return ArticleName(found["article"], clause)
    year = instrument["year"] or instrument["year2"] or ""
    return ArticleName(found["article"], clause, instrument["kind"], instrument["number"], year)


def bears(name: ArticleName, section: str) -> bool:
    """Whether headings end with an article: "Chương I › Điều 79. Tổ công nghệ số cộng đồng"."""
    return bool(re.match(rf"Điều {name.article}(?!\w)", section.rsplit(PATH, 1)[-1]))


def named_documents(index: Index, name: ArticleName) -> list[Document]:
    """The documents that are the named instrument, or parts of it."""
    return [document for document in index.documents.values() if _is_named(name, document)]


def excerpts(index: Index, name: ArticleName, document: Document) -> list[Excerpt]:
    """What the article says in a document, in its order; of the clause alone, if it stands there."""
    passages = (index.passages[row] for row in index.rows_of(document.id))
    own = [passage for passage in passages if bears(name, passage.section)]
    spans = ((passage, span_of(passage, name.clause)) for passage in own if name.clause)
    of_clause = [Excerpt(passage, *span) for passage, span in spans if span]
    return of_clause or [Excerpt(passage, 0, len(passage.text)) for passage in own]


def asked_of(name: ArticleName, document: Document) -> str:
    """The question for this article of one instrument: "Khoản 4 Điều 79 Nghị định 224/2026/NĐ-CP"."""
    number = document.number or ""
    kind = next((kind for kind, mark in _MARKS.items() if mark in number and kind != "bộ luật"), "văn bản")
    point, _, khoan = ", ".join(reversed(name.clause.split(", "))).rpartition("khoản ")
    clause = f"{point.replace(', ', ' ')}khoản {khoan} " if name.clause else ""
    asked = f"{clause}Điều {name.article} {kind.capitalize()} {number}"
    return asked[:1].upper() + asked[1:]


def _is_named(name: ArticleName, document: Document) -> bool:
    if document.number:
        number = document.number.replace("–", "-").upper()
        wanted = rf"0*{name.number}(?!\d)" + (rf"/{name.year}\b" if name.year else "")
        return bool(re.match(wanted, number)) and _MARKS[name.kind] in number
    # Its number is not confirmed yet, but its title or its file's name says it.
    called = strip_diacritics(f"{document.title} {document.id}".lower()).replace("-", " ")
    said = rf"\b{strip_diacritics(name.kind)}(?: so)? 0*{name.number}(?!\d)"
    return name.year in called and bool(re.search(said, called))
