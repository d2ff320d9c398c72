"""What a reading proposes: the paper's rows as medicines of the product, and what a person must look at. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final

FINE, CHECK = 0.80, 0.60
SLOTS: Final = ("morning", "noon", "evening", "night")
NIGHT_TIME: Final = "21:00"
# What the paper counts → the unit of the product. What is not here has no default (domain.md §7.5).
_UNITS: Final = {
    "tablet": "TABLET", "coated_tablet": "TABLET", "capsule": "CAPSULE", "sachet": "SACHET", "drop": "DROP",
    "drops": "DROP", "ml": "ML", "puff": "PUFF", "suppository": "SUPPOSITORY", "patch": "PATCH",
}  # fmt: skip
# Units of which the quantity on the paper counts the same things as the doses do.
_COUNTED: Final = frozenset({"TABLET", "CAPSULE", "SACHET", "SUPPOSITORY", "PATCH"})
_DOSAGE_OF: Final = {"morning": "morningDosage", "noon": "daytimeDosage", "evening": "nightDosage"}
_PATH: Final = re.compile(r"[a-z_]+(\[\d{1,3}\])?(\.[a-z_]+){0,2}")


@dataclass(frozen=True, slots=True)
class Flag:
    """A field that a person must look at: CHECK, or RETYPE (typed or chosen anew), and the warnings about it."""

    field: str
    level: str
    warnings: tuple[str, ...]


def value_of(leaf: Mapping[str, Any] | None) -> Any:
    """The value of a leaf; None where the paper says nothing or nothing was read."""
    return leaf.get("value") if leaf else None


def proposed(row: Mapping[str, Any]) -> dict[str, Any]:
    """One row of the paper in the shape of POST prescriptions/patient, for a person to complete and confirm.

    Morning, noon, evening and night of the paper become morningDosage, daytimeDosage, nightDosage (at the evening meal)
    and a time of its own at 21:00. What was not read is left out; nothing is filled in.
    """
    unit = _unit(row)
    before = value_of(row.get("meal")) == "before"
    medicine: dict[str, Any] = {
        "medicineName": value_of(row["name"]) or row["name"].get("raw") or "",
        "strength": value_of(row["strength"]) or "",
        "frequencyType": "DAILY",
        "morningDosage": None, "daytimeDosage": None, "nightDosage": None, "customTimes": [],
    }  # fmt: skip
    if unit:
        medicine["unit"] = unit
    total = Decimal(0)
    doses = row["doses"]
    for slot in SLOTS:
        amount = _decimal(value_of(doses.get(slot)))
        if not amount:
            continue
        total += amount
        if slot == "night":
            medicine["customTimes"].append({"time": NIGHT_TIME, "amount": _text(amount), "beforeMeal": before})
        else:
            medicine[_DOSAGE_OF[slot]] = {"amount": _text(amount), "beforeMeal": before}
    quantity = _decimal(value_of(row.get("quantity")))
    if quantity:
        medicine["quantity"] = _text(quantity)
        days = int(quantity // total) if total and unit in _COUNTED else 0
        if 1 <= days <= 365:
            medicine["duration"] = days
    return medicine


def _unit(row: Mapping[str, Any]) -> str | None:
    dose_unit = value_of(row.get("dose_unit"))
    return _UNITS.get(str(dose_unit or value_of(row.get("unit_code")) or "").lower())


def _decimal(value: Any) -> Decimal | None:
    try:
        return Decimal(str(value)) if value is not None else None
    except InvalidOperation:
        return None


def _text(amount: Decimal) -> str:
    return format(amount.normalize(), "f")


def leaves(reading: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every (path, leaf) of a reading in the flat shape."""
    for name, node in reading.items():
        here = f"{path}.{name}" if path else name
        for at, inner in enumerate(node) if isinstance(node, list) else [(None, node)]:
            where = here if at is None else f"{here}[{at}]"
            if not isinstance(inner, Mapping):
                continue
            if "value" in inner and "confidence" in inner:
                yield where, inner
            else:
                yield from leaves(inner, where)


def flags(reading: Mapping[str, Any], warnings: Sequence[Mapping[str, Any]]) -> list[Flag]:
    """What must be looked at: values below .80, and every field that a warning names."""
    told: dict[str, list[str]] = {}
    for warning in warnings:
        if warning.get("field"):
            told.setdefault(warning["field"], []).append(warning["code"])
    found = []
    known = set()
    for path, leaf in leaves(reading):
        known.add(path)
        codes = tuple(told.get(path, ()))
        unread = leaf["value"] is None
        if unread and not codes and not leaf.get("raw") and not leaf.get("bbox"):
            continue  # the paper has no such field
        sure = float(leaf["confidence"] or 0)
        if codes or sure < FINE:
            found.append(Flag(path, "RETYPE" if sure < CHECK or unread else "CHECK", codes))
    found += [Flag(path, "CHECK", tuple(codes)) for path, codes in told.items() if path not in known]
    return found


def box_of(reading: Mapping[str, Any], path: str) -> tuple[int, int, int, int] | None:
    """The rectangle (x, y, width, height) of a field, or around everything below it; None where nothing was found."""
    if not _PATH.fullmatch(path):
        return None
    boxes = [
        leaf["bbox"]
        for where, leaf in leaves(reading)
        if leaf.get("bbox") and (where == path or where.startswith((f"{path}.", f"{path}[")))
    ]
    if not boxes:
        return None
    left, top = min(box[0] for box in boxes), min(box[1] for box in boxes)
    right, bottom = max(box[0] + box[2] for box in boxes), max(box[1] + box[3] for box in boxes)
    return left, top, right - left, bottom - top
