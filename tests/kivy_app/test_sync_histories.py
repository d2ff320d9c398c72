"""Two phones, a bad network, wrong clocks, other people: the same end state, nothing lost, nothing twice."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from patient.core.clock import ManualClock, wire

from tests.kivy_app.history import DOSES, Step, histories, run
from tests.kivy_app.reference import ReferenceServer

MORNING = datetime(2026, 11, 24, 0, 0, tzinfo=UTC)  # 07:00 in Phnom Penh


class ReferenceWorld:
    """The reference model with one patient."""

    def __init__(self) -> None:
        self.clock = ManualClock(MORNING)
        self.server = ReferenceServer(self.clock)
        self.endpoint = self.server
        person = self.server.person("sokha")
        self.login = ("sokha", "right")
        self.patient = person.id
        self.dara = self.server.person("dara")
        self.prn = "m-prn"
        self.doses = [self.server.add_dose(person.id, MORNING + timedelta(hours=2 * n)) for n in range(DOSES)]

    def other_person_takes(self, dose_id: str, at: datetime) -> None:
        """A caregiver's online tap goes the way of every act, but is no phone's."""
        act = {
            "localId": f"online-{len(self.server.answers)}", "kind": "dose.taken", "patientId": self.patient,
            "objectId": dose_id, "at": wire(at), "recordedAt": wire(at), "data": {},
        }  # fmt: skip
        self.server._apply(self.dara, act, timedelta(), "browser")

    def withdraw(self, dose_id: str) -> None:
        """Take it off the schedule."""
        self.server.withdraw(dose_id)

    def sweep_missed(self) -> None:
        """Run the job."""
        self.server.sweep_missed()

    def new_dose(self) -> None:
        """One more."""
        self.doses.append(
            self.server.add_dose(self.patient, self.clock.now() + timedelta(hours=1, minutes=len(self.doses)))
        )

    def distrust_history(self) -> None:
        """As after a restored backup."""
        self.server.restore_backup()

    def expire_access(self) -> None:
        """All tokens are old."""
        self.server.expire_access()

    def truth(self) -> dict[tuple[str, str], dict[str, Any]]:
        """The patient's objects."""
        return {
            key: body
            for key, body in self.server.objects.items()
            if self.server.owner_of[key] == self.patient and key[0] in {"doses", "prnIntakes"}
        }

    def answered(self) -> dict[str, str]:
        """Outcomes by local id."""
        return {key[1]: answer["outcome"] for key, (_, answer) in self.server.answers.items()}


@given(histories)
@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_two_phones_end_in_the_servers_state(history: tuple[timedelta, timedelta, list[Step]]) -> None:
    run(ReferenceWorld(), history)
