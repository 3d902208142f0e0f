"""Where Rasa runs our actions: loopback only, with a token. rasa-sdk's executor does the rest."""

from __future__ import annotations

import ipaddress
import logging
import secrets
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import JSONResponse
from rasa_sdk.interfaces import ActionExecutionRejection, ActionNotFoundException

log = logging.getLogger(__name__)
router = APIRouter(include_in_schema=False)


@router.post("/internal/actions")
async def run_action(request: Request) -> JSONResponse:
    """Run the action that Rasa names. 404 to strangers, 400 for a rejection, as rasa-sdk's own server does."""
    if not _from_here(request) or not _knows_token(request):
        raise HTTPException(404)
    call: dict[str, Any] = await request.json()
    try:
        result = await request.app.state.actions.run(call)
    except ActionExecutionRejection as error:
        return JSONResponse({"error": str(error), "action_name": error.action_name}, status_code=400)
    except ActionNotFoundException as error:
        return JSONResponse({"error": str(error), "action_name": error.action_name}, status_code=404)
    except Exception:
        log.exception("action %s failed", call.get("next_action"))
        return JSONResponse({"error": "action failed", "action_name": call.get("next_action")}, status_code=500)
    return JSONResponse(result.model_dump() if result else {"events": [], "responses": []})


def _from_here(request: Request) -> bool:
    """Straight from this machine: a proxy on this machine would add a forwarding header."""
    if request.client is None or "x-forwarded-for" in request.headers or "forwarded" in request.headers:
        return False
    server = request.scope.get("server") or ("",)
    return ipaddress.ip_address(request.client.host).is_loopback or request.client.host == server[0]


def _knows_token(request: Request) -> bool:
    wanted = f"Bearer {request.app.state.settings.action_token.get_secret_value()}"
    return secrets.compare_digest(request.headers.get("authorization", "").encode(), wanted.encode())
