"""Celery tasks of adherence."""

from celery import shared_task


@shared_task
def summaries_send() -> int:
    """Hourly: in the evening of a caregiver's day, the figures of everybody cared for."""
    from apps.adherence import services

    return services.summaries_send()
