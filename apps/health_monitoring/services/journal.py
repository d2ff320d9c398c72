"""Readings of one transaction: what is needed is read once, each is judged in memory, everything is written once.

Used by the tap online and by the push of a phone that was offline, so that both decide alike.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.db import connection

from apps.audit.choices import AuditAction
from apps.audit.services import audit_entry, audit_record_many
from apps.health_monitoring import topics
from apps.health_monitoring.choices import AlertType
from apps.health_monitoring.models import HealthAlert, HealthVital, UnevaluatedVital
from apps.health_monitoring.rules.profile import Pregnancy, age_in_months, pregnant_on
from apps.health_monitoring.rules.readings import Reading
from apps.health_monitoring.rules.severity import (
    JOINS,
    REPEATED_AFTER,
    SEVERITIES,
    Custom,
    Person,
    advice_of,
    severity_of,
)
from apps.health_monitoring.table import severity_table
from dastern.core import localtime
from dastern.core.actor import Actor
from dastern.core.ids import uuid7
from dastern.outbox.services import Announcement, outbox_add_many

OLDEST: Final = timedelta(days=400)  # beyond it a time is a mistake, not a memory
FUTURE_TOLERATED: Final = timedelta(minutes=5)
_PEOPLE = """
SELECT u.id, u.date_of_birth, u.timezone, p.pregnant_since, p.pregnancy_due, p.pregnancy_ended, t.vital_type,
  t.min_value, t.max_value, t.min_secondary, t.max_secondary, t.by_doctor
FROM users_user u
LEFT JOIN health_monitoring_healthprofile p ON p.patient_id = u.id
LEFT JOIN health_monitoring_vitalthreshold t ON t.patient_id = u.id
WHERE u.id = ANY(%s)
"""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a reading became. ``alert`` is the one it raised or joined."""

    vital: HealthVital
    alert: HealthAlert | None


@dataclass(slots=True)
class _Standing:
    """A patient as the table asks."""

    born: object
    zone: str
    pregnancy: Pregnancy
    custom: dict[str, Custom]


@dataclass(slots=True)
class VitalJournal:
    """``load``, ``note`` each reading, ``flush``; feeds locked before."""

    actor: Actor
    now: datetime
    _people: dict[UUID, _Standing] = field(default_factory=dict)
    _known: dict[UUID, HealthVital] = field(default_factory=dict)
    _open: dict[tuple[UUID, str], list[HealthAlert]] = field(default_factory=dict)
    _made: list[HealthVital] = field(default_factory=list)
    _alerts: dict[UUID, HealthAlert] = field(default_factory=dict)
    _new_alerts: set[UUID] = field(default_factory=set)
    _told: dict[UUID, str | None] = field(default_factory=dict)  # alert → the severity its people know of

    def load(
        self, patient_ids: Collection[UUID], *, since: datetime, until: datetime, ids: Collection[UUID] = ()
    ) -> None:
        """Read the patients, their ranges, open alerts around these times, and readings already under these ids."""
        with connection.cursor() as cursor:
            cursor.execute(_PEOPLE, [list(patient_ids)])
            for row in cursor.fetchall():
                standing = self._people.setdefault(row[0], _Standing(row[1], row[2], Pregnancy(*row[3:6]), {}))
                if row[6]:
                    standing.custom[row[6]] = Custom(*row[7:12])
        if ids:
            self._known = HealthVital.objects.in_bulk(list(ids))
        alerts = HealthAlert.objects.filter(
            patient_id__in=list(patient_ids), is_resolved=False, alert_type=AlertType.ANOMALY,
            last_at__gte=since - JOINS, occurred_at__lte=until + JOINS,
        ).select_related("vital")  # fmt: skip
        for alert in alerts.order_by("occurred_at", "id"):
            self._open.setdefault((alert.patient_id, alert.vital_type), []).append(alert)
            self._told[alert.pk] = alert.severity

    def known(self, vital_id: UUID) -> HealthVital | None:
        """The reading that this id names already."""
        return self._known.get(vital_id)

    def person(self, patient_id: UUID, at: datetime) -> Person:
        """The patient as the severity table asks, on the local day of ``at``."""
        standing = self._people[patient_id]
        day = localtime.local_date(at, standing.zone)
        return Person(
            age_in_months(standing.born, day),  # type: ignore[arg-type]  # a date out of the database
            pregnant_on(standing.pregnancy, day),
        )

    def note(
        self,
        patient_id: UUID,
        vital_type: str,
        reading: Reading,
        *,
        entered: tuple[Decimal, str],
        at: datetime,
        vital_id: UUID | None = None,
        notes: str = "",
        source: str = "manual",
        offline: bool = False,
        at_device: datetime | None = None,
    ) -> Recorded:
        """One reading; an abnormal one raises an alert or joins one of the last 15 minutes."""
        person = self.person(patient_id, at)
        custom = self._people[patient_id].custom.get(vital_type)
        severity = severity_of(
            severity_table(), vital_type, reading.value, reading.secondary, person=person, custom=custom
        )
        vital = HealthVital(
            id=vital_id or uuid7(),
            patient_id=patient_id,
            vital_type=vital_type,
            value=reading.value,
            value_secondary=reading.secondary,
            unit=reading.unit,
            entered_value=entered[0],
            entered_unit=entered[1],
            measured_at=at,
            measured_at_device=at_device,
            notes=notes,
            severity=severity or "",
            source=source,
            was_offline=offline,
            recorded_by_id=self.actor.user_id,
            created_at=self.now,
        )
        self._made.append(vital)
        self._known[vital.pk] = vital
        if severity is None:
            return Recorded(vital, None)
        return Recorded(vital, self._alert(vital, severity, person))

    def _alert(self, vital: HealthVital, severity: str, person: Person) -> HealthAlert:
        advice = advice_of(vital.vital_type, severity, vital.value, person=person) or ""
        standing = self._open.setdefault((vital.patient_id, vital.vital_type), [])
        at = vital.measured_at
        for alert in standing:
            if alert.occurred_at - JOINS <= at <= alert.last_at + JOINS:
                alert.readings += 1
                alert.occurred_at, alert.last_at = min(alert.occurred_at, at), max(alert.last_at, at)
                if SEVERITIES.index(severity) > SEVERITIES.index(alert.severity):
                    alert.severity, alert.advice, alert.vital = severity, advice, vital
                    alert.acknowledged_at = alert.repeated_at = None
                self._alerts[alert.pk] = alert
                return alert
        alert = HealthAlert(
            id=uuid7(),
            patient_id=vital.patient_id,
            vital=vital,
            alert_type=AlertType.ANOMALY,
            vital_type=vital.vital_type,
            severity=severity,
            advice=advice,
            occurred_at=at,
            last_at=at,
            was_offline=vital.was_offline,
            raised_by_id=self.actor.user_id,
            created_at=self.now,
        )
        standing.append(alert)
        self._alerts[alert.pk] = alert
        self._new_alerts.add(alert.pk)
        self._told[alert.pk] = None
        return alert

    def flush(self) -> None:
        """Write readings, alerts, audit rows and announcements, in a number of statements that does not grow."""
        if not self._made:
            return
        HealthVital.objects.bulk_create(self._made)
        new = [alert for alert in self._alerts.values() if alert.pk in self._new_alerts]
        joined = [alert for alert in self._alerts.values() if alert.pk not in self._new_alerts]
        HealthAlert.objects.bulk_create(new)
        if joined:
            HealthAlert.objects.bulk_update(
                joined,
                ["readings", "occurred_at", "last_at", "severity", "advice", "vital", "acknowledged_at", "repeated_at"],
            )
        UnevaluatedVital.objects.bulk_create(
            UnevaluatedVital(vital=vital, patient_id=vital.patient_id) for vital in self._made if vital.severity
        )
        audit_record_many(
            audit_entry(
                AuditAction.VITAL_RECORDED, actor=self.actor, resource_type="vitals", resource_id=vital.pk,
                patient_id=vital.patient_id,
                details={"vitalType": vital.vital_type, "measuredAt": vital.measured_at.isoformat()},
            )
            for vital in self._made
        )  # fmt: skip
        changed = [alert for alert in self._alerts.values() if alert.severity != self._told[alert.pk]]
        outbox_add_many(announcements_of({alert.pk: alert for alert in changed}, self.now))


def announcements_of(alerts: Mapping[UUID, HealthAlert], now: datetime) -> list[Announcement]:
    """Who-hears of these alerts: LOW stays on the patient's screen; HIGH and CRITICAL are repeated once, unseen."""
    found = []
    for alert in alerts.values():
        if alert.severity == "LOW":
            continue
        payload = {"alertId": str(alert.pk), "severity": alert.severity}
        group = str(alert.patient_id)
        found.append(Announcement(topics.ALERT, payload, f"health.alert:{alert.pk}:{alert.severity}", group))
        if alert.severity in {"HIGH", "CRITICAL"}:
            again = f"health.unseen:{alert.pk}:{alert.severity}"
            found.append(Announcement(topics.UNSEEN, payload, again, group, now + REPEATED_AFTER))
    return found
