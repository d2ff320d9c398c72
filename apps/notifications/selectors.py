"""Reading the inbox: always one's own."""

from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from apps.notifications.models import Notification
from dastern.core.actor import Actor

# A literal condition, so that the prepared statement goes on using the partial index notifications_unread.
_UNREAD = "SELECT count(*) FROM notifications_notification WHERE recipient_id = %s AND NOT is_read"
_MOST_REPLAYED = 100


def inbox(viewer: Actor) -> QuerySet[Notification]:
    """What the viewer was told and has not removed, newest first."""
    return Notification.objects.filter(recipient_id=viewer.user_id, deleted_at=None).order_by("-created_at", "-id")


def unread_count(user_id: UUID) -> int:
    """How many messages wait to be read; one prepared statement, asked on every screen."""
    with connection.cursor() as cursor:
        cursor.execute(_UNREAD, [user_id])
        return int(cursor.fetchone()[0])


def notifications_after(user_id: UUID, last_id: UUID) -> list[Notification] | None:
    """What came after the message ``last_id``, oldest first; None when that cannot be told (unknown, or too many)."""
    mine = Notification.objects.filter(recipient_id=user_id)
    since: datetime | None = mine.filter(pk=last_id).values_list("created_at", flat=True).first()
    if since is None:
        return None
    later = mine.filter(deleted_at=None, created_at__gte=since).exclude(pk=last_id)
    found = list(later.order_by("created_at", "id")[: _MOST_REPLAYED + 1])
    return found if len(found) <= _MOST_REPLAYED else None
