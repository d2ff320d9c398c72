"""The home of people who read little: one dose at a time, its picture, its amount drawn, one big button."""

from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

from kivy.clock import Clock
from kivy.graphics import Color, Ellipse
from kivy.lang import Builder
from kivy.properties import NumericProperty, ObjectProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.widget import Widget

from patient.core import dose_rules as rules
from patient.core import words
from patient.core.models import Dose
from patient.core.prn import decimal
from patient.ui import theme
from patient.ui.screens.dose import DoseSheet
from patient.ui.widgets import BigButton, FilledPage, Text
from patient.ui.widgets.lines import card, quiet

Builder.load_file(str(Path(__file__).with_suffix(".kv")))

_DRAWN = 6  # more pills than this are told by a number
_PILLS = {"TABLET", "CAPSULE", "SUPPOSITORY"}


class BigTime(BoxLayout):
    """A time of day as a picture with its word and clock."""

    icon = StringProperty("morning")
    tone = StringProperty("morning")
    text = StringProperty("")
    clock = StringProperty("")


class Pills(Widget):
    """Whole and part tablets, drawn: ``whole`` discs, then the part of one."""

    whole = NumericProperty(0)
    part = NumericProperty(0.0)
    look = ObjectProperty(None, allownone=True)

    def __init__(self, **properties: Any) -> None:
        super().__init__(**properties)
        self._draw = Clock.create_trigger(self._redraw, -1)
        for name in ("pos", "size", "look"):
            self.fbind(name, self._draw)
        self._draw()

    def _redraw(self, _: object) -> None:
        look = self.look
        angles = [360.0] * int(self.whole) + ([self.part * 360] if self.part else [])
        size = min(self.height * 0.9, self.width / max(1, len(angles)) * 0.8)
        start = self.center_x - len(angles) * size * 1.2 / 2
        self.canvas.clear()
        with self.canvas:
            for place, angle in enumerate(angles):
                corner = (start + place * size * 1.2 + size * 0.1, self.center_y - size / 2)
                Color(*look.line)
                Ellipse(pos=corner, size=(size, size))
                Color(*look.primary)
                Ellipse(pos=corner, size=(size, size), angle_start=0, angle_end=angle)


class PicturesPage(FilledPage):
    """The next dose, as large as the screen."""

    def said(self, app: Any) -> object:
        """The doses and how they stand."""
        doses = self._open(app)
        return doses, app.state.today, app.session.members()

    def named(self, app: Any) -> str:
        """Whose day it is."""
        return str(app.session.user.name)

    def _open(self, app: Any) -> list[Dose]:
        now = app.session.now()
        held = app.state.today.doses if app.state.today else ()
        waiting = [dose for dose in held if dose.status == rules.DUE]
        past = [dose for dose in waiting if dose.scheduled <= now]
        return past or waiting[:1]

    def parts(self, app: Any) -> Iterable[Widget]:
        """Time of day, pills, name, the big button; skipping is small and elsewhere."""
        t, doses, now = app.t, self._open(app), app.session.now()
        if not doses:
            yield BigTime(icon="taken", tone="ok", text=t("Everything for today is recorded."))
        for dose in doses:
            icon, tone = theme.PERIODS.get(dose.period, theme.PERIODS["MORNING"])
            early = dose.scheduled > now
            parts: list[Widget] = [
                BigTime(
                    icon=icon, tone=tone, text=t(words.PERIOD.get(dose.period, words.PERIOD["MORNING"])),
                    clock=app.clock_text(dose.scheduled),
                ),
                *_drawn(dose),
                *(_big(name, bold=True) for name in dose.names(t.language) if name),
                _big(dose.amount(t.language)),
            ]  # fmt: skip
            parts.append(quiet(t("Read aloud"), lambda d=dose: app.read_aloud([d]), icon="speak"))
            if early:
                parts.append(Text(text=t("Not yet. I will ring."), halign="center", tone="muted"))
            else:
                big = _big_button(app, dose)
                parts.append(big)
                parts.append(quiet(t("Something else"), lambda d=dose: DoseSheet.show(d.id), icon="help", tone="muted"))
            yield card(*parts)
        yield quiet(t("I need help"), lambda: app.go("sos"), icon="sos", tone="danger")
        yield quiet(t("The whole day"), lambda: app.go("today"), icon="list")
        if len(app.session.members()) > 1:
            from patient.ui.screens.person import switcher

            yield quiet(t("Another person"), lambda: switcher(app), icon="switch")


def _big(text: str, *, bold: bool = False) -> Text:
    return Text(text=text, bold=bold, halign="center", size_name="title")


def _big_button(app: Any, dose: Dose) -> Widget:
    """The big "taken": recorded at once, with the rules' questions where they have some."""

    def take(_: object) -> None:
        DoseSheet(dose_id=dose.id).take()

    return BigButton(text=app.t("I am taking it now"), icon="taken", on_release=take)


def _drawn(dose: Dose) -> Iterable[Widget]:
    amount = decimal(dose.body.get("amount"))
    if amount is None or amount > _DRAWN or str(dose.body.get("unit")) not in _PILLS:
        return
    whole, part = divmod(amount, Decimal(1))
    yield Pills(whole=int(whole), part=float(part))
