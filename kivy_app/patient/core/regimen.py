"""A medicine's plan in explicit words, slot by slot (domain.md §7.6): "1 tablet, morning, before the meal"."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from patient.core import khmer
from patient.core.amounts import dose_text
from patient.core.i18n import Catalogue
from patient.core.prn import decimal
from patient.core.words import MEAL, PERIOD

# The slots of a paper prescription and the time of day each stands for.
_SLOTS = (("morningDosage", "MORNING"), ("daytimeDosage", "NOON"), ("nightDosage", "EVENING"))


# How prescriptions write the meal relation: the formal words and the everyday ones.
_BEFORE, _AFTER = ("មុនអាហារ", "មុនបាយ"), ("បន្ទាប់ពីអាហារ", "ក្រោយបាយ")


@dataclass(frozen=True, slots=True)
class Slot:
    """One planned intake of a day: its time of day, and the words."""

    period: str
    text: str


def slots(medicine: dict[str, Any], t: Catalogue) -> list[Slot]:
    """The intakes of a day, in the order of the paper; those at other times follow."""
    found = [
        Slot(period, _words(medicine, held, period, t))
        for field, period in _SLOTS
        if isinstance(held := medicine.get(field), dict)
    ]
    for held in medicine.get("customTimes") or ():
        period = period_of(str(held.get("time") or ""))
        found.append(Slot(period, _words(medicine, held, period, t)))
    return found


def _words(medicine: dict[str, Any], held: dict[str, Any], period: str, t: Catalogue) -> str:
    amount = khmer.keep_units(dose_text(held.get("amount"), held.get("unit") or medicine.get("unit"), t.language))
    after = medicine.get("timing") in _AFTER
    meal = t(MEAL["BEFORE"]) if held.get("beforeMeal") else t(MEAL["AFTER"]) if after else ""
    return " · ".join(part for part in (t(PERIOD[period]), str(held.get("time") or ""), amount, meal) if part)


def period_of(clock: str) -> str:
    """The time of day of a clock time (domain.md §2.6, rule 4); the morning when it cannot be read."""
    hour = int(clock[:2]) if clock[:2].isdigit() else 0
    if hour < 12:
        return "MORNING"
    if hour < 17:
        return "NOON"
    return "EVENING" if hour < 20 else "NIGHT"


def a_day(medicine: dict[str, Any]) -> Decimal | None:
    """How much is used on an average day; None when it cannot be told (only when needed, no amounts)."""
    held = [medicine.get(field) for field, _ in _SLOTS] + list(medicine.get("customTimes") or ())
    amounts = [decimal(one.get("amount")) for one in held if isinstance(one, dict)]
    total = sum((amount for amount in amounts if amount), Decimal(0))
    match medicine.get("frequencyType"):
        case "PRN":
            return None
        case "EVERY_N_DAYS":
            total /= int(medicine.get("intervalDays") or 1)
        case "WEEKDAYS":
            total = total * len(medicine.get("weekdays") or ()) / 7
    return total or None


def days(medicine: dict[str, Any], t: Catalogue) -> str:
    """On which days, and for how long."""
    return " · ".join(part for part in (_which_days(medicine, t), _how_long(medicine, t)) if part)


def _which_days(medicine: dict[str, Any], t: Catalogue) -> str:
    match medicine.get("frequencyType"):
        case "PRN":
            return t("Only when needed")
        case "EVERY_N_DAYS":
            return t("Every {n} days", n=medicine.get("intervalDays"))
        case "WEEKDAYS":
            named = (khmer.weekday(int(day), t.language) for day in medicine.get("weekdays") or ())
            return ", ".join(named)
        case "DAILY":
            return t("Every day")
    return ""


def _how_long(medicine: dict[str, Any], t: Catalogue) -> str:
    if medicine.get("ongoing"):
        return t("long-term")
    duration = medicine.get("duration")
    return t("for {n} days", n=duration) if duration else ""


def meal_of(timing: object) -> str:
    """BEFORE or AFTER, from a prescription's words; empty when they are neither."""
    said = str(timing or "")
    return "BEFORE" if said in _BEFORE else "AFTER" if said in _AFTER else ""


def meal_words(timing: object, t: Catalogue) -> str:
    """A dose's meal relation in the chosen language: the prescription's formal words are known, others are shown as
    written."""
    meal = meal_of(timing)
    return t(MEAL[meal]) if meal else str(timing or "")
