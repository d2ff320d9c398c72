"""Who handles which topic. Higher apps register from their ``apps.py``, so that lower ones never call upwards."""

from collections.abc import Callable, Sequence

from dastern.outbox.models import OutboxMessage

Handler = Callable[[Sequence[OutboxMessage]], None]
_handlers: dict[str, tuple[Handler, bool]] = {}


def register(topic: str, handler: Handler, *, grouped: bool = False) -> None:
    """``handler`` gets the due messages of ``topic``: one at a time, or all of one ``group_key`` when ``grouped``.

    It runs inside the transaction that marks them done, so database effects happen exactly once; effects outside
    the database happen at least once and must be idempotent. Registering a topic twice is an error.
    """
    if topic in _handlers and _handlers[topic][0] is not handler:
        raise ValueError(f"two handlers for {topic}")
    _handlers[topic] = (handler, grouped)


def handler_for(topic: str) -> tuple[Handler, bool]:
    """The handler and whether it takes groups. Raises KeyError for an unknown topic."""
    return _handlers[topic]
