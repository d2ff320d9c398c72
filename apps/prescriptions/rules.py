"""The life of a prescription as pure functions (domain.md §2.4). No Django, no clock, no I/O."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

MOST_DAYS_BACK = 7
MOST_DAYS_AHEAD = 365
END_PROMPT_DAYS = (7, 3, 1)
PAUSE_PROMPT_DAYS = 3
CLOSE_MINUTES = 5


class Move(StrEnum):
    """What may happen to a prescription."""

    CONFIRM = "CONFIRM"
    RETAKE = "RETAKE"
    REJECT = "REJECT"
    CHANGE = "CHANGE"
    URGENT = "URGENT"
    PAUSE = "PAUSE"
    RESUME = "RESUME"
    STOP = "STOP"
    FINISH = "FINISH"


class Position(StrEnum):
    """Where a person stands towards one prescription."""

    PATIENT = "PATIENT"
    AUTHOR = "AUTHOR"  # the doctor who wrote it, while the patient lets that doctor write
    CAREGIVER = "CAREGIVER"  # a caregiver who may add medicines
    VIEWER = "VIEWER"


# DRAFT → ACTIVE ⇄ PAUSED → INACTIVE; INACTIVE has no way out.
_MOVES: Mapping[str, Mapping[Move, str]] = {
    "DRAFT": {
        Move.CONFIRM: "ACTIVE",
        Move.RETAKE: "DRAFT",
        Move.REJECT: "INACTIVE",
        Move.CHANGE: "DRAFT",
        Move.URGENT: "ACTIVE",
    },
    "ACTIVE": {
        Move.CHANGE: "ACTIVE",
        Move.URGENT: "ACTIVE",
        Move.PAUSE: "PAUSED",
        Move.STOP: "INACTIVE",
        Move.FINISH: "INACTIVE",
    },
    "PAUSED": {
        Move.CHANGE: "PAUSED",
        Move.URGENT: "ACTIVE",
        Move.RESUME: "ACTIVE",
        Move.STOP: "INACTIVE",
        Move.FINISH: "INACTIVE",
    },
    "INACTIVE": {},
}


def next_status(status: str, move: Move) -> str | None:
    """The status after ``move``; None when the state machine has no such move."""
    return _MOVES[status].get(move)


def start_in_reach(start: date, today: date) -> bool:
    """Whether a course may start on ``start``: at most 7 days ago and a year ahead."""
    return today - timedelta(days=MOST_DAYS_BACK) <= start <= today + timedelta(days=MOST_DAYS_AHEAD)


def course_last_day(medicine_days: Iterable[date | None]) -> date | None:
    """The last day of a course from those of its medicines (doses' ``last_day_of``); None while one is open."""
    days = list(medicine_days)
    return None if None in days else max((day for day in days if day is not None), default=None)


def start_after_waiting(start: date, *, written_on: date, today: date, end: date | None) -> date:
    """The first day of a draft confirmed on ``today``: moved by the days it waited, never past a written end."""
    waited = max((today - max(start, written_on)).days, 0)
    moved = start + timedelta(days=waited)
    return min(moved, max(start, end)) if end else moved


def paused_for(paused_on: date, today: date) -> int:
    """Whole local days of a pause: what resuming adds to a course without a written end."""
    return max((today - paused_on).days, 0)


def end_prompt(last: date, today: date) -> int | None:
    """7, 3 or 1 when a course ends in so many days ("finished, or get more?"), else None (domain.md §7.5)."""
    left = (last - today).days
    return left if left in END_PROMPT_DAYS else None


def pause_prompt(paused_on: date, today: date) -> int | None:
    """The days paused so far on every third day of a pause, else None (domain.md §7.5)."""
    days = (today - paused_on).days
    return days if days > 0 and days % PAUSE_PROMPT_DAYS == 0 else None


def near_times(one: Iterable[time], other: Iterable[time]) -> bool:
    """Whether some clock time of the one is within five minutes of one of the other, across midnight too."""
    minutes = [clock.hour * 60 + clock.minute for clock in other]
    return any(
        min((gap := abs(clock.hour * 60 + clock.minute - minute)), 24 * 60 - gap) <= CLOSE_MINUTES
        for clock in one
        for minute in minutes
    )


def age_on(birth: date, today: date) -> int:
    """Completed years; somebody born on 29 February has the birthday on 1 March of other years."""
    return today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))


def moment_after(now: datetime, previous: datetime) -> datetime:
    """The next value of the optimistic lock: ``now`` in whole milliseconds (the wire's precision), always later."""
    rounded = now.replace(microsecond=now.microsecond // 1000 * 1000)
    return max(rounded, previous + timedelta(milliseconds=1))


# --- versions -----------------------------------------------------------------------------------------------------

Snapshot = Mapping[str, Any]
# What names a medicine's row, and the patient's own settings of it: not what is prescribed.
SETTINGS = frozenset({"reminderEnabled", "stockCount", "private"})
_NOT_PRESCRIBED = SETTINGS | {"id", "prescriptionId", "rowNumber", "batchId", "imageUrl", "retiredInVersion"}


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field before and after."""

    field: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class MedicineChange:
    """A medicine that both versions name, with the fields that differ."""

    medicine_name: str
    strength: str
    fields: tuple[FieldChange, ...]


@dataclass(frozen=True, slots=True)
class SnapshotDiff:
    """What one version has and another has not. Medicines are told as the snapshots hold them."""

    header: tuple[FieldChange, ...]
    added: tuple[Mapping[str, Any], ...]
    removed: tuple[Mapping[str, Any], ...]
    changed: tuple[MedicineChange, ...]


def snapshot_diff(old: Snapshot, new: Snapshot) -> SnapshotDiff:
    """The difference of two snapshots.

    A changed medicine is a new row, so the id alone would show every change as one removed and one added; see
    ``matched``.
    """
    pairs, added, removed = matched(list(old["medications"]), list(new["medications"]))
    changed = [
        MedicineChange(str(after.get("medicineName", "")), str(after.get("strength") or ""), fields)
        for before, after in pairs
        if (fields := fields_differing(before, after))
    ]
    return SnapshotDiff(fields_differing(old["header"], new["header"]), tuple(added), tuple(removed), tuple(changed))


def fields_differing(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[FieldChange, ...]:
    """The fields in which two medicines (or headers) prescribe something else."""
    names = [name for name in dict.fromkeys([*old, *new]) if name not in _NOT_PRESCRIBED]
    return tuple(FieldChange(name, old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name))


_Medicine = Mapping[str, Any]


def matched(
    old: Sequence[_Medicine], new: Sequence[_Medicine]
) -> tuple[list[tuple[_Medicine, _Medicine]], list[_Medicine], list[_Medicine]]:
    """(pairs, only in new, only in old): by row, else by name and strength, else by name; each is used once."""
    pairs: dict[int, int] = {}
    for key in (_by_id, _by_name_and_strength, _by_name):
        waiting: dict[Any, list[int]] = {}
        for position, medicine in enumerate(old):
            if position not in pairs.values():
                waiting.setdefault(key(medicine), []).append(position)
        for position, medicine in enumerate(new):
            if position not in pairs and (same := waiting.get(key(medicine))):
                pairs[position] = same.pop(0)
    return (
        [(old[before], new[after]) for after, before in sorted(pairs.items())],
        [medicine for position, medicine in enumerate(new) if position not in pairs],
        [medicine for position, medicine in enumerate(old) if position not in pairs.values()],
    )


def _by_id(medicine: _Medicine) -> Any:
    return medicine.get("id") or object()  # nothing equals a fresh object: no id, no match


def _by_name(medicine: _Medicine) -> Any:
    return str(medicine.get("medicineName", "")).casefold().strip()


def _by_name_and_strength(medicine: _Medicine) -> Any:
    return _by_name(medicine), str(medicine.get("strength") or "").casefold().strip()
