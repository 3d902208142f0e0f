"""The whole bot as real processes, started as a person starts it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx

from bot.settings import ROOT, Settings
from bot.supervisor import free_port as free_port

# The longest to wait for a start or an answer; a shared machine may be slow.
START_LIMIT_S = 240.0
ANSWER_LIMIT_S = 60.0


def eventually(check: Callable[[], Any], what: str, limit_s: float = ANSWER_LIMIT_S) -> Any:
    """The first true value of `check`; fails with `what` if none comes."""
    give_up = time.monotonic() + limit_s
    while time.monotonic() < give_up:
        if value := check():
            return value
        time.sleep(0.2)
    raise AssertionError(f"waited {limit_s:.0f} s in vain: {what}")


def alive(pid: int) -> bool:
    """Whether a process runs (one that only waits to be collected does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def processes_with(text: str) -> dict[int, str]:
    """Running processes that have `text` in their environment, with their command lines."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if text.encode() in (folder / "environ").read_bytes() and alive(int(folder.name)):
                found[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
    return found


def listens_on(port: int) -> set[str]:
    """The addresses on which this machine accepts connections at a port."""
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:] if Path(table).exists() else []:
            address, state = line.split()[1], line.split()[3]
            host, _, number = address.rpartition(":")
            if state == "0A" and int(number, 16) == port:
                found.add(socket.inet_ntoa(bytes.fromhex(host)[::-1]) if len(host) == 8 else host)
    return found


class Stack:
    """One running bot: supervisor, app and Rasa, with ports and a state folder of its own."""

    def __init__(self, state: Path, index: Path) -> None:
        self.state, self.index = state, index
        self.port, self.rasa_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.output = state / "output.txt"
        self.client = httpx.Client(base_url=self.url, timeout=ANSWER_LIMIT_S, trust_env=False)
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "bot", "run"],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def environment(self) -> dict[str, str]:
        """What a second terminal needs to reach this bot."""
        clean = {name: value for name, value in os.environ.items() if name.lower() not in Settings.model_fields}
        return clean | {
            "PORT": str(self.port),
            "RASA_PORT": str(self.rasa_port),
            "STATE_FOLDER": str(self.state),
            "INDEX_FOLDER": str(self.index),
            "EMBEDDING_MODEL": "models/embedder",
            "HF_HUB_OFFLINE": "1",
            "COLUMNS": "120",
        }

    def said(self) -> str:
        """What the supervisor told the person at the terminal."""
        return self.output.read_text(encoding="utf-8")

    def is_ready(self) -> bool:
        assert self.process.poll() is None, self.said()
        with contextlib.suppress(httpx.HTTPError):
            return self.client.get("/readyz").status_code == 200
        return False

    def wait_until_ready(self) -> None:
        eventually(self.is_ready, "the bot is ready", START_LIMIT_S)

    def ask(self, message: str, sender: str) -> dict[str, Any]:
        """The one message that answers."""
        response = self.client.post("/api/chat", json={"sender": sender, "message": message})
        assert response.status_code == 200, response.text
        (answer,) = response.json()["messages"]
        return dict(answer)

    def children(self) -> dict[str, int]:
        """Process ids of the app and of Rasa."""
        found = {}
        for pid, command in processes_with(f"STATE_FOLDER={self.state}").items():
            if " uvicorn " in command:
                found["app"] = pid
            elif "run_rasa run " in command:
                found["rasa"] = pid
        return found

    def stored(self, sender: str) -> list[str]:
        """What people of that id said, as the database of conversations holds it."""
        with contextlib.closing(sqlite3.connect(self.state / "conversations.db")) as database:
            rows = database.execute(
                "select data from events where sender_id = ? and type_name = 'user' order by id", (f"web:{sender}",)
            )
            return [json.loads(data)["text"] for (data,) in rows]

    def logs(self) -> str:
        """Everything that the app and Rasa logged."""
        return "".join((self.state / name).read_text(encoding="utf-8") for name in ("app.log", "rasa.log"))

    def records(self, name: str) -> list[dict[str, Any]]:
        """The documents or passages of the index that this bot has loaded."""
        version = (self.index / "CURRENT").read_text(encoding="utf-8").strip()
        with (self.index / version / f"{name}.jsonl").open(encoding="utf-8") as stream:
            return [json.loads(line) for line in stream]

    def end(self) -> None:
        """Leave nothing behind, whatever happened."""
        self.client.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(30)
        for pid in processes_with(f"STATE_FOLDER={self.state}"):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait(30)


@contextlib.contextmanager
def running(state: Path, index: Path) -> Iterator[Stack]:
    """A bot that is ready, and gone afterwards."""
    state.mkdir(parents=True, exist_ok=True)
    stack = Stack(state, index)
    try:
        stack.wait_until_ready()
        yield stack
    finally:
        stack.end()
