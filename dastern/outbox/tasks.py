"""Celery tasks of the outbox."""

import logging

from celery import shared_task

logger = logging.getLogger(__name__)


@shared_task
def outbox_drain() -> int:
    """Handle what is due; safe to run any number of times at once."""
    from dastern.outbox.drainer import drain

    return drain()


@shared_task
def outbox_clean_up() -> int:
    """02:05: messages handled more than 30 days ago."""
    from dastern.outbox.services import outbox_clean_up as clean_up

    return clean_up()


def outbox_drain_soon() -> None:
    """Wake a worker. A broker that is down is no error: Beat looks every few seconds anyway."""
    try:
        outbox_drain.apply_async(ignore_result=True, retry=False)
    except Exception as error:  # noqa: BLE001  (whatever the broker client raises, the change itself is committed)
        logger.warning("could not wake the outbox drainer: %s", error)
