"""Kinds of notification (domain.md §2.8)."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class NotificationType(models.TextChoices):
    """What a notification is about."""

    CONNECTION_REQUEST = "CONNECTION_REQUEST", _("Connections")
    PRESCRIPTION_UPDATE = "PRESCRIPTION_UPDATE", _("Prescriptions")
    MISSED_DOSE_ALERT = "MISSED_DOSE_ALERT", _("Missed doses")
    URGENT_PRESCRIPTION_CHANGE = "URGENT_PRESCRIPTION_CHANGE", _("Urgent changes")
    FAMILY_ALERT = "FAMILY_ALERT", _("Family")
    VITAL_ANOMALY = "VITAL_ANOMALY", _("Vital signs")
    EMERGENCY_ALERT = "EMERGENCY_ALERT", _("Emergencies")
    DOSE_REMINDER = "DOSE_REMINDER", _("Reminders")
    SUBSCRIPTION_UPDATE = "SUBSCRIPTION_UPDATE", _("Plan")
    PAYMENT_UPDATE = "PAYMENT_UPDATE", _("Payments")
    ACCESS_REQUEST = "ACCESS_REQUEST", _("Requests to see data")
    SYSTEM = "SYSTEM", _("Messages from Das Tern")
    REFILL_LOW = "REFILL_LOW", _("Medicines running out")
    FOLLOW_UP = "FOLLOW_UP", _("Follow-up visits")


# Cannot be muted, and quiet hours do not hold them (domain.md §2.8, §7.2).
UNMUTABLE = frozenset({NotificationType.URGENT_PRESCRIPTION_CHANGE, NotificationType.EMERGENCY_ALERT})
# Too frequent for mail: the phone tells these.
EMAIL_SILENT = frozenset({NotificationType.DOSE_REMINDER, NotificationType.SYSTEM})
