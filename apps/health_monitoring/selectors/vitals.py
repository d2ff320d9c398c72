"""Readings: lists, the latest of each type, trends."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from apps.connections.access import access_denied, access_seen
from apps.connections.choices import Ability
from apps.connections.rules import Grant, Side, may
from apps.health_monitoring.models import HealthVital
from apps.health_monitoring.selectors.scope import (
    KEPT_ON_PHONES,
    days_visible,
    grant_quietly,
    vitals_grant,
    zone_of,
)
from apps.health_monitoring.wire import vital_wire
from dastern.core import clock, localtime
from dastern.core.actor import Actor
from dastern.core.errors import NotFound

PERIODS: Final = {"daily": "day", "weekly": "week", "monthly": "month"}
RESOURCE: Final = "vitals"

# Index health_vital_trend answers it without the heap. Weeks begin on Monday, as everywhere in the product.
_TREND = """
SELECT date_trunc(%s, v.measured_at AT TIME ZONE %s)::date, avg(v.value), min(v.value), max(v.value),
  avg(v.value_secondary), count(*)
FROM health_monitoring_healthvital v
WHERE v.patient_id = %s AND v.vital_type = %s AND v.measured_at >= %s AND v.measured_at < %s AND v.deleted_at IS NULL
GROUP BY 1 ORDER BY 1
"""
# One look into the index a type, instead of a sort of everything.
_LATEST = """
SELECT l.id FROM unnest(%s::text[]) AS t (kind)
CROSS JOIN LATERAL (
  SELECT v.id FROM health_monitoring_healthvital v
  WHERE v.patient_id = %s AND v.vital_type = t.kind AND v.deleted_at IS NULL AND v.measured_at >= %s
    AND v.measured_at < %s
  ORDER BY v.measured_at DESC, v.id DESC LIMIT 1
) l
"""
_FIRST: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
_LAST: Final = datetime.fromisoformat("9999-01-01T00:00:00+00:00")


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """One day, week or month of a trend; ``date`` is its first day."""

    date: date
    average: Decimal
    low: Decimal
    high: Decimal
    average_secondary: Decimal | None
    count: int


def vitals_between(
    viewer: Actor,
    *,
    patient_id: UUID | None = None,
    vital_type: str | None = None,
    start: date | None = None,
    end: date | None = None,
    now: datetime | None = None,
) -> QuerySet[HealthVital]:
    """Readings that the viewer may see, newest first; ``start`` and ``end`` are local days. Raises NotFound."""
    moment = now or clock.now()
    grant = vitals_grant(viewer, patient_id, now=moment)
    rows = _visible(grant)
    if vital_type:
        rows = rows.filter(vital_type=vital_type)
    if start or end:
        zone = zone_of(grant.patient_id)
        if start:
            rows = rows.filter(measured_at__gte=localtime.at(start, time.min, zone))
        if end:
            rows = rows.filter(measured_at__lt=localtime.at(end + timedelta(days=1), time.min, zone))
    return rows.order_by("-measured_at", "-id")


def _visible(grant: Grant) -> QuerySet[HealthVital]:
    rows = HealthVital.objects.filter(patient_id=grant.patient_id, deleted_at=None)
    return rows.filter(days_visible(grant, "measured_at"))


def vitals_latest(viewer: Actor, *, patient_id: UUID | None = None, now: datetime | None = None) -> list[HealthVital]:
    """The newest reading of each type that has one. Raises NotFound."""
    moment = now or clock.now()
    grant = vitals_grant(viewer, patient_id, now=moment)
    first, last = _days(grant)
    with connection.cursor() as cursor:
        cursor.execute(_LATEST, [list(_KINDS), grant.patient_id, first, last])
        ids = [row[0] for row in cursor.fetchall()]
    found = HealthVital.objects.in_bulk(ids)
    return [found[one] for one in ids]


_KINDS: Final = ("BLOOD_PRESSURE", "GLUCOSE", "HEART_RATE", "WEIGHT", "TEMPERATURE", "SPO2")


def _days(grant: Grant) -> tuple[datetime, datetime]:
    """The days of the grant as two instants."""
    if grant.side is Side.SELF or not (grant.from_date or grant.to_date):
        return _FIRST, _LAST
    zone = zone_of(grant.patient_id)
    first = localtime.at(date.fromisoformat(grant.from_date), time.min, zone) if grant.from_date else _FIRST
    if not grant.to_date:
        return first, _LAST
    return first, localtime.at(date.fromisoformat(grant.to_date) + timedelta(days=1), time.min, zone)


def vital_of(viewer: Actor, vital_id: UUID, *, now: datetime | None = None) -> HealthVital:
    """One reading. Raises NotFound for an absent or hidden one; a denial is audited."""
    moment = now or clock.now()
    vital = HealthVital.objects.filter(pk=vital_id, deleted_at=None).first()
    if vital is None:
        raise NotFound
    grant = grant_quietly(viewer, vital.patient_id, now=moment)
    if grant.side is Side.SELF:
        return vital
    owner, ability = vital.patient_id, Ability.VIEW_VITALS
    if not may(grant, ability) or not _visible(grant).filter(pk=vital.pk).exists():
        access_denied(viewer, owner, resource_type=RESOURCE, resource_id=vital.pk, ability=ability)
        raise NotFound
    access_seen(viewer, owner, resource_type=RESOURCE, resource_id=vital.pk, ability=ability, now=moment)
    return vital


def vitals_trend(
    viewer: Actor,
    *,
    vital_type: str,
    period: str = "daily",
    days: int = 30,
    patient_id: UUID | None = None,
    now: datetime | None = None,
) -> tuple[Grant, list[TrendPoint]]:
    """Average, least, most and count of one type over the last ``days`` local days, by day, week or month.

    Raises NotFound.
    """
    moment = now or clock.now()
    grant = vitals_grant(viewer, patient_id, now=moment)
    zone = zone_of(grant.patient_id)
    today = localtime.local_date(moment, zone)
    first, last = _days(grant)
    begin = max(first, localtime.at(today - timedelta(days=days - 1), time.min, zone))
    end = min(last, localtime.at(today + timedelta(days=1), time.min, zone))
    with connection.cursor() as cursor:
        cursor.execute(_TREND, [PERIODS[period], zone, grant.patient_id, vital_type, begin, end])
        return grant, [TrendPoint(*row) for row in cursor.fetchall()]


def vitals_load(viewer: Actor, owner_id: UUID, ids: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    """Loader of the sync resource ``vitals``: the last 90 days, what the viewer may see."""
    now = clock.now()
    grant = grant_quietly(viewer, owner_id, now=now)
    if not may(grant, Ability.VIEW_VITALS):
        return {}
    rows = _visible(grant).filter(pk__in=list(ids), measured_at__gt=now - KEPT_ON_PHONES)
    return {vital.pk: vital_wire(vital) for vital in rows}
