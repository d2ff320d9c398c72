"""What the clock does to plans, each hour: reminders before the end, three days of grace, then the free plan.

Nothing is deleted and no dose stops (domain.md §2.10): what is over the free plan's limits stays and can be read.
Each plan is a transaction of its own and is judged again under its lock, so two runs at once do the work once.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from apps.subscriptions.choices import SubscriptionStatus, Tier
from apps.subscriptions.models import Subscription
from apps.subscriptions.rules.lifecycle import GRACE, REMIND_DAYS, at_expiry, reminder
from apps.subscriptions.selectors import standing_of
from apps.subscriptions.services.plan import lowered_announce, plan_tell, standing_write, subscription_lock
from dastern.core.actor import SYSTEM
from dastern.core.localtime import iso

_BATCH = 500


def subscriptions_expire(*, now: datetime) -> int:
    """Carry every plan over its end: into grace, to the smaller plan asked for, to the free plan. Returns how many.

    Its cost follows the plans that ended, not the table (index subscriptions_expiry).
    """
    ended = Subscription.objects.filter(expires_at__lte=now).filter(
        Q(status=SubscriptionStatus.ACTIVE) | Q(expires_at__lte=now - GRACE)
    )
    return sum(_expire(user_id, now) for user_id in _users(ended))


@transaction.atomic
def _expire(user_id: UUID, now: datetime) -> bool:
    row = subscription_lock(user_id, now)
    before = standing_of(row)
    after = at_expiry(before, now)
    if after == before:  # renewed meanwhile, or another run was here
        return False
    ended_at = before.expires_at
    assert ended_at is not None
    over = after.tier == Tier.FREEMIUM
    standing_write(row, before, after, cause="EXPIRED" if over else "GRACE", actor=SYSTEM, now=now)
    if over:
        plan_tell(row, "subscriptions.ended", key=f"plan-ended:{row.id}:{iso(ended_at)}", plan=before.tier)
    else:
        last = ended_at + GRACE
        plan_tell(row, "subscriptions.grace", key=f"plan-grace:{row.id}:{iso(ended_at)}", until=last)
        lowered_announce(user_id, Tier.FREEMIUM, at=last, now=False)
    return True


def subscriptions_remind(*, now: datetime) -> int:
    """Tell people 7, 3 and 1 days before their plan ends, each once for one end. Returns how many were told."""
    soon = Subscription.objects.filter(
        status=SubscriptionStatus.ACTIVE, expires_at__gt=now, expires_at__lte=now + timedelta(days=max(REMIND_DAYS))
    ).exclude(tier=Tier.FREEMIUM)
    return sum(_remind(user_id, now) for user_id in _users(soon))


@transaction.atomic
def _remind(user_id: UUID, now: datetime) -> bool:
    row = subscription_lock(user_id, now)
    end = row.expires_at
    if end is None or row.status != SubscriptionStatus.ACTIVE:
        return False
    days = reminder(end, now)
    if days is None or row.reminded_for == f"{days}:{iso(end)}":
        return False
    row.reminded_for = f"{days}:{iso(end)}"
    Subscription.objects.filter(pk=row.pk).update(reminded_for=row.reminded_for)
    asked = row.pending_tier == Tier.FREEMIUM
    plan_tell(
        row,
        "subscriptions.ending_as_asked" if asked else "subscriptions.ending",
        key=f"plan-ending:{row.id}:{row.reminded_for}",
    )
    if row.pending_tier and days <= GRACE.days:
        lowered_announce(user_id, row.pending_tier, at=end, now=False)
    return True


def _users(rows: QuerySet[Subscription]) -> list[UUID]:
    return list(rows.order_by("expires_at").values_list("user_id", flat=True).iterator(_BATCH))
