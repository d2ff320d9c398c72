"""What each plan allows, the free plan at sign-up, seats, and what the API tells of it."""

import threading
from decimal import Decimal

import pytest
from django.db import connection

from apps.audit.models import AuditLog
from apps.subscriptions.choices import SeatStatus, Tier
from apps.subscriptions.models import FamilyMember, Subscription
from apps.subscriptions.rules import Feature
from apps.subscriptions.selectors import feature_allowed, plan_of
from apps.subscriptions.services import plan_limit_require, subscription_ensure
from apps.users.models import User
from dastern.core import clock
from dastern.core.errors import PlanLimit
from tests.support.people import Api, make_user

pytestmark = pytest.mark.django_db


def test_the_free_plan_is_opened_once(sokha: User) -> None:
    first = subscription_ensure(user_id=sokha.id, now=clock.now())
    assert subscription_ensure(user_id=sokha.id, now=clock.now()) == first
    assert (first.tier, first.status) == (Tier.FREEMIUM, "ACTIVE")
    assert AuditLog.objects.filter(action_type="SUBSCRIPTION_CHANGE").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_at_once_open_one_plan() -> None:
    sokha = make_user("Sokha")
    barrier = threading.Barrier(2)

    def open_it() -> None:
        barrier.wait()
        try:
            subscription_ensure(user_id=sokha.id, now=clock.now())
        finally:
            connection.close()

    threads = [threading.Thread(target=open_it) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Subscription.objects.filter(user=sokha).count() == 1


def test_limits_are_refused_with_limit_and_count() -> None:
    plan_limit_require(None, 1000)
    plan_limit_require(1, 0)
    with pytest.raises(PlanLimit) as refused:
        plan_limit_require(1, 1)
    assert refused.value.extra == {"limit": 1, "count": 1}


def test_a_seat_gives_premium_while_the_family_plan_is_paid(sokha: User, dara: User) -> None:
    payer = subscription_ensure(user_id=sokha.id, now=clock.now())
    Subscription.objects.filter(pk=payer.pk).update(tier=Tier.FAMILY_PREMIUM)
    seat = FamilyMember.objects.create(subscription=payer, member=dara, added_at=clock.now())
    assert plan_of(dara.id).tier == Tier.FREEMIUM, "an invitation is no seat"
    FamilyMember.objects.filter(pk=seat.pk).update(status=SeatStatus.ACTIVE)
    assert plan_of(dara.id).tier == Tier.PREMIUM
    assert feature_allowed(dara.id, Feature.FULL_ANALYTICS)
    Subscription.objects.filter(pk=payer.pk).update(tier=Tier.FREEMIUM, status="EXPIRED")
    assert plan_of(dara.id).tier == Tier.FREEMIUM


def test_the_api_tells_integers_and_minus_one_for_no_limit(sokha: User) -> None:
    assert Api(sokha).get("subscriptions/me").json()["data"]["tier"] == "FREEMIUM"
    assert Api(sokha).get("subscriptions/limits").json()["data"] == {
        "prescriptions": 1, "medicines": -1, "caregivers": 1, "doctors": 1, "familySeats": 0,
        "storageBytes": 5_368_709_120,
    }  # fmt: skip
    assert set(Api(sokha).get("subscriptions/features").json()["data"].values()) == {False}


def test_anybody_sees_the_plans_and_their_prices(settings: object, db: None) -> None:
    plans = {plan["tier"]: plan for plan in Api().get("subscriptions/plans").json()["data"]["plans"]}
    assert {tier: Decimal(plan["prices"]["USD"]) for tier, plan in plans.items()} == {
        "FREEMIUM": Decimal(0), "PREMIUM": Decimal("0.50"), "FAMILY_PREMIUM": Decimal("1.00"),
    }  # fmt: skip
    assert plans["FAMILY_PREMIUM"]["limits"]["familySeats"] == 3
    assert Api().get("subscriptions/me").status_code == 401
