"""From a prescribed medicine to planned intakes (domain.md §2.6 "Generation", §7.2)."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise

from apps.medications.rules import Slot, falls_on
from dastern.core import localtime

BEFORE_MEAL = timedelta(minutes=30)
HORIZON_DAYS = 30  # how far an open-ended course is laid out; topped up each night
_DAY_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class MealTimes:
    """When the patient eats, for slots without a clock time of their own."""

    morning: time = time(7)
    noon: time = time(12)
    evening: time = time(18)

    def of(self, period: str) -> time:
        """The meal of a time of day; a night slot has a clock time, so the evening meal stands in."""
        return {"MORNING": self.morning, "NOON": self.noon}.get(period, self.evening)


@dataclass(frozen=True, slots=True)
class Regimen:
    """What decides the times of one medicine. A ``rolling`` one is laid out up to the horizon at most."""

    slots: tuple[Slot, ...]
    first_day: date
    last_day: date | None
    rolling: bool
    frequency_type: str
    interval_days: int | None = None
    weekdays: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Intake:
    """One intake of a day by the clock. ``follows_meal``: it moves when the patient's meal times move."""

    clock: time
    period: str
    amount: Decimal
    follows_meal: bool


@dataclass(frozen=True, slots=True)
class Planned:
    """One planned dose."""

    scheduled: datetime
    local_date: date
    intake: Intake


@dataclass(frozen=True, slots=True)
class DayKept:
    """A local day whose doses stay as they were planned, and its last instant."""

    day: date
    last_instant: datetime


def day_kept_by(today: date, zone: str, *, old: time, new: time, due_today: bool, now: datetime) -> DayKept | None:
    """Whether today stays as planned when a daily clock time moves from ``old`` to ``new`` at ``now``.

    It does when today's dose has come due (``due_today``): a second one the same day would be a double. It also does
    when today's dose is still ahead but its new time has passed: moving it would lose it.
    """
    ahead = localtime.at(today, old, zone) > now
    passed = localtime.at(today, new, zone) <= now
    if not (due_today or (ahead and passed)):
        return None
    return DayKept(today, localtime.day_bounds(today, zone)[1] - timedelta(microseconds=1))


@dataclass(frozen=True, slots=True)
class Recorded:
    """An intake or skip that stands: of what, in which slot (none when unscheduled), when."""

    ingredients: frozenset[str]
    local_date: date | None
    period: str | None
    at: datetime


def last_day_of(
    *, first_day: date, duration: int | None, ongoing: bool, end_date: date | None, paused_days: int = 0
) -> date | None:
    """The last local day of a medicine: its duration (pauses not counted) or the course's end, the earlier one.

    None when it is open. An ongoing medicine ends only with its course.
    """
    own = None if ongoing or duration is None else first_day + timedelta(days=duration - 1 + paused_days)
    ends = [day for day in (own, end_date) if day is not None]
    return min(ends, default=None)


def clock_of_slot(slot: Slot, meals: MealTimes) -> time:
    """The local clock time of a slot: its own to the minute, else the patient's meal, half an hour earlier when before.

    A clock time that somebody typed is the time of the intake: "before the meal" does not move it.
    """
    if slot.clock is not None:
        return slot.clock
    meal = meals.of(slot.period)
    if not slot.before_meal:
        return meal
    minutes = max(meal.hour * 60 + meal.minute - int(BEFORE_MEAL.total_seconds()) // 60, 0)
    return time(minutes // 60, minutes % 60)


def intakes_of_day(slots: Sequence[Slot], meals: MealTimes) -> list[Intake]:
    """The intakes of a day by the clock. Two slots at one time are one intake of both amounts, never half of it."""
    found: dict[time, Intake] = {}
    for slot in slots:
        clock = clock_of_slot(slot, meals)
        same = found.get(clock)
        found[clock] = Intake(
            clock=clock,
            period=same.period if same else slot.period,
            amount=slot.amount + (same.amount if same else 0),
            follows_meal=slot.clock is None and (same is None or same.follows_meal),
        )
    return sorted(found.values(), key=lambda intake: intake.clock)


def half_interval_minutes(clocks: Iterable[time]) -> int:
    """Half the smallest gap between neighbouring intakes of a day, midnight included; 12 h for one a day."""
    minutes = sorted({clock.hour * 60 + clock.minute for clock in clocks})
    if len(minutes) < 2:
        return _DAY_MINUTES // 2
    gaps = [later - earlier for earlier, later in pairwise([*minutes, minutes[0] + _DAY_MINUTES])]
    return min(gaps) // 2


def plan(regimen: Regimen, *, meals: MealTimes, zone: str, now: datetime, after: date | None = None) -> list[Planned]:
    """The doses of a medicine from ``now`` on: never a time already past (scenario 38).

    Days run from the later of its first day and today (or the day after ``after``, the last one laid out before) to
    its last day, or to the horizon.
    """
    today = localtime.local_date(now, zone)
    horizon = today + timedelta(days=HORIZON_DAYS - 1)
    day = max(regimen.first_day, today)
    if after is not None:
        day = max(day, after + timedelta(days=1))
    last = regimen.last_day or horizon
    if regimen.rolling:
        last = min(last, horizon)
    intakes = intakes_of_day(regimen.slots, meals)
    found = []
    while day <= last:
        if falls_on(
            day,
            first_day=regimen.first_day,
            frequency_type=regimen.frequency_type,
            interval_days=regimen.interval_days,
            weekdays=regimen.weekdays,
        ):
            for intake in intakes:
                scheduled = localtime.at(day, intake.clock, zone)
                if scheduled > now:
                    found.append(Planned(scheduled, day, intake))
        day += timedelta(days=1)
    return found


def ingredients_of(names: Iterable[str], substances: Iterable[str]) -> frozenset[str]:
    """Keys by which two medicines are recognised as the same: names and catalogue substances, without case."""
    return frozenset(key for text in (*names, *substances) if (key := " ".join(text.casefold().split())))


def stands_already(
    planned: Planned, half_interval: timedelta, ingredients: frozenset[str], recorded: Collection[Recorded]
) -> bool:
    """Whether a planned dose would double one that was taken or skipped (domain.md §7.2).

    True when the same ingredient was recorded that day in the same time of day, or within half the interval.
    """
    return any(
        ingredients & record.ingredients
        and (
            (record.local_date == planned.local_date and record.period == planned.intake.period)
            or abs(planned.scheduled - record.at) < half_interval
        )
        for record in recorded
    )
