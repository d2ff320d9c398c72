"""Celery tasks of the core."""

from celery import shared_task


@shared_task
def idempotency_clean_up() -> int:
    """02:15: answers kept for Idempotency-Key that are older than 24 h."""
    from dastern.core import idempotency

    return idempotency.forget_old()
