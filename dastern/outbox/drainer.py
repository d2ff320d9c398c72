"""Takes due messages with SKIP LOCKED and hands them to their handlers; repeats with growing pauses, then buries."""

import logging
import random
import time
from datetime import datetime, timedelta
from itertools import groupby

from django.db import transaction

from dastern.core import clock
from dastern.outbox.models import OutboxMessage, OutboxState
from dastern.outbox.registry import handler_for

logger = logging.getLogger(__name__)

BATCH = 100
MOST_ATTEMPTS = 8
_BUDGET_SECONDS = 45.0


def pause_after(attempts: int) -> timedelta:
    """How long to wait after the n-th failure: 1, 2, 4 … seconds up to an hour, with a fifth of jitter."""
    seconds = min(2 ** (attempts - 1), 3600)
    return timedelta(seconds=seconds * random.uniform(0.8, 1.2))  # noqa: S311  (spreading load, not a secret)


def drain() -> int:
    """Handle everything due now, oldest first. Returns how many messages were handled."""
    started, handled = time.monotonic(), 0
    while time.monotonic() - started < _BUDGET_SECONDS:
        taken, done = _drain_batch()
        handled += done
        if taken < BATCH:
            break
    return handled


def _drain_batch() -> tuple[int, int]:
    done = 0
    with transaction.atomic():
        moment = clock.now()
        due = list(
            OutboxMessage.objects.select_for_update(skip_locked=True)
            .extra(where=["state = 'PENDING'"])  # a literal keeps the partial index usable under prepared plans
            .filter(next_at__lte=moment)
            .order_by("next_at", "id")[:BATCH]
        )
        due.sort(key=lambda m: (m.topic, m.group_key))
        for (topic, _group), chunk in groupby(due, key=lambda m: (m.topic, m.group_key)):
            messages = list(chunk)
            try:
                handler, grouped = handler_for(topic)
            except KeyError:
                _failed(messages, f"no handler for {topic}", moment)
                continue
            for part in [messages] if grouped else [[message] for message in messages]:
                done += _handle(part, handler, moment)
    return len(due), done


def _handle(part: list[OutboxMessage], handler: object, moment: datetime) -> int:
    try:
        with transaction.atomic():
            handler(part)  # type: ignore[operator]
            OutboxMessage.objects.filter(pk__in=[m.pk for m in part]).update(
                state=OutboxState.DONE, done_at=moment, last_error=""
            )
    except Exception as error:
        logger.exception("outbox handler failed for %s", part[0].topic)
        _failed(part, f"{type(error).__name__}: {error}", moment)
        return 0
    return len(part)


def _failed(messages: list[OutboxMessage], reason: str, moment: datetime) -> None:
    for message in messages:
        attempts = message.attempts + 1
        OutboxMessage.objects.filter(pk=message.pk).update(
            attempts=attempts,
            last_error=reason[:2000],
            state=OutboxState.DEAD if attempts >= MOST_ATTEMPTS else OutboxState.PENDING,
            next_at=moment + pause_after(attempts),
        )
