"""The states that the widget can be in, each brought about by using it."""

from __future__ import annotations

from collections.abc import Callable

from selenium.webdriver.common.keys import Keys

from tests.bot.web_stand_in import Stand
from tests.e2e.web_support import Page


def launcher(page: Page, stand: Stand) -> None:
    page.driver.get(f"{stand.url}/")
    page.wait(lambda: page.shown(".launcher"))


def panel(page: Page, stand: Stand) -> None:
    launcher(page, stand)
    page.one(".launcher").click()
    page.wait(lambda: page.shown(".reply"))


def greeting(page: Page, stand: Stand) -> None:
    page.driver.get(f"{stand.url}/chat")
    page.wait(lambda: page.shown(".reply"))


def waiting(page: Page, stand: Stand) -> None:
    greeting(page, stand)
    stand.open_gate.clear()
    page.one(".composer textarea").send_keys("khai sinh cần giấy tờ gì", Keys.ENTER)
    page.wait(lambda: page.shown(".typing"))


def answer(page: Page, stand: Stand) -> None:
    greeting(page, stand)
    page.ask("khai sinh cần giấy tờ gì")


def source(page: Page, stand: Stand) -> None:
    greeting(page, stand)
    page.ask("phí chứng thực bao nhiêu")
    page.press(".turn.bot:last-child .text > .fold:last-of-type")
    for chip in page.shown(".turn.bot:last-child .chip"):
        page.js("arguments[0].click()", chip)
    page.js("arguments[0].scrollIntoView({block: 'start'})", page.shown(".source")[0])


def reason(page: Page, stand: Stand) -> None:
    answer(page, stand)
    page.press(".act.down")
    page.wait(lambda: page.shown(".reason"))


def urgent(page: Page, stand: Stand) -> None:
    greeting(page, stand)
    page.ask("lỡ bị lừa thì làm gì")


def trouble(page: Page, stand: Stand) -> None:
    greeting(page, stand)
    stand.errors, stand.retry_after = ["rate"], 600
    page.one(".composer textarea").send_keys("giấy tờ cũ", Keys.ENTER)
    page.wait(lambda: page.shown(".retry"))


def offline(page: Page, stand: Stand) -> None:
    answer(page, stand)
    page.js("Object.defineProperty(navigator, 'onLine', {value: false, configurable: true})")
    page.js("dispatchEvent(new Event('offline'))")
    page.wait(lambda: page.shown(".offline"))


def erasing(page: Page, stand: Stand) -> None:
    answer(page, stand)
    page.press(".erase")
    page.wait(lambda: page.shown(".confirm"))


def restored(page: Page, stand: Stand) -> None:
    answer(page, stand)
    page.driver.refresh()
    page.wait(lambda: page.shown(".turn.user"))


def too_long(page: Page, stand: Stand) -> None:
    greeting(page, stand)
    box = page.one(".composer textarea")
    page.js("arguments[0].value = 'a'.repeat(2050); arguments[0].dispatchEvent(new InputEvent('input'))", box)
    box.send_keys(Keys.ENTER)
    page.wait(lambda: page.shown(".status p"))


STATES: dict[str, Callable[[Page, Stand], None]] = {
    state.__name__: state
    for state in (
        launcher, panel, greeting, waiting, answer, source, reason, urgent, trouble, offline, erasing, restored,
        too_long,
    )
}  # fmt: skip
