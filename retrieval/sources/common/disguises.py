"""What a file is by its bytes, whatever its name says, in words that tell a person what to do."""

from __future__ import annotations

EMPTY = "tệp rỗng"
LOCKED = "tệp có mật khẩu; hãy mở bằng mật khẩu rồi lưu lại thành tệp không có mật khẩu"

# Office files by the folder or part that only they have.
_ARCHIVES = (
    (b"word/", "docx", "tệp Word (.docx)"),
    (b"xl/", "xlsx", "tệp Excel (.xlsx)"),
    (b"ppt/", "pptx", "tệp trình chiếu (.pptx)"),
    (b"META-INF/container.xml", "epub", "sách điện tử (.epub)"),
    (b"content.xml", "odt", "tệp của LibreOffice (.odt, .ods)"),
)
_PICTURE = "ảnh; hãy dùng bản có chữ, không phải ảnh"
_PACKED = "tệp nén; hãy giải nén trước"
_SIGNATURES = (
    (b"{\\rtf", "rtf", "tệp RTF; hãy mở bằng Word rồi lưu lại thành .docx"),
    (b"\x89PNG", "png", _PICTURE),
    (b"\xff\xd8\xff", "jpg", _PICTURE),
    (b"GIF8", "gif", _PICTURE),
    (b"II*\x00", "tif", _PICTURE),
    (b"MM\x00*", "tif", _PICTURE),
    (b"Rar!", "rar", _PACKED),
    (b"7z\xbc\xaf", "7z", _PACKED),
    (b"\x1f\x8b", "gz", _PACKED),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLE_STREAMS = (
    ("WordDocument", "tệp Word đời cũ (.doc); hãy mở bằng Word rồi lưu lại thành .docx"),
    ("Workbook", "tệp Excel đời cũ (.xls); hãy mở bằng Excel rồi lưu lại thành .xlsx"),
    ("PowerPoint Document", "tệp trình chiếu đời cũ (.ppt); hãy lưu lại thành .pdf"),
)


def what_else(raw: bytes, ending: str) -> str | None:
    """What is wrong with a file that should be pdf, docx, xlsx, html, csv or txt; None if it may be that."""
    if not raw.strip(b"\0\r\n\t "):
        return EMPTY
    kind, told = _kind(raw)
    if kind in (None, ending) or (kind == "html" and ending == "txt"):
        return None
    return told if told == LOCKED else f"thật ra là {told}"


def _kind(raw: bytes) -> tuple[str | None, str]:
    """The ending that a file should have, None if its bytes do not say, and what it is."""
    if raw.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in raw:
            return "", LOCKED
        streams = (told for name, told in _OLE_STREAMS if name.encode("utf-16-le") in raw)
        return "", next(streams, "tệp Office đời cũ; hãy mở rồi lưu lại thành .docx hoặc .xlsx")
    if raw.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        for mark, ending, name in _ARCHIVES:
            if mark in raw:
                return ending, f"{name}; hãy đổi đuôi tên tệp cho đúng"
        return "zip", "tệp nén ZIP; hãy giải nén rồi đưa các tệp bên trong vào"
    if b"%PDF-" in raw[:1024]:
        return "pdf", "tệp PDF; hãy đổi đuôi tên tệp thành .pdf"
    for signature, ending, told in _SIGNATURES:
        if raw.startswith(signature):
            return ending, told
    head = raw[:4096].lower()
    if b"<html" in head or b"<!doctype html" in head:
        return "html", "trang HTML; hãy đổi đuôi tên tệp thành .html"
    return None, ""
