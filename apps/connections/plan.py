"""How many caregivers the patient's plan allows (domain.md §1.6: 1/5/10)."""

from uuid import UUID

from apps.subscriptions.choices import Tier
from apps.subscriptions.models import Subscription
from dastern.core.errors import PlanLimit

_CAREGIVERS = {Tier.FREEMIUM: 1, Tier.PREMIUM: 5, Tier.FAMILY_PREMIUM: 10}


def caregivers_max(patient_id: UUID) -> int | None:
    """The limit of the patient's plan; None for no limit."""
    tier = Subscription.objects.filter(user_id=patient_id).values_list("tier", flat=True).first()
    return _CAREGIVERS[Tier(tier or Tier.FREEMIUM)]


def caregivers_require(patient_id: UUID, count: int) -> None:
    """Raises PlanLimit when ``count`` caregivers fill the patient's plan."""
    limit = caregivers_max(patient_id)
    if limit is not None and count >= limit:
        raise PlanLimit(extra={"limit": limit, "count": count})
