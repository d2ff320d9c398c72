"""Prescriptions on the paper of the export."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_noop

from apps.medications.choices import FrequencyType, TimePeriod
from apps.medications.rules.formatting import dose_text, strength_text
from apps.prescriptions.choices import PrescriptionSource, PrescriptionStatus, VersionState
from apps.users.bilingual import both, labelled
from apps.users.models import User
from apps.users.registry import Heading, Sheet

Rows = Callable[[UUID], Iterable[Mapping[str, Any]]]
_SLOTS = (
    ("morningDosage", TimePeriod.MORNING),
    ("daytimeDosage", TimePeriod.NOON),
    ("nightDosage", TimePeriod.EVENING),
)


def prescriptions_sheet(rows: Rows) -> Sheet:
    """Each prescription with its header and the medicines in force."""

    def lines(user: User) -> Iterator[str | Heading]:
        for row in rows(user.id):
            name = row["title"] or row["diagnosis"] or row["symptoms"]
            yield Heading(f"{row['startDate']} · {name} · {both(PrescriptionStatus(row['status']).label)}")
            yield labelled(
                {
                    gettext_noop("Source"): both(PrescriptionSource(row["source"]).label),
                    gettext_noop("Doctor"): row["doctor"]["fullName"] if row["doctor"] else row["doctorName"],
                    gettext_noop("Symptoms"): row["symptoms"],
                    gettext_noop("Diagnosis"): row["diagnosis"],
                    gettext_noop("Note"): row["clinicalNote"],
                    gettext_noop("Follow-up visit"): row["followUpDate"],
                    gettext_noop("Last day"): row["lastDay"],
                    gettext_noop("Version"): row["currentVersion"],
                }
            )
            yield from map(medicine_line, row["medications"])

    return Sheet(gettext_noop("Prescriptions"), lines, rank=10)


def medicine_line(medicine: Mapping[str, Any]) -> str:
    """A medicine of the wire in one line, in both languages; its name and strength are never shortened."""
    names = " / ".join(name for name in (medicine["medicineName"], medicine["medicineNameKhmer"]) if name)
    days = f"{medicine['duration']} {both(gettext_noop('days'))}" if medicine["duration"] else ""
    parts = [
        f"{names} {strength_text(medicine['strength'])}".strip(),
        *_intakes(medicine),
        both(FrequencyType(medicine["frequencyType"]).label),
        both(gettext_noop("Long-term")) if medicine["ongoing"] else days,
        medicine["instructions"],
    ]
    return " · ".join(part for part in parts if part)


def _intakes(medicine: Mapping[str, Any]) -> Iterator[str]:
    for name, period in _SLOTS:
        slot = medicine[name]
        if slot:
            when = f"{both(period.label)} {slot['time'] or ''}".strip()
            yield f"{when} {_amount(slot['amount'], slot['unit'] or medicine['unit'])} {slot['extra'] or ''}".strip()
    for extra in medicine["customTimes"]:
        yield f"{extra['time']} {_amount(extra['amount'], medicine['unit'])}"


def _amount(amount: str, unit: str) -> str:
    told = [dose_text(Decimal(amount), unit, language) for language in ("km", "en")]
    return told[0] if told[0] == told[1] else " / ".join(told)


def versions_sheet(rows: Rows) -> Sheet:
    """Each version in a line, with the medicines it named."""

    def lines(user: User) -> Iterator[str]:
        for row in rows(user.id):
            medicines = ", ".join(
                f"{medicine['medicineName']} {strength_text(medicine['strength'])}".strip()
                for medicine in row["medications"]
            )
            state = both(VersionState(row["state"]).label)
            parts = [row["createdAt"][:10], f"v{row['versionNumber']}", state, medicines, row["changeReason"]]
            yield " · ".join(part for part in parts if part)

    return Sheet(gettext_noop("Versions of prescriptions"), lines, rank=30)
