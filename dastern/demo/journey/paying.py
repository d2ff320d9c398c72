"""The story G: the limit is reached, a plan is chosen, its QR is paid in the bank app, the plan changes by itself."""

import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import requests

from dastern.core import clock
from dastern.core.localtime import DEFAULT_ZONE, local_date
from dastern.demo.journey.narrator import Deviation, Narrator
from dastern.demo.journey.person import Person
from dastern.demo.medicines import VITAMIN_C

_PATIENCE = 60.0
_EVERY = 0.5
_PAYER = "sokha@abaa"


class Paying:
    """One run of the story with people of its own. ``bank_url`` is the simulated bank, where the QR is paid."""

    def __init__(self, base_url: str, bank_url: str, people: dict[str, tuple[str, str]], *, narrator: Narrator) -> None:
        self.n = narrator
        self._bank = bank_url.rstrip("/")
        languages = {"Sokha": "km", "Dara": "en", "Vanna": "en"}
        self.sokha, self.dara, self.vanna = (
            Person(base_url, name, *people[name], language=language) for name, language in languages.items()
        )

    def run(self) -> None:
        """The whole story. Raises Deviation where the platform goes another way."""
        self.n.chapter("G  Paying")
        for person in (self.sokha, self.dara, self.vanna):
            person.sign_in()
        self._the_limit()
        self._premium()
        self._family()

    def _the_limit(self) -> None:
        self.n.expect(self._add("Vitamins").status_code, 201, "a first prescription of her own")
        refused = self._add("More vitamins")
        self.n.expect((refused.status_code, refused.json()["code"]), (403, "PLAN_LIMIT"), "a second one")
        self.n.tell("Sokha", f"is at the limit of the free plan: {refused.json()['message']}")

    def _add(self, title: str) -> requests.Response:
        body = {
            "title": title,
            "startDate": local_date(clock.now(), DEFAULT_ZONE).isoformat(),
            "medications": [VITAMIN_C | {"duration": 10}],
        }
        return self.sokha.answer("POST", "prescriptions/patient", body)

    def _premium(self) -> None:
        plans = {plan["tier"]: plan["prices"] for plan in self.sokha.get("payments/plans")["plans"]}
        made = self._choose("PREMIUM", plans["PREMIUM"]["USD"])
        self.n.expect(self._plan()["tier"], "FREEMIUM", "the plan before paying")
        stranger = self.vanna.answer("GET", f"payments/status/{made['md5Hash']}")
        self.n.expect(stranger.status_code, 404, "a stranger asking about her payment")
        seen = self._pay(made)
        self.n.tell(
            "Sokha", f"scans it with her bank app: {seen['merchant_name']}, {seen['amount']} {seen['currency']}"
        )
        seconds = self._wait(lambda: self._status(made)["status"] == "COMPLETED", "the payment to count")
        self.n.expect(self._plan()["tier"], "PREMIUM", "the plan after paying")
        self.n.tell("Sokha", f"has Premium {seconds:.0f} seconds after paying, until {self._plan()['expiresAt'][:10]}")
        self.n.expect(self._add("More vitamins").status_code, 201, "the second prescription now")

    def _family(self) -> None:
        end = self._plan()["expiresAt"]
        made = self._choose("FAMILY_PREMIUM", "0.50")
        self.n.expect(made["kind"], "UPGRADE", "what the bigger plan is now")
        self.n.tell("Sokha", "closes the app; the QR is paid from her daughter's phone")
        self._pay(made)
        # nobody asks about the payment: the payment node tells by itself
        seconds = self._wait(lambda: self._plan()["tier"] == "FAMILY_PREMIUM", "the plan to change by itself")
        self.n.expect(self._plan()["expiresAt"], end, "the end after an upgrade")
        self.n.tell("Sokha", f"has the family plan {seconds:.0f} seconds later, with the same end")
        self.sokha.post("subscriptions/family/add", {"memberId": self.dara.id})
        [offer] = self.dara.get("subscriptions/family")["invitations"]
        self.n.expect(self.dara.get("subscriptions/me")["effectiveTier"], "FREEMIUM", "the plan before agreeing")
        self.dara.post("subscriptions/family/accept", {"invitationId": offer["invitationId"]})
        self.n.expect(self.dara.get("subscriptions/me")["effectiveTier"], "PREMIUM", "the plan of a seat")
        self.n.tell("Dara", f"takes the seat that {offer['from']} offers her")
        states = [item["status"] for item in self.sokha.get("payments/history")["items"]]
        self.n.expect(states, ["COMPLETED", "COMPLETED"], "her payments")

    def _choose(self, tier: str, amount: str) -> dict[str, Any]:
        """Choose a plan with a double tap: one payment comes of it."""
        taps = [self._tap(tier, key) for key in [str(uuid4())] * 2]
        self.n.expect(taps[0], taps[1], "what two taps make")
        self.n.expect(taps[0]["amount"], amount, f"the price of {tier}")
        self.n.tell("Sokha", f"chooses {tier}: a QR over {amount} USD appears")
        return taps[0]

    def _tap(self, tier: str, key: str) -> dict[str, Any]:
        answer = self.sokha.answer("POST", "subscriptions/upgrade", {"tier": tier}, headers={"Idempotency-Key": key})
        if not answer.ok:
            raise Deviation(f"choosing {tier} answered {answer.status_code} {answer.text[:300]}")
        data: dict[str, Any] = answer.json()["data"]
        return data

    def _pay(self, made: dict[str, Any]) -> dict[str, Any]:
        """The bank app: scan the QR, see whom and how much, pay."""
        seen: dict[str, Any] = self._at_bank("scan", {"qr": made["qrCode"]})
        self._at_bank("pay", {"qr": made["qrCode"], "from": _PAYER})
        return seen

    def _at_bank(self, act: str, body: dict[str, Any]) -> Any:
        answer = requests.post(f"{self._bank}/_sim/{act}", json=body, timeout=10)
        if not answer.ok:
            raise Deviation(f"the bank app's {act} answered {answer.status_code} {answer.text[:300]}")
        return answer.json()

    def _status(self, made: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = self.sokha.get(f"payments/status/{made['md5Hash']}")
        return found

    def _plan(self) -> dict[str, Any]:
        found: dict[str, Any] = self.sokha.get("subscriptions/me")
        return found

    @staticmethod
    def _wait(is_done: Callable[[], bool], what: str) -> float:
        """Seconds until ``is_done``. Raises Deviation after a minute."""
        started = time.monotonic()
        while not is_done():
            if time.monotonic() - started > _PATIENCE:
                raise Deviation(f"waited {_PATIENCE:.0f} seconds in vain for {what}")
            time.sleep(_EVERY)
        return time.monotonic() - started
