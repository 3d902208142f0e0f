from __future__ import annotations

import csv
import json
import re
from collections import Counter
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from underthesea import convert_address

from retrieval import communes
from retrieval.communes import NewCommune, OldCommune, OldDistrict, find_communes, find_districts, new_communes
from retrieval.errors import RetrievalError
from retrieval.places import MERGED_FROM, NEW_NAME, find_provinces
from retrieval.text import new_tone_marks, normalise, strip_diacritics
from tests.conftest import ROOT

Row = dict[str, str]


def _new(text: str) -> list[str]:
    """ "Phường Sài Gòn, Hồ Chí Minh": what the one old commune or district in a text became."""
    found = [*find_communes(text), *find_districts(text)]
    assert len(found) == 1, found
    return [f"{new.name}, {new.province}" for new in new_communes(found[0])]


@pytest.mark.parametrize(
    ("text", "old", "new"),
    [
        ("tỉnh Hà Nam giờ thuộc tỉnh nào", "Hà Nam", "Ninh Bình"),
        ("ha nam nay thuoc tinh nao", "Hà Nam", "Ninh Bình"),
        ("Bắc Giang sáp nhập với tỉnh nào?", "Bắc Giang", "Bắc Ninh"),
        ("tỷ lệ hồ sơ trực tuyến của Yên Bái năm 2023", "Yên Bái", "Lào Cai"),
        ("tinh kon tum", "Kon Tum", "Quảng Ngãi"),
        ("Bà Rịa - Vũng Tàu có bao nhiêu tổ công nghệ số cộng đồng", "Bà Rịa - Vũng Tàu", "Hồ Chí Minh"),
        ("t. Bình Phước", "Bình Phước", "Đồng Nai"),
        ("TỈNH HẬU GIANG", "Hậu Giang", "Cần Thơ"),
        ("tỉnh Đắc Nông", "Đắk Nông", "Lâm Đồng"),
        ("ở Huế", "Huế", "Huế"),
    ],
)
def test_an_old_province_is_understood_and_the_new_one_said(text: str, old: str, new: str) -> None:
    assert [(name, NEW_NAME[name]) for name in find_provinces(text)] == [(old, new)]


@pytest.mark.parametrize(
    ("text", "new"),
    [
        ("phường Bến Nghé quận 1 nay là phường nào?", "Phường Sài Gòn, Hồ Chí Minh"),
        ("Phường Bến Nghé", "Phường Sài Gòn, Hồ Chí Minh"),
        ("phuong ben nghe quan 1", "Phường Sài Gòn, Hồ Chí Minh"),
        ("phuong ben nghe doi ten thanh gi", "Phường Sài Gòn, Hồ Chí Minh"),
        ("PHƯỜNG BẾN NGHÉ, QUẬN 1", "Phường Sài Gòn, Hồ Chí Minh"),
        ("phường Ben Nghe", "Phường Sài Gòn, Hồ Chí Minh"),
        ("P. Bến Nghé, Q.1, TP.HCM", "Phường Sài Gòn, Hồ Chí Minh"),
        ("phường nguyễn cư trinh là gì", "Phường Cầu Ông Lãnh, Hồ Chí Minh"),
        ("phường An Lạc A, La Gi", "Phường An Lạc, Hồ Chí Minh"),
        ("phường bưởi nay là phường nào", "Phường Tây Hồ, Hà Nội"),
        ("xã vạn phái", "Xã Thành Công, Thái Nguyên"),
        ("P.Bến Nghé", "Phường Sài Gòn, Hồ Chí Minh"),
        ("p ben nghe q1 tphcm", "Phường Sài Gòn, Hồ Chí Minh"),
        ("p.bến nghé (quận 1)", "Phường Sài Gòn, Hồ Chí Minh"),
        ("phường Bến Nghé cũ thuộc quận 1", "Phường Sài Gòn, Hồ Chí Minh"),
        ("p5 q3 sai gon", "Phường Bàn Cờ, Hồ Chí Minh"),
        ("P.05, Q. 3", "Phường Bàn Cờ, Hồ Chí Minh"),
        ("phường 5, tp. Vĩnh Long, tỉnh Vĩnh Long", "Phường Thanh Đức, Vĩnh Long"),
        ("xã Cẩm Bình, thành phố Hà Tĩnh", "Xã Cẩm Bình, Hà Tĩnh"),
        ("X. Cẩm Vịnh", "Xã Cẩm Bình, Hà Tĩnh"),
        ("tôi ở xã cẩm vịnh", "Xã Cẩm Bình, Hà Tĩnh"),
        ("ubnd xa cam vinh o dau", "Xã Cẩm Bình, Hà Tĩnh"),
        ("Ở Hà Tĩnh, xã Cẩm Bình sáp nhập vào đâu?", "Xã Cẩm Bình, Hà Tĩnh"),
        ("TT. Lim", "Xã Tiên Du, Bắc Ninh"),
        ("thị trấn Lim, Tiên Du, Bắc Ninh", "Xã Tiên Du, Bắc Ninh"),
        ("thi tran phung dan phuong", "Xã Đan Phượng, Hà Nội"),
        ("tt phung, h. dan phuong", "Xã Đan Phượng, Hà Nội"),
        ("Thị trấn Óc Eo", "Xã Óc Eo, An Giang"),
        ("xã Tam Đàn", "Xã Chiên Đàn, Đà Nẵng"),
        ("xã Tam Dân, Quảng Nam", "Xã Phú Ninh, Đà Nẵng"),
        ("xã Thạnh An huyện Cần Giờ", "Xã Thạnh An, Hồ Chí Minh"),
        ("phường Sa Pả, Sa Pa", "Phường Sa Pa, Lào Cai"),
        ("xã Nậm Càn, Kỳ Sơn, Nghệ An", "Xã Na Ngoi, Nghệ An"),
        ("xã Cư M'gar", "Xã Cư M'gar, Đắk Lắk"),
        ("xa cu mgar", "Xã Cư M'gar, Đắk Lắk"),
        ("xã Đắc Mar", "Xã Đăk Mar, Quảng Ngãi"),
        ("xã Mĩ Khánh, Phong Điền, Cần Thơ", "Phường An Bình, Cần Thơ"),
        ("phường Phú Cường, Hồ Chí Minh", "Phường Thủ Dầu Một, Hồ Chí Minh"),
        ("phường Thảo Điền, quận 2", "Phường An Khánh, Hồ Chí Minh"),
        ("phường Thảo Điền quận Thủ Đức", "Phường An Khánh, Hồ Chí Minh"),
        ("xã Thanh, Hướng Hóa", "Xã Lìa, Quảng Trị"),
        ("xa thanh huyen huong hoa", "Xã Lìa, Quảng Trị"),
        ("phường 4, TP Tân An", "Phường Long An, Tây Ninh"),
        ("p4 tp tay ninh", "Phường Tân Ninh, Tây Ninh"),
        ("xã Phú Tân, Châu Thành, Hậu Giang", "Xã Phú Hữu, Cần Thơ"),
        ("xã Phú Tân, Châu Thành, Sóc Trăng", "Xã Thuận Hòa, Cần Thơ"),
        ("xa hong phong huyen binh gia", "Xã Hồng Phong, Lạng Sơn"),
    ],
)
def test_an_old_commune_is_understood_and_the_new_one_said(text: str, new: str) -> None:
    assert _new(text) == [new]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("phường An Phú, thành phố Thủ Đức", ["Phường Bình Trưng", "Phường An Khánh"]),
        ("p an phu tp thu duc", ["Phường Bình Trưng", "Phường An Khánh"]),
        ("phường 15 quận 4", ["Phường Khánh Hội", "Phường Xóm Chiếu"]),
        ("xã An Lập, Dầu Tiếng", ["Phường Tây Nam", "Xã Thanh An"]),
        ("xã Hòa Bình, Kim Thành, Hải Dương", ["Xã Hà Nam", "Xã Kim Thành"]),
    ],
)
def test_a_split_commune_leads_to_several_the_main_one_first(text: str, first: list[str]) -> None:
    assert len(find_communes(text)[0].olds) == 1
    assert [new.split(",")[0] for new in _new(text)] == first


@pytest.mark.parametrize(
    ("text", "olds"),
    [
        ("xã Cẩm Bình", 2),
        ("xa cam binh bay gio thuoc xa nao", 3),
        ("phường 5", 21),
        ("phuong an phu o dau", 6),
        ("xa tan tien la gi", 13),
    ],
)
def test_a_name_of_several_leads_to_several(text: str, olds: int) -> None:
    (mention,) = find_communes(text)
    assert len(mention.olds) == olds
    assert len(new_communes(mention)) > 1


@pytest.mark.parametrize(
    ("text", "district", "province"),
    [
        ("xa tam dan phu ninh", "Huyện Phú Ninh", "Quảng Nam"),
        ("xa minh quan, huyen tran yen", "Huyện Trấn Yên", "Yên Bái"),
    ],
)
def test_names_told_apart_only_by_their_marks_are_both_meant_where_marks_are_left_out(
    text: str, district: str, province: str
) -> None:
    (mention,) = find_communes(text)
    assert {(old.district, old.province) for old in mention.olds} == {(district, province)}
    assert len(mention.olds) == 2


def test_a_name_that_another_commune_bears_today_leads_to_both_unless_the_district_is_said() -> None:
    assert _new("phường Tân An, Cần Thơ") == ["Phường Ninh Kiều, Cần Thơ", "Phường Tân An, Cần Thơ"]
    assert _new("phường Tân An quận Ninh Kiều") == ["Phường Ninh Kiều, Cần Thơ"]


def test_what_is_said_of_where_it_is_comes_with_the_mention() -> None:
    text = "Trước đây tôi ở phường Bến Nghé, quận 1, TP. Hồ Chí Minh, nay ở đâu?"
    (mention,) = find_communes(text)
    assert mention.said == "phường Bến Nghé, quận 1, TP. Hồ Chí Minh"
    assert text[slice(*mention.span)] == mention.said
    assert (mention.district, mention.province) == ("Quận 1", "Hồ Chí Minh")


def test_each_commune_has_its_own_district_or_shares_the_one_that_is_said() -> None:
    found = find_communes("xã Minh Quán và xã Báo Đáp của huyện Trấn Yên, rồi phường 5 quận 3")
    assert [(mention.district, len(mention.olds)) for mention in found] == [
        ("Huyện Trấn Yên", 1),
        ("Huyện Trấn Yên", 1),
        ("Quận 3", 1),
    ]


@pytest.mark.parametrize("text", ["xã Hòa Bình ở đâu?", "xa hoa binh o dau", "xã Long An và xã Hòa Bình"])
def test_a_province_in_the_name_of_a_commune_does_not_tell_where_it_is(text: str) -> None:
    for mention in find_communes(text):
        assert mention.province is None
        assert len({old.province for old in mention.olds}) > 1


@pytest.mark.parametrize("text", ["xã Cẩm Bình, Cẩm Xuyên, Hà Tĩnh", "xa cam binh, huyen cam xuyen"])
def test_a_commune_that_had_moved_to_another_district_is_found_there(text: str) -> None:
    (mention,) = find_communes(text)
    assert (mention.district, [old.district for old in mention.olds]) == ("Huyện Cẩm Xuyên", ["Thành phố Hà Tĩnh"])
    assert new_communes(mention) == (NewCommune("Xã Cẩm Bình", "Hà Tĩnh"),)


@pytest.mark.parametrize(
    "text",
    ["phường Bến Nghé, Hà Nội", "xã Phú Mỹ, Hưng Yên", "phường 7 quận 3", "phường 5 thành phố Bến Tre"],
)
def test_a_name_that_is_not_where_it_is_said_to_be_is_unknown(text: str) -> None:
    (mention,) = find_communes(text)
    assert (mention.olds, new_communes(mention)) == ((), ())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "xã",
        "phường",
        "quận",
        "huyện nào",
        "xã hội số",
        "xã hội an toàn",
        "một xã hội thịnh vượng",
        "xa hoi thinh vuong",
        "bảo hiểm xã hội",
        "phường hội",
        "phường hội nghĩa vụ",
        "hợp tác xã Tân Tiến",
        "hop tac xa tan tien",
        "UBND xã đồng ý",
        "xã biên giới",
        "cấp xã thống nhất",
        "xã giao nhân viên",
        "xa thong nhat bang van ban",
        "xã trang bị máy tính",
        "xã tư vấn cho dân",
        "xã thanh toán phí",
        "nhà tôi ở xa trung tâm",
        "nha toi xa trung tam",
        "lam viec tu xa an toan",
        "phương án phù hợp",
        "phuong an phu hop",
        "phuong tien thanh toan",
        "dia phuong tan lap to",
        "12 phường 3 xã",
        "phường 1.200 hộ",
        "UBND cấp xã, phường 01 bản",
        "trang p5",
        "Bến Nghé",
        "phường Sài Gòn",
        "phường Ba Đình, thành phố Hà Nội",
        "thành phố Hồ Chí Minh",
        "thành phố Huế",
        "thành phố Đồng Nai",
        "Q1/2025",
        "các tỉnh, thành phố: Thanh Hóa, Nghệ An",
        "chi cục hải quan",
        "hai quan long bien",
        "ubnd cap huyen chu tri",
    ],
)
def test_false_friends_are_no_places(text: str) -> None:
    assert (find_communes(text), find_districts(text)) == ([], [])


@pytest.mark.parametrize(
    ("text", "old"),
    [
        ("huyện Cẩm Xuyên còn không?", [("Huyện Cẩm Xuyên", "Hà Tĩnh")]),
        ("huyen cam xuyen", [("Huyện Cẩm Xuyên", "Hà Tĩnh")]),
        ("H. Cẩm Xuyên", [("Huyện Cẩm Xuyên", "Hà Tĩnh")]),
        ("Q. Tây Hồ", [("Quận Tây Hồ", "Hà Nội")]),
        ("quan tay ho", [("Quận Tây Hồ", "Hà Nội")]),
        ("quận 1", [("Quận 1", "Hồ Chí Minh")]),
        ("q1 tphcm", [("Quận 1", "Hồ Chí Minh")]),
        ("TP Vinh", [("Thành phố Vinh", "Nghệ An")]),
        ("TX. Hương Trà", [("Thị xã Hương Trà", "Huế")]),
        ("thị xã Việt Yên", [("Thị xã Việt Yên", "Bắc Giang")]),
        ("thị xã Phổ Yên", [("Thành phố Phổ Yên", "Thái Nguyên")]),
        ("quận Thủ Đức", [("Thành phố Thủ Đức", "Hồ Chí Minh")]),
        ("tp. Phan Rang-Tháp Chàm", [("Thành phố Phan Rang - Tháp Chàm", "Ninh Thuận")]),
        ("thành phố Bắc Ninh", [("Thành phố Bắc Ninh", "Bắc Ninh")]),
        ("huyện Châu Thành, Bến Tre", [("Huyện Châu Thành", "Bến Tre")]),
        ("tại Bến Tre, huyện Châu Thành", [("Huyện Châu Thành", "Bến Tre")]),
        ("phường Sài Gòn có gồm quận 1 không", [("Quận 1", "Hồ Chí Minh")]),
    ],
)
def test_an_old_district_is_known_with_its_province(text: str, old: list[tuple[str, str]]) -> None:
    (mention,) = find_districts(text)
    assert [(district.name, district.province) for district in mention.olds] == old
    assert new_communes(mention)


def test_a_district_of_several_provinces_names_them_all() -> None:
    (mention,) = find_districts("huyện Châu Thành")
    assert len({old.province for old in mention.olds}) == 10


def test_an_island_district_became_one_commune() -> None:
    assert _new("huyện Hoàng Sa") == ["Đặc khu Hoàng Sa, Đà Nẵng"]


def test_a_district_that_a_commune_is_in_is_not_told_again() -> None:
    assert find_districts("phường Bến Nghé, quận 1 và ở huyện Cần Giờ xã Thạnh An") == []


PIECES = st.sampled_from(
    "xã|xa|X.|phường|P.|p|thị trấn|TT|quận|Q.|q|huyện|TP.|thị xã|tỉnh|t.|1|05|Bến Nghé|ben nghe|An Phú|Cẩm Bình|"
    "Cẩm Xuyên|Hà Tĩnh|Châu Thành|Lim|Thanh|Cư M'gar|thuộc|cũ|,|.|(|)|-|'|\n|ǅ|İ|\u0301|’".split("|")
)


@given(st.text() | st.lists(st.tuples(PIECES, st.sampled_from(["", " ", "  "])).map("".join)).map("".join))
def test_any_text_is_read_without_an_error(text: str) -> None:
    past = 0
    for mention in find_communes(text):
        assert past <= mention.span[0] < mention.span[1] <= len(text)
        past = mention.span[1]
        assert text[slice(*mention.span)] == mention.said
        assert all(old.province in NEW_NAME for old in mention.olds)
        assert bool(new_communes(mention)) == bool(mention.olds)
    for district in find_districts(text):
        assert text[slice(*district.span)] == district.said
        assert district.olds
        assert new_communes(district)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"ward_mapping": [{}]}', '{"ward_mapping": [1]}', None])
def test_a_missing_or_damaged_table_is_told(
    content: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if content is not None:
        folder = tmp_path / "address" / "data"
        folder.mkdir(parents=True)
        (folder / "mapping.json").write_text(content, encoding="utf-8")
    monkeypatch.setattr(communes, "files", lambda package: tmp_path)
    communes._table.cache_clear()
    try:
        with pytest.raises(RetrievalError, match="make setup"):
            find_communes("phường Bến Nghé")
        assert find_communes("Xin chào") == []
    finally:
        communes._table.cache_clear()


# --- Communes that the package runs together with a namesake ---


@pytest.fixture(scope="module")
def uncorrected() -> communes._Table:
    path = files("underthesea").joinpath("address", "data", "mapping.json")
    return communes._made_of(json.loads(path.read_text(encoding="utf-8"))["ward_mapping"], {})


def test_a_corrected_commune_becomes_no_longer_what_its_namesake_became(uncorrected: communes._Table) -> None:
    table, corrected = communes._table(), communes._corrections()
    assert len(corrected) == 30
    for old, news in corrected.items():
        false = set(uncorrected.of_commune[old]) - news
        assert set(table.of_commune[old]) == news < set(uncorrected.of_commune[old])
        for new in false:
            namesakes = [
                each for each in table.communes[communes._bare_name(old.name)] if new in table.of_commune[each]
            ]
            assert namesakes
            assert all(each.district != old.district or each.province != old.province for each in namesakes)
        assert not false & set(table.of_district[OldDistrict(old.district, old.province)])
        (mention,) = find_communes(f"{old.name}, {old.district}, {old.province}")
        assert set(new_communes(mention)) == news


def test_nothing_else_is_corrected(uncorrected: communes._Table) -> None:
    table, corrected = communes._table(), communes._corrections()
    assert table.today.keys() == uncorrected.today.keys()
    assert {old for old, news in table.of_commune.items() if news != uncorrected.of_commune[old]} == set(corrected)
    assert {old for old, news in table.of_district.items() if news != uncorrected.of_district[old]} <= {
        OldDistrict(old.district, old.province) for old in corrected
    }
    split = [sum(len(news) > 1 for news in each.of_commune.values()) for each in (uncorrected, table)]
    assert split == [471, 442]


HEADER = "old_commune,district,province,new_commune,new_province\n"


@pytest.mark.parametrize(
    "content",
    [
        "",
        HEADER,
        "\xff",
        "old_commune,district\nXã Mỹ An,Huyện Mang Thít\n",
        HEADER + "Xã Mỹ An,Huyện Mang Thít\n",
        HEADER + "Xã Mỹ An,Huyện Cẩm Xuyên,Hà Tĩnh,Xã Nhơn Phú,Vĩnh Long\n",
        HEADER + "Xã Mỹ An,Huyện Mang Thít,Vĩnh Long,Xã Cẩm Bình,Hà Tĩnh\n",
        None,
    ],
)
def test_missing_or_damaged_corrections_are_told(
    content: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "communes_corrected.csv"
    if content is not None:
        path.write_bytes(content.encode("latin-1" if content == "\xff" else "utf-8"))
    monkeypatch.setattr(communes, "_CORRECTED", path)
    communes._table.cache_clear()
    try:
        with pytest.raises(RetrievalError, match="make setup"):
            find_communes("phường Bến Nghé")
    finally:
        communes._table.cache_clear()


# --- Against the published lists ---

DOCS = ROOT / "docs" / "places.md"


def test_the_corrected_communes_are_those_listed_in_docs(uncorrected: communes._Table) -> None:
    table = DOCS.read_text(encoding="utf-8").split("<!-- corrected -->")[1]
    listed = {}
    for line in table.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 4 and re.match(r"(?:Huyện|Thị xã|Thành phố) ", cells[1]):
            old = OldCommune(cells[0], *cells[1].split(", "))
            listed[old] = set(cells[2].split("; ")), set(cells[3].split("; "))
    assert listed == {
        old: (
            {f"{new.name}, {new.province}" for new in news},
            {new.name for new in uncorrected.of_commune[old] if new not in news},
        )
        for old, news in communes._corrections().items()
    }


def _rows(path: Path) -> list[Row]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def published(shared: Path) -> list[Row]:
    return _rows(shared / "corpora" / "don_vi_hanh_chinh" / "old_to_new_wards.csv")


def _short(name: str) -> str:
    return re.sub(r"^(?:Tỉnh|Thành phố) ", "", name)


def _plain(name: str) -> str:
    """Letters and figures alone: spellings of one name differ in hyphens, apostrophes, capitals, tone marks."""
    return re.sub(r"[\W_]", "", new_tone_marks(normalise(name).lower()))


def _listed_in_docs() -> set[tuple[str, str, str, str]]:
    """Old commune, district, province, new commune of each unit in the table of what `convert_address` misses."""
    table = DOCS.read_text(encoding="utf-8").split("<!-- convert_address -->")[1]
    found = set()
    for line in table.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 4 and re.match(r"(?:Huyện|Thị xã|Quận|Thành phố) ", cells[1]):
            district, province = cells[1].split(", ")
            found |= {(old, district, province, cells[2].split(", ")[0]) for old in cells[0].split("; ")}
    return found


def test_the_package_agrees_with_the_published_list_but_for_the_listed_ones(published: list[Row]) -> None:
    main = [row for row in published if row["default"] == "True"]
    differ = set()
    for row in main:
        old = ", ".join(filter(None, (row["old_ward"], row["old_district"], row["old_province"])))
        new = convert_address(old).new
        if (new.ward, new.province) != (row["new_ward"], row["new_province"]):
            differ.add((row["old_ward"], row["old_district"], _short(row["old_province"]), row["new_ward"]))
    assert differ == _listed_in_docs()
    assert (len(main), len(differ)) == (10_040, 82)


def test_the_provinces_of_the_package_the_published_list_and_the_product_agree(shared: Path) -> None:
    rows = _rows(shared / "corpora" / "don_vi_hanh_chinh" / "provinces_63_to_34.csv")
    merged = {_short(row["new_province"]): set(map(_short, row["old_provinces"].split("; "))) for row in rows}
    assert merged == {new: set(olds) for new, olds in MERGED_FROM.items()}
    for new, olds in merged.items():
        assert {_short(convert_address(old).converted) for old in olds} == {new}


def test_the_product_agrees_with_the_published_list_on_every_commune_but_the_corrected_ones(
    published: list[Row],
) -> None:
    became: dict[tuple[str, str, str], list[tuple[bool, NewCommune]]] = {}
    for row in published:
        if row["old_ward"]:
            new = NewCommune(row["new_ward"], _short(row["new_province"]))
            old = row["old_ward"], row["old_district"], _short(row["old_province"])
            became.setdefault(old, []).append((row["default"] != "True", new))
    assert len(became) == 10_035
    corrected = communes._corrections()
    for old, news in became.items():
        (mention,) = find_communes(", ".join(old))
        assert [tuple(map(str.lower, (o.name, o.district, o.province))) for o in mention.olds] == [
            tuple(map(str.lower, old))
        ]
        if OldCommune(*old) in corrected:
            assert set(new_communes(mention)) < {new for _, new in news}
        else:
            assert set(new_communes(mention)) == {new for _, new in news}
            assert new_communes(mention)[0] == min(news, key=lambda new: new[0])[1]


def test_every_published_commune_is_found_without_marks(published: list[Row]) -> None:
    found: Counter[int] = Counter()
    corrected = communes._corrections()
    for row in published:
        if row["old_ward"] and row["default"] == "True":
            text = strip_diacritics(f"{row['old_ward']} {row['old_district']} {_short(row['old_province'])}")
            (mention,) = find_communes(text)
            old = OldCommune(row["old_ward"], row["old_district"], _short(row["old_province"]))
            news = corrected.get(old, {NewCommune(row["new_ward"], _short(row["new_province"]))})
            assert news <= set(new_communes(mention)), text
            found[len(mention.olds)] += 1
    assert found == {1: 10_035 - found[2], 2: found[2]}
    assert found[2] < 70


def test_a_second_list_of_another_origin_differs_in_two_communes(shared: Path) -> None:
    text = (shared / "corpora" / "don_vi_hanh_chinh" / "vn_address_converter_ward_mapping.json").read_text("utf-8")
    table = communes._table()
    known: dict[tuple[str, str, str], set[tuple[str, str]]] = {}
    for old, news in table.of_commune.items():
        key = _plain(old.province), _plain(old.district), _plain(old.name)
        known.setdefault(key, set()).update((_plain(new.province), _plain(new.name)) for new in news)
    counts: Counter[str] = Counter()
    differ = set()
    corrected = {(_plain(old.province), _plain(old.district), _plain(old.name)) for old in communes._corrections()}
    confirmed = set()
    for province, districts in json.loads(text).items():
        for district, wards in districts.items():
            for ward, new in wards.items() if isinstance(wards, dict) else ():
                if not isinstance(new, dict) or "new_ward_name" not in new:
                    continue
                key = _plain(_short(province)), _plain(district), _plain(ward.replace("\\", ""))
                said = _plain(_short(new["new_provine_name"])), _plain(new["new_ward_name"].replace("\\", ""))
                outcome = "unknown" if key not in known else "same" if said in known[key] else "differs"
                counts[outcome] += 1
                if key in corrected and outcome == "same":
                    confirmed.add(key)
                if outcome == "differs":
                    differ.add((ward, district))
    assert counts == {"same": 9_839, "unknown": 232, "differs": 2}
    assert differ == {("Xã Thạnh Lộc", "Huyện Châu Thành"), ("Xã Thạnh Lộc", "Huyện Giồng Riềng")}
    # That list spells it "Thạnh Qưới".
    assert corrected - confirmed == {("cầnthơ", "huyệnvĩnhthạnh", "xãthạnhquới")}


def test_every_published_district_is_found(published: list[Row]) -> None:
    names = {(row["old_district"], _short(row["old_province"])) for row in published}
    assert len(names) == 696
    for district, province in sorted(names):
        (mention,) = find_districts(f"{district}, {province}")
        assert [(old.name.lower(), old.province) for old in mention.olds] == [(district.lower(), province)]
