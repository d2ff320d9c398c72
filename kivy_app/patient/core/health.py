"""Vital signs on the phone: what may be typed, how grave it is (domain.md §7.1), what to do now; without network too.

The table is the server's own file, copied to ``assets/severity.json``: a test holds the two together. It is a draft
until a clinician signs it, and the screens say so.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from patient.core.clock import unwire
from patient.core.prn import decimal
from patient.core.store import Body

TABLE = Path(__file__).resolve().parents[2] / "assets" / "severity.json"
SEVERITIES = ("LOW", "MEDIUM", "HIGH", "CRITICAL")
URGENT = frozenset({"HIGH", "CRITICAL"})
SELF, SOS = "ANOMALY", "EMERGENCY_MANUAL"
EMERGENCY_NUMBER = "119"
_MMOL = Decimal("18.018")
_CHILD_MONTHS, _INFANT_MONTHS = 16 * 12, 3


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of reading: its unit, what is accepted, and the parts the table names."""

    unit: str
    low: Decimal
    high: Decimal
    parts: tuple[str, ...]
    low_second: Decimal = Decimal(0)
    high_second: Decimal = Decimal(0)
    other_unit: str = ""


KINDS: Mapping[str, Kind] = {
    "BLOOD_PRESSURE": Kind("mmHg", Decimal(40), Decimal(300), ("systolic", "diastolic"), Decimal(20), Decimal(200)),
    "GLUCOSE": Kind("mg/dL", Decimal(10), Decimal(1000), ("glucose",), other_unit="mmol/L"),
    "HEART_RATE": Kind("bpm", Decimal(20), Decimal(300), ("heartRate",)),
    "TEMPERATURE": Kind("°C", Decimal(25), Decimal(45), ("temperature",)),
    "SPO2": Kind("%", Decimal(30), Decimal(100), ("spo2",)),
    "WEIGHT": Kind("kg", Decimal("0.5"), Decimal(500), ("weight",)),
}


@dataclass(frozen=True, slots=True)
class Person:
    """What the table asks about a person; an unknown age counts as adult."""

    months: int | None = None
    pregnant: bool = False

    @property
    def child(self) -> bool:
        """Under sixteen."""
        return self.months is not None and self.months < _CHILD_MONTHS


@dataclass(frozen=True, slots=True)
class Vital:
    """A reading of the wire."""

    id: str
    body: Body
    unsent: bool

    @property
    def kind(self) -> str:
        """BLOOD_PRESSURE …"""
        return str(self.body.get("vitalType") or "")

    @property
    def value(self) -> Decimal:
        """The first number, in the kept unit."""
        return decimal(self.body.get("value")) or Decimal(0)

    @property
    def second(self) -> Decimal | None:
        """The lower blood pressure."""
        return decimal(self.body.get("valueSecondary"))

    @property
    def at(self) -> datetime:
        """When it was measured."""
        return unwire(str(self.body["measuredAt"]))

    @property
    def severity(self) -> str | None:
        """What the server said, or this phone while it is unsent."""
        held = self.body.get("severity")
        return str(held) if held in SEVERITIES else None

    def text(self) -> str:
        """``165/100 mmHg``, as people say it."""
        lower = f"/{plain(self.second)}" if self.second is not None else ""
        unit = self.body.get("unit") or (KINDS[self.kind].unit if self.kind in KINDS else "")
        return f"{plain(self.value)}{lower}\N{NO-BREAK SPACE}{unit}"


def plain(value: Decimal) -> str:
    """No trailing zero, no exponent."""
    return format(value.normalize(), "f")


class Implausible(Exception):
    """What was typed cannot be a reading; ``field`` is value or second, ``low`` and ``high`` what is accepted."""

    def __init__(self, field: str, low: Decimal, high: Decimal) -> None:
        super().__init__(field)
        self.field, self.low, self.high = field, low, high


def checked(kind: str, value: Decimal | None, second: Decimal | None, unit: str) -> tuple[Decimal, Decimal | None]:
    """The reading in the kept unit. Raises Implausible, also when the upper pressure is not above the lower one."""
    known = KINDS[kind]
    if value is not None and unit == known.other_unit:
        value = (value * _MMOL).quantize(Decimal("0.1"), ROUND_HALF_UP)
    if value is None or not known.low <= value <= known.high:
        raise Implausible("value", known.low, known.high)
    if len(known.parts) == 1:
        return value, None
    if second is None or not known.low_second <= second <= known.high_second or second >= value:
        raise Implausible("second", known.low_second, min(known.high_second, value))
    return value, second


@lru_cache(maxsize=1)
def table() -> Body:
    """The severity table. A missing or damaged file fails loudly."""
    held: Body = json.loads(TABLE.read_text(encoding="utf-8"))
    return held


def severity(
    kind: str, value: Decimal, second: Decimal | None, person: Person, custom: Body | None = None
) -> str | None:
    """LOW … CRITICAL, the worst row; None for a usual reading. A custom range only adds LOW, but for a doctor's SpO2
    target, which replaces the table."""
    low = decimal((custom or {}).get("minValue"))
    own = bool(custom and custom.get("isCustom"))
    if kind == "SPO2" and own and custom and custom.get("byDoctor") and low is not None and not person.child:
        return "CRITICAL" if value <= low - 5 else "HIGH" if value < low else None
    found = [
        _of_part(part, number, person)
        for part, number in zip(KINDS[kind].parts, (value, second), strict=False)
        if number is not None
    ]
    if own and custom and not _inside(kind, custom, value, second):
        found.append("LOW")
    return max((one for one in found if one), key=SEVERITIES.index, default=None)


def _of_part(part: str, value: Decimal, person: Person) -> str | None:
    groups = ["child" if person.child else "adult"] + (["pregnant"] if person.pregnant else [])
    if person.months is not None and person.months < _INFANT_MONTHS:
        groups.append("infant")
    held = [row["severity"] for group in groups for row in table()[group].get(part, ()) if _holds(row, value)]
    found = max(held, key=SEVERITIES.index, default=None)
    if person.child and found is None and not _within(table()["ranges"][part], value, "min", "max"):
        return "LOW"
    return found


def _holds(row: Mapping[str, str], value: Decimal) -> bool:
    if "from" in row:
        return value >= Decimal(row["from"])
    if "above" in row:
        return value > Decimal(row["above"])
    if "to" in row:
        return value <= Decimal(row["to"])
    return value < Decimal(row["below"])


def _within(bounds: Mapping[str, Any], value: Decimal, least: str, most: str) -> bool:
    low, high = decimal(bounds.get(least)), decimal(bounds.get(most))
    return (low is None or value >= low) and (high is None or value <= high)


def _inside(kind: str, custom: Body, value: Decimal, second: Decimal | None) -> bool:
    first = _within({**custom, "maxValue": None} if kind == "SPO2" else custom, value, "minValue", "maxValue")
    return first and (second is None or _within(custom, second, "minSecondary", "maxSecondary"))


def advice(kind: str, grave: str | None, value: Decimal, person: Person) -> str | None:
    """The one thing to do: a key of ``words.ADVICE``; None where looking at it is enough."""
    if grave is None:
        return None
    if kind == "GLUCOSE" and value < 70 and grave in URGENT:
        return "EAT_SUGAR"
    if grave == "CRITICAL":
        return "SECOND_READING" if kind == "BLOOD_PRESSURE" and not person.pregnant else "CALL_NOW"
    if person.child:
        return "ASK_HEALTH_WORKER"
    return {"HIGH": "CONTACT_DOCTOR", "MEDIUM": "MEASURE_AGAIN"}.get(grave)


def person_of(profile: Body, health: Body, today: date) -> Person:
    """The owner as the table asks for them."""
    try:
        born = date.fromisoformat(str(profile.get("dateOfBirth")))
    except ValueError:
        months = None
    else:
        months = (today.year - born.year) * 12 + today.month - born.month - (today.day < born.day)
    return Person(months, bool(health.get("isPregnantOrSixWeeksAfter")))
