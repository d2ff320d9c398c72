"""Groups of medicines (domain.md §2.15)."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from dastern.core.models import new_id


class MedicationBatch(models.Model):
    """Medicines that a patient takes together at one clock time, held by a prescription of their own.

    The prescription is the truth about the course: its state switches the group on and off, its versions are the
    group's history. ``is_active`` mirrors that state by a database trigger, whoever pauses or stops it.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    patient = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    prescription = models.OneToOneField("prescriptions.Prescription", models.CASCADE, related_name="batch")
    name = models.CharField(_("name"), max_length=255)
    scheduled_time = models.TimeField(_("time"))
    is_active = models.BooleanField(_("switched on"), default=True)
    created_at = models.DateTimeField(_("made at"))
    updated_at = models.DateTimeField(_("changed at"))

    class Meta:
        verbose_name = _("group of medicines")
        verbose_name_plural = _("groups of medicines")
        indexes: ClassVar = [models.Index(fields=["patient", "is_active"], name="batches_patient_active")]  # the list

    def __str__(self) -> str:
        return f"{self.name} {self.scheduled_time:%H:%M}"
