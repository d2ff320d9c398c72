"""Enums of prescriptions."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class PrescriptionStatus(models.TextChoices):
    """DRAFT → ACTIVE ⇄ PAUSED → INACTIVE (final)."""

    DRAFT = "DRAFT", _("Draft")
    ACTIVE = "ACTIVE", _("Active")
    PAUSED = "PAUSED", _("Paused")
    INACTIVE = "INACTIVE", _("Ended")


class PrescriptionSource(models.TextChoices):
    """Where a prescription came from."""

    MANUAL = "MANUAL", _("Entered by the patient")
    OCR = "OCR", _("From a scan")
    BATCH = "BATCH", _("From a group of medicines")
    DOCTOR = "DOCTOR", _("Written by a doctor")


class VersionState(models.TextChoices):
    """PROPOSED waits for the patient; only APPLIED versions were ever in force."""

    APPLIED = "APPLIED", _("Applied")
    PROPOSED = "PROPOSED", _("Proposed")
    DECLINED = "DECLINED", _("Declined")
    SUPERSEDED = "SUPERSEDED", _("Superseded")
