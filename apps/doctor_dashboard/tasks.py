"""Celery tasks of the doctor's side."""

from celery import shared_task


@shared_task
def digests_send() -> int:
    """Hourly: on Monday morning of a doctor's week, its figures."""
    from apps.doctor_dashboard.services.digest import digests_send as send

    return send()
