"""``manage.py payments_reconcile``: compare what is open with the payment node, now."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.payments.services import payments_reconcile
from dastern.core import clock


class Command(BaseCommand):
    """What the job does every five minutes, by hand."""

    help = "Ask the payment node about every payment that is open, and count what it tells."

    def handle(self, *args: Any, **options: Any) -> None:
        """Compare, and say what was found."""
        counts = payments_reconcile(now=clock.now())
        self.stdout.write(", ".join(f"{name}: {count}" for name, count in counts.items()))
        if counts["unreachable"]:
            raise CommandError("the payment node does not answer: nothing is lost, it is asked again in five minutes")
