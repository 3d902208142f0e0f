from __future__ import annotations

import unicodedata
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from retrieval.cli import main
from retrieval.errors import EmptySourceError, SourceError
from retrieval.linter import LEAST_ASKED_AS, LONGEST_SENTENCE, Finding, lint
from retrieval.readers import KNOWLEDGE
from tests.conftest import ROOT
from tests.retrieval.library import write_document

DAY = date(2026, 11, 22)
REGISTER = """\
- {number: 11/2022/NĐ-CP, name: Nghị định cũ, effective_to: 2026-06-30, replaced_by: 22/2026/NĐ-CP}
- {number: 22/2026/NĐ-CP, name: Nghị định mới, effective_from: 2026-07-01}
- {number: 33/2026/QĐ-TTg, name: Quyết định sắp hết hiệu lực, effective_to: 2026-11-22}
- {number: 44/2024/TT-BTP, name: Thông tư chỉ biết tháng, effective_to: 2026-11}
- {number: 57-NQ/TW, name: Nghị quyết}
- {number: 55/2018/QH14, name: Luật Thư tín 2018, effective_to: 2026-06-30, replaced_by: 66/2025/QH15}
- {number: 66/2025/QH15, name: Luật Thư tín 2025, effective_from: 2026-07-01}
"""
DOMAINS = "- gov.vn\n- news.bao-thu.vn\n"
PHRASES = [
    "mất giấy thì làm lại ở đâu",
    "xin cấp giấy mới mấy ngày có",
    "nhà xa quá nộp qua mạng được không",
    "con tôi đi làm xa ai nộp thay được",
    "hồ sơ cần mang theo những gì",
    "có phải đóng tiền không",
    "họ bảo thiếu tờ khai thì sao",
    "già rồi không biết dùng máy ai giúp",
]
UNKNOWN = "99/2026/NĐ-CP chưa có trong danh mục văn bản; thêm một dòng vào data/instruments.yml"
Check = Callable[..., list[Finding]]


@pytest.fixture
def rules(tmp_path: Path) -> tuple[Path, Path]:
    """A register of instruments and a list of domains."""
    (tmp_path / "register.yml").write_text(REGISTER, encoding="utf-8")
    (tmp_path / "domains.yml").write_text(DOMAINS, encoding="utf-8")
    return tmp_path / "register.yml", tmp_path / "domains.yml"


@pytest.fixture
def check(documents: Path, rules: tuple[Path, Path]) -> Check:
    """Lint one document that is good but for what the test says."""

    def found(body: str = "Bà con nộp hồ sơ ở xã.", today: date = DAY, **front: object) -> list[Finding]:
        write_document(documents, "thu", body, **{"asked_as": PHRASES, **front})
        return lint([documents], *rules, today)

    return found


@pytest.fixture
def check_bytes(documents: Path, rules: tuple[Path, Path]) -> Callable[[Callable[[bytes], bytes]], list[Finding]]:
    """Lint a good document whose bytes are changed."""

    def found(change: Callable[[bytes], bytes]) -> list[Finding]:
        file = write_document(documents, "thu", "Bà con nộp hồ sơ ở xã.", asked_as=PHRASES)
        file.write_bytes(change(file.read_bytes()))
        return lint([documents], *rules, DAY)

    return found


def _told(check: Check, where: str, text: str, **front: object) -> list[Finding]:
    """Lint a document that says a text in one place."""
    if where == "title":
        return check(title=text, **front)
    if where == "heading":
        return check(f"## {text}\n\nBà con nộp hồ sơ ở xã.", **front)
    if where == "way of asking":
        return check(asked_as=[*PHRASES, text], **front)
    return check(text, **front)


def _rules(found: list[Finding]) -> list[str]:
    assert all(finding.document == "thu" for finding in found)
    return [finding.rule for finding in found]


def test_the_documents_of_the_project_keep_every_rule() -> None:
    sources = [ROOT / source for source in KNOWLEDGE]
    found = lint(sources, ROOT / "data" / "instruments.yml", ROOT / "data" / "sources.yml", DAY)
    assert [str(finding) for finding in found] == []


def test_a_good_document_has_no_finding(check: Check) -> None:
    assert check() == []


def test_a_finding_names_document_rule_and_what_is_wrong(check: Check) -> None:
    (found,) = check(url="https://example.com/a")
    what = "'example.com' không có trong danh sách nguồn được dùng; dùng nguồn khác hoặc thêm vào data/sources.yml"
    assert found == Finding("thu", "domain", what)
    assert str(found) == f"thu: [domain] {what}"


@pytest.mark.parametrize("field", ["title", "kind", "issuer", "source", "issued", "checked_on"])
def test_front_matter_must_be_complete(check: Check, field: str) -> None:
    (found,) = check(**{field: None})
    assert (found.document, found.rule) == ("thu", "front-matter")
    assert f"trường '{field}'" in found.what


def test_a_document_without_front_matter_is_found_and_the_others_are_still_read(check: Check, documents: Path) -> None:
    (documents / "tran.md").write_text("Chữ.\n", encoding="utf-8")
    found = check(url="https://example.com/a")
    assert [(finding.document, finding.rule) for finding in found] == [("tran", "front-matter"), ("thu", "domain")]


def test_text_must_be_composed(check_bytes: Callable[..., list[Finding]]) -> None:
    assert _rules(check_bytes(lambda raw: unicodedata.normalize("NFD", raw.decode()).encode())) == ["nfc"]
    assert check_bytes(lambda raw: unicodedata.normalize("NFC", raw.decode()).encode()) == []


@pytest.mark.parametrize(
    ("front", "body", "line"),
    [
        ({"title": "Hộ tịch"}, "Chữ.", 3),
        ({"asked_as": [*PHRASES, "làm lại giấy khai sinh ở đâu"]}, "Chữ.", 9),
        ({}, "## Nộp ở đâu?\n\nỞ xã.", 12),
    ],
    ids=["title", "way of asking", "heading"],
)
def test_titles_headings_and_ways_of_asking_must_be_composed_too(
    documents: Path, rules: tuple[Path, Path], front: dict[str, object], body: str, line: int
) -> None:
    file = write_document(documents, "thu", body, **{"asked_as": PHRASES, **front})
    lines = file.read_text(encoding="utf-8").split("\n")
    lines[line - 1] = unicodedata.normalize("NFD", lines[line - 1])
    file.write_text("\n".join(lines), encoding="utf-8")
    (found,) = lint([documents], *rules, DAY)
    assert (found.rule, found.what.split(":")[0]) == ("nfc", f"dòng {line}")


def test_lines_must_end_with_one_character(check_bytes: Callable[..., list[Finding]]) -> None:
    assert _rules(check_bytes(lambda raw: raw.replace(b"\n", b"\r\n"))) == ["line-ends"]
    assert check_bytes(lambda raw: raw) == []


def test_a_stray_carriage_return_is_found(check_bytes: Callable[..., list[Finding]]) -> None:
    assert _rules(check_bytes(lambda raw: raw[:-1] + b"\r\n")) == ["line-ends"]


def test_a_file_that_is_not_utf_8_is_a_finding(check_bytes: Callable[..., list[Finding]]) -> None:
    found = check_bytes(lambda raw: raw + b"\xff")
    assert set(_rules(found)) == {"front-matter"}
    assert "UTF-8" in found[0].what


@pytest.mark.parametrize(
    ("bad", "good"),
    [
        ({"checked_on": "2026-11-23"}, {"checked_on": "2026-11-22"}),
        ({"checked_on": "2026-12"}, {"checked_on": "2026-11"}),
        ({"issued": "2026-10-02", "checked_on": "2026-10-01"}, {"issued": "2026-10-01", "checked_on": "2026-10-01"}),
        ({"issued": "2026-11", "checked_on": "2026-10-31"}, {"issued": "2026-10-02", "checked_on": "2026-10"}),
        (
            {"effective_from": "2026-07-01", "effective_to": "2026-06-30"},
            {"effective_from": "2026-07-01", "effective_to": "2026-07-01"},
        ),
        (
            {"effective_from": "2026-07-01", "effective_to": "2025"},
            {"effective_from": "2026-07-01", "effective_to": "2026"},
        ),
        ({"replaced_by": "22/2026/NĐ-CP"}, {"replaced_by": "22/2026/NĐ-CP", "effective_to": "2026-06-30"}),
    ],
    ids=["checked tomorrow", "checked next month", "issued late", "issued in a month", "reversed", "years", "replaced"],
)
def test_dates_must_be_possible(check: Check, bad: dict[str, str], good: dict[str, str]) -> None:
    assert _rules(check(**bad)) == ["dates"]
    assert check(**good) == []


def test_the_day_of_the_check_is_given(check: Check) -> None:
    assert check(checked_on="2026-11-21", today=date(2026, 11, 21)) == []
    assert _rules(check(checked_on="2026-11-21", today=date(2026, 11, 20))) == ["dates"]


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("https://gov.vn/a", True),
        ("https://www.gov.vn/a", True),
        ("https://dichvucong.gov.vn/a?b=c", True),
        ("http://a.b.gov.vn", True),
        ("https://gov.vn:8443/a", True),
        ("https://DICHVUCONG.GOV.VN/a", True),
        ("https://news.bao-thu.vn/a", True),
        ("https://bao-thu.vn/a", False),
        ("https://xgov.vn/a", False),
        ("https://gov.vn.example.com/a", False),
        ("https://gov.vn@example.com/a", False),
        ("https://example.com/?u=gov.vn", False),
    ],
)
@pytest.mark.parametrize("form", ["{}", "báo cáo, xem {} và bản giấy"])
def test_only_listed_domains_and_what_lies_under_them_are_used(
    check: Check, address: str, allowed: bool, form: str
) -> None:
    found = check(**{"url" if form == "{}" else "source": form.format(address)})
    assert _rules(found) == ([] if allowed else ["domain"])


@pytest.mark.parametrize(
    "source", ["https://a.gov.vn, https://b.gov.vn", "xem (https://a.gov.vn)", "https://a.gov.vn."]
)
def test_punctuation_after_an_address_is_no_part_of_it(check: Check, source: str) -> None:
    assert check(source=source) == []


@pytest.mark.parametrize("address", ["https://[abc", "https://a℀b.vn"])
def test_an_address_that_is_none_is_a_finding(check: Check, address: str) -> None:
    assert _rules(check(url=address)) == ["domain"]


def test_sentences_must_be_short_enough_to_be_read_aloud(check: Check) -> None:
    long = " ".join(["Chữ"] * (LONGEST_SENTENCE + 1))
    (found,) = check(f"Câu ngắn. {long}.")
    assert (found.document, found.rule) == ("thu", "long-sentence")
    said = f"{LONGEST_SENTENCE + 1} tiếng, nhiều nhất {LONGEST_SENTENCE}; tách thành hai câu: Chữ Chữ"
    assert found.what.startswith(said)
    assert check(" ".join(["chữ"] * LONGEST_SENTENCE) + ".") == []
    assert check(f"{long[:120]}.\n\n{long[120:]}.") == []


def test_addresses_and_numbers_of_instruments_make_no_sentence_long(check: Check) -> None:
    most = " ".join(["chữ"] * LONGEST_SENTENCE)
    assert check(f"{most} 22/2026/NĐ-CP 57-NQ/TW https://dichvucong.gov.vn/mot/hai/ba") == []


@pytest.mark.parametrize(
    "sentence",
    [
        "Bà con nộp hồ sơ tại Ủy ban nhân dân huyện.",
        "Bà con đến công an quận để làm thẻ.",
        "- Liên hệ phòng Tư pháp cấp huyện.",
        "HỎI tại UBND thị xã.",
        "Làm thẻ ở Công an cấp huyện.",
        "Nhận kết quả tại Bộ phận Một cửa cấp huyện.",
        "Không còn cấp huyện nên bà con nộp hồ sơ tại UBND huyện.",
        "Bà con mang thẻ cũ đến công an huyện.",
        "Giấy không còn hạn thì bà con chuẩn bị đủ ảnh, tờ khai, giấy tờ tùy thân rồi nộp ở huyện.",
        "Bà con nộp ở huyện; trước đây nộp ở xã.",
        "Trước đây việc này làm ở xã, nay bà con nộp tại UBND huyện.",
    ],
)
def test_nobody_is_sent_to_a_desk_of_a_district(check: Check, sentence: str) -> None:
    assert _rules(check(sentence)) == ["district"]
    assert check(sentence, effective_to="2025-06-30") == []
    assert _rules(check(sentence, effective_to="2026-11-22")) == ["district"]


@pytest.mark.parametrize(
    "sentence",
    [
        "Bà con nộp hồ sơ tại Ủy ban nhân dân xã.",
        "Từ ngày 01/7/2025 không còn cấp huyện, bà con nộp hồ sơ ở xã, phường.",
        "Trước đây bà con nộp hồ sơ tại Ủy ban nhân dân quận.",
        "Cấp huyện kết thúc hoạt động từ ngày 01/7/2025, bà con không đến công an huyện nữa.",
        "Việt Nam từng có nhiều huyện.",
        "Bà con nộp hồ sơ ở xã vì đã bỏ cấp huyện.",
        "Bà con đến xã, phường do không còn cấp huyện.",
        "Hỏi vì sao bỏ cấp huyện thì xem Nghị quyết 203.",
        "Bà con gửi đơn lên tỉnh khi không còn tổ chức công an cấp huyện.",
        "Bà con nộp ở xã vì cấp huyện đã bỏ.",
        "Bà con nộp ở xã do không còn quận, huyện và thị xã.",
        "Mang giấy đến xã do kết thúc hoạt động của đơn vị hành chính cấp huyện.",
        "Bà con không phải nộp ở huyện.",
        "Bà con đến trụ sở Ủy ban nhân dân huyện Vân Đồn cũ.",
        "Từ năm 2022 đến 2024 có 177 tổ ở các huyện.",
        "Hướng dẫn năm 2022 nhắc tới cấp huyện.",
    ],
)
def test_a_district_may_be_named_as_what_is_over(check: Check, sentence: str) -> None:
    assert check(sentence) == []


@pytest.mark.parametrize(
    ("phrase", "fires"),
    [
        ("Nộp hồ sơ tại UBND huyện", True),
        ("mang giấy đến công an huyện nào", True),
        ("Bỏ cấp huyện thì nộp hồ sơ ở đâu?", False),
        ("không còn cấp huyện thì gửi đơn cho ai", False),
        ("nộp ở ủy ban huyện được không", False),
        ("có phải đến công an huyện không", False),
    ],
)
@pytest.mark.parametrize("where", ["title", "heading", "way of asking"])
def test_titles_headings_and_ways_of_asking_send_nobody_to_a_district(
    check: Check, where: str, phrase: str, fires: bool
) -> None:
    found = _told(check, where, phrase)
    assert _rules(found) == (["district"] if fires else [])
    assert all("chỉ bà con đến xã, phường hoặc tỉnh" in finding.what for finding in found)


def test_a_label_holds_for_its_own_sentence_only(check: Check) -> None:
    assert _rules(check("Không còn cấp huyện. Bà con nộp hồ sơ tại UBND huyện.")) == ["district"]


def test_every_instrument_must_be_in_the_register(check: Check) -> None:
    (found,) = check("Theo 22/2026/NĐ-CP và 99/2026/NĐ-CP, bà con nộp ở xã.")
    assert (found.rule, found.what) == ("unknown-instrument", UNKNOWN)
    assert check("Theo 22/2026/NĐ–CP và 057-NQ/TW, bà con nộp ở xã.") == []
    assert check("Bà con điền mẫu 01/BK-STK.") == []


def test_the_number_of_a_document_must_be_in_the_register(check: Check) -> None:
    (found,) = check(number="99/2026/NĐ-CP")
    assert (found.rule, found.what) == ("unknown-instrument", UNKNOWN)
    assert check(number="22/2026/NĐ-CP") == []


@pytest.mark.parametrize(
    "sentence",
    [
        "Nghị định 11/2022/NĐ-CP đã hết hiệu lực.",
        "Nghị định 22/2026/NĐ-CP thay thế Nghị định 11/2022/NĐ-CP.",
        "Nghị định 11/2022/NĐ-CP được thay bằng Nghị định 22/2026/NĐ-CP.",
        "Trước ngày 01/7/2026, việc này theo 11/2022/NĐ-CP.",
        "Nghị định 22/2026/NĐ-CP đang có hiệu lực.",
        "Nghị định 11/2022/NĐ-CP bị Nghị định 22/2026/NĐ-CP bãi bỏ.",
        "Nghị định 11/2022/NĐ-CP (nay đã hết hiệu lực) chia hai mức.",
        "Bà con xem quy định cũ, Nghị định 11/2022/NĐ-CP.",
        "Trước đây bà con làm theo 11/2022/NĐ-CP, nay theo 22/2026/NĐ-CP.",
        "Luật Thư tín 2025 hợp nhất Luật Thư tín 2018 với luật khác.",
        "Luật Thư tín 2018 có hiệu lực đến hết ngày 30/6/2026.",
        "Nghị định 11/2023 và mục 11/2022 của sổ không phải văn bản đó.",
    ],
)
def test_what_has_lapsed_must_be_labelled(check: Check, sentence: str) -> None:
    assert check(sentence) == []


def test_what_has_lapsed_is_not_told_as_if_it_were_in_force(check: Check) -> None:
    sentence = "Bà con nộp hồ sơ theo Nghị định 11/2022/NĐ-CP."
    (found,) = check(sentence)
    assert found.rule == "lapsed"
    assert found.what.startswith("11/2022/NĐ-CP đã hết hiệu lực; nói điều đó ngay bên cạnh")
    assert found.what.endswith(f": {sentence}")
    assert check(sentence, effective_to="2026-06-30") == []
    assert _rules(check(sentence, effective_to="2026-11-22")) == ["lapsed"]


@pytest.mark.parametrize(
    "sentence",
    [
        "Theo 11/2022/NĐ-CP, bà con nộp ở xã; trước đây nộp ở tỉnh.",
        "Trước đây bà con nộp ở tỉnh, nay nộp ở xã theo 11/2022/NĐ-CP.",
        "Nghị định 11/2022/NĐ-CP sửa đổi cách nộp hồ sơ.",
        "Việc này theo 11/2022/NĐ-CP (sửa đổi năm 2024).",
        "Nghị định 11/2022/NĐ-CP thay thế Nghị định 33/2026/QĐ-TTg.",
        "Bà con mang thẻ cũ và làm theo 11/2022/NĐ-CP.",
        "Con được nộp thay cha mẹ theo Nghị định 11/2022/NĐ-CP.",
        "Theo 11/2022/NĐ-CP thì bà con nộp hồ sơ ở xã, phường nơi mình đang ở, có thể nhờ con cháu, trước đây khác.",
        "Nghị định 11/2022 cho nộp qua mạng.",
        "Nghị định số 11/2022 cho nộp qua mạng.",
        "Theo Luật Thư tín 2018, bà con được giữ kín thư.",
    ],
)
def test_a_word_far_away_or_about_something_else_excuses_nothing(check: Check, sentence: str) -> None:
    assert _rules(check(sentence)) == ["lapsed"]


@pytest.mark.parametrize(
    ("text", "fires"),
    [
        ("Nộp hồ sơ theo Nghị định 11/2022/NĐ-CP", True),
        ("Luật Thư tín 2018 bảo vệ thư thế nào?", True),
        ("nghị định 11/2022 cho nộp ở đâu", True),
        ("Nghị định 11/2022/NĐ-CP còn hiệu lực không?", False),
        ("luật thư tín 2018 bị luật nào thay", False),
        ("Nghị định 11/2022/NĐ-CP (hết hiệu lực sau ngày 30/6/2026)", False),
        ("Luật Thư tín 2025 bảo vệ thư thế nào?", False),
    ],
)
@pytest.mark.parametrize("where", ["title", "heading", "way of asking", "sentence"])
def test_what_has_lapsed_is_labelled_wherever_it_is_named(check: Check, where: str, text: str, fires: bool) -> None:
    assert _rules(_told(check, where, text)) == (["lapsed"] if fires else [])
    assert _told(check, where, text, effective_to="2026-06-30") == []


@pytest.mark.parametrize("where", ["title", "heading", "way of asking", "sentence"])
def test_an_unknown_instrument_is_found_once_wherever_it_is_named(check: Check, where: str) -> None:
    (found,) = _told(check, where, "Mẫu của 99/2026/NĐ-CP và 99/2026/NĐ-CP")
    assert (found.rule, found.what) == ("unknown-instrument", UNKNOWN)
    assert _told(check, where, "Mẫu của 22/2026/NĐ-CP") == []


@pytest.mark.parametrize(
    ("number", "last"), [("33/2026/QĐ-TTg", date(2026, 11, 22)), ("44/2024/TT-BTP", date(2026, 11, 30))]
)
def test_an_instrument_lapses_when_its_last_day_is_over(check: Check, number: str, last: date) -> None:
    sentence = f"Việc này theo {number}."
    assert check(sentence, today=last) == []
    assert _rules(check(sentence, today=date(2026, 12, 1) if last.day == 30 else date(2026, 11, 23))) == ["lapsed"]


@pytest.mark.parametrize("field", ["replaced_by", "amended_by"])
def test_what_replaces_or_amends_a_document_must_be_in_the_register(check: Check, field: str) -> None:
    (found,) = check(effective_to="2026-06-30", **{field: "22/2026/NĐ-CP, 99/2026/NĐ-CP"})
    assert (found.rule, found.what) == ("unknown-instrument", UNKNOWN)
    assert check(effective_to="2026-06-30", **{field: "22/2026/NĐ-CP, 57-NQ/TW"}) == []


@pytest.mark.parametrize(
    ("front", "says"),
    [
        ({"effective_to": "2026-06-29"}, "effective_to ở đây là 2026-06-29, trong data/instruments.yml là 2026-06-30"),
        ({"effective_to": "2026-05"}, "effective_to ở đây là 2026-05, trong data/instruments.yml là 2026-06-30"),
        ({}, "effective_to ở đây là trống, trong data/instruments.yml là 2026-06-30"),
        ({"effective_to": "2026-06-30"}, None),
        ({"effective_to": "2026-06"}, None),
        ({"effective_to": "2026", "effective_from": "2022"}, None),
    ],
)
def test_the_last_day_of_a_document_is_that_of_the_register(
    check: Check, front: dict[str, str], says: str | None
) -> None:
    found = check(number="11/2022/NĐ-CP", **front)
    assert _rules(found) == (["register"] if says else [])
    assert [finding.what for finding in found] == ([f"11/2022/NĐ-CP: {says}; sửa bên nào sai"] if says else [])


@pytest.mark.parametrize(
    ("front", "expected"),
    [
        ({"effective_from": "2026-07-02"}, ["register"]),
        ({"effective_from": "2025"}, ["register"]),
        ({"effective_to": "2099-12-31"}, ["register"]),
        ({"effective_from": "2026-07-01"}, []),
        ({"effective_from": "2026-07"}, []),
        ({}, []),
    ],
)
def test_the_first_day_of_a_document_is_that_of_the_register(
    check: Check, front: dict[str, str], expected: list[str]
) -> None:
    assert _rules(check(number="22/2026/NĐ-CP", **front)) == expected


@pytest.mark.parametrize("number", ["1.014063", "99/2026/NĐ-CP", None])
def test_a_number_that_the_register_does_not_know_contradicts_no_date(check: Check, number: str | None) -> None:
    assert "register" not in _rules(check(number=number, effective_from="2026-07-02"))


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ("{number: 1/NQ-CP, name: A, effective_from: 2026-07-01, effective_to: 2026-06-30}", "trước effective_from"),
        ("{number: 1/NQ-CP, name: A, effective_to: 2026-06-30, replaced_by: 2/NQ-CP}", "'2/NQ-CP' chưa có"),
    ],
)
def test_what_is_wrong_in_the_register_is_a_finding(
    check: Check, rules: tuple[Path, Path], entry: str, says: str
) -> None:
    rules[0].write_text(f"{REGISTER}- {entry}\n", encoding="utf-8")
    (found,) = check()
    assert (found.document, found.rule) == ("register", "register")
    assert says in found.what


ARTICLES = "## Điều một\n\nBà con nộp hồ sơ ở xã.\n\n## Điều hai\n\nBà con nộp hồ sơ ở xã."


@pytest.mark.parametrize(
    ("own", "rule"),
    [
        ({"effective_from": "2026-07-01", "effective_to": "2026-06-30"}, "dates"),
        ({"issued": "2026-11-22"}, "dates"),
        ({"replaced_by": "22/2026/NĐ-CP"}, "dates"),
        ({"number": "99/2026/NĐ-CP"}, "unknown-instrument"),
        ({"amended_by": "99/2026/NĐ-CP"}, "unknown-instrument"),
        ({"number": "22/2026/NĐ-CP", "effective_from": "2026-08-01"}, "register"),
        ({"number": "11/2022/NĐ-CP"}, "register"),
    ],
)
def test_what_an_article_has_of_its_own_is_held_to_the_same_rules(check: Check, own: dict[str, str], rule: str) -> None:
    (found,) = check(ARTICLES, articles={"Điều một": own})
    assert found.rule == rule
    assert rule == "unknown-instrument" or found.what.startswith("đề mục 'Điều một': ")


@pytest.mark.parametrize(
    "own",
    [
        {"effective_from": "2026-06-30", "effective_to": "2026-07-01"},
        {"issued": "2026-11-21"},
        {"replaced_by": "22/2026/NĐ-CP", "effective_to": "2026-06-30"},
        {"number": "22/2026/NĐ-CP", "effective_from": "2026-07-01"},
        {"number": "11/2022/NĐ-CP", "effective_to": "2026-06-30"},
    ],
)
def test_an_article_may_have_a_number_and_dates_of_its_own(check: Check, own: dict[str, str]) -> None:
    assert check(ARTICLES, articles={"Điều một": own}) == []


def test_what_is_wrong_with_the_document_is_not_told_again_for_its_articles(check: Check) -> None:
    articles = {"Điều một": {"issued": "2026-01-02"}, "Điều hai": {"issued": "2026-01-03"}}
    (found,) = check(ARTICLES, replaced_by="22/2026/NĐ-CP", articles=articles)
    assert (found.rule, found.what.split(";")[0]) == ("dates", "có replaced_by nhưng thiếu effective_to")


def test_an_article_that_is_over_may_speak_of_the_past_and_the_others_may_not(check: Check) -> None:
    body = ARTICLES.replace("ở xã", "tại UBND huyện")
    assert _rules(check(body)) == ["district", "district"]
    assert _rules(check(body, articles={"Điều một": {"effective_to": "2026-06-30"}})) == ["district"]


SAYS_UNTIL = "Luật này có hiệu lực đến hết ngày 30/6/2026."


@pytest.mark.parametrize("kind", ["luat", "nghi_dinh"])
def test_each_section_of_a_lapsed_instrument_begins_with_its_last_day(check: Check, kind: str) -> None:
    body = f"## Cấm gì?\n\n{SAYS_UNTIL} Luật cấm đọc trộm thư.\n\n## Ai lo?\n\nBộ này lo. {SAYS_UNTIL}"
    (found,) = check(body, kind=kind, effective_to="2026-06-30")
    assert found.rule == "until"
    assert found.what == ("văn bản đã hết hiệu lực; câu đầu dưới mục 'Ai lo?' phải có “đến hết ngày 30/6/2026”")
    assert check(body.replace("Bộ này lo. ", ""), kind=kind, effective_to="2026-06-30") == []


@pytest.mark.parametrize(
    ("front", "body"),
    [
        ({"kind": "tong_hop", "effective_to": "2026-06-30"}, "Bộ này lo."),
        ({"kind": "luat"}, "Bộ này lo."),
        ({"kind": "luat", "effective_to": "2026-11-22"}, "Bộ này lo."),
        ({"kind": "luat", "effective_to": "2026-06-30"}, "Từ 2019 đến hết ngày 30/06/2026, bộ này lo."),
        ({"kind": "luat", "effective_to": "2026-06"}, "Từ 2019 đến hết tháng 6/2026, bộ này lo."),
        ({"kind": "luat", "effective_to": "2025"}, "Từ 2019 đến hết năm 2025, bộ này lo."),
    ],
    ids=["no law", "in force", "its last day", "with zeros", "a month", "a year"],
)
def test_only_a_lapsed_instrument_must_say_until_when_it_held(check: Check, front: dict[str, str], body: str) -> None:
    assert check(body, **front) == []


@pytest.mark.parametrize(
    "body",
    [
        "Luật này có hiệu lực đến hết ngày 30/6/2025.",
        "Luật này có hiệu lực đến ngày 30/6/2026.",
        "Luật này có hiệu lực đến hết ngày 30/6/20261.",
        "Luật này có hiệu lực đến hết năm 2026.",
    ],
)
def test_another_day_is_not_the_last_day(check: Check, body: str) -> None:
    assert _rules(check(body, kind="luat", effective_to="2026-06-30")) == ["until"]


def test_an_article_that_is_over_says_until_when_it_held(check: Check) -> None:
    articles = {"Điều hai": {"effective_to": "2026-06-30"}}
    (found,) = check(ARTICLES, kind="luat", articles=articles)
    assert (found.rule, "'Điều hai'" in found.what) == ("until", True)


@pytest.mark.parametrize(
    ("url", "good"),
    [
        ("https://dichvucong.gov.vn/thu-tuc-hanh-chinh/1", True),
        ("https://thutuc.dichvucong.gov.vn/1", True),
        ("https://bocongan.gov.vn/1", False),
        ("https://xdichvucong.gov.vn/1", False),
        (None, False),
    ],
)
def test_a_procedure_comes_from_the_national_portal(check: Check, url: str | None, good: bool) -> None:
    assert _rules(check(kind="thu_tuc", url=url)) == ([] if good else ["portal"])
    assert "portal" not in _rules(check(kind="huong_dan", url=url))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("Bà con nộp ở xã. Nếu vậy, bà con chờ ba ngày.", "nếu vậy"),
        ("Bà con nộp ở xã; Khi đó xã trả giấy hẹn.", "khi đó"),
        ("Bà con nộp ở xã. Thì xã trả giấy hẹn.", "thì"),
        ("- Nộp ở xã\n- Trong đó có tờ khai.", "trong đó"),
        ("Có giấy thì nộp. Nếu không, bà con hỏi xã.", "nếu không"),
        ("Có 46 người; 09 người còn lại học trung cấp.", "09 người còn lại"),
        ("Có hai mẫu. Các mẫu trên do bộ ban hành.", "các mẫu trên"),
    ],
)
def test_a_sentence_does_not_lean_on_the_one_before_it(check: Check, body: str, said: str) -> None:
    (found,) = check(body)
    assert found.rule == "alone"
    assert f"đừng mở đầu bằng '{said}'" in found.what


@pytest.mark.parametrize(
    "body",
    [
        "Bà con nộp ở xã; thì cũng được nộp ở tỉnh.",
        "Nếu không có giấy khai sinh, bà con hỏi xã.",
        "Cũng từ ngày 1/1/2026, bà con nộp ở xã.",
        "Các mẫu tờ khai ở xã phát không.",
        "Màn hình báo lỗi thì bà con gọi xã.",
        "Theo đơn của bà con, xã trả giấy hẹn.",
        "30 ngày là hạn xác minh.",
    ],
)
def test_a_sentence_that_stands_alone_may_begin_as_it_likes(check: Check, body: str) -> None:
    assert check(body) == []


def test_a_document_is_about_the_past_when_its_last_day_is_over(check: Check) -> None:
    sentence = "Bà con nộp hồ sơ tại UBND huyện."
    assert _rules(check(sentence, effective_to="2026-11")) == ["district"]
    assert check(sentence, effective_to="2026-10") == []


@pytest.mark.parametrize(
    ("phrases", "says"),
    [
        (PHRASES[:-1], f"cần ít nhất {LEAST_ASKED_AS} cách hỏi, mới có {LEAST_ASKED_AS - 1}"),
        ([], f"cần ít nhất {LEAST_ASKED_AS} cách hỏi, mới có 0"),
        (None, f"cần ít nhất {LEAST_ASKED_AS} cách hỏi, mới có 0"),
        ([*PHRASES, PHRASES[0]], "có hai cách hỏi giống nhau; bỏ một"),
        ([*PHRASES, "Mat giay thi lam lai o dau??"], "có hai cách hỏi giống nhau; bỏ một"),
        ([*PHRASES, "Cấp giấy chứng nhận"], "chép lại tên văn bản, hãy viết như bà con hỏi: Cấp giấy chứng nhận"),
        (
            [*PHRASES, "cấp giấy chứng nhận thế nào ạ"],
            "chép lại tên văn bản, hãy viết như bà con hỏi: cấp giấy chứng nhận thế nào ạ",
        ),
        ([*PHRASES, " ".join(["hỏi"] * 31)], "cách hỏi quá dài, nhiều nhất 30 tiếng: hỏi hỏi"),
    ],
    ids=["too few", "empty", "none", "twice", "twice without marks", "title", "title and a few words", "too long"],
)
def test_ways_of_asking_are_many_short_different_and_not_the_title(
    check: Check, phrases: list[str] | None, says: str
) -> None:
    (found,) = check(title="Cấp giấy chứng nhận", asked_as=phrases)
    assert found.rule == "asked-as"
    assert found.what.startswith(says)


def test_ways_of_asking_may_use_words_of_the_title(check: Check) -> None:
    more = ["giấy chứng nhận mất thì sao", "cấp giấy chứng nhận thì người già ở xa có phải đi lại nhiều lần không"]
    assert check(title="Cấp giấy chứng nhận", asked_as=[*PHRASES, *more, " ".join(["hỏi"] * 30)]) == []


def test_only_markdown_is_read_for_how_it_is_written(check: Check, documents: Path) -> None:
    (documents / "bang.csv").write_bytes(b"a\r\n\xff")
    assert check() == []


def test_a_source_may_be_one_file(documents: Path, rules: tuple[Path, Path]) -> None:
    file = write_document(documents, "thu", "Chữ.", asked_as=PHRASES, url="https://example.com/a")
    write_document(documents, "khac", "Chữ.")
    assert _rules(lint([file], *rules, DAY)) == ["domain"]


@pytest.mark.parametrize("text", ["", "gov.vn: 1", "- [", "gov.vn"])
def test_domains_that_are_no_list_are_refused(documents: Path, rules: tuple[Path, Path], text: str) -> None:
    write_document(documents, "thu", "Chữ.", asked_as=PHRASES)
    rules[1].write_text(text, encoding="utf-8")
    with pytest.raises(SourceError, match=r"domains\.yml"):
        lint([documents], *rules, DAY)


@pytest.mark.parametrize("missing", [0, 1])
def test_a_missing_list_is_refused(documents: Path, rules: tuple[Path, Path], missing: int) -> None:
    write_document(documents, "thu", "Chữ.", asked_as=PHRASES)
    rules[missing].unlink()
    with pytest.raises(SourceError, match=rules[missing].name):
        lint([documents], *rules, DAY)


def test_a_missing_source_is_refused(documents: Path, rules: tuple[Path, Path]) -> None:
    with pytest.raises(EmptySourceError):
        lint([documents / "khong-co"], *rules, DAY)


@pytest.fixture(scope="module")
def corner(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """A folder for one document, with register and domains: the same for every example."""
    folder = tmp_path_factory.mktemp("corner")
    (folder / "register.yml").write_text(REGISTER, encoding="utf-8")
    (folder / "domains.yml").write_text(DOMAINS, encoding="utf-8")
    (folder / "documents").mkdir()
    return folder / "documents", folder / "register.yml", folder / "domains.yml"


PIECES = st.sampled_from(
    ["tại UBND ", "huyện", "11/2022/NĐ-CP", "99-NQ/TW ", ". ", "\n## ", "\n", "---\n", "không còn ", "https://", "\x00"]
)
TEXTS = st.text() | st.lists(PIECES | st.text(max_size=5)).map("".join)


@given(TEXTS)
@example("")
@example("---\n---\n")
@example("---\nid: thu\n")
@example("---\n: [\n---\n")
def test_any_file_can_be_linted(corner: tuple[Path, Path, Path], text: str) -> None:
    (corner[0] / "thu.md").write_bytes(text.encode())
    assert all(str(finding) for finding in lint([corner[0]], *corner[1:], DAY))


@given(TEXTS, TEXTS, st.lists(TEXTS, max_size=9))
@example("Chữ.", "https://[a", [])
@example("Chữ.", "https://[::1]/ https://", [" "])
def test_any_document_can_be_linted(
    corner: tuple[Path, Path, Path], body: str, source: str, asked_as: list[str]
) -> None:
    write_document(corner[0], "thu", body, title=source, source=source, number=source, asked_as=asked_as)
    assert all(str(finding) for finding in lint([corner[0]], *corner[1:], DAY))


# The command line.


@pytest.fixture
def on_the_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line takes DAY for today."""

    class Today(date):
        @classmethod
        def today(cls) -> Today:
            return cls(DAY.year, DAY.month, DAY.day)

    monkeypatch.setattr("retrieval.cli.date", Today)


def _lint(rules: tuple[Path, Path], *sources: Path) -> int:
    named = [argument for source in sources for argument in ("--source", str(source))]
    return main(["lint", *named, "--register", str(rules[0]), "--domains", str(rules[1])])


@pytest.mark.usefixtures("on_the_day")
def test_lint_exits_with_0_when_nothing_is_wrong(
    documents: Path, rules: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    write_document(documents, "thu", "Việc này theo 33/2026/QĐ-TTg.", asked_as=PHRASES, checked_on="2026-11-22")
    assert _lint(rules, documents) == 0
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "Tài liệu giữ đúng mọi quy tắc.\n")


@pytest.mark.usefixtures("on_the_day")
def test_lint_prints_each_finding_of_every_source_and_exits_with_2(
    documents: Path, tmp_path: Path, rules: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    write_document(documents, "mot", "Chữ.", asked_as=PHRASES, checked_on="2026-11-23")
    other = write_document(tmp_path / "khac", "hai", "Theo 11/2022/NĐ-CP.", asked_as=PHRASES)
    assert _lint(rules, documents, other) == 2
    said = capsys.readouterr()
    first, second = said.out.splitlines()
    assert first == "mot: [dates] checked_on 2026-11-23 ở tương lai; ghi ngày đã đối chiếu với nguồn"
    assert second.startswith("hai: [lapsed] 11/2022/NĐ-CP đã hết hiệu lực")
    assert said.err == "2 điều cần sửa.\n"


@pytest.mark.parametrize("missing", [0, 1])
def test_lint_exits_with_2_when_a_list_cannot_be_read(
    documents: Path, rules: tuple[Path, Path], missing: int, capsys: pytest.CaptureFixture[str]
) -> None:
    write_document(documents, "thu", "Chữ.", asked_as=PHRASES)
    rules[missing].unlink()
    assert _lint(rules, documents) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"Lỗi: {rules[missing]}: không đọc được")


def test_lint_exits_with_2_when_there_is_no_source(
    documents: Path, rules: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert [_lint(rules, documents), _lint(rules, documents / "khong-co")] == [2, 2]
    said = capsys.readouterr().err
    assert "Lỗi: Không có tài liệu nào trong" in said
    assert "Lỗi: Không tìm thấy nguồn" in said


@pytest.mark.parametrize("arguments", [["lint"], ["lint", "--source", "x", "--register", "y"], ["list"]])
def test_wrong_arguments_exit_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_list_prints_what_is_known_of_each_document_by_kind(
    documents: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_document(documents, "z-dau", "Chữ.", kind="a", title="Tài liệu đầu", effective_from="2026-07-01")
    write_document(
        documents,
        "a-cuoi",
        "Mở đầu.\n\n## Nộp ở đâu?\n\nỞ xã.\n\n## Mấy ngày?\n\nMột ngày.\n\n### Nộp ở đâu?\n\nỞ xã.",
        kind="b",
        title="Tài liệu cuối",
        number="11/2022/NĐ-CP",
        effective_to="2026-06-30",
        asked_as=PHRASES[:3],
    )
    assert main(["list", "--source", str(documents)]) == 0
    said = capsys.readouterr()
    assert said.out.splitlines() == [
        "z-dau",
        "    Tài liệu đầu",
        "    a · 2026-07-01 → nay · kiểm tra 2026-11-21 · 0 cách hỏi",
        "a-cuoi",
        "    Tài liệu cuối · 11/2022/NĐ-CP",
        "    b · 2026-01-01 → 2026-06-30 · kiểm tra 2026-11-21 · 3 cách hỏi",
        "    - Nộp ở đâu?",
        "    - Mấy ngày?",
    ]
    assert said.err == "2 tài liệu.\n"


def test_list_exits_with_3_when_files_were_left_out(documents: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_document(documents, "tot", "Chữ.")
    write_document(documents, "thieu", "Chữ.", issuer=None)
    assert main(["list", "--source", str(documents)]) == 3
    said = capsys.readouterr()
    assert said.out.splitlines()[0] == "tot"
    assert "thieu" not in said.out
    assert f"Bỏ qua {documents / 'thieu.md'}: trường 'issuer': thiếu hoặc để trống" in said.err
    assert said.err.endswith("1 tài liệu.\n")


def test_list_exits_with_2_when_there_is_no_source(documents: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "--source", str(documents)]) == 2
    assert "Lỗi: Không có tài liệu nào trong" in capsys.readouterr().err
