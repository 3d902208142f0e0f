"""The supervisor with real processes: it says what is wrong, restarts what dies, stops all, and leaves no orphan."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot import supervisor
from bot.settings import ROOT, Settings
from bot.supervisor import (
    Child,
    Supervisor,
    SupervisorError,
    check_port,
    child_environment,
    keep_private,
    rasa_command,
    supervise,
)
from tests.bot.support import PATIENCE_S, eventually, free_port

# Each child notes its process id in the state folder as soon as it runs.
_NOTE = """
import os, pathlib, signal, sys, time
state = pathlib.Path({state!r})
def note(name):
    with (state / name).open("a") as stream:
        stream.write(f"{{os.getpid()}}\\n")
"""
APP = """
import http.server, json
class Door(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({"index": True, "rasa": (state / "rasa.pids").exists()}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_):
        pass
server = http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Door)
note("app.pids")
server.serve_forever()
"""
RASA = 'note("rasa.pids"); time.sleep(600)'
STUBBORN_RASA = """
signal.signal(signal.SIGTERM, signal.SIG_IGN)
note("rasa.pids")
if os.fork() == 0:
    note("helper.pids")
time.sleep(600)
"""


def alive(pid: int) -> bool:
    """Whether a process runs (one that only waits to be collected does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


class Bot:
    """A running stand-in bot."""

    def __init__(self, state: Path, app: str, rasa: str, restart_wait_s: list[float]) -> None:
        self.state, self.output = state, state / "output.txt"
        note = _NOTE.format(state=str(state))
        self.port = free_port()
        plan = {
            "port": self.port,
            "rasa_port": free_port(),
            "state_folder": str(state),
            "app": note + app,
            "rasa": note + rasa,
            "restart_wait_s": restart_wait_s,
        }
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.bot.stand_in_bot", json.dumps(plan)],
                cwd=ROOT,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def pids(self, name: str) -> list[int]:
        """Process ids that children noted, oldest first."""
        with contextlib.suppress(OSError):
            return [int(line) for line in (self.state / f"{name}.pids").read_text().split()]
        return []

    def all_pids(self) -> list[int]:
        return [pid for name in ("app", "rasa", "helper") for pid in self.pids(name)]

    def said(self) -> str:
        return self.output.read_text(encoding="utf-8")

    def wait_until_ready(self) -> None:
        eventually(lambda: "Nhấn Ctrl-C để dừng." in self.said() or self.process.poll() is not None, "the bot is ready")
        assert self.process.poll() is None, self.said()

    def stop(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)


Start = Callable[..., Bot]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start stand-in bots; whatever is left of them at the end is killed."""
    bots: list[Bot] = []

    def run(app: str = APP, rasa: str = RASA, restart_wait_s: tuple[float, ...] = (0,)) -> Bot:
        state = tmp_path / f"state-{len(bots)}"
        state.mkdir()
        bots.append(Bot(state, app, rasa, list(restart_wait_s)))
        return bots[-1]

    yield run
    for bot in bots:
        for pid in [bot.process.pid, *bot.all_pids()]:
            if alive(pid):
                os.kill(pid, signal.SIGKILL)
        bot.process.wait(PATIENCE_S)


# --- ports and missing parts ---------------------------------------------------------------------------------------


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which somebody else listens."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        door.listen()
        yield door.getsockname()[1]


def test_a_free_port_is_fine() -> None:
    check_port("127.0.0.1", free_port(), "PORT")


@pytest.mark.parametrize("variable", ["PORT", "RASA_PORT"])
@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_a_taken_port_is_said_plainly_with_a_suggestion(taken: int, host: str, variable: str) -> None:
    with pytest.raises(SupervisorError) as caught:
        check_port(host, taken, variable)
    assert f"Cổng {taken} không dùng được" in str(caught.value)
    assert f"make run {variable}={taken + 1}" in str(caught.value)


def test_the_suggested_port_exists(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(98, "Address already in use")

    monkeypatch.setattr(socket.socket, "bind", refuse)
    with pytest.raises(SupervisorError) as caught:
        check_port("127.0.0.1", 65535, "PORT")
    assert "65536" not in str(caught.value)


@pytest.mark.parametrize(("kind", "variable"), [("port", "PORT"), ("rasa_port", "RASA_PORT")])
def test_nothing_is_started_when_a_port_is_taken(tmp_path: Path, taken: int, kind: str, variable: str) -> None:
    ports: dict[str, Any] = {"port": free_port(), "rasa_port": free_port(), kind: taken}
    bot = Supervisor(Settings(**ports, state_folder=tmp_path))
    with pytest.raises(SupervisorError, match=f"make run {variable}="):
        asyncio.run(bot.run())
    assert bot.app.process is None
    assert bot.rasa.process is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("part", "command"), [("RASA_PYTHON", "make setup"), ("RASA_MODEL", "make train")])
def test_a_missing_part_is_named_with_the_command_that_makes_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, part: str, command: str
) -> None:
    here = ROOT / "pyproject.toml"  # any file that is there
    for name in ("RASA_PYTHON", "RASA_MODEL"):
        monkeypatch.setattr(supervisor, name, ROOT / "not" / "there" if name == part else here)
    with pytest.raises(SupervisorError, match=f"Thiếu not/there. Hãy chạy: {command}"):
        asyncio.run(supervise(Settings(state_folder=tmp_path)))


def test_rasa_is_told_to_stay_on_this_machine_behind_its_token(tmp_path: Path) -> None:
    settings = Settings(rasa_port=5999, rasa_token="-starts-with-a-dash", state_folder=tmp_path)
    command = rasa_command(settings)
    assert command[command.index("--interface") + 1] == "127.0.0.1"
    assert command[command.index("--port") + 1] == "5999"
    assert "--enable-api" in command
    assert "-starts-with-a-dash" not in " ".join(command), "whoever lists the processes would see it"
    assert child_environment(settings)["RASA_TOKEN"] == "-starts-with-a-dash"


def test_rasa_gets_its_token_where_nobody_else_sees_it(tmp_path: Path) -> None:
    """With a stand-in for Rasa's package."""
    (tmp_path / "rasa").mkdir()
    (tmp_path / "rasa" / "__init__.py").touch()
    (tmp_path / "rasa" / "__main__.py").write_text("import sys\nprint(__name__, sys.argv[1:])", encoding="utf-8")
    shown = subprocess.run(
        [sys.executable, "-m", "bot.run_rasa", "run", "--enable-api"],
        cwd=ROOT,
        env=os.environ | {"RASA_TOKEN": "-a b", "PYTHONPATH": f"{tmp_path}:{ROOT}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout == "__main__ ['run', '--enable-api', '--auth-token=-a b']\n"


# --- one child -----------------------------------------------------------------------------------------------------


def test_stop_kills_a_child_that_ignores_being_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(supervisor, "_STOP_LIMIT_S", 0.2)
    code = _NOTE.format(state=str(tmp_path)) + STUBBORN_RASA
    child = Child("Rasa", [sys.executable, "-c", code], dict(os.environ), tmp_path / "log" / "rasa.log")

    async def scenario() -> int | None:
        await child.start()
        assert child.process is not None
        await asyncio.to_thread(eventually, (tmp_path / "helper.pids").exists, "the child runs")
        await child.stop()
        return child.process.returncode

    assert asyncio.run(scenario()) == -signal.SIGKILL
    pids = [int((tmp_path / name).read_text()) for name in ("rasa.pids", "helper.pids")]
    eventually(lambda: not any(alive(pid) for pid in pids), "the child and its helper are gone")


def test_stop_lets_a_child_end_by_itself(tmp_path: Path) -> None:
    code = """
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
print("up", flush=True)
time.sleep(600)
"""
    child = Child("app", [sys.executable, "-c", code], dict(os.environ), tmp_path / "app.log")

    async def scenario() -> int:
        await child.stop()  # nothing to stop yet
        await child.start()
        await asyncio.to_thread(eventually, lambda: "up" in child.last_lines(), "the child runs")
        await child.stop()
        await child.stop()  # and nothing any more
        return await child.wait()

    assert asyncio.run(scenario()) == 7


def test_a_log_is_kept_over_restarts_and_its_end_is_shown_whatever_it_holds(tmp_path: Path) -> None:
    code = r"import sys; sys.stdout.buffer.write(b'\xff\xfe loi\n' + b'dong\n' * 20); sys.stderr.write('cuoi cung\n')"
    child = Child("app", [sys.executable, "-c", code], dict(os.environ), tmp_path / "app.log")

    async def scenario() -> None:
        for _ in range(2):
            await child.start()
            assert await child.wait() == 0

    asyncio.run(scenario())
    assert len(child.log_file.read_bytes().splitlines()) == 44
    shown = child.last_lines(3).splitlines()
    assert len(shown) == 3
    assert "cuoi cung" in child.last_lines(44)


def test_a_long_log_is_put_aside_at_the_next_start_and_an_older_one_goes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(supervisor, "_LONG_LOG_BYTES", 30)
    child = Child("app", [sys.executable, "-c", "print('x' * 24)"], dict(os.environ), tmp_path / "app.log")
    aside = tmp_path / "app.log.1"
    aside.write_text("cũ", encoding="utf-8")

    async def scenario() -> None:
        for _ in range(3):
            await child.start()
            await child.wait()

    asyncio.run(scenario())
    assert aside.read_text(encoding="utf-8").splitlines() == ["x" * 24] * 2
    assert child.log_file.read_text(encoding="utf-8").splitlines() == ["x" * 24]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["app.log", "app.log.1"]


def test_of_a_huge_log_only_the_end_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(supervisor, "_LAST_BYTES", 30)
    child = Child("app", [], {}, tmp_path / "app.log")
    child.log_file.write_text("dòng đầu\n" * 1000 + "dòng cuối\n", encoding="utf-8")
    lines = child.last_lines().splitlines()
    assert lines[-1] == "dòng cuối"
    assert len(lines) < 5


# --- the state folder ----------------------------------------------------------------------------------------------


@pytest.fixture
def umask() -> Iterator[None]:
    """The usual one, whatever a test does to it."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_state_folder_that_is_there_becomes_its_owner_s_alone(umask: None, tmp_path: Path) -> None:
    state, elsewhere = tmp_path / "var", tmp_path / "elsewhere.db"
    state.mkdir(mode=0o755)
    elsewhere.touch(mode=0o644)
    (state / "link.db").symlink_to(elsewhere)
    for name in ("conversations.db", "turns.db-wal", "app.log", "rasa.log.1", "other.txt"):
        (state / name).touch(mode=0o644)
    keep_private(state)
    (state / "new").touch()
    assert _mode(state) == 0o700
    modes = {name: _mode(state / name) for name in ("conversations.db", "turns.db-wal", "app.log", "rasa.log.1", "new")}
    assert set(modes.values()) == {0o600}, modes
    assert (_mode(state / "other.txt"), _mode(elsewhere)) == (0o644, 0o644)


def test_a_state_folder_that_is_missing_is_made_for_its_owner_alone(umask: None, tmp_path: Path) -> None:
    keep_private(tmp_path / "a" / "var")
    assert _mode(tmp_path / "a" / "var") == 0o700


def test_a_folder_that_everybody_writes_to_is_left_to_them(umask: None, tmp_path: Path) -> None:
    shared = tmp_path / "tmp"
    shared.mkdir()
    shared.chmod(0o1777)
    keep_private(shared)
    assert _mode(shared) == 0o1777


# --- both children -------------------------------------------------------------------------------------------------


def test_it_waits_until_ready_and_leaves_word_for_the_shell(start: Start) -> None:
    bot = start()
    bot.wait_until_ready()
    assert f"Trợ lý đã sẵn sàng: http://localhost:{bot.port}/" in bot.said()
    run_file = bot.state / "run.json"
    assert stat.S_IMODE(run_file.stat().st_mode) == 0o600
    record = json.loads(run_file.read_text())
    assert record["action_url"] == f"http://127.0.0.1:{bot.port}/internal/actions"
    assert len(record["action_token"]) >= 32
    assert stat.S_IMODE(bot.state.stat().st_mode) == 0o700
    for name in ("app.log", "rasa.log", "app.pids", "rasa.pids"):
        assert stat.S_IMODE((bot.state / name).stat().st_mode) == 0o600, name


def test_the_token_is_not_said_aloud(start: Start) -> None:
    bot = start()
    bot.wait_until_ready()
    token = json.loads((bot.state / "run.json").read_text())["action_token"]
    bot.stop(signal.SIGTERM)
    assert token not in bot.said()


@pytest.mark.parametrize("name", ["rasa", "app"])
def test_a_crashed_child_is_started_again_and_the_other_left_alone(start: Start, name: str) -> None:
    bot = start()
    bot.wait_until_ready()
    other = "app" if name == "rasa" else "rasa"
    os.kill(bot.pids(name)[0], signal.SIGKILL)
    eventually(lambda: len(bot.pids(name)) == 2, "the child is started again")
    assert "đã dừng đột ngột (mã -9)" in bot.said()
    os.kill(bot.pids(name)[1], signal.SIGKILL)
    eventually(lambda: len(bot.pids(name)) == 3, "and again")
    assert len(bot.pids(other)) == 1
    assert alive(bot.pids(other)[0])
    assert bot.process.poll() is None


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_told_to_stop_it_ends_with_0_and_leaves_nothing(start: Start, number: signal.Signals) -> None:
    bot = start()
    bot.wait_until_ready()
    pids = bot.all_pids()
    assert [alive(pid) for pid in pids] == [True, True]
    assert bot.stop(number) == 0
    assert [alive(pid) for pid in pids] == [False, False]
    assert not (bot.state / "run.json").exists()
    assert bot.said().splitlines()[-1] == "Đã dừng."
    check_port("127.0.0.1", bot.port, "PORT")


def test_a_child_that_will_not_stop_is_stopped_with_its_helpers(start: Start) -> None:
    bot = start(rasa=STUBBORN_RASA)
    bot.wait_until_ready()
    eventually(lambda: bot.pids("helper"), "the helper runs")
    assert bot.stop(signal.SIGINT) == 0
    eventually(lambda: not any(alive(pid) for pid in bot.all_pids()), "all are gone")


def test_told_to_stop_while_starting_it_ends_with_0(start: Start) -> None:
    bot = start(rasa="time.sleep(600)")  # never says that it is there
    eventually(lambda: bot.pids("app"), "the app runs")
    assert bot.stop(signal.SIGINT) == 0
    assert "đã sẵn sàng" not in bot.said()
    assert not any(alive(pid) for pid in bot.all_pids())
    assert not (bot.state / "run.json").exists()


def test_told_to_stop_while_it_waits_to_restart_it_ends_with_0(start: Start) -> None:
    bot = start(restart_wait_s=(3600,))
    bot.wait_until_ready()
    os.kill(bot.pids("rasa")[0], signal.SIGKILL)
    eventually(lambda: "khởi động lại sau 3600 giây" in bot.said(), "the crash is noticed")
    assert bot.stop(signal.SIGINT) == 0
    assert not any(alive(pid) for pid in bot.all_pids())


def test_a_child_that_cannot_start_is_said_with_the_end_of_its_log(start: Start) -> None:
    bot = start(rasa='note("rasa.pids"); sys.exit("mo hinh hong")', app=APP.replace("True", "False"))
    assert bot.process.wait(PATIENCE_S) == 1
    said = bot.said()
    assert "Rasa không khởi động được" in said
    assert "mo hinh hong" in said
    assert "rasa.log" in said
    assert not any(alive(pid) for pid in bot.all_pids())
    assert not (bot.state / "run.json").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_a_killed_supervisor_leaves_no_orphan(start: Start) -> None:
    bot = start(rasa=STUBBORN_RASA.replace('if os.fork() == 0:\n    note("helper.pids")\n', ""))
    bot.wait_until_ready()
    pids = bot.all_pids()
    assert [alive(pid) for pid in pids] == [True, True]
    bot.process.kill()
    bot.process.wait(PATIENCE_S)
    eventually(lambda: not any(alive(pid) for pid in pids), "both children are gone")
