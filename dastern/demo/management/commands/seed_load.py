"""``manage.py seed_load --patients 10000 --days 34``: bulk data for benchmarks."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from dastern.core import clock
from dastern.demo.bulk import Load, load


class Command(BaseCommand):
    """Three doses a day for each patient, set-based; a million doses in about a minute."""

    help = "Load bulk patients with prescriptions and dose history, for benchmarks. Adds to what is there."

    def add_arguments(self, parser: CommandParser) -> None:
        """How many people and days."""
        parser.add_argument("--patients", type=int, default=1000, help="patients to add (default 1000)")
        parser.add_argument("--days", type=int, default=30, help="days of history, today included (default 30)")
        parser.add_argument("--ahead", type=int, default=4, help="days ahead (default 4)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Load, with progress."""
        if options["patients"] < 1 or not 1 <= options["days"] <= 3650 or not 0 <= options["ahead"] <= 365:
            raise CommandError("give at least one patient, 1 to 3650 days of history and 0 to 365 days ahead")
        started = time.monotonic()
        wanted = Load(options["patients"], options["days"], options["ahead"], clock.now())
        with tqdm(total=wanted.patients, unit=" patients", disable=options["verbosity"] == 0) as progress:
            for added in load(wanted):
                progress.update(added)
        doses = 3 * wanted.patients * (wanted.days + wanted.ahead)
        seconds = time.monotonic() - started
        self.stdout.write(f"{wanted.patients} patients and {doses} doses in {seconds:.1f} s")
