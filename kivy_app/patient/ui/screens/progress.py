"""How regularly the medicines are taken: the week in bars, the month as a calendar, each medicine; and the history of
doses. From this phone's store, so also without network. Self-recorded, and it says so."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

from kivy.properties import ObjectProperty, StringProperty
from kivy.uix.widget import Widget

from patient.core import figures, words
from patient.core.figures import Figures
from patient.core.models import Dose
from patient.ui.screens.today import dose_row
from patient.ui.widgets import BarChart, Empty, Fact, FilledPage, Heading, Meter, Month, Note, Pair, Ring, Text
from patient.ui.widgets.lines import card, line, quiet, segments

SPANS = ("7", "30", "90")
TONES = {figures.GREEN: "ok", figures.YELLOW: "warning", figures.RED: "danger", None: "muted"}
_MARKS = {
    figures.GREEN: ("taken", "ok", "ok_soft"),
    figures.YELLOW: ("late", "warning", "warning_soft"),
    figures.RED: ("missed", "danger", "danger_soft"),
    None: ("due", "muted", "raised"),
}


def closed_doses(app: Any, days: int, patient_id: str | None = None) -> list[Dose]:
    """The doses of the last days, today included."""
    repo = app.session.repo
    today = repo.local_today()
    start = datetime.combine(today - timedelta(days=days - 1), time(), repo.zone())
    return list(repo.doses(start, start + timedelta(days=days), patient_id))


def week_rows(app: Any, days: dict[date, Figures], today: date, span: int) -> list[tuple[str, int | None, str]]:
    """Rows of the bar chart, oldest first."""
    rows: list[tuple[str, int | None, str]] = []
    for back in range(span - 1, -1, -1):
        day = today - timedelta(days=back)
        held = days.get(day, Figures())
        rows.append((app.figures(f"{day.day}"), held.percentage, TONES[held.level]))
    return rows


class ProgressPage(FilledPage):
    """Figures, bars, the month, each medicine."""

    back_to = StringProperty("today")
    span = StringProperty("7")
    month: date | None = ObjectProperty(None, allownone=True)

    def said(self, app: Any) -> object:
        """The doses of three months, the span, the month."""
        return closed_doses(app, 90), self.span, self.month

    def named(self, app: Any) -> str:
        """The page's name."""
        return str(app.t("How regularly I take them"))

    def parts(self, app: Any) -> Iterable[Widget]:
        """From the widest to the narrowest."""
        t, today = app.t, app.session.repo.local_today()
        doses = closed_doses(app, int(self.span))
        held, days = figures.count(doses), figures.by_day(closed_doses(app, 90), app.session.repo.zone())
        yield segments([(span, t("{n} days", n=app.number(int(span)))) for span in SPANS], self.span, self._choose)
        yield card(self._ring(app, held), *self._facts(app, held, figures.streak(days, today)))
        if held.percentage is not None:
            rows = week_rows(app, days, today, int(self.span))
            yield card(Text(text=t("Taken, of what was planned, in per cent"), tone="muted"), BarChart(rows=rows))
        yield from self._calendar(app, days, today)
        yield from self._medicines(app, doses)
        yield line(t("All doses"), lambda: app.go("history", medicine_id=""), icon="history")
        yield Note(text=t("These figures are what you recorded yourself."))

    def _choose(self, span: str) -> None:
        self.span = span
        self.changed()

    def _ring(self, app: Any, held: Figures) -> Widget:
        row = Pair()
        ring = Ring(progress=(held.percentage or 0) / 100)
        ring.text = f"{app.number(held.percentage)} %" if held.percentage is not None else "–"
        row.add_widget(ring)
        said = words.LEVELS[held.level or "NONE"]
        row.add_widget(Text(text=app.t(said), bold=True, tone=TONES[held.level], pos_hint={"center_y": 0.5}))
        return row

    def _facts(self, app: Any, held: Figures, run: int) -> Iterable[Widget]:
        t = app.t
        yield Fact(text=t("Taken"), detail=f"{app.number(held.taken)} / {app.number(held.closed)}")
        yield Fact(text=t("of these on time"), detail=app.number(held.on_time))
        yield Fact(text=t("Not recorded"), detail=app.number(held.missed))
        yield Fact(text=t("Skipped"), detail=app.number(held.skipped + held.excused))
        if run > 1:
            yield line(t("{n} days in a row without a gap", n=app.number(run)), None, icon="flame", tone="warning")

    def _calendar(self, app: Any, days: dict[date, Figures], today: date) -> Iterable[Widget]:
        t, first = app.t, (self.month or today).replace(day=1)
        before = (first - timedelta(days=1)).replace(day=1)
        yield Heading(text=app.month_text(first))
        marks = {day: _MARKS[held.level] for day, held in days.items() if day <= today}
        month = Month().show(app, first, marks, lambda day: app.go("day", day=day))
        moves = Pair()
        moves.add_widget(
            quiet(
                t("Month before"),
                lambda: self._turn(before),
                icon="back",
                disabled=before < min(days, default=first).replace(day=1),
            )
        )
        following = (first + timedelta(days=32)).replace(day=1)
        moves.add_widget(
            quiet(t("Month after"), lambda: self._turn(following), icon="next", disabled=following > today)
        )
        yield card(month, moves)

    def _turn(self, month: date) -> None:
        self.month = month
        self.changed()

    def _medicines(self, app: Any, doses: list[Dose]) -> Iterable[Widget]:
        found = figures.by_medicine(doses)
        if not found:
            return
        yield Heading(text=app.t("Each medicine"))
        for medicine, (dose, held) in sorted(found.items(), key=lambda item: item[1][1].percentage or 101):
            share = held.percentage
            said = f"{app.number(share)} %" if share is not None else "–"
            name = line(
                dose.names(app.t.language)[0], lambda m=medicine: app.go("medicine", medicine_id=m),
                icon="medicines", detail=said,
            )  # fmt: skip
            yield card(name, Meter(share=(share or 0) / 100, tone=TONES[held.level]))


class HistoryPage(FilledPage):
    """Doses day by day, newest first, of one medicine or all."""

    back_to = StringProperty("progress")
    medicine_id = StringProperty("")
    span = StringProperty("7")

    def said(self, app: Any) -> object:
        """The doses."""
        return closed_doses(app, int(self.span)), self.medicine_id, app.session.now().replace(second=0, microsecond=0)

    def named(self, app: Any) -> str:
        """The page's name."""
        return str(app.t("What was taken"))

    def parts(self, app: Any) -> Iterable[Widget]:
        """A card a day."""
        yield segments(
            [(span, app.t("{n} days", n=app.number(int(span)))) for span in SPANS[:2]], self.span, self._choose
        )
        zone, now = app.session.repo.zone(), app.session.now()
        days: dict[date, list[Dose]] = {}
        for dose in closed_doses(app, int(self.span)):
            if dose.scheduled <= now and self.medicine_id in {"", dose.medication_id}:
                days.setdefault(dose.scheduled.astimezone(zone).date(), []).append(dose)
        for day in sorted(days, reverse=True):
            yield Heading(text=app.day_text(day))
            yield card(*(dose_row(app, dose) for dose in days[day]))
        if not days:
            yield Empty(icon="history", text=app.t("Nothing was planned in these days."))

    def _choose(self, span: str) -> None:
        self.span = span
        self.changed()


class DayPage(FilledPage):
    """The doses of one day of the calendar."""

    back_to = StringProperty("progress")
    day: date | None = ObjectProperty(None, allownone=True)

    def _doses(self, app: Any) -> tuple[Dose, ...]:
        return app.session.today(self.day).doses  # type: ignore[no-any-return]

    def said(self, app: Any) -> object:
        """The doses."""
        return self.day, self._doses(app)

    def named(self, app: Any) -> str:
        """The day."""
        return str(app.day_text(self.day or app.session.repo.local_today()))

    def parts(self, app: Any) -> Iterable[Widget]:
        """One card."""
        held = self._doses(app)
        if held:
            yield card(*(dose_row(app, dose) for dose in held))
        else:
            yield Empty(icon="calendar", text=app.t("Nothing was planned on this day."))
