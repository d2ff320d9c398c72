"""Intakes when needed: recorded whatever the limits say, flagged when beyond them (domain.md §7.5, scenario 39)."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from apps.audit.choices import AuditAction
from apps.audit.services import audit_entry, audit_record_many
from apps.connections.access import access_require
from apps.connections.choices import Ability
from apps.doses.errors import FutureTime, WindowClosed
from apps.doses.models import PrnIntake
from apps.doses.rules.prn import Standing, Taken, over_limit, standing
from apps.doses.rules.windows import FUTURE_TOLERATED
from apps.doses.selectors.ingredients import PrnMedicine, ingredient_intakes, prn_medicines
from dastern.core import clock
from dastern.core.actor import Actor
from dastern.core.errors import NotFound
from dastern.core.ids import uuid7
from dastern.sync.feed import feed_lock

_DAY = timedelta(days=1)
OLDEST = timedelta(days=400)  # beyond it a time is a mistake, not a memory


@dataclass(slots=True)
class PrnJournal:
    """Intakes of one transaction: ``load``, ``note`` each, ``flush``; feeds locked before."""

    actor: Actor
    now: datetime
    _medicines: dict[UUID, PrnMedicine] = field(default_factory=dict)
    _taken: dict[UUID, list[Taken]] = field(default_factory=lambda: defaultdict(list))
    _made: list[PrnIntake] = field(default_factory=list)

    def load(
        self, patient_ids: Collection[UUID], medication_ids: Collection[UUID], *, since: datetime, until: datetime
    ) -> None:
        """Read the medicines of these patients and what was taken of their ingredients in that time."""
        self._medicines = prn_medicines(medication_ids, patient_ids)
        if self._medicines:
            self._taken.update(ingredient_intakes(self._medicines, since=since - _DAY, until=until + _DAY))

    def find(self, patient_id: UUID, medication_id: UUID) -> PrnMedicine | None:
        """The medicine when it is this patient's."""
        medicine = self._medicines.get(medication_id)
        return medicine if medicine and medicine.patient_id == patient_id else None

    def standing(self, medicine: PrnMedicine, *, at: datetime, amount: Decimal) -> Standing:
        """What to show before and after the tap."""
        return standing(medicine.limits, self._taken[medicine.id], at=at, amount=amount)

    def note(
        self,
        medicine: PrnMedicine,
        *,
        at: datetime,
        amount: Decimal,
        reason: str = "",
        intake_id: UUID | None = None,
        offline: bool = False,
    ) -> PrnIntake:
        """One intake; the next one of the same medicine sees it."""
        intake = PrnIntake(
            id=intake_id or uuid7(),
            medication_id=medicine.id,
            patient_id=medicine.patient_id,
            taken_at=at,
            amount=amount,
            reason=reason,
            over_limit=over_limit(medicine.limits, self._taken[medicine.id], at=at, amount=amount),
            was_offline=offline,
            recorded_by_id=self.actor.user_id,
            created_at=self.now,
        )
        self._made.append(intake)
        self._taken[medicine.id].append(Taken(at, amount))
        return intake

    def flush(self) -> None:
        """Write intakes and audit."""
        if not self._made:
            return
        PrnIntake.objects.bulk_create(self._made)
        audit_record_many(
            audit_entry(
                AuditAction.DOSE_TAKEN,
                actor=self.actor,
                resource_type="prnIntake",
                resource_id=intake.id,
                patient_id=intake.patient_id,
                details={"takenAt": intake.taken_at.isoformat(), "overLimit": intake.over_limit},
            )
            for intake in self._made
        )


def prn_amount(raw: object) -> Decimal | None:
    """A positive amount that fits the column, from a phone's text or number; None for anything else."""
    if not isinstance(raw, str | int) or isinstance(raw, bool):
        return None
    try:
        amount = Decimal(raw)
    except ArithmeticError:
        return None
    if not amount.is_finite() or not 0 < amount < 100_000 or amount != round(amount, 3):
        return None
    return amount


@dataclass(frozen=True, slots=True)
class PrnFigures:
    """A medicine, its limits, and how its ingredient stands."""

    medicine: PrnMedicine
    standing: Standing


def prn_standing(
    *, actor: Actor, medication_id: UUID, patient_id: UUID | None = None, now: datetime | None = None
) -> PrnFigures:
    """What to show before the tap: last taken, next possible, amount in 24 h. Raises NotFound."""
    moment = now or clock.now()
    owner = patient_id or actor.user_id
    if owner != actor.user_id:
        access_require(
            actor, owner, Ability.MARK_DOSES, resource_type="medication", resource_id=medication_id, now=moment
        )
    journal = PrnJournal(actor, moment)
    journal.load([owner], [medication_id], since=moment, until=moment)
    medicine = journal.find(owner, medication_id)
    if medicine is None:
        raise NotFound
    return PrnFigures(medicine, journal.standing(medicine, at=moment, amount=medicine.usual_amount))


def prn_take(
    *,
    actor: Actor,
    medication_id: UUID,
    patient_id: UUID | None = None,
    taken_at: datetime | None = None,
    amount: Decimal | None = None,
    reason: str = "",
    now: datetime | None = None,
) -> tuple[PrnIntake, PrnFigures]:
    """Record an intake when needed, and how the ingredient stands after it.

    ``patient_id`` is another's only for a caregiver who may mark doses. Raises NotFound, FutureTime, WindowClosed.
    """
    moment = now or clock.now()
    owner = patient_id or actor.user_id
    at = taken_at or moment
    if at > moment + FUTURE_TOLERATED:
        raise FutureTime
    if at < moment - OLDEST:
        raise WindowClosed
    if owner != actor.user_id:
        access_require(
            actor, owner, Ability.MARK_DOSES, resource_type="medication", resource_id=medication_id, now=moment
        )
    with transaction.atomic():
        feed_lock([actor.user_id, owner])
        journal = PrnJournal(actor, moment)
        journal.load([owner], [medication_id], since=at, until=at)
        medicine = journal.find(owner, medication_id)
        if medicine is None:
            raise NotFound
        wanted = amount or medicine.usual_amount
        intake = journal.note(medicine, at=at, amount=wanted, reason=reason)
        journal.flush()
        return intake, PrnFigures(medicine, journal.standing(medicine, at=at, amount=wanted))
