"""The reconciliation of some days: what we say came, what the bank says came, and where the two differ."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, Q, Sum

from payment_node.bakong.models import BankDay
from payment_node.core.clock import PHNOM_PENH
from payment_node.payments.choices import Status
from payment_node.payments.models import PaymentTransaction, Refund
from payment_node.staff.models import LineState, StatementLine

_MOST_ROWS = 200


def reconciliation(first: date, last: date) -> dict[str, Any]:
    """Figures from ``first`` to ``last`` (days of Phnom Penh), and the rows a person must look at."""
    start = datetime.combine(first, time(), PHNOM_PENH)
    end = datetime.combine(last + timedelta(days=1), time(), PHNOM_PENH)
    made = PaymentTransaction.objects.filter(created_at__range=(start, end))
    settled = PaymentTransaction.objects.filter(
        status__in=[Status.COMPLETED, Status.REFUNDED], paid_at__gte=start, paid_at__lt=end
    )
    lines = StatementLine.objects.filter(booked_at__gte=start, booked_at__lt=end)
    has_line = Q(statement_lines__state=LineState.MATCHED)
    return {
        "first": first,
        "last": last,
        "by_status": list(
            made.values("status", "currency").annotate(n=Count("id"), total=Sum("amount")).order_by("status")
        ),
        "settled": list(settled.values("currency").annotate(n=Count("id"), total=Sum("amount")).order_by("currency")),
        "refunds": list(
            Refund.objects.filter(at__gte=start, at__lt=end)
            .values("currency")
            .annotate(n=Count("id"), total=Sum("amount"))
            .order_by("currency")
        ),
        "lines": list(lines.values("state", "currency").annotate(n=Count("id"), total=Sum("amount")).order_by("state")),
        "without_line": list(settled.exclude(has_line).order_by("paid_at")[:_MOST_ROWS]),
        "strange_lines": list(
            lines.filter(state__in=[LineState.UNMATCHED, LineState.DOUBLE]).order_by("booked_at")[:_MOST_ROWS]
        ),
        "held": PaymentTransaction.objects.exclude(review_reason="").count(),
        "calls": list(BankDay.objects.filter(day__gte=first, day__lte=last).order_by("day")),
    }
