"""Provinces: the 63 before 1/7/2025, the 34 since (Nghị quyết 202/2025/QH15), and finding them in what people type."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date

from retrieval.text import has_diacritics, lower, new_tone_marks, strip_diacritics

# New province or city → the old ones it is made of. Those that kept both name and extent stand alone.
MERGED_FROM: dict[str, tuple[str, ...]] = {
    "An Giang": ("An Giang", "Kiên Giang"),
    "Bắc Ninh": ("Bắc Ninh", "Bắc Giang"),
    "Cà Mau": ("Cà Mau", "Bạc Liêu"),
    "Cao Bằng": ("Cao Bằng",),
    "Cần Thơ": ("Cần Thơ", "Hậu Giang", "Sóc Trăng"),
    "Đà Nẵng": ("Đà Nẵng", "Quảng Nam"),
    "Đắk Lắk": ("Đắk Lắk", "Phú Yên"),
    "Điện Biên": ("Điện Biên",),
    "Đồng Nai": ("Đồng Nai", "Bình Phước"),
    "Đồng Tháp": ("Đồng Tháp", "Tiền Giang"),
    "Gia Lai": ("Gia Lai", "Bình Định"),
    "Hà Nội": ("Hà Nội",),
    "Hà Tĩnh": ("Hà Tĩnh",),
    "Hải Phòng": ("Hải Phòng", "Hải Dương"),
    "Hồ Chí Minh": ("Hồ Chí Minh", "Bình Dương", "Bà Rịa - Vũng Tàu"),
    "Huế": ("Huế",),
    "Hưng Yên": ("Hưng Yên", "Thái Bình"),
    "Khánh Hòa": ("Khánh Hòa", "Ninh Thuận"),
    "Lai Châu": ("Lai Châu",),
    "Lạng Sơn": ("Lạng Sơn",),
    "Lào Cai": ("Lào Cai", "Yên Bái"),
    "Lâm Đồng": ("Lâm Đồng", "Bình Thuận", "Đắk Nông"),
    "Nghệ An": ("Nghệ An",),
    "Ninh Bình": ("Ninh Bình", "Hà Nam", "Nam Định"),
    "Phú Thọ": ("Phú Thọ", "Hòa Bình", "Vĩnh Phúc"),
    "Quảng Ngãi": ("Quảng Ngãi", "Kon Tum"),
    "Quảng Ninh": ("Quảng Ninh",),
    "Quảng Trị": ("Quảng Trị", "Quảng Bình"),
    "Sơn La": ("Sơn La",),
    "Tây Ninh": ("Tây Ninh", "Long An"),
    "Thái Nguyên": ("Thái Nguyên", "Bắc Kạn"),
    "Thanh Hóa": ("Thanh Hóa",),
    "Tuyên Quang": ("Tuyên Quang", "Hà Giang"),
    "Vĩnh Long": ("Vĩnh Long", "Bến Tre", "Trà Vinh"),
}
MERGER_DAY = date(2025, 7, 1)
NEW_NAME = {old: new for new, parts in MERGED_FROM.items() for old in parts}
PROVINCES = tuple(NEW_NAME)
CITIES = frozenset({"Hà Nội", "Hải Phòng", "Huế", "Đà Nẵng", "Hồ Chí Minh", "Cần Thơ"})
_SAID_ALSO = {
    "tphcm": "Hồ Chí Minh",
    "tp hcm": "Hồ Chí Minh",
    "tp.hcm": "Hồ Chí Minh",
    "tp. hcm": "Hồ Chí Minh",
    "sài gòn": "Hồ Chí Minh",
    "vũng tàu": "Bà Rịa - Vũng Tàu",
    "bà rịa": "Bà Rịa - Vũng Tàu",
    "đắc lắc": "Đắk Lắk",
    "đăk lăk": "Đắk Lắk",
    "đắc nông": "Đắk Nông",
    "đăk nông": "Đắk Nông",
    "bắc cạn": "Bắc Kạn",
    "hn": "Hà Nội",
}

_ANNOUNCED = re.compile(r"\b(?:tỉnh|ở|tại)\s*$")

_NAMES = {name.lower(): name for name in PROVINCES} | _SAID_ALSO
_BARE_NAMES = {strip_diacritics(name): province for name, province in _NAMES.items()}


def _pattern(names: dict[str, str]) -> re.Pattern[str]:
    longest_first = sorted(names, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)")


_MARKED, _BARE = _pattern(_NAMES), _pattern(_BARE_NAMES)


def with_type(province: str) -> str:
    """A province as it is called: "tỉnh Hà Tĩnh", "thành phố Huế"."""
    if province == "Đồng Nai":  # made a city in 2026, as some sources have it and others not
        return province
    return f"{'thành phố' if province in CITIES else 'tỉnh'} {province}"


def find_provinces(text: str) -> list[str]:
    """Provinces named in a text, by their name of before the merger, in order, each as often as it is named.

    A text typed without any diacritics is matched without them; otherwise "hoa binh" and "hòa bình" stay apart.
    """
    return [name for name, _ in province_spans(text)]


def province_spans(text: str) -> list[tuple[str, tuple[int, int]]]:
    """What `find_provinces` finds, each with its (start, end)."""
    pattern, names = (_MARKED, _NAMES) if has_diacritics(text) else (_BARE, _BARE_NAMES)
    found = pattern.finditer(new_tone_marks(lower(text)))
    return [(names[match.group()], match.span()) for match in found if not _is_peace(text, match.start())]


def with_province_names(text: str, typed: str) -> str:
    """A text of the same length as what was typed, with the provinces that either names written as names."""
    for source in (typed, text):
        for name, (start, end) in province_spans(source):
            if strip_diacritics(source[start:end]) == strip_diacritics(name):
                text = text[:start] + name + text[end:]
    return text


def _is_peace(text: str, start: int) -> bool:
    """ "hòa bình" in small letters is peace, unless a province is announced."""
    lowered = new_tone_marks(text[start : start + 9].lower())
    return lowered.startswith("hòa bình") and text[start].islower() and not _ANNOUNCED.search(text[:start].lower())


def main_province(title: str, text: str) -> str | None:
    """The one province that a document is about, or None: named at its head, and by far the most often."""
    named = Counter(find_provinces(f"{title}\n{text}"))
    if not named:
        return None
    province, count = named.most_common(1)[0]
    at_head = province in find_provinces(f"{title}\n{text[:1000]}")
    return province if at_head and count >= 3 and count >= 0.6 * named.total() else None
