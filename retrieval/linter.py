"""Rules that documents must keep so that people can trust them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

from retrieval.readers import read_sources
from retrieval.records import Document, first_day, is_over, last_day
from retrieval.register import NUMBER, Register, read_list, read_register
from retrieval.text import sentence_spans, strip_diacritics, words

# A sentence that must be read aloud: words, without addresses and numbers of instruments.
LONGEST_SENTENCE = 60
LEAST_ASKED_AS = 8
_LONGEST_ASKED_AS = 30
# Share of a title's words in one way of asking, from which it is the title copied.
_COPIED = 0.9
_ADDRESS = re.compile(r"https?://\S+")
_DISTRICT_DESK = re.compile(
    r"\b(?:đến|tới|nộp|gửi|hỏi|gặp|liên hệ|mang)\b[^.;]{0,60}?\b(?:huyện|quận|thị xã)\b"
    r"|\b(?:tại|ở)\b[^.;]{0,40}?"
    r"\b(?:ủy ban nhân dân|ubnd|công an|bộ phận một cửa|phòng [\w ]{2,30}?|chi nhánh[\w ]{0,30}?) (?:cấp )?"
    r"(?:huyện|quận|thị xã)\b",
    re.IGNORECASE,
)
_OVER = re.compile(
    r"\b(?:không (?:còn|đến)|kết thúc|bãi bỏ|giải thể|trước đây|trước ngày|cũ|hết hiệu lực|thay (?:thế|cho)|được thay|"
    r"thay từ|thay luật|thay nghị định|đã thay|sửa đổi|chuyển tiếp|đến hết|chưa có nguồn|"
    r"năm (?:19|20)[01]\d|theo dữ liệu)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, and where."""

    document: str
    rule: str
    what: str

    def __str__(self) -> str:
        return f"{self.document}: [{self.rule}] {self.what}"


def lint(sources: Sequence[Path], register: Path, domains: Path, today: date) -> list[Finding]:
    """Every breach of a rule in the documents under `sources`. SourceError if register or domains cannot be read."""
    known, allowed = read_register(register), frozenset(map(str, read_list(domains, "tên miền")))
    report = read_sources(list(sources), strict=True)
    found = [Finding(Path(problem.path).stem, "front-matter", str(problem)) for problem in report.problems]
    for source in sources:
        for path in sorted(source.rglob("*.md")) if source.is_dir() else [source]:
            found += _raw(path)
    for document in report.documents:
        found += _metadata(document, allowed, today)
        found += _sentences(document, known, today)
        found += _asked_as(document)
    return found


def _raw(path: Path) -> Iterator[Finding]:
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        return  # reading has said so
    if not unicodedata.is_normalized("NFC", text):
        yield Finding(path.stem, "nfc", "chữ chưa ở dạng NFC")
    if "\r" in text:
        yield Finding(path.stem, "line-ends", "dòng phải kết thúc bằng LF")


def _metadata(document: Document, allowed: frozenset[str], today: date) -> Iterator[Finding]:
    checked = document.checked_on
    if checked and first_day(checked) > today:
        yield Finding(document.id, "dates", f"checked_on {checked} ở tương lai")
    if document.issued and checked and first_day(document.issued) > last_day(checked):
        yield Finding(document.id, "dates", f"issued {document.issued} sau checked_on {checked}")
    begin, end = document.effective_from, document.effective_to
    if begin and end and last_day(end) < first_day(begin):
        yield Finding(document.id, "dates", f"effective_to {end} trước effective_from {begin}")
    if document.replaced_by and not end:
        yield Finding(document.id, "dates", "có replaced_by nhưng thiếu effective_to")
    for address in (document.url or "", *_ADDRESS.findall(document.source or "")):
        host = _host(address)
        if host and not any(host == domain or host.endswith(f".{domain}") for domain in allowed):
            yield Finding(document.id, "domain", f"'{host}' không có trong danh sách nguồn được dùng")


def _host(address: str) -> str:
    try:
        return (urlsplit(address.rstrip('.,;:)]”"')).hostname or "").removeprefix("www.")
    except ValueError:
        return address


def sends_to_district(sentence: str) -> bool:
    """Whether a sentence sends people to an office of the district level, which ended on 1 July 2025."""
    return bool(_DISTRICT_DESK.search(sentence)) and not _OVER.search(sentence)


def _sentences(document: Document, register: Register, today: date) -> Iterator[Finding]:
    # A document about the past may speak of what has lapsed; it is labelled as a whole.
    past = is_over(document.effective_to, today)
    for section in document.sections:
        part = document.text[section.start : section.end]
        for start, end in sentence_spans(part):
            sentence = part[start:end]
            length = len(words(NUMBER.sub("", _ADDRESS.sub("", sentence))))
            if length > LONGEST_SENTENCE:
                yield Finding(document.id, "long-sentence", f"{length} tiếng: {sentence[:80]}…")
            if not past and sends_to_district(sentence):
                yield Finding(document.id, "district", f"chỉ bà con đến cấp huyện: {sentence[:120]}")
            for number in NUMBER.findall(sentence):
                instrument = register.find(number)
                if instrument is None:
                    yield Finding(document.id, "unknown-instrument", f"{number} chưa có trong danh mục văn bản")
                elif instrument.has_lapsed(today) and not past and not _OVER.search(sentence):
                    yield Finding(document.id, "lapsed", f"{number} đã hết hiệu lực: {sentence[:120]}")
    for number in NUMBER.findall(document.number or ""):
        if register.find(number) is None:
            yield Finding(document.id, "unknown-instrument", f"{number} chưa có trong danh mục văn bản")


def _asked_as(document: Document) -> Iterator[Finding]:
    phrases = document.asked_as
    if len(phrases) < LEAST_ASKED_AS:
        yield Finding(document.id, "asked-as", f"cần ít nhất {LEAST_ASKED_AS} cách hỏi, mới có {len(phrases)}")
    if len({_plain(phrase) for phrase in phrases}) < len(phrases):
        yield Finding(document.id, "asked-as", "có hai cách hỏi giống nhau")
    title = set(words(document.title))
    for phrase in phrases:
        said = words(phrase)
        if len(said) > _LONGEST_ASKED_AS:
            yield Finding(document.id, "asked-as", f"quá dài: {phrase[:80]}…")
        if len(title) > 2 and len(title & set(said)) >= _COPIED * len(title) and len(said) <= len(title) + 3:
            yield Finding(document.id, "asked-as", f"chép lại tên văn bản: {phrase}")


def _plain(phrase: str) -> str:
    return " ".join(words(strip_diacritics(phrase)))
