"""Doses and intakes on the paper of the export."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from itertools import groupby
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_noop

from apps.doses.choices import DoseSource, DoseStatus, SkipReason
from apps.medications.choices import MedicineUnit
from apps.medications.rules.formatting import amount_text, dose_text, strength_text
from apps.users.bilingual import both, stamp
from apps.users.models import User
from apps.users.registry import Heading, Sheet

Rows = Callable[[UUID], Iterable[Mapping[str, Any]]]


@lru_cache(maxsize=512)
def _amount(amount: str, unit: str) -> str:
    told = [dose_text(Decimal(amount), unit, language) for language in ("km", "en")]
    return told[0] if told[0] == told[1] else " / ".join(told)


def _medicine(row: Mapping[str, Any]) -> str:
    names = " / ".join(name for name in (row["medicationName"], row["medicationNameKhmer"]) if name)
    return f"{names} {strength_text(row['strength'])}".strip()


def _moment(text: str | None, zone: str) -> str:
    return stamp(datetime.fromisoformat(text), zone) if text else ""


# A year has more doses than anybody reads in whole lines, so a dose is a few signs that the legend explains.
_SIGNS = {
    DoseStatus.TAKEN_ON_TIME: "T",
    DoseStatus.TAKEN_LATE: "L",
    DoseStatus.MISSED: "M",
    DoseStatus.SKIPPED: "S",
    DoseStatus.DUE: "D",
}
_SOURCES = {DoseSource.SELF: "s", DoseSource.CAREGIVER: "c", DoseSource.OFFLINE: "o", DoseSource.SYSTEM: "x"}
_NBSP = "\u00a0"


def doses_sheet(rows: Rows) -> Sheet:
    """Every dose, by month and medicine: day, plan, amount, what became of it and when, who said so."""

    def lines(user: User) -> Iterator[str | Heading]:
        signs = [*_SIGNS.items(), *_SOURCES.items()]
        yield " · ".join(f"{sign} = {both(choice.label)}" for choice, sign in signs)
        for month, of_month in groupby(rows(user.id), key=lambda dose: dose["localDate"][:7]):
            medicines: dict[str, list[Mapping[str, Any]]] = {}
            for dose in of_month:
                medicines.setdefault(_medicine(dose), []).append(dose)
            for name, doses in medicines.items():
                yield Heading(f"{month} · {name} · {both(MedicineUnit(doses[0]['unit']).label)}")
                yield "   ".join(_day(day, list(found), user.timezone) for day, found in groupby(doses, key=_date_of))
                yield from (_why(dose) for dose in doses if dose["skipReason"])

    return Sheet(gettext_noop("Doses"), lines, rank=20)


def _date_of(dose: Mapping[str, Any]) -> str:
    return str(dose["localDate"])


def _day(day: str, doses: Iterable[Mapping[str, Any]], zone: str) -> str:
    return _NBSP.join([f"{day[8:]}:", *(_signs(dose, zone) for dose in doses)])


def _signs(dose: Mapping[str, Any], zone: str) -> str:
    taken = _moment(dose["takenAt"], zone)
    when = taken[11:] if taken[:10] == dose["localDate"] else taken.replace(" ", _NBSP)
    source = _SOURCES[DoseSource(dose["source"])] if dose["source"] else ""
    amount = _number(dose["amount"]) if dose["amount"] else ""
    parts = (dose["reminderTime"], amount, _SIGNS[DoseStatus(dose["status"])], when, source)
    return _NBSP.join(part for part in parts if part)


@lru_cache(maxsize=128)
def _number(amount: str) -> str:
    return amount_text(Decimal(amount), "en").split(" ")[0]


def _why(dose: Mapping[str, Any]) -> str:
    reason = both(SkipReason(dose["skipReason"]).label)
    parts = (f"{dose['localDate']} {dose['reminderTime']}", both(DoseStatus.SKIPPED.label), reason, dose["skipText"])
    return " · ".join(part for part in parts if part)


def intakes_sheet(rows: Rows) -> Sheet:
    """Every intake without a plan in a line."""

    def lines(user: User) -> Iterator[str]:
        for row in rows(user.id):
            parts = [_moment(row["takenAt"], user.timezone), _medicine(row), _amount(row["amount"], row["unit"])]
            yield " · ".join(part for part in (*parts, row["reason"]) if part)

    return Sheet(gettext_noop("Intakes when needed"), lines, rank=25)
