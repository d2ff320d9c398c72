"""One act judged against one dose: the merge table of domain.md §2.6, with §2.18 and §7.3.

The same judgement serves a tap online and an act that a phone sends days later. ``tests/golden/sync/merge_rules.json``
is run against this module and against the phone's; change a rule only together with that file.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from apps.doses.rules.windows import (
    CLOSES,
    EARLIEST,
    FUTURE_TOLERATED,
    SNOOZE_LIMIT,
    SNOOZE_MINUTES,
    may_undo,
    snooze_end,
    taken_status,
)

DOUBLE_APART = timedelta(minutes=10)
DUE = "DUE"
MISSED = "MISSED"
SKIPPED = "SKIPPED"
TAKEN = frozenset({"TAKEN_ON_TIME", "TAKEN_LATE"})


class Outcome(StrEnum):
    """What became of an act."""

    APPLIED = "APPLIED"
    MERGED = "MERGED"
    SERVER_WINS = "SERVER_WINS"
    REJECTED = "REJECTED"


@dataclass(frozen=True, slots=True)
class DoseState:
    """What stands about a dose, and the parts of its plan that decide about it.

    ``removed_at`` is when pause, stop or a new version withdrew it. The fields after ``half_interval`` decide nothing;
    they go with the record they belong to, so that undo brings them back.
    """

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
    recorded_at: datetime | None = None
    taken_at_device: datetime | None = None
    amount_taken: Decimal | None = None
    skip_text: str = ""
    source: str = ""
    was_offline: bool = False

    def says_as(self, other: "DoseState") -> bool:
        """Whether both say the same about the intake."""
        return (self.status, self.taken_at, self.skip_reason) == (other.status, other.taken_at, other.skip_reason)


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
    at_device: datetime | None = None  # what the phone said, when that was corrected
    amount: Decimal | None = None
    text: str = ""
    source: str = ""
    offline: bool = False


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

    @property
    def counted(self) -> bool:
        """Whether the act decided what now stands."""
        return self.outcome in {Outcome.APPLIED, Outcome.MERGED}


def merge(dose: DoseState, act: DoseAct, *, now: datetime, target: Target | None = None) -> Judgement:
    """Judge one act against a dose as it stands.

    ``now`` is when it is judged; ``target`` is the undone act of a ``dose.undone``. Never raises for what a phone may
    send: a kind it does not know is REJECTED INVALID.
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


def _recorded(dose: DoseState, act: DoseAct) -> DoseState:
    """The dose with the marks of whoever recorded ``act``; what it says is filled in by the caller."""
    return replace(
        dose,
        taken_at=None,
        taken_at_device=None,
        amount_taken=None,
        skip_reason=None,
        skip_text="",
        early=False,
        snoozed_until=None,
        recorded_by=act.recorder,
        recorded_device=act.device,
        recorded_at=act.recorded_at,
        source=act.source,
        was_offline=act.offline,
    )


def _as_taken(dose: DoseState, act: DoseAct) -> DoseState:
    return replace(
        _recorded(dose, act),
        status=taken_status(dose.scheduled, dose.grace, act.at),
        taken_at=act.at,
        taken_at_device=act.at_device,
        amount_taken=act.amount,
        early=act.at - dose.scheduled < EARLIEST,
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
    """Two people spoke of this dose, or two devices more than ten minutes apart: one swallow or two (§7.3)?"""
    if act.recorder != dose.recorded_by:
        return True
    return act.device != dose.recorded_device and abs(act.at - stood) > DOUBLE_APART


def _skipped(dose: DoseState, act: DoseAct) -> Judgement:
    if dose.removed_at is not None or dose.status not in {DUE, MISSED}:
        return Judgement(Outcome.SERVER_WINS, dose)
    state = replace(_recorded(dose, act), status=SKIPPED, skip_reason=act.reason, skip_text=act.text)
    return Judgement(Outcome.APPLIED if dose.status == DUE else Outcome.MERGED, state)


def _snoozed(dose: DoseState, act: DoseAct) -> Judgement:
    if dose.removed_at is not None or dose.status != DUE:
        return Judgement(Outcome.SERVER_WINS, dose)
    if act.minutes not in SNOOZE_MINUTES or dose.snooze_count >= SNOOZE_LIMIT:
        return _rejected(dose, "INVALID")
    until = act.at + timedelta(minutes=act.minutes or 0)
    if until > snooze_end(dose.scheduled, dose.half_interval):
        return _rejected(dose, "WINDOW_CLOSED")
    return Judgement(Outcome.APPLIED, replace(dose, snoozed_until=until, snooze_count=dose.snooze_count + 1))


def _undo(dose: DoseState, act: DoseAct, target: Target | None) -> Judgement:
    if target is None:
        return _rejected(dose, "NOT_FOUND")
    if not may_undo(target.recorded_at, act.at):
        return _rejected(dose, "WINDOW_CLOSED")
    before, after = target.before, target.after
    if before == after or not dose.says_as(after):
        return Judgement(Outcome.SERVER_WINS, dose)  # the act never counted, or something later stands
    return Judgement(
        Outcome.APPLIED,
        # the plan may have moved since
        replace(
            before,
            removed_at=dose.removed_at,
            scheduled=dose.scheduled,
            grace=dose.grace,
            half_interval=dose.half_interval,
        ),
    )


def _corrected(dose: DoseState, act: DoseAct, now: datetime) -> Judgement:
    if dose.removed_at is not None or dose.status not in TAKEN | {SKIPPED}:
        return Judgement(Outcome.SERVER_WINS, dose)
    if not act.reason:
        return _rejected(dose, "INVALID")
    if act.to == "NOT_TAKEN":
        state = replace(
            dose,
            status=MISSED if now > dose.scheduled + dose.grace else DUE,
            taken_at=None,
            taken_at_device=None,
            amount_taken=None,
            skip_reason=None,
            skip_text="",
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
