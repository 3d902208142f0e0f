"""The widget at the real bot: a real Chromium as wide as a small phone, the app, Rasa and the index."""

from __future__ import annotations

import pytest
from selenium import webdriver
from selenium.webdriver.common.keys import Keys

from tests.bot.support import phrase, phrases
from tests.e2e.support import Stack
from tests.e2e.web_support import Page, fresh

pytestmark = pytest.mark.slow


@pytest.fixture
def page(driver: webdriver.Chrome, stack: Stack) -> Page:
    """The full-screen chat, greeted."""
    page = fresh(driver, stack.url)
    driver.get(f"{stack.url}/chat")
    page.wait(lambda: page.shown(".reply"))
    return page


def flat(text: str) -> str:
    """Text with every run of blanks made one, and without the marks that a page shows as bullets."""
    return " ".join(text.replace("\n- ", "\n").removeprefix("- ").split())


def unfold(page: Page) -> None:
    """Open everything under the last answer that is folded."""
    for toggle in page.all(".turn.bot:last-child .fold"):
        page.js("arguments[0].getAttribute('aria-expanded') === 'false' && arguments[0].click()", toggle)


def test_it_greets_as_an_automatic_assistant_with_suggestions(page: Page) -> None:
    (greeting,) = page.bots()
    assert flat(phrase("utter_greet")) in flat(greeting.text)
    assert [reply.text for reply in page.shown(".reply")] == [
        button["title"] for button in phrases()["utter_greet"].buttons
    ]
    assert page.axe() == []
    assert page.problems() == []


def test_a_suggestion_brings_an_answer_whose_source_opens_to_its_quote(page: Page, stack: Stack) -> None:
    page.shown(".reply")[0].click()
    page.wait(lambda: len(page.bots()) == 2)
    assert phrases()["utter_greet"].buttons[0]["payload"] in page.all(".turn.user")[0].text
    assert page.bots()[-1].get_attribute("data-status") == "answered"
    page.press(".turn.bot:last-child .chip")
    quote = page.last(".turn.bot:last-child blockquote").text
    assert len(quote) > 20
    assert any(flat(quote) in flat(passage["text"]) for passage in stack.records("passages"))
    assert page.too_wide() == []
    assert page.problems() == []


@pytest.mark.parametrize(
    "question", ["quang ninh co bao nhieu to cong nghe so", "Lỡ bị lừa chuyển tiền thì phải làm gì ngay?"]
)
def test_nothing_of_an_answer_is_lost_by_folding_it(page: Page, stack: Stack, question: str) -> None:
    said = stack.ask(question, "folding")
    answer = page.ask(question)
    assert answer.get_attribute("data-status") == said["status"]
    unfold(page)
    shown = flat(answer.text)
    for citation in said["citations"]:
        for line in citation["quote"].splitlines():
            assert flat(line.lstrip("-0123456789. ")) in shown
    assert flat(said["text"].splitlines()[0]) in shown
    assert flat(said["text"].splitlines()[-1]) in shown
    numbers = "".join(chip.text for chip in page.shown(".turn.bot:last-child .chip .n"))
    assert numbers == "".join(f"[{citation['n']}]" for citation in said["citations"])


def test_a_follow_up_belongs_to_the_same_conversation_even_after_a_reload(page: Page) -> None:
    page.ask("Quảng Ninh có bao nhiêu tổ công nghệ số?")
    before = page.bots()[-1].text
    page.driver.refresh()
    page.wait(lambda: page.shown(".turn.user"))
    assert page.bots()[-1].text.splitlines()[1:] == before.splitlines()[1:], "only the clock may differ"
    answer = page.ask("còn Nam Định thì sao")
    assert answer.get_attribute("data-status") == "answered"
    assert "Nam Định" in answer.text


def test_thumbs_and_erasing_reach_the_server(page: Page) -> None:
    page.ask("quang ninh co bao nhieu to cong nghe so")
    page.press(".act.up")
    page.wait(lambda: any("Cảm ơn" in box.text for box in page.shown(".status")))
    page.driver.refresh()
    page.wait(lambda: page.shown(".turn.user"))
    assert page.one(".act.up").get_attribute("aria-pressed") == "true"
    page.one(".erase").click()
    page.one(".danger").click()
    page.wait(lambda: any("Đã xóa" in box.text for box in page.shown(".status")))
    page.driver.refresh()
    page.wait(lambda: page.shown(".reply"))
    assert page.all(".turn.user") == []
    answer = page.ask("còn Nam Định thì sao")
    assert answer.get_attribute("data-status") != "answered" or "tổ công nghệ" not in answer.text


def test_what_people_type_is_shown_as_text_and_never_as_a_page(page: Page) -> None:
    typed = "<img src=x onerror=\"document.title='hacked'\"> <b>tổ công nghệ số</b> là gì"
    page.one(".composer textarea").send_keys(typed, Keys.ENTER)
    page.wait(lambda: len(page.bots()) == 2)
    assert typed in page.all(".turn.user")[-1].text
    assert page.all(".log img, .log b") == []
    assert page.driver.title == "Trợ lý Chuyển đổi số"
    assert page.problems() == []


def test_the_page_of_the_commune_opens_it_in_one_press(page: Page, stack: Stack) -> None:
    page.driver.get(f"{stack.url}/")
    page.wait(lambda: page.shown(".launcher"))[0].click()
    page.greeted()
    answer = page.ask("Làm sao nộp hồ sơ trên Cổng Dịch vụ công quốc gia?")
    assert answer.get_attribute("data-status") == "answered"
    assert page.too_wide() == []
    assert page.axe() == []
    assert page.problems() == []


def test_the_browser_would_tell_of_a_forbidden_script(page: Page) -> None:
    """So that the tests above cannot pass because nothing is ever reported."""
    page.js("const s = document.createElement('script'); s.textContent = 'window.bad = 1'; document.body.append(s)")
    assert page.wait(lambda: [problem for problem in page.problems() if "Content Security Policy" in problem])
    assert page.js("return window.bad") is None
