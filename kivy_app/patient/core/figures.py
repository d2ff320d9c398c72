"""How regularly medicines are taken, from the doses on this phone: the same figures as the server's (domain.md §2.7),
and there without network. ``tests/golden`` keeps the two together."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from patient.core import dose_rules as rules
from patient.core.models import Dose

GREEN, YELLOW, RED = "GREEN", "YELLOW", "RED"
_LEVELS = ((90, GREEN), (70, YELLOW))
# Left out for a good reason: such a dose counts neither for nor against.
EXCUSED = frozenset({"DOCTOR_ADVISED", "PHARMACIST_ADVISED", "LOW_READING", "FASTING"})


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts of a set of doses. *Taken* and *on time* are two numbers, always."""

    on_time: int = 0
    late: int = 0
    missed: int = 0
    skipped: int = 0
    excused: int = 0
    due: int = 0

    @property
    def taken(self) -> int:
        """On time or late."""
        return self.on_time + self.late

    @property
    def total(self) -> int:
        """All of them."""
        return self.taken + self.missed + self.skipped + self.excused + self.due

    @property
    def closed(self) -> int:
        """Those that count."""
        return self.taken + self.missed + self.skipped

    @property
    def percentage(self) -> int | None:
        """Taken ÷ closed in whole percent, half up; None while nothing is closed: no figure is not 0 %."""
        return (200 * self.taken + self.closed) // (2 * self.closed) if self.closed else None

    @property
    def level(self) -> str | None:
        """GREEN from 90, YELLOW from 70, else RED; None without a figure."""
        share = self.percentage
        return None if share is None else next((name for least, name in _LEVELS if share >= least), RED)


def count(doses: Iterable[Dose]) -> Figures:
    """The figures of these doses."""
    held = dict.fromkeys(("on_time", "late", "missed", "skipped", "excused", "due"), 0)
    for dose in doses:
        held[_place(dose)] += 1
    return Figures(**held)


def _place(dose: Dose) -> str:
    match dose.status:
        case rules.ON_TIME:
            return "on_time"
        case rules.LATE:
            return "late"
        case rules.MISSED:
            return "missed"
        case rules.SKIPPED:
            return "excused" if dose.state.skip_reason in EXCUSED else "skipped"
    return "due"


def by_day(doses: Iterable[Dose], zone: ZoneInfo) -> dict[date, Figures]:
    """Figures of each of the patient's local days that has a dose. A dose belongs to the day it was planned for."""
    days: dict[date, list[Dose]] = {}
    for dose in doses:
        days.setdefault(dose.scheduled.astimezone(zone).date(), []).append(dose)
    return {day: count(held) for day, held in days.items()}


def by_medicine(doses: Iterable[Dose]) -> dict[str, tuple[Dose, Figures]]:
    """Figures of each medicine, with one of its doses for the name."""
    held: dict[str, list[Dose]] = {}
    for dose in doses:
        held.setdefault(dose.medication_id, []).append(dose)
    return {medicine: (of[0], count(of)) for medicine, of in held.items()}


def streak(days: Mapping[date, Figures], today: date) -> int:
    """How many days in a row everything closed was taken, up to today. Days without closed doses do not break it."""
    run, day, oldest = 0, today, min(days, default=today)
    while day >= oldest:
        share = days[day].percentage if day in days else None
        if share is not None:
            if share < 100:
                break
            run += 1
        day -= timedelta(days=1)
    return run
