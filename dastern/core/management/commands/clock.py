"""``manage.py clock +2h``: move the platform's clock, for demonstrations and tests."""

import re
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from dastern.core import clock
from dastern.core.localtime import phnom_penh

_UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}


class Command(BaseCommand):
    """Shows, moves or resets the offset that every process reads."""

    help = "Show the platform's clock, move it forward (+2h, +1d2h30m), or reset it. Refused by production settings."

    def add_arguments(self, parser: CommandParser) -> None:
        """One optional argument: +2h, reset, or nothing."""
        parser.add_argument("move", nargs="?", help="+<n>d<n>h<n>m<n>s, or 'reset'; nothing shows the clock")

    def handle(self, *args: Any, **options: Any) -> None:
        """Carry it out."""
        wanted = options["move"]
        try:
            if wanted == "reset":
                clock.reset()
            elif wanted:
                clock.move(self._parse(wanted))
        except PermissionError as error:
            raise CommandError(str(error)) from error
        moment = clock.now()
        self.stdout.write(f"{phnom_penh(moment):%Y-%m-%d %H:%M:%S} Phnom Penh (moved by {clock.offset()})")

    @staticmethod
    def _parse(text: str) -> timedelta:
        match = re.fullmatch(r"\+((?:\d+[dhms])+)", text)
        if not match:
            raise CommandError("give the move as +2h, +1d, +90m or +1d2h30m")
        parts = re.findall(r"(\d+)([dhms])", match.group(1))
        return sum((timedelta(**{_UNITS[unit]: int(number)}) for number, unit in parts), timedelta())
