"""One patient as the doctor may see them: card, calendar of thirteen weeks, medicines by slot, notes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from apps.adherence.rules import Day, filled
from apps.adherence.selectors import days_between, where_we_are
from apps.connections.choices import Ability, AccessRequestStatus
from apps.connections.models import Connection
from apps.connections.rules import Grant, may
from apps.doctor_dashboard import rules
from apps.doctor_dashboard.models import DoctorNote, Patient
from apps.doctor_dashboard.selectors.figures import pulses_of
from apps.doctor_dashboard.selectors.sight import patient_granted, prescriptions_within
from apps.doses.choices import DoseSource
from apps.doses.selectors.days import day_granted
from apps.doses.selectors.scope import doses_visible
from apps.medications.models import Medication
from apps.medications.wire import medication_wire
from apps.prescriptions.choices import PrescriptionStatus
from apps.prescriptions.models import Prescription
from apps.users.models import User
from dastern.core.actor import Actor
from dastern.sync.feed import feed_held

MOST_NOTES = 50
MOST_PRESCRIPTIONS = 20
SOURCES = tuple(DoseSource.values)
_SOURCES = """
SELECT d.local_date, d.source, count(*) FROM doses_doseevent d JOIN medications_medication m ON m.id = d.medication_id
WHERE d.patient_id = %s AND d.scheduled_time >= %s::date - 1 AND d.local_date BETWEEN %s AND %s
  AND d.source <> ''{visible}
GROUP BY d.local_date, d.source
"""


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """A day of the calendar: its counts, and how many records came from whom."""

    day: Day
    sources: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Chart:
    """What the chart shows. Parts that the grant does not open are None."""

    patient: Patient
    grant: Grant
    link: Connection
    open_until: datetime | None
    today: date
    synced_at: datetime | None
    calendar: list[CalendarDay] | None
    alert: str | None
    prescriptions: list[Prescription]
    medicines: list[dict[str, Any]] | None
    notes: list[DoctorNote]


def chart(doctor: Actor, patient_id: UUID, *, now: datetime) -> Chart:
    """The chart of a connected patient; the look is audited. Raises NotFound (audited as denied)."""
    grant = patient_granted(doctor, patient_id, Ability.VIEW_CARD, resource_type="patient", now=now)
    link = Connection.objects.prefetch_related("access_requests").get(pk=str(grant.connection_id))
    today, _revision = where_we_are(patient_id, now)
    seen = may(grant, Ability.VIEW_ADHERENCE)
    rows = prescriptions_within(doctor, [grant]).filter(patient_id=patient_id)
    prescriptions = list(rows.select_related("doctor").order_by("-created_at")[:MOST_PRESCRIPTIONS])
    shows = may(grant, Ability.VIEW_PRESCRIPTIONS) or may(grant, Ability.PRESCRIBE)
    pulse = pulses_of([grant], days=rules.PULSE_DAYS, now=now) if seen else []
    return Chart(
        patient=Patient.objects.get(pk=patient_id),
        grant=grant,
        link=link,
        open_until=link.valid_until or _approved_until(link, now),
        today=today,
        synced_at=feed_held(patient_id).seen_at,
        calendar=calendar(grant, today) if seen else None,
        alert=pulse[0].alert if pulse else None,
        prescriptions=prescriptions,
        medicines=medicines_in_force(doctor, prescriptions) if shows else None,
        notes=list(notes_of(doctor, patient_id)[:MOST_NOTES]),
    )


def _approved_until(link: Connection, now: datetime) -> datetime | None:
    ends = [
        request.expires_at
        for request in link.access_requests.all()
        if request.status == AccessRequestStatus.APPROVED and request.expires_at and request.expires_at > now
    ]
    return max(ends, default=None)


def calendar(grant: Grant, today: date) -> list[CalendarDay]:
    """Thirteen whole weeks up to this one, Mondays first; the source of records only where doses may be seen."""
    last = today + timedelta(days=6 - today.weekday())
    first = last - timedelta(days=7 * rules.CALENDAR_WEEKS - 1)
    days = filled(days_between(grant, first, today), last, 7 * rules.CALENDAR_WEEKS)
    sources: dict[date, dict[str, int]] = {}
    if may(grant, Ability.VIEW_DOSES):
        condition, values = doses_visible(grant)
        with connection.cursor() as cursor:
            cursor.execute(_SOURCES.replace("{visible}", condition), [grant.patient_id, first, first, today, *values])
            for day, source, count in cursor.fetchall():
                sources.setdefault(day, {})[source] = count
    return [CalendarDay(day, sources.get(day.date, {})) for day in days]


def doses_on(grant: Grant, day: date, *, now: datetime) -> tuple[list[dict[str, Any]], Mapping[UUID, str]]:
    """The doses of a day with who recorded each; nothing where doses may not be seen."""
    if not may(grant, Ability.VIEW_DOSES):
        return [], {}
    doses = day_granted(grant, day=day, now=now).doses
    people = {UUID(dose["recordedById"]) for dose in doses if dose["recordedById"]}
    return doses, dict(User.objects.filter(pk__in=people).values_list("id", "full_name"))


def medicines_in_force(doctor: Actor, prescriptions: Sequence[Prescription]) -> list[dict[str, Any]]:
    """Medicines of active and paused courses as they go over the wire; private ones for their author only."""
    running = {
        row.pk: row for row in prescriptions if row.status in (PrescriptionStatus.ACTIVE, PrescriptionStatus.PAUSED)
    }
    rows = Medication.objects.filter(prescription_id__in=running, retired_in_version=None).order_by("row_number")
    return [
        medication_wire(row) | {"paused": running[row.prescription_id].status == PrescriptionStatus.PAUSED}
        for row in rows
        if not row.private or running[row.prescription_id].doctor_id == doctor.user_id
    ]


def notes_of(doctor: Actor, patient_id: UUID | None = None) -> Any:
    """The doctor's own notes, newest first; about one patient, or all."""
    rows = DoctorNote.objects.filter(doctor_id=doctor.user_id).select_related("patient")
    if patient_id is not None:
        rows = rows.filter(patient_id=patient_id)
    return rows.order_by("-created_at", "-id")
