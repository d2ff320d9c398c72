"""What prescriptions add to a patient's storage and export."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from apps.prescriptions.models import Prescription, PrescriptionVersion
from apps.prescriptions.paper import prescriptions_sheet, versions_sheet
from apps.prescriptions.selectors import prescriptions_shown
from apps.prescriptions.wire import prescription_wire, version_wire
from apps.users import registry

_BYTES_A_PRESCRIPTION = 5 * 1024  # the estimate of domain.md §2.2
_CHUNK = 100


def _prescriptions(user_id: UUID) -> Iterator[dict[str, Any]]:
    rows = prescriptions_shown().filter(patient_id=user_id).order_by("created_at", "id")
    for row in rows.iterator(chunk_size=_CHUNK):
        yield prescription_wire(row, user_id)


def _versions(user_id: UUID) -> Iterator[dict[str, Any]]:
    """Every version with its content: medicines that were changed or ended are the patient's record too."""
    rows = PrescriptionVersion.objects.filter(patient_id=user_id, prescription__deleted_at=None)
    for version in rows.order_by("created_at", "id").iterator(chunk_size=_CHUNK):
        yield {"prescriptionId": str(version.prescription_id), **version_wire(version, None)}


def _count(user_id: UUID) -> int:
    return Prescription.objects.filter(patient_id=user_id, deleted_at=None).count()


def register() -> None:
    """Register everything (once, from ``ready``)."""
    registry.register_storage("prescriptions", registry.Storage(_BYTES_A_PRESCRIPTION, _count))
    registry.register_export("prescriptions", _prescriptions, sheet=prescriptions_sheet(_prescriptions))
    registry.register_export("prescriptionVersions", _versions, sheet=versions_sheet(_versions))
