"""Fixtures of the app's tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bot.settings import Settings
from bot.zalo.settings import ZaloSettings
from tests.bot.support import FakeRasa, build_knowledge, free_port, served


@pytest.fixture(scope="session")
def knowledge(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The index of a few small documents."""
    return build_knowledge(tmp_path_factory.mktemp("knowledge"))


@pytest.fixture(autouse=True)
def own_settings_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the environment nor somebody's .env decides what the tests see."""
    for settings in (Settings, ZaloSettings):
        monkeypatch.setitem(settings.model_config, "env_file", None)
        for name in settings.model_fields:
            monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def rasa() -> Iterator[FakeRasa]:
    """A stand-in for Rasa."""
    with FakeRasa() as server:
        yield server


@pytest.fixture
def settings(rasa: FakeRasa, knowledge: Path, tmp_path: Path) -> Settings:
    """Settings that lead to the stand-in."""
    return Settings(port=free_port(), rasa_port=rasa.port, index_folder=knowledge, state_folder=tmp_path / "state")


@pytest.fixture
def client(settings: Settings) -> Iterator[httpx.Client]:
    """A client of the running app."""
    with served(settings) as client:
        yield client
