"""The interfaces a device has to offer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from patient.core.reminders import Reminder


class Reminders(Protocol):
    """Rings. The plan is the whole truth: what is armed and not in it must fall silent."""

    def arm(self, plan: Sequence[Reminder]) -> None:
        """Replace everything armed by this plan."""
        ...

    def listen(self, heard: Callable[[Reminder], object]) -> None:
        """Tell ``heard`` of every armed reminder that rings while the app runs."""
        ...

    def ring(self, title: str, body: str) -> bool:
        """Ring at once, as a test. False when this device could not show it."""
        ...


@dataclass(frozen=True, slots=True)
class Platform:
    """One device."""

    reminders: Reminders
