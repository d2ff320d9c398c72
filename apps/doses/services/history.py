"""What stood about a dose, as it is kept in its testimonies: undo takes one act back by it."""

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from apps.doses.rules.merge import DoseState

# The plan belongs to the dose and may move; what was recorded belongs to the act.
_PLAN = frozenset({"scheduled", "grace", "half_interval", "removed_at"})
_KEPT = [field for field in fields(DoseState) if field.name not in _PLAN]
_INSTANTS = frozenset({"taken_at", "snoozed_until", "recorded_at", "taken_at_device"})


def pack(state: DoseState) -> dict[str, Any]:
    """The record part of ``state`` as JSON; what is as on an untouched dose is left out."""
    found: dict[str, Any] = {}
    for field in _KEPT:
        value = getattr(state, field.name)
        if value != field.default:
            found[field.name] = value.isoformat() if isinstance(value, datetime) else value
            if isinstance(value, Decimal):
                found[field.name] = str(value)
    return found


def unpack(kept: Mapping[str, Any], dose: DoseState) -> DoseState:
    """The state that was packed, on the plan of ``dose``."""
    values: dict[str, Any] = {field.name: field.default for field in _KEPT}
    for name, value in kept.items():
        if name in _INSTANTS:
            values[name] = datetime.fromisoformat(value)
        elif name == "amount_taken":
            values[name] = Decimal(value)
        else:
            values[name] = value
    return replace(dose, **values)
