"""The plan itself: opened, paid, taken back, made smaller, given.

Lock order: the feeds of the payer and of everybody seated, sorted; then the subscription.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.audit.choices import AuditAction
from apps.audit.services import audit_record
from apps.notifications.choices import NotificationType
from apps.notifications.services import notification_send
from apps.subscriptions import topics
from apps.subscriptions.choices import SeatStatus, Tier
from apps.subscriptions.errors import NothingPaid, NotLower
from apps.subscriptions.models import FamilyMember, Subscription
from apps.subscriptions.rules import is_lower, plan_named
from apps.subscriptions.rules.lifecycle import Kind, Purchase, Standing, after_payment, after_refund
from apps.subscriptions.selectors import prices_in, seated_users, standing_of, tier_of
from apps.users.models import User
from dastern.core import clock
from dastern.core.actor import SYSTEM, Actor
from dastern.core.localtime import iso, iso_or_none, local_date
from dastern.outbox.services import outbox_add
from dastern.sync.feed import feed_lock

RESOURCE = "subscription"


@dataclass(frozen=True, slots=True)
class Effect:
    """What a payment changed; kept with the payment, so that a refund can take exactly that back."""

    before: Standing
    after: Standing


@transaction.atomic
def subscription_ensure(*, user_id: UUID, now: datetime, actor: Actor = SYSTEM) -> Subscription:
    """The person's subscription; the free plan is opened at the first call, once, also under races."""
    feed_lock([user_id])
    found = Subscription.objects.filter(user_id=user_id).first()
    if found is not None:
        return found
    made = Subscription.objects.create(
        user_id=user_id, tier=Tier.FREEMIUM, storage_quota=plan_named(Tier.FREEMIUM).storage, started_at=now
    )
    _audit(made, actor, {"old": None, "new": Tier.FREEMIUM, "cause": "SIGN_UP"})
    return made


def subscription_lock(user_id: UUID, now: datetime) -> Subscription:
    """The subscription with its row and every feed that a change of it writes locked. Inside a transaction."""
    feed_lock([user_id, *seated_users(user_id)])
    subscription_ensure(user_id=user_id, now=now)
    return Subscription.objects.select_for_update(of=("self",)).get(user_id=user_id)


@transaction.atomic
def subscription_pay(*, user_id: UUID, bought: Purchase, md5: str, now: datetime, actor: Actor = SYSTEM) -> Effect:
    """Count a payment. The caller makes sure that each payment is counted once (payments: a guarded update)."""
    row = subscription_lock(user_id, now)
    before = standing_of(row)
    after = after_payment(before, bought, prices_in("USD"), now)
    row.last_payment_md5 = md5
    if not before.is_paid:
        row.started_at = now
    standing_write(row, before, after, cause=f"PAYMENT_{bought.kind}", actor=actor, now=now, md5=md5)
    renewed = bought.kind is Kind.RENEWAL and before.tier == after.tier
    plan_tell(row, "subscriptions.renewed" if renewed else "subscriptions.started", key=f"plan-paid:{md5}")
    return Effect(before, after)


@transaction.atomic
def subscription_take_back(
    *, user_id: UUID, effect: Effect, counted_at: datetime, md5: str, now: datetime, actor: Actor = SYSTEM
) -> Standing:
    """Undo what a payment changed, because it was given back. The caller makes sure that it happens once."""
    row = subscription_lock(user_id, now)
    before = standing_of(row)
    after = after_refund(before, effect.before, effect.after, counted_at, now)
    standing_write(row, before, after, cause="REFUND", actor=actor, now=now, md5=md5)
    plan_tell(row, "subscriptions.refunded", key=f"plan-refunded:{md5}")
    return after


@transaction.atomic
def subscription_downgrade(*, actor: Actor, tier: str) -> Subscription:
    """Ask for a smaller plan from the end of what is paid on. Nothing changes before, nothing is given back.

    Asking for the plan one has withdraws an earlier wish. Raises NothingPaid (the free plan), NotLower.
    """
    now = clock.now()
    row = subscription_lock(actor.user_id, now)
    before = standing_of(row)
    if not before.is_paid or before.expires_at is None:
        raise NothingPaid
    if tier != before.tier and not is_lower(tier, before.tier):
        raise NotLower(errors=[("tier", NotLower.message)])
    wish = "" if tier == before.tier else tier
    if wish != before.pending_tier:
        row.pending_tier = wish
        row.save()
        _audit(row, actor, {"old": before.tier, "new": tier, "cause": "DOWNGRADE_ASKED", "at": iso(before.expires_at)})
    return row


@transaction.atomic
def subscription_give(*, actor: Actor, user_id: UUID, tier: str, days: int, reason: str, now: datetime) -> Subscription:
    """Staff give somebody ``days`` of a plan, as if they had been paid; the reason is written down."""
    row = subscription_lock(user_id, now)
    before = standing_of(row)
    after = after_payment(before, Purchase(tier, Kind.NEW, days), prices_in("USD"), now)
    standing_write(row, before, after, cause="GIVEN", actor=actor, now=now, reason=reason[:200])
    plan_tell(row, "subscriptions.given", key=None)
    return row


def standing_write(
    row: Subscription, before: Standing, after: Standing, *, cause: str, actor: Actor, now: datetime, **details: Any
) -> None:
    """Write a change of the locked ``row`` with its audit row; those seated see it, and a smaller plan is announced."""
    row.tier, row.status = after.tier, after.status
    row.expires_at, row.pending_tier = after.expires_at, after.pending_tier
    row.storage_quota = plan_named(after.tier).storage
    row.save()
    _audit(
        row,
        actor,
        {
            "old": before.tier, "new": after.tier, "cause": cause, "status": after.status,
            "expiresAt": iso_or_none(after.expires_at), **details,
        },
    )  # fmt: skip
    if before.tier == after.tier:
        return
    if is_lower(after.tier, before.tier):
        lowered_announce(row.user_id, tier_of(row.user_id), at=now, now=True)
    seats = list(FamilyMember.objects.filter(subscription=row, status=SeatStatus.ACTIVE).select_related("member"))
    # what phones of those seated hold of their plan is told anew
    Subscription.objects.filter(user_id__in=[seat.member_id for seat in seats]).update(updated_at=now)
    if before.tier == Tier.FAMILY_PREMIUM:
        for seat in seats:
            seat_lost(seat.member, row, now=now, cause="PLAN_ENDED")


def seat_lost(member: User, row: Subscription, *, now: datetime, cause: str) -> None:
    """Tell somebody that the seat gives nothing any more, and announce the smaller plan where it is one."""
    payer = User.objects.only("full_name").get(pk=row.user_id)
    notification_send(
        recipient_id=member.id,
        type=NotificationType.SUBSCRIPTION_UPDATE,
        template="subscriptions.seat_ended",
        context={"name": payer.full_name},
        data={"subscriptionId": str(row.id), "cause": cause},
    )
    if (tier := tier_of(member.id)) == Tier.FREEMIUM:
        lowered_announce(member.id, tier, at=now, now=True)


def lowered_announce(user_id: UUID, tier: str, *, at: datetime, now: bool) -> None:
    """Announce that somebody's plan becomes ``tier``: now, or ``at`` a later time (once for each end)."""
    outbox_add(
        topics.LOWERED,
        {"userId": str(user_id), "tier": tier, "at": iso(at), "now": now},
        dedupe_key=None if now else f"plan-lowering:{user_id}:{iso(at)}",
    )


def plan_tell(
    row: Subscription, template: str, *, key: str | None, plan: str | None = None, until: datetime | None = None
) -> None:
    """Tell the owner of ``row`` something about the plan; its name and the day are said in the owner's language."""
    user = User.objects.only("timezone").get(pk=row.user_id)
    day = until or row.expires_at
    notification_send(
        recipient_id=row.user_id,
        type=NotificationType.SUBSCRIPTION_UPDATE,
        template=template,
        context={
            "plan": Tier(plan or row.tier).label,
            "date": local_date(day, user.timezone).isoformat() if day else "—",
        },
        data={"subscriptionId": str(row.id), "tier": row.tier},
        dedupe_key=key,
    )


def _audit(row: Subscription, actor: Actor, details: Mapping[str, Any]) -> None:
    audit_record(
        AuditAction.SUBSCRIPTION_CHANGE,
        actor=actor,
        resource_type=RESOURCE,
        resource_id=row.id,
        patient_id=row.user_id,
        details=details,
    )
