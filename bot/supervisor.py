"""Runs both processes: starts them, waits until they are ready, restarts what dies, stops both, leaves no orphan."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import json
import os
import signal
import socket
import stat
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import httpx

from bot.settings import ROOT, Settings

RASA_PYTHON = ROOT / ".venv" / "rasa" / "bin" / "python"
RASA_MODEL = ROOT / "models" / "rasa" / "rasa.tar.gz"
# Rasa: no telemetry, no chatter of TensorFlow, no search for a GPU.
RASA_QUIET = {"RASA_TELEMETRY_ENABLED": "false", "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
_READY_LIMIT_S = 300
_PROGRESS_EVERY_S = 5
_STOP_LIMIT_S = 20
_RESTART_WAIT_S = (0, 1, 2, 5, 10, 30)
_STEADY_AFTER_S = 60
_LONG_LOG_BYTES = 20_000_000
_LAST_BYTES = 65_536
_PR_SET_PDEATHSIG = 1


class SupervisorError(Exception):
    """The bot cannot be started; the text says why and what to do."""


def say(text: str) -> None:
    """A line for the person at the terminal."""
    print(text, flush=True)


def check_port(host: str, port: int, variable: str) -> None:
    """SupervisorError if a port is taken or may not be used."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise SupervisorError(
                f"Cổng {port} không dùng được ({error.strerror}). Có thể một chương trình khác đang dùng cổng này. "
                f"Hãy chọn cổng khác, ví dụ: make run {variable}={port + 1 if port < 65535 else port - 1}"
            ) from error


def free_port() -> int:
    """A port that nothing uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Child:
    """A process that should always run."""

    name: str
    command: list[str]
    environment: dict[str, str]
    log_file: Path
    process: asyncio.subprocess.Process | None = None
    failures: int = 0
    started: float = 0.0

    async def start(self) -> None:
        """Start the process in a group of its own, its output appended to its log file."""
        self.log_file.parent.mkdir(parents=True, exist_ok=True)
        self._put_aside_long_log()
        with self.log_file.open("ab") as output:
            self.process = await asyncio.create_subprocess_exec(
                *self.command,
                cwd=ROOT,
                env=self.environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )
        self.started = time.monotonic()

    async def wait(self) -> int:
        """Wait until the process ends; its exit code."""
        return await self.process.wait() if self.process is not None else 0

    async def stop(self) -> None:
        """Ask the process to end, then make it."""
        if self.process is None or self.process.returncode is not None:
            return
        _signal_group(self.process.pid, signal.SIGTERM)
        try:
            await asyncio.wait_for(self.process.wait(), _STOP_LIMIT_S)
        except TimeoutError:
            _signal_group(self.process.pid, signal.SIGKILL)
            await self.process.wait()

    def last_lines(self, count: int = 15) -> str:
        """The end of the log, for the person at the terminal."""
        with self.log_file.open("rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - _LAST_BYTES))
            lines = log.read().decode("utf-8", errors="replace").splitlines()
        return "\n".join(lines[-count:])

    def _put_aside_long_log(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            if self.log_file.stat().st_size > _LONG_LOG_BYTES:
                self.log_file.replace(self.log_file.with_name(f"{self.log_file.name}.1"))


def _die_with_parent() -> None:
    # Where the kernel offers it, even a supervisor killed with -9 leaves no orphan.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _signal_group(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, number)


class Supervisor:
    """The two children of one bot."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        state = ROOT / settings.state_folder
        environment = child_environment(settings)
        self._run_file = state / "run.json"
        self.app = Child("ứng dụng", _app_command(settings), environment, state / "app.log")
        self.rasa = Child("Rasa", rasa_command(settings), environment, state / "rasa.log")
        self._stopping = asyncio.Event()

    async def run(self) -> int:
        """Run until told to stop. Returns the exit code."""
        check_port(self._settings.bind, self._settings.port, "PORT")
        check_port("127.0.0.1", self._settings.rasa_port, "RASA_PORT")
        keep_private(ROOT / self._settings.state_folder)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._stopping.set)
        watchers: list[asyncio.Task[None]] = []
        try:
            for child in (self.app, self.rasa):
                await child.start()
            write_run_file(self._run_file, self._settings)
            if not await self._wait_until_ready():
                return 0 if self._stopping.is_set() else 1
            say(f"Trợ lý đã sẵn sàng: http://{_shown_host(self._settings.bind)}:{self._settings.port}/")
            say("Nhấn Ctrl-C để dừng.")
            watchers = [asyncio.create_task(self._keep_running(child)) for child in (self.app, self.rasa)]
            await self._stopping.wait()
            return 0
        finally:
            for watcher in watchers:
                watcher.cancel()
            say("Đang dừng…")
            await asyncio.gather(self.rasa.stop(), self.app.stop())
            self._run_file.unlink(missing_ok=True)
            say("Đã dừng.")

    async def _wait_until_ready(self) -> bool:
        url = f"{self._settings.app_url}/readyz"
        started, told = time.monotonic(), 0.0
        async with httpx.AsyncClient(timeout=3, trust_env=False) as client:
            while not self._stopping.is_set():
                waited = time.monotonic() - started
                for child in (self.app, self.rasa):
                    if child.process is not None and child.process.returncode is not None:
                        say(f"{child.name} không khởi động được. Cuối nhật ký {child.log_file}:\n{child.last_lines()}")
                        return False
                if waited > _READY_LIMIT_S:
                    say(f"Chờ {_READY_LIMIT_S} giây mà chưa sẵn sàng. Xem nhật ký trong {self.app.log_file.parent}")
                    return False
                checks = await _ready_checks(client, url)
                if checks is not None and all(checks.values()):
                    return True
                if waited - told >= _PROGRESS_EVERY_S:
                    told = waited
                    say(f"Đang khởi động… {waited:.0f} giây ({_progress(checks)})")
                await _sleep_or(self._stopping, 0.3)
        return False

    async def _keep_running(self, child: Child) -> None:
        while not self._stopping.is_set():
            code = await child.wait()
            if self._stopping.is_set():
                return
            if time.monotonic() - child.started > _STEADY_AFTER_S:
                child.failures = 0
            wait = _RESTART_WAIT_S[min(child.failures, len(_RESTART_WAIT_S) - 1)]
            child.failures += 1
            say(f"{child.name} đã dừng đột ngột (mã {code}); khởi động lại sau {wait} giây…")
            await asyncio.sleep(wait)
            await child.start()


async def _ready_checks(client: httpx.AsyncClient, url: str) -> dict[str, bool] | None:
    try:
        checks: dict[str, bool] = (await client.get(url)).json()
        return checks
    except (httpx.HTTPError, ValueError):
        return None


def _progress(checks: dict[str, bool] | None) -> str:
    if checks is None:
        return "đang nạp mô hình và chỉ mục"
    return ", ".join(f"{name} {'xong' if done else 'chưa xong'}" for name, done in checks.items())


async def _sleep_or(event: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)


def _shown_host(bind: str) -> str:
    return "localhost" if bind in ("127.0.0.1", "0.0.0.0", "::", "::1") else bind  # noqa: S104


def child_environment(settings: Settings) -> dict[str, str]:
    """What both children need to find and trust each other."""
    return (
        os.environ
        | RASA_QUIET
        | {
            "PORT": str(settings.port),
            "RASA_PORT": str(settings.rasa_port),
            "BIND": settings.bind,
            "ACTION_URL": settings.action_url,
            "ACTION_TOKEN": settings.action_token.get_secret_value(),
            "RASA_TOKEN": settings.rasa_token.get_secret_value(),
            "TRACKER_URL": settings.conversations_url,
            "HF_HUB_OFFLINE": os.environ.get("HF_HUB_OFFLINE", "1"),
            # Questions at once are threads at once; with a thread pool inside each, two cores fight for a second.
            "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1"),
            "PYTHONUNBUFFERED": "1",
            "PYTHONPATH": str(ROOT),
        }
    )


def _app_command(settings: Settings) -> list[str]:
    uvicorn = [sys.executable, "-m", "uvicorn", "bot.app:create_app", "--factory", "--no-access-log"]
    return [*uvicorn, "--host", settings.bind, "--port", str(settings.port), "--no-proxy-headers"]


def rasa_command(settings: Settings) -> list[str]:
    """Rasa on loopback with its API behind a token, which it takes from its environment."""
    return [
        str(RASA_PYTHON), "-m", "bot.run_rasa", "run", "--model", str(RASA_MODEL),
        "--endpoints", "endpoints.yml", "--credentials", "credentials.yml",
        "--interface", "127.0.0.1", "--port", str(settings.rasa_port),
        "--enable-api",
    ]  # fmt: skip


def keep_private(folder: Path) -> None:
    """The state folder, made where it is missing, is its owner's alone, with what is in it and what will be written.

    Files of others stay as they are, and so does a folder that everybody writes to.
    """
    os.umask(0o077)
    folder.mkdir(parents=True, exist_ok=True)
    if not folder.stat().st_mode & stat.S_ISVTX:
        _tighten(folder, 0o700)
    for pattern in ("*.db*", "*.log*"):
        for file in folder.glob(pattern):
            if file.is_file() and not file.is_symlink():
                _tighten(file, 0o600)


def _tighten(path: Path, mode: int) -> None:
    if path.stat().st_uid == os.geteuid():
        path.chmod(mode)


def write_run_file(path: Path, settings: Settings) -> None:
    """Leave for `make shell` what it needs to reach the running app; readable by the owner alone."""
    token = settings.action_token.get_secret_value()
    record = {"app_url": settings.app_url, "action_url": settings.action_url, "action_token": token}
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as stream:
        json.dump(record, stream)


async def supervise(settings: Settings) -> int:
    """Run the bot until told to stop. SupervisorError if something is missing or a port is taken."""
    for needed, command in ((RASA_PYTHON, "make setup"), (RASA_MODEL, "make train")):
        if not needed.is_file():
            raise SupervisorError(f"Thiếu {needed.relative_to(ROOT)}. Hãy chạy: {command}")
    return await Supervisor(settings).run()
