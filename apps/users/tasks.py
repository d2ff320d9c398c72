"""Celery tasks of people."""

from celery import shared_task


@shared_task
def accounts_purge() -> int:
    """03:00: erase accounts whose thirty days are over."""
    from apps.users import services

    return sum(services.accounts_purge())
