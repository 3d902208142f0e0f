"""The widget for everyone: axe-core in every state, the keyboard alone, small and enlarged screens, what is heard."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from selenium import webdriver
from selenium.webdriver.common.keys import Keys

from tests.bot.web_stand_in import SHORT_QUOTE, Stand
from tests.e2e.web_states import STATES
from tests.e2e.web_support import Page, fresh

pytestmark = pytest.mark.slow


@pytest.fixture
def page(driver: webdriver.Chrome, server: Stand) -> Iterator[Page]:
    server.reset()
    yield fresh(driver, server.url)
    server.open_gate.set()


LOOKS: dict[str, Callable[[Page], None]] = {
    "light": lambda page: None,
    "dark": lambda page: page.media(prefers_color_scheme="dark"),
    "320": lambda page: page.size(320, 568),
    "zoom 400 %": lambda page: page.size(320, 256, mobile=False),
    "wide": lambda page: page.size(1280, 800, mobile=False),
    "forced colours": lambda page: page.media(forced_colors="active", prefers_color_scheme="dark"),
}


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("state", STATES)
def test_every_state_is_clean_fits_and_can_be_hit(page: Page, server: Stand, state: str, look: str) -> None:
    LOOKS[look](page)
    STATES[state](page, server)
    assert page.axe() == []
    assert page.too_wide() == []
    assert page.small_targets() == []


def test_axe_would_tell(page: Page, server: Stand) -> None:
    """So that the test above cannot pass because nothing is ever looked at inside the widget."""
    STATES["greeting"](page, server)
    page.js(
        "const b = document.querySelector('tro-ly-so').shadowRoot.querySelector('.send');"
        "b.textContent = ''; b.style.width = '20px'; b.style.minWidth = '20px'"
    )
    assert [violation["id"] for violation in page.axe()] == ["button-name"]
    assert len(page.small_targets()) == 1


def test_a_word_without_end_is_broken(page: Page, server: Stand) -> None:
    page.size(320, 568)
    STATES["greeting"](page, server)
    page.ask("a" * 300)
    assert page.too_wide() == []


@pytest.mark.parametrize("state", ["greeting", "answer", "source"])
def test_large_letters_fit_a_small_phone(page: Page, server: Stand, state: str) -> None:
    page.size(320, 568)
    STATES[state](page, server)
    page.press(".large")
    assert page.too_wide() == []
    assert page.small_targets() == []
    scroller = page.one(".scroller").rect["height"]
    assert scroller > 568 / 2, "more than half of the screen is for reading"


def test_wider_spacing_of_text_loses_nothing(page: Page, server: Stand) -> None:
    """SC 1.4.12, as a person's own style sheet does it."""
    page.size(320, 568)
    STATES["answer"](page, server)
    page.js(
        "const s = new CSSStyleSheet(); s.replaceSync('* {line-height: 1.5 !important;"
        "letter-spacing: 0.12em !important; word-spacing: 0.16em !important} p {margin-bottom: 2em !important}');"
        "document.querySelector('tro-ly-so').shadowRoot.adoptedStyleSheets.push(s)"
    )
    assert page.too_wide() == []
    clipped = page.js(
        "return [...document.querySelector('tro-ly-so').shadowRoot.querySelectorAll('button')]"
        ".filter(e => e.checkVisibility() && e.scrollHeight > e.clientHeight + 2).map(e => e.className)"
    )
    assert clipped == []


def test_the_browsers_own_letter_size_is_followed_whatever_the_host_sets(page: Page, server: Stand) -> None:
    STATES["greeting"](page, server)
    page.js("document.documentElement.style.fontSize = '10px'")
    assert page.js("return getComputedStyle(arguments[0]).fontSize", page.one(".composer textarea")) == "18px"


def test_with_the_keyboard_alone_from_the_page_to_an_answer_and_back(page: Page, server: Stand) -> None:
    page.size(1280, 800, mobile=False)
    page.driver.get(f"{server.url}/")
    page.wait(lambda: page.shown(".launcher"))
    for _ in range(30):
        if page.focused() == "launcher":
            break
        page.keys(Keys.TAB)
    assert page.focused() == "launcher"
    page.keys(Keys.ENTER)
    page.greeted()
    page.keys("khai sinh cần giấy tờ gì", Keys.ENTER)
    page.wait(lambda: len(page.bots()) == 2)

    def tab_to(name: str, *, back: bool = False) -> None:
        for _ in range(30):
            page.tab(back=back)
            ring = page.js(
                "const e = document.activeElement.shadowRoot?.activeElement;"
                "return e ? [getComputedStyle(e).outlineStyle, parseFloat(getComputedStyle(e).outlineWidth),"
                " uncovered(e)] : null; function uncovered(e) { const r = e.getBoundingClientRect();"
                " return [0.1, 0.5, 0.9].some((y) => { const at = document.activeElement.shadowRoot"
                ".elementFromPoint(r.left + r.width / 2, r.top + r.height * y); return e.contains(at) }) }"
            )
            if ring:
                assert ring == ["solid", 3, True], page.focused()
            if page.focused() == name:
                return
        raise AssertionError(f"{name} cannot be reached")

    tab_to("reply", back=True)
    tab_to("act copy", back=True)
    tab_to("act down", back=True)
    page.keys(Keys.SPACE)
    page.wait(lambda: page.shown(".reason"))
    tab_to("fold", back=True)
    page.keys(Keys.ENTER)
    assert page.shown(".more")
    tab_to("chip")
    page.keys(Keys.ENTER)
    assert page.shown(".card")
    tab_to("tool erase", back=True)
    page.keys(Keys.ENTER)
    page.wait(lambda: page.shown(".confirm"))
    page.keys(Keys.ESCAPE)
    page.wait(lambda: not page.shown(".confirm"))
    assert page.shown(".panel"), "Escape closes one thing at a time"
    page.keys(Keys.ESCAPE)
    page.wait(lambda: not page.shown(".panel"))
    assert page.focused() == "launcher"


def test_on_a_phone_the_focus_cannot_leave_the_sheet(page: Page, server: Stand) -> None:
    page.driver.get(f"{server.url}/")
    page.wait(lambda: page.shown(".launcher"))
    page.one(".launcher").click()
    page.greeted()
    seen = set()
    for _ in range(15):
        page.keys(Keys.TAB)
        seen.add(page.focused())
    outside = page.js("return [...document.querySelectorAll('a')].map(a => a.className || a.id || 'a')")
    assert seen.isdisjoint({*outside, "launcher"})
    assert {"close", "tool large", "scroller"} <= seen


def test_the_regions_have_their_roles_and_names(page: Page, server: Stand) -> None:
    STATES["answer"](page, server)
    tree = page.cdp("Accessibility.getFullAXTree")["nodes"]
    named = {(node["role"]["value"], node.get("name", {}).get("value", "")) for node in tree if not node["ignored"]}
    for expected in (
        ("heading", "Trợ lý Chuyển đổi số"),
        ("log", "Nội dung trò chuyện"),
        ("region", "Cuộc trò chuyện"),
        ("textbox", "Câu hỏi của anh/chị"),
        ("button", "Gửi"),
        ("button", "Chữ to"),
        ("button", "Xóa hội thoại"),
        ("group", "Thao tác với câu trả lời này"),
        ("button", "Có ích"),
    ):
        assert expected in named
    assert any(role == "button" and name.startswith("Nguồn 1: Đăng ký khai sinh") for role, name in named)
    assert {role for role, _ in named} >= {"status", "listitem"}


def test_what_is_heard_is_the_waiting_and_then_the_whole_answer_once(page: Page, server: Stand) -> None:
    STATES["greeting"](page, server)
    page.wait(lambda: page.one(".log").get_attribute("aria-live") == "polite")
    page.js("window.heard.length = 0")
    server.open_gate.clear()
    page.one(".composer textarea").send_keys("giấy tờ cũ", Keys.ENTER)
    page.wait(lambda: page.shown(".typing"))
    server.open_gate.set()
    page.wait(lambda: len(page.bots()) == 2)
    heard = page.heard()
    assert [role for role, _ in heard] == ["log", "status", "log"]
    assert heard[1][1] == "Trợ lý đang tìm trong tài liệu…"
    assert heard[0][1].startswith("Anh/chị · ")
    assert heard[2][1].startswith("Trợ lý · ")
    assert SHORT_QUOTE in heard[2][1]
    assert "Có ích" not in heard[2][1]
    assert "có mất phí không" not in heard[2][1], "suggestions are there to be found, not to be read out"


def test_a_new_message_never_takes_the_focus(page: Page, server: Stand) -> None:
    page.size(1280, 800, mobile=False)
    STATES["answer"](page, server)
    server.open_gate.clear()
    page.one(".composer textarea").send_keys("giấy tờ cũ", Keys.ENTER)
    page.wait(lambda: page.shown(".typing"))
    page.js("arguments[0].focus()", page.shown(".chip")[0])
    server.open_gate.set()
    page.wait(lambda: len(page.bots()) == 3)
    assert page.focused() == "chip"


def test_without_motion_nothing_turns(page: Page, server: Stand) -> None:
    moving = "return document.querySelector('tro-ly-so').shadowRoot.getAnimations().length"
    STATES["waiting"](page, server)
    assert page.js(moving) == 1
    server.open_gate.set()
    page.wait(lambda: not page.shown(".typing"))
    page.media(prefers_reduced_motion="reduce")
    server.open_gate.clear()
    page.one(".composer textarea").send_keys("câu nữa", Keys.ENTER)
    page.wait(lambda: page.shown(".typing"))
    assert page.js(moving) == 0
