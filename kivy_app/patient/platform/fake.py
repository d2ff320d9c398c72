"""A device that only remembers what it was told, for tests and pictures."""

from collections.abc import Callable, Sequence

from patient.core.reminders import Reminder
from patient.platform.base import Platform


class FakeReminders:
    """Keeps the plan and what rang."""

    def __init__(self) -> None:
        self.plan: list[Reminder] = []
        self.rung: list[tuple[str, str]] = []
        self.works = True

    def arm(self, plan: Sequence[Reminder]) -> None:
        """Keep the plan."""
        self.plan = list(plan)

    def listen(self, heard: Callable[[Reminder], object]) -> None:
        """Keep who wants to hear."""
        self.heard = heard

    def ring(self, title: str, body: str) -> bool:
        """Remember it."""
        self.rung.append((title, body))
        return self.works


def fake() -> Platform:
    """A device for tests."""
    return Platform(FakeReminders())
