"""``manage.py prepare_local``: what `make run` does first; one process, because starting each costs seconds."""

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """Migrations, schedules, static files, the medicine catalogue and the demo clinic; safe to run again."""

    help = "Make a local platform ready: migrate, schedule the jobs, collect static files, load the demo clinic."

    def handle(self, *args: Any, **options: Any) -> None:
        """Step by step, saying what is done."""
        for step, arguments in (
            ("migrate", {"verbosity": 0}),
            ("setup_schedules", {"verbosity": 0}),
            ("collectstatic", {"verbosity": 0, "interactive": False}),
            ("load_catalogue", {}),
            ("seed_demo", {}),
        ):
            self.stdout.write(f"· {step}")
            self.stdout.flush()
            call_command(step, **arguments)
