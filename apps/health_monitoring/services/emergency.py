"""Calling for help: needs no plan and no level, repeats within a minute are one call (domain.md §2.13, §7.6)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from apps.audit.choices import AuditAction
from apps.audit.services import audit_record
from apps.connections.access import access_grants_over_patients
from apps.health_monitoring import topics
from apps.health_monitoring.choices import AlertSeverity, AlertType
from apps.health_monitoring.models import HealthAlert
from apps.health_monitoring.rules.severity import REPEATED_AFTER
from apps.users.choices import Role
from dastern.core import clock
from dastern.core.actor import Actor
from dastern.core.errors import Forbidden
from dastern.core.ids import uuid7
from dastern.outbox.services import Announcement, outbox_add_many
from dastern.sync.feed import feed_lock

MERGES: Final = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Call:
    """The alert of a call, and whether it joined one of the last minute."""

    alert: HealthAlert
    merged: bool


def emergency_raise(
    *,
    actor: Actor,
    message: str = "",
    location: Mapping[str, Any] | None = None,
    at: datetime | None = None,
    alert_id: UUID | None = None,
    offline: bool = False,
    now: datetime | None = None,
) -> Call:
    """Call everybody with an accepted link. ``notified_count`` says how many: zero must be told and dialled.

    ``at`` is when the person called (an offline phone sends later). Pressed again within a minute of an open call it
    is the same call; a newer message or place is kept. Raises Forbidden for anybody but a patient.
    """
    if actor.role != Role.PATIENT:
        raise Forbidden
    moment = now or clock.now()
    when = at or moment
    with transaction.atomic():
        feed_lock([actor.user_id])
        near = Q(last_at__gte=when - MERGES, occurred_at__lte=when + MERGES)
        standing = (
            HealthAlert.objects.filter(
                near, patient_id=actor.user_id, alert_type=AlertType.EMERGENCY_MANUAL, is_resolved=False
            )
            .order_by("occurred_at", "id")
            .first()
        )
        if standing:
            standing.readings += 1
            standing.occurred_at, standing.last_at = min(standing.occurred_at, when), max(standing.last_at, when)
            standing.message = message or standing.message
            standing.location = dict(location) if location else standing.location
            standing.save(update_fields=["readings", "occurred_at", "last_at", "message", "location"])
            return Call(standing, merged=True)
        alert = HealthAlert.objects.create(
            id=alert_id or uuid7(),
            patient_id=actor.user_id,
            alert_type=AlertType.EMERGENCY_MANUAL,
            severity=AlertSeverity.CRITICAL,
            advice="CALL_NOW",
            message=message,
            location=dict(location) if location else None,
            occurred_at=when,
            last_at=when,
            was_offline=offline,
            notified_count=len(recipients_of_call(actor.user_id, moment)),
            raised_by_id=actor.user_id,
            created_at=moment,
        )
        audit_record(
            AuditAction.EMERGENCY_TRIGGERED, actor=actor, resource_type="alerts", resource_id=alert.pk,
            patient_id=actor.user_id, details={"at": when.isoformat(), "offline": offline},
        )  # fmt: skip
        payload, group = {"alertId": str(alert.pk), "severity": "CRITICAL"}, str(actor.user_id)
        outbox_add_many(
            [
                Announcement(topics.SOS, payload, f"health.sos:{alert.pk}"),
                Announcement(topics.UNSEEN, payload, f"health.unseen:{alert.pk}", group, moment + REPEATED_AFTER),
            ]
        )
        return Call(alert, merged=False)


def recipients_of_call(patient_id: UUID, now: datetime) -> list[UUID]:
    """Everybody with an accepted link, whatever its level, alerts and plan (domain.md §2.3)."""
    return sorted({grant.viewer_id for grant in access_grants_over_patients([patient_id], now=now)})
