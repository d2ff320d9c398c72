"""The safety check of a prescription beside everything else the patient takes (domain.md §2.4, §7.5)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import time
from typing import Any

from django.utils.translation import gettext as _

from apps.doses.rules.planning import MealTimes, intakes_of_day
from apps.doses.selectors.regimens import meals_of
from apps.health_monitoring.selectors.profile import allergies_known
from apps.medications.models import Medication
from apps.medications.rules import slots
from apps.medications.warnings import medication_warnings
from apps.prescriptions.choices import PrescriptionSource, PrescriptionStatus
from apps.prescriptions.errors import SafetyStop
from apps.prescriptions.models import Prescription
from apps.prescriptions.rules import near_times
from apps.prescriptions.services.content import Content, content_wanted, rows_of
from apps.users.models import MealTimePreference, User
from dastern.core import clock
from dastern.core.actor import Actor
from dastern.core.localtime import local_date


def safety_findings(prescription: Prescription, content: Content) -> list[dict[str, Any]]:
    """Warnings about ``content`` in the reader's language, worst first: tier, code, keys of medicines, message."""
    new = list(rows_of(content, prescription).values())
    standing = list(
        Medication.objects.filter(
            patient_id=prescription.patient_id,
            retired_in_version=None,
            prescription__status=PrescriptionStatus.ACTIVE,
            prescription__deleted_at=None,
        )
        .exclude(prescription=prescription)
        .exclude(prescription__last_day__lt=content.header["startDate"])  # over when this one begins: a renewal
        .select_related("catalogue")
    )
    return [
        *medication_warnings(new, standing, allergies_known(prescription.patient_id)),
        *_times_close(prescription, new, standing),
    ]


def safety_preview(
    *,
    actor: Actor,
    patient: User,
    header: Mapping[str, Any],
    rows: Sequence[Mapping[str, Any]],
    prescription: Prescription | None = None,
) -> list[dict[str, Any]]:
    """What the check would say if this were written, before anything is: for forms that ask for a reason first.

    The caller has asked the access door.
    """
    subject = prescription or Prescription(
        patient=patient,
        doctor_id=actor.user_id,
        source=PrescriptionSource.DOCTOR,
        start_date=header.get("start_date") or local_date(clock.now(), patient.timezone),
    )
    return safety_findings(subject, content_wanted(subject, header=header, rows=rows, actor=actor))


def safety_require(prescription: Prescription, content: Content, *, override: str = "") -> list[dict[str, Any]]:
    """``safety_findings``, unless one of them is a STOP.

    A STOP lets only a doctor pass, and only with a typed reason (``override``): SafetyStop otherwise.
    """
    warnings = safety_findings(prescription, content)
    if any(warning["tier"] == "STOP" for warning in warnings) and not (
        prescription.is_doctor_made and override.strip()
    ):
        raise SafetyStop(errors=list(_places(content, warnings)), extra={"warnings": warnings})
    return warnings


def _places(content: Content, warnings: Iterable[Mapping[str, Any]]) -> Iterable[tuple[str, str]]:
    """(path, message) of every STOP at its medicine."""
    places = {medicine["id"]: place for place, medicine in enumerate(content.medicines)}
    for warning in warnings:
        if warning["tier"] == "STOP":
            place = next((places[key] for key in warning["keys"] if key in places), None)
            yield ("medications" if place is None else f"medications[{place}].frequencyType", warning["message"])


def _times_close(
    prescription: Prescription, new: Sequence[Medication], standing: Sequence[Medication]
) -> list[dict[str, Any]]:
    """A hint for every pair of medicines of different prescriptions that are taken within five minutes."""
    meals = meals_of(MealTimePreference.objects.filter(user_id=prescription.patient_id).first())
    clocks_of_standing = [(medicine, _clocks(medicine, meals)) for medicine in standing]
    return [
        {
            "tier": "INFO",
            "code": "TIMES_CLOSE",
            "keys": [str(medicine.pk), str(other.pk)],
            "message": _("%(name)s and %(other)s are taken at about the same time.")
            % {"name": medicine.medicine_name, "other": other.medicine_name},
        }
        for medicine in new
        for other, clocks in clocks_of_standing
        if near_times(_clocks(medicine, meals), clocks)
    ]


def _clocks(medicine: Medication, meals: MealTimes) -> list[time]:
    day = slots(medicine.morning_dosage, medicine.daytime_dosage, medicine.night_dosage, medicine.custom_times)
    return [intake.clock for intake in intakes_of_day(day, meals)]
