"""Prometheus metrics of the Zalo door."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge


class ZaloMetrics:
    """Events by verdict, what became of parts, errors by class, and how much waits."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.events = Counter(
            "zalo_events_total", "Webhook events by signature and outcome", ["verdict", "outcome"], registry=registry
        )
        self.redeliveries = Counter("zalo_redeliveries_total", "Events that Zalo sent again", registry=registry)
        self.parts = Counter("zalo_parts_total", "Outgoing messages by outcome", ["outcome"], registry=registry)
        self.errors = Counter("zalo_errors_total", "Refusals of Zalo by class", ["kind"], registry=registry)
        self.waiting = Gauge("zalo_inbox_waiting", "Events that are not done", registry=registry)
        self.token_seconds = Gauge("zalo_token_seconds", "Seconds of life left in the token", registry=registry)
