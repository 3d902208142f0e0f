"""The widget in a real Chromium against a stand-in server: what people see, press and hear, and what goes wrong."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from selenium import webdriver
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

from tests.bot import web_stand_in
from tests.bot.web_stand_in import ERRORS, LONG_QUOTE, SECOND_QUOTE, SHORT_QUOTE, STEPS_QUOTE, WELCOME, Stand
from tests.e2e.web_support import Page, fresh

pytestmark = pytest.mark.slow


@pytest.fixture
def stand(server: Stand) -> Iterator[Stand]:
    server.reset()
    yield server
    server.open_gate.set()
    server.open_erasing.set()
    server.open_erasing.set()


@pytest.fixture
def site(driver: webdriver.Chrome, stand: Stand) -> Page:
    """The page of the commune, with the launcher."""
    page = fresh(driver, stand.url)
    driver.get(f"{stand.url}/")
    page.wait(lambda: page.shown(".launcher"))
    return page


@pytest.fixture
def page(driver: webdriver.Chrome, stand: Stand) -> Page:
    """The full-screen chat on a phone, greeted."""
    page = fresh(driver, stand.url)
    driver.get(f"{stand.url}/chat")
    page.greeted()
    return page


def reload(page: Page) -> None:
    page.driver.refresh()
    page.greeted()


def text_of(element: WebElement) -> str:
    """All text, also what is folded."""
    return str(element.get_property("textContent"))


def status_says(page: Page, text: str) -> None:
    page.wait(lambda: any(text in box.text for box in page.shown(".status")), f"the status says {text}")


# --- asking and answers --------------------------------------------------------------------------------------------


def test_it_greets_with_suggestions_and_says_that_it_is_a_machine(page: Page, stand: Stand) -> None:
    assert "tự động (AI)" in page.one(".titles").text
    assert "không phải cán bộ" in page.one(".notice").text
    assert [reply.text for reply in page.shown(".reply")] == [button["title"] for button in WELCOME["buttons"]]
    assert stand.sessions == {}, "who only looks leaves no trace"
    assert page.problems() == []


def test_a_suggestion_becomes_the_question_and_is_used_up(page: Page, stand: Stand) -> None:
    title = page.shown(".reply")[1].text
    page.shown(".reply")[1].click()
    page.wait(lambda: len(page.bots()) == 2)
    assert title in page.all(".turn.user")[-1].text
    assert [chat["message"] for chat in stand.chats] == [title]
    assert [reply.is_enabled() for reply in page.all(".reply")[:3]] == [True, False, True]
    assert page.focused() == "scroller", "on a phone its keyboard would cover the answer"


def test_with_a_mouse_the_focus_goes_from_a_suggestion_to_the_box(page: Page) -> None:
    page.size(1280, 800, mobile=False)
    reload(page)
    page.shown(".reply")[0].click()
    page.wait(lambda: len(page.bots()) == 2)
    assert page.js("return document.activeElement.shadowRoot.activeElement.tagName") == "TEXTAREA"


def test_the_first_source_comes_at_once_and_a_second_one_on_demand(page: Page) -> None:
    answer = page.ask("khai sinh cần giấy tờ gì")
    assert LONG_QUOTE[2:60] in answer.text
    assert "Lưu ý: dữ liệu lấy tháng 7/2026." in answer.text
    assert len(page.shown(".turn.bot:last-child .chip")) == 1
    assert SECOND_QUOTE not in answer.text
    assert "Xem thêm 1 nguồn nói rõ hơn" in answer.text
    page.press(".turn.bot:last-child .text > .fold:last-of-type")
    assert SECOND_QUOTE in answer.text
    assert len(page.shown(".turn.bot:last-child .chip")) == 2


def test_a_long_quote_is_folded_where_a_sentence_ends_and_nothing_is_lost(page: Page) -> None:
    answer = page.ask("khai sinh cần giấy tờ gì")
    (quoted, _) = page.all(".turn.bot:last-child .quoted")
    head = quoted.text
    assert 300 < len(head) < 480
    assert head.endswith("trực tiếp.")
    page.press(".turn.bot:last-child .quoted + .fold")
    lines = [line.removeprefix("- ") for line in LONG_QUOTE.splitlines() if line]
    assert quoted.text.splitlines() == [*lines[:-1], f"{lines[-1]} [1]"]
    assert page.shown(".turn.bot:last-child .fold")[0].text == "Thu gọn"
    page.press(".turn.bot:last-child .quoted + .fold")
    assert quoted.text == head
    assert answer.is_displayed()


def test_quotes_that_go_on_in_the_same_section_stay_together_under_one_source(page: Page) -> None:
    answer = page.ask("hai đoạn liền nhau")
    assert f"{SECOND_QUOTE} [1]" in answer.text
    assert f"{SHORT_QUOTE} [2]" in answer.text
    assert page.shown(".turn.bot:last-child .fold") == []
    chip = page.one(".turn.bot:last-child .chip")
    assert "[1][2]" in chip.text
    assert text_of(chip).startswith("Nguồn 1, 2: ")
    chip.click()
    assert [quote.text for quote in page.shown(".card blockquote")] == [SECOND_QUOTE, SHORT_QUOTE]


def test_in_an_emergency_nothing_is_folded(page: Page) -> None:
    answer = page.ask("lỡ bị lừa thì làm gì")
    assert answer.get_attribute("data-status") == "urgent"
    assert "Khẩn cấp" in answer.text
    assert page.shown(".turn.bot:last-child .fold") == []
    assert STEPS_QUOTE.splitlines()[-1] in answer.text
    values = [item.get_attribute("value") for item in answer.find_elements("css selector", "ol > li")]
    assert values == ["1", "2", "3", "4", "5"]


def test_a_source_opens_to_its_quote_and_all_that_is_known(page: Page, stand: Stand) -> None:
    page.ask("giấy tờ cũ có phải đổi không")
    chip = page.last(".turn.bot:last-child .chip")
    assert (chip.get_attribute("aria-expanded"), page.shown(".card")) == ("false", [])
    chip.click()
    card = page.one(".card")
    assert chip.get_attribute("aria-controls") == card.get_attribute("id")
    assert chip.get_attribute("aria-expanded") == "true"
    assert card.find_element("css selector", "blockquote").text == SHORT_QUOTE
    for words in ("190/2025/QH15", "Điều 10", "Quốc hội", "Còn hiệu lực, từ 19/2/2025", "21/11/2026"):
        assert words in card.text
    official, sheet = card.find_elements("css selector", "a")
    assert official.get_attribute("href") == "https://vanban.chinhphu.vn/nq190"
    assert (official.get_attribute("rel"), official.get_attribute("target")) == ("noopener noreferrer", "_blank")
    assert "(mở trang mới)" in text_of(official)
    assert text_of(sheet) == "In phiếu để mang theo (mở trang mới)"
    title = chip.find_element("css selector", "strong").text
    address = sheet.get_attribute("href") or ""
    assert (urlsplit(address).fragment, unquote(address)) == ("", f"{stand.url}/phieu/doan/{title}#1")


def test_a_source_says_whether_it_still_holds(page: Page) -> None:
    page.ask("phí chứng thực")
    page.press(".turn.bot:last-child .text > .fold:last-of-type")
    ended, coming = page.shown(".turn.bot:last-child .chip")
    assert "Hết hiệu lực từ 01/1/2026" in ended.text, "the last day in force was the day before"
    assert "Có hiệu lực từ 01/7/2100" in coming.text
    coming.click()
    assert "Ngày đối chiếu: không rõ" in page.one(".card").text
    page.ask("lỡ bị lừa")
    page.press(".turn.bot:last-child .chip")
    assert "Nguồn không ghi hiệu lực" in page.last(".card").text


def test_text_is_never_read_as_a_page(page: Page) -> None:
    typed = "<img src=x onerror=\"document.title='hacked'\"> nguy hiểm"
    answer = page.ask(typed)
    assert typed in page.all(".turn.user")[-1].text
    assert page.all(".log img, .log b, .log script") == []
    assert [bold.text for bold in answer.find_elements("css selector", ".text strong")] == ["đậm"]
    assert "[bấm](javascript:alert(1))" in answer.text
    assert answer.find_elements("css selector", "a") == []
    assert page.driver.title == "Trợ lý Chuyển đổi số"
    assert page.problems() == []


def test_decomposed_text_is_sent_composed(page: Page, stand: Stand) -> None:
    page.js("document.querySelector('tro-ly-so').send(arguments[0])", unicodedata.normalize("NFD", "đổi giấy tờ"))
    page.wait(lambda: len(page.bots()) == 2)
    assert stand.chats[0]["message"] == unicodedata.normalize("NFC", "đổi giấy tờ")


# --- typing --------------------------------------------------------------------------------------------------------


def test_enter_sends_and_shift_enter_makes_a_line(page: Page, stand: Stand) -> None:
    box = page.one(".composer textarea")
    box.send_keys("câu một", Keys.SHIFT, Keys.ENTER, Keys.NULL, "câu hai")
    assert stand.chats == []
    box.send_keys(Keys.ENTER)
    page.wait(lambda: len(page.bots()) == 2)
    assert stand.chats[0]["message"] == "câu một\ncâu hai"
    assert box.get_property("value") == ""


@pytest.mark.parametrize("event", [{"isComposing": True}, {"keyCode": 229}])
def test_enter_while_a_syllable_is_being_composed_sends_nothing(
    page: Page, stand: Stand, event: dict[str, Any]
) -> None:
    box = page.one(".composer textarea")
    box.send_keys("dang ky")
    key = (
        "const enter = {key: 'Enter', bubbles: true, cancelable: true, ...arguments[1]};"
        "arguments[0].dispatchEvent(new KeyboardEvent('keydown', enter))"
    )
    page.js(key, box, event)
    assert (page.all(".turn.user"), box.get_property("value")) == ([], "dang ky")
    page.js(key, box, {})
    page.wait(lambda: len(page.bots()) == 2)
    assert [chat["message"] for chat in stand.chats] == ["dang ky"]


def test_an_empty_question_is_met_with_a_hint(page: Page, stand: Stand) -> None:
    page.one(".composer textarea").send_keys("  ", Keys.ENTER)
    status_says(page, "Anh/chị gõ câu hỏi")
    assert (stand.chats, page.all(".turn.user")) == ([], [])


def test_the_counter_warns_and_too_long_a_text_is_kept(page: Page, stand: Stand) -> None:
    box = page.one(".composer textarea")
    page.js("const i = arguments[0]; i.value = 'a\\u0306'.repeat(1990); i.dispatchEvent(new InputEvent('input'))", box)
    assert page.one(".counter").text == "Còn 10 ký tự"
    box.send_keys("x" * 15)
    assert page.one(".counter").text == "Câu hỏi thừa 5 ký tự, anh/chị bớt lại rồi gửi nhé"
    page.one(".send").click()
    status_says(page, "Câu hỏi thừa 5 ký tự")
    assert (box.get_property("value"), stand.chats) == ("a\u0306" * 1990 + "x" * 15, [])
    box.send_keys(Keys.BACKSPACE * 5)
    page.one(".send").click()
    page.wait(lambda: stand.chats)
    assert len(stand.chats[0]["message"]) == 2000


# --- waiting, stopping, failing ------------------------------------------------------------------------------------


def test_while_it_waits_it_says_so_and_can_be_stopped_and_asked_again(page: Page, stand: Stand) -> None:
    stand.open_gate.clear()
    page.one(".composer textarea").send_keys("câu hỏi chậm", Keys.ENTER)
    status_says(page, "đang tìm trong tài liệu")
    assert page.shown(".send") == []
    page.one(".composer textarea").send_keys("câu sau", Keys.ENTER)
    status_says(page, "đang trả lời câu trước")
    page.one(".stop").click()
    retry = page.wait(lambda: page.shown(".retry"))[0]
    assert "Đã dừng chờ" in page.one(".trouble").text
    assert page.one(".composer textarea").get_property("value") == "câu sau"
    stand.open_gate.set()
    retry.click()
    page.wait(lambda: len(page.bots()) == 2)
    assert len({chat["client_id"] for chat in stand.chats}) == 1
    assert len(page.all(".turn.user")) == 1
    assert page.shown(".trouble") == []


def test_a_quick_answer_shows_no_waiting(page: Page) -> None:
    page.js("window.heard.length = 0")
    page.ask("giấy tờ cũ")
    assert not any("đang tìm" in text for role, text in page.heard() if role == "status")


def test_a_passing_failure_is_tried_again_by_itself_with_the_same_id(page: Page, stand: Stand) -> None:
    stand.errors = ["internal"]
    page.ask("giấy tờ cũ")
    assert len(stand.chats) == 2
    assert len({chat["client_id"] for chat in stand.chats}) == 1
    assert len(page.all(".turn.user")) == 1


def test_a_lasting_failure_is_a_plain_sentence_with_a_button(page: Page, stand: Stand) -> None:
    stand.errors = ["internal"] * 3
    page.one(".composer textarea").send_keys("giấy tờ cũ", Keys.ENTER)
    retry = page.wait(lambda: page.shown(".retry"))[0]
    assert page.one(".trouble [role=alert]").text == ERRORS["internal"][1]
    assert ("alert", ERRORS["internal"][1]) in [tuple(said) for said in page.heard()]
    retry.click()
    page.wait(lambda: len(page.bots()) == 2)
    assert len({chat["client_id"] for chat in stand.chats}) == 1


MESSAGE = {"text": "Dạ", "status": "smalltalk"}


@pytest.mark.parametrize(
    ("status", "content"),
    [
        (200, {"messages": [None]}),
        (200, {"messages": [{**MESSAGE, "buttons": "x"}]}),
        (200, {"messages": [MESSAGE, {**MESSAGE, "buttons": [None]}]}),
        (200, {"messages": [{**MESSAGE, "citations": {}}]}),
        (200, {"messages": [{**MESSAGE, "citations": [None]}]}),
        (200, {"messages": [{**MESSAGE, "text": {"a": 1}}]}),
        (404, {"error": {"code": "not_found", "message": {"a": 1}}}),
    ],
)
def test_a_reply_that_is_not_as_agreed_is_a_plain_sentence_with_a_button(
    page: Page, stand: Stand, status: int, content: Any
) -> None:
    stand.raw = [(status, content)] * 3  # some are tried again by themselves
    page.one(".composer textarea").send_keys("giấy tờ cũ", Keys.ENTER)
    retry = page.wait(lambda: page.shown(".retry"))[0]
    assert page.one(".trouble [role=alert]").text.startswith("Trợ lý đang gặp trục trặc.")
    assert len(page.bots()) == 1
    stand.raw = []
    retry.click()
    page.wait(lambda: len(page.bots()) == 2)
    assert [log for log in page.problems() if "404" not in log] == []


def test_when_the_bot_is_not_available_the_question_can_be_asked_anew(page: Page, stand: Stand) -> None:
    answer = page.ask("đang hỏng")
    assert answer.get_attribute("data-status") == "unavailable"
    page.press(".turn.bot:last-child .reply")
    page.wait(lambda: len(page.bots()) == 3)
    first, second = stand.chats
    assert first["message"] == second["message"] == "đang hỏng"
    assert first["client_id"] != second["client_id"], "the stored reply would be the same failure"


def test_an_unanswered_question_says_so_when_another_is_asked(page: Page, stand: Stand) -> None:
    stand.errors = ["internal"] * 3
    page.one(".composer textarea").send_keys("câu thứ nhất", Keys.ENTER)
    page.wait(lambda: page.shown(".retry"))
    page.ask("câu thứ hai")
    first, second = (turn.text for turn in page.all(".turn.user"))
    assert "Câu này chưa có trả lời" in first
    assert "chưa có trả lời" not in second
    assert stand.chats[0]["client_id"] != stand.chats[-1]["client_id"]


def test_a_refused_text_is_given_back_to_be_changed(page: Page, stand: Stand) -> None:
    stand.errors = ["too_long"]
    page.one(".composer textarea").send_keys("câu rất dài", Keys.ENTER)
    page.wait(lambda: page.shown(".trouble"))
    assert page.one(".trouble [role=alert]").text == ERRORS["too_long"][1]
    assert page.one(".composer textarea").get_property("value") == "câu rất dài"
    assert (page.all(".turn.user"), page.shown(".retry")) == ([], [])


def test_too_many_questions_count_down_to_the_next_try(page: Page, stand: Stand) -> None:
    stand.errors, stand.retry_after = ["rate"], 3
    page.one(".composer textarea").send_keys("giấy tờ cũ", Keys.ENTER)
    retry = page.wait(lambda: page.shown(".retry"))[0]
    assert not retry.is_enabled()
    assert "Anh/chị chờ 3 giây rồi gửi lại." in page.one(".trouble").text
    assert retry.text.startswith("Gửi lại sau ")
    page.wait(retry.is_enabled)
    assert retry.text == "Gửi lại"
    status_says(page, "gửi lại được rồi")
    counted = [text for _, text in page.heard() if "sau" in text]
    assert counted == [], "seconds are not read out one by one"
    retry.click()
    page.wait(lambda: len(page.bots()) == 2)


def test_without_a_network_it_says_so_and_sends_by_itself_when_it_is_back(page: Page, stand: Stand) -> None:
    page.ask("giấy tờ cũ")
    page.network(offline=True)
    page.wait(lambda: "Đang mất mạng" in page.one(".offline").text)
    page.one(".composer textarea").send_keys("câu lúc mất mạng", Keys.ENTER)
    alert = page.wait(lambda: page.shown(".trouble [role=alert]"))[0]
    assert "mất mạng" in alert.text
    assert len(stand.chats) == 1
    page.network(offline=False)
    page.wait(lambda: len(page.bots()) == 3)
    assert [chat["message"] for chat in stand.chats] == ["giấy tờ cũ", "câu lúc mất mạng"]
    assert page.shown(".offline, .trouble") == []


# --- session, history, erasing -------------------------------------------------------------------------------------


def test_the_conversation_is_there_after_a_reload_and_is_not_read_out(page: Page, stand: Stand) -> None:
    page.ask("khai sinh cần giấy tờ gì")
    page.press(".turn.bot:last-child .act.up")
    page.wait(lambda: stand.turns and next(iter(stand.turns.values()))[0]["ratings"])
    reload(page)
    assert "khai sinh cần giấy tờ gì" in page.all(".turn.user")[0].text
    assert page.one(".act.up").get_attribute("aria-pressed") == "true"
    assert WELCOME["text"][:20] not in page.one(".log").text
    assert [said for said in page.heard() if said[0] == "log"] == []
    page.wait(lambda: page.one(".log").get_attribute("aria-live") == "polite")
    page.ask("giấy tờ cũ")
    page.wait(lambda: any(SHORT_QUOTE in text for role, text in page.heard() if role == "log"))
    assert len(stand.sessions) == 1


def test_a_forgotten_session_is_replaced_and_the_question_answered(page: Page, stand: Stand) -> None:
    page.ask("giấy tờ cũ")
    stand.sessions.clear()
    page.ask("khai sinh")
    assert len(stand.sessions) == 1
    assert page.shown(".trouble") == []


def test_an_old_session_is_renewed_and_keeps_its_person(page: Page, stand: Stand) -> None:
    page.ask("giấy tờ cũ")
    page.js(
        "const k = 'tro-ly-so:session', s = JSON.parse(localStorage[k]);"
        "s.until = Date.now() + s.life / 3; localStorage[k] = JSON.stringify(s)"
    )
    page.ask("khai sinh")
    assert stand.renewed == 1
    assert [len(turns) for turns in stand.turns.values()] == [2]


def test_an_expired_session_starts_afresh(page: Page, stand: Stand) -> None:
    page.ask("giấy tờ cũ")
    page.js(
        "const k = 'tro-ly-so:session', s = JSON.parse(localStorage[k]);"
        "s.until = Date.now() - 1; localStorage[k] = JSON.stringify(s)"
    )
    reload(page)
    assert page.all(".turn.user") == []
    page.ask("khai sinh")
    assert len(stand.turns) == 2


def test_with_storage_blocked_it_works_as_long_as_the_page(driver: webdriver.Chrome, stand: Stand) -> None:
    page = fresh(driver, stand.url)
    block = (
        "for (const name of ['localStorage', 'sessionStorage'])"
        " Object.defineProperty(window, name, {get() { throw new Error('blocked') }})"
    )
    script = page.cdp("Page.addScriptToEvaluateOnNewDocument", source=block)
    try:
        driver.get(f"{stand.url}/chat")
        page.greeted()
        page.ask("giấy tờ cũ")
        page.ask("khai sinh")
        page.press(".large")
        assert page.one(".large").get_attribute("aria-pressed") == "true"
        assert len(stand.sessions) == 1
        assert page.problems() == []
    finally:
        page.cdp("Page.removeScriptToEvaluateOnNewDocument", identifier=script["identifier"])


def test_erasing_asks_first_and_then_nothing_is_left(page: Page, stand: Stand) -> None:
    page.ask("giấy tờ cũ")
    page.press(".erase")
    dialog = page.one(".confirm")
    assert dialog.get_attribute("role") == "alertdialog"
    assert "không lấy lại được" in dialog.text
    page.keys(Keys.ESCAPE)
    page.wait(lambda: not page.shown(".confirm"))
    assert len(page.all(".turn.user")) == 1
    page.press(".erase")
    page.one(".danger").click()
    status_says(page, "Đã xóa hội thoại")
    assert page.all(".turn.user") == []
    assert dict(stand.turns) == {}
    reload(page)
    assert page.all(".turn.user") == []
    assert len(stand.sessions) == 1


def test_erasing_ends_a_question_that_is_under_way(page: Page, stand: Stand) -> None:
    stand.broken = {"/api/session"}
    page.one(".composer textarea").send_keys("giấy tờ cũ", Keys.ENTER)
    status_says(page, "đang thử gửi lại")
    page.one(".erase").click()
    page.one(".danger").click()
    status_says(page, "Đã xóa hội thoại")
    assert (page.all(".turn.user"), page.shown(".trouble"), page.shown(".stop")) == ([], [], [])
    stand.broken = set()
    page.ask("khai sinh")
    assert [chat["message"] for chat in stand.chats] == ["khai sinh"]


def test_what_could_not_be_erased_stays_and_says_so(page: Page, stand: Stand) -> None:
    page.ask("giấy tờ cũ")
    stand.broken = {"/api/conversation"}
    page.press(".erase")
    page.one(".danger").click()
    status_says(page, "Chưa xóa được")
    assert len(page.all(".turn.user")) == 1


def _over(page: Page) -> None:
    """The clock of the page says that its session has expired."""
    page.js(
        "const k = 'tro-ly-so:session', s = JSON.parse(localStorage[k]);"
        "s.until = Date.now() - 1; localStorage[k] = JSON.stringify(s)"
    )


def _erase(page: Page) -> None:
    page.press(".erase")
    page.one(".danger").click()


@pytest.mark.parametrize("asked_on", [False, True])
def test_what_a_session_kept_that_is_over_is_erased_as_well(page: Page, stand: Stand, asked_on: bool) -> None:
    page.ask("giấy tờ cũ")
    stand.expire()
    _over(page)
    if asked_on:
        page.ask("khai sinh")
    assert len(stand.turns) == 1 + asked_on
    _erase(page)
    status_says(page, "Đã xóa hội thoại")
    assert (dict(stand.turns), page.all(".turn.user")) == ({}, [])
    assert len(stand.sessions) == asked_on, "no session is made to erase nothing with it"


@pytest.mark.parametrize("asked_on", [False, True])
def test_what_the_server_refuses_to_erase_is_not_called_erased(page: Page, stand: Stand, asked_on: bool) -> None:
    page.ask("giấy tờ cũ")
    stand.sessions.clear()  # as with a new SESSION_SECRET
    if asked_on:
        page.ask("khai sinh")
    for _ in range(2):
        _erase(page)
        status_says(page, "không xóa được hết")
        assert len(page.all(".turn.user")) == 1 + asked_on
    assert not any("Đã xóa" in text for _, text in page.heard())
    assert [turns[0]["asked"] for turns in stand.turns.values()] == ["giấy tờ cũ"]
    assert len(stand.sessions) == asked_on


def test_two_tabs_that_ask_together_for_the_first_time_share_one_session(page: Page, stand: Stand) -> None:
    first = page.driver.current_window_handle
    page.driver.switch_to.new_window("tab")
    page.driver.get(f"{stand.url}/chat")
    page.greeted()
    second = page.driver.current_window_handle
    try:
        for tab in (first, second):
            page.driver.switch_to.window(tab)
            page.js(
                "const send = fetch; window.fetch = async (url, options) => { const reply = await send(url, options);"
                " if (url.includes('/api/session')) await new Promise((go) => { window.go = go }); return reply }"
            )
            page.js("document.querySelector('tro-ly-so').send(arguments[0])", f"câu của thẻ {tab}")
            page.wait(lambda: page.js("return 'go' in window"), "the server has made a session for this tab")
        for tab in (first, second):
            page.driver.switch_to.window(tab)
            page.js("go()")
            page.wait(lambda: len(page.bots()) == 2)
        assert [len(turns) for turns in stand.turns.values()] == [2]
        _erase(page)
        status_says(page, "Đã xóa hội thoại")
        assert dict(stand.turns) == {}
    finally:
        page.driver.switch_to.window(second)
        page.driver.close()
        page.driver.switch_to.window(first)


def test_while_it_erases_questions_wait_in_the_box(page: Page, stand: Stand) -> None:
    page.ask("giấy tờ cũ")
    stand.open_erasing.clear()
    _erase(page)
    box = page.one(".composer textarea")
    box.send_keys("khai sinh", Keys.ENTER)
    status_says(page, "Đang xóa hội thoại")
    page.press(".reply")
    page.js("document.querySelector('tro-ly-so').send('câu của trang')")
    assert (box.get_property("value"), len(page.all(".turn.user")), len(stand.chats)) == ("khai sinh", 1, 1)
    stand.open_erasing.set()
    status_says(page, "Đã xóa hội thoại")
    page.wait(lambda: len(page.bots()) == 1, "the greeting")
    box.send_keys(Keys.ENTER)
    page.wait(lambda: len(page.bots()) == 2)
    assert [chat["message"] for chat in stand.chats] == ["giấy tờ cũ", "khai sinh"]


def test_a_question_that_waits_for_its_session_is_not_sent_after_an_erasure(page: Page, stand: Stand) -> None:
    page.js(
        "const send = fetch; window.fetch = async (url, options) => { const reply = await send(url, options);"
        " if (url.includes('/api/session')) await new Promise((go) => { window.go = go }); return reply }"
    )
    page.one(".composer textarea").send_keys("giấy tờ cũ", Keys.ENTER)
    page.wait(lambda: page.js("return 'go' in window"))
    page.press(".erase")
    page.one(".danger").click()
    status_says(page, "Đã xóa hội thoại")
    page.js("go()")
    page.ask("khai sinh")
    assert [chat["message"] for chat in stand.chats] == ["khai sinh"]


def test_large_letters_are_remembered_and_keep_the_place(page: Page) -> None:
    page.ask("lỡ bị lừa")
    size = "return parseFloat(getComputedStyle(arguments[0]).fontSize)"
    line = page.all(".turn.bot:last-child ol > li")[1]
    page.js("arguments[0].scrollIntoView({block: 'center'})", line)
    before, top = page.js(size, line), line.rect["y"]
    page.one(".large").click()
    assert page.js(size, line) > before * 1.3
    assert abs(line.rect["y"] - top) < 150
    assert page.too_wide() == []
    reload(page)
    assert page.one(".large").get_attribute("aria-pressed") == "true"


# --- what one does with an answer ----------------------------------------------------------------------------------


def test_a_thumb_can_be_given_changed_and_taken_back(page: Page, stand: Stand) -> None:
    page.ask("giấy tờ cũ")
    (turn,) = next(iter(stand.turns.values()))

    def pressed() -> list[str | None]:
        return [page.last(f".act.{name}").get_attribute("aria-pressed") for name in ("up", "down")]

    for name, rating, expected in (
        ("up", "up", ["true", "false"]),
        ("down", "down", ["false", "true"]),
        ("down", None, ["false", "false"]),
    ):
        page.press(f".act.{name}")
        wanted = [rating]
        page.wait(lambda: list(turn["ratings"].values()) == wanted)  # noqa: B023
        assert pressed() == expected


def test_a_reason_is_asked_for_and_never_demanded(page: Page, stand: Stand) -> None:
    page.ask("giấy tờ cũ")
    page.press(".act.down")
    page.wait(lambda: page.shown(".reason"))
    page.press(".reason .plain")
    assert page.shown(".reason") == []
    assert page.focused() == "act down"
    page.press(".act.down")
    page.press(".act.down")
    page.wait(lambda: page.shown(".reason"))
    page.one(".reason textarea").send_keys("Thiếu lệ phí")
    page.press(".reason .primary")
    page.wait(lambda: not page.shown(".reason"))
    assert list(stand.reasons.values()) == ["Thiếu lệ phí"]


def test_a_thumb_that_does_not_arrive_is_taken_back(page: Page, stand: Stand) -> None:
    page.ask("giấy tờ cũ")
    stand.broken = {"/api/feedback"}
    page.press(".act.up")
    status_says(page, "Chưa gửi được góp ý")
    assert page.one(".act.up").get_attribute("aria-pressed") == "false"


def test_small_talk_and_the_greeting_have_no_thumbs(page: Page) -> None:
    page.ask("cảm ơn")
    assert page.all(".act") == []


@pytest.mark.parametrize("clipboard", ["own", "none"])
def test_copying_brings_the_sources_along(page: Page, clipboard: str) -> None:
    if clipboard == "own":
        page.js(
            "Object.defineProperty(navigator, 'clipboard', {value: {writeText: async (t) => { window.copied = t }}})"
        )
    else:  # plain http: what would be copied is the selection
        page.js("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
        page.js(
            "document.execCommand = () => { const e = document.querySelector('tro-ly-so').shadowRoot.activeElement;"
            "window.copied = e.value.slice(e.selectionStart, e.selectionEnd); return true }"
        )
    page.ask("giấy tờ cũ")
    page.press(".act.copy")
    status_says(page, "Đã chép")
    copied = page.js("return window.copied")
    assert copied.startswith(
        f"Dạ, tài liệu có ghi:\n{SHORT_QUOTE} [1]\n\nNguồn:\n[1] Giấy tờ cũ sau sáp nhập · 190/2025/QH15"
    )
    assert copied.endswith("https://vanban.chinhphu.vn/nq190")


# --- reading -------------------------------------------------------------------------------------------------------


def test_who_reads_further_up_is_not_torn_away(page: Page, stand: Stand) -> None:
    page.ask("lỡ bị lừa")
    stand.open_gate.clear()
    page.one(".composer textarea").send_keys("giấy tờ cũ", Keys.ENTER)
    status_says(page, "Trợ lý đang tìm")  # by then the question itself has been scrolled to
    top = "return document.querySelector('tro-ly-so').shadowRoot.querySelector('.scroller').scrollTop"
    page.js("document.querySelector('tro-ly-so').shadowRoot.querySelector('.scroller').scrollTop = 40")
    page.wait(lambda: page.js(top) == 40)
    stand.open_gate.set()
    fresh_button = page.wait(lambda: page.shown(".fresh"))[0]
    assert fresh_button.text.startswith("Tin mới")
    assert page.js(top) == 40
    fresh_button.click()
    answer = page.bots()[-1]
    page.wait(lambda: 0 <= answer.rect["y"] < 400 or page.js(top) > 40)
    assert page.shown(".fresh") == []


def test_a_long_answer_is_shown_from_its_first_line(page: Page) -> None:
    answer = page.ask("lỡ bị lừa")
    bar = page.one(".tools").rect
    assert 0 <= answer.rect["y"] - (bar["y"] + bar["height"]) < 20


def test_a_keyboard_that_covers_the_page_shrinks_the_chat(page: Page) -> None:
    page.ask("giấy tờ cũ")
    for name, value in {"height": 400, "offsetTop": 20, "scale": 1}.items():
        page.js(
            "Object.defineProperty(visualViewport, arguments[0], {value: arguments[1], configurable: true})",
            name,
            value,
        )
    page.js("visualViewport.dispatchEvent(new Event('resize'))")
    box = page.one(".composer")
    assert box.rect["y"] + box.rect["height"] <= 400
    page.js("Object.defineProperty(visualViewport, 'height', {value: 740})")
    page.js("visualViewport.dispatchEvent(new Event('resize'))")
    assert box.rect["y"] + box.rect["height"] > 700


# --- launcher and panel --------------------------------------------------------------------------------------------


def test_on_a_phone_the_panel_is_a_modal_sheet_and_gives_the_focus_back(site: Page) -> None:
    launcher = site.one(".launcher")
    assert launcher.get_attribute("aria-expanded") == "false"
    launcher.click()
    site.greeted()
    panel = site.one(".panel")
    assert launcher.get_attribute("aria-controls") == panel.get_attribute("id")
    assert site.js("return arguments[0].matches(':modal')", panel)
    assert (panel.rect["width"], panel.rect["height"]) == (360, 740)
    assert launcher.get_attribute("aria-expanded") == "true"
    site.one(".close").click()
    assert site.shown(".panel") == []
    assert site.focused() == "launcher"
    assert site.problems() == []


def test_closing_leads_to_the_launcher_whoever_opened_it(site: Page) -> None:
    site.js("document.querySelector('nav a').focus(); TroLySo.open()")
    site.greeted()
    site.one(".close").click()
    assert site.focused() == "launcher"


def test_on_a_desk_the_panel_leaves_the_page_usable(site: Page) -> None:
    site.size(1280, 800, mobile=False)
    site.one(".launcher").click()
    site.greeted()
    panel = site.one(".panel")
    assert not site.js("return arguments[0].matches(':modal')", panel)
    assert site.js("return document.activeElement.shadowRoot.activeElement.tagName") == "TEXTAREA"
    site.driver.find_element("css selector", "nav a").click()
    assert panel.is_displayed()
    site.one(".composer textarea").click()
    site.keys(Keys.ESCAPE)
    site.wait(lambda: not site.shown(".panel"))
    assert site.focused() == "launcher"


def test_turning_the_phone_keeps_what_is_being_typed(site: Page) -> None:
    site.one(".launcher").click()
    site.greeted()
    site.one(".composer textarea").send_keys("đang gõ")
    site.size(1280, 800, mobile=False)
    panel = site.one(".panel")
    site.wait(lambda: not site.js("return arguments[0].matches(':modal')", panel))
    assert site.one(".composer textarea").get_property("value") == "đang gõ"
    assert site.js("return document.activeElement.shadowRoot.activeElement.tagName") == "TEXTAREA"


def _move(page: Page) -> None:
    page.js(
        "const place = document.createElement('div'); place.style.height = '700px'; document.body.append(place);"
        "place.append(document.querySelector('tro-ly-so'))"
    )


def test_moved_to_another_place_of_the_page_it_still_notices_the_network(page: Page, stand: Stand) -> None:
    _move(page)
    page.network(offline=True)
    page.wait(lambda: page.shown(".offline"))
    page.one(".composer textarea").send_keys("giấy tờ cũ", Keys.ENTER)
    page.wait(lambda: page.shown(".retry"))
    page.network(offline=False)
    page.wait(lambda: len(page.bots()) == 2)
    assert page.shown(".offline, .trouble") == []
    assert len(stand.chats) == 1


def test_moved_while_open_it_is_a_modal_sheet_again_and_closes_once(site: Page) -> None:
    site.js(
        "window.closings = 0; document.querySelector('tro-ly-so').addEventListener('tro-ly-so:close', () => closings++)"
    )
    site.one(".launcher").click()
    site.greeted()
    for _ in range(2):
        _move(site)
    panel = site.one(".panel")
    assert site.js("return arguments[0].matches(':modal')", panel)
    site.size(1280, 800, mobile=False)
    site.wait(lambda: not site.js("return arguments[0].matches(':modal')", panel))
    site.one(".composer textarea").click()
    site.keys(Keys.ESCAPE)
    site.wait(lambda: not site.shown(".panel"))
    assert site.js("return closings") == 1


def test_an_answer_that_comes_while_the_panel_is_closed_is_counted(site: Page, stand: Stand) -> None:
    site.one(".launcher").click()
    site.greeted()
    stand.open_gate.clear()
    site.one(".composer textarea").send_keys("giấy tờ cũ", Keys.ENTER)
    site.wait(lambda: stand.chats)
    site.one(".close").click()
    stand.open_gate.set()
    site.wait(lambda: site.one(".launcher").text == "Hỏi trợ lý\n1 tin mới")
    site.one(".launcher").click()
    site.one(".close").click()
    assert site.one(".launcher").text == "Hỏi trợ lý"


def test_nothing_is_asked_of_the_server_before_the_panel_is_opened(site: Page) -> None:
    calls = "return performance.getEntriesByType('resource').map(e => e.name).filter(n => n.includes('/api/'))"
    assert site.js(calls) == []
    site.one(".launcher").click()
    site.greeted()
    assert len(site.js(calls)) == 1


def test_the_launcher_steps_aside_from_what_has_the_focus(site: Page) -> None:
    site.js(
        "const a = document.createElement('button'); a.id = 'under'; a.textContent = 'x';"
        "Object.assign(a.style, {position: 'fixed', right: '20px', bottom: '20px'}); document.body.append(a); a.focus()"
    )
    under, launcher = site.driver.find_element("id", "under").rect, site.one(".launcher").rect
    assert launcher["x"] + launcher["width"] <= under["x"]
    site.js("document.activeElement.blur(); document.querySelector('nav a').focus()")
    assert site.one(".launcher").rect["x"] > launcher["x"]


def test_a_page_can_open_ask_listen_and_close(site: Page) -> None:
    site.js(
        "window.events = [];"
        "for (const n of ['open', 'message', 'close']) TroLySo.on(n, (e) => events.push([n, e.detail]))"
    )
    site.js("TroLySo.send('giấy tờ cũ')")
    site.wait(lambda: site.js("return events.length") == 2)
    site.js("TroLySo.close()")
    (opened, message, closed) = site.js("return events")
    assert (opened, closed) == (["open", None], ["close", None])
    assert message[1]["status"] == "answered"
    assert set(message[1]) == {"id", "status"}, "no word of what people write leaves the widget"


# --- on another site -----------------------------------------------------------------------------------------------


@pytest.fixture
def elsewhere(driver: webdriver.Chrome) -> Iterator[Callable[[str, str], tuple[Page, Stand]]]:
    """Opens a page of another origin with a tag of these attributes; the origin is allowed, or not."""
    hosts = []

    def visit(attributes: str, body: str = "", *, allowed: bool = True) -> tuple[Page, Stand]:
        host, bot = Stand(), Stand()
        bot.origins = [host.url] if allowed else []
        host.host_policy = f"default-src 'none'; script-src {bot.url}; connect-src {bot.url}; style-src 'self'"
        host.host_page = (
            f'<!doctype html><html lang="vi"><head><title>Trang khác</title>'
            f'<script src="{bot.url}/widget.js" async {attributes}></script></head>'
            f"<body><main><h1>Trang khác</h1>{body}</main></body></html>"
        )
        for stand in (host, bot):
            server = web_stand_in.served(stand)
            server.__enter__()
            hosts.append(server)
        page = fresh(driver, host.url)
        driver.get(f"{host.url}/host")
        page.wait(lambda: page.shown(".launcher, .panel"))
        return page, bot

    yield visit
    for server in hosts:
        server.__exit__(None, None, None)


def test_one_tag_works_on_a_strict_page_of_another_origin(elsewhere: Any) -> None:
    settings = (
        'data-title="Hỏi xã" data-color="#ffcc00" data-position="left" data-storage="session" '
        'data-privacy="https://a.vn/rieng-tu" data-help="tel:19001234" data-help-text="Gọi 1900 1234"'
    )
    page, bot = elsewhere(settings)
    launcher = page.one(".launcher")
    assert launcher.rect["x"] < 60
    assert page.js("return getComputedStyle(arguments[0]).color", launcher) == "rgb(0, 0, 0)", "readable on yellow"
    launcher.click()
    page.greeted()
    assert "Hỏi xã" in page.one(".titles").text
    links = {link.get_attribute("href"): link.text for link in page.all(".links a")}
    assert links["tel:19001234"] == "Gọi 1900 1234"
    assert "https://a.vn/rieng-tu" in links
    page.ask("giấy tờ cũ")
    assert len(bot.chats) == 1
    assert page.js("return [localStorage.length, sessionStorage.length > 0]")[1] is True
    assert page.js("return localStorage['tro-ly-so:session']") is None
    assert page.axe() == []
    assert page.problems() == []


def test_the_style_of_the_host_does_not_get_in(elsewhere: Any) -> None:
    page, _ = elsewhere("", "<p>x</p>")
    page.one(".launcher").click()
    page.greeted()
    script = (
        "const s = new CSSStyleSheet(); s.replaceSync('html{font-size:6px}"
        "*{color:red!important;font-size:7px!important} p,button{display:none!important}');"
        "document.adoptedStyleSheets = [s]"
    )
    page.js(script)
    assert page.one(".send").is_displayed()
    assert float(page.js("return parseFloat(getComputedStyle(arguments[0]).fontSize)", page.one(".send"))) >= 16


def test_an_origin_that_is_not_allowed_gets_a_plain_sentence(elsewhere: Any) -> None:
    page, bot = elsewhere("", allowed=False)
    page.one(".launcher").click()
    page.wait(lambda: page.bots())
    assert "Xin chào anh/chị" in page.bots()[0].text
    page.one(".composer textarea").send_keys("giấy tờ cũ", Keys.ENTER)
    alert = page.wait(lambda: page.shown(".trouble [role=alert]"))[0]
    assert "Không kết nối được" in alert.text
    assert bot.chats == []


def test_without_javascript_the_pages_say_what_to_do(driver: webdriver.Chrome, stand: Stand) -> None:
    page = fresh(driver, stand.url)
    page.cdp("Emulation.setScriptExecutionDisabled", value=True)
    try:
        for path in ("/", "/chat"):
            driver.get(f"{stand.url}{path}")
            notice = driver.find_element("css selector", "noscript p")
            assert notice.is_displayed()
            assert "bật JavaScript" in notice.text
    finally:
        page.cdp("Emulation.setScriptExecutionDisabled", value=False)


def test_a_script_that_never_arrives_leaves_a_way_on(driver: webdriver.Chrome, stand: Stand) -> None:
    page = fresh(driver, stand.url)
    stand.broken = {"/widget.js"}
    driver.get(f"{stand.url}/chat")
    assert "bộ phận một cửa" in driver.find_element("css selector", "tro-ly-so").text
    assert page.shown(".panel") == []


def test_times_of_other_days_carry_their_date(page: Page, stand: Stand) -> None:
    page.ask("giấy tờ cũ")
    (turn,) = next(iter(stand.turns.values()))
    yesterday = datetime.now(UTC) - timedelta(days=2)
    turn["at"] = yesterday.isoformat()
    reload(page)
    day = page.js("const d = new Date(arguments[0]); return `ngày ${d.getDate()}/${d.getMonth() + 1}`", turn["at"])
    assert day in page.all(".turn.user .who")[0].text
