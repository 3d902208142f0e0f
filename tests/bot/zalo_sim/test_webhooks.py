"""Webhooks as Zalo delivers them: signed bytes, a time limit, five more tries, then silence."""

from __future__ import annotations

import hashlib
import json

import pytest

from bot.zalo_sim import Clock, Credentials, Simulator, wire
from bot.zalo_sim.courier import RETRY_AFTER_S, DeliveryState, Outcome
from bot.zalo_sim.errors import WebhookRefusedError
from tests.bot.zalo_sim.conftest import Listener

VECTOR = (
    '{"app_id":"1000000000000000001","sender":{"id":"2001"},"user_id_by_app":"3001","recipient":{"id":"4001"},'
    '"event_name":"user_send_text","message":{"text":"Xin chào","msg_id":"m-001"},"timestamp":"1767225600123"}'
).encode()
VECTOR_MAC = "mac=7d5d4b77e0d23a6a0e7317b897f7d492eef9922d4ad3715c330eea7cfc6225e8"


def test_the_signature_is_that_of_the_known_example() -> None:
    assert len(VECTOR) == 211
    assert wire.signature("1000000000000000001", VECTOR, "1767225600123", "test-oa-secret") == VECTOR_MAC


def test_a_text_is_put_on_the_wire_byte_for_byte_as_in_the_example() -> None:
    message = {"text": "Xin chào", "msg_id": "m-001"}
    app_id, stamp = "1000000000000000001", "1767225600123"
    assert wire.from_person(app_id, "4001", "2001", "3001", "user_send_text", message, stamp) == VECTOR


def test_what_arrives_is_signed_over_its_very_bytes(zalo: Simulator, listener: Listener) -> None:
    zalo.send_text("2001", "Hồ sơ \u1ed9 “khẩn” 🙏")
    (attempt,) = zalo.deliver_due()
    assert (attempt.outcome, attempt.status, attempt.retry) == (Outcome.OK, 200, 0)
    (event,) = listener.events
    fields = json.loads(event.body)
    keys = zalo.credentials
    digest = hashlib.sha256(
        keys.app_id.encode() + event.body + fields["timestamp"].encode() + keys.oa_secret.encode()
    ).hexdigest()
    assert event.headers["x-zevent-signature"] == f"mac={digest}"
    assert event.headers["content-type"] == "application/json"
    assert "num_retry" not in event.headers
    assert (fields["app_id"], fields["sender"]["id"], fields["recipient"]["id"]) == (keys.app_id, "2001", keys.oa_id)
    assert fields["message"]["text"] == "Hồ sơ \u1ed9 “khẩn” 🙏"
    assert fields["timestamp"].isdigit()


def test_a_refused_event_comes_again_on_the_schedule_and_then_the_webhook_is_off(
    zalo: Simulator, listener: Listener
) -> None:
    listener.answers = [500, 404, 302, 201, 403, 500]
    zalo.send_text("2001", "một")
    assert [attempt.retry for attempt in zalo.deliver_due()] == [0]
    for retry, seconds in enumerate(RETRY_AFTER_S, 1):
        zalo.clock.advance(seconds - 1)
        assert zalo.deliver_due() == []
        zalo.clock.advance(1)
        assert [attempt.retry for attempt in zalo.deliver_due()] == [retry]
        assert listener.events[-1].headers["num_retry"] == str(retry)
    assert RETRY_AFTER_S == (30, 300, 900, 1800, 3600)
    assert len({(event.body, event.headers["x-zevent-signature"]) for event in listener.events}) == 1
    assert not zalo.webhook_enabled
    assert zalo.deliveries()[0].state == DeliveryState.LOST

    zalo.send_text("2001", "hai")
    zalo.clock.advance(86_400)
    assert zalo.deliver_due() == []
    assert len(listener.events) == 6

    zalo.register_webhook(f"{listener.url}/zalo/webhook")
    zalo.send_text("2001", "ba")
    assert [attempt.outcome for attempt in zalo.deliver_due()] == [Outcome.OK]


def test_the_webhook_that_goes_off_takes_what_was_waiting_with_it(zalo: Simulator, listener: Listener) -> None:
    listener.answers = [500] * 7
    zalo.send_text("2001", "một")
    for seconds in RETRY_AFTER_S:
        zalo.deliver_due()
        zalo.clock.advance(seconds)
    zalo.send_text("2001", "hai")
    zalo.deliver_due()
    assert not zalo.webhook_enabled
    assert [delivery.state for delivery in zalo.deliveries()] == [DeliveryState.LOST] * 2


def test_an_answer_that_comes_too_late_is_none() -> None:
    with Simulator(answer_limit_s=1.0) as zalo, Listener() as listener:
        zalo.register(listener.url)
        listener.answers = ["never"]
        zalo.send_text("2001", "một")
        (attempt,) = zalo.deliver_due()
        assert (attempt.outcome, attempt.status) == (Outcome.TIMEOUT, None)
        zalo.clock.advance(30)
        assert [attempt.outcome for attempt in zalo.deliver_due()] == [Outcome.OK]


def test_the_limit_is_two_seconds_unless_a_test_says_otherwise(zalo: Simulator) -> None:
    assert zalo._world.courier._limit_s == 2.0


def test_a_bot_that_is_down_is_tried_again(zalo: Simulator) -> None:
    with Listener() as listener:
        zalo.register(listener.url)
    zalo.send_text("2001", "một")
    (attempt,) = zalo.deliver_due()
    assert (attempt.outcome, attempt.status) == (Outcome.UNREACHABLE, None)
    assert zalo.deliveries()[0].due == zalo.clock.now() + 30


def test_saving_the_address_sends_an_unsigned_empty_object(zalo: Simulator) -> None:
    with Listener() as listener:
        zalo.register(listener.url)
        (probe,) = listener.events
        assert probe.body == b"{}"
        assert "x-zevent-signature" not in probe.headers
        assert zalo.webhook_enabled


@pytest.mark.parametrize("answer", [204, 301, 403, 500])
def test_an_address_that_does_not_say_200_is_not_saved(zalo: Simulator, answer: int) -> None:
    with Listener(answers=[answer]) as listener, pytest.raises(WebhookRefusedError, match=str(answer)):
        zalo.register(listener.url)
    assert not zalo.webhook_enabled


@pytest.mark.parametrize("url", ["", "ftp://a/b", "not an address", "http://", "http://127.0.0.1:1/x"])
def test_an_address_that_leads_nowhere_is_not_saved(zalo: Simulator, url: str) -> None:
    with pytest.raises(WebhookRefusedError):
        zalo.register_webhook(url)
    assert not zalo.webhook_enabled


def test_an_event_whose_switch_is_off_is_not_sent(zalo: Simulator, listener: Listener) -> None:
    zalo.switches(user_send_text=False)
    zalo.send_text("2001", "một")
    assert zalo.deliver_due() == []
    assert zalo.deliveries()[0].state == DeliveryState.UNSUBSCRIBED
    zalo.switches(user_send_text=True)
    zalo.send_text("2001", "hai")
    assert len(zalo.deliver_due()) == 1


def test_a_lost_answer_brings_the_same_event_again(zalo: Simulator, listener: Listener) -> None:
    zalo.faults.lose_answers(2)
    zalo.send_text("2001", "một")
    outcomes = []
    for seconds in (30, 300, 0):
        outcomes += [attempt.outcome for attempt in zalo.deliver_due()]
        zalo.clock.advance(seconds)
    assert outcomes == [Outcome.ANSWER_LOST, Outcome.ANSWER_LOST, Outcome.OK]
    assert len({event.body for event in listener.events}) == 1
    assert [event.headers.get("num_retry") for event in listener.events] == [None, "1", "2"]


def test_an_event_can_be_delivered_again_by_hand(zalo: Simulator, listener: Listener) -> None:
    sent = zalo.send_text("2001", "một")
    zalo.deliver_due()
    assert zalo.redeliver(sent.delivery_id).retry == 1
    assert [event.body for event in listener.events] == [sent.body] * 2
    with pytest.raises(KeyError):
        zalo.redeliver(99)


def test_every_kind_of_event_has_its_shape(zalo: Simulator, listener: Listener) -> None:
    sticker = {"attachments": [{"type": "sticker", "payload": {"id": "1", "url": "https://example.com/1.png"}}]}
    zalo.send("2001", "user_send_sticker", sticker)
    zalo.send_anonymous("2002", "77", "khách")
    zalo.act("2001", "follow")
    zalo.act("2001", "user_click_chatnow")
    zalo.act("2001", "user_withdraw")
    zalo.deliver_due()
    sent, visitor, follow, chat, withdraw = (json.loads(event.body) for event in listener.events)
    assert sent["message"]["attachments"] == sticker["attachments"]
    assert sent["message"]["msg_id"]
    assert visitor["event_name"] == "anonymous_send_text"
    assert visitor["message"]["conversation_id"] == "77"
    assert (follow["follower"], follow["oa_id"]) == ({"id": "2001"}, zalo.credentials.oa_id)
    assert chat["user_id"] == withdraw["user_id"] == "2001"
    assert all("message" not in event for event in (follow, chat, withdraw))
    stamps = [int(event["timestamp"]) for event in (sent, visitor, follow, chat, withdraw)]
    assert stamps == sorted(set(stamps))


def test_an_event_can_be_dated(zalo: Simulator, listener: Listener) -> None:
    sent = zalo.send_text("2001", "hôm kia", at=1_767_225_600.5, quote="m-7")
    assert sent.timestamp == "1767225600500"
    assert json.loads(sent.body)["message"]["quote_msg_id"] == "m-7"


def test_by_itself_it_delivers_and_retries_on_a_fast_clock() -> None:
    with Simulator(clock=Clock(speed=10_000), automatic=True) as zalo, Listener(answers=[200, 500]) as listener:
        zalo.register(listener.url)
        sent = zalo.send_text("2001", "một")
        zalo.wait_until(lambda: zalo.deliveries()[0].state == DeliveryState.DELIVERED)
        assert [attempt.outcome for attempt in zalo.deliveries()[0].attempts] == [Outcome.REFUSED, Outcome.OK]
        assert [event.body for event in listener.events] == [b"{}", sent.body, sent.body]


def test_many_events_are_delivered_side_by_side_each_once(zalo: Simulator, listener: Listener) -> None:
    sent = [zalo.send_text(str(2000 + n % 7), f"tin {n}") for n in range(100)]
    assert len(zalo.deliver_due(side_by_side=16)) == 100
    assert sorted(event.body for event in listener.events) == sorted(delivery.body for delivery in sent)
    assert zalo.deliver_due() == []


def test_other_keys_sign_otherwise() -> None:
    with Simulator(credentials=Credentials(oa_secret="khác")) as other, Simulator() as zalo:
        assert other.sign(b"{}", "1") != zalo.sign(b"{}", "1")


def test_a_clock_goes_forward_only() -> None:
    clock = Clock(speed=0, start=100)
    assert clock.now() == clock.now() == 100
    clock.advance(5)
    assert clock.now() == 105
    with pytest.raises(ValueError, match="forward"):
        clock.advance(-1)
    for speed in (-1, float("nan"), 1e9):
        with pytest.raises(ValueError, match="speed"):
            clock.speed = speed
    clock.speed = 1000
    assert clock.now() >= 105
