"""Fixtures of the Zalo door's tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.zalo.settings import ZaloSettings
from tests.bot.zalo.fake import FakeZalo, fake_zalo


@pytest.fixture
def fake() -> Iterator[FakeZalo]:
    with fake_zalo() as running:
        yield running


@pytest.fixture(autouse=True)
def no_zalo_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ZaloSettings.model_config, "env_file", None)
    for name in ZaloSettings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
