"""Sends one notification by mail, in the language in which it was written."""

from apps.notifications.mail import mail_send
from apps.notifications.models import Notification


def deliver(notification: Notification) -> str:
    """Send now. Returns the channel's state; raises when the mail server refuses."""
    mail_send(
        to=notification.recipient.email,
        template="notification",
        language=notification.lang,
        context={
            "title": notification.title,
            "message": notification.message,
            "name": notification.recipient.full_name,
        },
        message_id=notification.id,
    )
    return "sent"
