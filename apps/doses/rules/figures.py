"""The adherence percentage (domain.md §2.7)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts of doses. ``excused`` are the skips on medical advice, which are part of ``skipped``."""

    on_time: int = 0
    late: int = 0
    missed: int = 0
    skipped: int = 0
    excused: int = 0
    due: int = 0

    def of_status(self, status: str) -> int:
        """How many have one status. Raises KeyError for an unknown one."""
        counts = {
            "TAKEN_ON_TIME": self.on_time,
            "TAKEN_LATE": self.late,
            "MISSED": self.missed,
            "SKIPPED": self.skipped,
            "DUE": self.due,
        }
        return counts[status]

    @property
    def taken(self) -> int:
        """On time or late."""
        return self.on_time + self.late

    @property
    def total(self) -> int:
        """Every dose."""
        return self.taken + self.missed + self.skipped + self.due

    @property
    def closed(self) -> int:
        """Doses that count: no longer due, skips on medical advice left out."""
        return self.taken + self.missed + self.skipped - self.excused

    @property
    def percentage(self) -> int | None:
        """Taken ÷ closed in whole percent, half up; None while no dose is closed. Open doses never lower it."""
        return percentage(self.taken, self.closed)

    @property
    def progress(self) -> int:
        """Taken ÷ all, in whole percent: how far the day has come; 0 without doses."""
        return percentage(self.taken, self.total) or 0


def percentage(part: int, whole: int) -> int | None:
    """``part`` of ``whole`` in whole percent, half up; None of nothing."""
    return (200 * part + whole) // (2 * whole) if whole else None
