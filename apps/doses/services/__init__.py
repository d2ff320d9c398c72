"""Writes of doses. Lock order everywhere: feeds, then the prescription, then doses by primary key."""

from apps.doses.services.prn import prn_take
from apps.doses.services.recording import (
    dose_correct,
    dose_skip,
    dose_snooze,
    dose_take,
    dose_undo,
    group_take,
)

__all__ = ["dose_correct", "dose_skip", "dose_snooze", "dose_take", "dose_undo", "group_take", "prn_take"]
