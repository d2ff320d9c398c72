"""Today: how the day stands, and its doses by times of day."""

from pathlib import Path
from typing import Any

from kivy.app import App
from kivy.lang import Builder
from kivy.properties import ListProperty, ObjectProperty, StringProperty

from patient.core import dose_rules as rules
from patient.core import words
from patient.core.health import URGENT
from patient.core.models import Dose, Period
from patient.core.regimen import meal_words
from patient.core.reminders import LIST_IS_OLD
from patient.core.session import Status
from patient.core.sync import End
from patient.ui import theme
from patient.ui.screens.dose import DoseSheet
from patient.ui.widgets import Band, Card, Dialog, Heading, Notice, Page, Tappable, Toast
from patient.ui.widgets.lines import card as made_card
from patient.ui.widgets.lines import line, quiet

Builder.load_file(str(Path(__file__).with_suffix(".kv")))


class DoseRow(Tappable):
    """One dose: when, what, how much, how it stands."""

    dose: Dose | None = ObjectProperty(None, allownone=True)
    names = ListProperty(["", ""])
    time = StringProperty("")
    details = StringProperty("")
    status_icon = StringProperty("due")
    status_tone = StringProperty("muted")
    status_text = StringProperty("")


class PeriodCard(Card):
    """One time of day with its doses."""

    icon = StringProperty("morning")
    tone_name = StringProperty("morning")
    word = StringProperty("")
    count = StringProperty("")
    aloud = ObjectProperty(lambda: None)


class TodayPage(Page):
    """The home of a patient."""

    date = StringProperty("")
    greeting = StringProperty("")
    following = StringProperty("")
    sync_icon = StringProperty("synced")
    sync_tone = StringProperty("muted")
    sync_soft = StringProperty("raised")
    sync_text = StringProperty("")
    _said: object = None

    def refresh(self) -> None:
        """Fill the page from the state."""
        app = App.get_running_app()
        today, status = app.state.today, app.state.status
        if today is None or status is None:
            return
        self.date = app.date_text(app.session.now())
        self.greeting = app.t("Hello, {name}", name=app.session.user.name)
        self.ids.ring.progress = today.progress
        self.ids.ring.text = f"{app.number(today.taken)}/{app.number(len(today.doses))}" if today.doses else "–"
        self.following = self._following(app, today.doses)
        self._tell_sync(app, status)
        self._notice(app, status)
        self._fill(app, today.periods)

    def _following(self, app: Any, doses: tuple[Dose, ...]) -> str:
        if not doses:
            return str(app.t("No medicine is planned for today."))
        now = app.session.now()
        due = sorted(dose.scheduled for dose in doses if dose.status == rules.DUE and dose.scheduled >= now)
        if due:
            return str(app.t("Next medicine at {time}", time=app.clock_text(due[0])))
        if all(dose.status != rules.DUE for dose in doses):
            return str(app.t("Everything for today is recorded."))
        return str(app.t("There are doses without an answer."))

    def _tell_sync(self, app: Any, status: Status) -> None:
        synced = app.t("last update {time}", time=app.moment_text(status.synced_at)) if status.synced_at else ""
        kept = app.t("kept on this phone: {n}", n=app.number(status.waiting)) if status.waiting else ""
        if app.state.syncing:
            look, words_said = ("syncing", "muted", "raised"), app.t("Updating…")
        elif status.end is End.SIGN_IN_NEEDED:
            look, words_said = (
                ("attention", "warning", "warning_soft"),
                app.t("Please sign in again to send your records"),
            )
        elif status.end in {End.OFFLINE, End.BUSY, End.REFUSED}:
            look, words_said = ("offline", "warning", "warning_soft"), app.t("No connection to the server")
        elif status.waiting:
            look, words_said = ("waiting", "muted", "raised"), ""
        else:
            look, words_said = ("synced", "ok", "ok_soft"), app.t("Up to date") if status.synced_at else ""
        self.sync_icon, self.sync_tone, self.sync_soft = look
        self.sync_text = " · ".join(part for part in (words_said, kept, synced) if part)

    def _notice(self, app: Any, status: Status) -> None:
        box = self.ids.notices
        box.clear_widgets()
        if status.attention:
            said = app.t("Needs your attention: {n}", n=app.number(status.attention))
            box.add_widget(Notice(text=said, on_release=lambda _: app.go("attention")))
        for one in app.session.prescriptions():
            if one.unread_urgency:
                said = app.t("Urgent change: {reason}", reason=one.unread_urgency)
                look = {"icon": "urgent", "tone": "danger", "soft": "danger_soft"}
                box.add_widget(Notice(text=said, on_release=_opening(app, one.id), **look))
        self._alerts(app, box)
        for dose in app.state.today.doses:
            if dose.state.possible_double:
                box.add_widget(double_question(app, dose))
        if status.synced_at and app.session.now() - status.synced_at > LIST_IS_OLD:
            said = app.t("This is the list of {date}. It may have changed.", date=app.date_text(status.synced_at))
            box.add_widget(Band(icon="offline", tone="warning", soft="warning_soft", text=said))
        unread = sum(not one.body.get("isRead") for one in app.session.repo.notifications())
        if unread:
            said = app.t("New messages: {n}", n=app.number(unread))
            look = {"icon": "inbox", "tone": "primary", "soft": "raised"}
            box.add_widget(Notice(text=said, on_release=lambda _: app.go("inbox"), **look))
        if any(one.asks_me for one in app.session.people.links()):
            said = app.t("Somebody asks to see your data")
            look = {"icon": "family", "tone": "primary", "soft": "raised"}
            box.add_widget(Notice(text=said, on_release=lambda _: app.go("family"), **look))
        if any(one.awaits_answer for one in app.session.prescriptions()):
            said = app.t("A new prescription waits for your answer")
            look = {"icon": "medicines", "tone": "primary", "soft": "raised"}
            box.add_widget(Notice(text=said, on_release=lambda _: app.go("medicines"), **look))

    def _alerts(self, app: Any, box: Any) -> None:
        danger = {"tone": "danger", "soft": "danger_soft"}
        for alert in app.session.care.alerts():
            if alert.body.get("severity") in URGENT:
                said = str(alert.body.get("message") or "")
                box.add_widget(Notice(text=said, icon="urgent", on_release=lambda _: app.go("health"), **danger))
        for link in app.session.people.links():
            if link.helps and app.session.care.calls_of(link.patient_id):
                said = app.t("{name} calls for help", name=link.name)
                who = link.patient_id
                box.add_widget(
                    Notice(text=said, icon="sos", on_release=lambda _, w=who: app.go("person", patient_id=w), **danger)
                )

    def _fill(self, app: Any, periods: tuple[Period, ...]) -> None:
        # Rows are made anew only when they would say something else: most refreshes only tell how a sync goes.
        needed = [one for one in app.session.repo.medicines() if one.needed_only]
        said = (periods, [shown_status(app, dose) for period in periods for dose in period.doses], needed, app.writing)
        if said == self._said:
            return
        self._said = said
        box = self.ids.periods
        box.clear_widgets()
        for period in periods:
            icon, tone = theme.PERIODS.get(period.name, theme.PERIODS["MORNING"])
            card = PeriodCard(
                icon=icon,
                tone_name=tone,
                word=app.t(words.PERIOD.get(period.name, words.PERIOD["MORNING"])),
                count=f"{app.number(period.done)}/{app.number(len(period.doses))}",
                aloud=lambda period=period: app.read_aloud(period.doses),
            )
            for dose in period.doses:
                card.add_widget(dose_row(app, dose))
            together = may_mark_together(app, period)
            if len(together) > 1:
                said = app.t("Mark all {n} as taken", n=app.number(len(together)))
                card.add_widget(quiet(said, lambda d=together: mark_together(app, d), icon="taken"))
            box.add_widget(card)
        if needed:
            lines = (
                line(one.names(app.t.language)[0], lambda m=one.id: app.go("medicine", medicine_id=m), icon="needed")
                for one in needed
            )
            box.add_widget(Heading(text=app.t("Only when needed")))
            box.add_widget(made_card(*lines))
        box.add_widget(
            made_card(
                line(app.t("How regularly I take them"), lambda: app.go("progress"), icon="chart"),
                line(app.t("My health"), lambda: app.go("health"), icon="heart"),
                line(app.t("Messages"), lambda: app.go("inbox"), icon="inbox"),
            )
        )

    def touch_sync(self) -> None:
        """The person touched the line that tells how old the data are."""
        app = App.get_running_app()
        if app.state.status is not None and app.state.status.end is End.SIGN_IN_NEEDED:
            app.go("sign_in")
        else:
            app.state.sync()


def may_mark_together(app: Any, period: Period) -> list[Dose]:
    """Doses of one time of day that may be marked by one tap: nothing early, late or critical is among them."""
    now = app.session.now()
    return [
        dose
        for dose in period.doses
        if dose.status == rules.DUE
        and not dose.body.get("timeCritical")
        and dose.scheduled + rules.EARLIEST <= now <= dose.deadline
        and app.session.advise(dose.id) is rules.Advice.OK
    ]


def mark_together(app: Any, doses: list[Dose]) -> None:
    """Record them all, each as its own act."""
    for dose in doses:
        app.session.take(dose.id)
    app.state.acted()
    Toast.show(app.t("Recorded as taken"))


def double_question(app: Any, dose: Dose) -> Notice:
    """Two records of one dose: was it swallowed once or twice? (domain.md §7.3)"""
    name = dose.names(app.t.language)[0]

    def answer(said: str) -> None:
        online = app.session.online
        app.root.ids.pages.current_screen.send(
            lambda: online.change("POST", f"doses/{dose.id}/double", {"answer": said}), app.t("Thank you.")
        )

    def ask(_: object) -> None:
        Dialog.ask(
            app.t("One dose or two?"),
            app.t(
                "{name} at {time} was recorded twice. Was it swallowed once or twice?",
                name=name,
                time=app.clock_text(dose.scheduled),
            ),
            ((app.t("Once"), lambda: answer("ONE")), (app.t("Twice"), lambda: answer("TWO"))),
        )

    return Notice(text=app.t("One dose or two? {name}", name=name), icon="help", on_release=ask)


def _opening(app: Any, prescription_id: str) -> Any:
    return lambda _: app.go("prescription", prescription_id=prescription_id)


def dose_row(app: Any, dose: Dose) -> DoseRow:
    """A dose as a line of its card."""
    icon, tone, said = shown_status(app, dose)
    row = DoseRow(
        dose=dose,
        names=list(dose.names(app.t.language)),
        time=app.clock_text(dose.scheduled),
        details=details(app, dose),
        status_icon=icon,
        status_tone=tone,
        status_text=said,
    )
    row.bind(on_release=lambda _row: DoseSheet.show(dose.id))
    return row


def details(app: Any, dose: Dose) -> str:
    """Amount, and when around the meal."""
    parts = (dose.amount(app.t.language), meal_words(dose.body.get("timing"), app.t))
    return " · ".join(part for part in parts if part)


def shown_status(app: Any, dose: Dose) -> tuple[str, str, str]:
    """(icon, tone, words) of how a dose stands now, with the time it was taken."""
    status = rules.MISSED if dose.not_recorded(app.session.now()) else dose.status
    icon, tone = theme.STATUSES.get(status, theme.STATUSES[rules.DUE])
    said = app.t(words.STATUS.get(status, words.STATUS[rules.DUE]))
    if status == rules.DUE and dose.state.snoozed_until and dose.state.snoozed_until > app.session.now():
        icon, tone = "snooze", "primary"
        said = app.t("Reminder again at {time}", time=app.clock_text(dose.state.snoozed_until))
    if dose.status in rules.TAKEN and dose.state.taken_at:
        said = f"{said} · {app.clock_text(dose.state.taken_at)}"
    return icon, tone, said
