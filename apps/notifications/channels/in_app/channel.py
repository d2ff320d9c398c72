"""Announces a new inbox row to the person's open screens."""

from apps.notifications.models import Notification
from apps.notifications.stream import stream_publish_on_commit
from dastern.core.localtime import iso


def deliver(notification: Notification) -> str:
    """Announce after commit. Returns the channel's state."""
    stream_publish_on_commit(
        notification.recipient_id,
        "notification",
        {
            "id": str(notification.id),
            "type": notification.type,
            "title": notification.title,
            "message": notification.message,
            "data": notification.data,
            "createdAt": iso(notification.created_at),
        },
    )
    return "sent"
