"""The story: B a doctor prescribes, C an urgent change, D days offline, E the family, H and I readings, J leaving."""

import io
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

from django.core.management import call_command
from patient.core.clock import FunctionClock
from patient.core.dose_rules import TAKEN
from patient.core.models import Dose
from patient.core.session import End, PatientSession

from dastern.core import clock
from dastern.core.localtime import DEFAULT_ZONE, at, local_date
from dastern.demo.journey.leaving import Leaving
from dastern.demo.journey.narrator import Narrator
from dastern.demo.journey.person import Person
from dastern.demo.journey.readings import Readings
from dastern.demo.medicines import AMLODIPINE, METFORMIN, METFORMIN_STRONGER

TEN_DAYS = {"duration": 10}


class Walk:
    """One run of the story with people of its own.

    ``work`` makes the background workers do now what they would do within the next minute; ``folder`` holds the
    phone's own SQLite file.
    """

    def __init__(
        self,
        base_url: str,
        people: dict[str, tuple[str, str]],
        *,
        folder: Path,
        narrator: Narrator,
        work: Callable[[], None],
    ) -> None:
        languages = {"Sokha": "km", "Dara": "en", "Dr Lim": "en", "Vanna": "en"}
        self.n = narrator
        self._work = work
        self.sokha, self.dara, self.lim, self.vanna = (
            Person(base_url, name, *people[name], language=language) for name, language in languages.items()
        )
        self.phone = PatientSession(base_url, folder / "sokha.db", FunctionClock(clock.now))
        self.prescription_id = ""
        self.today = local_date(clock.now(), DEFAULT_ZONE)

    def run(self) -> None:
        """The whole story. Raises Deviation where the platform goes another way."""
        try:
            self._morning()
            self._doctor_prescribes()
            self._daughter_connects()
            self._first_doses()
            self._urgent_change()
            self._days_offline()
            self._family_alert()
            self._readings()
            self._who_saw_it()
            Leaving(self.n, sokha=self.sokha, dara=self.dara, lim=self.lim, work=self._work).run()
        finally:
            self.phone.close()

    # --- time -----------------------------------------------------------------------------------------------------

    def _until(self, day: int, hour: int, minute: int) -> None:
        """Move the platform's clock to a local time of the story's day ``day`` and let the workers work."""
        wanted = at(self.today + timedelta(days=day), time(hour, minute), DEFAULT_ZONE)
        clock.move(wanted - clock.now())
        self._work()

    def _morning(self) -> None:
        now = clock.now()
        if now > at(self.today, time(6), DEFAULT_ZONE):
            self.today += timedelta(days=1)
        self._until(0, 6, 0)

    # --- B --------------------------------------------------------------------------------------------------------

    def _doctor_prescribes(self) -> None:
        self.n.chapter("B  A doctor prescribes")
        for person in (self.sokha, self.dara, self.lim, self.vanna):
            person.sign_in()
        self.phone.sign_in(self.sokha.email, self.sokha.password)
        self.n.tell("Sokha", "signs in on her phone")
        found = self.sokha.get("connections/doctors/search", query=self.lim.name)["items"]
        self.n.expect(self.lim.id in [doctor["id"] for doctor in found], True, "Sokha finds her doctor")
        link = self.sokha.post(
            "connections", {"targetUserId": self.lim.id, "permissionLevel": "ALLOWED", "message": "Follow-up"}
        )
        self.n.tell("Sokha", "asks Dr Lim to be her doctor and may be shown everything")
        refused = self.lim.answer("POST", "prescriptions", self._draft())
        self.n.expect(refused.status_code, 403, "prescribing before the link is accepted")
        self.lim.patch(f"connections/{link['id']}/accept")
        self.n.tell("Dr Lim", "accepts")
        made = self.lim.post("prescriptions", self._draft())
        self.prescription_id = made["id"]
        self.n.expect(made["status"], "DRAFT", "a new prescription")
        self.n.tell("Dr Lim", "prescribes Amlodipine 5 mg and Metformin 500 mg")
        self._work()
        self._sync()
        held = self._phone_prescription()
        self.n.expect(held["status"], "DRAFT", "the phone's copy")
        self.n.tell("Sokha", f"sees it on her phone: {len(held['medications'])} medicines, to be confirmed")
        self.phone.ask_to_correct_prescription(self.prescription_id, "My name for it is Glucophage")
        self._work()
        self.n.expect(len(self.lim.notifications("PRESCRIPTION_UPDATE")) >= 1, True, "the doctor hears of the request")
        self.n.tell("Dr Lim", "is asked to correct it, adds a note")
        current = self.lim.get(f"prescriptions/{self.prescription_id}")
        changed = self.lim.patch(
            f"prescriptions/{self.prescription_id}",
            {
                "clinicalNote": "Metformin is sold as Glucophage as well.",
                "changeReason": "Brand name added",
                "updatedAt": current["updatedAt"],
            },
        )
        self.n.expect(changed["currentVersion"], 2, "the version after the correction")
        self.phone.confirm_prescription(self.prescription_id)
        self.n.expect(self._phone_prescription()["status"], "ACTIVE", "after confirming")
        doses = self.phone.today().doses
        self.n.expect([self._clock_of(dose) for dose in doses], ["07:00", "07:00", "18:00"], "today's doses")
        alarms = self.phone.plan_reminders()
        self.n.expect(len(alarms) > 0, True, "alarms are planned")
        self.n.tell("Sokha", f"confirms; her phone shows {len(doses)} doses today and plans {len(alarms)} alarms")

    def _draft(self) -> dict[str, Any]:
        return {
            "patientId": self.sokha.id,
            "diagnosis": "Hypertension, type 2 diabetes",
            "startDate": self.today.isoformat(),
            "medications": [AMLODIPINE | TEN_DAYS, METFORMIN | TEN_DAYS],
        }

    # --- E, first half ---------------------------------------------------------------------------------------------

    def _daughter_connects(self) -> None:
        self.n.chapter("E  The family: a code, a request, an approval")
        code = self.sokha.post(
            "connections/tokens/generate",
            {
                "permissionLevel": "SELECTED",
                "scope": {"prescriptionIds": [self.prescription_id], "adherence": True},
            },
        )
        self.n.tell("Sokha", f"shows her daughter the code {code['token']}")
        link = self.dara.post("connections/tokens/consume", {"token": code["token"]})
        hidden = self.dara.answer("GET", "doses/today", patientId=self.sokha.id)
        self.n.expect(hidden.status_code, 404, "what Dara sees before Sokha approved")
        self.sokha.patch(
            f"connections/{link['id']}/accept",
            {
                "permissionLevel": "SELECTED",
                "scope": {"prescriptionIds": [self.prescription_id], "adherence": True},
            },
        )
        self.n.expect(self.dara.get("doses/today", patientId=self.sokha.id)["total"], 3, "what Dara sees now")
        self.n.tell("Dara", "sees her mother's three doses of today")

    def _first_doses(self) -> None:
        self._until(0, 7, 5)
        for dose in self._doses(0, "07:00"):
            self.phone.take(dose.id)
        self._sync()
        seen = self.dara.get("doses/today", patientId=self.sokha.id)
        self.n.expect((seen["taken"], seen["due"]), (2, 1), "taken and due, as Dara sees it")
        self.n.tell("Sokha", "takes both morning doses; Dara sees two of three taken")

    # --- C --------------------------------------------------------------------------------------------------------

    def _urgent_change(self) -> None:
        self.n.chapter("C  An urgent change")
        self._until(0, 9, 0)
        current = self.lim.get(f"prescriptions/{self.prescription_id}")
        changed = self.lim.post(
            f"prescriptions/{self.prescription_id}/urgent-update",
            {
                "urgentReason": "Blood sugar too high this morning",
                "medications": [AMLODIPINE | TEN_DAYS, METFORMIN_STRONGER | TEN_DAYS],
                "updatedAt": current["updatedAt"],
            },
        )
        self.n.expect(changed["currentVersion"], 3, "the version after the urgent change")
        self._work()
        alerts = self.sokha.notifications("URGENT_PRESCRIPTION_CHANGE")
        self.n.expect(len(alerts), 1, "urgent alerts to Sokha")
        self.n.tell("Sokha", f"is told at once: {alerts[0]['message']}")
        self._sync()
        evening = self._doses(0, "18:00")
        self.n.expect(len(evening), 1, "evening doses after the change")
        strengths = {one["id"]: one["strength"] for one in self._phone_prescription()["medications"]}
        self.n.expect(strengths.get(evening[0].medication_id), "850 mg", "the strength of the evening dose")
        taken = [dose for dose in self.phone.today().doses if dose.status in TAKEN]
        self.n.expect(len(taken), 2, "the morning's doses stay recorded")
        self.n.tell("Sokha", "sees Metformin 850 mg for the evening; the morning's record stands")

    # --- D --------------------------------------------------------------------------------------------------------

    def _days_offline(self) -> None:
        self.n.chapter("D  Three days without network")
        self._until(0, 17, 0)
        self.phone.set_offline(True)
        self.n.tell("Sokha", "travels to her village; the phone has no network")
        self.n.expect(len(self._alerts()), 0, "alerts before anything was missed")
        self._take_offline(0, "18:00", 18, 5)
        self._until(0, 19, 10)
        self.n.expect(len(self._alerts()), 1, "alerts about the evening")
        self.n.tell("Dara", "is told that the evening dose was not recorded: nobody knows better yet")
        self._take_offline(1, "07:00", 7, 10)
        self._take_offline(1, "18:00", 18, 2)
        self._take_offline(2, "18:00", 18, 20)
        self._until(3, 6, 0)
        self.n.expect(self.phone.status().waiting, 5, "acts that wait on the phone")
        self.phone.set_offline(False)
        self._sync()
        self.n.expect(self.phone.needs_attention(), [], "acts that the server refused")
        self._work()
        statuses = self._history()
        self.n.expect(
            statuses,
            {
                (0, "07:00"): ["TAKEN_ON_TIME", "TAKEN_ON_TIME"],
                (0, "18:00"): ["TAKEN_ON_TIME"],
                (1, "07:00"): ["TAKEN_ON_TIME", "TAKEN_ON_TIME"],
                (1, "18:00"): ["TAKEN_ON_TIME"],
                (2, "07:00"): ["MISSED", "MISSED"],
                (2, "18:00"): ["TAKEN_ON_TIME"],
            },
            "the record after the sync",
        )
        self.n.tell("Sokha", "is back in town; everything she did counts at the time she did it")
        told = self._corrections()
        self.n.expect(len(told), 1, "messages that the doses were taken after all")
        self.n.tell("Dara", f"reads: {told[0]['message']}")

    def _take_offline(self, day: int, clock_time: str, hour: int, minute: int) -> None:
        self._until(day, hour, minute)
        for dose in self._doses(day, clock_time):
            self.phone.take(dose.id)
            self.n.tell("Sokha", f"takes {dose.names('en')[0]}; the phone keeps it")
        self.n.expect(self.phone.sync_now().end, End.OFFLINE, "a sync without network")

    def _history(self) -> dict[tuple[int, str], list[str]]:
        items = self.sokha.get("doses/history", start=self.today.isoformat(), limit=100)["items"]
        found: dict[tuple[int, str], list[str]] = {}
        for item in items:
            moment = datetime.fromisoformat(item["scheduledTime"]).astimezone(UTC)
            if moment < clock.now():
                day = (local_date(moment, DEFAULT_ZONE) - self.today).days
                found.setdefault((day, item["reminderTime"]), []).append(item["status"])
        return found

    # --- E, second half --------------------------------------------------------------------------------------------

    def _family_alert(self) -> None:
        self.n.chapter("E  The family: a missed dose")
        before = len(self._alerts())
        self._until(3, 8, 5)
        self._work()
        self._work()
        alerts = self._alerts()
        self.n.expect(len(alerts) - before, 1, "alerts about this morning")
        self.n.tell("Dara", f"is alerted, once: {alerts[0]['message']}")
        dose = self._doses(3, "07:00")[0]
        nudge = self.dara.post("connections/nudge", {"patientId": self.sokha.id, "doseId": dose.id})
        self.n.expect(nudge["remainingNudges"], 1, "nudges left")
        self._work()
        self.n.expect(len(self.sokha.notifications("FAMILY_ALERT")) >= 1, True, "Sokha gets the nudge")
        self.n.tell("Dara", "nudges her mother")
        self.sokha.post(
            "connections/nudge/respond",
            {"caregiverId": self.dara.id, "doseId": dose.id, "response": "ម៉ាក់លេបឥឡូវ"},
        )
        self._until(3, 8, 20)
        self._sync()
        self.phone.take(dose.id, confirmed=True)
        self._sync()
        self._work()
        self.n.expect(self.phone.dose(dose.id).status, "TAKEN_LATE", "the dose taken at 08:20")
        notes = self.dara.notifications("FAMILY_ALERT")
        self.n.expect(any("ម៉ាក់លេបឥឡូវ" in note["message"] for note in notes), True, "Dara gets the answer")
        self.n.tell("Sokha", "answers and takes it, late; Dara is told")
        self.n.expect(len(self._alerts()) - before, 1, "still one alert")
        self.n.expect(len(self._corrections()), 2, "corrections, one more")

    # --- H, and the call of I -------------------------------------------------------------------------------------

    def _readings(self) -> None:
        Readings(
            self.n,
            sokha=self.sokha,
            dara=self.dara,
            lim=self.lim,
            vanna=self.vanna,
            until=lambda hour, minute: self._until(3, hour, minute),
            work=self._work,
        ).run()

    # --- who saw it -------------------------------------------------------------------------------------------------

    def _who_saw_it(self) -> None:
        self.n.chapter("Who saw my data?")
        denied = self.vanna.answer("GET", f"prescriptions/{self.prescription_id}")
        self.n.expect(denied.status_code, 404, "what a stranger gets")
        self.lim.get(f"prescriptions/{self.prescription_id}")
        entries = self.sokha.get("audit/my-data", limit=100)["items"]
        names = {entry["who"] for entry in entries}
        self.n.expect({self.lim.name, self.dara.name, self.vanna.name} <= names, True, "who is named")
        outcomes = {entry["outcome"] for entry in entries if entry["who"] == self.vanna.name}
        self.n.expect(outcomes, {"DENIED"}, "the stranger's try")
        for entry in entries[:4]:
            self.n.tell("Sokha", f"reads: {entry['who']}: {entry['what']} ({entry['outcome'].lower()})")
        self._work()
        report = io.StringIO()
        call_command("audit_verify", stdout=report)
        self.n.tell("Staff", f"audit_verify: {report.getvalue().strip().splitlines()[-1]}")

    def _alerts(self) -> list[dict[str, Any]]:
        """What Dara was told of doses that nobody recorded."""
        notes = self.dara.notifications("MISSED_DOSE_ALERT")
        return [note for note in notes if "taken after all" not in note["title"]]

    def _corrections(self) -> list[dict[str, Any]]:
        """What Dara was told of doses that were taken after all."""
        notes = self.dara.notifications("MISSED_DOSE_ALERT")
        return [note for note in notes if "taken after all" in note["title"]]

    # --- the phone --------------------------------------------------------------------------------------------------

    def _sync(self) -> None:
        self.n.expect(self.phone.sync_now().end, End.SYNCED, "the phone's sync")

    def _phone_prescription(self) -> dict[str, Any]:
        body: dict[str, Any] = self.phone.prescription(self.prescription_id).body
        return body

    def _clock_of(self, dose: Dose) -> str:
        local = dose.scheduled.astimezone(self.phone.repo.zone())
        return f"{local:%H:%M}"

    def _doses(self, day: int, clock_time: str) -> list[Dose]:
        shown = self.phone.today(self.today + timedelta(days=day))
        return [dose for dose in shown.doses if self._clock_of(dose) == clock_time]
