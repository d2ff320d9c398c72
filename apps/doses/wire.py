"""Doses and intakes as they go over the wire, in answers and in the sync feed alike (domain.md §2.6 "Dose output")."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language

from apps.medications.rules.formatting import dose_text, number_text
from dastern.core.files import file_link
from dastern.core.localtime import iso, iso_or_none

# The columns of ``dose_wire``, in its order; ``d`` is the dose and ``m`` its medicine.
DOSE_COLUMNS = """d.id, d.patient_id, d.prescription_id, d.medication_id, d.scheduled_time, d.local_date,
  d.time_period, d.reminder_time, d.amount, d.grace_minutes, d.overdue_at, d.half_interval_minutes, d.version_number,
  d.status, d.taken_at, d.taken_at_device, d.amount_taken, d.skip_reason, d.skip_text, d.source, d.was_offline,
  d.early, d.possible_double, d.recorded_by_id, d.recorded_at, d.snoozed_until, d.snooze_count, d.missed_at,
  m.medicine_name, m.medicine_name_khmer, m.strength, m.unit, m.image, m.frequency, m.timing, m.instructions,
  m.time_critical, m.reminder_enabled"""


def amount_wire(amount: Decimal | None) -> str | None:
    """An amount as a decimal text without trailing zeros (domain.md §7.5)."""
    return None if amount is None else number_text(amount)


def dose_wire(row: Sequence[Any]) -> dict[str, Any]:
    """One row of ``DOSE_COLUMNS``; ``dosage`` is told in the active language."""
    (
        dose_id, patient_id, prescription_id, medication_id, scheduled, local_date, period, clock, amount, grace,
        overdue, half, version, status, taken_at, taken_at_device, amount_taken, skip_reason, skip_text, source,
        offline, early, double, recorded_by, recorded_at, snoozed_until, snooze_count, missed_at, name, khmer,
        strength, unit, image, frequency, timing, instructions, time_critical, reminder,
    ) = row  # fmt: skip
    return {
        "id": str(dose_id),
        "patientId": str(patient_id),
        "prescriptionId": str(prescription_id),
        "medicationId": str(medication_id),
        "medicationName": name,
        "medicationNameKhmer": khmer,
        "strength": strength,
        "dosage": dose_text(amount, unit, (get_language() or "km")[:2]) if amount is not None else "",
        "amount": amount_wire(amount),
        "unit": unit,
        "imageUrl": file_link(image),
        "scheduledTime": iso(scheduled),
        "localDate": local_date.isoformat(),
        "timePeriod": period,
        "reminderTime": f"{clock:%H:%M}",
        "reminderEnabled": reminder,
        "frequency": frequency,
        "timing": timing,
        "instructions": instructions,
        "timeCritical": time_critical,
        "graceMinutes": grace,
        "deadline": iso(overdue),
        "halfIntervalMinutes": half,
        "versionNumber": version,
        "status": status,
        "takenAt": iso_or_none(taken_at),
        "takenAtDevice": iso_or_none(taken_at_device),
        "amountTaken": amount_wire(amount_taken),
        "skipReason": skip_reason or None,
        "skipText": skip_text,
        "source": source or None,
        "wasOffline": offline,
        "early": early,
        "possibleDouble": double,
        "recordedById": str(recorded_by) if recorded_by else None,
        "recordedAt": iso_or_none(recorded_at),
        "snoozedUntil": iso_or_none(snoozed_until),
        "snoozeCount": snooze_count,
        "missedAt": iso_or_none(missed_at),
    }


PRN_COLUMNS = """p.id, p.patient_id, m.prescription_id, p.medication_id, p.taken_at, p.amount, p.reason, p.over_limit,
  p.was_offline, p.recorded_by_id, p.created_at, m.medicine_name, m.medicine_name_khmer, m.strength, m.unit"""


def prn_wire(row: Sequence[Any]) -> dict[str, Any]:
    """One row of ``PRN_COLUMNS``."""
    (
        intake_id, patient_id, prescription_id, medication_id, taken_at, amount, reason, over_limit, offline,
        recorded_by, created_at, name, khmer, strength, unit,
    ) = row  # fmt: skip
    return {
        "id": str(intake_id),
        "patientId": str(patient_id),
        "prescriptionId": str(prescription_id),
        "medicationId": str(medication_id),
        "medicationName": name,
        "medicationNameKhmer": khmer,
        "strength": strength,
        "unit": unit,
        "takenAt": iso(taken_at),
        "amount": amount_wire(amount),
        "reason": reason,
        "overLimit": over_limit,
        "wasOffline": offline,
        "recordedById": str(recorded_by),
        "recordedAt": iso(created_at),
    }
