"""Starting, crashing, stopping, and the shell: the whole bot as an operator meets it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import stat
import subprocess
import sys
import uuid
from pathlib import Path

import httpx
import pytest

from bot.settings import ROOT
from tests.bot.support import phrase
from tests.e2e.support import Stack, alive, eventually, free_port, processes_with, running

pytestmark = pytest.mark.slow

QUESTION = "quang ninh co bao nhieu to cong nghe so"
NOT_RUNNING = "Lỗi: trợ lý chưa chạy. Hãy mở cửa sổ khác và chạy: make run\n"
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def _bot(stack: Stack, command: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bot", command],
        cwd=ROOT,
        env=stack.environment,
        input=typed,
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_it_said_where_it_is(stack: Stack) -> None:
    assert f"Trợ lý đã sẵn sàng: http://localhost:{stack.port}/" in eventually(
        lambda: stack.said() if "Nhấn Ctrl-C" in stack.said() else "", "the bot says that it is ready"
    )


def test_a_second_bot_on_the_same_port_says_so_and_harms_nothing(stack: Stack) -> None:
    done = _bot(stack, "run")
    assert (done.returncode, done.stdout) == (1, "")
    assert f"Cổng {stack.port} không dùng được" in done.stderr
    assert f"make run PORT={stack.port + 1}" in done.stderr
    assert (stack.state / "run.json").is_file()
    assert stack.is_ready()


def test_others_on_this_machine_see_neither_what_is_kept_nor_a_token(stack: Stack) -> None:
    stack.ask("xin chào", "an")
    names = {path.name for path in stack.state.iterdir()}
    assert {"conversations.db", "turns.db", "app.log", "rasa.log", "run.json", "session.secret"} <= names
    for path in [stack.state, *stack.state.iterdir()]:
        if path != stack.output:  # the shell's, made before the bot started
            assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
    seen = Path(f"/proc/{stack.children()['rasa']}/environ").read_bytes().decode().split("\0")
    tokens = [value for name, _, value in (line.partition("=") for line in seen) if name.endswith("_TOKEN") and value]
    commands = " ".join(processes_with(f"STATE_FOLDER={stack.state}").values())
    assert len(tokens) >= 2
    assert not [token for token in tokens if token in commands]
    refused = httpx.get(f"http://127.0.0.1:{stack.rasa_port}/status", trust_env=False)
    assert refused.status_code == 401, "and Rasa has got it all the same"


@pytest.mark.parametrize("name", ["rasa", "app"])
def test_after_a_crash_it_answers_again_by_itself_and_still_knows_the_conversation(stack: Stack, name: str) -> None:
    sender = f"crash-{uuid.uuid4().hex}"
    assert stack.ask("Quảng Ninh có bao nhiêu tổ công nghệ số?", sender)["status"] == "answered"
    before = stack.children()
    os.kill(before[name], signal.SIGKILL)
    eventually(lambda: not alive(before[name]), f"{name} is dead")
    if name == "rasa":
        message = stack.ask("xin chào", f"{sender}-other")
        assert message["status"] in ("unavailable", "smalltalk")
        assert message["text"] in (phrase("utter_unavailable"), phrase("utter_greet"))

    def answers() -> bool:
        with contextlib.suppress(httpx.HTTPError):
            return bool(stack.ask("xin chào", f"{sender}-other")["status"] == "smalltalk")
        return False

    eventually(answers, "the bot answers again", 120)
    message = stack.ask("còn Nam Định thì sao", sender)
    assert message["status"] == "answered"
    provinces = {document["id"]: document["province"] for document in stack.records("documents")}
    assert {provinces[citation["document_id"]] for citation in message["citations"]} == {"Nam Định"}
    after = stack.children()
    assert after[name] != before[name]
    assert {**after, name: 0} == {**before, name: 0}, "the other one was left alone"
    assert "đã dừng đột ngột (mã -9); khởi động lại" in stack.said()


# --- the shell -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shell(stack: Stack) -> subprocess.CompletedProcess[str]:
    """A talk in `python -m bot shell` beside the running bot."""
    done = _bot(stack, "shell", f"{QUESTION}\ncòn Nam Định thì sao\n/stop\n")
    done.stdout, done.stderr = _ESCAPES.sub("", done.stdout), _ESCAPES.sub("", done.stderr)
    return done


def test_the_shell_shows_quotes_with_their_sources(stack: Stack, shell: subprocess.CompletedProcess[str]) -> None:
    assert shell.returncode == 0, shell.stderr[-3000:]
    (citation, *_) = stack.ask(QUESTION, f"shell-{uuid.uuid4().hex}")["citations"]
    assert f"{citation['quote']} [1]" in shell.stdout
    assert "\nNguồn:\n" in shell.stdout
    assert f"[1] {citation['title']}" in shell.stdout
    assert "Nam Định" in shell.stdout.rpartition("Nguồn:")[2], "a follow-up works there too"


def test_what_staff_try_in_the_shell_is_not_kept(stack: Stack, shell: subprocess.CompletedProcess[str]) -> None:
    kept = b"".join(path.read_bytes() for path in stack.state.glob("conversations.db*"))
    assert b"cmdline" not in kept


def test_the_shell_opens_no_door_to_other_machines(shell: subprocess.CompletedProcess[str]) -> None:
    assert "Starting Rasa server on http://127.0.0.1:" in shell.stderr


def test_the_shell_without_a_running_bot_says_what_to_do(stack: Stack, tmp_path: Path) -> None:
    environment = stack.environment | {"STATE_FOLDER": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "bot", "shell"], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stderr) == (1, NOT_RUNNING)


def test_the_shell_beside_a_bot_that_was_killed_says_what_to_do(stack: Stack, tmp_path: Path) -> None:
    """Else it starts, and every question is met with silence."""
    record = {"action_url": f"http://127.0.0.1:{free_port()}/internal/actions", "action_token": "gone"}
    (tmp_path / "run.json").write_text(json.dumps(record), encoding="utf-8")
    environment = stack.environment | {"STATE_FOLDER": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "bot", "shell"],
        cwd=ROOT,
        env=environment,
        input="/stop\n",
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (1, NOT_RUNNING)


# --- stopping ------------------------------------------------------------------------------------------------------


def test_ctrl_c_stops_everything_and_a_killed_bot_can_be_started_again(
    own_index: Path, rasa_model: None, tmp_path: Path
) -> None:
    state = tmp_path / "var"
    with running(state, own_index) as bot:
        sender = "stop"
        assert bot.ask("Quảng Ninh có bao nhiêu tổ công nghệ số?", sender)["status"] == "answered"
        pids = list(processes_with(f"STATE_FOLDER={state}"))
        assert len(pids) == 3
        assert (state / "run.json").is_file()
        bot.process.send_signal(signal.SIGINT)
        assert bot.process.wait(60) == 0
        assert [pid for pid in pids if alive(pid)] == []
        assert processes_with(f"STATE_FOLDER={state}") == {}
        assert not (state / "run.json").exists()
        assert bot.said().splitlines()[-1] == "Đã dừng."
    with running(state, own_index) as bot:
        message = bot.ask("còn Nam Định thì sao", sender)
        assert message["status"] == "answered", "conversations outlive a restart"
        assert {c["document_id"].split("-nhan-luc")[0] for c in message["citations"]} == {"nam-dinh"}
        children = bot.children()
        bot.process.kill()
        bot.process.wait(60)
        eventually(lambda: not any(alive(pid) for pid in children.values()), "no orphan is left")
