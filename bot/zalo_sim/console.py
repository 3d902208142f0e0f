"""The simulator's page and what it asks for. Requests must be JSON, so no foreign page can make them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import FileResponse, Response
from pydantic import BaseModel, Field

from bot.zalo_sim import view
from bot.zalo_sim.errors import NoSuchButtonError, WebhookRefusedError
from bot.zalo_sim.faults import Call, Fault, FaultKind
from bot.zalo_sim.people import STAFF_ID, Person
from bot.zalo_sim.policy import headers
from bot.zalo_sim.world import World

_WEB = Path(__file__).parent / "web"
_FILES = {"/": "index.html", "/sim/sim.css": "sim.css", "/sim/sim.js": "sim.js", "/favicon.svg": "favicon.svg"}
_PLACE: dict[str, Any] = {"coordinates": {"latitude": "20.4200", "longitude": "106.1683"}}
_IMAGE = "https://example.com/anh-cua-ba-con.jpg"
_STICKER: dict[str, Any] = {"id": "de40de35f5709c2ec561", "url": "https://example.com/nhan-dan.png"}

router = APIRouter()


def _world(request: Request) -> World:
    return request.app.state.world  # type: ignore[no-any-return]


def _json_only(request: Request) -> None:
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise HTTPException(415, "Yêu cầu phải là JSON")


There = Annotated[World, Depends(_world)]
actions = APIRouter(prefix="/sim", dependencies=[Depends(_json_only)])


class Act(BaseModel):
    """What a person does, or the office to them (staff).

    `text` is for both; `bubble` and `button` (counted from 0) for press.
    """

    kind: Literal[
        "text",
        "staff",
        "press",
        "sticker",
        "image",
        "location",
        "follow",
        "unfollow",
        "user_click_chatnow",
        "user_withdraw",
    ]
    text: str = Field("", max_length=5000)
    bubble: str = ""
    button: int = Field(0, ge=0, le=4)


class Address(BaseModel):
    """Where the bot is: the webhook's address or the callback's."""

    url: str = Field(max_length=500, pattern=r"^\s*https?://[\w.\[\]:-]+(/[\w./?=&%-]*)?\s*$")


class Time(BaseModel):
    """A new speed, or seconds to set the clock forward by."""

    speed: float | None = Field(None, ge=0, le=100_000)
    forward_s: float = Field(0, ge=0, le=366 * 86_400)


class Order(BaseModel):
    """Faults to come. `lost_answers` is about webhooks, everything else about calls."""

    kind: FaultKind | Literal["lost_answers", "none"]
    count: int = Field(1, ge=1, le=1000)
    code: int = Field(-200, ge=-99_999, le=-1)
    on: Call = Call.MESSAGE


@router.get("/sim/state")
async def state(world: There, person: str = "", known: int = -1) -> Response:
    """Everything that the page shows; 204 if nothing changed since version `known`."""
    return view.response(world, person, known)


@actions.post("/people/{user_id}/acts")
async def act(world: There, user_id: str, doing: Act) -> Any:
    """A person does something."""
    person = _person(world, user_id)
    match doing.kind:
        case "text" | "staff" if not doing.text.strip():
            raise HTTPException(422, "Chưa có chữ nào")
        case "text":
            _say(world, person, "text", {"text": doing.text})
        case "staff":
            world.write_as_staff(user_id, doing.text, STAFF_ID)
        case "press":
            _press(world, person, doing)
        case "sticker" | "image" | "location":
            _say(world, person, doing.kind, {"attachments": [_attachment(doing.kind)]})
        case _:
            world.do(user_id, doing.kind)
    return {}


@actions.post("/people/{user_id}/seen")
async def seen(world: There, user_id: str) -> Any:
    """A person has the conversation before their eyes."""
    world.see(_person(world, user_id).user_id)
    return {}


@actions.post("/webhook")
async def register(world: There, address: Address) -> Any:
    """Save the webhook's address, after the probe."""
    try:
        await world.courier.register(address.url.strip())
    except WebhookRefusedError as error:
        raise HTTPException(422, f"Webhook không trả lời 200: {error}") from None
    return {}


@actions.post("/callback")
async def set_callback(world: There, address: Address) -> Any:
    """Register the address to which the permission leads back."""
    world.callback_url = address.url.strip()
    world.touch()
    return {}


@actions.post("/switches")
async def switch(world: There, switches: dict[str, bool]) -> Any:
    """Turn events on or off."""
    if unknown := set(switches) - set(world.switches):
        raise HTTPException(422, f"Không có sự kiện: {', '.join(sorted(unknown))[:100]}")
    world.switches |= switches
    world.touch()
    return {}


@actions.post("/clock")
async def set_clock(world: There, time: Time) -> Any:
    """Run faster, or jump ahead."""
    if time.speed is not None:
        world.clock.speed = time.speed
    world.clock.advance(time.forward_s)
    world.touch()
    return {}


@actions.post("/faults")
async def order(world: There, fault: Order) -> Any:
    """Let the next calls go wrong."""
    match fault.kind:
        case "none":
            world.faults.clear()
        case "lost_answers":
            world.faults.lose_answers(fault.count)
        case FaultKind():
            world.faults.add(fault.count, Fault(fault.kind, fault.code), fault.on)
    world.touch()
    return {}


@actions.post("/deliveries/{number}/again")
async def again(world: There, number: int) -> Any:
    """Send an event once more."""
    try:
        await world.courier.redeliver(number)
    except KeyError:
        raise HTTPException(404, "Không còn sự kiện này") from None
    except WebhookRefusedError as error:
        raise HTTPException(409, f"Không gửi được: {error}") from None
    return {}


@actions.post("/tokens/revoke")
async def revoke(world: There) -> Any:
    """Make every access token worthless."""
    world.tokens.revoke_access()
    world.touch()
    return {}


def _press(world: World, person: Person, doing: Act) -> None:
    try:
        world.press(person.user_id, doing.bubble, doing.button)
    except NoSuchButtonError as error:
        raise HTTPException(404, str(error)) from None


def _say(world: World, person: Person, kind: str, message: dict[str, Any]) -> None:
    if person.anonymous and kind == "location":
        raise HTTPException(422, "Khách vãng lai không gửi được vị trí")
    prefix = "anonymous_send" if person.anonymous else "user_send"
    world.say(person.user_id, f"{prefix}_{kind}", message)


def _attachment(kind: str) -> dict[str, Any]:
    payloads = {"sticker": _STICKER, "image": {"thumbnail": _IMAGE, "url": _IMAGE}, "location": _PLACE}
    return {"type": kind, "payload": payloads[kind]}


def _person(world: World, user_id: str) -> Person:
    if user_id not in world.people:
        raise HTTPException(404, "Không có người này")
    return world.people[user_id]


def _file(name: str) -> Any:
    async def send() -> FileResponse:
        return FileResponse(_WEB / name, headers=headers())

    return send


for _path, _name in _FILES.items():
    router.get(_path, include_in_schema=False)(_file(_name))
router.include_router(actions)
