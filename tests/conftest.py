"""Fixtures that any test may use: folders, the fake model, and what is built once for the slow tests."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from bot.prepare import make_index
from retrieval.cli import main
from retrieval.embedder import model_fingerprint
from tests.fakes import FakeEmbedder

ROOT = Path(__file__).resolve().parent.parent

# Hundreds of small indexes hold their files open at once; one in the app holds five.
_, _MOST_FILES = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (_MOST_FILES, _MOST_FILES))

# The same examples on every run; a shared machine may be slow, so no example has a deadline.
settings.register_profile("project", deadline=None, derandomize=True)
settings.load_profile("project")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The read-only material beside the project, for the few tests that use it."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("không có ../shared (tài liệu chỉ đọc bên cạnh dự án)")
    return folder


@pytest.fixture
def fake_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line loads a FakeEmbedder instead of the real model."""
    monkeypatch.setenv("EMBEDDING_MODEL", "fake")
    monkeypatch.setattr(
        "retrieval.embedder.SentenceTransformerEmbedder", lambda name: FakeEmbedder(name, model_fingerprint(name))
    )


@pytest.fixture(scope="session")
def at_root() -> Iterator[None]:
    """The project's folder as working folder and the default model, as `make` has them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        patch.delenv("EMBEDDING_MODEL", raising=False)
        yield


@pytest.fixture(scope="session")
def embedder_folder(at_root: None) -> Path:
    """`models/embedder`, made if it is missing."""
    assert main(["embedder"]) == 0
    return ROOT / "models" / "embedder"


@pytest.fixture(scope="session")
def index_folder(embedder_folder: Path) -> Path:
    """`models/index` of what the assistant knows, made if it is missing or out of date."""
    folder = ROOT / "models" / "index"
    assert make_index(folder) == 0
    return folder
