"""Limits of medicines taken only when needed (domain.md §7.5): warned of, never a reason to refuse the record."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

DAY = timedelta(hours=24)
_NONE = Decimal(0)


@dataclass(frozen=True, slots=True)
class Limits:
    """What the prescriber allows; None: not said."""

    most_a_day: Decimal | None = None
    least_apart: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """One intake of the ingredient, scheduled or not."""

    at: datetime
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Standing:
    """What to show before the tap. ``next_possible`` None: nothing stands against an intake now."""

    last_taken: datetime | None
    amount_in_24_h: Decimal
    next_possible: datetime | None


def standing(limits: Limits, taken: Sequence[Taken], *, at: datetime, amount: Decimal) -> Standing:
    """How an intake of ``amount`` at ``at`` stands to what was taken before it."""
    before = sorted((one for one in taken if one.at <= at), key=lambda one: one.at)
    recent = [one for one in before if at - one.at < DAY]
    last = before[-1].at if before else None
    waits = []
    if limits.least_apart is not None and last is not None:
        waits.append(last + limits.least_apart)
    if limits.most_a_day is not None and amount <= limits.most_a_day:
        total = sum((one.amount for one in recent), _NONE)
        for one in recent:
            if total + amount <= limits.most_a_day:
                break
            total -= one.amount
            waits.append(one.at + DAY)
    latest = max(waits, default=at)
    return Standing(last, sum((one.amount for one in recent), _NONE), latest if latest > at else None)


def over_limit(limits: Limits, taken: Sequence[Taken], *, at: datetime, amount: Decimal) -> bool:
    """Whether an intake goes beyond what is allowed: too much within 24 h, or too soon after another either way."""
    near = [one for one in taken if abs(at - one.at) < DAY]
    within = sum((one.amount for one in near if one.at <= at), amount)
    if limits.most_a_day is not None and within > limits.most_a_day:
        return True
    return limits.least_apart is not None and any(abs(at - one.at) < limits.least_apart for one in near)
