"""Writing payments: made, asked about, taken back, heard of, compared."""

from apps.payments.services.asking import payment_ask, payment_cancel, payment_claim_paid
from apps.payments.services.creating import payment_create
from apps.payments.services.jobs import payments_reconcile
from apps.payments.services.settling import payment_settle
from apps.payments.services.webhook import Envelope, webhook_receive, webhook_verify

__all__ = [
    "Envelope",
    "payment_ask",
    "payment_cancel",
    "payment_claim_paid",
    "payment_create",
    "payment_settle",
    "payments_reconcile",
    "webhook_receive",
    "webhook_verify",
]
