"""The simulator's page as a program sees it, and the command that starts it."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from bot.zalo_sim import Simulator
from tests.bot.zalo_sim.conftest import Bot, Listener
from tests.conftest import ROOT

LANH = "6820113574920881734"
VISITOR = "9102238847765510294"


class Console:
    """What the page's script does."""

    def __init__(self, zalo: Simulator) -> None:
        self.http = httpx.Client(base_url=zalo.url, trust_env=False)

    def state(self, person: str = LANH) -> dict[str, Any]:
        return dict(self.http.get("/sim/state", params={"person": person}).json())

    def post(self, path: str, body: Any = None) -> httpx.Response:
        return self.http.post(f"/sim/{path}", json=body or {})

    def act(self, kind: str, person: str = LANH, **more: Any) -> httpx.Response:
        return self.post(f"people/{person}/acts", {"kind": kind} | more)


@pytest.fixture
def console(zalo: Simulator) -> Iterator[Console]:
    console = Console(zalo)
    yield console
    console.http.close()


@pytest.mark.parametrize("path", ["/", "/sim/sim.js", "/sim/sim.css", "/favicon.svg"])
def test_a_page_is_served_and_allows_nothing_foreign(console: Console, path: str) -> None:
    response = console.http.get(path)
    assert response.status_code == 200
    policy = response.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["referrer-policy"] == "no-referrer"


def test_the_page_needs_nothing_that_its_policy_forbids(console: Console) -> None:
    page = console.http.get("/").text
    assert '<html lang="vi">' in page
    assert not re.search(r"<style|<script(?![^>]*\bsrc=)|\son\w+=|\sstyle=|javascript:", page)
    for address in re.findall(r'(?:src|href)="([^"]+)"', page):
        assert console.http.get(address).status_code == 200, address
    labelled = set(re.findall(r'<label[^>]* for="([^"]+)"', page))
    fields = set(re.findall(r'<(?:input|select|textarea) id="([^"]+)"', page))
    assert fields == labelled


def test_a_foreign_page_cannot_make_requests(console: Console, zalo: Simulator) -> None:
    form = console.http.post(f"/sim/people/{LANH}/acts", content=b'{"kind":"follow"}')
    assert (form.status_code, form.json()["error"]["message"]) == (415, "Yêu cầu phải là JSON")
    assert console.http.get("/", headers={"Host": "evil.example"}).status_code == 400
    assert zalo.deliveries() == []


def test_it_listens_on_this_machine_only(zalo: Simulator) -> None:
    assert zalo._socket.getsockname()[0] == "127.0.0.1"


@pytest.mark.parametrize(
    ("kind", "event"),
    [
        ("text", "user_send_text"),
        ("sticker", "user_send_sticker"),
        ("image", "user_send_image"),
        ("location", "user_send_location"),
        ("follow", "follow"),
        ("unfollow", "unfollow"),
        ("user_click_chatnow", "user_click_chatnow"),
        ("user_withdraw", "user_withdraw"),
    ],
)
def test_a_person_of_the_page_can_do_everything(console: Console, listener: Listener, kind: str, event: str) -> None:
    assert console.act(kind, text="tôi muốn làm khai sinh").status_code == 200
    (delivery,) = console.state()["deliveries"]
    assert (delivery["event"], delivery["state"], delivery["user_id"]) == (event, "waiting", LANH)
    if event.startswith("user_send_"):
        (bubble,) = console.state()["bubbles"]
        assert bubble["kind"] == kind
        assert bubble["state"] == "waiting"
        assert delivery["body"]["message"]["msg_id"] == bubble["message_id"]


def test_a_visitor_sends_anonymous_events(console: Console, listener: Listener) -> None:
    assert console.act("text", VISITOR, text="chào").status_code == 200
    assert console.state(VISITOR)["deliveries"][0]["event"] == "anonymous_send_text"
    assert console.act("location", VISITOR).status_code == 422


def test_the_page_shows_what_came_and_what_became_of_it(console: Console, zalo: Simulator, listener: Listener) -> None:
    console.act("text", text="xin chào")
    listener.answers = [500]
    zalo.deliver_due()
    bot, buttons = Bot(zalo), [{"title": "Có", "type": "oa.query.show", "payload": "#co"}]
    message = {"text": "**đậm**", "attachment": {"type": "template", "payload": {"buttons": buttons}}}
    bot.send(message, {"user_id": LANH})
    state = console.state()
    mine, answer = state["bubbles"]
    assert (mine["state"], mine["tries"]) == ("waiting", 1)
    assert (answer["text"], answer["buttons"], answer["quota"]) == ("**đậm**", buttons, "reply")
    (attempt,) = state["deliveries"][0]["attempts"]
    assert (attempt["outcome"], attempt["status"]) == ("refused", 500)
    assert state["deliveries"][0]["due"] == pytest.approx(zalo.clock.now() + 30)
    assert state["window"] == "free"
    assert state["people"][0]["unseen"] == 1
    assert state["calls"][0]["error"] == 0
    console.post(f"people/{LANH}/seen")
    assert console.state()["people"][0]["unseen"] == 0
    console.act("press", bubble=answer["message_id"], button=0)
    assert console.state()["bubbles"][-1]["text"] == "#co"
    assert console.act("press", bubble="none").json()["error"]["message"] == "Không còn nút này"


def test_nothing_is_sent_twice_to_a_page_that_knows_it(console: Console) -> None:
    version = console.state()["version"]
    assert console.http.get("/sim/state", params={"known": version}).status_code == 204
    console.act("follow")
    assert console.http.get("/sim/state", params={"known": version}).status_code == 200


def test_switches_clock_faults_and_tokens_can_be_set(console: Console, zalo: Simulator) -> None:
    console.post("switches", {"oa_send_text": True})
    assert console.state()["switches"]["oa_send_text"]
    before = zalo.clock.now()
    console.post("clock", {"forward_s": 3600})
    assert zalo.clock.now() == before + 3600
    console.post("clock", {"speed": 60})
    assert zalo.clock.speed == 60
    console.post("faults", {"kind": "error", "code": -32, "count": 2})
    console.post("faults", {"kind": "drop", "on": "token"})
    console.post("faults", {"kind": "lost_answers", "count": 3})
    assert console.state()["faults"] == {"message": 2, "token": 1, "account": 0, "quota": 0, "webhook": 3}
    console.post("faults", {"kind": "none"})
    assert not any(console.state()["faults"].values())
    zalo.issue_tokens()
    assert console.state()["setup"]["access_until"]
    console.post("tokens/revoke")
    assert console.state()["setup"]["access_until"] is None


def test_the_key_of_the_account_shows_only_when_there_is_a_webhook(console: Console, zalo: Simulator) -> None:
    assert console.state()["setup"]["oa_secret"] is None
    refused = console.post("webhook", {"url": "http://127.0.0.1:1/zalo/webhook"})
    assert refused.status_code == 422
    assert "không trả lời 200" in refused.json()["error"]["message"]
    assert console.state()["setup"]["oa_secret"] is None
    with Listener() as listener:
        assert console.post("webhook", {"url": f" {listener.url}/zalo/webhook"}).status_code == 200
    assert console.state()["setup"]["oa_secret"] == zalo.credentials.oa_secret


def test_an_event_can_be_sent_again_from_the_page(console: Console, zalo: Simulator, listener: Listener) -> None:
    console.act("follow")
    zalo.deliver_due()
    number = console.state()["deliveries"][0]["id"]
    assert console.post(f"deliveries/{number}/again").status_code == 200
    assert len(listener.events) == 2
    assert console.post("deliveries/99/again").status_code == 404


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (f"people/{LANH}/acts", {"kind": "fly"}),
        (f"people/{LANH}/acts", {"kind": "text", "text": "a" * 5001}),
        (f"people/{LANH}/acts", {"kind": "text", "text": "  "}),
        (f"people/{LANH}/acts", {"kind": "staff", "text": "  "}),
        (f"people/{LANH}/acts", [1]),
        ("people/nobody/acts", {"kind": "follow"}),
        ("switches", {"no_such_event": True}),
        ("switches", {"follow": "maybe"}),
        ("clock", {"speed": -1}),
        ("clock", {"forward_s": -1}),
        ("faults", {"kind": "error", "count": 10**9}),
        ("webhook", {"url": "x" * 501}),
        ("webhook", {}),
        ("callback", {"url": "javascript:alert(1)"}),
        ("callback", {"url": "http://a.vn/;\r\nx: y"}),
        ("nope", {}),
    ],
)
def test_a_wrong_request_is_a_plain_sentence(console: Console, path: str, body: Any) -> None:
    response = console.post(path, body)
    assert response.status_code in (404, 422)
    message = response.json()["error"]["message"]
    assert message
    assert not message.isascii()


def test_the_command_says_what_to_put_into_env_and_takes_no_taken_port(zalo: Simulator) -> None:
    port = zalo.url.rpartition(":")[2]
    command = [sys.executable, "-m", "bot.zalo_sim", "--port"]
    taken = subprocess.run([*command, port], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert taken.returncode == 1
    assert f"cổng {port}" in taken.stderr
    wrong = subprocess.run([*command, "0", "--speed", "fast"], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert wrong.returncode == 2

    with subprocess.Popen(
        [*command, "0", "--speed", "60", "--bot", "http://127.0.0.1:9000/"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        try:
            assert running.stdout is not None
            lines = [running.stdout.readline().strip() for _ in range(13)]
            assert lines[2].endswith("rồi chạy: make run PORT=9000")
            assert lines[11].startswith("ADMIN_TOKEN=")
            settings = dict(line.split("=", 1) for line in lines if line.startswith("ZALO_"))
            url = settings["ZALO_API_URL"]
            assert settings["ZALO_OAUTH_URL"] == url
            assert settings["ZALO_PUBLIC_URL"] == "http://127.0.0.1:9000"
            state = httpx.get(f"{url}/sim/state", trust_env=False, timeout=30).json()
            assert state["speed"] == 60
            assert state["setup"]["app_id"] == settings["ZALO_APP_ID"]
            assert state["setup"]["callback"] == "http://127.0.0.1:9000/zalo/oauth/callback"
            running.send_signal(signal.SIGINT)
            assert running.wait(30) == 0
            assert running.stderr is not None
            assert running.stderr.read() == ""
        finally:
            running.kill()
