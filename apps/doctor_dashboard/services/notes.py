"""A doctor's private notes."""

from uuid import UUID

from django.db import transaction

from apps.audit.choices import AuditAction
from apps.audit.services import audit_record
from apps.connections.access import access_denied, access_grant
from apps.connections.choices import Ability
from apps.connections.rules import Side
from apps.doctor_dashboard.errors import LinkNeeded
from apps.doctor_dashboard.models import DoctorNote
from dastern.core import clock
from dastern.core.actor import Actor
from dastern.core.errors import NotFound


def note_create(*, actor: Actor, patient_id: UUID, content: str) -> DoctorNote:
    """Write a note about a connected patient. Raises LinkNeeded (audited as denied)."""
    now = clock.now()
    if access_grant(actor.user_id, patient_id, now=now).side is not Side.DOCTOR:
        access_denied(actor, patient_id, resource_type="note", resource_id=None, ability=Ability.VIEW_CARD)
        raise LinkNeeded
    with transaction.atomic():
        note = DoctorNote.objects.create(
            doctor_id=actor.user_id, patient_id=patient_id, content=content, created_at=now, updated_at=now
        )
        _audit(AuditAction.DOCTOR_NOTE_CREATE, note, actor)
    return note


@transaction.atomic
def note_change(*, actor: Actor, note_id: UUID, content: str) -> DoctorNote:
    """Change an own note. Raises NotFound for anybody else's."""
    note = _own(actor, note_id)
    note.content, note.updated_at = content, clock.now()
    note.save(update_fields=["content", "updated_at"])
    _audit(AuditAction.DOCTOR_NOTE_UPDATE, note, actor)
    return note


@transaction.atomic
def note_delete(*, actor: Actor, note_id: UUID) -> None:
    """Delete an own note: the doctor's own remark, no medical record. Raises NotFound."""
    note = _own(actor, note_id)
    _audit(AuditAction.DOCTOR_NOTE_UPDATE, note, actor, deleted=True)
    note.delete()


def _own(actor: Actor, note_id: UUID) -> DoctorNote:
    note = (
        DoctorNote.objects.select_for_update(of=("self",))
        .select_related("patient")
        .filter(pk=note_id, doctor_id=actor.user_id)
        .first()
    )
    if note is None:
        raise NotFound
    return note


def _audit(action: AuditAction, note: DoctorNote, actor: Actor, **details: bool) -> None:
    audit_record(
        action, actor=actor, resource_type="note", resource_id=note.pk, patient_id=note.patient_id, details=details
    )
