"""New prescriptions: written by a doctor, or entered by the patient."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.audit.choices import AuditAction
from apps.connections.access import access_denied, access_grant, access_require
from apps.connections.choices import Ability
from apps.connections.errors import DoctorNotVerified
from apps.connections.rules import may
from apps.doses.services.schedule import schedule_lay_out
from apps.prescriptions.choices import PrescriptionSource, PrescriptionStatus
from apps.prescriptions.errors import MayNotPrescribe
from apps.prescriptions.models import Prescription
from apps.prescriptions.rules import Move, age_on, moment_after
from apps.prescriptions.selectors import RESOURCE, plan_count
from apps.prescriptions.services.changing import tell_urgent, urgent_set
from apps.prescriptions.services.content import (
    Written,
    content_require,
    content_wanted,
    header_set,
    medicines_become,
)
from apps.prescriptions.services.lifecycle import activate
from apps.prescriptions.services.record import (
    audit,
    course_of,
    last_day_set,
    living,
    save,
    start_require,
    tell,
    today_of,
    version_write,
)
from apps.prescriptions.services.safety import safety_require
from apps.subscriptions.selectors import plan_of
from apps.subscriptions.services import plan_limit_require
from apps.users.choices import Role
from apps.users.models import User
from dastern.core import clock
from dastern.core.actor import Actor
from dastern.core.errors import Forbidden, Invalid
from dastern.core.ids import uuid7
from dastern.core.localtime import local_date
from dastern.sync.feed import feed_lock


def prescription_create(
    *,
    actor: Actor,
    patient_id: UUID,
    header: Mapping[str, Any],
    rows: Sequence[Mapping[str, Any]],
    is_urgent: bool = False,
    urgent_reason: str = "",
    safety_reason: str = "",
) -> Written:
    """A verified doctor writes for a patient who allows it: a draft to confirm, or in force at once when urgent.

    Raises Forbidden (no doctor), DoctorNotVerified, MayNotPrescribe (no link, or one too low: audited), Invalid.
    """
    now = clock.now()
    doctor = User.objects.get(pk=actor.user_id)
    if doctor.role != Role.DOCTOR:
        raise Forbidden
    if not doctor.is_verified_doctor:
        raise DoctorNotVerified
    if not may(access_grant(doctor.id, patient_id, now=now), Ability.PRESCRIBE):
        access_denied(actor, patient_id, resource_type=RESOURCE, resource_id=None, ability=Ability.PRESCRIBE)
        raise MayNotPrescribe
    if is_urgent and not urgent_reason.strip():
        raise Invalid(errors=[("urgentReason", _("Please give a reason."))])
    with transaction.atomic():
        feed_lock([patient_id, doctor.id])
        if not may(access_grant(doctor.id, patient_id, now=now), Ability.PRESCRIBE):
            raise MayNotPrescribe
        prescription = _new(User.objects.get(pk=patient_id), PrescriptionSource.DOCTOR, header, now=now, doctor=doctor)
        warnings = _insert(prescription, header, rows, actor=actor, now=now, safety_reason=safety_reason)
        if is_urgent:
            urgent_set(prescription, urgent_reason)
            activate(prescription, Move.URGENT, now=now)
            save(prescription, now)
            tell_urgent(prescription, actor)
        else:
            tell(prescription, recipient_id=patient_id, sender=doctor, template="prescriptions.drafted", actor=actor)
        version_write(prescription, actor=actor, now=now, number=1, reason="initial", urgent=is_urgent)
        return Written(prescription.pk, warnings)


def prescription_create_by_patient(
    *,
    actor: Actor,
    header: Mapping[str, Any],
    rows: Sequence[Mapping[str, Any]],
    patient_id: UUID | None = None,
    prescription_id: UUID | None = None,
    source: PrescriptionSource = PrescriptionSource.MANUAL,
    entered_at: datetime | None = None,
    safety_reason: str = "",
) -> Written:
    """The patient enters a prescription (or a caregiver with everything allowed does): in force at once.

    ``prescription_id`` is the id a phone gave it offline, ``entered_at`` when: the start must have been within reach
    then. Raises Forbidden (no patient), NotFound (audited), Invalid,
    PlanLimit: the free plan holds one patient-made prescription that is not over.
    """
    now = clock.now()
    owner_id = patient_id or actor.user_id
    if owner_id != actor.user_id:
        access_require(actor, owner_id, Ability.MANAGE_MEDICINES, resource_type=RESOURCE, now=now)
    patient = User.objects.get(pk=owner_id)
    if patient.role != Role.PATIENT:
        raise Forbidden
    with transaction.atomic():
        feed_lock([owner_id, actor.user_id])
        # counted under the lock: two at once cannot both be the last
        plan_limit_require(plan_of(owner_id).prescriptions, plan_count(owner_id))
        prescription = _new(patient, source, header, now=now, prescription_id=prescription_id)
        prescription.status = PrescriptionStatus.ACTIVE
        prescription.activated_at = now
        entered_on = local_date(entered_at or now, patient.timezone)
        warnings = _insert(
            prescription, header, rows, actor=actor, now=now, entered_on=entered_on, safety_reason=safety_reason
        )
        schedule_lay_out(course_of(prescription), now=now, respect_taken=True)
        version_write(prescription, actor=actor, now=now, number=1, reason="initial")
        if owner_id != actor.user_id:
            tell(
                prescription, recipient_id=owner_id, sender=User.objects.get(pk=actor.user_id),
                template="prescriptions.added", actor=actor,
            )  # fmt: skip
        return Written(prescription.pk, warnings)


def _new(
    patient: User,
    source: PrescriptionSource,
    header: Mapping[str, Any],
    *,
    now: datetime,
    doctor: User | None = None,
    prescription_id: UUID | None = None,
) -> Prescription:
    """An unsaved prescription. Name, gender and age come from the patient's record, never from the writer."""
    today = local_date(now, patient.timezone)
    return Prescription(
        id=prescription_id or uuid7(),
        patient=patient,
        doctor=doctor,
        doctor_license_number=(doctor.license_number or "") if doctor else "",
        patient_name=patient.full_name,
        patient_gender=patient.gender,
        patient_age=age_on(patient.date_of_birth, today) if patient.date_of_birth else None,
        start_date=header.get("start_date") or today,
        source=source,
        created_at=now,
        updated_at=moment_after(now, now),
    )


def _insert(
    prescription: Prescription,
    header: Mapping[str, Any],
    rows: Sequence[Mapping[str, Any]],
    *,
    actor: Actor,
    now: datetime,
    safety_reason: str = "",
    entered_on: date | None = None,
) -> list[dict[str, Any]]:
    """Check and save the row with its medicines, and audit it. Returns what the safety check says."""
    today = today_of(prescription, now)
    start_require(prescription.start_date, entered_on or today)
    content = content_wanted(prescription, header=header, rows=rows, actor=actor)
    content_require(prescription, content, today)
    warnings = safety_require(prescription, content, override=safety_reason)
    header_set(prescription, content.header)
    prescription.save(force_insert=True)
    medicines_become(prescription, content, 1, actor=actor, today=today)
    last_day_set(prescription, living(prescription))
    save(prescription, now)
    passed = {"safetyReason": safety_reason} if safety_reason.strip() else {}
    audit(
        AuditAction.PRESCRIPTION_CREATE, prescription, actor, source=prescription.source, status=prescription.status,
        **passed,
    )  # fmt: skip
    return warnings
