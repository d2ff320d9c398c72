"""Background work on payments."""

import logging

from celery import shared_task

from payment_node.core.middleware import forget_seen_requests
from payment_node.payments import monitor
from payment_node.payments.deeplinks import links_fetch
from payment_node.webhooks.services import webhooks_clean_up

_log = logging.getLogger("node.error")


@shared_task
def payments_ask_due() -> None:
    """Ask the bank about what is due, then fetch the links that are missing."""
    monitor.payments_ask_due()
    links_fetch()


@shared_task
def payments_clean_up() -> None:
    """Forget what nobody needs."""
    forget_seen_requests()
    webhooks_clean_up()


def payments_ask_soon() -> None:
    """Wake the monitor; should the broker be down, Beat does it seconds later."""
    try:
        payments_ask_due.apply_async(retry=False, ignore_result=True)
    except Exception:  # noqa: BLE001  (whatever the broker's library raises, the wish is committed)
        _log.warning("the broker does not answer; the monitor wakes by itself")
