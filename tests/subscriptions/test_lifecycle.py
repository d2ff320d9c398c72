"""The rules of paying, running out and giving back: the table, the edges, and what always holds."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.subscriptions.rules import PLANS, better, is_lower
from apps.subscriptions.rules.lifecycle import (
    GRACE,
    PERIOD,
    Kind,
    NothingToBuy,
    Offer,
    Purchase,
    Standing,
    after_payment,
    after_refund,
    at_expiry,
    days_left,
    left,
    offer,
    price,
    reminder,
)

NOW = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
USD = {"FREEMIUM": Decimal(0), "PREMIUM": Decimal("0.50"), "FAMILY_PREMIUM": Decimal("1.00")}
KHR = {"FREEMIUM": Decimal(0), "PREMIUM": Decimal(2000), "FAMILY_PREMIUM": Decimal(4000)}
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


def premium(days: float, **rest: object) -> Standing:
    return Standing("PREMIUM", "ACTIVE", NOW + timedelta(days=days), **rest)  # type: ignore[arg-type]


def family(days: float) -> Standing:
    return Standing("FAMILY_PREMIUM", "ACTIVE", NOW + timedelta(days=days))


ends = st.integers(-40 * 86400, 90 * 86400).map(lambda seconds: NOW + timedelta(seconds=seconds))
standings = st.one_of(
    st.sampled_from([Standing(), Standing("FREEMIUM", "EXPIRED")]),
    st.builds(Standing, st.sampled_from(["PREMIUM", "FAMILY_PREMIUM"]), st.sampled_from(["ACTIVE", "GRACE"]), ends),
)
purchases = st.builds(
    Purchase, st.sampled_from(["PREMIUM", "FAMILY_PREMIUM"]), st.sampled_from([Kind.NEW, Kind.RENEWAL])
) | st.builds(
    Purchase, st.just("FAMILY_PREMIUM"), st.just(Kind.UPGRADE), st.integers(1, 60), st.one_of(st.none(), ends)
)


def worth(standing: Standing, now: datetime) -> Decimal:
    """What is left of a plan, in dollars."""
    return USD[standing.tier] * Decimal(left(standing, now) / PERIOD)


# --- choosing -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("standing", "tier", "expected"),
    [
        (Standing(), "PREMIUM", Offer(Kind.NEW, 30, None)),
        (Standing("FREEMIUM", "EXPIRED"), "FAMILY_PREMIUM", Offer(Kind.NEW, 30, None)),
        (premium(12), "PREMIUM", Offer(Kind.RENEWAL, 30, None)),
        (premium(12), "FAMILY_PREMIUM", Offer(Kind.UPGRADE, 12, NOW + 12 * DAY)),
        (premium(11.01), "FAMILY_PREMIUM", Offer(Kind.UPGRADE, 12, NOW + timedelta(days=11.01))),
        (Standing("PREMIUM", "GRACE", NOW - DAY), "PREMIUM", Offer(Kind.RENEWAL, 30, None)),
        (Standing("PREMIUM", "GRACE", NOW - DAY), "FAMILY_PREMIUM", Offer(Kind.NEW, 30, None)),
        (Standing("FAMILY_PREMIUM", "GRACE", NOW - DAY), "PREMIUM", Offer(Kind.NEW, 30, None)),
        (premium(0), "PREMIUM", Offer(Kind.RENEWAL, 30, None)),
    ],
)
def test_what_choosing_a_plan_is(standing: Standing, tier: str, expected: Offer) -> None:
    assert offer(standing, tier, NOW) == expected


def test_a_smaller_plan_and_one_without_an_end_cannot_be_bought() -> None:
    for standing, tier in (
        (family(3), "PREMIUM"),
        (Standing("PREMIUM"), "PREMIUM"),
        (Standing("PREMIUM"), "FAMILY_PREMIUM"),
    ):
        with pytest.raises(NothingToBuy):
            offer(standing, tier, NOW)


@pytest.mark.parametrize(
    ("days", "usd", "khr"),
    [
        (12, "0.20", "800"),
        (30, "0.50", "2000"),
        (1, "0.02", "67"),
        (0.5, "0.02", "67"),
        (55, "0.92", "3667"),
        (3, "0.05", "200"),
    ],
)
def test_s080_an_upgrade_costs_the_difference_for_the_days_left(days: float, usd: str, khr: str) -> None:
    standing = premium(days)
    chosen = offer(standing, "FAMILY_PREMIUM", NOW)
    assert price(standing, "FAMILY_PREMIUM", chosen, USD, "USD") == Decimal(usd)
    assert price(standing, "FAMILY_PREMIUM", chosen, KHR, "KHR") == Decimal(khr)
    assert -price(standing, "FAMILY_PREMIUM", chosen, USD, "USD").as_tuple().exponent == 2


def test_an_upgrade_is_never_free() -> None:
    cheap = USD | {"FAMILY_PREMIUM": Decimal("0.51")}
    assert price(premium(1), "FAMILY_PREMIUM", offer(premium(1), "FAMILY_PREMIUM", NOW), cheap, "USD") == Decimal(
        "0.01"
    )


# --- paying ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "bought", "after"),
    [
        (Standing(), Purchase("PREMIUM", Kind.NEW), premium(30)),
        (premium(12), Purchase("PREMIUM", Kind.RENEWAL), premium(42)),
        (Standing("PREMIUM", "GRACE", NOW - 2 * DAY), Purchase("PREMIUM", Kind.RENEWAL), premium(30)),
        (premium(12), Purchase("FAMILY_PREMIUM", Kind.UPGRADE, 12, NOW + 12 * DAY), family(12)),
        (premium(12, pending_tier="FREEMIUM"), Purchase("PREMIUM", Kind.RENEWAL), premium(42)),
        # money that comes late and meets another plan than it was meant for: carried over by its worth
        (premium(10), Purchase("FAMILY_PREMIUM", Kind.NEW), family(35)),
        (family(10), Purchase("PREMIUM", Kind.NEW), family(25)),
        (premium(42), Purchase("FAMILY_PREMIUM", Kind.UPGRADE, 12, NOW + 12 * DAY), family(27)),
        (Standing("FREEMIUM", "EXPIRED"), Purchase("FAMILY_PREMIUM", Kind.UPGRADE, 12, NOW - DAY), family(6)),
        (Standing("PREMIUM"), Purchase("PREMIUM", Kind.NEW), Standing("PREMIUM")),
    ],
)  # fmt: skip
def test_where_a_payment_leads(before: Standing, bought: Purchase, after: Standing) -> None:
    assert after_payment(before, bought, USD, NOW) == after


@given(standings, purchases)
def test_nobody_is_worse_off_for_having_paid(before: Standing, bought: Purchase) -> None:
    after = after_payment(before, bought, USD, NOW)
    assert after.status == "ACTIVE"
    assert after.pending_tier == ""
    assert not is_lower(after.tier, bought.tier)
    if left(before, NOW):
        assert not is_lower(after.tier, before.tier)
    gained = worth(after, NOW) - worth(before, NOW)
    assert gained > 0
    paid = USD[bought.tier] if bought.kind is not Kind.UPGRADE else Decimal("0.50") * bought.days / 30
    if bought.kind is not Kind.UPGRADE or before.expires_at != bought.until or before.tier != "PREMIUM":
        assert abs(gained - paid) < Decimal("0.000001"), "no more and no less than what was paid"


@given(standings, st.lists(purchases, max_size=6))
def test_the_order_of_two_payments_does_not_change_what_they_are_worth(
    before: Standing, all_of: list[Purchase]
) -> None:
    whole = [one for one in all_of if one.kind is not Kind.UPGRADE]
    one_way, other_way = before, before
    for bought in whole:
        one_way = after_payment(one_way, bought, USD, NOW)
    for bought in reversed(whole):
        other_way = after_payment(other_way, bought, USD, NOW)
    assert abs(worth(one_way, NOW) - worth(other_way, NOW)) < Decimal("0.000001")


# --- giving back ----------------------------------------------------------------------------------------------------


@given(standings, purchases, st.integers(0, 20 * 86400))
def test_a_refund_of_the_last_payment_leads_back(before: Standing, bought: Purchase, seconds: int) -> None:
    later = NOW + timedelta(seconds=seconds)
    after = after_payment(before, bought, USD, NOW)
    back = after_refund(after, before, after, NOW, later)
    if left(before, later):
        assert (back.tier, back.expires_at) == (before.tier, before.expires_at)
    else:
        assert back.tier == "FREEMIUM"
        assert back.expires_at is None


def test_a_refund_of_an_earlier_payment_takes_off_what_it_gave() -> None:
    first = Purchase("PREMIUM", Kind.NEW)
    one = after_payment(Standing(), first, USD, NOW)
    two = after_payment(one, Purchase("PREMIUM", Kind.RENEWAL), USD, NOW + DAY)
    assert after_refund(two, Standing(), one, NOW, NOW + 2 * DAY) == premium(30)
    assert after_refund(two, Standing(), one, NOW, NOW + 31 * DAY) == Standing("FREEMIUM", "EXPIRED")


def test_a_refund_of_an_upgrade_takes_its_plan_off_and_keeps_the_time() -> None:
    upgrade = Purchase("FAMILY_PREMIUM", Kind.UPGRADE, 12, NOW + 12 * DAY)
    one = after_payment(premium(12), upgrade, USD, NOW)
    two = after_payment(one, Purchase("FAMILY_PREMIUM", Kind.RENEWAL), USD, NOW)
    assert after_refund(two, premium(12), one, NOW, NOW + DAY) == premium(42)


# --- running out ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tier", ["PREMIUM", "FAMILY_PREMIUM"])
def test_s081_the_edges_of_end_and_grace(tier: str) -> None:
    running = Standing(tier, "ACTIVE", NOW)
    grace = Standing(tier, "GRACE", NOW)
    over = Standing("FREEMIUM", "EXPIRED")
    assert [at_expiry(running, NOW + step) for step in (-SECOND, timedelta(), SECOND)] == [running, grace, grace]
    assert [at_expiry(grace, NOW + GRACE + step) for step in (-SECOND, timedelta(), SECOND)] == [grace, over, over]
    assert at_expiry(running, NOW + GRACE) == over, "a job that was down for days catches up at once"


def test_a_wish_takes_effect_at_the_end() -> None:
    free = Standing("FAMILY_PREMIUM", "ACTIVE", NOW, "FREEMIUM")
    assert [at_expiry(free, NOW + step).tier for step in (-SECOND, timedelta())] == ["FAMILY_PREMIUM", "FREEMIUM"]
    smaller = Standing("FAMILY_PREMIUM", "ACTIVE", NOW, "PREMIUM")
    assert at_expiry(smaller, NOW) == Standing("PREMIUM", "GRACE", NOW)
    assert at_expiry(at_expiry(smaller, NOW), NOW + GRACE) == Standing("FREEMIUM", "EXPIRED")


@given(standings, st.lists(st.integers(0, 20 * 86400), min_size=1, max_size=5))
def test_the_job_never_raises_a_plan_and_its_second_run_changes_nothing(before: Standing, steps: list[int]) -> None:
    standing, now = before, NOW
    for step in steps:
        now += timedelta(seconds=step)
        after = at_expiry(standing, now)
        assert not is_lower(standing.tier, after.tier)
        assert at_expiry(after, now) == after
        standing = after
    straight = at_expiry(before, now)
    assert straight.tier == standing.tier, "however often the job ran in between"


@pytest.mark.parametrize("days", [7, 3, 1])
def test_reminders_begin_to_the_second(days: int) -> None:
    end = NOW + timedelta(days=days)
    earlier = {7: None, 3: 7, 1: 3}[days]
    assert [reminder(end, NOW + step) for step in (-SECOND, timedelta(), SECOND)] == [earlier, days, days]
    assert [reminder(NOW, NOW + step) for step in (-SECOND, timedelta(), SECOND)] == [1, None, None]


@given(st.sampled_from(sorted(PLANS)), st.sampled_from(sorted(PLANS)))
def test_plans_are_in_one_order(one: str, other: str) -> None:
    assert better(one, other) == better(other, one)
    assert is_lower(one, other) + is_lower(other, one) + (one == other) == 1
    lower, higher = sorted([one, other], key=lambda tier: tier == better(one, other))
    for limit in ("prescriptions", "caregivers", "doctors"):
        small, large = getattr(PLANS[lower], limit), getattr(PLANS[higher], limit)
        assert large is None or (small is not None and small <= large)
    assert PLANS[lower].features <= PLANS[higher].features
    assert PLANS[lower].storage <= PLANS[higher].storage


def test_a_day_begun_counts_whole() -> None:
    assert [days_left(premium(days), NOW) for days in (0, 1 / 86400, 1, 1 + 1 / 86400)] == [0, 1, 1, 2]
