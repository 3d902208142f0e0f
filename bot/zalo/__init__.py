"""The Zalo Official Account door: `router` for the app, and `lifespan` around what the app does.

In the app: `app.include_router(zalo.router)`, and in its lifespan, once `app.state.chat` is there,
`async with zalo.lifespan(app): yield`. Without ZALO_APP_ID every address is 404 and nothing runs.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from bot.settings import ROOT
from bot.zalo.database import StoreError
from bot.zalo.pages import verification_tag
from bot.zalo.router import router as router
from bot.zalo.service import Zalo
from bot.zalo.settings import load_zalo_settings

log = logging.getLogger(__name__)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Run the door beside the app: needs app.state.settings, chat, erase, phrases and metrics. SettingsError.

    A damaged file of the door closes this door alone; people on the web are still answered.
    """
    app.state.zalo = None
    settings = load_zalo_settings()
    if settings is None:
        yield
        return
    state = app.state
    try:
        folder = ROOT / state.settings.state_folder
        zalo = Zalo(settings, folder, state.chat, state.erase, state.phrases, state.metrics.registry)
    except (StoreError, OSError) as error:
        log.error("cửa Zalo không mở được: %s", error)
        yield
        return
    app.state.zalo = zalo
    if settings.zalo_verifier_code:
        app.state.in_head = verification_tag(settings.zalo_verifier_code)
    async with zalo.running():
        yield
