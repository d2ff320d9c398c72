"""Figures as they go over the wire: "taken" and "on time" are always two numbers (domain.md §7.3)."""

from collections.abc import Sequence
from typing import Any

from apps.adherence.rules import Day, level, summed, weeks
from apps.doses.rules.figures import Figures


def figures_wire(figures: Figures) -> dict[str, Any]:
    """Counts, percentage (null without a closed dose) and level."""
    percentage = figures.percentage
    return {
        "percentage": percentage,
        "hasData": percentage is not None,
        "level": level(percentage),
        "taken": figures.taken,
        "onTime": figures.on_time,
        "late": figures.late,
        "missed": figures.missed,
        "skipped": figures.skipped,
        "due": figures.due,
        "total": figures.total,
    }


def day_wire(day: Day) -> dict[str, Any]:
    """One day of a trend."""
    return {"date": day.date.isoformat(), **figures_wire(day.figures)}


def today_wire(day: Day) -> dict[str, Any]:
    """A day with its progress, taken ÷ all."""
    return {**day_wire(day), "progress": day.figures.progress}


def weekly_wire(days: Sequence[Day]) -> dict[str, Any]:
    """Seven days and each of them."""
    return {**figures_wire(summed(days)), "dailyData": [day_wire(day) for day in days]}


def monthly_wire(days: Sequence[Day]) -> dict[str, Any]:
    """Thirty days by weeks."""
    return {
        **figures_wire(summed(days)),
        "weeklyData": [
            {"from": week[0].date.isoformat(), "to": week[-1].date.isoformat(), **figures_wire(summed(week))}
            for week in weeks(days)
        ],
    }
