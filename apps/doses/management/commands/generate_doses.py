"""Lay out the doses of active courses by hand, for instance after a restored backup."""

import sys
from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand
from tqdm import tqdm

from apps.doses.services.generating import CHUNK, courses_active, courses_generate
from dastern.core import clock


class Command(BaseCommand):
    """Adds what is missing from the schedules of active courses, from now on; what is there stays."""

    help = "Lay out missing doses of active courses, from now to their end or the 30-day horizon. Safe to repeat."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """For whom."""
        parser.add_argument("--patient", type=UUID, help="only this patient")

    def handle(self, *args: Any, **options: Any) -> None:
        """Chunk by chunk, each its own transaction."""
        now, laid_out = clock.now(), 0
        ids = courses_active(patient_id=options["patient"])
        with tqdm(total=len(ids), unit="course", file=sys.stderr, disable=not sys.stderr.isatty()) as bar:
            for start in range(0, len(ids), CHUNK):
                chunk = ids[start : start + CHUNK]
                laid_out += courses_generate(chunk, now=now)
                bar.update(len(chunk))
        self.stdout.write(f"{len(ids)} courses, {laid_out} doses laid out")
