"""The local stand-in of a push gateway: writes down what would be sent to which phone.

A real gateway needs an account with Google or Apple; this keeps the same contract, so that replacing ``deliver`` is
the whole change. The words carry no medicine or diagnosis already, so nothing needs hiding here.
"""

from apps.notifications.models import Device, Notification, PushMessage
from dastern.core import clock


def deliver(notification: Notification) -> str:
    """Record a message for each of the person's phones; once a phone. Returns the channel's state."""
    moment = clock.now()
    devices = list(Device.objects.filter(user_id=notification.recipient_id))
    PushMessage.objects.bulk_create(
        [
            PushMessage(
                notification=notification, device=device, title=notification.title, body=notification.message,
                created_at=moment,
            )
            for device in devices
        ],
        ignore_conflicts=True,
    )  # fmt: skip
    return "sent" if devices else "no_device"
