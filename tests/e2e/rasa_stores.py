"""Run by Rasa's own Python: the erase channel with Rasa's tracker stores. Prints one JSON object of what it found."""

from __future__ import annotations

import asyncio
import json
import sys
from types import SimpleNamespace
from typing import Any

from rasa.core.agent import Agent
from rasa.core.lock_store import InMemoryLockStore
from rasa.core.tracker_store import FailSafeTrackerStore, InMemoryTrackerStore, SQLTrackerStore, TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from bot.nlu.erasing import EraseChannel

TOKEN = "a token"


def request(store: TrackerStore, authorization: str = f"Bearer {TOKEN}", args: Any = None, **more: Any) -> Any:
    """What the channel looks at of a request."""
    agent = Agent(domain=Domain.empty(), tracker_store=store, lock_store=InMemoryLockStore())
    app = SimpleNamespace(ctx=SimpleNamespace(agent=agent))
    return SimpleNamespace(app=app, headers={"authorization": authorization}, args=args or {}, **{"json": None, **more})


async def said(store: TrackerStore, sender: str, *moments: float) -> None:
    """A sender who said something at these moments."""
    events = [UserUttered(f"{sender} at {moment}", timestamp=moment) for moment in moments]
    await store.save(DialogueStateTracker.from_events(sender, events))


async def moments(store: TrackerStore, sender: str) -> list:
    """When the sender said what is still there."""
    tracker = await store.retrieve_full_tracker(sender)
    return [event.timestamp for event in tracker.events] if tracker else []


async def main() -> dict:
    """Everything that is looked at."""
    channel = EraseChannel.from_credentials({"token": TOKEN})
    found: dict = {}
    memory, sql = InMemoryTrackerStore(Domain.empty()), SQLTrackerStore(Domain.empty(), host=sys.argv[1])
    for name, store in (("memory", memory), ("sql", sql)):
        for sender in ("an", "binh"):
            await said(store, sender, 1.0, 2.0)
        answer = await channel.erase(request(store, json={"sender": "an"}))
        found[name] = [answer.status, await moments(store, "an"), await moments(store, "binh")]

    failing = FailSafeTrackerStore(sql)
    await said(failing.fallback_tracker_store, "binh", 1.0)
    answer = await channel.erase(request(failing, json={"sender": "binh"}))
    found["fallback"] = [
        answer.status,
        await moments(failing.fallback_tracker_store, "binh"),
        await moments(sql, "binh"),
    ]

    await said(sql, "many", *map(float, range(1, 1801)))
    answer = await channel.forget(request(sql, args={"before": "1700.5"}))
    kept = await moments(sql, "many")
    found["old"] = [answer.status, len(kept), kept[0]]

    locks = InMemoryLockStore()
    busy = request(memory, json={"sender": "binh"})
    busy.app.ctx.agent.lock_store = locks
    async with locks.lock("binh"):
        erasing = asyncio.ensure_future(channel.erase(busy))
        await asyncio.sleep(0)
        await said(memory, "binh", 3.0)  # what a turn under way writes when it ends
    found["under way"] = [(await erasing).status, await moments(memory, "binh")]

    strangers = ["", "Bearer", "Bearer ", "Bearer wrong", f"bearer {TOKEN}", TOKEN, f"Bearer {TOKEN} "]
    await said(memory, "an", 1.0)
    found["strangers"] = [
        (await channel.erase(request(memory, who, json={"sender": "an"}))).status for who in strangers
    ]
    found["strangers"] += [(await channel.forget(request(memory, who, {"before": "9"}))).status for who in strangers]
    bodies = [None, [], {}, {"sender": ""}, {"sender": 5}, {"sender": None}]
    found["bad"] = [(await channel.erase(request(memory, json=body))).status for body in bodies]
    found["bad"] += [(await channel.forget(request(memory, args=args))).status for args in ({}, {"before": "x"})]
    found["still there"] = await moments(memory, "an")

    foreign = TrackerStore(Domain.empty())
    found["foreign"] = [
        (await channel.erase(request(foreign, json={"sender": "an"}))).status,
        (await channel.forget(request(foreign, args={"before": "9"}))).status,
    ]
    return found


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main())))
