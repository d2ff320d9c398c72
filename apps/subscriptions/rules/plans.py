"""The plan table (domain.md §1.6, §2.10): what each plan allows. Pure; prices come from the settings.

How a plan lives (paying, running out, giving back) is in lifecycle.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

GIB: Final = 1024**3
PAID_DAYS: Final = 30
UNLIMITED: Final = -1  # on the wire; None here


class Feature(StrEnum):
    """What a plan may open. What is not listed here (reminders, offline, SOS, basic adherence) is free for ever."""

    FULL_ANALYTICS = "FULL_ANALYTICS"
    SCAN = "SCAN"
    UNLIMITED_DOCTORS = "UNLIMITED_DOCTORS"
    TREND_SHARING = "TREND_SHARING"
    REPORTS = "REPORTS"
    PRIORITY_SUPPORT = "PRIORITY_SUPPORT"
    FAMILY_SEATS = "FAMILY_SEATS"


@dataclass(frozen=True, slots=True)
class Plan:
    """One plan. Limits are None for "no limit"; ``seats`` includes the payer, 0 where a plan has none."""

    tier: str
    prescriptions: int | None
    caregivers: int | None
    doctors: int | None
    seats: int
    storage: int
    features: frozenset[Feature]


_PAID: Final = frozenset(Feature) - {Feature.FAMILY_SEATS}
PLANS: Final[Mapping[str, Plan]] = {
    "FREEMIUM": Plan("FREEMIUM", 1, 1, 1, 0, 5 * GIB, frozenset()),
    "PREMIUM": Plan("PREMIUM", None, 5, None, 0, 20 * GIB, _PAID),
    "FAMILY_PREMIUM": Plan("FAMILY_PREMIUM", None, 10, None, 3, 20 * GIB, frozenset(Feature)),
}
_RANK: Final = {"FREEMIUM": 0, "PREMIUM": 1, "FAMILY_PREMIUM": 2}


def plan_named(tier: str) -> Plan:
    """The plan of a tier; an unknown one is the free plan."""
    return PLANS.get(tier, PLANS["FREEMIUM"])


def better(one: str, other: str) -> str:
    """The higher of two tiers: a seat gives Premium to somebody on the free plan and takes nothing from anybody."""
    return max(one, other, key=lambda tier: _RANK.get(tier, 0))


def is_lower(one: str, other: str) -> bool:
    """Whether ``one`` is a smaller plan than ``other``."""
    return _RANK.get(one, 0) < _RANK.get(other, 0)


def members_max(plan: Plan) -> int:
    """How many people beside the payer a plan seats."""
    return max(plan.seats - 1, 0)


def on_wire(limit: int | None) -> int:
    """A limit as the API tells it: −1 for none."""
    return UNLIMITED if limit is None else limit
