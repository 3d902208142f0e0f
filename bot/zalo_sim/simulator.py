"""The simulator as tests and benchmarks hold it."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import parse_qsl, urlsplit

import uvicorn

from bot.zalo_sim import oauth
from bot.zalo_sim.app import create_app
from bot.zalo_sim.clock import Clock
from bot.zalo_sim.courier import ANSWER_LIMIT_S, Attempt, Delivery
from bot.zalo_sim.people import STAFF_ID, Author, Bubble
from bot.zalo_sim.tokens import TokenPair
from bot.zalo_sim.wire import Credentials, signature
from bot.zalo_sim.world import PER_MINUTE, ApiCall, World

T = TypeVar("T")
_START_LIMIT_S = 10.0


class Simulator:
    """A Zalo on a free port of this machine, in a thread of its own.

        with Simulator() as zalo:
            start_the_bot(ZALO_API_URL=zalo.url, ZALO_OAUTH_URL=zalo.url, …)   # zalo.credentials has the keys
            zalo.register(bot_url)              # callback and webhook (probe `{}`); raises if refused
            zalo.consent(permission_url)        # where the bot sent the admin's browser → the callback's address
            zalo.send_text("2001", "Xin chào")  # any id; people are made up as they write
            zalo.deliver_due()                  # webhooks that are due now, each tried once
            zalo.wait_received("2001", 1)       # what the bot has sent to this person
            zalo.clock.advance(30)              # a failed webhook is due again
            zalo.faults.fail(3, -32)            # the next three sends; see `Faults`

    The clock stands still unless one is given (`Clock()` runs in real time). `automatic` delivers without
    `deliver_due`. `switches` turns events on and off by name; echoes are off. Visitors without an account are
    answered on v2.0, or with `anonymous_on_v3` on v3.0 only: nobody knows which. Methods may be called from any
    thread but block: from a coroutine, use `asyncio.to_thread`.
    """

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        automatic: bool = False,
        per_minute: int = PER_MINUTE,
        answer_limit_s: float = ANSWER_LIMIT_S,
        anonymous_on_v3: bool = False,
        credentials: Credentials | None = None,
    ) -> None:
        self.credentials = credentials or Credentials()
        self.clock = clock or Clock(speed=0)
        self._changed = threading.Condition()
        self._world = World(self.credentials, self.clock, per_minute, answer_limit_s, anonymous_on_v3, self._notify)
        self.faults, self._ready = self._world.faults, threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        app = create_app(self._world, automatic, self._started)
        config = uvicorn.Config(app, log_level="critical", ws="none", timeout_graceful_shutdown=1)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._ready.wait(_START_LIMIT_S):
            raise TimeoutError("the simulator did not start")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()

    # --- the office ---

    def register(self, bot_url: str) -> None:
        """Enter the bot's callback and webhook addresses. WebhookRefusedError if the probe is not answered with 200."""
        self._world.callback_url = f"{bot_url}/zalo/oauth/callback"
        self.register_webhook(f"{bot_url}/zalo/webhook")

    def register_webhook(self, url: str) -> None:
        """Save a webhook address; also what switches a disabled one on again."""
        self._await(self._world.courier.register(url))

    @property
    def webhook_enabled(self) -> bool:
        """Whether events are delivered."""
        return self._world.courier.webhook.enabled

    def consent(self, permission_url: str) -> str:
        """Allow what a permission address asks for; the address that the browser is sent to. ApiError if refused."""
        query = dict(parse_qsl(urlsplit(permission_url).query, keep_blank_values=True))
        return self._run(lambda: oauth.consent(self._world, query))

    def issue_tokens(self) -> TokenPair:
        """A good pair without the way through a browser."""
        return self._run(self._world.tokens.issue_pair)

    def revoke_access_tokens(self) -> None:
        """Every access token answers -216 from now on."""
        self._run(self._world.tokens.revoke_access)

    def switches(self, **events: bool) -> None:
        """Turn events on or off: `switches(oa_send_text=True)`."""
        self._world.switches |= events

    def write_as_staff(self, user: str, text: str, admin_id: str = STAFF_ID) -> Delivery | None:
        """Somebody of the office writes in OA chat."""
        return self._run(lambda: self._world.write_as_staff(user, text, admin_id))

    # --- people ---

    def send_text(self, user: str, text: str, *, at: float | None = None, quote: str = "") -> Delivery:
        """A person writes. `at` dates it (seconds since the epoch), `quote` is the id of a message it answers."""
        return self.send(user, "user_send_text", {"text": text} | ({"quote_msg_id": quote} if quote else {}), at=at)

    def send(self, user: str, event_name: str, message: dict[str, Any], *, at: float | None = None) -> Delivery:
        """Any event with a message: `message` as in the event, without msg_id."""
        return self._run(lambda: self._world.say(user, event_name, message, at=at))

    def send_anonymous(self, user: str, conversation: str, text: str) -> Delivery:
        """A visitor without an account writes."""
        self._world.person(user).conversation_id = conversation
        return self.send(user, "anonymous_send_text", {"text": text})

    def press(self, user: str, bubble: Bubble, button: int = 0) -> Delivery:
        """Press a query button under a message, counted from 0. NoSuchButtonError if it is none."""
        return self._run(lambda: self._world.press(user, bubble.message_id, button))

    def act(self, user: str, event_name: str, *, at: float | None = None) -> Delivery:
        """An event without a message: follow, unfollow, user_click_chatnow, user_withdraw."""
        return self._run(lambda: self._world.do(user, event_name, at))

    def see(self, user: str) -> Delivery | None:
        """A person reads what came."""
        return self._run(lambda: self._world.see(user))

    def received(self, user: str) -> list[Bubble]:
        """What the bot has sent to this person, oldest first."""
        return self._run(lambda: [b for b in self._world.person(user).bubbles if b.author == Author.BOT])

    # --- webhooks and calls ---

    def deliver_due(self, side_by_side: int = 1) -> list[Attempt]:
        """Try every event that is due, earliest first; returns how each try ended."""
        return self._await(self._world.courier.deliver_due(side_by_side))

    def redeliver(self, delivery_id: int) -> Attempt:
        """Send the same bytes once more, as if the answer had been lost."""
        return self._await(self._world.courier.redeliver(delivery_id))

    def deliveries(self) -> list[Delivery]:
        """Every event there was, oldest first."""
        return self._run(lambda: list(self._world.courier.deliveries.values()))

    def calls(self) -> list[ApiCall]:
        """Every call of the bot, oldest first."""
        return self._run(lambda: list(self._world.calls))

    def sign(self, body: bytes, timestamp: str) -> str:
        """The signature header of bytes that a test made itself."""
        return signature(self.credentials.app_id, body, timestamp, self.credentials.oa_secret)

    def wait_received(self, user: str, count: int, timeout_s: float = 10.0) -> list[Bubble]:
        """What the bot has sent to this person, once there are `count`. TimeoutError otherwise."""
        self.wait_until(lambda: len(self.received(user)) >= count, timeout_s)
        return self.received(user)

    def wait_until(self, check: Callable[[], bool], timeout_s: float = 10.0) -> None:
        """Wait until something is so, looking again whenever anything changes. TimeoutError if it never is."""
        end = time.monotonic() + timeout_s
        while True:
            version = self._world.version
            if check():
                return
            self._wait_past(version, end - time.monotonic())

    # --- inner workings ---

    def _started(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._ready.set()

    def _wait_past(self, version: int, timeout_s: float) -> None:
        with self._changed:
            if not self._changed.wait_for(lambda: self._world.version != version, timeout_s):
                raise TimeoutError("it did not come to be so")

    def _notify(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _await(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def _run(self, work: Callable[[], T]) -> T:
        async def there() -> T:
            return work()

        return asyncio.run_coroutine_threadsafe(there(), self._loop).result()
