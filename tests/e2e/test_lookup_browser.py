"""The look-up pages in a real Chromium: on a phone, with and without scripts, on paper."""

from __future__ import annotations

import base64
import io
import unicodedata
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pypdfium2
import pytest
import zxingcpp
from pypdf import PdfReader
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

from bot.lookup_pages.segments import count
from bot.lookup_pages.shown import page_address, web_address
from retrieval.answer import Answerer
from retrieval.embedder import SentenceTransformerEmbedder
from retrieval.index import load
from tests.bot.lookup_support import answerer_over, document, lookup_app, served
from tests.bot.test_lookup import MARKUP
from tests.e2e.web_support import Page

pytestmark = pytest.mark.slow

TODAY = date(2026, 11, 22)
QUESTION = "le phi cap doi the can cuoc"
LONGEST = 30
# Another typeface that a machine may have in place of Arial.
OTHER_TYPEFACE = "DejaVu Sans Condensed"


@pytest.fixture(scope="module")
def answerer(own_index: Path, embedder_folder: Path) -> Answerer:
    embedder = SentenceTransformerEmbedder(str(embedder_folder))
    return Answerer(load(own_index, embedder), embedder, lambda: TODAY)


@pytest.fixture(scope="module")
def site(answerer: Answerer) -> Iterator[str]:
    with served(lookup_app(answerer)) as address:
        yield address


class Look(Page):
    """A look-up page as a person uses it."""

    def __init__(self, driver: webdriver.Chrome, site: str) -> None:
        super().__init__(driver)
        self.site = site

    def go(self, address: str) -> None:
        self.driver.get(self.site + address)

    def some(self, selector: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def first(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def scripts(self, *, run: bool) -> None:
        self.cdp("Emulation.setScriptExecutionDisabled", value=not run)

    def clipboard(self, setting: str) -> None:
        for name in ("clipboard-read", "clipboard-write"):
            self.cdp("Browser.setPermission", permission={"name": name}, setting=setting, origin=self.site)

    def print(self) -> bytes:
        """The page as a PDF of the size that its style sheet wants."""
        return base64.b64decode(self.cdp("Page.printToPDF", preferCSSPageSize=True, printBackground=True)["data"])


@pytest.fixture
def page(driver: webdriver.Chrome, site: str) -> Iterator[Look]:
    page = Look(driver, site)
    page.size(360)
    page.media()
    page.scripts(run=True)
    page.problems()
    yield page
    page.scripts(run=True)


def _pages(answerer: Answerer) -> dict[str, str]:
    hit = answerer.find(QUESTION, 1)[0].passage.id
    return {
        "first visit": "/tra-cuu",
        "problem": "/tra-cuu?q=%3F%3F%3F",
        "results": f"/tra-cuu?q={quote(QUESTION)}&in_force=1",
        "nothing": "/tra-cuu?q=abc&province=Atlantis",
        "place": f"{page_address('/tra-cuu/doan/', hit)}?q={quote(QUESTION)}&run=0-60",
        "sheet": "/phieu/thu-tuc-cap-doi-the-can-cuoc",
        "passage": page_address("/phieu/doan/", hit),
        "message": "/phieu/thu-tuc-cap-doi-the-can-cuoc/sms",
        "lost": "/phieu/khong-co",
    }


# --- for everyone --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page(page: Look, answerer: Answerer, scheme: str) -> None:
    page.media(prefers_color_scheme=scheme)
    for name, address in _pages(answerer).items():
        page.go(address)
        assert page.axe() == [], name


def test_axe_would_tell(page: Look) -> None:
    page.go("/tra-cuu")
    page.js("document.querySelector('label[for=q]').remove()")
    assert [violation["id"] for violation in page.axe()] == ["label"]


@pytest.mark.parametrize("width", [320, 360, 1280])
def test_nothing_is_wider_than_the_screen(page: Look, answerer: Answerer, width: int) -> None:
    page.size(width, mobile=width < 1000)
    for name, address in _pages(answerer).items():
        page.go(address)
        wide, room = page.js("const e = document.documentElement; return [e.scrollWidth, e.clientWidth]")
        assert wide <= room, name


def test_controls_are_large_enough_for_a_thumb(page: Look, answerer: Answerer) -> None:
    for name, address in _pages(answerer).items():
        page.go(address)
        controls = "button, select, input:not([type=checkbox]), .actions a, nav a, summary"
        small = page.js(
            "return [...document.querySelectorAll(arguments[0])].filter((e) => e.checkVisibility())"
            ".map((e) => [e.outerHTML.slice(0, 80), e.getBoundingClientRect().height])"
            ".filter(([, height]) => height < 43.9)",
            controls,
        )
        assert small == [], name


def test_no_page_is_complained_about(page: Look, answerer: Answerer) -> None:
    for name, address in _pages(answerer).items():
        page.go(address)
        told = [problem for problem in page.problems() if "favicon" not in problem and f"{address} " not in problem]
        assert [problem for problem in told if "status of 4" not in problem] == [], name


def test_the_keyboard_alone_searches_and_skips_to_the_text(page: Look) -> None:
    page.go("/tra-cuu")
    page.tab()
    assert page.js("return document.activeElement.className") == "skip"
    page.keys(Keys.ENTER)
    page.tab()
    assert page.js("return document.activeElement.id") == "q"
    page.keys(QUESTION, Keys.ENTER)
    page.wait(lambda: page.some(".found"), "results")
    assert page.js("return document.activeElement.tagName") == "BODY"
    assert QUESTION in page.first("#results").text


# --- searching -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("run", [True, False], ids=["scripts", "no scripts"])
def test_the_form_the_place_and_the_sheet_work_with_and_without_scripts(page: Look, run: bool) -> None:
    page.scripts(run=run)
    page.go("/tra-cuu")
    page.first("#q").send_keys(QUESTION, Keys.ENTER)
    page.wait(lambda: page.some(".found"), "results")
    best = page.some(".found article")[0]
    assert "25.000 đồng" in best.find_element(By.TAG_NAME, "strong").text
    assert page.first("#q").get_attribute("value") == QUESTION
    best.find_element(By.PARTIAL_LINK_TEXT, "Xem trong tài liệu").click()
    page.wait(lambda: page.some("#doan"), "the passage in its place")
    assert "25.000 đồng" in page.first("#doan").text
    assert page.driver.current_url.endswith("#doan")
    page.first("a[href^='/phieu/thu-tuc']").click()
    page.wait(lambda: page.some(".sheet"), "the sheet")
    assert "Cấp đổi thẻ căn cước" in page.first(".sheet h1").text
    assert page.first("[data-print]").is_displayed() is run


@pytest.mark.parametrize("run", [True, False], ids=["scripts", "no scripts"])
def test_the_filters_are_folded_and_open_at_a_tap(page: Look, run: bool) -> None:
    page.scripts(run=run)
    page.go("/tra-cuu")
    assert not page.first("#kind").is_displayed()
    page.first(".narrow summary").click()
    assert page.axe() == [] if run else page.first("#kind").is_displayed()
    page.first("#kind option[value=thu_tuc]").click()
    page.first("#q").send_keys(QUESTION, Keys.ENTER)
    page.wait(lambda: page.some(".found"), "results")
    assert page.first("#kind").is_displayed()
    assert page.first("#kind").get_attribute("value") == "thu_tuc"


def test_the_marked_run_is_seen_without_colours(page: Look) -> None:
    page.go(f"/tra-cuu?q={quote(QUESTION)}")
    weight = "return getComputedStyle(document.querySelector(arguments[0])).fontWeight"
    assert int(page.js(weight, ".found strong")) >= 600
    assert int(page.js(weight, ".found .text")) == 400
    line = "return getComputedStyle(document.querySelector('.found mark')).textDecorationLine"
    assert page.js(line) == "underline"


# --- copying -------------------------------------------------------------------------------------------------------


def test_a_passage_is_copied_with_its_source(page: Look) -> None:
    page.clipboard("granted")
    page.go(f"/tra-cuu?q={quote(QUESTION)}")
    wanted = page.first(".found textarea").get_attribute("value")
    assert not page.first(".found textarea").is_displayed()
    page.first(".found [data-copy]").find_element(By.XPATH, "preceding-sibling::button").click()
    page.wait(lambda: "Đã chép" in page.first(".found [role=status]").text, "the copy")
    copied = page.driver.execute_async_script("navigator.clipboard.readText().then(arguments[0])")
    assert copied == wanted
    assert "Nguồn: Cấp đổi thẻ căn cước; Thủ tục hành chính; số 1.014063" in copied


def test_where_the_browser_does_not_let_us_copy_the_text_stands_selected(page: Look) -> None:
    page.clipboard("denied")
    page.go(f"/tra-cuu?q={quote(QUESTION)}")
    page.first(".found [data-copy]").find_element(By.XPATH, "preceding-sibling::button").click()
    page.wait(lambda: "bấm Chép" in page.first(".found [role=status]").text, "what to do")
    field = page.first(".found textarea")
    assert field.is_displayed()
    chosen = "const e = document.activeElement; return e.value.slice(e.selectionStart, e.selectionEnd)"
    assert page.js(chosen) == field.get_attribute("value")


def test_without_scripts_there_is_a_field_to_copy_from(page: Look) -> None:
    page.scripts(run=False)
    page.go(f"/tra-cuu?q={quote(QUESTION)}")
    page.first(".found summary").click()
    field = page.first(".found textarea")
    assert field.is_displayed()
    assert field.get_attribute("readonly")
    assert field.accessible_name == "Chọn hết chữ trong ô rồi chép:"


# --- text messages -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["", "Xin chao", "Xin chào bà con", "a" * 161, "a" * 152 + "€" + "a" * 152, "🙏" * 67, "ế" * 202, "`", "{}" * 90],
)
def test_the_page_counts_segments_as_the_server_does(page: Look, text: str) -> None:
    page.go("/phieu/thu-tuc-cap-doi-the-can-cuoc/sms")
    page.js(
        "const field = document.querySelector('textarea'); field.value = arguments[0];"
        "field.dispatchEvent(new Event('input'))",
        text,
    )
    counted = count(text)
    over = " (nên rút còn 3 tin)" if counted.segments > 3 else ""
    assert page.first(".count").text == f"{counted.segments} tin nhắn, {counted.units} ký tự{over}"


def test_a_message_is_copied_as_it_was_changed(page: Look) -> None:
    page.clipboard("granted")
    page.go("/phieu/thu-tuc-cap-doi-the-can-cuoc/sms")
    field = page.first("textarea")
    field.send_keys(" Hẹn thứ hai.")
    page.first("[data-copy-sms]").click()
    page.wait(lambda: "Đã chép" in page.first("[data-sms] [role=status]").text, "the copy")
    copied = page.driver.execute_async_script("navigator.clipboard.readText().then(arguments[0])")
    assert copied == field.get_attribute("value")
    assert copied.endswith("Hẹn thứ hai.")


# --- paper ---------------------------------------------------------------------------------------------------------


def _one_page(pdf: bytes) -> str:
    """The text, without its blanks, of a PDF that must be one page of A4."""
    (only,) = PdfReader(io.BytesIO(pdf)).pages
    assert (round(only.mediabox.width), round(only.mediabox.height)) == (595, 842)
    return _dense(only.extract_text())


def _dense(text: str) -> str:
    """A text as it can be compared with that of a PDF, which has blanks between the letters of its fonts."""
    return unicodedata.normalize("NFC", "".join(text.split()))


def _pixels(pdf: bytes) -> np.ndarray[Any, np.dtype[np.uint8]]:
    with pypdfium2.PdfDocument(pdf) as opened:
        return np.ascontiguousarray(opened[0].render(scale=2, rev_byteorder=True).to_numpy()[:, :, :3])


def test_every_document_is_one_printed_page_with_its_source_and_code(page: Look, answerer: Answerer) -> None:
    for identity, known in answerer.index.documents.items():
        page.go(page_address("/phieu/", identity))
        pdf = page.print()
        text = _one_page(pdf)
        for said in ("Nguồn:", "In ngày 22/11/2026", "Người hướng dẫn:", "Hẹn lần sau:"):
            assert _dense(said) in text, identity
        wanted = [address] if (address := web_address(known.url)) else []
        assert [code.text for code in zxingcpp.read_barcodes(_pixels(pdf))] == wanted, identity


def test_the_longest_passages_are_one_printed_page_and_whole(page: Look, answerer: Answerer) -> None:
    longest = sorted(answerer.index.passages, key=lambda passage: -len(passage.text))[:LONGEST]
    for passage in longest:
        page.go(page_address("/phieu/doan/", passage.id))
        text = _one_page(page.print())
        assert _dense("chưa in hết") not in text
        assert _dense(passage.text.split("\n")[-1])[-30:] in text, passage.id


def test_another_typeface_of_the_style_sheet_is_one_page_too(page: Look, answerer: Answerer) -> None:
    for identity in list(answerer.index.documents)[::9]:
        page.go(page_address("/phieu/", identity))
        page.js("document.querySelector('.sheet').style.fontFamily = arguments[0]", OTHER_TYPEFACE)
        _one_page(page.print())


def test_paper_is_black_and_white(page: Look, answerer: Answerer) -> None:
    for name in ("sheet", "results", "place"):
        page.go(_pages(answerer)[name])
        pixels = _pixels(page.print()).astype(int)
        assert pixels.min() < 60, name
        assert np.abs(pixels - pixels[:, :, :1]).max() <= 8, name


def test_what_a_stranger_wrote_is_one_page_too(driver: webdriver.Chrome, tmp_path: Path) -> None:
    bodies = {
        "chu-hoa": "ĐĂNG KÝ HỘ KINH DOANH THEO MẪU CỦA BỘ TÀI CHÍNH. " * 300,
        "mot-tu": "x" * 9000,
        "mot-cau": "một câu dài không có dấu chấm nào cả " * 300,
        "nhieu-dong": "\n".join(f"Dòng {n}" for n in range(900)),
        "danh-sach": "\n".join(f"- Giấy tờ thứ {n}, bản chính, có dấu đỏ của Ủy ban nhân dân xã." for n in range(300)),
        "chu-la": "漢字仮名" * 800,
        "bieu-tuong": "🙏🏽👨‍👩‍👧 " * 900,
        "ma": MARKUP * 60,
        "ngan": "Một câu.",
    }
    documents = [
        document(name, {f"Mục {name} " * 8: body, "Mục sau": body}, title=f"Tên rất dài {name} " * 40, **known)
        for name, body in bodies.items()
        for known in ({"url": f"https://example.vn/{'a' * 400}", "number": "1" * 300, "issuer": "Bộ " * 300},)
    ]
    with served(lookup_app(answerer_over(documents, tmp_path))) as site:
        page = Look(driver, site)
        for name in bodies:
            page.go(f"/phieu/{name}")
            text = _one_page(page.print())
            assert _dense("Hẹn lần sau:") in text
            assert (_dense("chưa in hết") in text) is (name != "ngan")


def test_a_sheet_is_printed_by_its_button(page: Look) -> None:
    page.go("/phieu/thu-tuc-cap-doi-the-can-cuoc")
    page.js("window.printed = 0; window.print = () => { window.printed += 1; }")
    press: Callable[[], None] = page.first("[data-print]").click
    press()
    assert page.js("return window.printed") == 1
