"""The node tells: believed when signed, fresh and from its address; each event counts once."""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address, ip_network
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F

from apps.payments.choices import Cause, Verdict
from apps.payments.errors import WebhookRefused
from apps.payments.models import PaymentEvent
from apps.payments.node import AnswerBroken, told_of
from apps.payments.services.settling import payment_settle
from apps.payments.signing import is_one_of, refusal
from dastern.core.actor import Actor

logger = logging.getLogger(__name__)

# What each acting event says about the payment; every other event only informs.
ACTING: Final[Mapping[str, str]] = {
    "PAYMENT_COMPLETED": "COMPLETED",
    "PAYMENT_FAILED": "FAILED",
    "PAYMENT_REFUNDED": "REFUNDED",
}
_FINAL: Final = (Verdict.APPLIED, Verdict.IGNORED)


@dataclass(frozen=True, slots=True)
class Envelope:
    """An event as it came."""

    event_id: UUID
    event: str
    sequence: int
    occurred_at: datetime
    data: Mapping[str, Any]


def webhook_verify(*, headers: Mapping[str, str], path: str, body: bytes, address: str) -> None:
    """Raises WebhookRefused for a message from elsewhere, unsigned, wrongly signed or old; the log says why.

    Real time counts, not the movable clock: the node compares with the same.
    """
    reason = _address_refusal(address)
    if reason is None and not is_one_of(headers.get("X-API-Key", ""), settings.PAYMENT_WEBHOOK_API_KEYS):
        reason = "wrong API key"
    reason = reason or refusal(
        secrets_by_id(settings.PAYMENT_WEBHOOK_SECRETS),
        key_id=headers.get("X-Key-Id", ""),
        timestamp=headers.get("X-Timestamp", ""),
        signature=headers.get("X-Signature", ""),
        method="POST",
        path=path,
        body=body,
        now=time.time(),
    )
    if reason:
        logger.warning("a message to the payment webhook was refused (%s) from %s", reason, address)
        raise WebhookRefused


def secrets_by_id(pairs: list[str]) -> dict[str, str]:
    """``id:secret`` texts of the settings as a table."""
    return {key_id: secret for key_id, found, secret in (pair.partition(":") for pair in pairs) if found and secret}


def _address_refusal(address: str) -> str | None:
    try:
        caller = ip_address(address)
    except ValueError:
        return "no address"
    allowed = (ip_network(one, strict=False) for one in settings.PAYMENT_WEBHOOK_ADDRESSES)
    return None if any(caller in network for network in allowed) else "address not allowed"


@transaction.atomic
def webhook_receive(*, envelope: Envelope, now: datetime, address: str) -> Verdict:
    """Count an event once. What came before is answered like then and not done again.

    One that names no payment of ours, or tells of it otherwise than it was made, is kept for staff, and judged again
    when it comes again.
    """
    PaymentEvent.objects.bulk_create(
        [
            PaymentEvent(
                event_id=envelope.event_id,
                event=envelope.event[:32],
                md5=str(envelope.data.get("md5Hash") or "")[:32],
                sequence=envelope.sequence,
                told=dict(envelope.data),
                occurred_at=envelope.occurred_at,
                received_at=now,
                times=0,
            )
        ],
        ignore_conflicts=True,  # waits for another delivery of the same event, and then finds it done
    )
    kept = PaymentEvent.objects.select_for_update().get(pk=envelope.event_id)
    if kept.verdict in _FINAL:
        PaymentEvent.objects.filter(pk=kept.pk).update(times=F("times") + 1)
        return Verdict(kept.verdict)
    verdict = _judge(envelope, now, Actor(id=None, role="PAYMENT_NODE", ip=address))
    PaymentEvent.objects.filter(pk=kept.pk).update(times=F("times") + 1, verdict=verdict)
    return verdict


def _judge(envelope: Envelope, now: datetime, actor: Actor) -> Verdict:
    status = ACTING.get(envelope.event)
    if status is None:
        return Verdict.IGNORED
    try:
        told = told_of(envelope.data, sequence=envelope.sequence)
    except AnswerBroken as error:
        logger.warning("event %s is not what the contract says: %s", envelope.event_id, error)
        return Verdict.MISMATCH
    if told.status != status:
        logger.error("event %s says %s of a payment that it calls %s", envelope.event_id, envelope.event, told.status)
        return Verdict.MISMATCH
    return payment_settle(told=told, cause=Cause.WEBHOOK, now=now, event_id=envelope.event_id, actor=actor)
