"""Run the missed job by hand."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from apps.doses.services.missed import doses_mark_missed
from dastern.core import clock


class Command(BaseCommand):
    """Marks doses that nobody recorded in time; safe beside the scheduled job."""

    help = "Mark every overdue dose as missed and announce it, as the job of each minute does."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """For how long."""
        parser.add_argument("--seconds", type=float, default=45, help="stop after this time (default 45)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run once."""
        count = doses_mark_missed(now=clock.now(), limit_seconds=options["seconds"])
        self.stdout.write(f"{count} doses marked as missed")
