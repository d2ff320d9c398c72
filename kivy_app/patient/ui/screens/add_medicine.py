"""A medicine the person writes down themselves. Nothing is guessed: unit, amount and days have no default
(domain.md §7.5); what would be more than usual is asked again."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from kivy.properties import DictProperty, ListProperty, StringProperty
from kivy.uix.widget import Widget

from patient.core import khmer, words
from patient.core.amounts import dose_text
from patient.core.models import both_names
from patient.core.prn import decimal
from patient.core.store import Body
from patient.ui import theme
from patient.ui.widgets import Choice, Dialog, Field, FilledPage, Heading, Note, Sheet, Text, Toast
from patient.ui.widgets.fields import number_of, required
from patient.ui.widgets.lines import card, choices, main, quiet, toggle

SLOTS = (("morningDosage", "MORNING"), ("daytimeDosage", "NOON"), ("nightDosage", "EVENING"), ("bedtime", "NIGHT"))
BEDTIME = "21:00"
# More than this at one time is asked again.
ASK_AGAIN = {"TABLET": Decimal(4), "CAPSULE": Decimal(4), "ML": Decimal(30), "UNIT": Decimal(50)}
_LONGEST_TITLE = 100
# What is typed; everything else is chosen and may change what is asked next.
TEXTS = frozenset(
    {"name", "khmer", "strength", "instructions", "days", "quantity", "interval", "amount", "most", "apart"}
    | {name for name, _ in SLOTS}
)


class AddMedicinePage(FilledPage):
    """The form. What was typed stays in ``typed`` while the page is made anew."""

    back_to = StringProperty("medicines")
    prescription_id = StringProperty("")  # empty: a new prescription of its own
    typed = DictProperty()
    found = ListProperty()
    _fields: dict[str, Field]

    def opened(self) -> None:
        """An empty form."""
        super().opened()
        self.typed = {}
        self.found = []
        self.changed()

    def said(self, app: Any) -> object:
        """Choices decide what is asked; texts do not make the page anew."""
        return {name: value for name, value in self.typed.items() if name not in TEXTS}, list(self.found)

    def named(self, app: Any) -> str:
        """The page's name."""
        return str(app.t("Add a medicine"))

    def choose(self, name: str, value: object) -> None:
        """An answer that may change what is asked next."""
        self.typed[name] = value
        self.changed()

    # ── the form

    def parts(self, app: Any) -> Iterable[Widget]:
        """Name, form, when, how long."""
        t = app.t
        self._fields = {}
        yield Text(text=t("Write it as it stands on the box or on the doctor's paper."), tone="muted")
        yield self._field(app, "name", t("Name on the box"))
        yield quiet(t("Search this name"), lambda: self.search(app), icon="search")
        for one in self.found:
            yield self._hit(app, one)
        yield self._field(app, "khmer", t("Khmer name (may be left empty)"))
        yield self._field(app, "strength", t("Strength, for example 500 mg (empty when it is not on the box)"))
        yield Heading(text=t("What is it?"))
        units = unit_choices(t)
        picked = str(self.typed.get("unit", ""))
        yield card(*choices(units, picked, lambda value: self.choose("unit", value)))
        yield Heading(text=t("When is it taken?"))
        kinds = [(name, t(said)) for name, said in words.FREQUENCY.items()]
        yield card(*choices(kinds, str(self.typed.get("kind", "")), lambda value: self.choose("kind", value)))
        yield from self._when(app)
        yield from self._how_long(app)
        yield self._field(app, "instructions", t("Remarks (may be left empty)"), multiline=True)
        yield main(t("Next: read it back"), lambda: self.check(app), icon="next", disabled=self.busy)

    def _field(self, app: Any, name: str, label: str, *, multiline: bool = False, number: bool = False) -> Field:
        field = Field(
            label=label,
            text=str(self.typed.get(name, "")),
            multiline=multiline,
            input_type="number" if number else "text",
        )
        field.bind(text=lambda _, text: self.typed.__setitem__(name, text))
        self._fields[name] = field
        return field

    def _when(self, app: Any) -> Iterable[Widget]:
        t, kind = app.t, self.typed.get("kind")
        if kind == "PRN":
            yield self._field(app, "amount", t("How much at one time?"), number=True)
            yield self._field(app, "most", t("At most how much in 24 hours? (ask your pharmacist)"), number=True)
            yield self._field(app, "apart", t("At least how many hours between? (may be left empty)"), number=True)
            return
        if kind == "EVERY_N_DAYS":
            yield self._field(app, "interval", t("Every how many days?"), number=True)
        if kind == "WEEKDAYS":
            yield card(*(self._weekday(app, day) for day in range(1, 8)))
        if kind:
            yield Text(text=t("How much at each time? Leave empty where none is taken."), tone="muted")
            for name, period in SLOTS:
                icon, tone = theme.PERIODS[period]
                yield self._slot(app, name, period, icon, tone)
            meals = [(name, t(said)) for name, said in words.MEAL.items()]
            yield card(
                Text(text=t("With the meal?"), tone="muted"),
                *choices(
                    [*meals, ("", t("No matter"))], str(self.typed.get("meal", "")), lambda v: self.choose("meal", v)
                ),
            )

    def _weekday(self, app: Any, day: int) -> Widget:
        chosen = set(self.typed.get("weekdays", ()))

        def turn(on: bool) -> None:
            self.typed["weekdays"] = tuple(sorted(chosen | {day} if on else chosen - {day}))
            self.changed()

        return toggle(khmer.weekday(day, app.t.language), day in chosen, turn)

    def _slot(self, app: Any, name: str, period: str, icon: str, tone: str) -> Widget:
        from patient.ui.screens.medicines import SlotRow

        row = SlotRow(icon=icon, tone=tone, text=app.t(words.PERIOD[period]))
        return card(row, self._field(app, name, app.t("How much?"), number=True))

    def _how_long(self, app: Any) -> Iterable[Widget]:
        t = app.t
        yield Heading(text=t("For how long?"))
        lengths = [(name, t(said)) for name, said in words.COURSE.items()]
        yield card(*choices(lengths, str(self.typed.get("course", "")), lambda value: self.choose("course", value)))
        if self.typed.get("course") == "DAYS":
            yield self._field(app, "days", t("How many days?"), number=True)
        if self.typed.get("course") == "QUANTITY":
            yield self._field(app, "quantity", t("How many did you get?"), number=True)

    # ── names

    def search(self, app: Any) -> None:
        """Look the name up; nothing is chosen for the person."""
        query = str(self.typed.get("name", "")).strip()
        if not required(self._fields["name"], app.t("Please write the name."), holds=lambda text: len(text) > 1):
            return
        online = app.session.online

        def show(answer: Body) -> None:
            held = answer.get("catalogue")
            self.found = [one for one in held if isinstance(one, dict)][:8] if isinstance(held, list) else []
            if not self.found:
                Toast.show(app.t("This name is not in our list. You may write it all the same."))
            self.changed()

        self.send(lambda: online.ask("GET", "medications/search", query={"q": query}), show)

    def _hit(self, app: Any, one: Body) -> Widget:
        first, second = both_names(one.get("nameEn"), one.get("nameKm"), app.t.language)
        choice = Choice(
            text=" · ".join(filter(None, (first, second))), chosen=self.typed.get("catalogue") == one.get("id")
        )

        def take(_: object) -> None:
            self.typed.update({"name": str(one.get("nameEn") or ""), "khmer": str(one.get("nameKm") or "")})
            self.choose("catalogue", str(one.get("id") or ""))

        choice.bind(on_release=take)
        return choice

    # ── checking and sending

    def check(self, app: Any) -> None:
        """Everything needed is there; then it is read back in explicit words."""
        t = app.t
        wrong = self._name_fields_wrong(app) + [said for missing, said in self._unanswered(app) if missing]
        amounts = self._amounts(app, wrong)
        if not amounts and not wrong:
            wrong.append(t("Please write how much is taken."))
        if wrong:
            Toast.show(wrong[0])
            return
        body = self.medicine(amounts)
        many = ASK_AGAIN.get(str(body["unit"]))
        if many is not None and any(amount > many for amount in amounts.values()):
            Dialog.ask(
                t("Is this amount right?"),
                t("It is more than usual at one time. Please look at the box or the paper again."),
                ((t("I change it"), None), (t("It is right"), lambda: self.read_back(app, body))),
                tone="danger",
            )
            return
        self.read_back(app, body)

    def _name_fields_wrong(self, app: Any) -> list[str]:
        name = self._fields["name"]
        return [] if required(name, app.t("Please write the name.")) else [str(name.error)]

    def _unanswered(self, app: Any) -> Sequence[tuple[bool, str]]:
        t, typed = app.t, self.typed
        days, got = decimal(khmer.ascii_digits(str(typed.get("days", "")))), typed.get("quantity")
        interval = khmer.ascii_digits(str(typed.get("interval", "")))
        return (
            (not typed.get("unit"), t("Please choose what it is.")),
            (not typed.get("kind"), t("Please choose when it is taken.")),
            (typed.get("kind") == "WEEKDAYS" and not typed.get("weekdays"), t("Please choose the days.")),
            (typed.get("kind") == "EVERY_N_DAYS" and not interval.isdigit(), t("Every how many days?")),
            (not typed.get("course"), t("Please choose for how long.")),
            (typed.get("course") == "DAYS" and not (days and 1 <= days <= 365), t("Please write 1 to 365 days.")),
            (typed.get("course") == "QUANTITY" and not got, t("How many did you get?")),
        )

    def _amounts(self, app: Any, wrong: list[str]) -> dict[str, Decimal]:
        names = ("amount",) if self.typed.get("kind") == "PRN" else tuple(name for name, _ in SLOTS)
        amounts: dict[str, Decimal] = {}
        for name in names:
            field = self._fields.get(name)
            if field is None or not field.text.strip():
                continue
            amount = decimal(number_of(field))
            field.error = "" if amount and amount > 0 else app.t("Please write a number.")
            if field.error:
                wrong.append(field.error)
            else:
                amounts[name] = amount or Decimal(0)
        return amounts

    def medicine(self, amounts: dict[str, Decimal]) -> Body:
        """The medicine as POST prescriptions/patient takes it."""
        typed, text = self.typed, lambda name: str(self.typed.get(name, "")).strip()
        before = typed.get("meal") == "BEFORE"
        body: Body = {
            "medicineName": text("name"), "medicineNameKhmer": text("khmer"), "strength": text("strength"),
            "unit": typed["unit"], "frequencyType": typed["kind"], "instructions": text("instructions"),
        }  # fmt: skip
        if typed.get("catalogue"):
            body["catalogueId"] = typed["catalogue"]
        if typed["kind"] == "PRN":
            body |= {"isPRN": True, "dosageAmount": f"{amounts['amount']:f}"}
            for name, field in (("most", "prnMaxPerDay"), ("apart", "prnMinIntervalHours")):
                if limit := decimal(khmer.ascii_digits(text(name)).replace(",", ".")):
                    body[field] = f"{limit:f}"
        else:
            if typed.get("meal"):
                body["timing"] = "មុនអាហារ" if before else "បន្ទាប់ពីអាហារ"
            for name, amount in amounts.items():
                if name == "bedtime":
                    body["customTimes"] = [{"time": BEDTIME, "amount": f"{amount:f}", "beforeMeal": before}]
                else:
                    body[name] = {"amount": f"{amount:f}", "beforeMeal": before}
        if typed["kind"] == "EVERY_N_DAYS":
            body["intervalDays"] = int(khmer.ascii_digits(text("interval")))
        if typed["kind"] == "WEEKDAYS":
            body["weekdays"] = list(typed["weekdays"])
        match typed["course"]:
            case "DAYS":
                body["duration"] = int(khmer.ascii_digits(text("days")))
            case "QUANTITY":
                body["quantity"] = f"{decimal(khmer.ascii_digits(text('quantity'))) or 0:f}"
            case _:
                body["ongoing"] = True
        return {name: value for name, value in body.items() if value != ""}

    def read_back(self, app: Any, body: Body) -> None:
        """The plan by times of day, before anything is kept."""
        from patient.ui.screens.medicines import medicine_card

        sheet = Sheet(heading=app.t("Is this right?"))
        keep = self.keep if self.prescription_id else self.keep_new
        sheet.fill(
            medicine_card(app, body, touchable=False),
            Note(text=app.t("Written by you, not checked by a doctor or pharmacist.")),
            main(app.t("Yes, keep it"), lambda: sheet.leave(lambda: keep(app, body)), icon="taken"),
            quiet(app.t("I change it"), sheet.dismiss, icon="edit"),
        )
        sheet.open()

    def keep_new(self, app: Any, body: Body) -> None:
        """A prescription of its own; made without network too, it leaves when there is one."""
        title = str(body["medicineName"])[:_LONGEST_TITLE]
        app.session.draft_prescription(title, [body])
        app.state.acted()
        app.go("medicines")
        Toast.show(app.t("Kept. Its reminders begin once it was sent."))

    def keep(self, app: Any, body: Body) -> None:
        """One more medicine of a prescription that runs."""
        online, path = app.session.online, f"prescriptions/{self.prescription_id}/medications"

        def kept(_: object) -> None:
            app.go("medicines")
            Toast.show(app.t("Kept"))

        self.send(lambda: online.change("POST", path, body), kept)


def unit_choices(t: Any) -> list[tuple[str, str]]:
    """(unit, words) of everything a medicine may be counted in."""
    said = {unit: dose_text("1", unit, t.language).split("\u00a0", 1)[-1] for unit in words.UNITS}
    return [(unit, t(words.UNIT_NAME[unit]) if unit in words.UNIT_NAME else name) for unit, name in said.items()]
