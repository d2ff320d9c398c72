"""Seeing and closing alerts."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.audit.choices import AuditAction
from apps.audit.services import audit_record
from apps.connections.choices import Ability
from apps.connections.rules import Grant, Side, may
from apps.health_monitoring import topics
from apps.health_monitoring.choices import AlertType, Resolution
from apps.health_monitoring.errors import NotYours
from apps.health_monitoring.models import AlertSeen, HealthAlert
from apps.health_monitoring.selectors.alerts import alert_of, alerts_shown
from dastern.core import clock
from dastern.core.actor import Actor
from dastern.outbox.services import outbox_add
from dastern.sync.feed import feed_lock


def alert_acknowledge(*, actor: Actor, alert_id: UUID, now: datetime | None = None) -> dict[str, Any]:
    """Note that this person has seen the alert; whoever sees it may. Again is no error. Raises NotFound."""
    moment = now or clock.now()
    grant, alert = alert_of(actor, alert_id, now=moment)
    with transaction.atomic():
        feed_lock([actor.user_id, alert.patient_id])
        HealthAlert.objects.filter(pk=alert.pk, acknowledged_at=None).update(acknowledged_at=moment)
        AlertSeen.objects.bulk_create(
            [AlertSeen(alert=alert, patient_id=alert.patient_id, user_id=actor.user_id, seen_at=moment)],
            ignore_conflicts=True,
        )
        return _shown(grant, alert_id)


def alert_resolve(
    *, actor: Actor, alert_id: UUID, now: datetime | None = None, at: datetime | None = None
) -> dict[str, Any]:
    """Close an alert: the patient, or a doctor who sees vitals. Again is no error.

    A call for help closed by the patient means "I am safe", and everybody who was called is told. ``at`` is when an
    offline phone did it. Raises NotFound, NotYours.
    """
    moment = now or clock.now()
    grant, alert = alert_of(actor, alert_id, now=moment)
    if not _may_resolve(grant, alert):
        raise NotYours
    with transaction.atomic():
        feed_lock([actor.user_id, alert.patient_id])
        safe = alert.alert_type == AlertType.EMERGENCY_MANUAL and grant.side is Side.SELF
        closed = HealthAlert.objects.filter(pk=alert.pk, is_resolved=False).update(
            is_resolved=True,
            resolution=Resolution.SAFE if safe else Resolution.RESOLVED,
            resolved_at=at or moment,
            resolved_by_id=actor.user_id,
        )
        if closed:
            if safe:
                outbox_add(topics.SAFE, {"alertId": str(alert.pk)}, dedupe_key=f"health.safe:{alert.pk}")
            audit_record(
                AuditAction.ALERT_RESOLVED, actor=actor, resource_type="alerts", resource_id=alert.pk,
                patient_id=alert.patient_id, details={"severity": alert.severity},
            )  # fmt: skip
        return _shown(grant, alert_id)


def _may_resolve(grant: Grant, alert: HealthAlert) -> bool:
    if grant.side is Side.SELF:
        return True
    return alert.alert_type == AlertType.ANOMALY and may(grant, Ability.RESOLVE_ALERTS)


def _shown(grant: Grant, alert_id: UUID) -> dict[str, Any]:
    return alerts_shown(grant, [HealthAlert.objects.select_related("vital").get(pk=alert_id)])[0]
