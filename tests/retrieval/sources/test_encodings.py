"""Encodings: what was written in an old one comes back exactly, and what is in Unicode is never touched."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.errors import SourceError
from retrieval.sources.encodings import code_pages, decode, repair
from tests.conftest import ROOT

HERE = Path("van-ban.txt")
SMALL = "áàảãạâấầẩẫậăắằẳẵặđéèẻẽẹêếềểễệíìỉĩịóòỏõọôốồổỗộơớờởỡợúùủũụưứừửữựýỳỷỹỵ"
PARAGRAPHS = (
    "Người đọc muốn mượn sách mang về nhà phải có thẻ thư viện còn hạn; mỗi lần được mượn không quá năm cuốn.",
    "Thủ thư kiểm tra thẻ, ghi tên sách vào sổ, hẹn ngày trả và nhắc người mượn giữ gìn sách cẩn thận.",
    "Nếu làm mất hoặc làm rách sách, người mượn đền bằng cuốn khác cùng loại, hoặc trả tiền theo giá bìa.",
    "Điều 7. Giờ mở cửa: từ 7 giờ 30 đến 11 giờ 30, trừ những ngày nghỉ lễ; số điện thoại ghi ở cửa.",
)
HEADINGS = ("Quyết định", "Phần mở đầu", "Điều khoản thi hành", "Trách nhiệm của thủ thư", "Số: 12/QĐ-TV")
ENGLISH = (
    "The reading room is open on weekdays; visitors may ask for a library card at the front desk.",
    "Don't forget: returns after 5 p.m. go into the box beside the door (free of charge).",
)
FOREIGN = (
    "Né à Orléans, il a été élevé là où son père était maître d'école ; la crème brûlée coûte 3 €.",
    "Die Straße nach Köln führt über schöne Brücken; für Kinder gibt es größere Plätze.",
    "El señor Muñoz vivía en España; mañana los niños pequeños comerán más piñones. ¿Dónde está?",
    "A mãe não vê o irmão, só a avó e o avô; amanhã haverá lições de português.",
    "Perché la città è più bella così? È già lunedì, e là c'è un caffè.",
    "Han såg två män på ön, och de åt smörgåsar med räkor vid sjön.",
    "Naïve café owners wrote “résumé” on 100 m² of paper – at 25 °C ± 2, © 2020, §5, £3.",
    "Øystein, Zoë, José, Müller, François, Renée, Noël, Åse",
)


def legacy_codes(read: Callable[[str], str | None]) -> dict[str, str]:
    """Each Vietnamese letter in an encoding, as characters of Windows-1252."""
    high = code_pages.WESTERN[0x80:]
    pairs = [a + b for a in "AEIOUYaeiouy" + high for b in high]
    pairs.sort(key=lambda pair: pair[0].isupper() != pair[1].isupper())
    codes: dict[str, str] = {}
    for spelling in [*code_pages.WESTERN[:0x20], *high, *pairs]:
        letter = read(spelling)
        if letter is not None and len(letter) == 1 and letter.lower() in SMALL:
            codes.setdefault(letter, spelling)
    return codes


# Of "ã" alone the reader thinks better, and these have no capitals with tones.
TCVN3 = legacy_codes(code_pages.read_tcvn3) | {"ã": "·"}
TCVN3 = {letter.upper(): code for letter, code in TCVN3.items()} | TCVN3
CODES = {
    "TCVN3": TCVN3,
    "VNI-Windows": legacy_codes(code_pages.read_vni),
    "Windows-1258": legacy_codes(code_pages.read_windows_1258),
    "VPS": legacy_codes(code_pages.read_vps),
    "VISCII": legacy_codes(code_pages.read_viscii),
}
each_encoding = pytest.mark.parametrize("name", CODES)


def mangled(text: str, name: str) -> str:
    """Text in an old encoding as a reader that knows nothing of it sees it."""
    return "".join(CODES[name].get(letter, letter) for letter in text)


def as_bytes(text: str) -> bytes:
    return bytes(code_pages.WESTERN.index(character) for character in text)


def mojibake(text: str) -> str:
    return text.encode().decode("latin-1")


# --- the tables ------------------------------------------------------------------------------------------------------


@each_encoding
def test_every_letter_has_a_code(name: str) -> None:
    assert set(SMALL + SMALL.upper()) <= CODES[name].keys()


@pytest.mark.parametrize(
    ("name", "written", "meant"),
    [
        ("TCVN3", "Céng hßa x· héi chñ nghÜa ViÖt Nam", "Cộng hòa xã hội chủ nghĩa Việt Nam"),
        ("TCVN3", "§éc lËp - Tù do - H¹nh phóc", "Độc lập - Tự do - Hạnh phúc"),
        ("VNI-Windows", "Coäng hoøa xaõ hoäi chuû nghóa Vieät Nam", "Cộng hòa xã hội chủ nghĩa Việt Nam"),
        ("VNI-Windows", "COÄNG HOØA XAÕ HOÄI CHUÛ NGHÓA VIEÄT NAM", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"),
        ("VNI-Windows", "Ñoäc laäp - Töï do - Haïnh phuùc", "Độc lập - Tự do - Hạnh phúc"),
        ("VISCII", "C\xb5ng hòa xã h\xb5i ch\xfc ngh\xeea Vi\xaet Nam", "Cộng hòa xã hội chủ nghĩa Việt Nam"),
        ("VPS", "C¶ng hòa xã h¶i chû nghïa ViŒt Nam", "Cộng hòa xã hội chủ nghĩa Việt Nam"),
        (
            "Windows-1258",
            "Cô\xf2ng ho\xcca xa\xde hô\xf2i chu\xd2 nghi\xdea Viê\xf2t Nam",
            "Cộng hòa xã hội chủ nghĩa Việt Nam",
        ),
        ("UTF-8 mã hóa hai lần", "Táº¡i Viá»‡t Nam", "Tại Việt Nam"),
    ],
)
def test_what_is_known_from_elsewhere_is_read_so(name: str, written: str, meant: str) -> None:
    repaired = repair(written)
    assert repaired.text == meant
    assert repaired.encodings == (name,)


@pytest.mark.parametrize(("name", "charset"), [("TCVN3", "TCVN5712-1"), ("VISCII", "VISCII")])
def test_the_tables_are_those_of_the_c_library(name: str, charset: str) -> None:
    if (
        not shutil.which("iconv")
        or charset not in subprocess.run(["iconv", "-l"], capture_output=True, text=True).stdout
    ):
        pytest.skip(f"iconv không có bảng mã {charset}")
    codes = {letter: code for letter, code in CODES[name].items() if name != "TCVN3" or letter in SMALL + "ĂÂÊÔƠƯĐ"}
    # Blanks behind, because the converter waits for a mark that may follow.
    raw = as_bytes("".join(f"{code}  " for code in codes.values()))
    done = subprocess.run(["iconv", "-f", charset, "-t", "UTF-8"], input=raw, capture_output=True, check=True)
    assert unicodedata.normalize("NFC", done.stdout.decode()).split() == list(codes)


def test_syllables_follow_the_spelling() -> None:
    known = code_pages.syllables()
    assert {
        "nghiêng",
        "quyết",
        "giếng",
        "gì",
        "hòa",
        "hoà",
        "thủy",
        "thuỷ",
        "ươm",
        "khuỷu",
        "đắk",
        "ở",
        "được",
    } <= known
    assert known.isdisjoint({"tôt", "quyõt", "ngê", "kà", "cì", "ợc", "bùóm", "hoầ", "việtt", "mưòi", "gh", ""})


@pytest.mark.parametrize("folder", ["documents", "procedures"])
def test_nearly_every_word_of_our_documents_is_a_possible_syllable(folder: str) -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "data" / folder).glob("*")))
    marked = [run for run in code_pages.RUN.findall(unicodedata.normalize("NFC", text)) if not run.isascii()]
    assert sum(run.lower() in code_pages.syllables() for run in marked) > 0.985 * len(marked)


# --- there and back --------------------------------------------------------------------------------------------------


@each_encoding
def test_a_file_comes_back_exactly(name: str) -> None:
    text = "\n".join([*HEADINGS, *PARAGRAPHS, *ENGLISH])
    decoded = decode(HERE, as_bytes(mangled(text, name)))
    assert decoded.text == text
    assert decoded.encodings[0] == name


@each_encoding
@pytest.mark.parametrize("paragraph", PARAGRAPHS)
def test_a_paragraph_comes_back_exactly(name: str, paragraph: str) -> None:
    assert repair(mangled(paragraph, name)).text == paragraph


@pytest.mark.parametrize("name", ["TCVN3", "VNI-Windows", "Windows-1258"])
@pytest.mark.parametrize("heading", HEADINGS[:4])
def test_a_heading_comes_back_exactly_even_alone(name: str, heading: str) -> None:
    assert repair(mangled(heading, name)).text == heading


def test_a_capital_within_a_word_speaks_against_it() -> None:
    assert repair("Y tÕ").text == "Y tế"
    assert repair("Y tõ").text == "Y tõ"


@each_encoding
def test_a_line_that_says_little_follows_its_document(name: str) -> None:
    text = "\n".join([*PARAGRAPHS, "Kê", "Mũ", "Tờ khai", "b) Tư cách;", *PARAGRAPHS])
    assert repair(mangled(text, name)).text == text


@each_encoding
def test_old_and_new_lines_are_told_apart(name: str) -> None:
    lines = [*PARAGRAPHS, *ENGLISH, *PARAGRAPHS]
    mixed = [mangled(line, name) if number % 2 else line for number, line in enumerate(lines)]
    repaired = repair("\n".join(mixed))
    assert repaired.text == "\n".join(lines)
    assert set(repaired.encodings) == {name, "Unicode"}


def test_one_old_paragraph_in_a_new_document_and_one_new_in_an_old() -> None:
    for old in (1, 3):
        mixed = [
            mangled(line, "TCVN3") if (number == old) != (old == 3) else line for number, line in enumerate(PARAGRAPHS)
        ]
        assert repair("\n".join(mixed)).text == "\n".join(PARAGRAPHS)


def test_two_old_encodings_in_one_file_the_one_with_more_text_first() -> None:
    mixed = [*(mangled(line, "VNI-Windows") for line in PARAGRAPHS), mangled(PARAGRAPHS[0], "TCVN3")]
    repaired = repair("\n".join(mixed))
    assert repaired.text == "\n".join([*PARAGRAPHS, PARAGRAPHS[0]])
    assert repaired.encodings == ("VNI-Windows", "TCVN3")


def test_old_words_within_a_new_line() -> None:
    new = "Thủ thư kiểm tra thẻ của người đọc, "
    old = "ghi tên sách vào sổ, hẹn ngày trả"
    assert repair(new + mangled(old, "TCVN3")).text == new + old


@each_encoding
def test_english_with_a_few_names_between_old_lines_stays(name: str) -> None:
    stays = (
        "The late Mr Müller, a naïve but generous man, left his books to this library in the year of the great flood."
    )
    lines = [*PARAGRAPHS, stays, *PARAGRAPHS]
    assert repair("\n".join(line if line is stays else mangled(line, name) for line in lines)).text == "\n".join(lines)


@pytest.mark.parametrize("heading", ["CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "THẺ THƯ VIỆN", "SỔ MƯỢN SÁCH CỦA XÃ"])
def test_capitals_of_a_font_are_capitals_again(heading: str) -> None:
    assert repair(mangled(heading, "TCVN3")).text == heading


def test_a_capital_that_tcvn3_cannot_write_is_small() -> None:
    assert repair(mangled("Ủy ban xã quản lý thư viện", "TCVN3")).text == "ủy ban xã quản lý thư viện"


def test_bullets_and_quotes_between_old_words_stay() -> None:
    line = "· Thẻ “thư viện” – loại 1: 20 m²; tủ sách…"
    assert repair("· " + mangled(line[2:], "TCVN3")).text == line


def test_hyphens_that_took_the_place_of_u_go() -> None:
    text = "\n".join([*PARAGRAPHS, "Thư viện trường – lớp A-B; khoản 2-3"])
    torn = mangled(text, "TCVN3").replace("\xad", "-")
    assert repair(torn).text == text


@pytest.mark.parametrize("text", [*PARAGRAPHS, "thời hạn – “năm” ngày"])
def test_what_was_encoded_twice_or_thrice_comes_back(text: str) -> None:
    assert repair(mojibake(text)).text == text
    assert repair(mojibake(mojibake(text))).text == text
    assert repair(mojibake(mangled(text, "TCVN3"))).text == text


# --- what must not change --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("line", [*FOREIGN, *ENGLISH])
def test_other_languages_stay(line: str) -> None:
    assert repair(line).text == line
    between = "\n".join([*PARAGRAPHS, line, *PARAGRAPHS])
    assert repair(between).text == between
    assert repair(between).encodings == ("Unicode",)


@pytest.mark.parametrize(
    "line", ["Hà Nam", "bán hàng", "Lê Văn Cò là ai", "Phí: 5.000 đ/m²", "Mã số: 12; mò cá", "bé dùng vé hè", "é", "±"]
)
def test_vietnamese_with_few_marks_stays(line: str) -> None:
    assert repair(line).text == line


syllable_lines = st.lists(st.sampled_from(sorted(code_pages.syllables())), min_size=1, max_size=12).map(" ".join)


@given(st.lists(syllable_lines, max_size=6).map("\n".join), st.sampled_from(["NFC", "NFD"]))
def test_vietnamese_in_unicode_only_becomes_nfc(text: str, form: str) -> None:
    for shown in (text, text.upper(), text.title()):
        repaired = repair(unicodedata.normalize(form, shown))
        assert repaired.text == unicodedata.normalize("NFC", shown)
        assert repaired.encodings == ("Unicode",)


legacy_alphabet = st.sampled_from("aeiouyghntc ABH\n.-\xa0" + code_pages.WESTERN[0x80:] + "đươệ\u0301\u0323")


@given(st.one_of(st.text(), st.text(legacy_alphabet, max_size=80)))
def test_repairing_again_changes_nothing(text: str) -> None:
    repaired = repair(text)
    assert repair(repaired.text).text == repaired.text
    assert unicodedata.is_normalized("NFC", repaired.text)
    assert repaired.text.count("\n") == text.count("\n")
    assert repaired.encodings


@pytest.mark.parametrize("folder", ["documents", "procedures"])
def test_our_documents_stay(folder: str) -> None:
    for path in sorted((ROOT / "data" / folder).glob("*")):
        text = path.read_text(encoding="utf-8")
        assert repair(text).text == unicodedata.normalize("NFC", text), path.name


def articles(shared: Path, step: int) -> Iterator[str]:
    with gzip.open(shared / "corpora" / "phap_dien.jsonl.gz", "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            if number % step == 7:
                row = json.loads(line)
                yield unicodedata.normalize("NFC", f"{row['title']}\n{row['text']}")


def test_codified_law_stays(shared: Path) -> None:
    texts = list(articles(shared, 30))
    assert len(texts) > 1_000
    assert [text for text in texts if repair(text).text != text] == []


@each_encoding
def test_codified_law_comes_back_from_old_encodings(shared: Path, name: str) -> None:
    lines = right = 0
    for text in articles(shared, 600):
        # What this encoding has no code for would not have been there.
        kept = "".join(c for c in text if c in CODES[name] or c.isascii())
        back = decode(HERE, as_bytes(mangled(kept, name))).text
        lines += kept.count("\n") + 1
        right += sum(a.lower() == b.lower() for a, b in zip(kept.split("\n"), back.split("\n"), strict=True))
    assert lines > 500
    assert right > 0.998 * lines


# --- bytes -----------------------------------------------------------------------------------------------------------

VIETNAMESE = "\r\n".join(PARAGRAPHS)


@pytest.mark.parametrize(
    ("codec", "name"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8"),
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16"),
        ("utf-16-be", "UTF-16"),
    ],
)
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_unicode_files_are_read_in_every_form(codec: str, name: str, form: str) -> None:
    decoded = decode(HERE, unicodedata.normalize(form, VIETNAMESE).encode(codec))
    assert decoded.text == VIETNAMESE
    assert decoded.encodings == (name,)


def test_utf_16_with_a_byte_order_mark_and_half_a_character_at_the_end() -> None:
    assert decode(HERE, b"\xfe\xff" + VIETNAMESE.encode("utf-16-be") + b"\x1e").text == VIETNAMESE


def test_old_text_within_utf_16_is_repaired() -> None:
    decoded = decode(HERE, mangled(VIETNAMESE, "VNI-Windows").encode("utf-16"))
    assert (decoded.text, decoded.encodings) == (VIETNAMESE, ("VNI-Windows",))


@each_encoding
def test_lines_of_utf_8_between_lines_of_old_bytes(name: str) -> None:
    raw = b"\n".join(line.encode() if n % 2 else as_bytes(mangled(line, name)) for n, line in enumerate(PARAGRAPHS))
    decoded = decode(HERE, raw)
    assert decoded.text == "\n".join(PARAGRAPHS)
    assert set(decoded.encodings) == {"UTF-8", name}


def test_a_stray_byte_does_not_spoil_a_line_of_utf_8() -> None:
    raw = PARAGRAPHS[0].encode() + b" \x96 " + PARAGRAPHS[1].encode()
    assert decode(HERE, raw).text == f"{PARAGRAPHS[0]} – {PARAGRAPHS[1]}"


@pytest.mark.parametrize("line", FOREIGN[:5])
def test_western_bytes_are_windows_1252(line: str) -> None:
    decoded = decode(HERE, line.encode("cp1252"))
    assert (decoded.text, decoded.encodings) == (line, ("Windows-1252",))


@pytest.mark.parametrize("raw", [b"\xef\xbb\xbf", b"Only ASCII.\r\n", b"PKI la ha tang khoa cong khai.", b"x <html>"])
def test_plain_files_are_utf_8(raw: bytes) -> None:
    decoded = decode(HERE, raw)
    assert (decoded.text, decoded.encodings) == (raw.decode("utf-8-sig"), ("UTF-8",))


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"%PDF-1.7\n%\xe2\xe3", ".pdf"),
        (b"PK\x03\x04\x14\x00word/document.xml", ".docx"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "đời cũ"),
        (b"{\\rtf1\\ansi", "RTF"),
        (b"\x89PNG\r\n\x1a\n", "ảnh"),
        (b"\xff\xd8\xff\xe0", "ảnh"),
        (b"\x1f\x8b\x08", "giải nén"),
        (b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff", "không phải tệp chữ"),
        (bytes(range(1, 256)) * 9, "không phải tệp chữ"),
        ("thư\0viện".encode(), "không phải tệp chữ"),
        (b"\x01\x02\x03\x04\x05\x06\x07\x08" * 9, "không phải tệp chữ"),
        ("Привет, мир! Как дела сегодня?".encode("koi8-r"), "không nhận ra bảng mã"),
        ("图书馆每天早上七点开门,请带好借书证。".encode("gbk"), "không nhận ra bảng mã"),
        (VIETNAMESE.encode("ascii", "replace"), "dấu hỏi"),
        (as_bytes(mangled(VIETNAMESE, "TCVN3")).decode("utf-8", "replace").encode(), "dấu hỏi"),
    ],
)
def test_what_is_no_text_is_refused_with_a_hint(raw: bytes, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        decode(HERE, raw)


@given(
    st.one_of(st.binary(), st.text().map(str.encode), st.text(legacy_alphabet).map(lambda text: text.encode("utf-16")))
)
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    with suppress(SourceError):
        decoded = decode(HERE, raw)
        assert unicodedata.is_normalized("NFC", decoded.text)
        assert decoded.encodings


@pytest.mark.parametrize(
    "text",
    [
        "a" * 1_000_000,
        "é" * 300_000,
        "Ã\xa0" * 30_000,
        "a" + "\u0301\u0323" * 300_000,
        "QuyÕt ®Þnh " + "a-" * 200_000 + "-" * 200_000,
        "tØnh QuyÕt Nghị " * 5_000,
        "é\n" * 50_000,
    ],
    ids=["letters", "one word", "spaces", "marks", "hyphens", "mixed words", "lines"],
)
def test_long_input_ends(text: str) -> None:
    assert repair(text).text.count("\n") == text.count("\n")
