"""What a hand-out shows: of a whole document, or of one passage."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import segno
from markupsafe import Markup

from actions.render import spoken_date
from bot.lookup_pages.sheet import Sheet, fitted
from bot.lookup_pages.shown import Source, headings_of, page_address, shortened, source_of
from bot.lookup_pages.sms import Texts, texts_of
from retrieval.answer import Answerer
from retrieval.handout import HandoutSection, hotline_of, is_procedure, passage_of, sections_of, use_of
from retrieval.records import PATH, Document

_LONGEST_TITLE = 240


@dataclass(frozen=True, slots=True)
class Handout:
    """One printed page. `lines`: of its source; `code`: the QR code of the official page, empty without one.

    `whole`: for a passage of a procedure, the address of the hand-out of all of it; else empty.
    """

    title: str
    source: Source
    lines: tuple[str, ...]
    sheet: Sheet
    code: Markup
    printed_on: str
    message: str
    texts: Texts
    address: str
    whole: str = ""


def document_handout(answerer: Answerer, document_id: str) -> Handout | None:
    """The hand-out of a whole document, or None."""
    document = answerer.index.documents.get(document_id)
    if document is None:
        return None
    sections, goes_on = sections_of(answerer.index, document)
    address = page_address("/phieu/", document_id)
    return _handout(document, document.title or document_id, sections, goes_on, answerer.today(), address)


def passage_handout(answerer: Answerer, passage_id: str) -> Handout | None:
    """The hand-out of one passage, or None."""
    passage = passage_of(answerer.index, passage_id)
    if passage is None:
        return None
    document = answerer.index.document_of(passage)
    headings = headings_of(passage)
    title = headings[-1] if headings else document.title or document.id
    section = HandoutSection(PATH.join(headings[:-1]), passage.text, use_of(document, passage.section))
    address = page_address("/phieu/doan/", passage.id)
    sheet = _handout(document, title, [section], False, answerer.today(), address)
    return replace(sheet, whole=page_address("/phieu/", document.id) if is_procedure(document) else "")


def _handout(
    document: Document, title: str, sections: list[HandoutSection], goes_on: bool, today: date, address: str
) -> Handout:
    source = source_of(document, today)
    title = shortened(title, _LONGEST_TITLE)
    hotline = hotline_of(sections)
    lines = tuple(
        shortened(line, _LONGEST_TITLE)
        for line in (
            f"Nguồn: {source.title}",
            " · ".join(source.facts),
            source.validity.text,
            f"Đối chiếu với nguồn ngày {source.checked_on}"
            if source.checked_on
            else "Chưa rõ ngày đối chiếu với nguồn",
            f"Số để gọi hỏi: {hotline}" if hotline else "",
        )
        if line
    )
    return Handout(
        title=title,
        source=source,
        lines=lines,
        sheet=fitted(title, sections, (*lines, source.url or ""), bool(source.url), goes_on),
        code=_code(source.url) if source.url else Markup(""),
        printed_on=spoken_date(today.isoformat()),
        message=f"{address}/sms",
        texts=texts_of(sections, source),
        address=address,
    )


def _code(url: str) -> Markup:
    """A QR code as an <svg> element that needs no style and no script."""
    drawn = segno.make(url, error="m", micro=False, boost_error=False)
    return Markup(drawn.svg_inline(border=4, omitsize=True, svgclass="code", title="Mã QR của trang gốc"))  # noqa: S704
