"""``manage.py seed_demo``: a small clinic with named people and a month of history."""

import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from tqdm import tqdm

from apps.users.models import User
from dastern.demo import cast
from dastern.demo.history import DAYS, live_a_month


class Command(BaseCommand):
    """Safe to run again: what is there stays as it is."""

    help = "Make the demo clinic: doctors, patients, a daughter, a stranger, staff, and a month of doses and readings."

    def handle(self, *args: Any, **options: Any) -> None:
        """Make it unless it is there, and write down how to sign in."""
        if User.objects.filter(email=cast.SOKHA.email).exists():
            self.stdout.write("the demo clinic is there")
        else:
            for _done in tqdm(live_a_month(), total=DAYS + 2, unit=" days", disable=options["verbosity"] == 0):
                pass
        people = [
            {"what": f"{part.name} ({part.what})", "email": part.email, "password": cast.PASSWORD}
            for part in cast.EVERYBODY
        ]
        file = settings.BASE_DIR / "var" / "demo.json"
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps(people, ensure_ascii=False, indent=1))
