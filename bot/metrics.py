"""Prometheus metrics of one app. A registry of its own, so that tests can make many apps."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class Metrics:
    """What an operator watches: replies by status, time to reply, failures, sessions, thumbs, size of the index."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.replies = Counter("chat_replies_total", "Replies by status", ["status"], registry=self.registry)
        self.seconds = Histogram(
            "chat_reply_seconds",
            "Seconds from message to reply",
            buckets=(0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20),
            registry=self.registry,
        )
        self.rasa_failures = Counter("rasa_failures_total", "Turns that Rasa lost", ["kind"], registry=self.registry)
        self.refused_requests = Counter(
            "refused_requests_total", "Requests refused before Rasa", ["code"], registry=self.registry
        )
        self.sessions = Counter("sessions_made_total", "New sessions", registry=self.registry)
        self.ratings = Counter("ratings_total", "Thumbs that people gave", ["rating"], registry=self.registry)
        self.turns_not_stored = Counter(
            "turns_not_stored_total", "Turns that were answered but could not be kept", registry=self.registry
        )
        self.passages = Gauge("index_passages", "Passages in the loaded index", registry=self.registry)
