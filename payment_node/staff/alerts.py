"""Telling the operator what waits for a person: once each, by mail; the pages show it whether or not a mail arrives."""

from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import send_mail
from django.db import connection, transaction

from payment_node.bakong import ledger
from payment_node.bakong.choices import PauseReason
from payment_node.core import clock
from payment_node.payments.choices import Reason
from payment_node.payments.models import PaymentTransaction
from payment_node.staff.models import Notice
from payment_node.webhooks.models import DeliveryStatus, WebhookDelivery

_LOOK_BACK = timedelta(days=7)
_LOCK = 0x53544146  # any number of our own


def operator_tell() -> int:
    """One mail with everything that is new. Returns how many things; a mail that fails is tried again next time."""
    if not settings.OPERATOR_EMAIL:
        return 0
    now = clock.now()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            return 0  # another worker is telling
        waiting = _waiting(now)
        known = set(Notice.objects.filter(key__in=waiting).values_list("key", flat=True))
        fresh = {key: text for key, text in waiting.items() if key not in known}
        if not fresh:
            return 0
        Notice.objects.bulk_create([Notice(key=key, told_at=now) for key in fresh])
        body = "\n".join(["These wait for a person on the staff pages of the payment node:", "", *fresh.values()])
        subject = f"Payment node: {len(fresh)} to look at"
        send_mail(subject, body, settings.DEFAULT_FROM_EMAIL, [settings.OPERATOR_EMAIL])
    return len(fresh)


def _waiting(now: datetime) -> dict[str, str]:
    """Key and line of each thing; no payer and no secret in a mail."""
    recent = PaymentTransaction.objects.filter(created_at__gt=now - _LOOK_BACK)
    found = {
        f"held:{row.pk}:{row.review_reason}": f"- {row.bill_number}: held, {row.review_reason}"
        for row in recent.exclude(review_reason="")
    }
    found |= {
        f"after-cancel:{row.pk}": f"- {row.bill_number}: was cancelled and paid all the same; refund or keep?"
        for row in recent.filter(reason=Reason.PAID_AFTER_CANCEL)
    }
    found |= {
        f"webhook:{row.pk}:{row.trying_since.isoformat()}": f"- event {row.pk}: not taken by the main server for a day"
        for row in WebhookDelivery.objects.filter(status=DeliveryStatus.FAILED)
    }
    pause = ledger.paused(now)
    if pause is not None and pause.reason in {PauseReason.TOKEN, PauseReason.CLOSED}:
        found[f"bank:{pause.reason}:{clock.bank_day(now)}"] = f"- the bank cannot be asked: {pause.reason}"
    return found
