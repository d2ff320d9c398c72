"""What a doctor may see, through the access door."""

from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from apps.connections.access import access_grants_of_viewer
from apps.connections.choices import Ability
from apps.connections.rules import Grant, Side, may
from apps.doctor_dashboard.models import Patient
from apps.prescriptions.choices import PrescriptionStatus
from apps.prescriptions.models import Prescription
from dastern.core.actor import Actor


def doctor_grants(doctor: Actor, *, now: datetime) -> list[Grant]:
    """The grants that patients gave to this doctor."""
    return [grant for grant in access_grants_of_viewer(doctor.user_id, now=now) if grant.side is Side.DOCTOR]


def doctor_patients(doctor: Actor, *, now: datetime) -> QuerySet[Patient]:
    """Connected patients, whatever the level: name and link are all that the lowest level shows."""
    return Patient.objects.filter(pk__in=[grant.patient_id for grant in doctor_grants(doctor, now=now)])


def doctor_prescriptions(doctor: Actor, *, now: datetime) -> QuerySet[Prescription]:
    """Prescriptions written by this doctor for still connected patients, and those inside a grant."""
    visible = Q()
    writable: list[UUID] = []
    for grant in doctor_grants(doctor, now=now):
        if may(grant, Ability.PRESCRIBE):
            writable.append(grant.patient_id)
        if grant.prescription_ids is None:
            visible |= Q(patient_id=grant.patient_id)
        elif grant.prescription_ids:
            visible |= Q(pk__in=grant.prescription_ids)
    visible |= Q(doctor_id=doctor.user_id, patient_id__in=writable)
    return Prescription.objects.filter(visible, deleted_at__isnull=True)


def doctor_may_prescribe_for(doctor: Actor, *, now: datetime) -> list[UUID]:
    """Patients for whom this doctor may write."""
    return [g.patient_id for g in doctor_grants(doctor, now=now) if may(g, Ability.PRESCRIBE)]


def doctor_waiting(doctor: Actor, *, now: datetime) -> list[Prescription]:
    """Own prescriptions that wait: sent back for correction, or urgent and not acknowledged; newest first, 20."""
    rows = doctor_prescriptions(doctor, now=now).filter(doctor_id=doctor.user_id)
    sent_back = ~Q(retake_reason="") & ~Q(status=PrescriptionStatus.INACTIVE)
    unread = Q(is_urgent=True, urgent_acknowledged_at=None, status=PrescriptionStatus.ACTIVE)
    return list(rows.filter(sent_back | unread).order_by("-updated_at")[:20])
