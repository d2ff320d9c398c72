"""Six writers whose transactions commit late and out of order: a phone that pulls all the time misses nothing.

Timestamp and sequence cursors lose rows here (ADR 2); the locked counter must lose none.
"""

import random
import threading
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction

from apps.notifications.models import Notification
from apps.users.models import User
from dastern.core import clock
from dastern.sync.selectors import sync_pull
from tests.support.people import actor, make_user

WRITERS, WRITES = 6, 30


def write(sokha: User, seed: int, written: list[UUID], rolled_back: list[UUID]) -> None:
    """Transactions of 0 to 20 ms; every tenth changes its mind."""
    chance = random.Random(seed)
    try:
        for number in range(WRITES):
            with transaction.atomic():
                note = Notification.objects.create(
                    recipient=sokha, type="SYSTEM", title=f"{seed}-{number}", message="", created_at=clock.now()
                )
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_sleep(%s)", [chance.uniform(0, 0.02)])
                if number % 10 == 9:
                    transaction.set_rollback(True)
            (rolled_back if number % 10 == 9 else written).append(note.pk)
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_the_revision_feed_loses_nothing_under_six_hostile_writers() -> None:
    sokha = make_user("Sokha")
    written: list[UUID] = []
    rolled_back: list[UUID] = []
    seen: list[UUID] = []
    cursor: str | None = None

    def pull() -> None:
        nonlocal cursor
        more = True
        while more:
            page: dict[str, Any] = sync_pull(actor(sokha), cursor=cursor, limit=7)
            assert not page["reset"] or cursor is None
            seen.extend(UUID(str(one["id"])) for one in page["changes"] if one["resource"] == "notifications")
            cursor, more = page["cursor"], page["hasMore"]

    writers = [threading.Thread(target=write, args=(sokha, seed, written, rolled_back)) for seed in range(WRITERS)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        pull()
    for writer in writers:
        writer.join()
    pull()
    assert len(written) == WRITERS * WRITES * 9 // 10
    assert set(seen) == set(written)
    assert len(seen) == len(set(seen)), "each object once: none was changed after it was told"
    assert not set(seen) & set(rolled_back)
