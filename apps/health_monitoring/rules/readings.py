"""What a reading may be: parts, units, conversion and the limits of plausibility (domain.md §2.13)."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

_MMOL: Final = Decimal("18.018")  # mg/dL of one mmol/L of glucose
_POUND: Final = Decimal("0.45359237")


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of vital sign: its unit, the smallest step that is kept, and what is accepted of each part."""

    unit: str
    step: Decimal
    low: Decimal
    high: Decimal
    low_secondary: Decimal | None = None
    high_secondary: Decimal | None = None

    @property
    def has_secondary(self) -> bool:
        """True for blood pressure."""
        return self.low_secondary is not None


KINDS: Final[Mapping[str, Kind]] = {
    "BLOOD_PRESSURE": Kind("mmHg", Decimal("0.1"), Decimal(40), Decimal(300), Decimal(20), Decimal(200)),
    "GLUCOSE": Kind("mg/dL", Decimal("0.1"), Decimal(10), Decimal(1000)),
    "HEART_RATE": Kind("bpm", Decimal("0.1"), Decimal(20), Decimal(300)),
    "WEIGHT": Kind("kg", Decimal("0.01"), Decimal("0.5"), Decimal(500)),
    "TEMPERATURE": Kind("°C", Decimal("0.1"), Decimal(25), Decimal(45)),
    "SPO2": Kind("%", Decimal("0.1"), Decimal(30), Decimal(100)),
}
# The units that people and devices use beside the kept one, in small letters.
_OTHER_UNITS: Final[Mapping[str, tuple[str, ...]]] = {
    "GLUCOSE": ("mmol/l",),
    "WEIGHT": ("lb",),
    "TEMPERATURE": ("°f", "f"),
}
_SAME_UNITS: Final[Mapping[str, tuple[str, ...]]] = {
    "HEART_RATE": ("/min",),
    "TEMPERATURE": ("c",),
}


@dataclass(frozen=True, slots=True)
class Reading:
    """A plausible reading in the kept unit."""

    value: Decimal
    secondary: Decimal | None
    unit: str


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a reading is refused: the field, a code, and the accepted range where there is one.

    Codes: UNIT, MISSING, NOT_TAKEN (a second part where there is none), RANGE, ORDER (the first part must be larger).
    """

    field: str
    code: str
    low: Decimal | None = None
    high: Decimal | None = None
    unit: str = ""


def units_of(vital_type: str) -> tuple[str, ...]:
    """Every unit that is understood, the kept one first."""
    shown = {"mmol/l": "mmol/L", "°f": "°F"}
    others = [shown.get(unit, unit) for unit in _OTHER_UNITS.get(vital_type, ()) if unit != "f"]
    return (KINDS[vital_type].unit, *others)


def reading_of(vital_type: str, value: Decimal, secondary: Decimal | None, unit: str | None) -> Reading | Problem:
    """The reading in the kept unit, or why it is refused. Without a unit the kept one is meant."""
    kind = KINDS[vital_type]
    named = (unit or kind.unit).strip().lower()
    converted = _converted(vital_type, value, named)
    if converted is None:
        return Problem("unit", "UNIT")
    kept = converted.quantize(kind.step, ROUND_HALF_UP)
    if not kind.low <= kept <= kind.high:
        return Problem("value", "RANGE", kind.low, kind.high, kind.unit)
    if kind.low_secondary is None or kind.high_secondary is None:
        return Problem("valueSecondary", "NOT_TAKEN") if secondary is not None else Reading(kept, None, kind.unit)
    if secondary is None:
        return Problem("valueSecondary", "MISSING", kind.low_secondary, kind.high_secondary, kind.unit)
    lower = secondary.quantize(kind.step, ROUND_HALF_UP)
    if not kind.low_secondary <= lower <= kind.high_secondary:
        return Problem("valueSecondary", "RANGE", kind.low_secondary, kind.high_secondary, kind.unit)
    if kept <= lower:
        return Problem("valueSecondary", "ORDER")
    return Reading(kept, lower, kind.unit)


def _converted(vital_type: str, value: Decimal, named: str) -> Decimal | None:
    if named == KINDS[vital_type].unit.lower() or named in _SAME_UNITS.get(vital_type, ()):
        return value
    if named not in _OTHER_UNITS.get(vital_type, ()):
        return None
    match vital_type:
        case "GLUCOSE":
            return value * _MMOL
        case "WEIGHT":
            return value * _POUND
        case _:
            return (value - 32) / Decimal("1.8")
