"""What a plan limits and opens, asked by the services that would go beyond it."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import BigIntegerField, F, Value
from django.db.models.functions import Greatest

from apps.subscriptions.models import Subscription
from apps.subscriptions.rules import Feature
from apps.subscriptions.selectors import feature_allowed, plan_of
from apps.subscriptions.services.plan import subscription_ensure
from dastern.core.errors import FeatureLocked, PlanLimit


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
