"""The doctor's own rows, and views of other apps' rows for the doctor's site."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from apps.doctor_dashboard.choices import MarkState, WarningReason, WorklistKind
from apps.users.models import User
from dastern.core.models import new_id

NOTE_LENGTH = 5000


class Patient(User):
    """A patient as a connected doctor sees one."""

    objects: ClassVar[models.Manager["Patient"]] = models.Manager()  # type: ignore[assignment]

    class Meta:
        proxy = True
        verbose_name = _("patient")
        verbose_name_plural = _("patients")
        default_permissions: ClassVar = ()


class DoctorNote(models.Model):
    """What a doctor writes down about a patient; private to its author (domain.md §2.12)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    doctor = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    patient = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    content = models.CharField(_("note"), max_length=NOTE_LENGTH)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        indexes: ClassVar = [
            models.Index(fields=["doctor", "patient", "-created_at"], name="dashboard_note_patient"),  # the chart
            models.Index(fields=["doctor", "-created_at"], name="dashboard_note_newest"),  # all own notes
        ]

    def __str__(self) -> str:
        return str(self.id)


class WorklistMark(models.Model):
    """Done, later or a remark about one row of a doctor's worklist; rows themselves are always computed."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    doctor = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    patient = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=20, choices=WorklistKind)
    key = models.CharField(max_length=120)
    state = models.CharField(max_length=8, choices=MarkState, default=MarkState.OPEN)
    until = models.DateTimeField(null=True)
    remark = models.CharField(max_length=500, blank=True)
    marked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    marked_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["doctor", "key"], name="dashboard_one_mark_a_row"),
            models.CheckConstraint(
                condition=models.Q(state="SNOOZED", until__isnull=False) | ~models.Q(state="SNOOZED"),
                name="dashboard_snoozed_until",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.state}"


class PrescriptionTemplate(models.Model):
    """What a doctor often writes for a diagnosis: header and medicines, nothing of a patient."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    doctor = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    name = models.CharField(_("name"), max_length=200)
    content = models.JSONField()  # {"header": {...}, "medications": [...]} in the words of the wire
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("template")
        verbose_name_plural = _("templates")
        constraints: ClassVar = [models.UniqueConstraint("doctor", Lower("name"), name="dashboard_one_template_a_name")]

    def __str__(self) -> str:
        return self.name


class WarningAnswer(models.Model):
    """Why a doctor passed a warning: asked once a patient and prescriber, until what is warned of changes (§7.5)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    doctor = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    patient = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    warning = models.CharField(max_length=600)  # its code and its English sentence
    reason = models.CharField(max_length=12, choices=WarningReason)
    answered_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["doctor", "patient", "warning"], name="dashboard_one_answer_a_warning")
        ]

    def __str__(self) -> str:
        return f"{self.warning[:40]} {self.reason}"
