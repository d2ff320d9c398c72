"""Payments as they go over the wire."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any
from uuid import UUID

from apps.payments.models import PaymentRef
from apps.payments.selectors import payments_of
from dastern.core.localtime import iso, iso_or_none


def amount_text(amount: Decimal, currency: str) -> str:
    """An amount as the contract writes it: dollars with cents, riel whole."""
    return f"{amount:.2f}" if currency == "USD" else f"{amount:.0f}"


def payment_wire(ref: PaymentRef) -> dict[str, Any]:
    """A payment with its QR, as POST create answers it."""
    return {
        "transactionId": ref.transaction_id,
        "billNumber": ref.bill_number,
        "md5Hash": ref.md5,
        "qrCode": ref.qr_code,
        "qrImagePath": ref.qr_image or None,
        "deepLink": ref.deep_link or None,
        "planType": ref.plan_type,
        "kind": ref.kind,
        "amount": amount_text(ref.amount, ref.currency),
        "currency": ref.currency,
        "status": ref.status,
        "createdAt": iso(ref.created_at),
        "expiresAt": iso_or_none(ref.qr_expires_at),
    }


def status_wire(ref: PaymentRef, subscription: dict[str, Any]) -> dict[str, Any]:
    """How a payment stands, and the plan beside it."""
    return {
        "md5Hash": ref.md5,
        "billNumber": ref.bill_number,
        "planType": ref.plan_type,
        "kind": ref.kind,
        "amount": amount_text(ref.amount, ref.currency),
        "currency": ref.currency,
        "status": ref.status,
        "reason": ref.reason or None,
        "underReview": bool(ref.review_reason),
        "checking": ref.checking,
        "deepLink": ref.deep_link or None,
        "expiresAt": iso_or_none(ref.qr_expires_at),
        "paidAt": iso_or_none(ref.paid_at),
        "subscription": subscription,
    }


def history_wire(rows: Iterable[PaymentRef]) -> list[dict[str, Any]]:
    """Payments as a list."""
    return [
        {
            "md5Hash": ref.md5,
            "billNumber": ref.bill_number,
            "planType": ref.plan_type,
            "kind": ref.kind,
            "amount": amount_text(ref.amount, ref.currency),
            "currency": ref.currency,
            "status": ref.status,
            "reason": ref.reason or None,
            "underReview": bool(ref.review_reason),
            "createdAt": iso(ref.created_at),
            "paidAt": iso_or_none(ref.paid_at),
            "refundedAt": iso_or_none(ref.taken_back_at),
        }
        for ref in rows
    ]


def payments_export(user_id: UUID) -> list[dict[str, Any]]:
    """The person's payments for the export of everything owned."""
    return history_wire(payments_of(user_id))
