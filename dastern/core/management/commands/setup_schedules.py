"""Put the table of jobs into Beat's database."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask

from dastern.schedules import JOBS, ZONE, Daily, Job

_MARK = "dastern/schedules.py"


class Command(BaseCommand):
    """Safe to repeat: changes times, adds and removes jobs, and leaves alone what staff switched off."""

    help = "Write the jobs of dastern/schedules.py into Celery Beat's database. Safe to run again after each release."

    def handle(self, *args: Any, **options: Any) -> None:
        """Create, update and remove."""
        with transaction.atomic():
            for job in JOBS:
                PeriodicTask.objects.update_or_create(name=job.name, defaults=_fields(job))
            gone = PeriodicTask.objects.filter(description=_MARK).exclude(name__in=[job.name for job in JOBS])
            removed = gone.count()
            gone.delete()
        self.stdout.write(f"{len(JOBS)} jobs scheduled, {removed} removed")


def _fields(job: Job) -> dict[str, Any]:
    fields: dict[str, Any] = {"task": job.task, "description": _MARK, "interval": None, "crontab": None}
    if isinstance(job.when, Daily):
        fields["crontab"], _new = CrontabSchedule.objects.get_or_create(
            minute=str(job.when.minute),
            hour=str(job.when.hour),
            day_of_week="*" if job.when.weekday is None else str(job.when.weekday),
            day_of_month="*",
            month_of_year="*",
            timezone=ZONE,
        )
        return fields | {"expire_seconds": 6 * 3600}
    seconds = int(job.when.total_seconds())
    fields["interval"], _new = IntervalSchedule.objects.get_or_create(every=seconds, period=IntervalSchedule.SECONDS)
    return fields | {"expire_seconds": max(seconds, 30)}
