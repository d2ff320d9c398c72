"""The rules of a dose, the same ones the server judges by (domain.md §2.6, §7.2, §7.3). Pure: no clock, no
storage.

``tests/golden/sync/dose_windows.json`` and ``merge_rules.json`` are run against this module and against the
server's rules; change a rule only together with those files.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

EARLIEST = timedelta(minutes=-30)
CLOSES = timedelta(hours=24)
UNDO_WINDOW = timedelta(minutes=10)
FUTURE_TOLERATED = timedelta(minutes=5)
DOUBLE_APART = timedelta(minutes=10)
EARLY_CONFIRMABLE = timedelta(hours=4)
LATE_FREE = timedelta(hours=2)
SNOOZE_MINUTES = frozenset({5, 10, 15})
SNOOZE_LIMIT = 3
SNOOZE_FARTHEST = timedelta(hours=2)
DAY = timedelta(hours=24)


class Window(StrEnum):
    """Where an intake falls relative to its plan."""

    EARLY = "EARLY"
    ON_TIME = "ON_TIME"
    LATE = "LATE"
    CLOSED = "CLOSED"


class Outcome(StrEnum):
    """What became of an act."""

    APPLIED = "APPLIED"
    MERGED = "MERGED"
    SERVER_WINS = "SERVER_WINS"
    REJECTED = "REJECTED"


DUE = "DUE"
ON_TIME = "TAKEN_ON_TIME"
LATE = "TAKEN_LATE"
MISSED = "MISSED"
SKIPPED = "SKIPPED"
TAKEN = frozenset({ON_TIME, LATE})
# Skipping on these grounds does not lower adherence (domain.md §2.7).
EXCUSED_SKIPS = frozenset({"DOCTOR_ADVISED", "PHARMACIST_ADVISED", "LOW_READING", "FASTING"})
SKIP_REASONS = (
    "FEELING_BETTER", "SIDE_EFFECTS", "NO_MEDICINE", "DOCTOR_ADVISED", "PHARMACIST_ADVISED",
    "LOW_READING", "FASTING", "VOMITED", "TOO_LATE", "OTHER",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class DoseState:
    """What the rules need to know of a dose. ``status`` may be a word this version does not know."""

    scheduled: datetime
    grace: timedelta
    status: str = DUE
    taken_at: datetime | None = None
    skip_reason: str | None = None
    early: bool = False
    possible_double: bool = False
    taken_after_stop: bool = False
    snoozed_until: datetime | None = None
    snooze_count: int = 0
    recorded_by: str | None = None
    recorded_device: str | None = None
    removed_at: datetime | None = None
    half_interval: timedelta = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class DoseAct:
    """One thing somebody did with a dose. ``at`` is the time it speaks of, already corrected for skew."""

    kind: str
    at: datetime
    recorded_at: datetime
    recorder: str | None = None
    device: str | None = None
    reason: str | None = None
    minutes: int | None = None
    to: str | None = None
    new_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """The act an undo speaks of: when it was recorded and what stood before and after it."""

    recorded_at: datetime
    before: DoseState
    after: DoseState


@dataclass(frozen=True, slots=True)
class Judgement:
    """The answer to an act: what it was worth, why not, and the dose as it now is."""

    outcome: Outcome
    state: DoseState
    code: str | None = None


def window(scheduled: datetime, grace: timedelta, at: datetime) -> Window:
    """Where ``at`` falls: −30 min … +grace is on time, to +24 h late; both ends included."""
    distance = at - scheduled
    if distance < EARLIEST:
        return Window.EARLY
    if distance <= grace:
        return Window.ON_TIME
    return Window.LATE if distance <= CLOSES else Window.CLOSED


def taken_status(scheduled: datetime, grace: timedelta, at: datetime) -> str:
    """The status of an intake at ``at``; an early one counts as on time (and carries the early flag)."""
    return LATE if at - scheduled > grace else ON_TIME


def merge(dose: DoseState, act: DoseAct, *, now: datetime, target: Target | None = None) -> Judgement:
    """Judge one act against a dose as it stands, by the merge table of domain.md §2.6.

    ``now`` is when it is judged; ``target`` is the undone act of a ``dose.undone``. Never raises for what a
    phone may send: a kind it does not know is REJECTED INVALID.
    """
    if act.at > now + FUTURE_TOLERATED:
        return _rejected(dose, "FUTURE")
    if act.kind == "dose.undone":
        return _undo(dose, act, target)
    if act.at - dose.scheduled > CLOSES:
        return _rejected(dose, "WINDOW_CLOSED")
    match act.kind:
        case "dose.taken":
            return _taken(dose, act)
        case "dose.skipped":
            return _skipped(dose, act)
        case "dose.snoozed":
            return _snoozed(dose, act)
        case "dose.corrected":
            return _corrected(dose, act, now)
    return _rejected(dose, "INVALID")


def _rejected(dose: DoseState, code: str) -> Judgement:
    return Judgement(Outcome.REJECTED, dose, code)


def _as_taken(dose: DoseState, act: DoseAct) -> DoseState:
    return replace(
        dose,
        status=taken_status(dose.scheduled, dose.grace, act.at),
        taken_at=act.at,
        skip_reason=None,
        early=act.at - dose.scheduled < EARLIEST,
        snoozed_until=None,
        recorded_by=act.recorder,
        recorded_device=act.device,
    )


def _taken(dose: DoseState, act: DoseAct) -> Judgement:
    if dose.removed_at is not None:
        if act.at < dose.removed_at:
            return Judgement(Outcome.MERGED, replace(_as_taken(dose, act), removed_at=None))
        return Judgement(Outcome.SERVER_WINS, replace(dose, taken_after_stop=True))
    if dose.status not in TAKEN:
        outcome = Outcome.APPLIED if dose.status == DUE else Outcome.MERGED
        return Judgement(outcome, _as_taken(dose, act))
    stood = dose.taken_at or dose.scheduled
    double = dose.possible_double or _possible_double(dose, act, stood)
    if act.at < stood:
        return Judgement(Outcome.MERGED, replace(_as_taken(dose, act), possible_double=double))
    return Judgement(Outcome.SERVER_WINS, replace(dose, possible_double=double))


def _possible_double(dose: DoseState, act: DoseAct, stood: datetime) -> bool:
    """Two people spoke of this dose, or two devices more than ten minutes apart: one swallow or two?
    (§7.3)."""
    if act.recorder != dose.recorded_by:
        return True
    return act.device != dose.recorded_device and abs(act.at - stood) > DOUBLE_APART


def _skipped(dose: DoseState, act: DoseAct) -> Judgement:
    if dose.removed_at is not None or dose.status not in {DUE, MISSED}:
        return Judgement(Outcome.SERVER_WINS, dose)
    state = replace(
        dose, status=SKIPPED, taken_at=None, skip_reason=act.reason, early=False, snoozed_until=None,
        recorded_by=act.recorder, recorded_device=act.device,
    )  # fmt: skip
    return Judgement(Outcome.APPLIED if dose.status == DUE else Outcome.MERGED, state)


def snooze_limit(dose: DoseState) -> datetime:
    """The last moment a snooze may reach: 2 h after the plan or half the interval, whichever is shorter."""
    return dose.scheduled + min(SNOOZE_FARTHEST, dose.half_interval)


def _snoozed(dose: DoseState, act: DoseAct) -> Judgement:
    if dose.removed_at is not None or dose.status != DUE:
        return Judgement(Outcome.SERVER_WINS, dose)
    if act.minutes not in SNOOZE_MINUTES or dose.snooze_count >= SNOOZE_LIMIT:
        return _rejected(dose, "INVALID")
    until = act.at + timedelta(minutes=act.minutes or 0)
    if until > snooze_limit(dose):
        return _rejected(dose, "WINDOW_CLOSED")
    return Judgement(Outcome.APPLIED, replace(dose, snoozed_until=until, snooze_count=dose.snooze_count + 1))


def _undo(dose: DoseState, act: DoseAct, target: Target | None) -> Judgement:
    if target is None:
        return _rejected(dose, "NOT_FOUND")
    if act.at - target.recorded_at > UNDO_WINDOW:
        return _rejected(dose, "WINDOW_CLOSED")
    standing = (dose.status, dose.taken_at, dose.skip_reason)
    if target.before == target.after or standing != (
        target.after.status,
        target.after.taken_at,
        target.after.skip_reason,
    ):
        return Judgement(Outcome.SERVER_WINS, dose)  # the act never counted, or something later stands
    return Judgement(Outcome.APPLIED, replace(target.before, removed_at=dose.removed_at))


def _corrected(dose: DoseState, act: DoseAct, now: datetime) -> Judgement:
    if dose.removed_at is not None or dose.status not in TAKEN | {SKIPPED}:
        return Judgement(Outcome.SERVER_WINS, dose)
    if not act.reason:
        return _rejected(dose, "INVALID")
    if act.to == "NOT_TAKEN":
        overdue = now > dose.scheduled + dose.grace
        state = replace(
            dose,
            status=MISSED if overdue else DUE,
            taken_at=None,
            skip_reason=None,
            early=False,
            possible_double=False,
        )
        return Judgement(Outcome.APPLIED, state)
    if act.to != "TAKEN" or act.new_time is None:
        return _rejected(dose, "INVALID")
    if act.new_time > now + FUTURE_TOLERATED:
        return _rejected(dose, "FUTURE")
    if act.new_time - dose.scheduled > CLOSES:
        return _rejected(dose, "WINDOW_CLOSED")
    return Judgement(Outcome.APPLIED, _as_taken(dose, replace(act, at=act.new_time)))


# ── advice before the tap


class Advice(StrEnum):
    """What the app says before an intake is recorded."""

    OK = "OK"
    CONFIRM_EARLY = "CONFIRM_EARLY"
    TOO_EARLY = "TOO_EARLY"
    CONFIRM_LATE = "CONFIRM_LATE"  # "do not take two doses together"; the default is to skip
    CLOSED = "CLOSED"


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What surrounds a dose in its medicine: the latest intake, and the next planned time."""

    last_intake: datetime | None = None
    next_planned: datetime | None = None


def half_interval(times: Iterable[datetime]) -> timedelta:
    """Half the smallest gap between a medicine's planned times; 12 h when there is one a day or none."""
    ordered = sorted(set(times))
    gaps = [later - earlier for earlier, later in pairwise(ordered)]
    return min([*gaps, DAY]) / 2


def advise(dose: DoseState, *, at: datetime, about_to: bool, around: Neighbours, zone: ZoneInfo) -> Advice:
    """What to ask before recording an intake at ``at`` (domain.md §2.6 for early, §7.2 for late).

    ``about_to`` tells "I am about to take it" from "I took it at hh:mm": a fact is recorded without being
    argued with.
    """
    place = window(dose.scheduled, dose.grace, at)
    if place is Window.CLOSED:
        return Advice.CLOSED
    if place is Window.EARLY:
        same_day = at.astimezone(zone).date() == dose.scheduled.astimezone(zone).date()
        near = dose.scheduled - at <= EARLY_CONFIRMABLE
        apart = around.last_intake is None or at - around.last_intake >= dose.half_interval
        return Advice.CONFIRM_EARLY if same_day and near and apart else Advice.TOO_EARLY
    if not about_to:
        return Advice.OK
    too_late = at - dose.scheduled > LATE_FREE
    next_close = around.next_planned is not None and around.next_planned - at < dose.half_interval
    recent = around.last_intake is not None and at - around.last_intake < dose.half_interval
    late_and_close = at - dose.scheduled > dose.grace and next_close
    return Advice.CONFIRM_LATE if too_late or late_and_close or recent else Advice.OK


def spoken_of(dose: DoseState, at: time, *, now: datetime, zone: ZoneInfo) -> datetime:
    """Which moment "I took it at 22:40" means: the one nearest to the plan that is not still to come.

    A night's dose may have been taken after midnight, and be told of the next morning. When every such time is still to
    come, the nearest one, which the rules then refuse as FUTURE.
    """
    day = dose.scheduled.astimezone(zone).date()
    moments = [datetime.combine(day + timedelta(days=shift), at, zone).astimezone(UTC) for shift in (-1, 0, 1)]
    past = [moment for moment in moments if moment <= now + FUTURE_TOLERATED]
    return min(past or moments, key=lambda moment: abs(moment - dose.scheduled))


def may_undo(recorded_at: datetime, now: datetime) -> bool:
    """Whether an act may still be taken back."""
    return now - recorded_at <= UNDO_WINDOW
