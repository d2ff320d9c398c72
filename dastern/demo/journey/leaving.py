"""Journey J: Sokha ends a link, takes her data with her, and leaves."""

import io
import json
from collections.abc import Callable
from datetime import timedelta

from django.core.management import call_command

from apps.users.services import accounts_purge
from apps.users.services.deletion import WAIT
from dastern.core import clock
from dastern.demo.journey.narrator import Narrator
from dastern.demo.journey.person import Person


class Leaving:
    """Told after the other journeys: there is a doctor to part from, and a record to take along."""

    def __init__(
        self,
        narrator: Narrator,
        *,
        sokha: Person,
        dara: Person,
        lim: Person,
        work: Callable[[], None],
    ) -> None:
        self.n, self.sokha, self.dara, self.lim = narrator, sokha, dara, lim
        self._work = work

    def run(self) -> None:
        """The three chapters. Raises Deviation where the platform goes another way."""
        self._part_from_the_doctor()
        self._take_everything_along()
        self._leave()

    def _part_from_the_doctor(self) -> None:
        self.n.chapter("J  Leaving: the doctor's access ends at once")
        link = next(one for one in self.sokha.get("connections/doctors")["items"] if one["status"] == "ACCEPTED")
        seen = self.lim.answer("GET", "adherence/today", patientId=self.sokha.id)
        self.n.expect(seen.status_code, 200, "what Dr Lim sees before")
        self.sokha.patch(f"connections/{link['id']}/revoke", {"reason": "Moving to another province"})
        for path in ("adherence/today", "doses/today", "adherence/calendar", "batch-medication"):
            refused = self.lim.answer("GET", path, patientId=self.sokha.id)
            self.n.expect(refused.status_code, 404, f"{path} for Dr Lim afterwards")
        writing = self.lim.answer("POST", "prescriptions", self._draft())
        self.n.expect(writing.status_code, 403, "prescribing afterwards")
        self._work()
        self.n.tell("Sokha", "ends the link; the very next request of Dr Lim finds nothing")

    def _draft(self) -> dict[str, object]:
        return {
            "patientId": self.sokha.id, "diagnosis": "Hypertension",
            "medications": [
                {
                    "medicineName": "Amlodipine", "strength": "5 mg", "unit": "TABLET", "frequencyType": "DAILY",
                    "duration": 5, "morningDosage": {"amount": "1", "beforeMeal": False},
                }
            ],
        }  # fmt: skip

    def _take_everything_along(self) -> None:
        self.n.chapter("J  Leaving: everything she owns, to take along")
        answer = self.sokha.answer("GET", "users/me/export")
        self.n.expect(answer.status_code, 200, "the export")
        held = json.loads(answer.content)
        self.n.expect(held["profile"]["email"], self.sokha.email, "whose export it is")
        taken = [dose for dose in held["doses"] if dose["status"].startswith("TAKEN")]
        self.n.expect(bool(held["prescriptions"]) and bool(taken), True, "prescriptions and doses are in it")
        others = [mail for mail in (self.dara.email, self.lim.email) if mail in answer.text]
        self.n.expect(others, [], "addresses of others in it")
        paper = self.sokha.answer("GET", "users/me/export", format="pdf")
        self.n.expect(paper.content[:5], b"%PDF-", "the same on paper")
        size = len(paper.content) // 1024
        self.n.tell("Sokha", f"downloads {len(held['doses'])} doses as JSON, and {size} KB of PDF")

    def _leave(self) -> None:
        self.n.chapter("J  Leaving: the account is deleted, after thirty days to think")
        proof = {"password": self.sokha.password}
        asked = self.sokha.answer("DELETE", "users/me", proof)
        self.n.expect(asked.status_code, 200, "asking for deletion")
        self.n.tell("Sokha", f"asks for deletion; everything will be erased on {asked.json()['data']['erasedAt'][:10]}")
        shut = self.sokha.answer("GET", "users/me")
        self.n.expect(shut.status_code, 401, "her own next request")
        hidden = self.dara.answer("GET", "doses/today", patientId=self.sokha.id)
        self.n.expect(hidden.status_code, 404, "what Dara sees at once")
        self.sokha.forget_token()
        sokha = {"identifier": self.sokha.email, **proof}
        kept = self.sokha.answer("POST", "auth/deletion/cancel", sokha)
        self.n.expect(kept.status_code, 200, "changing her mind")
        self.sokha.sign_in()
        self.n.expect(self.sokha.get("users/me")["fullName"], self.sokha.name, "her account, kept")
        self.n.tell("Sokha", "changes her mind and keeps it, then asks again")
        self.sokha.call("DELETE", "users/me", proof)
        early = clock.now() + WAIT - timedelta(minutes=5)
        self.n.expect(sum(accounts_purge(now=early)), 0, "accounts erased before the thirty days are over")
        erased = sum(accounts_purge(now=clock.now() + WAIT))
        self.n.expect(erased >= 1, True, "the nightly job erases it")
        self.sokha.forget_token()
        gone = self.sokha.answer("POST", "auth/login", sokha)
        self.n.expect(gone.status_code, 401, "signing in afterwards")
        names = [one["other"]["fullName"] for one in self.dara.get("connections/patients")["items"]]
        self.n.expect(self.sokha.name in names, False, "Sokha among Dara's people")
        report = io.StringIO()
        call_command("audit_verify", stdout=report)
        self.n.tell("Staff", f"audit_verify: {report.getvalue().strip().splitlines()[-1]}")
        self.n.tell("Sokha", "is gone with her whole record; the log keeps ids that name nobody")
