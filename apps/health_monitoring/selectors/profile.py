"""The health profile of a patient."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from apps.connections.access import access_require
from apps.connections.choices import Ability
from apps.connections.rules import Grant, may, self_grant
from apps.health_monitoring.models import Allergy, Condition, EmergencyContact, HealthProfile
from apps.health_monitoring.rules.profile import Pregnancy, pregnant_on
from apps.health_monitoring.selectors.scope import grant_quietly, zone_of
from apps.health_monitoring.wire import profile_wire
from apps.medications.rules.safety import Allergen
from dastern.core import clock, localtime
from dastern.core.actor import Actor

RESOURCE: Final = "healthProfile"


def profile_grant(viewer: Actor, patient_id: UUID | None, *, now: datetime) -> Grant:
    """The viewer's grant over a health profile (the own one when None). Raises NotFound, audits denials."""
    if patient_id is None or patient_id == viewer.user_id:
        return self_grant(viewer.user_id)
    return access_require(viewer, patient_id, Ability.VIEW_HEALTH_PROFILE, resource_type=RESOURCE, now=now)


def profile_of(viewer: Actor, *, patient_id: UUID | None = None, now: datetime | None = None) -> dict[str, Any]:
    """The profile as this viewer may see it; an untouched one is empty, not absent. Raises NotFound."""
    moment = now or clock.now()
    return profile_shown(profile_grant(viewer, patient_id, now=moment), now=moment)


def profile_shown(grant: Grant, *, now: datetime) -> dict[str, Any]:
    """``profile_of`` behind the door. Emergency contacts are for those who see vitals, not for every prescriber."""
    patient_id = grant.patient_id
    profile = HealthProfile.objects.filter(pk=patient_id).first()
    today = localtime.local_date(now, zone_of(patient_id))
    contacts = None
    if may(grant, Ability.VIEW_VITALS):
        contacts = list(EmergencyContact.objects.filter(patient_id=patient_id, removed_at=None).order_by("created_at"))
    fed = bool(profile and profile.breastfeeding_since and profile.breastfeeding_since <= today)
    return profile_wire(
        patient_id,
        profile,
        allergies=list(Allergy.objects.filter(patient_id=patient_id, removed_at=None).order_by("created_at", "id")),
        conditions=list(Condition.objects.filter(patient_id=patient_id, removed_at=None).order_by("created_at", "id")),
        contacts=contacts,
        pregnant=profile is not None and pregnant_on(pregnancy_of(profile), today),
        breastfeeding=fed and not (profile and profile.breastfeeding_until and profile.breastfeeding_until < today),
    )


def pregnancy_of(profile: HealthProfile) -> Pregnancy:
    """What the profile says of a pregnancy."""
    return Pregnancy(profile.pregnant_since, profile.pregnancy_due, profile.pregnancy_ended)


def allergies_known(patient_id: UUID) -> tuple[Allergen, ...] | None:
    """The allergies to compare medicines with; empty when the person has none, None when nobody knows.

    For callers that stand behind the door already (whoever may prescribe, or the patient).
    """
    rows = Allergy.objects.filter(patient_id=patient_id, removed_at=None).order_by("created_at", "id")
    found = tuple(
        Allergen(one.substance, frozenset(one.substances), tuple(one.atc_groups), one.reaction) for one in rows
    )
    if found or HealthProfile.objects.filter(pk=patient_id, no_known_allergies=True).exists():
        return found
    return None


def profiles_load(viewer: Actor, owner_id: UUID, ids: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    """Loader of the sync resource ``healthProfile``: one object a patient, under the patient's id."""
    now = clock.now()
    grant = grant_quietly(viewer, owner_id, now=now)
    if owner_id not in ids or not may(grant, Ability.VIEW_HEALTH_PROFILE):
        return {}
    return {owner_id: profile_shown(grant, now=now)}
