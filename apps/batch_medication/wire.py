"""Groups as they go over the wire, in answers and in the sync feed alike."""

from collections.abc import Collection, Iterator
from typing import Any, cast
from uuid import UUID

from apps.batch_medication.selectors import batches_of_feed
from apps.doses.selectors.courses import CourseStanding
from apps.medications.models import Medication
from apps.medications.wire import medication_wire
from apps.prescriptions.models import Prescription
from apps.prescriptions.selectors import prescriptions_shown, sees_private
from dastern.core.actor import Actor
from dastern.core.localtime import iso, iso_or_none


def batch_wire(holder: Prescription, viewer_id: UUID, standing: CourseStanding | None) -> dict[str, Any]:
    """A group as this viewer may see it; ``holder`` comes from ``prescriptions_shown`` with its ``batch``.

    ``standing`` None is the sync feed's: phones have the doses themselves and count better than a row that moves only
    when the group does.
    """
    batch = holder.batch
    living = cast("list[Medication]", holder.living)  # type: ignore[attr-defined]
    everything = sees_private(holder, viewer_id)
    return {
        "id": str(batch.id),
        "patientId": str(batch.patient_id),
        "prescriptionId": str(holder.id),
        "name": batch.name,
        "scheduledTime": f"{batch.scheduled_time:%H:%M}",
        "isActive": batch.is_active,
        "status": holder.status,
        "medicines": [medication_wire(row) for row in living if everything or not row.private],
        "progress": {"nextDoseAt": iso_or_none(standing.next_at), "taken": standing.taken, "total": standing.closed}
        if standing
        else None,
        "createdAt": iso(batch.created_at),
        "updatedAt": iso(batch.updated_at),
    }


def batches_load(viewer: Actor, owner_id: UUID, ids: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    """Loader of the sync resource ``batches``: what the viewer may see of the owner's."""
    return {
        holder.batch.id: batch_wire(holder, viewer.user_id, None) for holder in batches_of_feed(viewer, owner_id, ids)
    }


def batches_export(user_id: UUID) -> Iterator[dict[str, Any]]:
    """The person's own groups, ended ones too, for the export."""
    holders = prescriptions_shown().filter(batch__patient_id=user_id).select_related("batch", "doctor")
    for holder in holders.order_by("batch__created_at", "batch__id").iterator(chunk_size=100):
        yield batch_wire(holder, user_id, None)
