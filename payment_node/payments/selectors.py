"""Payments as the main server sees them."""

import base64
from typing import Any

from payment_node.bakong.selectors import checking_state
from payment_node.core import clock
from payment_node.payments import card, rules
from payment_node.payments.models import PaymentTransaction


def rendered(
    held: PaymentTransaction, *, checking: dict[str, Any] | None = None, image: bool = False
) -> dict[str, Any]:
    """One payment on the wire; ``image`` adds the PNG card as a data URI."""
    return {
        "transactionId": str(held.pk),
        "userId": held.user_id,
        "billNumber": held.bill_number,
        "md5Hash": held.md5_hash,
        "planType": held.plan_type,
        "kind": held.kind,
        "amount": rules.written_amount(held.amount, held.currency),
        "currency": held.currency,
        "status": held.status,
        "reason": held.reason or None,
        "reviewReason": held.review_reason or None,
        "sequence": held.sequence,
        "qrCode": held.qr_code,
        "qrImagePath": data_uri(held) if image else None,
        "deepLink": held.deep_link or None,
        "createdAt": clock.iso(held.created_at),
        "expiresAt": clock.iso(held.expires_at),
        "paidAt": clock.iso(held.paid_at),
        "refundedAt": clock.iso(held.refunded_at),
        "checking": checking or checking_state(),
    }


def data_uri(held: PaymentTransaction) -> str:
    """The PNG card, ready for an image element."""
    return "data:image/png;base64," + base64.b64encode(card_of(held).png()).decode()


def card_of(held: PaymentTransaction) -> card.Card:
    """The card of a payment."""
    from payment_node import khqr

    name = khqr.decode(held.qr_code)["merchant_name"]
    return card.Card(held.qr_code, str(name), rules.written_amount(held.amount, held.currency), held.currency)


def payments_by_md5(hashes: list[str]) -> list[dict[str, Any]]:
    """Those of ``hashes`` that exist."""
    checking = checking_state()
    rows = PaymentTransaction.objects.filter(md5_hash__in=hashes).order_by("created_at")
    return [rendered(row, checking=checking) for row in rows]


def history_page(user_id: str, page: int, limit: int) -> dict[str, Any]:
    """A user's payments, newest first."""
    rows = PaymentTransaction.objects.filter(user_id=user_id).order_by("-created_at", "-id")
    total = rows.count()
    checking = checking_state()
    items = [rendered(row, checking=checking) for row in rows[(page - 1) * limit : page * limit]]
    pages = -(-total // limit)
    return {"items": items, "page": page, "limit": limit, "total": total, "totalPages": pages}
