"""Short links that open a bank app: fetched once by the worker, never needed."""

from datetime import timedelta

from django.conf import settings

from payment_node.bakong import services
from payment_node.bakong.choices import CallReason
from payment_node.bakong.models import BankCall
from payment_node.core import clock
from payment_node.payments.choices import Status
from payment_node.payments.models import PaymentTransaction

_USEFUL = timedelta(minutes=2)
_BATCH = 10


def links_fetch() -> int:
    """Fetch links of codes that were just shown, one try each. Returns how many came."""
    if not settings.BAKONG_DEEP_LINKS:
        return 0
    fresh = PaymentTransaction.objects.filter(
        status=Status.PENDING, deep_link="", created_at__gt=clock.now() - _USEFUL
    ).order_by("-created_at")[: _BATCH * 2]
    tried = set(
        BankCall.objects.filter(transaction_id__in=[row.pk for row in fresh], reason=CallReason.DEEP_LINK).values_list(
            "transaction_id", flat=True
        )
    )
    came = 0
    for row in [row for row in fresh if row.pk not in tried][:_BATCH]:
        link = services.deep_link(row.qr_code, transaction_id=row.pk)
        if link is None:
            break  # a bank that does not answer must not hold up the next round
        came += PaymentTransaction.objects.filter(pk=row.pk).update(deep_link=link)
    return came
