"""Rasa channel through which the app deletes what Rasa keeps of people. Nobody chats through it."""

from __future__ import annotations

import asyncio
import hmac
from typing import Any, Awaitable, Callable, Dict, List, Optional, Text

from rasa.core.channels.channel import InputChannel, UserMessage
from rasa.core.tracker_store import InMemoryTrackerStore, SQLTrackerStore, TrackerStore
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

_AT_ONCE = 500


class EraseChannel(InputChannel):
    """POST {"sender"} deletes one sender's events, DELETE ?before=… everybody's of earlier moments; both 204.

    401 without the token, 400 for a bad request, 501 where the tracker store is one that we cannot delete from.
    """

    def __init__(self, token: Text) -> None:
        self._wanted = f"Bearer {token}".encode()

    @classmethod
    def name(cls) -> Text:
        """The address is /webhooks/erase/webhook."""
        return "erase"

    @classmethod
    def from_credentials(cls, credentials: Optional[Dict[Text, Any]]) -> EraseChannel:
        """The channel with the `token` of credentials.yml."""
        token = (credentials or {}).get("token")
        if not token:
            cls.raise_missing_credentials_exception()
        return cls(str(token))

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """The two requests."""
        hook = Blueprint("erase", __name__)

        @hook.route("/webhook", methods=["POST"])
        async def erase(request: Request) -> HTTPResponse:
            return await self.erase(request)

        @hook.route("/webhook", methods=["DELETE"])
        async def forget(request: Request) -> HTTPResponse:
            return await self.forget(request)

        return hook

    async def erase(self, request: Request) -> HTTPResponse:
        """Delete one sender's events, after the message that Rasa is working on."""
        if not self._may(request):
            return _refused(401)
        sender = request.json.get("sender") if isinstance(request.json, dict) else None
        if not isinstance(sender, str) or not sender:
            return _refused(400)
        agent = request.app.ctx.agent
        # The lock that messages take: a turn under way would write the events back when it ends.
        async with agent.lock_store.lock(sender):
            done = [_erase(store, sender) for store in _stores(agent.tracker_store)]
        return response.empty() if all(done) else _refused(501)

    async def forget(self, request: Request) -> HTTPResponse:
        """Delete everybody's events of earlier moments."""
        if not self._may(request):
            return _refused(401)
        try:
            before = float(request.args.get("before", ""))
        except ValueError:
            return _refused(400)
        stores = _stores(request.app.ctx.agent.tracker_store)
        if not all(isinstance(store, (SQLTrackerStore, InMemoryTrackerStore)) for store in stores):
            return _refused(501)
        # What is kept in memory alone is young, and gone at the next start.
        for store in (store for store in stores if isinstance(store, SQLTrackerStore)):
            more = True
            while more:
                more = _forget_some(store, before)
                await asyncio.sleep(0)  # messages go first
        return response.empty()

    def _may(self, request: Request) -> bool:
        return hmac.compare_digest(request.headers.get("authorization", "").encode(), self._wanted)


def _refused(status: int) -> HTTPResponse:
    return response.json({"error": status}, status)


def _stores(store: TrackerStore) -> List[TrackerStore]:
    """The stores themselves, out of the wrappers that Rasa puts around them."""
    wrapped = [getattr(store, name, None) for name in ("_tracker_store", "_fallback_tracker_store")]
    return [leaf for inner in wrapped if inner is not None for leaf in _stores(inner)] or [store]


def _erase(store: TrackerStore, sender: Text) -> bool:
    """Whether this is a store that we can delete from."""
    if isinstance(store, SQLTrackerStore):
        with store.session_scope() as session:
            _overwrite(session)
            session.query(store.SQLEvent).filter(store.SQLEvent.sender_id == sender).delete()
            session.commit()
        return True
    if isinstance(store, InMemoryTrackerStore):
        store.store.pop(sender, None)
        return True
    return False


def _forget_some(store: SQLTrackerStore, before: float) -> bool:
    """Delete the oldest events, some at once; whether there may be more."""
    event = store.SQLEvent
    with store.session_scope() as session:
        _overwrite(session)
        # Events are numbered as they come: where the oldest are young, all are, and no long table need be read.
        oldest = session.query(event.id, event.timestamp).order_by(event.id).limit(_AT_ONCE).all()
        old = [number for number, moment in oldest if (moment or 0.0) < before]
        session.query(event).filter(event.id.in_(old)).delete(synchronize_session=False)
        session.commit()
    return bool(old)


def _overwrite(session: Any) -> None:
    """SQLite leaves deleted rows in the file unless it is told not to."""
    if session.get_bind().dialect.name == "sqlite":
        session.execute("PRAGMA secure_delete = ON")
