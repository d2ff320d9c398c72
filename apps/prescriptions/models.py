"""Prescriptions and their versions (domain.md §2.4)."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.prescriptions.choices import PrescriptionSource, PrescriptionStatus, VersionState
from apps.users.choices import Gender
from dastern.core.models import new_id


class Prescription(models.Model):
    """A course of medicines for one patient, written by a doctor or by the patient."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    patient = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="prescriptions", db_index=False)
    doctor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="prescriptions_written"
    )
    patient_name = models.CharField(_("patient's name"), max_length=200)
    patient_gender = models.CharField(_("gender"), max_length=8, choices=Gender, blank=True)
    patient_age = models.PositiveSmallIntegerField(_("age"), null=True, blank=True)
    title = models.CharField(_("title"), max_length=200, blank=True)
    symptoms = models.CharField(_("symptoms"), max_length=1000, blank=True)
    diagnosis = models.CharField(_("diagnosis"), max_length=1000, blank=True)
    clinical_note = models.CharField(_("clinical note"), max_length=4000, blank=True)
    doctor_name = models.CharField(_("doctor's name"), max_length=200, blank=True)
    doctor_license_number = models.CharField(_("licence number"), max_length=100, blank=True)
    follow_up_date = models.DateField(_("follow-up"), null=True, blank=True)
    start_date = models.DateField(_("start"))
    end_date = models.DateField(_("end"), null=True, blank=True)  # as written; pauses do not move it
    last_day = models.DateField(_("last day"), null=True, blank=True)  # rules.last_day; None for long-term courses
    status = models.CharField(_("status"), max_length=8, choices=PrescriptionStatus, default=PrescriptionStatus.DRAFT)
    source = models.CharField(_("source"), max_length=8, choices=PrescriptionSource)
    current_version = models.PositiveSmallIntegerField(_("version"), default=1)
    is_urgent = models.BooleanField(_("urgent"), default=False)
    urgent_reason = models.CharField(_("reason of the urgency"), max_length=500, blank=True)
    urgent_acknowledged_at = models.DateTimeField(null=True, blank=True)
    retake_reason = models.CharField(_("asked to correct"), max_length=500, blank=True)
    activated_at = models.DateTimeField(null=True, blank=True)
    paused_at = models.DateTimeField(_("paused at"), null=True, blank=True)
    paused_days = models.PositiveSmallIntegerField(default=0)
    stopped_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    stopped_reason = models.CharField(_("reason"), max_length=500, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(_("written at"))
    updated_at = models.DateTimeField(_("changed at"))  # the optimistic lock: set by services, never by the database

    class Meta:
        verbose_name = _("prescription")
        verbose_name_plural = _("prescriptions")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(end_date__isnull=True) | models.Q(end_date__gte=models.F("start_date")),
                name="prescriptions_end_after_start",
            ),
            models.CheckConstraint(
                condition=models.Q(is_urgent=False) | ~models.Q(urgent_reason=""),
                name="prescriptions_urgent_has_reason",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["patient", "status"], name="prescriptions_patient_status"),  # lists, duplicate check
            models.Index(fields=["status", "last_day"], name="prescriptions_last_day"),  # finishing and its prompts
            models.Index(  # follow-up reminders
                fields=["follow_up_date"],
                name="prescriptions_follow_up",
                condition=models.Q(follow_up_date__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.title or self.diagnosis or self.symptoms or str(self.id)

    @property
    def is_doctor_made(self) -> bool:
        """True even when that doctor's account is gone."""
        return self.source == PrescriptionSource.DOCTOR


class PrescriptionVersion(models.Model):
    """The content after change n: header and medicines as JSON. Written once; only ``state`` and decision move."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    prescription = models.ForeignKey(Prescription, models.CASCADE, related_name="versions")
    patient = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    version_number = models.PositiveSmallIntegerField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    change_reason = models.CharField(_("reason of the change"), max_length=500, blank=True)
    snapshot = models.JSONField()  # {"header": {...}, "medications": [...]}
    state = models.CharField(_("state"), max_length=10, choices=VersionState)
    is_urgent = models.BooleanField(default=False)
    decided_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("prescription version")
        verbose_name_plural = _("prescription versions")
        ordering: ClassVar = ["version_number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["prescription", "version_number"], name="prescriptions_version_number"),
            models.UniqueConstraint(
                fields=["prescription"],
                condition=models.Q(state="PROPOSED"),
                name="prescriptions_one_proposal",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.prescription_id} v{self.version_number}"
