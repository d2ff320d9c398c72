"""Changing what is prescribed: edits, proposals and their decision, urgent changes, single medicines."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from apps.audit.choices import AuditAction
from apps.doses.rules.planning import DayKept
from apps.doses.services.schedule import schedule_replace, schedule_show_again
from apps.medications.models import Medication
from apps.notifications.choices import NotificationType
from apps.prescriptions.choices import PrescriptionSource, PrescriptionStatus, VersionState
from apps.prescriptions.errors import DoctorMade, NotAuthor, NotProposed, PartOfGroup, WrongState
from apps.prescriptions.models import Prescription, PrescriptionVersion
from apps.prescriptions.rules import Move, Position, next_status
from apps.prescriptions.services.content import (
    Content,
    Written,
    content_present,
    content_require,
    content_wanted,
    header_set,
    medicine_continued,
    medicine_typed,
    medicines_become,
)
from apps.prescriptions.services.lifecycle import activate, pause_end, stop
from apps.prescriptions.services.record import (
    audit,
    course_of,
    last_day_set,
    living,
    move,
    next_version,
    prescription_locked,
    proposals_supersede,
    save,
    tell,
    tell_doctor,
    today_of,
    version_write,
)
from apps.prescriptions.services.safety import safety_require
from apps.users.choices import Role
from apps.users.models import User
from dastern.core import clock
from dastern.core.actor import Actor
from dastern.core.errors import DomainError, Invalid, NotFound

EDITORS = (Position.PATIENT, Position.AUTHOR)
ADDERS = (*EDITORS, Position.CAREGIVER)
IN_COURSE = (PrescriptionStatus.ACTIVE, PrescriptionStatus.PAUSED)


def hidden_from(actor: Actor) -> type[DomainError]:
    """A doctor may edit only own prescriptions: any other id is refused alike, whether it exists or not."""
    return NotAuthor if actor.role == Role.DOCTOR else NotFound


def prescription_change(
    *,
    actor: Actor,
    prescription_id: UUID,
    header: Mapping[str, Any],
    rows: Sequence[Mapping[str, Any]] | None = None,
    reason: str = "",
    safety_reason: str = "",
    updated_at: datetime | None = None,
) -> Written:
    """Change what is prescribed: ``header`` holds only what changes, ``rows`` the whole new list or None.

    The doctor's change of a course in force becomes a proposal, and the old plan goes on until the patient accepts;
    everything else holds at once. Raises NotAuthor, NotFound, DoctorMade, Stale, WrongState, Invalid.
    """
    now = clock.now()
    with prescription_locked(
        actor, prescription_id, EDITORS, now=now, updated_at=updated_at, hidden=hidden_from(actor)
    ) as prescription:
        editable_require(prescription, actor)
        if rows is not None:
            _own_times_require(prescription)
        content = content_wanted(prescription, header=header, rows=rows, actor=actor)
        return carry_out_or_propose(
            prescription, content, actor=actor, reason=reason, safety_reason=safety_reason, now=now
        )


def prescription_urgent_update(
    *,
    actor: Actor,
    prescription_id: UUID,
    urgent_reason: str,
    header: Mapping[str, Any],
    rows: Sequence[Mapping[str, Any]] | None = None,
    reason: str = "",
    safety_reason: str = "",
    updated_at: datetime | None = None,
) -> Written:
    """The author changes the treatment with effect from now; the patient is told why and cannot block it.

    A draft is put in force, a paused course goes on. Raises NotAuthor, Stale, WrongState, Invalid.
    """
    now = clock.now()
    if not urgent_reason.strip():
        raise Invalid(errors=[("urgentReason", _("Please give a reason."))])
    with prescription_locked(
        actor, prescription_id, (Position.AUTHOR,), now=now, updated_at=updated_at, hidden=hidden_from(actor)
    ) as prescription:
        content = content_wanted(prescription, header=header, rows=rows, actor=actor)
        if next_status(prescription.status, Move.URGENT) is None:
            raise WrongState
        content_require(prescription, content, today_of(prescription, now))
        warnings = safety_require(prescription, content, override=safety_reason)
        urgent_set(prescription, urgent_reason)
        number = next_version(prescription)
        if prescription.status == PrescriptionStatus.DRAFT:
            carry_out(prescription, content, number, actor=actor, now=now)
            activate(prescription, Move.URGENT, now=now)
            save(prescription, now)
        else:
            was_paused = move(prescription, Move.URGENT) == PrescriptionStatus.PAUSED
            pause_end(prescription, now)
            carry_out(prescription, content, number, actor=actor, now=now, every_dose=was_paused)
        version_write(prescription, actor=actor, now=now, number=number, reason=reason or urgent_reason, urgent=True)
        audit(
            AuditAction.PRESCRIPTION_UPDATE, prescription, actor,
            action="URGENT", version=number, reason=urgent_reason, safetyReason=safety_reason,
        )  # fmt: skip
        tell_urgent(prescription, actor)
        return Written(prescription.pk, warnings)


def urgent_set(prescription: Prescription, reason: str) -> None:
    """Mark the row as urgently changed and not yet acknowledged (not saved)."""
    prescription.is_urgent = True
    prescription.urgent_reason = reason
    prescription.urgent_acknowledged_at = None


def tell_urgent(prescription: Prescription, actor: Actor) -> None:
    """The red alert: never muted, never held back; the reason is read inside the app."""
    assert prescription.doctor is not None
    tell(
        prescription, recipient_id=prescription.patient_id, sender=prescription.doctor, actor=actor,
        template="prescriptions.urgent", type=NotificationType.URGENT_PRESCRIPTION_CHANGE,
        reason=prescription.urgent_reason, critical=True,
    )  # fmt: skip


def editable_require(prescription: Prescription, actor: Actor) -> None:
    """Raises DoctorMade to anybody but the author of a doctor's prescription, WrongState for one that ended."""
    if prescription.is_doctor_made and prescription.doctor_id != actor.id:
        raise DoctorMade
    move(prescription, Move.CHANGE)


def _own_times_require(prescription: Prescription) -> None:
    """Raises PartOfGroup: the medicines of a group share its clock time, so they are changed through the group."""
    if prescription.source == PrescriptionSource.BATCH:
        raise PartOfGroup


def carry_out_or_propose(
    prescription: Prescription,
    content: Content,
    *,
    actor: Actor,
    now: datetime,
    reason: str = "",
    safety_reason: str = "",
    what: str = "CHANGED",
) -> Written:
    content_require(prescription, content, today_of(prescription, now))
    warnings = safety_require(prescription, content, override=safety_reason)
    number = next_version(prescription)
    by_doctor = prescription.doctor_id == actor.id
    proposes = by_doctor and prescription.status in IN_COURSE
    proposals_supersede(prescription, now)
    if proposes:
        save(prescription, now)
        version_write(
            prescription, actor=actor, now=now, number=number, snapshot=content.snapshot,
            state=VersionState.PROPOSED, reason=reason,
        )  # fmt: skip
    else:
        prescription.retake_reason = ""
        carry_out(prescription, content, number, actor=actor, now=now)
        version_write(prescription, actor=actor, now=now, number=number, reason=reason)
    audit(
        AuditAction.PRESCRIPTION_UPDATE, prescription, actor,
        action="PROPOSED" if proposes else what, version=number, reason=reason, safetyReason=safety_reason,
    )  # fmt: skip
    if by_doctor:
        assert prescription.doctor is not None
        tell(
            prescription, recipient_id=prescription.patient_id, sender=prescription.doctor, actor=actor,
            template="prescriptions.proposed" if proposes else "prescriptions.redrafted", versionNumber=number,
        )  # fmt: skip
    return Written(prescription.pk, warnings)


def carry_out(
    prescription: Prescription,
    content: Content,
    number: int,
    *,
    actor: Actor,
    now: datetime,
    every_dose: bool = False,
    day_kept: DayKept | None = None,
) -> None:
    """Make the rows say ``content`` as version ``number``, and the doses ahead follow when the course is in force.

    Only doses of changed medicines are replaced, unless the days of the whole course moved (or ``every_dose``).
    ``day_kept`` is a day whose doses stay.
    """
    days_moved = header_set(prescription, content.header)
    today = today_of(prescription, now)
    retired, created = medicines_become(prescription, content, number, actor=actor, today=today)
    prescription.current_version = number
    medicines = living(prescription)
    last_day_set(prescription, medicines)
    proposals_supersede(prescription, now)
    save(prescription, now)
    if prescription.status == PrescriptionStatus.ACTIVE:
        if days_moved or every_dose:
            created = {medicine.pk for medicine in medicines}
            retired = retired | created
        schedule_replace(course_of(prescription), now=now, retired_ids=retired, new_ids=created, day_kept=day_kept)


def version_accept(*, actor: Actor, prescription_id: UUID, number: int) -> None:
    """The patient accepts a proposal: it is carried out as it was shown; past doses keep their old medicine.

    Accepting what was accepted before changes nothing. Raises NotFound, Forbidden, NotProposed, WrongState.
    """
    now = clock.now()
    with prescription_locked(actor, prescription_id, (Position.PATIENT,), now=now) as prescription:
        version = _version(prescription, number)
        if version.state == VersionState.APPLIED and version.decided_at is not None:
            return
        _proposed_require(version)
        move(prescription, Move.CHANGE)
        version.state = VersionState.APPLIED
        version.decided_at = now
        version.save(update_fields=["state", "decided_at"])
        content = Content(version.snapshot["header"], version.snapshot["medications"])
        carry_out(prescription, content, number, actor=actor, now=now)
        audit(AuditAction.PRESCRIPTION_CONFIRM, prescription, actor, version=number)
        tell_doctor(prescription, "prescriptions.accepted", actor, now=now, versionNumber=number)


def version_decline(*, actor: Actor, prescription_id: UUID, number: int, reason: str = "") -> None:
    """The patient declines a proposal: the present plan goes on. Raises NotFound, Forbidden, NotProposed."""
    now = clock.now()
    with prescription_locked(actor, prescription_id, (Position.PATIENT,), now=now) as prescription:
        version = _version(prescription, number)
        _proposed_require(version)
        version.state = VersionState.DECLINED
        version.decided_at = now
        version.save(update_fields=["state", "decided_at"])
        save(prescription, now)
        audit(AuditAction.PRESCRIPTION_UPDATE, prescription, actor, action="DECLINED", version=number, reason=reason)
        tell_doctor(prescription, "prescriptions.declined", actor, now=now, versionNumber=number, reason=reason)


def _version(prescription: Prescription, number: int) -> PrescriptionVersion:
    version = prescription.versions.filter(version_number=number).first()
    if version is None:
        raise NotFound
    return version


def _proposed_require(version: PrescriptionVersion) -> None:
    if version.state != VersionState.PROPOSED:
        raise NotProposed


# --- single medicines ---------------------------------------------------------------------------------------------


def medicine_add(
    *,
    actor: Actor,
    prescription_id: UUID,
    row: Mapping[str, Any],
    safety_reason: str = "",
    in_group: bool = False,
) -> Written:
    """Add a medicine to a prescription: its author, the patient who entered it, a caregiver with everything allowed.

    In force at once, with doses from now, except that a doctor's addition to a course in force is a proposal.
    ``in_group``: the row has the clock time of the group that the prescription holds.
    Raises NotAuthor, NotFound, Forbidden, DoctorMade, PartOfGroup, WrongState, Invalid.
    """
    now = clock.now()
    with prescription_locked(actor, prescription_id, ADDERS, now=now, hidden=hidden_from(actor)) as prescription:
        editable_require(prescription, actor)
        if not in_group:
            _own_times_require(prescription)
        present = content_present(prescription)
        medicine = medicine_typed(prescription, row, actor)
        content = Content(present.header, [*present.medicines, medicine])
        written = carry_out_or_propose(
            prescription, content, actor=actor, now=now, safety_reason=safety_reason, what="MEDICINE_ADDED"
        )
        if actor.id not in (prescription.patient_id, prescription.doctor_id):
            tell(
                prescription, recipient_id=prescription.patient_id, sender=User.objects.get(pk=actor.user_id),
                template="prescriptions.added", actor=actor,
            )  # fmt: skip
        return Written(prescription.pk, written.warnings, UUID(medicine["id"]))


def medicine_change(
    *, actor: Actor, medication: Medication, row: Mapping[str, Any], safety_reason: str = ""
) -> Written:
    """Prescribe a living medicine anew as ``row`` says: a new row in a new version; the old one keeps its doses.

    The medicine named in the answer is the new row, or the old one when nothing differs. Raises NotAuthor, NotFound,
    Forbidden, DoctorMade, WrongState, Invalid.
    """
    now = clock.now()
    with prescription_locked(
        actor, medication.prescription_id, EDITORS, now=now, hidden=hidden_from(actor)
    ) as prescription:
        editable_require(prescription, actor)
        _own_times_require(prescription)
        present = content_present(prescription)
        old = _one(present, medication.pk)
        changed = medicine_continued(old, medicine_typed(prescription, row, actor), row)
        if changed is old:
            return Written(prescription.pk, [], medication.pk)
        content = Content(present.header, [changed if other is old else other for other in present.medicines])
        written = carry_out_or_propose(
            prescription, content, actor=actor, now=now, safety_reason=safety_reason, what="MEDICINE_UPDATED"
        )
        return Written(prescription.pk, written.warnings, UUID(changed["id"]))


def medicine_settings_set(*, actor: Actor, medication: Medication, settings: Mapping[str, Any]) -> None:
    """The patient's own settings of a medicine, whoever prescribed it: reminders, stock, private. No new version.

    ``private`` holds for every row of that name in the prescription, so that old versions keep the secret too.
    Raises NotFound, Forbidden.
    """
    now = clock.now()
    with prescription_locked(actor, medication.prescription_id, (Position.PATIENT,), now=now) as prescription:
        _one(content_present(prescription), medication.pk)
        Medication.objects.filter(pk=medication.pk).update(**settings)
        if "private" in settings:
            same = Medication.objects.filter(prescription=prescription, medicine_name__iexact=medication.medicine_name)
            same.update(private=settings["private"])
            schedule_show_again(medication_ids=list(same.values_list("pk", flat=True)), now=now)
        audit(AuditAction.PRESCRIPTION_UPDATE, prescription, actor, action="MEDICINE_SETTINGS", fields=sorted(settings))


def medicine_remove(*, actor: Actor, medication: Medication) -> None:
    """Retire a living medicine; removing the last one stops the prescription.

    Raises NotAuthor, NotFound, Forbidden, DoctorMade, WrongState.
    """
    now = clock.now()
    with prescription_locked(
        actor, medication.prescription_id, EDITORS, now=now, hidden=hidden_from(actor)
    ) as prescription:
        editable_require(prescription, actor)
        present = content_present(prescription)
        old = _one(present, medication.pk)
        rest = [row for row in present.medicines if row is not old]
        if rest:
            carry_out_or_propose(
                prescription, Content(present.header, rest), actor=actor, now=now, what="MEDICINE_REMOVED"
            )
        elif prescription.status == PrescriptionStatus.DRAFT:
            raise Invalid(errors=[("medications", _("A prescription needs at least one medicine."))])
        else:
            stop(prescription, actor, "", now=now)


def _one(content: Content, medication_id: UUID) -> Mapping[str, Any]:
    """The medicine of that row. Raises NotFound when it was retired meanwhile."""
    for row in content.medicines:
        if row["id"] == str(medication_id):
            return row
    raise NotFound
