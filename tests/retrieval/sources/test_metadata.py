from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.sources.metadata import Metadata, read_metadata

MOTTO = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập - Tự do - Hạnh phúc"
HEAD = f"""BỘ VƯỜN ƯƠM
-------
{MOTTO}
Số: 30/2026/TT-BVU
Hà Nội, ngày 10 tháng 6 năm 2026
THÔNG TƯ
Quy định về cây giống
Căn cứ Nghị định số 11/2020/NĐ-CP ngày 2 tháng 3 năm 2020 của Chính phủ;
Điều 1. Phạm vi
Thông tư này quy định việc ươm cây giống theo Nghị định số 11/2020/NĐ-CP.
"""
FINAL = "Điều 9. Hiệu lực thi hành\n1. Thông tư này có hiệu lực thi hành từ ngày 01 tháng 8 năm 2026.\n"


def values(metadata: Metadata) -> dict[str, str]:
    return {found.field: found.value for found in metadata.found}


def deeds(metadata: Metadata) -> list[tuple[str, str, str | None]]:
    return [(ending.verb, ending.number, ending.from_date) for ending in metadata.clauses]


def ended(clauses: str, head: str = HEAD + FINAL) -> list[tuple[str, str]]:
    return [(verb, number) for verb, number, _ in deeds(read_metadata(head + clauses))]


def check_proofs(text: str, metadata: Metadata) -> None:
    for said in (*metadata.found, *metadata.clauses):
        for words in (said, *said.also):
            assert words.evidence == text[words.start : words.end]
            assert words.evidence.strip() == words.evidence != ""


# ---- Heads.

HEADS = {
    "a decree in one column": (
        f"CHÍNH PHỦ\n_______\n{MOTTO}\nSố: 412/2027/NĐ-CP\nHà Nội, ngày 05 tháng 3 năm 2027\n\nNGHỊ ĐỊNH\n"
        "Về quản lý vườn ươm cộng đồng\nCăn cứ Luật Trồng trọt;",
        {
            "number": "412/2027/NĐ-CP",
            "kind": "Nghị định",
            "title": "Nghị định về quản lý vườn ươm cộng đồng",
            "issuer": "Chính phủ",
            "issued": "2027-03-05",
        },
    ),
    "two columns on each line": (
        "ỦY BAN NHÂN DÂN CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nTỈNH HÒA BÌNH Độc lập - Tự do - Hạnh phúc\n"
        "Số: 12/QĐ-UBND Hòa Bình, ngày 5 tháng 3 năm 2024\nQUYẾT ĐỊNH\nVề việc phê duyệt Kế hoạch trồng cây\n"
        "tại các xã vùng cao\nCHỦ TỊCH ỦY BAN NHÂN DÂN TỈNH\nCăn cứ Luật Trồng trọt;",
        {
            "number": "12/QĐ-UBND",
            "kind": "Quyết định",
            "title": "Quyết định về việc phê duyệt Kế hoạch trồng cây tại các xã vùng cao",
            "issuer": "Ủy ban nhân dân tỉnh Hòa Bình",
            "province": "Hòa Bình",
            "issued": "2024-03-05",
        },
    ),
    "the right column first": (
        f"{MOTTO}\nHà Nội, ngày 1 tháng 2 năm 2026\nBỘ Y TẾ\nSố: 22/2026/TT-BYT\nTHÔNG TƯ\nVề vườn thuốc nam",
        {
            "number": "22/2026/TT-BYT",
            "kind": "Thông tư",
            "title": "Thông tư về vườn thuốc nam",
            "issuer": "Bộ Y tế",
            "issued": "2026-02-01",
        },
    ),
    "a table, with number and date still blank": (
        "| UBND TỈNH QUẢNG NINH<br>SỞ KHOA HỌC VÀ CÔNG NGHỆ | CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM |\n| --- | --- |\n"
        "| Số:        /KH-SKHCN | *Quảng Ninh, ngày      tháng      năm 2026* |\n**KẾ HOẠCH**\n"
        "**Triển khai phong trào đọc sách số**\n\nI. MỤC ĐÍCH",
        {
            "kind": "Kế hoạch",
            "title": "Kế hoạch triển khai phong trào đọc sách số",
            "issuer": "Sở Khoa học và Công nghệ tỉnh Quảng Ninh",
            "province": "Quảng Ninh",
        },
    ),
    "lines broken as on some law sites, spaces of a scan": (
        "THỦ\nTƯỚNG CHÍNH PHỦ\n*****\n|\nCỘNG\nHOÀ XÃ HỘI CHỦ NGHĨA VIỆT NAM\n|\nSố :\n224 /QĐ - TTg\n|\n"
        "Hà\nNội, ngày 3 tháng 12\nnăm 2026\n|\nQ U Y Ế T   Đ Ị N H\nVề ngày hội đọc sách\nTHỦ TƯỚNG CHÍNH PHỦ",
        {
            "number": "224/QĐ-TTg",
            "kind": "Quyết định",
            "title": "Quyết định về ngày hội đọc sách",
            "issuer": "Thủ tướng Chính phủ",
            "issued": "2026-12-03",
        },
    ),
    "an official letter": (
        f"BỘ NỘI VỤ\nSố: 77/BNV-CCVC\nV/v hướng dẫn nộp hồ sơ\nqua mạng\n{MOTTO}\nHà Nội, ngày 9 tháng 2 năm 2026\n"
        "Kính gửi: Các sở\nThực hiện Nghị định số 30/2020/NĐ-CP",
        {
            "number": "77/BNV-CCVC",
            "kind": "Công văn",
            "title": "Công văn về việc hướng dẫn nộp hồ sơ qua mạng",
            "issuer": "Bộ Nội vụ",
            "issued": "2026-02-09",
        },
    ),
    "a law, passed at its end": (
        f"QUỐC HỘI\n{MOTTO}\nLuật số: 999/2027/QH16\nLUẬT\nVƯỜN ƯƠM\nCăn cứ Hiến pháp;\nĐiều 1. Phạm vi\n"
        "Luật này quy định về vườn ươm.\nLuật này được Quốc hội nước Cộng hòa xã hội chủ nghĩa Việt Nam khóa XVI, "
        "kỳ họp thứ 3 thông qua ngày 12 tháng 6 năm 2027.\nCHỦ TỊCH QUỐC HỘI",
        {
            "number": "999/2027/QH16",
            "kind": "Luật",
            "title": "Luật Vườn ươm",
            "issuer": "Quốc hội",
            "issued": "2027-06-12",
        },
    ),
    "a resolution of a city's council": (
        f"HỘI ĐỒNG NHÂN DÂN\nTHÀNH PHỐ HUẾ\nSố: 05/2026/NQ-HĐND\n{MOTTO}\nHuế, ngày 10 tháng 7 năm 2026\nNGHỊ QUYẾT\n"
        "Quy định mức hỗ trợ vườn ươm\nHỘI ĐỒNG NHÂN DÂN THÀNH PHỐ HUẾ\nKHÓA IX, KỲ HỌP THỨ 2\nCăn cứ Luật;\n"
        "Điều 3. Nghị quyết này đã được Hội đồng nhân dân thành phố Huế khóa IX, kỳ họp thứ 2 thông qua ngày 10 tháng "
        "7 năm 2026 và có hiệu lực từ ngày 20 tháng 7 năm 2026, được thực hiện đến hết ngày 31/12/2030.",
        {
            "number": "05/2026/NQ-HĐND",
            "kind": "Nghị quyết",
            "title": "Nghị quyết quy định mức hỗ trợ vườn ươm",
            "issuer": "Hội đồng nhân dân thành phố Huế",
            "province": "Huế",
            "issued": "2026-07-10",
            "effective_from": "2026-07-20",
            "effective_to": "2030-12-31",
        },
    ),
    "a town's committee is of no province that it does not name": (
        f"UBND THÀNH PHỐ VĨNH LONG\nSố: 15/KH-UBND\n{MOTTO}\nVĩnh Long, ngày 10 tháng 7 năm 2024\nKẾ HOẠCH\nĐọc sách",
        {
            "number": "15/KH-UBND",
            "kind": "Kế hoạch",
            "title": "Kế hoạch đọc sách",
            "issuer": "Ủy ban nhân dân thành phố Vĩnh Long",
            "issued": "2024-07-10",
        },
    ),
    "a commune, with a title in capitals": (
        f"ỦY BAN NHÂN DÂN\nXÃ TÂN PHÚ\nTỈNH VĨNH LONG\nSố: 9/KH-UBND\n{MOTTO}\nTân Phú, ngày 1 tháng 8 năm 2025\n"
        "KẾ HOẠCH\nTRỒNG CÂY VÀ RÀ SOÁT TTHC TẠI TỈNH VĨNH LONG GIAI ĐOẠN II",
        {
            "number": "9/KH-UBND",
            "kind": "Kế hoạch",
            "title": "Kế hoạch trồng cây và rà soát TTHC tại tỉnh Vĩnh Long giai đoạn II",
            "issuer": "Ủy ban nhân dân xã Tân Phú, tỉnh Vĩnh Long",
            "province": "Vĩnh Long",
            "issued": "2025-08-01",
        },
    ),
    "a text of the party": (
        "TỈNH ỦY TÂY NINH\n*\nSố 57-NQ/TU\nĐẢNG CỘNG SẢN VIỆT NAM\nTây Ninh, ngày 22 tháng 12 năm 2025\nNGHỊ QUYẾT\n"
        "về vườn ươm cộng đồng",
        {
            "number": "57-NQ/TU",
            "kind": "Nghị quyết",
            "title": "Nghị quyết về vườn ươm cộng đồng",
            "issuer": "Tỉnh ủy Tây Ninh",
            "province": "Tây Ninh",
            "issued": "2025-12-22",
        },
    ),
    "a joint circular": (
        f"BỘ TÀI CHÍNH - BỘ NỘI VỤ\nSố: 07/2015/TTLT-BTC-BNV\n{MOTTO}\nHà Nội, ngày 2 tháng 3 năm 2015\n"
        "THÔNG TƯ LIÊN TỊCH\nHướng dẫn chi trả",
        {
            "number": "07/2015/TTLT-BTC-BNV",
            "kind": "Thông tư liên tịch",
            "title": "Thông tư liên tịch hướng dẫn chi trả",
            "issuer": "Bộ Tài chính - Bộ Nội vụ",
            "issued": "2015-03-02",
        },
    ),
    "a headline and a sentence that tells more of the same number": (
        "# Chỉ thị số 8-CT/TW\n\n**Ban Bí thư vừa ban hành Chỉ thị số 8-CT/TW (ngày 3/2/2025) của Ban Bí thư về việc "
        "trồng cây đầu xuân.**\n\nThời gian qua, nhiều nơi đã làm theo Chỉ thị số 9-CT/TW ngày 4/5/2020.",
        {
            "number": "8-CT/TW",
            "kind": "Chỉ thị",
            "title": "Chỉ thị về việc trồng cây đầu xuân",
            "issuer": "Ban Bí thư",
            "issued": "2025-02-03",
        },
    ),
}


@pytest.mark.parametrize(("text", "expected"), HEADS.values(), ids=HEADS.keys())
def test_the_head_is_read(text: str, expected: dict[str, str]) -> None:
    metadata = read_metadata(text)
    assert values(metadata) == expected
    check_proofs(text, metadata)


def test_a_kind_that_the_number_denies_is_not_found() -> None:
    metadata = read_metadata(HEAD.replace("THÔNG TƯ", "QUYẾT ĐỊNH"))
    assert metadata.value("kind") is None
    assert any("“Quyết định”" in warning for warning in metadata.warnings)


def test_a_day_that_is_none_is_not_found() -> None:
    metadata = read_metadata(HEAD.replace("ngày 10 tháng 6", "ngày 31 tháng 6"))
    assert metadata.value("issued") is None
    assert any("31 tháng 6" in warning for warning in metadata.warnings)


def test_a_second_head_in_the_same_file_is_told_and_not_read() -> None:
    metadata = read_metadata(HEAD + "Nơi nhận:\n- Lưu.\n" + HEAD.replace("30/2026", "31/2027").replace("2026", "2027"))
    assert (metadata.value("number"), metadata.value("issued")) == ("30/2026/TT-BVU", "2026-06-10")
    assert any("31/2027/TT-BVU" in warning for warning in metadata.warnings)


def test_of_two_numbers_in_one_head_none_is_taken() -> None:
    metadata = read_metadata(HEAD.replace("Số: 30/2026/TT-BVU", "Số: 30/2026/TT-BVU\nSố: 31/2026/TT-BVU"))
    assert metadata.value("number") is None
    assert any("nhiều số" in warning for warning in metadata.warnings)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Hôm qua, tỉnh đã ban hành Quyết định số 12/QĐ-UBND.\nNghị định này có hiệu lực từ ngày 1/7/2026 và thay thế "
        "Nghị định số 42/2022/NĐ-CP.",
        "Nước Cộng hòa xã hội chủ nghĩa Việt Nam tổ chức lễ hội.\nSố 12 Trần Phú, ngày 3 tháng 4 năm 2026",
        "Nghị định số 5/2026/NĐ-CP: những điểm mới\nNghị định này thay thế Nghị định số 4/2020/NĐ-CP.",
        "Quyết định 12/QĐ-UBND năm 2026 về trồng cây\nBài viết giới thiệu quyết định.",
    ],
)
def test_what_is_no_instrument_says_nothing_of_itself(text: str) -> None:
    assert read_metadata(text) == Metadata()


def test_an_annex_alone_does_not_take_the_number_that_it_came_with() -> None:
    text = "KẾ HOẠCH\nTrồng cây\n(Ban hành kèm theo Quyết định số 15/QĐ-UBND ngày 2 tháng 3 năm 2026)\nI. MỤC TIÊU"
    metadata = read_metadata(text)
    assert not metadata.found
    assert "15/QĐ-UBND" in metadata.warnings[0]


def test_of_a_consolidated_text_only_the_head_is_read() -> None:
    text = HEAD.replace("30/2026/TT-BVU", "30/VBHN-BVU") + FINAL + "2. Bãi bỏ Thông tư số 1/2020/TT-BVU."
    metadata = read_metadata(text)
    assert metadata.value("number") == "30/VBHN-BVU"
    assert not {"kind", "effective_from"} & values(metadata).keys()
    assert not metadata.clauses
    assert any("hợp nhất" in warning for warning in metadata.warnings)


# ---- Days of effect.


@pytest.mark.parametrize(
    ("sentence", "first_day"),
    [
        ("Thông tư này có hiệu lực thi hành từ ngày 01 tháng 8 năm 2026.", "2026-08-01"),
        ("Điều 9. Hiệu lực thi hành: Thông tư này có hiệu lực kể từ ngày 1/8/2026.", "2026-08-01"),
        ("1. Thông tư này có hiệu lực kể từ\nngày 01 tháng 8 năm 2026 và được đăng báo.", "2026-08-01"),
        ("Thông tư này gồm 3 chương, 9 điều, có hiệu lực từ 0 giờ ngày 01-08-2026.", "2026-08-01"),
        ("Thông tư này có hiệu lực kể từ ngày ký ban hành.", "2026-06-10"),
        ("Thông tư này có hiệu lực sau 45 ngày, kể từ ngày ký.", "2026-07-25"),
        ("Thông tư này có hiệu lực thi hành sau bốn mươi lăm ngày kể từ ngày ban hành.", "2026-07-25"),
        ("Thông tư này có hiệu lực sau 15 ngày kể từ ngày đăng Công báo.", None),
        ("Thông tư này có hiệu lực từ ngày 31/02/2026.", None),
        ("Điều 5, khoản 1 Điều 6 Thông tư này có hiệu lực từ ngày 01/8/2026.", None),
        ("Nghị định này có hiệu lực từ ngày 01/8/2026.", None),
        ("Quy chế này có hiệu lực kể từ ngày ký.", None),
        ("Trước ngày Thông tư này có hiệu lực từ ngày 01/8/2026, hồ sơ đã nộp được giải quyết.", None),
        ("Nghị định số 11/2020/NĐ-CP có hiệu lực từ ngày 01/8/2020.", None),
    ],
)
def test_the_first_day_of_effect(sentence: str, first_day: str | None) -> None:
    text = HEAD + sentence
    metadata = read_metadata(text)
    assert metadata.value("effective_from") == first_day
    check_proofs(text, metadata)


def test_a_day_counted_from_the_signing_shows_both_and_says_so() -> None:
    metadata = read_metadata(HEAD + "Thông tư này có hiệu lực sau 10 ngày kể từ ngày ký.")
    begins = metadata.get("effective_from")
    assert begins is not None
    assert [words.evidence for words in begins.also] == ["Hà Nội, ngày 10 tháng 6 năm 2026"]
    assert any("2026-06-20" in warning and "tính ra" in warning for warning in metadata.warnings)


def test_without_a_date_of_signing_nothing_is_counted() -> None:
    text = (
        HEAD.replace("ngày 10 tháng 6 năm 2026", "ngày    tháng    năm 2026") + "Thông tư này có hiệu lực từ ngày ký."
    )
    assert not {"issued", "effective_from"} & values(read_metadata(text)).keys()


def test_exceptions_and_parts_with_days_of_their_own_are_told() -> None:
    text = HEAD + (
        "1. Thông tư này có hiệu lực từ ngày 01/8/2026, trừ quy định tại khoản 2 Điều này.\n"
        "2. Điều 5 của Thông tư này có hiệu lực từ ngày 01/01/2027."
    )
    metadata = read_metadata(text)
    assert metadata.value("effective_from") == "2026-08-01"
    assert any("trừ quy định tại khoản 2" in warning for warning in metadata.warnings)
    assert any("01/01/2027" in warning for warning in metadata.warnings)


def test_two_different_days_are_none() -> None:
    text = HEAD + "Thông tư này có hiệu lực từ ngày 01/8/2026.\nThông tư này có hiệu lực từ ngày 01/9/2026."
    metadata = read_metadata(text)
    assert metadata.value("effective_from") is None
    assert any("2026-08-01, 2026-09-01" in warning for warning in metadata.warnings)


def test_a_day_before_the_signing_is_told() -> None:
    metadata = read_metadata(HEAD + "Thông tư này có hiệu lực từ ngày 01/01/2026.")
    assert any("trước ngày ban hành" in warning for warning in metadata.warnings)


@pytest.mark.parametrize(
    ("sentence", "last_day"),
    [
        ("Thông tư này có hiệu lực từ ngày 01/8/2026 đến hết ngày 31 tháng 12 năm 2027.", "2027-12-31"),
        ("Thông tư này có hiệu lực từ ngày ký và thực hiện đến hết ngày 31/12/2027.", "2027-12-31"),
        ("Thông tư này được áp dụng đến hết năm 2030.", "2030"),
        ("Thông tư này quy định việc ươm cây đến hết ngày 31/12/2027.", None),
        ("Thông tư này áp dụng đối với giấy phép có thời hạn đến ngày 31/12/2027.", None),
        ("Quyết định số 4/QĐ-BVU được thực hiện đến hết ngày 31/12/2027.", None),
    ],
)
def test_the_last_day_of_effect(sentence: str, last_day: str | None) -> None:
    assert read_metadata(HEAD + sentence).value("effective_to") == last_day


# ---- What it ends and changes.


@pytest.mark.parametrize(
    ("clause", "expected"),
    [
        ("2. Thông tư này thay thế Thông tư số 1/2019/TT-BVU.", [("replaces", "1/2019/TT-BVU")]),
        (
            "2. Thông tư số 1/2019/TT-BVU ngày 2/3/2019 của Bộ trưởng Bộ Vườn ươm về hạt giống hết hiệu lực kể từ ngày "
            "Thông tư này có hiệu lực.",
            [("abolishes", "1/2019/TT-BVU")],
        ),
        ("2. Thông tư số 1/2019/TT-BVU được thay thế bằng Thông tư này.", [("replaces", "1/2019/TT-BVU")]),
        ("2. Bãi bỏ Điều 5, khoản 2 Điều 7 của Thông tư số 1/2019/TT-BVU.", [("partly_abolishes", "1/2019/TT-BVU")]),
        (
            "2. Bãi bỏ Thông tư số 1/2019/TT-BVU và khoản 2 Điều 7 Thông tư số 2/2019/TT-BVU; thay thế Quyết định số "
            "3/2008/QĐ-BVU.",
            [("abolishes", "1/2019/TT-BVU"), ("partly_abolishes", "2/2019/TT-BVU"), ("replaces", "3/2008/QĐ-BVU")],
        ),
        (
            "2. Các quy định về hạt giống tại Thông tư số 1/2019/TT-BVU; Thông tư số 2/2019/TT-BVU hết hiệu lực.",
            [("partly_abolishes", "1/2019/TT-BVU"), ("partly_abolishes", "2/2019/TT-BVU")],
        ),
        (
            "2. Các văn bản sau hết hiệu lực kể từ ngày Thông tư này có hiệu lực thi hành:\n"
            "a) Thông tư số 1/2019/TT-BVU;\nb) Khoản 3 Điều 4 Thông tư số 2/2019/TT-BVU;\n"
            "c) Quyết định số 3/2008/QĐ-BVU về tem.\n"
            "3. Vụ Pháp chế theo dõi Thông tư số 4/2019/TT-BVU.",
            [("abolishes", "1/2019/TT-BVU"), ("partly_abolishes", "2/2019/TT-BVU"), ("abolishes", "3/2008/QĐ-BVU")],
        ),
        (
            "2. Thông tư số 1/2019/TT-BVU và Thông tư số 2/2020/TT-BVU sửa đổi, bổ sung một số điều của Thông tư số "
            "1/2019/TT-BVU hết hiệu lực.",
            [("abolishes", "1/2019/TT-BVU"), ("abolishes", "2/2020/TT-BVU")],
        ),
        (
            "2. Thông tư số 1/2019/TT-BVU đã được sửa đổi, bổ sung theo Thông tư số 2/2020/TT-BVU và Thông tư số "
            "3/2021/TT-BVU hết hiệu lực.",
            [("abolishes", "1/2019/TT-BVU")],
        ),
        (
            "2. Bãi bỏ Thông tư số 1/2019/TT-BVU hướng dẫn thi hành Nghị định số 11/2018/NĐ-CP.",
            [("abolishes", "1/2019/TT-BVU")],
        ),
        (
            "2. Thông tư này thay thế Thông tư số 1/2019/TT-BVU, trừ Điều 4 của Thông tư số 1/2019/TT-BVU.",
            [("partly_abolishes", "1/2019/TT-BVU")],
        ),
        (
            "2. Thông tư số 1/2019/TT-BVU hết hiệu lực, trừ trường hợp quy định tại Điều 10 Thông tư này.",
            [("abolishes", "1/2019/TT-BVU")],
        ),
        (
            "2. Bãi bỏ Thông tư số 1/2019/TT-BVU về miễn trừ các loại phí ươm cây.",
            [("abolishes", "1/2019/TT-BVU")],
        ),
        (
            "Điều 8. Sửa đổi, bổ sung khoản 4 Điều 4 của Thông tư số 1/2019/TT-BVU, được sửa đổi, bổ sung bởi Thông "
            "tư số 2/2020/TT-BVU như sau:\n“4. Thông tư số 3/2018/TT-BVU hết hiệu lực.\n"
            "Thông tư này thay thế Thông tư số "
            "4/2018/TT-BVU.”",
            [("amends", "1/2019/TT-BVU")],
        ),
        (
            'Điều 8. Sửa đổi Điều 4 Thông tư số 1/2019/TT-BVU như sau:\n"Điều 4. Bãi bỏ Thông tư số 3/2018/TT-BVU.\n'
            'Thông tư số 4/2018/TT-BVU hết hiệu lực."',
            [("amends", "1/2019/TT-BVU")],
        ),
        (
            "2. Thay thế cụm từ “hạt” bằng cụm từ “giống” tại Điều 5 Thông tư số 1/2019/TT-BVU.",
            [("amends", "1/2019/TT-BVU")],
        ),
    ],
)
def test_what_it_ends_or_changes(clause: str, expected: list[tuple[str, str]]) -> None:
    text = HEAD + FINAL + clause
    metadata = read_metadata(text)
    assert [(ending.verb, ending.number) for ending in metadata.clauses] == expected
    check_proofs(text, metadata)


@pytest.mark.parametrize(
    "clause",
    [
        "2. Hồ sơ lập theo Thông tư số 1/2019/TT-BVU được tiếp tục giải quyết.",
        "2. Thực hiện theo Thông tư số 1/2019/TT-BVU và các văn bản sửa đổi, bổ sung, thay thế "
        "Thông tư số 1/2019/TT-BVU.",
        "2. Thông tư số 1/2019/TT-BVU được thay thế bởi Thông tư số 2/2020/TT-BVU.",
        "2. Thông tư số 1/2019/TT-BVU bị bãi bỏ bởi Thông tư số 2/2020/TT-BVU.",
        "2. Thông tư số 1/2019/TT-BVU đã hết hiệu lực.",
        "2. Trường hợp Thông tư số 1/2019/TT-BVU hết hiệu lực thì áp dụng văn bản mới.",
        "2. Thông tư này được thực hiện đến khi Thông tư số 1/2019/TT-BVU hết hiệu lực.",
        "2. Khoản 3 Điều 4 Thông tư này được thực hiện khi quy định tại Điều 8 Thông tư số 1/2019/TT-BVU được bãi bỏ.",
        "2. Những quy định trước đây trái với Thông tư này đều bãi bỏ.",
        "2. Thông tư này thay thế Nghị định số 11/2018/NĐ-CP.",
        "2. Thông tư này thay thế Thông tư số 11/2027/TT-BVU.",
        "2. Các quy định tại Thông tư số 1/2019/TT-BVU hết hiệu lực.",
        "2. Thông tư này thay thế Quy chế vườn ươm ban hành kèm theo Quyết định số 3/2008/QĐ-BVU.",
        "Nơi nhận:\n- Lưu: VT.\nBãi bỏ Thông tư số 1/2019/TT-BVU.",
        "Nơi nhận:\n- Lưu: VT.\nPHỤ LỤC\nThông tư số 1/2019/TT-BVU hết hiệu lực kể từ ngày Thông tư này có hiệu lực.",
    ],
)
def test_a_mention_ends_nothing(clause: str) -> None:
    assert ended(clause) == []


@pytest.mark.parametrize(
    "clause",
    [
        "2. Các quy định tại Thông tư số 1/2019/TT-BVU hết hiệu lực.",
        "2. Thông tư này thay thế Quy chế vườn ươm ban hành kèm theo Quyết định số 3/2008/QĐ-BVU.",
        "2. Thông tư này thay thế Nghị định số 11/2018/NĐ-CP.",
        "2. Bãi bỏ Luật Vườn ươm ngày 3 tháng 4 năm 1988.",
        "2. Thông tư số 1/2019/TT-BVU bị bãi bỏ bởi Thông tư số 2/2020/TT-BVU.",
    ],
)
def test_what_is_left_out_is_told(clause: str) -> None:
    before, after = read_metadata(HEAD + FINAL).warnings, read_metadata(HEAD + FINAL + clause).warnings
    assert len(after) == len(before) + 1
    assert clause[3:40] in after[-1]


def test_what_amended_an_ended_text_is_no_doubt_about_it() -> None:
    clause = "2. Thông tư số 1/2019/TT-BVU đã được sửa đổi theo Thông tư số 2/2020/TT-BVU và Thông tư số 3/2021/TT-BVU "
    assert read_metadata(HEAD + FINAL + clause + "hết hiệu lực.").warnings == ()


def test_a_plan_orders_nothing_but_may_replace_an_older_one() -> None:
    plan = HEAD.replace("THÔNG TƯ", "KẾ HOẠCH").replace("30/2026/TT-BVU", "30/KH-BVU")
    text = "2. Bãi bỏ Thông tư số 1/2019/TT-BVU trong quý II.\n3. Kế hoạch này thay thế Kế hoạch số 7/KH-BVU."
    assert ended(text, plan) == [("replaces", "7/KH-BVU")]


def test_a_title_tells_what_is_amended() -> None:
    text = HEAD.replace(
        "Quy định về cây giống",
        "Sửa đổi, bổ sung một số điều của Thông tư số 1/2019/TT-BVU ngày 2/3/2019 của Bộ trưởng\nBộ Vườn ươm hướng dẫn "
        "Nghị định số 11/2018/NĐ-CP và Thông tư số 2/2019/TT-BVU",
    )
    assert ended("", text) == [("amends", "1/2019/TT-BVU"), ("amends", "2/2019/TT-BVU")]


def test_a_law_is_named_between_its_kind_and_its_number() -> None:
    head = HEAD.replace("THÔNG TƯ", "LUẬT").replace("30/2026/TT-BVU", "30/2026/QH16")
    clause = "2. Luật Trồng cây, gây rừng số 5/1998/QH10 hết hiệu lực kể từ ngày Luật này có hiệu lực."
    (ending,) = read_metadata(head + "Luật này có hiệu lực từ ngày 01/8/2026.\n" + clause).clauses
    assert (ending.verb, ending.number, ending.from_date) == ("abolishes", "5/1998/QH10", "2026-08-01")
    assert ending.name == "Luật Trồng cây, gây rừng"


@pytest.mark.parametrize(
    ("clause", "from_date"),
    [
        ("2. Bãi bỏ Thông tư số 1/2019/TT-BVU.", "2026-08-01"),
        ("2. Bãi bỏ Thông tư số 1/2019/TT-BVU kể từ ngày 01 tháng 01 năm 2027.", "2027-01-01"),
        ("2. Kể từ ngày 01/01/2027, Thông tư số 1/2019/TT-BVU hết hiệu lực.", "2027-01-01"),
        ("2. Kể từ ngày Thông tư này có hiệu lực, bãi bỏ Thông tư số 1/2019/TT-BVU.", "2026-08-01"),
        ("2. Thông tư số 1/2019/TT-BVU hết hiệu lực kể từ ngày Trung tâm Giống bắt đầu hoạt động.", None),
    ],
)
def test_from_when_it_is_ended(clause: str, from_date: str | None) -> None:
    assert deeds(read_metadata(HEAD + FINAL + clause)) == [("abolishes", "1/2019/TT-BVU", from_date)]


def test_an_item_of_a_list_is_shown_with_the_line_above_it() -> None:
    clause = "2. Bãi bỏ các văn bản sau:\na) Quyết định số 3/2008/QĐ-BVU của Bộ trưởng Bộ Vườn ươm về tem hạt giống;"
    (ending,) = read_metadata(HEAD + FINAL + clause).clauses
    assert ending.name == "Quyết định về tem hạt giống"
    assert ending.evidence.startswith("Quyết định số 3/2008/QĐ-BVU")
    assert [words.evidence for words in ending.also] == ["Bãi bỏ các văn bản sau:"]


# ---- What law sites print beside a text.


def test_lapsed_marks_of_a_law_site() -> None:
    text = (
        "Tình trạng hiệu lực: Hết hiệu lực\nNgày hết hiệu lực: 01/07/2027\nBị thay thế bởi: Thông tư 8/2027/TT-BVU\n"
        + HEAD
    )
    metadata = read_metadata(text)
    assert (metadata.value("effective_to"), metadata.value("replaced_by")) == ("2027-06-30", "8/2027/TT-BVU")
    assert any("Hết hiệu lực" in warning for warning in metadata.warnings)
    check_proofs(text, metadata)


def test_a_sentence_of_a_law_site_about_this_very_text() -> None:
    said = "Thông tư 30/2026/TT-BVU đã được thay thế bởi Thông tư 8/2027/TT-BVU và áp dụng từ ngày 25/08/2027.\n"
    assert read_metadata(said + HEAD).value("replaced_by") == "8/2027/TT-BVU"
    assert read_metadata(said.replace("30/2026", "29/2026") + HEAD).value("replaced_by") is None
    assert read_metadata(said + HEAD).value("issued") == "2026-06-10"


def test_a_mark_alone_sets_no_field() -> None:
    for mark in ("HẾT HIỆU LỰC", "Tình trạng: Hết hiệu lực một phần", "Ngày hết hiệu lực: Đang cập nhật"):
        metadata = read_metadata(f"{mark}\n{HEAD}")
        assert not {"effective_to", "replaced_by"} & values(metadata).keys()


# ---- Any text at all.

PIECES = st.sampled_from(
    [
        *'“”"*#|;:,.\n ',
        "Thông tư số 1/2019/TT-BVU ",
        "Thông tư này ",
        "có hiệu lực từ ngày ",
        "01/8/2026",
        "hết hiệu lực ",
        "Bãi bỏ ",
        "thay thế ",
        "các văn bản sau:",
        "Điều 5 ",
        "a) ",
        "và ",
        "trừ các điều ",
        "như sau",
        "Số: ",
        "QUYẾT ĐỊNH",
        "sau 999 ngày kể từ ngày ký",
        "ngày 30 tháng 02 năm 2026",
        "[x](y)",
        "<br>",
        "\u200b",
        "Ị",
        "İ",
    ]
)


@given(st.lists(PIECES, max_size=40))
def test_every_finding_stands_in_the_text(pieces: list[str]) -> None:
    for text in ("".join(pieces), HEAD + "".join(pieces), "".join(pieces) + HEAD):
        metadata = read_metadata(text)
        check_proofs(text, metadata)


@given(st.text())
def test_no_text_at_all_is_an_instrument(text: str) -> None:
    assert read_metadata(text).clauses == ()


@pytest.mark.parametrize(
    "piece",
    [
        "“",
        '"',
        " ",
        "a\n",
        "Bãi bỏ Điều 1, ",
        "Thông tư số 1/2019/TT-BVU và ",
        "Thông tư này được x thông qua ",
        "Số: ",
    ],
)
def test_long_texts_are_read_in_time(piece: str) -> None:
    text = HEAD + piece * (200_000 // len(piece))
    assert read_metadata(text).value("number") == "30/2026/TT-BVU"


def test_beyond_its_limit_a_text_is_not_read_and_this_is_told() -> None:
    metadata = read_metadata(HEAD + " " * 2_000_000 + FINAL)
    assert metadata.value("effective_from") is None
    assert any("quá dài" in warning for warning in metadata.warnings)


# ---- Real texts beside the project.


def _read(shared: Path, name: str) -> tuple[str, Metadata]:
    text = (shared / "corpora" / "chinh_sach" / name).read_text(encoding="utf-8")
    return text, read_metadata(text)


def test_the_decree_of_2026(shared: Path) -> None:
    text, metadata = _read(shared, "nghi-dinh-224-2026.md")
    check_proofs(text, metadata)
    assert values(metadata) == {
        "number": "224/2026/NĐ-CP",
        "kind": "Nghị định",
        "title": "Nghị định quy định chi tiết một số điều và biện pháp thi hành Luật Chuyển đổi số",
        "issuer": "Chính phủ",
        "issued": "2026-06-24",
        "effective_from": "2026-07-01",
    }
    day = "2026-07-01"
    assert deeds(metadata) == [
        ("amends", "85/2025/NĐ-CP", day),
        ("partly_abolishes", "85/2025/NĐ-CP", day),
        ("partly_abolishes", "367/2025/NĐ-CP", day),
        ("abolishes", "45/2026/NĐ-CP", day),
        ("abolishes", "42/2022/NĐ-CP", day),
        ("abolishes", "64/2007/NĐ-CP", day),
    ]
    assert sum("Điều 91" in warning for warning in metadata.warnings) == 3


def test_the_resolution_of_the_government_of_2025(shared: Path) -> None:
    text, metadata = _read(shared, "nghi-quyet-03-nq-cp-2025.md")
    check_proofs(text, metadata)
    found = values(metadata)
    assert found.pop("title").startswith("Nghị quyết ban hành Chương trình hành động của Chính phủ")
    assert found == {
        "number": "03/NQ-CP",
        "kind": "Nghị quyết",
        "issuer": "Chính phủ",
        "issued": "2025-01-09",
        "effective_from": "2025-01-09",
    }
    assert metadata.clauses == ()


def test_a_file_that_holds_several_texts_of_the_party(shared: Path) -> None:
    text, metadata = _read(shared, "nghi-quyet-57-nq-tw.md")
    check_proofs(text, metadata)
    found = values(metadata)
    assert found.pop("title").startswith("Nghị quyết về đột phá phát triển khoa học")
    assert found == {
        "number": "57-NQ/TW",
        "kind": "Nghị quyết",
        "issuer": "Bộ Chính trị",
        "issued": "2024-12-22",
    }
    assert metadata.clauses == ()
    assert any("20-NQ/TW" in warning for warning in metadata.warnings)


def test_articles_of_the_press_say_nothing_of_themselves(shared: Path) -> None:
    articles = sorted((shared / "seeds").glob("*.txt"))
    assert len(articles) == 5
    for article in articles:
        assert read_metadata(article.read_text(encoding="utf-8")) == Metadata(), article.name
