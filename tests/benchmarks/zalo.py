"""`python -m tests.benchmarks.zalo`: the Zalo door under load, under failures, and killed. Prints Markdown.

Events come signed to a real process; the messages go to a fake Zalo on loopback. Writes results/zalo.json. QUICK=1 only
shows that it works.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sqlite3
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import httpx

from tests.bot.zalo.fake import FakeZalo, Fault, fake_zalo, signed, text_event
from tests.bot.zalo.process import App, open_tokens, running
from tests.bot.zalo.support import sentence

ROOT = Path(__file__).resolve().parents[2]
QUICK = bool(os.environ.get("QUICK"))
PER_SECOND, SECONDS = 50, 3 if QUICK else 30
SENDERS, EACH = (10, 3) if QUICK else (100, 10)
DELIVERIES = 3
KILLS = 2 if QUICK else 20
LIMIT_S = 30.0 if QUICK else 300.0
_STEP_S = 0.02
Said = tuple[str, str, int]  # person, text, time in milliseconds


def main() -> int:
    """Run the three measurements."""
    report: dict[str, Any] = {}
    for name, measure in (("latency", _latency), ("exactly_once", _exactly_once), ("killed", _killed)):
        with tempfile.TemporaryDirectory() as work, fake_zalo() as zalo:
            open_tokens(Path(work), zalo, lifetime_s=90_000)
            report[name] = asyncio.run(measure(Path(work), zalo))
            print(f"{name}: {report[name]}", file=sys.stderr, flush=True)
    out = ROOT / "results" / "zalo.json"
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    for name, values in report.items():
        print(f"\n## {name}\n\n| | |\n|---|---|")
        print("\n".join(f"| {key} | {value} |" for key, value in values.items()))
    bad = ("lost", "answered_twice", "people_out_of_order", "not_200", "over_2_s")
    return int(any(values.get(key) for values in report.values() for key in bad))


async def _latency(work: Path, zalo: FakeZalo) -> dict[str, Any]:
    """The time to 200 under a steady stream of events while each answer takes half a minute."""
    times: list[float] = []
    statuses: Counter[int] = Counter()

    async def one(client: httpx.AsyncClient, number: int) -> None:
        body, headers = signed(text_event(f"câu {number}", f"m-{number}", _now(), str(1000 + number)))
        started = time.perf_counter()
        status = (await client.post("/zalo/webhook", content=body, headers=headers)).status_code
        times.append(time.perf_counter() - started)
        statuses[status] += 1

    with running(work, zalo, chat_delay_s=30) as app:
        async with _client(app) as client:
            await _up(client)
            started, jobs = time.perf_counter(), []
            for number in range(PER_SECOND * SECONDS):
                await asyncio.sleep(max(0.0, started + number / PER_SECOND - time.perf_counter()))
                jobs.append(asyncio.create_task(one(client, number)))
            await asyncio.gather(*jobs)
    times.sort()
    return {
        "events": len(times),
        "per_second": PER_SECOND,
        "p50_ms": round(1000 * times[len(times) // 2], 1),
        "p99_ms": round(1000 * times[int(len(times) * 0.99) - 1], 1),
        "max_ms": round(1000 * times[-1], 1),
        "not_200": len(times) - statuses[200],
        "over_2_s": sum(seconds > 2 for seconds in times),
    }


async def _exactly_once(work: Path, zalo: FakeZalo) -> dict[str, Any]:
    """Everything delivered three times, a tenth of the sends refused: each answered once, in order."""
    said = _conversations()
    zalo.fault = _a_tenth_fails(random.Random(6))  # noqa: S311
    started = time.perf_counter()
    with running(work, zalo) as app:
        async with _client(app) as client:
            await _up(client)
            await asyncio.gather(*(_deliver(client, mine) for mine in _by_person(said)))
            await _done(work, len(said))
    return _judge(said, zalo, work) | {"sends": zalo.calls, "seconds": round(time.perf_counter() - started, 1)}


async def _killed(work: Path, zalo: FakeZalo) -> dict[str, Any]:
    """The same while the process is killed again and again. Zalo comes again until it has its 200."""
    said = _conversations()
    choose = random.Random(6)  # noqa: S311
    slow = threading.Event()
    zalo.fault = lambda number, body: slow.wait(0.1) or None  # so that some sends are under way when it dies
    kills = 0
    with running(work, zalo, chat_delay_s=0.2) as app:
        async with _client(app) as client:
            await _up(client)
            delivering = asyncio.gather(*(_deliver(client, mine) for mine in _by_person(said)))
            while kills < KILLS:
                await asyncio.sleep(choose.uniform(0.2, 1.2))
                await asyncio.to_thread(app.kill)
                app.start()
                await _up(client)
                kills += 1
            await delivering
            await _done(work, len(said))
    return {"kills": kills, **_judge(said, zalo, work)}


def _conversations() -> list[Said]:
    start = _now()
    return [
        (str(2000 + person), f"câu {number} của {person}", start + number * 100 + person)
        for number in range(EACH)
        for person in range(SENDERS)
    ]


def _by_person(said: Iterable[Said]) -> list[list[Said]]:
    people: dict[str, list[Said]] = {}
    for one in said:
        people.setdefault(one[0], []).append(one)
    return list(people.values())


async def _deliver(client: httpx.AsyncClient, said: Sequence[Said]) -> None:
    """Everything of a person in order, each so many times, and again until it is taken."""
    for person, text, at_ms in said:
        body, headers = signed(text_event(text, f"{person}-{at_ms}", at_ms, person))
        left = DELIVERIES
        while left:
            try:
                left -= (await client.post("/zalo/webhook", content=body, headers=headers)).status_code == 200
            except httpx.HTTPError:
                await asyncio.sleep(0.1)


def _a_tenth_fails(choose: random.Random) -> Any:
    last: dict[str, int] = {}

    def fault(number: int, body: dict[str, Any]) -> Fault | None:
        key = json.dumps(body)
        # Four refusals in a row would be the end of a message, as they should.
        if choose.random() >= 0.1 or last.get(key, 0) == 3:
            return None
        last[key] = last.get(key, 0) + 1
        return choose.choice((Fault(-200), Fault(status=500), Fault(status=503)))

    return fault


def _judge(said: Sequence[Said], zalo: FakeZalo, work: Path) -> dict[str, Any]:
    """What became of each message: answered once, or the one part that nobody can know about, with the notice."""
    notice = sentence("utter_zalo_maybe_lost")
    answers = Counter((taken.person, taken.text) for taken in zalo.taken if taken.text != notice)
    wanted = [(person, f"Đáp: {text}") for person, text, _ in said]
    missing = [one for one in wanted if not answers[one]]
    notices = Counter(taken.person for taken in zalo.taken if taken.text == notice)
    order = {person: [text for one, text in wanted if one == person] for person, _, _ in said}
    out_of_order = 0
    for person, texts in order.items():
        got = [text for text in zalo.texts(person) if text != notice]
        out_of_order += got != [text for text in texts if answers[(person, text)]]
    return {
        "messages": len(said),
        "deliveries_each": DELIVERIES,
        "answered_once": sum(answers[one] == 1 for one in wanted),
        "answered_twice": sum(count > 1 for count in answers.values()),
        "never_arrived_but_told": sum(notices[person] > 0 for person, _ in missing),
        "lost": sum(not notices[person] for person, _ in missing)
        + _count(work, "SELECT count(*) FROM inbox WHERE state != 'done'"),
        "parts_unknown": _count(work, "SELECT count(*) FROM parts WHERE state = 'unknown' AND notice = 0"),
        "notices_to_write_again": notices.total(),
        "people_out_of_order": out_of_order,
    }


def _count(work: Path, query: str) -> int:
    database = sqlite3.connect(work / "zalo.db")
    try:
        return int(database.execute(query).fetchone()[0])
    finally:
        database.close()


async def _done(work: Path, count: int) -> None:
    until = time.monotonic() + LIMIT_S
    while await asyncio.to_thread(_count, work, "SELECT count(*) FROM inbox WHERE state = 'done'") < count:
        if time.monotonic() > until:
            print("not everything was done in time", file=sys.stderr)
            return
        await asyncio.sleep(0.2)


def _client(app: App) -> httpx.AsyncClient:
    limits = httpx.Limits(max_connections=100)
    return httpx.AsyncClient(base_url=app.url, timeout=30, trust_env=False, limits=limits)


async def _up(client: httpx.AsyncClient) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            (await client.get("/zalo/webhook")).raise_for_status()
            return
        except httpx.HTTPError:
            await asyncio.sleep(_STEP_S)
    raise RuntimeError("the app did not start")


def _now() -> int:
    return time.time_ns() // 1_000_000


if __name__ == "__main__":
    raise SystemExit(main())
