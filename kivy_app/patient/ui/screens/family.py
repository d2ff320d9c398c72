"""Family and doctors: who sees this person's data, who asks to, and codes for new people."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from kivy.app import App
from kivy.lang import Builder
from kivy.properties import BooleanProperty, ObjectProperty, StringProperty
from kivy.uix.widget import Widget

from patient.core import words
from patient.core.models import Link, ShareCode
from patient.ui.widgets import (
    Card,
    Choice,
    Dialog,
    Empty,
    FilledPage,
    MainButton,
    QrCode,
    QuietButton,
    Sheet,
    Text,
    WarnButton,
)
from patient.ui.widgets.lines import card, line, quiet, segments

Builder.load_file(str(Path(__file__).with_suffix(".kv")))

RECOMMENDED = "SELECTED"


class LinkCard(Card):
    """One person."""

    name = StringProperty("")
    level = StringProperty("")
    waiting = BooleanProperty(False)


class FamilyPage(FilledPage):
    """Everybody with a link, requests first: who sees my data, and whom I help."""

    side = StringProperty("mine")

    def said(self, app: Any) -> object:
        """The links."""
        return app.session.people.links(), self.side, app.session.members()

    def named(self, app: Any) -> str:
        """The page's name."""
        return str(app.t("Family and doctors"))

    def parts(self, app: Any) -> Iterable[Widget]:
        """Ways to begin a link, then the links of the chosen side."""
        t, held = app.t, app.session.people.links()
        if app.session.user.role == "PATIENT":
            sides = [("mine", t("Who sees my data")), ("theirs", t("Whom I help"))]
            yield segments(sides, self.side, self._choose)
        if self._mine(app):
            yield Text(text=t("You decide who sees your data, and you can end it at any time."), tone="muted")
            yield MainButton(
                text=t("Give access"), icon="plus", disabled=self.busy, on_release=lambda _: self.give_access()
            )
            yield quiet(t("Find a doctor"), lambda: app.go("find_doctor"), icon="search")
        else:
            yield MainButton(text=t("Enter a code"), icon="pay", on_release=lambda _: app.go("connect"))
        shown = [link for link in held if link.about_me == self._mine(app)]
        for link in shown:
            yield self._card(app, link)
        if not shown:
            said = t("Nobody sees your data yet.") if self._mine(app) else t("You help nobody yet. Ask for their code.")
            yield Empty(icon="family", text=said)
        yield card(
            line(t("What changed in my links"), lambda: app.go("link_history"), icon="history"),
            line(t("Who saw my data"), lambda: app.go("my_data"), icon="show"),
            line(t("People on this phone"), lambda: app.go("members"), icon="people"),
        )

    def _mine(self, app: Any) -> bool:
        return bool(app.session.user.role == "PATIENT" and self.side == "mine")

    def _choose(self, side: str) -> None:
        self.side = side
        self.changed()

    def _card(self, app: Any, link: Link) -> LinkCard:
        made = LinkCard(name=link.name, level=_told(app, link), waiting=link.status == "PENDING")
        if link.asks_me and link.about_me:
            made.add_widget(MainButton(text=app.t("Answer"), on_release=lambda _: self.answer(link)))
        elif link.status == "ACCEPTED" and link.about_me:
            made.add_widget(quiet(app.t("Look and change"), lambda: app.go("link", link_id=link.id), icon="settings"))
            made.add_widget(WarnButton(text=app.t("End"), on_release=lambda _: self.ask_to_end(link)))
        elif link.status == "ACCEPTED":
            made.add_widget(
                quiet(app.t("See the day"), lambda: app.go("person", patient_id=link.patient_id), icon="show")
            )
            made.add_widget(WarnButton(text=app.t("End"), on_release=lambda _: self.ask_to_end(link)))
        return made

    # ── requests and ends

    def answer(self, link: Link) -> None:
        """A request: at which level, or not at all."""
        app = App.get_running_app()
        people = app.session.people
        sheet = LevelSheet(heading=app.t("{name} asks to see your data", name=link.name))
        sheet.show(
            app,
            app.t("Accept"),
            lambda level: self.send(lambda: people.accept(link.id, level), app.t("Accepted")),
            decline=lambda: self.send(lambda: people.reject(link.id), app.t("Declined")),
        )

    def ask_to_end(self, link: Link) -> None:
        """Ending acts at once, so it is asked twice."""
        app = App.get_running_app()
        people = app.session.people

        def end() -> None:
            self.send(lambda: people.end(link.id), app.t("Ended"))

        Dialog.ask(
            app.t("End the link with {name}?", name=link.name),
            app.t("They stop seeing your data at once.")
            if link.about_me
            else app.t("You stop seeing their data at once."),
            ((app.t("Keep it"), None), (app.t("End"), end)),
        )

    # ── codes

    def give_access(self) -> None:
        """A level first, then its code."""
        app = App.get_running_app()
        people = app.session.people
        sheet = LevelSheet(heading=app.t("What may this person do?"))
        sheet.show(
            app, app.t("Show a code"), lambda level: self.send(lambda: people.share_code(level), self._show_code)
        )

    def _show_code(self, code: ShareCode) -> None:
        app = App.get_running_app()
        sheet = CodeSheet(heading=app.t("Your code"), code=code.code, qr=code.qr)
        sheet.until = app.t("Valid until {time}, for one person.", time=app.moment_text(code.expires_at))
        people = app.session.people
        sheet.withdraw = lambda: self.send(lambda: people.withdraw_code(code), app.t("The code no longer works"))
        sheet.open()


def _told(app: Any, link: Link) -> str:
    if link.status == "PENDING":
        return str(app.t("waits for your answer") if link.asks_me else app.t("waits for their answer"))
    if not link.about_me:
        return str(app.t("You help this person."))
    return str(app.t(words.LEVEL[link.level])) if link.level in words.LEVEL else ""


class LevelSheet(Sheet):
    """Choosing a level: nothing is chosen beforehand."""

    def show(self, app: Any, words_of_yes: str, chosen: Any, *, decline: Any = None) -> None:
        """Open; ``chosen`` is told the level."""
        choices = [
            Choice(text=f"{app.t(said)} ({app.t('recommended')})" if level == RECOMMENDED else app.t(said), value=level)
            for level, said in words.LEVEL.items()
        ]
        go = MainButton(text=words_of_yes, disabled=True)

        def choose(choice: Choice) -> None:
            for each in choices:
                each.chosen = each is choice
            go.disabled = False

        def agree(_: object) -> None:
            self.leave(lambda: chosen(next(choice.value for choice in choices if choice.chosen)))

        for choice in choices:
            choice.bind(on_release=choose)
        go.bind(on_release=agree)
        parts = [*choices, go]
        if decline is not None:
            parts.append(QuietButton(text=app.t("Decline"), on_release=lambda _: self.leave(decline)))
        self.fill(*parts)
        self.open()


class CodeSheet(Sheet):
    """A code to be scanned or read aloud."""

    code = StringProperty("")
    qr = StringProperty("")
    until = StringProperty("")
    withdraw: Any = ObjectProperty(None, allownone=True)

    def on_pre_open(self) -> None:
        """Fill the sheet."""
        app = App.get_running_app()
        self.fill(
            QrCode(content=self.qr),
            Text(text=self.code, halign="center", bold=True, size_name="title"),
            Text(text=self.until, halign="center", tone="muted"),
            Text(text=app.t("The other person scans or types it; then you answer their request here.")),
            QuietButton(text=app.t("Withdraw the code"), on_release=lambda _: self.leave(self.withdraw)),
        )
