"""Celery tasks of payments."""

from celery import shared_task


@shared_task
def payments_reconcile() -> dict[str, int]:
    """Every five minutes: compare what is open with the payment node."""
    from apps.payments.services import jobs
    from dastern.core import clock

    return jobs.payments_reconcile(now=clock.now())


@shared_task
def events_clean_up() -> int:
    """02:25: events of the payment node older than 400 days."""
    from apps.payments.services import jobs
    from dastern.core import clock

    return jobs.events_clean_up(now=clock.now())
