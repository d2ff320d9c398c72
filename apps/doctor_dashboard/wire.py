"""The doctor's side as it goes over the wire."""

from datetime import datetime
from typing import Any

from apps.adherence.rules import summed
from apps.adherence.wire import figures_wire
from apps.doctor_dashboard import rules
from apps.doctor_dashboard.models import DoctorNote
from apps.doctor_dashboard.selectors.chart import Chart
from apps.doctor_dashboard.selectors.patients import PatientRow
from apps.doctor_dashboard.selectors.timeline import Event
from apps.doctor_dashboard.sheets import event_line
from apps.prescriptions.rules import age_on
from dastern.core.localtime import iso, iso_or_none


def patient_row_wire(row: PatientRow) -> dict[str, Any]:
    """A patient of the list."""
    return {
        "id": str(row.patient.pk),
        "fullName": row.patient.full_name,
        "age": row.age,
        "gender": row.patient.gender or None,
        "activePrescriptions": row.active,
        "adherencePercentage": row.percentage,
        "adherenceLevel": row.level,
        "lastActivity": iso_or_none(row.last_activity),
        "connectionId": str(row.grant.connection_id),
        "permissionLevel": row.grant.level,
    }


def card_wire(chart: Chart) -> dict[str, Any]:
    """Who the patient is."""
    born = chart.patient.date_of_birth
    return {
        "id": str(chart.patient.pk),
        "fullName": chart.patient.full_name,
        "age": age_on(born, chart.today) if born else None,
        "gender": chart.patient.gender or None,
        "phoneNumber": chart.patient.phone_number,
        "connectionId": str(chart.link.pk),
        "permissionLevel": chart.grant.level,
        "connectedSince": iso_or_none(chart.link.accepted_at),
        "openUntil": iso_or_none(chart.open_until),
        "phoneSyncedAt": iso_or_none(chart.synced_at),
    }


def figures_of_chart(chart: Chart) -> dict[str, Any] | None:
    """Adherence of thirty days up to today."""
    if chart.calendar is None:
        return None
    days = [cell.day for cell in chart.calendar if cell.day.date <= chart.today]
    return figures_wire(summed(days[-rules.WINDOW_DAYS :]))


def event_wire(event: Event, zone: str) -> dict[str, Any]:
    """A line of the timeline."""
    line = event_line(event, zone)
    return {
        "at": iso(event.at),
        "kind": line.kind,
        "text": line.text,
        "detail": line.detail,
        "prescriptionId": str(line.prescription_id) if line.prescription_id else None,
    }


def note_wire(note: DoctorNote) -> dict[str, Any]:
    """An own note."""
    return {
        "id": str(note.pk),
        "patientId": str(note.patient_id),
        "content": note.content,
        "createdAt": iso(note.created_at),
        "updatedAt": iso(note.updated_at),
    }


def activity_wire(patient_id: Any, name: str, action: str, text: str, at: datetime) -> dict[str, Any]:
    """What somebody did for a patient."""
    return {"patientId": str(patient_id), "patientName": name, "action": action, "text": text, "at": iso(at)}
