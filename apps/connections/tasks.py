"""Celery tasks of links."""

from celery import shared_task


@shared_task
def connections_clean_up() -> dict[str, int]:
    """02:00: codes, access requests and unanswered links that are over."""
    from apps.connections.services import jobs

    return jobs.connections_clean_up()
