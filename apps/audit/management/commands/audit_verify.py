"""Has anybody touched the audit log?"""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db.models import Sum
from tqdm import tqdm

from apps.audit.models import AuditSeal
from apps.audit.services.seals import audit_verify, copies_read

_MOST_SHOWN = 200


class Command(BaseCommand):
    """Recomputes every seal; ends with 1 and names what was changed, removed or inserted."""

    help = (
        "Recompute the seals of the audit log from its rows and compare them with the chain, with the seal file and "
        "with digests given by --expect (from the daily mail). Exit code 1 when anything does not fit."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where the copies are."""
        parser.add_argument("--seal-file", type=Path, default=settings.AUDIT_SEAL_FILE, help="the append-only copy")
        parser.add_argument("--expect", action="append", default=[], metavar="SEAL:DIGEST", help="a seal from a mail")

    def handle(self, *args: Any, **options: Any) -> None:
        """Check and print."""
        copies = self._copies(options["seal_file"], options["expect"])
        total = AuditSeal.objects.aggregate(rows=Sum("row_count"))["rows"] or 0
        shown = wrong = 0
        with tqdm(total=total, unit="row", file=sys.stderr, disable=not sys.stderr.isatty()) as bar:
            for finding in audit_verify(copies=copies, progress=bar.update):
                wrong += 1
                if shown < _MOST_SHOWN:
                    shown += 1
                    self.stdout.write(str(finding))
        if wrong:
            raise CommandError(f"{wrong} things do not fit ({shown} shown); the audit log was touched", returncode=1)
        self.stdout.write(f"{total} sealed rows are as they were written; {len(copies)} outside copies agree")

    @staticmethod
    def _copies(file: Path, expected: list[str]) -> dict[int, str]:
        found: dict[int, str] = {}
        if file.exists():
            with file.open("rb") as lines:
                found = copies_read(lines)
        for pair in expected:
            number, _, digest = pair.partition(":")
            if not number.isdecimal() or not digest:
                raise CommandError(f"--expect takes SEAL:DIGEST, not {pair}")
            found[int(number)] = digest
        return found
