"""The web door: sessions, chat, history, erasure, thumbs, and the greeting."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Request

from bot.chat import RefusedMessageError
from bot.conversations import ConversationStore, Turn, UnknownMessageError
from bot.forgetting import DAY_S, Forgetting
from bot.rasa_client import RasaClient, RasaError
from bot.rate import RateLimit, wait_of
from bot.schemas import (
    ChatRequest,
    ChatResponse,
    FeedbackRequest,
    HistoryResponse,
    HistoryTurn,
    SessionResponse,
)
from bot.sessions import SessionError, Sessions, session_secret
from bot.settings import ROOT, Settings
from bot.web_turns import WebTurns
from retrieval.guard import mask
from retrieval.records import Status
from retrieval.text import normalise

_MOST_REASON_CHARACTERS = 500
log = logging.getLogger(__name__)
router = APIRouter(prefix="/api")


@asynccontextmanager
async def lifespan(app: FastAPI, rasa: RasaClient) -> AsyncIterator[None]:
    """Open the store of conversations and keep it tidy. Sets `app.state.erase`, for every door."""
    settings: Settings = app.state.settings
    folder = ROOT / settings.state_folder
    secret = settings.session_secret
    app.state.sessions = Sessions(secret.get_secret_value() if secret else session_secret(folder / "session.secret"))
    app.state.session_limit = RateLimit(settings.rate_per_session)
    app.state.address_limit = RateLimit(settings.rate_per_address)
    app.state.store = store = await asyncio.to_thread(ConversationStore, folder / "turns.db")
    app.state.turns = turns = WebTurns(app.state.chat, store, app.state.metrics)
    forgetting = Forgetting(store, turns, app.state.chat, rasa, settings.keep_days)
    app.state.erase = forgetting.erase
    tidying = asyncio.create_task(forgetting.run())
    try:
        yield
    finally:
        tidying.cancel()
        await asyncio.gather(tidying, return_exceptions=True)
        await turns.close()
        store.close()


def _sender_of(request: Request, over_for_s: float = 0) -> str | None:
    """The sender id of the session, None for a request without one. Refused ("session") if it is not good.

    `over_for_s`: for how many seconds it may have expired.
    """
    header = request.headers.get("authorization")
    if header is None:
        return None
    kind, _, token = header.partition(" ")
    sessions: Sessions = request.app.state.sessions
    try:
        return sessions.sender_of(token if kind.lower() == "bearer" else "", over_for_s)
    except SessionError as error:
        raise RefusedMessageError("session") from error


async def _session(request: Request) -> str | None:
    return _sender_of(request)


MaybeSession = Annotated[str | None, Depends(_session)]


async def _needed_session(session: MaybeSession) -> str:
    if session is None:
        raise RefusedMessageError("session")
    return session


async def _past_session(request: Request) -> str:
    """Also one that has expired: what it kept is still here for so long, and whoever holds it may have that erased."""
    session = _sender_of(request, request.app.state.settings.keep_days * DAY_S)
    if session is None:
        raise RefusedMessageError("session")
    return session


NeededSession = Annotated[str, Depends(_needed_session)]
PastSession = Annotated[str, Depends(_past_session)]


def _count(request: Request, session: str | None = None) -> None:
    """One message more of this address and this session. Refused ("rate") if that is one too many."""
    state = request.app.state
    wait_s = wait_of(request, state.address_limit, state.settings.forwarded_allow)
    if not wait_s and session is not None:
        wait_s = state.session_limit.take(session)
    if wait_s:
        raise RefusedMessageError("rate", wait_s)


def _sender(session: str) -> str:
    """How other parts know the sender. No sender without a session can be called that: theirs begin with "web:"."""
    return f"session:{session}"


@router.get("/welcome", response_model=ChatResponse)
async def welcome(request: Request) -> Any:
    """The greeting with its suggested questions."""
    return {"sender": "", "messages": [request.app.state.chat.say("utter_greet", Status.SMALLTALK)]}


@router.post("/session", response_model=SessionResponse)
async def start_session(request: Request, session: MaybeSession) -> Any:
    """A new session, or the sender's own for another day."""
    _count(request)
    made = request.app.state.sessions.start(session)
    if session is None:
        request.app.state.metrics.sessions.inc()
    return {"session": made.token, "expires_in": made.expires_in}


@router.post("/chat", response_model=ChatResponse)
async def chat(request: Request, asked: ChatRequest, session: MaybeSession) -> Any:
    """One turn."""
    state = request.app.state
    _count(request, session)
    if session is not None:
        client_id = asked.client_id or str(uuid.uuid4())
        return {"sender": session, "messages": await state.turns.reply(_sender(session), client_id, asked.message)}
    if asked.sender is None:
        raise RefusedMessageError("bad_request")
    return {"sender": asked.sender, "messages": await state.chat.reply(f"web:{asked.sender}", asked.message)}


@router.get("/history", response_model=HistoryResponse)
async def history(request: Request, session: NeededSession) -> Any:
    """The last turns of the session, oldest first."""
    turns = await asyncio.to_thread(request.app.state.store.history, _sender(session))
    return HistoryResponse(turns=[_shown(turn) for turn in turns])


def _shown(turn: Turn) -> HistoryTurn:
    return HistoryTurn(
        client_id=turn.client_id,
        asked=turn.asked,
        at=datetime.fromtimestamp(turn.at, UTC),
        messages=list(turn.messages),
        ratings=dict(turn.ratings),
    )


@router.delete("/conversation", status_code=204)
async def erase(request: Request, session: PastSession) -> None:
    """Delete everything kept of the session's sender; the session itself stays as good as it was."""
    try:
        await request.app.state.erase(_sender(session))
    except RasaError as error:
        log.error("a conversation is not yet erased in Rasa: %s", error)
        raise RefusedMessageError("internal") from error


@router.post("/feedback", status_code=204)
async def rate(request: Request, given: FeedbackRequest, session: NeededSession) -> None:
    """Keep a thumb for a message of the session, or take it back."""
    state = request.app.state
    if given.reason is not None and len(given.reason) > _MOST_REASON_CHARACTERS:
        raise RefusedMessageError("too_long")
    reason = mask(normalise(given.reason or "")) or None
    store: ConversationStore = state.store
    try:
        changed = await asyncio.to_thread(store.rate, _sender(session), given.message_id, given.rating, reason)
    except UnknownMessageError as error:
        raise RefusedMessageError("not_found") from error
    if changed and given.rating:
        state.metrics.ratings.labels(given.rating).inc()
