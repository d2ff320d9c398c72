"""Enums of health monitoring (domain.md §1.5, §2.13)."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class VitalType(models.TextChoices):
    """The six measurements."""

    BLOOD_PRESSURE = "BLOOD_PRESSURE", _("blood pressure")
    GLUCOSE = "GLUCOSE", _("blood sugar")
    HEART_RATE = "HEART_RATE", _("heart rate")
    WEIGHT = "WEIGHT", _("body weight")
    TEMPERATURE = "TEMPERATURE", _("body temperature")
    SPO2 = "SPO2", _("blood oxygen")


class AlertSeverity(models.TextChoices):
    """How much a reading matters; the worst row of the table wins (domain.md §7.1)."""

    LOW = "LOW", _("slightly outside the usual range")
    MEDIUM = "MEDIUM", _("outside the usual range")
    HIGH = "HIGH", _("far outside the usual range")
    CRITICAL = "CRITICAL", _("dangerous")


class AlertType(models.TextChoices):
    """A reading outside its range, or a person who calls for help."""

    ANOMALY = "ANOMALY", _("Unusual reading")
    EMERGENCY_MANUAL = "EMERGENCY_MANUAL", _("Call for help")


class Resolution(models.TextChoices):
    """Why an alert is closed."""

    RESOLVED = "RESOLVED", _("Seen to")
    SAFE = "SAFE", _("The person is safe")
    WITHDRAWN = "WITHDRAWN", _("The reading was withdrawn")


class ProposalState(models.TextChoices):
    """A doctor proposes a range, the patient decides; a newer proposal of the same doctor replaces an open one."""

    PROPOSED = "PROPOSED", _("Proposed")
    ACCEPTED = "ACCEPTED", _("Accepted")
    DECLINED = "DECLINED", _("Declined")
    SUPERSEDED = "SUPERSEDED", _("Replaced by a newer one")


class BloodType(models.TextChoices):
    """ABO and Rh."""

    A_POS = "A_POS", "A+"
    A_NEG = "A_NEG", "A−"
    B_POS = "B_POS", "B+"
    B_NEG = "B_NEG", "B−"
    AB_POS = "AB_POS", "AB+"
    AB_NEG = "AB_NEG", "AB−"
    O_POS = "O_POS", "O+"
    O_NEG = "O_NEG", "O−"


class AllergySeverity(models.TextChoices):
    """How bad the reaction was."""

    MILD = "MILD", _("Mild")
    MODERATE = "MODERATE", _("Moderate")
    SEVERE = "SEVERE", _("Severe")
    UNKNOWN = "UNKNOWN", _("Not known")
