"""The derived row, for the main server."""

from typing import Any

from django.http import HttpRequest, HttpResponseBase

from payment_node.core import clock
from payment_node.core.api import Strict, endpoint, read_body, success
from payment_node.core.errors import not_found
from payment_node.subscriptions import services
from payment_node.subscriptions.models import Subscription


class _Nothing(Strict):
    pass


def _rendered(row: Subscription) -> dict[str, Any]:
    return {
        "userId": row.user_id,
        "planType": row.plan_type,
        "status": row.status,
        "startDate": clock.iso(row.start_date),
        "nextBillingDate": clock.iso(row.next_billing_date),
        "lastBillingDate": clock.iso(row.last_billing_date),
        "cancelledAt": clock.iso(row.cancelled_at),
    }


@endpoint("GET")
def subscription(request: HttpRequest, user_id: str) -> HttpResponseBase:
    """The row of one user; 404 before the first payment."""
    row = Subscription.objects.filter(user_id=user_id, start_date__isnull=False).first()
    if row is None:
        raise not_found("subscription")
    return success(_rendered(row))


@endpoint("POST")
def cancel(request: HttpRequest, user_id: str) -> HttpResponseBase:
    """Cancel it."""
    read_body(request, _Nothing)
    return success(_rendered(services.subscription_cancel(user_id=user_id)))
