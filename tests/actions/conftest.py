"""Fixtures of the actions' tests."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from rasa_sdk.executor import ActionExecutor

from actions.answering import make_executor
from retrieval.answer import Answerer
from tests.bot.support import action_call, answerer_of, build_knowledge, phrases, tracker_state

Outcome = tuple[dict[str, Any], dict[str, Any]]


@pytest.fixture(scope="session")
def answerer(tmp_path_factory: pytest.TempPathFactory) -> Answerer:
    """An answerer over a few small documents."""
    return answerer_of(build_knowledge(tmp_path_factory.mktemp("knowledge")))


@pytest.fixture
def executor(answerer: Answerer) -> ActionExecutor:
    """The bot's actions."""
    return make_executor(answerer, phrases(), timeout_s=20)


@pytest.fixture
def act(executor: ActionExecutor) -> Callable[..., Outcome]:
    """Run an action as Rasa does: (its one response, the slots that it sets)."""

    def run(action: str, text: str, intent: str = "ask_document", **state: Any) -> Outcome:
        result = asyncio.run(executor.run(action_call(action, tracker_state(text, intent, **state))))
        assert result is not None
        answer = result.model_dump()
        (response,) = answer["responses"]
        assert all(event["event"] == "slot" for event in answer["events"])
        return response, {event["name"]: event["value"] for event in answer["events"]}

    return run
