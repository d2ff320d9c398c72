"""Enums of grants."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ConnectionStatus(models.TextChoices):
    """PENDING → ACCEPTED → REVOKED; REVOKED is final, reconnecting makes a new row."""

    PENDING = "PENDING", _("Pending")
    ACCEPTED = "ACCEPTED", _("Accepted")
    REVOKED = "REVOKED", _("Ended")


class PermissionLevel(models.TextChoices):
    """How much the patient shows (domain.md §2.3)."""

    NOT_ALLOWED = "NOT_ALLOWED", _("Nothing")
    REQUEST = "REQUEST", _("On request")
    SELECTED = "SELECTED", _("Selected")
    ALLOWED = "ALLOWED", _("Everything")


class ConnectionKind(models.TextChoices):
    """The other side's position towards the patient."""

    DOCTOR = "DOCTOR", _("Doctor")
    CAREGIVER = "CAREGIVER", _("Caregiver")


class AccessRequestStatus(models.TextChoices):
    """A viewer at level REQUEST asks; the patient decides; an approval lasts 24 h."""

    PENDING = "PENDING", _("Pending")
    APPROVED = "APPROVED", _("Approved")
    DENIED = "DENIED", _("Denied")
    EXPIRED = "EXPIRED", _("Expired")


class Ability(models.TextChoices):
    """What a viewer may want to do with a patient's data; the policy table in rules.py answers."""

    VIEW_CARD = "VIEW_CARD"
    VIEW_PRESCRIPTIONS = "VIEW_PRESCRIPTIONS"
    VIEW_DOSES = "VIEW_DOSES"
    VIEW_ADHERENCE = "VIEW_ADHERENCE"
    VIEW_VITALS = "VIEW_VITALS"
    RECEIVE_ALERTS = "RECEIVE_ALERTS"
    NUDGE = "NUDGE"
    MARK_DOSES = "MARK_DOSES"
    MANAGE_MEDICINES = "MANAGE_MEDICINES"
    PRESCRIBE = "PRESCRIBE"
    RECORD_VITALS = "RECORD_VITALS"
    RECEIVE_VITAL_ALERTS = "RECEIVE_VITAL_ALERTS"
    PROPOSE_THRESHOLDS = "PROPOSE_THRESHOLDS"
    RESOLVE_ALERTS = "RESOLVE_ALERTS"
    VIEW_HEALTH_PROFILE = "VIEW_HEALTH_PROFILE"
    NOTE_HEALTH_PROFILE = "NOTE_HEALTH_PROFILE"
