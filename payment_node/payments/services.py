"""Creating and cancelling payments, and every change of their state."""

import secrets
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from payment_node import khqr
from payment_node.bakong import ledger
from payment_node.bakong.answers import BankTransaction
from payment_node.bakong.choices import CallReason
from payment_node.core import clock
from payment_node.core.errors import Refused, invalid, not_found, too_many
from payment_node.core.logs import alarm, payment
from payment_node.payments import rules
from payment_node.payments.choices import Reason, Status
from payment_node.payments.models import PaymentStatusHistory, PaymentTransaction
from payment_node.payments.rules import Order, Thrift
from payment_node.subscriptions.rules import Paid
from payment_node.subscriptions.services import subscription_derive, subscription_lock
from payment_node.webhooks.services import webhook_add

USER_COOLDOWN = timedelta(seconds=15)
_LATE_LOOK = timedelta(minutes=30)
_EVENTS = {
    Status.COMPLETED: "PAYMENT_COMPLETED",
    Status.FAILED: "PAYMENT_FAILED",
    Status.REFUNDED: "PAYMENT_REFUNDED",
}


def payment_create(
    *,
    user_id: str,
    plan_type: str,
    kind: str,
    amount: Decimal,
    currency: str,
    idempotency_key: str,
    remaining_days: int | None = None,
) -> tuple[PaymentTransaction, bool]:
    """A code for what the node's own price table says, and whether it is new.

    The same key with the same content gives the first code again. Refuses another content under a known key, an
    amount that is not the price, a second open code of the user, and more than five codes in ten minutes.
    """
    expected = rules.price(settings.PRICES, plan=plan_type, kind=kind, currency=currency, remaining_days=remaining_days)
    if amount != expected:
        wanted = rules.written_amount(expected, currency)
        raise Refused(400, "AMOUNT_MISMATCH", "The amount is not the price.", [f"amount: expected {wanted}"])
    now = clock.now()
    with transaction.atomic():
        # one code of a user at a time, so that limits and the open code are judged on what is really there
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"payer:{user_id}"])
        known = PaymentTransaction.objects.filter(idempotency_key=idempotency_key).first()
        if known is not None:
            same = (known.user_id, known.plan_type, known.kind, known.amount, known.currency, known.remaining_days)
            if same != (user_id, plan_type, kind, amount, currency, remaining_days):
                raise Refused(
                    409,
                    "IDEMPOTENCY_CONFLICT",
                    "This key was used for another payment.",
                    ["idempotencyKey: used for another payment"],
                )
            return known, False
        _require_room(user_id, now)
        created = _new_transaction(user_id, plan_type, kind, amount, currency, idempotency_key, remaining_days, now)
        PaymentStatusHistory.objects.create(transaction=created, new_status=Status.PENDING, at=now)
    payment("created", transactionId=str(created.pk), md5=created.md5_hash, amount=str(amount), currency=currency)
    return created, True


class OpenPayment(Exception):
    """The user has an unpaid code that has not expired: ``payment`` is it."""

    def __init__(self, found: PaymentTransaction) -> None:
        self.payment = found
        super().__init__(found.bill_number)


def _require_room(user_id: str, now: datetime) -> None:
    since = now - timedelta(seconds=settings.QR_LIMIT_SECONDS)
    recent = list(PaymentTransaction.objects.filter(user_id=user_id, created_at__gt=since).order_by("-created_at"))
    for found in recent:
        if found.status == Status.PENDING and not found.review_reason and found.expires_at > now:
            raise OpenPayment(found)
    if len(recent) >= settings.QR_LIMIT:
        wait = int((recent[settings.QR_LIMIT - 1].created_at - since).total_seconds()) + 1
        raise too_many("TOO_MANY_PAYMENTS", "Too many QR codes for this user; try again later.", wait)


def _new_transaction(
    user_id: str, plan_type: str, kind: str, amount: Decimal, currency: str, key: str, days: int | None, now: datetime
) -> PaymentTransaction:
    created_ms = clock.to_ms(now)
    bill_number = f"DT-{created_ms}-{secrets.token_hex(4).upper()}"
    merchant = {name: value for name, value in settings.MERCHANT.items() if value}
    code = khqr.build(
        {
            **merchant,
            "currency": currency,
            "amount": rules.written_amount(amount, currency),
            "bill_number": bill_number,
            "created_at_ms": created_ms,
            "expires_at_ms": created_ms + settings.QR_SECONDS * 1000,
        }
    )
    shown = clock.from_ms(created_ms)
    return PaymentTransaction.objects.create(
        user_id=user_id,
        bill_number=bill_number,
        md5_hash=khqr.md5_of(code),
        amount=amount,
        currency=currency,
        plan_type=plan_type,
        kind=kind,
        remaining_days=days,
        receiver=merchant["bakong_account_id"],
        qr_code=code,
        idempotency_key=key,
        created_at=shown,
        expires_at=clock.from_ms(created_ms + settings.QR_SECONDS * 1000),
        next_check_at=shown + timedelta(seconds=settings.CHECK_OFFSETS[0]),
    )


def payment_of(md5: str, user_id: str, *, lock: bool = False) -> PaymentTransaction:
    """The user's own payment; somebody else's is as absent as one that does not exist."""
    rows = PaymentTransaction.objects.select_for_update() if lock else PaymentTransaction.objects.all()
    found = rows.filter(md5_hash=md5, user_id=user_id).first()
    if found is None:
        raise not_found()
    return found


def payment_cancel(*, md5: str, user_id: str) -> tuple[PaymentTransaction, bool]:
    """PENDING to CANCELLED, and whether it is cancelled now. Looking goes on: the code may be paid all the same."""
    now = clock.now()
    with transaction.atomic():
        held = payment_of(md5, user_id, lock=True)
        if held.status == Status.CANCELLED and not held.review_reason:
            return held, True
        if held.status != Status.PENDING or held.review_reason:
            return held, False
        final = held.expires_at + timedelta(seconds=settings.GRACE_SECONDS)
        payment_move(held, Status.CANCELLED, reason=Reason.CANCELLED_BY_USER, now=now, next_check_at=final)
    return held, True


def payment_look_soon(*, md5: str, user_id: str) -> tuple[PaymentTransaction, int]:
    """ "I have paid": have the worker ask soon, at most once in 15 seconds.

    Returns the payment and how many seconds to wait, 0 when the wish was taken.
    """
    now = clock.now()
    with transaction.atomic():
        held = payment_of(md5, user_id, lock=True)
        since = held.asked_by_user_at
        if since is not None and now - since < USER_COOLDOWN:
            return held, max(1, round((USER_COOLDOWN - (now - since)).total_seconds()))
        if may_still_come(held, now):
            held.asked_by_user_at = held.next_check_at = now
            held.save(update_fields=["asked_by_user_at", "next_check_at"])
            transaction.on_commit(_look_now)
    return held, 0


def may_still_come(held: PaymentTransaction, now: datetime) -> bool:
    """Whether money for it would still change something: open, or ended less than a day after its expiry."""
    if held.review_reason or held.status in {Status.COMPLETED, Status.REFUNDED}:
        return False
    if held.reason == Reason.REFUNDED_BY_STAFF:
        return False
    return held.status == Status.PENDING or now <= held.expires_at + rules.LATE_WINDOW


def _look_now() -> None:
    from payment_node.payments.tasks import payments_ask_soon

    payments_ask_soon()


def hint_received(md5: str) -> None:
    """A bank says something happened to this code: look soon, nothing else."""
    now = clock.now()
    with transaction.atomic():
        held = PaymentTransaction.objects.select_for_update().filter(md5_hash=md5).first()
        if held is None or not may_still_come(held, now):
            return
        if held.last_checked_at is not None and now - held.last_checked_at < USER_COOLDOWN:
            return
        held.next_check_at = now
        held.save(update_fields=["next_check_at"])
        transaction.on_commit(_look_now)


def payment_move(
    held: PaymentTransaction,
    new: Status,
    *,
    now: datetime,
    reason: str = "",
    details: dict[str, Any] | None = None,
    next_check_at: datetime | None = None,
    **values: Any,
) -> None:
    """The one way a state changes: row locked by the caller, history, event and subscription in its transaction."""
    old = held.status
    if not rules.may_move(old, new):
        raise ValueError(f"{old} does not become {new}")
    event = _EVENTS.get(new)
    if event and new in {Status.COMPLETED, Status.REFUNDED}:
        subscription = subscription_lock(held.user_id)
    held.status, held.reason, held.review_reason, held.next_check_at = new, reason, "", next_check_at
    held.sequence += 1 if event else 0
    for name, value in values.items():
        setattr(held, name, value)
    held.save()
    PaymentStatusHistory.objects.create(
        transaction=held, old_status=old, new_status=new, at=now, reason=reason, details=details or {}
    )
    if event:
        webhook_add(event, subject=f"payment:{held.pk}", sequence=held.sequence, data=event_data(held), now=now)
        if new in {Status.COMPLETED, Status.REFUNDED}:
            subscription_derive(subscription, paid=_paid_by(held.user_id), now=now, cause=event)
    payment("moved", transactionId=str(held.pk), old=old, new=new, reason=reason)


def _paid_by(user_id: str) -> list[Paid]:
    rows = PaymentTransaction.objects.filter(user_id=user_id, status=Status.COMPLETED)
    return [
        Paid(plan, kind, paid_at, days)
        for plan, kind, paid_at, days in rows.values_list("plan_type", "kind", "paid_at", "remaining_days")
        if paid_at is not None
    ]


def event_data(held: PaymentTransaction) -> dict[str, Any]:
    """What a webhook says of a payment."""
    return {
        "transactionId": str(held.pk),
        "userId": held.user_id,
        "md5Hash": held.md5_hash,
        "billNumber": held.bill_number,
        "planType": held.plan_type,
        "kind": held.kind,
        "amount": rules.written_amount(held.amount, held.currency),
        "currency": held.currency,
        "status": held.status,
        "paidAt": clock.iso(held.paid_at),
        "reason": held.reason or None,
    }


def bank_data(money: BankTransaction) -> dict[str, Any]:
    """What is kept of the bank's answer."""
    return {
        "hash": money.hash,
        "fromAccountId": money.from_account,
        "toAccountId": money.to_account,
        "currency": money.currency,
        "amount": None if money.amount is None else str(money.amount),
        "createdDateMs": money.created_ms,
        "acknowledgedDateMs": money.acknowledged_ms,
        "description": money.description,
        "externalRef": money.external_ref,
        "trackingStatus": money.tracking,
    }


def payment_settle(transaction_id: Any, money: BankTransaction, *, now: datetime) -> str:
    """Money was found: complete the payment, or hold it for a person. Any number of finders at once settle it once.

    Returns what was done: COMPLETED, HELD, or NOTHING when it is settled or held already.
    """
    with transaction.atomic():
        # two orders that one transfer answers must not both look free: they queue on the hash
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"hash:{money.hash}"])
        held = PaymentTransaction.objects.select_for_update().get(pk=transaction_id)
        if held.review_reason or held.status in {Status.COMPLETED, Status.REFUNDED}:
            return "NOTHING"
        subscription_lock(held.user_id)  # two codes of one user settle one after the other
        others = PaymentTransaction.objects.exclude(pk=held.pk)
        verdict = rules.judge(
            Order(held.status, held.amount, held.currency, held.receiver, held.created_at, held.expires_at),
            money,
            now=now,
            hash_taken=others.filter(bank_hash=money.hash).exclude(bank_hash="").exists(),
            paid_another=others.filter(
                user_id=held.user_id,
                plan_type=held.plan_type,
                kind=held.kind,
                status=Status.COMPLETED,
                paid_at__gte=held.created_at,
            ).exists(),
        )
        found = bank_data(money)
        if verdict.hold:
            _hold(held, verdict.hold, money.hash, found, now)
            return "HELD"
        payment_move(
            held,
            Status.COMPLETED,
            reason=verdict.reason,
            details={"bank": found},
            now=now,
            paid_at=verdict.paid_at,
            bank_hash=money.hash,
            bank_data=found,
        )
    if verdict.reason == Reason.PAID_AFTER_CANCEL:
        alarm("a cancelled payment was paid", transactionId=str(held.pk))
    return "COMPLETED"


def _hold(held: PaymentTransaction, why: str, bank_hash: str, found: dict[str, Any], now: datetime) -> None:
    held.review_reason, held.next_check_at, held.bank_hash, held.bank_data = why, None, bank_hash, found
    held.save(update_fields=["review_reason", "next_check_at", "bank_hash", "bank_data"])
    PaymentStatusHistory.objects.create(
        transaction=held, old_status=held.status, new_status=held.status, at=now, reason=why, details={"bank": found}
    )
    alarm("payment held for review", transactionId=str(held.pk), reason=why)


def payment_end(transaction_id: Any, *, reason: Reason, now: datetime) -> bool:
    """No money came: PENDING to FAILED, unless money or a person was faster. A cancelled one is just not looked at."""
    with transaction.atomic():
        held = PaymentTransaction.objects.select_for_update().get(pk=transaction_id)
        if held.review_reason or held.status != Status.PENDING:
            return False
        # one more look later, when calls are left: the bank may have been slow
        payment_move(held, Status.FAILED, reason=reason, now=now, next_check_at=now + _LATE_LOOK)
    return True


def mode_of_the_day(now: datetime) -> Thrift:
    """How often codes may be asked about with what is left of the day."""
    return rules.thrift(ledger.used(now), ledger.ceiling_for(CallReason.SCHEDULE))


def require_amount(text: str, currency: str) -> Decimal:
    """The amount of a request, which must be written as the currency is."""
    amount = Decimal(text)
    if rules.written_amount(amount, currency) != text:
        raise invalid("amount: USD has two decimals, KHR none")
    return amount
