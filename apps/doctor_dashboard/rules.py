"""Which missed doses are an alert (domain.md §2.12) and what a row of the worklist is called. Pure."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from apps.doses.rules.figures import Figures

ALERT_DAYS = 3
PULSE_DAYS = 7
SPARK_DAYS = 14
WINDOW_DAYS = 30
CALENDAR_WEEKS = 13
LOW_BELOW = 70
LEAST_DOSES = 5
ENDING_DAYS = 7
PAUSED_DAYS = 7
UNRECEIVED_AFTER = timedelta(minutes=60)
WARNING_RUN = 2
CRITICAL_RUN = 3

TAKEN, MISSED, SKIPPED, DUE = "T", "M", "S", "D"


def longest_run(occasions: str) -> int:
    """The most occasions in a row that were missed. One letter an occasion, in the order of time."""
    return max(map(len, occasions.replace(DUE, "").replace(SKIPPED, TAKEN).split(TAKEN)), default=0)


def miss_alert(occasions: str, missed_days: int) -> str | None:
    """CRITICAL, WARNING or None for the last three days.

    An occasion is a planned time: medicines of one mealtime are one occasion, missed when none of them was taken.
    Two missed in a row warn; three in a row, or a miss on each of three days, are critical (scenario 90).
    """
    run = longest_run(occasions)
    if run >= CRITICAL_RUN or missed_days >= ALERT_DAYS:
        return "CRITICAL"
    return "WARNING" if run >= WARNING_RUN else None


@dataclass(frozen=True, slots=True)
class Pulse:
    """The last week of one patient's doses, as far as the doctor may see them."""

    patient_id: UUID
    figures: Figures
    occasions: str  # of the last three days
    missed_days: int  # days with a miss among the last three
    last_missed: date | None
    side_effects_on: date | None

    @property
    def in_a_row(self) -> int:
        """The most occasions of the last three days that were missed one after the other."""
        return longest_run(self.occasions)

    @property
    def alert(self) -> str | None:
        """The alert of the last three days."""
        return miss_alert(self.occasions, self.missed_days)

    @property
    def is_low(self) -> bool:
        """Less than 70 % of at least five closed doses."""
        taken = self.figures.percentage
        return taken is not None and taken < LOW_BELOW and self.figures.closed >= LEAST_DOSES

    @property
    def is_silent(self) -> bool:
        """Doses were planned, and nobody recorded any."""
        return self.figures.total - self.figures.due > 0 and self.figures.taken + self.figures.skipped == 0


@dataclass(frozen=True, slots=True)
class Item:
    """One row of the worklist. ``marker`` names the occasion: a mark hides this one, not the next."""

    kind: str
    subject_id: UUID
    marker: str
    patient_id: UUID
    patient_name: str = ""
    phone: str = ""
    grave: bool = False
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The name under which a mark is kept."""
        return f"{self.kind}:{self.subject_id}:{self.marker}"


def worklist_sorted(items: Collection[Item], order: Collection[str]) -> list[Item]:
    """The most pressing kind first, grave rows of a kind before others, then by name."""
    place = {kind: number for number, kind in enumerate(order)}
    return sorted(items, key=lambda item: (place[item.kind], not item.grave, item.patient_name, item.key))


def week_of(day: date) -> str:
    """The ISO week, so that what goes on for weeks comes back each Monday."""
    year, week, _weekday = day.isocalendar()
    return f"{year}W{week:02d}"


def unreceived(changed_at: datetime, now: datetime) -> bool:
    """Whether an urgent change should have reached the phone by now (domain.md §7.3)."""
    return now - changed_at >= UNRECEIVED_AFTER
