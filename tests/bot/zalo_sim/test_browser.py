"""The simulator's page in a real Chromium."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.select import Select
from selenium.webdriver.support.wait import WebDriverWait

from bot.zalo.settings import ZaloSettings, load_zalo_settings
from bot.zalo_sim import Clock, Simulator
from tests.bot.zalo_sim.conftest import Bot, Listener
from tests.bot.zalo_sim.test_page import LANH
from tests.e2e.web_support import axe_source, chromium

pytestmark = pytest.mark.slow

PATIENCE_S = 30
BUTTONS = [
    {"title": "Làm khai sinh", "type": "oa.query.show", "payload": "#khai-sinh"},
    {"title": "Cổng dịch vụ công", "type": "oa.open.url", "payload": {"url": "https://dichvucong.gov.vn/"}},
]


class Page:
    def __init__(self, driver: webdriver.Chrome, url: str) -> None:
        self.driver, self.url = driver, url

    def all(self, selector: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def wait(self, check: Callable[[], Any]) -> Any:
        return WebDriverWait(self.driver, PATIENCE_S, 0.1).until(lambda _: check())

    def texts(self) -> list[str]:
        return [said.text for said in self.all(".bubble .said")]

    def width(self, pixels: int) -> None:
        size = {"width": pixels, "height": 740, "deviceScaleFactor": 1, "mobile": True}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)

    def problems(self) -> list[str]:
        return [entry["message"] for entry in self.driver.get_log("browser")]  # type: ignore[no-untyped-call]


@pytest.fixture
def zalo() -> Iterator[Simulator]:
    with Simulator(clock=Clock(), automatic=True) as simulator:
        yield simulator


@pytest.fixture
def page(zalo: Simulator, listener: Listener) -> Iterator[Page]:
    with chromium() as browser:
        page = Page(browser, zalo.url)
        browser.get(zalo.url)
        page.wait(lambda: page.all("#person option"))
        yield page


def test_a_conversation_is_held_through_the_page(page: Page, zalo: Simulator, listener: Listener) -> None:
    listener.answers = [500]
    page.one("#text").send_keys("làm khai sinh cho cháu", Keys.ENTER)
    page.wait(lambda: page.texts() == ["làm khai sinh cho cháu"])
    page.wait(lambda: "đã thử 1 lần" in page.one(".bubble.person .state").text)
    page.wait(lambda: "HTTP 500" in page.one("#deliveries").text)
    page.all("#deliveries details summary")[0].click()
    page.wait(lambda: page.all("#deliveries button")[0].is_displayed())
    page.all("#deliveries button")[0].click()
    page.wait(lambda: page.one(".bubble.person .state").text == "đã tới trợ lý, đã thử 2 lần")

    message = {"text": "**Dạ** <b>mời</b>\nchọn", "attachment": {"type": "template", "payload": {"buttons": BUTTONS}}}
    assert Bot(zalo).send(message, {"user_id": LANH})["error"] == 0
    page.wait(lambda: len(page.texts()) == 2)
    assert page.texts()[1] == "**Dạ** <b>mời</b>\nchọn"  # a phone shows neither markdown nor HTML
    assert page.all('[role="log"] #log > li')
    page.wait(lambda: all(bubble.seen for bubble in zalo.received(LANH)))
    assert page.one(".buttons a").get_attribute("href") == "https://dichvucong.gov.vn/"
    page.one(".buttons button").click()
    page.wait(lambda: page.texts()[2:] == ["#khai-sinh"])
    assert "được" in page.one("#calls").text
    assert page.problems() == []


def test_people_are_apart_and_what_they_do_is_shown(page: Page) -> None:
    page.one('[data-act="sticker"]').click()
    page.wait(lambda: page.texts() == ["[nhãn dán]"])
    Select(page.one("#person")).select_by_index(3)
    page.wait(lambda: page.texts() == [])
    page.wait(lambda: not page.one('[data-act="location"]').is_enabled())
    page.one('[data-act="image"]').click()
    page.wait(lambda: page.texts() == ["[ảnh]"])
    Select(page.one("#person")).select_by_index(0)
    page.wait(lambda: page.texts() == ["[nhãn dán]"])
    assert page.problems() == []


def test_faults_switches_and_the_clock_are_set_from_the_page(page: Page, zalo: Simulator) -> None:
    for details in page.all(".panel > details"):
        if details.get_attribute("open") is None:
            details.find_element(By.TAG_NAME, "summary").click()
    page.one("#fault button").click()
    page.wait(lambda: "gửi tin: 1" in page.one("#faults").text)
    page.one('input[name="oa_send_text"]').click()
    page.wait(lambda: zalo._world.switches["oa_send_text"])
    before = zalo.clock.now()
    page.one('[data-forward="604800"]').click()
    page.wait(lambda: zalo.clock.now() > before + 600_000)
    page.one("#webhook").clear()
    page.one("#webhook").send_keys("http://127.0.0.1:1/x", Keys.ENTER)
    page.wait(lambda: "không trả lời 200" in page.one("#problem").text)
    assert page.one("#problem").get_attribute("role") == "alert"


def test_the_office_writes_by_hand_to_the_person_who_is_chosen(page: Page, zalo: Simulator) -> None:
    zalo.switches(oa_send_text=True)
    page.one("#staff-text").find_element(By.XPATH, "ancestor::details/summary").click()
    page.one("#staff-text").send_keys("Bác chờ cháu xem nhé", Keys.ENTER)
    page.wait(lambda: page.texts() == ["Bác chờ cháu xem nhé"])
    assert "Cán bộ" in page.one(".bubble .meta").text
    assert page.one("#staff-text").get_attribute("value") == ""
    assert [event.event_name for event in zalo.deliveries()] == ["oa_send_text"]
    assert page.problems() == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_have_no_fault_that_axe_knows(page: Page, zalo: Simulator, listener: Listener, scheme: str) -> None:
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    listener.answers = [500]
    zalo.send_text(LANH, "một")
    Bot(zalo).send(
        {"text": "hai", "attachment": {"type": "template", "payload": {"buttons": BUTTONS}}}, {"user_id": LANH}
    )
    page.wait(lambda: len(page.texts()) == 2)
    for details in page.all("details"):
        if details.get_attribute("open") is None:
            details.find_element(By.TAG_NAME, "summary").click()
    permission = f"{zalo.url}/v4/oa/permission?app_id={zalo.credentials.app_id}&redirect_uri="
    for address in ("", f"{permission}{listener.url}/zalo/oauth/callback", permission):
        if address:
            page.driver.get(address)
        page.driver.execute_cdp_cmd("Runtime.evaluate", {"expression": axe_source()})
        found = page.driver.execute_async_script("axe.run().then(arguments[arguments.length - 1])")
        assert [(fault["id"], [node["html"] for node in fault["nodes"]]) for fault in found["violations"]] == []
        assert found["passes"]


def test_the_permission_page_leads_back_to_the_bot(page: Page, zalo: Simulator, listener: Listener) -> None:
    query = {
        "app_id": zalo.credentials.app_id,
        "redirect_uri": f"{listener.url}/zalo/oauth/callback",
        "state": 'x"><b>',
    }
    page.driver.get(f"{zalo.url}/v4/oa/permission?{urlencode(query)}")
    assert zalo.credentials.oa_name in page.one("main").text
    page.one("button").click()
    page.wait(lambda: page.driver.current_url.startswith(listener.url))
    back = parse_qs(urlsplit(page.driver.current_url).query)
    assert back["state"] == ['x"><b>']
    assert back["code"]


@pytest.mark.parametrize("pixels", [320, 1280])
def test_nothing_is_wider_than_the_screen(page: Page, pixels: int) -> None:
    page.width(pixels)
    page.one("#text").send_keys("a" * 400, Keys.ENTER)
    page.wait(lambda: len(page.texts()) == 1)
    for details in page.all(".panel > details"):
        if details.get_attribute("open") is None:
            details.find_element(By.TAG_NAME, "summary").click()
    page.wait(lambda: page.all("#switches input"))
    assert page.driver.execute_script("return document.documentElement.scrollWidth") <= pixels
    # In one step, because the page shows its log anew while it is looked at. Names are axe's part.
    too_wide = page.driver.execute_script(
        "return [...document.querySelectorAll('button, summary, input, select, textarea, a')]"
        ".filter((each) => each.getBoundingClientRect().right > arguments[0]).map((each) => each.outerHTML)",
        pixels,
    )
    assert too_wide == []
    assert page.problems() == []


def test_the_page_names_every_setting_that_the_door_needs(
    page: Page, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ZaloSettings.model_config, "env_file", None)
    names = [name.text for name in page.all("#keys dt")]
    for name, value in zip(names, page.all("#keys dd"), strict=True):
        monkeypatch.setenv(name, value.text)
    settings = load_zalo_settings()
    assert settings is not None
    assert settings.zalo_webhook_mode == "enforce"
    assert settings.zalo_public_url == listener.url
