"""Prescriptions: what runs, and drafts that wait for the patient's answer."""

from pathlib import Path
from typing import Any

from kivy.app import App
from kivy.lang import Builder
from kivy.properties import BooleanProperty, StringProperty

from patient.core import regimen, words
from patient.core.models import Prescription, both_names, with_strength
from patient.ui import theme
from patient.ui.widgets import Card, Field, MainButton, Page, QuietButton, Row, Sheet, Tappable, Text, Toast

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


class MedicinesPage(Page):
    """All prescriptions of the patient."""

    def refresh(self) -> None:
        """Fill the list."""
        app = App.get_running_app()
        if app.session.user is None:
            return
        box = self.ids.prescriptions
        box.clear_widgets()
        held = app.session.prescriptions()
        for one in held:
            box.add_widget(_card(app, one))
        if not held:
            box.add_widget(Text(text=app.t("There are no prescriptions yet."), tone="muted", halign="center"))


def _card(app: Any, one: Prescription) -> PrescriptionCard:
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


class PrescriptionPage(Page):
    """One prescription with its medicines; a draft asks for an answer."""

    prescription_id = StringProperty("")
    doctor = StringProperty("")
    urgent = StringProperty("")
    unread = BooleanProperty(False)
    status_icon = StringProperty("taken")
    status_tone = StringProperty("ok")
    status_text = StringProperty("")
    busy = BooleanProperty(False)

    def refresh(self) -> None:
        """Fill the page; a prescription that left this phone leads back to the list."""
        app = App.get_running_app()
        if app.session.user is None:
            return
        try:
            one = app.session.prescription(self.prescription_id)
        except KeyError:
            app.go("medicines")
            return
        self.heading = one.title or app.t("Prescription")
        self.doctor = one.doctor
        self.status_icon, self.status_tone, self.status_text = shown_status(app, one)
        self.urgent = str(one.body.get("urgentReason") or "") if one.body.get("isUrgent") else ""
        self.unread = bool(one.unread_urgency)
        box = self.ids.medicines
        box.clear_widgets()
        for medicine in one.medicines:
            box.add_widget(_medicine(app, medicine))
        self._ask(app, one)

    def _ask(self, app: Any, one: Prescription) -> None:
        box = self.ids.answers
        box.clear_widgets()
        if not one.awaits_answer:
            return
        box.add_widget(Text(text=app.t("Does this agree with what your doctor told you?"), tone="muted"))
        confirm = MainButton(text=app.t("Confirm"), icon="taken", disabled=self.busy)
        confirm.bind(on_release=lambda _: self.confirm())
        correct = QuietButton(text=app.t("Ask to correct"), icon="edit", disabled=self.busy)
        correct.bind(on_release=lambda _: self.ask_to_correct())
        box.add_widget(confirm)
        box.add_widget(correct)

    def acknowledge(self) -> None:
        """The reason of an urgent change was read."""
        session = App.get_running_app().session
        self._send(lambda: session.acknowledge_urgent_change(self.prescription_id), session.t("Thank you."))

    def confirm(self) -> None:
        """Begin the course."""
        session = App.get_running_app().session
        self._send(
            lambda: session.confirm_prescription(self.prescription_id), session.t("Confirmed. Your doses are planned.")
        )

    def ask_to_correct(self) -> None:
        """Send it back, with a reason."""
        app = App.get_running_app()
        sheet = Sheet(heading=app.t("Ask to correct"))
        field = Field(label=app.t("What should be corrected?"), multiline=True)

        def send(_button: object) -> None:
            reason = field.text.strip()
            field.error = "" if reason else app.t("Please write a reason.")
            if reason:
                sheet.dismiss()
                self._send(
                    lambda: app.session.ask_to_correct_prescription(self.prescription_id, reason),
                    app.t("Sent to the doctor."),
                )

        sheet.fill(field, MainButton(text=app.t("Send"), on_release=send))
        sheet.open()

    def _send(self, task: Any, said: str) -> None:
        app = App.get_running_app()
        self.busy = True
        self.refresh()

        def done(_report: object) -> None:
            self.busy = False
            app.state.refresh()
            self.refresh()
            Toast.show(said)

        def failed(problem: Exception) -> None:
            self.busy = False
            self.refresh()
            Toast.show(words.problem(problem, app.t))

        app.state.work(task, done=done, failed=failed)


def _medicine(app: Any, medicine: dict[str, Any]) -> MedicineCard:
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
    return card
