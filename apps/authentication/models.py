"""Codes, sessions and reset links. Secrets are stored as hashes only."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.authentication.choices import OtpPurpose
from dastern.core.models import new_id


class OtpCode(models.Model):
    """A six-digit code sent by e-mail: five minutes, five tries, once."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    identifier = models.CharField(max_length=255)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    purpose = models.CharField(max_length=20, choices=OtpPurpose)
    code_hash = models.CharField(max_length=64)
    new_value = models.CharField(max_length=255, blank=True)  # the e-mail or phone number that a SENSITIVE_ACTION sets
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    consumed_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["identifier", "purpose", "-created_at"], name="authentication_otp_latest")
        ]

    def __str__(self) -> str:
        return f"{self.identifier} {self.purpose}"


class RefreshToken(models.Model):
    """One refresh token. Rotation links it to the next; the family is the session on one device.

    A session id in access tokens is the ``family_id``.
    """

    jti = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="refresh_tokens")
    family_id = models.UUIDField(db_index=True)
    device_name = models.CharField(_("device"), max_length=120, blank=True)
    remember = models.BooleanField(default=False)
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    rotated_to = models.UUIDField(null=True)
    rotated_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    ip = models.CharField(max_length=45, blank=True)
    user_agent = models.CharField(max_length=255, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["expires_at"], name="authentication_refresh_age"),  # clean-up
            models.Index(
                fields=["revoked_at"],
                name="authentication_revoked",
                condition=models.Q(revoked_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.jti)


class PasswordResetToken(models.Model):
    """A reset link: 32 random bytes, fifteen minutes, once."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.id)


class SecondFactor(models.Model):
    """The second factor of a doctor or member of staff (ADR 6). Unconfirmed until its first right code."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="+")
    secret = models.CharField(max_length=255)  # sealed
    confirmed_at = models.DateTimeField(null=True)
    last_counter = models.BigIntegerField(default=0)  # a code counts once
    recovery = models.JSONField(default=list)  # hashes of codes that are left
    failures = models.PositiveSmallIntegerField(default=0)
    locked_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return str(self.pk)
