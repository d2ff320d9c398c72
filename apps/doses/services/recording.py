"""Recording doses online: what a person taps, judged on the same path as a phone's acts.

Each function takes the actor, answers with the dose as it now is and its day, and raises the refusals of errors.py
for what a phone would be answered REJECTED or SERVER_WINS.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.connections.access import access_require
from apps.connections.choices import Ability
from apps.connections.rules import self_grant
from apps.doses import errors
from apps.doses.choices import DoseSource
from apps.doses.rules import windows
from apps.doses.rules.figures import Figures
from apps.doses.rules.merge import TAKEN, DoseAct, Judgement, Outcome
from apps.doses.selectors.around import dose_around, high_alert_among
from apps.doses.selectors.days import DayOfDoses, day_granted
from apps.doses.selectors.owners import doses_existing
from apps.doses.services.judging import DoseJudging, Said, Standing
from dastern.core import clock
from dastern.core.actor import Actor
from dastern.core.errors import DomainError, Invalid, NotFound
from dastern.sync.feed import feed_lock

MOST_IN_GROUP = 20


@dataclass(frozen=True, slots=True)
class Recorded:
    """The dose of the wire as it now is, the figures of its day, and what should be said about it."""

    dose: dict[str, Any]
    figures: Figures
    warning: str | None = None


@dataclass(frozen=True, slots=True)
class _Asked:
    """One dose under judgement, with everything a check may need."""

    judging: DoseJudging
    dose: Standing
    actor: Actor
    now: datetime

    @property
    def by_patient(self) -> bool:
        return self.dose.patient_id == self.actor.id

    def act(self, kind: str, **fields: Any) -> DoseAct:
        """An act of this actor, now unless ``at`` says otherwise."""
        return DoseAct(
            kind=kind,
            recorded_at=self.now,
            recorder=str(self.actor.id),
            source=DoseSource.SELF if self.by_patient else DoseSource.CAREGIVER,
            **{"at": self.now} | fields,
        )


def dose_take(
    *,
    actor: Actor,
    dose_id: UUID,
    taken_at: datetime | None = None,
    offline: bool = False,
    confirm_early: bool = False,
    amount: Decimal | None = None,
    now: datetime | None = None,
) -> Recorded:
    """Record an intake at ``taken_at`` (now when None), by the patient or a caregiver who may mark doses.

    Twice is once. Raises NotFound, TooEarly, WindowClosed, FutureTime, Withdrawn. The answer warns of two doses
    together when somebody is about to take a late one (domain.md §7.2).
    """
    warning: list[str] = []

    def say(asked: _Asked) -> DoseAct:
        at = taken_at or asked.now
        if asked.dose.state.removed_at is None and asked.dose.state.status not in TAKEN:
            warning.extend(_checked(asked, at, confirmed=confirm_early, about_to=taken_at is None))
        return asked.act("dose.taken", at=at, amount=amount, offline=offline)

    judged, day, dose = _record(actor, dose_id, say, now=now)
    if judged.outcome is Outcome.SERVER_WINS and judged.state.removed_at is not None:
        raise errors.Withdrawn
    return _answer(day, dose, warning[0] if warning else None)


def _checked(asked: _Asked, at: datetime, *, confirmed: bool, about_to: bool) -> list[str]:
    """Raise for an intake that is too early; warnings for one that is late."""
    state = asked.dose.state
    place = windows.window(state.scheduled, state.grace, at)
    if place not in {windows.Window.EARLY, windows.Window.LATE}:
        return []
    if state.scheduled - at > windows.EARLY_CONFIRMABLE:
        raise errors.TooEarly(extra={"confirmable": False})
    around = dose_around(asked.dose.id, asked.dose.medication_id, state.scheduled, at)
    if place is windows.Window.EARLY:
        answer = windows.early(
            state.scheduled,
            at,
            half_interval=state.half_interval,
            last_intake=around.neighbours.last_intake,
            zone=around.zone,
        )
        confirmable = answer is windows.Early.CONFIRM and not around.high_alert
        if not (confirmed and confirmable):
            raise errors.TooEarly(extra={"confirmable": confirmable})
        return []
    together = windows.two_together(
        state.scheduled, state.grace, at, half_interval=state.half_interval, around=around.neighbours
    )
    return ["TWO_DOSES_TOGETHER"] if about_to and together else []


def dose_skip(*, actor: Actor, dose_id: UUID, reason: str, text: str = "", now: datetime | None = None) -> Recorded:
    """Record that a dose is left out; the first reason stays. Raises NotFound, WindowClosed, AlreadyRecorded (taken),
    Withdrawn."""
    judged, day, dose = _record(
        actor, dose_id, lambda asked: asked.act("dose.skipped", reason=reason, text=text), now=now
    )
    if judged.outcome is Outcome.SERVER_WINS:
        if judged.state.removed_at is not None:
            raise errors.Withdrawn
        if judged.state.status in TAKEN:
            raise errors.AlreadyRecorded
    return _answer(day, dose)


def dose_snooze(*, actor: Actor, dose_id: UUID, minutes: int, now: datetime | None = None) -> Recorded:
    """Remind again in 5, 10 or 15 minutes, the patient only. Raises NotFound, SnoozeLimit, AlreadyRecorded,
    Withdrawn."""
    judged, day, dose = _record(
        actor,
        dose_id,
        lambda asked: asked.act("dose.snoozed", minutes=minutes),
        now=now,
        patient_only=True,
        refusals={"INVALID": errors.SnoozeLimit, "WINDOW_CLOSED": errors.SnoozeLimit},
    )
    if judged.outcome is Outcome.SERVER_WINS:
        raise errors.Withdrawn if judged.state.removed_at is not None else errors.AlreadyRecorded
    return _answer(day, dose)


def dose_undo(*, actor: Actor, dose_id: UUID, now: datetime | None = None) -> Recorded:
    """Take back what this actor recorded last, within ten minutes. Raises NotFound, NotRecorded, WindowClosed."""
    judged, day, dose = _record(
        actor,
        dose_id,
        lambda asked: asked.act("dose.undone"),
        now=now,
        undo=True,
        refusals={"NOT_FOUND": errors.NotRecorded},
    )
    if judged.outcome is Outcome.SERVER_WINS:
        raise errors.NotRecorded
    return _answer(day, dose)


def dose_correct(
    *,
    actor: Actor,
    dose_id: UUID,
    to: str,
    reason: str,
    taken_at: datetime | None = None,
    now: datetime | None = None,
) -> Recorded:
    """Change a record within 24 h of the plan: NOT_TAKEN, or TAKEN at another time; the old value is kept.

    The patient may correct any record, a caregiver the own ones. A past dose becomes MISSED without an alarm to the
    family (domain.md §7.3). Raises NotFound, OnlyYourOwn, NotRecorded, WindowClosed, FutureTime, Invalid.
    """

    def say(asked: _Asked) -> DoseAct:
        if not asked.by_patient and asked.dose.state.recorded_by != str(actor.id):
            raise errors.OnlyYourOwn
        return asked.act("dose.corrected", to=to, reason=reason, new_time=taken_at)

    judged, day, dose = _record(actor, dose_id, say, now=now)
    if judged.outcome is Outcome.SERVER_WINS:
        raise errors.NotRecorded
    return _answer(day, dose)


@dataclass(frozen=True, slots=True)
class GroupAnswer:
    """What became of one dose of a group; ``code`` says why not."""

    dose_id: UUID
    outcome: str
    code: str | None
    dose: dict[str, Any] | None


def group_take(
    *, actor: Actor, dose_ids: Collection[UUID], now: datetime | None = None
) -> tuple[list[GroupAnswer], Figures]:
    """Record the patient's own doses of one time of day as taken now, each for itself.

    High-alert medicines are never marked as a group (domain.md §7.5). Raises MixedGroup; NotFound when none is known.
    """
    moment = now or clock.now()
    ids = list(dict.fromkeys(dose_ids))
    with transaction.atomic():
        feed_lock([actor.user_id])
        judging = DoseJudging(actor, moment)
        judging.load([actor.user_id], ids)
        found = {dose_id: dose for dose_id in ids if (dose := judging.find(actor.user_id, dose_id))}
        if not found:
            raise NotFound
        if len({(dose.local_date, dose.period) for dose in found.values()}) != 1:
            raise errors.MixedGroup(errors=[("doseIds", errors.MixedGroup.message)])
        careful = high_alert_among([dose.medication_id for dose in found.values()])
        answers = [(each, *_take_of_group(judging, found.get(each), actor, moment, careful)) for each in ids]
        judging.flush()
        day = next(iter(found.values())).local_date
        after = day_granted(self_grant(actor.user_id), day=day, now=moment)
    shown = {dose["id"]: dose for dose in after.doses}
    return [GroupAnswer(*answer, shown.get(str(answer[0]))) for answer in answers], after.figures


def _take_of_group(
    judging: DoseJudging, dose: Standing | None, actor: Actor, now: datetime, careful: set[UUID]
) -> tuple[str, str | None]:
    if dose is None:
        return Outcome.REJECTED, "NOT_FOUND"
    if dose.medication_id in careful:
        return Outcome.REJECTED, "HIGH_ALERT"
    asked = _Asked(judging, dose, actor, now)
    if windows.window(dose.state.scheduled, dose.state.grace, now) is windows.Window.EARLY:
        return Outcome.REJECTED, "TOO_EARLY"
    judged, _standing = judging.judge(Said(dose.patient_id, dose.id, asked.act("dose.taken")))
    return judged.outcome, judged.code


_REFUSALS: dict[str, type[DomainError]] = {
    "NOT_FOUND": NotFound,
    "WINDOW_CLOSED": errors.WindowClosed,
    "FUTURE": errors.FutureTime,
    "INVALID": Invalid,
}


def _record(
    actor: Actor,
    dose_id: UUID,
    say: Callable[[_Asked], DoseAct],
    *,
    now: datetime | None,
    undo: bool = False,
    patient_only: bool = False,
    refusals: dict[str, type[DomainError]] | None = None,
) -> tuple[Judgement, DayOfDoses, UUID]:
    """Judge one act and write it; the day of the dose as it is afterwards, and the dose's id.

    The own record is tried first, so that a patient's tap costs no look at whose dose it is. Somebody else's dose goes
    through the access door, outside the transaction, so that the audit row of a denial survives.
    """
    moment = now or clock.now()
    done = None
    if actor.role == "PATIENT":
        done = _judge_once(actor, actor.user_id, dose_id, say, now=moment, undo=undo)
    if done is None:
        owner = doses_existing([dose_id]).get(dose_id)
        if owner is None or owner == actor.user_id or patient_only:
            raise NotFound
        access_require(actor, owner, Ability.MARK_DOSES, resource_type="dose", resource_id=dose_id, now=moment)
        done = _judge_once(actor, owner, dose_id, say, now=moment, undo=undo)
        if done is None:
            raise NotFound
    judged, day, standing_id = done
    if judged.outcome is Outcome.REJECTED:
        raise (_REFUSALS | (refusals or {}))[judged.code or "INVALID"]
    return judged, day, standing_id


def _judge_once(
    actor: Actor, patient_id: UUID, dose_id: UUID, say: Callable[[_Asked], DoseAct], *, now: datetime, undo: bool
) -> tuple[Judgement, DayOfDoses, UUID] | None:
    with transaction.atomic():
        feed_lock([actor.user_id, patient_id])
        judging = DoseJudging(actor, now)
        judging.load([patient_id], [dose_id], undo=undo)
        dose = judging.find(patient_id, dose_id)
        if dose is None:
            return None
        act = say(_Asked(judging, dose, actor, now))
        judged, _standing = judging.judge(Said(patient_id, dose_id, act))
        judging.flush()
        return judged, day_granted(self_grant(patient_id), day=dose.local_date, now=now), dose.id


def _answer(day: DayOfDoses, dose_id: UUID, warning: str | None = None) -> Recorded:
    shown = next(dose for dose in day.doses if dose["id"] == str(dose_id))
    return Recorded(shown, day.figures, warning)
