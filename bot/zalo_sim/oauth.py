"""The part of oauth.zaloapp.com that a bot calls: the permission page and the token request."""

from __future__ import annotations

from dataclasses import asdict
from html import escape
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from bot.zalo_sim.errors import ApiError
from bot.zalo_sim.faults import Call, FaultKind
from bot.zalo_sim.openapi import faulty, read_body
from bot.zalo_sim.policy import headers
from bot.zalo_sim.tokens import WRONG_APP, WRONG_REDIRECT, WRONG_REQUEST
from bot.zalo_sim.world import ApiCall, World

router = APIRouter()
_WEB = Path(__file__).parent / "web"
_FORM = "application/x-www-form-urlencoded"


@router.get("/v4/oa/permission")
async def ask(request: Request) -> Response:
    """The page on which somebody of the office allows the app to act for the account."""
    world: World = request.app.state.world
    query = dict(request.query_params)
    try:
        check_request(world, query)
    except ApiError as error:
        return _page("refused.html", 400, {"code": str(error.code), "text": escape(error.text)}, "'none'")
    hidden = "".join(
        f'<input type="hidden" name="{name}" value="{escape(query.get(name, ""))}">'
        for name in ("app_id", "redirect_uri", "code_challenge", "state")
    )
    values = {"oa_name": escape(world.credentials.oa_name), "app_id": escape(query["app_id"]), "hidden": hidden}
    return _page("permission.html", 200, values, f"'self' {_origin(query['redirect_uri'])}")


@router.post("/v4/oa/permission")
async def allow(request: Request) -> Response:
    """The person pressed "Cho phép"."""
    world: World = request.app.state.world
    try:
        return RedirectResponse(consent(world, await _form(request)), 303)
    except ApiError as error:
        return _page("refused.html", 400, {"code": str(error.code), "text": escape(error.text)}, "'none'")


@router.post("/v4/oa/access_token")
async def token(request: Request) -> Response:
    """A code or a refresh token against a pair of tokens."""
    world: World = request.app.state.world
    fault = world.faults.take(Call.TOKEN)
    if fault and fault.kind != FaultKind.ERROR and not fault.after:
        return faulty(world, request, fault)
    try:
        if fault and fault.kind == FaultKind.ERROR:
            raise ApiError(fault.code, "Fault on demand")
        fields = await _form(request)
        pair = world.tokens.grant(request.headers.get("secret_key", ""), fields)
    except ApiError as error:
        _note(world, error.code, error.text)
        text = {"error": error.code, "error_name": error.text, "error_description": error.text}
        return JSONResponse(text | {"error_reason": error.text})
    if fault:
        return faulty(world, request, fault)
    _note(world, 0, fields["grant_type"])
    return JSONResponse(asdict(pair))


def check_request(world: World, query: dict[str, str]) -> None:
    """ApiError unless the app is known and the callback is the one that the office registered."""
    if query.get("app_id") != world.credentials.app_id:
        raise ApiError(WRONG_APP, "Invalid app id")
    if not world.callback_url or query.get("redirect_uri") != world.callback_url:
        raise ApiError(WRONG_REDIRECT, "Invalid redirect uri")


def consent(world: World, query: dict[str, str]) -> str:
    """Give the permission; the address that the browser is sent to."""
    check_request(world, query)
    code = world.tokens.issue_code(query.get("code_challenge", ""))
    fields = {"oa_id": world.credentials.oa_id, "code": code}
    if query.get("state"):
        fields["state"] = query["state"]
    separator = "&" if urlsplit(world.callback_url).query else "?"
    return f"{world.callback_url}{separator}{urlencode(fields)}"


async def _form(request: Request) -> dict[str, str]:
    raw = await read_body(request)
    if not request.headers.get("content-type", "").startswith(_FORM):
        raise ApiError(WRONG_REQUEST, f"Body must be {_FORM}")
    return dict(parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True))


def _note(world: World, error: int, text: str) -> None:
    world.record(ApiCall(world.clock.now(), "POST /v4/oa/access_token", 200, error, text))


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _page(name: str, status: int, values: dict[str, Any], form_action: str) -> HTMLResponse:
    text = Template((_WEB / name).read_text(encoding="utf-8")).substitute(values)
    return HTMLResponse(text, status, headers=headers(form_action))
