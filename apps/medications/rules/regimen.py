"""When a medicine is taken: its slots of the day and its days. Pure: no Django, no clock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class Slot:
    """One intake of a day. ``clock`` is an explicit local time; None means the patient's meal time of ``period``."""

    period: str  # MORNING, NOON, EVENING, NIGHT
    amount: Decimal
    before_meal: bool
    clock: time | None = None


def period_of(clock: time) -> str:
    """The time of day of a clock time that belongs to no slot (domain.md §2.6)."""
    if clock.hour < 12:
        return "MORNING"
    if clock.hour < 17:
        return "NOON"
    return "EVENING" if clock.hour < 20 else "NIGHT"


def clock_of(text: str) -> time:
    """``HH:mm`` as a time. Raises ValueError for anything else."""
    hour, minute = text.split(":")
    return time(int(hour), int(minute))


def slots(
    morning: Mapping[str, Any] | None,
    daytime: Mapping[str, Any] | None,
    night: Mapping[str, Any] | None,
    custom_times: Sequence[Mapping[str, Any]] = (),
) -> list[Slot]:
    """The intakes of a day, in the order of the paper form; the stored JSON is described at models.Medication."""
    found = [
        Slot(
            period,
            Decimal(str(dosage["amount"])),
            bool(dosage.get("beforeMeal")),
            clock_of(dosage["time"]) if dosage.get("time") else None,
        )
        for period, dosage in (("MORNING", morning), ("NOON", daytime), ("EVENING", night))
        if dosage
    ]
    for extra in custom_times:
        clock = clock_of(extra["time"])
        found.append(Slot(period_of(clock), Decimal(str(extra["amount"])), bool(extra.get("beforeMeal")), clock))
    return found


def falls_on(
    day: date,
    *,
    first_day: date,
    frequency_type: str,
    interval_days: int | None = None,
    weekdays: Sequence[int] = (),
) -> bool:
    """Whether a medicine is taken on ``day``; weekdays are ISO 1–7, every N days counts from ``first_day``."""
    if day < first_day or frequency_type == "PRN":
        return False
    if frequency_type == "EVERY_N_DAYS":
        return (day - first_day).days % (interval_days or 1) == 0
    if frequency_type == "WEEKDAYS":
        return day.isoweekday() in weekdays
    return True


def daily_amount(intakes: Sequence[Slot]) -> Decimal:
    """What a day of these intakes sums up to."""
    return sum((slot.amount for slot in intakes), Decimal())


def days_of_supply(
    quantity: Decimal,
    intakes: Sequence[Slot],
    *,
    frequency_type: str,
    interval_days: int | None = None,
    weekdays: Sequence[int] = (),
) -> int | None:
    """How many days ``quantity`` lasts, for confirmation by a person (domain.md §7.5); None when nothing is scheduled.

    A medicine taken every third day lasts until the day before the intake that it no longer covers.
    """
    daily = daily_amount(intakes)
    if daily <= 0:
        return None
    intake_days = int(quantity // daily)
    if frequency_type == "EVERY_N_DAYS":
        return intake_days * (interval_days or 1)
    if frequency_type == "WEEKDAYS" and weekdays:
        full, rest = divmod(intake_days, len(set(weekdays)))
        return full * 7 + rest
    return intake_days


def frequency_text(intakes: Sequence[Slot]) -> str:
    """The frequency as Cambodian prescriptions write it, derived from the slots (domain.md §2.5)."""
    return f"{len(intakes)} ដង/១ថ្ងៃ" if intakes else "ប្រើពេលចាំបាច់"


def timing_text(before_meal: bool) -> str:
    """The meal relation in the formal words of prescriptions (domain.md §1.3)."""
    return "មុនអាហារ" if before_meal else "បន្ទាប់ពីអាហារ"
