"""Who may see this person's data: links, requests, and the codes that start them. Online only: the server is the one
place where this is decided (domain.md §2.3)."""

from collections.abc import Callable

from patient.core.api import Api
from patient.core.clock import unwire
from patient.core.models import Link, ShareCode
from patient.core.repo import Repo
from patient.core.store import Body
from patient.core.sync import Report

_MOST_PRESCRIPTIONS = 100


def code_of(text: str) -> str:
    """The eight characters of a code, from what was typed, pasted or scanned (``dastern:connect:K7MQ2XHP``)."""
    return "".join(part for part in text.strip().rsplit(":", 1)[-1].upper() if part.isalnum())


class People:
    """The links of one owner. Every write raises Refused, NoNetwork, ServerBusy or SignInNeeded, and is followed by a
    run of the synchroniser, so that the store holds what it led to."""

    def __init__(self, api: Api, repo: Repo, sync: Callable[[], Report]) -> None:
        self._api, self._repo, self._sync = api, repo, sync

    def links(self) -> list[Link]:
        """Links that stand or wait for an answer, from the store."""
        return self._repo.links()

    def share_code(self, level: str) -> ShareCode:
        """A code for somebody who shall get this level once they asked and were accepted."""
        data = self._api.call("POST", "connections/tokens/generate", self._level(level))
        return ShareCode(str(data["id"]), str(data["token"]), str(data["qrPayload"]), unwire(str(data["expiresAt"])))

    def withdraw_code(self, code: ShareCode) -> None:
        """Make an unused code useless before its time."""
        self._api.call("DELETE", f"connections/tokens/{code.id}")

    def accept(self, link_id: str, level: str) -> Report:
        """Say yes to a request; the level is the patient's to decide."""
        return self._change(link_id, "accept", self._level(level))

    def reject(self, link_id: str) -> Report:
        """Say no to a request."""
        return self._change(link_id, "reject", {})

    def end(self, link_id: str) -> Report:
        """Take back what a link opened; it acts at once."""
        return self._change(link_id, "revoke", {})

    def set_level(self, link_id: str, level: str) -> Report:
        """Change what a link opens; the patient's side only."""
        return self._change(link_id, "permission", self._level(level))

    def set_alerts(self, link_id: str, *, enabled: bool) -> Report:
        """Whether missed doses are told by this link."""
        return self._change(link_id, "alerts", {"enabled": enabled})

    def look_at_code(self, code: str) -> Body:
        """Whose code it is, and what it would open: {patientName, permissionLevel, expiresAt}."""
        return self._api.call("POST", "connections/tokens/validate", {"token": code_of(code)})

    def use_code(self, code: str) -> Report:
        """Ask for the link the code offers; the patient still has to say yes."""
        self._api.call("POST", "connections/tokens/consume", {"token": code_of(code)})
        return self._sync()

    def ask_doctor(self, doctor_id: str, level: str) -> Report:
        """Ask a doctor to connect; the level is what they get when they accept."""
        self._api.call("POST", "connections", {"targetUserId": doctor_id, "targetRole": "DOCTOR", **self._level(level)})
        return self._sync()

    def nudge(self, patient_id: str, dose_id: str) -> int:
        """Remind a patient of a dose. Returns how many reminders are left for it."""
        told = self._api.call("POST", "connections/nudge", {"patientId": patient_id, "doseId": dose_id})
        return int(told.get("remainingNudges") or 0)

    def _change(self, link_id: str, change: str, body: Body) -> Report:
        self._api.call("PATCH", f"connections/{link_id}/{change}", body)
        return self._sync()

    def _level(self, level: str) -> Body:
        """A level for the wire. SELECTED means here: the prescriptions there are now, and how regularly they are
        taken."""
        body: Body = {"permissionLevel": level}
        if level == "SELECTED":
            held = [one.id for one in self._repo.prescriptions()[:_MOST_PRESCRIPTIONS]]
            body["scope"] = {"prescriptionIds": held, "adherence": True}
        return body
