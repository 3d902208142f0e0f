"""The FastAPI app: the only public door."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.middleware.base import RequestResponseEndpoint

from actions.answering import make_executor
from actions.phrases import Phrases
from bot import actions_endpoint, lookup, pages, web_api, zalo
from bot.body_limit import TOO_LARGE, BodyLimit, BodyTooLargeError
from bot.chat import ChatService, RefusedMessageError
from bot.head import Head
from bot.knowledge import follow, open_index
from bot.metrics import Metrics
from bot.rasa_client import RasaClient
from bot.rate import RateLimit
from bot.settings import ROOT, Settings, load_settings
from retrieval.answer import Answerer
from retrieval.embedder import Embedder, SentenceTransformerEmbedder

log = logging.getLogger(__name__)
_SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
_STATUS_CODES = {
    "session": 401,
    "too_long": 413,
    "empty": 422,
    "bad_request": 400,
    "busy": 429,
    "rate": 429,
    "not_found": 404,
    "internal": 500,
}
_BUSY_WAIT_S = 3
router = APIRouter()


def create_app(settings: Settings | None = None, embedder: Embedder | None = None) -> FastAPI:
    """The app. Both are for tests: a process of its own reads its settings and loads the model that they name."""
    if settings is None:
        settings = load_settings()
        # By force, because a library has set up the root logger by the time it is imported.
        logging.basicConfig(
            level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s", force=True
        )
    # httpx logs every address, and Rasa's status address carries its token.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    # Its redirects would name the scheme and the host that we see, which behind a proxy are not those of the browser.
    app = FastAPI(
        title="Trợ lý Chuyển đổi số", lifespan=_lifespan, docs_url=None, redoc_url=None, redirect_slashes=False
    )
    app.state.settings, app.state.embedder = settings, embedder
    app.state.phrases, app.state.metrics = Phrases.load(ROOT / "domain.yml"), Metrics()
    app.state.lookup_limit = RateLimit(settings.rate_per_address)
    app.add_middleware(BodyLimit, limit=settings.max_body_bytes, unlimited=("/internal/", "/zalo/webhook"))
    app.middleware("http")(_harden)
    # Outside of everything else, so that a page elsewhere can read errors too.
    app.add_middleware(
        CORSMiddleware,
        allow_origins=settings.allowed_origins,
        allow_methods=("GET", "POST", "DELETE", "OPTIONS"),
        allow_headers=("Content-Type", "Authorization"),
        expose_headers=("Retry-After",),
        max_age=600,
    )
    app.add_middleware(Head)
    _handle_errors(app)
    for each in (router, actions_endpoint.router, web_api.router, pages.router, lookup.router, zalo.router):
        app.include_router(each)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    settings: Settings = app.state.settings
    embedder = app.state.embedder or await asyncio.to_thread(SentenceTransformerEmbedder, settings.embedding_model)

    def take(answerer: Answerer) -> None:
        app.state.actions = make_executor(answerer, app.state.phrases, settings.action_timeout_s)
        app.state.answerer = answerer
        app.state.metrics.passages.set(len(answerer.index.passages))

    answerer = await open_index(settings.index_folder, embedder)
    take(answerer)
    token = settings.rasa_token.get_secret_value()
    async with RasaClient(settings.rasa_url, token, settings.rasa_timeout_s) as rasa:
        app.state.rasa = rasa
        app.state.chat = ChatService(
            rasa, app.state.phrases, app.state.metrics, settings.max_message_characters, settings.waiting_per_sender
        )
        following = asyncio.create_task(
            follow(settings.index_folder, embedder, answerer.index.version, take, settings.index_poll_s)
        )
        try:
            async with web_api.lifespan(app, rasa), zalo.lifespan(app):
                yield
        finally:
            following.cancel()


async def _harden(request: Request, call_next: RequestResponseEndpoint) -> Response:
    try:
        response = await call_next(request)
    except Exception as error:
        log.error("unexpected error at %s", request.url.path, exc_info=error)
        response = _error(request.app, "internal")
    response.headers.update(_SECURITY_HEADERS)
    if request.url.path.startswith("/api/"):
        response.headers["Cache-Control"] = "no-store"
    return response


def _error(app: FastAPI, code: str, wait_s: float | None = None) -> JSONResponse:
    """Every error a person can meet is one plain sentence of the domain."""
    app.state.metrics.refused_requests.labels(code).inc()
    body = {"error": {"code": code, "message": app.state.phrases[f"utter_error_{code}"].text}}
    headers = {}
    if _STATUS_CODES[code] == 429:
        headers["Retry-After"] = str(math.ceil(wait_s or _BUSY_WAIT_S))
    elif code == "session":
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(body, status_code=_STATUS_CODES[code], headers=headers)


def _handle_errors(app: FastAPI) -> None:
    @app.exception_handler(RequestValidationError)
    async def bad_request(request: Request, error: RequestValidationError) -> JSONResponse:
        return _error(app, "bad_request")

    @app.exception_handler(RefusedMessageError)
    async def refused(request: Request, error: RefusedMessageError) -> JSONResponse:
        return _error(app, error.code, error.wait_s)

    @app.exception_handler(BodyTooLargeError)
    async def too_large(request: Request, error: BodyTooLargeError) -> JSONResponse:
        return _error(app, "too_long")

    @app.exception_handler(StarletteHTTPException)
    async def http_error(request: Request, error: StarletteHTTPException) -> JSONResponse:
        if request.scope.get(TOO_LARGE):
            return _error(app, "too_long")
        return _error(app, "not_found" if error.status_code in (404, 405) else "bad_request")


@router.get("/healthz")
async def alive() -> Any:
    """The process is alive."""
    return {"status": "alive"}


@router.get("/readyz")
async def ready(request: Request) -> Response:
    """Questions can be answered: the index is loaded and Rasa answers."""
    state = request.app.state
    checks = {"index": hasattr(state, "answerer"), "rasa": await state.rasa.is_ready()}
    return JSONResponse(checks, status_code=200 if all(checks.values()) else 503)


@router.get("/metrics", include_in_schema=False)
async def metrics(request: Request) -> Response:
    """What Prometheus reads."""
    return Response(generate_latest(request.app.state.metrics.registry), media_type=CONTENT_TYPE_LATEST)
