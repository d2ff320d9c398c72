"""Readings, alerts and calls for help of one owner: kept at once, sent when there is a network (domain.md §2.13)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from patient.core import health
from patient.core.clock import ServerTime, unwire, wire
from patient.core.health import Person, Vital
from patient.core.outbox import Outbox
from patient.core.repo import Repo
from patient.core.store import Body, Store, Stored

# A call for help that could not leave for this long is asked about before it goes (domain.md §7.6).
STILL_NEEDED = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Call:
    """A call for help: not sent, sent, or seen by people."""

    id: str
    at: datetime
    sent: bool
    told: int
    seen_by: tuple[str, ...]
    resolved: bool

    @property
    def nobody(self) -> bool:
        """Sent, and there was nobody to tell."""
        return self.sent and self.told == 0


class Care:
    """What the health screens ask and record."""

    def __init__(self, owner: str, store: Store, outbox: Outbox, repo: Repo, time: ServerTime) -> None:
        self._owner, self._store, self._outbox, self._repo, self._time = owner, store, outbox, repo, time

    # ── readings

    def vitals(
        self, kind: str | None = None, *, since: datetime | None = None, patient_id: str | None = None
    ) -> list[Vital]:
        """Readings, newest first."""
        held = self._store.find("vitals", since=since, patient_id=patient_id or self._owner)
        found = [Vital(one.id, one.body, one.unsent) for one in held]
        return [one for one in found if kind in {None, one.kind} and one.kind in health.KINDS][::-1]

    def latest(self) -> dict[str, Vital]:
        """The newest reading of each type."""
        found: dict[str, Vital] = {}
        for vital in self.vitals():
            found.setdefault(vital.kind, vital)
        return found

    def person(self) -> Person:
        """The owner, as the severity table asks for them."""
        return health.person_of(self._repo.profile(), self.profile(), self._repo.local_today())

    def profile(self) -> Body:
        """Allergies, conditions, pregnancy, people to call."""
        held = self._store.find("healthProfile", patient_id=self._owner) or self._store.find("healthProfile")
        return held[0].body if held else {}

    def ranges(self) -> dict[str, Body]:
        """The effective range of each type; empty before the first pull."""
        held = self._store.find("thresholds", patient_id=self._owner)
        rows = held[0].body.get("thresholds") if held else None
        return {str(row["vitalType"]): row for row in rows} if isinstance(rows, list) else {}

    def judge(self, kind: str, value: Decimal, second: Decimal | None) -> tuple[str | None, str | None]:
        """(severity, advice) of a reading, as the server will say it."""
        person = self.person()
        grave = health.severity(kind, value, second, person, self.ranges().get(kind))
        return grave, health.advice(kind, grave, value, person)

    def record(
        self, kind: str, value: Decimal, second: Decimal | None, *, typed: str, unit: str, notes: str = ""
    ) -> str:
        """Keep a reading (already checked, in the kept unit); ``typed`` and ``unit`` are what was written."""
        grave, _ = self.judge(kind, value, second)
        data: Body = {"vitalType": kind, "value": typed, "unit": unit, "source": "manual"}
        if second is not None:
            data["valueSecondary"] = health.plain(second)
        if notes:
            data["notes"] = notes
        shown = {
            **data, "value": health.plain(value), "unit": health.KINDS[kind].unit, "severity": grave,
            "isAbnormal": grave is not None, "measuredAt": wire(self._time.now()),
        }  # fmt: skip
        return self._outbox.add(
            "vital.recorded",
            patient_id=self._owner,
            resource="vitals",
            object_id=None,
            data=data,
            creates=shown,
            label={"medicationName": Vital("", shown, unsent=True).text()},
        )

    # ── alerts

    def alerts(self, patient_id: str | None = None) -> list[Stored]:
        """Open alerts of readings, gravest first."""
        held = self._store.find("alerts", patient_id=patient_id or self._owner)
        shown = [one for one in held if not one.body.get("isResolved") and one.body.get("alertType") != health.SOS]
        order = {name: place for place, name in enumerate(reversed(health.SEVERITIES))}
        return sorted(shown, key=lambda one: order.get(str(one.body.get("severity")), len(order)))

    def calls_of(self, patient_id: str) -> list[Stored]:
        """Open calls for help of somebody the owner helps."""
        held = self._store.find("alerts", patient_id=patient_id)
        return [one for one in held if one.body.get("alertType") == health.SOS and not one.body.get("isResolved")]

    def resolve(self, alert_id: str, patient_id: str | None = None) -> str:
        """It is dealt with; for a call for help: "I am safe"."""
        return self._outbox.add(
            "alert.resolved", patient_id=patient_id or self._owner, resource="alerts", object_id=alert_id, data={}
        )

    # ── calls for help

    def call_for_help(self, message: str) -> str:
        """Keep a call; it leaves with the next run of the synchroniser. A second one within a minute joins the first
        on the server."""
        shown: Body = {
            "alertType": health.SOS, "severity": "CRITICAL", "message": message, "isResolved": False, "seenBy": [],
            "notifiedCount": 0, "occurredAt": wire(self._time.now()),
        }  # fmt: skip
        data: Body = {"message": message} if message else {}
        return self._outbox.add(
            "sos.raised", patient_id=self._owner, resource="alerts", object_id=None, data=data, creates=shown
        )

    def call(self) -> Call | None:
        """The newest call for help that is not over."""
        held = [
            one
            for one in self._store.find("alerts", patient_id=self._owner)
            if one.body.get("alertType") == health.SOS and not one.body.get("isResolved")
        ]
        if not held:
            return None
        newest = max(held, key=lambda one: str(one.body.get("occurredAt") or ""))
        seen = newest.body.get("seenBy")
        return Call(
            id=newest.id,
            at=unwire(str(newest.body["occurredAt"])),
            sent=not newest.unsent,
            told=int(newest.body.get("notifiedCount") or 0),
            seen_by=tuple(str(one.get("name")) for one in seen) if isinstance(seen, list) else (),
            resolved=False,
        )

    def take_back_call(self, call_id: str) -> bool:
        """Withdraw a call that never left. False when it is on its way already: then it is resolved instead."""
        return self._outbox.withdraw(call_id)
