"""Words that must stand in a question before the dialogue's belief about it may refuse a person or alarm one.

To a classifier old people ("người già", bare "nguoi gia"), land that is bought and sold, and the dead look like
forgery, a black market and stolen money. So what it believes counts only together with a word of that kind.
"""

from __future__ import annotations

import re

from retrieval.text import strip_diacritics

# All without diacritics. A bare "gia" is as often "già" or "giá" as "giả", a bare "lua" as often "lúa" as "lừa".
_UNSAFE = (
    r"hack|ddos|virus|tan cong|be khoa|dot nhap|nghe len|xem (?:trom|len)|theo doi|\b(?:cuop|chiem)\b|khuon mat",
    r"\b(?:lam|sua|mua|ban|in|tao|dung|app|web|trang|tin|dau|ky|bang|cccd|cuoc|to|do|xe) gia\b",
    r"\b(?:app|web|trang|bang|giay)\b.{0,12}\bgia\b(?! (?:dinh|han|tri|dat|ca|tien|yeu))",
    r"\bgia (?:danh|mao|giay|cong an|vo)\b|photoshop|sua anh",
    r"\blua (?:dao|nguoi|dan)\b|\b(?:cach|de|lam sao) lua\b|nan nhan",
    r"\b(?:mua|ban|thue) (?:tai khoan|data|du lieu|danh sach|thong tin|sung|vu khi|ma tuy)\b",
    r"\bdanh sach (?:so|dan|khach|can cuoc|cccd)\b|\bso can cuoc\b|thong tin ca nhan|du lieu ca nhan",
    r"dia chi nha|tim nha",
    r"cua nguoi (?:khac|ta)|nguoi (?:khac|ta)\b|mat khau|\botp\b|anh nong|noi xau|tung tin",
    r"tron thue|hoi lo|dut lot|dua tien cho|\b(?:lam|che|tao) bom\b|che tao|vu khi|ma tuy|dau doc|giet",
    r"prompt|previous|\bignore\b|quy tac|moi chi dan|quen het|bo qua|dong vai|gioi han|kiem duyet|cau lenh",
    r"huong dan he thong|khong can theo",
    r"\btu tu\b|thuoc ngu|muon chet|song (?:nua|qua|khong)|chet khong dau",
)
_LOSS = (
    r"\b(?:bi|ke|bon|dua|nguoi ta) (?:lua|gat)\b|\blua (?:dao|mat|het tien|chuyen)\b|\bgat (?:het|mat|tien)",
    r"\botp\b|hack|\blinks?\b|\bapp\b|\bapk\b|\bchiem\b|ke gian|nguoi la\b|mat khau|dieu khien",
    r"(?<!co )(?<!phai )(?<!khong )\bmat (?:het |sach |so )?tien\b(?! (?:khong|ko|k|hong|gi|bao|may)\b)",
    r"mat so tiet kiem|\bbi tru\b|\btru (?:sach|het)",
    r"\btien\b.{0,25}\b(?:mat het|mat sach|tu nhien mat|bay)\b|chuyen (?:tien|khoan)|\bcoc\b",
    r"quet (?:khuon )?mat|vay (?:tien|no) (?:bang|app)|gui.{0,20}cho (?:ke|bon|no)\b",
)
_MAY_BE_UNSAFE, _TELLS_OF_LOSS = re.compile("|".join(_UNSAFE)), re.compile("|".join(_LOSS))
_OLD_OR_PRICE = re.compile(r"\bgi[àá]\b")


def may_be_unsafe(question: str) -> bool:
    """Whether a question has words that can stand in a request which must not be served."""
    bare = strip_diacritics(_OLD_OR_PRICE.sub(" ", question.lower()))
    return _MAY_BE_UNSAFE.search(bare) is not None


def tells_of_loss(question: str) -> bool:
    """Whether a question has words of somebody who has lost money or an account to a thief, or fears so."""
    return _TELLS_OF_LOSS.search(strip_diacritics(question.lower())) is not None
