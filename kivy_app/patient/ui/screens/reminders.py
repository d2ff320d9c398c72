"""Do my reminders work? What is allowed, what is planned, what rang, and a ring to try it out."""

from collections.abc import Iterable
from typing import Any

from kivy.clock import Clock
from kivy.properties import BooleanProperty
from kivy.uix.widget import Widget

from patient.core import words
from patient.ui.widgets import Band, Fact, FilledPage, Heading, Note, Text, Toast
from patient.ui.widgets.lines import card, line, main, quiet

_SHOWN = 5
_LATER = 10.0


class RemindersPage(FilledPage):
    """Asked at the first start, and found in the settings."""

    first = BooleanProperty(False)

    def opened(self) -> None:
        """The way back depends on how one came."""
        super().opened()
        self.back_to = "" if self.first else "settings"
        self.changed()

    def said(self, app: Any) -> object:
        """Checks, plan, log."""
        checks = [(check.key, check.fine) for check in app.platform.device.checks()]
        return checks, app.session.plan_reminders()[:_SHOWN], app.session.ring_log()[:_SHOWN], self.first

    def named(self, app: Any) -> str:
        """The page's name."""
        return str(app.t("Do my reminders work?"))

    def parts(self, app: Any) -> Iterable[Widget]:
        """Steps first, then the test, then what is planned and what rang."""
        t, device = app.t, app.platform.device
        rows: list[Widget] = []
        for check in device.checks():
            fine, wrong = words.CHECK.get(check.key, words.CHECK["notifications"])
            if check.fine:
                rows.append(Band(icon="taken", tone="ok", soft="ok_soft", text=t(fine)))
                continue
            rows.append(Band(icon="attention", tone="warning", soft="warning_soft", text=t(wrong)))
            if check.may_fix:
                rows.append(quiet(t("Set it right"), lambda key=check.key: self.fix(app, key), icon="settings"))
        yield card(*rows)
        yield main(t("Ring now"), lambda: self.ring(app), icon="bell")
        yield quiet(t("Ring in 10 seconds, I lock the screen"), lambda: self.ring_later(app), icon="clock")
        yield Heading(text=t("Planned"))
        planned = app.session.plan_reminders()
        if planned:
            lines = [
                Fact(text=app.moment_text(one.fire_at), detail=one.body.split("\n")[0]) for one in planned[:_SHOWN]
            ]
            yield card(*lines, Note(text=t("{n} alarms in the next 7 days", n=app.number(len(planned)))))
        else:
            yield Text(text=t("No alarm is planned."), tone="muted")
        rang = app.session.ring_log()
        if rang:
            yield Heading(text=t("What rang"))
            yield card(*(self._rung(app, entry) for entry in rang[:_SHOWN]))
            yield Note(text=t("Your doctor sees this too, so that a dose that never rang is not called missed."))
        if self.first:
            yield main(t("To my day"), lambda: app.go(app.home), icon="home")

    def _rung(self, app: Any, entry: Any) -> Widget:
        planned, fired = entry
        late = (fired - planned).total_seconds() if fired else None
        if late is None:
            return line(app.moment_text(planned), None, icon="attention", tone="warning", detail=app.t("did not ring"))
        said = app.t("rang on time") if late < 60 else app.t("rang {n} minutes late", n=app.number(round(late / 60)))
        return line(app.moment_text(planned), None, icon="bell", tone="ok" if late < 60 else "warning", detail=said)

    def fix(self, app: Any, key: str) -> None:
        """To the place of this device's settings."""
        if not app.platform.device.fix(key):
            Toast.show(app.t("Please open the settings of this device and allow it there."))

    def ring(self, app: Any) -> None:
        """Now."""
        rang = app.platform.reminders.ring(app.t("Test reminder"), app.t("Reminders work on this device."))
        Toast.show(
            app.t("The reminder was sent. If you see nothing, allow notifications for this app.")
            if rang
            else app.t("This device could not show a reminder.")
        )

    def ring_later(self, app: Any) -> None:
        """In a moment, so that the screen may be locked meanwhile."""
        Clock.schedule_once(
            lambda _: app.platform.reminders.ring(app.t("Test reminder"), app.t("Reminders work on this device.")),
            _LATER,
        )
        Toast.show(app.t("Lock the screen now and wait."))
