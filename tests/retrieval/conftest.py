"""Fixtures of the retrieval tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from retrieval.answer import Answerer
from retrieval.index import Index
from tests.fakes import FakeEmbedder
from tests.retrieval.library import LIBRARY, TODAY, build_index


@pytest.fixture(scope="session")
def library_index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    """The index of tests/data/library."""
    return build_index(LIBRARY, tmp_path_factory.mktemp("library") / "index")


@pytest.fixture(scope="session")
def answerer(library_index: Index) -> Answerer:
    """Answers from tests/data/library, on the day TODAY."""
    return Answerer(library_index, FakeEmbedder(), lambda: TODAY)


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    """An empty folder for documents."""
    folder = tmp_path / "documents"
    folder.mkdir()
    return folder
