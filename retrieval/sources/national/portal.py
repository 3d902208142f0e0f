"""Procedures as the national public-service portal exports them, as Markdown that people can read from the top."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from retrieval.sources.extract import Extract
from retrieval.sources.national.portal_tables import (
    AS_WRITTEN,
    LOWER,
    NOTHING,
    Table,
    legal_basis,
    papers,
    ways_of_applying,
)
from retrieval.text import normalise

_WAYS, _PAPERS, _STEPS, _LAW = "cach_thuc_thuc_hien", "thanh_phan_ho_so", "trinh_tu_thuc_hien", "can_cu_phap_ly"
_RESULT, _OFFICE, _AUTHORITY = "ket_qua_xu_ly", "co_quan_thuc_hien", "co_quan_co_tham_quyen"
_ADDRESS, _TERMS, _RELATED = "dia_chi_tiep_nhan", "yeu_cau_dieu_kien", "thu_tuc_lien_quan"
# What people need of a record at a glance, in the order in which they need it.
_FACTS = {
    "linh_vuc": "Lĩnh vực",
    "doi_tuong_thuc_hien": "Đối tượng",
    _OFFICE: "Cơ quan thực hiện",
    "cap_thuc_hien": "Cấp thực hiện",
    "co_quan_duoc_uy_quyen": "Cơ quan được ủy quyền",
    "co_quan_phoi_hop": "Cơ quan phối hợp",
}
_TOLD = (_WAYS, _PAPERS, _STEPS, _LAW, _RESULT, _AUTHORITY, _ADDRESS, _TERMS, _RELATED, *_FACTS)
# The export took these words for the heading of a field wherever they stood: in the middle of another field, they cut
# it in two. (Field with the rest, field cut off, the words, what the field has where it is whole.)
_CUTS = (
    (_PAPERS, _STEPS, "Thành phần hồ sơ", "Tên giấy tờ"),
    (_OFFICE, _STEPS, "Cơ quan thực hiện", "Cơ quan thực hiện"),
    (_LAW, _WAYS, "Căn cứ pháp lý", "Mã văn bản"),
    (_RESULT, _PAPERS, "Kết quả xử lý", "Mã:"),
)
_UNFINISHED = ("(", "+", "-", ":", "mục", "Mục")
# Said where nothing is required: by itself it would not say what of.
_NO_TERMS = re.compile(r"(?:không|không có|không quy định|không yêu cầu)\.?", re.IGNORECASE)
# Ended on 1/7/2025 with the level of government between province and commune.
_DISTRICT = re.compile(r"(?<!\w)(?:huyện|quận|thị xã)(?!\w)", re.IGNORECASE)
_HEADING_MARK = re.compile(r"^#{1,6} +", re.MULTILINE)
# The end of a line within a sentence.
_BROKEN_OFF = re.compile(rf"(?<=[^\n]{{49}}[^\n.;:!?…])\n(?={LOWER}(?!{LOWER}{{0,3}}[.)/]))")


def is_procedure(row: Mapping[str, Any]) -> bool:
    """Whether a row is a procedure of the portal: its code, its name, and a field that tells of it."""
    return bool(row.get("ma_thu_tuc") and row.get("ten_thu_tuc")) and not row.keys().isdisjoint(_TOLD)


def read_procedure(row: Mapping[str, Any]) -> Extract:
    """A procedure as Markdown: facts, then a section for each thing that people ask. Empty where the row tells none."""
    told = {name: text for name in _TOLD if (text := _said(row.get(name)))}
    told[_LAW] = told.get(_LAW, "").removesuffix(f"Cơ quan thực hiện{told.get(_OFFICE)}").removesuffix(NOTHING)
    warnings = [
        f"nguồn cắt nhầm một đoạn ở cụm từ «{words}»; đoạn đã được nối lại, còn mục «{words}» thật thì nguồn không có"
        for words in _rejoin(told)
    ]
    results, more = results_of(told.get(_RESULT, ""))
    facts = [f"Kết quả: {name}" for name in results]
    facts += [f"{label}: {told[name].removeprefix('- ')}" for name, label in _FACTS.items() if name in told]
    ways = ways_of_applying(told.get(_WAYS, ""))
    tables = {
        "Cách thức thực hiện, thời hạn, lệ phí": ways,
        "Địa chỉ tiếp nhận hồ sơ": Table(told.get(_ADDRESS, "")),
        "Thành phần hồ sơ": papers(told.get(_PAPERS, "")),
        "Trình tự thực hiện": Table(steps(told.get(_STEPS, ""))),
        "Yêu cầu, điều kiện": Table(_terms(told.get(_TERMS, ""))),
        "Căn cứ pháp lý": legal_basis(told.get(_LAW, "")),
        "Thông tin thêm": Table(more),
        "Thủ tục liên quan": Table(_related(told.get(_RELATED, ""))),
    }
    warnings += [
        f"«{heading}»: {table.kept} trong {table.rows} dòng không tách được chắc chắn, giữ nguyên như nguồn"
        for heading, table in tables.items()
        if table.kept
    ]
    sections = [f"## {heading}\n\n{table.text}" for heading, table in tables.items() if table.text]
    text = "\n\n".join(["\n".join(facts), *sections] if facts else sections)
    warnings += _cautions(ways.text, text)
    return Extract(text, normalise(str(row.get("ten_thu_tuc") or "")), _declared(row, told), tuple(warnings))


def _said(value: Any) -> str:
    """The words of a field, none of them a heading; none at all where it says so, or holds a whole page by mistake."""
    text = _BROKEN_OFF.sub(" ", _HEADING_MARK.sub("", normalise(value))) if isinstance(value, str) else ""
    nothing = text in ("", NOTHING) or not text.strip("-. \n") or "Mã thủ tục" in text
    return "" if nothing else text


def _rejoin(told: dict[str, str]) -> list[str]:
    """Put together the fields that were cut in two; the words at which they were."""
    cut = []
    for rest, first, words, own in _CUTS:
        head, tail = told.get(first, ""), told.get(rest, "")
        goes_on = re.match(rf"[).;:,]|{LOWER}|Bước \d", tail) and own not in tail and len(tail.split()) >= 5
        if goes_on and head.endswith(_UNFINISHED):
            before = "" if head.endswith("(") else " "
            after = "" if tail[0] in ").;:," else "\n" if re.match(rf"Bước \d|{LOWER}\)", tail) else " "
            told[first] = f"{head}{before}{words}{after}{told.pop(rest)}"
            cut.append(words)
    return cut


def _declared(row: Mapping[str, Any], told: Mapping[str, str]) -> dict[str, str]:
    declared = {
        "id": row.get("ma_thu_tuc"),
        "number": row.get("so_quyet_dinh"),
        "issuer": told.get(_AUTHORITY) or told.get(_OFFICE, "").strip("- "),
        "kind": "Thủ tục hành chính",
        "url": row.get("detail_url"),
    }
    return {name: normalise(str(value)).replace("\n", " ") for name, value in declared.items() if value}


def _cautions(ways: str, text: str) -> Iterator[str]:
    if doubtful := ways.count(AS_WRITTEN):
        yield f"phí hoặc thời hạn ở {doubtful} chỗ được Cổng Dịch vụ công ghi chưa rõ; hãy đối chiếu trước khi trả lời"
    if districts := len(_DISTRICT.findall(text)):
        yield f"nhắc tới cấp huyện (đã bỏ từ 1/7/2025): {districts} chỗ"


# Results, steps and the rest.

_RESULT_CODE = re.compile(r" ?(?:KQ[.-]G\d\d[.-]\d{6}(?!\d)|(?=[\w.-]*\d)[0-9A-Za-z_.-]*\d|[a-z]++(?=[A-ZĐ])|)[ .,;]*")
_ITEM = r"(?:[-+*•] ?|[a-zđ]\) )?"
# A step that is not at the head of a line; "quy định tại Bước 2" begins none.
_STEP = re.compile(
    rf"(?<=[.;:]) (?={_ITEM}Bước \d{{1,2}} ?[:.])|(?<={LOWER})(?=Bước \d)|(?<=\w\.)(?=Bước \d)"
    rf"|(?<=[\w)])(?<!tại)(?<!theo)(?<!của)(?<!sau)(?<!với)(?<!từ)(?<!\bở)(?<!là) (?={_ITEM}Bước \d{{1,2}} ?: )"
)


def results_of(text: str) -> tuple[tuple[str, ...], str]:
    """The names of the results, and what is said of them, without the search form of the page behind them."""
    said = text.split("Chọn cơ quan thực hiện")[0].strip()
    named, _, rest = said.partition("Từ khóa")
    more = rest.partition("Mô tả")[2].strip()
    first, *others = named.split("Mã:")
    names = [first, *(_RESULT_CODE.sub("", other, count=1) for other in others)]
    kept = [name.strip(" .,;\n") for name in (names[:-1] if others else names)]
    return tuple(name for name in kept if name), "" if more == NOTHING else more


def steps(text: str) -> str:
    """The steps, each at the head of a line."""
    return _STEP.sub("\n", text)


def _terms(text: str) -> str:
    return f"Yêu cầu, điều kiện: {text}" if _NO_TERMS.fullmatch(text) else text


def _related(text: str) -> str:
    """The names of related procedures, which the page holds twice: as a table, and as cards for small screens."""
    cards = re.split(r"#\d{1,3}Tên thủ tục", text)[1:]
    return "\n".join(cards) or text
