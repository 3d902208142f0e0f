"""The three custom actions. Thin: read the tracker, ask the knowledge base, render."""

from __future__ import annotations

import asyncio
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import ActionExecutor, CollectingDispatcher

from actions.follow_up import in_full
from actions.phrases import Phrases
from actions.render import as_message, as_text
from retrieval.answer import Answerer, Belief
from retrieval.records import Answer, Status
from retrieval.suspicion import may_be_unsafe

Events = list[dict[str, Any]]
# A victim's words resemble a thief's ("mất tiền", "giả"), so only a sure intent may refuse.
_SURE = 0.8
_REMEMBERED = (Status.ANSWERED, Status.NO_ANSWER)


def make_executor(answerer: Answerer, phrases: Phrases, timeout_s: float) -> ActionExecutor:
    """An executor with every action of the domain, sharing one loaded index."""
    executor = ActionExecutor()
    for action in (ActionAnswerTopic, ActionAnswerQuestion, ActionHandoff):
        executor.register_action(action(answerer, phrases, timeout_s))
    return executor


class _KnowledgeAction(Action):
    def __init__(self, answerer: Answerer, phrases: Phrases, timeout_s: float) -> None:
        self._answerer, self._phrases, self._timeout_s = answerer, phrases, timeout_s

    async def _ask(self, question: str, belief: Belief) -> Answer:
        """Search off the event loop; a search that hangs becomes a plain sentence, not a lost turn."""
        work = asyncio.to_thread(self._answerer.answer, question, belief)
        try:
            return await asyncio.wait_for(work, self._timeout_s)
        except TimeoutError:
            return Answer(Status.UNAVAILABLE, reason="timeout")

    def _say(self, dispatcher: CollectingDispatcher, tracker: Tracker, answer: Answer) -> None:
        if tracker.get_latest_input_channel() == "cmdline":
            dispatcher.utter_message(text=as_text(answer, self._phrases))
        else:
            dispatcher.utter_message(json_message=as_message(answer, self._phrases))

    def _remember(self, answer: Answer, question: str) -> Events:
        """What a follow-up needs. Refused and urgent messages are not kept: they may hold what nobody should store."""
        if answer.status not in _REMEMBERED or answer.reason == "personal":
            return []
        document = answer.citations[0].document_id if answer.citations else None
        return [SlotSet("last_question", question), SlotSet("last_document", document)]


class ActionAnswerTopic(_KnowledgeAction):
    """Answer a curated intent from the section that a document keeps for it, if the evidence agrees."""

    def name(self) -> str:
        """The name in `domain.yml`."""
        return "action_answer_topic"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        """Ask with the intent as topic."""
        question = tracker.latest_message.get("text") or ""
        whole, about = in_full(question, tracker.get_slot("last_question"))
        belief = Belief(_intent(tracker), _confidence(tracker)) if whole == question else Belief()
        answer = await self._ask(whole, belief)
        self._say(dispatcher, tracker, answer)
        return self._remember(answer, about)


class ActionAnswerQuestion(_KnowledgeAction):
    """Answer free text, follow-ups, and whatever the intents did not recognise."""

    def name(self) -> str:
        """The name in `domain.yml`."""
        return "action_answer_question"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        """Ask; a follow-up is first completed from the last question."""
        question, intent = tracker.latest_message.get("text") or "", _intent(tracker)
        question, about = in_full(question, tracker.get_slot("last_question"), intent == "follow_up")
        unsafe = intent == "unsafe_request" and may_be_unsafe(question)
        answer = await self._ask(question, Belief(doubted=unsafe or intent == "off_topic"))
        answer = _seen_through_intent(answer, intent, unsafe and _confidence(tracker) >= _SURE)
        self._say(dispatcher, tracker, answer)
        return self._remember(answer, about)


class ActionHandoff(_KnowledgeAction):
    """Tell where people can be met."""

    def name(self) -> str:
        """The name in `domain.yml`."""
        return "action_handoff"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        """Say so."""
        self._say(dispatcher, tracker, Answer(Status.HANDOFF))
        return []


def _intent(tracker: Tracker) -> str:
    return str((tracker.latest_message.get("intent") or {}).get("name") or "")


def _confidence(tracker: Tracker) -> float:
    return float((tracker.latest_message.get("intent") or {}).get("confidence") or 0.0)


def _seen_through_intent(answer: Answer, intent: str, unsafe: bool) -> Answer:
    """Where documents hold nothing, the intent decides which way of saying so fits."""
    if answer.status is not Status.NO_ANSWER or answer.reason == "lapsed":
        return answer
    if intent == "off_topic":
        return Answer(Status.OFF_TOPIC)
    if unsafe:
        return Answer(Status.REFUSED, reason="unsafe")
    if intent == "follow_up":
        return Answer(Status.CLARIFY, reason="follow_up")
    return answer
