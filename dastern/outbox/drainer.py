"""Takes due messages with SKIP LOCKED and hands them to their handlers; repeats with growing pauses, then buries."""

import logging
import random
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby

from django.db import connection, transaction
from django.db.models import QuerySet

from dastern.core import clock
from dastern.outbox.models import OutboxMessage, OutboxState
from dastern.outbox.registry import MOST_ATTEMPTS, Topic, external_topics, topic_for

logger = logging.getLogger(__name__)

BATCH = 100
_BUDGET_SECONDS = 45.0
_LONGEST_PAUSE_SECONDS = 3600
# External servers: how many workers wait on one at a time, and after how many failures a run leaves it alone.
_DOORS = 2
_FAILURES_A_RUN = 3


def pause_after(attempts: int) -> timedelta:
    """How long to wait after the n-th failure: 1, 2, 4 … seconds up to an hour, with a fifth of jitter."""
    seconds = min(2 ** (attempts - 1), _LONGEST_PAUSE_SECONDS)
    return timedelta(seconds=seconds * random.uniform(0.8, 1.2))  # noqa: S311  (spreading load, not a secret)


def drain() -> int:
    """Handle everything due now, oldest first. Returns how many messages were handled.

    Messages whose effect is in the database go first, in batches of one transaction. Then each external topic in
    turn, a transaction a message. Any number of drainers may run at once.
    """
    deadline = time.monotonic() + _BUDGET_SECONDS
    outside = external_topics()
    handled = 0
    while time.monotonic() < deadline:
        taken, done = _drain_batch(outside)
        handled += done
        if taken < BATCH:
            break
    for name in outside:
        handled += _drain_external(name, deadline)
    return handled


def _due(moment: datetime) -> QuerySet[OutboxMessage]:
    return (
        OutboxMessage.objects.select_for_update(skip_locked=True)
        .extra(where=["state = 'PENDING'"])  # a literal keeps the partial index usable under prepared plans
        .filter(next_at__lte=moment)
        .order_by("next_at", "id")
    )


def _drain_batch(outside: Sequence[str]) -> tuple[int, int]:
    done = 0
    with transaction.atomic():
        moment = clock.now()
        due = list(_due(moment).exclude(topic__in=outside)[:BATCH])
        due.sort(key=lambda m: (m.topic, m.group_key))
        for (name, _group), chunk in groupby(due, key=lambda m: (m.topic, m.group_key)):
            messages = list(chunk)
            topic = topic_for(name)
            if topic is None:
                _failed(messages, f"no handler for {name}", moment, None)
                continue
            for part in [messages] if topic.grouped else [[message] for message in messages]:
                done += _handle(part, topic, moment)
    return len(due), done


def _drain_external(name: str, deadline: float) -> int:
    """One message at a time until nothing is due, the server fails too often, or time is up."""
    topic = topic_for(name)
    assert topic is not None, name
    done = failures = 0
    while time.monotonic() < deadline and failures < _FAILURES_A_RUN:
        with transaction.atomic():
            if not _door(name):
                break
            moment = clock.now()
            part = list(_due(moment).filter(topic=name)[:1])
            if not part:
                break
            handled = _handle(part, topic, moment)
        done += handled
        failures += not handled
    return done


def _door(name: str) -> bool:
    """True when fewer than _DOORS workers are at this topic; a hanging server must not take all of them."""
    with connection.cursor() as cursor:
        for number in range(_DOORS):
            cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [f"outbox:{name}:{number}"])
            if cursor.fetchone()[0]:
                return True
    return False


def _handle(part: list[OutboxMessage], topic: Topic, moment: datetime) -> int:
    try:
        with transaction.atomic():
            topic.handler(part)
            OutboxMessage.objects.filter(pk__in=[m.pk for m in part]).update(
                state=OutboxState.DONE, done_at=moment, last_error=""
            )
    except Exception as error:
        logger.exception("outbox handler failed for %s", topic.name)
        _failed(part, f"{type(error).__name__}: {error}", moment, topic)
        return 0
    return len(part)


def _failed(messages: list[OutboxMessage], reason: str, moment: datetime, topic: Topic | None) -> None:
    most = topic.most_attempts if topic else MOST_ATTEMPTS
    for message in messages:
        attempts = message.attempts + 1
        dead = attempts >= most
        OutboxMessage.objects.filter(pk=message.pk).update(
            attempts=attempts,
            last_error=reason.replace("\0", "")[:2000],
            state=OutboxState.DEAD if dead else OutboxState.PENDING,
            next_at=clock.now() + pause_after(attempts),
        )
        if dead:
            logger.error("outbox: %s is dead after %d attempts: %s", message.topic, attempts, reason)
            _bury(message, topic)


def _bury(message: OutboxMessage, topic: Topic | None) -> None:
    if topic is None or topic.on_dead is None:
        return
    try:
        with transaction.atomic():
            topic.on_dead(message)
    except Exception:
        logger.exception("what follows the death of a %s message failed", message.topic)
