"""Pure rules of medicines: when they are taken, how amounts are written, what is unsafe."""

from apps.medications.rules.regimen import Slot, clock_of, falls_on, period_of, slots

__all__ = ["Slot", "clock_of", "falls_on", "period_of", "slots"]
