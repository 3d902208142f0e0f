"""`make bench`: cited answers over HTTP, beside a stock `rasa init` bot with a trivial custom action, in one run.

Both stay running; the load goes to one at a time, in turn, so that a slow spell of the machine hits both. Ratios are
what to read. Prints Markdown, writes results/bench.json.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from bot.supervisor import RASA_PYTHON, RASA_QUIET, free_port

ROOT = Path(__file__).resolve().parents[2]
# QUICK=1 only shows that the bench still works.
QUICK = bool(os.environ.get("QUICK"))
USERS = (1, 2) if QUICK else (1, 4, 16)
REQUESTS = {1: 4, 2: 8} if QUICK else {1: 30, 4: 60, 16: 120}
ROUNDS = 1 if QUICK else 3
START_LIMIT_S = 300
QUESTIONS = [
    "Làm sao nộp hồ sơ trên Cổng Dịch vụ công quốc gia?",
    "quang ninh co bao nhieu to cong nghe so",
    "Dân số Bến Tre năm 2019 là bao nhiêu?",
    "nghi quyet chuyen doi so cua nam dinh so may",
    "Kế hoạch 616 của An Giang là gì?",
    "quên mật khẩu vneid thì làm sao",
    "Nghị quyết 57 đặt mục tiêu kinh tế số bao nhiêu phần trăm GDP năm 2030?",
    "giay to cu sau sap nhap co phai doi khong",
]
Ask = Callable[[httpx.AsyncClient, str, int], Awaitable[bool]]


def main() -> int:
    """Start both bots, measure, print."""
    if not RASA_PYTHON.is_file():
        print("Chưa có môi trường Rasa. Hãy chạy: make setup", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as work, our_bot(Path(work)) as ours, _stock_bot(Path(work)) as stock:
        report = asyncio.run(_measure(ours, stock))
        report["memory"] = {"app": _peak(ours["app"]), "rasa": _peak(ours["rasa"]), "stock rasa": _peak(stock["rasa"])}
        report["start"] = {"ours": round(ours["start_s"], 1), "stock": round(stock["start_s"], 1)}
    out = ROOT / "results" / "bench.json"
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    print("\n".join(_table(report)))
    return 0


async def _measure(ours: dict[str, Any], stock: dict[str, Any]) -> dict[str, Any]:
    report: dict[str, Any] = {"load": []}
    async with httpx.AsyncClient(timeout=60, trust_env=False, limits=httpx.Limits(max_connections=64)) as client:
        bots: dict[str, Ask] = {"ours": _our_ask(ours["url"]), "stock": _stock_ask(stock["url"])}
        for ask in bots.values():
            await _load(client, ask, users=2, requests=8)
        for users in USERS:
            runs: dict[str, list[dict[str, float]]] = {name: [] for name in bots}
            for _ in range(ROUNDS):
                for name, ask in bots.items():
                    runs[name].append(await _load(client, ask, users, REQUESTS[users]))
                    print(f"{users} users, {name}: {runs[name][-1]}", file=sys.stderr, flush=True)
            row = {
                name: {key: round(statistics.median(r[key] for r in rs), 3) for key in rs[0]}
                for name, rs in runs.items()
            }
            report["load"].append({"users": users, **row})
    return report


async def _load(client: httpx.AsyncClient, ask: Ask, users: int, requests: int) -> dict[str, float]:
    """Answers per second, p50 and p95 in milliseconds, and failures, of `users` asking one after the other."""
    times: list[float] = []
    failures = 0
    numbers = iter(range(requests))

    async def user(name: str) -> None:
        nonlocal failures
        for number in numbers:
            started = time.perf_counter()
            # A new conversation every ten turns: growing trackers slow Rasa down, and sessions end in real life too.
            right = await ask(client, f"{name}-{number // (10 * users)}", number)
            times.append(time.perf_counter() - started)
            failures += not right

    started = time.perf_counter()
    run = f"{time.monotonic_ns()}"
    await asyncio.gather(*(user(f"{run}-{n}") for n in range(users)))
    seconds = time.perf_counter() - started
    times.sort()
    return {
        "per_second": requests / seconds,
        "p50_ms": 1000 * times[len(times) // 2],
        "p95_ms": 1000 * times[int(len(times) * 0.95) - 1],
        "failures": float(failures),
    }


def _our_ask(url: str) -> Ask:
    async def ask(client: httpx.AsyncClient, sender: str, number: int) -> bool:
        question = QUESTIONS[number % len(QUESTIONS)]
        reply = (await client.post(f"{url}/api/chat", json={"sender": sender, "message": question})).json()
        return bool(reply["messages"][0]["citations"])

    return ask


def _stock_ask(url: str) -> Ask:
    async def ask(client: httpx.AsyncClient, sender: str, number: int) -> bool:
        body = {"sender": sender, "message": "are you a bot?"}
        reply = (await client.post(f"{url}/webhooks/rest/webhook", json=body)).json()
        return bool(reply) and "bench" in reply[0].get("text", "")

    return ask


@contextmanager
def our_bot(work: Path, **more: str) -> Iterator[dict[str, Any]]:
    """The running bot with its state in `work`: its address, seconds to ready, and process numbers."""
    port, rasa_port = free_port(), free_port()
    settings = {"PORT": str(port), "RASA_PORT": str(rasa_port), "STATE_FOLDER": str(work / "state"), **more}
    started = time.monotonic()
    command = [sys.executable, "-m", "bot", "run"]
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | settings, stdout=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}"
        _wait(f"{url}/readyz", process)
        pids = {
            name: _pid_of(fragment) for name, fragment in (("app", f"--port {port}"), ("rasa", f"--port {rasa_port}"))
        }
        yield {"url": url, "start_s": time.monotonic() - started, **pids}
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


@contextmanager
def _stock_bot(work: Path) -> Iterator[dict[str, Any]]:
    """What `rasa init` makes, but for one rule: "are you a bot?" is answered by a custom action that says one word."""
    folder, port, action_port = work / "stock", free_port(), free_port()
    quiet = os.environ | RASA_QUIET
    rasa = [str(RASA_PYTHON), "-m", "rasa"]
    folder.mkdir()
    print("Making the stock bot (rasa init, about two minutes)…", file=sys.stderr, flush=True)
    source = _stock_project()
    shutil.copytree(source, folder, dirs_exist_ok=True)
    _give_it_an_action(folder, action_port)
    subprocess.run([*rasa, "train", "--quiet"], cwd=folder, env=quiet, check=True, capture_output=True)
    actions = subprocess.Popen(
        [sys.executable, "-m", "rasa_sdk", "--actions", "bench_actions", "--port", str(action_port)],
        cwd=folder, env=quiet | {"PYTHONPATH": str(folder)}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    started = time.monotonic()
    server = subprocess.Popen(
        [*rasa, "run", "--interface", "127.0.0.1", "--port", str(port)],
        cwd=folder, env=quiet, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        url = f"http://127.0.0.1:{port}"
        _wait(url, server)
        yield {"url": url, "rasa": server.pid, "start_s": time.monotonic() - started}
    finally:
        for process in (server, actions):
            process.terminate()
            process.wait(30)


def _stock_project() -> Path:
    found = subprocess.run(
        [str(RASA_PYTHON), "-c", "import rasa.cli, pathlib; print(pathlib.Path(rasa.cli.__file__).parent)"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return Path(found.stdout.strip()) / "initial_project"


def _give_it_an_action(folder: Path, action_port: int) -> None:
    rules = folder / "data" / "rules.yml"
    rules.write_text(rules.read_text().replace("utter_iamabot", "action_bench"))
    domain = folder / "domain.yml"
    domain.write_text(domain.read_text() + "\nactions:\n  - action_bench\n")
    (folder / "endpoints.yml").write_text(f'action_endpoint:\n  url: "http://127.0.0.1:{action_port}/webhook"\n')
    (folder / "bench_actions.py").write_text(
        "from rasa_sdk import Action\n\n\n"
        "class ActionBench(Action):\n    def name(self):\n        return 'action_bench'\n\n"
        "    def run(self, dispatcher, tracker, domain):\n        dispatcher.utter_message(text='bench')\n"
        "        return []\n"
    )
    shutil.rmtree(folder / "actions", ignore_errors=True)
    shutil.rmtree(folder / "tests", ignore_errors=True)


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"{url}: process ended with {process.returncode}")
        try:
            if httpx.get(url, timeout=3, trust_env=False).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.2)
    raise RuntimeError(f"{url} is not ready after {START_LIMIT_S} s")


def _pid_of(fragment: str) -> int:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if fragment in (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode():
                return int(folder.name)
        except OSError:
            continue
    return 0


def _peak(pid: int) -> str:
    """Peak resident memory of a process in MB."""
    try:
        found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    except OSError:
        found = None
    return f"{int(found.group(1)) // 1024} MB" if found else "unknown"


def _table(report: dict[str, Any]) -> Iterator[str]:
    yield "| users | bot | answers/s | p50 ms | p95 ms | without answer |"
    yield "|---|---|---|---|---|---|"
    for row in report["load"]:
        for name in ("ours", "stock"):
            r = row[name]
            shown = f"{r['per_second']:.1f} | {r['p50_ms']:.0f} | {r['p95_ms']:.0f} | {r['failures']:.0f}"
            yield f"| {row['users']} | {name} | {shown} |"
        yield f"| {row['users']} | ratio | {row['ours']['per_second'] / row['stock']['per_second']:.2f} | | | |"
    yield f"\nPeak memory: {report['memory']}. Seconds to ready: {report['start']}."


if __name__ == "__main__":
    raise SystemExit(main())
