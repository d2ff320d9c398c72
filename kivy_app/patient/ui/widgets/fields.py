"""Inputs beyond a line of text: a date, a time of day, a button that must be held."""

from collections.abc import Callable
from datetime import date
from typing import Any

from kivy.clock import Clock
from kivy.properties import BooleanProperty, NumericProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout

from patient.core import khmer
from patient.ui.widgets.basic import Field
from patient.ui.widgets.buttons import WordButton

HOLD_SECONDS = 3.0
_TICK = 0.05


class ErrorBand(BoxLayout):
    """What went wrong, above the button that tries again; nothing while all is well."""

    text = StringProperty("")


class DateField(BoxLayout):
    """A date by three short inputs: day, month, year; any order of typing, Khmer figures welcome."""

    label = StringProperty("")
    error = StringProperty("")

    def value(self) -> date | None:
        """The date, or None when it is none."""
        try:
            day, month, year = (int(khmer.ascii_digits(self.ids[name].text)) for name in ("day", "month", "year"))
            return date(year, month, day)
        except ValueError:
            return None

    def put(self, day: date) -> None:
        """Write a date."""
        for name, part in (("day", day.day), ("month", day.month), ("year", day.year)):
            self.ids[name].text = str(part)


class TimePicker(BoxLayout):
    """Hours and minutes by big steps: no keyboard, no wheel."""

    hour = NumericProperty(0)
    minute = NumericProperty(0)

    def step(self, hours: int, minutes: int) -> None:
        """Turn the clock on or back, around midnight too."""
        total = (self.hour * 60 + self.minute + hours * 60 + minutes) % (24 * 60)
        self.hour, self.minute = divmod(total, 60)


class HoldButton(WordButton):
    """Held for three seconds it acts; let go before, it does nothing. ``progress`` fills it meanwhile."""

    __events__ = ("on_held",)
    fill = StringProperty("danger")
    outline = StringProperty("danger")
    tone = StringProperty("on_danger")
    progress = NumericProperty(0.0)
    held = BooleanProperty(False)
    _timer: Any = None

    def on_press(self) -> None:
        """Begin."""
        self.progress = 0.0
        self._timer = Clock.schedule_interval(self._tick, _TICK)

    def on_release(self) -> None:
        """Too short: nothing was done."""
        self._stop()

    def _tick(self, passed: float) -> None:
        self.progress = min(1.0, self.progress + passed / HOLD_SECONDS)
        if self.state != "down":
            self._stop()
        elif self.progress >= 1.0:
            self._stop()
            self.dispatch("on_held")

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self.progress = 0.0

    def on_held(self) -> None:
        """Held long enough."""


def number_of(field: Field) -> str:
    """A number as it was typed, with ASCII figures and a decimal point."""
    return khmer.ascii_digits(field.text).strip().replace(",", ".")


def required(field: Field, said: str, *, holds: Callable[[str], bool] = bool) -> bool:
    """Whether a field is filled rightly; says so below it when not."""
    fine = holds(field.text.strip())
    field.error = "" if fine else said
    return fine
