"""Celery tasks of sync."""

from celery import shared_task


@shared_task
def sync_clean_up() -> dict[str, int]:
    """02:10: tombstones and stored answers older than 400 days."""
    from dastern.sync import services

    return services.sync_clean_up()
