"""The FastAPI app: the only public door."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.middleware.base import RequestResponseEndpoint

from actions.answering import make_executor
from actions.phrases import Phrases
from bot import actions_endpoint
from bot.body_limit import TOO_LARGE, BodyLimit, BodyTooLargeError
from bot.chat import ChatService, RefusedMessageError
from bot.knowledge import follow, open_index
from bot.metrics import Metrics
from bot.rasa_client import RasaClient
from bot.schemas import ChatRequest, ChatResponse
from bot.settings import ROOT, Settings, load_settings
from retrieval.answer import Answerer
from retrieval.embedder import Embedder, SentenceTransformerEmbedder
from retrieval.records import Status
from retrieval.search import Filters

log = logging.getLogger(__name__)
_WEB = Path(__file__).parent / "web"
_PAGES = {"/": "index.html", "/widget.js": "widget.js", "/widget.css": "widget.css", "/favicon.svg": "favicon.svg"}
_SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
_STATUS_CODES = {"too_long": 413, "empty": 422, "bad_request": 400, "busy": 429, "not_found": 404, "internal": 500}


def create_app(settings: Settings | None = None, embedder: Embedder | None = None) -> FastAPI:
    """The app. `embedder` is for tests; by default the configured model is loaded when the app starts."""
    settings = settings or load_settings()
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    # httpx logs every address, and Rasa's status address carries its token.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    app = FastAPI(title="Trợ lý Chuyển đổi số", lifespan=_lifespan, docs_url=None, redoc_url=None)
    app.state.settings, app.state.embedder = settings, embedder
    app.state.phrases, app.state.metrics = Phrases.load(ROOT / "domain.yml"), Metrics()
    app.add_middleware(BodyLimit, limit=settings.max_body_bytes, unlimited_prefix="/internal/")
    app.middleware("http")(_harden)
    _handle_errors(app)
    _add_routes(app)
    app.include_router(actions_endpoint.router)
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
            yield
        finally:
            following.cancel()


async def _harden(request: Request, call_next: RequestResponseEndpoint) -> Response:
    response = await call_next(request)
    response.headers.update(_SECURITY_HEADERS)
    return response


def _error(app: FastAPI, code: str) -> JSONResponse:
    """Every error a person can meet is one plain sentence of the domain."""
    app.state.metrics.refused_requests.labels(code).inc()
    message = app.state.phrases[f"utter_error_{code}"].text
    # Given here too, because the handler of unexpected errors runs outside of the layer that adds them.
    body = {"error": {"code": code, "message": message}}
    return JSONResponse(body, status_code=_STATUS_CODES[code], headers=_SECURITY_HEADERS)


def _handle_errors(app: FastAPI) -> None:
    @app.exception_handler(RequestValidationError)
    async def bad_request(request: Request, error: RequestValidationError) -> JSONResponse:
        return _error(app, "bad_request")

    @app.exception_handler(RefusedMessageError)
    async def refused(request: Request, error: RefusedMessageError) -> JSONResponse:
        return _error(app, error.code)

    @app.exception_handler(BodyTooLargeError)
    async def too_large(request: Request, error: BodyTooLargeError) -> JSONResponse:
        return _error(app, "too_long")

    @app.exception_handler(StarletteHTTPException)
    async def http_error(request: Request, error: StarletteHTTPException) -> JSONResponse:
        if request.scope.get(TOO_LARGE):
            return _error(app, "too_long")
        return _error(app, "not_found" if error.status_code in (404, 405) else "bad_request")

    @app.exception_handler(Exception)
    async def unexpected(request: Request, error: Exception) -> JSONResponse:
        log.error("unexpected error at %s", request.url.path, exc_info=error)
        return _error(app, "internal")


def _add_routes(app: FastAPI) -> None:
    for path, name in _PAGES.items():
        app.get(path, include_in_schema=False)(_file(name))

    @app.get("/api/welcome", response_model=ChatResponse)
    async def welcome() -> Any:
        """The greeting with its suggested questions."""
        return {"sender": "", "messages": [app.state.chat.say("utter_greet", Status.SMALLTALK)]}

    @app.post("/api/chat", response_model=ChatResponse)
    async def chat(request: ChatRequest) -> Any:
        """One turn."""
        return {
            "sender": request.sender,
            "messages": await app.state.chat.reply(f"web:{request.sender}", request.message),
        }

    @app.get("/api/search")
    async def find(
        q: Annotated[str, Query(min_length=1, max_length=500)],
        k: Annotated[int, Query(ge=1, le=50)] = 10,
        province: str | None = None,
        year: Annotated[str | None, Query(pattern=r"^\d{4}$")] = None,
    ) -> Any:
        """Passages for a question, kept and rejected, with every score."""
        answerer: Answerer = app.state.answerer
        filters = Filters(province, year)
        hits = await asyncio.to_thread(answerer.find, q, k, filters)
        return {"query": q, "hits": [hit.to_json() for hit in hits]}

    @app.get("/healthz")
    async def alive() -> Any:
        """The process is alive."""
        return {"status": "alive"}

    @app.get("/readyz")
    async def ready() -> Response:
        """Questions can be answered: the index is loaded and Rasa answers."""
        checks = {"index": hasattr(app.state, "answerer"), "rasa": await app.state.rasa.is_ready()}
        return JSONResponse(checks, status_code=200 if all(checks.values()) else 503)

    @app.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        return Response(generate_latest(app.state.metrics.registry), media_type=CONTENT_TYPE_LATEST)


def _file(name: str) -> Any:
    async def send() -> FileResponse:
        return FileResponse(_WEB / name, headers={"Cache-Control": "no-cache"})

    return send
