"""The safety check of a prescription beside everything else the patient takes (domain.md §2.4, §7.5)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import time
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.connections.access import access_require
from apps.connections.choices import Ability
from apps.doses.rules.planning import MealTimes, intakes_of_day
from apps.doses.selectors.regimens import meals_of
from apps.health_monitoring.selectors.profile import allergies_known
from apps.medications.choices import FrequencyType
from apps.medications.models import Medication
from apps.medications.rules import slots
from apps.medications.services import medication_build
from apps.medications.warnings import medication_warnings
from apps.prescriptions.choices import PrescriptionSource, PrescriptionStatus
from apps.prescriptions.errors import SafetyStop
from apps.prescriptions.models import Prescription
from apps.prescriptions.rules import near_times
from apps.prescriptions.services.content import Content, content_wanted, rows_of
from apps.users.choices import Role
from apps.users.models import MealTimePreference, User
from dastern.core import clock
from dastern.core.actor import Actor
from dastern.core.localtime import local_date

_DOCTORS_ONLY = frozenset({"WEEKLY_ONLY"})
# Where a person corrects it.
_FIELD = {"WEEKLY_ONLY": "frequencyType"}


def safety_findings(prescription: Prescription, content: Content) -> list[dict[str, Any]]:
    """Warnings about ``content`` in the reader's language, worst first: tier, code, keys of medicines, message."""
    new = list(rows_of(content, prescription).values())
    others = _taken(prescription.patient_id).exclude(prescription=prescription)
    standing = list(others.exclude(prescription__last_day__lt=content.header["startDate"]))  # over then: a renewal
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


def medicines_check(*, patient_id: UUID, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What the safety check says of medicines before anybody saves them, worst first; nothing is written.

    For a form that is being filled in and for rows read from a photo: ``rows`` are validated medicines, or hold at
    least ``medicine_name`` (an exact catalogue name or brand is recognised). ``keys`` of a warning are places in
    ``rows`` as texts, or ids of medicines that are taken already. The caller stands behind the access door.
    """
    new = []
    for place, row in enumerate(rows):
        known = {name: value for name, value in row.items() if name in _CHECKED_FIELDS}
        built = medication_build(
            {"unit": "", "frequency_type": FrequencyType.DAILY} | known, prescription_id=patient_id,
            patient_id=patient_id, row_number=place, created_by_id=None, version_number=1,
        )  # fmt: skip
        new.append(built)
    places = {str(medicine.pk): str(medicine.row_number) for medicine in new}
    found = medication_warnings(new, list(_taken(patient_id)), allergies_known(patient_id))
    return [{**warning, "keys": [places.get(key, key) for key in warning["keys"]]} for warning in found]


def medicines_check_for(
    *, actor: Actor, rows: Sequence[Mapping[str, Any]], patient_id: UUID | None = None
) -> list[dict[str, Any]]:
    """``medicines_check`` through the door: for oneself, or for a patient for whom one may write medicines.

    Raises NotFound; the access is audited.
    """
    owner = patient_id or actor.user_id
    if owner != actor.user_id:
        now = clock.now()
        ability = Ability.PRESCRIBE if actor.role == Role.DOCTOR else Ability.MANAGE_MEDICINES
        access_require(actor, owner, ability, resource_type="prescription", now=now)
    return medicines_check(patient_id=owner, rows=rows)


_CHECKED_FIELDS = frozenset(
    {
        "medicine_name", "catalogue_id", "unit", "dosage_amount", "morning_dosage", "daytime_dosage", "night_dosage",
        "custom_times", "frequency_type", "interval_days", "weekdays", "is_prn",
    }
)  # fmt: skip


def _taken(patient_id: UUID) -> QuerySet[Medication]:
    """The medicines of the patient's prescriptions in force."""
    return Medication.objects.filter(
        patient_id=patient_id,
        retired_in_version=None,
        prescription__status=PrescriptionStatus.ACTIVE,
        prescription__deleted_at=None,
    ).select_related("catalogue")


def safety_require(prescription: Prescription, content: Content, *, override: str = "") -> list[dict[str, Any]]:
    """``safety_findings``, unless one of them is a STOP about a medicine that is new or changed.

    A STOP lets nobody pass without a typed reason (``override``), and a weekly medicine taken daily only a doctor:
    SafetyStop otherwise.
    """
    warnings = safety_findings(prescription, content)
    stops = [warning for warning in warnings if warning["tier"] == "STOP"]
    if stops and any(not _passes(prescription, warning, override) for warning in _of_changed(prescription, stops)):
        raise SafetyStop(errors=list(_places(content, warnings)), extra={"warnings": warnings})
    return warnings


def _of_changed(prescription: Prescription, stops: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The stops about a medicine that is new or changed: one that was passed with a reason stays passed until then."""
    standing = prescription.medications.filter(retired_in_version=None).values_list("pk", flat=True)
    present = {str(pk) for pk in standing}
    return [warning for warning in stops if not present.issuperset(warning["keys"])]


def _passes(prescription: Prescription, warning: Mapping[str, Any], override: str) -> bool:
    """Whether a typed reason lets this stop pass. Patients may record what they take; never a weekly one daily."""
    return bool(override.strip()) and (prescription.is_doctor_made or warning["code"] not in _DOCTORS_ONLY)


def _places(content: Content, warnings: Iterable[Mapping[str, Any]]) -> Iterable[tuple[str, str]]:
    """(path, message) of every STOP at its medicine."""
    places = {medicine["id"]: place for place, medicine in enumerate(content.medicines)}
    for warning in warnings:
        if warning["tier"] == "STOP":
            place = next((places[key] for key in warning["keys"] if key in places), None)
            field = _FIELD.get(warning["code"], "medicineName")
            yield ("medications" if place is None else f"medications[{place}].{field}", warning["message"])


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
