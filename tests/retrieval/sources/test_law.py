from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.sources.law import ATTACHED, PREAMBLE, Structure, article_clauses, reads_as_text, structure
from retrieval.text import normalise

DECISION = """ỦY BAN NHÂN DÂN
XÃ TÂN AN
-------
Số: 12/QĐ-UBND
CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
Độc lập - Tự do - Hạnh phúc
---------------
Tân An, ngày 05 tháng 3 năm 2026

QUYẾT ĐỊNH
Về việc ban hành Quy chế hoạt động của
Tổ hỗ trợ dịch vụ công

CHỦ TỊCH ỦY BAN NHÂN DÂN XÃ TÂN AN
Căn cứ Luật Tổ chức chính quyền địa phương;
Xét đề nghị của Trưởng phòng Văn hóa - Xã hội,

QUYẾT ĐỊNH:
Điều 1. Ban hành kèm theo Quyết định này Quy chế hoạt động của Tổ hỗ trợ dịch vụ công
Điều 2. Quyết định này có hiệu lực kể từ ngày ký.
Điều 3. Trưởng các phòng chịu trách nhiệm
thi hành Quyết định này./.
Nơi nhận:
- Như Điều 3;
- Lưu: VT.
TM. ỦY BAN NHÂN DÂN
CHỦ TỊCH
(Đã ký)
Nguyễn Văn A

ỦY BAN NHÂN DÂN
XÃ TÂN AN
CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
Độc lập - Tự do - Hạnh phúc
QUY CHẾ
HOẠT ĐỘNG CỦA TỔ HỖ TRỢ DỊCH VỤ CÔNG
(Ban hành kèm theo Quyết định số 12/QĐ-UBND ngày 05/3/2026)
CHƯƠNG I
QUY ĐỊNH CHUNG
Điều 1. Phạm vi điều chỉnh
Quy chế này quy định về tổ chức của Tổ.
CHƯƠNG II
TỔ CHỨC
Mục 1. THÀNH PHẦN
Điều 2. Thành phần
a) Tổ trưởng;
b) Thành viên.
Phụ lục I
SỔ THEO DÕI
1. Ngày tháng
2. Nội dung
"""
AMENDING = """Điều 1. Sửa đổi, bổ sung một số điều của Luật Thư viện số
1. Sửa đổi Điều 5 như sau:
“Điều 5. Quyền của bạn đọc
1. Bạn đọc được mượn sách;
2. Bạn đọc được “gia hạn” một lần;
3. Bạn đọc được góp ý.”.
2. Bổ sung Điều 5a vào sau Điều 5 như sau: "Điều 5a. Thẻ bạn đọc
1. Thẻ có mã.
Điều 5b. Thu hồi thẻ
Thẻ bị thu hồi khi mất."
3. Bãi bỏ điểm c khoản 2 Điều 7.
Điều 2. Hiệu lực thi hành
Luật này có hiệu lực từ ngày 01 tháng 7 năm 2026.
"""


def _structure(text: str) -> Structure:
    found = structure(normalise(text))
    assert found is not None
    return found


def _paths(text: str) -> list[tuple[str, ...]]:
    return [section.path for section in _structure(text).sections]


def _spans(text: str) -> dict[tuple[str, ...], str]:
    text = normalise(text)
    return {section.path: text[section.start : section.end].strip() for section in _structure(text).sections}


def _names(text: str) -> list[str]:
    return [clause.name for clause in article_clauses(normalise(text))]


# Headings


def test_a_decision_with_what_is_attached_to_it() -> None:
    rules = "QUY CHẾ HOẠT ĐỘNG CỦA TỔ HỖ TRỢ DỊCH VỤ CÔNG"
    assert _paths(DECISION) == [
        (PREAMBLE,),
        ("Điều 1",),
        ("Điều 2",),
        ("Điều 3",),
        (rules,),
        (rules, "Chương I. QUY ĐỊNH CHUNG", "Điều 1. Phạm vi điều chỉnh"),
        (rules, "Chương II. TỔ CHỨC", "Mục 1. THÀNH PHẦN", "Điều 2. Thành phần"),
        (rules, "Phụ lục I. SỔ THEO DÕI"),
    ]


def test_the_text_of_an_article_without_a_name_can_be_quoted() -> None:
    spans = _spans(DECISION)
    assert spans[("Điều 2",)] == "Quyết định này có hiệu lực kể từ ngày ký."
    assert spans[("Điều 3",)] == "Trưởng các phòng chịu trách nhiệm\nthi hành Quyết định này./."


def test_letterhead_recipients_and_signature_are_in_no_section() -> None:
    text = "\n".join(_spans(DECISION).values())
    assert not re.search("Độc lập|Nơi nhận|Như Điều 3|Đã ký|Nguyễn Văn A|Số:", text)
    assert _spans(DECISION)[(PREAMBLE,)].startswith("Căn cứ Luật Tổ chức chính quyền địa phương;")


@pytest.mark.parametrize(
    "signature",
    [
        "Nơi nhận:\n- Lưu: VT.\nKT. CHỦ TỊCH\nPHÓ CHỦ TỊCH\nLê Văn B",
        "CHỦ TỊCH QUỐC HỘI\n\nLê Văn B",
        "T/M BAN THƯỜNG VỤ\nBÍ THƯ\n[đã ký]\nLê Văn B",
        "| *Nơi nhận:* - Lưu: VT. | **CHỦ TỊCH** Lê Văn B |",
    ],
)
def test_ways_to_sign(signature: str) -> None:
    assert list(_spans(AMENDING + signature).values())[-1].endswith("từ ngày 01 tháng 7 năm 2026.")


def test_the_title_is_what_the_head_prints() -> None:
    assert _structure(DECISION).title == "Quyết định Về việc ban hành Quy chế hoạt động của Tổ hỗ trợ dịch vụ công"
    law = "LUẬT\nTHƯ VIỆN SỐ\nCăn cứ Hiến pháp;\nĐiều 1. Một\nChữ.\nĐiều 2. Hai\nChữ."
    assert _structure(law).title == "LUẬT THƯ VIỆN SỐ"
    assert _structure("NGHỊ ĐỊNH\nQUY ĐỊNH VỀ SÁCH\n" + law.split("\n", 2)[2]).title == "NGHỊ ĐỊNH QUY ĐỊNH VỀ SÁCH"
    issued = "QUYẾT ĐỊNH\nBAN HÀNH QUY CHẾ ĐỌC SÁCH\nBỘ TRƯỞNG BỘ VĂN HÓA\n" + law.split("\n", 2)[2]
    assert _structure(issued).title == "QUYẾT ĐỊNH BAN HÀNH QUY CHẾ ĐỌC SÁCH"
    assert _structure("Điều 1. Một\nChữ.\nĐiều 2. Hai\nChữ.").title is None


@pytest.mark.parametrize(
    ("heading", "path"),
    [
        ("Điều 2. Đối tượng", "Điều 2. Đối tượng"),
        ("ĐIỀU 2: Đối tượng", "Điều 2. Đối tượng"),
        ("Ðiều 2.- Đối tượng.", "Điều 2. Đối tượng"),
        ("### Điều 2. Đối tượng", "Điều 2. Đối tượng"),
        ("**Điều 2. Đối tượng**", "Điều 2. Đối tượng"),
        ("**Điều 2.** **Đối tượng**", "Điều 2. Đối tượng"),
        ("Điều 2\nĐối tượng", "Điều 2. Đối tượng"),
        ("Điều 2. Đối tượng áp dụng của\nnghị định", "Điều 2. Đối tượng áp dụng của nghị định"),
        ("Điều 1a. Đối tượng", "Điều 1a. Đối tượng"),
    ],
)
def test_ways_to_write_the_heading_of_an_article(heading: str, path: str) -> None:
    spans = _spans(f"Điều 1. Phạm vi\nMột.\n{heading}\nÁp dụng với bạn đọc.\nĐiều 3. Khác\nBa.")
    assert spans[(path,)] == "Áp dụng với bạn đọc."


@pytest.mark.parametrize(
    "text",
    [
        "Nghị định này áp dụng đối với:\n1. Bạn đọc.",
        "1. Bạn đọc.\n2. Thủ thư.",
        "Quyết định này có hiệu lực ngay.\nHết.",
    ],
)
def test_text_on_the_line_of_the_number_is_no_name(text: str) -> None:
    assert _spans(f"Điều 1. Phạm vi\nMột.\nĐiều 2. {text}\nĐiều 3. Khác\nBa.")[("Điều 2",)] == text


def test_names_of_chapters_in_small_letters_and_over_lines() -> None:
    text = "Phần thứ nhất\nCHUNG\nChương I. Quy định\nchung\nĐiều 1. Một\nChữ.\nPHẦN THỨ HAI\nRIÊNG\nĐiều 2. Hai\nChữ."
    assert _paths(text) == [
        ("Phần thứ nhất. CHUNG", "Chương I. Quy định chung", "Điều 1. Một"),
        ("Phần thứ hai. RIÊNG", "Điều 2. Hai"),
    ]


def test_a_reference_that_begins_a_line_is_no_heading() -> None:
    wrapped = "Theo quy định tại\nĐiều 9. Các nơi khác và\nChương II.\nĐiều 2. Hai\nTại\nĐiều 3 của Luật."
    text = f"Điều 1. Một\n{wrapped}\nĐiều 3. Ba\nHết."
    assert _paths(text) == [("Điều 1. Một",), ("Điều 2. Hai",), ("Điều 3. Ba",)]


def test_a_table_of_contents_is_no_structure() -> None:
    articles = [f"Điều {n}. Tên {n}" for n in range(1, 6)]
    contents = "\n".join(["MỤC LỤC", "Chương I. Chung 1", *articles[:3], "Chương II. Riêng 2", *articles[3:]])
    body = "\n".join(["Chương I. Chung", *(f"{heading}\nNội dung của điều." for heading in articles)])
    found = _structure(f"{contents}\n{body}")
    assert [section.path for section in found.sections] == [("Chương I. Chung", heading) for heading in articles]


def test_quoted_provisions_belong_to_the_article_that_quotes_them() -> None:
    assert _paths(AMENDING) == [
        ("Điều 1. Sửa đổi, bổ sung một số điều của Luật Thư viện số",),
        ("Điều 2. Hiệu lực thi hành",),
    ]
    assert [clause.name for clause in _structure(AMENDING).clauses] == ["khoản 1", "khoản 2", "khoản 3"]


def test_a_quotation_that_is_never_closed_does_not_hide_the_articles_after_it() -> None:
    text = "Điều 1. Một\n1. Thay cụm từ:\n“Điều 7. Cũ\n2. Giữ nguyên.\nĐiều 2. Hai\nChữ.\nĐiều 3. Ba\nGọi là “số”."
    assert _paths(text) == [("Điều 1. Một",), ("Điều 2. Hai",), ("Điều 3. Ba",)]


def test_two_instruments_in_one_file_do_not_mix() -> None:
    first = "Điều 1. Thư viện\nMở cửa.\nĐiều 2. Hiệu lực\nTừ nay."
    second = "Điều 1. Bảo tàng\nĐóng cửa.\nĐiều 2. Hiệu lực\nTừ mai."
    named = _paths(f"{first}\n\nNGHỊ ĐỊNH\nVỀ BẢO TÀNG\nCăn cứ Luật Di sản;\n{second}")
    assert named[3:] == [("NGHỊ ĐỊNH VỀ BẢO TÀNG", "Điều 1. Bảo tàng"), ("NGHỊ ĐỊNH VỀ BẢO TÀNG", "Điều 2. Hiệu lực")]
    assert _paths(f"{first}\n{second}")[2:] == [(ATTACHED, "Điều 1. Bảo tàng"), (ATTACHED, "Điều 2. Hiệu lực")]


def test_what_only_markdown_heads_is_kept_apart_from_the_instrument() -> None:
    text = f"{AMENDING}\nNơi nhận:\n- Như trên.\n\n# Bài bình luận\n\nLuật này theo chúng tôi là tốt."
    assert _paths(text)[-1] == ("Bài bình luận",)


def test_text_under_a_signature_is_not_of_the_last_article() -> None:
    remark = "Văn bản đăng lại từ một trang thông tin, " * 6
    assert _spans(f"{AMENDING}Nơi nhận:\n- Như trên.\n{remark}")[()] == remark.strip()


def test_an_office_that_receives_papers_is_no_recipient_of_the_instrument() -> None:
    text = f"{AMENDING}Nơi nhận hồ sơ là bộ phận một cửa."
    assert list(_spans(text).values())[-1].endswith("bộ phận một cửa.")


def test_a_resolution_named_by_its_number_alone() -> None:
    text = "# Nghị quyết số 12-NQ/TU\n\nI- QUAN ĐIỂM\n\nDân là gốc.\n\n**II- MỤC TIÊU**\n\nMọi người biết dùng."
    assert _paths(text) == [("I. QUAN ĐIỂM",), ("II. MỤC TIÊU",)]
    assert _structure(text).title == "Nghị quyết số 12-NQ/TU"


def test_a_plan_without_articles() -> None:
    text = """ĐẢNG CỘNG SẢN VIỆT NAM
KẾ HOẠCH
chuyển đổi số năm 2026
I- MỤC ĐÍCH, YÊU CẦU
1. Mục đích
Nâng cao chất lượng.
2. Yêu cầu
a) Rõ người;
b) Rõ việc.
**II. Nhiệm vụ**
1\\. Triển khai đồng bộ các nhiệm vụ; bảo đảm tiến độ đề ra.
2\\. Báo cáo hằng quý.
Nơi nhận:
- Như trên."""
    found = _structure(text)
    assert [section.path for section in found.sections] == [
        ("I. MỤC ĐÍCH, YÊU CẦU", "1. Mục đích"),
        ("I. MỤC ĐÍCH, YÊU CẦU", "2. Yêu cầu"),
        ("II. Nhiệm vụ",),
    ]
    assert [clause.name for clause in found.clauses] == ["điểm a", "điểm b", "khoản 1", "khoản 2"]
    assert found.title == "Kế hoạch chuyển đổi số năm 2026"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "Thư viện mở cửa cả ngày.",
        "Điều 1. Chỉ một điều\nChữ.",
        "Theo Điều 5 và Điều 6 của Luật này thì được.",
        "I. MỞ ĐẦU\nBài báo.\nII. KẾT LUẬN\nHết.",
        "KẾ HOẠCH\nSố: 5\nI. MỤC ĐÍCH\nChỉ có một phần.",
    ],
)
def test_what_is_no_instrument(text: str) -> None:
    assert structure(normalise(text)) is None


# Clauses


def test_clauses_and_points_are_named() -> None:
    text = "Mở đầu:\n1. Một.\n2. Hai:\na) A;\nb) B;\nđ) Đ.\n2a. Hai a.\n2b. Hai b.\n3) Ba.\n4- Bốn."
    named = "khoản 1, khoản 2, khoản 2, điểm a, khoản 2, điểm b, khoản 2, điểm đ, khoản 2a, khoản 2b, khoản 3, khoản 4"
    assert ", ".join(_names(text)) == named


def test_points_of_an_article_without_clauses() -> None:
    assert _names("Gồm:\na. Một;\nb. Hai;\nb1. Hai một;\nc. Ba.") == ["điểm a", "điểm b", "điểm b1", "điểm c"]


def test_every_vietnamese_point_letter_goes_on() -> None:
    letters = "a b c d đ e g h i k l m n o p q r s t u v x y aa bb".split()
    assert _names("\n".join(f"{letter}) Chữ;" for letter in letters)) == [f"điểm {letter}" for letter in letters]


def test_figures_in_running_text_begin_no_clause() -> None:
    text = "1. Có 1.473\nhộ, theo khoản\n2. Điều 5 và từ ngày\n3. 7 năm ngoái.\n2. Hai, trước ngày 01.01.2026."
    assert _names(text) == ["khoản 1", "khoản 2"]


def test_points_on_one_line() -> None:
    text = normalise("1. Gồm: a) phí; b) lệ phí; c) tiền khác.\n2. Theo điểm a) khoản 1; b) khoản 3.")
    clauses = article_clauses(text)
    assert [clause.name for clause in clauses] == [
        "khoản 1",
        "khoản 1, điểm a",
        "khoản 1, điểm b",
        "khoản 1, điểm c",
        "khoản 2",
    ]
    assert text[clauses[2].start :].startswith("b) lệ phí")


def test_a_paragraph_under_points_is_only_of_the_clause() -> None:
    text = "1. Gồm:\na) Một:\n- Gạch;\nb) Hai.\nTrường hợp khác thì hỏi thủ thư.\n2. Hết."
    assert _names(text) == ["khoản 1", "khoản 1, điểm a", "khoản 1, điểm b", "khoản 1", "khoản 2"]


def test_a_clause_that_was_repealed_leaves_a_gap() -> None:
    assert _names("1. Một.\n2. Hai.\n5. Năm.\n6. Sáu.") == ["khoản 1", "khoản 2", "khoản 5", "khoản 6"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("1. Gồm:\n1. Một.\n2. Hai.\n3. Ba.\n2. Khác.", ["khoản 1", "", "khoản 2"]),
        ("1. Một.\n2. Hai:\na) A;\nb) B.\n2. Lại hai.\nc) C.\n3. Ba.", "1|2|2a|2b||3"),
        ("1. Một:\na) A;\nb) B;\na) Lại A;\nb) Lại B.\n2. Hai.", "1|1a|1b|1|2"),
        ("a) A;\nb) B.\n2. Hai.", "2"),
        ("1. Một:\n1.1. Con:\na) A;\nb) B.\n2. Hai.", "1|2"),
        ("1. Một.\nMẫu số 01\n1. Tên.\n2. Tuổi.", "1|"),
        ("1. Một.\nĐiều 9. Khác\n2. Hai.", "1|"),
    ],
)
def test_what_is_in_doubt_is_not_named(text: str, names: list[str] | str) -> None:
    if isinstance(names, str):
        short = (re.fullmatch(r"(\d*)(\w*)", name) for name in names.split("|"))
        names = [", ".join(filter(None, [m[1] and f"khoản {m[1]}", m[2] and f"điểm {m[2]}"])) for m in short if m]
    assert _names(text) == names


# Properties

_WORDS = st.sampled_from("thư viện mở cửa hằng ngày cho bạn đọc và thủ thư".split())
_SENTENCE = st.lists(_WORDS, min_size=2, max_size=9).map(lambda words: " ".join(words).capitalize())


@given(st.lists(st.tuples(_SENTENCE, st.lists(_SENTENCE, max_size=4)), min_size=2, max_size=12))
def test_every_article_and_clause_of_a_law_is_found(articles: list[tuple[str, list[str]]]) -> None:
    parts = []
    for n, (name, clauses) in enumerate(articles, 1):
        lines = [f"{k}. {clause}." for k, clause in enumerate(clauses, 1)] or ["Nội dung của điều này."]
        parts.append("\n".join([f"Điều {n}. {name}", *lines]))
    found = _structure("\n".join(parts))
    assert [section.path for section in found.sections] == [(f"Điều {n}. {a[0]}",) for n, a in enumerate(articles, 1)]
    wanted = [f"khoản {k}" for _, clauses in articles for k in range(1, len(clauses) + 1)]
    assert [clause.name for clause in found.clauses] == wanted


_PIECES = st.sampled_from(
    'Điều 1. ~Điều 2. ~Điều 3~Chương I~Mục 2~\n~\n~\n\n~1. ~2. ~a) ~b) ~“~”~"~Nơi nhận:~PHỤ LỤC I~I. ~II. ~QUYẾT ĐỊNH'
    "~# ~**~| ~Chữ.~;~:~ ~Căn cứ~\\.~TM. CHỦ TỊCH~(Đã ký)~Mẫu số 1~A. ~1.1. ~MỤC LỤC~Độc lập - ".split("~")
)


@given(st.lists(_PIECES, max_size=60).map("".join).map(normalise))
def test_sections_and_clauses_are_in_order_and_within_the_text(text: str) -> None:
    found = structure(text)
    if found is None:
        return
    places = [place for section in found.sections for place in (section.start, section.end)]
    assert places == sorted(places)
    assert 0 <= places[0] <= places[-1] <= len(text)
    assert all(text[section.start : section.end].strip() for section in found.sections)
    starts = [clause.start for clause in found.clauses]
    assert starts == sorted(set(starts))
    assert all(any(s.start <= start < s.end for s in found.sections) for start in starts)


@pytest.mark.parametrize(
    "text",
    [
        "Điều 1. A\nx\n" + "1. Sửa như sau: “Điều 5. x\n" * 20_000 + "Điều 2. B\ny",
        "Điều 1. A\nx\n" + "Chương I\nA\nB\n" * 20_000 + "x;\nĐiều 2. B\ny",
        "Điều 1. A\n" + ": a) x; b) y “" * 50_000 + "\nĐiều 2. B\ny",
        "Điều 1. A\nx\nĐiều 2. B\n" + "*" * 300_000 + "\n" + "#" * 300_000,
        "Điều 1. A\n" + "1." * 300_000 + "\nĐiều 2. B\ny",
        "QUYẾT ĐỊNH\n" + "A" * 300_000 + ", ngày \nĐiều 1. A\nx\nĐiều 2. B\ny",
        "Điều 1. A\nb\nĐiều 2. B\ny.\n" + "Mẫu số 01\n" * 30_000,
    ],
    ids=["quotations", "chapters", "points", "marks", "figures", "date", "forms"],
)
def test_long_and_hostile_texts_are_read(text: str) -> None:
    assert len(_structure(text).sections) >= 2


def test_what_reads_as_text() -> None:
    assert not reads_as_text("Phạm vi điều chỉnh.")
    assert reads_as_text("Thông tư này có hiệu lực từ ngày mai.")
    assert reads_as_text("Bạn đọc được:")


# The policy texts beside the project


def _policy(shared: Path, name: str) -> str:
    text = (shared / "corpora" / "chinh_sach" / name).read_text(encoding="utf-8")
    return normalise(re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.S))


def test_the_decree_on_digital_transformation_is_found_whole(shared: Path) -> None:
    text = _policy(shared, "nghi-dinh-224-2026.md")
    found = _structure(text)
    articles = [section for section in found.sections if section.path[-1].startswith("Điều")]
    assert [section.path[-1].split(".")[0] for section in articles] == [f"Điều {n}" for n in range(1, 93)]
    assert len({section.path[0] for section in articles}) == 9
    named = [line.lstrip("# ") for line in text.split("\n") if line.startswith("### Điều")]
    assert [section.path[-1] for section in articles] == named
    # Nothing between the first article and the signature is lost but headings.
    body = text[text.index("### Điều 1.") : text.index("Nơi nhận:")]
    kept = "".join(text[section.start : section.end] for section in articles)
    lines = [line for line in body.split("\n") if line not in kept]
    assert all(re.match(r"#|Mục \d$", line) or line.isupper() for line in lines)


def test_texts_without_articles_are_divided_by_their_numerals(shared: Path) -> None:
    paths = [section.path for section in _structure(_policy(shared, "nghi-quyet-57-nq-tw.md")).sections]
    assert [path[0].split(".")[0] for path in paths if len(path[0].split(".")[0]) < 4][:2] == ["I", "II"]
    other = [path for path in paths if path[0].startswith(("Kết luận", "Nghị quyết 20", "So sánh"))]
    assert len({path[0] for path in other}) == 3
    assert not any("IV" in path[0] for path in other)
