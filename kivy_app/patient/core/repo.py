"""Questions the screens ask of the store. Works without network, always."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from patient.core import dose_rules as rules
from patient.core import regimen
from patient.core.clock import ServerTime, unwire, wire
from patient.core.models import PERIODS, Dose, Link, Medicine, Period, Prescription, Today, dose_of, zone_named
from patient.core.prn import Taken, decimal
from patient.core.store import DOSES, Body, Store, Stored

_HISTORY = timedelta(days=2)
_ONE = Decimal(1)
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Stock:
    """What is left of a medicine, and for how many days; None for one without a daily amount."""

    left: Decimal
    days: int | None


class Repo:
    """Reads of one owner."""

    def __init__(self, store: Store, time: ServerTime) -> None:
        self._store = store
        self._time = time
        self._kept: dict[str, tuple[int, Any]] = {}

    def _remembered(self, what: str, resource: str, read: Callable[[], _T]) -> _T:
        """What ``read`` gives, read again only after a write to the resource: screens ask for the same many times."""
        version = self._store.version(resource)
        held = self._kept.get(what)
        if held is None or held[0] != version:
            held = self._kept[what] = (version, read())
        found: _T = held[1]
        return found

    def profile(self) -> Body:
        """The owner's profile as last pulled; empty before the first pull."""
        found = self._store.find("profile")
        return found[0].body if found else {}

    def settings(self) -> Stored | None:
        """The owner's settings object, when there is one."""
        found = self._store.find("settings")
        return found[0] if found else None

    def zone(self) -> ZoneInfo:
        """The zone that decides what "today" is: the patient's, not the phone's."""
        settings = self.settings()
        name = self.profile().get("timezone") or (settings.body.get("timezone") if settings else None)
        return zone_named(name)

    def local_today(self) -> date:
        """The patient's local day now."""
        return self._time.now().astimezone(self.zone()).date()

    def dose(self, dose_id: str) -> Dose | None:
        """One dose."""
        stored = self._store.get(DOSES, dose_id)
        return _dose(stored) if stored else None

    def doses(self, since: datetime, until: datetime, patient_id: str | None = None) -> list[Dose]:
        """Doses planned from ``since`` (included) to ``until`` (excluded), in order."""
        found = self._store.find(DOSES, since=since, until=until, patient_id=patient_id or self._store.owner)
        return [dose for dose in map(_dose, found) if dose is not None]

    def today(self, day: date | None = None, *, patient_id: str | None = None) -> Today:
        """A local day by times of day; ``patient_id`` is the owner unless a caregiver looks at somebody
        else's."""
        zone = self.zone()
        day = day or self.local_today()
        start = datetime.combine(day, time(), zone)
        end = datetime.combine(day + timedelta(days=1), time(), zone)
        doses = self.doses(start, end, patient_id)
        order = {name: place for place, name in enumerate(PERIODS)}
        doses.sort(key=lambda dose: (order.get(dose.period, len(order)), dose.scheduled, dose.id))
        periods = tuple(Period(name, tuple(group)) for name, group in groupby(doses, key=lambda dose: dose.period))
        return Today(day, periods, self.synced_at())

    def synced_at(self) -> datetime | None:
        """When the last complete run ended."""
        text = self._store.value("synced_at")
        return unwire(text) if text else None

    def around(self, dose: Dose) -> rules.Neighbours:
        """The medicine's latest intake before now and its next plan after this dose, from what the phone
        holds."""
        near = self._near(dose)
        taken = [other.state.taken_at for other in near if other.id != dose.id and other.state.taken_at]
        later = [other.scheduled for other in near if other.scheduled > dose.scheduled]
        return rules.Neighbours(max(taken, default=None), min(later, default=None))

    def with_interval(self, dose: Dose) -> rules.DoseState:
        """The dose's state with its half interval: the server's when it sent one, else from the neighbours
        here."""
        if dose.body.get("halfIntervalMinutes"):
            return dose.state
        half = rules.half_interval(other.scheduled for other in self._near(dose))
        return replace(dose.state, half_interval=half)

    def _near(self, dose: Dose) -> list[Dose]:
        doses = self.doses(dose.scheduled - _HISTORY, dose.scheduled + _HISTORY, dose.patient_id)
        return [other for other in doses if other.medication_id == dose.medication_id]

    def prescriptions(self) -> list[Prescription]:
        """The owner's prescriptions: drafts first, then what runs, then the rest; newest first within each."""
        return list(self._remembered("prescriptions", "prescriptions", self._prescriptions))

    def _prescriptions(self) -> list[Prescription]:
        held = [
            Prescription(stored.id, stored.body)
            for stored in self._store.find("prescriptions", patient_id=self._store.owner)
        ]
        held.sort(key=lambda one: one.created, reverse=True)
        order = {"DRAFT": 0, "ACTIVE": 1, "PAUSED": 2}
        return sorted(held, key=lambda one: order.get(one.status, len(order)))

    def prescriptions_of(self, patient_id: str) -> list[Prescription]:
        """What a caregiver may see of somebody else's prescriptions."""
        return [Prescription(one.id, one.body) for one in self._store.find("prescriptions", patient_id=patient_id)]

    def medicines(self) -> list[Medicine]:
        """The medicines of prescriptions that run or pause, by name."""
        return list(self._remembered("medicines", "prescriptions", self._medicines))

    def _medicines(self) -> list[Medicine]:
        held = [
            Medicine(body, one)
            for one in self.prescriptions()
            if one.status in {"ACTIVE", "PAUSED"}
            for body in one.medicines
        ]
        return sorted(held, key=lambda one: str(one.body.get("medicineName") or "").casefold())

    def medicine(self, medicine_id: str) -> Medicine | None:
        """One medicine, whatever became of its prescription."""
        for one in self.prescriptions():
            for body in one.medicines:
                if body.get("id") == medicine_id:
                    return Medicine(body, one)
        return None

    def intakes(self, medicine_id: str, since: datetime) -> list[Taken]:
        """What was swallowed of a medicine since then, planned or when needed: a decimal amount each."""
        taken = [
            Taken(unwire(str(stored.body["takenAt"])), decimal(stored.body.get("amount")) or _ONE)
            for stored in self._store.find("prnIntakes", since=since, patient_id=self._store.owner)
            if stored.body.get("medicationId") == medicine_id
        ]
        for dose in self.doses(since - _HISTORY, self._time.now() + _HISTORY):
            if dose.medication_id == medicine_id and dose.state.taken_at and dose.state.taken_at >= since:
                amount = dose.body.get("amountTaken") or dose.body.get("amount")
                taken.append(Taken(dose.state.taken_at, decimal(amount) or _ONE))
        return sorted(taken, key=lambda one: one.at)

    def needed_log(self, medicine_id: str) -> list[Stored]:
        """Intakes of a medicine taken when needed, newest first."""
        held = self._store.find("prnIntakes", patient_id=self._store.owner)
        return [one for one in held if one.body.get("medicationId") == medicine_id][::-1]

    def last_taken(self, patient_id: str) -> Dose | None:
        """The patient's newest intake of a planned dose that this phone knows of."""
        now = self._time.now()
        taken = [one for one in self.doses(now - _HISTORY, now + _HISTORY, patient_id) if one.state.taken_at]
        return max(taken, key=lambda one: one.state.taken_at or now, default=None)

    def stock_left(self, medicine: Medicine) -> Stock | None:
        """What should be left of a medicine: what the patient said, less what was taken since this phone heard it."""
        said = decimal(medicine.stock)
        if said is None:
            return None
        key = f"stock:{medicine.id}"
        held = self._store.value(key)
        if held is None or held["count"] != str(said):
            held = {"count": str(said), "at": wire(self._time.now())}
            self._store.remember(key, held)
        since = unwire(held["at"])
        used = sum((one.amount for one in self.intakes(medicine.id, since) if one.at > since), Decimal(0))
        left = max(Decimal(0), said - used)
        daily = regimen.a_day(medicine.body)
        return Stock(left, int(left / daily) if daily else None)

    def links(self) -> list[Link]:
        """The owner's links that stand or wait: what waits for the owner first, then by name."""
        return list(self._remembered("links", "connections", self._links))

    def _links(self) -> list[Link]:
        held = [Link(stored.id, stored.body) for stored in self._store.find("connections")]
        shown = [link for link in held if link.status in {"PENDING", "ACCEPTED"}]
        return sorted(shown, key=lambda link: (not link.asks_me, link.status != "PENDING", link.name))

    def objects(self, resource: str) -> list[Stored]:
        """The owner's objects of a resource."""
        return self._store.find(resource, patient_id=self._store.owner)

    def subscription(self) -> Body:
        """The owner's plan as last pulled; empty before the first pull."""
        found = self._store.find("subscription")
        return found[0].body if found else {}

    def notifications(self) -> list[Stored]:
        """The owner's notifications, newest first."""
        read = lambda: self._store.find("notifications")[::-1]  # noqa: E731 (one line)
        return list(self._remembered("notifications", "notifications", read))


def _dose(stored: Stored) -> Dose | None:
    try:
        return dose_of(stored.id, stored.patient_id, stored.body, unsent=stored.unsent)
    except ValueError:
        return None  # without a readable time there is nothing to show; the object stays in the store untouched
