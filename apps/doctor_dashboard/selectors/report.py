"""A month of the doctor's patients in figures."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from apps.connections.choices import Ability
from apps.connections.rules import may
from apps.doctor_dashboard.models import Patient
from apps.doctor_dashboard.selectors.figures import figures_between
from apps.doctor_dashboard.selectors.sight import doctor_grants, prescriptions_within
from apps.doses.rules.figures import Figures
from dastern.core.actor import Actor
from dastern.core.localtime import DEFAULT_ZONE, at

SYSTOLIC_BELOW, DIASTOLIC_BELOW = 140, 90
# The newest pressure of the month, per patient.
_PRESSURE = """
SELECT DISTINCT ON (patient_id) patient_id, value, value_secondary FROM health_monitoring_healthvital
WHERE patient_id = ANY(%s) AND vital_type = 'BLOOD_PRESSURE' AND deleted_at IS NULL
  AND measured_at >= %s AND measured_at < %s
ORDER BY patient_id, measured_at DESC
"""


@dataclass(frozen=True, slots=True)
class Line:
    """One patient of the month."""

    name: str
    figures: Figures
    pressure: str
    controlled: bool | None


@dataclass(frozen=True, slots=True)
class Report:
    """The month: totals and a line a patient, the lowest adherence first."""

    month: date
    lines: list[Line]
    follow_ups: int

    @property
    def total(self) -> Figures:
        """All patients together."""
        parts = [line.figures for line in self.lines]
        return Figures(*(sum(getattr(part, name) for part in parts) for name in _COUNTS))

    @property
    def measured(self) -> int:
        """Patients with a blood pressure in the month."""
        return sum(line.controlled is not None for line in self.lines)

    @property
    def controlled(self) -> int:
        """Those whose newest one was below 140/90."""
        return sum(line.controlled is True for line in self.lines)


_COUNTS = ("on_time", "late", "missed", "skipped", "excused", "due")


def month_report(doctor: Actor, month: date, *, now: datetime) -> Report:
    """The calendar month of ``month``, of every patient that shows figures; constant in statements."""
    first = month.replace(day=1)
    after = (first + timedelta(days=32)).replace(day=1)
    start, end = at(first, time.min, DEFAULT_ZONE), min(at(after, time.min, DEFAULT_ZONE), now.astimezone(UTC))
    grants = doctor_grants(doctor, now=now)
    figures = figures_between(grants, start=start, end=max(start, end))
    sees_vitals = [grant.patient_id for grant in grants if may(grant, Ability.VIEW_VITALS)]
    pressures = _pressures(sees_vitals, start, end)
    names = dict(Patient.objects.filter(pk__in={*figures, *pressures}).values_list("id", "full_name"))
    lines = []
    for patient_id, name in names.items():
        reading = pressures.get(patient_id)
        controlled = reading and reading[0] < SYSTOLIC_BELOW and (reading[1] or 0) < DIASTOLIC_BELOW
        told = f"{reading[0]:g}/{reading[1]:g}" if reading and reading[1] is not None else ""
        lines.append(Line(name, figures.get(patient_id, Figures()), told, controlled if reading else None))
    lines.sort(key=lambda line: (101 if line.figures.percentage is None else line.figures.percentage, line.name))
    visits = prescriptions_within(doctor, grants).filter(
        doctor_id=doctor.user_id, follow_up_date__gte=first, follow_up_date__lt=after
    )
    return Report(first, lines, visits.count())


def _pressures(patient_ids: list[UUID], start: datetime, end: datetime) -> dict[UUID, tuple[Any, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(_PRESSURE, [patient_ids, start, end])
        return {row[0]: (row[1], row[2]) for row in cursor.fetchall()}
