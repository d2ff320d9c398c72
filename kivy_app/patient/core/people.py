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
