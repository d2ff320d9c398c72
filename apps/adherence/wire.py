"""Figures as they go over the wire: "taken" and "on time" are always two numbers (domain.md §7.3)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from apps.adherence.rules import Day, level, summed, weeks
from apps.doses.choices import DoseSource
from apps.doses.rules.figures import Figures

if TYPE_CHECKING:
    from apps.adherence.calendar import CalendarDay, MedicineFigures


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


def sources_wire(sources: Mapping[str, int]) -> dict[str, int]:
    """How records came about: by the patient, by a caregiver, offline and sent later, set by the system."""
    return {
        "self": sources.get(DoseSource.SELF, 0),
        "caregiver": sources.get(DoseSource.CAREGIVER, 0),
        "offlineLater": sources.get(DoseSource.OFFLINE, 0),
        "system": sources.get(DoseSource.SYSTEM, 0),
    }


_DOSE = (
    "id", "medicationId", "medicationName", "medicationNameKhmer", "strength", "scheduledTime", "timePeriod", "status",
    "takenAt", "source",
)  # fmt: skip


def calendar_wire(days: "Sequence[CalendarDay]") -> dict[str, Any]:
    """A month: its counts, and each day with its doses and their sources."""
    together: Counter[str] = Counter()
    for day in days:
        together.update(day.sources)
    return {
        "month": f"{days[0].day.date:%Y-%m}",
        **figures_wire(summed([day.day for day in days])),
        "sources": sources_wire(together),
        "days": [
            {
                **day_wire(day.day),
                "sources": sources_wire(day.sources),
                "doses": [{name: dose[name] for name in _DOSE} for dose in day.doses],
            }
            for day in days
        ],
    }


def medicine_wire(found: "MedicineFigures") -> dict[str, Any]:
    """A medicine with its counts and the sources of its records."""
    return {
        "medicationId": str(found.medication.id),
        "prescriptionId": str(found.medication.prescription_id),
        "medicineName": found.medication.medicine_name,
        "medicineNameKhmer": found.medication.medicine_name_khmer,
        "strength": found.medication.strength,
        **figures_wire(found.figures),
        "sources": sources_wire(found.sources),
    }
