"""The page in a real Chromium, as wide as a small phone."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

from tests.bot.support import phrase, phrases
from tests.e2e.support import ANSWER_LIMIT_S, Stack

pytestmark = pytest.mark.slow

FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-background-networking --disable-component-update "
    "--disable-sync --no-first-run"
).split()


class Page:
    """The chat page as a person uses it."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver

    def all(self, selector: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def wait(self, check: Callable[[], Any]) -> Any:
        return WebDriverWait(self.driver, ANSWER_LIMIT_S, 0.1).until(lambda _: check())

    def bot(self) -> list[WebElement]:
        return self.all(".message.bot")

    def next_answer(self, act: Callable[[], object]) -> WebElement:
        """Do something, and wait for the message of the bot that follows."""
        before = len(self.bot())
        act()
        self.wait(lambda: len(self.bot()) > before)
        self.wait(lambda: not self.all(".typing"))
        return self.bot()[-1]

    def ask(self, question: str) -> WebElement:
        return self.next_answer(lambda: self.one("#chat-input").send_keys(question, Keys.ENTER))

    def js(self, code: str, *arguments: object) -> Any:
        return self.driver.execute_script(code, *arguments)

    def width(self, pixels: int) -> None:
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": pixels, "height": 740, "deviceScaleFactor": 2, "mobile": True},
        )

    def problems(self) -> list[str]:
        """What the browser complained about since the last call."""
        return [f"{entry['source']}: {entry['message']}" for entry in self.driver.get_log("browser")]  # type: ignore[no-untyped-call]

    def assert_fits(self) -> None:
        for selector in ("html", "body", "#chat-scroll"):
            scroll, client = self.js(
                "const e = document.querySelector(arguments[0]); return [e.scrollWidth, e.clientWidth]", selector
            )
            assert scroll <= client, f"{selector} is {scroll - client} px too wide"


@pytest.fixture
def page(stack: Stack, tmp_path: Path) -> Iterator[Page]:
    """A fresh browser at the page of the running bot, greeted."""
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or driver is None:
        pytest.skip("Chromium is not here (apt-get install chromium chromium-driver)")
    options = Options()
    options.binary_location = chromium
    for flag in (*FLAGS, f"--user-data-dir={tmp_path / 'profile'}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = webdriver.Chrome(options, Service(driver))
    try:
        page = Page(browser)
        page.width(360)
        browser.get(stack.url)
        page.wait(page.bot)
        yield page
    finally:
        browser.quit()


def text_of(message: WebElement) -> str:
    return message.find_element(By.CSS_SELECTOR, ".text").text


def flat(text: str) -> str:
    """Text with every run of blanks made one, as a page shows it."""
    return " ".join(text.split())


def test_it_greets_as_an_automatic_assistant_with_suggestions(page: Page) -> None:
    (greeting,) = page.bot()
    assert greeting.get_attribute("data-status") == "smalltalk"
    assert text_of(greeting) == phrase("utter_greet")
    assert "(AI)" in page.one("header").text
    titles = [button.text for button in page.all(".quick-replies button")]
    assert titles == [button["title"] for button in phrases()["utter_greet"].buttons]
    assert page.one("#chat-log").get_attribute("role") == "log"
    assert not page.one("#chat-send").is_enabled()
    page.assert_fits()
    assert page.problems() == []


def test_a_suggestion_brings_an_answer_whose_source_opens_to_its_quote(page: Page, stack: Stack) -> None:
    suggestion = page.all(".quick-replies button")[0]
    title = suggestion.text
    answer = page.next_answer(suggestion.click)
    assert text_of(page.all(".message.user")[-1]) == title
    assert answer.get_attribute("data-status") == "answered"
    assert not any(button.is_enabled() for button in page.all(".quick-replies")[0].find_elements(By.TAG_NAME, "button"))
    cite = answer.find_elements(By.CSS_SELECTOR, ".cite")[0]
    assert cite.text == "[1]"
    source = answer.find_element(By.CSS_SELECTOR, ".sources details")
    assert source.get_attribute("open") is None
    assert not source.find_element(By.TAG_NAME, "blockquote").is_displayed()
    cite.click()
    quote = source.find_element(By.TAG_NAME, "blockquote")
    page.wait(quote.is_displayed)
    assert len(quote.text) > 20
    assert f"{flat(quote.text)} [1]" in flat(text_of(answer).replace("(mở thẻ mới)", ""))
    assert any(flat(quote.text) in flat(passage["text"]) for passage in stack.records("passages"))
    assert "[1]" in source.find_element(By.TAG_NAME, "summary").text
    source.find_element(By.TAG_NAME, "summary").click()
    page.wait(lambda: not quote.is_displayed())
    page.assert_fits()
    assert page.problems() == []


def test_a_question_without_diacritics_is_sent_with_enter(page: Page) -> None:
    answer = page.ask("quang ninh co bao nhieu to cong nghe so")
    assert text_of(page.all(".message.user")[-1]) == "quang ninh co bao nhieu to cong nghe so"
    assert answer.get_attribute("data-status") == "answered"
    assert "1.473" in text_of(answer)
    assert page.one("#chat-input").get_attribute("value") == ""
    page.assert_fits()
    assert page.problems() == []


def test_shift_enter_makes_a_line_and_the_button_sends(page: Page) -> None:
    box = page.one("#chat-input")
    box.send_keys("xin chào", Keys.SHIFT, Keys.ENTER, Keys.NULL, "trợ lý")
    assert box.get_attribute("value") == "xin chào\ntrợ lý"
    assert page.all(".message.user") == []
    answer = page.next_answer(page.one("#chat-send").click)
    assert answer.get_attribute("data-status") == "smalltalk"
    assert text_of(page.all(".message.user")[-1]) == "xin chào\ntrợ lý"


def test_a_quick_reply_under_an_answer_is_the_next_message(page: Page) -> None:
    answer = page.ask("Cà Mau có bao nhiêu kỹ sư trí tuệ nhân tạo ở xã biển?")
    assert answer.get_attribute("data-status") in ("no_answer", "off_topic")
    answer = page.ask("thời tiết ngày mai ở Hạ Long thế nào")
    assert answer.get_attribute("data-status") == "off_topic"
    reply = page.all(".quick-replies")[-1].find_elements(By.TAG_NAME, "button")[-1]
    title = reply.text
    answer = page.next_answer(reply.click)
    assert text_of(page.all(".message.user")[-1]) == title
    assert answer.get_attribute("data-status") == "answered"
    assert page.problems() == []


def test_a_follow_up_belongs_to_the_same_conversation_even_after_a_reload(page: Page) -> None:
    page.ask("Quảng Ninh có bao nhiêu tổ công nghệ số?")
    page.driver.refresh()
    page.wait(page.bot)
    answer = page.ask("còn Nam Định thì sao")
    assert answer.get_attribute("data-status") == "answered"
    assert "Nam Định" in text_of(answer)


def test_an_error_is_a_plain_sentence_that_loses_no_text(page: Page) -> None:
    too_long = "Tôi muốn hỏi về tổ công nghệ số. " * 70
    page.js("const i = document.querySelector('#chat-input'); i.value = arguments[0]; i.focus()", too_long)
    page.js("document.querySelector('#chat-input').dispatchEvent(new Event('input', {bubbles: true}))")
    page.one("#chat-send").click()
    error = page.wait(lambda: page.all(".message.error"))[0]
    assert error.get_attribute("role") == "alert"
    assert text_of(error) == phrase("utter_error_too_long")
    assert error.find_element(By.CSS_SELECTOR, ".retry").is_enabled()
    assert page.one("#chat-input").get_attribute("value") == too_long.strip()
    page.assert_fits()
    (problem,) = page.problems()
    assert "413" in problem

    page.one("#chat-input").clear()
    answer = page.ask("xin chào")
    assert answer.get_attribute("data-status") == "smalltalk"
    assert page.one("#chat-input").get_attribute("value") == ""


def test_without_a_network_it_says_so_and_sends_again(page: Page) -> None:
    page.driver.execute_cdp_cmd("Network.enable", {})
    offline = {"offline": True, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    page.driver.execute_cdp_cmd("Network.emulateNetworkConditions", offline)
    page.one("#chat-input").send_keys("xin chào", Keys.ENTER)
    error = page.wait(lambda: page.all(".message.error"))[0]
    assert "Không kết nối được" in text_of(error)
    page.driver.execute_cdp_cmd("Network.emulateNetworkConditions", offline | {"offline": False})
    answer = page.next_answer(error.find_element(By.CSS_SELECTOR, ".retry").click)
    assert answer.get_attribute("data-status") == "smalltalk"
    assert page.all(".message.error") == []
    assert [text_of(message) for message in page.all(".message.user")] == ["xin chào"]


def test_what_people_type_is_shown_as_text_and_never_as_a_page(page: Page) -> None:
    typed = "<img src=x onerror=\"document.title='hacked'\"> <b>tổ công nghệ số</b> là gì"
    page.ask(typed)
    assert text_of(page.all(".message.user")[-1]) == typed
    assert page.all("#chat-log img, #chat-log b") == []
    assert page.driver.title == "Trợ lý Chuyển đổi số"
    assert page.problems() == []


@pytest.mark.parametrize("pixels", [320, 360])
def test_nothing_is_wider_than_the_screen(page: Page, pixels: int) -> None:
    page.width(pixels)
    answer = page.ask("Làm sao nộp hồ sơ trên Cổng Dịch vụ công quốc gia?")
    answer.find_element(By.CSS_SELECTOR, ".cite").click()
    page.wait(answer.find_element(By.TAG_NAME, "blockquote").is_displayed)
    page.ask("a" * 300)
    page.assert_fits()
    for element in page.all("button, summary, textarea"):
        if element.is_displayed():
            assert element.rect["x"] >= 0
            assert element.rect["x"] + element.rect["width"] <= pixels, element.text


def test_the_browser_would_tell_of_a_forbidden_script(page: Page) -> None:
    """So that the tests above cannot pass because nothing is ever reported."""
    page.js("const s = document.createElement('script'); s.textContent = 'window.bad = 1'; document.body.append(s)")
    page.js("setTimeout(() => { throw new Error('bad widget') })")
    problems = page.wait(lambda: [p for p in page.problems() if "bad widget" in p or "Content Security Policy" in p])
    assert problems
    assert page.js("return window.bad") is None
