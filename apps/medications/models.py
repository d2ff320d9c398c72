"""Medicines of a prescription and the catalogue they may be chosen from (domain.md §2.5)."""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from apps.medications.choices import FrequencyType, MedicineForm, MedicineType, MedicineUnit
from dastern.core.models import new_id


class CatalogueMedicine(models.Model):
    """A medicine sold in Cambodia: names, substances and the flags that safety rules read.

    ``flags``: weeklyOnly, highAlert, timeCritical (domain.md §7.5). ``source`` says where the row comes from.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name_en = models.CharField(_("name"), max_length=255, unique=True)
    name_km = models.CharField(_("Khmer name"), max_length=255, blank=True)
    brands = ArrayField(models.CharField(max_length=120), default=list, blank=True, verbose_name=_("brands"))
    substances = ArrayField(models.CharField(max_length=120), default=list, verbose_name=_("substances"))
    atc = models.CharField("ATC", max_length=8, blank=True)
    forms = ArrayField(models.CharField(max_length=16), default=list, blank=True, verbose_name=_("forms"))
    strengths = ArrayField(models.CharField(max_length=40), default=list, blank=True, verbose_name=_("strengths"))
    flags = ArrayField(models.CharField(max_length=20), default=list, blank=True, verbose_name=_("flags"))
    source = models.CharField(_("source"), max_length=120)
    source_checked = models.BooleanField(_("checked by a pharmacist"), default=False)

    class Meta:
        verbose_name = _("catalogue medicine")
        verbose_name_plural = _("medicine catalogue")
        indexes: ClassVar = [
            # search in both scripts: icontains compiles to UPPER(col) LIKE UPPER(…)
            GinIndex(OpClass(Upper("name_en"), name="gin_trgm_ops"), name="catalogue_name_en_trgm"),
            GinIndex(OpClass(Upper("name_km"), name="gin_trgm_ops"), name="catalogue_name_km_trgm"),
        ]

    def __str__(self) -> str:
        return self.name_en


class Medication(models.Model):
    """A MedicationRequest: one medicine of one prescription, as prescribed.

    A slot (``morning_dosage``, ``daytime_dosage``, ``night_dosage``) is null or
    {"amount": "0.5", "unit"?, "extra"?, "beforeMeal": bool, "time"?: "HH:mm"}; ``custom_times`` is a list of
    {"time": "HH:mm", "amount": "1", "beforeMeal": bool}. Amounts are decimal strings. A row is never deleted in use:
    ``retired_in_version`` ends it so that dose history keeps its medicine.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    prescription = models.ForeignKey("prescriptions.Prescription", models.CASCADE, related_name="medications")
    patient = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    catalogue = models.ForeignKey(CatalogueMedicine, models.SET_NULL, null=True, blank=True, related_name="+")
    batch_id = models.UUIDField(null=True, blank=True)
    row_number = models.PositiveSmallIntegerField(_("row"))
    medicine_name = models.CharField(_("medicine"), max_length=255)
    medicine_name_khmer = models.CharField(_("Khmer name"), max_length=255, blank=True)
    image = models.FileField(_("photo"), upload_to="medicines/", blank=True)
    medicine_type = models.CharField(_("route"), max_length=12, choices=MedicineType, blank=True)
    form = models.CharField(_("form"), max_length=12, choices=MedicineForm, blank=True)
    strength = models.CharField(_("strength"), max_length=60, blank=True)
    unit = models.CharField(_("unit"), max_length=12, choices=MedicineUnit)
    dosage_amount = models.DecimalField(_("amount"), max_digits=8, decimal_places=3, null=True, blank=True)
    description = models.CharField(_("description"), max_length=500, blank=True)
    additional_note = models.CharField(_("note"), max_length=500, blank=True)
    instructions = models.CharField(_("instructions"), max_length=500, blank=True)
    morning_dosage = models.JSONField(_("morning"), null=True, blank=True)
    daytime_dosage = models.JSONField(_("noon"), null=True, blank=True)
    night_dosage = models.JSONField(_("evening"), null=True, blank=True)
    custom_times = models.JSONField(_("other times"), default=list, blank=True)
    frequency = models.CharField(_("frequency"), max_length=100, blank=True)
    timing = models.CharField(_("timing"), max_length=100, blank=True)
    before_meal = models.BooleanField(_("before the meal"), default=False)
    frequency_type = models.CharField(_("days"), max_length=14, choices=FrequencyType)
    interval_days = models.PositiveSmallIntegerField(_("every … days"), null=True, blank=True)
    weekdays = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True, verbose_name=_("weekdays"))
    duration = models.PositiveSmallIntegerField(_("days of treatment"), null=True, blank=True)
    ongoing = models.BooleanField(_("long-term"), default=False)
    quantity = models.DecimalField(_("quantity given"), max_digits=8, decimal_places=2, null=True, blank=True)
    is_prn = models.BooleanField(_("only when needed"), default=False)
    prn_max_per_day = models.DecimalField(_("at most a day"), max_digits=8, decimal_places=3, null=True, blank=True)
    prn_min_interval_hours = models.DecimalField(
        _("hours between"), max_digits=5, decimal_places=2, null=True, blank=True
    )
    reminder_enabled = models.BooleanField(_("reminder"), default=True)
    time_critical = models.BooleanField(_("time-critical"), default=False)
    private = models.BooleanField(_("private"), default=False)
    stock_count = models.DecimalField(_("in stock"), max_digits=8, decimal_places=2, null=True, blank=True)
    starts_on = models.DateField(_("from"), null=True, blank=True)  # a medicine added later than its prescription
    # days its prescription was paused since it began: they count neither as days of treatment nor towards its end
    paused_days = models.PositiveSmallIntegerField(default=0, db_default=0)
    created_by_id = models.UUIDField(null=True)
    created_in_version = models.PositiveSmallIntegerField(default=1)
    retired_in_version = models.PositiveSmallIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("medicine")
        verbose_name_plural = _("medicines")
        ordering: ClassVar = ["row_number"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(duration__isnull=True) | models.Q(duration__gte=1, duration__lte=365),
                name="medications_duration_range",
            ),
            models.CheckConstraint(
                condition=models.Q(dosage_amount__isnull=True) | models.Q(dosage_amount__gt=0),
                name="medications_amount_positive",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["batch_id"], name="medications_batch", condition=models.Q(batch_id__isnull=False)),
            GinIndex(OpClass(Upper("medicine_name"), name="gin_trgm_ops"), name="medications_name_trgm"),  # search
            GinIndex(OpClass(Upper("medicine_name_khmer"), name="gin_trgm_ops"), name="medications_name_km_trgm"),
        ]

    def __str__(self) -> str:
        return f"{self.medicine_name} {self.strength}".strip()
