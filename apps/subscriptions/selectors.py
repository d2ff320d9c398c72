"""What somebody's plan allows."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.conf import settings

from apps.subscriptions.choices import SeatStatus, SubscriptionStatus, Tier
from apps.subscriptions.models import FamilyMember, Subscription
from apps.subscriptions.rules import PLANS, Feature, Plan, better, plan_named
from apps.subscriptions.rules.lifecycle import Standing
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


def prices_in(currency: str) -> Mapping[str, Decimal]:
    """Tier → price for 30 days in one currency."""
    return {tier: table[currency] for tier, table in prices().items()}


def standing_of(row: Subscription | None) -> Standing:
    """A row as the rules see it; nobody without a row has paid."""
    if row is None:
        return Standing()
    return Standing(row.tier, row.status, row.expires_at, row.pending_tier)


def seated_users(user_id: UUID) -> list[UUID]:
    """Whom a person's family plan seats or offers a seat: their feeds move with the plan."""
    return list(FamilyMember.objects.filter(subscription__user_id=user_id).values_list("member_id", flat=True))


def family_people(user_id: UUID) -> set[UUID]:
    """A person and everybody on the other side of a seat given or taken."""
    mine = FamilyMember.objects.filter(member_id=user_id).values_list("subscription__user_id", flat=True)
    return {user_id, *seated_users(user_id), *mine}


@dataclass(frozen=True, slots=True)
class Family:
    """The seats of one's own plan, what one was offered, and where one sits."""

    seats: int
    members: list[FamilyMember]
    offers: list[FamilyMember]
    seat: FamilyMember | None


def family_of(user_id: UUID) -> Family:
    """Every seat that concerns a person, in a constant number of queries."""
    own = Subscription.objects.filter(user_id=user_id).values_list("tier", flat=True).first()
    members = FamilyMember.objects.filter(subscription__user_id=user_id).select_related("member")
    mine = list(FamilyMember.objects.filter(member_id=user_id).select_related("subscription__user").order_by("id"))
    return Family(
        seats=plan_named(own or Tier.FREEMIUM).seats,
        members=list(members.order_by("id")),
        offers=[seat for seat in mine if seat.status == SeatStatus.INVITED],
        seat=next((seat for seat in mine if seat.status == SeatStatus.ACTIVE), None),
    )
