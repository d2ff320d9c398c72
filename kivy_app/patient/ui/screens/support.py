"""For people who look into a problem: the log that can be shared, and the parts the app is made of."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from kivy.properties import StringProperty
from kivy.uix.widget import Widget

from patient import __version__
from patient.ui import theme
from patient.ui.icons import CODES
from patient.ui.widgets import (
    Band,
    BarChart,
    Choice,
    CurveChart,
    DateField,
    Dialog,
    Empty,
    Entry,
    Fact,
    Field,
    FilledPage,
    Heading,
    HoldButton,
    Icon,
    MainButton,
    Meter,
    Month,
    Note,
    Notice,
    Pair,
    QrCode,
    QuietButton,
    Ring,
    Sheet,
    Stepper,
    Text,
    TimePicker,
    Toast,
    Toggle,
    WarnButton,
)
from patient.ui.widgets.lines import card, main, quiet, segments, stack

_LINES = 60


class LogPage(FilledPage):
    """What the app noted. It leaves this phone only when the person shares it."""

    back_to = StringProperty("settings")

    def said(self, app: Any) -> object:
        """The newest lines."""
        return (app.logbook.lines(_LINES), app.logbook.error) if app.logbook else None

    def named(self, app: Any) -> str:
        """The page's name."""
        return str(app.t("Report a problem"))

    def parts(self, app: Any) -> Iterable[Widget]:
        """A kept error first, then the lines."""
        t = app.t
        yield Text(text=t("These notes help to find a fault. They hold no medicine and no name."), tone="muted")
        if app.logbook is None:
            yield Empty(icon="log", text=t("Nothing was noted."))
            return
        if app.logbook.error:
            yield Band(
                icon="attention",
                tone="warning",
                soft="warning_soft",
                text=t("The app stopped by an error. Please share it."),
            )
            yield quiet(t("Forget this error"), lambda: self.forget(app), icon="delete")
        yield main(t("Share the notes"), lambda: app.platform.device.share_text(app.logbook.report()), icon="share")
        yield Fact(text=t("Version"), detail=__version__)
        yield card(*(Note(text=one) for one in app.logbook.lines(_LINES)[::-1]))

    def forget(self, app: Any) -> None:
        """It was dealt with."""
        app.logbook.forget_error()
        self.changed()


class GalleryPage(FilledPage):
    """Every part of the design system in the chosen theme, size and language."""

    back_to = StringProperty("settings")

    def said(self, app: Any) -> object:
        """It says the same always; looks follow by themselves."""
        return app.look.name

    def named(self, app: Any) -> str:
        """The page's name."""
        return str(app.t("Parts of this app"))

    def parts(self, app: Any) -> Iterable[Widget]:
        """Words, buttons, fields, bands, pictures, icons."""
        t = app.t
        yield Heading(text=t("Words"))
        sizes = (
            ("title", "ដាស់តឿន · Das Tern"),
            ("heading", t("Amount")),
            ("body", t("Morning")),
            ("small", t("Remarks")),
        )
        yield card(*(Text(text=said, size_name=name) for name, said in sizes), Note(text=t("Remarks")))
        yield Heading(text=t("Buttons"))
        yield MainButton(text=t("I am taking it now"), icon="taken")
        yield QuietButton(text=t("I took it at…"), icon="clock")
        yield WarnButton(text=t("Delete"), icon="delete")
        yield HoldButton(text=t("Hold for three seconds"), icon="sos")
        yield card(Entry(text=t("Settings"), detail=t("Language"), icon="settings"))
        yield Heading(text=t("Choices"))
        yield card(
            Choice(text=t("Woman"), chosen=True),
            Choice(text=t("Man")),
            Toggle(text=t("Remind me of this medicine"), on=True),
        )
        yield segments([("7", "7"), ("30", "30"), ("90", "90")], "30", lambda _: None)
        yield card(Stepper(text=t("Amount"), value=2, most=9), TimePicker(hour=7, minute=0))
        yield Heading(text=t("Fields"))
        yield card(
            Field(label=t("Name"), text="Sokha"),
            Field(label=t("Password"), text="secret", secret=True, error=t("Please write your password.")),
            DateField(label=t("Date of birth")),
        )
        yield Heading(text=t("How things stand"))
        bands = (("taken", "ok"), ("attention", "warning"), ("urgent", "danger"))
        yield stack(
            Band(icon=icon, tone=tone, soft=f"{tone}_soft", text=t("Recorded as taken")) for icon, tone in bands
        )
        yield Notice(text=t("A new prescription waits for your answer"))
        yield Empty(icon="inbox", text=t("There are no messages."))
        yield from self._pictures(app)
        yield from self._overlays(app)
        yield from self._icons()

    def _pictures(self, app: Any) -> Iterable[Widget]:
        t, today = app.t, app.session.repo.local_today()
        yield Heading(text=t("Pictures"))
        tones = ("ok", "warning", "danger", "muted")
        bars = [(str(n + 1), share, tones[n % 4]) for n, share in enumerate((100, 75, 40, None, 90, 60, 100))]
        yield card(BarChart(rows=bars), Meter(share=0.6, tone="ok"))
        curve = [(n / 5, 120 + 9 * (n % 3), 80 + 4 * (n % 2), "") for n in range(6)]
        yield card(CurveChart(rows=curve, floor=60, ceiling=160, low=90, high=140))
        pair = Pair()
        pair.add_widget(Ring(progress=0.66, text="2/3"))
        pair.add_widget(QrCode(content="dastern:connect:K7MQ2XHP"))
        yield card(pair)
        first = today.replace(day=1)
        marks = {first + timedelta(days=n): ("taken", "ok", "ok_soft") for n in range(5)}
        yield card(Month().show(app, first, marks, lambda _: None))

    def _overlays(self, app: Any) -> Iterable[Widget]:
        t = app.t
        yield Heading(text=t("What comes over a screen"))

        def sheet() -> None:
            opened = Sheet(heading=t("Settings"))
            opened.fill(Text(text=t("Remarks")))
            opened.open()

        yield quiet(t("A sheet"), sheet)
        yield quiet(
            t("A question"),
            lambda: Dialog.ask(t("Sign out?"), t("Remarks"), ((t("Stay"), None), (t("Sign out"), None))),
        )
        yield quiet(t("A notice"), lambda: Toast.show(t("Recorded as taken"), action=t("Undo")))

    def _icons(self) -> Iterable[Widget]:
        for place in range(0, len(CODES), 7):
            row = Pair(orientation="horizontal")
            for name in list(CODES)[place : place + 7]:
                _, tone = theme.PERIODS.get(name.upper(), ("", "text"))
                row.add_widget(Icon(icon=name, tone=tone))
            yield row
