"""Plans as they go over the wire; counts are integers and −1 is "no limit" (domain.md §2.10)."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from apps.subscriptions.choices import SeatStatus
from apps.subscriptions.models import Subscription
from apps.subscriptions.rules import PLANS, Feature, Plan, on_wire
from apps.subscriptions.selectors import Family, family_of, plan_of, prices
from dastern.core.actor import Actor
from dastern.core.localtime import iso, iso_or_none


def limits_wire(plan: Plan) -> dict[str, int]:
    """What a plan limits."""
    return {
        "prescriptions": on_wire(plan.prescriptions),
        "medicines": on_wire(None),
        "caregivers": on_wire(plan.caregivers),
        "doctors": on_wire(plan.doctors),
        "familySeats": plan.seats,
        "storageBytes": plan.storage,
    }


def features_wire(plan: Plan) -> dict[str, bool]:
    """What a plan opens."""
    return {feature.value: feature in plan.features for feature in Feature}


def plans_wire() -> list[dict[str, Any]]:
    """The plan table with prices for 30 days."""
    table = prices()
    return [
        {
            "tier": plan.tier,
            "prices": {currency: str(price) for currency, price in table[plan.tier].items()},
            "limits": limits_wire(plan),
            "features": features_wire(plan),
        }
        for plan in PLANS.values()
    ]


def subscription_wire(subscription: Subscription, in_force: Plan) -> dict[str, Any]:
    """A person's plan: the own row, and the tier in force (a seat may lift it)."""
    return {
        "id": str(subscription.id),
        "tier": subscription.tier,
        "effectiveTier": in_force.tier,
        "status": subscription.status,
        "startedAt": iso(subscription.started_at),
        "expiresAt": iso(subscription.expires_at) if subscription.expires_at else None,
        "pendingTier": subscription.pending_tier or None,
        "storageUsed": subscription.storage_used,
        "storageQuota": in_force.storage,
    }


def family_wire(family: Family) -> dict[str, Any]:
    """The seats that concern somebody. Who was invited has no name here before agreeing."""
    return {
        "seats": {"total": family.seats, "taken": len(family.members) + (1 if family.seats else 0)},
        "members": [
            {
                "memberId": str(seat.member_id),
                "name": seat.member.full_name if seat.status == SeatStatus.ACTIVE else None,
                "status": seat.status,
                "addedAt": iso(seat.added_at),
                "acceptedAt": iso_or_none(seat.accepted_at),
            }
            for seat in family.members
        ],
        "invitations": [
            {"invitationId": str(seat.pk), "from": seat.subscription.user.full_name, "addedAt": iso(seat.added_at)}
            for seat in family.offers
        ],
        "seat": {
            "ownerName": family.seat.subscription.user.full_name,
            "acceptedAt": iso_or_none(family.seat.accepted_at),
        }
        if family.seat
        else None,
    }


def subscriptions_load(viewer: Actor, owner_id: UUID, ids: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    """Loader of the sync resource ``subscription``."""
    rows = Subscription.objects.filter(user_id=owner_id, pk__in=list(ids))
    return {row.id: subscription_wire(row, plan_of(owner_id)) for row in rows}


def subscriptions_export(user_id: UUID) -> list[dict[str, Any]]:
    """The person's plan for the export of everything owned."""
    rows = Subscription.objects.filter(user_id=user_id)
    return [subscription_wire(row, plan_of(user_id)) for row in rows]


def family_export(user_id: UUID) -> list[dict[str, Any]]:
    """The person's seats, given and taken, for the export of everything owned."""
    return [family_wire(family_of(user_id))]
