"""Prescriptions in words, for pages: what a row of the template shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from apps.medications.choices import FrequencyType, TimePeriod
from apps.medications.rules.formatting import dose_text, strength_text
from apps.prescriptions.rules import FieldChange, SnapshotDiff

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
