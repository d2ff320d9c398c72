"""What somebody's plan allows."""

from collections.abc import Mapping
from decimal import Decimal
from uuid import UUID

from django.conf import settings

from apps.subscriptions.choices import SeatStatus, SubscriptionStatus, Tier
from apps.subscriptions.models import FamilyMember, Subscription
from apps.subscriptions.rules import PLANS, Feature, Plan, better, plan_named
from apps.users.registry import PlanFigures


def tier_of(user_id: UUID) -> str:
    """The tier in force: the own one, or Premium through a seat in a family plan that is paid."""
    own = Subscription.objects.filter(user_id=user_id).values_list("tier", flat=True).first() or Tier.FREEMIUM
    if own != Tier.FREEMIUM:
        return own
    seated = FamilyMember.objects.filter(
        member_id=user_id,
        status=SeatStatus.ACTIVE,
        subscription__tier=Tier.FAMILY_PREMIUM,
        subscription__status__in=[SubscriptionStatus.ACTIVE, SubscriptionStatus.GRACE],
    ).exists()
    return better(own, Tier.PREMIUM) if seated else own


def plan_of(user_id: UUID) -> Plan:
    """The plan in force. Somebody without a row is on the free plan."""
    return plan_named(tier_of(user_id))


def feature_allowed(user_id: UUID, feature: Feature) -> bool:
    """Whether the plan in force opens ``feature``."""
    return feature in plan_of(user_id).features


def subscription_of(user_id: UUID) -> Subscription | None:
    """The person's own row."""
    return Subscription.objects.filter(user_id=user_id).first()


def plan_figures(user_id: UUID) -> PlanFigures:
    """What the profile and the storage page tell of the plan in force."""
    plan = plan_of(user_id)
    files = Subscription.objects.filter(user_id=user_id).values_list("storage_used", flat=True).first()
    return PlanFigures(plan.tier, files or 0, plan.storage)


def prices() -> Mapping[str, Mapping[str, Decimal]]:
    """Tier → currency → price for 30 days, from the settings."""
    return {tier: settings.PLAN_PRICES[tier] for tier in PLANS}
