"""Reading prescriptions: every read takes the viewer and goes through the access door."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet

from apps.connections.access import (
    access_denied,
    access_grant,
    access_grants_of_viewer,
    access_require,
    access_seen,
    access_seen_many,
)
from apps.connections.choices import Ability
from apps.connections.rules import Grant, Side, may
from apps.medications.models import Medication
from apps.prescriptions.choices import PrescriptionSource, PrescriptionStatus, VersionState
from apps.prescriptions.models import Prescription, PrescriptionVersion
from apps.prescriptions.rules import Position
from apps.users.choices import Role
from dastern.core import clock
from dastern.core.actor import Actor
from dastern.core.errors import NotFound

RESOURCE = "prescription"


def position_towards(prescription: Prescription, grant: Grant) -> Position | None:
    """Where the holder of ``grant`` stands towards this prescription; None for somebody who may not see it."""
    if grant.side is Side.SELF:
        return Position.PATIENT
    if prescription.doctor_id == grant.viewer_id and may(grant, Ability.PRESCRIBE):
        return Position.AUTHOR
    if may(grant, Ability.MANAGE_MEDICINES):
        return Position.CAREGIVER
    if may(grant, Ability.VIEW_PRESCRIPTIONS, prescription_id=prescription.pk):
        return Position.VIEWER
    return None


def _within(grant: Grant) -> Q:
    """The rows that ``position_towards`` lets the holder of ``grant`` see, as a filter."""
    rows = Q(patient_id=grant.patient_id)
    if grant.prescription_ids is None:
        return rows
    seen = Q(pk__in=grant.prescription_ids)
    if may(grant, Ability.PRESCRIBE):
        seen |= Q(doctor_id=grant.viewer_id)
    return rows & seen


def prescriptions_shown() -> QuerySet[Prescription]:
    """Prescriptions with all that ``wire.prescription_wire`` tells, in a constant number of statements."""
    versions = PrescriptionVersion.objects.order_by("version_number")
    return (
        Prescription.objects.filter(deleted_at=None)
        .select_related("doctor")
        .prefetch_related(
            Prefetch("medications", Medication.objects.filter(retired_in_version=None), to_attr="living"),
            Prefetch("versions", versions.defer("snapshot"), to_attr="history"),
            Prefetch("versions", versions.filter(state=VersionState.PROPOSED), to_attr="proposals"),
        )
    )


def prescriptions_listed(
    viewer: Actor, *, patient_id: UUID | None = None, status: PrescriptionStatus | None = None
) -> QuerySet[Prescription]:
    """What the viewer may see, newest first.

    Without ``patient_id`` a patient gets the own ones, everybody else those of all patients whose grant shows some.
    Raises NotFound (audited) for a patient of whom the viewer may see none.
    """
    now = clock.now()
    if patient_id is None and viewer.role == Role.PATIENT:
        patient_id = viewer.user_id
    if patient_id is not None:
        grants = [_grant_that_shows(viewer, patient_id, now)]
    else:
        grants = access_grants_of_viewer(viewer.user_id, now=now)
    visible = Q(pk__in=[])
    for grant in grants:
        visible |= _within(grant)
    rows = prescriptions_shown().filter(visible).order_by("-created_at", "-id")
    return rows.filter(status=status) if status else rows


def _grant_that_shows(viewer: Actor, patient_id: UUID, now: datetime) -> Grant:
    """The grant over one patient. A doctor who may write sees the own ones even when the scope names none."""
    grant = access_grant(viewer.user_id, patient_id, now=now)
    if may(grant, Ability.PRESCRIBE):
        return grant
    return access_require(viewer, patient_id, Ability.VIEW_PRESCRIPTIONS, resource_type=RESOURCE, now=now)


def looked_at(viewer: Actor, rows: Sequence[Prescription]) -> list[Prescription]:
    """The same rows, after auditing that the viewer saw those of other people: one audit row a patient."""
    access_seen_many(
        viewer,
        {row.patient_id for row in rows} - {viewer.user_id},
        resource_type=RESOURCE,
        ability=Ability.VIEW_PRESCRIPTIONS,
        now=clock.now(),
    )
    return list(rows)


def prescription_seen(
    viewer: Actor, prescription_id: UUID, *, now: datetime, rows: QuerySet[Prescription] | None = None
) -> tuple[Prescription, Position]:
    """The prescription (out of ``rows``) and where the viewer stands. Raises NotFound, audited when the row exists.

    Not audited as a look: writes audit themselves, and reads go through ``prescription_shown_to``.
    """
    found = (Prescription.objects.filter(deleted_at=None) if rows is None else rows).filter(pk=prescription_id).first()
    if found is None:
        raise NotFound
    position = position_towards(found, access_grant(viewer.user_id, found.patient_id, now=now))
    if position is None:
        access_denied(
            viewer,
            found.patient_id,
            resource_type=RESOURCE,
            resource_id=prescription_id,
            ability=Ability.VIEW_PRESCRIPTIONS,
        )
        raise NotFound
    return found, position


def prescription_shown_to(viewer: Actor, prescription_id: UUID) -> Prescription:
    """One prescription for somebody who may see it; the look is audited. Raises NotFound (audited)."""
    now = clock.now()
    found, position = prescription_seen(viewer, prescription_id, now=now, rows=prescriptions_shown())
    if position is not Position.PATIENT:
        access_seen(
            viewer,
            found.patient_id,
            resource_type=RESOURCE,
            resource_id=found.pk,
            ability=Ability.VIEW_PRESCRIPTIONS,
            now=now,
        )
    return found


def prescription_reread(prescription_id: UUID) -> Prescription:
    """The prescription as it now is, for the answer to a write that was allowed."""
    return prescriptions_shown().get(pk=prescription_id)


def medicines_of(prescription: Prescription, viewer_id: UUID) -> QuerySet[Medication]:
    """The medicines in force of a prescription that was found through the door, without private ones for others."""
    rows = Medication.objects.filter(prescription=prescription, retired_in_version=None).order_by("row_number")
    return rows if sees_private(prescription, viewer_id) else rows.filter(private=False)


def sees_private(prescription: Prescription, viewer_id: UUID) -> bool:
    """Private medicines are for the patient and for the doctor who wrote them (domain.md §7.6)."""
    return viewer_id in (prescription.patient_id, prescription.doctor_id)


def hidden_names(prescription: Prescription, viewer_id: UUID) -> set[str] | None:
    """Names of private medicines, in small letters, that old versions must not tell this viewer; None: tell all."""
    if sees_private(prescription, viewer_id):
        return None
    rows = Medication.objects.filter(prescription=prescription, private=True)
    return {name.casefold() for name in rows.values_list("medicine_name", flat=True)}


def medicine_shown_to(viewer: Actor, medication_id: UUID) -> Medication:
    """One medicine, living or retired, for somebody who may see it. Raises NotFound (audited)."""
    found = Medication.objects.filter(pk=medication_id).first()
    if found is None:
        raise NotFound
    prescription = prescription_shown_to(viewer, found.prescription_id)
    if found.private and not sees_private(prescription, viewer.user_id):
        raise NotFound
    return found


def versions_of(prescription: Prescription) -> QuerySet[PrescriptionVersion]:
    """The versions of a prescription that was found through the door, oldest first, with their authors."""
    return PrescriptionVersion.objects.filter(prescription=prescription).select_related("author")


def version_of(prescription: Prescription, number: int) -> PrescriptionVersion:
    """One version. Raises NotFound."""
    found = versions_of(prescription).filter(version_number=number).first()
    if found is None:
        raise NotFound
    return found


def version_before(prescription: Prescription, number: int) -> PrescriptionVersion | None:
    """The version that was in force when ``number`` was written; None for the first."""
    applied = versions_of(prescription).filter(version_number__lt=number, state=VersionState.APPLIED)
    return applied.order_by("-version_number").first()


def prescriptions_of_feed(viewer: Actor, owner_id: UUID, ids: Collection[UUID]) -> list[Prescription]:
    """Those of ``ids`` in the owner's feed that the viewer may see."""
    grant = access_grant(viewer.user_id, owner_id)
    if grant.side is Side.NONE:
        return []
    return list(prescriptions_shown().filter(_within(grant), pk__in=list(ids)))


def plan_count(patient_id: UUID) -> int:
    """Patient-made prescriptions that count against the plan: DRAFT, ACTIVE and PAUSED (domain.md §2.4)."""
    return (
        Prescription.objects.filter(patient_id=patient_id, deleted_at=None)
        .exclude(status=PrescriptionStatus.INACTIVE)
        .exclude(source=PrescriptionSource.DOCTOR)
        .count()
    )


def version_written_at(prescription: Prescription, number: int) -> datetime | None:
    """When a version was written; None when there is none of that number."""
    rows = PrescriptionVersion.objects.filter(prescription=prescription, version_number=number)
    return rows.values_list("created_at", flat=True).first()


def prescription_for_paper(viewer: Actor, prescription_id: UUID) -> Prescription:
    """One prescription for the patient or its author, who may print and share it; the look is audited.

    Raises NotFound (audited) for everybody else, whatever else they may see.
    """
    now = clock.now()
    found, position = prescription_seen(
        viewer, prescription_id, now=now, rows=prescriptions_shown().select_related("doctor", "patient")
    )
    if position not in (Position.PATIENT, Position.AUTHOR):
        access_denied(
            viewer, found.patient_id, resource_type=RESOURCE, resource_id=found.pk, ability=Ability.VIEW_PRESCRIPTIONS
        )
        raise NotFound
    if position is not Position.PATIENT:
        access_seen(
            viewer, found.patient_id, resource_type=RESOURCE, resource_id=found.pk,
            ability=Ability.VIEW_PRESCRIPTIONS, now=now,
        )  # fmt: skip
    return found
