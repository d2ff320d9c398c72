"""Reading payments: everybody the own ones, nobody another's."""

from uuid import UUID

from django.db.models import QuerySet

from apps.payments.choices import Verdict
from apps.payments.models import PaymentEvent, PaymentRef
from dastern.core.actor import Actor
from dastern.core.errors import NotFound

_MD5_LENGTH = 32


def payments_of(user_id: UUID) -> QuerySet[PaymentRef]:
    """A person's payments that got a QR, newest first; without the picture."""
    return (
        PaymentRef.objects.filter(user_id=user_id, md5__isnull=False).defer("qr_image").order_by("-created_at", "-id")
    )


def payment_mine(viewer: Actor, md5: str) -> PaymentRef:
    """The viewer's own payment. Raises NotFound: somebody else's looks like none."""
    found = PaymentRef.objects.filter(md5=md5.lower(), user_id=viewer.user_id).first() if _is_md5(md5) else None
    if found is None:
        raise NotFound
    return found


def _is_md5(text: str) -> bool:
    return len(text) == _MD5_LENGTH and text.isascii() and text.isalnum()


def figures() -> list[tuple[tuple[str], float]]:
    """For the metrics: payments that are open, that are held, and events that nobody could place."""
    pending = PaymentRef.objects.filter(status="PENDING")
    doubtful = PaymentEvent.objects.filter(verdict__in=[Verdict.UNKNOWN, Verdict.MISMATCH])
    return [
        (("open",), float(pending.filter(review_reason="").count())),
        (("held",), float(pending.exclude(review_reason="").count())),
        (("doubtful_events",), float(doubtful.count())),
    ]
