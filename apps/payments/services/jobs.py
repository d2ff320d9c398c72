"""Every five minutes: compare what is open here with the node, so that no lost message loses money."""

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from apps.payments import node
from apps.payments.choices import UNKNOWN_AT_NODE, Cause, PaymentStatus, Verdict
from apps.payments.errors import PaymentsUnavailable
from apps.payments.models import PaymentEvent, PaymentRef
from apps.payments.services.creating import change_write, give_up
from apps.payments.services.settling import payment_settle
from dastern.core.actor import SYSTEM
from dastern.sync.feed import feed_lock

logger = logging.getLogger(__name__)

# The node counts late money for a day after the QR ended, and repeats its events for a day.
LATE = timedelta(hours=26)
CREATION_LIFE = timedelta(minutes=15)
_SETTLING = timedelta(minutes=1)  # a payer is looking: leave it to the status call and the webhook
_BATCH = 50
_MOST = 1000
_EVENTS_KEPT = timedelta(days=400)


def payments_reconcile(*, now: datetime) -> dict[str, int]:
    """Give up what the node never answered; ask it about everything open, and about what failed within a day.

    Returns the counts: asked, changed, givenUp, unknown, and unreachable (1 when the node did not answer).
    Safe to run twice at once, and at the same moment as webhooks.
    """
    counts = {"asked": 0, "changed": 0, "givenUp": 0, "unknown": 0, "unreachable": 0}
    for ref in PaymentRef.objects.filter(
        status=PaymentStatus.PENDING, md5=None, created_at__lte=now - CREATION_LIFE
    ).only("id", "user_id", "plan_type", "kind", "amount", "currency", "md5"):
        with transaction.atomic():
            feed_lock([ref.user_id])
            give_up(ref, now)
        counts["givenUp"] += 1
    for batch in _batches(now):
        try:
            states = node.payments_states([str(ref.md5) for ref in batch])
        except (PaymentsUnavailable, node.NodeRefused) as error:
            logger.warning("payments cannot be compared with the node now: %s", error)
            counts["unreachable"] = 1
            break
        for ref in batch:
            counts["asked"] += 1
            told = states.get(str(ref.md5))
            if told is None:
                counts["unknown"] += _forgotten(ref, now)
            elif payment_settle(told=told, cause=Cause.RECONCILE, now=now) is Verdict.APPLIED:
                counts["changed"] += 1
    return counts


def _batches(now: datetime) -> Iterator[list[PaymentRef]]:
    """What may still change at the node, newest first, in the node's portions."""
    over = Q(status__in=[PaymentStatus.FAILED, PaymentStatus.CANCELLED], created_at__gt=now - LATE)
    rows = PaymentRef.objects.filter(
        Q(status=PaymentStatus.PENDING) | over, md5__isnull=False, created_at__lte=now - _SETTLING
    ).defer("qr_image", "qr_code")
    found = list(rows.order_by("-created_at")[:_MOST])
    for start in range(0, len(found), _BATCH):
        yield found[start : start + _BATCH]


def _forgotten(ref: PaymentRef, now: datetime) -> int:
    """The node does not have it (a restored backup?): after a day it has failed here. Returns 1."""
    logger.error("the payment node does not have %s", ref.bill_number)
    if ref.status == PaymentStatus.PENDING and ref.created_at <= now - LATE:
        with transaction.atomic():
            feed_lock([ref.user_id])
            if PaymentRef.objects.filter(pk=ref.pk, status=PaymentStatus.PENDING).update(
                status=PaymentStatus.FAILED, reason=UNKNOWN_AT_NODE, is_current=False, qr_image=""
            ):
                change_write(
                    ref, PaymentStatus.PENDING, PaymentStatus.FAILED, Cause.RECONCILE, UNKNOWN_AT_NODE, SYSTEM, now
                )
    return 1


def events_clean_up(*, now: datetime) -> int:
    """Forget events of the node that counted more than 400 days ago; a replay is too old by its time long before."""
    deleted, _by_model = PaymentEvent.objects.filter(
        received_at__lt=now - _EVENTS_KEPT, verdict__in=[Verdict.APPLIED, Verdict.IGNORED]
    ).delete()
    return deleted
