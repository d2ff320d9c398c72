"""Nightly: old codes go, approvals end, requests nobody answered end (domain.md §2.3, 02:00)."""

from datetime import timedelta

from django.db import transaction

from apps.audit.choices import AuditAction
from apps.audit.services import audit_entry, audit_record_many
from apps.connections.choices import AccessRequestStatus, ConnectionStatus
from apps.connections.models import AccessRequest, Connection, ConnectionToken
from dastern.core import clock
from dastern.core.actor import SYSTEM
from dastern.sync.feed import feed_lock

CODE_KEPT = timedelta(hours=48)
REQUEST_LIFE = timedelta(days=30)
_BATCH = 500


def connections_clean_up() -> dict[str, int]:
    """Delete unused codes older than 48 h, expire access requests and links pending for 30 days. Returns the counts.

    Safe to run any number of times at once: every change is guarded by the state it changes.
    """
    now = clock.now()
    codes, _ = ConnectionToken.objects.filter(used_at=None, created_at__lt=now - CODE_KEPT).delete()
    requests = AccessRequest.objects.filter(status=AccessRequestStatus.APPROVED, expires_at__lte=now).update(
        status=AccessRequestStatus.EXPIRED
    )
    requests += AccessRequest.objects.filter(
        status=AccessRequestStatus.PENDING, created_at__lte=now - REQUEST_LIFE
    ).update(status=AccessRequestStatus.EXPIRED, decided_at=now)
    links = 0
    while batch := _expire_links(now - REQUEST_LIFE):
        links += batch
    return {"codes": codes, "accessRequests": requests, "links": links}


@transaction.atomic
def _expire_links(limit: object) -> int:
    found = list(
        Connection.objects.filter(status=ConnectionStatus.PENDING, requested_at__lte=limit).order_by("pk")[:_BATCH]
    )
    feed_lock([user_id for link in found for user_id in (link.initiator_id, link.recipient_id)])
    locked = list(
        Connection.objects.select_for_update(of=("self",))
        .filter(pk__in=[link.pk for link in found], status=ConnectionStatus.PENDING)
        .order_by("pk")
    )
    Connection.objects.filter(pk__in=[link.pk for link in locked]).update(
        status=ConnectionStatus.REVOKED, revoked_at=clock.now(), revoke_reason="EXPIRED", updated_at=clock.now()
    )
    audit_record_many(
        audit_entry(
            AuditAction.CONNECTION_REVOKE, actor=SYSTEM, resource_type="connection", resource_id=link.id,
            patient_id=link.patient_id, details={"event": "EXPIRED"},
        )
        for link in locked
    )  # fmt: skip
    return len(found)
