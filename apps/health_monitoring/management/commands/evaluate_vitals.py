"""Evaluate repeated abnormal readings by hand, for instance after the worker stood still."""

import sys
from typing import Any

from django.core.management.base import BaseCommand
from tqdm import tqdm

from apps.health_monitoring.services.evaluating import vitals_evaluate, vitals_unevaluated_count
from dastern.core import clock


class Command(BaseCommand):
    """What the hourly job does, now."""

    help = (
        "Look at abnormal readings that were not evaluated: three occasions in 24 hours raise their alert one step "
        "(never to CRITICAL) and tell whom it concerns. The hourly job does the same. Safe to repeat."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Batch by batch, each its own transaction."""
        waiting = vitals_unevaluated_count()
        with tqdm(total=waiting, unit="reading", file=sys.stderr, disable=not sys.stderr.isatty()) as bar:
            raised = vitals_evaluate(now=clock.now(), progress=bar.update)
        self.stdout.write(f"{waiting} readings evaluated, {raised} alerts raised")
