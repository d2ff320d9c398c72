"""What happened with one patient, newest first, in one list: doses, prescriptions, consent, own notes."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from apps.audit.choices import AuditAction
from apps.audit.models import AuditLog
from apps.connections.choices import Ability
from apps.connections.rules import Grant, may
from apps.doctor_dashboard.choices import TimelineKind
from apps.doctor_dashboard.selectors.chart import notes_of
from apps.doctor_dashboard.selectors.sight import prescriptions_within
from apps.doses.selectors.scope import doses_visible
from apps.prescriptions.models import PrescriptionVersion
from dastern.core.actor import Actor

PAGE = 50
_REACH = timedelta(days=400)
_DOSES = """
SELECT coalesce(d.taken_at, d.recorded_at, d.missed_at, d.scheduled_time) AS at, d.id, d.status, m.medicine_name,
  m.strength, d.scheduled_time, d.source, d.skip_reason
FROM doses_doseevent d JOIN medications_medication m ON m.id = d.medication_id
WHERE d.patient_id = %s AND d.scheduled_time < %s AND d.scheduled_time > %s AND d.status <> 'DUE'{visible}
ORDER BY d.scheduled_time DESC, d.id LIMIT %s
"""
_CONSENT = (AuditAction.CONNECTION_ACCEPT, AuditAction.PERMISSION_CHANGE, AuditAction.ACCESS_DECIDED)


@dataclass(frozen=True, slots=True)
class Event:
    """One line: when, of what kind, about which row, and what a page or an answer says of it."""

    at: datetime
    kind: str
    subject_id: UUID
    facts: dict[str, Any] = field(default_factory=dict)


def timeline(
    doctor: Actor, grant: Grant, *, now: datetime, kind: str = "", before: datetime | None = None, limit: int = PAGE
) -> list[Event]:
    """Up to ``limit`` events before an instant. The caller found ``grant`` through the door."""
    until = before or now + timedelta(minutes=1)
    sources: dict[str, Callable[..., Iterable[Event]]] = {
        TimelineKind.DOSE: _doses,
        TimelineKind.PRESCRIPTION: _prescriptions,
        TimelineKind.CONSENT: _consent,
        TimelineKind.NOTE: _notes,
    }
    found: list[Event] = []
    for name, source in sources.items():
        if kind in ("", name):
            found += source(doctor, grant, until, limit)
    found.sort(key=lambda event: (event.at, str(event.subject_id)), reverse=True)
    return found[:limit]


def _doses(doctor: Actor, grant: Grant, until: datetime, limit: int) -> Iterable[Event]:
    if not may(grant, Ability.VIEW_DOSES):
        return
    condition, values = doses_visible(grant)
    with connection.cursor() as cursor:
        cursor.execute(
            _DOSES.replace("{visible}", condition), [grant.patient_id, until, until - _REACH, *values, limit]
        )
        for at, dose_id, status, name, strength, planned, source, reason in cursor.fetchall():
            facts = {
                "status": status, "medicine": f"{name} {strength}".strip(), "planned": planned, "source": source,
                "reason": reason,
            }  # fmt: skip
            # ordered by the plan: a dose recorded late stands where it was due
            yield Event(planned, TimelineKind.DOSE, dose_id, facts | {"at": at})


def _prescriptions(doctor: Actor, grant: Grant, until: datetime, limit: int) -> Iterable[Event]:
    mine = prescriptions_within(doctor, [grant]).filter(patient_id=grant.patient_id).values("pk")
    rows = PrescriptionVersion.objects.filter(prescription__in=mine, created_at__lt=until)
    for row in rows.select_related("prescription", "author").defer("snapshot").order_by("-created_at")[:limit]:
        facts = {
            "prescriptionId": row.prescription_id, "prescription": str(row.prescription),
            "version": row.version_number, "state": row.state, "urgent": row.is_urgent,
            "reason": "" if row.change_reason == "initial" else row.change_reason,
            "author": row.author.full_name if row.author else "",
        }  # fmt: skip
        yield Event(row.created_at, TimelineKind.PRESCRIPTION, row.pk, facts)


def _consent(doctor: Actor, grant: Grant, until: datetime, limit: int) -> Iterable[Event]:
    rows = AuditLog.objects.filter(
        resource_type="connection", resource_id=str(grant.connection_id), action_type__in=_CONSENT, created_at__lt=until
    )
    for row in rows.order_by("-id")[:limit]:
        assert row.created_at is not None
        facts = {"action": row.action_type, "old": row.details.get("old"), "new": row.details.get("new")}
        yield Event(
            row.created_at, TimelineKind.CONSENT, UUID(row.resource_id),
            facts | {"level": row.details.get("level") or row.details.get("new")},
        )  # fmt: skip


def _notes(doctor: Actor, grant: Grant, until: datetime, limit: int) -> Iterable[Event]:
    for note in notes_of(doctor, grant.patient_id).filter(created_at__lt=until)[:limit]:
        yield Event(note.created_at, TimelineKind.NOTE, note.pk, {"content": note.content})
