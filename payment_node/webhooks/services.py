"""Writing events, and sending them in order until the main server has taken them."""

import os
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

import httpx
import orjson
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from payment_node import signing
from payment_node.core import clock
from payment_node.core.ids import new_id
from payment_node.core.logs import alarm, payment
from payment_node.webhooks.models import DeliveryStatus, WebhookDelivery

# seconds after each failed attempt; then hourly, and after a day a person decides
_PAUSES = (1, 2, 4, 60, 300, 900, 3600)
_LONGEST = timedelta(hours=24)
_LEASE = timedelta(seconds=60)  # longer than the main server's time-out
_BUDGET_SECONDS = 30.0
_KEPT = timedelta(days=365)


def webhook_add(event: str, *, subject: str, sequence: int, data: Mapping[str, Any], now: datetime) -> WebhookDelivery:
    """An event with this transaction's change; it is sent soon after the commit."""
    event_id = new_id()
    body = {
        "eventId": str(event_id),
        "event": event,
        "sequence": sequence,
        "occurredAt": clock.iso(now),
        "data": data,
    }
    delivery = WebhookDelivery.objects.create(
        event_id=event_id,
        event=event,
        subject=subject,
        sequence=sequence,
        payload=orjson.dumps(body).decode(),
        next_retry_at=now,
        created_at=now,
        trying_since=now,
    )
    transaction.on_commit(_send_soon)
    return delivery


def _send_soon() -> None:
    from payment_node.webhooks.tasks import webhooks_send_soon

    webhooks_send_soon()


def _due(now: datetime) -> QuerySet[WebhookDelivery]:
    """Due events whose earlier ones have arrived; a failed one holds the later ones of its subject back."""
    earlier = WebhookDelivery.objects.filter(subject=OuterRef("subject"), sequence__lt=OuterRef("sequence")).exclude(
        status=DeliveryStatus.DELIVERED
    )
    return (
        WebhookDelivery.objects.filter(~Exists(earlier), status=DeliveryStatus.PENDING, next_retry_at__lte=now)
        .order_by("next_retry_at", "event_id")
        .select_for_update(skip_locked=True, of=("self",))
    )


def webhooks_send_due() -> int:
    """Send what is due, any number of senders at once; returns how many arrived. A dead main server costs one try."""
    deadline = time.monotonic() + _BUDGET_SECONDS
    arrived = 0
    while time.monotonic() < deadline:
        claimed = _claim()
        if claimed is None:
            break
        delivered = _send(claimed)
        arrived += delivered
        if not delivered and claimed.last_error.startswith("connection"):
            break
    return arrived


def _claim() -> WebhookDelivery | None:
    """Take one for a while: should this process end, another takes it after the lease."""
    now = clock.now()
    with transaction.atomic():
        delivery = _due(now).first()
        if delivery is not None:
            delivery.attempts += 1
            WebhookDelivery.objects.filter(pk=delivery.pk).update(
                next_retry_at=now + _LEASE, attempts=delivery.attempts
            )
    return delivery


@cache
def _session(_process: int) -> httpx.Client:
    return httpx.Client(timeout=settings.MAIN_TIMEOUT_SECONDS, follow_redirects=False)


def _send(delivery: WebhookDelivery) -> bool:
    url = httpx.URL(settings.MAIN_WEBHOOK_URL)
    body = delivery.payload.encode()
    timestamp = str(int(clock.now().timestamp()))
    signature = signing.sign(settings.MAIN_SECRET, timestamp, "POST", url.raw_path.decode(), body)
    headers = {
        "Content-Type": "application/json",
        "X-API-Key": settings.MAIN_API_KEY,
        "X-Key-Id": settings.MAIN_KEY_ID,
        "X-Timestamp": timestamp,
        "X-Event-Id": str(delivery.event_id),
        "X-Signature": signature,
    }
    try:
        response = _session(os.getpid()).post(url, content=body, headers=headers)
        error = "" if response.is_success else f"HTTP {response.status_code}"
    except httpx.HTTPError as failure:
        error = f"connection: {type(failure).__name__}"
    delivery.last_error = error
    _note(delivery, str(url), signature)
    return not error


def _note(delivery: WebhookDelivery, url: str, signature: str) -> None:
    now = clock.now()
    values: dict[str, Any] = {"url": url[:300], "signature": signature, "last_error": delivery.last_error}
    if not delivery.last_error:
        values |= {"status": DeliveryStatus.DELIVERED, "delivered_at": now}
    elif now - delivery.trying_since >= _LONGEST and delivery.attempts > len(_PAUSES):
        values |= {"status": DeliveryStatus.FAILED}
        alarm("webhook given up", eventId=str(delivery.event_id), reason=delivery.last_error)
    else:
        pause = _PAUSES[min(delivery.attempts, len(_PAUSES)) - 1]
        values |= {"next_retry_at": now + timedelta(seconds=pause)}
    WebhookDelivery.objects.filter(pk=delivery.pk, status=DeliveryStatus.PENDING).update(**values)
    payment(
        "webhook",
        eventId=str(delivery.event_id),
        kind=delivery.event,
        attempt=delivery.attempts,
        outcome=delivery.last_error or "delivered",
    )


def webhooks_resend(event_ids: list[UUID]) -> int:
    """Give events that were given up their tries again. Returns how many."""
    now = clock.now()
    count = WebhookDelivery.objects.filter(pk__in=event_ids, status=DeliveryStatus.FAILED).update(
        status=DeliveryStatus.PENDING, attempts=0, next_retry_at=now, trying_since=now
    )
    transaction.on_commit(_send_soon)
    return count


def webhooks_clean_up() -> int:
    """Delete what arrived more than a year ago."""
    old = WebhookDelivery.objects.filter(status=DeliveryStatus.DELIVERED, delivered_at__lt=clock.now() - _KEPT)
    deleted, _models = old.delete()
    return deleted
