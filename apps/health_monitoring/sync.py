"""What phones push about readings, calls for help and alerts (domain.md §2.18)."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from apps.connections.access import access_grants_of_viewer
from apps.connections.choices import Ability
from apps.connections.rules import may
from apps.health_monitoring.choices import VitalType
from apps.health_monitoring.models import HealthAlert
from apps.health_monitoring.rules.readings import Problem, reading_of
from apps.health_monitoring.services.alerts import alert_resolve
from apps.health_monitoring.services.emergency import emergency_raise
from apps.health_monitoring.services.journal import OLDEST, VitalJournal
from apps.health_monitoring.services.recording import is_same
from apps.users.choices import Role
from dastern.core.errors import DomainError
from dastern.sync.registry import Act, PushContext, Verdict, rejected

_LONGEST = 500
_VALUE_LIMIT = Decimal(100_000)


class VitalActs:
    """``vital.recorded`` {vitalType, value, valueSecondary?, unit?, notes?, source?}; its local id is its id."""

    def load(self, acts: Sequence[Act], context: PushContext) -> None:
        """Read whose readings these may be, their ranges and open alerts, and ids that are used already."""
        self.context = context
        self.oldest = context.now - OLDEST
        actor = context.actor
        self.patients = {actor.user_id} if actor.role == Role.PATIENT else set()
        if {act.patient_id for act in acts} - {actor.user_id}:
            grants = access_grants_of_viewer(actor.user_id, now=context.now)
            self.patients |= {grant.patient_id for grant in grants if may(grant, Ability.RECORD_VITALS)}
        self.journal = VitalJournal(actor, context.now)
        times = [max(act.at, self.oldest) for act in acts]
        ids = [act.local_id for act in acts]
        self.journal.load(self.patients, since=min(times), until=max(times), ids=ids)

    def judge(self, act: Act) -> Verdict:
        """Keep one reading."""
        data = act.data
        vital_type, unit = data.get("vitalType"), data.get("unit")
        notes, source = data.get("notes", ""), data.get("source", "manual")
        value, secondary = _number(data.get("value")), _number(data.get("valueSecondary"))
        texts = all(isinstance(text, str) for text in (notes, source)) and isinstance(unit, str | None)
        if vital_type not in VitalType.values or value is None or not texts:
            return rejected("INVALID")
        if data.get("valueSecondary") is not None and secondary is None:
            return rejected("INVALID")
        reading = reading_of(vital_type, value, secondary, unit)
        if isinstance(reading, Problem):
            return rejected("INVALID")
        if act.at < self.oldest:
            return rejected("WINDOW_CLOSED")
        if act.patient_id not in self.patients:
            return rejected("NOT_FOUND")
        if known := self.journal.known(act.local_id):
            if not is_same(known, act.patient_id, vital_type, reading, act.at):
                return rejected("LOCAL_ID_REUSED")
            return Verdict("APPLIED", None, "vitals", known.pk)
        self.journal.note(
            act.patient_id,
            vital_type,
            reading,
            entered=(value, unit or reading.unit),
            at=act.at,
            vital_id=act.local_id,
            notes=notes[:_LONGEST],
            source=source[:50] or "manual",
            offline=True,
            at_device=act.at_device if act.skew is not None else None,
        )
        return Verdict("APPLIED", None, "vitals", act.local_id)

    def flush(self) -> None:
        """Write everything."""
        self.journal.flush()


def _number(raw: object) -> Decimal | None:
    """A number of a phone's text that fits the columns; None for anything else."""
    if not isinstance(raw, str | int) or isinstance(raw, bool):
        return None
    try:
        number = Decimal(raw)
    except ArithmeticError:
        return None
    fits = number.is_finite() and 0 <= number < _VALUE_LIMIT and number == round(number, 4)
    return number if fits else None


class SosActs:
    """``sos.raised`` {message?, location?}: calls are few, each is carried out on its own; a repeat is MERGED."""

    def load(self, acts: Sequence[Act], context: PushContext) -> None:
        """Which of the local ids name an alert already."""
        self.context = context
        self.used = set(HealthAlert.objects.filter(pk__in=[act.local_id for act in acts]).values_list("pk", flat=True))

    def judge(self, act: Act) -> Verdict:
        """Call, with the time at which the person called."""
        message, location = act.data.get("message") or "", act.data.get("location")
        if not isinstance(message, str) or (location is not None and location_of(location) is None):
            return rejected("INVALID")
        if act.patient_id != self.context.actor.id or self.context.actor.role != Role.PATIENT:
            return rejected("NOT_FOUND")
        if act.local_id in self.used:
            return rejected("LOCAL_ID_REUSED")
        call = emergency_raise(
            actor=self.context.actor,
            message=message[:_LONGEST],
            location=location_of(location),
            at=act.at,
            alert_id=act.local_id,
            offline=True,
            now=self.context.now,
        )
        return Verdict("MERGED" if call.merged else "APPLIED", None, "alerts", call.alert.pk)

    def flush(self) -> None:
        """Everything was written when judged."""


def location_of(raw: object) -> dict[str, Any] | None:
    """{"latitude", "longitude", "accuracy"?} as numbers on this planet; None for anything else."""
    if not isinstance(raw, Mapping) or not set(raw) <= {"latitude", "longitude", "accuracy"}:
        return None
    limits = {"latitude": 90.0, "longitude": 180.0, "accuracy": 1e6}
    found: dict[str, Any] = {}
    for name, value in raw.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= limits[name]:
            return None
        found[name] = value
    return found if {"latitude", "longitude"} <= set(found) else None


class AlertActs:
    """``alert.resolved``: ``objectId`` is the alert. Resolving again is no error."""

    def load(self, acts: Sequence[Act], context: PushContext) -> None:
        """Keep who pushes; alerts are closed one by one."""
        self.context = context
        self.patients = dict(
            HealthAlert.objects.filter(pk__in=[act.object_id for act in acts if act.object_id]).values_list(
                "pk", "patient_id"
            )
        )

    def judge(self, act: Act) -> Verdict:
        """Close one alert at the time at which the person did it."""
        object_id: UUID | None = act.object_id
        if object_id is None or act.data:
            return rejected("INVALID")
        if self.patients.get(object_id) != act.patient_id:
            return rejected("NOT_FOUND")
        try:
            alert_resolve(actor=self.context.actor, alert_id=object_id, at=act.at, now=self.context.now)
        except DomainError:
            return rejected("NOT_FOUND")
        return Verdict("APPLIED", None, "alerts", object_id)

    def flush(self) -> None:
        """Everything was written when judged."""
