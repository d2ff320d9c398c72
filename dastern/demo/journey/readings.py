"""Journey H and the call of journey I: a reading that alerts, a look that is seen, a call for help without network."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

from dastern.core import clock
from dastern.core.localtime import iso, phnom_penh
from dastern.demo.journey.narrator import Narrator
from dastern.demo.journey.person import Person

_PRESSURE = {"vitalType": "BLOOD_PRESSURE", "value": "165", "valueSecondary": "100", "unit": "mmHg"}
_WAITED = timedelta(minutes=25)


class Readings:
    """Sokha measures her blood pressure and, later, falls; her doctor and her daughter hear of both.

    ``until(hour, minute)`` moves the platform's clock within the day of the story and lets the workers work.
    """

    def __init__(
        self,
        narrator: Narrator,
        *,
        sokha: Person,
        dara: Person,
        lim: Person,
        vanna: Person,
        until: Callable[[int, int], None],
        work: Callable[[], None],
    ) -> None:
        self.n, self.sokha, self.dara, self.lim, self.vanna = narrator, sokha, dara, lim, vanna
        self._until, self._work = until, work

    def run(self) -> None:
        """Both chapters. Raises Deviation where the platform goes another way."""
        self._reading()
        self._call()

    def _reading(self) -> None:
        self.n.chapter("H  A reading of 165/100")
        self._until(9, 0)
        link = next(one for one in self.sokha.get("connections/caregivers")["items"] if one["status"] == "ACCEPTED")
        self.sokha.patch(
            f"connections/{link['id']}/permission",
            {"permissionLevel": "SELECTED", "scope": link["scope"] | {"vitals": True}},
        )
        self.n.tell("Sokha", "shows her daughter her vital signs too")
        made = self.sokha.post("health-monitoring/vitals", _PRESSURE)
        alert = made["alert"]
        self.n.expect((alert["severity"], alert["advice"]), ("HIGH", "CONTACT_DOCTOR"), "the alert of 165/100")
        self.n.tell("Sokha", f"measures 165/100 and reads: {alert['adviceText']} {alert['note']}")
        self._work()
        [told] = self._about(self.dara, "VITAL_ANOMALY", alert)
        [khmer] = self._about(self.lim, "VITAL_ANOMALY", alert)
        self.n.expect("needs attention now" in told["title"], True, "Dara's alert in English")
        self.n.expect("សម្ពាធឈាម" in khmer["message"], True, "Dr Lim's alert in Khmer")
        self.n.expect("165" in told["message"] + khmer["message"], False, "the reading on a lock screen")
        self.n.tell("Dara", f"reads: {told['message']}")
        self.n.tell("Dr Lim", f"reads: {khmer['message']}")
        refused = self.vanna.answer("GET", f"health-monitoring/trends/{self.sokha.id}", vitalType="BLOOD_PRESSURE")
        self.n.expect(refused.status_code, 404, "what a stranger sees of it")
        trend = self.lim.get(f"health-monitoring/trends/{self.sokha.id}", vitalType="BLOOD_PRESSURE")
        self.n.expect([point["maxValue"] for point in trend["data"]], ["165"], "the trend that Dr Lim opens")
        closed = self.lim.patch(f"health-monitoring/alerts/{alert['id']}/resolve")
        self.n.expect((closed["isResolved"], closed["resolvedById"]), (True, self.lim.id), "the alert afterwards")
        looks = [
            entry
            for entry in self.sokha.get("audit/my-data", limit=100)["items"]
            if entry["who"] == self.lim.name and entry["resourceType"] == "vitals" and entry["outcome"] == "ALLOWED"
        ]
        self.n.expect(len(looks), 1, "Dr Lim's look in Sokha's log")
        self.n.tell("Sokha", f"sees who looked: {looks[0]['who']}: {looks[0]['what']}")

    def _call(self) -> None:
        self.n.chapter("I  A call for help without network")
        self._until(10, 0)
        pressed = clock.now()
        self.n.tell("Sokha", "falls and holds the SOS button; the phone has no network, offers to dial, keeps the call")
        act = {
            "localId": str(uuid4()), "kind": "sos.raised", "patientId": self.sokha.id, "objectId": None,
            "at": iso(pressed), "recordedAt": iso(pressed), "data": {"message": "ខ្ញុំដួល"},
        }  # fmt: skip
        clock.move(_WAITED)
        body = {"deviceId": "sokha-phone", "sentAt": iso(clock.now()), "acts": [act]}
        [sent] = self.sokha.post("sync/push", body)["results"]
        self.n.expect((sent["outcome"], sent["object"]["occurredAt"]), ("APPLIED", iso(pressed)), "the queued call")
        self.n.expect(sent["object"]["notifiedCount"], 2, "how many are called")
        self._work()
        alert = sent["object"]
        clock_time = f"{phnom_penh(pressed):%H:%M}"
        for person in (self.dara, self.lim):
            [told] = self._about(person, "EMERGENCY_ALERT", alert)
            self.n.expect(clock_time in told["message"], True, f"the real time in {person.name}'s alert")
            self.n.tell("Dara" if person is self.dara else "Dr Lim", f"reads: {told['message']}")
        [asked] = self._about(self.sokha, "EMERGENCY_ALERT", alert)
        self.n.expect(asked["data"].get("question"), "STILL_NEED_HELP", "what Sokha is asked")
        self.dara.patch(f"health-monitoring/alerts/{alert['id']}/acknowledge")
        seen = self.sokha.get(f"health-monitoring/alerts/{alert['id']}")["seenBy"]
        self.n.expect([one["id"] for one in seen], [self.dara.id], "who has seen the call")
        self.n.tell("Sokha", f"sees that {seen[0]['name']} has seen it")
        self.sokha.patch(f"health-monitoring/alerts/{alert['id']}/resolve")
        self._work()
        self.n.expect(len(self._about(self.dara, "EMERGENCY_ALERT", alert)), 2, "Dara's messages about the call")
        self.n.tell("Dara", "is told that her mother is safe")

    def _about(self, person: Person, kind: str, alert: dict[str, Any]) -> list[dict[str, Any]]:
        """What a person was told of one alert, newest first."""
        return [note for note in person.notifications(kind) if note["data"].get("alertId") == alert["id"]]
