"""Prescriptions: what runs, and drafts that wait for the patient's answer."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from kivy.app import App
from kivy.lang import Builder
from kivy.metrics import dp
from kivy.properties import BooleanProperty, StringProperty
from kivy.uix.widget import Widget

from patient.core import khmer, regimen, words
from patient.core.models import Prescription, both_names, with_strength
from patient.ui import theme
from patient.ui.text import LabelKhmer, wrap
from patient.ui.widgets import Card, Empty, FilledPage, Page, Row, Tappable
from patient.ui.widgets.lines import line, main, quiet

Builder.load_file(str(Path(__file__).with_suffix(".kv")))

_ICONS = {"DRAFT": ("attention", "warning"), "ACTIVE": ("taken", "ok"), "PAUSED": ("clock", "muted")}


class PrescriptionCard(Tappable):
    """One prescription of the list."""

    heading = StringProperty("")
    doctor = StringProperty("")
    medicines = StringProperty("")
    status_icon = StringProperty("taken")
    status_tone = StringProperty("ok")
    status_text = StringProperty("")


class MedicineCard(Card):
    """One medicine of a prescription."""

    first = StringProperty("")
    second = StringProperty("")
    days = StringProperty("")
    instructions = StringProperty("")


class SlotRow(Row):
    """One intake of a medicine's day."""

    icon = StringProperty("morning")
    tone = StringProperty("morning")
    text = StringProperty("")


class MedicinesPage(FilledPage):
    """All prescriptions of the patient: what waits for an answer, what runs, what ended."""

    shows_ended = BooleanProperty(False)

    def said(self, app: Any) -> object:
        """The prescriptions."""
        return app.session.prescriptions(), self.shows_ended

    def named(self, app: Any) -> str:
        """The page's name."""
        return str(app.t("My medicines"))

    def parts(self, app: Any) -> Iterable[Widget]:
        """Ways to add, then the list."""
        t, held = app.t, app.session.prescriptions()
        yield main(t("Add a medicine"), lambda: app.go("add_medicine", prescription_id=""), icon="plus")
        running = [one for one in held if one.status != "INACTIVE"]
        yield quiet(t("Scan a prescription"), lambda: app.go("scan"), icon="scan")
        yield line(t("Groups with one time"), lambda: app.go("batches"), icon="batch")
        if any(one.medicines for one in held):
            yield line(t("All medicines, from A to Z"), lambda: app.go("all_medicines"), icon="list")
        for one in running:
            yield prescription_card(app, one)
        ended = [one for one in held if one.status == "INACTIVE"]
        if not held:
            yield Empty(icon="medicines", text=t("There are no prescriptions yet."))
        if ended:
            said = t("Hide what ended") if self.shows_ended else t("Show what ended: {n}", n=app.number(len(ended)))
            yield quiet(said, self._turn, icon="history")
            for one in ended if self.shows_ended else ():
                yield prescription_card(app, one)

    def _turn(self) -> None:
        self.shows_ended = not self.shows_ended
        self.changed()


def prescription_card(app: Any, one: Prescription) -> PrescriptionCard:
    """A prescription as a card that opens it."""
    icon, tone, said = shown_status(app, one)
    names = (both_names(med.get("medicineName"), med.get("medicineNameKhmer"), app.t.language) for med in one.medicines)
    card = PrescriptionCard(
        heading=one.title or app.t("Prescription"),
        doctor=one.doctor,
        medicines="\n".join(" · ".join(name for name in both if name) for both in names),
        status_icon=icon,
        status_tone=tone,
        status_text=said,
    )
    card.bind(on_release=lambda _: app.go("prescription", prescription_id=one.id))
    return card


def shown_status(app: Any, one: Prescription) -> tuple[str, str, str]:
    """(icon, tone, words) of how a prescription stands."""
    icon, tone = _ICONS.get(one.status, ("skipped", "muted"))
    if one.sent_back:
        return "edit", "muted", app.t("Sent back to the doctor to correct")
    return icon, tone, app.t(words.PRESCRIPTION.get(one.status, words.PRESCRIPTION["INACTIVE"]))


def medicine_card(app: Any, medicine: dict[str, Any], *, touchable: bool = True) -> MedicineCard:
    """A medicine with its plan in explicit words; touched, it leads to its page."""
    latin = with_strength(medicine.get("medicineName"), medicine.get("strength"))
    first, second = both_names(latin, medicine.get("medicineNameKhmer"), app.t.language)
    card = MedicineCard(
        first=first,
        second=second,
        days=regimen.days(medicine, app.t),
        instructions=str(medicine.get("instructions") or ""),
    )
    for slot in regimen.slots(medicine, app.t):
        icon, tone = theme.PERIODS[slot.period]
        card.ids.slots.add_widget(SlotRow(icon=icon, tone=tone, text=slot.text))
    if touchable and medicine.get("id"):
        said = app.t("hidden from others") if medicine.get("private") else ""
        open_ = line(
            app.t("More about this medicine"), lambda: app.go("medicine", medicine_id=medicine["id"]), detail=said
        )
        card.add_widget(open_)
    return card


class MedicineRow(Tappable):
    """A medicine of the long list. Its names are never shortened; the list knows its height beforehand."""

    first = StringProperty("")
    second = StringProperty("")
    medicine_id = StringProperty("")

    def on_release(self) -> None:
        """Open it."""
        App.get_running_app().go("medicine", medicine_id=self.medicine_id)


class AllMedicinesPage(Page):
    """Every medicine that runs, by name, with a search: hundreds of them scroll without a stop."""

    query = StringProperty("")
    found = StringProperty("")
    _held: object = None

    def refresh(self) -> None:
        """Fill the list when the medicines, the search or the way of writing changed."""
        app = App.get_running_app()
        if app.session.user is None:
            return
        asked = (app.session.prescriptions(), self.query, app.writing, app.sizes.scale, self.width)
        if asked == self._held:
            return
        self._held = asked
        sought = khmer.strip_breaks(self.query).casefold().strip()
        rows = []
        for medicine in app.session.repo.medicines():
            first, second = medicine.names(app.t.language)
            if sought in f"{first} {second}".replace(khmer.NBSP, " ").casefold():
                rows.append({"first": first, "second": second, "medicine_id": medicine.id})
        self.found = app.t("{n} medicines", n=app.number(len(rows)))
        self._measure(app, rows)
        self.ids.rows.data = rows

    def _measure(self, app: Any, rows: list[dict[str, Any]]) -> None:
        ruler = LabelKhmer(text=" ", font_size=app.sizes.heading)
        room, high = self.width - dp(44), ruler.get_extents(" ")[1]
        for row in rows:
            count = sum(
                1
                if ruler.get_extents(name)[0] <= room
                else len(wrap(name, room, lambda part: ruler.get_extents(part)[0]))
                for name in (row["first"], row["second"])
                if name
            )
            row["height"] = max(app.sizes.touch, count * high + dp(24))
