"""Locking and reading feeds."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
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


@dataclass(frozen=True, slots=True)
class Held:
    """What a person's phones are known to hold of the own feed, and when one last asked; None: never."""

    revision: int
    seen_at: datetime | None


def feed_held(user_id: UUID) -> Held:
    """For "last sync" and for "received": a phone that comes back with a cursor has stored everything before it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT held_revision, seen_at FROM sync_feed WHERE user_id = %s", [user_id])
        row = cursor.fetchone()
    return Held(*row) if row else Held(0, None)


def feed_received(user_id: UUID, resource: str, object_id: UUID) -> bool:
    """Whether a phone of this person holds the newest state of an object of the own feed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.revision <= f.held_revision FROM sync_change c JOIN sync_feed f USING (user_id) "
            "WHERE c.user_id = %s AND c.resource = %s AND c.object_id = %s",
            [user_id, resource, object_id],
        )
        row = cursor.fetchone()
    return bool(row and row[0])


def feed_note_held(user_id: UUID, revision: int, now: datetime) -> None:
    """Remember a phone's cursor. At most once a minute where nothing is new, and never waiting for a writer."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE sync_feed SET held_revision = greatest(held_revision, %s), seen_at = %s WHERE user_id IN ("
            "SELECT user_id FROM sync_feed WHERE user_id = %s AND (held_revision < %s OR seen_at IS NULL "
            "OR seen_at < %s - interval '1 minute') FOR UPDATE SKIP LOCKED)",
            [revision, now, user_id, revision, now],
        )
