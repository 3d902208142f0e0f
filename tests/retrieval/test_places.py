from __future__ import annotations

import pytest

from retrieval.places import CITIES, MERGED_FROM, NEW_NAME, PROVINCES, find_provinces, main_province, with_type
from retrieval.text import strip_diacritics


def test_sixty_three_provinces_became_thirty_four() -> None:
    assert (len(set(PROVINCES)), len(MERGED_FROM)) == (63, 34)
    assert set(MERGED_FROM) <= set(PROVINCES)
    assert NEW_NAME["Nam Định"] == "Ninh Bình"
    assert NEW_NAME["Quảng Ninh"] == "Quảng Ninh"


def test_every_old_province_has_one_new_one_and_a_new_one_bears_the_name_of_a_part() -> None:
    assert sorted(NEW_NAME) == sorted(old for parts in MERGED_FROM.values() for old in parts)
    assert all(parts[0] == new for new, parts in MERGED_FROM.items())
    assert all(NEW_NAME[old] == new for new, parts in MERGED_FROM.items() for old in parts)
    assert sum(len(parts) == 1 for parts in MERGED_FROM.values()) == 11


@pytest.mark.parametrize(
    ("province", "called"),
    [
        ("Hà Tĩnh", "tỉnh Hà Tĩnh"),
        ("Bà Rịa - Vũng Tàu", "tỉnh Bà Rịa - Vũng Tàu"),
        ("Huế", "thành phố Huế"),
        ("Hồ Chí Minh", "thành phố Hồ Chí Minh"),
        ("Đồng Nai", "Đồng Nai"),
    ],
)
def test_a_province_is_called_what_it_is(province: str, called: str) -> None:
    assert with_type(province) == called


@pytest.mark.parametrize("province", PROVINCES)
def test_a_province_is_found_as_it_is_called(province: str) -> None:
    assert find_provinces(f"ở {with_type(province)}") == [province]
    assert with_type(province).startswith("thành phố ") == (province in CITIES)


def test_the_cities_are_provinces_of_before_and_of_today() -> None:
    assert set(MERGED_FROM) > CITIES


@pytest.mark.parametrize("name", PROVINCES)
def test_every_province_is_found_as_written_in_any_case_and_without_diacritics(name: str) -> None:
    assert find_provinces(f"Người dân tỉnh {name} làm sao?") == [name]
    assert find_provinces(f"TỈNH {name.upper()}") == [name]
    assert find_provinces(f"nguoi dan {strip_diacritics(name)} lam sao") == [name]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("tỉnh Hòa Bình", ["Hòa Bình"]),
        ("o hoa binh", ["Hòa Bình"]),
        ("sống trong hoà bình với láng giềng, hoa binh", []),
        ("Nam Định và Quảng Ninh, Nam Định", ["Nam Định", "Quảng Ninh", "Nam Định"]),
        ("Hà Nam không phải Hà Nam Ninh", ["Hà Nam", "Hà Nam"]),
        ("Thừa Thiên Huế", ["Huế"]),
        ("tphcm, sai gon, hn", ["Hồ Chí Minh", "Hồ Chí Minh", "Hà Nội"]),
        ("Bà Rịa - Vũng Tàu", ["Bà Rịa - Vũng Tàu"]),
        ("An Giangs, Quảng  Ninh", []),
        ("", []),
    ],
)
def test_provinces_in_text(text: str, found: list[str]) -> None:
    assert find_provinces(text) == found


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("tỉnh Thanh Hoá", "Thanh Hóa"),
        ("tỉnh Khánh Hoà", "Khánh Hòa"),
        ("ở TP.HCM", "Hồ Chí Minh"),
        ("ở Vũng Tàu", "Bà Rịa - Vũng Tàu"),
        ("tỉnh Đắc Lắc", "Đắk Lắk"),
    ],
)
def test_other_spellings_of_a_province_are_found(text: str, name: str) -> None:
    assert find_provinces(text) == [name]


def test_a_document_is_about_the_province_it_names_first_and_by_far_most_often() -> None:
    assert main_province("Nam Định học số", "Nam Định mở lớp. Nam Định cấp máy.") == "Nam Định"
    assert main_province("Nam Định học số", "Nam Định mở lớp.") is None
    assert main_province("Học số", "x" * 1000 + " Nam Định, Nam Định, Nam Định") is None
    assert main_province("Nam Định", "Nam Định, Nam Định, Bến Tre, Bến Tre, Bến Tre") is None
    assert main_province("Học số", "Không nêu tỉnh nào.") is None
