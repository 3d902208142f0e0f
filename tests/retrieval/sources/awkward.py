"""Files as offices have them, and as nobody should: one good file of each format, and broken, locked, huge, wrongly
named and hostile ones. Each function writes one file into a folder and gives its path."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

PASSWORD = "bi-mat"
TITLE = "Quy định về tiếp nhận hồ sơ tại bộ phận một cửa"
# What every good file says.
PARAGRAPHS = (
    "Điều 1. Nơi nộp hồ sơ",
    "1. Người dân nộp hồ sơ tại bộ phận một cửa của xã, hoặc nộp trực tuyến bằng tài khoản định danh điện tử của mình.",
    "2. Người cao tuổi được tổ công nghệ số cộng đồng hướng dẫn tại nhà khi có yêu cầu gửi tới trưởng thôn.",
    "Điều 2. Thời hạn trả lời",
    "Bộ phận một cửa trả lời trong ba ngày làm việc, kể từ ngày nhận đủ giấy tờ.",
)
Text = tuple[float, float, float, str]  # left, baseline, size, words

# --- PDF -------------------------------------------------------------------------------------------------------------


def pdf_bytes(
    pages: Iterable[Sequence[Text]], *, title: str = "", drawn: Sequence[str] = (), turn: int = 0, letters: str = ""
) -> bytes:
    """A PDF of words at places. Its fonts have no shapes, only what each letter means, and every letter is half as wide
    as it is high. Words that begin with "*" are bold. `drawn`: drawing operators of each page, which may show `letters`
    too; `turn`: how pages are rotated."""
    pages = list(pages)
    known = sorted({*letters, *(letter for page in pages for *_, words in page for letter in words)})
    meanings = "".join(f"<{ord(letter):04x}> <{letter.encode('utf-16-be').hex()}>\n" for letter in known)
    cmap = f"begincmap\n1 begincodespacerange\n<0000> <ffff>\nendcodespacerange\n{_in_hundreds(meanings)}endcmap"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"",
        stream(cmap.encode()),
        *(font for name in ("Chu", "Chu-Bold") for font in _font(name)),
        f"<</Title<feff{title.encode('utf-16-be').hex()}>>>".encode(),
    ]
    objects[3:7] = [objects[3], objects[4].replace(b"@", b"4"), objects[5], objects[6].replace(b"@", b"6")]
    kids = []
    for n, page in enumerate(pages):
        content = "".join(_shown(*words) for words in page) + (drawn[n] if n < len(drawn) else "")
        kids.append(len(objects) + 1)
        objects.append(
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Rotate {turn}/Contents {len(objects) + 2} 0 R"
            "/Resources<</Font<</R 5 0 R/B 7 0 R>>>>>>".encode()
        )
        objects.append(stream(content.encode()))
    objects[1] = f"<</Type/Pages/Count {len(kids)}/Kids[{' '.join(f'{kid} 0 R' for kid in kids)}]>>".encode()
    return pdf_of_objects(objects, "/Info 8 0 R")


def _font(name: str) -> tuple[bytes, bytes]:
    system = "/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>"
    box = "/ItalicAngle 0/Ascent 800/Descent -200/FontBBox[0 -200 500 800]"
    shapes = f"<</Type/FontDescriptor/FontName/{name}/Flags 4{box}>>"
    descendant = f"<</Type/Font/Subtype/CIDFontType2/BaseFont/{name}{system}/DW 500/FontDescriptor {shapes}>>"
    font = f"<</Type/Font/Subtype/Type0/BaseFont/{name}/Encoding/Identity-H/DescendantFonts[@ 0 R]/ToUnicode 3 0 R>>"
    return descendant.encode(), font.encode()


def _in_hundreds(meanings: str) -> str:
    lines = meanings.splitlines()
    groups = [lines[n : n + 100] for n in range(0, len(lines), 100)]
    return "".join(f"{len(group)} beginbfchar\n{chr(10).join(group)}\nendbfchar\n" for group in groups)


def _shown(left: float, y: float, size: float, words: str) -> str:
    font, words = ("B", words[1:]) if words.startswith("*") else ("R", words)
    return f"BT /{font} {size} Tf {left} {y} Td <{''.join(f'{ord(letter):04x}' for letter in words)}> Tj ET\n"


def stream(content: bytes, entries: bytes = b"") -> bytes:
    """A PDF stream, packed."""
    packed = zlib.compress(content, 1)
    return b"<<%s/Filter/FlateDecode/Length %d>>stream\n" % (entries, len(packed)) + packed + b"\nendstream"


def pdf_of_objects(objects: Sequence[bytes], trailer: str = "") -> bytes:
    """A PDF file of its objects, numbered from 1; the first is its catalogue."""
    out, places = bytearray(b"%PDF-1.7\n"), []
    for n, each in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n" % n + each + b"\nendobj\n"
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += f"trailer\n<</Size {len(objects) + 1}/Root 1 0 R{trailer}>>\nstartxref\n{start}\n%%EOF\n".encode()
    return bytes(out)


def set_lines(
    paragraphs: Iterable[str], *, width: int = 60, left: float = 85, top: float = 770, size: float = 13
) -> list[Text]:
    """Paragraphs broken into lines of at most `width` letters, the first line of each further in."""
    placed: list[Text] = []
    y = top
    for paragraph in paragraphs:
        rest, inset = paragraph, 5
        while rest:
            room = width - inset
            cut = len(rest) if len(rest) <= room else rest.rfind(" ", 0, room + 1)
            placed.append((left + inset * size / 2, y, size, rest[:cut]))
            rest, inset, y = rest[cut:].strip(), 0, y - 1.4 * size
        y -= 4
    return placed


def set_pages(paragraphs: Iterable[str], lines: int = 38) -> list[list[Text]]:
    """Paragraphs set on pages of so many lines each."""
    placed = set_lines(paragraphs)
    pages = [placed[n : n + lines] for n in range(0, len(placed), lines)]
    return [[(left, y - page[0][1] + 770, size, words) for left, y, size, words in page] for page in pages]


def good_pdf(folder: Path) -> Path:
    return _write(folder, "tot.pdf", pdf_bytes([set_lines(PARAGRAPHS)], title=TITLE))


def picture_pdf(pictures: Sequence[bytes | None], width: int = 60, height: int = 85) -> bytes:
    """A PDF of scanned pages, each a grey picture that fills it; None is a page of text instead."""
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b"", b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"]
    kids = []
    for picture in pictures:
        kids.append(len(objects) + 1)
        show = (
            b"q 595 0 0 842 0 0 cm /P Do Q"
            if picture
            else b"BT /H 13 Tf 85 700 Td (Trang nay co chu, may doc duoc ngay.) Tj ET"
        )
        named = b"/XObject<</P %d 0 R>>" % (len(objects) + 3) if picture else b"/Font<</H 3 0 R>>"
        objects.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents %d 0 R/Resources<<%s>>>>"
            % (len(objects) + 2, named)
        )
        objects.append(stream(show))
        if picture:
            form = b"/Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceGray/BitsPerComponent 8"
            objects.append(stream(picture, form % (width, height)))
    objects[1] = b"<</Type/Pages/Count %d/Kids[%s]>>" % (len(kids), b" ".join(b"%d 0 R" % kid for kid in kids))
    return pdf_of_objects(objects)


def scanned_pdf(folder: Path) -> Path:
    return _write(folder, "quet.pdf", picture_pdf([bytes(60 * 85)]))


def partly_scanned_pdf(folder: Path) -> Path:
    return _write(folder, "quet-mot-phan.pdf", picture_pdf([None, bytes(60 * 85), None]))


def locked_pdf(folder: Path) -> Path:
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(clone_from=PdfReader(good_pdf(folder)))
    writer.encrypt(PASSWORD, algorithm="AES-256")
    out = io.BytesIO()
    writer.write(out)
    return _write(folder, "khoa.pdf", out.getvalue())


def long_pdf(folder: Path) -> Path:
    """Five thousand pages."""
    pages = ([(85.0, 700.0, 13.0, f"Trang thử nghiệm có số thứ tự là {n}.")] for n in range(5000))
    return _write(folder, "dai.pdf", pdf_bytes(pages))


def unpacking_pdf(folder: Path) -> Path:
    """A page of three megabytes that unpacks to seven hundred."""
    return _write(folder, "bung.pdf", _pdf_of_content(_packed_spaces(700), b"/Filter/FlateDecode"))


def nested_pdf(folder: Path) -> Path:
    """A page whose drawing shows two drawings that each show two, forty deep."""
    forms = [
        _raw_stream(
            b"/X Do /X Do", b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X %d 0 R>>>>" % (6 + n)
        )
        for n in range(40)
    ]
    last = _raw_stream(b"", b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]")
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</XObject<</X 5 0 R>>>>>>"
    head = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 1/Kids[3 0 R]>>", page, _raw_stream(b"/X Do", b"")]
    return _write(folder, "long-nhau.pdf", pdf_of_objects([*head, *forms, last]))


def _pdf_of_content(content: bytes, entries: bytes) -> bytes:
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R>>"
    head = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 1/Kids[3 0 R]>>", page]
    return pdf_of_objects([*head, _raw_stream(content, entries)])


def _raw_stream(content: bytes, entries: bytes) -> bytes:
    return b"<<%s/Length %d>>stream\n" % (entries, len(content)) + content + b"\nendstream"


def _packed_spaces(mebibytes: int) -> bytes:
    packer = zlib.compressobj(1)
    once = b" " * (1 << 20)
    return b"".join([*(packer.compress(once) for _ in range(mebibytes)), packer.flush()])


# --- Word ------------------------------------------------------------------------------------------------------------

_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_KINDS = {"styles", "numbering", "footnotes"}


def docx_bytes(body: str, **parts: str) -> bytes:
    """A Word document of the XML in its body, and of other parts (`styles`, `numbering`, `footnotes`) in full. The
    prefix `w` is known."""
    main = f'<?xml version="1.0" encoding="UTF-8"?><w:document {_W}><w:body>{body}</w:body></w:document>'
    links = "".join(f'<Relationship Id="r{kind}" Type="{_RELATION}/{kind}" Target="{kind}.xml"/>' for kind in parts)
    names = {f"word/{kind}.xml": f"<w:{kind} {_W}>{xml}</w:{kind}>" for kind, xml in parts.items()}
    return zip_bytes(
        {
            "[Content_Types].xml": _content_types("word/document.xml", "wordprocessingml.document"),
            "_rels/.rels": _relationships(
                f'<Relationship Id="r1" Type="{_RELATION}/officeDocument" Target="word/document.xml"/>'
            ),
            "word/_rels/document.xml.rels": _relationships(links),
            "word/document.xml": main,
            **names,
        }
    )


def paragraph(words: str, properties: str = "", run: str = "") -> str:
    """A paragraph of Word's XML."""
    text = f"<w:t xml:space='preserve'>{escape(words)}</w:t>"
    return f"<w:p><w:pPr>{properties}</w:pPr><w:r><w:rPr>{run}</w:rPr>{text}</w:r></w:p>"


def table(rows: Iterable[Iterable[str]], first: str = "") -> str:
    """A table of Word's XML. `first`: properties of its first row."""
    told = []
    for n, row in enumerate(rows):
        cells = "".join(f"<w:tc>{''.join(map(paragraph, cell.split(chr(10))))}</w:tc>" for cell in row)
        told.append(f"<w:tr><w:trPr>{first if n == 0 else ''}</w:trPr>{cells}</w:tr>")
    return f"<w:tbl>{''.join(told)}</w:tbl>"


def zip_bytes(parts: dict[str, str | bytes]) -> bytes:
    """A ZIP archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def _content_types(part: str, kind: str) -> str:
    kind = f"application/vnd.openxmlformats-officedocument.{kind}.main+xml"
    return (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/{part}" ContentType="{kind}"/></Types>'
    )


def _relationships(links: str) -> str:
    return (
        f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{links}</Relationships>'
    )


def good_docx(folder: Path) -> Path:
    return _write(folder, "tot.docx", docx_bytes("".join(map(paragraph, PARAGRAPHS))))


def locked_docx(folder: Path) -> Path:
    return _locked(folder, good_docx(folder), "khoa.docx")


def _locked(folder: Path, good: Path, name: str) -> Path:
    from msoffcrypto.format.ooxml import OOXMLFile

    out = io.BytesIO()
    with good.open("rb") as file:
        OOXMLFile(file).encrypt(PASSWORD, out)
    return _write(folder, name, out.getvalue())


def bomb_docx(folder: Path) -> Path:
    """A hundred kilobytes that unpack to a hundred megabytes of XML."""
    return _bomb(folder, good_docx(folder), "bom.docx", "word/document.xml")


def media_bomb_docx(folder: Path) -> Path:
    """A picture that declares two gigabytes."""
    raw = bytearray(zip_bytes(_parts(good_docx(folder)) | {"word/media/anh.bmp": b"\0" * 1000}))
    entry = raw.rindex(b"word/media/anh.bmp") - 46
    struct.pack_into("<I", raw, entry + 24, (2 << 30) - 1)
    return _write(folder, "bom-anh.docx", bytes(raw))


def lying_docx(folder: Path) -> Path:
    """Its main part unpacks to more than it declares."""
    raw = bytearray(bomb_docx(folder).read_bytes())
    entry = raw.rindex(b"word/document.xml") - 46
    struct.pack_into("<I", raw, entry + 24, 1000)
    return _write(folder, "noi-doi.docx", bytes(raw))


def crowded_docx(folder: Path) -> Path:
    """Twelve thousand parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for n in range(12_000):
            archive.writestr(f"word/{n}.xml", b"")
    return _write(folder, "nhieu-phan.docx", out.getvalue())


def nested_docx(folder: Path) -> Path:
    """A hundred thousand elements inside each other."""
    return _write(folder, "long-nhau.docx", docx_bytes("<w:sdt>" * 100_000))


def laughing_docx(folder: Path) -> Path:
    """Entities that stand for ten of each other, nine times over."""
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    declared = f'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a0 "ha">{entities}]>'
    document = f"{declared}<w:document {_W}><w:body><w:p><w:r><w:t>&a9;</w:t></w:r></w:p></w:body></w:document>"
    return _write(folder, "cuoi.docx", zip_bytes(_parts(good_docx(folder)) | {"word/document.xml": document}))


def _bomb(folder: Path, good: Path, name: str, part: str) -> Path:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for other, content in _parts(good).items():
            if other != part:
                archive.writestr(other, content)
        with archive.open(part, "w") as file:
            for _ in range(300):
                file.write(b"<a/>" * (1 << 18))
    return _write(folder, name, out.getvalue())


def _parts(path: Path) -> dict[str, str | bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


# --- Excel, CSV, HTML, text ------------------------------------------------------------------------------------------

QUESTIONS = (
    ("Câu hỏi", "Trả lời"),
    ("Nộp hồ sơ ở đâu?", "Tại bộ phận một cửa của xã."),
    ("Bao lâu có kết quả?", "Trong ba ngày làm việc."),
)


def xlsx_bytes(sheets: dict[str, str], **parts: str) -> bytes:
    """A workbook of the XML of its sheets by their names, and of other parts (`sharedStrings`, `styles`) in full."""
    main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="' + _RELATION + '"'
    listed = "".join(f'<sheet name="{escape(name)}" sheetId="{n}" r:id="s{n}"/>' for n, name in enumerate(sheets, 1))
    links = [
        f'<Relationship Id="s{n}" Type="{_RELATION}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in range(1, len(sheets) + 1)
    ]
    links += [f'<Relationship Id="r{kind}" Type="{_RELATION}/{kind}" Target="{kind}.xml"/>' for kind in parts]
    names = {"sharedStrings": "sst", "styles": "styleSheet"}
    return zip_bytes(
        {
            "[Content_Types].xml": _content_types("xl/workbook.xml", "spreadsheetml.sheet"),
            "_rels/.rels": _relationships(
                f'<Relationship Id="r1" Type="{_RELATION}/officeDocument" Target="xl/workbook.xml"/>'
            ),
            "xl/_rels/workbook.xml.rels": _relationships("".join(links)),
            "xl/workbook.xml": f"<workbook {main}><sheets>{listed}</sheets></workbook>",
            **{
                f"xl/worksheets/sheet{n}.xml": f"<worksheet {main}>{xml}</worksheet>"
                for n, xml in enumerate(sheets.values(), 1)
            },
            **{f"xl/{kind}.xml": f"<{names[kind]} {main}>{xml}</{names[kind]}>" for kind, xml in parts.items()},
        }
    )


def cells(rows: Iterable[Iterable[str]]) -> str:
    """The rows of a sheet, all strings."""
    told = ("".join(f'<c t="inlineStr"><is><t>{escape(cell)}</t></is></c>' for cell in row) for row in rows)
    return f"<sheetData>{''.join(f'<row>{row}</row>' for row in told)}</sheetData>"


def good_xlsx(folder: Path) -> Path:
    return _write(folder, "tot.xlsx", xlsx_bytes({"Hỏi đáp": cells(QUESTIONS)}))


def locked_xlsx(folder: Path) -> Path:
    return _locked(folder, good_xlsx(folder), "khoa.xlsx")


def bomb_xlsx(folder: Path) -> Path:
    return _bomb(folder, good_xlsx(folder), "bom.xlsx", "xl/worksheets/sheet1.xml")


def empty_rows_xlsx(folder: Path) -> Path:
    """A good list, then a million rows that only have a colour."""
    rows = cells(QUESTIONS).removesuffix("</sheetData>")
    empty = "".join(f'<row r="{n}" s="1"><c r="A{n}" s="1"/></row>' for n in range(10, 1_048_577))
    return _write(folder, "dong-trong.xlsx", xlsx_bytes({"Hỏi đáp": f"{rows}{empty}</sheetData>"}))


def far_away_xlsx(folder: Path) -> Path:
    """Rows and columns with numbers beyond those of Excel."""
    rows = (
        '<row r="99999999"><c r="XFD99999999"><v>1</v></c></row><row r="123456789012345"><c r="A1"><v>2</v></c></row>'
    )
    return _write(folder, "rat-xa.xlsx", xlsx_bytes({"Bảng": f"<sheetData>{rows}</sheetData>"}))


def good_csv(folder: Path) -> Path:
    return _write(folder, "tot.csv", "\r\n".join(";".join(row) for row in QUESTIONS).encode("utf-8-sig"))


def good_html(folder: Path) -> Path:
    body = "".join(f"<p>{words}</p>" for words in PARAGRAPHS)
    menu = "".join(f'<li><a href="/{n}">Mục {n}</a></li>' for n in range(5))
    head = f"<html><head><meta charset=utf-8><title>{TITLE}</title></head>"
    page = f"{head}<body><ul>{menu}</ul><article><h1>{TITLE}</h1>{body}</article></body></html>"
    return _write(folder, "tot.html", page.encode())


def good_txt(folder: Path) -> Path:
    return _write(folder, "tot.txt", "\n".join(PARAGRAPHS).encode())


def deep_html(folder: Path) -> Path:
    return _write(folder, "sau.html", b"<div>" * 300_000 + "Hồ sơ".encode())


def crowded_html(folder: Path) -> Path:
    return _write(folder, "nhieu-the.html", b"<html><body>" + b"<a href=x>y</a>" * 300_000)


def unclosed_csv(folder: Path) -> Path:
    """A quotation mark that never ends, in four megabytes."""
    return _write(folder, "ngoac.csv", b'a,b\n1,"' + b"2,3\n" * 1_000_000)


# --- whatever their name says ----------------------------------------------------------------------------------------

_PNG = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + b"\0\0\0\x01\0\0\0\x01\x08\0\0\0\0" + bytes(60)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
ENDINGS = ("pdf", "docx", "xlsx", "csv", "html", "txt")


def wrong_endings(folder: Path) -> list[Path]:
    """Each good file and some others under every ending but their own; also empty files, zeros, and halves."""
    goods = {maker(folder).suffix[1:]: maker(folder).read_bytes() for maker in GOOD}
    others = {
        "png": _PNG,
        "zip": zip_bytes({"doc-toi.txt": "Chữ."}),
        "doc": _OLE + "WordDocument".encode("utf-16-le") + bytes(500),
        "xls": _OLE + "Workbook".encode("utf-16-le") + bytes(500),
        "rtf": rb"{\rtf1\ansi Xin ch\'e0o}",
        "empty": b"",
        "zeros": bytes(5000),
        "spaces": b" \r\n" * 1000,
        "noise": bytes((n * 7919 + n // 251) % 256 for n in range(20_000)),
    }
    written = [
        _write(folder, f"la-{kind}.{ending}", raw)
        for ending in ENDINGS
        for kind, raw in {**goods, **others}.items()
        if kind != ending
    ]
    return written + [_write(folder, f"nua.{ending}", raw[: len(raw) // 2]) for ending, raw in goods.items()]


def sparse(folder: Path) -> Path:
    """Two hundred megabytes that take no room on the disk."""
    path = folder / "to.pdf"
    with path.open("wb") as file:
        file.truncate(200 << 20)
    return path


GOOD: tuple[Callable[[Path], Path], ...] = (good_pdf, good_docx, good_xlsx, good_csv, good_html, good_txt)
LOCKED: tuple[Callable[[Path], Path], ...] = (locked_pdf, locked_docx, locked_xlsx)
HOSTILE: tuple[Callable[[Path], Path], ...] = (
    unpacking_pdf,
    nested_pdf,
    long_pdf,
    bomb_docx,
    media_bomb_docx,
    lying_docx,
    crowded_docx,
    nested_docx,
    laughing_docx,
    bomb_xlsx,
    empty_rows_xlsx,
    far_away_xlsx,
    deep_html,
    crowded_html,
    unclosed_csv,
)


def _write(folder: Path, name: str, raw: bytes) -> Path:
    path = folder / name
    path.write_bytes(raw)
    return path
