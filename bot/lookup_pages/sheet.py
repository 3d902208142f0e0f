"""A hand-out of one printed A4 page: the largest type in which it fits, and what must be left out, said on the page.

Heights are reckoned from the style sheet (`handout.css`) with the widths of Arial and some room to spare, so that the
page is one page with whatever of its typefaces a machine has.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from retrieval.handout import HandoutSection, Use
from retrieval.text import sentence_spans

# As in handout.css: sizes in points, the page without its margins in millimetres.
SIZES = (17.0, 15.5, 14.0, 13.0, 12.0)
_WIDTH, _HEIGHT = 186.0, 277.0
_POINT = 25.4 / 72
_LINE = 1.25
_SMALL = 10.0
_TITLE = 1.25
_INDENT = 7.0
_GAP, _ITEM_GAP = 2.0, 0.5
_CODE_WIDTH, _CODE_HEIGHT = 31.0, 30.0
# The line above the title; the frame of the source; the lines for the volunteer.
_BRAND, _FRAME, _BY_HAND = 6.0, 6.0, 12.0
# Left for typefaces a little wider.
_SPARE = 3.0
# "-5 độ" and "+84" begin no item.
_BULLET, _NUMBERED = re.compile(r"^(?:[-+*–] |[-–](?=[^\W\d_])|• ?)(?=\S)"), re.compile(r"\d{1,2}[.)] ")
# A paper that is to be brought only by some, or that someone else makes: it says so of itself, before any ";".
_IN_PERSON = re.compile(r",? khi [^,;:]*\btrực tiếp\b[^,;]*")
_PAPER = (
    "Tờ|Giấy|Đơn|Bản|Bảng|Báo cáo|Văn bản|Phiếu|Thông báo|Mẫu|Hồ sơ|Chứng|Hóa đơn|Hộ chiếu|Căn cước|Thẻ|Danh sách|"
    "Điều lệ|Nghị quyết|Quyết định|Biên|Ảnh|Hợp đồng|Một|Hai"
)
_ONLY_SOME = re.compile(
    r"^[^;]*, ?(?:chỉ )?(?:nếu|khi|với|đối với) |\bkhi nhờ\b|\bchỉ (?:(?:cần|phải \w+) )?khi\b|\bnộp thêm\b"
    r"|\bdo Công an in\b|\bdo \w+(?: \w+){0,2} lập\b"
    rf"|^(?!(?:{_PAPER})\b)[^:;]*: |^[^;]* thì "
)
_LEFT_OUT_NAMED = 3
# Characters of the line that says so: at most, and without the headings that it names.
_LONGEST_NOTICE, _NOTICE_WORDS = 330, 120
_NARROW, _MIDDLE, _BROAD = frozenset("iljftrI.,;:!|'()[]-/ "), frozenset("cksvxyzJ"), frozenset("mwMWOQ@%…—")


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph of a text, or an item of a list."""

    text: str
    item: bool

    @property
    def for_all(self) -> bool:
        """Whether it is, if it is a paper, to be brought by everyone."""
        return not _ONLY_SOME.search(_IN_PERSON.sub("", self.text))


# What is said under a part of which the end is left out, and how long a sentence may be cut at all.
_GOES_ON = Block("(Mục này còn nữa.)", False)
_LONG_SENTENCE = 1500


@dataclass(frozen=True, slots=True)
class Part:
    """A section as it stands on the page. `to_tick`: its items are things to bring. `goes_on`: its end is left out.

    `small`: in the size of the source, as what only an office needs.
    """

    heading: str
    blocks: tuple[Block, ...]
    to_tick: bool = False
    goes_on: bool = False
    small: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """What stands on the page. `size`: of its type, in points. `left_out`: headings named; `others`: how many more."""

    size: float
    parts: tuple[Part, ...]
    left_out: tuple[str, ...] = ()
    others: int = 0
    goes_on: bool = False

    @property
    def whole(self) -> bool:
        """Whether nothing is left out."""
        return not (self.left_out or self.others or self.goes_on or any(part.goes_on for part in self.parts))


def blocks_of(text: str) -> tuple[Block, ...]:
    """The paragraphs and items of a text. A line goes on in the next where a sentence ends, unless an item begins."""
    blocks: list[Block] = []
    flows = False
    for line in map(str.strip, text.split("\n")):
        bare = _BULLET.sub("", line)
        if flows and line and bare == line and not _NUMBERED.match(line):
            blocks[-1] = Block(f"{blocks[-1].text} {line}", False)
        elif line:
            blocks.append(Block(bare, bare != line))
        flows = bool(line) and bare == line and line.endswith((".", "!", "?")) and not _NUMBERED.match(line)
    return tuple(blocks)


def fitted(
    title: str, sections: Sequence[HandoutSection], source: Sequence[str], has_code: bool, goes_on: bool = False
) -> Sheet:
    """The page for these sections, that of the laws last.

    `source`: its lines. `goes_on`: the document has more than these sections.
    """
    sections = sorted(sections, key=lambda each: each.use is Use.BASIS)
    alone = all(each.use is Use.BASIS for each in sections)
    parts = [
        Part(
            each.heading,
            blocks_of(each.text),
            to_tick=each.use is Use.PAPERS,
            small=each.use is Use.BASIS and not alone,
        )
        for each in sections
    ]
    around = _around(source, has_code)
    if not goes_on:
        for size in SIZES:
            if around + _title(title, size) + sum(_height(part, size) for part in parts) <= _HEIGHT:
                return Sheet(size, tuple(parts))
    size = SIZES[-1]
    room = _HEIGHT - around - _title(title, size) - _GAP
    # What is left out is known once its own line has its room, so the line is reckoned from a first try.
    first = _cut_to(sections, parts, room - _lines("x" * _LONGEST_NOTICE, size, _WIDTH), size, goes_on)
    second = _cut_to(sections, parts, room - _notice(first), size, goes_on)
    return second if _notice(second) <= _notice(first) else first


def _cut_to(
    sections: Sequence[HandoutSection], parts: Sequence[Part], room: float, size: float, goes_on: bool
) -> Sheet:
    chosen = _chosen(sections, parts, room, size)
    kept = tuple(chosen[n] for n in sorted(chosen))
    left_out = [section.heading for n, section in enumerate(sections) if n not in chosen]
    named = tuple(dict.fromkeys(heading for heading in left_out if heading and len(heading) <= 90))[:_LEFT_OUT_NAMED]
    return Sheet(size, kept, named, len(left_out) - len(named), goes_on)


def _notice(sheet: Sheet) -> float:
    """The height of the line that says what is left out (handout.html)."""
    return _lines("x" * (_NOTICE_WORDS + sum(len(heading) + 3 for heading in sheet.left_out)), sheet.size, _WIDTH)


def _chosen(sections: Sequence[HandoutSection], parts: Sequence[Part], room: float, size: float) -> dict[int, Part]:
    """The parts that fit, by their place: the most useful first, of one use none behind one that does not fit.

    Of the first that does not fit as much as does, and nothing less useful then. A list is never begun, it would be
    taken for the whole of it, unless there is nothing else.
    """
    chosen: dict[int, Part] = {}
    full: dict[Use, int] = {}
    for n in sorted(range(len(parts)), key=lambda n: (sections[n].use, n)):
        height = _height(parts[n], size)
        if sections[n].use in full:
            continue
        if height <= room:
            chosen[n] = parts[n]
            room -= height
            continue
        full[sections[n].use] = n
        told = not any(block.item for block in parts[n].blocks) and sections[n].use is not Use.BASIS
        begun = _begun(parts[n], room, size)
        if told and begun.blocks:
            return chosen | {n: begun}
    if not chosen and full:
        first = next(iter(full.values()))
        return {first: _begun(parts[first], room, size)}
    return chosen


def _begun(part: Part, room: float, size: float) -> Part:
    """The lines of a part that fit, the last of them ended at a sentence, or between words where there is none."""
    room -= _height(replace(part, blocks=()), size) + _block(_GOES_ON, size)
    kept: list[Block] = []
    for block in part.blocks:
        height = _block(block, size)
        if height > room:
            if fitting := _cut(block, room, size):
                kept.append(fitting)
            break
        kept.append(block)
        room -= height
    return replace(part, blocks=tuple(kept), goes_on=True)


def _cut(block: Block, room: float, size: float) -> Block | None:
    """The sentences of a block that fit; of one sentence that alone fills a page, its words, no number torn."""
    sentences = [end for _, end in sentence_spans(block.text)]
    blanks = [match.start() for match in re.finditer(r"(?<!\d) (?!\d)", block.text)]
    for ends, mark in ((sentences, ""), (blanks if len(block.text) > _LONG_SENTENCE else [], "…")):
        fits = [end for end in ends if _block(Block(block.text[:end] + mark, block.item), size) <= room]
        if fits:
            return Block(block.text[: fits[-1]] + mark, block.item)
    return None


# Heights, in millimetres.


def _around(source: Sequence[str], has_code: bool) -> float:
    width = _WIDTH - _FRAME - (_CODE_WIDTH if has_code else 0)
    lines = sum(_lines(line, _SMALL, width) for line in source)
    return _BRAND + _BY_HAND + _FRAME + max(lines, _CODE_HEIGHT if has_code else 0) + _SPARE


def _title(title: str, size: float) -> float:
    return _lines(title, size * _TITLE * 1.08, _WIDTH) + _GAP


def _height(part: Part, size: float) -> float:
    size = _SMALL if part.small else size
    heading = _lines(part.heading, size * 1.08, _WIDTH) if part.heading else 0
    return _GAP + heading + sum(_block(block, size) for block in part.blocks)


def _block(block: Block, size: float) -> float:
    return _ITEM_GAP + _lines(block.text, size, _WIDTH - (_INDENT if block.item else 0))


def _lines(text: str, size: float, width: float) -> float:
    """The height of a text that is broken between words, or within one that is longer than a line."""
    line = width / (size * _POINT)
    count, used = 1, 0.0
    for word in text.split():
        wide = sum(map(_width, word))
        blank = _width(" ") if used else 0.0
        if used + blank + wide <= line:
            used += blank + wide
            continue
        count += 1 if used else 0
        count += int(wide // line)
        used = wide % line
    return count * size * _LINE * _POINT


@lru_cache(maxsize=4096)
def _width(character: str) -> float:
    """How wide a character of Arial is at most, but for a few, in units of the size of the type."""
    if unicodedata.combining(character):
        return 0.0
    if unicodedata.east_asian_width(character) in "WF":
        return 1.0
    if character in _NARROW:
        return 0.29
    if character in _MIDDLE:
        return 0.5
    if character in _BROAD:
        return 0.85
    return 0.71 if character.isupper() else 0.56
