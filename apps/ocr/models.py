"""Scans: a photo on its way to a proposal, and what became of it (domain.md §2.14)."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.ocr.choices import ScanError, ScanState
from dastern.core.models import new_id

MOST_ATTEMPTS = 2


class Scan(models.Model):
    """One photo of a prescription. Kept for a day; for good once a prescription was made of it.

    ``reading`` is what the pipeline gave: {"flat", "summary", "universal", "static", "blocks", "page"}. ``page`` is the
    straightened page in whose pixels every box is given. ``beat_at`` is the last sign of life of the run.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    patient = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    state = models.CharField(_("state"), max_length=8, choices=ScanState, default=ScanState.QUEUED)
    stage = models.CharField(_("stage"), max_length=16, blank=True)
    progress = models.PositiveSmallIntegerField(_("percent"), default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(_("error"), max_length=24, choices=ScanError, blank=True)
    image = models.FileField(_("photo"), upload_to="scans/", blank=True)
    page = models.FileField(upload_to="scans/", blank=True)
    reading = models.JSONField(null=True, blank=True)
    prescription = models.OneToOneField(
        "prescriptions.Prescription", models.CASCADE, null=True, blank=True, related_name="scan"
    )
    created_at = models.DateTimeField()
    beat_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)  # null once it belongs to a prescription

    class Meta:
        verbose_name = _("scan")
        verbose_name_plural = _("scans")
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(attempts__lte=MOST_ATTEMPTS), name="ocr_retried_once"),
            models.CheckConstraint(
                condition=~models.Q(state=ScanState.DONE) | models.Q(reading__isnull=False), name="ocr_done_was_read"
            ),
            models.CheckConstraint(
                condition=models.Q(state=ScanState.FAILED, error__gt="")
                | (~models.Q(state=ScanState.FAILED) & models.Q(error="")),
                name="ocr_failed_says_why",
            ),
            models.CheckConstraint(
                condition=models.Q(prescription__isnull=True, expires_at__isnull=False)
                | models.Q(prescription__isnull=False, expires_at__isnull=True, state=ScanState.DONE),
                name="ocr_kept_only_when_answered",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["patient", "-created_at"], name="ocr_of_patient"),  # lists
            models.Index(  # what waits or runs: the watch, and how many are ahead
                fields=["beat_at"], name="ocr_unfinished", condition=models.Q(state__in=["QUEUED", "RUNNING"])
            ),
            models.Index(  # retention
                fields=["expires_at"], name="ocr_expiring", condition=models.Q(expires_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def shown(self) -> dict[str, Any]:
        """The reading; empty until there is one."""
        return self.reading or {}
