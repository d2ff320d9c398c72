"""Writing groups. Each act is one transaction over the group and the prescription that holds it."""

from collections.abc import Mapping, Sequence
from datetime import datetime, time
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext

from apps.audit.choices import AuditAction
from apps.audit.services import audit_record
from apps.batch_medication.errors import NothingDue
from apps.batch_medication.models import MedicationBatch
from apps.batch_medication.selectors import batch_found
from apps.connections.access import access_denied
from apps.connections.choices import Ability
from apps.connections.rules import self_grant
from apps.doses.rules.figures import Figures
from apps.doses.selectors.courses import slot_around
from apps.doses.selectors.days import day_granted
from apps.doses.services.recording import GroupAnswer, group_take
from apps.medications.models import Medication
from apps.prescriptions import services as prescriptions
from apps.prescriptions.choices import PrescriptionSource, PrescriptionStatus
from apps.prescriptions.selectors import prescription_seen
from apps.users.choices import Language
from apps.users.models import User
from dastern.core import clock
from dastern.core.actor import Actor
from dastern.core.errors import Forbidden, NotFound
from dastern.core.ids import uuid7
from dastern.core.localtime import local_date
from dastern.sync.feed import feed_lock

RESOURCE = "batch"


def batch_create(
    *, actor: Actor, name: str, scheduled_time: time, rows: Sequence[Mapping[str, Any]]
) -> tuple[UUID, list[dict[str, Any]]]:
    """A patient makes a group: a prescription in force that holds it, its doses laid out from now.

    ``rows`` are validated medicines at ``scheduled_time``. Returns the group's id and what the safety check says.
    Raises Forbidden (no patient), PlanLimit, SafetyStop, Invalid.
    """
    now = clock.now()
    batch_id = uuid7()
    patient = User.objects.get(pk=actor.user_id)
    with transaction.atomic():
        written = prescriptions.prescription_create_by_patient(
            actor=actor,
            header={"title": _title(patient, name), "start_date": local_date(now, patient.timezone)},
            rows=[{**row, "batch_id": batch_id} for row in rows],
            source=PrescriptionSource.BATCH,
        )
        batch = MedicationBatch.objects.create(
            id=batch_id,
            patient_id=patient.pk,
            prescription_id=written.prescription_id,
            name=name,
            scheduled_time=scheduled_time,
            created_at=now,
            updated_at=now,
        )
        _audit(AuditAction.PRESCRIPTION_CREATE, batch, actor, "BATCH_CREATED")
    return batch_id, written.warnings


def batch_change(
    *,
    actor: Actor,
    batch_id: UUID,
    name: str | None = None,
    scheduled_time: time | None = None,
    is_active: bool | None = None,
) -> None:
    """Rename a group, move its time (doses ahead follow, what has come due stays), switch it off and on.

    What is so already changes nothing. Raises NotFound, Forbidden (somebody else's, audited), WrongState (ended).
    """
    now = clock.now()
    own = _own(actor, batch_id, now)
    with transaction.atomic():
        batch = _locked(own)
        changed = {}
        if scheduled_time is not None and scheduled_time != batch.scheduled_time:
            prescriptions.medicines_retime(
                actor=actor, prescription_id=batch.prescription_id, old=batch.scheduled_time, new=scheduled_time
            )
            changed["scheduled_time"] = batch.scheduled_time = scheduled_time
        if name is not None and name != batch.name:
            title = _title(User.objects.get(pk=batch.patient_id), name)
            prescriptions.prescription_change(
                actor=actor, prescription_id=batch.prescription_id, header={"title": title}
            )
            changed["name"] = batch.name = name  # type: ignore[assignment]
        if changed:
            batch.updated_at = now
            batch.save(update_fields=[*changed, "updated_at"])
        switched = is_active is not None and is_active != batch.is_active
        if switched:  # the row follows its prescription by trigger
            step = prescriptions.prescription_resume if is_active else prescriptions.prescription_pause
            step(actor=actor, prescription_id=batch.prescription_id)
        if changed or switched:
            fields = sorted(changed) + (["is_active"] if switched else [])
            _audit(AuditAction.PRESCRIPTION_UPDATE, batch, actor, "BATCH_UPDATED", fields=fields)


def batch_delete(*, actor: Actor, batch_id: UUID) -> None:
    """End a group: its prescription stops, what was recorded stays. Again is harmless. Raises NotFound, Forbidden."""
    own = _own(actor, batch_id, clock.now())
    with transaction.atomic():
        batch = _locked(own)
        if batch.prescription.status == PrescriptionStatus.INACTIVE:
            return
        prescriptions.prescription_stop(actor=actor, prescription_id=batch.prescription_id)
        _audit(AuditAction.PRESCRIPTION_UPDATE, batch, actor, "BATCH_DELETED")


def batch_medicine_add(*, actor: Actor, batch_id: UUID, row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Add a validated medicine, planned from now. Returns what the safety check says.

    Raises NotFound, Forbidden, WrongState, SafetyStop.
    """
    now = clock.now()
    own = _own(actor, batch_id, now)
    with transaction.atomic():
        batch = _locked(own)
        written = prescriptions.medicine_add(
            actor=actor, prescription_id=batch.prescription_id, row={**row, "batch_id": batch.pk}, in_group=True
        )
        _touch(batch, now)
        _audit(AuditAction.PRESCRIPTION_UPDATE, batch, actor, "BATCH_UPDATED", fields=["medicines"])
        return written.warnings


def batch_medicine_remove(*, actor: Actor, batch_id: UUID, medication_id: UUID) -> None:
    """Take a medicine out of a group; removing the last one ends the group. Raises NotFound, Forbidden, WrongState."""
    now = clock.now()
    own = _own(actor, batch_id, now)
    living = Medication.objects.filter(prescription_id=own.prescription_id, retired_in_version=None)
    medication = living.filter(pk=medication_id).first()
    if medication is None:
        raise NotFound
    with transaction.atomic():
        batch = _locked(own)
        prescriptions.medicine_remove(actor=actor, medication=medication)
        _touch(batch, now)
        _audit(AuditAction.PRESCRIPTION_UPDATE, batch, actor, "BATCH_UPDATED", fields=["medicines"])


def batch_take(*, actor: Actor, batch_id: UUID) -> tuple[list[GroupAnswer], Figures]:
    """Record the group's open doses of the current slot as taken now, each judged for itself.

    The slot is the latest one that has begun (or begins within thirty minutes) and is not a day old; a skipped dose
    stays skipped, and what was recorded before is not asked again. Raises NotFound, Forbidden, NothingDue.
    """
    now = clock.now()
    batch = _own(actor, batch_id, now)
    slot = slot_around(batch.prescription_id, now=now)
    if slot is None:
        raise NothingDue
    if not slot.open_ids:
        return [], day_granted(self_grant(actor.user_id), day=slot.day, now=now).figures
    return group_take(actor=actor, dose_ids=slot.open_ids, now=now)


def _own(actor: Actor, batch_id: UUID, now: datetime) -> MedicationBatch:
    """The actor's own group. NotFound for somebody else's that is hidden, Forbidden for one that is shown (audited)."""
    batch = batch_found(batch_id)
    if batch.patient_id != actor.user_id:
        prescription_seen(actor, batch.prescription_id, now=now)
        access_denied(
            actor, batch.patient_id, resource_type=RESOURCE, resource_id=batch.pk, ability=Ability.MANAGE_MEDICINES
        )
        raise Forbidden
    return batch


def _locked(batch: MedicationBatch) -> MedicationBatch:
    """The same row, locked behind the feed as every writer of the patient's rows does it."""
    feed_lock([batch.patient_id])
    rows = MedicationBatch.objects.select_for_update(of=("self",)).select_related("prescription")
    found = rows.filter(pk=batch.pk, prescription__deleted_at=None).first()
    if found is None:
        raise NotFound
    return found


def _touch(batch: MedicationBatch, now: datetime) -> None:
    MedicationBatch.objects.filter(pk=batch.pk).update(updated_at=now)


def _title(patient: User, name: str) -> str:
    """The holder's title, in the patient's language."""
    with translation.override(Language(patient.language).code):
        return (gettext("Group: %(name)s") % {"name": name})[:200]


def _audit(action: AuditAction, batch: MedicationBatch, actor: Actor, what: str, **details: Any) -> None:
    audit_record(
        action,
        actor=actor,
        resource_type=RESOURCE,
        resource_id=batch.pk,
        patient_id=batch.patient_id,
        details={"action": what, **details},
    )
