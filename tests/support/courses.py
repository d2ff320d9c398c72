"""Prescriptions and medicines in a given state, for tests about doses (how they come to be has tests of its own)."""

from datetime import date, datetime
from typing import Any

from apps.doses.services.schedule import Course, schedule_lay_out
from apps.medications.models import Medication
from apps.prescriptions.models import Prescription
from apps.users.models import User
from dastern.core import clock


def slot(amount: str = "1", *, before_meal: bool = False, at: str | None = None) -> dict[str, Any]:
    """One dosage of a medicine."""
    return {"amount": amount, "beforeMeal": before_meal, **({"time": at} if at else {})}


def course_of(
    patient: User, *, doctor: User | None = None, start: date = date(2026, 11, 24), **fields: Any
) -> Prescription:
    """An ACTIVE prescription."""
    moment = clock.now()
    defaults: dict[str, Any] = {
        "status": "ACTIVE", "source": "DOCTOR" if doctor else "MANUAL", "title": "Course", "start_date": start,
        "patient_name": patient.full_name, "created_at": moment, "updated_at": moment,
    }  # fmt: skip
    return Prescription.objects.create(patient=patient, doctor=doctor, **defaults | fields)


def medicine(prescription: Prescription, name: str = "Amoxicillin", **fields: Any) -> Medication:
    """A medicine three times a day for ten days unless ``fields`` say otherwise."""
    defaults: dict[str, Any] = {
        "row_number": 1, "unit": "CAPSULE", "strength": "500 mg", "frequency_type": "DAILY", "duration": 10,
    }  # fmt: skip
    if not {"morning_dosage", "daytime_dosage", "night_dosage", "custom_times", "is_prn"} & set(fields):
        defaults |= {"morning_dosage": slot(), "daytime_dosage": slot(), "night_dosage": slot()}
    if fields.get("is_prn"):
        defaults |= {"frequency_type": "PRN", "duration": None}
    return Medication.objects.create(
        prescription=prescription, patient_id=prescription.patient_id, medicine_name=name, **defaults | fields
    )


def plan_of(prescription: Prescription) -> Course:
    """The course as the prescriptions app describes it."""
    return Course(
        prescription_id=prescription.id,
        patient_id=prescription.patient_id,
        version_number=prescription.current_version,
        start_date=prescription.start_date,
        end_date=prescription.end_date,
    )


def lay_out(prescription: Prescription, now: datetime | None = None) -> int:
    """Lay out its doses from ``now``."""
    return schedule_lay_out(plan_of(prescription), now=now or clock.now())
