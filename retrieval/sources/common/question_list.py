"""Lists of questions and answers, as offices keep them in tables: each question a heading, its answer below."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from retrieval.records import is_date

_QUESTION = (
    "cau hoi|hoi|question|questions|q|cau hoi thuong gap|noi dung cau hoi|noi dung hoi|cau hoi cua nguoi dan|thac mac"
    "|noi dung kien nghi|kien nghi|cau hoi kien nghi|noi dung phan anh|cau hoi chuan|cau hoi mau"
)
_ANSWER = (
    "tra loi|cau tra loi|dap|dap an|answer|answers|a|noi dung tra loi|giai dap|noi dung giai dap"
    "|phan hoi|noi dung phan hoi|huong dan|huong dan tra loi|tra loi kien nghi|noi dung huong dan|cau tra loi chuan"
    "|cau tra loi mau"
)
# What stands beside them, by the names of `Document` where it has one, and how a line says it.
_BESIDE = {
    "topic": ("Lĩnh vực", "linh vuc|chu de|nhom|topic|category|chuyen muc|phan loai|danh muc"),
    "number": ("Số hiệu", "so hieu|so ky hieu|so hieu van ban|so van ban|van ban|can cu|can cu phap ly"),
    "issued": ("Ngày", "ngay|ngay ban hanh|ngay cap nhat|ngay tra loi|date"),
    "url": ("Nguồn", "nguon|source|link|lien ket|url|duong dan|nguon tham khao|website"),
    "asked_as": ("Cách hỏi khác", "cach hoi khac|cac cach hoi khac|cau hoi tuong tu|cach hoi tuong tu|bien the"),
}
_KINDS = {
    name: kind
    for kind, names in [
        ("question", _QUESTION),
        ("answer", _ANSWER),
        *((kind, names) for kind, (_, names) in _BESIDE.items()),
    ]
    for name in names.split("|")
}
_DECLARED = ("number", "issued", "url")


@dataclass(frozen=True, slots=True)
class QuestionsText:
    """The lines of a list; what all its questions have in common, by the names of `Document`; Vietnamese warnings."""

    lines: list[str]
    declared: dict[str, str]
    warnings: list[str]


@dataclass(slots=True)
class _Question:
    text: str
    answers: list[str]
    beside: Mapping[str, str]
    rows: list[int] = field(default_factory=list)


def columns_of(keys: Sequence[str]) -> dict[int, str]:
    """What each column is for, by the keys of their names; empty unless there are questions and answers."""
    found: dict[int, str] = {}
    for n, name in enumerate(keys):
        kind = _KINDS.get(re.sub(r" \d+$", "", name))
        if kind and kind not in found.values():
            found[n] = kind
    return found if {"question", "answer"} <= set(found.values()) else {}


def questions_text(
    rows: Sequence[tuple[Sequence[str | None], int]], columns: Mapping[int, str], declares: bool
) -> QuestionsText:
    """The text of rows, each with its number. A question that comes again takes the further answers. `declares`: what
    all have in common goes from the lines into `declared`."""
    asked: dict[str, _Question] = {}
    last: _Question | None = None
    lost: list[int] = []
    for row, number in rows:
        values = {kind: (row[n] or "") if n < len(row) else "" for n, kind in columns.items()}
        question, answer = " ".join(values.pop("question").split()), values.pop("answer").strip()
        if answer and last and question in ("", last.text):  # the cell of the question reaches down
            last.answers += [answer] * (answer not in last.answers)
        elif question and answer:
            last = asked.setdefault(question.casefold(), _Question(question, [], values))
            last.rows.append(number)
            last.answers += [answer] * (answer not in last.answers)
        else:
            lost.append(number)
            last = None
    return _told(list(asked.values()), lost, declares)


def _told(asked: Sequence[_Question], lost: Sequence[int], declares: bool) -> QuestionsText:
    common = {kind: value for kind in _DECLARED if declares and (value := _common(asked, kind))}
    lines: list[str] = []
    for each in asked:
        lines += ["", f"## {each.text}", ""]
        lines += [line.strip() for answer in each.answers for line in answer.split("\n") if line.strip()]
        for kind, (label, _) in _BESIDE.items():
            value = each.beside.get(kind, "")
            if value.strip() and kind not in common:
                lines.append(f"{label}: {'; '.join(line.strip() for line in value.split(chr(10)) if line.strip())}")
    warnings = [f"dòng {_listed(lost)} thiếu câu hỏi hoặc câu trả lời nên chưa được đưa vào"] if lost else []
    for each in asked:
        if len(each.rows) > 1:
            warnings.append(
                f"câu hỏi «{each.text[:80]}» có ở các dòng {_listed(each.rows)}; đã ghép các câu trả lời lại"
            )
    return QuestionsText([*lines, ""] if lines else [], common, warnings)


def _common(asked: Sequence[_Question], kind: str) -> str | None:
    """What all questions say of a kind, as `Document` keeps it: an address, a number, an ISO date."""
    values = {each.beside.get(kind, "").strip() for each in asked}
    value = values.pop() if len(values) == 1 else ""
    if kind == "url":
        return value if re.fullmatch(r"https?://\S+", value) else None
    return iso_date(value) if kind == "issued" else value or None


def iso_date(written: str) -> str | None:
    """The day that a text begins with: "25/07/2025" and "2025-07-25T10:00" are 2025-07-25. None if it is none."""
    match = re.match(r"\s*(?:(\d{4})-(\d{1,2})-(\d{1,2})|(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}))(?!\d)", written)
    if match is None:
        return None
    year, month, day = (int(match[1] or match[6]), int(match[2] or match[5]), int(match[3] or match[4]))
    written = f"{year:04}-{month:02}-{day:02}"
    return written if is_date(written) else None


def _listed(numbers: Sequence[int]) -> str:
    shown = ", ".join(map(str, numbers[:20]))
    return shown if len(numbers) <= 20 else f"{shown} và {len(numbers) - 20} dòng nữa"
