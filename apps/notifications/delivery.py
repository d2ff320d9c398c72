"""Outbox handlers of the queued channels: a topic a channel, so that a slow one holds up no other."""

from collections.abc import Sequence

from apps.notifications.channels import QUEUED
from apps.notifications.models import Delivery, Notification
from dastern.core import clock
from dastern.outbox import registry
from dastern.outbox.models import OutboxMessage

# domain.md §2.8 asks for three repeats after 1, 2 and 4 seconds; the pauses go on doubling to half an hour, because a
# mail server that restarts must not cost an alert. Then the message is dead, and staff see it and try again.
MOST_ATTEMPTS = 12
_TOPIC = "notification.deliver."


def delivery_topic(channel: str) -> str:
    """The outbox topic of a channel."""
    return _TOPIC + channel


def register() -> None:
    """Register every queued channel."""
    for channel in QUEUED:
        registry.register(
            delivery_topic(channel),
            delivery_handle,
            external=True,
            most_attempts=MOST_ATTEMPTS,
            on_dead=delivery_failed,
        )


def delivery_handle(messages: Sequence[OutboxMessage]) -> None:
    """Deliver queued notifications; what the channel raises puts the message back."""
    for message in messages:
        channel = message.topic.removeprefix(_TOPIC)
        waiting = Notification.objects.select_related("recipient").filter(deleted_at=None)
        notification = waiting.filter(pk=message.payload["notificationId"]).first()
        if notification is not None:  # else removed by its reader meanwhile
            _note(notification, channel, QUEUED[channel](notification))


def delivery_failed(message: OutboxMessage) -> None:
    """A channel gave up: noted beside the notification, whose text is in the inbox all the same."""
    notification = Notification.objects.filter(pk=message.payload["notificationId"]).first()
    if notification is not None:
        _note(notification, message.topic.removeprefix(_TOPIC), "failed")


def _note(notification: Notification, channel: str, state: str) -> None:
    """Write down how it ended; in a table of its own, because the inbox row would lock its reader's sync feed."""
    Delivery.objects.bulk_create(
        [Delivery(notification=notification, channel=channel, state=state, done_at=clock.now())],
        update_conflicts=True,
        unique_fields=["notification", "channel"],
        update_fields=["state", "done_at"],
    )
