"""Writes of the health profile: by the patient, a caregiver who may everything, and a doctor who may prescribe."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.audit.choices import AuditAction
from apps.audit.services import audit_record
from apps.connections.access import access_denied, access_grant, access_seen
from apps.connections.choices import Ability
from apps.connections.rules import Grant, Side, may, self_grant
from apps.health_monitoring.errors import AlreadyRecorded, NotYours, TooMany
from apps.health_monitoring.models import Allergy, Condition, EmergencyContact, HealthProfile
from apps.health_monitoring.selectors.profile import RESOURCE, profile_shown
from apps.medications.selectors import allergen_named
from apps.users.choices import Role
from dastern.core import clock
from dastern.core.actor import Actor
from dastern.core.errors import Forbidden, Invalid, NotFound
from dastern.sync.feed import feed_lock

MOST: Final = 50
_DATES: Final = (
    ("pregnant_since", "pregnancy_ended", "pregnancyEnded"),
    ("pregnant_since", "pregnancy_due", "pregnancyDue"),
    ("breastfeeding_since", "breastfeeding_until", "breastfeedingUntil"),
)


def _may_write(actor: Actor, patient_id: UUID | None, now: datetime, *, contacts: bool = False) -> Grant:
    """The grant over the profile to be written. Raises NotFound, NotYours, Forbidden."""
    if patient_id is None or patient_id == actor.user_id:
        if actor.role != Role.PATIENT:
            raise Forbidden
        return self_grant(actor.user_id)
    grant = access_grant(actor.user_id, patient_id, now=now)
    ability = Ability.NOTE_HEALTH_PROFILE
    if not may(grant, ability) or (contacts and grant.side is Side.DOCTOR):
        access_denied(actor, patient_id, resource_type=RESOURCE, resource_id=None, ability=ability)
        raise NotYours if may(grant, Ability.VIEW_HEALTH_PROFILE) else NotFound
    access_seen(actor, patient_id, resource_type=RESOURCE, resource_id=None, ability=ability, now=now)
    return grant


def profile_change(
    *, actor: Actor, changes: Mapping[str, Any], patient_id: UUID | None = None, now: datetime | None = None
) -> dict[str, Any]:
    """Change blood type, pregnancy, breast-feeding, or "no known allergies". Returns the profile.

    Raises Invalid for dates in the wrong order, or when allergies are recorded that "no known allergies" denies.
    """
    moment = now or clock.now()
    grant = _may_write(actor, patient_id, moment)
    with transaction.atomic():
        feed_lock([actor.user_id, grant.patient_id])
        profile = HealthProfile.objects.filter(pk=grant.patient_id).first() or HealthProfile(pk=grant.patient_id)
        old = {name: getattr(profile, name) for name in changes}
        for name, value in changes.items():
            setattr(profile, name, value)
        _dates_require(profile)
        if profile.no_known_allergies and Allergy.objects.filter(patient_id=grant.patient_id, removed_at=None).exists():
            raise Invalid(errors=[("noKnownAllergies", _("Allergies are recorded. Remove them first."))])
        profile.updated_at = moment
        profile.save()
        changed = sorted(name for name in changes if old[name] != changes[name])
        _noted(actor, grant.patient_id, grant.patient_id, {"changed": changed})
        return profile_shown(grant, now=moment)


def _dates_require(profile: HealthProfile) -> None:
    errors = []
    for first, last, wire in _DATES:
        begin: date | None = getattr(profile, first)
        end: date | None = getattr(profile, last)
        if begin and end and end < begin:
            errors.append((wire, _("The last day is before the first.")))
    if errors:
        raise Invalid(errors=errors)


def _noted(actor: Actor, patient_id: UUID, object_id: UUID, details: Mapping[str, Any]) -> None:
    """The audit row; it names what was changed, never what it says."""
    audit_record(
        AuditAction.PROFILE_UPDATE, actor=actor, resource_type=RESOURCE, resource_id=object_id, patient_id=patient_id,
        details=details,
    )  # fmt: skip


def _add(actor: Actor, grant: Grant, row: Allergy | Condition | EmergencyContact, now: datetime) -> dict[str, Any]:
    """Insert one entry and show the profile. Raises TooMany, AlreadyRecorded."""
    row.patient_id, row.recorded_by_id, row.created_at = grant.patient_id, actor.user_id, now
    model = type(row)
    with transaction.atomic():
        feed_lock([actor.user_id, grant.patient_id])
        if model.objects.filter(patient_id=grant.patient_id, removed_at=None).count() >= MOST:
            raise TooMany(params={"limit": MOST}, extra={"limit": MOST})
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError as error:
            raise AlreadyRecorded from error
        if model is Allergy:  # what was denied is known now
            HealthProfile.objects.filter(pk=grant.patient_id).update(no_known_allergies=False, updated_at=now)
        _noted(actor, grant.patient_id, row.pk, {"added": model.__name__})
        return profile_shown(grant, now=now)


def _remove(
    actor: Actor, model: type[Allergy] | type[Condition] | type[EmergencyContact], pk: UUID, now: datetime
) -> None:
    """Take one entry out of the profile; it stays in the database. The patient, or whoever recorded it."""
    found = model.objects.filter(pk=pk, removed_at=None).first()
    if found is None:
        raise NotFound
    grant = access_grant(actor.user_id, found.patient_id, now=now)
    if not may(grant, Ability.NOTE_HEALTH_PROFILE):
        access_denied(
            actor, found.patient_id, resource_type=RESOURCE, resource_id=pk, ability=Ability.NOTE_HEALTH_PROFILE
        )
        raise NotYours if may(grant, Ability.VIEW_HEALTH_PROFILE) else NotFound
    if actor.user_id not in {found.patient_id, found.recorded_by_id}:
        raise NotYours
    with transaction.atomic():
        feed_lock([actor.user_id, found.patient_id])
        mine = model.objects.filter(pk=pk, removed_at=None)
        if not mine.update(removed_at=now, removed_by_id=actor.user_id):
            raise NotFound
        _noted(actor, found.patient_id, pk, {"removed": model.__name__})


def allergy_add(
    *,
    actor: Actor,
    substance: str,
    reaction: str = "",
    severity: str = "UNKNOWN",
    patient_id: UUID | None = None,
    now: datetime | None = None,
) -> dict[str, Any]:
    """Record an allergy; the catalogue tells which substances it means. Returns the profile. Raises AlreadyRecorded."""
    moment = now or clock.now()
    grant = _may_write(actor, patient_id, moment)
    allergen = allergen_named(substance)
    row = Allergy(
        substance=substance.strip(),
        substances=sorted(allergen.substances),
        atc_groups=list(allergen.atc_groups),
        reaction=reaction,
        severity=severity,
    )
    return _add(actor, grant, row, moment)


def allergy_remove(*, actor: Actor, allergy_id: UUID, now: datetime | None = None) -> None:
    """Take an allergy out of the profile. Raises NotFound, NotYours."""
    _remove(actor, Allergy, allergy_id, now or clock.now())


def condition_add(
    *,
    actor: Actor,
    name: str,
    since: date | None = None,
    note: str = "",
    patient_id: UUID | None = None,
    now: datetime | None = None,
) -> dict[str, Any]:
    """Record a long-standing illness. Returns the profile. Raises AlreadyRecorded."""
    moment = now or clock.now()
    grant = _may_write(actor, patient_id, moment)
    return _add(actor, grant, Condition(name=name.strip(), since=since, note=note), moment)


def condition_remove(*, actor: Actor, condition_id: UUID, now: datetime | None = None) -> None:
    """Take an illness out of the profile. Raises NotFound, NotYours."""
    _remove(actor, Condition, condition_id, now or clock.now())


def contact_add(
    *,
    actor: Actor,
    name: str,
    phone_number: str,
    relationship: str = "",
    patient_id: UUID | None = None,
    now: datetime | None = None,
) -> dict[str, Any]:
    """Record whom to call; the patient or a caregiver who may everything. Returns the profile."""
    moment = now or clock.now()
    grant = _may_write(actor, patient_id, moment, contacts=True)
    row = EmergencyContact(name=name.strip(), phone_number=phone_number, relationship=relationship)
    return _add(actor, grant, row, moment)


def contact_remove(*, actor: Actor, contact_id: UUID, now: datetime | None = None) -> None:
    """Take a contact out of the profile. Raises NotFound, NotYours."""
    _remove(actor, EmergencyContact, contact_id, now or clock.now())
