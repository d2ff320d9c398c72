"""Helping somebody: the people a caregiver looks after, and the day of one of them. Only what was granted is shown; a
dose is marked for another person only after the last intake and the age of the list were seen (domain.md §7.3)."""

from collections.abc import Iterable
from typing import Any

from kivy.properties import StringProperty
from kivy.uix.widget import Widget

from patient.core import dose_rules as rules
from patient.core import figures, words
from patient.core.models import Dose, Link
from patient.core.session import NotNow
from patient.ui import theme
from patient.ui.screens.health import person_health
from patient.ui.screens.progress import TONES, closed_doses, week_rows
from patient.ui.screens.today import details, shown_status
from patient.ui.widgets import Band, BarChart, Dialog, Empty, Fact, FilledPage, Heading, Note, Sheet, Text, Toast
from patient.ui.widgets.lines import card, line, main, quiet, toggle


def helped(app: Any) -> list[Link]:
    """The links by which the owner helps somebody."""
    return [link for link in app.session.people.links() if link.helps]


class PeoplePage(FilledPage):
    """The home of somebody who helps: each person's day in a line."""

    def said(self, app: Any) -> object:
        """The links and their days."""
        return [(link, app.session.today(patient_id=link.patient_id).doses) for link in helped(app)], app.state.status

    def named(self, app: Any) -> str:
        """The page's name."""
        doctor = app.session.user.role == "DOCTOR"
        return str(app.t("My patients") if doctor else app.t("People I help"))

    def parts(self, app: Any) -> Iterable[Widget]:
        """Requests, then the people."""
        t = app.t
        if app.session.user.role == "DOCTOR":
            yield Note(text=t("Prescriptions are written in the web portal. Here you read, and answer requests."))
        if any(link.asks_me for link in app.session.people.links()):
            yield line(t("Somebody asks to connect"), lambda: app.go("family"), icon="family", tone="primary")
        people = helped(app)
        for link in people:
            yield self._card(app, link)
        if not people:
            yield Empty(icon="family", text=t("You help nobody yet. Ask for their code."))
            yield main(t("Enter a code"), lambda: app.go("connect"), icon="pay")
        status = app.state.status
        if status is not None and status.synced_at:
            yield Note(text=t("last update {time}", time=app.moment_text(status.synced_at)))

    def _card(self, app: Any, link: Link) -> Widget:
        t, today = app.t, app.session.today(patient_id=link.patient_id)
        missed = sum(dose.not_recorded(app.session.now()) or dose.status == rules.MISSED for dose in today.doses)
        said = t("{taken} of {n} taken", taken=app.number(today.taken), n=app.number(len(today.doses)))
        if not today.doses:
            said = t("Nothing to see today")
        row = line(link.name, lambda: app.go("person", patient_id=link.patient_id), icon="person", detail=said)
        parts: list[Widget] = [row]
        if missed:
            told = t("not recorded: {n}", n=app.number(missed))
            parts.append(Band(icon="missed", tone="warning", soft="warning_soft", text=told))
        return card(*parts)


class PersonPage(FilledPage):
    """One person's day, as far as it was granted."""

    patient_id = StringProperty("")
    back_to = StringProperty("family")

    def _link(self, app: Any) -> Link | None:
        return next((link for link in helped(app) if link.patient_id == self.patient_id), None)

    def said(self, app: Any) -> object:
        """The link, the day, the week."""
        if self._link(app) is None:
            return None
        doses = app.session.today(patient_id=self.patient_id).doses
        stands = [shown_status(app, dose) for dose in doses]
        care = app.session.care
        health = (care.calls_of(self.patient_id), care.alerts(self.patient_id), care.vitals(patient_id=self.patient_id))
        week = closed_doses(app, 7, self.patient_id)
        return self._link(app), doses, stands, week, health, app.session.repo.synced_at()

    def named(self, app: Any) -> str:
        """The person's name."""
        link = self._link(app)
        return link.name if link else str(app.t("Family"))

    def parts(self, app: Any) -> Iterable[Widget]:
        """Day, week, prescriptions, alerts."""
        t, link = app.t, self._link(app)
        if link is None:
            yield Empty(icon="lock", text=t("You may not see this person's data any more."))
            return
        yield Note(text=t(words.LEVEL_SEEN.get(link.level, words.LEVEL_SEEN["NOT_ALLOWED"])))
        yield from person_health(app, self.patient_id)
        yield self._age(app)
        today = app.session.today(patient_id=self.patient_id)
        for dose in today.doses:
            yield self._dose(app, link, dose)
        if not today.doses:
            yield Empty(icon="medicines", text=t("Nothing to see today"))
        yield from self._week(app)
        held = app.session.repo.prescriptions_of(self.patient_id)
        if held:
            yield Heading(text=t("Medicines"))
            for one in held:
                names = ", ".join(str(medicine.get("medicineName") or "") for medicine in one.medicines)
                yield card(
                    Text(text=one.title or t("Prescription"), bold=True), Text(text=names), Note(text=one.doctor)
                )
        people = app.session.people

        def alerts(on: bool) -> None:
            self.send(lambda: people.set_alerts(link.id, enabled=on), t("Kept"))

        yield card(toggle(t("Tell me when a dose is not recorded"), link.alerts, alerts))
        if link.level == "REQUEST":
            yield main(t("Ask to see the data"), lambda: self._ask(app, link), icon="message")

    def _age(self, app: Any) -> Widget:
        synced, last = app.session.repo.synced_at(), app.session.repo.last_taken(self.patient_id)
        rows = [Fact(text=app.t("Last heard"), detail=app.moment_text(synced) if synced else "–")]
        if last is not None and last.state.taken_at:
            said = f"{last.names(app.t.language)[0]} · {app.moment_text(last.state.taken_at)}"
            rows.append(Fact(text=app.t("Last taken"), detail=said))
        return card(*rows)

    def _dose(self, app: Any, link: Link, dose: Dose) -> Widget:
        icon, tone, said = shown_status(app, dose)
        _, period = theme.PERIODS.get(dose.period, theme.PERIODS["MORNING"])
        first, second = dose.names(app.t.language)
        parts: list[Widget] = [
            Text(text=f"{app.clock_text(dose.scheduled)} · {first}", bold=True),
            Text(text=" · ".join(filter(None, (second, details(app, dose))))),
            line(said, None, icon=icon, tone=tone, detail=recorder(app, dose)),
        ]
        open_ = dose.status in {rules.DUE, rules.MISSED} and app.session.now() - dose.scheduled <= rules.CLOSES
        if open_ and dose.scheduled <= app.session.now():
            if link.may_nudge:
                parts.append(
                    quiet(app.t("Remind gently"), lambda: self.nudge(app, dose), icon="nudge", disabled=self.busy)
                )
            if link.may_mark:
                parts.append(
                    quiet(app.t("Mark as taken for {name}", name=link.name), lambda: self.ask_mark(app, link, dose))
                )
        return card(*parts, edge=app.look.tone(period))

    def nudge(self, app: Any, dose: Dose) -> None:
        """A gentle reminder; at most two for a dose."""
        people = app.session.people

        def told(left: int) -> None:
            Toast.show(app.t("Reminder sent. Left for this dose: {n}", n=app.number(left)))

        self.send(lambda: people.nudge(self.patient_id, dose.id), told)

    def ask_mark(self, app: Any, link: Link, dose: Dose) -> None:
        """Before marking: what was taken last, and how old the list is."""
        t, last, synced = app.t, app.session.repo.last_taken(self.patient_id), app.session.repo.synced_at()
        taken = app.moment_text(last.state.taken_at) if last and last.state.taken_at else t("not yet")
        Dialog.ask(
            t("Did {name} take it?", name=link.name),
            "\n".join(
                (
                    " · ".join(filter(None, (*dose.names(t.language), details(app, dose)))),
                    t("Last taken: {time}", time=taken),
                    t("Last heard from the server: {time}", time=app.moment_text(synced) if synced else "–"),
                )
            ),
            ((t("Yes, I saw it"), lambda: self.mark(app, dose)), (t("No"), None)),
        )

    def mark(self, app: Any, dose: Dose, *, confirmed: bool = False) -> None:
        """Record it for the other person; who recorded it stays with it."""
        try:
            app.session.take(dose.id, confirmed=confirmed)
        except NotNow as not_now:
            if not_now.advice in {rules.Advice.CONFIRM_LATE, rules.Advice.CONFIRM_EARLY}:
                Dialog.ask(
                    app.t("Do not take two doses together"),
                    app.t(words.LATE),
                    (
                        (app.t("I wait"), None),
                        (app.t("It was taken, record it"), lambda: self.mark(app, dose, confirmed=True)),
                    ),
                )
            else:
                Toast.show(app.t(words.NOT_NOW.get(not_now.advice, words.REFUSAL["INVALID"])))
            return
        app.state.acted()
        self.changed()
        Toast.show(app.t("Recorded as taken"))

    def _week(self, app: Any) -> Iterable[Widget]:
        doses = closed_doses(app, 7, self.patient_id)
        held = figures.count(doses)
        if held.percentage is None:
            return
        zone, today = app.session.repo.zone(), app.session.repo.local_today()
        yield Heading(text=app.t("This week"))
        yield card(
            Text(text=app.t(words.LEVELS[held.level or "NONE"]), tone=TONES[held.level], bold=True),
            Fact(text=app.t("Taken"), detail=f"{app.number(held.taken)} / {app.number(held.closed)}"),
            Fact(text=app.t("of these on time"), detail=app.number(held.on_time)),
            BarChart(rows=week_rows(app, figures.by_day(doses, zone), today, 7)),
        )

    def _ask(self, app: Any, link: Link) -> None:
        from patient.ui.screens.prescription import ask_reason

        online = app.session.online
        scope = {"adherence": True, "vitals": True}

        def ask(reason: str) -> None:
            path = f"connections/{link.id}/access-requests"
            self.send(lambda: online.change("POST", path, {"scope": scope, "reason": reason}), app.t("Sent"))

        ask_reason(app, app.t("Ask to see the data"), app.t("Why? The person reads it."), app.t("Send"), ask)


def recorder(app: Any, dose: Dose) -> str:
    """Who said so, when it was somebody else than the person who looks."""
    who = dose.state.recorded_by
    if not who or dose.status == rules.DUE:
        return ""
    if who == app.session.user.id:
        return "" if dose.patient_id in {None, who} else str(app.t("recorded by you"))
    if who == dose.patient_id:
        return str(app.t("recorded by themselves"))
    name = next((link.name for link in app.session.people.links() if link.other_id == who), "")
    return str(app.t("recorded by {name}", name=name)) if name else str(app.t("recorded by somebody else"))


class MembersPage(FilledPage):
    """Several people on one phone: each has their own account, store and queue; alarms ring for all of them."""

    back_to = StringProperty("settings")

    def said(self, app: Any) -> object:
        """Who is here."""
        return app.session.members(), app.session.user

    def named(self, app: Any) -> str:
        """The page's name."""
        return str(app.t("People on this phone"))

    def parts(self, app: Any) -> Iterable[Widget]:
        """Touched, their day is shown."""
        t = app.t
        yield Text(text=t("Reminders ring for everybody here, and say for whom."), tone="muted")
        rows = []
        for user in app.session.members():
            here = user.id == app.session.user.id
            said = t("shown now") if here else t("touch to show")
            rows.append(
                line(
                    user.name,
                    lambda u=user: self.switch(app, u.id),
                    icon="person",
                    detail=said,
                    tone="primary" if here else "muted",
                )
            )
        yield card(*rows)
        yield quiet(t("Add a person"), lambda: app.go("sign_in"), icon="person_add")

    def switch(self, app: Any, user_id: str) -> None:
        """Show another person's day."""
        app.session.switch(user_id)
        app.admitted()
        app.go(app.home)


def switcher(app: Any) -> Sheet:
    """The people of this phone as a sheet, for the top of Today."""
    sheet = Sheet(heading=app.t("Whose medicines?"))

    def show(user_id: str) -> None:
        app.session.switch(user_id)
        app.admitted()
        app.go(app.home)

    sheet.fill(
        *(
            line(user.name, lambda u=user: sheet.leave(lambda: show(u.id)), icon="person")
            for user in app.session.members()
        )
    )
    sheet.open()
    return sheet
