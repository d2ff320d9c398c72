"""Prescriptions in words, for pages: what a row of the template shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from apps.audit.choices import AuditAction
from apps.connections.choices import PermissionLevel
from apps.doctor_dashboard.choices import TimelineKind
from apps.doctor_dashboard.selectors.timeline import Event
from apps.doses.choices import DoseSource, DoseStatus, SkipReason
from apps.medications.choices import FrequencyType, TimePeriod
from apps.medications.rules.formatting import dose_text, strength_text
from apps.medications.rules.regimen import clock_of, period_of
from apps.prescriptions.choices import VersionState
from apps.prescriptions.rules import FieldChange, SnapshotDiff
from dastern.core.localtime import local_time
from dastern.core.localtime import zone as zone_of

_FIELD_NAMES = {
    "title": _("Title"), "symptoms": _("Symptoms"), "diagnosis": _("Diagnosis"), "clinicalNote": _("Note"),
    "doctorName": _("Doctor"), "followUpDate": _("Follow-up visit"), "startDate": _("Start"), "endDate": _("End"),
    "medicineName": _("Medicine"), "medicineNameKhmer": _("Khmer name"), "strength": _("Strength"),
    "unit": _("Unit"), "form": _("Form"), "dosageAmount": _("Amount"), "instructions": _("Instructions"),
    "morningDosage": _("Morning"), "daytimeDosage": _("Noon"), "nightDosage": _("Evening"),
    "customTimes": _("Other times"), "frequency": _("Frequency"), "timing": _("Meal"),
    "frequencyType": _("Days"), "intervalDays": _("Every … days"), "weekdays": _("Weekdays"),
    "duration": _("For … days"), "ongoing": _("Long-term"), "quantity": _("Quantity"), "isPRN": _("Only when needed"),
    "prnMaxPerDay": _("At most a day"), "prnMinIntervalHours": _("Hours between"), "startsOn": _("From"),
}  # fmt: skip
_WEEKDAYS = (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))
_SLOTS = (
    ("morningDosage", TimePeriod.MORNING),
    ("daytimeDosage", TimePeriod.NOON),
    ("nightDosage", TimePeriod.EVENING),
)


@dataclass(frozen=True, slots=True)
class Intake:
    """One intake of a day: when, how much, before the meal or not."""

    when: str
    amount: str
    before_meal: bool


@dataclass(frozen=True, slots=True)
class MedicineLine:
    """One medicine as it is read: the name as on the box and its strength are never shortened."""

    name: str
    khmer_name: str
    strength: str
    intakes: tuple[Intake, ...]
    days: str
    length: str
    instructions: str
    private: bool


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """One difference of two versions."""

    what: str
    old: str
    new: str


def medicine_line(medicine: Mapping[str, Any]) -> MedicineLine:
    """A medicine of the wire in words of the active language."""
    return MedicineLine(
        name=str(medicine["medicineName"]),
        khmer_name=str(medicine["medicineNameKhmer"]),
        strength=strength_text(str(medicine["strength"])),
        intakes=tuple(_intakes(medicine)),
        days=_days(medicine),
        length=_length(medicine),
        instructions=str(medicine["instructions"]),
        private=bool(medicine["private"]),
    )


def _amount(medicine: Mapping[str, Any], amount: Any, unit: str | None = None) -> str:
    return dose_text(Decimal(str(amount)), unit or str(medicine["unit"]), get_language() or "km")


def _intakes(medicine: Mapping[str, Any]) -> list[Intake]:
    found = []
    for name, period in _SLOTS:
        slot = medicine[name]
        if slot:
            amount = _amount(medicine, slot["amount"], slot["unit"])
            when = f"{period.label} {slot['time']}" if slot["time"] else str(period.label)
            found.append(Intake(when, " ".join(filter(None, (amount, slot["extra"]))), slot["beforeMeal"]))
    for extra in medicine["customTimes"]:
        when = gettext("Bedtime") if extra["time"] == "21:00" else extra["time"]
        found.append(Intake(when, _amount(medicine, extra["amount"]), extra["beforeMeal"]))
    return found


def _days(medicine: Mapping[str, Any]) -> str:
    kind = FrequencyType(medicine["frequencyType"])
    if kind is FrequencyType.EVERY_N_DAYS:
        return gettext("Every %(count)s days") % {"count": medicine["intervalDays"]}
    if kind is FrequencyType.WEEKDAYS:
        return ", ".join(str(_WEEKDAYS[day - 1]) for day in medicine["weekdays"])
    if kind is FrequencyType.PRN and medicine["prnMaxPerDay"]:
        most = _amount(medicine, medicine["prnMaxPerDay"])
        return gettext("Only when needed, at most %(amount)s a day") % {"amount": most}
    return str(kind.label)


def _length(medicine: Mapping[str, Any]) -> str:
    if medicine["ongoing"]:
        return gettext("Long-term")
    if medicine["duration"] is None:
        return ""
    return gettext("%(count)s days") % {"count": medicine["duration"]}


def change_lines(diff: SnapshotDiff) -> list[ChangeLine]:
    """What differs between two versions, header first, in words of the active language."""
    lines = [_change(change, str(_FIELD_NAMES.get(change.field, change.field))) for change in diff.header]
    lines += [ChangeLine(_name(medicine), "—", gettext("added")) for medicine in diff.added]
    lines += [ChangeLine(_name(medicine), gettext("in force"), gettext("removed")) for medicine in diff.removed]
    for medicine in diff.changed:
        for field in medicine.fields:
            label = str(_FIELD_NAMES.get(field.field, field.field))
            lines.append(_change(field, f"{medicine.medicine_name}: {label}"))
    return lines


def _name(medicine: Mapping[str, Any]) -> str:
    return f"{medicine['medicineName']} {strength_text(str(medicine['strength']))}".strip()


def _change(change: FieldChange, what: str) -> ChangeLine:
    return ChangeLine(what, _value(change.old), _value(change.new))


def _value(value: Any) -> str:
    match value:
        case None | "" | []:
            return "—"
        case bool():
            return gettext("yes") if value else gettext("no")
        case {"amount": amount, **rest}:
            meal = f" {gettext('before the meal')}" if rest.get("beforeMeal") else ""
            clock = f" {rest['time']}" if rest.get("time") else ""
            return f"{amount}{clock}{meal}"
        case list():
            return ", ".join(_value(inner) for inner in value)
        case _:
            return str(value)


# --- the chart ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DoseLine:
    """One dose of a day: what, when, what became of it, and who said so."""

    name: str
    amount: str
    planned: str
    status: str
    status_text: str
    taken: str
    source: str
    remarks: tuple[str, ...]


def dose_line(dose: Mapping[str, Any], people: Mapping[UUID, str], zone: str) -> DoseLine:
    """A dose of the wire in words of the active language."""
    remarks = [gettext("offline, sent later")] if dose["wasOffline"] and dose["source"] != DoseSource.OFFLINE else []
    if dose["possibleDouble"]:
        remarks.append(gettext("one dose or two?"))
    if dose["skipReason"]:
        remarks.append(str(SkipReason(dose["skipReason"]).label))
    source = str(DoseSource(dose["source"]).label) if dose["source"] else ""
    who = people.get(UUID(dose["recordedById"])) if dose["recordedById"] else None
    taken = dose["takenAt"]
    return DoseLine(
        name=" ".join(filter(None, (dose["medicationName"], strength_text(str(dose["strength"]))))),
        amount=str(dose["dosage"]),
        planned=str(dose["reminderTime"]),
        status=str(dose["status"]),
        status_text=str(DoseStatus(dose["status"]).label),
        taken=f"{local_time(datetime.fromisoformat(taken), zone):%H:%M}" if taken else "",
        source=f"{source} ({who})" if who and dose["source"] == DoseSource.CAREGIVER else source,
        remarks=tuple(remarks),
    )


@dataclass(frozen=True, slots=True)
class SlotLine:
    """One medicine in one slot of the day."""

    name: str
    khmer_name: str
    amount: str
    detail: str


def by_slot(medicines: Sequence[Mapping[str, Any]]) -> list[tuple[str, list[SlotLine]]]:
    """The medicines in force by time of day, as the patient takes them; those for when needed at the end."""
    slots: dict[str, list[SlotLine]] = {}
    for medicine in medicines:
        line = medicine_line(medicine)
        detail = " · ".join(filter(None, (line.days, line.length, gettext("paused") if medicine["paused"] else "")))
        name = f"{line.name} {line.strength}".strip()
        if not line.intakes:
            slots.setdefault("PRN", []).append(SlotLine(name, line.khmer_name, "", detail))
        for period, intake in zip(_periods(medicine), line.intakes, strict=True):
            meal = gettext("before the meal") if intake.before_meal else ""
            told = SlotLine(name, line.khmer_name, intake.amount, " · ".join(filter(None, (meal, detail))))
            slots.setdefault(period, []).append(told)
    names = {**{str(period): str(period.label) for period in TimePeriod}, "PRN": gettext("Only when needed")}
    return [(names[key], slots[key]) for key in names if key in slots]


def _periods(medicine: Mapping[str, Any]) -> list[str]:
    found = [str(period) for name, period in _SLOTS if medicine[name]]
    return found + [period_of(clock_of(extra["time"])) for extra in medicine["customTimes"]]


@dataclass(frozen=True, slots=True)
class EventLine:
    """One line of the timeline."""

    at: datetime
    kind: str
    kind_text: str
    text: str
    detail: str
    prescription_id: UUID | None
    version: int | None
    grave: bool


def event_line(event: Event, zone: str) -> EventLine:
    """An event in words of the active language, at the patient's clock."""
    facts = event.facts
    text, detail, grave = "", "", False
    match event.kind:
        case TimelineKind.DOSE:
            text = f"{facts['medicine']}: {DoseStatus(facts['status']).label}"
            parts = [str(SkipReason(facts["reason"]).label) if facts["reason"] else ""]
            parts.append(str(DoseSource(facts["source"]).label) if facts["source"] else "")
            detail = " · ".join(filter(None, parts))
            grave = facts["status"] == DoseStatus.MISSED
        case TimelineKind.PRESCRIPTION:
            version = gettext("Version %(number)s") % {"number": facts["version"]}
            text = f"{facts['prescription']} · {version}: {VersionState(facts['state']).label}"
            detail = " · ".join(filter(None, (facts["author"], facts["reason"])))
            grave = bool(facts["urgent"])
        case TimelineKind.CONSENT:
            text = str(AuditAction(facts["action"]).label)
            level = facts["level"]
            detail = str(PermissionLevel(level).label) if level in PermissionLevel.values else ""
        case TimelineKind.NOTE:
            text = str(facts["content"])
    return EventLine(
        at=event.at.astimezone(zone_of(zone)),
        kind=event.kind,
        kind_text=str(TimelineKind(event.kind).label),
        text=text,
        detail=detail,
        prescription_id=facts.get("prescriptionId"),
        version=facts.get("version"),
        grave=grave,
    )
