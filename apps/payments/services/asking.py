"""The payer asks: how does it stand, I have paid, take it back. The node's answer counts as its event would."""

import logging
from datetime import timedelta

from django.db.models import Q

from apps.payments import node
from apps.payments.choices import Cause, PaymentStatus
from apps.payments.errors import NotCancellable, PaymentsUnavailable
from apps.payments.models import PaymentRef
from apps.payments.node import NodeRefused, Told
from apps.payments.selectors import payment_mine
from apps.payments.services.settling import payment_settle
from dastern.core import clock
from dastern.core.actor import Actor

logger = logging.getLogger(__name__)

# Several phones and tabs of a payer share one question in this time.
ASK_EVERY = timedelta(seconds=2)


def payment_ask(*, actor: Actor, md5: str) -> PaymentRef:
    """The payer's payment as it now stands, asked of the node while it is open.

    A node that is down changes nothing: the answer is what is known here. Raises NotFound (also for another's).
    """
    now = clock.now()
    ref = payment_mine(actor, md5)
    if ref.status != PaymentStatus.PENDING:
        return ref
    is_due = Q(asked_at=None) | Q(asked_at__lte=now - ASK_EVERY)
    if not PaymentRef.objects.filter(is_due, pk=ref.pk).update(asked_at=now):
        return ref
    try:
        told = node.payment_status(user_id=ref.user_id, md5=str(ref.md5))
    except PaymentsUnavailable:
        return ref
    except NodeRefused as refused:
        logger.warning("the payment node does not tell of %s: %s", ref.bill_number, refused)
        return ref
    return _settled(ref, told, Cause.STATUS)


def payment_claim_paid(*, actor: Actor, md5: str) -> PaymentRef:
    """ "I have paid": the node asks the bank soon. Raises NotFound, PaymentsUnavailable."""
    ref = payment_mine(actor, md5)
    if ref.status != PaymentStatus.PENDING:
        return ref
    try:
        told = node.payment_check(user_id=ref.user_id, md5=str(ref.md5))
    except NodeRefused as refused:
        logger.warning("the payment node does not check %s: %s", ref.bill_number, refused)
        raise PaymentsUnavailable from refused
    return _settled(ref, told, Cause.STATUS)


def payment_cancel(*, actor: Actor, md5: str) -> PaymentRef:
    """Take the QR back, at the node first: what it does not know of it would still take money for.

    Cancelling again is no error. Money that came first wins. Raises NotFound, NotCancellable, PaymentsUnavailable.
    """
    ref = payment_mine(actor, md5)
    if ref.status == PaymentStatus.CANCELLED:
        return ref
    if ref.status != PaymentStatus.PENDING:
        raise NotCancellable
    try:
        told = node.payment_cancel(user_id=ref.user_id, md5=str(ref.md5))
    except NodeRefused as refused:
        if refused.code != "NOT_CANCELLABLE":
            logger.warning("the payment node does not cancel %s: %s", ref.bill_number, refused)
            raise PaymentsUnavailable from refused
        _learn(ref, refused)
        raise NotCancellable from refused
    ref = _settled(ref, told, Cause.CANCEL, actor)
    if ref.status != PaymentStatus.CANCELLED:
        raise NotCancellable
    return ref


def _learn(ref: PaymentRef, refused: NodeRefused) -> None:
    """The refusal carries the payment as it stands: paid meanwhile, perhaps."""
    try:
        _settled(ref, node.told_of(refused.data), Cause.STATUS)
    except node.AnswerBroken:
        logger.warning("the payment node did not tell how %s stands", ref.bill_number)


def _settled(ref: PaymentRef, told: Told, cause: Cause, actor: Actor | None = None) -> PaymentRef:
    """Count what the node told of this very payment, and read it again."""
    if told.md5 != ref.md5:
        logger.error("asked about %s, the payment node told of %s", ref.md5, told.md5)
        raise PaymentsUnavailable
    if actor is None:
        payment_settle(told=told, cause=cause, now=clock.now())
    else:
        payment_settle(told=told, cause=cause, now=clock.now(), actor=actor)
    ref.refresh_from_db()
    return ref
