"""Calling for help: the telephone first, always; then family and doctors, told by a long press (domain.md §7.6)."""

from collections.abc import Iterable
from typing import Any

from kivy.app import App
from kivy.properties import BooleanProperty, StringProperty
from kivy.uix.widget import Widget

from patient.core import health
from patient.core.care import STILL_NEEDED, Call
from patient.core.sync import End
from patient.ui.screens.health import call
from patient.ui.widgets import Band, BigButton, Dialog, Field, FilledPage, HoldButton, Note, QuietButton, Text
from patient.ui.widgets.lines import card, line, main, quiet


class SosPage(FilledPage):
    """One page for before, during and after; calling works in each."""

    back_to = StringProperty("today")
    message = StringProperty("")
    asked = BooleanProperty(False)

    def opened(self) -> None:
        """A call that could not leave for long is asked about first."""
        super().opened()
        self.asked = False
        self.changed()

    def said(self, app: Any) -> object:
        """The call, and whether there is a network."""
        standing: Call | None = app.session.care.call()
        old = standing is not None and app.session.now() - standing.at > STILL_NEEDED
        return standing, app.state.status.end if app.state.status else None, old, self.asked

    def named(self, app: Any) -> str:
        """The page's name."""
        return str(app.t("Help"))

    def parts(self, app: Any) -> Iterable[Widget]:
        """Telephone, state, the button to hold."""
        t = app.t
        number = health.EMERGENCY_NUMBER
        yield BigButton(
            text=t("Call {number}", number=number), icon="call", fill="danger", outline="danger", tone="on_danger",
            on_release=lambda _: call(app, number),
        )  # fmt: skip
        yield Note(text=t("This does not call an ambulance. Call yourself, or let somebody call."))
        contacts = app.session.care.profile().get("emergencyContacts")
        for one in contacts if isinstance(contacts, list) else ():
            phone = str(one.get("phoneNumber") or "")
            yield card(
                line(
                    str(one.get("name") or ""), lambda p=phone: call(app, p), icon="call", detail=phone, tone="danger"
                ),
                quiet(t("Text message"), lambda p=phone: self.text(app, p), icon="message"),
            )
        standing: Call | None = app.session.care.call()
        if standing is None:
            yield from self._before(app)
        else:
            yield from self._during(app, standing)

    def text(self, app: Any, phone: str) -> None:
        """A text message, ready to be sent."""
        said = self.message.strip() or app.t("I need help.")
        if not app.platform.device.write_message(phone, f"{said} ({app.session.user.name})"):
            Dialog.ask(app.t("Please send a text message"), phone, ((app.t("Understood"), None),))

    def _before(self, app: Any) -> Iterable[Widget]:
        t = app.t
        field = Field(label=t("What happened? (may be left empty)"), text=self.message, multiline=True)
        field.bind(text=lambda _, text: setattr(self, "message", text))
        hold = HoldButton(text=t("Hold 3 seconds: tell family and doctors"), icon="sos")
        hold.bind(on_held=lambda _: self.raise_call(app))
        yield field
        yield hold
        yield QuietButton(text=t("Or touch here, then confirm"), on_release=lambda _: self.confirm(app))
        told = [link.name for link in app.session.people.links() if link.status == "ACCEPTED" and link.about_me]
        if told:
            yield Note(text=t("These will be told: {names}", names=", ".join(told)))
        else:
            yield Band(
                icon="attention",
                tone="danger",
                soft="danger_soft",
                text=t("Nobody is linked with you: nobody would be told. Please call."),
            )

    def confirm(self, app: Any) -> None:
        """For hands that cannot hold: touch, then confirm."""
        Dialog.ask(
            app.t("Call for help?"),
            app.t("Your family and doctors are told at once."),
            ((app.t("Yes, tell them"), lambda: self.raise_call(app)), (app.t("No"), None)),
            tone="danger",
        )

    def raise_call(self, app: Any) -> None:
        """Kept at once, and sent as soon as there is a network."""
        app.session.care.call_for_help(self.message.strip())
        self.message = ""
        app.state.acted()
        self.changed()

    def _during(self, app: Any, standing: Call) -> Iterable[Widget]:
        t = app.t
        when = app.moment_text(standing.at)
        if not standing.sent:
            offline = app.state.status is not None and app.state.status.end in {
                End.OFFLINE,
                End.BUSY,
                End.SIGN_IN_NEEDED,
            }
            said = t("NOT SENT – call now") if offline else t("Being sent…")
            yield Band(icon="offline", tone="danger", soft="danger_soft", text=said)
        elif standing.seen_by:
            names = ", ".join(standing.seen_by)
            yield Band(icon="show", tone="ok", soft="ok_soft", text=t("Seen by {names}", names=names))
        elif standing.nobody:
            yield Band(
                icon="attention",
                tone="danger",
                soft="danger_soft",
                text=t("Sent, but there is nobody to tell. Please call."),
            )
        else:
            yield Band(
                icon="synced",
                tone="warning",
                soft="warning_soft",
                text=t("Sent to {n} people, not seen yet", n=app.number(standing.told)),
            )
        yield Text(text=t("Called for help at {time}", time=when), tone="muted")
        if not standing.sent and app.session.now() - standing.at > STILL_NEEDED and not self.asked:
            yield Band(icon="help", tone="warning", soft="warning_soft", text=t("Do you still need help?"))
            yield main(t("Yes, I still need help"), self._still, icon="sos")
        yield quiet(t("I am safe"), lambda: self.safe(app, standing), icon="safe")

    def _still(self) -> None:
        self.asked = True
        self.changed()
        App.get_running_app().state.sync()

    def safe(self, app: Any, standing: Call) -> None:
        """It is over: taken back when it never left, else everybody who was told hears it."""
        if standing.sent or not app.session.care.take_back_call(standing.id):
            app.session.care.resolve(standing.id)
        app.state.acted()
        self.changed()
