"""The title, issuer and province of an official text, from the lines of its head."""

from __future__ import annotations

import re
from itertools import islice

from retrieval.places import CITIES, province_spans, with_province_names
from retrieval.sources.metadata.words import KIND, KINDS, LAWS, LONGEST_TITLE, Found, Line, Page, kinds_of
from retrieval.text import lower, new_tone_marks, strip_diacritics

LABELLED = re.compile(rf"(?:(?:{KIND}) số ?:|số ?[:.]?) ?(?=[\d./…-])")
# Lines in capitals below a title, and words that open the first paragraph.
_NOT_TITLE = re.compile(
    r"(?:chính phủ|quốc hội|thủ tướng(?: chính phủ)?|bộ chính trị|ban (?:bí thư|chấp hành).*|ủy ban thường vụ quốc hội"
    r"|(?:bộ trưởng|thống đốc|chánh án|chủ tịch|giám đốc|tổng giám đốc|cục trưởng|viện trưởng|tổng thanh tra) .*"
    r"|(?:ủy ban|hội đồng) nhân dân .*|hội đồng thẩm phán.*|khóa .*|kỳ họp .*|lời nói đầu|mục lục|nội dung)"
)
_AFTER_TITLE = re.compile(
    r"(?:nhằm|để |ngày \d|sau khi|qua |hiện nay|trong (?:thời|những)|thời gian|theo "
    r"|(?:chính phủ|quốc hội|bộ trưởng .*) ban hành)"
)
ISSUER = re.compile(
    r"(?:chính phủ|thủ tướng|quốc hội|chủ tịch nước|bộ(?! luật\b)|ủy ban|ubnd|hội đồng|hđnd|thường trực|ngân hàng"
    r"|tòa án|viện|thanh tra|kiểm toán|văn phòng|tổng cục|cục|sở|ban|tỉnh ủy|thành ủy|huyện ủy|quận ủy|thị ủy|đảng"
    r"|bảo hiểm|đoàn|tổng liên đoàn|trung ương|mặt trận|liên minh|công an|phòng|chi cục|trung tâm|đài|thông tấn|kho bạc"
    r"|trường|đại học|học viện|tổng công ty|tập đoàn)\b"
)
# A line that names an issuer only together with the next one.
_UNFINISHED = frozenset(("thủ tướng", "văn phòng", "thanh tra", "ủy ban thường vụ", "thường trực", "ban thường vụ"))
# Whom a number of these letters comes from.
_ISSUER_OF = {"CP": "chính phủ", "TTg": "thủ tướng chính phủ", "UBND": "(?:ủy ban nhân dân|ubnd)"}
_LOCAL = re.compile(r"(?:ủy ban nhân dân|ubnd|hội đồng nhân dân|hđnd|sở|tỉnh ủy|thành ủy|huyện ủy|phòng)\b")
_CAPITAL_AFTER = re.compile(r"(?:và|,|-|bộ|sở|ban|cục|vụ|viện|phòng|trung tâm)$")
_PLACE_WORD = re.compile(
    r"\b(?:tỉnh ủy|thành ủy|huyện ủy|đảng ủy|tỉnh|thành phố|huyện|quận|thị xã|thị trấn|phường|xã|đặc khu)(?= )"
)
_ROMAN = re.compile(r"(?:(?<=giai đoạn )|(?<=khóa )|(?<=quý )|(?<=phần )|(?<=hạng )|(?<=loại ))[ivx]+\b")
_CAPITALISED = (
    "Việt Nam",
    "Thừa Thiên",
    "Trung ương",
    "Chính phủ",
    "Quốc hội",
    "Đảng",
    "Thủ tướng",
    "Nhà nước",
    "Hồ Chí Minh",
)


def kind_of_line(line: Line) -> str | None:
    """The kind that a line is, or begins with in capitals: "NGHỊ ĐỊNH", "NGHỊ QUYẾT VỀ …", "N G H Ị  Đ Ị N H"."""
    for kind in KINDS:
        low = kind.lower()
        if line.low == low or line.low.replace(" ", "") == low.replace(" ", "") != line.low:
            return kind if line.plain[0].isupper() else None
        if line.low.startswith(low + " ") and line.plain[: len(low)].isupper():
            return kind if re.match(r"(?:về|quy|ban|sửa|của|hội)\b", line.low[len(low) + 1 :]) else None
    return None


def kind_length(line: Line, kind: str) -> int:
    """How many characters of its line a kind takes."""
    return len(kind) if line.low.startswith(kind.lower()) else len(line.low)


def read_title(page: Page, lines: list[Line], index: int, kind: Found) -> Found | None:
    """The kind and the lines below it, as one line."""
    letter = kind.value == "Công văn"
    if letter and not lines[index].low.startswith("v/v"):
        return None
    first = lines[index].part(len("v/v") if letter else kind_length(lines[index], kind.value))
    title = [first] if first.low else []
    for line in lines[index + 1 :]:
        if _ends_title(line, title) or (letter and not line.plain[0].islower()):
            break
        title.append(line)
    words = " ".join(_as_title(line, page.flat) for line in title).rstrip(" .;:-")
    if not words or len(words) > LONGEST_TITLE:
        return None
    span = kind.start, title[-1].span()[1]
    if letter:
        return page.found("title", f"Công văn về việc {words}", span)
    if kind.value.lower() in LAWS and not re.match(r"(?:sửa đổi|về)\b", lower(words)):
        words = words[0].upper() + words[1:]
    elif words[1:2].islower() and not "".join(words.split()[1:2])[:1].isupper():
        words = words[0].lower() + words[1:]
    return page.found("title", f"{kind.value} {words}", span)


def _ends_title(line: Line, title: list[Line]) -> bool:
    """Whether a line below a title is no part of it."""
    return bool(
        (line.plain.isupper() and _NOT_TITLE.fullmatch(line.low))
        or (title and line.plain[0].isupper() and _AFTER_TITLE.match(line.low))
        or (title and title[-1].plain[-1] in ".;:")
        or line.low.startswith(("(", "kính gửi", "được trích", "nội dung được"))
        or LABELLED.match(line.low)
        or kind_of_line(line)
    )


def _as_title(line: Line, flat: str) -> str:
    return (_as_written(line.plain, flat) or _in_small_letters(line.plain)) if line.plain.isupper() else line.plain


def _as_written(words: str, flat: str) -> str | None:
    """Words in capitals as the same text writes them elsewhere in small letters."""
    pattern = r"\s+".join(map(re.escape, words.split()))
    hits = (match.group() for match in islice(re.finditer(pattern, flat, re.IGNORECASE), 20))
    return next((" ".join(hit.split()) for hit in hits if not hit.isupper()), None)


def _in_small_letters(words: str) -> str:
    """Words in capitals in small letters, with the names that are known written as names."""
    small = with_province_names(lower(words), words)
    for name in _CAPITALISED:
        small = re.sub(rf"\b{name.lower()}\b", name, small)
    small = _ROMAN.sub(lambda match: match.group().upper(), small)
    return re.sub(
        r"[^\W\d_]+", lambda match: match.group() if _has_vowel(match.group()) else match.group().upper(), small
    )


def _has_vowel(word: str) -> bool:
    """False for an abbreviation such as "TTHC"."""
    return re.search(r"[aeiouy]", strip_diacritics(word)) is not None


def read_issuer(page: Page, lines: list[Line], code: str | None) -> Found | None:
    """Who issued it: the last authority named in capitals above the kind, with its place from the one above it."""
    groups: list[list[Line]] = []
    for line in lines:
        if not line.plain.isupper() or LABELLED.match(line.low) or kind_of_line(line):
            continue
        unfinished = bool(groups) and " ".join(each.low for each in groups[-1]) in _UNFINISHED
        if ISSUER.match(line.low) and not unfinished:
            groups.append([line])
        elif groups and len(groups[-1]) < 4 and re.fullmatch(r"[\w ,.-]+", line.low):
            groups[-1].append(line)
    if not groups:
        return None
    low = " ".join(line.low for line in groups[-1])
    expected = _ISSUER_OF.get(re.split(r"[-/]", code)[-1]) if code and "Công văn" not in kinds_of(code) else None
    if expected and not re.match(expected, low):
        return None
    value, start = _office(groups[-1], page.flat), groups[-1][0].span()[0]
    if len(groups) > 1 and not _PLACE_WORD.search(low) and _LOCAL.match(groups[-2][0].low):
        above = _office(groups[-2], page.flat)
        if place := _PLACE_WORD.search(above):
            value, start = f"{value} {above[place.start() :]}", groups[-2][0].span()[0]
    return page.found("issuer", value, (start, groups[-1][-1].span()[1]))


def _office(lines: list[Line], flat: str) -> str:
    """An authority as it is written in running text: "BỘ Y TẾ" → "Bộ Y tế"."""
    words = " ".join(line.plain for line in lines).strip(" -.,")
    for short, full in (("UBND", "ỦY BAN NHÂN DÂN"), ("HĐND", "HỘI ĐỒNG NHÂN DÂN"), ("TP", "THÀNH PHỐ")):
        words = re.sub(rf"\b{short}\b\.?", full, words)
    if written := _as_written(words, flat):
        return written[0].upper() + written[1:]
    small = _in_small_letters(new_tone_marks(lower(words)))
    council = re.match(r"(?:ủy ban|hội đồng) nhân dân", small)
    result, before, named_from = "", "", len(small)
    for match in re.finditer(r"\S+", small):
        word, place = match.group(), _PLACE_WORD.match(small, match.start())
        named = match.start() >= named_from or (not council and _CAPITAL_AFTER.search(before))
        if not before or (named and not place and word != "và"):
            word = word[0].upper() + word[1:]
        result += f", {word}" if place and named_from < match.start() else f" {word}"
        before, named_from = match.group(), place.end() if place else named_from
    return result.strip()


def read_province(page: Page, issuer: Found, dates: list[Line]) -> Found | None:
    """The province of an issuer that is provincial or below: from its own name, else from the place of the date."""
    named = _announced_provinces(issuer.value)
    if len(named) == 1:
        return page.found("province", named[0], (issuer.start, issuer.end))
    if named or _PLACE_WORD.search(issuer.value) or not _LOCAL.match(lower(issuer.value)) or len(dates) != 1:
        return None
    place = dates[0].plain.split(",")[0]
    provinces = [name for name, span in province_spans(place) if span == (0, len(place))]
    return page.found("province", provinces[0], dates[0].span(0, len(place))) if provinces else None


def _announced_provinces(words: str) -> list[str]:
    """Provinces that are called so: "tỉnh Bắc Ninh", "thành phố Huế", and not the town of the same name."""
    low = new_tone_marks(lower(words))
    named: dict[str, None] = {}
    for name, (start, _) in province_spans(words):
        before = low[:start]
        if re.search(r"\btỉnh (?:ủy )?(?:thừa thiên ?-? ?)?$", before) or (
            name in CITIES and re.search(r"\bthành (?:phố|ủy) $", before)
        ):
            named[name] = None
    return list(named)
