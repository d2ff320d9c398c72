"""Medicines taken only when needed (domain.md §7.5): what to show before the tap, from what this phone knows.

The same arithmetic as the server's, over the same wire; a limit that is passed stops the hand, never the record.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation

DAY = timedelta(hours=24)
_NONE = Decimal(0)


@dataclass(frozen=True, slots=True)
class Taken:
    """One intake of the medicine."""

    at: datetime
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Standing:
    """``next_possible`` None: nothing stands against an intake now. ``over``: an intake now would pass a limit."""

    last_taken: datetime | None
    amount_in_24_h: Decimal
    next_possible: datetime | None
    over: bool


def decimal(value: object) -> Decimal | None:
    """A decimal of the wire, or None."""
    try:
        return None if value in {None, ""} else Decimal(str(value))
    except InvalidOperation:
        return None


def standing(
    taken: Sequence[Taken], *, most_a_day: Decimal | None, least_apart: timedelta | None, at: datetime, amount: Decimal
) -> Standing:
    """How an intake of ``amount`` at ``at`` stands to what was taken before it."""
    before = sorted((one for one in taken if one.at <= at), key=lambda one: one.at)
    recent = [one for one in before if at - one.at < DAY]
    last = before[-1].at if before else None
    total = sum((one.amount for one in recent), _NONE)
    waits: list[datetime] = []
    if least_apart is not None and last is not None:
        waits.append(last + least_apart)
    if most_a_day is not None and amount <= most_a_day:
        left = total
        for one in recent:
            if left + amount <= most_a_day:
                break
            left -= one.amount
            waits.append(one.at + DAY)
    latest = max(waits, default=at)
    too_much = most_a_day is not None and total + amount > most_a_day
    return Standing(last, total, latest if latest > at else None, too_much or latest > at)
