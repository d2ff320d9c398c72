"""``manage.py load_catalogue``: bring the medicine catalogue of this release into the database."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from tqdm import tqdm

from apps.medications.rules.catalogue import CatalogueError, catalogue_rows
from apps.medications.services import catalogue_load

FILE = Path(__file__).parents[2] / "data" / "catalogue.csv"
CHUNK = 100


class Command(BaseCommand):
    """Safe to run again: rows are updated by their name, none is deleted, those a pharmacist checked stay."""

    help = "Load the medicine catalogue. The whole file is validated first; one bad cell loads nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which file."""
        parser.add_argument("--file", type=Path, default=FILE, help="a CSV file with the columns of the one shipped")

    def handle(self, *args: Any, **options: Any) -> None:
        """Validate, then load all or nothing. Raises CommandError for a missing or a bad file."""
        try:
            with options["file"].open(encoding="utf-8-sig", newline="") as lines:
                rows = catalogue_rows(lines)
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}") from error
        except (CatalogueError, UnicodeDecodeError) as error:
            raise CommandError(f"{options['file']}: {error}") from error
        loaded = 0
        quiet = options["verbosity"] == 0 or not sys.stderr.isatty()
        with transaction.atomic(), tqdm(total=len(rows), unit=" medicines", disable=quiet) as progress:
            for start in range(0, len(rows), CHUNK):
                chunk = rows[start : start + CHUNK]
                loaded += catalogue_load(chunk)
                progress.update(len(chunk))
        self.stdout.write(f"{loaded} medicines loaded, {len(rows) - loaded} kept as a pharmacist checked them")
