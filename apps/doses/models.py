"""Planned and recorded intakes (domain.md §2.6)."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.doses.choices import DoseSource, DoseStatus, SkipReason, WithdrawReason
from apps.medications.choices import TimePeriod
from dastern.core.models import new_id


class PlannedDose(models.Model):
    """What a planned intake is, whether it stands on the schedule or was withdrawn from it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    prescription = models.ForeignKey("prescriptions.Prescription", models.CASCADE, related_name="+")
    medication = models.ForeignKey("medications.Medication", models.CASCADE, related_name="+", db_index=False)
    patient = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    scheduled_time = models.DateTimeField(_("planned for"))
    local_date = models.DateField(_("day"))
    time_period = models.CharField(_("time of day"), max_length=8, choices=TimePeriod)
    reminder_time = models.TimeField(_("clock time"))
    amount = models.DecimalField(_("amount"), max_digits=8, decimal_places=3, null=True)
    grace_minutes = models.PositiveSmallIntegerField()
    overdue_at = models.DateTimeField()
    half_interval_minutes = models.PositiveSmallIntegerField(default=720, db_default=720)
    follows_meal = models.BooleanField(default=False, db_default=False)  # moves when the patient's meal times move
    version_number = models.PositiveSmallIntegerField()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.medication_id} {self.scheduled_time:%Y-%m-%d %H:%M}"


class DoseEvent(PlannedDose):
    """One dose. ``overdue_at`` = planned time + the grace stamped on the row; the missed job reads nothing else.

    Half the smallest gap to the medicine's neighbouring slot is stamped as ``half_interval_minutes`` (domain.md §7.2).
    """

    status = models.CharField(_("status"), max_length=14, choices=DoseStatus, default=DoseStatus.DUE, db_default="DUE")
    taken_at = models.DateTimeField(_("taken at"), null=True)
    taken_at_device = models.DateTimeField(null=True)  # as the phone said, when its clock was corrected
    amount_taken = models.DecimalField(_("amount taken"), max_digits=8, decimal_places=3, null=True)
    skip_reason = models.CharField(
        _("reason"), max_length=20, choices=SkipReason, blank=True, default="", db_default=""
    )
    skip_text = models.CharField(max_length=200, blank=True, default="", db_default="")
    source = models.CharField(_("source"), max_length=10, choices=DoseSource, blank=True, default="", db_default="")
    was_offline = models.BooleanField(default=False, db_default=False)
    early = models.BooleanField(default=False, db_default=False)
    possible_double = models.BooleanField(default=False, db_default=False)
    recorded_by_id = models.UUIDField(null=True)
    recorded_at = models.DateTimeField(null=True)
    recorded_device = models.CharField(max_length=64, blank=True, default="", db_default="")
    snoozed_until = models.DateTimeField(null=True)
    snooze_count = models.PositiveSmallIntegerField(default=0, db_default=0)
    missed_at = models.DateTimeField(null=True)
    missed_alert_at = models.DateTimeField(null=True)  # when the family was told; once for ever
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("dose")
        verbose_name_plural = _("doses")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["medication", "scheduled_time"], name="doses_once_a_slot"),
            models.CheckConstraint(
                condition=~models.Q(status__in=["TAKEN_ON_TIME", "TAKEN_LATE"]) | models.Q(taken_at__isnull=False),
                name="doses_taken_has_time",
            ),
        ]
        indexes: ClassVar = [
            # schedule of a day, history and adherence figures; covering, so that figures never visit the heap
            models.Index(
                fields=["patient", "scheduled_time"],
                include=["status", "skip_reason", "local_date"],
                name="doses_patient_time",
            ),
            # the missed job: cost follows the overdue rows, not the table (the status must be a literal in its SQL)
            models.Index(fields=["overdue_at"], name="doses_overdue", condition=models.Q(status="DUE")),
        ]


class WithdrawnDose(PlannedDose):
    """A dose taken off the schedule by pause, stop or a new version; a phone may still testify that it was taken."""

    withdrawn_at = models.DateTimeField()
    reason = models.CharField(max_length=12, choices=WithdrawReason)
    taken_after_stop_at = models.DateTimeField(null=True)  # an intake after the withdrawal, outside adherence

    class Meta:
        verbose_name = _("withdrawn dose")
        verbose_name_plural = _("withdrawn doses")
        indexes: ClassVar = [models.Index(fields=["patient", "scheduled_time"], name="doses_withdrawn_patient")]


class DoseTestimony(models.Model):
    """What somebody said about a dose, kept even when another statement won (domain.md §7.3).

    ``before`` and ``after`` are what stood about the dose around it (services/history.py): undo takes one back.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    dose_id = models.UUIDField(db_index=True)
    patient = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    local_id = models.UUIDField(null=True)
    kind = models.CharField(max_length=16)  # TAKEN, SKIPPED, UNDONE, CORRECTED
    at = models.DateTimeField()
    amount = models.DecimalField(max_digits=8, decimal_places=3, null=True)
    reason = models.CharField(max_length=200, blank=True)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    recorded_by_id = models.UUIDField()
    device_id = models.CharField(max_length=64, blank=True)
    recorded_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.kind} {self.dose_id}"


class PrnIntake(models.Model):
    """An unscheduled intake: as needed, or a second dose that people confirmed."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    medication = models.ForeignKey("medications.Medication", models.CASCADE, related_name="prn_intakes")
    patient = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    taken_at = models.DateTimeField(_("taken at"))
    amount = models.DecimalField(_("amount"), max_digits=8, decimal_places=3)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    over_limit = models.BooleanField(_("over the limit"), default=False)
    was_offline = models.BooleanField(default=False)
    recorded_by_id = models.UUIDField()
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("intake when needed")
        verbose_name_plural = _("intakes when needed")
        indexes: ClassVar = [models.Index(fields=["patient", "-taken_at"], name="doses_prn_patient")]  # 24-hour limits

    def __str__(self) -> str:
        return f"{self.medication_id} {self.taken_at:%Y-%m-%d %H:%M}"


class ReminderLog(models.Model):
    """What a phone did about a reminder: tells "missed" from "the phone never rang". Kept 90 days."""

    id = models.UUIDField(primary_key=True, editable=False)  # the phone's local id
    patient = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    dose_id = models.UUIDField(null=True)
    device_id = models.CharField(max_length=64)
    planned_for = models.DateTimeField()
    fired_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=12, blank=True)
    exact = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["patient", "-planned_for"], name="doses_reminder_patient"),
            models.Index(fields=["created_at"], name="doses_reminder_age"),  # 90-day clean-up
        ]

    def __str__(self) -> str:
        return f"{self.dose_id} {self.planned_for:%Y-%m-%d %H:%M}"
