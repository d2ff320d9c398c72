"""Background work for staff."""

from celery import shared_task

from payment_node.staff import alerts


@shared_task
def operator_tell() -> None:
    """Tell the operator what is new."""
    alerts.operator_tell()
