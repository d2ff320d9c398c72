"""Does a message reach somebody?"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext_noop

from apps.notifications.choices import NotificationType
from apps.notifications.delivery import delivery_topic
from apps.notifications.models import Delivery
from apps.notifications.services import notification_send
from apps.notifications.texts import register_text
from apps.users.models import User
from dastern.outbox.drainer import drain
from dastern.outbox.models import OutboxMessage


class Command(BaseCommand):
    """Sends a test message by every channel the person chose and says what became of it."""

    help = (
        "Send a test notification to the account with this e-mail address, deliver it now, and print what each "
        "channel answered. Exit code 1 when a channel failed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """To whom."""
        parser.add_argument("email")

    def handle(self, *args: Any, **options: Any) -> None:
        """Send, deliver, tell."""
        user = User.objects.filter(email__iexact=options["email"].strip()).first()
        if user is None:
            raise CommandError(f"nobody has the address {options['email']}")
        register_text(
            "test",
            title=gettext_noop("Test message"),
            message=gettext_noop("If you can read this, messages from Das Tern reach you."),
        )
        # a type that goes by every channel; messages of the system itself are not mailed a second time
        sent = notification_send(
            recipient_id=user.id, type=NotificationType.FAMILY_ALERT, template="test", context={}, data={"test": True}
        )
        assert sent is not None
        drain()
        failed = False
        ended = dict(Delivery.objects.filter(notification=sent).values_list("channel", "state"))
        for channel, plan in sent.channel_state.items():
            waiting = OutboxMessage.objects.filter(
                topic=delivery_topic(channel), payload__notificationId=str(sent.id), attempts__gt=0
            ).first()
            if waiting is not None and channel not in ended:
                failed = True
                self.stdout.write(f"{channel}: failed, will be tried again ({waiting.last_error.splitlines()[0]})")
            else:
                self.stdout.write(f"{channel}: {ended.get(channel, plan)}")
        if failed:
            raise SystemExit(1)
