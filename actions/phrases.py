"""The sentences of the bot, as written in `domain.yml` and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from retrieval.records import Answer, Status


@dataclass(frozen=True, slots=True)
class Phrase:
    """One `utter_*` response: its text, and quick replies {title, payload}."""

    text: str
    buttons: tuple[dict[str, str], ...] = ()


class Phrases:
    """All responses of the domain by name. KeyError on a name that the domain lacks (a test rules that out)."""

    def __init__(self, responses: dict[str, list[dict[str, Any]]]) -> None:
        self._phrases = {
            name: Phrase(variants[0]["text"], tuple(variants[0].get("buttons", ())))
            for name, variants in responses.items()
        }

    @classmethod
    def load(cls, domain: Path) -> Phrases:
        """Read them from a domain file."""
        return cls(yaml.safe_load(domain.read_text(encoding="utf-8"))["responses"])

    def __getitem__(self, name: str) -> Phrase:
        return self._phrases[name]

    def for_answer(self, answer: Answer) -> Phrase:
        """The sentence that goes with an answer: its introduction, or why there is none and what to do next."""
        return self._phrases[phrase_name(answer.status, answer.reason)]


def phrase_name(status: Status, reason: str) -> str:
    """The response for a status and reason; the general one of the status where the reason has none of its own."""
    return _BY_REASON.get((status, reason)) or _BY_STATUS[status]


_BY_STATUS = {
    Status.ANSWERED: "utter_answer_intro",
    Status.CLARIFY: "utter_clarify_text",
    Status.NO_ANSWER: "utter_no_answer",
    Status.OFF_TOPIC: "utter_off_topic",
    Status.REFUSED: "utter_refused_unsafe",
    Status.URGENT: "utter_urgent_scam",
    Status.HANDOFF: "utter_handoff",
    Status.SMALLTALK: "utter_greet",
    Status.UNAVAILABLE: "utter_unavailable",
}
_BY_REASON = {
    (Status.ANSWERED, "topic"): "utter_topic_intro",
    (Status.ANSWERED, "place"): "utter_place_intro",
    (Status.CLARIFY, "meant"): "utter_clarify_meant",
    (Status.CLARIFY, "place"): "utter_clarify_place",
    (Status.CLARIFY, "split"): "utter_clarify_split",
    (Status.CLARIFY, "follow_up"): "utter_clarify_follow_up",
    (Status.CLARIFY, "province"): "utter_clarify_province",
    (Status.NO_ANSWER, "personal"): "utter_no_answer_personal",
    (Status.NO_ANSWER, "province"): "utter_no_answer_province",
    (Status.NO_ANSWER, "figure"): "utter_no_answer_figure",
    (Status.NO_ANSWER, "money"): "utter_no_answer_money",
    (Status.NO_ANSWER, "person"): "utter_no_answer_person",
    (Status.NO_ANSWER, "phone"): "utter_no_answer_phone",
    (Status.NO_ANSWER, "date"): "utter_no_answer_date",
    (Status.NO_ANSWER, "instrument"): "utter_no_answer_instrument",
    (Status.NO_ANSWER, "lapsed"): "utter_no_answer_lapsed",
    (Status.NO_ANSWER, "identity"): "utter_no_answer_identity",
    (Status.REFUSED, "pii"): "utter_refused_pii",
    (Status.REFUSED, "injection"): "utter_refused_injection",
    (Status.URGENT, "crisis"): "utter_urgent_crisis",
}
