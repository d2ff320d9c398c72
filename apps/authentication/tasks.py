"""Celery tasks of signing in."""

from celery import shared_task


@shared_task
def authentication_clean_up() -> dict[str, int]:
    """02:00: expired codes, reset links and refresh tokens."""
    from apps.authentication.services import jobs

    return jobs.authentication_clean_up()
