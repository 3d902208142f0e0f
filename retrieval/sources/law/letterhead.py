"""What stands around the articles of an instrument: letterhead, kind, grounds; recipients and signature."""

from __future__ import annotations

import re
from collections.abc import Sequence

from retrieval.sources.law.lines import Line, is_capital

# Characters of a line of a letterhead or a signature.
SHORT = 160
# What an instrument is, as its title says it.
KIND = re.compile(
    r"(?:BỘ LUẬT|LUẬT|PHÁP LỆNH|NGHỊ QUYẾT|NGHỊ ĐỊNH|QUYẾT ĐỊNH|THÔNG TƯ|CHỈ THỊ|KẾT LUẬN|QUY CHẾ|QUY ĐỊNH|QUY TRÌNH"
    r"|ĐIỀU LỆ|NỘI QUY|KẾ HOẠCH|CHƯƠNG TRÌNH|ĐỀ ÁN|CHIẾN LƯỢC|HƯỚNG DẪN)(?: LIÊN TỊCH)?(?!\w)"
)
_OFFICE = (
    r"(?:CHÍNH PHỦ|QUỐC HỘI|ỦY BAN|UỶ BAN|UBND|HĐND|HỘI ĐỒNG|ĐẢNG|THỦ TƯỚNG|CHỦ TỊCH|CHÁNH ÁN|VIỆN TRƯỞNG|THỐNG ĐỐC"
    r"|CHỦ NHIỆM|TRƯỞNG|GIÁM ĐỐC|BÍ THƯ|PHÓ |BAN (?!HÀNH)|TỔNG (?!HỢP|KẾT)|BỘ (?!LUẬT|TIÊU CHÍ|CHỈ|QUY|MÃ|TÀI LIỆU))"
)
_ISSUED_BY = re.compile(rf"[| ]*{_OFFICE}")
_OFFICIAL = r"CỘNG H(?:ÒA|OÀ) XÃ HỘI|ĐẢNG CỘNG SẢN VIỆT NAM|Số ?: ?\d*[/-]"
# What only official texts print.
OFFICIAL = re.compile(rf"[| ]*(?:{_OFFICIAL})")
LETTERHEAD = re.compile(
    rf"[| ]*(?:{_OFFICIAL}|Số ?:|Độc lập ?[-–]|[_—–-]{{3,}}|[^\W\d][^,\d]{{1,40}}, ?ngày .{{1,9}}tháng )"
)
# The words with which a preamble begins.
GROUNDS = re.compile(r"(?:Căn cứ|Xét|Theo đề nghị)(?!\w)")
_TABLE_RULE = re.compile(r"[| :-]+")
_ATTACHED_TO = re.compile(r"\((?:Ban hành )?[Kk]èm theo|\(Ban hành")
_RECIPIENTS = re.compile(r"[| ]*Nơi nhận *(?:[:;.|]|$)")
_SIGNED_FOR = re.compile(rf"[| ]*(?:T/?M|KT|TUQ|TL|Q)(?:\. ?| ){_OFFICE}")
_SIGNED = re.compile(r"[| ]*[\[(]?(?:Đã ký|đã ký|ĐÃ KÝ)")


def names_kind(line: Line) -> bool:
    """Whether a line begins with the kind of an instrument, in capitals: "QUYẾT ĐỊNH"."""
    return KIND.match(line.words) is not None and is_capital(line.words)


def is_letterhead(line: Line, named: bool) -> bool:
    """Whether a line is of a letterhead; `named`: only such lines stand between it and the name of its instrument."""
    if _TABLE_RULE.fullmatch(line.words):
        return named
    return may_be_letterhead(line) if named else LETTERHEAD.match(line.words) is not None


def may_be_letterhead(line: Line) -> bool:
    """Whether a line is of a letterhead, or begins with the name of an office as one does."""
    return LETTERHEAD.match(line.words) is not None or _ISSUED_BY.match(line.words) is not None


def is_near_name(line: Line) -> bool:
    """Whether a line is one that stands above or below the name of an instrument."""
    return any(pattern.match(line.words) for pattern in (LETTERHEAD, GROUNDS, _ATTACHED_TO))


def begins_end(lines: Sequence[Line], n: int) -> bool:
    """Whether the recipients or the signature begin on a line."""
    words = lines[n].words
    if _RECIPIENTS.match(words) or _SIGNED_FOR.match(words):
        return True
    if not (_ISSUED_BY.match(words) and is_capital(words) and len(words) <= SHORT):
        return False
    following = [line.words for line in lines[n + 1 : n + 4]]
    return any(map(_SIGNED.match, following)) or any(map(_is_person, following[:1]))


def _is_person(words: str) -> bool:
    """Whether a line may be somebody's name: "Nguyễn Văn A"."""
    return len(words) <= 40 and 2 <= len(words.split()) <= 5 and words.istitle() and words.replace(" ", "").isalpha()
