"""How a plan lives: bought, renewed, raised, run out, given back (domain.md §2.10). Pure: no Django, no clock.

A plan is counted in time. Whatever a payment meets when it arrives (maybe a day late, after another payment), the
time that was paid for is never lost: it is carried over at its worth in the higher of the two plans.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Final

from apps.subscriptions.rules.plans import PAID_DAYS, better, is_lower

FREE: Final = "FREEMIUM"
PERIOD: Final = timedelta(days=PAID_DAYS)
GRACE: Final = timedelta(days=3)
REMIND_DAYS: Final = (1, 3, 7)
_DAY: Final = timedelta(days=1)
_CENT: Final[Mapping[str, Decimal]] = {"USD": Decimal("0.01"), "KHR": Decimal(1)}

# Tier → price of 30 days in one currency.
Prices = Mapping[str, Decimal]


class Kind(StrEnum):
    """What a payment is for."""

    NEW = "NEW"
    RENEWAL = "RENEWAL"
    UPGRADE = "UPGRADE"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where somebody stands: the row of the subscription. A paid plan without an end was given by hand."""

    tier: str = FREE
    status: str = "ACTIVE"
    expires_at: datetime | None = None
    pending_tier: str = ""

    @property
    def is_paid(self) -> bool:
        """Any plan but the free one."""
        return self.tier != FREE


@dataclass(frozen=True, slots=True)
class Purchase:
    """What was paid for, frozen when the QR was made. ``until``: the end that an upgrade leaves as it is."""

    tier: str
    kind: Kind
    days: int = PAID_DAYS
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """What choosing a plan now would be. ``days``: those left, for an upgrade."""

    kind: Kind
    days: int
    until: datetime | None


class NothingToBuy(Exception):
    """The plan chosen is running without an end, or is smaller than the one that is paid."""


def left(standing: Standing, now: datetime) -> timedelta:
    """The paid time ahead; none for the free plan and for what has run out."""
    if not standing.is_paid or standing.expires_at is None:
        return timedelta()
    return max(standing.expires_at - now, timedelta())


def days_left(standing: Standing, now: datetime) -> int:
    """Paid days ahead, a day begun counted whole."""
    return -(-left(standing, now) // _DAY)


def offer(standing: Standing, tier: str, now: datetime) -> Offer:
    """What it is to choose ``tier`` now. Raises NothingToBuy."""
    endless = standing.is_paid and standing.expires_at is None
    if not endless and not left(standing, now):
        return Offer(Kind.RENEWAL if tier == standing.tier else Kind.NEW, PAID_DAYS, None)
    if endless or is_lower(tier, standing.tier):
        raise NothingToBuy
    if tier == standing.tier:
        return Offer(Kind.RENEWAL, PAID_DAYS, None)
    return Offer(Kind.UPGRADE, days_left(standing, now), standing.expires_at)


def price(standing: Standing, tier: str, offered: Offer, prices: Prices, currency: str) -> Decimal:
    """What is to be paid: 30 days of the plan, or for an upgrade the difference for the days left, at least a cent."""
    cent = _CENT[currency]
    if offered.kind is not Kind.UPGRADE:
        return prices[tier].quantize(cent)
    difference = (prices[tier] - prices[standing.tier]) * offered.days / PAID_DAYS
    return max(difference.quantize(cent, rounding=ROUND_HALF_UP), cent)


def _worth(time: timedelta, tier: str, in_tier: str, prices: Prices) -> timedelta:
    """Paid time of one plan as time of another, by their prices."""
    if tier == in_tier or not time:
        return time
    ratio = Fraction(prices[tier]) / Fraction(prices[in_tier])
    return timedelta(microseconds=int(Fraction(time // timedelta(microseconds=1)) * ratio))


def after_payment(standing: Standing, bought: Purchase, prices: Prices, now: datetime) -> Standing:
    """Where somebody stands once the payment counts.

    Renewing adds to what is left; an upgrade changes the plan at once and leaves the end as it is. Where the plan
    changed between the QR and the money, the days left and the days bought are carried into the higher plan by
    their worth. Nobody ever ends lower, or earlier in worth, than before.
    """
    if standing.is_paid and standing.expires_at is None:
        return Standing(better(standing.tier, bought.tier), "ACTIVE", None)
    ahead = left(standing, now)
    raises = bought.kind is Kind.UPGRADE and is_lower(standing.tier, bought.tier)
    if raises and ahead and standing.expires_at == bought.until:
        return Standing(bought.tier, "ACTIVE", standing.expires_at)
    paid = timedelta(days=bought.days)
    if bought.kind is Kind.UPGRADE:  # only the difference was paid, and it meets another plan than it was made for
        paid -= _worth(paid, _below(bought.tier, prices), bought.tier, prices)
    tier = better(standing.tier, bought.tier) if ahead else bought.tier
    end = now + _worth(ahead, standing.tier, tier, prices) + _worth(paid, bought.tier, tier, prices)
    return Standing(tier, "ACTIVE", end)


def _below(tier: str, prices: Prices) -> str:
    """The plan that an upgrade to ``tier`` starts from: the dearest one under it."""
    return max((one for one in prices if is_lower(one, tier)), key=lambda one: prices[one])


def after_refund(
    standing: Standing, before: Standing, after: Standing, counted_at: datetime, now: datetime
) -> Standing:
    """Where somebody stands once a payment was given back.

    ``before`` and ``after`` are what the payment found and made at ``counted_at``. Untouched since: as before.
    Otherwise the time that the payment gave is taken off, and its plan too where it was an upgrade. What then lies
    in the past is the free plan at once.
    """
    if standing.expires_at is None or after.expires_at is None or not standing.is_paid:
        return standing
    if (standing.tier, standing.expires_at) == (after.tier, after.expires_at):
        back = Standing(before.tier, "ACTIVE", before.expires_at)
    else:
        given = after.expires_at - counted_at - left(before, counted_at)
        tier = before.tier if standing.tier == after.tier and before.is_paid else standing.tier
        back = Standing(tier, "ACTIVE", standing.expires_at - given)
    if back.is_paid and back.expires_at is not None and back.expires_at <= now:
        return Standing(FREE, "EXPIRED")
    return back


def at_expiry(standing: Standing, now: datetime) -> Standing:
    """What the hourly job makes of a plan: unchanged before its end, then three days of grace, then the free plan.

    Who asked for the free plan goes there at the end, without grace; who asked for a smaller plan goes into grace
    with that one, waiting for its payment.
    """
    if not standing.is_paid or standing.expires_at is None or now < standing.expires_at:
        return standing
    if standing.pending_tier == FREE or now >= standing.expires_at + GRACE:
        return Standing(FREE, "EXPIRED")
    if standing.status == "GRACE":
        return standing
    return Standing(standing.pending_tier or standing.tier, "GRACE", standing.expires_at)


def reminder(expires_at: datetime, now: datetime) -> int | None:
    """Which reminder is due (7, 3 or 1 days before the end); None outside those days."""
    ahead = expires_at - now
    if ahead <= timedelta():
        return None
    return next((days for days in REMIND_DAYS if ahead <= days * _DAY), None)
