"""What the screens are given: plain, frozen, already in the person's time zone where they show a time."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from patient.core import dose_rules as rules
from patient.core.amounts import dose_text
from patient.core.clock import unwire, wire
from patient.core.khmer import keep_units

DEFAULT_ZONE = "Asia/Phnom_Penh"
PERIODS = ("MORNING", "NOON", "EVENING", "NIGHT")


@dataclass(frozen=True, slots=True)
class User:
    """Who is signed in."""

    id: str
    name: str
    role: str
    language: str  # km or en


@dataclass(frozen=True, slots=True)
class Dose:
    """A dose as it is shown. Unknown words of a newer server stay in ``body`` untouched."""

    id: str
    patient_id: str | None
    body: dict[str, Any]
    state: rules.DoseState
    unsent: bool

    @property
    def status(self) -> str:
        """The recorded status."""
        return self.state.status

    @property
    def scheduled(self) -> datetime:
        """Planned time, UTC."""
        return self.state.scheduled

    @property
    def period(self) -> str:
        """Time of day the prescriber wrote."""
        return str(self.body.get("timePeriod") or "MORNING")

    @property
    def medication_id(self) -> str:
        """Whose medicine it is."""
        return str(self.body.get("medicationId") or "")

    @property
    def silent(self) -> bool:
        """Whether the medicine's reminder is off for everybody."""
        return self.body.get("reminderEnabled") is False

    @property
    def deadline(self) -> datetime:
        """After this an unrecorded dose counts as not recorded."""
        return self.state.scheduled + self.state.grace

    def names(self, language: str) -> tuple[str, str]:
        """(first line, second line): Khmer first in Khmer; the second may be empty."""
        name, strength = self.body.get("medicationName"), self.body.get("strength")
        return both_names(with_strength(name, strength), self.body.get("medicationNameKhmer"), language)

    def amount(self, language: str) -> str:
        """How much to take, in words of this language; what the server wrote when it sent no number."""
        said = dose_text(self.body.get("amount"), self.body.get("unit"), language)
        return keep_units(said or str(self.body.get("dosage") or ""))

    def not_recorded(self, now: datetime) -> bool:
        """Nobody said anything in time. An inference of this phone, before the server's."""
        return self.status == rules.DUE and now > self.deadline


@dataclass(frozen=True, slots=True)
class Period:
    """One time of day of one day."""

    name: str
    doses: tuple[Dose, ...]

    @property
    def done(self) -> int:
        """How many were taken."""
        return sum(dose.status in rules.TAKEN for dose in self.doses)


@dataclass(frozen=True, slots=True)
class Today:
    """A day of a patient."""

    date: date
    periods: tuple[Period, ...]
    synced_at: datetime | None

    @property
    def doses(self) -> tuple[Dose, ...]:
        """All of them, in order."""
        return tuple(dose for period in self.periods for dose in period.doses)

    def count(self, *statuses: str) -> int:
        """How many doses have one of these statuses."""
        return sum(dose.status in statuses for dose in self.doses)

    @property
    def taken(self) -> int:
        """On time or late."""
        return self.count(*rules.TAKEN)

    @property
    def progress(self) -> float:
        """Taken ÷ planned today, 0–1; 0 on a day without doses."""
        return self.taken / len(self.doses) if self.doses else 0.0


@dataclass(frozen=True, slots=True)
class Prescription:
    """A prescription of the wire (domain.md §2.4)."""

    id: str
    body: dict[str, Any]

    @property
    def status(self) -> str:
        """DRAFT waits for the patient; ACTIVE, PAUSED, INACTIVE."""
        return str(self.body.get("status") or "")

    @property
    def created(self) -> str:
        """When it was written, as the wire says it: sorts as text."""
        return str(self.body.get("createdAt") or "")

    @property
    def title(self) -> str:
        """Its title, else the diagnosis, else the symptoms; may be empty."""
        return str(next(filter(None, map(self.body.get, ("title", "diagnosis", "symptoms"))), ""))

    @property
    def doctor(self) -> str:
        """Who wrote it; empty when the patient did."""
        card = self.body.get("doctor")
        name = card.get("fullName") if isinstance(card, dict) else None
        return str(name or self.body.get("doctorName") or "")

    @property
    def sent_back(self) -> str:
        """What the patient asked to have corrected; empty when nothing is asked."""
        return str(self.body.get("retakeReason") or "") if self.status == "DRAFT" else ""

    @property
    def awaits_answer(self) -> bool:
        """Whether the patient is asked to confirm it now."""
        return self.status == "DRAFT" and not self.sent_back

    @property
    def unread_urgency(self) -> str:
        """Why it was changed urgently; empty when it was not, or when the patient has read it."""
        if not self.body.get("isUrgent") or self.body.get("urgentAcknowledgedAt"):
            return ""
        return str(self.body.get("urgentReason") or "")

    @property
    def medicines(self) -> list[dict[str, Any]]:
        """Its medicines as the wire says them."""
        return _bodies(self.body.get("medications"))

    @property
    def own(self) -> bool:
        """Whether the patient made it: such a one may be changed and removed by them."""
        return not self.body.get("doctorId")

    @property
    def proposal(self) -> dict[str, Any] | None:
        """A change the doctor proposes, which waits for the patient's answer."""
        held = self.body.get("proposal")
        return held if isinstance(held, dict) and held.get("state") == "PROPOSED" else None

    @property
    def versions(self) -> list[dict[str, Any]]:
        """What was written when, newest first."""
        return sorted(_bodies(self.body.get("versions")), key=lambda one: -int(one.get("versionNumber") or 0))


@dataclass(frozen=True, slots=True)
class Medicine:
    """A medicine of a prescription, as the wire says it."""

    body: dict[str, Any]
    prescription: Prescription

    @property
    def id(self) -> str:
        """Its id."""
        return str(self.body.get("id") or "")

    @property
    def needed_only(self) -> bool:
        """Taken only when needed: no schedule."""
        return bool(self.body.get("isPRN")) or self.body.get("frequencyType") == "PRN"

    @property
    def hidden(self) -> bool:
        """Whether it is kept from everybody but its prescriber."""
        return bool(self.body.get("private"))

    @property
    def reminds(self) -> bool:
        """Whether its alarms ring."""
        return self.body.get("reminderEnabled") is not False

    @property
    def unit(self) -> str:
        """What its amounts are counted in."""
        return str(self.body.get("unit") or "OTHER")

    @property
    def stock(self) -> str | None:
        """What the patient said they have, as a decimal text."""
        held = self.body.get("stockCount")
        return None if held in {None, ""} else str(held)

    def names(self, language: str) -> tuple[str, str]:
        """(first line, second line), as for a dose."""
        latin = with_strength(self.body.get("medicineName"), self.body.get("strength"))
        return both_names(latin, self.body.get("medicineNameKhmer"), language)


@dataclass(frozen=True, slots=True)
class Link:
    """A link of the owner's with a caregiver or doctor, or with a patient they help (domain.md §2.3)."""

    id: str
    body: dict[str, Any]

    @property
    def name(self) -> str:
        """The other person's name."""
        other = self.body.get("other")
        return str(other.get("fullName") or "") if isinstance(other, dict) else ""

    @property
    def status(self) -> str:
        """PENDING, ACCEPTED, REJECTED, REVOKED."""
        return str(self.body.get("status") or "")

    @property
    def level(self) -> str:
        """What the other person may do: NOT_ALLOWED, REQUEST, SELECTED, ALLOWED."""
        return str(self.body.get("permissionLevel") or "")

    @property
    def kind(self) -> str:
        """DOCTOR or CAREGIVER."""
        return str(self.body.get("kind") or "")

    @property
    def other_id(self) -> str:
        """The other person."""
        other = self.body.get("other")
        return str(other.get("id") or "") if isinstance(other, dict) else ""

    @property
    def patient_id(self) -> str:
        """Whose data it opens."""
        return str(self.body.get("patientId") or "")

    @property
    def alerts(self) -> bool:
        """Whether missed doses are told."""
        return self.body.get("alertsEnabled") is not False

    @property
    def helps(self) -> bool:
        """Whether the owner is the caregiver (or doctor) of a patient by it, and it stands."""
        return self.status == "ACCEPTED" and not self.about_me

    @property
    def may_mark(self) -> bool:
        """Whether the owner may record doses for the patient."""
        return self.helps and self.level == "ALLOWED" and self.kind == "CAREGIVER"

    @property
    def may_nudge(self) -> bool:
        """Whether the owner may remind the patient."""
        return self.helps and self.level in {"SELECTED", "ALLOWED"} and self.kind == "CAREGIVER"

    @property
    def about_me(self) -> bool:
        """Whether it opens the owner's own data."""
        return self.body.get("mySide") == "PATIENT"

    @property
    def asks_me(self) -> bool:
        """Whether the owner is to answer it."""
        return self.status == "PENDING" and not self.body.get("startedByMe")


@dataclass(frozen=True, slots=True)
class ShareCode:
    """A code that lets somebody ask for a link; it opens nothing by itself."""

    id: str
    code: str
    qr: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Attention:
    """An act the server refused. It stays until the person retries or discards it."""

    local_id: str
    kind: str
    code: str
    at: datetime
    object_id: str | None
    label: dict[str, Any] = field(default_factory=dict)


def _bodies(held: object) -> list[dict[str, Any]]:
    return [one for one in held if isinstance(one, dict)] if isinstance(held, list) else []


def with_strength(name: object, strength: object) -> str:
    """A Latin name as on the box, strength included."""
    return " ".join(str(part) for part in (name, strength) if part)


def both_names(latin: object, khmer: object, language: str) -> tuple[str, str]:
    """(first line, second line) of a medicine's name: Khmer first in Khmer; the second may be empty."""
    in_latin, in_khmer = keep_units(str(latin or "")), keep_units(str(khmer or ""))
    first, second = (in_khmer, in_latin) if language == "km" and in_khmer else (in_latin or in_khmer, in_khmer)
    return first, "" if second == first else second


def dose_of(object_id: str, patient_id: str | None, body: dict[str, Any], *, unsent: bool = False) -> Dose:
    """A dose of the wire (domain.md §2.6 "dose output") as a Dose. Raises ValueError without a readable
    time."""
    return Dose(object_id, patient_id, body, state_of(body), unsent)


def state_of(body: dict[str, Any]) -> rules.DoseState:
    """What the rules need of a dose of the wire."""
    scheduled = unwire(str(body.get("scheduledTime")))
    grace = timedelta(minutes=int(body.get("graceMinutes") or 30))
    half = body.get("halfIntervalMinutes")
    return rules.DoseState(
        scheduled=scheduled,
        grace=grace,
        status=str(body.get("status") or rules.DUE),
        taken_at=_time(body.get("takenAt")),
        skip_reason=body.get("skipReason") or None,
        early=bool(body.get("early")),
        possible_double=bool(body.get("possibleDouble")),
        snoozed_until=_time(body.get("snoozedUntil")),
        snooze_count=int(body.get("snoozeCount") or 0),
        recorded_by=body.get("recordedById"),
        half_interval=timedelta(minutes=int(half)) if half else timedelta(hours=12),
    )


def body_with(body: dict[str, Any], state: rules.DoseState) -> dict[str, Any]:
    """A dose of the wire in which the rules' part is replaced; everything else stays as the server sent
    it."""
    return {
        **body,
        "status": state.status,
        "takenAt": wire(state.taken_at) if state.taken_at else None,
        "skipReason": state.skip_reason,
        "early": state.early,
        "possibleDouble": state.possible_double,
        "snoozedUntil": wire(state.snoozed_until) if state.snoozed_until else None,
        "snoozeCount": state.snooze_count,
        "recordedById": state.recorded_by,
    }


def _time(value: object) -> datetime | None:
    return unwire(value) if isinstance(value, str) and value else None


def zone_named(name: str | None) -> ZoneInfo:
    """A time zone, or Cambodia's when the name is unknown here."""
    try:
        return ZoneInfo(name or DEFAULT_ZONE)
    except (KeyError, ValueError, OSError):
        return ZoneInfo(DEFAULT_ZONE)
