"""Enums of recognition."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ScanState(models.TextChoices):
    """QUEUED → RUNNING → DONE or FAILED; a run that died goes back to QUEUED once."""

    QUEUED = "QUEUED", _("Waiting")
    RUNNING = "RUNNING", _("Reading")
    DONE = "DONE", _("Read")
    FAILED = "FAILED", _("Could not be read")


class ScanError(models.TextChoices):
    """Why a scan failed, as the API answers it (domain.md §2.14)."""

    EMPTY_FILE = "EMPTY_FILE", _("The file is empty.")
    FILE_TOO_LARGE = "FILE_TOO_LARGE", _("The picture is larger than 10 MB.")
    UNSUPPORTED_FORMAT = "UNSUPPORTED_FORMAT", _("Please send a JPEG, PNG or WebP picture.")
    INVALID_IMAGE = "INVALID_IMAGE", _("This picture cannot be read. Please take the photo again.")
    EXTRACTION_FAILED = (
        "EXTRACTION_FAILED",
        _("The prescription could not be read. Please take the photo again, or type the medicines."),
    )
    SERVICE_UNAVAILABLE = (
        "SERVICE_UNAVAILABLE",
        _("Reading photos is not available at the moment. Please type the medicines."),
    )
