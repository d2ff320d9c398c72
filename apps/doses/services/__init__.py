"""Writes of doses. Lock order everywhere: feeds, then the prescription, then doses by primary key."""

from apps.doses.services.doubles import double_answer
from apps.doses.services.nudging import dose_nudge, nudge_answer
from apps.doses.services.prn import prn_standing, prn_take
from apps.doses.services.recording import (
    dose_correct,
    dose_skip,
    dose_snooze,
    dose_take,
    dose_undo,
    group_take,
)

__all__ = [
    "dose_correct",
    "dose_nudge",
    "dose_skip",
    "dose_snooze",
    "dose_take",
    "dose_undo",
    "double_answer",
    "group_take",
    "nudge_answer",
    "prn_standing",
    "prn_take",
]
