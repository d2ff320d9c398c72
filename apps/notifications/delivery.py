"""Outbox handlers of the queued channels."""

import logging
from collections.abc import Sequence

from django.db import transaction

from apps.notifications.channels import QUEUED
from apps.notifications.models import Delivery, Notification
from dastern.core import clock
from dastern.outbox.models import OutboxMessage

logger = logging.getLogger(__name__)
# domain.md §2.8: three tries, 1, 2 and 4 seconds apart (the outbox keeps the pauses), then the channel has failed.
MOST_TRIES = 4


def delivery_handle(messages: Sequence[OutboxMessage]) -> None:
    """Deliver queued notifications. A channel that keeps failing is noted on the row; the inbox has the message."""
    for message in messages:
        notification = (
            Notification.objects.select_related("recipient").filter(pk=message.payload["notificationId"]).first()
        )
        if notification is None:  # deleted by its reader meanwhile
            continue
        channel = message.payload["channel"]
        try:
            with transaction.atomic():
                state = QUEUED[channel](notification)
        except Exception as error:
            if message.attempts + 1 < MOST_TRIES:
                raise
            logger.exception("channel %s gave up", channel, exc_info=error)
            state = "failed"
        _note(notification, channel, state)


def _note(notification: Notification, channel: str, state: str) -> None:
    """Write down how it ended; in a table of its own, because the inbox row would lock its reader's sync feed."""
    Delivery.objects.bulk_create(
        [Delivery(notification=notification, channel=channel, state=state, done_at=clock.now())],
        ignore_conflicts=True,
    )
