"""One medicine: its plan, its stock, its privacy, and the log of what is taken only when needed."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from kivy.properties import StringProperty
from kivy.uix.widget import Widget

from patient.core import prn, regimen, words
from patient.core.amounts import dose_text
from patient.core.clock import unwire
from patient.core.models import Medicine
from patient.core.prn import Standing, decimal
from patient.ui import theme
from patient.ui.widgets import Band, Dialog, Empty, Fact, Field, FilledPage, Heading, Meter, Note, Sheet, Text, Toast
from patient.ui.widgets.fields import number_of
from patient.ui.widgets.lines import card, line, main, quiet, toggle

_LITTLE = 7  # days of stock from which on more should be got
_HISTORY = timedelta(days=30)


class MedicinePage(FilledPage):
    """Everything about one medicine."""

    medicine_id = StringProperty("")
    back_to = StringProperty("medicines")

    def said(self, app: Any) -> object:
        """The medicine, what was taken of it, what is left."""
        medicine = app.session.repo.medicine(self.medicine_id)
        if medicine is None:
            return None
        repo = app.session.repo
        return medicine, repo.stock_left(medicine), _taken_lately(app, self.medicine_id)

    def named(self, app: Any) -> str:
        """Its name, Khmer first in Khmer."""
        medicine = app.session.repo.medicine(self.medicine_id)
        return medicine.names(app.t.language)[0] if medicine else str(app.t("Medicine"))

    def parts(self, app: Any) -> Iterable[Widget]:
        """Plan, when-needed log, stock, settings."""
        medicine = app.session.repo.medicine(self.medicine_id)
        if medicine is None:
            yield Empty(icon="medicines", text=app.t("This medicine is not on this phone any more."))
            return
        second = medicine.names(app.t.language)[1]
        if second:
            yield Text(text=second, size_name="heading")
        yield self._plan(app, medicine)
        if medicine.needed_only:
            yield from self._when_needed(app, medicine)
        yield from self._stock(app, medicine)
        yield from self._settings(app, medicine)
        yield line(app.t("What was taken"), lambda: app.go("history", medicine_id=medicine.id), icon="history")

    def _plan(self, app: Any, medicine: Medicine) -> Widget:
        from patient.ui.screens.medicines import SlotRow

        rows: list[Widget] = []
        for slot in regimen.slots(medicine.body, app.t):
            icon, tone = theme.PERIODS[slot.period]
            rows.append(SlotRow(icon=icon, tone=tone, text=slot.text))
        said = (regimen.days(medicine.body, app.t), str(medicine.body.get("instructions") or ""))
        rows += [Text(text=one) for one in said if one]
        one = medicine.prescription
        about = line(
            one.title or app.t("Prescription"),
            lambda: app.go("prescription", prescription_id=one.id),
            icon="doctor" if one.doctor else "edit",
            detail=one.doctor,
        )
        return card(*rows, about)

    # ── only when needed

    def _when_needed(self, app: Any, medicine: Medicine) -> Iterable[Widget]:
        t, amount = app.t, usual_amount(medicine)
        how = standing(app, medicine, amount)
        facts = [
            Fact(text=t("Last taken"), detail=app.moment_text(how.last_taken) if how.last_taken else t("not yet")),
            Fact(
                text=t("In the last 24 hours"),
                detail=dose_text(str(how.amount_in_24_h), medicine.unit, t.language) if how.amount_in_24_h else "–",
            ),
        ]
        if how.next_possible:
            facts.append(Fact(text=t("Next possible"), detail=app.moment_text(how.next_possible), tone="danger"))
        if limit := _limits(app, medicine):
            facts.append(Note(text=limit))
        if how.over:
            facts.append(Band(icon="urgent", tone="danger", soft="danger_soft", text=t(words.OVER_LIMIT)))
        said = t("I take {amount} now", amount=dose_text(str(amount), medicine.unit, t.language))
        facts.append(main(said, lambda: self.take(app, medicine, amount), icon="taken"))
        yield Heading(text=t("Only when needed"))
        yield card(*facts)
        for intake in app.session.repo.needed_log(medicine.id)[:5]:
            said = dose_text(intake.body.get("amount"), medicine.unit, t.language)
            over = t("over the limit") if intake.body.get("overLimit") else ""
            when = _when(app, intake.body)
            yield line(
                when, None, icon="waiting" if intake.unsent else "taken", detail=" · ".join(filter(None, (said, over)))
            )

    def take(self, app: Any, medicine: Medicine, amount: Decimal, *, sure: bool = False) -> None:
        """Log an intake; over a limit only after a red question. The record is never refused."""
        how = standing(app, medicine, amount)
        if how.over and not sure:
            following = (
                app.t("Next possible: {time}", time=app.moment_text(how.next_possible)) if how.next_possible else ""
            )
            Dialog.ask(
                app.t("Stop: this is more than allowed"),
                "\n".join(filter(None, (app.t(words.OVER_LIMIT), following))),
                (
                    (app.t("I do not take it"), None),
                    (app.t("I have taken it, record it"), lambda: self.take(app, medicine, amount, sure=True)),
                ),
                tone="danger",
            )
            return
        app.session.take_prn(medicine.id, f"{amount:f}", name=medicine.names(app.t.language)[0])
        app.state.acted()
        self.changed()
        Toast.show(app.t("Recorded as taken"))

    # ── stock

    def _stock(self, app: Any, medicine: Medicine) -> Iterable[Widget]:
        t, stock = app.t, app.session.repo.stock_left(medicine)
        yield Heading(text=t("What you have left"))
        if stock is None:
            yield card(
                Text(text=t("Count what you have, and the app tells you in time to get more."), tone="muted"),
                quiet(t("Count now"), lambda: self.ask_count(app, medicine, add=False), icon="stock"),
            )
            return
        left = dose_text(f"{stock.left:f}", medicine.unit, t.language)
        parts: list[Widget] = [Fact(text=t("Left"), detail=left)]
        if stock.days is not None:
            little = stock.days <= _LITTLE
            tone = "danger" if stock.days <= 2 else "warning" if little else "ok"
            parts += [
                Meter(share=min(1.0, stock.days / 30), tone=tone),
                Text(text=t("Enough for {n} days", n=app.number(stock.days)), tone=tone),
            ]
            if little:
                soft = "danger_soft" if tone == "danger" else "warning_soft"
                parts.append(Band(icon="refill", tone=tone, soft=soft, text=t("Get more soon.")))
        parts += [
            quiet(t("I got more"), lambda: self.ask_count(app, medicine, add=True), icon="refill"),
            quiet(t("Count again"), lambda: self.ask_count(app, medicine, add=False), icon="stock"),
        ]
        yield card(*parts)

    def ask_count(self, app: Any, medicine: Medicine, *, add: bool) -> None:
        """How many are there, or how many more?"""
        sheet = Sheet(heading=app.t("I got more") if add else app.t("Count now"))
        field = Field(label=app.t("How many?"), input_type="number")

        def keep() -> None:
            count = decimal(number_of(field))
            if count is None or count < 0:
                field.error = app.t("Please write a number.")
                return
            held = app.session.repo.stock_left(medicine) if add else None
            total = count + (held.left if held else Decimal(0))
            sheet.dismiss()
            online = app.session.online
            self.send(
                lambda: online.change("PATCH", f"medications/{medicine.id}", {"stockCount": f"{total:f}"}),
                app.t("Kept"),
            )

        sheet.fill(field, main(app.t("Keep it"), keep, icon="save"))
        sheet.open()

    # ── settings

    def _settings(self, app: Any, medicine: Medicine) -> Iterable[Widget]:
        t, online, path = app.t, app.session.online, f"medications/{medicine.id}"

        def hide(on: bool) -> None:
            self.send(lambda: online.change("PATCH", path, {"private": on}), t("Kept"))

        def remind(on: bool) -> None:
            self.send(lambda: online.change("PUT", f"{path}/reminder", {"enabled": on}), t("Kept"))

        parts: list[Widget] = []
        if not medicine.needed_only:
            parts.append(toggle(t("Remind me of this medicine"), medicine.reminds, remind))
        parts += [
            toggle(t("Hide this medicine from family and alerts"), medicine.hidden, hide),
            Note(text=t("A hidden medicine is seen by you and by the doctor who wrote it, by nobody else.")),
        ]
        if medicine.prescription.own:
            parts.append(
                quiet(t("Remove this medicine"), lambda: self.ask_remove(app, medicine), icon="delete", tone="danger")
            )
        yield card(*parts)

    def ask_remove(self, app: Any, medicine: Medicine) -> None:
        """Removing ends its plan; what was taken stays."""
        online = app.session.online

        def gone(_: object) -> None:
            app.go("medicines")
            Toast.show(app.t("Removed"))

        Dialog.ask(
            app.t("Remove {name}?", name=medicine.names(app.t.language)[0]),
            app.t("Its reminders end now. What you took stays in your history."),
            (
                (app.t("Keep it"), None),
                (
                    app.t("Remove"),
                    lambda: self.send(lambda: online.change("DELETE", f"medications/{medicine.id}"), gone),
                ),
            ),
        )


def usual_amount(medicine: Medicine) -> Decimal:
    """What is taken at one time."""
    return decimal(medicine.body.get("dosageAmount")) or Decimal(1)


def standing(app: Any, medicine: Medicine, amount: Decimal) -> Standing:
    """How an intake now stands to the limits."""
    now: datetime = app.session.now()
    hours = decimal(medicine.body.get("prnMinIntervalHours"))
    return prn.standing(
        app.session.repo.intakes(medicine.id, now - timedelta(days=2)),
        most_a_day=decimal(medicine.body.get("prnMaxPerDay")),
        least_apart=timedelta(hours=float(hours)) if hours else None,
        at=now,
        amount=amount,
    )


def _limits(app: Any, medicine: Medicine) -> str:
    most, hours = medicine.body.get("prnMaxPerDay"), medicine.body.get("prnMinIntervalHours")
    said = []
    if most:
        said.append(app.t("at most {amount} in 24 hours", amount=dose_text(most, medicine.unit, app.t.language)))
    if hours:
        said.append(app.t("{n} hours apart", n=app.figures(f"{decimal(hours) or 0:f}")))
    return " · ".join(said)


def _when(app: Any, body: dict[str, Any]) -> str:
    return str(app.moment_text(unwire(str(body["takenAt"]))))


def _taken_lately(app: Any, medicine_id: str) -> object:
    now = app.session.now()
    return app.session.repo.intakes(medicine_id, now - _HISTORY), now.replace(second=0, microsecond=0)
