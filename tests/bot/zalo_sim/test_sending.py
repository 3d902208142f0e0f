"""What a bot may send, to whom, when, how often, and what can go wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from bot.zalo_sim import Call, Fault, FaultKind, Simulator
from bot.zalo_sim.errors import NoSuchButtonError
from bot.zalo_sim.people import Author
from tests.bot.zalo_sim.conftest import Bot, Listener

DAY_S = 86_400


def button(type_: str = "oa.query.show", payload: Any = "#nop-ho-so", title: str = "Nộp hồ sơ") -> dict[str, Any]:
    return {"title": title, "type": type_, "payload": payload}


def with_buttons(*buttons: dict[str, Any], text: str = "Chọn") -> dict[str, Any]:
    return {"text": text, "attachment": {"type": "template", "payload": {"buttons": list(buttons)}}}


def media(**element: Any) -> dict[str, Any]:
    return {"attachment": {"type": "template", "payload": {"template_type": "media", "elements": [element]}}}


@pytest.fixture
def zalo() -> Iterator[Simulator]:
    """Where somebody wrote already, so that they can be answered."""
    with Simulator() as simulator:
        simulator.send_text("2001", "xin chào")
        yield simulator


def test_a_text_reaches_the_phone(zalo: Simulator, bot: Bot) -> None:
    answer = bot.send({"text": "Dạ, chào bà con", "quote_message_id": "m-1"})
    (bubble,) = zalo.received("2001")
    assert (bubble.text, bubble.author, bubble.quoted, bubble.quota) == ("Dạ, chào bà con", Author.BOT, "m-1", "reply")
    assert (answer["error"], answer["message"]) == (0, "Success")
    assert answer["data"] == {
        "message_id": bubble.message_id,
        "user_id": "2001",
        "sent_time": str(int(zalo.clock.now() * 1000)),
        "quota": {"quota_type": "reply"},
    }
    (call,) = zalo.calls()
    assert (call.name, call.status, call.error, call.user_id) == ("POST /v3.0/oa/message/cs", 200, 0, "2001")


GOOD = [
    {"text": "a"},
    {"text": "ộ" * 2000},
    with_buttons(*[button(title="t" * 100, payload="p" * 1000)] * 5),
    with_buttons(button("oa.query.hide")),
    with_buttons(button("oa.open.url", {"url": "https://dichvucong.gov.vn/"})),
    with_buttons(button("oa.open.phone", {"phone_code": "18001096"})),
    with_buttons(button("oa.open.sms", {"phone_code": "18001096", "content": "x" * 160})),
    media(media_type="image", url="https://example.com/a.png"),
    media(media_type="sticker", attachment_id="abc"),
    media(media_type="gif", url="https://example.com/a.gif", width=10, height=10),
]
OVER_LIMIT = [
    {"text": "a" * 2001},
    with_buttons(*[button()] * 6),
    with_buttons(button(title="t" * 101)),
    with_buttons(button(payload="p" * 1001)),
    with_buttons(button("oa.open.sms", {"phone_code": "18001096", "content": "x" * 161})),
]
WRONG: list[Any] = [
    None,
    {},
    [],
    "chào",
    {"text": ""},
    {"text": " \n"},
    {"text": 5},
    {"text": "a", "extra": 1},
    {"text": "a", "quote_message_id": ""},
    with_buttons(button(), text=""),
    with_buttons(),
    with_buttons(button("user_click_button")),
    with_buttons(button("oa.query.show", {"payload": "x"})),
    with_buttons(button("oa.query.show", "")),
    with_buttons(button("oa.open.url", "https://dichvucong.gov.vn")),
    with_buttons(button("oa.open.url", {"url": "javascript:alert(1)"})),
    with_buttons(button("oa.open.phone", "18001096")),
    with_buttons(button(title="")),
    with_buttons({"title": "thiếu loại", "payload": "x"}),
    media(media_type="image"),
    media(media_type="image", url="https://example.com/a.png", attachment_id="abc"),
    media(media_type="gif", url="https://example.com/a.gif"),
]
UNSUPPORTED: list[Any] = [
    {"attachment": {"type": "file", "payload": {"token": "abc"}}},
    {"attachment": {"type": "template", "payload": {"template_type": "list", "elements": []}}},
    {"text": "a", "attachment": {"type": "template", "payload": {"template_type": "button", "buttons": [button()]}}},
]


@pytest.fixture(scope="module")
def clerk() -> Iterator[Bot]:
    """One bot for all that is only read: whoever checks messages keeps nothing of those that are refused."""
    with Simulator(per_minute=1000) as zalo:
        zalo.send_text("2001", "xin chào")
        yield Bot(zalo)


@pytest.mark.parametrize("message", GOOD, ids=range(len(GOOD)))
def test_what_the_documentation_allows_is_accepted(clerk: Bot, message: Any) -> None:
    assert clerk.error(message) == 0


@pytest.mark.parametrize(
    ("message", "code"),
    [
        *((message, -210) for message in OVER_LIMIT),
        *((message, -201) for message in WRONG),
        *((message, -233) for message in UNSUPPORTED),
    ],
)
def test_what_it_does_not_allow_is_refused_with_its_code(clerk: Bot, message: Any, code: int) -> None:
    received = clerk.zalo.received("2001")
    assert clerk.error(message) == code
    assert clerk.zalo.received("2001") == received
    assert clerk.zalo.calls()[-1].error == code


@pytest.mark.parametrize(
    "recipient",
    [
        {"user_id": "nobody"},
        {"user_id": 2001},
        {"user_id": "2001", "x": 1},
        {"message_id": "none"},
        {"x": "y"},
        [],
        "x",
    ],
)
def test_a_recipient_who_is_none_is_refused(clerk: Bot, recipient: Any) -> None:
    assert clerk.post("/v3.0/oa/message/cs", {"recipient": recipient, "message": {"text": "a"}}).json()["error"] == -201


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"[]", b"\xff\xfe", b"null", b'{"recipient":{}}', b"[" * 60_000, b" " * 70_000]
)
def test_a_body_that_is_no_request_is_refused(clerk: Bot, raw: bytes) -> None:
    headers = {"access_token": clerk.token, "content-type": "application/json"}
    response = httpx.post(f"{clerk.zalo.url}/v3.0/oa/message/cs", content=raw, headers=headers, trust_env=False)
    assert (response.status_code, response.json()["error"]) == (200, -201)


def test_a_form_is_no_json(bot: Bot) -> None:
    headers = {"access_token": bot.token}
    body = json.dumps({"recipient": {"user_id": "2001"}, "message": {"text": "a"}}).encode()
    response = httpx.post(f"{bot.zalo.url}/v3.0/oa/message/cs", content=body, headers=headers, trust_env=False)
    assert response.json()["error"] == -201


# --- who may be written to -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("age_s", "code", "quota"),
    [(0, 0, "reply"), (2 * DAY_S, 0, "reply"), (2 * DAY_S + 1, 0, ""), (7 * DAY_S, 0, ""), (7 * DAY_S + 1, -230, None)],
)
def test_the_window_closes_after_seven_days_and_costs_after_two(
    zalo: Simulator, bot: Bot, age_s: int, code: int, quota: str | None
) -> None:
    zalo.clock.advance(age_s)
    bot.token = zalo.issue_tokens().access_token
    answer = bot.send({"text": "a"})
    assert answer["error"] == code
    assert [bubble.quota for bubble in zalo.received("2001")] == ([] if quota is None else [quota])
    assert ("quota" in answer.get("data", {})) == bool(quota)


def test_following_and_pressing_open_the_window_again_and_unfollowing_does_not(zalo: Simulator, bot: Bot) -> None:
    bot.send(with_buttons(button("oa.query.hide")))
    zalo.clock.advance(8 * DAY_S)
    bot.token = zalo.issue_tokens().access_token
    zalo.act("2001", "unfollow")
    assert bot.error({"text": "a"}) == -230
    zalo.press("2001", zalo.received("2001")[0])
    assert bot.error({"text": "a"}) == 0
    zalo.clock.advance(8 * DAY_S)
    bot.token = zalo.issue_tokens().access_token
    zalo.act("2001", "follow")
    assert bot.error({"text": "a"}) == 0


def test_who_never_wrote_or_withdrew_cannot_be_written_to(zalo: Simulator, bot: Bot) -> None:
    zalo.act("2002", "unfollow")
    assert bot.error({"text": "a"}, {"user_id": "2002"}) == -232
    zalo.act("2001", "user_withdraw")
    assert bot.error({"text": "a"}) == -232
    assert zalo.received("2001") == []


def test_one_message_is_answered_at_most_eight_times_by_its_id(zalo: Simulator, bot: Bot) -> None:
    written = zalo.deliveries()[0].message_id
    codes = [bot.error({"text": str(n)}, {"message_id": written}) for n in range(9)]
    assert codes == [0] * 8 + [-218]
    assert bot.error({"text": "theo người"}) == 0


@pytest.mark.parametrize("on_v3", [False, True])
def test_a_visitor_without_an_account_is_answered_where_zalo_says(on_v3: bool) -> None:
    with Simulator(anonymous_on_v3=on_v3) as zalo:
        bot = Bot(zalo)
        zalo.send_anonymous("2009", "77", "khách")
        visitor, old = {"anonymous_id": "2009", "conversation_id": "77"}, "/v2.0/oa/message"
        assert bot.error({"text": "a"}, visitor, old) == (-240 if on_v3 else 0)
        assert bot.error({"text": "a"}, visitor) == (0 if on_v3 else -201)
        assert bot.error({"text": "a"}, visitor | {"conversation_id": "78"}, old) == (-240 if on_v3 else -201)
        assert bot.error({"text": "a"}, {"user_id": "2009"}) == -201
        assert bot.error({"text": "a"}, {"user_id": "2009"}, old) == -240
        assert len(zalo.received("2009")) == 1


# --- tokens, rates, other calls ------------------------------------------------------------------------------------


def test_a_token_that_is_wrong_expired_or_revoked_is_refused(zalo: Simulator, bot: Bot) -> None:
    good, bot.token = bot.token, "wrong"
    assert bot.error({"text": "a"}) == -216
    bot.token = good
    zalo.clock.advance(25 * 3600 - 1)
    assert bot.error({"text": "a"}) == 0
    zalo.clock.advance(1)
    assert bot.error({"text": "a"}) == -220
    bot.token = zalo.issue_tokens().access_token
    zalo.revoke_access_tokens()
    assert bot.error({"text": "a"}) == -216


def test_the_rate_of_a_minute_is_limited() -> None:
    with Simulator(per_minute=3) as zalo:
        bot = Bot(zalo)
        zalo.send_text("2001", "xin chào")
        zalo.clock.advance(60 - zalo.clock.now() % 60)
        body = {"recipient": {"user_id": "2001"}, "message": {"text": "a"}}
        left = []
        for _ in range(5):
            response = bot.post("/v3.0/oa/message/cs", body)
            left.append((response.json()["error"], response.headers["x-ratelimit-remain"]))
            assert response.headers["x-ratelimit-limit"] == "3"
        assert left == [(0, "2"), (0, "1"), (0, "0"), (-32, "0"), (-32, "0")]
        zalo.clock.advance(60)
        assert bot.error({"text": "a"}) == 0


def test_the_account_and_the_quota_can_be_asked(zalo: Simulator, bot: Bot) -> None:
    response = httpx.get(f"{zalo.url}/v2.0/oa/getoa", headers={"access_token": bot.token}, trust_env=False).json()
    assert response["error"] == 0
    assert response["data"]["oa_id"] == zalo.credentials.oa_id
    assert httpx.get(f"{zalo.url}/v2.0/oa/getoa", trust_env=False).json()["error"] == -216
    quota = bot.post("/v3.0/oa/quota/message", {"user_id": "2001"}).json()
    assert quota["data"]["last_interaction"] == str(int(zalo.clock.now() * 1000))
    assert bot.post("/v3.0/oa/quota/message", {"user_id": "none"}).json()["error"] == -201


# --- echoes --------------------------------------------------------------------------------------------------------


def test_echoes_come_only_when_switched_on(zalo: Simulator, bot: Bot, listener: Listener) -> None:
    bot.send({"text": "không ai nghe"})
    assert zalo.write_as_staff("2001", "cán bộ") is None
    zalo.see("2001")
    assert zalo.deliver_due() == []

    zalo.switches(oa_send_text=True, user_received_message=True, user_seen_message=True)
    sent = bot.send({"text": "chào bà con"})["data"]["message_id"]
    zalo.write_as_staff("2001", "để tôi xem", "990011")
    zalo.see("2001")
    assert zalo.see("2001") is None
    zalo.deliver_due()
    echo, received, by_hand, seen = (json.loads(event.body) for event in listener.events)
    assert echo["event_name"] == "oa_send_text"
    assert echo["sender"] == {"id": zalo.credentials.oa_id}
    assert echo["recipient"] == {"id": "2001"}
    assert echo["message"] == {"text": "chào bà con", "msg_id": sent}
    assert (received["event_name"], received["message"]) == ("user_received_message", {"msg_id": sent})
    assert by_hand["sender"] == {"id": zalo.credentials.oa_id, "admin_id": "990011"}
    assert seen["event_name"] == "user_seen_message"
    assert seen["message"]["msg_ids"] == [sent, by_hand["message"]["msg_id"]]


# --- buttons -------------------------------------------------------------------------------------------------------


def test_a_press_comes_as_a_text_and_shows_only_where_it_should(zalo: Simulator, bot: Bot, listener: Listener) -> None:
    link = button("oa.open.url", {"url": "https://dichvucong.gov.vn"})
    bot.send(with_buttons(button(payload="#hien"), button("oa.query.hide", "#an"), link))
    (bubble,) = zalo.received("2001")
    zalo.press("2001", bubble, 0)
    zalo.press("2001", bubble, 1)
    zalo.deliver_due()
    pressed = [json.loads(event.body) for event in listener.events]
    assert [(event["event_name"], event["message"]["text"]) for event in pressed] == [
        ("user_send_text", "#hien"),
        ("user_send_text", "#an"),
    ]
    state = httpx.get(f"{zalo.url}/sim/state", params={"person": "2001"}, trust_env=False).json()
    assert [(b["text"], b["hidden"]) for b in state["bubbles"][-2:]] == [("#hien", False), ("#an", True)]
    for number in (2, 3):
        with pytest.raises(NoSuchButtonError):
            zalo.press("2001", bubble, number)


# --- faults --------------------------------------------------------------------------------------------------------


def test_the_next_sends_fail_with_the_code_that_was_asked_for(zalo: Simulator, bot: Bot) -> None:
    zalo.faults.fail(2, -211)
    assert [bot.error({"text": "a"}) for _ in range(3)] == [-211, -211, 0]
    assert len(zalo.received("2001")) == 1


def test_a_fault_waits_for_a_call_that_is_allowed_in(zalo: Simulator, bot: Bot) -> None:
    zalo.faults.fail(1, -200)
    good, bot.token = bot.token, "wrong"
    assert bot.error({"text": "a"}) == -216
    bot.token = good
    assert bot.error({"text": "a"}) == -200


def test_every_nth_call_fails_and_faults_can_be_cleared(zalo: Simulator, bot: Bot) -> None:
    zalo.faults.every(3, Fault(FaultKind.ERROR, -200))
    assert [bot.error({"text": "a"}) for _ in range(6)] == [0, 0, -200, 0, 0, -200]
    zalo.faults.fail(5, -200)
    assert zalo.faults.waiting()["message"] == 5
    zalo.faults.clear()
    assert [bot.error({"text": "a"}) for _ in range(3)] == [0, 0, 0]


def send_and_lose(bot: Bot) -> type[Exception]:
    with pytest.raises(httpx.TransportError) as caught:
        bot.post("/v3.0/oa/message/cs", {"recipient": {"user_id": "2001"}, "message": {"text": "a"}}, timeout=0.3)
    return caught.type


def test_an_answer_that_never_comes_says_nothing_about_the_message(zalo: Simulator, bot: Bot) -> None:
    zalo.faults.time_out(1)
    assert send_and_lose(bot) is httpx.ReadTimeout
    assert zalo.received("2001") == []
    zalo.faults.stall(1)
    assert send_and_lose(bot) is httpx.ReadTimeout
    assert len(zalo.received("2001")) == 1
    zalo.faults.drop(1)
    assert send_and_lose(bot) is httpx.RemoteProtocolError
    assert len(zalo.received("2001")) == 2
    assert [call.note for call in zalo.calls()] == ["silence", "stall", "drop"]
    assert bot.error({"text": "a"}) == 0


def test_a_call_that_is_refused_anyway_is_refused_before_it_is_dropped(zalo: Simulator, bot: Bot) -> None:
    zalo.faults.drop(1)
    assert bot.error({"text": ""}) == -201


def test_a_server_error_does_nothing(zalo: Simulator, bot: Bot) -> None:
    zalo.faults.server_error(1)
    body = {"recipient": {"user_id": "2001"}, "message": {"text": "a"}}
    assert bot.post("/v3.0/oa/message/cs", body).status_code == 500
    assert zalo.received("2001") == []
    assert bot.error({"text": "a"}) == 0


def test_a_fault_belongs_to_one_kind_of_call(zalo: Simulator, bot: Bot) -> None:
    zalo.faults.fail(1, -224, on=Call.ACCOUNT)
    assert bot.error({"text": "a"}) == 0
    headers = {"access_token": bot.token}
    assert httpx.get(f"{zalo.url}/v2.0/oa/getoa", headers=headers, trust_env=False).json()["error"] == -224


def test_waiting_for_what_never_comes_ends(zalo: Simulator) -> None:
    with pytest.raises(TimeoutError):
        zalo.wait_received("2001", 1, timeout_s=0.1)
