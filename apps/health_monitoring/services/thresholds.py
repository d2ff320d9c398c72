"""Own ranges and what doctors propose."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.audit.choices import AuditAction
from apps.audit.services import audit_record
from apps.connections.access import access_denied, access_grant, access_require
from apps.connections.choices import Ability
from apps.connections.rules import may
from apps.health_monitoring import topics
from apps.health_monitoring.choices import ProposalState
from apps.health_monitoring.errors import AlreadyDecided, NotYours
from apps.health_monitoring.models import ThresholdProposal, VitalThreshold
from apps.health_monitoring.rules.readings import KINDS
from apps.health_monitoring.selectors.thresholds import threshold_shown
from apps.health_monitoring.wire import proposal_wire
from apps.medications.rules.formatting import number_text
from apps.users.choices import Role
from dastern.core import clock
from dastern.core.actor import Actor
from dastern.core.errors import Forbidden, Invalid, NotFound
from dastern.outbox.services import outbox_add
from dastern.sync.feed import feed_lock

Bounds = Mapping[str, Decimal | None]
_FIELDS = ("min_value", "max_value", "min_secondary", "max_secondary")


def bounds_require(vital_type: str, bounds: Bounds) -> dict[str, Decimal | None]:
    """The four bounds. Raises Invalid: min must be below max, both inside what a reading may be (scenario 70)."""
    kind = KINDS[vital_type]
    values = {name: bounds.get(name) for name in _FIELDS}
    parts = (
        (("min_value", "minValue"), ("max_value", "maxValue"), kind.low, kind.high),
        (("min_secondary", "minSecondary"), ("max_secondary", "maxSecondary"), kind.low_secondary, kind.high_secondary),
    )
    errors: list[tuple[str, str]] = []
    for (low_name, low_wire), (high_name, high_wire), least, most in parts:
        low, high = values[low_name], values[high_name]
        for value, wire in ((low, low_wire), (high, high_wire)):
            if value is None:
                continue
            if least is None or most is None:
                errors.append((wire, _("Only blood pressure has a second value.")))
            elif not least <= value <= most:
                limits = {"low": number_text(least), "high": number_text(most), "unit": kind.unit}
                errors.append((wire, _("Accepted: %(low)s to %(high)s %(unit)s.") % limits))
        if low is not None and high is not None and low >= high:
            errors.append((low_wire, _("The lower limit must be below the upper one.")))
    if errors:
        raise Invalid(errors=errors)
    return values


def threshold_set(*, actor: Actor, vital_type: str, bounds: Bounds, now: datetime | None = None) -> dict[str, Any]:
    """Set one's own range of a type; four empty bounds go back to the default. Raises Invalid, Forbidden."""
    if actor.role != Role.PATIENT:
        raise Forbidden
    moment = now or clock.now()
    values = bounds_require(vital_type, bounds)
    with transaction.atomic():
        feed_lock([actor.user_id])
        _put(actor, actor.user_id, vital_type, values, set_by=actor.user_id, by_doctor=False, now=moment)
        return threshold_shown(actor.user_id, vital_type)


def _put(
    actor: Actor,
    patient_id: UUID,
    vital_type: str,
    values: Mapping[str, Decimal | None],
    *,
    set_by: UUID,
    by_doctor: bool,
    now: datetime,
) -> None:
    standing = VitalThreshold.objects.filter(patient_id=patient_id, vital_type=vital_type).first()
    old = {name: getattr(standing, name) for name in _FIELDS} if standing else None
    if any(value is not None for value in values.values()):
        VitalThreshold.objects.update_or_create(
            patient_id=patient_id,
            vital_type=vital_type,
            defaults={**values, "set_by_id": set_by, "by_doctor": by_doctor, "updated_at": now},
        )
    elif standing:
        standing.delete()
    audit_record(
        AuditAction.THRESHOLD_CHANGE, actor=actor, resource_type="thresholds", resource_id=patient_id,
        patient_id=patient_id,
        details={"vitalType": vital_type, "old": _texts(old), "new": _texts(values), "byDoctor": by_doctor},
    )  # fmt: skip


def _texts(values: Mapping[str, Decimal | None] | None) -> dict[str, str | None] | None:
    if values is None:
        return None
    return {name: None if value is None else number_text(value) for name, value in values.items()}


def threshold_propose(
    *,
    actor: Actor,
    patient_id: UUID,
    vital_type: str,
    bounds: Bounds,
    reason: str = "",
    now: datetime | None = None,
) -> dict[str, Any]:
    """A doctor who sees everything proposes a range; it replaces an open proposal of the same doctor and type.

    Raises NotFound, NotYours (visible, but not to be changed by this person), Invalid.
    """
    moment = now or clock.now()
    grant = access_grant(actor.user_id, patient_id, now=moment)
    if may(grant, Ability.VIEW_VITALS) and not may(grant, Ability.PROPOSE_THRESHOLDS):
        access_denied(
            actor, patient_id, resource_type="thresholds", resource_id=None, ability=Ability.PROPOSE_THRESHOLDS
        )
        raise NotYours
    access_require(actor, patient_id, Ability.PROPOSE_THRESHOLDS, resource_type="thresholds", now=moment)
    values = bounds_require(vital_type, bounds)
    if all(value is None for value in values.values()):
        raise Invalid(errors=[("minValue", _("Give at least one limit."))])
    with transaction.atomic():
        feed_lock([actor.user_id, patient_id])
        ThresholdProposal.objects.filter(
            patient_id=patient_id, doctor_id=actor.user_id, vital_type=vital_type, state=ProposalState.PROPOSED
        ).update(state=ProposalState.SUPERSEDED, decided_at=moment)
        made = ThresholdProposal.objects.create(
            patient_id=patient_id, doctor_id=actor.user_id, vital_type=vital_type, reason=reason, created_at=moment,
            **values,
        )  # fmt: skip
        audit_record(
            AuditAction.THRESHOLD_CHANGE, actor=actor, resource_type="thresholds", resource_id=made.pk,
            patient_id=patient_id, details={"vitalType": vital_type, "proposed": _texts(values)},
        )  # fmt: skip
        outbox_add(topics.PROPOSED, {"proposalId": str(made.pk)}, dedupe_key=f"health.proposed:{made.pk}")
    return proposal_wire(ThresholdProposal.objects.select_related("doctor").get(pk=made.pk))


def proposal_decide(*, actor: Actor, proposal_id: UUID, accept: bool, now: datetime | None = None) -> dict[str, Any]:
    """The patient accepts or declines. Raises NotFound for anybody else's, AlreadyDecided."""
    moment = now or clock.now()
    with transaction.atomic():
        feed_lock([actor.user_id])
        proposal = ThresholdProposal.objects.filter(pk=proposal_id, patient_id=actor.user_id).first()
        if proposal is None:
            raise NotFound
        state = ProposalState.ACCEPTED if accept else ProposalState.DECLINED
        decided = ThresholdProposal.objects.filter(pk=proposal_id, state=ProposalState.PROPOSED)
        if not decided.update(state=state, decided_at=moment):
            raise AlreadyDecided
        if accept:
            values = {name: getattr(proposal, name) for name in _FIELDS}
            _put(
                actor, actor.user_id, proposal.vital_type, values, set_by=proposal.doctor_id, by_doctor=True, now=moment
            )
        outbox_add(topics.DECIDED, {"proposalId": str(proposal_id)}, dedupe_key=f"health.decided:{proposal_id}")
    return proposal_wire(ThresholdProposal.objects.select_related("doctor").get(pk=proposal_id))
