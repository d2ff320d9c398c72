"""Telling people what was decided about their account; the users app announces it."""

from collections.abc import Sequence

from django.utils.translation import gettext_noop

from apps.notifications.choices import NotificationType
from apps.notifications.mail import mail_queue
from apps.notifications.services import notification_send
from apps.notifications.texts import register_text
from apps.users.choices import Language
from apps.users.models import User
from dastern.outbox.models import OutboxMessage


def register() -> None:
    """Register the texts (once, from ``ready``)."""
    register_text(
        "doctor_verified",
        title=gettext_noop("Your licence is verified"),
        message=gettext_noop("You can now be found by patients, connect with them and prescribe."),
    )
    register_text(
        "doctor_rejected",
        title=gettext_noop("Your licence could not be accepted"),
        message=gettext_noop("The reason: %(reason)s"),
    )
    register_text(
        "account_deletion",
        title=gettext_noop("Your account will be deleted"),
        message=gettext_noop("Everything will be erased on %(date)s. Until then you can cancel it by signing in."),
    )


def accounts_handle(messages: Sequence[OutboxMessage]) -> None:
    """Handler of ``users.told``: a mail and a note in the inbox, once."""
    for message in messages:
        user = User.objects.filter(pk=message.payload["userId"]).first()
        if user is None:
            continue
        template, context = message.payload["template"], message.payload["context"]
        notification_send(
            recipient_id=user.id,
            type=NotificationType.SYSTEM,
            template=template,
            context=context,
            data={"mailed": True},
            dedupe_key=f"told:{message.id}",
        )
        mail_queue(
            to=user.email,
            template=template,
            language=Language(user.language).code,
            context={"name": user.full_name, **context},
            dedupe_key=f"told-mail:{message.id}",
        )
