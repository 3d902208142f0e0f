"""The addresses of the Zalo door. Without ZALO_APP_ID each of them is 404."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import re
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.requests import ClientDisconnect

from bot.zalo import pages
from bot.zalo.errors import TokenError
from bot.zalo.service import Zalo

MAX_BODY = 256 * 1024
_READ_LIMIT_S = 1.5
_CODE = re.compile(r"[A-Za-z0-9_-]{1,128}")
_ERRORS = {400: "bad_request", 401: "bad_request", 413: "too_long", 503: "internal"}
router = APIRouter(include_in_schema=False)


def _zalo(request: Request) -> Zalo:
    zalo = getattr(request.app.state, "zalo", None)
    if not isinstance(zalo, Zalo):
        raise HTTPException(404)
    return zalo


Door = Annotated[Zalo, Depends(_zalo)]


@router.post("/zalo/webhook")
async def webhook(request: Request, zalo: Door) -> Response:
    """One event. 200 means that it is on the disk; whatever takes long happens later and elsewhere."""
    try:
        async with asyncio.timeout(_READ_LIMIT_S):
            body = await _body(request)
    except (TimeoutError, ClientDisconnect):
        return _answer(request, 400)
    if body is None:
        return _answer(request, 413)
    return _answer(request, await zalo.door.receive(body, request.headers))


@router.get("/zalo/webhook")
async def webhook_is_there(zalo: Door) -> Response:
    """For whoever looks whether the address is right."""
    return JSONResponse({})


@router.get("/zalo_verifier{code}.html")
async def verifier(code: str, zalo: Door) -> Response:
    """The file by which Zalo checks the domain."""
    wanted = zalo.settings.zalo_verifier_code
    if not wanted or not _CODE.fullmatch(code) or not hmac.compare_digest(code, wanted):
        raise HTTPException(404)
    return HTMLResponse(pages.verifier(wanted))


@router.get("/zalo/oauth/start")
async def begin_consent(request: Request, zalo: Door) -> Response:
    """Sends the administrator to Zalo's consent page."""
    if not _is_admin(request, zalo):
        return _who_are_you()
    return RedirectResponse(await zalo.tokens.begin_consent(), status_code=302, headers={"Cache-Control": "no-store"})


@router.get("/zalo/oauth/callback")
async def end_consent(
    zalo: Door, state: Annotated[str, Query(max_length=200)] = "", code: Annotated[str, Query(max_length=2000)] = "",
    oa_id: Annotated[str, Query(max_length=64)] = "",
) -> Response:  # fmt: skip
    """Where Zalo sends the browser back. Takes the tokens at once: the code is good for ten minutes."""
    if not state or not code:
        return HTMLResponse(pages.consent("consent_cancelled"), status_code=400)
    if oa_id and oa_id != zalo.settings.zalo_oa_id:
        return HTMLResponse(pages.consent("consent_other_oa"), status_code=400)
    try:
        await zalo.consented(state, code)
    except TokenError as error:
        return HTMLResponse(pages.consent(error.kind, error.detail), status_code=400)
    return HTMLResponse(pages.consent("consent_done"))


@router.get("/zalo/status")
async def status(request: Request, zalo: Door) -> Response:
    """How the door is, and what to do about it, for the administrator."""
    if not _is_admin(request, zalo):
        return _who_are_you()
    shown = pages.status(
        zalo.settings, await zalo.tokens.state(), await zalo.alarms.all(), await zalo.counts(), zalo.now_ms()
    )
    return HTMLResponse(shown, headers={"Cache-Control": "no-store"})


@router.get("/zalo/status.css")
async def style(zalo: Door) -> Response:
    """How the page looks."""
    return FileResponse(pages.STYLE, media_type="text/css")


async def _body(request: Request) -> bytes | None:
    """The body as it was sent; None if it is larger than any event."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            return None
    return bytes(body)


def _answer(request: Request, status_code: int) -> Response:
    if status_code == 200:
        return JSONResponse({})
    code = _ERRORS[status_code]
    error: dict[str, Any] = {"code": code, "message": request.app.state.phrases[f"utter_error_{code}"].text}
    return JSONResponse({"error": error}, status_code=status_code)


def _is_admin(request: Request, zalo: Zalo) -> bool:
    """The token as a bearer, or as the password that a browser asks for (the name does not matter)."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            given = base64.b64decode(given, validate=True).decode("utf-8").partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return False
    elif scheme.lower() != "bearer":
        return False
    wanted = zalo.settings.admin_token.get_secret_value()
    return hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode())


def _who_are_you() -> Response:
    return HTMLResponse(
        pages.consent("login"), status_code=401, headers={"WWW-Authenticate": 'Basic realm="Zalo", charset="UTF-8"'}
    )
