"""Messages: by day, newest first; each leads to what it speaks of. A reminder from family can be answered."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from kivy.properties import StringProperty
from kivy.uix.widget import Widget

from patient.core import words
from patient.core.clock import unwire
from patient.core.store import Stored
from patient.ui.widgets import Empty, FilledPage, Heading, Sheet, Text, Toast
from patient.ui.widgets.lines import card, line, main, quiet

_MOST = 60
_ICONS = {
    "CONNECTION_REQUEST": "family", "ACCESS_REQUEST": "family", "PRESCRIPTION_UPDATE": "medicines",
    "URGENT_PRESCRIPTION_CHANGE": "urgent", "MISSED_DOSE_ALERT": "missed", "FAMILY_ALERT": "nudge",
    "VITAL_ANOMALY": "heart", "EMERGENCY_ALERT": "sos", "DOSE_REMINDER": "bell", "SUBSCRIPTION_UPDATE": "plan",
    "PAYMENT_UPDATE": "pay", "REFILL_LOW": "refill", "FOLLOW_UP": "calendar",
}  # fmt: skip
_RED = {"URGENT_PRESCRIPTION_CHANGE", "EMERGENCY_ALERT"}


class InboxPage(FilledPage):
    """The inbox."""

    back_to = StringProperty("today")

    def said(self, app: Any) -> object:
        """The newest messages."""
        return app.session.repo.notifications()[:_MOST], app.session.repo.local_today()

    def named(self, app: Any) -> str:
        """The page's name."""
        return str(app.t("Messages"))

    def parts(self, app: Any) -> Iterable[Widget]:
        """A heading a day."""
        held: list[Stored] = app.session.repo.notifications()[:_MOST]
        if not held:
            yield Empty(icon="inbox", text=app.t("There are no messages."))
            return
        if any(not one.body.get("isRead") for one in held):
            yield quiet(app.t("Mark all as read"), lambda: self.read_all(app, held), icon="read")
        days: dict[date, list[Stored]] = {}
        for one in held:
            day = unwire(str(one.body["createdAt"])).astimezone(app.session.repo.zone()).date()
            days.setdefault(day, []).append(one)
        for day, of_day in days.items():
            yield Heading(text=app.day_text(day))
            yield card(*(self._row(app, one) for one in of_day))

    def _row(self, app: Any, one: Stored) -> Widget:
        kind, read = str(one.body.get("type")), bool(one.body.get("isRead"))
        when = app.clock_text(unwire(str(one.body["createdAt"])))
        return line(
            str(one.body.get("title") or ""), lambda: self.open(app, one),
            icon=_ICONS.get(kind, "bell"), tone="muted" if read else "danger" if kind in _RED else "primary",
            detail=when if read else f"{when} · {app.t('new')}",
        )  # fmt: skip

    def read_all(self, app: Any, held: list[Stored]) -> None:
        """All of them were seen."""
        for one in held:
            if not one.body.get("isRead"):
                app.session.read_notification(one.id)
        app.state.acted()

    def open(self, app: Any, one: Stored) -> None:
        """Read it, and go to what it is about."""
        if not one.body.get("isRead"):
            app.session.read_notification(one.id)
            app.state.acted()
        data = one.body.get("data")
        about: dict[str, Any] = data if isinstance(data, dict) else {}
        sheet = Sheet(heading=str(one.body.get("title") or ""))
        parts: list[Any] = [Text(text=str(one.body.get("message") or ""))]
        if about.get("caregiverId") and about.get("doseId"):
            parts += self._answers(app, sheet, str(about["caregiverId"]), str(about["doseId"]))
        if leads := _leads(app, one, about):
            parts.append(main(app.t("Open"), lambda: sheet.leave(leads), icon="next"))
        sheet.fill(*parts)
        sheet.open()

    def _answers(self, app: Any, sheet: Sheet, caregiver: str, dose: str) -> list[Any]:
        def answer(said: str) -> None:
            app.session.answer_nudge(caregiver, dose, app.t(said))
            app.state.acted()
            Toast.show(app.t("Your answer is on its way"))

        return [
            quiet(app.t(said), lambda said=said: sheet.leave(lambda: answer(said)), icon="message")
            for said in words.NUDGE_ANSWER
        ]


def _leads(app: Any, one: Stored, about: dict[str, Any]) -> Any:
    """Where a message leads; None when there is nothing to open."""
    user = app.session.user
    patient = str(about.get("patientId") or "")
    if patient and patient != user.id and any(link.patient_id == patient for link in app.session.people.links()):
        return lambda: app.go("person", patient_id=patient)
    if about.get("prescriptionId"):
        return lambda: app.go("prescription", prescription_id=str(about["prescriptionId"]))
    if one.body.get("type") in {"CONNECTION_REQUEST", "ACCESS_REQUEST"}:
        return lambda: app.go("family")
    if about.get("doseId"):
        return lambda: app.go("today")
    return None
