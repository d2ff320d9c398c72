"""Sends one notification to each of a person's phones, and keeps what was sent where staff can look it up.

The words carry no medicine or diagnosis already, so nothing needs hiding here. Without a gateway nothing leaves this
machine and the record alone is made: the local stand-in, shown in the operations site.
"""

from django.conf import settings

from apps.notifications.channels.push.transport import GatewayError, TokenGone, push_post
from apps.notifications.models import Device, Notification, PushMessage
from dastern.core import clock


def deliver(notification: Notification) -> str:
    """Send to each phone once. Returns the channel's state; raises GatewayError when a phone is still to be reached.

    A token that is gone takes its phone off the list. One phone's failure stops no other.
    """
    reached = PushMessage.objects.filter(notification=notification).values("device")
    failures: list[GatewayError] = []
    sent: list[Device] = []
    for device in Device.objects.filter(user_id=notification.recipient_id).exclude(pk__in=reached):
        try:
            _send(notification, device)
        except TokenGone:
            device.delete()
        except GatewayError as error:
            failures.append(error)
        else:
            sent.append(device)
    moment = clock.now()
    PushMessage.objects.bulk_create(
        [
            PushMessage(
                notification=notification, device=device, title=notification.title, body=notification.message,
                created_at=moment,
            )
            for device in sent
        ],
        ignore_conflicts=True,
    )  # fmt: skip
    if failures:
        raise failures[0]
    return "sent" if PushMessage.objects.filter(notification=notification).exists() else "no_device"


def _send(notification: Notification, device: Device) -> None:
    if settings.PUSH_GATEWAY_URL:
        push_post(
            message_id=notification.pk,
            token=device.push_token,
            platform=device.platform,
            title=notification.title,
            body=notification.message,
        )
