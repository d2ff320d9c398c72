"""Effective ranges and open proposals."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from apps.connections.choices import Ability
from apps.connections.rules import may
from apps.health_monitoring.choices import ProposalState
from apps.health_monitoring.models import ThresholdProposal, VitalThreshold
from apps.health_monitoring.selectors.scope import grant_quietly, vitals_grant
from apps.health_monitoring.wire import threshold_wire, thresholds_wire
from dastern.core import clock
from dastern.core.actor import Actor


def thresholds_of(viewer: Actor, *, patient_id: UUID | None = None, now: datetime | None = None) -> dict[str, Any]:
    """The six ranges of a patient and what doctors propose. Raises NotFound."""
    grant = vitals_grant(viewer, patient_id, resource_type="thresholds", now=now or clock.now())
    return thresholds_shown(grant.patient_id)


def thresholds_shown(patient_id: UUID) -> dict[str, Any]:
    """``thresholds_of`` behind the door."""
    own = {row.vital_type: row for row in VitalThreshold.objects.filter(patient_id=patient_id)}
    proposals = ThresholdProposal.objects.filter(patient_id=patient_id, state=ProposalState.PROPOSED)
    return thresholds_wire(patient_id, own, list(proposals.select_related("doctor").order_by("created_at")))


def threshold_shown(patient_id: UUID, vital_type: str) -> dict[str, Any]:
    """The effective range of one type, behind the door."""
    own = VitalThreshold.objects.filter(patient_id=patient_id, vital_type=vital_type).first()
    return threshold_wire(vital_type, own)


def thresholds_load(viewer: Actor, owner_id: UUID, ids: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    """Loader of the sync resource ``thresholds``: one object a patient, under the patient's id."""
    if owner_id not in ids or not may(grant_quietly(viewer, owner_id, now=clock.now()), Ability.VIEW_VITALS):
        return {}
    return {owner_id: thresholds_shown(owner_id)}
