"""Settings of this phone: language, looks, reminders, leaving."""

from pathlib import Path

from kivy.app import App
from kivy.lang import Builder
from kivy.properties import StringProperty

from patient.core.session import NotNow
from patient.ui.widgets import Dialog, Page, Toast

Builder.load_file(str(Path(__file__).with_suffix(".kv")))


class SettingsPage(Page):
    """What the person may choose; every choice takes effect at once."""

    user = StringProperty("")

    def refresh(self) -> None:
        """Show the choices that stand."""
        app = App.get_running_app()
        self.user = app.session.user.name if app.session.user else ""
        chosen = app.session.preferences()
        self.ids.repeat.on = chosen.repeat
        self.ids.names.on = chosen.show_names
        self.ids.digits.on = chosen.khmer_digits
        self.ids.years.on = chosen.buddhist_years
        self.ids.pictures.on = chosen.pictures
        self.ids.speak.on = chosen.speak

    def prefer(self, name: str, value: bool) -> None:
        """Keep a preference; reminders and figures follow."""
        app = App.get_running_app()
        app.session.prefer(**{name: value})
        app.state.preferred()

    def sign_out(self) -> None:
        """Leave; what is unsent is sent first, or given up by the person's own word."""
        app = App.get_running_app()
        waiting = app.state.status.waiting if app.state.status else 0
        if waiting:
            Dialog.ask(
                app.t("Not sent yet: {n}", n=app.number(waiting)),
                app.t("Signing out deletes your data from this phone. Send them first?"),
                (
                    (app.t("Send, then sign out"), lambda: self._leave(discard=False)),
                    (app.t("Sign out without sending"), lambda: self._leave(discard=True)),
                    (app.t("Stay"), None),
                ),
            )
        else:
            Dialog.ask(
                app.t("Sign out?"),
                app.t("Your data are deleted from this phone and stay safe on the server."),
                ((app.t("Stay"), None), (app.t("Sign out"), lambda: self._leave(discard=False))),
            )

    def _leave(self, *, discard: bool) -> None:
        app = App.get_running_app()

        def leave() -> None:
            if not discard:
                app.session.sync_now()
            app.session.sign_out(discard_unsent=discard)

        app.state.work(leave, done=self._left, failed=self._stayed)

    def _left(self, _: object) -> None:
        app = App.get_running_app()
        app.state.refresh()
        app.go(app.home)

    def _stayed(self, problem: Exception) -> None:
        app = App.get_running_app()
        app.state.refresh()
        Toast.show(
            app.t("The records could not be sent. You are still signed in.")
            if isinstance(problem, NotNow)
            else app.t("That did not work. Please try again.")
        )
