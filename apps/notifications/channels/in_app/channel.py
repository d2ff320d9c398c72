"""Announces a new inbox row to the person's open screens."""

from apps.notifications.models import Notification
from apps.notifications.stream import stream_publish_on_commit
from apps.notifications.wire import notification_wire


def deliver(notification: Notification) -> str:
    """Announce after commit. Returns the channel's state."""
    stream_publish_on_commit(notification.recipient_id, "notification", notification_wire(notification))
    return "sent"
