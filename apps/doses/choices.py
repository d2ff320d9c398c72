"""Enums of doses (domain.md §2.6)."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class DoseStatus(models.TextChoices):
    """MISSED is an inference ("nobody recorded it in time"), TAKEN a testimony."""

    DUE = "DUE", _("Due")
    TAKEN_ON_TIME = "TAKEN_ON_TIME", _("Taken on time")
    TAKEN_LATE = "TAKEN_LATE", _("Taken late")
    MISSED = "MISSED", _("Missed")
    SKIPPED = "SKIPPED", _("Skipped")


class SkipReason(models.TextChoices):
    """Why a dose was left out."""

    FEELING_BETTER = "FEELING_BETTER", _("I feel better")
    SIDE_EFFECTS = "SIDE_EFFECTS", _("Side effects")
    NO_MEDICINE = "NO_MEDICINE", _("No medicine left")
    DOCTOR_ADVISED = "DOCTOR_ADVISED", _("The doctor advised it")
    PHARMACIST_ADVISED = "PHARMACIST_ADVISED", _("The pharmacist advised it")
    LOW_READING = "LOW_READING", _("My reading was low")
    FASTING = "FASTING", _("Fasting")
    VOMITED = "VOMITED", _("I vomited")
    TOO_LATE = "TOO_LATE", _("Too late for this dose")
    OTHER = "OTHER", _("Another reason")


# Skipping on these grounds does not lower adherence (domain.md §2.7).
EXCUSED_SKIPS = frozenset(
    {SkipReason.DOCTOR_ADVISED, SkipReason.PHARMACIST_ADVISED, SkipReason.LOW_READING, SkipReason.FASTING}
)


class DoseSource(models.TextChoices):
    """How a recorded state came about."""

    SELF = "SELF", _("Recorded by the patient")
    CAREGIVER = "CAREGIVER", _("Recorded by a caregiver")
    OFFLINE = "OFFLINE", _("Recorded offline, sent later")
    SYSTEM = "SYSTEM", _("Set by the system")


class WithdrawReason(models.TextChoices):
    """Why a planned dose was taken off the schedule."""

    PAUSED = "PAUSED", _("Paused")
    STOPPED = "STOPPED", _("Stopped")
    NEW_VERSION = "NEW_VERSION", _("New version")
    DELETED = "DELETED", _("Deleted")
    RETIMED = "RETIMED", _("Moved to another time")
