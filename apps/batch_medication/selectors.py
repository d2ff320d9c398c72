"""Reading groups: through the prescription that holds each, so that its door is theirs."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from apps.batch_medication.models import MedicationBatch
from apps.connections.access import access_grant
from apps.doses.selectors.courses import CourseStanding, courses_standing
from apps.prescriptions.choices import PrescriptionSource, PrescriptionStatus
from apps.prescriptions.models import Prescription
from apps.prescriptions.selectors import (
    prescription_reread,
    prescription_shown_to,
    prescriptions_listed,
    prescriptions_of_feed,
)
from dastern.core.actor import Actor
from dastern.core.errors import NotFound


def batch_found(batch_id: UUID) -> MedicationBatch:
    """The group of that id, whoever asks; what follows asks the door. Raises NotFound."""
    found = MedicationBatch.objects.filter(pk=batch_id, prescription__deleted_at=None).first()
    if found is None:
        raise NotFound
    return found


def batch_shown_to(viewer: Actor, batch_id: UUID) -> Prescription:
    """The holder, with its group as ``batch``, for somebody who may see it. Raises NotFound (audited)."""
    batch = batch_found(batch_id)
    holder = prescription_shown_to(viewer, batch.prescription_id)
    holder.batch = batch
    return holder


def batch_reread(batch_id: UUID) -> Prescription:
    """The holder with its group as it now is, for the answer to a write that was allowed."""
    batch = MedicationBatch.objects.get(pk=batch_id)
    holder = prescription_reread(batch.prescription_id)
    holder.batch = batch
    return holder


def batches_listed(viewer: Actor, *, patient_id: UUID | None = None) -> QuerySet[Prescription]:
    """The holders, each with its group, that have not ended: the viewer's own or those of ``patient_id``, by time.

    Raises NotFound (audited) for a patient of whom the viewer may see nothing.
    """
    rows = prescriptions_listed(viewer, patient_id=patient_id or viewer.user_id)
    return (
        rows.filter(source=PrescriptionSource.BATCH, batch__isnull=False)
        .exclude(status=PrescriptionStatus.INACTIVE)
        .select_related("batch", "doctor")
        .order_by("batch__scheduled_time", "batch__id")
    )


def batches_of_feed(viewer: Actor, owner_id: UUID, ids: Collection[UUID]) -> list[Prescription]:
    """Those of ``ids`` in the owner's feed that the viewer may see, as holders with their groups."""
    batches = {
        batch.prescription_id: batch for batch in MedicationBatch.objects.filter(pk__in=list(ids), patient_id=owner_id)
    }
    holders = prescriptions_of_feed(viewer, owner_id, list(batches))
    for holder in holders:
        holder.batch = batches[holder.pk]
    return holders


def batches_standing(viewer: Actor, holders: Collection[Prescription], *, now: datetime) -> dict[UUID, CourseStanding]:
    """How far each course is, in one statement; all ``holders`` belong to one patient."""
    if not holders:
        return {}
    grant = access_grant(viewer.user_id, next(iter(holders)).patient_id, now=now)
    return courses_standing(grant, [holder.pk for holder in holders], now=now)
