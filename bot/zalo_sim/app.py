"""The simulator as a web application: Zalo's two hosts and the page, behind one address."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware

from bot.zalo_sim import console, oauth, openapi
from bot.zalo_sim.policy import headers
from bot.zalo_sim.world import World


def create_app(world: World, automatic: bool, ready: Callable[[], None] = lambda: None) -> FastAPI:
    """The application of one world. `automatic`: events are delivered when they are due, without being told."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        running = asyncio.create_task(world.courier.run()) if automatic else None
        ready()
        try:
            yield
        finally:
            if running:
                running.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await running
            await world.courier.close()

    app = FastAPI(title="Zalo giả lập", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.world = world
    # A foreign page whose name leads to this machine is not let in.
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])
    _handle_errors(app)
    for router in (openapi.router, oauth.router, console.router):
        app.include_router(router)
    return app


def _handle_errors(app: FastAPI) -> None:
    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> JSONResponse:
        text = "Không có địa chỉ này" if error.status_code in (404, 405) and error.detail.isascii() else error.detail
        return _error(error.status_code, text)

    @app.exception_handler(RequestValidationError)
    async def malformed(request: Request, error: RequestValidationError) -> JSONResponse:
        return _error(422, "Yêu cầu chưa đúng mẫu")


def _error(status: int, message: str) -> JSONResponse:
    return JSONResponse({"error": {"code": status, "message": message}}, status, headers=headers())
