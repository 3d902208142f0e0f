"""The HTTP contract: what the web API takes and gives."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from retrieval.records import Citation, Status


class ChatRequest(BaseModel):
    """One message of one person.

    `client_id`: what the client calls this message, a UUID, the same when it tries again. `sender`: an opaque id that
    a client without a session keeps.
    """

    model_config = ConfigDict(extra="ignore", str_strip_whitespace=False)

    sender: str | None = Field(None, min_length=1, max_length=128, pattern=r"^[A-Za-z0-9._:@-]+$")
    client_id: str | None = Field(None, pattern=r"^[0-9A-Fa-f]{8}(-?[0-9A-Fa-f]{4}){3}-?[0-9A-Fa-f]{12}$")
    message: str


class Button(BaseModel):
    """A quick reply: what it shows and what it sends."""

    title: str
    payload: str


class MessageOut(BaseModel):
    """One message of the bot."""

    text: str
    status: Status
    citations: list[Citation] = []
    buttons: list[Button] = []
    message_id: str


class ChatResponse(BaseModel):
    """The bot's turn."""

    sender: str
    messages: list[MessageOut]


class SessionResponse(BaseModel):
    """A session: what to send as `Authorization: Bearer`, and for how many seconds it holds."""

    session: str
    expires_in: int


class HistoryTurn(BaseModel):
    """A question that was asked, masked as it was kept, with its reply and the thumbs given to it."""

    client_id: str
    asked: str
    at: datetime
    messages: list[MessageOut]
    ratings: dict[str, Literal["up", "down"]]


class HistoryResponse(BaseModel):
    """The last turns, oldest first."""

    turns: list[HistoryTurn]


class FeedbackRequest(BaseModel):
    """A thumb for a message, or its withdrawal (null)."""

    message_id: str = Field(min_length=1, max_length=64)
    rating: Literal["up", "down"] | None
    reason: str | None = None
