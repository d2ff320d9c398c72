"""Records the server could not accept. They stay until the person tries again or lets them go."""

from pathlib import Path
from typing import Any

from kivy.app import App
from kivy.clock import Clock
from kivy.lang import Builder
from kivy.properties import StringProperty

from patient.core import words
from patient.core.models import Attention, both_names, with_strength
from patient.ui.widgets import Card, Dialog, Page, Text, Toast

Builder.load_file(str(Path(__file__).with_suffix(".kv")))


class AttentionCard(Card):
    """One refused record."""

    local_id = StringProperty("")
    names = StringProperty("")
    what = StringProperty("")
    why = StringProperty("")

    def retry(self) -> None:
        """Send it again."""
        app = App.get_running_app()
        app.session.retry(self.local_id)
        app.state.acted()
        Clock.schedule_once(lambda _: Toast.show(app.t("It will be sent again")))

    def discard(self) -> None:
        """Let it go, once the person has said so twice."""
        app = App.get_running_app()
        Dialog.ask(
            app.t("Delete this record?"),
            app.t("It will not reach your doctor or family."),
            ((app.t("Keep it"), None), (app.t("Delete"), self._discard)),
        )

    def _discard(self) -> None:
        app = App.get_running_app()
        app.session.discard(self.local_id)
        app.state.refresh()


class AttentionPage(Page):
    """All of them."""

    def refresh(self) -> None:
        """Fill the list."""
        app = App.get_running_app()
        if app.session.user is None:
            return
        held = app.session.needs_attention()
        box = self.ids.records
        box.clear_widgets()
        for record in held:
            box.add_widget(_card(app, record))
        if not held:
            box.add_widget(Text(text=app.t("Nothing needs your attention."), tone="muted", halign="center"))


def _card(app: Any, record: Attention) -> AttentionCard:
    label = record.label
    latin = with_strength(label.get("medicationName"), label.get("strength"))
    names = both_names(latin, label.get("medicationNameKhmer"), app.t.language)
    what = app.t(words.ACT.get(record.kind, words.ACT["reminder.logged"]))
    return AttentionCard(
        local_id=record.local_id,
        names="\n".join(name for name in names if name),
        what=f"{what} · {app.date_text(record.at)} {app.clock_text(record.at)}",
        why=app.t(words.refusal(record.code)),
    )
