"""A real Chromium at a page with the widget, and what tests do with it."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from importlib import resources
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

# Long enough for a shared machine; nothing ever waits that long when it works.
PATIENCE_S = 60.0
FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-background-networking --disable-component-update "
    "--disable-sync --no-first-run --disable-dev-shm-usage"
).split()
# Notes what is put into live regions, and whether they were live at that moment; ids of shadow roots are kept.
_LISTEN = """
window.heard = [];
const attach = Element.prototype.attachShadow;
Element.prototype.attachShadow = function (options) {
  const root = attach.call(this, options);
  new MutationObserver((records) => {
    for (const record of records) for (const node of record.addedNodes) {
      const parent = record.target.nodeType === 1 ? record.target : record.target.parentElement;
      const alert = node.nodeType === 1 && (node.matches('[role=alert]') ? node : node.querySelector('[role=alert]'));
      const region = alert || (parent && parent.closest('[role=log], [role=status], [role=alert]'));
      if (!region || node.nodeType === 1 && node.closest('[hidden]')) continue;
      const off = region.getAttribute('aria-live') === 'off' || (parent.closest('[aria-live=off]') && !alert);
      const said = (alert || node).cloneNode(true);
      if (said.nodeType === 1) said.querySelectorAll('[aria-live=off], [hidden]').forEach((e) => e.remove());
      const text = said.textContent.trim();
      if (text && !off) window.heard.push([region.getAttribute('role'), text]);
    }
  }).observe(root, { childList: true, subtree: true });
  return root;
};
"""


class Page:
    """A page with the widget, as a person uses it. Selectors look inside the widget; `outer` looks at the page."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver

    def js(self, code: str, *arguments: object) -> Any:
        return self.driver.execute_script(code, *arguments)

    def cdp(self, command: str, **arguments: Any) -> Any:
        return self.driver.execute_cdp_cmd(command, arguments)

    def all(self, selector: str) -> list[WebElement]:
        return self._find(selector, "true")

    def _find(self, selector: str, condition: str) -> list[WebElement]:
        found: list[WebElement] = self.js(
            "const w = document.querySelector('tro-ly-so'); return w && w.shadowRoot"
            f" ? [...w.shadowRoot.querySelectorAll(arguments[0])].filter((e) => {condition}) : []",
            selector,
        )
        return found

    def shown(self, selector: str) -> list[WebElement]:
        return self._find(selector, "e.checkVisibility({visibilityProperty: true}) && e.getBoundingClientRect().height")

    def one(self, selector: str) -> WebElement:
        """The only one that is in sight."""
        (element,) = self.shown(selector)
        return element

    def last(self, selector: str) -> WebElement:
        return self.shown(selector)[-1]

    def wait(self, check: Callable[[], Any], what: str = "") -> Any:
        return WebDriverWait(self.driver, PATIENCE_S, 0.05).until(lambda _: check(), what)

    def press(self, selector: str) -> None:
        """Bring the last such thing into view and click it."""
        element = self.last(selector)
        self.js("arguments[0].scrollIntoView({ block: 'center' })", element)
        element.click()

    def keys(self, *keys: str) -> None:
        """Keys to whatever has the focus."""
        ActionChains(self.driver).send_keys(*keys).perform()

    def tab(self, *, back: bool = False) -> None:
        keys = ActionChains(self.driver)
        if back:
            keys.key_down(Keys.SHIFT)
        keys.send_keys(Keys.TAB)
        if back:
            keys.key_up(Keys.SHIFT)
        keys.perform()

    def focused(self) -> str:
        """The class or tag of what has the focus, inside the widget where it is there."""
        return str(
            self.js(
                "let e = document.activeElement; while (e.shadowRoot && e.shadowRoot.activeElement)"
                " e = e.shadowRoot.activeElement; return e.className || e.id || e.tagName.toLowerCase()"
            )
        )

    def size(self, width: int, height: int = 740, *, mobile: bool = True) -> None:
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=2, mobile=mobile)
        self.cdp("Emulation.setTouchEmulationEnabled", enabled=mobile)

    def media(self, **features: str) -> None:
        """Such as prefers_color_scheme="dark"; none puts everything back."""
        named = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        self.cdp("Emulation.setEmulatedMedia", features=named)

    def network(self, *, offline: bool) -> None:
        self.cdp("Network.enable")
        speed = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
        self.cdp("Network.emulateNetworkConditions", offline=offline, **speed)

    def problems(self) -> list[str]:
        """What the browser complained about since the last call."""
        return [f"{entry['source']}: {entry['message']}" for entry in self.driver.get_log("browser")]  # type: ignore[no-untyped-call]

    def heard(self) -> list[tuple[str, str]]:
        """What live regions said so far: role and text."""
        return [(role, text) for role, text in self.js("return window.heard")]

    def bots(self) -> list[WebElement]:
        return self.all(".turn.bot")

    def greeted(self) -> None:
        self.wait(lambda: self.shown(".turn.bot"), "a greeting or the history")

    def ask(self, question: str) -> WebElement:
        """Type, send, and wait for the answer."""
        before = len(self.bots())
        box = self.one(".composer textarea")
        box.send_keys(question)
        self.one(".send").click()
        self.wait(lambda: len(self.bots()) > before, f"an answer to {question}")
        return self.bots()[-1]

    def axe(self) -> list[dict[str, Any]]:
        """Violations that axe-core finds on the whole page, at every level."""
        if not self.js("return 'axe' in window"):
            self.cdp("Runtime.evaluate", expression=axe_source())
        found: dict[str, Any] = self.driver.execute_async_script(
            "const done = arguments[0];"
            "axe.run(document, {resultTypes: ['violations']}).then(done, e => done({error: `${e}`}))"
        )
        assert "error" not in found, found
        return [
            {"id": rule["id"], "nodes": [node["html"][:200] + str(node["any"][:1])[:300] for node in rule["nodes"]]}
            for rule in found["violations"]
        ]

    def too_wide(self) -> list[str]:
        """What reaches past the right or left edge of the window, or scrolls sideways."""
        return list(
            self.js(
                """
                const root = document.querySelector('tro-ly-so').shadowRoot;
                const bad = [];
                for (const e of [document.documentElement, ...root.querySelectorAll('.panel, .scroller')])
                  if (e.scrollWidth > e.clientWidth + 1) bad.push(`${e.tagName}.${e.className} scrolls sideways`);
                for (const e of root.querySelectorAll('.panel *')) {
                  if (!e.checkVisibility() || e.closest('.sr-only')) continue;
                  const r = e.getBoundingClientRect();
                  if (r.width && (r.left < -1 || r.right > innerWidth + 1)) bad.push(`${e.tagName}.${e.className}`);
                }
                return bad;
                """
            )
        )

    def small_targets(self) -> list[str]:
        """Controls in sight that are less than 44 pixels wide or high. Links inside sentences may be smaller."""
        return list(
            self.js(
                """
                const root = document.querySelector('tro-ly-so').shadowRoot;
                return [...root.querySelectorAll('button, textarea, .links a, .official a')]
                  .filter((e) => e.checkVisibility())
                  .map((e) => [e, e.getBoundingClientRect()])
                  .filter(([, r]) => r.width < 43.9 || r.height < 43.9)
                  .map(([e, r]) => `${e.className} ${r.width}x${r.height}`);
                """
            )
        )


def axe_source() -> str:
    """The axe-core that the package brings; the package's own door is for another driver."""
    return resources.files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")


@contextlib.contextmanager
def chromium() -> Iterator[webdriver.Chrome]:
    """A browser with a profile of its own. Skips where Chromium is not installed."""
    binary, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if binary is None or driver is None:
        pytest.skip("Chromium is not here (apt-get install chromium chromium-driver)")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        options = Options()
        options.binary_location = binary
        for flag in (*FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        browser = webdriver.Chrome(options, Service(driver))
        try:
            browser.set_script_timeout(PATIENCE_S)
            Page(browser).cdp("Page.addScriptToEvaluateOnNewDocument", source=_LISTEN)
            yield browser
        finally:
            browser.quit()


def fresh(driver: webdriver.Chrome, origin: str) -> Page:
    """The browser as if new: no storage, normal network, a small phone."""
    page = Page(driver)
    driver.get("about:blank")
    page.cdp("Storage.clearDataForOrigin", origin=origin, storageTypes="all")
    page.network(offline=False)
    page.media()
    page.cdp("Emulation.setScriptExecutionDisabled", value=False)
    page.size(360)
    page.problems()
    return page
