"""Who handles which topic. Higher apps register from their ``apps.py``, so that lower ones never call upwards."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dastern.outbox.models import OutboxMessage

Handler = Callable[[Sequence[OutboxMessage]], None]
MOST_ATTEMPTS = 8


@dataclass(frozen=True, slots=True)
class Topic:
    """How the messages of one topic are handled."""

    name: str
    handler: Handler
    grouped: bool
    external: bool
    most_attempts: int
    on_dead: Callable[[OutboxMessage], None] | None


_topics: dict[str, Topic] = {}


def register(
    topic: str,
    handler: Handler,
    *,
    grouped: bool = False,
    external: bool = False,
    most_attempts: int = MOST_ATTEMPTS,
    on_dead: Callable[[OutboxMessage], None] | None = None,
) -> None:
    """``handler`` gets the due messages of ``topic``: one at a time, or all of one ``group_key`` when ``grouped``.

    It runs inside the transaction that marks them done, so database effects happen exactly once; effects outside
    the database happen at least once and must be idempotent. ``external`` (mail, another server): each message is a
    transaction of its own, never grouped, so that a worker that dies repeats one at most and a slow server holds up
    nobody else.
    ``on_dead`` is told of a message that has used up ``most_attempts``. Registering a topic twice is an error.
    """
    if grouped and external:
        raise ValueError(f"{topic}: external messages are handled one by one")
    if topic in _topics and _topics[topic].handler is not handler:
        raise ValueError(f"two handlers for {topic}")
    _topics[topic] = Topic(topic, handler, grouped, external, most_attempts, on_dead)


def topic_for(name: str) -> Topic | None:
    """How a topic is handled; None for one that nobody registered."""
    return _topics.get(name)


def external_topics() -> list[str]:
    """Topics whose effects lie outside the database."""
    return sorted(topic.name for topic in _topics.values() if topic.external)
