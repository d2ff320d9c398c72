"""Links in detail: entering a code, one link with its level and requests, their history, finding a doctor."""

from collections.abc import Iterable, Mapping
from typing import Any

from kivy.app import App
from kivy.properties import ObjectProperty, StringProperty
from kivy.uix.widget import Widget

from patient.core import words
from patient.core.clock import unwire
from patient.core.models import Link
from patient.core.online import Seen
from patient.core.people import code_of
from patient.core.store import Body
from patient.ui.screens.family import LevelSheet
from patient.ui.widgets import (
    Band,
    Dialog,
    Empty,
    Field,
    FilledPage,
    Heading,
    Note,
    OnlinePage,
    Text,
    Toast,
    WarnButton,
)
from patient.ui.widgets.fields import required
from patient.ui.widgets.lines import card, choices, line, main, quiet, segments, toggle

_CODE = 8


class ConnectPage(FilledPage):
    """Type or paste a code; see whose it is and what it opens; ask."""

    back_to = StringProperty("family")
    code = StringProperty("")
    offer: Body | None = ObjectProperty(None, allownone=True)

    def opened(self) -> None:
        """An empty field."""
        super().opened()
        self.code, self.offer = "", None
        self.changed()

    def said(self, app: Any) -> object:
        """What the code offers."""
        return self.offer

    def named(self, app: Any) -> str:
        """The page's name."""
        return str(app.t("Connect with somebody"))

    def parts(self, app: Any) -> Iterable[Widget]:
        """The field, then the offer."""
        t = app.t
        if self.offer is not None:
            level = str(self.offer.get("permissionLevel"))
            yield card(
                Text(text=str(self.offer.get("patientName") or ""), bold=True, size_name="heading"),
                Text(text=t(words.LEVEL_SEEN.get(level, words.LEVEL_SEEN["NOT_ALLOWED"]))),
                Note(text=t("They still have to accept you.")),
            )
            yield main(t("Ask to connect"), lambda: self.use(app), icon="taken", disabled=self.busy)
            yield quiet(t("Another code"), self.opened, icon="back")
            return
        yield Text(
            text=t("Ask for the eight letters and figures that the other person's app shows under “Give access”.")
        )
        field = Field(label=t("Code"), text=self.code)
        field.bind(text=lambda _, text: setattr(self, "code", text))
        yield field
        yield main(t("Next"), lambda: self.look(app, field), icon="next", disabled=self.busy)
        yield quiet(t("Read a QR code from a picture"), lambda: self.pick(app), icon="camera")

    def look(self, app: Any, field: Field) -> None:
        """Whose code is it?"""
        if required(
            field, app.t("The code has eight letters and figures."), holds=lambda text: len(code_of(text)) == _CODE
        ):
            people, code = app.session.people, self.code
            self.send(lambda: people.look_at_code(code), lambda offer: setattr(self, "offer", offer) or self.changed())

    def pick(self, app: Any) -> None:
        """From a photo or the gallery, where this device can read QR codes."""
        if not app.platform.device.pick_picture("camera", lambda content: self.read(app, content)):
            Toast.show(app.t("This device cannot take a picture here. Please type the code."))

    def read(self, app: Any, content: bytes) -> None:
        """The code of a picture."""
        found = app.platform.device.read_qr(content)
        if len(code_of(found)) != _CODE:
            Toast.show(app.t("No code was found in the picture."))
            return
        self.code = code_of(found)
        people, code = app.session.people, self.code
        self.send(lambda: people.look_at_code(code), lambda offer: setattr(self, "offer", offer) or self.changed())

    def use(self, app: Any) -> None:
        """Ask for the link."""
        people, code = app.session.people, self.code

        def asked(_: object) -> None:
            app.go("family")
            Toast.show(app.t("Asked. You see their day once they accept."))

        self.send(lambda: people.use_code(code), asked)


class LinkPage(OnlinePage):
    """One person who sees my data: what they may, their requests, ending it."""

    back_to = StringProperty("family")
    link_id = StringProperty("")

    def link(self, app: Any) -> Link | None:
        """The link, while it stands."""
        return next((link for link in app.session.people.links() if link.id == self.link_id), None)

    def named(self, app: Any) -> str:
        """The person's name."""
        link = self.link(app)
        return link.name if link else str(app.t("Family and doctors"))

    def wants(self, app: Any) -> tuple[str, Mapping[str, Any]] | None:
        """Requests to see more."""
        return f"connections/{self.link_id}/access-requests", {}

    def more(self, app: Any) -> object:
        """The link itself."""
        return self.link(app)

    def before(self, app: Any) -> Iterable[Widget]:
        """Level and alerts."""
        t, link = app.t, self.link(app)
        if link is None:
            yield Empty(icon="lock", text=t("This link has ended."))
            return
        people = app.session.people

        def level(value: str) -> None:
            self.send(lambda: people.set_level(link.id, value), t("Kept"))

        def alerts(on: bool) -> None:
            self.send(lambda: people.set_alerts(link.id, enabled=on), t("Kept"))

        yield Heading(text=t("What may this person do?"))
        yield card(*choices([(name, t(said)) for name, said in words.LEVEL_ALL.items()], link.level, level))
        if link.kind == "CAREGIVER":
            yield card(toggle(t("Tell this person when a dose is not recorded"), link.alerts, alerts))

    def rows(self, app: Any, seen: Seen) -> Iterable[Widget]:
        """Requests that wait for an answer."""
        waiting = [one for one in seen.items if one.get("status") == "PENDING"]
        if waiting:
            yield Heading(text=app.t("Asks to see more"))
        for one in waiting:
            base, online = f"connections/{self.link_id}/access-requests/{one['id']}", app.session.online

            def answer(word: str, base: str = base, online: Any = online) -> None:
                self.send(
                    lambda: online.change("PATCH", f"{base}/{word}", {} if word == "approve" else None), self._answered
                )

            yield card(
                Text(text=str(one.get("reason") or "")),
                Note(text=app.t("It opens your data for 24 hours.")),
                main(app.t("Allow for 24 hours"), lambda a=answer: a("approve"), icon="taken"),
                quiet(app.t("Decline"), lambda a=answer: a("deny")),
            )

    def _answered(self, _: object) -> None:
        self.ask()
        Toast.show(App.get_running_app().t("Answered"))

    def after(self, app: Any) -> Iterable[Widget]:
        """Ending."""
        link, t = self.link(app), app.t
        if link is None:
            return
        people = app.session.people

        def gone(_: object) -> None:
            app.go("family")
            Toast.show(t("Ended"))

        def ask(_: object) -> None:
            Dialog.ask(
                t("End the link with {name}?", name=link.name),
                t("They stop seeing your data at once."),
                ((t("Keep it"), None), (t("End"), lambda: self.send(lambda: people.end(link.id), gone))),
            )

        yield WarnButton(text=t("End the link"), on_release=ask)


class LinkHistoryPage(OnlinePage):
    """What changed in the links, newest first."""

    back_to = StringProperty("family")
    days = StringProperty("30")

    def named(self, app: Any) -> str:
        """The page's name."""
        return str(app.t("What changed in my links"))

    def wants(self, app: Any) -> tuple[str, Mapping[str, Any]]:
        """The events of the chosen days."""
        return "connections/history", {"days": self.days}

    def before(self, app: Any) -> Iterable[Widget]:
        """7, 30 or 90 days."""
        spans = [(span, app.t("{n} days", n=app.number(int(span)))) for span in ("7", "30", "90")]
        yield segments(spans, self.days, self._choose)

    def _choose(self, days: str) -> None:
        self.days = days
        self.changed()
        self.ask()

    def rows(self, app: Any, seen: Seen) -> Iterable[Widget]:
        """One line an event."""
        rows = []
        for one in seen.items:
            said = app.t(words.LINK_EVENT.get(str(one.get("event")), words.LINK_EVENT["OTHER"]))
            when = app.moment_text(unwire(str(one["at"])))
            levels = [str(one.get(name)) for name in ("old", "new")]
            if all(level in words.LEVEL_ALL for level in levels):
                said += ": " + app.t(words.LEVEL_ALL[levels[1]])
            who = app.t("by you") if one.get("byMe") else ""
            rows.append(
                line(
                    str(one.get("otherName") or ""),
                    None,
                    icon="history",
                    detail=" · ".join(filter(None, (said, who, when))),
                )
            )
        if rows:
            yield card(*rows)
        else:
            yield Empty(icon="history", text=app.t("Nothing changed in these days."))


class FindDoctorPage(OnlinePage):
    """Doctors whose licence was checked."""

    back_to = StringProperty("family")
    query = StringProperty("")

    def named(self, app: Any) -> str:
        """The page's name."""
        return str(app.t("Find a doctor"))

    def wants(self, app: Any) -> tuple[str, Mapping[str, Any]] | None:
        """Nothing before two letters were written."""
        text = self.query.strip()
        return ("connections/doctors/search", {"query": text}) if len(text) > 1 else None

    def before(self, app: Any) -> Iterable[Widget]:
        """The search."""
        field = Field(label=app.t("Name, hospital or field"), text=self.query)

        def search() -> None:
            self.query = field.text
            if required(field, app.t("Please write at least two letters."), holds=lambda text: len(text) > 1):
                self.changed()
                self.ask()

        yield field
        yield main(app.t("Search"), search, icon="search")

    def rows(self, app: Any, seen: Seen) -> Iterable[Widget]:
        """A card each."""
        linked = {link.other_id for link in app.session.people.links()}
        for one in seen.items:
            facts = [
                str(one.get("hospitalClinic") or ""),
                app.t(words.SPECIALTY.get(str(one.get("specialty")), words.SPECIALTY["OTHER"])),
            ]
            parts: list[Widget] = [
                Text(text=str(one.get("fullName") or ""), bold=True, size_name="heading"),
                Text(text=" · ".join(filter(None, facts)), tone="muted"),
                Band(icon="verified", tone="ok", soft="ok_soft", text=app.t("Licence checked")),
            ]
            if one["id"] in linked:
                parts.append(Note(text=app.t("You are connected, or asked already.")))
            else:
                parts.append(quiet(app.t("Ask to connect"), lambda d=one: self.ask_level(app, d), icon="person_add"))
            yield card(*parts)
        if not seen.items:
            yield Empty(icon="search", text=app.t("Nobody was found."))

    def ask_level(self, app: Any, doctor: Body) -> None:
        """What the doctor may see once they accept."""
        people = app.session.people
        LevelSheet(heading=app.t("What may this person do?")).show(
            app,
            app.t("Ask to connect"),
            lambda level: self.send(lambda: people.ask_doctor(str(doctor["id"]), level), app.t("Asked")),
        )
