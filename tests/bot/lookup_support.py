"""A small app that holds the look-up pages alone, over documents that a test makes up."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import uvicorn
from fastapi import FastAPI, Request, Response
from starlette.middleware.base import RequestResponseEndpoint

from bot import lookup
from bot.rate import RateLimit
from bot.settings import Settings
from bot.supervisor import free_port
from retrieval.answer import Answerer
from retrieval.building import build
from retrieval.index import load
from retrieval.records import Document, Section
from tests.bot.support import PATIENCE_S, TODAY, eventually
from tests.fakes import FakeEmbedder

# As in bot/app.py; the search form is sent to this very site.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
)


def document(identity: str, parts: dict[str, str], title: str = "", **known: object) -> Document:
    """A document of headed parts. A heading may be a path, its names parted by " › "; an empty one is none."""
    text, sections = "", []
    for heading, body in parts.items():
        text += f"{heading}\n\n" if heading else ""
        start = len(text)
        text += body
        sections.append(Section(tuple(heading.split(" › ")) if heading else (), start, len(text)))
        text += "\n\n"
    return Document(id=identity, title=title or identity, text=text, sections=tuple(sections), **known)  # type: ignore[arg-type]


def answerer_over(documents: Sequence[Document], folder: Path, today: date = TODAY) -> Answerer:
    """An answerer over these documents, with the fake model."""
    build(list(documents), FakeEmbedder(), folder)
    return Answerer(load(folder, FakeEmbedder()), FakeEmbedder(), lambda: today)


def lookup_app(answerer: Answerer) -> FastAPI:
    """The pages behind the policy of the whole app."""
    app = FastAPI()
    app.include_router(lookup.router)
    app.state.settings, app.state.answerer = Settings(action_timeout_s=60), answerer
    app.state.lookup_limit = RateLimit(app.state.settings.rate_per_address)

    @app.middleware("http")
    async def harden(request: Request, call_next: RequestResponseEndpoint) -> Response:
        response = await call_next(request)
        response.headers["Content-Security-Policy"] = POLICY
        return response

    return app


@contextlib.contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """The app behind a real server; gives its address."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_config=None, access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        eventually(lambda: server.started or not thread.is_alive(), "uvicorn starts")
        assert server.started
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(PATIENCE_S)
