"""Celery tasks of doses."""

from celery import shared_task


@shared_task
def doses_mark_missed() -> int:
    """Each minute: doses that nobody recorded in time."""
    from apps.doses.services.missed import doses_mark_missed as mark
    from dastern.core import clock

    return mark(now=clock.now())


@shared_task
def reminders_clean_up() -> int:
    """02:20: reports about reminders older than 90 days."""
    from apps.doses.services.reminders import reminders_clean_up as clean_up
    from dastern.core import clock

    return clean_up(now=clock.now())
