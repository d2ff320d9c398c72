"""Levels, weeks and streaks out of the counts of days (domain.md §2.7). Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from apps.doses.rules.figures import Figures

GREEN_FROM = 90
YELLOW_FROM = 70
WEEK = 7
MONTH = 30
FREE_TREND_DAYS = 7


@dataclass(frozen=True, slots=True)
class Day:
    """A local day and its doses."""

    date: date
    figures: Figures


def level(percentage: int | None) -> str | None:
    """GREEN from 90, YELLOW from 70, RED below; None without a closed dose."""
    if percentage is None:
        return None
    if percentage >= GREEN_FROM:
        return "GREEN"
    return "YELLOW" if percentage >= YELLOW_FROM else "RED"


def summed(days: Sequence[Day]) -> Figures:
    """The counts of several days together."""
    return Figures(
        on_time=sum(day.figures.on_time for day in days),
        late=sum(day.figures.late for day in days),
        missed=sum(day.figures.missed for day in days),
        skipped=sum(day.figures.skipped for day in days),
        excused=sum(day.figures.excused for day in days),
        due=sum(day.figures.due for day in days),
    )


def filled(days: Sequence[Day], last: date, count: int) -> list[Day]:
    """``count`` days up to ``last``, oldest first; days without doses count nothing."""
    known = {day.date: day for day in days}
    wanted = [last - timedelta(days=back) for back in range(count - 1, -1, -1)]
    return [known.get(day) or Day(day, Figures()) for day in wanted]


def weeks(days: Sequence[Day]) -> list[list[Day]]:
    """Runs of seven days counted back from the last one, oldest first; the oldest run may be shorter."""
    runs = [list(days[max(end - WEEK, 0) : end]) for end in range(len(days), 0, -WEEK)]
    return runs[::-1]


def streaks(days: Sequence[Day]) -> tuple[int, int]:
    """(current, best) runs of days on which every closed dose was taken. Days with nothing closed neither add nor end.

    ``days`` are in order; the current run ends with the last day that has a closed dose.
    """
    current = best = 0
    for day in days:
        if day.figures.closed <= 0:
            continue
        current = current + 1 if day.figures.taken == day.figures.closed else 0
        best = max(best, current)
    return current, best
