"""What the node tells of a payment becomes true here, once: state, history, audit, plan, words in one transaction.

Lock order: the feeds of the payer and of everybody seated, the payment, the subscription.
"""

import logging
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.notifications.choices import NotificationType
from apps.notifications.services import notification_send
from apps.payments.choices import Cause, PaymentStatus, Verdict
from apps.payments.models import PaymentRef
from apps.payments.node import Told
from apps.payments.rules import News, news
from apps.payments.services.creating import change_write
from apps.payments.wire import amount_text
from apps.subscriptions.rules.lifecycle import Kind, Purchase, Standing
from apps.subscriptions.selectors import seated_users
from apps.subscriptions.services import Effect, subscription_pay, subscription_take_back
from dastern.core.actor import SYSTEM, Actor
from dastern.sync.feed import feed_lock

logger = logging.getLogger(__name__)

_TOLD_BY_REASON = {"LATE_PAYMENT": "payments.late", "PAID_AFTER_CANCEL": "payments.after_cancel"}


@transaction.atomic
def payment_settle(
    *, told: Told, cause: Cause, now: datetime, event_id: UUID | None = None, actor: Actor = SYSTEM
) -> Verdict:
    """Judge what the node tells and carry it out: COMPLETED counts for the plan once, REFUNDED takes it back once.

    Only what agrees with the payment frozen here counts: payer, plan, amount, currency, bill. Safe to call any number
    of times at once with the same or older news.
    """
    found = PaymentRef.objects.filter(md5=told.md5).only("user_id").first()
    if found is None:
        return Verdict.IGNORED if told.status == PaymentStatus.FAILED else Verdict.UNKNOWN
    feed_lock([found.user_id, *seated_users(found.user_id)])
    ref = PaymentRef.objects.select_for_update(of=("self",)).get(pk=found.pk)
    if differences := _differences(ref, told):
        logger.error("the payment node tells of %s otherwise than it was made: %s", ref.bill_number, differences)
        return Verdict.MISMATCH
    match news(ref.status, ref.sequence, told.status, told.sequence):
        case News.STALE:
            return Verdict.IGNORED
        case News.IMPOSSIBLE:
            logger.error("payment %s is %s and cannot become %s", ref.bill_number, ref.status, told.status)
            return Verdict.IGNORED
        case News.SAME:
            _refresh(ref, told, now)
            return Verdict.IGNORED
    _change(ref, told, cause, event_id, actor, now)
    return Verdict.APPLIED


def _differences(ref: PaymentRef, told: Told) -> list[str]:
    pairs: dict[str, tuple[Any, Any]] = {
        "user": (str(ref.user_id), told.user_id),
        "plan": (ref.plan_type, told.plan_type),
        "kind": (ref.kind, told.kind),
        "amount": (Decimal(ref.amount), told.amount),
        "currency": (ref.currency, told.currency),
        "bill": (ref.bill_number, told.bill_number),
    }
    return [name for name, (ours, theirs) in pairs.items() if ours != theirs]


def _refresh(ref: PaymentRef, told: Told, now: datetime) -> None:
    """The same state with something new about it: held, a deep link, whether the bank can be asked."""
    if told.status != PaymentStatus.PENDING:
        return
    if told.review_reason and not ref.review_reason:
        _tell(ref, "payments.held", "held")
    PaymentRef.objects.filter(pk=ref.pk).update(
        review_reason=told.review_reason,
        deep_link=told.deep_link or ref.deep_link,
        checking=told.checking,
        sequence=told.sequence,
    )


def _change(ref: PaymentRef, told: Told, cause: Cause, event_id: UUID | None, actor: Actor, now: datetime) -> None:
    old = ref.status
    ref.status, ref.reason, ref.sequence = told.status, told.reason, told.sequence
    ref.is_current, ref.review_reason, ref.qr_image = False, "", ""
    ref.paid_at = told.paid_at or ref.paid_at
    if told.status == PaymentStatus.COMPLETED and ref.counted_at is None:
        effect = subscription_pay(user_id=ref.user_id, bought=_purchase(ref), md5=str(ref.md5), now=now, actor=actor)
        ref.counted_at, ref.effect = now, _effect_kept(effect)
    elif told.status == PaymentStatus.REFUNDED and ref.counted_at and ref.taken_back_at is None:
        assert ref.effect is not None
        subscription_take_back(
            user_id=ref.user_id, effect=_effect_read(ref.effect), counted_at=ref.counted_at, md5=str(ref.md5), now=now,
            actor=actor,
        )  # fmt: skip
        ref.taken_back_at = now
    ref.save()
    change_write(ref, old, told.status, cause, told.reason, actor, now, event_id)
    if template := _template(ref, told):
        _tell(ref, template, told.status.lower())


def _template(ref: PaymentRef, told: Told) -> str | None:
    """What is said beside what the plan's own message says; an unpaid QR that ended needs no words."""
    if told.status == PaymentStatus.COMPLETED:
        return _TOLD_BY_REASON.get(told.reason)
    if told.status == PaymentStatus.FAILED:
        return {"BANK_REJECTED": "payments.failed", "REFUNDED_BY_STAFF": "payments.returned"}.get(told.reason)
    return "payments.returned" if told.status == PaymentStatus.REFUNDED and ref.taken_back_at is None else None


def _tell(ref: PaymentRef, template: str, what: str) -> None:
    notification_send(
        recipient_id=ref.user_id,
        type=NotificationType.PAYMENT_UPDATE,
        template=template,
        context={"amount": amount_text(ref.amount, ref.currency), "currency": ref.currency},
        data={"md5Hash": ref.md5, "status": ref.status},
        dedupe_key=f"payment-{what}:{ref.md5}",
    )


def _purchase(ref: PaymentRef) -> Purchase:
    return Purchase(ref.plan_type, Kind(ref.kind), ref.days, ref.until)


def _effect_kept(effect: Effect) -> dict[str, Any]:
    """As JSON, to the microsecond: a refund asks whether anything changed since."""
    return {
        name: asdict(standing) | {"expires_at": standing.expires_at.isoformat() if standing.expires_at else None}
        for name, standing in (("before", effect.before), ("after", effect.after))
    }


def _effect_read(kept: dict[str, Any]) -> Effect:
    def standing(values: dict[str, Any]) -> Standing:
        end = values["expires_at"]
        return Standing(**values | {"expires_at": datetime.fromisoformat(end) if end else None})

    return Effect(standing(kept["before"]), standing(kept["after"]))
