"""The life of a prescription: confirm, send back, reject, pause, resume, stop, delete, acknowledge."""

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from apps.audit.choices import AuditAction
from apps.doses.choices import WithdrawReason
from apps.doses.services.schedule import schedule_lay_out, schedule_withdraw
from apps.medications.services import medications_pause_add
from apps.prescriptions.choices import PrescriptionStatus, VersionState
from apps.prescriptions.errors import DoctorMade, NothingToAcknowledge, WrongState
from apps.prescriptions.models import Prescription
from apps.prescriptions.rules import Move, Position, paused_for, start_after_waiting
from apps.prescriptions.services.record import (
    audit,
    course_of,
    last_day_set,
    living,
    move,
    prescription_locked,
    proposals_supersede,
    save,
    tell,
    tell_doctor,
    today_of,
)
from dastern.core import clock
from dastern.core.actor import Actor
from dastern.core.errors import Invalid
from dastern.core.localtime import local_date

PATIENT = (Position.PATIENT,)
PATIENT_OR_AUTHOR = (Position.PATIENT, Position.AUTHOR)


def prescription_confirm(*, actor: Actor, prescription_id: UUID) -> None:
    """The patient confirms a draft: it becomes ACTIVE and its doses are laid out, in one transaction.

    Confirming what was confirmed before changes nothing (double tap, scenario 30): the row lock lets one through,
    the other finds it ACTIVE. Raises NotFound, Forbidden (not the patient), WrongState (rejected, stopped, paused).
    """
    now = clock.now()
    with prescription_locked(actor, prescription_id, PATIENT, now=now) as prescription:
        if prescription.status == PrescriptionStatus.ACTIVE:
            return
        activate(prescription, Move.CONFIRM, now=now)
        save(prescription, now)
        audit(AuditAction.PRESCRIPTION_CONFIRM, prescription, actor, version=prescription.current_version)
        tell_doctor(prescription, "prescriptions.confirmed", actor, now=now)


def activate(prescription: Prescription, step: Move, *, now: datetime) -> None:
    """Put the locked prescription in force and lay out its doses. Raises WrongState. The caller saves and audits.

    The start moves by the days the draft waited for an answer: on them nobody was asked to take anything, so they
    are no days of treatment. A written end stays.
    """
    move(prescription, step)
    written_on = local_date(prescription.created_at, prescription.patient.timezone)
    prescription.start_date = start_after_waiting(
        prescription.start_date, written_on=written_on, today=today_of(prescription, now), end=prescription.end_date
    )
    prescription.activated_at = now
    prescription.retake_reason = ""
    last_day_set(prescription, living(prescription))
    schedule_lay_out(course_of(prescription), now=now, respect_taken=True)


def prescription_retake(*, actor: Actor, prescription_id: UUID, reason: str) -> None:
    """The patient sends a doctor's draft, or an open proposal, back to be corrected. ACTIVE courses stay ACTIVE.

    Raises NotFound, Forbidden, Invalid (no reason), WrongState (nothing there that could be corrected).
    """
    now = clock.now()
    _reason_require(reason)
    with prescription_locked(actor, prescription_id, PATIENT, now=now) as prescription:
        proposed = prescription.versions.filter(state=VersionState.PROPOSED).update(
            state=VersionState.DECLINED, decided_at=now
        )
        if not prescription.is_doctor_made or (prescription.status != PrescriptionStatus.DRAFT and not proposed):
            raise WrongState
        prescription.retake_reason = reason
        save(prescription, now)
        audit(AuditAction.PRESCRIPTION_RETAKE, prescription, actor, version=prescription.current_version)
        tell_doctor(prescription, "prescriptions.retake", actor, now=now, reason=reason)


def prescription_reject(*, actor: Actor, prescription_id: UUID, reason: str = "") -> None:
    """The patient rejects a draft; INACTIVE is final. Raises NotFound, Forbidden, WrongState."""
    now = clock.now()
    with prescription_locked(actor, prescription_id, PATIENT, now=now) as prescription:
        old = move(prescription, Move.REJECT)
        _end(prescription, reason, now=now)
        audit(AuditAction.PRESCRIPTION_UPDATE, prescription, actor, action="REJECTED", old=old, new=prescription.status)
        tell_doctor(prescription, "prescriptions.rejected", actor, now=now, reason=reason)


def prescription_pause(*, actor: Actor, prescription_id: UUID, reason: str = "") -> None:
    """Take the doses ahead off the schedule until resumed; a dose whose time has come may still be recorded.

    The author may pause too, with a reason. Raises NotFound, Forbidden, Invalid (no reason), WrongState.
    """
    now = clock.now()
    with prescription_locked(actor, prescription_id, PATIENT_OR_AUTHOR, now=now) as prescription:
        _reason_of_doctor_require(prescription, actor, reason)
        old = move(prescription, Move.PAUSE)
        prescription.paused_at = now
        save(prescription, now)
        schedule_withdraw(prescription_id=prescription.pk, now=now, reason=WithdrawReason.PAUSED)
        audit(
            AuditAction.PRESCRIPTION_UPDATE, prescription, actor,
            action="PAUSED", old=old, new=prescription.status, reason=reason,
        )  # fmt: skip
        _tell_patient(prescription, "prescriptions.paused", actor, reason)


def prescription_resume(*, actor: Actor, prescription_id: UUID) -> None:
    """Lay out what remains of the course from now; without a written end it ends later by the days paused.

    Raises NotFound, Forbidden (not the patient), WrongState.
    """
    now = clock.now()
    with prescription_locked(actor, prescription_id, PATIENT, now=now) as prescription:
        old = move(prescription, Move.RESUME)
        pause_end(prescription, now)
        last_day_set(prescription, living(prescription))
        save(prescription, now)
        schedule_lay_out(course_of(prescription), now=now, respect_taken=True)
        audit(AuditAction.PRESCRIPTION_UPDATE, prescription, actor, action="RESUMED", old=old, new=prescription.status)


def pause_end(prescription: Prescription, now: datetime) -> None:
    """Add the days of the pause that ends now. Nothing for a prescription that is not paused."""
    if prescription.paused_at is not None:
        paused_on = local_date(prescription.paused_at, prescription.patient.timezone)
        # a pause before the first day costs none of the course's days
        paused_on = max(paused_on, prescription.start_date)
        days = paused_for(paused_on, today_of(prescription, now))
        prescription.paused_days += days
        prescription.paused_at = None
        medications_pause_add(prescription_id=prescription.pk, days=days)


def prescription_stop(*, actor: Actor, prescription_id: UUID, reason: str = "") -> None:
    """End the course for good. The author may stop too, with a reason.

    Raises NotFound, Forbidden, Invalid (no reason), WrongState.
    """
    now = clock.now()
    with prescription_locked(actor, prescription_id, PATIENT_OR_AUTHOR, now=now) as prescription:
        _reason_of_doctor_require(prescription, actor, reason)
        stop(prescription, actor, reason, now=now)
        _tell_patient(prescription, "prescriptions.stopped", actor, reason)


def stop(prescription: Prescription, actor: Actor, reason: str, *, now: datetime) -> None:
    """Stop the locked prescription, with its audit row. Raises WrongState."""
    old = move(prescription, Move.STOP)
    _end(prescription, reason, now=now)
    audit(
        AuditAction.PRESCRIPTION_UPDATE, prescription, actor,
        action="STOPPED", old=old, new=prescription.status, reason=reason,
    )  # fmt: skip


def _end(prescription: Prescription, reason: str, *, now: datetime) -> None:
    prescription.stopped_at = now
    prescription.stopped_reason = reason
    prescription.paused_at = None
    save(prescription, now)
    proposals_supersede(prescription, now)
    schedule_withdraw(prescription_id=prescription.pk, now=now, reason=WithdrawReason.STOPPED)


def prescription_delete(*, actor: Actor, prescription_id: UUID) -> None:
    """Hide a prescription that the patient made; its history stays. Raises NotFound, Forbidden, DoctorMade."""
    now = clock.now()
    with prescription_locked(actor, prescription_id, PATIENT, now=now) as prescription:
        if prescription.is_doctor_made:
            raise DoctorMade
        prescription.deleted_at = now
        save(prescription, now)
        schedule_withdraw(prescription_id=prescription.pk, now=now, reason=WithdrawReason.DELETED)
        audit(AuditAction.PRESCRIPTION_UPDATE, prescription, actor, action="DELETED", old=prescription.status)


def urgent_acknowledge(*, actor: Actor, prescription_id: UUID) -> None:
    """The patient has read the urgent change; again is harmless. It holds whether or not it is acknowledged.

    Raises NotFound, Forbidden, NothingToAcknowledge.
    """
    now = clock.now()
    with prescription_locked(actor, prescription_id, PATIENT, now=now) as prescription:
        if not prescription.is_urgent:
            raise NothingToAcknowledge
        if prescription.urgent_acknowledged_at is not None:
            return
        prescription.urgent_acknowledged_at = now
        save(prescription, now)
        audit(AuditAction.PRESCRIPTION_UPDATE, prescription, actor, action="URGENT_ACKNOWLEDGED")


def _reason_require(reason: str) -> None:
    if not reason.strip():
        raise Invalid(errors=[("reason", _("Please give a reason."))])


def _reason_of_doctor_require(prescription: Prescription, actor: Actor, reason: str) -> None:
    if actor.user_id != prescription.patient_id:
        _reason_require(reason)


def _tell_patient(prescription: Prescription, template: str, actor: Actor, reason: str) -> None:
    """A doctor's act is told to the patient, with the reason for inside the app; the own act is not."""
    if prescription.doctor is not None and actor.user_id != prescription.patient_id:
        tell(
            prescription, recipient_id=prescription.patient_id, sender=prescription.doctor, template=template,
            actor=actor, reason=reason,
        )  # fmt: skip
