"""Celery tasks of prescriptions."""

from celery import shared_task


@shared_task
def courses_finish() -> int:
    """Hourly: end the courses whose last local day has passed."""
    from apps.prescriptions.services import jobs

    return jobs.courses_finish()


@shared_task
def horizons_extend() -> int:
    """Hourly: in the first hour of a patient's day, plan the doses of open courses one day further."""
    from apps.prescriptions.services import jobs

    return jobs.horizons_extend()


@shared_task
def reminders_send() -> int:
    """Hourly: visits tomorrow, courses that end soon, pauses that last."""
    from apps.prescriptions.services import jobs

    return jobs.reminders_send()
