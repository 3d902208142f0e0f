"""The HTTP contract: what `/api/chat` takes and gives."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from retrieval.records import Citation, Status


class ChatRequest(BaseModel):
    """One message of one person. `sender` is an opaque id that the client keeps."""

    model_config = ConfigDict(extra="ignore", str_strip_whitespace=False)

    sender: str = Field(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9._:@-]+$")
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
