"""Celery tasks of plans."""

from celery import shared_task


@shared_task
def subscriptions_expire() -> int:
    """Hourly: plans that ran out go into grace, then to the free plan."""
    from apps.subscriptions.services import jobs
    from dastern.core import clock

    return jobs.subscriptions_expire(now=clock.now())


@shared_task
def subscriptions_remind() -> int:
    """Hourly: who is told 7, 3 and 1 days before the end."""
    from apps.subscriptions.services import jobs
    from dastern.core import clock

    return jobs.subscriptions_remind(now=clock.now())
