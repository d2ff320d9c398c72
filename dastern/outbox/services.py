"""Writing announcements."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from dastern.core import clock
from dastern.core.ids import uuid7
from dastern.core.rows import rows_json
from dastern.outbox.models import OutboxMessage, OutboxState

_KEPT = timedelta(days=30)
_CHUNK = 1000
_COLUMNS = ("id", "topic", "group_key", "dedupe_key", "payload", "next_at")
_INSERT = """
INSERT INTO outbox_message (id, topic, group_key, dedupe_key, payload, next_at, created_at)
SELECT m.*, %s FROM json_to_recordset(%s::json)
  AS m (id uuid, topic text, group_key text, dedupe_key text, payload jsonb, next_at timestamptz)
ON CONFLICT (dedupe_key) DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Announcement:
    """What ``outbox_add`` takes, for callers that announce many things at once."""

    topic: str
    payload: dict[str, Any]
    dedupe_key: str | None = None
    group_key: str = ""
    at: datetime | None = None


def outbox_add(
    topic: str,
    payload: dict[str, Any],
    *,
    dedupe_key: str | None = None,
    group_key: str = "",
    at: datetime | None = None,
) -> None:
    """Announce ``payload`` under ``topic`` with this transaction's change; a known ``dedupe_key`` writes nothing.

    ``group_key`` lets the handler take messages of one subject together; ``at`` holds it back until then.
    The drainer is woken after commit and Beat wakes it too, so a lost wake-up costs seconds, never a message.
    """
    outbox_add_many([Announcement(topic, payload, dedupe_key, group_key, at)])


def outbox_add_many(announcements: Iterable[Announcement]) -> None:
    """``outbox_add`` for many announcements in one statement; none writes nothing."""
    moment = clock.now()
    rows = [(uuid7(), one.topic, one.group_key, one.dedupe_key, one.payload, one.at or moment) for one in announcements]
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [moment, rows_json(_COLUMNS, rows)])
    if any(row[-1] <= moment for row in rows):
        outbox_wake()


def outbox_wake() -> None:
    """Have the drainer look soon after this transaction commits (once a transaction)."""
    from dastern.outbox.tasks import outbox_drain_soon

    transaction.on_commit(outbox_drain_soon)


def outbox_clean_up(*, now: datetime | None = None) -> int:
    """Delete messages handled more than 30 days ago, in chunks; dead ones stay until staff decide. Returns how many.

    Their dedupe keys go with them, so a key must name something that is announced once in the life of its subject or
    whose announcement is guarded by a stamp on the subject as well.
    """
    oldest, deleted = (now or clock.now()) - _KEPT, 0
    while True:
        chunk = OutboxMessage.objects.filter(state=OutboxState.DONE, done_at__lt=oldest).values("pk")[:_CHUNK]
        count, _by_model = OutboxMessage.objects.filter(pk__in=chunk).delete()
        deleted += count
        if count < _CHUNK:
            return deleted


def outbox_retry_dead(*, topic: str = "", ids: Collection[UUID] | None = None) -> int:
    """Give dead messages (of ``topic``, those of ``ids``, or all) their tries again, once the cause is gone.

    Returns how many.
    """
    dead = OutboxMessage.objects.filter(state=OutboxState.DEAD)
    if topic:
        dead = dead.filter(topic=topic)
    if ids is not None:
        dead = dead.filter(pk__in=ids)
    count = dead.update(state=OutboxState.PENDING, attempts=0, next_at=clock.now())
    outbox_wake()
    return count
