"""Deriving the row anew, ending it, cancelling it."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from payment_node.core import clock
from payment_node.core.errors import not_found
from payment_node.subscriptions.models import Subscription, SubscriptionHistory, SubscriptionStatus
from payment_node.subscriptions.rules import Paid, derive
from payment_node.webhooks.services import webhook_add

_EVENTS = {
    SubscriptionStatus.ACTIVE: "SUBSCRIPTION_ACTIVATED",
    SubscriptionStatus.EXPIRED: "SUBSCRIPTION_EXPIRED",
    SubscriptionStatus.CANCELLED: "SUBSCRIPTION_CANCELLED",
}
_BATCH = 200


def subscription_lock(user_id: str) -> Subscription:
    """The user's row, made when absent, locked until the end of the transaction."""
    Subscription.objects.bulk_create([Subscription(user_id=user_id)], ignore_conflicts=True)
    return Subscription.objects.select_for_update().get(user_id=user_id)


def subscription_derive(held: Subscription, *, paid: Iterable[Paid], now: datetime, cause: str) -> None:
    """Bring the locked row in line with what was paid; history and event with it."""
    found = derive(paid)
    if found is None:
        values = {"plan_type": held.plan_type, "next_billing_date": now}
        status = SubscriptionStatus.EXPIRED if held.start_date else SubscriptionStatus.PENDING
    else:
        values = {
            "plan_type": found.plan,
            "start_date": found.start,
            "next_billing_date": found.until,
            "last_billing_date": found.last,
        }
        status = SubscriptionStatus.ACTIVE if found.until > now else SubscriptionStatus.EXPIRED
    _write(held, status, now=now, cause=cause, values=values)


def _write(
    held: Subscription, status: SubscriptionStatus, *, now: datetime, cause: str, values: dict[str, object]
) -> None:
    old = held.status
    for name, value in values.items():
        setattr(held, name, value)
    held.status = status
    held.cancelled_at = now if status == SubscriptionStatus.CANCELLED else None
    event = _EVENTS.get(status)
    held.sequence += 1 if event else 0
    held.save()
    SubscriptionHistory.objects.create(
        subscription=held,
        old_status=old,
        new_status=status,
        plan_type=held.plan_type,
        next_billing_date=held.next_billing_date,
        at=now,
        cause=cause,
    )
    if event:
        webhook_add(
            event,
            subject=f"user:{held.user_id}",
            sequence=held.sequence,
            data={
                "userId": held.user_id,
                "planType": held.plan_type,
                "status": status,
                "startDate": clock.iso(held.start_date),
                "nextBillingDate": clock.iso(held.next_billing_date),
                "reason": None if status == SubscriptionStatus.ACTIVE else cause,
            },
            now=now,
        )


def subscription_cancel(*, user_id: str) -> Subscription:
    """No further month is wanted; informational, what was paid stays paid. Repeating it changes nothing."""
    now = clock.now()
    with transaction.atomic():
        held = Subscription.objects.select_for_update().filter(user_id=user_id).first()
        if held is None:
            raise not_found("subscription")
        if held.status == SubscriptionStatus.ACTIVE:
            _write(held, SubscriptionStatus.CANCELLED, now=now, cause="CANCELLED_BY_USER", values={})
    return held


def subscriptions_expire() -> int:
    """End the rows whose paid time is over. Safe to run twice at once. Returns how many."""
    ended = 0
    while True:
        now = clock.now()
        with transaction.atomic():
            due = list(
                Subscription.objects.select_for_update(skip_locked=True)
                .filter(status=SubscriptionStatus.ACTIVE, next_billing_date__lte=now)
                .order_by("next_billing_date")[:_BATCH]
            )
            for held in due:
                _write(held, SubscriptionStatus.EXPIRED, now=now, cause="EXPIRED", values={})
        ended += len(due)
        if len(due) < _BATCH:
            return ended
