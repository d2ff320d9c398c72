"""Prescriptions as they go over the wire, in answers and in the sync feed alike."""

from collections.abc import Collection, Iterable
from datetime import date
from typing import Any, cast
from uuid import UUID

from apps.medications.models import Medication
from apps.medications.wire import medication_wire
from apps.prescriptions.models import Prescription, PrescriptionVersion
from apps.prescriptions.rules import FieldChange, SnapshotDiff
from apps.prescriptions.selectors import prescriptions_of_feed, sees_private
from apps.users.models import User
from dastern.core.actor import Actor
from dastern.core.localtime import iso, iso_or_none


def _day(value: date | None) -> str | None:
    return value.isoformat() if value else None


def header_wire(prescription: Prescription) -> dict[str, Any]:
    """The part of a prescription that versions keep: what was written, without state and dates of its life."""
    return {
        "title": prescription.title,
        "symptoms": prescription.symptoms,
        "diagnosis": prescription.diagnosis,
        "clinicalNote": prescription.clinical_note,
        "doctorName": prescription.doctor_name,
        "followUpDate": _day(prescription.follow_up_date),
        "startDate": _day(prescription.start_date),
        "endDate": _day(prescription.end_date),
    }


def _doctor_wire(doctor: User | None) -> dict[str, Any] | None:
    if doctor is None:
        return None
    return {
        "id": str(doctor.id),
        "fullName": doctor.full_name,
        "specialty": doctor.specialty or None,
        "hospitalClinic": doctor.hospital_clinic or None,
        "verifiedDoctor": doctor.is_verified_doctor,
    }


def _shown(medicines: Iterable[dict[str, Any]], hidden: Collection[str] | None) -> list[dict[str, Any]]:
    """All of them for somebody who sees private ones (``hidden`` None), else without those that are or became so."""
    if hidden is None:
        return list(medicines)
    return [row for row in medicines if not row["private"] and row["medicineName"].casefold() not in hidden]


def prescription_wire(prescription: Prescription, viewer_id: UUID) -> dict[str, Any]:
    """A prescription from ``selectors.prescriptions_shown`` as this viewer may see it."""
    living = cast("list[Medication]", prescription.living)  # type: ignore[attr-defined]
    history = cast("list[PrescriptionVersion]", prescription.history)  # type: ignore[attr-defined]
    proposals = cast("list[PrescriptionVersion]", prescription.proposals)  # type: ignore[attr-defined]
    private = {medicine.medicine_name.casefold() for medicine in living if medicine.private}
    hidden = None if sees_private(prescription, viewer_id) else private
    return {
        "id": str(prescription.id),
        "patientId": str(prescription.patient_id),
        "patientName": prescription.patient_name,
        "patientGender": prescription.patient_gender or None,
        "patientAge": prescription.patient_age,
        "doctorId": str(prescription.doctor_id) if prescription.doctor_id else None,
        "doctor": _doctor_wire(prescription.doctor),
        "doctorLicenseNumber": prescription.doctor_license_number,
        **header_wire(prescription),
        "lastDay": _day(prescription.last_day),
        "status": prescription.status,
        "source": prescription.source,
        "currentVersion": prescription.current_version,
        "isUrgent": prescription.is_urgent,
        "urgentReason": prescription.urgent_reason,
        "urgentAcknowledgedAt": iso_or_none(prescription.urgent_acknowledged_at),
        "retakeReason": prescription.retake_reason,
        "activatedAt": iso_or_none(prescription.activated_at),
        "pausedAt": iso_or_none(prescription.paused_at),
        "stoppedAt": iso_or_none(prescription.stopped_at),
        "stoppedReason": prescription.stopped_reason,
        "createdAt": iso(prescription.created_at),
        "updatedAt": iso(prescription.updated_at),
        "medications": _shown((medication_wire(medicine) for medicine in living), hidden),
        "versions": [version_card(version) for version in history],
        "proposal": version_wire(proposals[0], hidden) if proposals else None,
    }


def version_card(version: PrescriptionVersion) -> dict[str, Any]:
    """A version without its content."""
    return {
        "versionNumber": version.version_number,
        "state": version.state,
        "isUrgent": version.is_urgent,
        "changeReason": version.change_reason,
        "authorId": str(version.author_id) if version.author_id else None,
        "createdAt": iso(version.created_at),
        "decidedAt": iso_or_none(version.decided_at),
    }


def version_wire(version: PrescriptionVersion, hidden: Collection[str] | None) -> dict[str, Any]:
    """A version with its content: header and medicines after that change."""
    return {**version_card(version), **snapshot_seen(version, hidden)}


def snapshot_seen(version: PrescriptionVersion, hidden: Collection[str] | None) -> dict[str, Any]:
    """The content of a version for somebody from whom these names are ``hidden`` (None: nothing is)."""
    return {
        "header": version.snapshot["header"],
        "medications": _shown(version.snapshot["medications"], hidden),
    }


def _field_wire(change: FieldChange) -> dict[str, Any]:
    return {"field": change.field, "old": change.old, "new": change.new}


def diff_wire(diff: SnapshotDiff, *, old: int, new: int) -> dict[str, Any]:
    """A difference of two versions."""
    return {
        "from": old,
        "to": new,
        "header": [_field_wire(change) for change in diff.header],
        "added": list(diff.added),
        "removed": list(diff.removed),
        "changed": [
            {
                "medicineName": change.medicine_name,
                "strength": change.strength,
                "fields": [_field_wire(field) for field in change.fields],
            }
            for change in diff.changed
        ],
    }


def snapshot_of(prescription: Prescription, medicines: Iterable[Medication]) -> dict[str, Any]:
    """What a version keeps: the header and every medicine, in the words of the wire."""
    return {
        "header": header_wire(prescription),
        "medications": [medicine_kept(medicine) for medicine in medicines],
    }


def medicine_kept(medicine: Medication) -> dict[str, Any]:
    """A medicine as versions keep it: without the link to its picture, which ends after an hour."""
    return medication_wire(medicine) | {"imageUrl": None}


def prescriptions_load(viewer: Actor, owner_id: UUID, ids: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    """Loader of the sync resource ``prescriptions``: what the viewer may see of the owner's."""
    rows = prescriptions_of_feed(viewer, owner_id, ids)
    return {row.id: prescription_wire(row, viewer.user_id) for row in rows}
