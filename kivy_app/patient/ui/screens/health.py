"""Vital signs: tiles, recording, curves with the normal band, ranges, alerts, and the health profile."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from kivy.properties import StringProperty
from kivy.uix.widget import Widget

from patient.core import health, words
from patient.core.clock import unwire
from patient.core.health import KINDS, Implausible, Vital, plain
from patient.core.prn import decimal
from patient.core.store import Body, Stored
from patient.ui.widgets import (
    Band,
    CurveChart,
    DateField,
    Dialog,
    Empty,
    Fact,
    Field,
    FilledPage,
    Heading,
    MainButton,
    Note,
    Sheet,
    Text,
    Toast,
)
from patient.ui.widgets.fields import number_of, required
from patient.ui.widgets.lines import card, line, main, quiet, segments, toggle
from patient.ui.widgets.pictures import spread

ICONS = {
    "BLOOD_PRESSURE": "heart", "GLUCOSE": "glucose", "HEART_RATE": "heart", "TEMPERATURE": "temperature",
    "SPO2": "oxygen", "WEIGHT": "weight",
}  # fmt: skip
TONES = {"CRITICAL": "danger", "HIGH": "danger", "MEDIUM": "warning", "LOW": "warning", None: "ok"}
_SPANS = ("7", "30", "90")


class HealthPage(FilledPage):
    """The newest reading of each type, and what asks for attention."""

    back_to = StringProperty("today")

    def said(self, app: Any) -> object:
        """Readings and alerts."""
        return app.session.care.latest(), app.session.care.alerts()

    def named(self, app: Any) -> str:
        """The page's name."""
        return str(app.t("My health"))

    def parts(self, app: Any) -> Iterable[Widget]:
        """Alerts first, then the tiles."""
        t, latest = app.t, app.session.care.latest()
        for alert in app.session.care.alerts():
            yield alert_card(self, app, alert)
        for kind in KINDS:
            vital = latest.get(kind)
            name = t(words.VITAL[kind])
            if vital is None:
                detail, tone = t("not measured yet"), "muted"
            else:
                said = t(words.SEVERITY[vital.severity or "USUAL"])
                detail, tone = f"{vital.text()} · {said} · {app.moment_text(vital.at)}", TONES[vital.severity]
            yield card(line(name, lambda k=kind: app.go("trend", kind=k), icon=ICONS[kind], detail=detail, tone=tone))
        yield main(t("Record a reading"), lambda: app.go("record", kind=""), icon="plus")
        yield card(
            line(t("My usual ranges"), lambda: app.go("ranges"), icon="ruler"),
            line(t("Allergies, conditions, people to call"), lambda: app.go("health_profile"), icon="shield"),
        )
        yield Note(text=t(words.NOT_APPROVED))


def alert_card(page: FilledPage, app: Any, alert: Stored) -> Widget:
    """An alert with its one thing to do and, when it is grave, a button to call."""
    t, body = app.t, alert.body
    grave = str(body.get("severity"))
    soft = "danger_soft" if grave in health.URGENT else "warning_soft"
    parts: list[Widget] = [
        Band(icon="urgent", tone=TONES.get(grave, "warning"), soft=soft, text=str(body.get("message") or ""))
    ]
    told = body.get("adviceText") or (
        t(words.ADVICE[str(body["advice"])]) if body.get("advice") in words.ADVICE else ""
    )
    if told:
        parts.append(Text(text=str(told), bold=True))
    if grave in health.URGENT:
        number = str(body.get("callNumber") or health.EMERGENCY_NUMBER)
        parts.append(
            MainButton(text=t("Call {number}", number=number), icon="call", on_release=lambda _: call(app, number))
        )
        parts.append(Note(text=t("Your doctor may not see this now.")))

    def done() -> None:
        app.session.care.resolve(alert.id)
        app.state.acted()
        page.changed()

    parts.append(quiet(t("It is dealt with"), done, icon="taken"))
    return card(*parts)


def call(app: Any, number: str) -> None:
    """Dial; where that is not possible the number is shown in large figures."""
    if not app.platform.device.dial(number):
        Dialog.ask(app.t("Please call"), number, ((app.t("Understood"), None),))


class RecordPage(FilledPage):
    """One reading, typed; judged at once, also without network."""

    back_to = StringProperty("health")
    kind = StringProperty("")
    unit = StringProperty("")

    def said(self, app: Any) -> object:
        """The type decides the fields."""
        return self.kind, self.unit

    def named(self, app: Any) -> str:
        """What is recorded."""
        return str(app.t(words.VITAL[self.kind]) if self.kind else app.t("Record a reading"))

    def parts(self, app: Any) -> Iterable[Widget]:
        """Choose the type, then type the numbers."""
        t = app.t
        if not self.kind:
            for kind in KINDS:
                yield card(line(t(words.VITAL[kind]), lambda k=kind: self._choose(k), icon=ICONS[kind]))
            return
        known = KINDS[self.kind]
        unit = self.unit or known.unit
        first = Field(label=f"{t(words.PART[known.parts[0]])} ({unit})", input_type="number")
        second = Field(label=f"{t(words.PART['diastolic'])} ({unit})", input_type="number")
        notes = Field(label=t("Remarks (may be left empty)"), multiline=True)
        if known.other_unit:
            options = [(name, name) for name in (known.unit, known.other_unit)]
            yield segments(options, unit, self._unit)
        yield first
        if len(known.parts) > 1:
            yield second
        yield notes
        yield main(t("Keep it"), lambda: self.keep(app, first, second, notes), icon="save")

    def _choose(self, kind: str) -> None:
        self.kind, self.unit = kind, ""
        self.changed()

    def _unit(self, unit: str) -> None:
        self.unit = unit
        self.changed()

    def keep(self, app: Any, first: Field, second: Field, notes: Field) -> None:
        """Check, keep, say what to do."""
        t, kind = app.t, self.kind
        unit = self.unit or KINDS[kind].unit
        first.error = second.error = ""
        typed = decimal(number_of(first))
        try:
            value, lower = health.checked(kind, typed, decimal(number_of(second)), unit)
        except Implausible as wrong:
            field = first if wrong.field == "value" else second
            field.error = t("Please write a number from {low} to {high}.", low=plain(wrong.low), high=plain(wrong.high))
            return
        grave, advice = app.session.care.judge(kind, value, lower)
        app.session.care.record(kind, value, lower, typed=plain(typed or value), unit=unit, notes=notes.text.strip())
        app.state.acted()
        app.root.back()
        if advice is None:
            Toast.show(t("Kept"))
            return
        answers: list[tuple[str, Any]] = [(t("Understood"), None)]
        if grave in health.URGENT:
            answers.insert(
                0, (t("Call {number}", number=health.EMERGENCY_NUMBER), lambda: call(app, health.EMERGENCY_NUMBER))
            )
        said = "\n".join((t(words.ADVICE[advice]), t("Your doctor may not see this now.")))
        Dialog.ask(f"{t(words.VITAL[kind])}: {t(words.SEVERITY[grave or 'USUAL'])}", said, answers, tone="danger")


class TrendPage(FilledPage):
    """The curve of one type with the band that is usual."""

    back_to = StringProperty("health")
    kind = StringProperty("BLOOD_PRESSURE")
    span = StringProperty("30")

    def _held(self, app: Any) -> list[Vital]:
        since = app.session.now() - timedelta(days=int(self.span))
        return app.session.care.vitals(self.kind, since=since)[::-1]  # type: ignore[no-any-return]

    def said(self, app: Any) -> object:
        """The readings and the range."""
        return self.kind, self.span, self._held(app), app.session.care.ranges().get(self.kind)

    def named(self, app: Any) -> str:
        """The type."""
        return str(app.t(words.VITAL[self.kind]))

    def parts(self, app: Any) -> Iterable[Widget]:
        """Curve, then every reading."""
        t, held = app.t, self._held(app)
        options = [(span, t("{n} days", n=app.number(int(span)))) for span in _SPANS]
        yield segments(options, self.span, self._choose)
        if held:
            yield card(curve(app, held, app.session.care.ranges().get(self.kind)))
            rows = [
                line(
                    vital.text(), None, icon=ICONS[self.kind], tone=TONES[vital.severity],
                    detail=f"{t(words.SEVERITY[vital.severity or 'USUAL'])} · {app.moment_text(vital.at)}",
                )
                for vital in held[::-1]
            ]  # fmt: skip
            yield card(*rows)
        else:
            yield Empty(icon=ICONS[self.kind], text=t("Nothing was measured in these days."))
        yield main(t("Record a reading"), lambda: app.go("record", kind=self.kind), icon="plus")

    def _choose(self, span: str) -> None:
        self.span = span
        self.changed()


def curve(app: Any, held: list[Vital], limits: Body | None) -> CurveChart:
    """Readings, oldest first, as a curve that leaves room around the usual band."""
    low, high = (decimal((limits or {}).get(name)) for name in ("minValue", "maxValue"))
    numbers = [vital.value for vital in held] + [vital.second for vital in held if vital.second is not None]
    numbers += [bound for bound in (low, high) if bound is not None]
    least, most = min(numbers), max(numbers)
    room = max(Decimal(1), (most - least) / 8)
    places = spread([vital.at.timestamp() for vital in held])
    zone = app.session.repo.zone()
    rows = []
    for place, vital in zip(places, held, strict=True):
        day = vital.at.astimezone(zone)
        second = float(vital.second) if vital.second is not None else None
        rows.append((place, float(vital.value), second, app.figures(f"{day.day}.{day.month}.")))
    return CurveChart(
        rows=rows,
        floor=float(int(least - room)),
        ceiling=float(int(most + room) + 1),
        low=None if low is None else float(low),
        high=None if high is None else float(high),
    )


class RangesPage(FilledPage):
    """The usual range of each type: the default, or the person's own."""

    back_to = StringProperty("health")

    def said(self, app: Any) -> object:
        """The ranges and what a doctor proposes."""
        return app.session.care.ranges(), self._proposals(app)

    def _proposals(self, app: Any) -> list[Body]:
        held = app.session.repo.objects("thresholds")
        rows = held[0].body.get("proposals") if held else None
        return [row for row in rows if row.get("state") == "PROPOSED"] if isinstance(rows, list) else []

    def named(self, app: Any) -> str:
        """The page's name."""
        return str(app.t("My usual ranges"))

    def parts(self, app: Any) -> Iterable[Widget]:
        """Proposals, then a card each."""
        t, online = app.t, app.session.online
        yield Note(text=t(words.NOT_APPROVED))
        for one in self._proposals(app):
            path = f"health-monitoring/thresholds/proposals/{one['id']}"
            yield card(
                Text(
                    text=t(
                        "{name} proposes for {what}: {range}",
                        name=one.get("doctorName") or "",
                        what=t(words.VITAL[str(one["vitalType"])]),
                        range=range_text(t, one),
                    )
                ),
                main(
                    t("Accept"),
                    lambda p=path: self.send(lambda: online.change("POST", f"{p}/accept"), t("Kept")),
                    icon="taken",
                ),
                quiet(
                    t("Decline"), lambda p=path: self.send(lambda: online.change("POST", f"{p}/decline"), t("Declined"))
                ),
            )
        held = app.session.care.ranges()
        for kind, known in KINDS.items():
            row = held.get(kind) or {}
            said = f"{range_text(t, row)} {known.unit}" if row else "–"
            whose = t("my own") if row.get("isCustom") else t("the usual one")
            yield card(
                line(
                    t(words.VITAL[kind]),
                    lambda k=kind, r=row: self.ask(app, k, r),
                    icon=ICONS[kind],
                    detail=f"{said} · {whose}",
                )
            )

    def ask(self, app: Any, kind: str, row: Body) -> None:
        """Least and most; the server refuses a least that is not under the most."""
        t, known, online = app.t, KINDS[kind], app.session.online
        names = ["minValue", "maxValue", *(["minSecondary", "maxSecondary"] if len(known.parts) > 1 else [])]
        labels = {
            "minValue": t("from"),
            "maxValue": t("to"),
            "minSecondary": t("lower one from"),
            "maxSecondary": t("lower one to"),
        }
        sheet = Sheet(heading=t(words.VITAL[kind]))
        fields = {name: Field(label=labels[name], text=str(row.get(name) or ""), input_type="number") for name in names}

        def keep() -> None:
            body: Body = {"vitalType": kind}
            for name, field in fields.items():
                number = decimal(number_of(field))
                if number is not None:
                    body[name] = plain(number)
            sheet.dismiss()
            self.send(lambda: online.change("PUT", "health-monitoring/thresholds", body), t("Kept"))

        sheet.fill(*fields.values(), main(t("Keep it"), keep, icon="save"))
        sheet.open()


def range_text(t: Any, row: Mapping[str, Any]) -> str:
    """``90–140`` or ``90–140 / 60–90``."""
    parts = []
    for least, most in (("minValue", "maxValue"), ("minSecondary", "maxSecondary")):
        low, high = row.get(least), row.get(most)
        if low is not None or high is not None:
            parts.append(f"{low if low is not None else ''}–{high if high is not None else ''}")
    return " / ".join(parts) or str(t("none"))


class HealthProfilePage(FilledPage):
    """Allergies, conditions, pregnancy, and whom to call in an emergency."""

    back_to = StringProperty("health")

    def said(self, app: Any) -> object:
        """The profile."""
        return app.session.care.profile()

    def named(self, app: Any) -> str:
        """The page's name."""
        return str(app.t("Allergies, conditions, people to call"))

    def parts(self, app: Any) -> Iterable[Widget]:
        """Three lists and the pregnancy."""
        t, held, online = app.t, app.session.care.profile(), app.session.online
        lists = (
            ("contacts", "emergencyContacts", t("People to call"), ("name", "phoneNumber"), "call"),
            ("allergies", "allergies", t("Allergies"), ("substance", "reaction"), "attention"),
            ("conditions", "conditions", t("Long-standing illnesses"), ("name", "note"), "heart"),
        )
        for path, name, title, shown, icon in lists:
            yield Heading(text=title)
            rows = held.get(name)
            entries = [self._entry(app, path, one, shown, icon) for one in (rows if isinstance(rows, list) else ())]
            yield card(*entries, quiet(t("Add"), lambda p=path, s=shown, h=title: self.ask(app, p, s, h), icon="plus"))
        if held.get("isPregnantOrSixWeeksAfter"):
            yield card(Fact(text=t("Pregnant or just gave birth"), detail=t("yes")))
        elif app.session.repo.profile().get("gender") == "FEMALE":
            yield quiet(t("I am pregnant"), lambda: self.ask_pregnancy(app), icon="heart")

        def none(on: bool) -> None:
            self.send(lambda: online.change("PATCH", "health-monitoring/profile", {"noKnownAllergies": on}), t("Kept"))

        if not held.get("allergies"):
            yield card(toggle(t("I have no known allergies"), bool(held.get("noKnownAllergies")), none))

    def _entry(self, app: Any, path: str, one: Body, shown: tuple[str, str], icon: str) -> Widget:
        online = app.session.online

        def remove() -> None:
            self.send(
                lambda: online.change("DELETE", f"health-monitoring/profile/{path}/{one['id']}"), app.t("Removed")
            )

        def ask() -> None:
            said = app.t("Remove {name}?", name=str(one.get(shown[0]) or ""))
            Dialog.ask(said, "", ((app.t("Keep it"), None), (app.t("Remove"), remove)))

        detail = str(one.get(shown[1]) or "")
        if path == "allergies" and one.get("isChecked") is False:
            detail = " · ".join(filter(None, (detail, app.t("not checked against medicines"))))
        return line(str(one.get(shown[0]) or ""), ask, icon=icon, detail=detail)

    def ask(self, app: Any, path: str, shown: tuple[str, str], heading: str) -> None:
        """Two fields."""
        t, online = app.t, app.session.online
        labels = {
            "name": t("Name"), "phoneNumber": t("Phone number"), "substance": t("To what?"),
            "reaction": t("What happens?"), "note": t("Remarks (may be left empty)"),
        }  # fmt: skip
        sheet = Sheet(heading=heading)
        fields = {
            name: Field(label=labels[name], input_type="tel" if name == "phoneNumber" else "text") for name in shown
        }

        def keep() -> None:
            must = [shown[0], *(["phoneNumber"] if "phoneNumber" in fields else [])]
            fine = [required(fields[name], t("Please fill this in.")) for name in must]
            if all(fine):
                from patient.ui.screens.welcome import phone_of

                body = {name: field.text.strip() for name, field in fields.items() if field.text.strip()}
                if "phoneNumber" in body:
                    body["phoneNumber"] = phone_of(body["phoneNumber"])
                sheet.dismiss()
                self.send(lambda: online.change("POST", f"health-monitoring/profile/{path}", body), t("Kept"))

        sheet.fill(*fields.values(), main(t("Keep it"), keep, icon="save"))
        sheet.open()

    def ask_pregnancy(self, app: Any) -> None:
        """When is the birth expected?"""
        t, online = app.t, app.session.online
        sheet = Sheet(heading=t("I am pregnant"))
        due = DateField(label=t("When is the birth expected?"))

        def keep() -> None:
            day = due.value()
            if day is None:
                due.error = t("Please write the day, month and year.")
                return
            sheet.dismiss()
            body = {"pregnancyDue": day.isoformat()}
            self.send(lambda: online.change("PATCH", "health-monitoring/profile", body), t("Kept"))

        sheet.fill(
            due,
            Note(text=t("High blood pressure is judged more strictly then.")),
            main(t("Keep it"), keep, icon="save"),
        )
        sheet.open()


def person_health(app: Any, patient_id: str) -> Iterable[Widget]:
    """What somebody who helps sees: calls for help first, then alerts and the newest readings."""
    t, care = app.t, app.session.care
    for one in care.calls_of(patient_id):
        when = app.moment_text(unwire(str(one.body["occurredAt"])))
        said = t("Calls for help since {time}", time=when)
        yield card(
            Band(icon="sos", tone="danger", soft="danger_soft", text=said),
            Text(text=str(one.body.get("message") or "")),
            Note(text=t("This does not call an ambulance.")),
        )
    for alert in care.alerts(patient_id):
        yield Band(icon="urgent", tone="danger", soft="danger_soft", text=str(alert.body.get("message") or ""))
    newest: dict[str, Vital] = {}
    for vital in care.vitals(patient_id=patient_id):
        newest.setdefault(vital.kind, vital)
    if newest:
        yield Heading(text=t("Health"))
        rows = (
            line(
                t(words.VITAL[kind]),
                None,
                icon=ICONS[kind],
                tone=TONES[vital.severity],
                detail=f"{vital.text()} · {app.moment_text(vital.at)}",
            )
            for kind, vital in newest.items()
        )
        yield card(*rows)
