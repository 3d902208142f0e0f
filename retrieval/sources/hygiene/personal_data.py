"""Personal data in a text: numbers, addresses and days of birth of people, not of offices."""

from __future__ import annotations

import re
from collections.abc import Iterator

from retrieval.sources.hygiene.findings import Kind, Span, masked

_LABELLED = tuple(
    (kind, re.compile(rf"(?<!\w)(?:{label})(?:\W{{1,4}}[^\W\d]\w{{0,20}}+){{0,4}}?\W{{1,4}}({value})(?![\w/]|[.,-]\d)"))
    for kind, label, value in (
        (
            Kind.BANK_ACCOUNT,
            r"so tai khoan|stk|tai khoan(?: ngan hang)?(?: so)?|(?:so )?tk(?: so)?",
            r"\d(?:[ .-]?\d){7,18}",
        ),
        (Kind.TAX_CODE, r"ma so thue|ma thue|mst", r"\d{10}(?:-\d{3})?|\d{12}"),
        (Kind.INSURANCE_CODE, r"bao hiem|bhxh|bhyt", r"[a-z]{2} ?\d(?: ?\d){12}|\d{10}"),
        (
            Kind.IDENTITY_NUMBER,
            r"cmnd|cmtnd|cmt|chung minh (?:nhan dan|thu)|cccd|can cuoc(?: cong dan)?|dinh danh(?: ca nhan)?",
            r"\d{3}[ .]?\d{3}[ .]?\d{3}(?:[ .]?\d{3})?",
        ),
        (Kind.IDENTITY_NUMBER, r"ho chieu|passport", r"[a-z]\d{7,8}"),
    )
)
_UNLABELLED = (
    # Province of birth, century and sex, year, and six more.
    (Kind.IDENTITY_NUMBER, re.compile(r"(?<![\w.,/:+-])0[0-9]\d[ .]?[0-3](?:[ .]?\d){8}(?![\w/]|[.,:-]\d)")),
    (
        Kind.PHONE,
        re.compile(
            r"(?<![\w.,/:-])(?<!\+)(?:\(?\+?84\)?[ .-]?|0)(?:3[2-9]|5[25-9]|7[06-9]|8[1-9]"
            r"|9\d)(?:[ .-]?\d){7}(?![\w/]|[.,:-]\d)"
        ),
    ),
)
_PLATE = re.compile(r"(?<![\w.,/-])[1-9]\d ?-? ?[a-z]{1,2}\d?[ .-]{1,3}\d{3}(?:\.\d{2}|\d{1,2})(?![\w/]|[.,-]\d)")
_VEHICLE = re.compile(r"\b(?:xe|bien so|bien kiem soat|bks|o to|mo to)\b")
# Numbers that stand for an office, and accounts of the treasury.
_OF_OFFICE = re.compile(r"duong day nong|hotline|tong dai|truc ban|so nong")
_OF_TREASURY = re.compile(r"kho bac|kbnn|ngan sach|hach toan")
_OFFICE_MAIL = re.compile(
    r"(?:info|contact|lien_?he|ho_?tro|support|admin|webmaster|cskh|van_?thu|van_?phong|vp|bbt|ban_?bien_?tap"
    r"|toa_?soan|hotline|tuyen_?sinh|sales|no-?reply|dvc|help|service|cong_?dan|hoi_?dap|gop_?y|phan_?anh|ubnd|hdnd"
    r"|mail|office|thong_?tin)[\w.-]*"
)
_DOMAIN = re.compile(r"(?:[a-z0-9-]{1,63}\.){1,5}[a-z]{2,10}(?![\w-])")
_OFFICE_DOMAIN = re.compile(r"(?:^|\.)(?:(?:gov|chinhphu|dcs|quochoi|mil)\.vn|gov|example)(?:\.|$)")
_BORN = re.compile(
    r"(?<!\w)(?:sinh|ngay sinh|nam sinh)\W{1,4}(?:(?:ngay|thang"
    r"|nam)\W{1,4}){0,4}(\d{1,2} ?[/.-] ?\d{1,2} ?[/.-] ?(?:19|20)\d\d|\d{1,2} thang \d{1,2} nam (?:19|20)\d\d)"
)
_SURNAMES = (
    "nguyen|tran|le|pham|hoang|huynh|phan|vu|vo|dang|bui|do|ho|ngo|duong|ly|dinh|doan|trinh|mai|to|dao|ha|cao|luong"
    "|truong|lam|phung|ta|thai|chau|quach|la|luu|tong|vuong|kieu|chu|giang|sung|vang|lo|quang|cam|hau|thao|mua|siu|thach"
    "|son|kim|danh|nong|hua|ma|trieu|be|dam|vi|luc|nghiem|khuat|doan|ninh|tang|mac|than|van|vien|au|diep|cu|tieu|bach"
    "|dong|phi|lai|giap|an|tu"
)
_PERSON = re.compile(rf"(?<!\w)(?:{_SURNAMES})(?: [^\W\d_]{{1,7}}){{1,4}}(?!\w)")
_BEFORE = 120


def personal_data(text: str, folded: str) -> list[Span]:
    """Each find once, masked; `folded`: the text from `folding.fold`."""
    found: list[Span] = []
    taken: set[int] = set()
    for span in _personal(text, folded):
        if taken.isdisjoint((span.start, span.end - 1)):
            taken.update(range(span.start, span.end))
            found.append(span)
    return [span for span in found if span.words]


def _personal(text: str, folded: str) -> Iterator[Span]:
    """Every find, what is surest first; one with no words is nobody's in particular."""
    for kind, pattern in _LABELLED:
        for match in pattern.finditer(folded):
            digits = re.sub(r"\D", "", match.group(1))
            shown = masked(match.group(1).upper()) if _is_personal(kind, digits, folded, match) else ""
            yield Span(match.start(1), match.end(1), kind, False, shown)
    for kind, pattern in _UNLABELLED:
        for match in pattern.finditer(folded):
            digits = re.sub(r"\D", "", match.group())
            shown = masked(digits) if _is_personal(kind, digits, folded, match) else ""
            yield Span(match.start(), match.end(), kind, False, shown)
    for match in _PLATE.finditer(folded):
        plate = match.group()
        said = "." in plate or _VEHICLE.search(folded, max(0, match.start() - 40), match.start())
        if said and text[match.start() : match.end()] == plate.upper():
            yield Span(match.start(), match.end(), Kind.LICENCE_PLATE, False, masked(plate.upper()))
    yield from _mail(folded)
    yield from _births(text, folded)


def _is_personal(kind: Kind, digits: str, folded: str, match: re.Match[str]) -> bool:
    if len(set(digits)) <= 3 or digits[1:] in "0123456789012345" or digits[1:] in "9876543210987654":  # made up
        return False
    line = folded[max(folded.rfind("\n", 0, match.start()) + 1, match.start() - _BEFORE) : match.start()]
    if kind is Kind.PHONE:
        return not _OF_OFFICE.search(line)
    if kind is Kind.BANK_ACCOUNT:
        return not _OF_TREASURY.search(line + folded[match.start() : match.end() + 60])
    if kind is Kind.TAX_CODE:  # those of companies begin with 0 to 6 and are public
        return len(digits) == 12 or digits.startswith("8")
    return kind is not Kind.IDENTITY_NUMBER or len(digits) != 12 or int(digits[:3]) <= 96


def _mail(folded: str) -> Iterator[Span]:
    for at in re.finditer("@", folded):
        local = re.search(r"[a-z0-9._%+-]*$", folded[max(0, at.start() - 64) : at.start()])
        domain = _DOMAIN.match(folded, at.end())
        name = local.group() if local else ""
        if not name or domain is None or _OFFICE_MAIL.fullmatch(name) or _OFFICE_DOMAIN.search(domain.group()):
            continue
        yield Span(at.start() - len(name), domain.end(), Kind.EMAIL, False, f"{name[:2]}***@{domain.group()}")


def _births(text: str, folded: str) -> Iterator[Span]:
    for match in _BORN.finditer(folded):
        first = max(0, match.start() - _BEFORE)
        names = [name for name in _PERSON.finditer(folded[first : match.start()]) if _is_name(text[first:], name)]
        if names:
            words = text[first + names[-1].start() : first + names[-1].end()].split()
            shown = f"{words[0]} ***, ***/{match.group(1)[-4:]}"
            yield Span(match.start(1), match.end(1), Kind.BIRTH_DATE, False, shown)


def _is_name(text: str, name: re.Match[str]) -> bool:
    return all(word[:1].isupper() for word in text[name.start() : name.end()].split()[:2])
