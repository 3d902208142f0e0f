"""One running bot for all end-to-end tests, and for those of a module one browser and one stand-in server."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver

from bot import prepare
from tests.bot import web_stand_in
from tests.bot.web_stand_in import Stand
from tests.e2e.support import Stack, running
from tests.e2e.web_support import chromium


@pytest.fixture(scope="session")
def own_index(index_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the index of data/documents, so that nobody rebuilds it under a running bot."""
    copy = tmp_path_factory.mktemp("index") / "index"
    version = (index_folder / "CURRENT").read_text(encoding="utf-8").strip()
    shutil.copytree(index_folder / version, copy / version)
    shutil.copy(index_folder / "CURRENT", copy / "CURRENT")
    return copy


@pytest.fixture(scope="session")
def rasa_model() -> None:
    """The Rasa model of the data as it is now."""
    assert prepare.train() == 0


@pytest.fixture(scope="session")
def stack(own_index: Path, rasa_model: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The whole bot, ready for questions."""
    with running(tmp_path_factory.mktemp("state") / "var", own_index) as bot:
        yield bot


@pytest.fixture(scope="module")
def driver() -> Iterator[webdriver.Chrome]:
    """A real Chromium."""
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def server() -> Iterator[Stand]:
    """The widget's pages with answers that are written beforehand."""
    with web_stand_in.served(Stand()) as stand:
        yield stand
