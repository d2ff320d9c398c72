"""A desktop rings at the right minute, once, and only what still stands in the plan."""

from datetime import UTC, datetime, timedelta

import pytest
from kivy.clock import Clock
from patient.core.clock import ManualClock
from patient.core.reminders import Reminder
from patient.platform.desktop import DesktopReminders

SEVEN = datetime(2026, 11, 24, 0, 0, tzinfo=UTC)


class Desk:
    """A desktop whose clock is moved by hand."""

    def __init__(self) -> None:
        self.clock = ManualClock(SEVEN - timedelta(minutes=10))
        self.rung: list[str] = []
        self.heard: list[str] = []
        self.reminders = DesktopReminders(self.clock.now, lambda **words: self.rung.append(words["message"]))
        self.reminders.listen(lambda reminder: self.heard.append(reminder.body))

    def at(self, minutes: float) -> None:
        """So many minutes after seven."""
        self.clock.set(SEVEN + timedelta(minutes=minutes))
        self.reminders.look()


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    yield desk
    desk.reminders.close()


def ring(minutes: float, name: str) -> Reminder:
    return Reminder(f"id {name}", SEVEN + timedelta(minutes=minutes), ("d1",), 0, "title", name)


def test_it_rings_at_its_minute_and_not_again(desk: Desk) -> None:
    desk.reminders.arm([ring(0, "seven"), ring(10, "ten past")])
    desk.at(-1 / 60)
    assert desk.rung == []
    desk.at(0)
    assert desk.rung == ["seven"]
    desk.reminders.arm([ring(0, "seven"), ring(10, "ten past")])
    desk.at(10)
    assert desk.rung == desk.heard == ["seven", "ten past"]


def test_what_left_the_plan_is_silent(desk: Desk) -> None:
    desk.reminders.arm([ring(0, "seven")])
    desk.reminders.arm([])
    desk.at(5)
    assert desk.rung == []


def test_after_sleep_a_reminder_still_rings_but_not_hours_later(desk: Desk) -> None:
    desk.reminders.arm([ring(0, "seven"), ring(115, "later")])
    desk.at(120)
    assert desk.rung == ["later"]


def test_a_desktop_without_notifications_is_told(desk: Desk) -> None:
    def broken(**_: str) -> None:
        raise NotImplementedError

    reminders = DesktopReminders(desk.clock.now, broken)
    assert not reminders.ring("title", "body")
    reminders.close()


def test_it_looks_by_itself(desk: Desk) -> None:
    assert any(event.callback == desk.reminders.look for event in Clock.get_events())
