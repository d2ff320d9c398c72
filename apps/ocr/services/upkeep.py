"""Jobs: scans whose run died are read once more, scans that nobody answered are forgotten."""

from datetime import timedelta
from typing import Final

from django.core.files.storage import default_storage
from django.db import transaction

from apps.ocr.choices import ScanError, ScanState
from apps.ocr.models import MOST_ATTEMPTS, Scan
from apps.ocr.services.intake import scan_enqueue
from dastern.core import clock

# Longer than the hard time limit of a run: a run that was silent for so long is dead.
SILENT: Final = timedelta(seconds=120)
# Waiting longer than this is no use to anybody: let the person type.
STUCK: Final = timedelta(minutes=15)
_CHUNK: Final = 500


def scans_watch() -> int:
    """Each minute: queue again what a dead worker left, give up what was tried twice or waited too long.

    Returns how many were queued again.
    """
    now = clock.now()
    silent = Scan.objects.filter(state=ScanState.RUNNING, beat_at__lte=now - SILENT)
    silent.filter(attempts__gte=MOST_ATTEMPTS).update(
        state=ScanState.FAILED, error=ScanError.EXTRACTION_FAILED, finished_at=now
    )
    waiting = Scan.objects.filter(state=ScanState.QUEUED)
    waiting.filter(created_at__lte=now - STUCK).update(
        state=ScanState.FAILED, error=ScanError.SERVICE_UNAVAILABLE, finished_at=now
    )
    again = list(silent.values_list("pk", flat=True)[:_CHUNK])
    silent.filter(pk__in=again).update(state=ScanState.QUEUED, beat_at=now, stage="", progress=0)
    # a request that died between storing and queueing, or a broker that was down
    lost = list(waiting.filter(beat_at__lte=now - SILENT).values_list("pk", flat=True)[:_CHUNK])
    waiting.filter(pk__in=lost).update(beat_at=now)
    for scan_id in [*again, *lost]:
        scan_enqueue(scan_id)
    return len(again) + len(lost)


def scans_forget() -> int:
    """Hourly: delete scans that nobody answered within their day, with their pictures. Returns how many."""
    forgotten = 0
    while True:
        with transaction.atomic():
            rows = list(
                Scan.objects.select_for_update(skip_locked=True)
                .filter(expires_at__lte=clock.now())
                .order_by("pk")
                .values_list("pk", "image", "page")[:_CHUNK]
            )
            Scan.objects.filter(pk__in=[pk for pk, *_ in rows], prescription=None).delete()
        for _, *files in rows:
            for name in filter(None, files):
                default_storage.delete(name)
        forgotten += len(rows)
        if len(rows) < _CHUNK:
            return forgotten
