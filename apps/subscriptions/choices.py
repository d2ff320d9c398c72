"""Plans."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Tier(models.TextChoices):
    """What somebody pays for."""

    FREEMIUM = "FREEMIUM", _("Free")
    PREMIUM = "PREMIUM", _("Premium")
    FAMILY_PREMIUM = "FAMILY_PREMIUM", _("Family Premium")


class SubscriptionStatus(models.TextChoices):
    """GRACE: three days after the end in which nothing is taken away."""

    ACTIVE = "ACTIVE", _("Active")
    GRACE = "GRACE", _("In grace")
    EXPIRED = "EXPIRED", _("Expired")


class SeatStatus(models.TextChoices):
    """A family seat counts once the invited person agreed."""

    INVITED = "INVITED", _("Invited")
    ACTIVE = "ACTIVE", _("Active")
