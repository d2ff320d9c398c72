"""Signing in: the only thing that needs the network before the app is useful."""

from pathlib import Path

from kivy.app import App
from kivy.lang import Builder
from kivy.properties import BooleanProperty, StringProperty

from patient.core import words
from patient.core.models import User
from patient.ui.widgets import Page

Builder.load_file(str(Path(__file__).with_suffix(".kv")))


class SignInPage(Page):
    """Identifier and password."""

    problem = StringProperty("")
    busy = BooleanProperty(False)

    def opened(self) -> None:
        """Say why somebody has to sign in again whose phone lost its key or its store."""
        app = App.get_running_app()
        if app.session.key_was_lost and not self.problem:
            self.problem = app.t("The data on this phone could not be read. Sign in: what the server has comes back.")

    def sign_in(self) -> None:
        """Ask the server; the answer opens Today or says why not."""
        app = App.get_running_app()
        name, password = self.ids.identifier, self.ids.password
        name.error = "" if name.text.strip() else app.t("Please write your e-mail or phone number.")
        password.error = "" if password.text else app.t("Please write your password.")
        if name.error or password.error or self.busy:
            return
        self.busy, self.problem = True, ""
        app.state.work(
            lambda: app.session.gate.sign_in(name.text.strip(), password.text),
            done=self._signed_in,
            failed=self._failed,
        )

    def _signed_in(self, _user: User) -> None:
        self.busy = False
        self.ids.password.text = ""
        app = App.get_running_app()
        app.admitted()
        app.go(app.home)

    def _failed(self, problem: Exception) -> None:
        self.busy = False
        self.problem = words.problem(problem, App.get_running_app().t)
