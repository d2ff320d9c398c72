"""Entries of the audit log as a file."""

import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from apps.audit.choices import AuditAction, Outcome
from apps.audit.models import AuditLog
from apps.audit.selectors import audit_filtered
from apps.audit.services import audit_record
from apps.audit.wire import csv_stream, entry_row
from dastern.core.actor import SYSTEM
from dastern.core.api.renderers import dumps


class Command(BaseCommand):
    """Streams any number of entries; the export is itself written down."""

    help = "Write entries of the audit log, oldest first, as CSV or JSON lines. Times are UTC."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What, and where to."""
        parser.add_argument("output", help="file to write, or - for standard output")
        parser.add_argument("--format", choices=["csv", "jsonl"], default="csv")
        parser.add_argument("--from", dest="from_at", type=_instant, help="from this time on, ISO 8601 (UTC if bare)")
        parser.add_argument("--to", dest="to_at", type=_instant, help="before this time")
        parser.add_argument("--actor", dest="actor_id", type=UUID)
        parser.add_argument("--patient", dest="patient_id", type=UUID)
        parser.add_argument("--action", dest="action_type", choices=AuditAction.values, metavar="ACTION")
        parser.add_argument("--resource-type")
        parser.add_argument("--outcome", choices=Outcome.values)

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the file."""
        names = ("from_at", "to_at", "actor_id", "patient_id", "action_type", "resource_type", "outcome")
        filters = {name: options[name] for name in names if options[name] is not None}
        rows = audit_filtered(AuditLog.objects.all(), filters).order_by("id")
        audit_record(
            AuditAction.DATA_EXPORT, actor=SYSTEM, resource_type="audit", patient_id=filters.get("patient_id"),
            details={"filters": {name: str(value) for name, value in filters.items()}, "by": "audit_export"},
        )  # fmt: skip
        total = rows.count()
        with tqdm(total=total, unit="row", file=sys.stderr, disable=not sys.stderr.isatty()) as bar:
            self._write(options["output"], self._lines(rows.iterator(chunk_size=2000), options["format"], bar))
        self.stderr.write(f"{total} entries written")

    @staticmethod
    def _lines(rows: Iterator[AuditLog], kind: str, bar: Any) -> Iterator[bytes]:
        wired = (entry_row(row) for row in rows)
        if kind == "csv":
            for line in csv_stream(wired, {name: name for name in entry_row(AuditLog())}):
                yield line
                bar.update()
            return
        for row in wired:
            yield dumps(row) + b"\n"
            bar.update()

    def _write(self, output: str, lines: Iterator[bytes]) -> None:
        if output == "-":
            for line in lines:
                self.stdout.write(line.decode(), ending="")
            return
        try:
            with Path(output).open("xb") as stream:
                stream.writelines(lines)
        except FileExistsError as error:
            raise CommandError(f"{output} exists already") from error


def _instant(text: str) -> datetime:
    """An ISO 8601 instant; without a zone it is UTC. Raises ValueError, which argparse tells."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
