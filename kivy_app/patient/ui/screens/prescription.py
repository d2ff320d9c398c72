"""One prescription: its medicines, what it asks for, its versions, and what the patient may do with it."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from kivy.app import App
from kivy.properties import StringProperty
from kivy.uix.widget import Widget

from patient.core import words
from patient.core.clock import unwire
from patient.core.models import Prescription, with_strength
from patient.core.online import Seen
from patient.core.store import Body
from patient.ui.screens.medicines import medicine_card, shown_status
from patient.ui.widgets import (
    Band,
    Dialog,
    Fact,
    Field,
    FilledPage,
    Heading,
    MainButton,
    Note,
    OnlinePage,
    Sheet,
    Text,
    Toast,
)
from patient.ui.widgets.fields import required
from patient.ui.widgets.lines import card, line, main, quiet


class PrescriptionPage(FilledPage):
    """A draft asks for an answer; a running one may be paused or stopped; a proposed change waits."""

    prescription_id = StringProperty("")
    back_to = StringProperty("medicines")

    def refresh(self) -> None:
        """A prescription that left this phone leads back to the list."""
        app = App.get_running_app()
        if app.session.user is not None and _held(app, self.prescription_id) is None:
            app.go("medicines")
            return
        super().refresh()

    def said(self, app: Any) -> object:
        """The prescription."""
        return _held(app, self.prescription_id)

    def named(self, app: Any) -> str:
        """Its title."""
        one = _held(app, self.prescription_id)
        return (one.title if one else "") or str(app.t("Prescription"))

    def parts(self, app: Any) -> Iterable[Widget]:
        """How it stands, what is asked, medicines, facts, what may be done."""
        t = app.t
        one: Prescription = app.session.prescription(self.prescription_id)
        icon, tone, said = shown_status(app, one)
        yield line(said, None, icon=icon, tone=tone, detail=one.doctor)
        yield from self._urgency(app, one)
        yield from self._proposal(app, one)
        for medicine in one.medicines:
            yield medicine_card(app, medicine)
        yield from self._facts(app, one)
        yield from self._asked(app, one)
        if len(one.versions) > 1:
            versions = line(
                t("Earlier versions"), lambda: app.go("versions", prescription_id=one.id), icon="versions",
                detail=t("version {n}", n=app.number(int(one.body.get("currentVersion") or 1))),
            )  # fmt: skip
            yield card(versions)
        yield from self._acts(app, one)

    def _urgency(self, app: Any, one: Prescription) -> Iterable[Widget]:
        if one.body.get("isUrgent") and one.body.get("urgentReason"):
            said = app.t("Urgent change: {reason}", reason=one.body["urgentReason"])
            yield Band(icon="urgent", tone="danger", soft="danger_soft", text=said)
        if one.unread_urgency:
            yield main(app.t("I have read it"), self.acknowledge, disabled=self.busy)

    def _facts(self, app: Any, one: Prescription) -> Iterable[Widget]:
        t, rows = app.t, []
        for name, field in (("Diagnosis", "diagnosis"), ("Complaints", "symptoms"), ("Note", "clinicalNote")):
            if one.body.get(field) and one.body.get(field) != one.title:
                rows.append(Fact(text=t(words.FACT[name]), detail=str(one.body[field])))
        for name, field in (("Begins", "startDate"), ("Ends", "lastDay"), ("Next visit", "followUpDate")):
            if one.body.get(field):
                rows.append(Fact(text=t(words.FACT[name]), detail=_day(app, one.body[field])))
        if rows:
            yield card(*rows)
        if one.body.get("source") == "OCR":
            yield Note(text=t("From a scan, not checked by a professional."))
        elif one.own:
            yield Note(text=t("Written by you, not checked by a doctor or pharmacist."))

    # ── a draft

    def _asked(self, app: Any, one: Prescription) -> Iterable[Widget]:
        if not one.awaits_answer:
            return
        t = app.t
        yield Text(text=t("Does this agree with what your doctor told you?"), tone="muted")
        yield MainButton(text=t("Confirm"), icon="taken", disabled=self.busy, on_release=lambda _: self.confirm())
        yield quiet(t("Ask to correct"), self.ask_to_correct, icon="edit", disabled=self.busy)
        yield quiet(t("Decline it"), self.ask_to_decline, icon="close", tone="danger", disabled=self.busy)

    def acknowledge(self) -> None:
        """The reason of an urgent change was read."""
        session = App.get_running_app().session
        self.send(lambda: session.acknowledge_urgent_change(self.prescription_id), session.t("Thank you."))

    def confirm(self) -> None:
        """Begin the course."""
        session = App.get_running_app().session
        self.send(
            lambda: session.confirm_prescription(self.prescription_id), session.t("Confirmed. Your doses are planned.")
        )

    def ask_to_correct(self) -> None:
        """Send it back, with a reason."""
        app = App.get_running_app()
        ask_reason(
            app,
            app.t("Ask to correct"),
            app.t("What should be corrected?"),
            app.t("Send"),
            lambda reason: self.send(
                lambda: app.session.ask_to_correct_prescription(self.prescription_id, reason),
                app.t("Sent to the doctor."),
            ),
        )

    def ask_to_decline(self) -> None:
        """Say no; the doctor is told why."""
        app = App.get_running_app()
        ask_reason(
            app,
            app.t("Decline it"),
            app.t("Why? Your doctor reads it."),
            app.t("Decline it"),
            lambda reason: self._change("reject", {"reason": reason}, app.t("Declined")),
        )

    # ── a proposed change

    def _proposal(self, app: Any, one: Prescription) -> Iterable[Widget]:
        proposal = one.proposal
        if proposal is None:
            return
        t, number = app.t, int(proposal.get("versionNumber") or 0)
        rows: list[Widget] = [
            Band(icon="versions", tone="primary", soft="raised", text=t("Your doctor proposes a change")),
            Text(text=str(proposal.get("changeReason") or "")),
            line(
                t("See what would change"),
                lambda: app.go(
                    "changes", prescription_id=one.id, older=int(one.body.get("currentVersion") or 1), newer=number
                ),
                icon="versions",
            ),
            main(t("Accept the change"), lambda: self._answer_proposal("accept", number, t("Accepted")), icon="taken"),
            quiet(
                t("Decline the change"), lambda: self._answer_proposal("decline", number, t("Declined")), tone="danger"
            ),
            Note(text=t("Until you accept, the plan stays as it is.")),
        ]
        yield card(*rows)

    def _answer_proposal(self, answer: str, number: int, said: str) -> None:
        online, path = (
            App.get_running_app().session.online,
            f"prescriptions/{self.prescription_id}/versions/{number}/{answer}",
        )
        body = {} if answer == "decline" else None
        self.send(lambda: online.change("POST", path, body), said)

    # ── a running one

    def _acts(self, app: Any, one: Prescription) -> Iterable[Widget]:
        t = app.t
        if one.status == "ACTIVE":
            if one.own:
                add = lambda: app.go("add_medicine", prescription_id=one.id)  # noqa: E731
                yield quiet(t("Add a medicine to it"), add, icon="plus")
            yield quiet(t("Pause"), lambda: self._change("pause", {}, t("Paused")), icon="pause")
        if one.status == "PAUSED":
            yield main(t("Go on"), lambda: self._change("resume", {}, t("Running")), icon="play")
        if one.status in {"ACTIVE", "PAUSED"}:
            yield quiet(t("Stop"), lambda: self._ask_to_stop(app), icon="stop", tone="danger")
        if one.own and one.status != "DRAFT":
            yield quiet(t("Remove from my list"), lambda: self._ask_to_remove(app), icon="delete", tone="danger")

    def _ask_to_stop(self, app: Any) -> None:
        Dialog.ask(
            app.t("Stop this prescription?"),
            app.t("Its reminders end and it cannot be started again. Ask your doctor first."),
            ((app.t("Keep it"), None), (app.t("Stop"), lambda: self._change("stop", {}, app.t("Stopped")))),
        )

    def _ask_to_remove(self, app: Any) -> None:
        online = app.session.online

        def gone(_: object) -> None:
            app.go("medicines")
            Toast.show(app.t("Removed"))

        def remove() -> None:
            self.send(lambda: online.change("DELETE", f"prescriptions/{self.prescription_id}"), gone)

        Dialog.ask(
            app.t("Remove from my list?"),
            app.t("Its reminders end now. What you took stays in your history."),
            ((app.t("Keep it"), None), (app.t("Remove"), remove)),
        )

    def _change(self, change: str, body: Body, said: str) -> None:
        online, path = App.get_running_app().session.online, f"prescriptions/{self.prescription_id}/{change}"
        self.send(lambda: online.change("POST", path, body), said)


class VersionsPage(FilledPage):
    """What was written when, and why."""

    prescription_id = StringProperty("")
    back_to = StringProperty("prescription")

    def said(self, app: Any) -> object:
        """The versions."""
        one = _held(app, self.prescription_id)
        return one.versions if one else None

    def named(self, app: Any) -> str:
        """The page's name."""
        return str(app.t("Earlier versions"))

    def parts(self, app: Any) -> Iterable[Widget]:
        """Newest first; each leads to what it changed."""
        one = _held(app, self.prescription_id)
        for version in one.versions if one else ():
            number = int(version.get("versionNumber") or 1)
            said = app.t(words.VERSION.get(str(version.get("state")), words.VERSION["APPLIED"]))
            when = app.moment_text(unwire(str(version["createdAt"])))
            leads = (
                (lambda n=number: app.go("changes", prescription_id=one.id, older=n - 1, newer=n))
                if number > 1
                else None
            )
            name = app.t("version {n}", n=app.number(number))
            row = line(f"{name} · {when}", leads, icon="versions", detail=said)
            reason = str(version.get("changeReason") or "")
            yield card(row, *([Text(text=reason)] if reason else []))


class ChangesPage(OnlinePage):
    """What one version changed against another."""

    prescription_id = StringProperty("")
    older: Any = 1
    newer: Any = 2
    back_to = StringProperty("prescription")

    def named(self, app: Any) -> str:
        """The page's name."""
        return str(app.t("What changes"))

    def wants(self, app: Any) -> tuple[str, Body]:
        """The difference of the two."""
        return f"prescriptions/{self.prescription_id}/versions/diff", {"from": self.older, "to": self.newer}

    def rows(self, app: Any, seen: Seen) -> Iterable[Widget]:
        """What comes, what goes, what is otherwise."""
        t = app.t
        for name, title, icon in (("added", "New", "plus"), ("removed", "No longer", "minus")):
            held = seen.data.get(name)
            if isinstance(held, list) and held:
                yield Heading(text=t(words.CHANGE[title]))
                for medicine in held:
                    row = medicine_card(app, medicine, touchable=False)
                    row.edge = app.look.ok if icon == "plus" else app.look.danger
                    yield row
        changed = seen.data.get("changed")
        for one in changed if isinstance(changed, list) else ():
            rows: list[Widget] = [Text(text=with_strength(one.get("medicineName"), one.get("strength")), bold=True)]
            for change in one.get("fields") or ():
                name = t(words.FIELD.get(str(change.get("field")), words.FIELD["other"]))
                rows.append(Fact(text=name, detail=_change_text(t, change)))
            yield card(*rows)
        if not any(seen.data.get(name) for name in ("added", "removed", "changed", "header")):
            yield Note(text=t("The medicines are the same."))


def _change_text(t: Any, change: Body) -> str:
    return str(t("{old}, now {new}", old=_value(t, change.get("old")), new=_value(t, change.get("new"))))


def _value(t: Any, value: object) -> str:
    if isinstance(value, dict):
        meal = t(words.MEAL["BEFORE"]) if value.get("beforeMeal") else ""
        return " ".join(part for part in (str(value.get("amount") or ""), str(value.get("time") or ""), meal) if part)
    if isinstance(value, list):
        return ", ".join(_value(t, one) for one in value) or "–"
    if isinstance(value, bool):
        return str(t("yes") if value else t("no"))
    return "–" if value in {None, ""} else str(value)


def ask_reason(
    app: Any, heading: str, question: str, yes: str, told: Callable[[str], object], *, first: str = ""
) -> Sheet:
    """A sheet that wants a reason in the person's own words."""
    sheet = Sheet(heading=heading)
    field = Field(label=question, multiline=True, text=first)

    def send() -> None:
        if required(field, app.t("Please write a reason.")):
            reason = field.text.strip()
            sheet.dismiss()
            told(reason)

    sheet.fill(field, main(yes, send))
    sheet.open()
    return sheet


def _held(app: Any, prescription_id: str) -> Prescription | None:
    try:
        return app.session.prescription(prescription_id)  # type: ignore[no-any-return]
    except KeyError:
        return None


def _day(app: Any, text: object) -> str:
    try:
        return str(app.day_text(date.fromisoformat(str(text)[:10])))
    except ValueError:
        return str(text)
