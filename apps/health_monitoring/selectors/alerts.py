"""Alerts: lists and single ones, with who has seen them."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Q, QuerySet

from apps.connections.access import access_denied, access_seen
from apps.connections.choices import Ability
from apps.connections.rules import Grant, Side, may
from apps.health_monitoring.choices import AlertType
from apps.health_monitoring.models import AlertSeen, EmergencyContact, HealthAlert
from apps.health_monitoring.selectors.scope import KEPT_ON_PHONES, days_visible, grant_quietly, vitals_grant
from apps.health_monitoring.wire import alert_wire
from apps.users.models import User
from dastern.core import clock
from dastern.core.actor import Actor
from dastern.core.errors import NotFound

RESOURCE: Final = "alerts"


def alerts_of(
    viewer: Actor, *, patient_id: UUID | None = None, resolved: bool | None = None, now: datetime | None = None
) -> tuple[Grant, QuerySet[HealthAlert]]:
    """Alerts of one patient that the viewer may see, newest first. Raises NotFound."""
    grant = vitals_grant(viewer, patient_id, resource_type=RESOURCE, now=now or clock.now())
    rows = alerts_visible(grant)
    if resolved is not None:
        rows = rows.filter(is_resolved=resolved)
    return grant, rows.order_by("-created_at", "-id")


def alerts_visible(grant: Grant) -> QuerySet[HealthAlert]:
    """Calls for help are for every accepted link; readings for those who see vitals (domain.md §2.3)."""
    rows = HealthAlert.objects.filter(patient_id=grant.patient_id).select_related("vital")
    if grant.side is Side.NONE:
        return rows.none()
    calls = Q(alert_type=AlertType.EMERGENCY_MANUAL)
    if not may(grant, Ability.VIEW_VITALS):
        return rows.filter(calls)
    days = days_visible(grant, "occurred_at")
    return rows.filter(calls | days) if days else rows


def alert_of(viewer: Actor, alert_id: UUID, *, now: datetime | None = None) -> tuple[Grant, HealthAlert]:
    """One alert. Raises NotFound for an absent or hidden one; a denial is audited."""
    moment = now or clock.now()
    patient_id = HealthAlert.objects.filter(pk=alert_id).values_list("patient_id", flat=True).first()
    if patient_id is None:
        raise NotFound
    grant = grant_quietly(viewer, patient_id, now=moment)
    found = alerts_visible(grant).filter(pk=alert_id).first()
    if grant.side is Side.SELF and found is not None:
        return grant, found
    ability = Ability.VIEW_VITALS
    if found is None:
        access_denied(viewer, patient_id, resource_type=RESOURCE, resource_id=alert_id, ability=ability)
        raise NotFound
    access_seen(viewer, patient_id, resource_type=RESOURCE, resource_id=alert_id, ability=ability, now=moment)
    return grant, found


def alerts_shown(grant: Grant, alerts: Collection[HealthAlert]) -> list[dict[str, Any]]:
    """Alerts as the viewer of ``grant`` sees them: three statements however many they are."""
    seen: dict[UUID, list[tuple[UUID, str, datetime]]] = defaultdict(list)
    looks = AlertSeen.objects.filter(alert__in=[alert.pk for alert in alerts]).order_by("seen_at")
    for alert_id, user_id, name, when in looks.values_list("alert_id", "user_id", "user__full_name", "seen_at"):
        seen[alert_id].append((user_id, name, when))
    located = any(alert.location for alert in alerts) and _sees_location(grant)
    return [alert_wire(alert, seen=seen[alert.pk], located=located) for alert in alerts]


def _sees_location(grant: Grant) -> bool:
    """A place is for links that see everything and for emergency contacts (domain.md §7.6)."""
    if grant.sees_everything:
        return True
    phones = EmergencyContact.objects.filter(patient_id=grant.patient_id, removed_at=None).values("phone_number")
    return User.objects.filter(pk=grant.viewer_id, phone_number__in=phones).exists()


def alerts_load(viewer: Actor, owner_id: UUID, ids: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    """Loader of the sync resource ``alerts``: open ones and those of the last 90 days."""
    now = clock.now()
    grant = grant_quietly(viewer, owner_id, now=now)
    recent = Q(created_at__gt=now - KEPT_ON_PHONES) | Q(is_resolved=False)
    rows: Iterable[HealthAlert] = alerts_visible(grant).filter(recent, pk__in=list(ids))
    alerts = list(rows)
    return dict(zip([alert.pk for alert in alerts], alerts_shown(grant, alerts), strict=True))
