"""What a one-time code is for; a code of one purpose is worthless for another."""

from django.db import models


class OtpPurpose(models.TextChoices):
    """Purposes of one-time codes."""

    VERIFY_ACCOUNT = "VERIFY_ACCOUNT"
    RESET_PASSWORD = "RESET_PASSWORD"  # noqa: S105
    SENSITIVE_ACTION = "SENSITIVE_ACTION"
