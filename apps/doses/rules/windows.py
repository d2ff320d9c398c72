"""Where an intake falls relative to its plan, and what to say before it is recorded (domain.md §2.6, §7.2).

``tests/golden/sync/dose_windows.json`` is run against this module and against the phone's; change a rule only
together with that file.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from dastern.core import localtime

EARLIEST = timedelta(minutes=-30)
CLOSES = timedelta(hours=24)
UNDO_WINDOW = timedelta(minutes=10)
FUTURE_TOLERATED = timedelta(minutes=5)
EARLY_CONFIRMABLE = timedelta(hours=4)
LATE_FREE = timedelta(hours=2)
SNOOZE_MINUTES = frozenset({5, 10, 15})
SNOOZE_LIMIT = 3
SNOOZE_FARTHEST = timedelta(hours=2)


class Window(StrEnum):
    """Where an intake falls relative to its plan."""

    EARLY = "EARLY"
    ON_TIME = "ON_TIME"
    LATE = "LATE"
    CLOSED = "CLOSED"


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
    return "TAKEN_LATE" if at - scheduled > grace else "TAKEN_ON_TIME"


def may_undo(recorded_at: datetime, now: datetime) -> bool:
    """Whether an act may still be taken back: ten minutes from its recording, by the acts' own times."""
    return now - recorded_at <= UNDO_WINDOW


def snooze_end(scheduled: datetime, half_interval: timedelta) -> datetime:
    """The last moment a snooze may reach: 2 h after the plan or half the interval, whichever is shorter."""
    return scheduled + min(SNOOZE_FARTHEST, half_interval)


class Early(StrEnum):
    """May an early intake be recorded online?"""

    FINE = "FINE"  # not early at all
    CONFIRM = "CONFIRM"  # when the person confirms it
    REFUSED = "REFUSED"


def early(
    scheduled: datetime, at: datetime, *, half_interval: timedelta, last_intake: datetime | None, zone: str
) -> Early:
    """Whether an intake before −30 min may be confirmed: on the dose's local day, at most 4 h before the plan and at
    least half the interval after the medicine's last intake (domain.md §2.6, scenario 47)."""
    if at - scheduled >= EARLIEST:
        return Early.FINE
    same_day = localtime.local_date(at, zone) == localtime.local_date(scheduled, zone)
    apart = last_intake is None or at - last_intake >= half_interval
    return Early.CONFIRM if same_day and scheduled - at <= EARLY_CONFIRMABLE and apart else Early.REFUSED


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What surrounds a dose: the last intake of its ingredient before, and the medicine's next planned time."""

    last_intake: datetime | None = None
    next_planned: datetime | None = None


def two_together(
    scheduled: datetime, grace: timedelta, at: datetime, *, half_interval: timedelta, around: Neighbours
) -> bool:
    """Whether somebody about to take this dose should hear "do not take two doses together" (domain.md §7.2).

    True later than 2 h after the plan; past grace with the next dose nearer than half the interval; or with another
    intake less than half the interval ago. It is advice: recording stays open for 24 hours.
    """
    distance = at - scheduled
    next_close = around.next_planned is not None and around.next_planned - at < half_interval
    recent = around.last_intake is not None and at - around.last_intake < half_interval
    return distance > LATE_FREE or (distance > grace and next_close) or recent
