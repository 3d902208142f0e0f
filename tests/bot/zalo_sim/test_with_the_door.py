"""The Zalo door of the bot against the simulator: from the consent to the answer on the phone."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from bot import zalo as door
from bot.schemas import Button, MessageOut
from bot.zalo.service import Zalo
from bot.zalo.settings import ZaloSettings
from bot.zalo_sim import Call, Clock, Simulator
from bot.zalo_sim.courier import DeliveryState
from bot.zalo_sim.errors import WebhookRefusedError
from retrieval.records import Status
from tests.bot.zalo.support import phrases

ADMIN = {"Authorization": "Bearer quan-tri-thu-nghiem"}
WAIT_S = 30


class Echo:
    """In the place of the bot's conversations: repeats what it was asked, with one button."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    async def reply(self, sender: str, text: str) -> list[MessageOut]:
        self.asked.append((sender, text))
        await asyncio.sleep(0)
        buttons = [Button(title="Hỏi tiếp", payload="hỏi tiếp")]
        return [MessageOut(text=f"Đáp: {text}", status=Status.ANSWERED, buttons=buttons, message_id="1")]


class RunningDoor:
    """The door in a thread of its own, at an address that the simulator can reach."""

    def __init__(self, folder: Path) -> None:
        self.chat, self.erased, self._ready = Echo(), list[str](), threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._folder = folder

    def app(self) -> FastAPI:
        @contextlib.asynccontextmanager
        async def lifespan(app: FastAPI) -> AsyncIterator[None]:
            async with door.lifespan(app):
                self._ready.set()
                yield

        async def erase(sender: str) -> None:
            self.erased.append(sender)

        app = FastAPI(lifespan=lifespan)
        app.include_router(door.router)
        app.state.chat, app.state.erase = self.chat, erase
        app.state.phrases = phrases()
        app.state.settings = SimpleNamespace(state_folder=self._folder)
        app.state.metrics = SimpleNamespace(registry=CollectorRegistry())
        return app

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        config = uvicorn.Config(self.app(), log_level="critical", ws="none", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([self._socket],), daemon=True)
        thread.start()
        try:
            wait_for(lambda: self._ready.is_set() or not thread.is_alive())
            assert self._ready.is_set(), "the door did not start"
            yield
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture
def zalo() -> Iterator[Simulator]:
    with Simulator(clock=Clock(), automatic=True) as simulator:
        yield simulator


@pytest.fixture
def one_clock(zalo: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """The door goes by the simulator's clock, where it would say that its own is wrong."""
    monkeypatch.setattr(door, "Zalo", partial(Zalo, clock=lambda: int(zalo.clock.now() * 1000)))


@pytest.fixture
def bot(zalo: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningDoor]:
    """The door, set up as docs/zalo.md says for the simulator, with permission and webhook."""
    bot, keys = RunningDoor(tmp_path), zalo.credentials
    monkeypatch.setitem(ZaloSettings.model_config, "env_file", None)
    values = {
        "ZALO_APP_ID": keys.app_id,
        "ZALO_APP_SECRET": keys.app_secret,
        "ZALO_OA_ID": keys.oa_id,
        "ZALO_OA_SECRET": keys.oa_secret,
        "ZALO_PUBLIC_URL": bot.url,
        "ZALO_API_URL": zalo.url,
        "ZALO_OAUTH_URL": zalo.url,
        "ADMIN_TOKEN": ADMIN["Authorization"].partition(" ")[2],
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    with bot.running():
        zalo.register(bot.url)
        permit(zalo, bot)
        yield bot


def permit(zalo: Simulator, bot: RunningDoor) -> None:
    """The administrator's browser: start, permission page, callback."""
    start = httpx.get(f"{bot.url}/zalo/oauth/start", headers=ADMIN, trust_env=False)
    assert start.status_code == 302, start.text
    back = httpx.get(zalo.consent(start.headers["location"]), trust_env=False)
    assert back.status_code == 200, back.text


def test_a_question_is_answered_on_the_phone(zalo: Simulator, bot: RunningDoor) -> None:
    zalo.send_text("2001", "làm khai sinh cần gì")
    (answer,) = zalo.wait_received("2001", 1, WAIT_S)
    assert answer.text == "Đáp: làm khai sinh cần gì"
    assert bot.chat.asked == [("zalo:2001", "làm khai sinh cần gì")]
    zalo.press("2001", answer, 0)
    assert zalo.wait_received("2001", 2, WAIT_S)[1].text == "Đáp: hỏi tiếp"
    assert all(call.error == 0 for call in zalo.calls())


def test_an_event_that_comes_three_times_is_answered_once(zalo: Simulator, bot: RunningDoor) -> None:
    sent = zalo.send_text("2001", "một")
    zalo.wait_received("2001", 1, WAIT_S)
    assert [zalo.redeliver(sent.delivery_id).status for _ in range(2)] == [200, 200]
    zalo.send_text("2001", "hai")
    assert [bubble.text for bubble in zalo.wait_received("2001", 2, WAIT_S)] == ["Đáp: một", "Đáp: hai"]


def test_a_revoked_token_is_renewed_and_nothing_is_lost(zalo: Simulator, bot: RunningDoor) -> None:
    zalo.revoke_access_tokens()
    zalo.send_text("2001", "một")
    assert [bubble.text for bubble in zalo.wait_received("2001", 1, WAIT_S)] == ["Đáp: một"]
    assert [call.error for call in zalo.calls() if call.name.endswith("/cs")] == [-216, 0]


def test_a_clock_that_was_set_forward_ends_tokens_and_the_conversation_goes_on(
    zalo: Simulator, bot: RunningDoor
) -> None:
    zalo.send_text("2001", "một")
    zalo.wait_received("2001", 1, WAIT_S)
    zalo.clock.advance(3 * 86_400)
    zalo.send_text("2001", "hai")
    assert [bubble.text for bubble in zalo.wait_received("2001", 2, WAIT_S)] == ["Đáp: một", "Đáp: hai"]
    assert -220 in [call.error for call in zalo.calls()]


def test_echoes_and_foreign_signatures_do_not_reach_the_bot(zalo: Simulator, bot: RunningDoor) -> None:
    zalo.switches(oa_send_text=True, user_received_message=True, user_seen_message=True)
    zalo.send_text("2001", "một")
    zalo.wait_received("2001", 1, WAIT_S)
    zalo.write_as_staff("2001", "cán bộ trả lời")
    zalo.see("2001")
    zalo.wait_until(lambda: all(event.state == DeliveryState.DELIVERED for event in zalo.deliveries()), WAIT_S)
    body = zalo.deliveries()[0].body
    forged = httpx.post(
        f"{bot.url}/zalo/webhook", content=body, headers={"X-ZEvent-Signature": "mac=" + "0" * 64}, trust_env=False
    )
    assert forged.status_code in (401, 403)
    assert bot.chat.asked == [("zalo:2001", "một")]


def test_the_bot_is_silent_while_somebody_of_the_office_writes(
    zalo: Simulator, one_clock: None, bot: RunningDoor
) -> None:
    zalo.switches(oa_send_text=True)
    zalo.write_as_staff("2001", "Bác chờ cháu xem nhé")
    zalo.wait_until(lambda: all(event.state == DeliveryState.DELIVERED for event in zalo.deliveries()), WAIT_S)
    zalo.send_text("2001", "vâng")
    zalo.send_text("2002", "một")
    zalo.wait_received("2002", 1, WAIT_S)
    zalo.clock.advance(16 * 60)
    zalo.send_text("2001", "hai")
    assert [bubble.text for bubble in zalo.wait_received("2001", 1, WAIT_S)] == ["Đáp: hai"]
    assert ("zalo:2001", "vâng") not in bot.chat.asked


def test_a_withdrawal_erases(zalo: Simulator, bot: RunningDoor) -> None:
    zalo.send_text("2001", "một")
    zalo.wait_received("2001", 1, WAIT_S)
    zalo.act("2001", "user_withdraw")
    zalo.wait_until(lambda: zalo.deliveries()[-1].state == DeliveryState.DELIVERED, WAIT_S)
    wait_for(lambda: bot.erased == ["zalo:2001"])


def test_a_message_whose_answer_is_lost_is_not_sent_twice(zalo: Simulator, bot: RunningDoor) -> None:
    zalo.faults.drop(1)
    zalo.send_text("2001", "một")
    assert zalo.wait_received("2001", 1, WAIT_S)[0].text == "Đáp: một"
    zalo.send_text("2001", "hai")
    zalo.wait_until(lambda: any(bubble.text == "Đáp: hai" for bubble in zalo.received("2001")), WAIT_S)
    assert [bubble.text for bubble in zalo.received("2001")].count("Đáp: một") == 1


def test_a_lost_refresh_asks_for_a_new_permission(zalo: Simulator, bot: RunningDoor) -> None:
    zalo.faults.drop(1, on=Call.TOKEN)
    zalo.revoke_access_tokens()
    zalo.send_text("2001", "một")

    def status() -> str:
        return httpx.get(f"{bot.url}/zalo/status", headers=ADMIN, trust_env=False).text

    wait_for(lambda: "Cần cấp quyền lại" in status())
    permit(zalo, bot)
    assert zalo.wait_received("2001", 1, WAIT_S)[0].text == "Đáp: một"


def test_without_the_door_the_probe_is_refused(zalo: Simulator) -> None:
    app = FastAPI()
    app.include_router(door.router)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", ws="none"))
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        with pytest.raises(WebhookRefusedError, match="404"):
            zalo.register(f"http://127.0.0.1:{listening.getsockname()[1]}")
        server.should_exit = True
        thread.join()


def wait_for(check: Callable[[], bool]) -> None:
    """Wait for something that the simulator knows nothing of."""
    done = threading.Event()
    for _ in range(WAIT_S * 20):
        if check():
            return
        done.wait(0.05)
    raise AssertionError("waited in vain")
