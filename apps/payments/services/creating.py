"""Making a payment: the price is frozen here, the QR is made by the node.

Nothing waits for the node inside a transaction. The row is written first, and its id is the node's idempotency key:
whatever dies in between, the next try finds the row and gets the same payment.
"""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.audit.choices import AuditAction
from apps.audit.services import audit_record
from apps.payments import node
from apps.payments.choices import NOT_CREATED, Cause, PaymentStatus
from apps.payments.errors import NothingToPay, OpenPayment, PaymentsUnavailable, TooManyPayments
from apps.payments.models import PaymentChange, PaymentRef
from apps.payments.node import NodeRefused, Told
from apps.payments.wire import amount_text, payment_wire
from apps.subscriptions.rules.lifecycle import Kind, NothingToBuy, offer, price
from apps.subscriptions.selectors import prices_in, standing_of, subscription_of
from dastern.core import clock
from dastern.core.actor import SYSTEM, Actor
from dastern.core.errors import Invalid
from dastern.core.idempotency import HEADER, KEPT, KeyReused
from dastern.sync.feed import feed_lock

logger = logging.getLogger(__name__)

RESOURCE = "payment"
UNFINISHED_LIFE = timedelta(minutes=5)
_LONGEST_KEY = 100


def payment_create(*, actor: Actor, plan_type: str, currency: str, client_key: str = "") -> PaymentRef:
    """A QR for ``plan_type``; what it is for (new, renewal, upgrade) and costs follows from the plan in force.

    The same ``client_key`` gives the same payment. Raises OpenPayment (with the payment), NothingToPay, KeyReused,
    Invalid (the key), TooManyPayments, PaymentsUnavailable.
    """
    if len(client_key) > _LONGEST_KEY or not ((client_key.isascii() and client_key.isprintable()) or not client_key):
        raise Invalid(errors=[(HEADER, _("Give 1 to 100 printable ASCII characters."))])
    if not settings.PAYMENT_NODE_URL:
        raise PaymentsUnavailable
    ref = _begin(actor=actor, plan_type=plan_type, currency=currency, client_key=client_key, now=clock.now())
    return ref if ref.md5 else _finish(ref)


@transaction.atomic
def _begin(*, actor: Actor, plan_type: str, currency: str, client_key: str, now: datetime) -> PaymentRef:
    """The row of this payment: the one of the same key, the unfinished one, or a new one with its price."""
    feed_lock([actor.user_id])
    mine = PaymentRef.objects.filter(user_id=actor.user_id)
    same = mine.filter(client_key=client_key).first() if client_key else None
    if same is not None and same.reason != NOT_CREATED and same.created_at > now - KEPT:
        if (same.plan_type, same.currency) != (plan_type, currency):
            raise KeyReused
        return same
    current = mine.filter(is_current=True).first()
    if current is not None:
        if current.md5 is None and (current.plan_type, current.currency) == (plan_type, currency):
            if current.created_at > now - UNFINISHED_LIFE:
                return current
        elif current.md5 is not None and (current.review_reason or _is_valid(current, now)):
            raise OpenPayment(extra={"payment": payment_wire(current)})
        _set_aside(current, now)
    if same is not None:  # the node never made it, or it is older than a key counts: the key is free again
        mine.filter(pk=same.pk).update(client_key="")
    return _insert(actor=actor, plan_type=plan_type, currency=currency, client_key=client_key, now=now)


def _is_valid(ref: PaymentRef, now: datetime) -> bool:
    return ref.qr_expires_at is not None and now < ref.qr_expires_at


def _set_aside(ref: PaymentRef, now: datetime) -> None:
    """A QR that ended makes room, and waits for the node's word; one that was never made has failed."""
    if ref.md5 is None:
        give_up(ref, now)
    else:
        PaymentRef.objects.filter(pk=ref.pk).update(is_current=False)


def give_up(ref: PaymentRef, now: datetime) -> None:
    """The node never told of this payment. Inside a transaction, the payer's feed locked."""
    if PaymentRef.objects.filter(pk=ref.pk, status=PaymentStatus.PENDING, md5=None).update(
        status=PaymentStatus.FAILED, reason=NOT_CREATED, is_current=False
    ):
        change_write(ref, PaymentStatus.PENDING, PaymentStatus.FAILED, Cause.GIVEN_UP, NOT_CREATED, SYSTEM, now)


def _insert(*, actor: Actor, plan_type: str, currency: str, client_key: str, now: datetime) -> PaymentRef:
    standing = standing_of(subscription_of(actor.user_id))
    prices = prices_in(currency)
    try:
        offered = offer(standing, plan_type, now)
    except NothingToBuy as error:
        raise NothingToPay from error
    ref = PaymentRef.objects.create(
        user_id=actor.user_id,
        plan_type=plan_type,
        kind=offered.kind,
        amount=price(standing, plan_type, offered, prices, currency),
        currency=currency,
        days=offered.days,
        until=offered.until,
        client_key=client_key,
        created_at=now,
    )
    change_write(ref, "", PaymentStatus.PENDING, Cause.CREATED, "", actor, now)
    return ref


def _finish(ref: PaymentRef) -> PaymentRef:
    """Have the node make the QR of ``ref`` and keep what it told. Two at once keep the same."""
    try:
        told = _made(ref)
    except NodeRefused as refused:
        if refused.code == "OPEN_PAYMENT":
            told = _made_after_orphan(ref, refused)
        else:
            raise _refused(ref, refused) from refused
    assert told.life is not None
    PaymentRef.objects.filter(pk=ref.pk, md5=None, status=PaymentStatus.PENDING).update(
        transaction_id=told.transaction_id,
        bill_number=told.bill_number,
        md5=told.md5,
        qr_code=told.qr_code,
        qr_image=told.qr_image,
        deep_link=told.deep_link,
        checking=told.checking,
        qr_expires_at=ref.created_at + told.life,  # by our clock: what counts is how long, not whose clock it is
    )
    ref.refresh_from_db()
    if ref.md5 is None:  # given up meanwhile
        raise PaymentsUnavailable
    return ref


def _made(ref: PaymentRef) -> Told:
    return node.payment_create(
        user_id=ref.user_id,
        plan_type=ref.plan_type,
        kind=ref.kind,
        amount=amount_text(ref.amount, ref.currency),
        currency=ref.currency,
        remaining_days=ref.days if ref.kind == Kind.UPGRADE else None,
        idempotency_key=ref.pk,
    )


def _made_after_orphan(ref: PaymentRef, refused: NodeRefused) -> Told:
    """The node has an open QR of this person that nobody was ever shown: its answer was lost. Take it back, go on."""
    try:
        orphan = node.told_of(refused.data)
        if PaymentRef.objects.filter(md5=orphan.md5).exists():
            raise PaymentsUnavailable
        node.payment_cancel(user_id=ref.user_id, md5=orphan.md5)
        return _made(ref)
    except node.AnswerBroken as error:
        raise PaymentsUnavailable from error
    except NodeRefused as again:
        raise _refused(ref, again) from again


@transaction.atomic
def _refused(ref: PaymentRef, refused: NodeRefused) -> TooManyPayments | PaymentsUnavailable:
    """The node will not make this payment: it has failed, and the payer may try again."""
    feed_lock([ref.user_id])
    if refused.code == "THROTTLED":
        return PaymentsUnavailable()
    give_up(ref, clock.now())
    if refused.code == "TOO_MANY_PAYMENTS":
        return TooManyPayments()
    logger.error("the payment node refused a payment: %s (do both sides have the same prices?)", refused)
    return PaymentsUnavailable()


def change_write(
    ref: PaymentRef,
    old: str,
    new: str,
    cause: Cause,
    reason: str,
    actor: Actor,
    now: datetime,
    event_id: UUID | None = None,
) -> None:
    """The history row and the audit row of a change. Inside the transaction of the change."""
    PaymentChange.objects.create(
        payment_id=ref.pk, old_status=old, new_status=new, cause=cause, reason=reason, event_id=event_id, at=now
    )
    audit_record(
        AuditAction.PAYMENT_EVENT,
        actor=actor,
        resource_type=RESOURCE,
        resource_id=ref.pk,
        patient_id=ref.user_id,
        details={
            "old": old or None, "new": new, "cause": cause, "reason": reason or None, "plan": ref.plan_type,
            "kind": ref.kind, "amount": amount_text(ref.amount, ref.currency), "currency": ref.currency, "md5": ref.md5,
        },
    )  # fmt: skip
