"""A desktop: reminders ring while the app is open, as notifications of the desktop."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from kivy.clock import Clock
from kivy.logger import Logger

from patient.core.reminders import Reminder
from patient.platform.base import Platform
from patient.platform.desktop_device import DesktopDevice

# Desktops that sleep do not run timers: the time is looked at, never counted down.
_LOOK_EVERY = 1.0
# A reminder whose minute passed while the machine slept still rings, but not hours later.
_STILL_WORTH = 600.0


class DesktopReminders:
    """Looks once a second whether something is to ring."""

    def __init__(self, now: Callable[[], datetime], notify: Callable[..., Any] | None = None) -> None:
        self._now = now
        self._notify = notify or _plyer_notify
        self._plan: list[Reminder] = []
        self._heard: Callable[[Reminder], object] = lambda _: None
        self._rung: set[str] = set()
        self._timer = Clock.schedule_interval(self.look, _LOOK_EVERY)

    def arm(self, plan: Sequence[Reminder]) -> None:
        """Replace the plan. One whose time has come in this second is not lost by it."""
        self.look()
        self._plan = [one for one in plan if one.id not in self._rung]

    def listen(self, heard: Callable[[Reminder], object]) -> None:
        """Tell ``heard`` of every reminder that was shown."""
        self._heard = heard

    def close(self) -> None:
        """Stop looking."""
        self._timer.cancel()

    def ring(self, title: str, body: str) -> bool:
        """Show a notification now."""
        try:
            self._notify(title=title, message=body, app_name="Das Tern")
        except Exception as problem:  # noqa: BLE001 (each desktop fails in its own way; reminders are not all)
            Logger.warning("Reminders: no notification: %r", problem)
            return False
        return True

    def look(self, _: float = 0.0) -> None:
        """Ring what is due."""
        now = self._now()
        due = [one for one in self._plan if one.fire_at <= now]
        self._plan = [one for one in self._plan if one.fire_at > now]
        for one in due:
            self._rung.add(one.id)
            in_time = (now - one.fire_at).total_seconds() <= _STILL_WORTH
            if in_time and self.ring(one.title, one.body):
                self._heard(one)


def _plyer_notify(**words: str) -> None:
    from plyer import notification

    notification.notify(**words)


def desktop(now: Callable[[], datetime]) -> Platform:
    """This machine."""
    return Platform(DesktopReminders(now), DesktopDevice())
