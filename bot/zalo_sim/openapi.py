"""The part of openapi.zalo.me that a bot calls: sending, the account, the quota."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from bot.zalo_sim.errors import ApiError
from bot.zalo_sim.faults import Call, Fault, FaultKind
from bot.zalo_sim.messages import read_message
from bot.zalo_sim.people import Person
from bot.zalo_sim.world import ApiCall, World

router = APIRouter()
_MAX_BODY = 64 * 1024


class Broken(Response):
    """The connection ends in the middle of an answer."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]})


class Silent(Response):
    """No answer, until the caller hangs up."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass


@router.post("/v3.0/oa/message/cs")
async def send(request: Request) -> Response:
    """A consultation message."""
    body = await read_json(request)
    return answer(request, Call.MESSAGE, lambda world: _send(world, body, 3), _whom(body))


@router.post("/v2.0/oa/message")
async def send_anonymous(request: Request) -> Response:
    """The older address, which still serves visitors without an account."""
    body = await read_json(request)
    return answer(request, Call.MESSAGE, lambda world: _send(world, body, 2), _whom(body))


@router.get("/v2.0/oa/getoa")
async def account(request: Request) -> Response:
    """Who the account is: a bot asks to see whether its token is good."""
    return answer(request, Call.ACCOUNT, _account)


@router.post("/v3.0/oa/quota/message")
async def quota(request: Request) -> Response:
    """What may still be sent to a person."""
    body = await read_json(request)
    return answer(request, Call.QUOTA, lambda world: _quota(world, body))


async def read_json(request: Request) -> object:
    """The body as data, or None where it is no JSON or far too long."""
    raw = await read_body(request)
    if not request.headers.get("content-type", "").startswith("application/json"):
        return None
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None


async def read_body(request: Request) -> bytes:
    """The body, or nothing where it is far too long."""
    raw = b""
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > _MAX_BODY:
            return b""
    return raw


def answer(request: Request, call: Call, work: Callable[[World], dict[str, Any]], user_id: str = "") -> Response:
    """Check token and rate, let a fault happen or do the work, and note the call."""
    world: World = request.app.state.world
    headers = {"X-RateLimit-Limit": str(world.per_minute), "X-RateLimit-Remain": "0"}
    fault: Fault | None = None
    body: dict[str, Any]
    try:
        world.tokens.check_access(request.headers.get("access_token", ""))
        headers["X-RateLimit-Remain"] = str(world.take_call())
        fault = world.faults.take(call)
        if fault and fault.kind == FaultKind.ERROR:
            raise ApiError(fault.code, "Fault on demand")
        if fault and not fault.after:
            return faulty(world, request, fault, user_id)
        body = {"data": work(world), "error": 0, "message": "Success"}
    except ApiError as error:
        body = {"error": error.code, "message": error.text}
    if fault and fault.after and body["error"] == 0:
        return faulty(world, request, fault, user_id)
    world.record(ApiCall(world.clock.now(), _name(request), 200, body["error"], body["message"], user_id))
    return JSONResponse(body, headers=headers)


def faulty(world: World, request: Request, fault: Fault, user_id: str = "") -> Response:
    """The answer of a fault that is no error code."""
    status = 500 if fault.kind == FaultKind.SERVER_ERROR else None
    world.record(ApiCall(world.clock.now(), _name(request), status, None, fault.kind.value, user_id))
    if fault.kind == FaultKind.SERVER_ERROR:
        return PlainTextResponse("Internal Server Error", 500)
    return Broken() if fault.kind == FaultKind.DROP else Silent()


def _name(request: Request) -> str:
    return f"{request.method} {request.url.path}"


def _recipient(body: object) -> dict[str, Any]:
    recipient = body.get("recipient") if isinstance(body, dict) else None
    return recipient if isinstance(recipient, dict) else {}


def _whom(body: object) -> str:
    recipient = _recipient(body)
    return str(recipient.get("user_id") or recipient.get("anonymous_id") or "")


def _send(world: World, body: object, version: int) -> dict[str, Any]:
    if not isinstance(body, dict) or set(body) != {"recipient", "message"}:
        raise ApiError(-201, "Params is invalid: recipient and message")
    recipient = _recipient(body)
    person = _addressee(world, recipient, version)
    bubble = world.receive(person, read_message(body["message"]), str(recipient.get("message_id", "")))
    data = {
        "message_id": bubble.message_id,
        "user_id": person.user_id,
        "sent_time": str(int(bubble.at * 1000)),
    }
    return data | ({"quota": {"quota_type": bubble.quota}} if bubble.quota else {})


def _addressee(world: World, recipient: dict[str, Any], version: int) -> Person:
    """Whom a recipient means: {user_id}, {message_id} of what they sent, or {anonymous_id, conversation_id}."""
    visitors_on = 3 if world.anonymous_on_v3 else 2
    if version == 2 and ("anonymous_id" not in recipient or visitors_on == 3):
        raise ApiError(-240, "This version of the API is closed, use v3")
    match recipient:
        case {"user_id": str(user_id), **more} if not more:
            person = world.people.get(user_id)
        case {"message_id": str(message_id), **more} if not more:
            person = world.whose(message_id)
        case {"anonymous_id": str(user_id), "conversation_id": str(conversation), **more} if not more:
            person = world.people.get(user_id)
            if person and version == visitors_on and person.conversation_id == conversation:
                return person
            person = None
        case _:
            person = None
    if person is None or person.anonymous:
        raise ApiError(-201, "Params is invalid: recipient")
    return person


def _account(world: World) -> dict[str, Any]:
    keys = world.credentials
    return {"oa_id": keys.oa_id, "name": keys.oa_name, "description": "", "is_verified": True}


def _quota(world: World, body: object) -> dict[str, Any]:
    user_id = body.get("user_id") if isinstance(body, dict) else None
    person = world.people.get(user_id) if isinstance(user_id, str) else None
    if person is None:
        raise ApiError(-201, "Params is invalid: user_id")
    last = person.last_interaction
    return {"last_interaction": "" if last is None else str(int(last * 1000))}
