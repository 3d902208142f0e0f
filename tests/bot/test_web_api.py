"""Sessions over HTTP: each message answered once, history, erasure, thumbs, and pages of other sites."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import threading
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from bot import forgetting
from bot.conversations import ConversationStore, Turn
from bot.schemas import MessageOut
from bot.sessions import LIFETIME_S, Sessions
from bot.settings import Settings
from retrieval.records import Status
from tests.bot.support import (
    Behaviour,
    FakeRasa,
    Reply,
    assert_plain_error,
    chat,
    eventually,
    in_process,
    messages,
    metric,
    served,
    soon,
)

SECRET = "một khóa thử dài hơn ba mươi hai ký tự"
KEEP_DAYS = 30
NEEDS_SESSION = [("GET", "/api/history"), ("DELETE", "/api/conversation"), ("POST", "/api/feedback")]
RATING = {"message_id": "m", "rating": "up"}
SITE = "https://xa-binh-minh.example.vn"


def with_(settings: Settings, **values: Any) -> Settings:
    """The same settings but for some."""
    return Settings(**settings.model_dump() | values)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """A session may send as much as a test needs; the tests of the limit are elsewhere."""
    return with_(settings, rate_per_session=10_000, session_secret=SECRET, keep_days=KEEP_DAYS)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


class Person:
    """Somebody with a session."""

    def __init__(self, client: httpx.Client, token: str = "") -> None:
        self.client = client
        self.token = token or client.post("/api/session").json()["session"]

    def send(self, message: str, client_id: str | None = None) -> httpx.Response:
        body = {"message": message} | ({"client_id": client_id} if client_id else {})
        return self.client.post("/api/chat", json=body, headers=bearer(self.token))

    def say(self, message: str, client_id: str | None = None) -> dict[str, Any]:
        response = self.send(message, client_id)
        assert response.status_code == 200, response.text
        (answer,) = response.json()["messages"]
        return dict(answer)

    def history(self) -> list[dict[str, Any]]:
        response = self.client.get("/api/history", headers=bearer(self.token))
        assert response.status_code == 200, response.text
        return list(response.json()["turns"])

    def rate(self, **body: Any) -> httpx.Response:
        return self.client.post("/api/feedback", json=body, headers=bearer(self.token))

    def erase(self) -> httpx.Response:
        return self.client.delete("/api/conversation", headers=bearer(self.token))


@pytest.fixture
def an(client: httpx.Client) -> Person:
    return Person(client)


def new_id() -> str:
    return str(uuid.uuid4())


def echo(turn: dict[str, Any]) -> Reply:
    """Behaviour: each message is answered with its own text, an erasure is done."""
    return messages({"text": f"Đáp: {turn['message']}"}) if "message" in turn else Reply(b"", 204)


def asked(rasa: FakeRasa) -> list[str]:
    """What Rasa was asked, erasures left out."""
    return [turn["message"] for turn in rasa.received if "message" in turn]


def erased(rasa: FakeRasa) -> list[str]:
    """Whose events Rasa was told to delete."""
    return [turn["sender"] for turn in rasa.received if "message" not in turn]


def on_disk(settings: Settings) -> bytes:
    """Every byte of the state folder."""
    return b"".join(file.read_bytes() for file in Path(settings.state_folder).rglob("*") if file.is_file())


# --- sessions ------------------------------------------------------------------------------------------------------


def test_a_session_is_a_token_and_its_time(client: httpx.Client) -> None:
    response = client.post("/api/session")
    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"
    assert list(response.json()) == ["session", "expires_in"]
    assert response.json()["expires_in"] == LIFETIME_S
    assert client.post("/api/session").json() != response.json()
    assert metric(client, "sessions_made_total") == 2


def test_a_renewed_session_is_the_same_person(client: httpx.Client, an: Person, rasa: FakeRasa) -> None:
    rasa.behave = echo
    an.say("câu một")
    renewed = client.post("/api/session", headers=bearer(an.token)).json()["session"]
    later = Person(client, renewed)
    assert [turn["asked"] for turn in later.history()] == ["câu một"]
    assert later.send("câu hai").json()["sender"] == an.send("câu ba").json()["sender"]
    assert len({turn["sender"] for turn in rasa.received}) == 1
    assert metric(client, "sessions_made_total") == 1, "a renewed one is no new one"


def test_the_sender_of_a_session_cannot_be_taken_by_somebody_without_it(
    client: httpx.Client, an: Person, rasa: FakeRasa
) -> None:
    sender = an.send("xin chào").json()["sender"]
    for stolen in (sender, f"session:{sender}"):
        chat(client, "xin chào", sender=stolen)
    assert len({turn["sender"] for turn in rasa.received}) == 3
    assert len(an.history()) == 1


def _bad_tokens() -> list[Any]:
    def at(moment: float, secret: str = SECRET) -> str:
        return Sessions(secret, lambda: moment).start().token

    good = at(time.time())
    return [
        pytest.param(bearer(at(time.time() - LIFETIME_S - KEEP_DAYS * 86400 - 1)), id="expired long ago"),
        pytest.param(bearer(at(time.time(), "x" * 40)), id="forged"),
        pytest.param(bearer(at(time.time() + 3600)), id="future"),
        pytest.param(bearer(good[:-1]), id="cut"),
        pytest.param(bearer(good + "="), id="padded"),
        pytest.param({"Authorization": "Bearer"}, id="empty"),
        pytest.param({"Authorization": ""}, id="nothing"),
        pytest.param({"Authorization": f"Basic {good}"}, id="basic"),
        pytest.param({"Authorization": good}, id="bare"),
    ]


@pytest.mark.parametrize("headers", _bad_tokens())
@pytest.mark.parametrize(("method", "path"), [*NEEDS_SESSION, ("POST", "/api/chat"), ("POST", "/api/session")])
def test_a_session_that_is_not_good_is_refused_everywhere(
    client: httpx.Client, rasa: FakeRasa, method: str, path: str, headers: dict[str, str]
) -> None:
    body = {"message": "xin chào", "sender": "an", **RATING} if method == "POST" else None
    response = client.request(method, path, json=body, headers=headers)
    assert_plain_error(response, 401, "session")
    assert response.headers["www-authenticate"] == "Bearer"
    assert rasa.received == []


@pytest.mark.parametrize(("method", "path"), NEEDS_SESSION)
def test_without_a_session_there_is_nothing_to_see(client: httpx.Client, method: str, path: str) -> None:
    body = RATING if method == "POST" else None
    assert_plain_error(client.request(method, path, json=body), 401, "session")


def test_sessions_outlive_a_restart_without_a_secret_of_ones_own(settings: Settings, rasa: FakeRasa) -> None:
    rasa.behave = echo
    settings = with_(settings, session_secret=None)
    with served(settings) as client:
        token = Person(client).token
        Person(client, token).say("câu một")
    with served(settings) as client:
        assert [turn["asked"] for turn in Person(client, token).history()] == ["câu một"]


def test_a_damaged_secret_stops_the_start_with_a_reason(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    Path(settings.state_folder).mkdir()
    (Path(settings.state_folder) / "session.secret").write_text("hỏng", encoding="utf-8")
    with pytest.raises(AssertionError, match="did not start"), served(with_(settings, session_secret=None)):
        pass
    assert "session.secret hỏng. Hãy xóa tệp này" in caplog.text


# --- each message once ---------------------------------------------------------------------------------------------


def test_a_message_that_is_sent_again_gets_the_reply_it_had(an: Person, rasa: FakeRasa) -> None:
    rasa.behave, client_id = echo, new_id()
    first = an.say("xin chào", client_id)
    assert an.say("xin chào", client_id) == first, "with its message id"
    assert asked(rasa) == ["xin chào"]
    assert [turn["client_id"] for turn in an.history()] == [client_id]
    assert an.say("xin chào", new_id())["message_id"] != first["message_id"]


def test_the_reply_outlives_a_restart(settings: Settings, rasa: FakeRasa) -> None:
    rasa.behave, client_id = echo, new_id()
    with served(settings) as client:
        person = Person(client)
        first = person.say("xin chào", client_id)
    with served(settings) as client:
        assert Person(client, person.token).say("xin chào", client_id) == first
    assert asked(rasa) == ["xin chào"]


def test_an_answer_comes_back_with_all_its_citations(client: httpx.Client, rasa: FakeRasa, settings: Settings) -> None:
    run = rasa.run_action(settings, "action_answer_question", "ask_document")
    rasa.behave, client_id, an = run, new_id(), Person(client)
    first = an.say("Quảng Ninh có bao nhiêu tổ công nghệ số cộng đồng?", client_id)
    assert first["citations"]
    assert an.say("Quảng Ninh có bao nhiêu tổ công nghệ số cộng đồng?", client_id) == first
    assert an.history()[0]["messages"] == [first]


def test_two_people_may_call_their_messages_the_same(client: httpx.Client, rasa: FakeRasa) -> None:
    rasa.behave, client_id = echo, new_id()
    an, binh = Person(client), Person(client)
    assert an.say("của An", client_id)["text"] == "Đáp: của An"
    assert binh.say("của Bình", client_id)["text"] == "Đáp: của Bình"


def test_without_a_name_every_message_is_a_new_one(an: Person, rasa: FakeRasa) -> None:
    rasa.behave = echo
    an.say("xin chào")
    an.say("xin chào")
    assert asked(rasa) == ["xin chào"] * 2
    assert len({turn["client_id"] for turn in an.history()}) == 2


def test_when_rasa_could_not_answer_trying_again_asks_again(an: Person, rasa: FakeRasa) -> None:
    rasa.behave, client_id = (lambda turn: Reply(drop=True)), new_id()
    assert an.say("xin chào", client_id)["status"] == "unavailable"
    assert [turn["messages"][0]["status"] for turn in an.history()] == ["unavailable"]
    rasa.behave = echo
    assert an.say("xin chào", client_id)["text"] == "Đáp: xin chào"
    assert [turn["messages"][0]["status"] for turn in an.history()] == ["smalltalk"]
    assert an.say("xin chào", client_id)["text"] == "Đáp: xin chào"
    assert asked(rasa) == ["xin chào"] * 2


@pytest.mark.parametrize(
    "client_id", ["", "1", "x" * 36, f"{uuid.uuid4()}x", f"{{{uuid.uuid4()}}}", 5, ["a"], f"{uuid.uuid4()}\n"]
)
def test_a_name_that_is_no_uuid_is_refused(client: httpx.Client, an: Person, rasa: FakeRasa, client_id: Any) -> None:
    body = {"message": "xin chào", "client_id": client_id}
    assert_plain_error(client.post("/api/chat", json=body, headers=bearer(an.token)), 400, "bad_request")
    assert rasa.received == []


def test_a_name_without_hyphens_is_taken_and_given_back_as_it_was(an: Person) -> None:
    """crypto.randomUUID is missing on plain http, where a page must make its own."""
    client_id = uuid.uuid4().hex
    an.say("xin chào", client_id)
    assert an.history()[0]["client_id"] == client_id


@pytest.mark.parametrize(
    ("text", "status", "code"), [("", 422, "empty"), ("/", 422, "empty"), ("ă" * 2001, 413, "too_long")]
)
def test_what_is_refused_is_not_kept(an: Person, rasa: FakeRasa, text: str, status: int, code: str) -> None:
    client_id = new_id()
    assert_plain_error(an.send(text, client_id), status, code)
    assert an.history() == []
    rasa.behave = echo
    assert an.say("đã sửa", client_id)["text"] == "Đáp: đã sửa"


class Gate:
    """Behaviour: each message waits until the gate is open; erasures do not."""

    def __init__(self, rasa: FakeRasa) -> None:
        self._rasa, self._open = rasa, threading.Event()

    def __call__(self, turn: dict[str, Any]) -> Reply:
        while "message" in turn and not self._open.wait(0.02) and not self._rasa.closing.is_set():
            pass
        return echo(turn)

    def open(self) -> None:
        self._open.set()


def _run(settings: Settings, scenario: Any) -> Any:
    async def run() -> Any:
        async with in_process(settings) as (app, client):
            session = (await client.post("/api/session")).json()["session"]
            client.headers.update(bearer(session))
            return await scenario(app, client)

    return asyncio.run(run())


async def _send(client: httpx.AsyncClient, message: str, client_id: str) -> httpx.Response:
    return await client.post("/api/chat", json={"message": message, "client_id": client_id})


def test_the_same_message_twice_at_once_is_one_turn(settings: Settings, rasa: FakeRasa) -> None:
    async def scenario(app: FastAPI, client: httpx.AsyncClient) -> None:
        rasa.behave, client_id = Gate(rasa), new_id()
        tasks = [asyncio.create_task(_send(client, "xin chào", client_id)) for _ in range(10)]
        await soon(lambda: rasa.received, "the first one reaches Rasa")
        for _ in range(5):
            await client.get("/readyz")  # goes to Rasa and back, as a second message would
        rasa.behave.open()
        replies = [response.json() for response in await asyncio.gather(*tasks)]
        assert replies == [replies[0]] * 10, "and those who waited are not too many"
        assert asked(rasa) == ["xin chào"]
        assert len((await client.get("/api/history")).json()["turns"]) == 1
        assert app.state.turns._under_way == {}

    _run(settings, scenario)


def test_a_turn_goes_on_when_the_person_is_cut_off(settings: Settings, rasa: FakeRasa) -> None:
    async def scenario(app: FastAPI, client: httpx.AsyncClient) -> None:
        rasa.behave, client_id = Gate(rasa), new_id()
        first = asyncio.create_task(_send(client, "xin chào", client_id))
        await soon(lambda: rasa.received, "the message reaches Rasa")
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        again = asyncio.create_task(_send(client, "xin chào", client_id))
        rasa.behave.open()
        assert (await again).json()["messages"][0]["text"] == "Đáp: xin chào"
        assert asked(rasa) == ["xin chào"]

    _run(settings, scenario)


def test_what_is_kept_is_kept_before_it_is_sent(settings: Settings, rasa: FakeRasa) -> None:
    """Whoever has seen a reply finds it in the history, at once."""
    rasa.behave = echo
    with served(settings) as client:
        an = Person(client)
        for number in range(30):
            shown = an.say(f"câu {number}")
            assert an.history()[-1]["messages"] == [shown]


# --- what is kept --------------------------------------------------------------------------------------------------


def test_history_has_exactly_the_agreed_fields(an: Person, rasa: FakeRasa) -> None:
    rasa.behave, client_id = echo, new_id()
    before = datetime.now(UTC)
    shown = an.say("xin chào", client_id)
    an.rate(message_id=shown["message_id"], rating="up")
    (turn,) = an.history()
    assert before <= datetime.fromisoformat(turn.pop("at")) <= datetime.now(UTC)
    assert turn == {
        "client_id": client_id,
        "asked": "xin chào",
        "messages": [shown],
        "ratings": {shown["message_id"]: "up"},
    }


def test_history_is_the_last_fifty_oldest_first(an: Person, rasa: FakeRasa) -> None:
    rasa.behave = echo
    for number in range(53):
        an.say(f"câu {number}")
    assert [turn["asked"] for turn in an.history()] == [f"câu {number}" for number in range(3, 53)]


def test_messages_without_a_session_are_not_kept_here(client: httpx.Client, an: Person, settings: Settings) -> None:
    chat(client, "câu không có phiên")
    assert an.history() == []
    assert "câu không có phiên".encode() not in on_disk(settings)


def test_private_numbers_are_covered_before_anything_is_kept(an: Person, rasa: FakeRasa, settings: Settings) -> None:
    rasa.behave = echo
    shown = an.say("căn cước 079203004518, mã OTP là 730264")
    an.rate(message_id=shown["message_id"], rating="down", reason="gọi tôi, căn cước 079203004518 nhé")
    assert an.history()[0]["asked"] == "căn cước [số đã che], mã OTP là [số đã che]"
    assert "gọi tôi, căn cước [số đã che] nhé".encode() in on_disk(settings)
    for number in (b"079203004518", b"730264"):
        assert number not in on_disk(settings)


def test_nothing_of_a_session_is_logged(rasa: FakeRasa, settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    rasa.behave = echo
    with served(settings) as client:
        an = Person(client)
        shown = an.say("nhà tôi ở xóm Lúa Vàng")
        sender = an.send("xin chào").json()["sender"]
        an.rate(message_id=shown["message_id"], rating="down", reason="thái độ chưa tốt")
        rasa.behave = lambda turn: Reply(drop=True)
        assert an.erase().status_code == 500
        Person(client, an.token[:-1]).send("xin chào")
    for secret in ("Lúa Vàng", "thái độ", sender, an.token[:32], an.token[-32:], SECRET):
        assert secret not in caplog.text
    assert "httpcore" in caplog.text
    assert "a conversation is not yet erased in Rasa: down" in caplog.text


def _old_turn(settings: Settings, sender: str, days: float) -> None:
    store = ConversationStore(Path(settings.state_folder) / "turns.db")
    message = MessageOut(text="Dạ", status=Status.SMALLTALK, message_id=f"m{days}")
    store.add(sender, Turn(new_id(), f"câu cách đây {days} ngày", time.time() - days * 86400, (message,)))
    store.close()


def test_what_is_too_old_is_forgotten_at_the_start(settings: Settings) -> None:
    made = Sessions(SECRET).start()
    for days in (1, 6.9, 7.1, 100):
        _old_turn(settings, f"session:{made.sender}", days)
    with served(with_(settings, keep_days=7)) as client:
        an = Person(client, made.token)
        eventually(lambda: len(an.history()) == 2, "the old turns are gone")
        assert [turn["asked"] for turn in an.history()] == ["câu cách đây 1 ngày", "câu cách đây 6.9 ngày"]


def test_what_grows_old_is_forgotten_while_it_runs(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forgetting, "_LOOK_EVERY_S", 0.05)
    monkeypatch.setattr(forgetting, "DAY_S", 0.05)
    made = Sessions(SECRET).start()
    with served(with_(settings, keep_days=30)) as client:
        _old_turn(settings, f"session:{made.sender}", 1)
        eventually(lambda: not Person(client, made.token).history(), "the old turn is gone")


# --- a store in trouble --------------------------------------------------------------------------------------------


@pytest.fixture
def full(settings: Settings, rasa: FakeRasa) -> Iterator[tuple[httpx.Client, Person]]:
    """The app on a full disk: SQLite may take no page more."""
    rasa.behave = echo
    made = Sessions(SECRET).start()

    def fill(store: ConversationStore) -> None:
        (pages,) = store._db.execute("PRAGMA page_count").fetchone()
        store._db.execute(f"PRAGMA max_page_count = {pages}")

    original = ConversationStore.__init__
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ConversationStore, "__init__", lambda self, path: (original(self, path), fill(self))[1])
        with served(settings) as client:
            yield client, Person(client, made.token)


def test_on_a_full_disk_people_are_still_answered(
    full: tuple[httpx.Client, Person], rasa: FakeRasa, caplog: pytest.LogCaptureFixture
) -> None:
    client, an = full
    client_id, long = new_id(), "xóm Lúa Vàng " * 100
    for _ in range(100):  # until the pages that are there are used up
        assert an.say(long).get("text", "").startswith("Đáp: xóm Lúa Vàng")
        if metric(client, "turns_not_stored_total"):
            break
    assert "a turn was answered but cannot be kept: database or disk is full" in caplog.text
    assert "Lúa Vàng" not in caplog.text
    first = an.say(long, client_id)
    assert an.say(long, client_id)["message_id"] != first["message_id"], "a retry asks again"
    assert_plain_error(an.rate(message_id=first["message_id"], rating="up"), 404, "not_found")


def test_a_store_that_fails_in_the_middle_keeps_nobody_from_an_answer(
    client: httpx.Client, an: Person, rasa: FakeRasa, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    rasa.behave = echo
    with sqlite3.connect(Path(settings.state_folder) / "turns.db") as database:
        database.execute("DROP TABLE messages")
    database.close()
    assert an.say("xóm Lúa Vàng")["text"] == "Đáp: xóm Lúa Vàng"
    assert "cannot look for an earlier reply: no such table" in caplog.text
    assert_plain_error(client.get("/api/history", headers=bearer(an.token)), 500, "internal")
    assert "Lúa Vàng" not in caplog.text


# --- erasing -------------------------------------------------------------------------------------------------------


def test_erasing_leaves_nothing_and_the_session_goes_on(
    client: httpx.Client, an: Person, rasa: FakeRasa, settings: Settings
) -> None:
    rasa.behave, client_id = echo, new_id()
    binh = Person(client)
    binh.say("câu của Bình")
    shown = an.say("xóm Lúa Vàng", client_id)
    an.rate(message_id=shown["message_id"], rating="down", reason="không đúng chỗ")
    response = an.erase()
    assert (response.status_code, response.content) == (204, b"")
    assert an.history() == []
    for text in ("Lúa Vàng", "không đúng chỗ", shown["message_id"], client_id):
        assert text.encode() not in on_disk(settings)
    sender = next(turn["sender"] for turn in rasa.received if turn.get("message") == "xóm Lúa Vàng")
    assert erased(rasa) == [sender]
    assert_plain_error(an.rate(message_id=shown["message_id"], rating="up"), 404, "not_found")
    assert an.say("xóm Lúa Vàng", client_id)["message_id"] != shown["message_id"], "the name is free again"
    assert len(an.history()) == len(binh.history()) == 1


def test_what_an_expired_session_kept_can_still_be_erased_and_nothing_else(
    client: httpx.Client, rasa: FakeRasa, settings: Settings
) -> None:
    rasa.behave = echo
    made = Sessions(SECRET, lambda: time.time() - LIFETIME_S - KEEP_DAYS * 86400 + 60).start()
    _old_turn(settings, f"session:{made.sender}", 1)
    late = Person(client, made.token)
    for refused in (
        late.send("xin chào"),
        late.rate(**RATING),
        client.get("/api/history", headers=bearer(made.token)),
        client.post("/api/session", headers=bearer(made.token)),
    ):
        assert_plain_error(refused, 401, "session")
    forged = made.token[:-1] + ("1" if made.token[-1] == "0" else "0")
    assert_plain_error(Person(client, forged).erase(), 401, "session")
    assert "câu cách đây 1 ngày".encode() in on_disk(settings)
    assert late.erase().status_code == 204
    assert "câu cách đây 1 ngày".encode() not in on_disk(settings)
    assert erased(rasa) == [f"session:{made.sender}"]


def test_erasing_nothing_is_no_error(an: Person, rasa: FakeRasa) -> None:
    rasa.behave = echo
    assert [an.erase().status_code for _ in range(2)] == [204, 204]


def test_a_turn_under_way_is_answered_and_not_kept(settings: Settings, rasa: FakeRasa) -> None:
    async def scenario(app: FastAPI, client: httpx.AsyncClient) -> None:
        rasa.behave = gate = Gate(rasa)
        turns = [asyncio.create_task(_send(client, f"câu {n}", new_id())) for n in range(2)]
        await soon(lambda: rasa.received, "the first message reaches Rasa")
        erasing = asyncio.create_task(client.delete("/api/conversation"))
        store: ConversationStore = app.state.store
        await soon(store.erasures, "the erasure begins")
        for _ in range(5):
            await client.get("/readyz")
        assert erased(rasa) == [], "Rasa would write the turn after it"
        gate.open()
        assert [(await turn).status_code for turn in turns] == [200, 200]
        assert (await erasing).status_code == 204
        assert asked(rasa) == ["câu 0", "câu 1"]
        assert "message" not in rasa.received[-1], "Rasa deletes last"
        assert (await client.get("/api/history")).json() == {"turns": []}
        assert "câu".encode() not in on_disk(settings)
        assert store.erasures() == []
        await _send(client, "câu mới", new_id())
        assert [turn["asked"] for turn in (await client.get("/api/history")).json()["turns"]] == ["câu mới"]

    _run(settings, scenario)


def test_erasing_again_and_again_while_people_ask_leaves_no_half(settings: Settings, rasa: FakeRasa) -> None:
    async def scenario(app: FastAPI, client: httpx.AsyncClient) -> None:
        rasa.behave = echo
        for number in range(15):
            jobs = [_send(client, f"câu {number}", new_id()) for _ in range(3)]
            done = await asyncio.gather(*jobs[:2], client.delete("/api/conversation"), jobs[2])
            assert {response.status_code for response in done} <= {200, 204}
        assert (await client.delete("/api/conversation")).status_code == 204
        assert (await client.get("/api/history")).json() == {"turns": []}
        assert app.state.store.erasures() == []

    _run(with_(settings, waiting_per_sender=10), scenario)


def _unfinished(settings: Settings) -> list[tuple[str, float]]:
    store = ConversationStore(Path(settings.state_folder) / "turns.db")
    found = store.erasures()
    store.close()
    return found


TROUBLE: list[Behaviour] = [lambda turn: Reply(drop=True), lambda turn: Reply(b"", 401), lambda turn: Reply(b"", 501)]


@pytest.mark.parametrize("trouble", TROUBLE)
def test_when_rasa_cannot_erase_it_is_said_and_done_later(
    settings: Settings, rasa: FakeRasa, monkeypatch: pytest.MonkeyPatch, trouble: Behaviour
) -> None:
    monkeypatch.setattr(forgetting, "_LOOK_EVERY_S", 0.1)
    with served(settings) as client:
        an = Person(client)
        rasa.behave = echo
        an.say("xóm Lúa Vàng")
        rasa.behave = trouble
        assert_plain_error(an.erase(), 500, "internal")
        assert an.history() == [], "what is here is gone already"
        assert "Lúa Vàng".encode() not in on_disk(settings)
        assert _unfinished(settings)
        rasa.behave = echo
        eventually(lambda: not _unfinished(settings), "Rasa is told again")
        assert len(set(erased(rasa))) == 1
        an.say("xin chào")
        assert len(an.history()) == 1, "what came after it stays"


def test_an_erasure_that_a_crash_cut_short_is_finished_at_the_next_start(settings: Settings, rasa: FakeRasa) -> None:
    rasa.behave = echo
    store = ConversationStore(Path(settings.state_folder) / "turns.db")
    store.begin_erasing("zalo:7", time.time())
    store.close()
    with served(settings):
        eventually(lambda: erased(rasa) == ["zalo:7"], "Rasa is told")


def test_other_doors_can_erase_too(settings: Settings, rasa: FakeRasa) -> None:
    async def scenario(app: FastAPI, client: httpx.AsyncClient) -> None:
        rasa.behave = echo
        await app.state.erase("zalo:7")
        assert erased(rasa) == ["zalo:7"]

    _run(settings, scenario)


# --- thumbs --------------------------------------------------------------------------------------------------------


def test_a_thumb_is_kept_once_however_often_it_is_sent(client: httpx.Client, an: Person) -> None:
    message_id = an.say("xin chào")["message_id"]
    for rating in ("up", "up", "down", "down", None, None, "up"):
        response = an.rate(message_id=message_id, rating=rating)
        assert (response.status_code, response.content) == (204, b"")
        assert an.history()[0]["ratings"] == ({message_id: rating} if rating else {})
    assert metric(client, "ratings_total", rating="up") == 2
    assert metric(client, "ratings_total", rating="down") == 1


def test_nobody_can_rate_the_message_of_another(client: httpx.Client, an: Person) -> None:
    message_id = an.say("xin chào")["message_id"]
    assert_plain_error(Person(client).rate(message_id=message_id, rating="down"), 404, "not_found")
    assert an.history()[0]["ratings"] == {}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"message_id": "m"},
        {"rating": "up"},
        {"message_id": "", "rating": "up"},
        {"message_id": "m" * 65, "rating": "up"},
        {"message_id": "m", "rating": "sideways"},
        {"message_id": "m", "rating": 1},
        {"message_id": ["m"], "rating": "up"},
        {"message_id": "m", "rating": "up", "reason": 5},
    ],
)
def test_a_thumb_that_is_none_is_refused(an: Person, body: dict[str, Any]) -> None:
    assert_plain_error(an.rate(**body), 400, "bad_request")


def test_a_reason_may_have_five_hundred_characters(an: Person, settings: Settings) -> None:
    message_id = an.say("xin chào")["message_id"]
    assert_plain_error(an.rate(message_id=message_id, rating="down", reason="ă" * 501), 413, "too_long")
    assert an.history()[0]["ratings"] == {}
    assert an.rate(message_id=message_id, rating="down", reason="ă" * 500).status_code == 204
    assert ("ă" * 500).encode() in on_disk(settings)


def test_a_reason_with_half_a_character_is_kept_without_it(client: httpx.Client, an: Person) -> None:
    message_id = an.say("xin chào")["message_id"]
    body = json.dumps({"message_id": message_id, "rating": "up", "reason": "hay \ud83d"}).encode()
    headers = bearer(an.token) | {"Content-Type": "application/json"}
    assert client.post("/api/feedback", content=body, headers=headers).status_code == 204


# --- waiting -------------------------------------------------------------------------------------------------------


def test_who_has_too_many_waiting_is_told_for_how_long(settings: Settings, rasa: FakeRasa) -> None:
    async def scenario(app: FastAPI, client: httpx.AsyncClient) -> None:
        rasa.behave, client_id = Gate(rasa), new_id()
        first = asyncio.create_task(_send(client, "câu 1", client_id))
        await soon(lambda: rasa.received, "the first message reaches Rasa")
        refused = await _send(client, "câu 2", new_id())
        assert_plain_error(refused, 429, "busy")
        assert int(refused.headers["retry-after"]) >= 1
        rasa.behave.open()
        assert (await first).status_code == 200

    _run(with_(settings, waiting_per_sender=1), scenario)


# --- pages of other sites ------------------------------------------------------------------------------------------


@pytest.fixture
def shared(settings: Settings) -> Iterator[httpx.Client]:
    """The app that one other site may use."""
    with served(with_(settings, allowed_origins=SITE)) as client:
        yield client


def _preflight(
    client: httpx.Client, origin: str, method: str = "POST", header: str = "authorization"
) -> httpx.Response:
    headers = {"Origin": origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": header}
    return client.options("/api/chat", headers=headers)


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_a_named_site_may_use_the_api(shared: httpx.Client, method: str) -> None:
    response = _preflight(shared, SITE, method, "authorization,content-type")
    assert response.status_code == 200
    assert response.headers["access-control-allow-origin"] == SITE
    assert response.headers["access-control-max-age"] == "600"
    assert response.headers["access-control-allow-methods"] == "GET, POST, DELETE, OPTIONS"
    assert {"authorization", "content-type"} <= set(
        response.headers["access-control-allow-headers"].lower().split(", ")
    )
    assert "access-control-allow-credentials" not in response.headers
    assert "Origin" in response.headers["vary"]


@pytest.mark.parametrize(
    "origin",
    [
        "https://other.example.vn",
        "http://xa-binh-minh.example.vn",
        f"{SITE}:8443",
        f"{SITE}.evil.example",
        "https://evil.xa-binh-minh.example.vn",
        f"{SITE}/",
        SITE.upper(),
        "null",
        "*",
        "",
    ],
)
def test_no_other_site_may(shared: httpx.Client, origin: str) -> None:
    assert _preflight(shared, origin).status_code == 400
    response = shared.get("/api/welcome", headers={"Origin": origin})
    for answer in (_preflight(shared, origin), response):
        assert "access-control-allow-origin" not in answer.headers
        assert "Origin" in answer.headers["vary"], "or a cache would give one site's answer to another"


@pytest.mark.parametrize(("method", "header"), [("PUT", "authorization"), ("POST", "x-other")])
def test_a_named_site_may_do_no_more_than_agreed(shared: httpx.Client, method: str, header: str) -> None:
    assert _preflight(shared, SITE, method, header).status_code == 400


def test_a_named_site_can_read_errors_and_how_long_to_wait(settings: Settings, rasa: FakeRasa) -> None:
    rasa.behave = echo
    with served(with_(settings, allowed_origins=SITE, rate_per_session=1)) as client:
        client.headers["Origin"] = SITE
        an = Person(client)
        an.say("xin chào")
        rasa.behave = lambda turn: Reply(drop=True)
        errors = [an.send("xin chào"), Person(client, "x").send("xin chào"), an.erase(), client.get("/nope")]
        assert [error.status_code for error in errors] == [429, 401, 500, 404]
        for error in errors:
            assert error.headers["access-control-allow-origin"] == SITE
            assert error.headers["access-control-expose-headers"] == "Retry-After"
            assert error.headers["vary"] == "Origin"


def test_by_default_no_other_site_may_anything(client: httpx.Client) -> None:
    assert _preflight(client, SITE).status_code == 400
    response = client.post("/api/session", headers={"Origin": SITE})
    assert "access-control-allow-origin" not in response.headers
    assert response.headers["vary"] == "Origin"


def test_an_unexpected_error_can_be_read_by_a_named_site(
    settings: Settings, rasa: FakeRasa, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("the store is gone")

    monkeypatch.setattr(ConversationStore, "history", broken)
    with served(with_(settings, allowed_origins=SITE)) as client:
        token = Person(client).token
        response = client.get("/api/history", headers=bearer(token) | {"Origin": SITE})
        assert_plain_error(response, 500, "internal")
        assert response.headers["access-control-allow-origin"] == SITE
        assert response.headers["x-content-type-options"] == "nosniff"
