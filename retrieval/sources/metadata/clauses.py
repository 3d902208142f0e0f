"""The clauses of an official text that replace, abolish or amend other instruments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from retrieval.register import one_form
from retrieval.sources.metadata.body import LEVELS, UNMARKED, Unit, sentences_of
from retrieval.sources.metadata.effect import BEGINS, EXCEPT, own_name, takes_effect
from retrieval.sources.metadata.objects import PART, Object, Scope, name_of, objects_of, rank_of, year_of
from retrieval.sources.metadata.words import (
    DATE,
    KIND,
    NUMBERED,
    RULING,
    Ending,
    Found,
    Line,
    Page,
    Verb,
    Words,
    iso_date,
    line_at,
)
from retrieval.text import lower

_ACT = r"bãi bỏ|hủy bỏ|thay thế"
_THING = re.compile(rf"(?:{KIND}|{PART}|văn bản|số|các|những|toàn bộ|cả|hiệu lực)\b|\d")
_LEAD = re.compile(
    rf"(?:kể )?từ ngày (?P<day>[^,:;]{{3,200}}?)(?:(?:,| thì) (?=(?:{_ACT})\b|{_THING.pattern})"
    rf"| (?=(?:{_ACT}|các|những|toàn bộ)\b))|đồng thời,? |ngoài ra,? |hiệu lực(?: thi hành)? ?[:.-] "
)
_PASSING = re.compile(r"(?: ban hành)?[ ,;.]*(?:và |đồng thời )*")
_ACTS_NOW = re.compile(
    rf"(?:được ban hành (?:để )?)?(?P<verb>(?:{_ACT})(?:(?:,| và|, và) (?:{_ACT}))*)(?: cho)?(?=[ :])"
)
# Where an act follows others in one sentence.
_ACTS_NEXT = re.compile(
    rf"(?:,|;| và|, và|; và|,? đồng thời)(?: sẽ)? (?P<verb>(?:{_ACT})(?:(?:,| và) (?:{_ACT}))*)(?: cho)?"
    rf" (?={_THING.pattern})"
)
_LAPSES = re.compile(rf"(?:hết|chấm dứt|không còn) hiệu lực|(?:được|bị|đều bị|đều) (?P<verb>{_ACT})")
_NOT_NOW = re.compile(r"\b(?:đã|chưa|sắp|không|khi|nếu|đến|ngày|hoặc) *$")
_NO_SUBJECT = re.compile(
    r"(?:trường hợp|khi|nếu|đối với|trong (?:thời|quá)|trước|sau|văn bản này|giấy|hợp đồng|chứng chỉ|việc|cơ quan)\b"
)
_BY = re.compile(r" (?:bởi|bằng|theo) (?P<agent>[^;]*)")
_GOES_ON = re.compile(r"(?: thi hành| pháp luật)?,? (?:thì|khi|hoặc|trước|theo|trong|nếu|nhưng|được|mà|sau)\b")
_SINCE = re.compile(
    r"(?: thi hành| pháp luật| áp dụng)?,? (?:(?:kể )?từ (?:ngày|thời điểm|khi)|khi(?= [^,;]* này có hiệu lực))"
    r" ?(?P<day>[^;]{1,200})"
)
_AMENDS = re.compile(
    r"(?:sửa đổi|bổ sung|đính chính|(?P<wording>(?:thay(?: thế)?|bãi bỏ|bỏ)(?: (?:các|một số))? (?:cụm từ|từ ngữ"
    r"|từ(?! (?:điểm|khoản|điều|mục|chương|ngày)))))\b(?:,? (?:và )?(?:sửa đổi|bổ sung|bãi bỏ|thay thế))*"
)
# Sentences of a final article that end something, by the look of them.
_UNREAD = re.compile(
    r"(?<!đã )hết hiệu lực|(?:^|(?:này|và|thời) )(?:bãi bỏ|thay thế) (?!bằng)"
    r"|(?:được|bị) (?:bãi bỏ|thay thế) (?:bằng|bởi|kể từ)"
)
_NO_ITEM = re.compile(r"\btiếp tục\b|\bnhư sau\b|\bnày (?:có|hết) hiệu lực")
_OWN_RULE = re.compile(rf"\b(?:điều|khoản|{KIND}|văn bản) này\b")


@dataclass(frozen=True, slots=True)
class Own:
    """The instrument that is read."""

    kind: str | None
    number: str | None
    effective_from: str | None


@dataclass(frozen=True, slots=True)
class _Act:
    """An act of the text upon what stands in line[start:end]. `scope`: what is said of all of that together."""

    verb: str
    start: int
    end: int
    from_date: str | None
    scope: Scope = "whole"
    exception: str = ""


@dataclass(frozen=True, slots=True)
class _List:
    """An act whose objects stand in the items below it, deeper than `level`, and the words that say so."""

    act: _Act
    level: int
    words: Words


def read_clauses(page: Page, units: list[Unit], own: Own) -> Iterator[Ending]:
    """What each paragraph ends or changes."""
    final, above = False, None
    for unit in units:
        line = line_at(page.unquoted, unit.start, unit.end)
        if unit.level <= LEVELS["article"]:
            final = re.search(r"hiệu lực|bãi bỏ|thay thế|thi hành", line.low) is not None
        if above and (unit.level <= above.level or _NO_ITEM.search(line.low)):
            above = None
        if above and not _ACTS_NOW.match(line.low) and not _AMENDS.match(line.low):
            if any(objects_of(line, 0, len(line.low))):
                yield from _endings(page, line, replace(above.act, start=0, end=len(line.low)), own, (above.words,))
                above = replace(above, level=max(above.level, min(unit.level, UNMARKED) - 1))
                continue
            above = None
        for sentence in sentences_of(line) if unit.speaks else ():
            may_order = final or (own.kind in RULING and unit.level != LEVELS["bullet"])
            acts = list(_acts(sentence, own, may_order))
            for act in acts:
                yield from _endings(page, sentence, act, own)
            yield from _amended(page, sentence, own, heading=unit.level == LEVELS["article"])
            if acts and sentence.low.endswith(":") and not NUMBERED.search(sentence.plain, acts[-1].start):
                level = LEVELS["article"] if unit.level == UNMARKED else unit.level
                above = _List(acts[-1], level, page.words(sentence.span()))
            elif final and not acts and _UNREAD.search(sentence.low) and NUMBERED.search(sentence.plain):
                page.warn("Chưa đọc được câu này chấm dứt văn bản nào, cần người xem", sentence.plain)


def _acts(sentence: Line, own: Own, may_order: bool) -> Iterator[_Act]:
    """The acts of one sentence, in order."""
    low = sentence.low
    at, day, itself = _after_lead(low, own)
    first = _ACTS_NOW.match(low, at) if may_order or itself else None
    if itself and not first:
        later = _ACTS_NEXT.search(low, max(at - 2, 0))
        first = later if later and not NUMBERED.search(sentence.plain, at, later.start()) else None
    if first and not _AMENDS.match(low, first.start()):
        yield from _orders(low, first, day)
    elif lapse := _lapse(sentence, at, day, own):
        yield lapse
        if following := _ACTS_NEXT.search(low, lapse.end):
            yield from _orders(low, following, day)


def _after_lead(low: str, own: Own) -> tuple[int, str | None, bool]:
    """Where the act itself may begin, the day from which it holds, and whether the text speaks of itself."""
    at, day = 0, own.effective_from
    while match := _LEAD.match(low, at):
        at = match.end()
        if match.group("day"):
            day = _day_of(match.group("day"), own)
    said = takes_effect(own.kind).match(low, at)
    if said and not re.search(_ACT, said.group()):
        begins = BEGINS.match(low, said.end())
        at = begins.end() if begins else said.end()
    elif said := own_name(own.kind).match(low, at):
        at = said.end()
    else:
        return at, day, False
    at = passing.end() if (passing := _PASSING.match(low, at)) else at
    again = own_name(own.kind).match(low, at)
    return (again.end() + 1 if again else at), day, True


def _day_of(words: str, own: Own) -> str | None:
    """The day that "từ ngày" leads to: written out, or that on which the text itself takes effect."""
    if written := re.match(DATE, words):
        return iso_date(written.group())
    return own.effective_from if re.search(r"\bnày\b", words) else None


def _orders(low: str, first: re.Match[str], day: str | None) -> Iterator[_Act]:
    """ "Bãi bỏ A và thay thế B": each verb with what stands behind it."""
    match: re.Match[str] | None = first
    while match:
        following = _ACTS_NEXT.search(low, match.end())
        end = following.start() if following else len(low)
        words = low[match.end() : end]
        since = re.search(rf",? (?:kể )?từ ngày ?({DATE})[ .;]*$", words)
        scope = _scope_of_list(words) if low.endswith(":") or not re.search(r"\d", words) else "whole"
        yield _Act(match.group("verb"), match.end(), end, iso_date(since.group(1)) if since else day, scope)
        match = following


def _lapse(sentence: Line, start: int, day: str | None, own: Own) -> _Act | None:
    """ "A hết hiệu lực", "A được bãi bỏ": what stands before these words is ended, now, and by this text."""
    low = sentence.low
    if _NO_SUBJECT.match(low, start) or not _THING.match(low, start) or own_name(own.kind).match(low, start):
        return None
    matches = (match for match in _LAPSES.finditer(low, start) if not _NOT_NOW.search(low[: match.start()]))
    if not (match := next(matches, None)):
        return None
    by, since = _BY.match(low, match.end()), _SINCE.match(low, match.end())
    by_another = by and not _OWN_RULE.search(by.group("agent"))
    if by_another or (not by and not since and _GOES_ON.match(low, match.end())):
        return None
    day = _day_of(since.group("day"), own) if since else day
    end, below = match.start(), low.find(":", match.end())
    scope: Scope = "topic" if re.match(r"(?: thi hành)?(?: một phần|,? đối với)", low[match.end() :]) else "whole"
    if below >= 0 and not NUMBERED.search(sentence.plain, start, end):
        scope = _scope_of_list(low[start:end]) if scope == "whole" else scope
        start, end = below + 1, len(low)
    exception = EXCEPT.search(low, match.end())
    told = sentence.plain[exception.start() :] if exception else ""
    return _Act(match.group("verb") or "hết hiệu lực", start, end, day, scope, told)


def _scope_of_list(words: str) -> Scope:
    """What the words above a list make of items that name no part: "quy định tại các văn bản sau" leaves it open."""
    if re.search(r"một phần|một số (?!văn bản)", words):
        return "topic"
    parts = re.search(r"nội dung|quy định (?:tại|trong|của)|\b(?:điều|khoản|điểm|chương|phụ lục)\b", words)
    return "unsure" if parts and not re.search(r"văn bản[^:]* và ", words) else "whole"


def _endings(page: Page, line: Line, act: _Act, own: Own, also: tuple[Words, ...] = ()) -> Iterator[Ending]:
    """What an act ends; a warning for what is unsure, excepted, or named without a number."""
    objects, unsure = objects_of(line, act.start, act.end)
    if act.scope == "unsure":
        unsure += [each.named.number for each in objects if not each.partial]
        objects = [each for each in objects if each.partial]
    if unsure:
        page.warn(f"Không chắc {', '.join(unsure)} có bị chấm dứt hay không, cần người xem", line.plain)
    elif not objects and re.search(rf"\b(?:{KIND}) .*(?:ngày|năm) \d", line.low[act.start : act.end]):
        page.warn("Câu này chấm dứt một văn bản nhưng không ghi số, cần người xem", line.plain)
    for each in objects:
        exception = EXCEPT.search(line.low[: each.end], each.named.end)
        excepted = act.exception or (line.plain[exception.start() : each.end] if exception else "")
        if excepted:
            page.warn(f"{each.named.number} có ngoại lệ, cần người xem", excepted)
        # An exception for what the text itself rules on leaves nothing of the other in force.
        leaves_some = excepted and (NUMBERED.search(excepted) or not _OWN_RULE.search(lower(excepted)))
        partial = each.partial or act.scope != "whole" or leaves_some
        verb: Verb = "partly_abolishes" if partial else "replaces" if act.verb == "thay thế" else "abolishes"
        yield from _ending(page, line, verb, each, act.from_date, own, also)


def _ending(
    page: Page, line: Line, verb: Verb, each: Object, day: str | None, own: Own, also: tuple[Words, ...] = ()
) -> Iterator[Ending]:
    """The ending, unless the other is the text itself, is newer than it, or stands above it."""
    number = each.named.number
    if own.number and one_form(number) == one_form(own.number):
        return
    if own.number and (year_of(number) > year_of(own.number) > 0 or rank_of(number) > rank_of(own.number)):
        page.warn(f"{number} mới hơn hoặc cao hơn văn bản này nên không thể bị nó chấm dứt", line.plain)
        return
    proof = page.words(line.span())
    yield Ending(verb, number, name_of(page.flat, line, each), day, proof.evidence, proof.start, proof.end, also)


def _amended(page: Page, line: Line, own: Own, heading: bool) -> Iterator[Ending]:
    """What a heading, or a sentence such as "Sửa đổi, bổ sung Điều 5 của … như sau:", amends."""
    match = _AMENDS.match(line.low)
    until = re.search(r" như sau|:", line.low)
    if match and own.kind in RULING and (heading or until or match.group("wording")):
        yield from _amendments(page, line, match.end(), until.start() if until else len(line.low), own)


def amended_by_title(page: Page, title: Found, own: Own) -> Iterator[Ending]:
    """What a title such as "Nghị định sửa đổi, bổ sung một số điều của …" amends."""
    line = line_at(page.flat, title.start, title.end)
    match = re.search(rf"\b{_AMENDS.pattern}", line.low)
    if match and own.kind in RULING:
        yield from _amendments(page, line, match.end(), len(line.low), own)


def _amendments(page: Page, line: Line, start: int, end: int, own: Own) -> Iterator[Ending]:
    for each in objects_of(line, start, end)[0]:
        yield from _ending(page, line, "amends", each, own.effective_from, own)


def each_once(page: Page, endings: list[Ending]) -> tuple[Ending, ...]:
    """Each verb once an instrument; a person decides where one is ended both in part and as a whole."""
    kept: dict[tuple[str, str], Ending] = {}
    for ending in endings:
        kept.setdefault((one_form(ending.number), ending.verb), ending)
    for number, verb in kept:
        if verb == "partly_abolishes" and {(number, "replaces"), (number, "abolishes")} & kept.keys():
            page.warn(f"{number} vừa bị chấm dứt toàn bộ, vừa bị bãi bỏ một phần; cần người xem")
    return tuple(kept.values())
