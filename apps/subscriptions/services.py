"""Writes of the subscriptions app."""

from datetime import datetime
from uuid import UUID

from apps.subscriptions.models import Subscription


def subscription_ensure(*, user_id: UUID, now: datetime) -> Subscription:
    """The person's subscription; the first call opens the free plan, every other one changes nothing.

    Inside the caller's transaction; of two at once the unique row decides.
    """
    subscription, _ = Subscription.objects.get_or_create(user_id=user_id, defaults={"started_at": now})
    return subscription
