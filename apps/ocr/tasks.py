"""Celery tasks of recognition. ``scan_read`` and ``engines_tell`` run on the queue ``ocr``, one at a time."""

from uuid import UUID

from celery import shared_task

SOFT_SECONDS, HARD_SECONDS = 60, 90


@shared_task(soft_time_limit=SOFT_SECONDS, time_limit=HARD_SECONDS)
def scan_read(scan_id: str) -> None:
    """Read one stored photo."""
    from apps.ocr import services

    services.scan_read(scan_id=UUID(scan_id))


@shared_task(soft_time_limit=SOFT_SECONDS, time_limit=HARD_SECONDS)
def engines_tell() -> list[str]:
    """Each minute: say which engines this worker has."""
    from apps.ocr import services

    return services.engines_tell()


@shared_task
def scans_watch() -> int:
    """Each minute: what a dead worker left is read once more."""
    from apps.ocr import services

    return services.scans_watch()


@shared_task
def scans_forget() -> int:
    """Hourly: scans that nobody answered are deleted."""
    from apps.ocr import services

    return services.scans_forget()
