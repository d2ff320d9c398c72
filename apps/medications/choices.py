"""Enums of medicines (domain.md §1.5, §2.5)."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class MedicineType(models.TextChoices):
    """Route, as the specification names it."""

    PO = "PO", _("By mouth")
    ORAL = "ORAL", _("In the mouth")
    INJECTION = "INJECTION", _("Injection")
    TOPICAL = "TOPICAL", _("On the skin")
    OTHER = "OTHER", _("Other")


class MedicineUnit(models.TextChoices):
    """What an amount counts."""

    TABLET = "TABLET", _("tablet")
    CAPSULE = "CAPSULE", _("capsule")
    ML = "ML", _("mL")
    DROP = "DROP", _("drop")
    UNIT = "UNIT", _("units")
    PUFF = "PUFF", _("puff")
    SACHET = "SACHET", _("sachet")
    SUPPOSITORY = "SUPPOSITORY", _("suppository")
    PATCH = "PATCH", _("patch")
    APPLICATION = "APPLICATION", _("application")
    SPOON_5ML = "SPOON_5ML", _("5 mL spoon")
    SPOON_15ML = "SPOON_15ML", _("15 mL spoon")
    MG = "MG", _("mg")
    OTHER = "OTHER", _("other")


class MedicineForm(models.TextChoices):
    """Dosage form, for pickers."""

    TABLET = "TABLET", _("Tablet")
    CAPSULE = "CAPSULE", _("Capsule")
    SYRUP = "SYRUP", _("Syrup")
    DROPS = "DROPS", _("Drops")
    INJECTION = "INJECTION", _("Injection")
    CREAM = "CREAM", _("Cream")
    INHALER = "INHALER", _("Inhaler")
    PATCH = "PATCH", _("Patch")
    POWDER = "POWDER", _("Powder")
    OTHER = "OTHER", _("Other")


class FrequencyType(models.TextChoices):
    """On which days a medicine is taken."""

    DAILY = "DAILY", _("Every day")
    EVERY_N_DAYS = "EVERY_N_DAYS", _("Every few days")
    WEEKDAYS = "WEEKDAYS", _("On certain weekdays")
    PRN = "PRN", _("Only when needed")


class TimePeriod(models.TextChoices):
    """The four times of day of Cambodian prescriptions (MORNING+NOON fold to DAYTIME, EVENING+NIGHT to NIGHT)."""

    MORNING = "MORNING", _("Morning")
    NOON = "NOON", _("Noon")
    EVENING = "EVENING", _("Evening")
    NIGHT = "NIGHT", _("Night")
