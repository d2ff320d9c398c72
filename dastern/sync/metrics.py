"""What became of pushed acts, counted."""

from prometheus_client import Counter

from dastern.sync.registry import handler_factory

_acts = Counter("dastern_sync_acts", "Pushed acts by what became of them.", ["kind", "outcome"])


def act_count(kind: str | None, outcome: str) -> None:
    """Count one act. A kind that nobody handles is "other": phones may send any word."""
    _acts.labels(kind if kind and handler_factory(kind) else "other", outcome).inc()
