"""Vital signs, ranges, alerts and the health profile (domain.md §2.13)."""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from apps.health_monitoring.choices import (
    AlertSeverity,
    AlertType,
    AllergySeverity,
    BloodType,
    ProposalState,
    Resolution,
    VitalType,
)
from apps.health_monitoring.rules.readings import KINDS
from dastern.core.models import new_id


def _plausible() -> models.Q:
    """What the database accepts: the limits of every type (rules/readings)."""
    found = models.Q()
    for name, kind in KINDS.items():
        one = models.Q(vital_type=name, value__gte=kind.low, value__lte=kind.high)
        if kind.has_secondary:
            one &= models.Q(
                value_secondary__isnull=False,  # a check that answers "unknown" would let it in
                value_secondary__gte=kind.low_secondary,
                value_secondary__lte=kind.high_secondary,
                value__gt=models.F("value_secondary"),
            )
        else:
            one &= models.Q(value_secondary__isnull=True)
        found |= one
    return found


class HealthVital(models.Model):
    """One reading in the kept unit. ``entered_*`` is what was typed; a removed one stays, with ``deleted_at``."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    patient = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    vital_type = models.CharField(_("kind"), max_length=16, choices=VitalType)
    value = models.DecimalField(_("value"), max_digits=7, decimal_places=2)
    value_secondary = models.DecimalField(_("second value"), max_digits=7, decimal_places=2, null=True)
    unit = models.CharField(_("unit"), max_length=20)
    entered_value = models.DecimalField(max_digits=10, decimal_places=4)
    entered_unit = models.CharField(max_length=20)
    measured_at = models.DateTimeField(_("measured at"))
    measured_at_device = models.DateTimeField(null=True)  # as the phone said, when its clock was corrected
    notes = models.CharField(_("notes"), max_length=500, blank=True)
    severity = models.CharField(_("severity"), max_length=8, choices=AlertSeverity, blank=True)
    source = models.CharField(_("source"), max_length=50, default="manual")
    was_offline = models.BooleanField(default=False)
    recorded_by_id = models.UUIDField()
    created_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("vital sign")
        verbose_name_plural = _("vital signs")
        constraints: ClassVar = [models.CheckConstraint(condition=_plausible(), name="health_vital_plausible")]
        indexes: ClassVar = [
            # lists, latest and trends; covering, so that a year's trend never visits the heap
            models.Index(
                fields=["patient", "vital_type", "measured_at"],
                include=["value", "value_secondary"],
                name="health_vital_trend",
                condition=models.Q(deleted_at__isnull=True),
            ),
            models.Index(fields=["patient", "measured_at"], name="health_vital_patient"),  # lists of all types, export
        ]

    def __str__(self) -> str:
        return f"{self.vital_type} {self.measured_at:%Y-%m-%d %H:%M}"

    @property
    def is_abnormal(self) -> bool:
        """Outside the effective range or in a row of the severity table."""
        return bool(self.severity)


class UnevaluatedVital(models.Model):
    """An abnormal reading that the hourly evaluation has not looked at: its cost follows these rows alone."""

    vital = models.OneToOneField(HealthVital, models.CASCADE, primary_key=True, related_name="+")
    patient = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")

    def __str__(self) -> str:
        return str(self.vital_id)


class Bounds(models.Model):
    """A range of one type; a side that is null is open."""

    vital_type = models.CharField(_("kind"), max_length=16, choices=VitalType)
    min_value = models.DecimalField(_("at least"), max_digits=7, decimal_places=2, null=True)
    max_value = models.DecimalField(_("at most"), max_digits=7, decimal_places=2, null=True)
    min_secondary = models.DecimalField(_("second value at least"), max_digits=7, decimal_places=2, null=True)
    max_secondary = models.DecimalField(_("second value at most"), max_digits=7, decimal_places=2, null=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.vital_type} {self.min_value}–{self.max_value}"


def _ordered(name: str) -> list[models.CheckConstraint]:
    """min < max, on both parts."""
    return [
        models.CheckConstraint(condition=models.Q(min_value__lt=models.F("max_value")), name=f"{name}_ordered"),
        models.CheckConstraint(
            condition=models.Q(min_secondary__lt=models.F("max_secondary")), name=f"{name}_secondary_ordered"
        ),
    ]


class VitalThreshold(Bounds):
    """A person's own range; without a row the default of the table holds."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    patient = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    set_by_id = models.UUIDField()
    by_doctor = models.BooleanField(_("set by a doctor"), default=False)
    updated_at = models.DateTimeField()

    class Meta:
        verbose_name = _("own range")
        verbose_name_plural = _("own ranges")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["patient", "vital_type"], name="health_threshold_once"),
            *_ordered("health_threshold"),
        ]


class ThresholdProposal(Bounds):
    """A range that a doctor proposes; it holds only once the patient has accepted it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    patient = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    doctor = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=ProposalState, default=ProposalState.PROPOSED)
    created_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("proposed range")
        verbose_name_plural = _("proposed ranges")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["patient", "doctor", "vital_type"],
                condition=models.Q(state="PROPOSED"),
                name="health_one_open_proposal",
            ),
            *_ordered("health_proposal"),
        ]


class HealthAlert(models.Model):
    """An unusual reading, or a call for help. Readings of one type within 15 minutes join one alert.

    ``location`` ({"latitude", "longitude", "accuracy"?}) is for emergency contacts and links that see everything.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    patient = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    vital = models.ForeignKey(HealthVital, models.SET_NULL, null=True, related_name="+")  # the gravest reading
    alert_type = models.CharField(_("kind"), max_length=16, choices=AlertType)
    vital_type = models.CharField(_("measurement"), max_length=16, choices=VitalType, blank=True)
    severity = models.CharField(_("severity"), max_length=8, choices=AlertSeverity, default=AlertSeverity.MEDIUM)
    raised_from = models.CharField(max_length=8, choices=AlertSeverity, blank=True)  # after repeated readings
    advice = models.CharField(max_length=20, blank=True)
    message = models.CharField(_("message"), max_length=500, blank=True)  # what the person who calls for help says
    location = models.JSONField(null=True)
    readings = models.PositiveSmallIntegerField(_("readings"), default=1)
    occurred_at = models.DateTimeField(_("when"))
    last_at = models.DateTimeField()
    was_offline = models.BooleanField(default=False)
    notified_count = models.PositiveSmallIntegerField(default=0)
    acknowledged_at = models.DateTimeField(_("seen at"), null=True)
    repeated_at = models.DateTimeField(null=True)
    is_resolved = models.BooleanField(_("closed"), default=False)
    resolution = models.CharField(_("closed because"), max_length=10, choices=Resolution, blank=True)
    resolved_at = models.DateTimeField(null=True)
    resolved_by_id = models.UUIDField(null=True)
    raised_by_id = models.UUIDField()
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("health alert")
        verbose_name_plural = _("health alerts")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(alert_type="EMERGENCY_MANUAL", vital_type="")
                | models.Q(alert_type="ANOMALY") & ~models.Q(vital_type=""),
                name="health_alert_kind",
            ),
            models.CheckConstraint(
                condition=models.Q(is_resolved=False) | models.Q(resolved_at__isnull=False),
                name="health_alert_resolved_when",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["patient", "is_resolved", "created_at"], name="health_alert_list"),
            # what a new reading or another call may join
            models.Index(
                fields=["patient", "last_at"], name="health_alert_open", condition=models.Q(is_resolved=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.alert_type} {self.severity}"


class AlertSeen(models.Model):
    """Who has seen an alert, and when."""

    alert = models.ForeignKey(HealthAlert, models.CASCADE, related_name="seen")
    patient = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    seen_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["alert", "user"], name="health_seen_once")]

    def __str__(self) -> str:
        return f"{self.alert_id} {self.user_id}"


class HealthProfile(models.Model):
    """What everybody who chooses a medicine must know about a person."""

    patient = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="+")
    blood_type = models.CharField(_("blood type"), max_length=6, choices=BloodType, blank=True)
    no_known_allergies = models.BooleanField(_("no known allergies"), default=False)
    pregnant_since = models.DateField(_("pregnant since"), null=True)
    pregnancy_due = models.DateField(_("birth expected on"), null=True)
    pregnancy_ended = models.DateField(_("pregnancy ended on"), null=True)
    breastfeeding_since = models.DateField(_("breast-feeding since"), null=True)
    breastfeeding_until = models.DateField(_("breast-feeding until"), null=True)
    updated_at = models.DateTimeField()

    class Meta:
        verbose_name = _("health profile")
        verbose_name_plural = _("health profiles")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(pregnancy_ended__gte=models.F("pregnant_since")), name="health_pregnancy_order"
            ),
            models.CheckConstraint(
                condition=models.Q(breastfeeding_until__gte=models.F("breastfeeding_since")),
                name="health_breastfeeding_order",
            ),
        ]

    def __str__(self) -> str:
        return str(self.patient_id)


class Noted(models.Model):
    """An entry of the profile; a removed one stays, with ``removed_at``."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    recorded_by_id = models.UUIDField()
    created_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)
    removed_by_id = models.UUIDField(null=True)

    class Meta:
        abstract = True


class Allergy(Noted):
    """``substance`` is what the person said; ``substances`` and ``atc_groups`` what the catalogue knows it as."""

    patient = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    substance = models.CharField(_("substance"), max_length=120)
    substances = ArrayField(models.CharField(max_length=120), default=list)
    atc_groups = ArrayField(models.CharField(max_length=8), default=list)
    reaction = models.CharField(_("reaction"), max_length=200, blank=True)
    severity = models.CharField(_("severity"), max_length=8, choices=AllergySeverity, default=AllergySeverity.UNKNOWN)

    class Meta:
        verbose_name = _("allergy")
        verbose_name_plural = _("allergies")
        constraints: ClassVar = [
            models.UniqueConstraint(
                "patient", Lower("substance"), condition=models.Q(removed_at=None), name="health_allergy_once"
            )
        ]

    def __str__(self) -> str:
        return self.substance


class Condition(Noted):
    """A long-standing illness."""

    patient = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    name = models.CharField(_("condition"), max_length=120)
    since = models.DateField(_("since"), null=True)
    note = models.CharField(_("note"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("condition")
        verbose_name_plural = _("conditions")
        constraints: ClassVar = [
            models.UniqueConstraint(
                "patient", Lower("name"), condition=models.Q(removed_at=None), name="health_condition_once"
            )
        ]

    def __str__(self) -> str:
        return self.name


class EmergencyContact(Noted):
    """Whom to call; the phone dials them in this order."""

    patient = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    name = models.CharField(_("name"), max_length=100)
    phone_number = models.CharField(_("phone number"), max_length=20)
    relationship = models.CharField(_("relationship"), max_length=50, blank=True)

    class Meta:
        verbose_name = _("emergency contact")
        verbose_name_plural = _("emergency contacts")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["patient", "phone_number"],
                condition=models.Q(removed_at=None),
                name="health_contact_once",
            )
        ]

    def __str__(self) -> str:
        return self.name
