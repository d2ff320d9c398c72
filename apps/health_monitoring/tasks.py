"""Celery tasks of health monitoring."""

from celery import shared_task


@shared_task
def vitals_evaluate() -> int:
    """Each hour: repeated abnormal readings raise their alert."""
    from apps.health_monitoring.services.evaluating import vitals_evaluate as evaluate
    from dastern.core import clock

    return evaluate(now=clock.now())
