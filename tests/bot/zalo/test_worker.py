"""Answers to what people write: in order, once, in time, and what each error of Zalo leads to."""

from __future__ import annotations

import asyncio
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.chat import RefusedMessageError
from bot.schemas import Button, MessageOut
from bot.zalo.errors import Kind, refusal
from retrieval.records import Status
from tests.bot.zalo.fake import OA_ID, FakeZalo, Fault, event, text_event
from tests.bot.zalo.support import HURRY, Clock, FakeChat, Office, office, says, sentence, soon

ME = "2001"


def _run(fake: FakeZalo, folder: Path, scenario: Any, **options: Any) -> Any:
    async def run() -> Any:
        async with office(fake, folder, **options) as here:
            return await scenario(here)

    return asyncio.run(run())


def test_a_question_is_answered(fake: FakeZalo, tmp_path: Path) -> None:
    async def scenario(here: Office) -> None:
        await here.say("Nộp hồ sơ ở đâu?")
        counts = await here.rest()
        assert here.chat.asked == [("zalo:2001", "Nộp hồ sơ ở đâu?")]
        assert fake.texts(ME) == ["Đáp: Nộp hồ sơ ở đâu?"]
        assert fake.taken[0].path == "/v3.0/oa/message/cs"
        assert counts == {"done": 1, "part_sent": 1, "quota_reply": 1, "last_ms": here.clock()}
        assert await here.alarms() == set()

    _run(fake, tmp_path, scenario)


def test_messages_of_one_person_are_answered_one_at_a_time_in_the_order_of_zalos_clock(
    fake: FakeZalo, tmp_path: Path
) -> None:
    async def scenario(here: Office) -> None:
        gate = asyncio.Event()

        async def behave(sender: str, text: str) -> list[MessageOut]:
            await gate.wait()
            return [says(text)]

        here.chat.behave = behave
        await here.say("một", at_ms=here.clock() - 5000)
        await soon(lambda: _true(here.chat.asked), "the first is asked")
        for text, earlier in (("bốn", 1000), ("hai", 4000), ("ba", 3000)):
            await here.say(text, at_ms=here.clock() - earlier)
        gate.set()
        await here.rest()
        assert fake.texts(ME) == ["một", "hai", "ba", "bốn"]
        assert here.chat.most_at_once["zalo:2001"] == 1

    _run(fake, tmp_path, scenario)


def test_people_do_not_wait_for_one_another_but_not_everybody_is_served_at_once(fake: FakeZalo, tmp_path: Path) -> None:
    async def scenario(here: Office) -> None:
        gate = asyncio.Event()

        async def behave(sender: str, text: str) -> list[MessageOut]:
            await gate.wait()
            return [says(text)]

        here.chat.behave = behave
        for person in range(5):
            await here.say("chào", str(person))
        await soon(lambda: _true(len(here.chat.asked) == 3), "three are asked")
        gate.set()
        await here.rest()
        assert here.chat.most_at_once[""] == 3
        assert [fake.texts(str(person)) for person in range(5)] == [["chào"]] * 5

    _run(fake, tmp_path, scenario, pace=replace(HURRY, people_at_once=3))


def test_an_event_that_comes_three_times_is_answered_once(fake: FakeZalo, tmp_path: Path) -> None:
    async def scenario(here: Office) -> None:
        data = text_event("Chào", "m-1", here.clock())
        for _ in range(3):
            assert (await here.send(data, num_retry="1")).status_code == 200
            await here.rest()
        assert fake.texts(ME) == ["Đáp: Chào"]
        assert here.zalo.metrics.redeliveries._value.get() == 3

    _run(fake, tmp_path, scenario)


@pytest.mark.parametrize(
    ("name", "message", "said"),
    [
        (
            "user_send_image",
            {"attachments": [{"type": "image", "payload": {"url": "https://x"}}]},
            "utter_zalo_picture",
        ),
        ("user_send_gif", {}, "utter_zalo_picture"),
        ("user_send_file", {}, "utter_zalo_picture"),
        ("user_send_video", {}, "utter_zalo_picture"),
        ("user_send_business_card", {}, "utter_zalo_picture"),
        ("user_send_audio", {}, "utter_zalo_voice"),
        ("user_send_sticker", {}, "utter_zalo_sticker"),
        ("user_send_location", {}, "utter_zalo_location"),
        ("user_send_link", {"text": "https://la.example"}, "utter_zalo_link"),
    ],
)
def test_what_is_not_text_gets_one_sentence(
    fake: FakeZalo, tmp_path: Path, name: str, message: dict[str, Any], said: str
) -> None:
    async def scenario(here: Office) -> None:
        for number in range(3):
            await here.send(event(name, here.clock() + number, message=message | {"msg_id": f"m-{number}"}))
            await here.rest()
        assert fake.texts(ME) == [sentence(said)]
        assert here.chat.asked == []
        here.clock.pass_(120)
        await here.send(event(name, here.clock(), message=message | {"msg_id": "later"}))
        await here.rest()
        assert fake.texts(ME) == [sentence(said)] * 2

    _run(fake, tmp_path, scenario)


def test_the_words_under_a_picture_are_a_question(fake: FakeZalo, tmp_path: Path) -> None:
    async def scenario(here: Office) -> None:
        await here.send(event("user_send_image", here.clock(), message={"msg_id": "1", "text": "Mẫu này điền sao?"}))
        await here.rest()
        assert here.chat.asked == [("zalo:2001", "Mẫu này điền sao?")]

    _run(fake, tmp_path, scenario)


def test_who_follows_is_greeted_once_a_day(fake: FakeZalo, tmp_path: Path) -> None:
    async def scenario(here: Office) -> None:
        def follow(name: str) -> dict[str, Any]:
            data = event(name, here.clock(), follower={"id": ME}, oa_id="4001", source="oa_profile")
            del data["sender"], data["recipient"]
            return data

        await here.send(follow("follow"))
        await here.rest()
        here.clock.pass_(60)
        await here.send(follow("unfollow"))
        here.clock.pass_(60)
        await here.send(follow("follow"))
        await here.rest()
        assert fake.texts(ME) == [sentence("utter_greet")]
        assert len(fake.taken[0].message["attachment"]["payload"]["buttons"]) == 4
        here.clock.pass_(86_400)
        await here.send(follow("user_click_chatnow"))
        await here.rest()
        assert len(fake.texts(ME)) == 2

    _run(fake, tmp_path, scenario)


@pytest.mark.parametrize(
    "name",
    ["unfollow", "user_seen_message", "user_received_message", "user_reacted_message", "oa_send_text", "oa_send_image",
     "oa_send_anonymous_text", "user_submit_info", "add_user_to_tag", "user_click_button", "something_new"],
)  # fmt: skip
def test_everything_else_is_acknowledged_and_left(fake: FakeZalo, tmp_path: Path, name: str) -> None:
    async def scenario(here: Office) -> None:
        data = event(name, here.clock(), message={"text": "Đáp", "msg_ids": ["1"], "msg_id": "7"}, info={"phone": "1"})
        assert (await here.send(data)).status_code == 200
        assert await here.zalo.counts() == {}

    _run(fake, tmp_path, scenario)


def from_office(name: str, at_ms: int, person: str = ME, admin: str = "", **message: object) -> dict[str, object]:
    """An event about what the Official Account said; `admin`: it was typed by hand."""
    sender = {"id": OA_ID} | ({"admin_id": admin} if admin else {})
    return event(name, at_ms, sender=sender, recipient={"id": person}, message=message)


async def sent_ids(here: Office) -> list[str]:
    """The message ids of what the door has sent."""
    rows = await here.zalo._back.run(here.zalo._back.rows, "SELECT message_id FROM parts ORDER BY row, position")
    return [row["message_id"] for row in rows]


def test_who_is_answered_by_hand_is_left_to_the_office_for_a_while(fake: FakeZalo, tmp_path: Path) -> None:
    async def scenario(here: Office) -> None:
        await here.say("Thẻ của tôi đâu")
        await here.rest()
        written = from_office("oa_send_text", here.clock(), admin="9", msg_id="by-hand", text="Bác chờ cháu xem nhé")
        assert (await here.send(written)).status_code == 200
        assert (await here.send(written)).status_code == 200
        here.clock.pass_(14 * 60)
        await here.say("Vâng cảm ơn cháu")
        await here.send(event("user_send_sticker", here.clock(), message={"msg_id": "s"}))
        await here.say("Người khác hỏi", "2002")
        counts = await here.rest()
        assert fake.texts(ME) == ["Đáp: Thẻ của tôi đâu"]
        assert fake.texts("2002") == ["Đáp: Người khác hỏi"]
        assert counts["with_staff"] == 2
        here.clock.pass_(2 * 60)
        await here.say("Trợ lý ơi")
        await here.rest()
        assert fake.texts(ME) == ["Đáp: Thẻ của tôi đâu", "Đáp: Trợ lý ơi"]

    _run(fake, tmp_path, scenario)


def test_a_question_that_the_office_has_answered_meanwhile_is_not_answered_again(
    fake: FakeZalo, tmp_path: Path
) -> None:
    async def scenario(here: Office) -> None:
        asked = here.clock()
        here.clock.pass_(60)
        echo = from_office("oa_send_image", here.clock(), admin="9", msg_id="by-hand")
        assert (await here.send(echo)).status_code == 200
        await here.say("Đến muộn", at_ms=asked)
        await here.rest()
        assert fake.texts(ME) == []

    _run(fake, tmp_path, scenario)


@pytest.mark.parametrize("passing_s", [60, 31 * 60], ids=["answer", "late apology"])
def test_what_was_held_back_is_not_sent_once_the_office_has_answered(
    fake: FakeZalo, tmp_path: Path, passing_s: int
) -> None:
    async def scenario(here: Office) -> None:
        fake.fault = lambda number, body: Fault(-211)
        await here.say("Hỏi")
        await soon(lambda: _in(here.alarms(), "quota"), "the answer is held")
        here.clock.pass_(passing_s)
        await here.send(from_office("oa_send_text", here.clock(), admin="9", msg_id="by-hand"))
        fake.fault = lambda number, body: None
        here.clock.pass_(1)
        counts = await here.rest()
        assert (fake.texts(ME), counts["with_staff"]) == ([], 1)

    _run(fake, tmp_path, scenario)


def test_what_the_bot_is_still_composing_is_not_sent_once_the_office_has_answered(
    fake: FakeZalo, tmp_path: Path
) -> None:
    async def scenario(here: Office) -> None:
        async def behave(sender: str, text: str) -> list[MessageOut]:
            await soon(lambda: _true(fake.texts(ME)), "the notice is sent")
            await here.send(from_office("oa_send_text", here.clock(), admin="9", msg_id="by-hand"))
            return [says("Dạ đây")]

        here.chat.behave = behave
        await here.say("Hỏi")
        counts = await here.rest()
        assert fake.texts(ME) == [sentence("utter_zalo_looking")]
        assert counts["with_staff"] == 1

    _run(fake, tmp_path, scenario, pace=replace(HURRY, slow_notice=0.02))


def test_an_answer_that_has_begun_is_not_broken_off_by_the_office(fake: FakeZalo, tmp_path: Path) -> None:
    async def scenario(here: Office) -> None:
        here.chat.behave = lambda sender, text: _answer(says("Một"), says("Hai"))
        fake.fault = lambda number, body: Fault(-211) if number == 2 else None
        await here.say("Hỏi")
        await soon(lambda: _in(here.alarms(), "quota"), "the second part is held")
        await here.send(from_office("oa_send_text", here.clock(), admin="9", msg_id="by-hand"))
        here.clock.pass_(1)
        await here.rest()
        assert fake.texts(ME) == ["Một", "Hai"]

    _run(fake, tmp_path, scenario)


@pytest.mark.parametrize("ahead_ms", [1, 240_000, 3_600_000, 998_232_774_399_999])
def test_a_time_in_the_future_neither_silences_the_bot_nor_is_kept_for_ever(
    fake: FakeZalo, tmp_path: Path, ahead_ms: int
) -> None:
    async def scenario(here: Office) -> None:
        echo = from_office("oa_send_text", here.clock() + ahead_ms, admin="9", msg_id="by-hand")
        assert (await here.send(echo)).status_code == 200
        here.clock.pass_(15 * 60)
        await here.say("Một", at_ms=here.clock() + ahead_ms)
        await here.rest()
        assert fake.texts(ME) == ["Đáp: Một"]
        here.clock.pass_(8 * 86_400)
        await here.zalo._check()
        left = "SELECT message_id FROM staff UNION ALL SELECT key FROM inbox"
        assert await here.zalo._back.run(here.zalo._back.rows, left) == []

    _run(fake, tmp_path, scenario)


def test_an_echo_of_the_bot_never_silences_it_even_if_it_names_an_administrator(fake: FakeZalo, tmp_path: Path) -> None:
    async def scenario(here: Office) -> None:
        await here.say("Một")
        await here.rest()
        (own,) = await sent_ids(here)
        await here.send(from_office("oa_send_text", here.clock(), admin="9", msg_id=own, text="Đáp: Một"))
        await here.send(from_office("oa_send_text", here.clock(), msg_id="no-admin", text="Đáp: Một"))
        await here.say("Hai")
        await here.rest()
        assert fake.texts(ME) == ["Đáp: Một", "Đáp: Hai"]

    _run(fake, tmp_path, scenario)


def test_an_office_may_have_the_bot_answer_always(fake: FakeZalo, tmp_path: Path) -> None:
    async def scenario(here: Office) -> None:
        await here.send(from_office("oa_send_text", here.clock(), admin="9", msg_id="by-hand", text="Chào bác"))
        await here.say("Một")
        await here.rest()
        assert fake.texts(ME) == ["Đáp: Một"]

    _run(fake, tmp_path, scenario, zalo_staff_minutes=0)


def test_what_came_to_phones_and_was_read_is_counted_once(fake: FakeZalo, tmp_path: Path) -> None:
    async def scenario(here: Office) -> None:
        for n in range(3):
            await here.say(f"Câu {n}")
        await here.rest()
        one, two, three = await sent_ids(here)
        for receipt in (
            from_office("user_seen_message", here.clock(), msg_ids=[one, "of somebody else"]),
            from_office("user_received_message", here.clock(), msg_id=one),
            from_office("user_received_message", here.clock(), msg_id=two),
            from_office("user_received_message", here.clock(), msg_id=two),
            from_office("user_seen_message", here.clock(), msg_id=three),
            from_office("user_seen_message", here.clock(), msg_ids=[]),
            from_office("user_seen_message", here.clock(), msg_ids=[{"a": 1}]),
        ):
            assert (await here.send(receipt)).status_code == 200
        counts = await here.zalo.counts()
        assert (counts["phone_received"], counts["phone_seen"]) == (3, 2)
        assert len(fake.taken) == 3

    _run(fake, tmp_path, scenario)


def test_an_anonymous_visitor_is_answered_with_both_ids(fake: FakeZalo, tmp_path: Path) -> None:
    async def scenario(here: Office) -> None:
        message = {"text": "Chào", "msg_id": "1", "conversation_id": "c-9"}
        await here.send(event("anonymous_send_text", here.clock(), "77", message=message))
        await here.rest()
        assert here.chat.asked == [("zalo:a:77", "Chào")]
        assert fake.taken[0].recipient == {"anonymous_id": "77", "conversation_id": "c-9"}
        assert fake.taken[0].path == "/v2.0/oa/message"
        fake.fault = lambda number, body: Fault(-240) if number == 2 else None
        message = message | {"msg_id": "2"}
        await here.send(event("anonymous_send_text", here.clock(), "77", message=message))
        await here.rest()
        assert fake.taken[1].path == "/v3.0/oa/message/cs", "where v2.0 is closed, v3.0 is tried"

    _run(fake, tmp_path, scenario)


def test_a_menu_command_becomes_its_question_and_an_unknown_one_is_only_words(fake: FakeZalo, tmp_path: Path) -> None:
    async def scenario(here: Office) -> None:
        for text in ("#nop-ho-so-qua-mang", "#Nop-Ho-So-Qua-Mang", '#/restart{"a":1}', "#vneid"):
            await here.say(text)
            await here.rest()
        asked = [text for _, text in here.chat.asked]
        question = "Làm sao nộp hồ sơ trên Cổng Dịch vụ công quốc gia?"
        assert asked == [question, question, '/restart{"a":1}', "vneid"]

    _run(fake, tmp_path, scenario)


def test_withdrawal_erases_everything_of_this_person_alone(fake: FakeZalo, tmp_path: Path) -> None:
    async def scenario(here: Office) -> None:
        await here.say("bí mật của tôi")
        await here.say("của người khác", "2002")
        await here.rest()
        for person in (ME, "2002"):
            await here.send(from_office("oa_send_text", here.clock(), person, admin="9", msg_id=f"to-{person}"))
        here.clock.pass_(10)
        await here.send({**event("user_withdraw", here.clock()), "user_id": ME})
        await here.rest()
        assert here.erased == ["zalo:2001"]
        rows = await here.zalo._back.run(here.zalo._back.rows, "SELECT sender, recipient FROM inbox ORDER BY id")
        assert [(row["sender"], row["recipient"]) for row in rows] == [
            ("", "{}"), ("zalo:2002", '{"user_id": "2002"}'), ("", "{}"),
        ]  # fmt: skip
        staff = await here.zalo._back.run(here.zalo._back.rows, "SELECT sender FROM staff")
        assert [row["sender"] for row in staff] == ["zalo:2002"]
        await here.send(text_event("bí mật của tôi", "m-1", here.clock() - 10_000))
        await here.rest()
        assert len(fake.texts(ME)) == 1, "a replay of what was erased is still known"

    _run(fake, tmp_path, scenario)
    kept = b"".join(file.read_bytes() for file in tmp_path.glob("zalo.db*"))
    assert "bí mật".encode() not in kept


def test_what_zalo_delivers_late_of_a_person_who_has_withdrawn_is_not_taken_in(fake: FakeZalo, tmp_path: Path) -> None:
    person = "2001777888999"

    async def scenario(here: Office) -> None:
        withdrawn = here.clock()
        await here.send({**event("user_withdraw", withdrawn, person), "user_id": person})
        await here.rest()
        here.clock.pass_(5400)
        late = text_event("bí mật của tôi", "late", withdrawn - 30_000, person)
        for _ in range(2):
            assert (await here.send(late, num_retry="5")).status_code == 200
        echo = from_office("oa_send_text", withdrawn - 20_000, person, admin="9", msg_id="by-hand")
        assert (await here.send(echo, num_retry="5")).status_code == 200
        counts = await here.rest()
        assert (here.chat.asked, fake.calls, counts["done"]) == ([], 0, 2)
        assert person.encode() not in _disk(tmp_path)
        await here.say("Tôi hỏi lại", person)
        await here.rest()
        assert here.chat.asked == [(f"zalo:{person}", "Tôi hỏi lại")]
        await here.say("Người khác", "2002", at_ms=withdrawn - 30_000)
        await here.rest()
        assert fake.texts("2002") == [sentence("utter_zalo_late")], "nobody else is concerned"
        here.clock.pass_(8 * 86_400)
        await here.zalo._check()
        assert await here.zalo._back.run(here.zalo._back.rows, "SELECT * FROM withdrawn") == []

    _run(fake, tmp_path, scenario)


def test_withdrawal_goes_on_until_it_is_done(fake: FakeZalo, tmp_path: Path) -> None:
    async def scenario(here: Office) -> None:
        tries = 0

        async def erase(sender: str) -> None:
            nonlocal tries
            tries += 1
            if tries < 8:
                raise RuntimeError("Rasa is down")

        here.zalo._worker._erase = erase
        await here.send({**event("user_withdraw", here.clock()), "user_id": ME})
        await here.rest(passing=1)
        assert tries == 8
        assert await here.alarms() == {"erase"}

    _run(fake, tmp_path, scenario)


@pytest.mark.parametrize("alarms_fail", [False, True])
def test_withdrawal_is_never_given_up_even_if_our_own_files_fail(
    fake: FakeZalo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, alarms_fail: bool
) -> None:
    async def scenario(here: Office) -> None:
        tries, real = 0, here.zalo.inbox.erase

        def erase(row: Any) -> None:
            nonlocal tries
            tries += 1
            if tries < 8:
                raise sqlite3.OperationalError("database or disk is full")
            real(row)

        async def note(name: str, detail: str = "") -> None:
            raise sqlite3.OperationalError("database or disk is full")

        monkeypatch.setattr(here.zalo.inbox, "erase", erase)
        if alarms_fail:
            monkeypatch.setattr(here.zalo.alarms, "note", note)
        await here.send(event("user_withdraw", here.clock()))
        await here.rest(passing=1)
        rows = await here.zalo._back.run(here.zalo._back.rows, "SELECT sender, reason FROM inbox")
        assert [tuple(row) for row in rows] == [("", "erased")]
        assert (tries, await here.alarms()) == (8, set() if alarms_fail else {"erase"})

    _run(fake, tmp_path, scenario)


def test_what_people_write_is_not_kept_once_it_is_answered_and_never_with_an_identity_number(
    fake: FakeZalo, tmp_path: Path
) -> None:
    number = "001203004567"

    async def scenario(here: Office) -> None:
        gate = asyncio.Event()

        async def behave(sender: str, text: str) -> list[MessageOut]:
            await gate.wait()
            return [says("Dạ")]

        here.chat.behave = behave
        await here.say(f"Tôi tên Nguyễn Thị Ngọc, căn cước {number}")
        await soon(lambda: _true(here.chat.asked), "the bot is asked")
        assert number.encode() not in _disk(tmp_path)
        assert "Thị Ngọc".encode() in _disk(tmp_path), "kept until it is answered"
        gate.set()
        await here.rest()

    _run(fake, tmp_path, scenario)
    assert "Thị Ngọc".encode() not in _disk(tmp_path)


def _disk(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.glob("zalo*"))


# --- time ----------------------------------------------------------------------------------------------------------


def test_a_slow_answer_is_announced_once(fake: FakeZalo, tmp_path: Path) -> None:
    async def scenario(here: Office) -> None:
        async def behave(sender: str, text: str) -> list[MessageOut]:
            await soon(lambda: _true(fake.texts(ME)), "the notice is sent")
            return [says("Dạ đây")]

        here.chat.behave = behave
        await here.say("Chào")
        await here.rest()
        assert fake.texts(ME) == [sentence("utter_zalo_looking"), "Dạ đây"]

    _run(fake, tmp_path, scenario, pace=replace(HURRY, slow_notice=0.02))


def test_an_old_question_gets_an_apology_an_older_one_nothing_and_many_old_ones_one(
    fake: FakeZalo, tmp_path: Path
) -> None:
    async def scenario(here: Office) -> None:
        here.zalo._worker._pace = replace(HURRY, settle=0.3)
        now, minute = here.clock(), 60_000
        await here.say("cũ", "late", at_ms=now - 31 * minute)
        await here.say("còn mới", "fresh", at_ms=now - 29 * minute)
        await here.send(text_event("sắp hết hạn", "old", now - 48 * 60 * minute + 1, "expiring"))
        for text in ("một", "hai", "ba"):
            await here.say(text, "many", at_ms=now - 40 * minute)
        await here.say("cũ", "both", at_ms=now - 40 * minute)
        await here.say("mới", "both", at_ms=now)
        here.clock.pass_(1)
        await here.rest()
        late = sentence("utter_zalo_late")
        assert {person: fake.texts(person) for person in ("late", "fresh", "expiring", "many", "both")} == {
            "late": [late], "fresh": ["Đáp: còn mới"], "expiring": [], "many": [late], "both": [late, "Đáp: mới"],
        }  # fmt: skip

    _run(fake, tmp_path, scenario, pace=replace(HURRY, settle=0.3))


def test_an_answer_that_could_not_be_sent_for_long_becomes_an_apology(fake: FakeZalo, tmp_path: Path) -> None:
    async def scenario(here: Office) -> None:
        await here.say("Chào")
        await soon(lambda: _in(here.alarms(), "token_missing"), "nothing can be sent")
        here.clock.pass_(31 * 60)
        await here.give_token(fake)
        await here.rest()
        assert fake.texts(ME) == [sentence("utter_zalo_late")]

    _run(fake, tmp_path, scenario, token=False)


def test_the_bot_is_asked_again_while_it_is_not_available(fake: FakeZalo, tmp_path: Path) -> None:
    async def scenario(here: Office) -> None:
        async def behave(sender: str, text: str) -> list[MessageOut]:
            ready = len(here.chat.asked) == 3
            return [says("Dạ") if ready else says("trục trặc", status=Status.UNAVAILABLE)]

        here.chat.behave = behave
        await here.say("Chào")
        await here.rest()
        assert fake.texts(ME) == ["Dạ"]

    _run(fake, tmp_path, scenario, pace=replace(HURRY, ask_again=(0.0, 0.0)))


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (RefusedMessageError("too_long"), "utter_error_too_long"),
        (RefusedMessageError("empty"), "utter_error_empty"),
        (RuntimeError("secret"), "utter_unavailable"),
        (TimeoutError(), "utter_unavailable"),
    ],
)
def test_a_person_gets_a_sentence_whatever_the_bot_does(
    fake: FakeZalo, tmp_path: Path, error: Exception, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario(here: Office) -> None:
        async def behave(sender: str, text: str) -> list[MessageOut]:
            raise error

        here.chat.behave = behave
        await here.say("điều riêng tư")
        await here.rest()
        assert fake.texts(ME) == [sentence(said)]

    _run(fake, tmp_path, scenario)
    assert "riêng tư" not in caplog.text
    assert "secret" not in caplog.text


def test_nobody_waits_for_a_clock_that_was_set_back(fake: FakeZalo, tmp_path: Path) -> None:
    async def scenario(here: Office) -> None:
        fake.fault = lambda number, body: Fault(-211)
        await here.say("Một")
        await soon(lambda: _in(here.alarms(), "quota"), "the answer is held")
        here.zalo._worker._pace = replace(HURRY, hold_quota=60.0, people_at_once=0)
        await here.say("Hai", "2002")
        here.clock.pass_(-3600)
        fake.fault = lambda number, body: None
        here.zalo._worker._pace = replace(HURRY, hold_quota=60.0)
        await here.rest()
        assert (fake.texts(ME), fake.texts("2002")) == (["Đáp: Một"], ["Đáp: Hai"])

    _run(fake, tmp_path, scenario, pace=replace(HURRY, hold_quota=60.0))


# --- errors of Zalo ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [Fault(-200), Fault(status=500), Fault(status=502), Fault(status=503)])
def test_a_passing_error_is_tried_three_times_more(fake: FakeZalo, tmp_path: Path, fault: Fault) -> None:
    async def scenario(here: Office) -> None:
        fake.faults(fault, fault, fault)
        await here.say("Chào")
        await here.rest()
        assert (fake.texts(ME), fake.calls) == (["Đáp: Chào"], 4)
        fake.faults(*[fault] * 4)
        await here.say("Lần nữa")
        counts = await here.rest()
        assert fake.calls == 8
        assert counts["part_dropped"] == 1
        assert await here.alarms() == {"transient"}

    _run(fake, tmp_path, scenario)


@pytest.mark.parametrize("code", [-213, -217, -218, -227, -230, -232, -234, -244])
def test_who_cannot_be_written_to_is_left_without_an_alarm(fake: FakeZalo, tmp_path: Path, code: int) -> None:
    async def scenario(here: Office) -> None:
        long = "\n".join(f"Đoạn {n} " + "chữ " * 300 for n in range(4))
        here.chat.behave = lambda sender, text: _answer(says(long))
        fake.faults(None, Fault(code))
        await here.say("Chào")
        counts = await here.rest()
        assert fake.calls == 2, "the first failure ends it"
        assert (counts["part_sent"], counts["part_dropped"]) == (1, counts["part_dropped"])
        assert await here.alarms() == set()
        assert refusal(code).kind is Kind.PERSON

    _run(fake, tmp_path, scenario)


@pytest.mark.parametrize("code", [-204, -205, -209, -212, -219, -221, -223, -224, -235, -240, -242])
def test_a_wrong_set_up_is_reported_with_its_meaning_and_not_tried_again(
    fake: FakeZalo, tmp_path: Path, code: int
) -> None:
    async def scenario(here: Office) -> None:
        fake.faults(Fault(code))
        await here.say("Chào")
        await here.rest()
        assert fake.calls == 1
        (alarm,) = await here.zalo.alarms.all()
        assert (alarm.name, alarm.detail) == ("setup", f"{code} {refusal(code).meaning}")

    _run(fake, tmp_path, scenario)


@pytest.mark.parametrize("fault", [Fault(-100), Fault(-201), Fault(-210), Fault(-233), Fault(-248), Fault(-999),
                                   Fault(status=404), Fault(status=302)])  # fmt: skip
def test_a_wrong_message_is_reported_without_its_text(
    fake: FakeZalo, tmp_path: Path, fault: Fault, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario(here: Office) -> None:
        fake.faults(fault)
        await here.say("điều riêng tư")
        await here.rest()
        assert fake.calls == 1
        assert await here.alarms() == {"request"}

    _run(fake, tmp_path, scenario)
    assert "riêng tư" not in caplog.text


@pytest.mark.parametrize("code", [-211, -320, -321])
def test_without_quota_everything_waits_and_then_goes_on(fake: FakeZalo, tmp_path: Path, code: int) -> None:
    async def scenario(here: Office) -> None:
        fake.fault = lambda number, body: Fault(code)
        await here.say("Chào", "a")
        await soon(lambda: _in(here.alarms(), "quota"), "the alarm")
        calls = fake.calls
        await here.say("Chào", "b")
        await soon(lambda: _true(len(here.chat.asked) == 2), "both are asked")
        assert fake.calls == calls, "nobody else is tried while sending is on hold"
        fake.fault = lambda number, body: None
        here.clock.pass_(1)
        await here.rest()
        assert (fake.texts("a"), fake.texts("b")) == (["Đáp: Chào"], ["Đáp: Chào"])
        assert await here.alarms() == set(), "the trouble is over"

    _run(fake, tmp_path, scenario)


def test_over_the_rate_everything_waits_for_the_next_minute(
    fake: FakeZalo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario(here: Office) -> None:
        pauses: list[float] = []
        monkeypatch.setattr(here.zalo._outbox._limiter, "pause", pauses.append)
        here.clock.now = 1_767_225_600_000 + 42_000  # 42 seconds past the minute
        fake.faults(Fault(-32), Fault(status=429))
        await here.say("Chào")
        await here.rest()
        assert fake.texts(ME) == ["Đáp: Chào"]
        assert len(pauses) == 2
        assert all(18 <= pause <= 21 for pause in pauses)
        fake.faults(*[Fault(-32)] * 6)
        await here.say("Lần nữa")
        counts = await here.rest()
        assert counts["part_dropped"] == 1
        assert len(fake.texts(ME)) == 1
        assert await here.alarms() == {"rate"}

    _run(fake, tmp_path, scenario)


@pytest.mark.parametrize("fault", [Fault(-216), Fault(-220), Fault(status=401)])
def test_a_refused_token_is_refreshed_once_and_the_message_sent(fake: FakeZalo, tmp_path: Path, fault: Fault) -> None:
    async def scenario(here: Office) -> None:
        fake.faults(fault)
        await here.say("Chào")
        await here.rest()
        assert fake.texts(ME) == ["Đáp: Chào"]
        assert fake.taken[0].token == "access-1"
        assert len(fake.token_requests) == 1
        assert await here.alarms() == set()

    _run(fake, tmp_path, scenario)


def test_a_token_refused_again_is_an_alarm_and_the_answer_waits(fake: FakeZalo, tmp_path: Path) -> None:
    async def scenario(here: Office) -> None:
        fake.fault = lambda number, body: Fault(-216)
        await here.say("Chào")
        await soon(lambda: _in(here.alarms(), "token_refused"), "the alarm")
        assert (fake.calls, len(fake.token_requests)) == (2, 1)
        fake.fault = lambda number, body: None
        here.clock.pass_(1)
        await here.rest()
        assert fake.texts(ME) == ["Đáp: Chào"]

    _run(fake, tmp_path, scenario)


@pytest.mark.parametrize(
    "fault", [Fault(drop=True, taken=True), Fault(drop=True), Fault(body=b"<html>", taken=True), Fault(status=504),
              Fault(body=b"[]"), Fault(body=b'{"message": "?"}')],
)  # fmt: skip
def test_a_message_that_may_have_arrived_is_never_sent_again_but_the_person_is_told(
    fake: FakeZalo, tmp_path: Path, fault: Fault
) -> None:
    async def scenario(here: Office) -> None:
        fake.faults(fault)
        await here.say("Chào")
        counts = await here.rest()
        answered = ["Đáp: Chào"] if fault.taken else []
        assert fake.texts(ME) == [*answered, sentence("utter_zalo_maybe_lost")]
        assert counts["part_unknown"] == 1
        assert await here.alarms() == {"unknown"}
        fake.faults(Fault(drop=True), Fault(drop=True))
        calls = fake.calls
        await here.say("Lần nữa")
        await here.rest()
        assert fake.calls == calls + 2, "the notice itself is not followed by another"

    _run(fake, tmp_path, scenario)


def test_while_zalo_cannot_be_reached_everything_waits(fake: FakeZalo, tmp_path: Path) -> None:
    async def scenario(here: Office) -> None:
        here.zalo._client._http.base_url = "http://127.0.0.1:9"  # nobody listens there
        await here.say("Chào")
        await soon(lambda: _in(here.alarms(), "unreachable"), "the alarm")
        here.zalo._client._http.base_url = fake.url
        here.clock.pass_(1)
        await here.rest()
        assert fake.texts(ME) == ["Đáp: Chào"]
        assert await here.alarms() == set()

    _run(fake, tmp_path, scenario)


def test_buttons_that_zalo_does_not_take_become_lines(fake: FakeZalo, tmp_path: Path) -> None:
    async def scenario(here: Office) -> None:
        answer = says("Chọn nhé", buttons=[Button(title="Làm VNeID", payload="Đăng ký VNeID?")])
        here.chat.behave = lambda sender, text: _answer(answer)
        fake.faults(Fault(-201))
        await here.say("Chào")
        await here.rest()
        assert fake.taken[0].message == {"text": "Chọn nhé\n- Làm VNeID"}
        assert await here.alarms() == {"buttons"}

    _run(fake, tmp_path, scenario)


def test_titles_that_do_not_fit_are_left_out_and_the_text_is_not_lost(fake: FakeZalo, tmp_path: Path) -> None:
    async def scenario(here: Office) -> None:
        titles = ["a" * 60, "b" * 90, "c" * 30]
        answer = says("x" * 1790, buttons=[Button(title=title, payload=title) for title in titles])
        here.chat.behave = lambda sender, text: _answer(answer)
        fake.faults(Fault(-201))
        await here.say("Chào")
        await here.rest()
        assert fake.texts(ME) == ["\n".join(["x" * 1790, f"- {titles[0]}", f"- {titles[2]}"])]

    _run(fake, tmp_path, scenario)


def test_buttons_that_were_refused_are_not_tried_again_for_some_hours(fake: FakeZalo, tmp_path: Path) -> None:
    async def scenario(here: Office) -> None:
        def fault(number: int, body: dict[str, Any]) -> Fault | None:
            return Fault(-233) if "attachment" in body["message"] else None

        fake.fault = fault
        answer = says("Chọn nhé", buttons=[Button(title="Làm VNeID", payload="Đăng ký VNeID?")])
        here.chat.behave = lambda sender, text: _answer(answer)
        calls = []
        for hours in (0, 5, 2, 0):
            here.clock.pass_(hours * 3600)
            await here.say("Chào")
            await here.rest()
            calls.append(fake.calls)
        assert calls == [2, 3, 5, 6]
        assert fake.texts(ME) == ["Chọn nhé\n- Làm VNeID"] * 4
        assert await here.alarms() == {"buttons"}

    _run(fake, tmp_path, scenario)


# --- trouble of our own --------------------------------------------------------------------------------------------


def test_an_event_that_always_fails_is_given_up_and_the_next_one_answered(fake: FakeZalo, tmp_path: Path) -> None:
    async def scenario(here: Office) -> None:
        real = here.zalo._outbox.deliver

        async def deliver(row: Any) -> str:
            if row.text == "hỏng":
                raise RuntimeError("a bug")
            return await real(row)

        here.zalo._outbox.deliver = deliver  # type: ignore[method-assign]
        await here.say("hỏng")
        await here.say("lành", at_ms=here.clock() + 1)
        await here.rest(passing=1)
        assert fake.texts(ME) == ["Đáp: lành"]
        assert await here.alarms() == {"failed"}

    _run(fake, tmp_path, scenario)


def test_after_a_restart_everything_goes_on_where_it_was(fake: FakeZalo, tmp_path: Path) -> None:
    """One question not asked, one being asked, and one answered whose answer was being sent."""
    clock = Clock()

    async def first(here: Office) -> None:
        stuck = asyncio.Event()

        async def behave(sender: str, text: str) -> list[MessageOut]:
            await stuck.wait()
            return []

        here.chat.behave = behave
        await here.say("một")
        await soon(lambda: _true(here.chat.asked), "the first is asked")
        await here.say("hai", at_ms=clock() + 1)
        await here.say("ba", "2002")
        inbox, back = here.zalo.inbox, here.zalo._back
        (row,) = [row for row in await back.run(inbox.heads, [], 9, clock()) if row.sender == "zalo:2002"]
        await back.run(inbox.set_answered, row.id, [{"text": "Đáp: ba"}, {"text": "và phần hai"}])
        await back.run(inbox.set_part, (await back.run(inbox.parts, row.id))[0], "sending")

    _run(fake, tmp_path, first, clock=clock, pace=replace(HURRY, people_at_once=1))
    assert fake.taken == []
    chat = FakeChat()

    async def second(here: Office) -> None:
        await here.rest()
        assert fake.texts(ME) == ["Đáp: một", "Đáp: hai"]
        assert fake.texts("2002") == ["và phần hai", sentence("utter_zalo_maybe_lost")]
        assert await here.alarms() == {"unknown"}

    _run(fake, tmp_path, second, clock=clock, chat=chat)


def test_a_shutdown_waits_for_the_message_that_is_on_its_way(fake: FakeZalo, tmp_path: Path) -> None:
    import threading

    let_go, there = threading.Event(), threading.Event()

    def slow(number: int, body: dict[str, Any]) -> None:
        there.set()
        let_go.wait(60)

    fake.fault = slow

    async def scenario(here: Office) -> None:
        await here.say("Chào")
        await soon(lambda: _true(there.is_set()), "the message is on its way")
        asyncio.get_running_loop().call_later(0.2, let_go.set)

    _run(fake, tmp_path, scenario)

    async def after(here: Office) -> None:
        assert (await here.rest())["part_sent"] == 1

    _run(fake, tmp_path, after)
    assert fake.texts(ME) == ["Đáp: Chào"]


def test_more_messages_than_a_conversation_has_are_not_answered(fake: FakeZalo, tmp_path: Path) -> None:
    async def scenario(here: Office) -> None:
        gate = asyncio.Event()

        async def behave(sender: str, text: str) -> list[MessageOut]:
            await gate.wait()
            return [says(text)]

        here.chat.behave = behave
        for number in range(25):
            await here.say(f"câu {number}", at_ms=here.clock() + number)
        gate.set()
        await here.rest()
        assert fake.texts(ME) == [f"câu {number}" for number in range(20)]

    _run(fake, tmp_path, scenario)


async def _answer(*messages: MessageOut) -> list[MessageOut]:
    return list(messages)


async def _true(value: Any) -> bool:
    return bool(value)


async def _in(found: Any, name: str) -> bool:
    return name in await found
