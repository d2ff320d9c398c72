"""``manage.py purge_accounts``: erase accounts thirty days after the request."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from tqdm import tqdm

from apps.users.services.deletion import accounts_due, accounts_purge
from dastern.core import clock


class Command(BaseCommand):
    """What the nightly job does, by hand."""

    help = "Erase accounts whose owners asked for it thirty days ago or earlier."

    def add_arguments(self, parser: CommandParser) -> None:
        """Look first."""
        parser.add_argument("--dry-run", action="store_true", help="only say how many")

    def handle(self, *args: Any, **options: Any) -> None:
        """Erase, with progress."""
        now = clock.now()
        due = accounts_due(now)
        if options["dry_run"]:
            self.stdout.write(f"{due} accounts would be erased")
            return
        erased = 0
        with tqdm(total=due, unit=" accounts", disable=options["verbosity"] == 0) as progress:
            for count in accounts_purge(now=now):
                erased += count
                progress.update(count)
        self.stdout.write(f"{erased} accounts erased")
