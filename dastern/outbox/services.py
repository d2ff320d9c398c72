"""Writing announcements."""

from datetime import datetime
from typing import Any

from django.db import transaction

from dastern.core import clock
from dastern.outbox.models import OutboxMessage


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
    moment = clock.now()
    OutboxMessage.objects.bulk_create(
        [
            OutboxMessage(
                topic=topic, payload=payload, dedupe_key=dedupe_key, group_key=group_key, created_at=moment,
                next_at=at or moment,
            )
        ],
        ignore_conflicts=dedupe_key is not None,
    )  # fmt: skip
    if at is None or at <= moment:
        outbox_wake()


def outbox_wake() -> None:
    """Have the drainer look soon after this transaction commits (once a transaction)."""
    from dastern.outbox.tasks import outbox_drain_soon

    transaction.on_commit(outbox_drain_soon)
