from __future__ import annotations

from collections.abc import Callable
from html import escape
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.errors import SourceError
from retrieval.sources.extract import Extract
from retrieval.sources.html import read_html
from tests.retrieval.sources import awkward

ARTICLE = (
    "Ủy ban nhân dân xã mở lớp kỹ năng số cho người cao tuổi vào tối thứ ba hằng tuần tại nhà văn hóa thôn Đông.",
    "Người học được chỉ cách đăng nhập cổng dịch vụ công, nộp hồ sơ và nhận biết cuộc gọi lừa đảo qua điện thoại.",
    "Lớp học do tổ công nghệ số cộng đồng đứng ra tổ chức, mỗi buổi có ba hướng dẫn viên ngồi cạnh từng nhóm nhỏ.",
    "Ai chưa có điện thoại thông minh được mượn máy của nhà văn hóa trong suốt buổi học và không phải trả tiền.",
)
MENU = "".join(
    f'<li><a href="/{n}">{name}</a></li>' for n, name in enumerate(("Trang chủ", "Tin tức", "Văn bản", "Hỏi đáp"))
)
RELATED = "".join(f'<li><a href="/t{n}">Bản tin cũ số {n} của đài xã</a></li>' for n in range(5))


def _paragraphs(lines: tuple[str, ...] | list[str]) -> str:
    return "".join(f"<p>{escape(line)}</p>" for line in lines)


def _read(page: str) -> Extract:
    return read_html(Path("a.html"), page.encode())


def _page(body: str, head: str = "") -> str:
    start = "<!doctype html><html><head><meta charset=utf-8><title>Tin của xã</title>"
    return f"{start}{head}</head><body>{body}</body></html>"


def _lines(page: str) -> list[str]:
    return [line for line in _read(page).text.split("\n") if line]


def _problem(raw: bytes) -> str:
    with pytest.raises(SourceError) as caught:
        read_html(Path("a.html"), raw)
    return caught.value.problem


# --- what is the article ---------------------------------------------------------------------------------------------

BOILERPLATE = [
    f"<nav><ul>{MENU}</ul></nav>",
    f"<div id='header'><ul class='menu'>{MENU}</ul></div>",
    f"<table><tr><td><ul>{MENU}</ul></td></tr></table>",
    "<div class='share-box'><span>Chia sẻ Facebook</span><span>Gửi Zalo</span></div>",
    f"<div class='tin-lien-quan'><h3>Tin liên quan</h3><ul>{RELATED}</ul></div>",
    f"<h4>Các tin khác</h4><ul>{RELATED}</ul>",
    "<figure><img src=a.jpg><figcaption>Quang cảnh lớp học. Ảnh: Văn Thử</figcaption></figure>",
    "<table><tr><td><img src=a.jpg></td></tr><tr><td><em>Bà con dự lớp học. Ảnh: Văn Thử</em></td></tr></table>",
    "<div class='photo-caption'>Bà con dự lớp học. Ảnh: Văn Thử</div>",
    "<footer><p>Bản quyền của cổng thông tin thử nghiệm. Giấy phép số 1.</p></footer>",
    "<div id='footer'><p>Chịu trách nhiệm chính: Ông Trần Văn Thử.</p></div>",
    "<aside>Quảng cáo máy tính giá rẻ cho mọi nhà.</aside>",
    "<form><p>Nhập bình luận của bạn vào đây</p><textarea>chữ</textarea></form>",
    "<script>theoDoi('Bài đọc nhiều')</script><style>p { color: red }</style>",
]


@pytest.mark.parametrize("boilerplate", BOILERPLATE)
@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
def test_what_is_no_part_of_the_article_is_left_out(boilerplate: str, before: bool) -> None:
    article = f"<div class='noi-dung'>{_paragraphs(ARTICLE)}</div>"
    page = boilerplate + article if before else article + boilerplate
    assert _lines(_page(page)) == list(ARTICLE)


@pytest.mark.parametrize("boilerplate", BOILERPLATE)
def test_nor_in_the_middle_of_it(boilerplate: str) -> None:
    page = f"<div class='noi-dung'>{_paragraphs(ARTICLE[:2])}{boilerplate}{_paragraphs(ARTICLE[2:])}</div>"
    assert _lines(_page(page)) == list(ARTICLE)


WORDS = "người dân nộp hồ sơ tại bộ phận một cửa của xã theo quy định".split()
SENTENCES = st.lists(st.sampled_from(WORDS), min_size=1, max_size=30).map(
    lambda words: " ".join(words).capitalize() + "."
)


@given(
    st.lists(SENTENCES, min_size=1, max_size=25),
    st.sampled_from(["<p>{}</p>", "<div>{}</div>", "{}<br>", "<p><b>{}</b></p>"]),
)
@settings(max_examples=40, deadline=None)
def test_a_law_is_whole(sentences: list[str], wrap: str) -> None:
    law = [f"{n}. {sentence}" for n, sentence in enumerate(sentences, 1)]
    body = "\n".join(wrap.format(line) for line in law)
    page = _page(f"<ul>{MENU}</ul><h1>Quy chế của xã</h1><div>{body}</div><div class=footer>Bản quyền.</div>")
    assert _lines(page)[-len(law) :] == law


def test_short_notices_and_tables_alone_are_articles() -> None:
    notice = "<h1>Thông báo nghỉ lễ</h1><p>Bộ phận một cửa nghỉ ngày 30/4.</p>"
    assert _lines(_page(f"<ul>{MENU}</ul>{notice}")) == ["# Thông báo nghỉ lễ", "Bộ phận một cửa nghỉ ngày 30/4."]


def test_a_heading_right_above_the_article_is_kept() -> None:
    page = _page(f"<ul>{MENU}</ul><h2>Mở lớp học số</h2><div class=detail>{_paragraphs(ARTICLE)}</div>")
    assert _lines(page) == ["## Mở lớp học số", *ARTICLE]


def test_words_keep_no_marks_of_markdown() -> None:
    lines = ["1. Nộp *ba* bản", "a_b_c | d", "2) [giấy tờ]"]
    assert _lines(_page(_paragraphs([*ARTICLE, *lines]))) == [*ARTICLE, *lines]


def test_the_page_that_lays_out_with_tables() -> None:
    left, middle = f"<td width=20%><ul>{RELATED}</ul></td>", f"<table><tr><td>{_paragraphs(ARTICLE)}</td></tr></table>"
    assert _lines(_page(f"<table><tr>{left}<td>{middle}</td></tr></table>")) == list(ARTICLE)


# --- tables and lists ------------------------------------------------------------------------------------------------


def _rows(*rows: str) -> str:
    return f"<table border=1>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"


@pytest.mark.parametrize(
    ("table", "lines"),
    [
        (
            _rows("<th>Giấy tờ<th>Bản", "<td>Tờ <b>khai</b> | mẫu 1<td>1", "<td><p>Ảnh</p><p>3x4</p><td>2"),
            ["Giấy tờ: Tờ khai | mẫu 1; Bản: 1", "Giấy tờ: Ảnh; 3x4; Bản: 2"],
        ),
        (
            _rows(
                "<td>STT<td>Tên<td>Phí", "<td rowspan=2>1<td>Khai sinh<td>0", "<td>Khai tử<td>0", "<td colspan=3>Hết"
            ),
            ["STT: 1; Tên: Khai sinh; Phí: 0", "STT: 1; Tên: Khai tử; Phí: 0", "Hết"],
        ),
        (_rows("<td>Giờ mở cửa:<td>7 giờ", "<td>Địa chỉ:<td>Thôn Đông"), ["Giờ mở cửa: 7 giờ", "Địa chỉ: Thôn Đông"]),
        (
            _rows("<td>UBND XÃ<br>Số: 1/TB<td>CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"),
            ["UBND XÃ", "Số: 1/TB", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"],
        ),
        (_rows("<td>Câu hỏi<td>Trả lời", "<td>Nộp ở đâu?<td>Ở xã."), ["## Nộp ở đâu?", "Ở xã."]),
        (_rows("<td rowspan=999999 colspan=99999>a<td>b"), ["a | b"]),
        ("<table></table>", []),
    ],
)
def test_tables_come_out_as_lines(table: str, lines: list[str]) -> None:
    assert _lines(_page(_paragraphs(ARTICLE) + table + _paragraphs(["Hết bài."]))) == [*ARTICLE, *lines, "Hết bài."]


@pytest.mark.parametrize(
    ("items", "lines"),
    [
        ("<ul><li>Một</li><li>Hai</li></ul>", ["- Một", "- Hai"]),
        ("<ol><li>Một</li><li>Hai</li></ol>", ["1. Một", "2. Hai"]),
        ("<ol start=4 type=a><li>Một</li><li>Hai</li></ol>", ["d) Một", "e) Hai"]),
        ("<ol type=I><li>Một</li><li><b>Hai</b></li></ol>", ["I. Một", "II. Hai"]),
        ("<ol start=x><li>Một</li></ol>", ["1. Một"]),
        ("<p>Một<br>Hai<br/>Ba</p>", ["Một", "Hai", "Ba"]),
        ("<h3>Một</h3>Hai<h3>Ba</h3>", ["### Một", "Hai", "### Ba"]),
        ("<p>Một &amp; hai&nbsp;ba &lt;bốn&gt;</p>", ["Một & hai ba <bốn>"]),
    ],
)
def test_lists_breaks_and_headings(items: str, lines: list[str]) -> None:
    assert _lines(_page(_paragraphs(ARTICLE) + items + _paragraphs(["Hết bài."]))) == [*ARTICLE, *lines, "Hết bài."]


# --- what the page declares ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "declared"),
    [
        ('<link rel="canonical" href="https://vd.vn/mo-lop">', {"url": "https://vd.vn/mo-lop"}),
        ('<meta property="og:url" content="https://vd.vn/mo-lop">', {"url": "https://vd.vn/mo-lop"}),
        ('<link rel="canonical" href="javascript:mo()">', {}),
        ('<meta property="article:published_time" content="2026-03-05T08:00:00+07:00">', {"issued": "2026-03-05"}),
        ('<meta itemprop="datePublished" content="05/03/2026 08:00">', {"issued": "2026-03-05"}),
        ('<meta name="pubdate" content="2026-03-05">', {"issued": "2026-03-05"}),
        ('<script type="application/ld+json">{"datePublished": "2026-03-05T08:00"}</script>', {"issued": "2026-03-05"}),
        ('<meta property="article:published_time" content="hôm qua">', {}),
        ('<meta property="article:modified_time" content="2026-03-05">', {}),
        ("", {}),
    ],
)
def test_address_and_day_are_told_if_the_page_declares_them(head: str, declared: dict[str, str]) -> None:
    article = _paragraphs([*ARTICLE, "Lớp khai giảng ngày 01/02/2025, cập nhật ngày 03/04/2025."])
    assert dict(_read(_page(article, head)).declared) == declared


def test_the_title_is_that_of_the_article() -> None:
    assert _read(_page(f"<h1>Mở lớp kỹ năng số</h1>{_paragraphs(ARTICLE)}")).title == "Mở lớp kỹ năng số"
    assert _read(_page(_paragraphs(ARTICLE))).title == "Tin của xã"


# --- charsets --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("charset", "meta"),
    [
        ("utf-8", ""),
        ("utf-8", "<meta charset=utf-8>"),
        ("utf-8", "<meta http-equiv=Content-Type content='text/html; charset=iso-8859-1'>"),
        ("utf-8-sig", "<meta charset=windows-1252>"),
        ("utf-16", ""),
        ("shift_jis", "<meta charset='Shift_JIS'>"),
        ("utf-8", "<meta charset=khong-co>"),
        ("utf-8", "<meta charset=shift_jis>"),
    ],
)
def test_the_charset_is_the_one_that_fits(charset: str, meta: str) -> None:
    lines = list(ARTICLE) if charset.startswith("utf") else [f"Thong bao so {n} cua xa 日本." for n in range(3)]
    page = f"<html><head>{meta}<title>x</title></head><body>{_paragraphs(lines)}</body></html>"
    extract = read_html(Path("a.html"), page.encode(charset))
    assert [line for line in extract.text.split("\n") if line] == lines


# --- pages that cannot be read ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "page", ["<html></html>", "<p>—</p>", "<html><body><script>x()</script></body></html>", "<img src=a>"]
)
def test_a_page_without_an_article_is_refused(page: str) -> None:
    assert "HTML" in _problem(page.encode())


@pytest.mark.parametrize(
    "damage",
    [
        "\x01",
        "\x0c",
        "&#0;",
        "&#1;",
        "&#x1f;",
        "&#xFFFE;",
        "&#xD800;",
        "&#99999999999;",
        "]]>",
        "<![CDATA[",
        "<!--",
        "<?x",
    ],
)
def test_characters_that_no_page_should_have_do_no_harm(damage: str) -> None:
    page = _page(_paragraphs(ARTICLE[:3])).replace(
        "</body>", f"<p>Nộp {damage} ở đây</p><table><tr><td>a{damage}<td>b</table></body>"
    )
    assert ARTICLE[0] in _read(page).text


def test_half_a_page_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    raw = awkward.good_html(tmp_path).read_bytes()
    assert read_html(Path("a"), raw).title == awkward.TITLE
    assert awkward.PARAGRAPHS[1] in read_html(Path("a"), raw[:-60]).text


@pytest.mark.parametrize(("maker", "says"), [(awkward.deep_html, "không tìm thấy"), (awkward.crowded_html, "quá lớn")])
def test_a_hostile_page_is_refused(maker: Callable[[Path], Path], says: str, tmp_path: Path) -> None:
    assert says in _problem(maker(tmp_path).read_bytes())


@pytest.mark.parametrize(
    "piece",
    ["<table><tr><td>", "<ol><li>", "<blockquote>", "<b>", "<p", "<a href=x>y", "&amp;", " \n", '"', "<td rowspan=60>"],
)
def test_endless_pages_end(piece: str) -> None:
    page = _page(_paragraphs(ARTICLE) + piece * 4_000)
    assert ARTICLE[0] in _read(page).text


def test_wrong_endings_are_named_with_what_to_do(tmp_path: Path) -> None:
    problems = {
        path.name: _problem(path.read_bytes())
        for path in awkward.wrong_endings(tmp_path)
        if path.suffix == ".html" and path.stem != "nua"
    }
    assert "Word (.docx)" in problems["la-docx.html"]
    assert "PDF" in problems["la-pdf.html"]
    assert ".txt" in problems["la-txt.html"]
    assert problems["la-empty.html"] == "tệp rỗng"
    assert len(problems) == 14
