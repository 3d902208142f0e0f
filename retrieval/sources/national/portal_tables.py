"""Tables of the portal that were flattened to text, as rows again: ways of applying, papers, legal basis.

The cells of a table stand side by side without a space. They are parted where closed sets of words and figures leave
no doubt; what leaves one stays as it stood. No figure is added, changed or lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

# What the portal writes into a cell that is empty.
NOTHING = "Không có thông tin"
# Before what the portal may have entered wrongly: a price in thousands, a number of nothing, a fee in a note alone.
AS_WRITTEN = "Cổng Dịch vụ công ghi"
_LETTERS = [character for character in map(chr, range(0x1EFA)) if character.isalpha()]
# One letter, as part of a regular expression.
UPPER = f"[{''.join(character for character in _LETTERS if character.isupper())}]"
LOWER = f"[{''.join(character for character in _LETTERS if character.islower())}]"


@dataclass(frozen=True, slots=True)
class Table:
    """A flattened table as lines. `rows`: how many it has; `kept`: how many of them stand, in part, as they stood."""

    text: str
    rows: int = 0
    kept: int = 0


# Ways of applying: way, time, fee with a note in brackets, description.

_WAYS_HEADER = "Hình thức nộpThời gianPhí, lệ phíMô tả"
_WAY_NAMES = {
    "Trực tiếp": "Nộp trực tiếp",
    "Trực tuyến": "Nộp trực tuyến",
    "Dịch vụ bưu chính": "Nộp qua dịch vụ bưu chính",
}
_TO_CURRENCY = r"(?:,\d{3}){0,4}+ (?:VNĐ|Việt Nam Đồng|USD)"
_FEE = rf"Miễn phí|{NOTHING}|\d{{1,3}}{_TO_CURRENCY}"
_WAY = re.compile(
    rf"(?P<way>{'|'.join(_WAY_NAMES)}) ?(?:"
    rf"(?P<time>\d{{1,4}}(?:[.,]\d{{1,2}})? (?:(?:Ngày|Giờ)(?: làm việc)?|Phút|Tuần|Tháng|Năm))(?P<fee>{_FEE})"
    rf"|(?P<bare>\d{{1,4}})(?P<bare_fee>Miễn phí|{NOTHING})"
    rf"|(?P<fused>\d{{1,7}}{_TO_CURRENCY})"
    rf"|(?P<words>{NOTHING}|(?<! ){UPPER}[^\d\n]{{0,150}}?) ?(?P<words_fee>{_FEE}))"
)
_GLUED_WAY = re.compile(rf"(?:{'|'.join(_WAY_NAMES)})(?=\d|{UPPER})")
# Notes that say no more than "free". Any other note beside "Miễn phí" tells of a fee: the portal shows "Miễn phí"
# wherever no sum was entered.
_FREE = re.compile(
    r"[( *-]*(?:(?:không|chưa)(?: có| quy định| thu(?: lệ)? phí)?|miễn(?: lệ)? phí)[. )]*", re.IGNORECASE
)
_FEE_IN_WORDS = re.compile(r"(?<!miễn )(?<!miễn lệ )phí(?!\w)", re.IGNORECASE)


def ways_of_applying(text: str) -> Table:
    """The ways of applying, a line each that can be read alone: way, time, fee, remarks."""
    body = text.removeprefix(_WAYS_HEADER)
    if body == text and not _GLUED_WAY.search(body):
        return Table(body)
    found = list(_WAY.finditer(body))
    starts = [match.start() for match in found]
    if not found or starts[0] or not {match.start() for match in _GLUED_WAY.finditer(body)} <= set(starts):
        return Table(body, 1, 1)
    ends = [*starts[1:], len(body)]
    lines = [_way(match, body[match.end() : end].strip()) for match, end in zip(found, ends, strict=True)]
    return Table("\n".join(line for line, _ in lines), len(lines), sum(not sure for _, sure in lines))


def _way(match: re.Match[str], rest: str) -> tuple[str, bool]:
    """The line of one way, and whether its cells could be told apart."""
    note, remarks = _bracketed(rest)
    bare, fee = match["bare"], match["fee"] or match["bare_fee"] or match["words_fee"] or ""
    if match["fused"]:
        bare, fee = _unfused(match["fused"], note)
    sure = bool(fee)
    if not sure:
        parts = [f"thời hạn và phí: {AS_WRITTEN} liền nhau «{match['fused']}» {note}".rstrip()]
    elif bare:
        parts = [f"thời hạn: {AS_WRITTEN} {bare}, không ghi đơn vị", _fee(fee, note, remarks)]
    elif match["time"]:
        parts = [f"thời hạn {match['time'].replace('.', ',').lower()}", _fee(fee, note, remarks)]
    else:
        words = "" if match["words"] == NOTHING else f"thời hạn: {match['words']}"
        parts = [words, _fee(fee, note, remarks)]
    told = "; ".join(filter(None, parts))
    if remarks:
        told = f"{told}; ghi chú: {remarks}" if told else remarks
    return f"{_WAY_NAMES[match['way']]}: {told}".removesuffix(": "), sure


def _bracketed(text: str) -> tuple[str, str]:
    """A note in brackets at the head of a text, and the rest. Where its brackets never close, all is the note."""
    if not text.startswith("("):
        return "", text
    depth = 0
    for place, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if depth == 0:
            return text[: place + 1], text[place + 1 :].strip()
    return text, ""


def _unfused(said: str, note: str) -> tuple[str, str]:
    """A time without a unit and the sum glued to it: "120 VNĐ" can only be "1", "20 VNĐ". Empty where two can be."""
    figures, currency = said.split(" ", 1)
    splits = [(figures[:at], figures[at:]) for at in range(1, min(len(figures), 4))]
    possible = [(time, due) for time, due in splits if re.fullmatch(r"[1-9]\d{0,2}(?:,\d{3})*", due)]
    if len(possible) > 1:  # the note may give the sum in full, which the cell gives in thousands
        possible = [(time, due) for time, due in possible if re.search(rf"(?<![\d.]){due}\.000(?![\d.])", note)]
    return (possible[0][0], f"{possible[0][1]} {currency}") if len(possible) == 1 else ("", "")


def _fee(fee: str, note: str, remarks: str) -> str:
    if fee == NOTHING:
        return f"phí: {note}" if note else ""
    if fee == "Miễn phí":
        if note and not _FREE.fullmatch(note):
            return f"phí: {AS_WRITTEN} «Miễn phí», kèm chú thích {note}"
        if not note and _FEE_IN_WORDS.search(remarks):
            return f"phí: {AS_WRITTEN} «Miễn phí», xem cả ghi chú"
        return f"miễn phí {note}".rstrip()
    amount, currency = fee.split(" ", 1)
    if currency != "USD" and "," not in amount:
        return f"phí: {AS_WRITTEN} {fee} {note}".rstrip()
    return f"phí {amount.replace(',', '.')} {'USD' if currency == 'USD' else 'đồng'} {note}".rstrip()


# Papers: name, forms to fill in, how many; a group of them has a title before its header.

_PAPERS_HEADER = "Tên giấy tờMẫu đơn, tờ khaiSố lượng"
_LONGEST_HEADING = 150
_QUANTITY = re.compile(r"(?<!\d)(?P<run>\d{1,9}) bản chính(?:,(?P<copies>\d{1,3}) bản sao)?")
_FORM_END = re.compile(r"\.(?:docx?|pdf|xlsx?|rtf|odt|rar|zip|jpe?g|png)", re.IGNORECASE)
_NO_FILE_NAME = re.compile(r'[/\\:*?"<>|\n]')
# Where a file's name can begin right behind a paper's: a capital, a figure or a small letter that follows without a
# space what no word goes on after. ("TTg" ends the numbers of decisions; "VNeID" and "km2" are words.)
_SEAM = re.compile(
    rf"(?:(?<={LOWER}{LOWER})|(?<=\s{LOWER})|(?<=\s{UPPER}{LOWER})|(?<=^{UPPER}{LOWER})|(?<=TTg)|(?<=[).;:,”\"\]!?…]))(?={UPPER})(?!ID\b|Tax\b)"
    rf"|(?<={LOWER})(?=m[aẫ]u (?:s[oố] )?\d)"
    rf"|(?<={UPPER})(?={UPPER}{LOWER})(?!Tg|NeID)"
    rf"|(?<=\d)(?={UPPER}{LOWER})"
    rf"|(?<=[)\];,”])(?=\d|{LOWER})"
    rf"|(?:(?<={LOWER}{LOWER}\.)|(?<={UPPER}{UPPER}\.)|(?<=\d{{4}}\.)|(?<=[)”.]\.))(?=\d|{LOWER})"
    rf"|(?<={LOWER}{LOWER})(?<!km)(?<!cm)(?=\d)"
)


def papers(text: str) -> Table:
    """The papers to hand in, a line each; the title of a group of them is a heading."""
    title, *groups = text.split(_PAPERS_HEADER)
    if not groups:
        return Table(text)
    lines: list[str] = []
    rows = kept = 0
    titled = False
    for number, group in enumerate(groups, 1):
        title = title.strip(" -–*+.\n")
        heading = title.rstrip(" :") if len(title) <= _LONGEST_HEADING and re.fullmatch(r".*[^\W\d].*", title) else ""
        if title or titled:
            lines.append(f"\n### {heading or f'Nhóm giấy tờ {number}'}\n")
            titled = True
        if title and not heading:
            lines.append(title)
        cells, title = _rows_of_papers(group)
        for name, originals, copies in cells:
            line, sure = _paper(name.strip(), originals, copies)
            lines.append(line)
            rows, kept = rows + 1, kept + (not sure)
    if rest := title.strip(" -–\n"):
        lines.append(rest)
        rows, kept = rows + 1, kept + 1
    return Table("\n".join(lines).strip(), rows, kept)


def _rows_of_papers(group: str) -> tuple[list[tuple[str, str, str]], str]:
    """(name, originals, copies) of each paper of a group, and what stands behind the last."""
    rows = []
    start = 0
    for match in _QUANTITY.finditer(group):
        run, at = match["run"], match.start()
        before, behind = group[at - 1 : at], group[match.end() : match.end() + 1]
        # Quantities that people write into a sentence: "(01 bản chính)", "nộp 2 bản chính;".
        loose = before in (" ", "(", "\n", "") and behind in (" ", ";", ".", ",", ":", ")")
        if len(run) <= 2 and (loose or re.match(r"0\d", run)):
            continue
        # A name that ends in a number has its quantity, always of one digit, glued to it: "Mẫu số 181 bản chính".
        digits = len(run) if len(run) == 2 and re.match(rf"{LOWER}|[;)]", before) else 1
        rows.append((group[start : match.end("run") - digits], run[-digits:], match["copies"] or "0"))
        start = match.end()
    return rows, group[start:]


def _paper(name: str, originals: str, copies: str) -> tuple[str, bool]:
    """The line of one paper, and whether the forms to fill in could be told from its name."""
    quantity = ", ".join(f"{n} {what}" for n, what in ((originals, "bản chính"), (copies, "bản sao")) if n != "0")
    parted = _forms(name)
    lead, forms = parted or (name, [])
    told = "; ".join([part for part in (quantity, f"mẫu: {', '.join(forms)}" if forms else "") if part])
    bare = lead.rstrip(" .;,")
    if not told:
        line = lead
    elif bare.endswith(":"):
        line = f"{bare.rstrip(' :')} ({told}):"
    else:
        line = f"{bare}: {told}" if bare else told
    return line, parted is not None


def _forms(name: str) -> tuple[str, list[str]] | None:
    """A paper's name and the files of the forms behind it; None where it cannot be seen at what letter they begin."""
    endings = list(_FORM_END.finditer(name))
    if not endings or endings[-1].end() != len(name):
        return name, []
    files = [name[one.end() : next_one.end()].strip() for one, next_one in pairwise(endings)]
    head = name[: endings[0].end()]
    unfit = [match.end() for match in _NO_FILE_NAME.finditer(head)]
    seam = _SEAM.search(head, unfit[-1] if unfit else 1, endings[0].start())
    if seam is None or any(_NO_FILE_NAME.search(file) for file in files):
        return None
    return head[: seam.start()].strip(), [head[seam.start() :], *files]


# Legal basis: name and number of each instrument; the name often ends in the same number.

_LAW_HEADER = "Tên văn bản pháp lýMã văn bản"
_BODIES = (
    "BTC BCA BTP BXD BYT BNV BCT BQP BNG BNNMT BNNPTNT BTNMT BGTVT BKHĐT BKHCN BTTTT BGDĐT BVHTTDL BLĐTBXH BDTTG NHNN "
    "VPCP VPQH TTCP TTg BHXH UBND HĐND UBCK KTNN HĐTP TANDTC VKSNDTC CP TW"
)
_BODY = (
    rf" ?(?:(?:{'|'.join(sorted(_BODIES.split(), key=len, reverse=True))})(?![A-ZĐƯ]\b)"
    rf"|[A-ZĐƯ]{{2,12}}?(?={UPPER}{LOWER})|[A-ZĐƯ]{{2,12}}+(?!{UPPER}|{LOWER}))"
)
_CODE = re.compile(
    rf"(?P<run>\d{{1,7}}+(?:\.\d{{1,2}}|[a-z])?)/(?:"
    rf"(?P<year>(?:19|20)\d\d/)?(?:(?:(?:PL|NQ|L)-)?(?:UBTVQH|QH|CTN)(?: ?(?:1\d|[89]))?|N[ĐD]- ?CP?|CP-NĐ"
    rf"|(?:TTLT|TTLB|TT|QĐ|QD|NQLT|NQ|CT|VBHN)[-/_]{_BODY}(?:-{_BODY})*|(?:BHXH|TTg)-[A-ZĐ]{{2,6}}+)"
    rf"|(?P<short>(?:19|20)\d\d)(?={UPPER}{LOWER}|$))"
)
_KIND = r"(?:(?:Bộ luật|Luật|Pháp lệnh|Nghị định|Nghị quyết|Thông tư liên tịch|Thông tư|Quyết định)(?: số)?|số):? ?"
_INSTRUMENT, _INSTRUMENT_AHEAD = re.compile(f"{_KIND}$"), re.compile(f"^{_KIND}")
_SPACE = re.compile(r"\s*+")
# A law whose name stands in the place of its number.
_SAID_TWICE = re.compile(r"(\S.{10,150}?)\1", re.DOTALL)
# Two cells in one, with no number between them by which to part them.
_TWO_CELLS = re.compile(
    rf"(?<={LOWER}{LOWER}){UPPER}{LOWER}|(?<={UPPER}{UPPER}{UPPER}){UPPER}{LOWER}{LOWER}|\d{UPPER}{LOWER}"
)
# A name that ends in a number unlike others: the next number in the text may be another's.
_ODD_NUMBER = re.compile(rf"\d{{5}}$|\d/\S{{0,30}}{UPPER}\S{{0,30}}$|^[^\s\d]{{0,30}}\d\S{{0,30}}$")


def legal_basis(text: str) -> Table:
    """The instruments that a procedure rests on, a line each: name, and number where the name does not say it."""
    body = text.removeprefix(_LAW_HEADER)
    rows: list[tuple[str, str, bool]] = []  # name, cell of the number, whether they belong together
    start = 0
    for first, end, is_short in _codes(body):
        kind = _INSTRUMENT.search(body, max(start, first - 30), first)
        cell_start = kind.start() if kind else first
        before, ahead = body[max(start, cell_start - 2) : cell_start], body[end : end + 3]
        is_bare, ends_here = cell_start == first, not ahead or re.match(rf"\d|{UPPER}", ahead) is not None
        nameless = _SPACE.match(body, start, cell_start).end() == cell_start  # type: ignore[union-attr]
        if not is_bare and re.match(rf" {LOWER}", ahead):
            # A name begins here, not a cell: "…73-CP" and "Thông tư số 39/2018/TT-BTC ngày…".
            if _is_glued(before, ends_here):
                rows.append((body[start:cell_start], "", False))
                start = cell_start
            continue
        if nameless and rows and _ends_in(body[first:end], rows[-1][1] or rows[-1][0]):
            rows[-1:] = _with_repeated(*rows[-1], body[cell_start:end])
        elif is_short and body.find(f"{body[first:end]}/", start, first) < 0:
            continue
        elif (_is_glued(before, ends_here) and ahead[:1] not in (",", ";", ")")) or (
            is_bare and re.fullmatch(r"[^\W\d] ", before) and re.match(rf" {UPPER}{LOWER}", ahead)
        ):
            rows.append((body[start:cell_start], body[cell_start:end], True))
        elif ends_here and not is_short:
            rows.append((body[start:end], "", True))
        else:
            continue
        start = end
    if body == text and not rows:
        return Table(text)
    if rest := body[start:].strip(" .;,\n"):
        rows.append((rest, "", bool(_SAID_TWICE.fullmatch(rest))))
    lines = [line for row in rows for line in _instruments(*row)]
    return Table("\n".join(line for line, _ in lines), len(lines), sum(not sure for _, sure in lines))


def _with_repeated(name: str, cell: str, sure: bool, repeated: str) -> list[tuple[str, str, bool]]:
    """A row whose number comes once more: in its own cell, or what was taken for its cell is a name with its cell."""
    if cell and not _ends_in(cell, name):
        return [(name, "", False), (cell, repeated, True)]
    return [(name, repeated, sure)]


def _ends_in(number: str, text: str) -> bool:
    return text.endswith(number) and not text.removesuffix(number)[-1:].isdigit()


def _codes(text: str) -> Iterator[tuple[int, int, bool]]:
    """(start, end) of each number of an instrument, and whether its kind is missing: "08/2026"."""
    last = 0
    for match in _CODE.finditer(text):
        first, run = match.start(), match["run"]
        if (match["year"] or match["short"]) and re.fullmatch(r"(?:19|20)\d{3,5}", run):
            first += 4  # the year in which a name ends: "năm 201102/2011/QH13"
        elif len(run) > 4 and run.isdigit():
            continue
        if first == last or not re.search(r"[/-]$|(?<!\d\d\d)\d\.$", text[max(0, first - 5) : first]):
            last = match.end()
            yield first, last, bool(match["short"])


def _is_glued(before: str, ends_here: bool) -> bool:
    """Whether what follows these last letters of a name without a space is a cell of its own."""
    return before[-1:] not in ("", " ", "(", "“", '"', "/", "-", "–") and (ends_here or before[-1] != "\n")


def _instruments(name: str, cell: str, sure: bool) -> Iterator[tuple[str, bool]]:
    """The lines of one row, each with whether it can be but one instrument; a name said twice is a row before it."""
    start = 0
    while twice := _SAID_TWICE.match(name, start):
        yield twice[1].strip(), True
        start = twice.end()
    name = name[start:]
    bare, number = name.strip(" .;,\n"), _INSTRUMENT_AHEAD.sub("", cell)
    is_told = number in bare
    if not sure or _TWO_CELLS.search(name) or (not is_told and _ODD_NUMBER.search(bare)):
        yield f"{name}{cell}".strip(), False
    elif bare or cell:
        yield (bare if is_told else f"{bare} ({cell.strip()})".strip()), True
