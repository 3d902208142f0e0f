from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from bot.knowledge import follow, open_index
from retrieval.answer import Answerer
from retrieval.building import build
from retrieval.errors import IndexMissingError
from retrieval.readers import read_sources
from retrieval.records import Document
from retrieval.versions import current
from tests.fakes import FakeEmbedder
from tests.retrieval.library import LIBRARY

QUESTION = "Cuộc gọi lừa đảo báo số điện thoại nào?"


@pytest.fixture
def texts() -> list[Document]:
    return read_sources([LIBRARY], strict=True).documents


def _with_number(texts: list[Document], number: str) -> list[Document]:
    return [replace(text, text=text.text.replace("156", number)) for text in texts]


async def _until(condition, seconds: float = 20) -> None:  # type: ignore[no-untyped-def]
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 (another process publishes)
            await asyncio.sleep(0.02)


async def _following(folder: Path, first: Answerer, taken: list[Answerer]) -> asyncio.Task[None]:
    return asyncio.create_task(follow(folder, FakeEmbedder(), first.index.version, taken.append, 0.05))


def test_a_new_index_takes_the_place_of_the_old_while_questions_are_asked(
    texts: list[Document], tmp_path: Path
) -> None:
    async def run() -> None:
        build(texts, FakeEmbedder(), tmp_path)
        taken = [await open_index(tmp_path, FakeEmbedder())]
        following = await _following(tmp_path, taken[0], taken)
        answers: list[str] = []

        async def ask() -> None:
            while len(taken) < 4:
                answers.append((await asyncio.to_thread(taken[-1].answer, QUESTION)).text)

        asking = asyncio.create_task(ask())
        for n, number in enumerate(("157", "158", "159"), 2):
            await asyncio.to_thread(build, _with_number(texts, number), FakeEmbedder(), tmp_path)
            await _until(lambda wanted=n: len(taken) == wanted)
        await asking
        following.cancel()
        assert "159" in taken[-1].answer(QUESTION).text
        assert all(any(number in answer for number in ("156", "157", "158", "159")) for answer in answers)

    asyncio.run(run())


def test_an_index_that_cannot_be_used_leaves_the_one_before(
    texts: list[Document], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def run() -> None:
        build(texts, FakeEmbedder(), tmp_path)
        taken: list[Answerer] = []
        first = await open_index(tmp_path, FakeEmbedder())
        following = await _following(tmp_path, first, taken)
        build(texts, FakeEmbedder("khac", "fake-2"), tmp_path)
        await _until(lambda: "cannot be used" in caplog.text)
        assert not taken
        assert "156" in first.answer(QUESTION).text
        build(_with_number(texts, "158"), FakeEmbedder(), tmp_path)
        await _until(lambda: taken)
        assert "158" in taken[-1].answer(QUESTION).text
        following.cancel()

    asyncio.run(run())


def test_a_damaged_or_missing_pointer_changes_nothing(texts: list[Document], tmp_path: Path) -> None:
    async def run() -> None:
        build(texts, FakeEmbedder(), tmp_path)
        taken: list[Answerer] = []
        following = await _following(tmp_path, await open_index(tmp_path, FakeEmbedder()), taken)
        name = current(tmp_path)
        for broken in (b"", b"khong-co", b"\xff\xfe"):
            (tmp_path / "CURRENT").write_bytes(broken)
            await asyncio.sleep(0.15)
        (tmp_path / "CURRENT").unlink()
        await asyncio.sleep(0.15)
        (tmp_path / "CURRENT").write_text(f"{name}\n", encoding="utf-8")
        await asyncio.sleep(0.15)
        assert not following.done()
        following.cancel()

    asyncio.run(run())


def test_without_an_index_the_app_does_not_start(tmp_path: Path) -> None:
    with pytest.raises(IndexMissingError):
        asyncio.run(open_index(tmp_path, FakeEmbedder()))
