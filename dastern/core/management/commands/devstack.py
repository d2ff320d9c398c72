"""``manage.py devstack up|down|status``: the embedded services in the background."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from dastern import devstack
from dastern.devstack.services import DevstackError, describe


class Command(BaseCommand):
    """Starts and stops the embedded PostgreSQL and Redis-compatible server."""

    help = "Start, stop or show the embedded PostgreSQL and Redis-compatible server of this checkout."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """The action."""
        parser.add_argument("action", choices=["up", "down", "status"])

    def handle(self, *args: Any, **options: Any) -> None:
        """Carry it out and say what runs."""
        try:
            if options["action"] == "up":
                devstack.ensure_up()
            elif options["action"] == "down":
                devstack.ensure_down()
        except DevstackError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(describe())
