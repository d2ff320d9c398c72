"""What every write of a prescription shares: its lock, its versions, its audit rows, and who is told.

Lock order: the feeds of everybody concerned (sorted) → the prescription → its doses.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from apps.audit.choices import AuditAction
from apps.audit.services import audit_record
from apps.connections.access import access_denied, access_grant
from apps.connections.choices import Ability
from apps.connections.rules import may
from apps.doses.rules.planning import last_day_of
from apps.doses.services.schedule import Course
from apps.medications.models import Medication
from apps.notifications.choices import NotificationType
from apps.notifications.services import notification_send
from apps.prescriptions.choices import PrescriptionStatus, VersionState
from apps.prescriptions.errors import WrongState
from apps.prescriptions.models import Prescription, PrescriptionVersion
from apps.prescriptions.rules import Move, Position, course_last_day, moment_after, next_status, start_in_reach
from apps.prescriptions.selectors import RESOURCE, position_towards, prescription_seen
from apps.prescriptions.wire import snapshot_of
from apps.users.models import User
from dastern.core.actor import Actor
from dastern.core.errors import DomainError, Forbidden, Invalid, NotFound, Stale
from dastern.core.localtime import iso, local_date
from dastern.sync.feed import feed_lock


@contextmanager
def prescription_locked(
    actor: Actor,
    prescription_id: UUID,
    positions: Collection[Position],
    *,
    now: datetime,
    updated_at: datetime | None = None,
    hidden: type[DomainError] = NotFound,
) -> Iterator[Prescription]:
    """A transaction that holds the feeds concerned and the prescription's row, for somebody in one of ``positions``.

    1. Outside the transaction, so that its audit row survives: Forbidden for another position, ``hidden`` for
       somebody who may not see the prescription at all, and for one that does not exist.
    2. Lock, then ask again: a link ended meanwhile holds the same feeds, so the second answer is final.
    3. ``updated_at`` is the optimistic lock of an edit: Stale when somebody changed the row since it was read.
    """
    try:
        found, position = prescription_seen(actor, prescription_id, now=now)
    except NotFound as error:
        raise hidden from error
    if position not in positions:
        access_denied(actor, found.patient_id, resource_type=RESOURCE, resource_id=found.pk, ability=Ability.PRESCRIBE)
        raise Forbidden if hidden is NotFound else hidden
    with transaction.atomic():
        feed_lock([user_id for user_id in (found.patient_id, found.doctor_id, actor.id) if user_id])
        rows = Prescription.objects.select_for_update(of=("self",)).select_related("patient", "doctor")
        prescription = rows.filter(pk=found.pk, deleted_at=None).first()
        if prescription is None or (
            position is not Position.PATIENT
            and position_towards(prescription, access_grant(actor.user_id, found.patient_id, now=now)) != position
        ):
            raise NotFound
        if updated_at is not None and iso(prescription.updated_at) != iso(updated_at):
            raise Stale
        yield prescription


def move(prescription: Prescription, step: Move) -> PrescriptionStatus:
    """Take one step of the state machine and return the status before it. Raises WrongState."""
    old = PrescriptionStatus(prescription.status)
    status = next_status(old, step)
    if status is None:
        raise WrongState
    prescription.status = PrescriptionStatus(status)
    return old


def save(prescription: Prescription, now: datetime) -> None:
    """Write the locked row and move its optimistic lock."""
    prescription.updated_at = moment_after(now, prescription.updated_at)
    prescription.save()


def today_of(prescription: Prescription, now: datetime) -> date:
    """The patient's local day."""
    return local_date(now, prescription.patient.timezone)


def start_require(start: date, today: date) -> None:
    """Raises Invalid for a start more than 7 days back or a year ahead."""
    if not start_in_reach(start, today):
        raise Invalid(errors=[("startDate", _("The start may be at most 7 days ago and one year ahead."))])


def end_require(start: date, end: date | None) -> None:
    """Raises Invalid for an end before the start."""
    if end is not None and end < start:
        raise Invalid(errors=[("endDate", _("The end is before the start."))])


def living(prescription: Prescription) -> list[Medication]:
    """The medicines in force, in their order."""
    return list(
        Medication.objects.filter(prescription=prescription, retired_in_version=None).select_related("catalogue")
    )


def course_of(prescription: Prescription) -> Course:
    """What the schedule needs to know."""
    return Course(
        prescription_id=prescription.pk,
        patient_id=prescription.patient_id,
        version_number=prescription.current_version,
        start_date=prescription.start_date,
        end_date=prescription.end_date,
    )


def last_day_set(prescription: Prescription, medicines: Collection[Medication]) -> None:
    """Recompute when the course ends; the jobs read it."""
    prescription.last_day = course_last_day(
        last_day_of(
            first_day=medicine.starts_on or prescription.start_date,
            duration=medicine.duration,
            ongoing=medicine.ongoing,
            end_date=prescription.end_date,
            paused_days=medicine.paused_days,
        )
        for medicine in medicines
    )


def next_version(prescription: Prescription) -> int:
    """The number of the next version. The row is locked, so nobody else takes it."""
    highest = prescription.versions.aggregate(highest=Max("version_number"))["highest"]
    return int(highest or 0) + 1


def version_write(
    prescription: Prescription,
    *,
    actor: Actor,
    now: datetime,
    number: int,
    snapshot: Mapping[str, Any] | None = None,
    state: VersionState = VersionState.APPLIED,
    reason: str = "",
    urgent: bool = False,
) -> PrescriptionVersion:
    """Keep the content after a change: what is in force, or the ``snapshot`` of a proposal."""
    return PrescriptionVersion.objects.create(
        prescription=prescription,
        patient_id=prescription.patient_id,
        version_number=number,
        author_id=actor.id,
        change_reason=reason,
        snapshot=snapshot if snapshot is not None else snapshot_of(prescription, living(prescription)),
        state=state,
        is_urgent=urgent,
        created_at=now,
    )


def proposals_supersede(prescription: Prescription, now: datetime) -> None:
    """An open proposal no longer fits: something newer came, or the course is over."""
    prescription.versions.filter(state=VersionState.PROPOSED).update(state=VersionState.SUPERSEDED, decided_at=now)


def audit(action: AuditAction, prescription: Prescription, actor: Actor, /, **details: Any) -> None:
    """Write what happened; never the clinical text itself."""
    audit_record(
        action,
        actor=actor,
        resource_type=RESOURCE,
        resource_id=prescription.pk,
        patient_id=prescription.patient_id,
        details=details,
    )


def tell(
    prescription: Prescription,
    *,
    recipient_id: UUID,
    sender: User,
    template: str,
    actor: Actor,
    type: NotificationType = NotificationType.PRESCRIPTION_UPDATE,  # noqa: A002
    **data: Any,
) -> None:
    """Tell one person what another did. ``data`` is read inside the app only, after unlocking it."""
    notification_send(
        recipient_id=recipient_id,
        type=type,
        template=template,
        context={"name": sender.full_name},
        data={"prescriptionId": str(prescription.pk), "patientId": str(prescription.patient_id), **data},
        actor=actor,
    )


def tell_doctor(prescription: Prescription, template: str, actor: Actor, *, now: datetime, **data: Any) -> None:
    """Tell the doctor who wrote it, while the patient still lets that doctor write."""
    if prescription.doctor_id is None:
        return
    if may(access_grant(prescription.doctor_id, prescription.patient_id, now=now), Ability.PRESCRIBE):
        tell(
            prescription, recipient_id=prescription.doctor_id, sender=prescription.patient, template=template,
            actor=actor, **data,
        )  # fmt: skip
