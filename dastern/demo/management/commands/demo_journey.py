"""``manage.py demo_journey``: the main case and paying, end to end, against the running platform."""

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import requests
from django.core.management.base import BaseCommand, CommandError, CommandParser

from dastern.demo.cast import journey_people
from dastern.demo.work import work_on_the_platform
from dastern.devstack.payments import BANK_PORT

KIVY_APP = Path(__file__).resolve().parents[4] / "kivy_app"


class Command(BaseCommand):
    """Doctor, patient with her phone, daughter and a stranger; people of its own on every run."""

    help = "Tell the journeys B to E and G to J against the running platform; fails on any deviation. Moves its clock."

    def add_arguments(self, parser: CommandParser) -> None:
        """Where the platform runs."""
        port = os.environ.get("DASTERN_WEB_PORT", "8000")
        parser.add_argument("--base-url", default=f"http://127.0.0.1:{port}", help="default: %(default)s")
        parser.add_argument("--bank-url", default=f"http://127.0.0.1:{BANK_PORT}", help="default: %(default)s")
        parser.add_argument("--part", choices=["all", "care", "pay"], default="all", help="default: %(default)s")

    def handle(self, *args: Any, **options: Any) -> None:
        """Tell the story."""
        sys.path.insert(0, str(KIVY_APP))  # the phone's core; it shares no code with the server
        from dastern.demo.journey import Deviation, Narrator, Paying, Walk

        base_url = options["base_url"].rstrip("/")
        try:
            requests.get(f"{base_url}/health/ready", timeout=10).raise_for_status()
        except requests.RequestException as error:
            raise CommandError(f"nothing answers at {base_url}: start it with `make run`") from error
        narrator = Narrator(self.stdout.write)
        try:
            if options["part"] != "care":  # first: the other part moves the clock by days
                Paying(base_url, options["bank_url"], journey_people(), narrator=narrator).run()
            if options["part"] != "pay":
                with tempfile.TemporaryDirectory() as folder:
                    Walk(
                        base_url, journey_people(), folder=Path(folder), narrator=narrator, work=work_on_the_platform
                    ).run()
        except Deviation as deviation:
            raise CommandError(f"the story went another way: {deviation}") from deviation
        self.stdout.write(f"\n  All {narrator.checks} things that were looked at were as they should be.")
        if options["part"] != "pay":
            self.stdout.write("  The platform's clock was moved; `manage.py clock reset` sets it back.")
