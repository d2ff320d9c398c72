"""``manage.py give_plan EMAIL TIER --days 30 --reason "…"``: days of a plan without a payment."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.subscriptions.choices import Tier
from apps.subscriptions.services import subscription_give
from apps.users.models import User
from dastern.core import clock
from dastern.core.actor import SYSTEM
from dastern.core.localtime import phnom_penh

_MOST_DAYS = 366


class Command(BaseCommand):
    """For goodwill and for what a bank statement proves; written into the audit log with its reason."""

    help = "Give somebody days of a paid plan, added to what is left; the reason is kept in the audit log."

    def add_arguments(self, parser: CommandParser) -> None:
        """Who, what, how long, why."""
        parser.add_argument("email")
        parser.add_argument("tier", choices=[Tier.PREMIUM.value, Tier.FAMILY_PREMIUM.value])
        parser.add_argument("--days", type=int, default=30, help=f"1 to {_MOST_DAYS}, default %(default)s")
        parser.add_argument("--reason", required=True, help="why, for the audit log")

    def handle(self, *args: Any, **options: Any) -> None:
        """Give it."""
        user = User.objects.filter(email=options["email"].strip().lower()).first()
        if user is None:
            raise CommandError(f"nobody has the address {options['email']}")
        if not 1 <= options["days"] <= _MOST_DAYS:
            raise CommandError(f"--days takes 1 to {_MOST_DAYS}")
        if not options["reason"].strip():
            raise CommandError("--reason must say why")
        row = subscription_give(
            actor=SYSTEM, user_id=user.id, tier=options["tier"], days=options["days"],
            reason=options["reason"].strip(), now=clock.now(),
        )  # fmt: skip
        end = f"until {phnom_penh(row.expires_at):%Y-%m-%d %H:%M}" if row.expires_at else "without an end"
        self.stdout.write(f"{user.email}: {row.tier} {end}")
