"""Severity of a reading: the worst row of the table wins (domain.md §7.1).

The table itself is versioned data (data/severity.json), a draft until a clinician signs it; ``table_of`` reads what
was loaded of it. A row may bound one side only, so a value between two printed rows (SpO2 90.5) takes the graver one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

SEVERITIES: Final = ("LOW", "MEDIUM", "HIGH", "CRITICAL")
CHILD_MONTHS: Final = 16 * 12
INFANT_MONTHS: Final = 3
JOINS: Final = timedelta(minutes=15)
REPEATED_AFTER: Final = timedelta(minutes=30)
OCCASIONS: Final = 3
APART: Final = timedelta(hours=1)
LOOKED_BACK: Final = timedelta(hours=24)
# The parts of each type, as the table names them.
PARTS: Final[Mapping[str, tuple[str, ...]]] = {
    "BLOOD_PRESSURE": ("systolic", "diastolic"),
    "GLUCOSE": ("glucose",),
    "HEART_RATE": ("heartRate",),
    "WEIGHT": ("weight",),
    "TEMPERATURE": ("temperature",),
    "SPO2": ("spo2",),
}
_SPO2_CRITICAL_BELOW: Final = Decimal(5)


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the bound that a value must pass. Exactly one of the four bounds is set."""

    severity: str
    at_least: Decimal | None = None
    more_than: Decimal | None = None
    at_most: Decimal | None = None
    less_than: Decimal | None = None

    def holds(self, value: Decimal) -> bool:
        """Whether ``value`` falls into this row."""
        if self.at_least is not None:
            return value >= self.at_least
        if self.more_than is not None:
            return value > self.more_than
        if self.at_most is not None:
            return value <= self.at_most
        return self.less_than is not None and value < self.less_than


@dataclass(frozen=True, slots=True)
class Range:
    """What is usual for one part; a side that is None is open."""

    low: Decimal | None = None
    high: Decimal | None = None

    def holds(self, value: Decimal) -> bool:
        """Whether ``value`` is inside, bounds included."""
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)


@dataclass(frozen=True, slots=True)
class Table:
    """The severity table with its version and signature."""

    version: str
    signed_by: str | None
    signed_at: str | None
    ranges: Mapping[str, Range]
    groups: Mapping[str, Mapping[str, Sequence[Row]]]


@dataclass(frozen=True, slots=True)
class Person:
    """What the table asks about a person. An unknown age counts as adult."""

    age_months: int | None = None
    pregnant: bool = False

    @property
    def is_child(self) -> bool:
        """Under sixteen."""
        return self.age_months is not None and self.age_months < CHILD_MONTHS


@dataclass(frozen=True, slots=True)
class Custom:
    """A person's own range for one type; ``by_doctor`` when a doctor set it."""

    low: Decimal | None = None
    high: Decimal | None = None
    low_secondary: Decimal | None = None
    high_secondary: Decimal | None = None
    by_doctor: bool = False


def table_of(raw: Mapping[str, Any]) -> Table:
    """The table out of its data file. Raises KeyError or ValueError for a damaged one: it must fail loudly."""
    groups: dict[str, dict[str, list[Row]]] = {}
    for group in ("adult", "pregnant", "child", "infant"):
        groups[group] = {part: [_row(row) for row in rows] for part, rows in raw[group].items()}
    return Table(
        version=raw["version"],
        signed_by=raw["signedBy"],
        signed_at=raw["signedAt"],
        ranges={part: Range(_number(one["min"]), _number(one["max"])) for part, one in raw["ranges"].items()},
        groups=groups,
    )


def _number(raw: str | None) -> Decimal | None:
    return None if raw is None else Decimal(raw)


def _row(raw: Mapping[str, str]) -> Row:
    bounds = {"from": "at_least", "above": "more_than", "to": "at_most", "below": "less_than"}
    [(word, bound)] = [(word, raw[word]) for word in bounds if word in raw]
    if raw["severity"] not in SEVERITIES:
        raise ValueError(raw["severity"])
    return Row(raw["severity"], **{bounds[word]: Decimal(bound)})


def worse(one: str | None, other: str | None) -> str | None:
    """The graver of two severities; None is none."""
    return max((one, other), key=lambda severity: SEVERITIES.index(severity) + 1 if severity else 0)


def severity_of(
    table: Table,
    vital_type: str,
    value: Decimal,
    secondary: Decimal | None,
    *,
    person: Person,
    custom: Custom | None = None,
) -> str | None:
    """LOW … CRITICAL, or None for a usual reading.

    A custom range only adds: outside it but in no row is LOW. One thing it may take away: a doctor's SpO2 target
    replaces the table (CRITICAL from five below its minimum, HIGH below it). SpO2 is never too high.
    """
    if vital_type == "SPO2" and custom and custom.by_doctor and custom.low is not None and not person.is_child:
        if value <= custom.low - _SPO2_CRITICAL_BELOW:
            return "CRITICAL"
        return "HIGH" if value < custom.low else None
    found: str | None = None
    values = (value, secondary)
    for part, measured in zip(PARTS[vital_type], values, strict=False):
        if measured is not None:
            found = worse(found, _of_part(table, part, measured, person))
    if custom and not _inside(vital_type, custom, value, secondary):
        found = worse(found, "LOW")
    return found


def _of_part(table: Table, part: str, value: Decimal, person: Person) -> str | None:
    groups = ["adult", *(["pregnant"] if person.pregnant else [])]
    if person.is_child:
        groups = ["child", *(["pregnant"] if person.pregnant else [])]
        if person.age_months is not None and person.age_months < INFANT_MONTHS:
            groups.append("infant")
    found: str | None = None
    for group in groups:
        rows = table.groups[group].get(part, ())
        found = worse(found, next((row.severity for row in rows if row.holds(value)), None))
    if person.is_child and found is None and not table.ranges[part].holds(value):
        return "LOW"  # no table for children: unusual for an adult, so a health worker should be asked
    return found


def _inside(vital_type: str, custom: Custom, value: Decimal, secondary: Decimal | None) -> bool:
    high = None if vital_type == "SPO2" else custom.high
    if not Range(custom.low, high).holds(value):
        return False
    return secondary is None or Range(custom.low_secondary, custom.high_secondary).holds(secondary)


def advice_of(vital_type: str, severity: str | None, value: Decimal, *, person: Person) -> str | None:
    """The one thing to do: a code that the app and the texts know. None where looking at it is enough."""
    if severity is None:
        return None
    if vital_type == "GLUCOSE" and value < 70 and severity in {"HIGH", "CRITICAL"}:
        return "EAT_SUGAR"
    if severity == "CRITICAL":
        return "SECOND_READING" if vital_type == "BLOOD_PRESSURE" and not person.pregnant else "CALL_NOW"
    if person.is_child:
        return "ASK_HEALTH_WORKER"
    return {"HIGH": "CONTACT_DOCTOR", "MEDIUM": "MEASURE_AGAIN"}.get(severity)


def occasions(times: Sequence[datetime]) -> int:
    """How many of these instants stand at least an hour apart from each other, counted from the first."""
    count, last = 0, None
    for moment in sorted(times):
        if last is None or moment - last >= APART:
            count, last = count + 1, moment
    return count


def raised(severity: str) -> str | None:
    """One step graver after three occasions; never to CRITICAL. None when it stays."""
    return {"LOW": "MEDIUM", "MEDIUM": "HIGH"}.get(severity)


def is_repeated(measured: datetime, abnormal: Sequence[datetime]) -> bool:
    """Whether a reading is at least the third abnormal occasion of the 24 hours before it."""
    lately = [moment for moment in abnormal if measured - LOOKED_BACK < moment <= measured]
    return occasions(lately) >= OCCASIONS
