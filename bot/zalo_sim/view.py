"""What the simulator's page shows, as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from itertools import islice
from typing import Any

from fastapi.responses import JSONResponse, Response

from bot.zalo_sim.courier import Attempt, Delivery, DeliveryState
from bot.zalo_sim.people import Author, Bubble, Person
from bot.zalo_sim.world import FREE_S, WINDOW_S, World

_SHOWN = 60


def response(world: World, user_id: str, known: int) -> Response:
    """The whole state, or 204 if the page has this version already."""
    if known == world.version:
        return Response(status_code=204)
    person = world.people.get(user_id) or next(iter(world.people.values()))
    return JSONResponse(
        {
            "version": world.version,
            "now": world.clock.now(),
            "speed": world.clock.speed,
            "people": [_person(other) for other in world.people.values()],
            "person": person.user_id,
            "window": _window(world, person),
            "bubbles": [_bubble(world, bubble) for bubble in person.bubbles[-200:]],
            "deliveries": [_delivery(delivery) for delivery in _last(world)],
            "calls": [asdict(call) for call in islice(reversed(world.calls), _SHOWN)],
            "switches": world.switches,
            "faults": world.faults.waiting(),
            "setup": _setup(world),
        },
        headers={"Cache-Control": "no-store"},
    )


def _setup(world: World) -> dict[str, Any]:
    webhook, keys = world.courier.webhook, world.credentials
    return {
        "webhook": webhook.url,
        "enabled": webhook.enabled,
        "callback": world.callback_url,
        "access_until": world.tokens.access_until(),
        "per_minute": world.per_minute,
        "app_id": keys.app_id,
        "app_secret": keys.app_secret,
        "oa_id": keys.oa_id,
        "oa_name": keys.oa_name,
        # The real console shows this key only once there is a webhook.
        "oa_secret": keys.oa_secret if webhook.url else None,
    }


def _person(person: Person) -> dict[str, Any]:
    unseen = sum(bubble.author != Author.PERSON and not bubble.seen for bubble in person.bubbles)
    return {
        "id": person.user_id,
        "name": person.name,
        "about": person.about,
        "follows": person.follows,
        "anonymous": person.anonymous,
        "unseen": unseen,
    }


def _window(world: World, person: Person) -> str:
    """`never`, `free`, `billed` or `closed`: what a message of the bot would meet now."""
    if person.last_interaction is None:
        return "never"
    age = world.clock.now() - person.last_interaction
    return "free" if age <= FREE_S else "billed" if age <= WINDOW_S else "closed"


def _bubble(world: World, bubble: Bubble) -> dict[str, Any]:
    delivery = world.courier.deliveries.get(bubble.delivery or 0)
    shown = asdict(bubble) | {"buttons": list(bubble.buttons)}
    return shown | {
        "state": delivery.state.value if delivery else "",
        "tries": len(delivery.attempts) if delivery else 0,
    }


def _last(world: World) -> list[Delivery]:
    deliveries = world.courier.deliveries
    return [deliveries[number] for number in islice(reversed(deliveries), _SHOWN)]


def _delivery(delivery: Delivery) -> dict[str, Any]:
    return {
        "id": delivery.delivery_id,
        "event": delivery.event_name,
        "user_id": delivery.user_id,
        "at": int(delivery.timestamp) / 1000,
        "state": delivery.state.value,
        "due": delivery.due if delivery.state == DeliveryState.WAITING else None,
        "attempts": [_attempt(attempt) for attempt in delivery.attempts],
        "body": json.loads(delivery.body),
    }


def _attempt(attempt: Attempt) -> dict[str, Any]:
    return {
        "at": attempt.at,
        "retry": attempt.retry,
        "outcome": attempt.outcome.value,
        "status": attempt.status,
        "ms": round(attempt.seconds * 1000),
    }
