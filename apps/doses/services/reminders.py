"""What phones report about their reminders, kept 90 days: tells "missed" from "the phone never rang"."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from apps.doses.models import ReminderLog

KEPT = timedelta(days=90)
_CHUNK = 1000


def reminders_log(reports: Sequence[ReminderLog]) -> None:
    """Write the reports in one statement; one known already is left as it is."""
    if reports:
        ReminderLog.objects.bulk_create(reports, ignore_conflicts=True)


def reminders_clean_up(*, now: datetime) -> int:
    """Delete reports older than 90 days, in chunks. Returns how many."""
    deleted = 0
    while True:
        chunk = ReminderLog.objects.filter(created_at__lt=now - KEPT).values("pk")[:_CHUNK]
        count, _by_model = ReminderLog.objects.filter(pk__in=chunk).delete()
        deleted += count
        if count < _CHUNK:
            return deleted
