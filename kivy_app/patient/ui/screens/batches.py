"""Several medicines at one clock time, under one name: one alarm, one tap."""

from collections.abc import Iterable, Mapping
from typing import Any

from kivy.properties import StringProperty
from kivy.uix.widget import Widget

from patient.core.amounts import dose_text
from patient.core.models import both_names, with_strength
from patient.core.online import Seen
from patient.core.prn import decimal
from patient.core.store import Body
from patient.ui.screens.add_medicine import unit_choices
from patient.ui.widgets import (
    Dialog,
    Empty,
    Field,
    Note,
    OnlinePage,
    Sheet,
    Stepper,
    Text,
    TimePicker,
    Toast,
    WarnButton,
)
from patient.ui.widgets.fields import number_of, required
from patient.ui.widgets.lines import card, choices, line, main, quiet, toggle


class BatchesPage(OnlinePage):
    """All groups."""

    back_to = StringProperty("medicines")

    def named(self, app: Any) -> str:
        """The page's name."""
        return str(app.t("Groups with one time"))

    def wants(self, app: Any) -> tuple[str, Mapping[str, Any]]:
        """The groups."""
        return "batch-medication", {}

    def rows(self, app: Any, seen: Seen) -> Iterable[Widget]:
        """A card each."""
        t = app.t
        for one in seen.items:
            names = ", ".join(str(medicine.get("medicineName") or "") for medicine in one.get("medicines") or ())
            state = t("on") if one.get("isActive") else t("off")
            said = f"{app.figures(str(one.get('scheduledTime') or ''))} · {state} · {names}"
            yield card(
                line(
                    str(one.get("name") or ""),
                    lambda b=one: app.go("batch", batch_id=str(b["id"])),
                    icon="batch",
                    detail=said,
                )
            )
        if not seen.items:
            yield Empty(icon="batch", text=t("There is no group yet."))

    def after(self, app: Any) -> Iterable[Widget]:
        """A new one."""
        yield main(app.t("New group"), lambda: self.ask_new(app), icon="plus", disabled=self.busy)
        yield Note(text=app.t("A group rings once for all of its medicines."))

    def ask_new(self, app: Any) -> None:
        """A name, a time and a first medicine."""
        t, online = app.t, app.session.online
        sheet = Sheet(heading=t("New group"))
        name, picker = Field(label=t("Name of the group")), TimePicker(hour=20, minute=0)
        medicine = _MedicineFields(app)

        def keep() -> None:
            body = medicine.body(app)
            if required(name, t("Please write the name.")) and body is not None:
                when = f"{picker.hour:02.0f}:{picker.minute:02.0f}"
                sheet.dismiss()
                made = {"name": name.text.strip(), "scheduledTime": when, "medicines": [body]}
                self.send(lambda: online.change("POST", "batch-medication", made), self._changed)

        sheet.fill(name, picker, *medicine.parts(), main(t("Keep it"), keep, icon="save"))
        sheet.open()

    def _changed(self, _: object) -> None:
        from kivy.app import App

        self.ask()
        Toast.show(App.get_running_app().t("Kept"))


class _MedicineFields:
    """What a medicine of a group needs: name, strength, how much of what, for how many days."""

    def __init__(self, app: Any) -> None:
        t = app.t
        self.name = Field(label=t("Name on the box"))
        self.strength = Field(label=t("Strength, for example 500 mg (empty when it is not on the box)"))
        self.amount = Field(label=t("How much?"), input_type="number")
        self.days = Stepper(
            text=t("How many days?"), value=7, least=1, most=365, show=lambda value: app.number(int(value))
        )
        self.unit = ""
        self._units = choices(unit_choices(t), "", lambda unit: setattr(self, "unit", unit))

    def parts(self) -> list[Widget]:
        """The inputs."""
        return [self.name, self.strength, self.amount, card(*self._units), self.days]

    def body(self, app: Any) -> Body | None:
        """The medicine for the wire; None while something is missing."""
        amount = decimal(number_of(self.amount))
        self.amount.error = "" if amount and amount > 0 else app.t("Please write a number.")
        fine = required(self.name, app.t("Please write the name.")) and not self.amount.error
        if not self.unit:
            Toast.show(app.t("Please choose what it is."))
        if not fine or not self.unit or amount is None:
            return None
        body: Body = {
            "medicineName": self.name.text.strip(),
            "unit": self.unit,
            "dosageAmount": f"{amount:f}",
            "durationDays": int(self.days.value),
        }
        if self.strength.text.strip():
            body["strength"] = self.strength.text.strip()
        return body


class BatchPage(OnlinePage):
    """One group: its time, its medicines, on or off."""

    back_to = StringProperty("batches")
    batch_id = StringProperty("")

    def named(self, app: Any) -> str:
        """Its name."""
        seen = self.seen(app)
        return str(seen.data.get("name") if seen else app.t("Group"))

    def wants(self, app: Any) -> tuple[str, Mapping[str, Any]]:
        """The group."""
        return f"batch-medication/{self.batch_id}", {}

    def rows(self, app: Any, seen: Seen) -> Iterable[Widget]:
        """Time, switch, medicines."""
        t, one = app.t, seen.data
        path = f"batch-medication/{self.batch_id}"
        when = str(one.get("scheduledTime") or "")
        yield card(
            line(app.figures(when), lambda: self.ask_time(app, when), icon="clock", detail=t("touch to change")),
            toggle(
                t("This group rings"),
                bool(one.get("isActive")),
                lambda on: self._send(app, "PATCH", path, {"isActive": on}),
            ),
            Note(text=t("A new time counts from the next dose that is not due yet.")),
        )
        if one.get("isActive"):
            yield main(
                t("All of this group taken now"), lambda: self._send(app, "POST", f"{path}/taken", None), icon="taken"
            )
        for medicine in one.get("medicines") or ():
            latin = with_strength(medicine.get("medicineName"), medicine.get("strength"))
            first, second = both_names(latin, medicine.get("medicineNameKhmer"), t.language)
            yield card(
                Text(text=first, bold=True),
                Text(
                    text=" · ".join(
                        filter(
                            None, (second, dose_text(medicine.get("dosageAmount"), medicine.get("unit"), t.language))
                        )
                    )
                ),
                quiet(
                    t("Remove this medicine"), lambda m=medicine: self.ask_remove(app, m), icon="delete", tone="danger"
                ),
            )
        yield quiet(t("Add a medicine"), lambda: self.ask_add(app), icon="plus")
        yield WarnButton(text=t("Stop this group"), icon="stop", on_release=lambda _: self.ask_stop(app))

    def _send(self, app: Any, method: str, path: str, body: Body | None) -> None:
        online = app.session.online

        def done(_: object) -> None:
            self.ask()
            Toast.show(app.t("Kept"))

        self.send(lambda: online.change(method, path, body), done)

    def ask_time(self, app: Any, now: str) -> None:
        """Another clock time."""
        hour, minute = (int(part) for part in (now or "20:00").split(":")[:2])
        sheet = Sheet(heading=app.t("At what time?"))
        picker = TimePicker(hour=hour, minute=minute)

        def keep() -> None:
            when = f"{picker.hour:02.0f}:{picker.minute:02.0f}"
            self._send(app, "PATCH", f"batch-medication/{self.batch_id}", {"scheduledTime": when})

        sheet.fill(picker, main(app.t("Keep it"), lambda: sheet.leave(keep), icon="save"))
        sheet.open()

    def ask_add(self, app: Any) -> None:
        """One more medicine."""
        sheet, fields = Sheet(heading=app.t("Add a medicine")), _MedicineFields(app)

        def keep() -> None:
            body = fields.body(app)
            if body is not None:
                sheet.dismiss()
                self._send(app, "POST", f"batch-medication/{self.batch_id}/medicines", body)

        sheet.fill(*fields.parts(), main(app.t("Keep it"), keep, icon="save"))
        sheet.open()

    def ask_remove(self, app: Any, medicine: Body) -> None:
        """Removing the last one stops the group."""
        path = f"batch-medication/{self.batch_id}/medicines/{medicine['id']}"
        Dialog.ask(
            app.t("Remove {name}?", name=str(medicine.get("medicineName") or "")),
            app.t("Its reminders end now. What you took stays in your history."),
            ((app.t("Keep it"), None), (app.t("Remove"), lambda: self._send(app, "DELETE", path, None))),
        )

    def ask_stop(self, app: Any) -> None:
        """End it for good."""
        online = app.session.online

        def gone(_: object) -> None:
            app.go("batches")
            Toast.show(app.t("Stopped"))

        def stop() -> None:
            self.send(lambda: online.change("DELETE", f"batch-medication/{self.batch_id}"), gone)

        Dialog.ask(
            app.t("Stop this group?"),
            app.t("Its reminders end now. What you took stays in your history."),
            ((app.t("Keep it"), None), (app.t("Stop"), stop)),
        )
