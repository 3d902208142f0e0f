"""The commands of the README run as a person runs them: make run, make index, make shell, the curl line, and more."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bot.supervisor import free_port

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
QUESTION = "quang ninh co bao nhieu to cong nghe so"
pytestmark = pytest.mark.slow


def _wait_ready(url: str, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        assert process.poll() is None, process.stdout.read() if process.stdout else ""
        try:
            if httpx.get(f"{url}/readyz", timeout=3).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.3)
    raise AssertionError("make run is not ready after five minutes")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, subprocess.Popen[str], Path]]:
    port, state = free_port(), tmp_path_factory.mktemp("state")
    process = subprocess.Popen(
        ["make", "run", f"PORT={port}", f"RASA_PORT={free_port()}", f"STATE_FOLDER={state}"],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip
    try:
        _wait_ready(f"http://127.0.0.1:{port}", process)
        yield f"http://127.0.0.1:{port}", process, state
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
            process.communicate(timeout=60)


def test_the_curl_line_brings_a_cited_answer(running: tuple[str, subprocess.Popen[str], Path]) -> None:
    line = re.search(r"^curl .*$", README, re.M)
    assert line is not None
    command = shlex.split(
        line.group().replace("http://localhost:8000", running[0]).replace("localhost:8000", running[0])
    )
    reply = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    message = reply["messages"][0]
    assert message["status"] == "answered"
    assert "1.473" in message["citations"][0]["quote"]


def test_make_index_says_that_nothing_changed() -> None:
    done = subprocess.run(["make", "index"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "đã mới nhất" in done.stderr


def test_the_lines_that_add_a_folder_show_it_first_and_then_answer_from_it(tmp_path: Path) -> None:
    """make index SOURCE=/path/to/folder, with DRY_RUN=1 and without, and make index REMOVE=… in the end."""
    source, index = tmp_path / "tệp của xã", tmp_path / "index"
    source.mkdir()
    (source / "thong-bao.txt").write_text("Thông báo của xã.\nXã mở lớp làm nón lá vào tối chủ nhật.", encoding="utf-8")
    shutil.copytree(ROOT / "models" / "index", index)
    settings = os.environ | {"INDEX_FOLDER": str(index), "STATE_FOLDER": str(tmp_path / "state")}

    def make(*command: str) -> str:
        return subprocess.run(command, cwd=ROOT, env=settings, capture_output=True, text=True, check=True).stderr

    def ask() -> str:
        command = [
            ".venv/app/bin/python",
            "-m",
            "retrieval",
            "ask",
            "--index",
            str(index),
            "xã mở lớp làm nón lá",
        ]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout

    lines = re.findall(r"^make index SOURCE=.*$", README, re.M)
    first, then = (
        shlex.split(line.replace("/path/to/folder", shlex.quote(str(source))), comments=True) for line in lines
    )
    assert "DRY_RUN=1" in first
    assert "chưa đổi gì" in make(*first)
    assert "tối chủ nhật" not in ask()
    assert "1 đã đọc" in make(*then)
    assert "tối chủ nhật" in ask()
    assert "1 đã gỡ" in make("make", "index", f"REMOVE={source}")
    assert "tối chủ nhật" not in ask()


def test_make_shell_shows_the_quote_and_its_source(running: tuple[str, subprocess.Popen[str], Path]) -> None:
    """make shell, in a terminal of its own, because Rasa's shell wants one."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        ["make", "shell", f"STATE_FOLDER={running[2]}", f"PORT={running[0].rsplit(':', 1)[1]}"],
        cwd=ROOT, stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
        env=os.environ | {"TERM": "xterm", "COLUMNS": "200", "LINES": "50"},
    )  # fmt: skip
    os.close(slave)
    seen = ""
    try:
        seen += _read_until(master, "Your input", 180)
        os.write(master, f"{QUESTION}\r".encode())
        seen += _read_until(master, "[1] ", 60)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(30)
        os.close(master)
    assert "1.473" in seen
    assert "Nguồn" in seen


def _read_until(terminal: int, text: str, seconds: float) -> str:
    seen, deadline = b"", time.monotonic() + seconds
    while time.monotonic() < deadline:
        poll = select.poll()  # select knows no more than 1,024 open files
        poll.register(terminal, select.POLLIN | select.POLLHUP)
        ready = poll.poll(500)
        if ready:
            try:
                chunk = os.read(terminal, 65536)
            except OSError:
                break
            if b"\x1b[6n" in chunk:  # the line editor asks where the cursor is; a real terminal would answer
                os.write(terminal, b"\x1b[1;1R")
            seen += chunk
            if text in seen.decode("utf-8", "ignore"):
                return seen.decode("utf-8", "ignore")
    raise AssertionError(f"{text!r} never appeared in:\n{seen.decode('utf-8', 'ignore')[-3000:]}")


def test_ctrl_c_stops_everything(running: tuple[str, subprocess.Popen[str], Path]) -> None:
    url, process, state = running
    os.killpg(process.pid, signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert "Đã dừng." in output
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/healthz", timeout=3)
    assert not (state / "run.json").exists()
    left = [p for p in Path("/proc").glob("[0-9]*/environ") if f"STATE_FOLDER={state}".encode() in _bytes(p)]
    assert left == []


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def test_make_eval_prints_its_table() -> None:
    if not (ROOT.parent / "shared" / "eval").is_dir():
        pytest.skip("../shared/eval is not here: there are no question sets to evaluate with")
    done = subprocess.run(["make", "eval", "QUICK=1"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "| raw articles, as written | answerable good" in done.stdout


def test_make_bench_prints_its_table() -> None:
    done = subprocess.run(["make", "bench", "QUICK=1"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert re.search(r"\| 1 \| ours \| [\d.]+ \| \d+ \| \d+ \| 0 \|", done.stdout)
    assert re.search(r"\| 1 \| stock \| [\d.]+ \| \d+ \| \d+ \| 0 \|", done.stdout)
