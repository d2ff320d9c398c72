"""Sending in the background."""

import logging

from celery import shared_task

from payment_node.webhooks import services

_log = logging.getLogger("node.error")


@shared_task
def webhooks_send_due() -> None:
    """Send what is due."""
    services.webhooks_send_due()


def webhooks_send_soon() -> None:
    """Wake the sender; should the broker be down, Beat does it seconds later."""
    try:
        webhooks_send_due.apply_async(retry=False, ignore_result=True)
    except Exception:  # noqa: BLE001  (whatever the broker's library raises, the change is committed)
        _log.warning("the broker does not answer; the sender wakes by itself")
