"""Vital signs, alerts and the health profile on the paper of the export."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_noop

from apps.health_monitoring.choices import AlertSeverity, AlertType, AllergySeverity, BloodType, VitalType
from apps.users.bilingual import both, labelled, stamp
from apps.users.models import User
from apps.users.registry import Heading, Sheet

Rows = Callable[[UUID], Iterable[Mapping[str, Any]]]
_NBSP = "\u00a0"


def vitals_sheet(rows: Rows) -> Sheet:
    """Every reading, by kind: when, how much, marked where it was outside the range."""

    def lines(user: User) -> Iterator[str | Heading]:
        kinds: dict[str, list[str]] = {}
        units: dict[str, str] = {}
        for row in rows(user.id):
            second = f"/{row['valueSecondary']}" if row["valueSecondary"] else ""
            mark = "!" if row["isAbnormal"] else ""
            at = stamp(datetime.fromisoformat(row["measuredAt"]), user.timezone).replace(" ", _NBSP)
            units[row["vitalType"]] = row["unit"]
            kinds.setdefault(row["vitalType"], []).append(f"{at}{_NBSP}{row['value']}{second}{mark}")
        for kind, readings in kinds.items():
            yield Heading(f"{both(VitalType(kind).label)} ({units[kind]})")
            yield "   ".join(readings)

    return Sheet(gettext_noop("Vital signs"), lines, rank=40)


def alerts_sheet(rows: Rows) -> Sheet:
    """Each alert in a line."""

    def lines(user: User) -> Iterator[str]:
        for row in rows(user.id):
            kind = both(VitalType(row["vitalType"]).label) if row["vitalType"] else ""
            at = stamp(datetime.fromisoformat(row["occurredAt"]), user.timezone)
            level = both(AlertSeverity(row["severity"]).label)
            parts = (at, both(AlertType(row["alertType"]).label), kind, level)
            yield " · ".join(part for part in parts if part)

    return Sheet(gettext_noop("Alerts"), lines, rank=42)


def profile_sheet(rows: Rows) -> Sheet:
    """Allergies first, then the rest of the profile."""

    def lines(user: User) -> Iterator[str]:
        for row in rows(user.id):
            for allergy in row["allergies"]:
                severity = both(AllergySeverity(allergy["severity"]).label)
                parts = (f"{both(gettext_noop('Allergy'))}: {allergy['substance']}", allergy["reaction"], severity)
                yield " · ".join(part for part in parts if part)
            if row["noKnownAllergies"]:
                yield both(gettext_noop("No known allergies"))
            for condition in row["conditions"]:
                name = f"{both(gettext_noop('Condition'))}: {condition['name']}"
                yield " · ".join(part for part in (name, condition["since"], condition["note"]) if part)
            yield labelled(
                {
                    gettext_noop("Blood type"): BloodType(row["bloodType"]).label if row["bloodType"] else "",
                    gettext_noop("Pregnant since"): row["pregnantSince"],
                    gettext_noop("Due date"): row["pregnancyDue"],
                    gettext_noop("Pregnancy ended"): row["pregnancyEnded"],
                    gettext_noop("Breast-feeding since"): row["breastfeedingSince"],
                    gettext_noop("Breast-feeding until"): row["breastfeedingUntil"],
                }
            )
            for contact in row["emergencyContacts"] or []:
                label = both(gettext_noop("Emergency contact"))
                parts = (f"{label}: {contact['name']}", contact["phoneNumber"], contact["relationship"])
                yield " · ".join(part for part in parts if part)

    return Sheet(gettext_noop("Health profile"), lines, rank=5)
