"""Recording and withdrawing readings."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.audit.choices import AuditAction
from apps.audit.services import audit_record
from apps.connections.access import access_require
from apps.connections.choices import Ability
from apps.health_monitoring import topics
from apps.health_monitoring.choices import Resolution
from apps.health_monitoring.errors import (
    ImplausibleVital,
    LocalIdReused,
    MeasuredInFuture,
    MeasuredTooLongAgo,
    NotYours,
)
from apps.health_monitoring.models import HealthAlert, HealthVital, UnevaluatedVital
from apps.health_monitoring.rules.readings import Problem, Reading, reading_of, units_of
from apps.health_monitoring.selectors.vitals import vital_of
from apps.health_monitoring.services.journal import FUTURE_TOLERATED, OLDEST, Recorded, VitalJournal
from apps.medications.rules.formatting import number_text
from apps.users.choices import Role
from dastern.core import clock
from dastern.core.actor import Actor
from dastern.core.errors import Forbidden, NotFound
from dastern.outbox.services import outbox_add
from dastern.sync.feed import feed_lock


def reading_require(vital_type: str, value: Decimal, secondary: Decimal | None, unit: str | None) -> Reading:
    """The reading in the kept unit. Raises ImplausibleVital naming the field and the accepted range."""
    found = reading_of(vital_type, value, secondary, unit)
    if isinstance(found, Problem):
        raise ImplausibleVital(errors=[(found.field, _why(vital_type, found))])
    return found


def _why(vital_type: str, problem: Problem) -> str:
    if problem.code == "UNIT":
        return _("Give the value in %(units)s.") % {"units": ", ".join(units_of(vital_type))}
    if problem.code == "NOT_TAKEN":
        return _("Only blood pressure has a second value.")
    if problem.code == "ORDER":
        return _("The lower value must be below the upper one.")
    assert problem.low is not None
    assert problem.high is not None
    limits = {"low": number_text(problem.low), "high": number_text(problem.high), "unit": problem.unit}
    if problem.code == "MISSING":
        return _("Give the lower value too, from %(low)s to %(high)s %(unit)s.") % limits
    return _("Accepted: %(low)s to %(high)s %(unit)s.") % limits


def vital_record(
    *,
    actor: Actor,
    vital_type: str,
    value: Decimal,
    value_secondary: Decimal | None = None,
    unit: str | None = None,
    measured_at: datetime | None = None,
    notes: str = "",
    source: str = "manual",
    patient_id: UUID | None = None,
    local_id: UUID | None = None,
    now: datetime | None = None,
) -> Recorded:
    """Record a reading, one's own or (caregivers allowed everything) a patient's.

    ``local_id`` becomes its id, so the same one twice is one reading. Raises ImplausibleVital, MeasuredInFuture,
    MeasuredTooLongAgo, LocalIdReused, NotFound.
    """
    moment = now or clock.now()
    at, owner = measured_at or moment, patient_id or actor.user_id
    reading = reading_require(vital_type, value, value_secondary, unit)
    if at > moment + FUTURE_TOLERATED:
        raise MeasuredInFuture(errors=[("measuredAt", MeasuredInFuture.message)])
    if at < moment - OLDEST:
        raise MeasuredTooLongAgo
    _may_record(actor, owner, moment)
    with transaction.atomic():
        feed_lock([actor.user_id, owner])
        journal = VitalJournal(actor, moment)
        journal.load([owner], since=at, until=at, ids=[local_id] if local_id else [])
        if local_id and (known := journal.known(local_id)):
            if not is_same(known, owner, vital_type, reading, at):
                raise LocalIdReused
            return Recorded(known, HealthAlert.objects.select_related("vital").filter(vital=known).first())
        recorded = journal.note(
            owner, vital_type, reading, entered=(value, unit or reading.unit), at=at, vital_id=local_id, notes=notes,
            source=source,
        )  # fmt: skip
        journal.flush()
        return recorded


def is_same(known: HealthVital, owner: UUID, vital_type: str, reading: Reading, at: datetime) -> bool:
    """Whether a repeat says what was recorded under its id."""
    stored = (known.patient_id, known.vital_type, known.value, known.value_secondary)
    return stored == (owner, vital_type, reading.value, reading.secondary) and abs(known.measured_at - at) < (
        FUTURE_TOLERATED
    )


def _may_record(actor: Actor, owner: UUID, now: datetime) -> None:
    if owner != actor.user_id:
        access_require(actor, owner, Ability.RECORD_VITALS, resource_type="vitals", now=now)
    elif actor.role != Role.PATIENT:
        raise Forbidden


def vital_delete(*, actor: Actor, vital_id: UUID, now: datetime | None = None) -> None:
    """Take back a reading that was a mistake; it stays in the database. Its alert is withdrawn, and people told so.

    The patient, or the caregiver who recorded it. Raises NotFound, NotYours.
    """
    moment = now or clock.now()
    seen = vital_of(actor, vital_id, now=moment)
    if actor.user_id not in {seen.patient_id, seen.recorded_by_id}:
        raise NotYours
    with transaction.atomic():
        feed_lock([actor.user_id, seen.patient_id])
        if not HealthVital.objects.filter(pk=vital_id, deleted_at=None).update(deleted_at=moment):
            raise NotFound
        UnevaluatedVital.objects.filter(pk=vital_id).delete()
        alerts = HealthAlert.objects.filter(vital_id=vital_id, is_resolved=False).values_list("pk", flat=True)
        withdrawn = list(alerts)
        HealthAlert.objects.filter(pk__in=withdrawn).update(
            is_resolved=True, resolution=Resolution.WITHDRAWN, resolved_at=moment, resolved_by_id=actor.user_id
        )
        for alert_id in withdrawn:
            outbox_add(topics.WITHDRAWN, {"alertId": str(alert_id)}, dedupe_key=f"health.withdrawn:{alert_id}")
        audit_record(
            AuditAction.VITAL_RECORDED, actor=actor, resource_type="vitals", resource_id=vital_id,
            patient_id=seen.patient_id, details={"act": "WITHDRAWN"},
        )  # fmt: skip
