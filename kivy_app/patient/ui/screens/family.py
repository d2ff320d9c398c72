"""Family and doctors: who sees this person's data, who asks to, and codes for new people."""

from pathlib import Path
from typing import Any

import segno
from kivy.app import App
from kivy.graphics.texture import Texture
from kivy.lang import Builder
from kivy.properties import BooleanProperty, ObjectProperty, StringProperty
from kivy.uix.widget import Widget

from patient.core import words
from patient.core.models import Link, ShareCode
from patient.ui.widgets import Card, Choice, Dialog, MainButton, Page, QuietButton, Sheet, Text, Toast, WarnButton

Builder.load_file(str(Path(__file__).with_suffix(".kv")))

RECOMMENDED = "SELECTED"


class QrCode(Widget):
    """A QR code drawn as large as the widget; always dark on white, whatever the theme."""

    content = StringProperty("")
    picture = ObjectProperty(None, allownone=True)

    def on_content(self, _widget: object, content: str) -> None:
        """Draw it anew."""
        self.picture = _qr(content) if content else None


def _qr(content: str) -> Texture:
    rows = [
        bytearray(0 if dark else 255 for dark in row) for row in segno.make(content, error="m").matrix_iter(border=4)
    ]
    texture = Texture.create(size=(len(rows[0]), len(rows)), colorfmt="luminance")
    texture.mag_filter = "nearest"  # sharp modules
    texture.blit_buffer(b"".join(rows), colorfmt="luminance", bufferfmt="ubyte")
    texture.flip_vertical()
    return texture


class LinkCard(Card):
    """One person."""

    name = StringProperty("")
    level = StringProperty("")
    waiting = BooleanProperty(False)


class FamilyPage(Page):
    """Everybody with a link, requests first."""

    busy = BooleanProperty(False)

    def refresh(self) -> None:
        """Fill the list."""
        app = App.get_running_app()
        if app.session.user is None:
            return
        box = self.ids.people
        box.clear_widgets()
        held = app.session.people.links()
        for link in held:
            box.add_widget(self._card(app, link))
        if not held:
            box.add_widget(Text(text=app.t("Nobody sees your data yet."), tone="muted", halign="center"))

    def _card(self, app: Any, link: Link) -> LinkCard:
        card = LinkCard(name=link.name, level=_told(app, link), waiting=link.status == "PENDING")
        if link.asks_me and link.about_me:
            card.add_widget(MainButton(text=app.t("Answer"), on_release=lambda _: self.answer(link)))
        elif link.status == "ACCEPTED":
            card.add_widget(WarnButton(text=app.t("End"), on_release=lambda _: self.ask_to_end(link)))
        return card

    # ── requests and ends

    def answer(self, link: Link) -> None:
        """A request: at which level, or not at all."""
        app = App.get_running_app()
        people = app.session.people
        sheet = LevelSheet(heading=app.t("{name} asks to see your data", name=link.name))
        sheet.show(
            app,
            app.t("Accept"),
            lambda level: self._send(lambda: people.accept(link.id, level), app.t("Accepted")),
            decline=lambda: self._send(lambda: people.reject(link.id), app.t("Declined")),
        )

    def ask_to_end(self, link: Link) -> None:
        """Ending acts at once, so it is asked twice."""
        app = App.get_running_app()
        people = app.session.people

        def end() -> None:
            self._send(lambda: people.end(link.id), app.t("Ended"))

        Dialog.ask(
            app.t("End the link with {name}?", name=link.name),
            app.t("They stop seeing your data at once."),
            ((app.t("Keep it"), None), (app.t("End"), end)),
        )

    # ── codes

    def give_access(self) -> None:
        """A level first, then its code."""
        app = App.get_running_app()
        people = app.session.people
        sheet = LevelSheet(heading=app.t("What may this person do?"))
        sheet.show(
            app, app.t("Show a code"), lambda level: self._work(lambda: people.share_code(level), self._show_code)
        )

    def _show_code(self, code: ShareCode) -> None:
        app = App.get_running_app()
        sheet = CodeSheet(heading=app.t("Your code"), code=code.code, qr=code.qr)
        sheet.until = app.t("Valid until {time}, for one person.", time=app.moment_text(code.expires_at))
        people = app.session.people
        sheet.withdraw = lambda: self._send(lambda: people.withdraw_code(code), app.t("The code no longer works"))
        sheet.open()

    # ── the network

    def _send(self, task: Any, said: str) -> None:
        def done(_: object) -> None:
            Toast.show(said)

        self._work(task, done)

    def _work(self, task: Any, done: Any) -> None:
        app = App.get_running_app()
        self.busy = True

        def ended(result: Any) -> None:
            self.busy = False
            app.state.refresh()
            self.refresh()
            done(result)

        def failed(problem: Exception) -> None:
            self.busy = False
            Toast.show(words.problem(problem, app.t))

        app.state.work(task, done=ended, failed=failed)


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
