"""Whom a doctor sees, and which rows of theirs: everything else of this app starts from these grants."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from apps.connections.access import access_denied, access_grant, access_grants_of_viewer, access_seen
from apps.connections.choices import Ability
from apps.connections.errors import DoctorNotVerified
from apps.connections.rules import Grant, Side, may
from apps.doctor_dashboard.models import Patient
from apps.prescriptions.models import Prescription
from apps.users.models import User
from dastern.core.actor import Actor
from dastern.core.errors import NotFound


def doctor_require(actor: Actor) -> None:
    """Raises DoctorNotVerified for a doctor whom staff have not (or no longer) verified; asked on every request."""
    if not User.objects.get(pk=actor.user_id).is_verified_doctor:
        raise DoctorNotVerified


def doctor_grants(doctor: Actor, *, now: datetime) -> list[Grant]:
    """The grants that patients gave to this doctor."""
    return [grant for grant in access_grants_of_viewer(doctor.user_id, now=now) if grant.side is Side.DOCTOR]


def patient_granted(doctor: Actor, patient_id: UUID, ability: Ability, *, resource_type: str, now: datetime) -> Grant:
    """The grant over one patient, the look audited. Raises NotFound (audited as denied)."""
    grant = access_grant(doctor.user_id, patient_id, now=now)
    if grant.side is not Side.DOCTOR or not may(grant, ability):
        access_denied(doctor, patient_id, resource_type=resource_type, resource_id=patient_id, ability=ability)
        raise NotFound
    access_seen(doctor, patient_id, resource_type=resource_type, resource_id=patient_id, ability=ability, now=now)
    return grant


def doctor_patients(doctor: Actor, *, now: datetime) -> QuerySet[Patient]:
    """Connected patients, whatever the level: name and link are all that the lowest level shows."""
    return Patient.objects.filter(pk__in=[grant.patient_id for grant in doctor_grants(doctor, now=now)])


def prescriptions_within(doctor: Actor, grants: Iterable[Grant]) -> QuerySet[Prescription]:
    """Prescriptions inside these grants, and the doctor's own for patients who let the doctor write."""
    whole: list[UUID] = []
    writable: list[UUID] = []
    single: set[UUID] = set()
    for grant in grants:
        if may(grant, Ability.PRESCRIBE):
            writable.append(grant.patient_id)
        if grant.prescription_ids is None:
            whole.append(grant.patient_id)
        else:
            single |= grant.prescription_ids
    visible = Q(patient_id__in=whole) | Q(doctor_id=doctor.user_id, patient_id__in=writable)
    if single:
        visible |= Q(pk__in=single)
    return Prescription.objects.filter(visible, deleted_at__isnull=True)


def doctor_prescriptions(doctor: Actor, *, now: datetime) -> QuerySet[Prescription]:
    """Prescriptions written by this doctor for still connected patients, and those inside a grant."""
    return prescriptions_within(doctor, doctor_grants(doctor, now=now))


def doctor_may_prescribe_for(doctor: Actor, *, now: datetime) -> list[UUID]:
    """Patients for whom this doctor may write."""
    return [g.patient_id for g in doctor_grants(doctor, now=now) if may(g, Ability.PRESCRIBE)]
