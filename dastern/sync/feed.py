"""Locking and reading feeds."""

from collections.abc import Iterable
from uuid import UUID

from django.db import connection


def feed_lock(user_ids: Iterable[UUID]) -> None:
    """Lock these users' feeds, sorted, before any other row lock of the transaction (architecture §4.3).

    Inside a transaction only. Whoever holds the lock commits before the next revision is taken.
    """
    ids = sorted({UUID(str(u)) for u in user_ids})
    with connection.cursor() as cursor:
        cursor.execute("SELECT user_id FROM sync_feed WHERE user_id = ANY(%s) ORDER BY user_id FOR UPDATE", [ids])


def feed_revision(user_id: UUID) -> int:
    """The newest revision of a user's feed; part of cache keys that must never be stale."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT revision FROM sync_feed WHERE user_id = %s", [user_id])
        row = cursor.fetchone()
    return int(row[0]) if row else 0
