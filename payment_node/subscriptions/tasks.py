"""Background work on subscriptions."""

from celery import shared_task

from payment_node.subscriptions import services


@shared_task
def subscriptions_expire() -> None:
    """End what is over."""
    services.subscriptions_expire()
