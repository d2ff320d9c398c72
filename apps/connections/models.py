"""Grants, codes, access requests and nudges (domain.md §2.3)."""

from typing import ClassVar
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models.functions import Greatest, Least
from django.utils.translation import gettext_lazy as _

from apps.connections.choices import AccessRequestStatus, ConnectionKind, ConnectionStatus, PermissionLevel
from dastern.core.models import new_id


class Connection(models.Model):
    """A link between a patient and one other person. ``patient`` says whose data it opens; roles do not.

    ``scope`` (level SELECTED): {"prescriptionIds": [...], "vitals": bool, "adherence": bool, "from", "to"}.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    initiator = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="connections_started")
    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="connections_received")
    patient = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="connections_granted")
    kind = models.CharField(_("kind"), max_length=10, choices=ConnectionKind)
    status = models.CharField(_("status"), max_length=8, choices=ConnectionStatus, default=ConnectionStatus.PENDING)
    permission_level = models.CharField(
        _("level"), max_length=12, choices=PermissionLevel, default=PermissionLevel.NOT_ALLOWED
    )
    requested_level = models.CharField(_("requested level"), max_length=12, choices=PermissionLevel, blank=True)
    scope = models.JSONField(_("scope"), default=dict, blank=True)
    valid_until = models.DateTimeField(_("valid until"), null=True, blank=True)
    alerts_enabled = models.BooleanField(_("alerts"), default=True)
    relationship = models.CharField(_("relationship"), max_length=50, blank=True)
    message = models.CharField(_("message"), max_length=500, blank=True)
    requested_at = models.DateTimeField(_("requested at"))
    accepted_at = models.DateTimeField(_("accepted at"), null=True)
    revoked_at = models.DateTimeField(_("ended at"), null=True)
    revoked_by_id = models.UUIDField(null=True)
    revoke_reason = models.CharField(_("reason"), max_length=500, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("connection")
        verbose_name_plural = _("connections")
        constraints: ClassVar = [
            # only one living link a pair, in whichever direction; ended ones do not count
            models.UniqueConstraint(
                Least("initiator", "recipient"),
                Greatest("initiator", "recipient"),
                "patient",
                condition=~models.Q(status="REVOKED"),
                name="connections_one_living_link",
            ),
            models.CheckConstraint(condition=~models.Q(initiator=models.F("recipient")), name="connections_not_self"),
            models.CheckConstraint(
                condition=models.Q(patient=models.F("initiator")) | models.Q(patient=models.F("recipient")),
                name="connections_patient_is_a_side",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["patient", "status"], name="connections_patient_status"),  # recipients of alerts
            models.Index(fields=["status", "requested_at"], name="connections_pending_age"),  # expiry of old requests
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.status} {self.permission_level}"

    @property
    def viewer_id(self) -> UUID:
        """The side that is not the patient."""
        return self.recipient_id if self.patient_id == self.initiator_id else self.initiator_id


class ConnectionToken(models.Model):
    """A code that a patient shows: eight characters, a day, once."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    patient = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="connection_tokens")
    token = models.CharField(max_length=20, unique=True)
    permission_level = models.CharField(max_length=12, choices=PermissionLevel)
    scope = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    used_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.id)


class AccessRequest(models.Model):
    """A viewer at level REQUEST asks to see something; an approval lasts until ``expires_at``."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    connection = models.ForeignKey(Connection, models.CASCADE, related_name="access_requests")
    scope = models.JSONField(default=dict)
    reason = models.CharField(max_length=500)
    status = models.CharField(max_length=8, choices=AccessRequestStatus, default=AccessRequestStatus.PENDING)
    created_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["connection"],
                condition=models.Q(status="PENDING"),
                name="connections_one_open_request",
            )
        ]

    def __str__(self) -> str:
        return f"{self.connection_id} {self.status}"


class Nudge(models.Model):
    """A caregiver's gentle reminder about one dose: two a dose, a row each so that counting cannot race."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    connection = models.ForeignKey(Connection, models.CASCADE, related_name="nudges")
    dose_event_id = models.UUIDField()
    number = models.PositiveSmallIntegerField()
    sent_at = models.DateTimeField()
    response = models.CharField(max_length=200, blank=True)
    responded_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["connection", "dose_event_id", "number"], name="connections_nudge_number"),
            models.CheckConstraint(condition=models.Q(number__gte=1, number__lte=2), name="connections_two_nudges"),
        ]

    def __str__(self) -> str:
        return f"{self.connection_id} {self.number}"
