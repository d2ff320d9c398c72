"""Celery tasks of notifications."""

from celery import shared_task


@shared_task
def notifications_clean_up() -> int:
    """02:20: old messages."""
    from apps.notifications import services

    return services.notifications_clean_up()
