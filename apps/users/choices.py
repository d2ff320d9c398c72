"""Enums of people (domain.md §1.5)."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What somebody signed up as. "Caregiver" is no role but a position inside one connection."""

    PATIENT = "PATIENT", _("Patient")
    DOCTOR = "DOCTOR", _("Doctor")
    FAMILY_MEMBER = "FAMILY_MEMBER", _("Family member")


class Gender(models.TextChoices):
    """Gender as written on a prescription."""

    MALE = "MALE", _("Male")
    FEMALE = "FEMALE", _("Female")
    OTHER = "OTHER", _("Other")


class Language(models.TextChoices):
    """The language in which somebody is addressed."""

    KHMER = "KHMER", _("Khmer")
    ENGLISH = "ENGLISH", _("English")

    @property
    def code(self) -> str:
        """The gettext code: km or en."""
        return "en" if self is Language.ENGLISH else "km"


class Theme(models.TextChoices):
    """Appearance."""

    LIGHT = "LIGHT", _("Light")
    DARK = "DARK", _("Dark")
    SYSTEM = "SYSTEM", _("As the device")


class AccountStatus(models.TextChoices):
    """LOCKED is set by staff only; a lock-out after wrong passwords is ``locked_until`` and no status."""

    ACTIVE = "ACTIVE", _("Active")
    PENDING_VERIFICATION = "PENDING_VERIFICATION", _("Pending verification")
    VERIFIED = "VERIFIED", _("Verified")
    REJECTED = "REJECTED", _("Rejected")
    LOCKED = "LOCKED", _("Locked")
    DELETION_PENDING = "DELETION_PENDING", _("Deletion pending")


class Specialty(models.TextChoices):
    """A doctor's specialty."""

    GENERAL_PRACTICE = "GENERAL_PRACTICE", _("General practice")
    INTERNAL_MEDICINE = "INTERNAL_MEDICINE", _("Internal medicine")
    CARDIOLOGY = "CARDIOLOGY", _("Cardiology")
    ENDOCRINOLOGY = "ENDOCRINOLOGY", _("Endocrinology")
    DERMATOLOGY = "DERMATOLOGY", _("Dermatology")
    PEDIATRICS = "PEDIATRICS", _("Pediatrics")
    PSYCHIATRY = "PSYCHIATRY", _("Psychiatry")
    SURGERY = "SURGERY", _("Surgery")
    NEUROLOGY = "NEUROLOGY", _("Neurology")
    OPHTHALMOLOGY = "OPHTHALMOLOGY", _("Ophthalmology")
    OTHER = "OTHER", _("Other")


GRACE_CHOICES = (10, 20, 30, 60)
GRACE_DEFAULT = 30
# When the family hears of a dose nobody recorded: max(grace, this), movable 30–240 by the patient (domain.md §7.2).
FAMILY_ALERT_DEFAULT = 60
# May sign in and use the product.
USABLE_STATUSES = frozenset({AccountStatus.ACTIVE, AccountStatus.VERIFIED, AccountStatus.PENDING_VERIFICATION})
