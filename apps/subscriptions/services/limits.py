"""Writing subscriptions."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import BigIntegerField, F, Value
from django.db.models.functions import Greatest

from apps.audit.choices import AuditAction
from apps.audit.services import audit_record
from apps.subscriptions.choices import Tier
from apps.subscriptions.models import Subscription
from apps.subscriptions.rules import Feature, plan_named
from apps.subscriptions.selectors import feature_allowed, plan_of
from dastern.core.actor import SYSTEM, Actor
from dastern.core.errors import FeatureLocked, PlanLimit
from dastern.sync.feed import feed_lock


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
    audit_record(
        AuditAction.SUBSCRIPTION_CHANGE,
        actor=actor,
        resource_type="subscription",
        resource_id=made.id,
        patient_id=user_id,
        details={"old": None, "new": Tier.FREEMIUM, "cause": "SIGN_UP"},
    )
    return made


@transaction.atomic
def storage_take(user_id: UUID, size: int, rows: int, now: datetime) -> None:
    """Count ``size`` more bytes of files (fewer when negative) beside ``rows`` bytes of everything else.

    Two uploads at once cannot both take the last place. Raises PlanLimit with the quota and what is used of it.
    """
    subscription_ensure(user_id=user_id, now=now)
    quota = plan_of(user_id).storage
    fitting = Subscription.objects.filter(user_id=user_id)
    if size > 0:
        fitting = fitting.filter(storage_used__lte=quota - rows - size)
    if not fitting.update(storage_used=Greatest(F("storage_used") + Value(size, BigIntegerField()), 0), updated_at=now):
        files = Subscription.objects.values_list("storage_used", flat=True).get(user_id=user_id)
        raise PlanLimit(extra={"limit": quota, "count": files + rows})


def plan_limit_require(limit: int | None, count: int) -> None:
    """Raises PlanLimit, with limit and count, when ``count`` things fill ``limit`` (None: no limit)."""
    if limit is not None and count >= limit:
        raise PlanLimit(extra={"limit": limit, "count": count})


def feature_require(user_id: UUID, feature: Feature) -> None:
    """Raises FeatureLocked when the plan in force does not open ``feature``."""
    if not feature_allowed(user_id, feature):
        raise FeatureLocked(extra={"feature": str(feature)})
