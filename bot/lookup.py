"""The door of volunteers and staff: `/api/search`, the look-up pages, and hand-outs to print or to send."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pydantic import BeforeValidator

from bot.chat import RefusedMessageError
from bot.lookup_pages.handout import document_handout, passage_handout
from bot.lookup_pages.place import place_of
from bot.lookup_pages.search import LONGEST_QUESTION, search_page
from bot.lookup_pages.segments import count
from bot.lookup_pages.sms import MOST_SEGMENTS
from bot.pages import asset, send
from bot.rate import wait_of
from retrieval.answer import Answerer
from retrieval.search import Filters

router = APIRouter()
_PAGES = Path(__file__).parent / "lookup_pages"
_FILES = ("lookup.css", "handout.css", "lookup.js")
_LOST = "Không có tài liệu hay đoạn này. Có thể tài liệu đã được thay hoặc gỡ. Anh/chị tìm lại bằng vài chữ."
_SLOW = "Máy đang bận, chưa tìm xong. Anh/chị chờ một lát rồi thử lại."
_SLOW_WAIT_S = 3
_TOO_MANY = "Mạng của anh/chị vừa tra cứu nhiều lần liền nhau. Anh/chị chờ {} giây rồi thử lại."

_templates = Environment(
    loader=FileSystemLoader(_PAGES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)
_templates.globals.update(count=count, most_segments=MOST_SEGMENTS)
_Day = Annotated[date | None, BeforeValidator(lambda value: None if value is None else date.fromisoformat(value))]


@router.get("/api/search")
async def find(
    request: Request,
    q: Annotated[str, Query(min_length=1, max_length=LONGEST_QUESTION)],
    k: Annotated[int, Query(ge=1, le=50)] = 10,
    province: str | None = None,
    year: Annotated[str | None, Query(pattern=r"^\d{4}$")] = None,
    kind: str | None = None,
    in_force_on: _Day = None,
) -> Any:
    """Passages for a question, kept and rejected, with every score. 503 if it takes too long."""
    answerer: Answerer = request.app.state.answerer
    try:
        hits = await _in_time(request, answerer.find, q, k, Filters(province, year, kind, in_force_on))
    except TimeoutError:
        body = {"error": {"code": "busy", "message": _SLOW}}
        return JSONResponse(body, 503, headers={"Retry-After": str(_SLOW_WAIT_S)})
    return {"query": q, "hits": [hit.to_json() for hit in hits]}


@router.get("/tra-cuu/", include_in_schema=False)
@router.get("/tra-cuu", include_in_schema=False)
async def look_up(request: Request) -> HTMLResponse:
    """The search form, and what was found with it."""
    return await _shown(request, "search.html", search_page, request.query_params)


@router.get("/tra-cuu/doan/{passage_id:path}", include_in_schema=False)
async def in_its_place(request: Request, passage_id: str) -> HTMLResponse:
    """A passage among those before and after it."""
    return await _shown(request, "place.html", place_of, passage_id, request.query_params)


@router.get("/phieu/doan/{passage_id:path}/sms", include_in_schema=False)
async def passage_sms(request: Request, passage_id: str) -> HTMLResponse:
    """A passage as a text message."""
    return await _shown(request, "sms.html", passage_handout, passage_id)


@router.get("/phieu/doan/{passage_id:path}", include_in_schema=False)
async def passage_sheet(request: Request, passage_id: str) -> HTMLResponse:
    """A passage as a page to print."""
    return await _shown(request, "handout.html", passage_handout, passage_id)


@router.get("/phieu/{document_id:path}/sms", include_in_schema=False)
async def document_sms(request: Request, document_id: str) -> HTMLResponse:
    """A document as a text message."""
    return await _shown(request, "sms.html", document_handout, document_id)


@router.get("/phieu/{document_id:path}", include_in_schema=False)
async def document_sheet(request: Request, document_id: str) -> HTMLResponse:
    """A document as a page to print."""
    return await _shown(request, "handout.html", document_handout, document_id)


async def _shown(request: Request, template: str, make: Callable[..., Any], *arguments: Any) -> HTMLResponse:
    """A page of what `make` makes of the index: 404 if that is nothing, 422 if it names a problem, 503 if too slow."""
    try:
        view = await _in_time(request, make, request.app.state.answerer, *arguments)
    except RefusedMessageError as error:
        wait_s = math.ceil(error.wait_s or 1)
        page = _page("message.html", 429, text=_TOO_MANY.format(wait_s))
        page.headers["Retry-After"] = str(wait_s)
        return page
    except TimeoutError:
        return _page("message.html", 503, text=_SLOW)
    if view is None:
        return _page("message.html", 404, text=_LOST)
    return _page(template, 422 if getattr(view, "problem", "") else 200, view=view)


async def _in_time(request: Request, work: Callable[..., Any], *arguments: Any) -> Any:
    """What blocking work returns. TimeoutError if it takes longer than the search of an answer may.

    Refused ("rate") if the address of the request has asked for too much lately.
    """
    state = request.app.state
    if wait_s := wait_of(request, state.lookup_limit, state.settings.forwarded_allow):
        raise RefusedMessageError("rate", wait_s)
    return await asyncio.wait_for(asyncio.to_thread(work, *arguments), state.settings.action_timeout_s)


def _page(name: str, status_code: int = 200, **shown: Any) -> HTMLResponse:
    content = _templates.get_template(name).render(shown)
    return HTMLResponse(content, status_code, headers={"Cache-Control": "no-cache"})


def _file(name: str) -> Any:
    found = asset((_PAGES / name).read_bytes(), name)

    async def file(request: Request) -> Response:
        return send(found, request)

    return file


for _name in _FILES:
    router.get(f"/tra-cuu/{_name}", include_in_schema=False)(_file(_name))
