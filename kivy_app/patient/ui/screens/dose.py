"""The sheet of one dose: take, skip, later, undo. What the rules advise is asked before anything is recorded."""

from datetime import datetime
from pathlib import Path
from typing import Any

from kivy.app import App
from kivy.clock import Clock
from kivy.lang import Builder
from kivy.properties import ListProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout

from patient.core import dose_rules as rules
from patient.core import words
from patient.core.models import Dose
from patient.core.session import NotNow
from patient.ui.widgets import Dialog, Field, MainButton, Pair, QuietButton, Sheet, Text, TimePicker, Toast

Builder.load_file(str(Path(__file__).with_suffix(".kv")))

_SNOOZES = (5, 10, 15)


class DoseHead(BoxLayout):
    """What the dose is and how it stands."""

    names = ListProperty(["", ""])
    details = StringProperty("")
    instructions = StringProperty("")
    status_icon = StringProperty("due")
    status_tone = StringProperty("muted")
    status_text = StringProperty("")


class DoseSheet(Sheet):
    """One dose."""

    dose_id = StringProperty("")

    @classmethod
    def show(cls, dose_id: str) -> "DoseSheet":
        """Open the sheet."""
        sheet = cls(dose_id=dose_id)
        sheet.main()
        sheet.open()
        return sheet

    # ── the faces of the sheet

    def main(self) -> None:
        """What may be done now."""
        app = App.get_running_app()
        dose = app.session.dose(self.dose_id)
        open_ = app.session.now() - dose.scheduled <= rules.CLOSES
        period = app.t(words.PERIOD.get(dose.period, words.PERIOD["MORNING"]))
        self.heading = f"{period} · {app.clock_text(dose.scheduled)}"
        if dose.status in {rules.DUE, rules.MISSED} and open_:
            self.fill(self._head(app, dose), *self._answers(app, dose))
        elif app.session.may_undo(self.dose_id):
            self.fill(
                self._head(app, dose), QuietButton(text=app.t("Undo"), icon="undo", on_release=lambda _: self.undo())
            )
        elif dose.status == rules.SKIPPED and open_:
            took = QuietButton(text=app.t("I took it after all"), icon="clock", on_release=lambda _: self.ask_when())
            self.fill(self._head(app, dose), took)
        elif dose.status in rules.TAKEN and open_:
            wrong = QuietButton(
                text=app.t("It was not taken after all"), icon="edit", on_release=lambda _: self.ask_why_not()
            )
            self.fill(self._head(app, dose), wrong)
        else:
            closed = "" if open_ else app.t(words.NOT_NOW["CLOSED"])
            self.fill(self._head(app, dose), Text(text=closed, tone="muted"))

    def _answers(self, app: Any, dose: Dose) -> list[Any]:
        """Taking is big and first; leaving out is small, elsewhere, and never beside it (domain.md §7.6)."""
        answers = [
            MainButton(text=app.t("I am taking it now"), icon="taken", on_release=lambda _: self.take()),
            QuietButton(text=app.t("I took it at…"), icon="clock", on_release=lambda _: self.ask_when()),
        ]
        small = Pair()
        if dose.status == rules.DUE and dose.scheduled <= app.session.now() <= rules.snooze_limit(dose.state):
            small.add_widget(QuietButton(text=app.t("Remind later"), on_release=lambda _: self.ask_later()))
        small.add_widget(
            QuietButton(text=app.t("Skip this dose"), tone="muted", on_release=lambda _: self.ask_reason())
        )
        aloud = QuietButton(text=app.t("Read aloud"), icon="speak", on_release=lambda _: app.read_aloud([dose]))
        return [*answers, small, aloud]

    def ask_when(self) -> None:
        """At what time was it?"""
        app = App.get_running_app()
        dose = app.session.dose(self.dose_id)
        local = min(dose.scheduled, app.session.now()).astimezone(app.session.repo.zone())
        picker = TimePicker(hour=local.hour, minute=local.minute)
        self.heading = app.t("When did you take it?")
        self.fill(
            picker,
            MainButton(
                text=app.t("Record"),
                icon="taken",
                on_release=lambda _: self.take(at=app.session.spoken_of(self.dose_id, picker.hour, picker.minute)),
            ),
            QuietButton(text=app.t("Back"), on_release=lambda _: self.main()),
        )

    def ask_reason(self) -> None:
        """Why is it left out?"""
        app = App.get_running_app()
        self.heading = app.t("Why do you skip it?")
        buttons = [
            QuietButton(text=app.t(words.SKIP_REASON[reason]), on_release=lambda _, reason=reason: self.skip(reason))
            for reason in rules.SKIP_REASONS
        ]
        self.fill(*buttons)

    def ask_later(self) -> None:
        """In how many minutes again?"""
        app = App.get_running_app()
        self.heading = app.t("Remind me again in")
        buttons = [
            QuietButton(
                text=app.t("{n} minutes", n=app.number(minutes)),
                icon="snooze",
                on_release=lambda _, minutes=minutes: self.snooze(minutes),
            )
            for minutes in _SNOOZES
        ]
        self.fill(*buttons)

    def ask_why_not(self) -> None:
        """A correction needs a reason, in the person's own words."""
        app = App.get_running_app()
        self.heading = app.t("It was not taken after all")
        field = Field(label=app.t("What happened?"), multiline=True)
        self.fill(field, MainButton(text=app.t("Correct it"), on_release=lambda _: self.correct(field)))

    # ── acts

    def take(self, *, at: datetime | None = None, confirmed: bool = False) -> None:
        """Record an intake, or ask what the rules want asked."""
        app = App.get_running_app()
        try:
            app.session.take(self.dose_id, at=at, confirmed=confirmed)
        except NotNow as not_now:
            self._advise(app, not_now.advice, at)
            return
        self._done(app, app.t("Recorded as taken"))

    def _advise(self, app: Any, advice: str, at: datetime | None) -> None:
        if advice == rules.Advice.CONFIRM_LATE:
            Dialog.ask(
                app.t("Do not take two doses together"),
                app.t(words.LATE),
                (
                    (app.t("Skip this dose"), lambda: self.skip("TOO_LATE")),
                    (app.t("I take it all the same"), lambda: self.take(at=at, confirmed=True)),
                ),
            )
        elif advice == rules.Advice.CONFIRM_EARLY:
            planned = app.clock_text(app.session.dose(self.dose_id).scheduled)
            Dialog.ask(
                app.t("It is early"),
                app.t("This dose is planned for {time}.", time=planned),
                (
                    (app.t("I wait"), None),
                    (app.t("I take it all the same"), lambda: self.take(at=at, confirmed=True)),
                ),
            )
        else:
            self._refused(app, advice)

    def _refused(self, app: Any, advice: str) -> None:
        said = app.t(words.NOT_NOW.get(advice, words.REFUSAL["INVALID"]))
        Dialog.ask(app.t("Not possible now"), said, ((app.t("Understood"), None),))

    def skip(self, reason: str) -> None:
        """Leave it out."""
        app = App.get_running_app()
        try:
            app.session.skip(self.dose_id, reason)
        except NotNow as not_now:
            self._refused(app, not_now.advice)
            return
        self._done(app, app.t("Recorded as skipped"))

    def snooze(self, minutes: int) -> None:
        """Remind again."""
        app = App.get_running_app()
        try:
            app.session.snooze(self.dose_id, minutes)
        except NotNow as not_now:
            self._refused(app, not_now.advice)
            return
        self._done(app, app.t("You will be reminded again"), undo=False)

    def undo(self) -> None:
        """Take back the last answer."""
        undo(self.dose_id)
        self.dismiss()

    def correct(self, field: Field) -> None:
        """Take back an older answer, with a reason."""
        app = App.get_running_app()
        if not field.text.strip():
            field.error = app.t("Please write a reason.")
            return
        app.session.correct(self.dose_id, reason=field.text.strip())
        self._done(app, app.t("Corrected"), undo=False)

    def _done(self, app: Any, said: str, *, undo: bool = True) -> None:
        self.dismiss()
        app.state.acted()
        # After the touch that brought us here: else its end would land on the notice.
        Clock.schedule_once(lambda _: _notice(app, said, self.dose_id if undo else None))

    def _head(self, app: Any, dose: Dose) -> DoseHead:
        from patient.ui.screens.person import recorder
        from patient.ui.screens.today import details, shown_status

        icon, tone, said = shown_status(app, dose)
        said = " · ".join(filter(None, (said, recorder(app, dose))))
        return DoseHead(
            names=list(dose.names(app.t.language)),
            details=details(app, dose),
            instructions=str(dose.body.get("instructions") or ""),
            status_icon=icon,
            status_tone=tone,
            status_text=said,
        )


def _notice(app: Any, said: str, dose_id: str | None) -> None:
    if dose_id is None:
        Toast.show(said)
    else:
        Toast.show(said, action=app.t("Undo"), act=lambda: undo(dose_id))


def undo(dose_id: str) -> None:
    """Take back the last answer of a dose, or say that it is too late."""
    app = App.get_running_app()
    try:
        app.session.undo(dose_id)
    except NotNow as not_now:
        Toast.show(app.t(words.NOT_NOW.get(not_now.advice, words.REFUSAL["INVALID"])))
        return
    app.state.acted()
