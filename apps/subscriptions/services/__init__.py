"""Writing subscriptions: the plan itself, what it limits, the seats of a family, and the hourly jobs."""

from apps.subscriptions.services.limits import feature_require, plan_limit_require, storage_take
from apps.subscriptions.services.plan import (
    Effect,
    subscription_downgrade,
    subscription_ensure,
    subscription_give,
    subscription_pay,
    subscription_take_back,
)
from apps.subscriptions.services.seats import seat_accept, seat_decline, seat_offer, seat_remove

__all__ = [
    "Effect",
    "feature_require",
    "plan_limit_require",
    "seat_accept",
    "seat_decline",
    "seat_offer",
    "seat_remove",
    "storage_take",
    "subscription_downgrade",
    "subscription_ensure",
    "subscription_give",
    "subscription_pay",
    "subscription_take_back",
]
