"""The rules of plans: pure functions, no Django, no clock."""

from apps.subscriptions.rules.plans import (
    GIB,
    PAID_DAYS,
    PLANS,
    UNLIMITED,
    Feature,
    Plan,
    better,
    is_lower,
    members_max,
    on_wire,
    plan_named,
)

__all__ = [
    "GIB",
    "PAID_DAYS",
    "PLANS",
    "UNLIMITED",
    "Feature",
    "Plan",
    "better",
    "is_lower",
    "members_max",
    "on_wire",
    "plan_named",
]
