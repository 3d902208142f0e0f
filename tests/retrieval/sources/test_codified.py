from __future__ import annotations

import gzip
import json
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.records import Document
from retrieval.sources.national import is_codified, read_codified
from retrieval.text import normalise


def _row(text: str = "Thư viện mở cửa hằng ngày.", **fields: Any) -> dict[str, Any]:
    row = {
        "_id": "12/2020/NĐ-CP@3",
        "title": "Giờ mở cửa",
        "doc_kind": "Nghị định",
        "doc_no": "12/2020/NĐ-CP",
        "article": "3",
        "effective": "01/03/2020",
        "pd_id": "9.9.NĐ.1.3",
        "topic": "van-hoa",
        "de_muc": "Thư viện",
        "text": text,
    }
    return {**row, **fields}


def _own(text: str, **fields: Any) -> Document:
    (document,) = read_codified(_row(text, **fields)).documents
    return document


def _text(text: str) -> str:
    return _own(text).text


def test_which_rows_are_codified_law() -> None:
    assert is_codified(_row())
    assert not is_codified({"_id": "p1", "title": "Thư viện số", "text": "Thư viện mở cửa."})
    assert not is_codified(_row(doc_no=None))
    assert not is_codified(_row(text=""))


def test_an_article_as_a_document() -> None:
    document = _own("1. Mở cửa:\na) Buổi sáng;\nb) Buổi chiều.\n2. Chủ nhật nghỉ.")
    assert document.id == "12/2020/NĐ-CP@3"
    assert document.title == "Nghị định số 12/2020/NĐ-CP (lĩnh vực Thư viện)"
    assert (document.kind, document.number, document.issuer) == ("Nghị định", "12/2020/NĐ-CP", "Chính phủ")
    assert document.effective_from == "2020-03-01"
    assert document.source == "Bộ pháp điển, đề mục Thư viện"
    assert [section.path for section in document.sections] == [("Điều 3. Giờ mở cửa",)]
    assert [clause.name for clause in document.clauses] == [
        "khoản 1",
        "khoản 1, điểm a",
        "khoản 1, điểm b",
        "khoản 2",
    ]


# What is glued to the end

GLUED = (
    "Thư viện mở cửa hằng ngày.(Điều này có nội dung liên quan đến Điều 9.9.LQ.1. Sách (báo); Điều 9.9.LQ.2. Thẻ)"
    "\nChương II\nTHẺ BẠN ĐỌC\nĐiều 9.9.TT.2.7. Mượn sách\n(Điều 7 Thông tư số 05 /2021/TT- BVHTTDL Quy định về"
    " mượn sách ngày 01/02/2021 của Bộ Văn hóa, Thể thao và Du lịch, có hiệu lực thi hành kể từ ngày 15/03/2021,"
    " có nội dung được sửa đổi bởi Điều 1 Thông tư số 08/2022/TT-BVHTTDL có hiệu lực thi hành kể từ ngày 01/05/2022)"
    "\n1. Mượn tại chỗ.\n2. Mượn về nhà.Điều 9.9.NĐ.1.4. Thẻ\n(Điều 4 Nghị định số 12/2020/NĐ-CP, có hiệu lực thi"
    " hành kể từ ngày 01/03/2020)\nThẻ dùng một năm."
)


def test_glued_articles_stand_under_their_own_numbers() -> None:
    own, lending, card = read_codified(_row(GLUED)).documents
    assert (own.id, own.text) == ("12/2020/NĐ-CP@3", "Thư viện mở cửa hằng ngày.")
    assert lending.id == "05/2021/TT-BVHTTDL@7"
    assert lending.sections[0].path == ("Điều 7. Mượn sách",)
    assert lending.text == "1. Mượn tại chỗ.\n2. Mượn về nhà."
    assert (lending.number, lending.kind) == ("05/2021/TT-BVHTTDL", "Thông tư")
    assert (lending.issued, lending.effective_from) == ("2021-02-01", "2021-03-15")
    assert lending.issuer == "Bộ Văn hóa, Thể thao và Du lịch"
    assert lending.amended_by == "08/2022/TT-BVHTTDL"
    assert (card.id, card.text, card.number) == ("12/2020/NĐ-CP@4", "Thẻ dùng một năm.", "12/2020/NĐ-CP")


def test_a_glued_part_whose_source_is_not_told_is_left_out_and_said() -> None:
    found = read_codified(
        _row("Mở cửa.Điều 9.9.TT.2.7. Mượn\n(Thông tư số 05/TC, có hiệu lực từ ngày 01/01/1997)\nMượn.")
    )
    assert [document.text for document in found.documents] == ["Mở cửa."]
    assert "bỏ phần dính ở cuối" in found.warnings[0]
    assert found.warnings[0].startswith("12/2020/NĐ-CP@3: ")


@pytest.mark.parametrize(
    ("heading", "identity"),
    [("Điều 3a. Giờ nghỉ", "12/2020/NĐ-CP@3a"), ("**Điều 4. Giờ nghỉ**", "12/2020/NĐ-CP@4")],
)
def test_the_next_article_under_a_plain_heading_is_one_of_its_own(heading: str, identity: str) -> None:
    own, after = read_codified(_row(f"Mở cửa hằng ngày.\n{heading}\nNghỉ ngày lễ.")).documents
    assert own.text == "Mở cửa hằng ngày."
    assert (after.id, after.text, after.effective_from) == (identity, "Nghỉ ngày lễ.", "2020-03-01")


@pytest.mark.parametrize(
    "text",
    [
        "Mở cửa hằng ngày.\nĐiều 9. Mẫu quy chế\nNghỉ ngày lễ.",
        "Sửa đổi như sau:\nĐiều 4. Giờ nghỉ\nNghỉ ngày lễ.",
        "Thay bằng “Điều khoản\nĐiều 4. Giờ nghỉ\nNghỉ ngày lễ.”",
    ],
)
def test_other_headings_in_an_article_are_its_text(text: str) -> None:
    assert _text(text) == text


def test_the_heading_of_the_article_itself_is_no_text() -> None:
    document = _own("**Điều 3. Giờ mở cửa thư viện**\n1. Sáng.\n2. Chiều.", title="")
    assert document.sections[0].path == ("Điều 3. Giờ mở cửa thư viện",)
    assert document.text == "1. Sáng.\n2. Chiều."


# Noise


@pytest.mark.parametrize(
    ("noisy", "clean"),
    [
        ("1. *Sách* là ấn phẩm.\n2*. Thẻ* là giấy.", "1. Sách là ấn phẩm.\n2. Thẻ là giấy."),
        ("3. *C**ổng** thông tin *là nơi tra cứu.", "3. Cổng thông tin là nơi tra cứu."),
        ("3. * Chủ thẻ* là bạn đọc.", "3. Chủ thẻ là bạn đọc."),
        ("b) ***(******được bãi bỏ******)***", "b) (được bãi bỏ)"),
        ("* Ghi chú: sách (*) quý, tính bằng 2*3.", "* Ghi chú: sách (*) quý, tính bằng 2*3."),
        ("Theo [05/2021/TT-X](https://example.org/a%20b) thì\xa0được.", "Theo 05/2021/TT-X thì được."),
        ("Sách[[1]](#_ftn1) và báo[2](#_ftn2).", "Sách và báo."),
        ("Vụ KH&amp;CN quản lý.", "Vụ KH&CN quản lý."),
        ("Mở cửa.\n## Danh sách điều khoản\n### 0100\nChương I CHUNG", "Mở cửa."),
        ("Mở cửa theo mẫu.\nPhụ lục I\nMau so 01_mo cua(2).doc\nPHỤ LỤC II.docx", "Mở cửa theo mẫu."),
        ("a) Sổ;\nMẫu số 01.doc\nb) Thẻ.", "a) Sổ;\nb) Thẻ."),
        ("Mở cửa.\nChương II\nTHẺ\nMục 1\nCẤP THẺ,\nĐỔI THẺ", "Mở cửa."),
        ("Mở cửa.Mục 2\nMƯỢN SÁCH", "Mở cửa."),
        ("Mở cửa theo Chương II\nvà Mục 2", "Mở cửa theo Chương II\nvà Mục 2"),
        ("Mở cửa.\n(Chương này có nội dung liên quan đến Điều 1. Sách (điện tử))", "Mở cửa."),
        ("Mở cửa. (Điều này có nội dung liên quan đến Điều 1. Sách (", "Mở cửa."),
        ("## a) Sách\nMở cửa.", "a) Sách\nMở cửa."),
    ],
)
def test_what_is_no_text_of_the_law_is_taken_out(noisy: str, clean: str) -> None:
    assert _text(noisy) == clean


def test_a_note_without_its_last_bracket_does_not_hide_the_article_after_it() -> None:
    note = "(Điều này có nội dung liên quan đến Điều 9.9.LQ.1. Sách (báo"
    after = "Điều 9.9.NĐ.1.4. Thẻ\n(Điều 4 Nghị định số 12/2020/NĐ-CP, có hiệu lực kể từ ngày 01/3/2020)\na) Thẻ."
    assert [d.text for d in read_codified(_row(f"Mở cửa.{note}{after}")).documents] == ["Mở cửa.", "a) Thẻ."]


# What is known of an article


def test_a_name_that_is_a_sentence_is_the_text() -> None:
    document = _own("Người mượn trước đó thì trả sau.", title="Nghị định này có hiệu lực từ ngày 01/03/2020.")
    assert document.sections[0].path == ("Điều 3",)
    assert document.text == "Nghị định này có hiệu lực từ ngày 01/03/2020.\nNgười mượn trước đó thì trả sau."
    alone = _own("(Điều này có nội dung liên quan đến Điều 9. Sách)", title="Chính phủ quản lý thư viện.")
    assert alone.text == "Chính phủ quản lý thư viện."


def test_an_article_that_has_only_a_name_is_left_out() -> None:
    found = read_codified(_row("(Điều này có nội dung liên quan đến Điều 9. Sách)"))
    assert found.documents == ()
    assert found.warnings == ("12/2020/NĐ-CP@3: Điều 3 trong nguồn chỉ có tên, không có nội dung; đã bỏ qua",)


@pytest.mark.parametrize(
    ("kind", "number", "effective", "iso"),
    [
        ("Luật", "12/2020/QH14", "01/01/2026", "2026-01-01"),
        ("Luật", "12/2020/QH14", "01/01/2019", None),
        ("Nghị định", "12/2020/NĐ-CP", "01/07/2022", "2022-07-01"),
        ("Nghị định", "12/2020/NĐ-CP", "01/07/2023", None),
        ("Nghị định", "12/2020/NĐ-CP", "31/02/2020", None),
        ("Nghị định", "74/CP", "01/01/1994", "1994-01-01"),
    ],
)
def test_a_date_that_cannot_be_is_not_told(kind: str, number: str, effective: str, iso: str | None) -> None:
    found = read_codified(_row(doc_kind=kind, doc_no=number, effective=effective))
    assert found.documents[0].effective_from == iso
    assert [effective in warning for warning in found.warnings] == ([] if iso else [True])


def test_a_date_that_was_lost_with_the_source_is_found_in_the_text() -> None:
    text = "cho bạn đọc\nở xã ngày 02/02/2020 của Bộ Tư pháp, có hiệu lực thi hành kể từ ngày 01/03/2020)1. Mở cửa."
    document = _own(text, effective=None, doc_kind="Thông tư", doc_no="12/2020/TT-BTP")
    assert (document.text, document.effective_from, document.issued) == ("1. Mở cửa.", "2020-03-01", "2020-02-02")
    kept = "Quyết định cũ, có hiệu lực từ ngày 01/03/2020, hết hiệu lực."
    assert _own(kept, effective=None).text == kept


@pytest.mark.parametrize(
    ("kind", "number", "shown"),
    [
        ("Quyết định", "12/2020/QĐ-TT", "12/2020/QĐ-TTg"),
        ("Chỉ thị", "12/2020/CT-TT", "12/2020/CT-TTg"),
        ("Thông tư", "12/2020/TT-", None),
        ("Nghị định", "12/2020/NĐ", None),
        ("Thông tư", "12/2020", None),
        ("Thông tư", "12/2020/QĐ-BTC", None),
    ],
)
def test_a_number_that_is_cut_short(kind: str, number: str, shown: str | None) -> None:
    found = read_codified(_row(doc_kind=kind, doc_no=number))
    assert found.documents[0].number == shown
    assert found.documents[0].title == f"{kind}{f' số {shown}' if shown else ''} (lĩnh vực Thư viện)"
    assert len(found.warnings) == (0 if shown else 1)


@pytest.mark.parametrize(
    ("kind", "number", "issuer"),
    [
        ("Bộ luật", "91/2015/QH13", "Quốc hội"),
        ("Luật", "18-L/CTN", "Quốc hội"),
        ("Nghị quyết", "12/2020/UBTVQH14", "Ủy ban Thường vụ Quốc hội"),
        ("Quyết định", "12/2020/QĐ-TT", "Thủ tướng Chính phủ"),
        ("Thông tư", "12/2020/TT-BTTTT", "Bộ Thông tin và Truyền thông"),
        ("Thông tư liên tịch", "12/2020/TTLT-BTC-BYT", "Bộ Tài chính; Bộ Y tế"),
        ("Thông tư liên tịch", "12/2020/TTLT-BTC-KHAC", None),
        ("Thông tư", "12/2020/TT-KHAC", None),
    ],
)
def test_the_issuer_follows_from_the_number(kind: str, number: str, issuer: str | None) -> None:
    assert _own("Mở cửa.", doc_kind=kind, doc_no=number).issuer == issuer


# Robustness

_PIECES = st.sampled_from(
    "Điều 3. ~Điều 4. ~Điều 9.9.NĐ.1.4. Thẻ\n~(Điều 4 Nghị định số 12/2020/NĐ-CP, có hiệu lực kể từ ngày 01/3/2020)\n"
    "~(Điều này có nội dung liên quan đến ~(~)~*~**~\n~Chương II~.Mục 2\nTHẺ~Mẫu.doc~“~”~1. ~a) ~[a](https://b)~&amp;"
    "~# ~## Danh sách điều khoản~Mở cửa.~, có hiệu lực từ ngày 01/01/2020)~ngày 01/01/2020 của Bộ".split("~")
)


@given(st.lists(_PIECES, min_size=1, max_size=40).map("".join), st.sampled_from(["Thẻ", "", "Thẻ."]))
def test_any_text_gives_documents_that_are_in_order(text: str, title: str) -> None:
    for document in read_codified(_row(text, title=title, effective=None)).documents:
        assert document.text
        assert document.text == normalise(document.text)
        assert [(s.start, s.end) for s in document.sections] == [(0, len(document.text))]
        assert all(0 <= clause.start < len(document.text) for clause in document.clauses)


@pytest.mark.parametrize("field", ["title", "effective", "de_muc", "topic"])
def test_what_may_be_missing(field: str) -> None:
    row = {**_row(), field: None}
    assert is_codified(row)
    assert read_codified(row).documents[0].text == "Thư viện mở cửa hằng ngày."


@pytest.mark.parametrize(
    "text",
    [
        "(Điều này có nội dung liên quan đến " * 20_000,
        "(Điều này có nội dung liên quan đến) x" * 20_000,
        "Điều 4. Thẻ\n" * 50_000,
        "".join(f"Hết.\nĐiều {n}. Thẻ\n" for n in range(4, 9_000)),
        "Điều 9.9.NĐ.1.4. Thẻ\n(" * 20_000,
        "*" * 300_000 + "a* " * 100_000,
        "Mẫu" * 100_000 + ".doc",
        "." * 300_000 + "Mục 2\nA",
    ],
    ids=["notes", "closed", "heads", "next", "glued", "asterisks", "file", "chapter"],
)
def test_long_and_hostile_texts_are_read(text: str) -> None:
    assert read_codified(_row("Mở cửa.\n" + text)).documents


def test_rows_of_the_real_corpus(shared: Path) -> None:
    with gzip.open(shared / "corpora" / "phap_dien.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in islice(lines, 0, 6_000, 10)]
    assert all(map(is_codified, rows))
    read = [read_codified(row) for row in rows]
    assert sum(row["_id"] == one.documents[0].id for row, one in zip(rows, read, strict=True) if one.documents) > 590
    documents = [document for one in read for document in one.documents]
    assert len(documents) > len(rows) + 50
    for document in documents:
        assert "có nội dung liên quan đến Điều" not in document.text
        assert document.sections[0].path[0].split(".")[0] == f"Điều {document.id.rpartition('@')[2]}"
        assert document.number is None or document.number in document.title
