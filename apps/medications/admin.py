"""Medicines for staff: patients' rows to look at (audited), and the catalogue."""

from django.contrib import admin

from apps.medications.models import CatalogueMedicine, Medication
from apps.users.audited import AuditedAdmin
from dastern.core.admin import StaffAdmin


@admin.register(Medication)
class MedicationAdmin(AuditedAdmin):
    """Medicines of prescriptions."""

    list_display = ("medicine_name", "strength", "prescription_id", "created_in_version", "retired_in_version")
    search_fields = ("patient__email",)
    ordering = ("-created_at",)


@admin.register(CatalogueMedicine)
class CatalogueMedicineAdmin(StaffAdmin):
    """The catalogue is versioned data: it changes by import, not by hand."""

    list_display = ("name_en", "name_km", "substances", "flags", "source", "source_checked")
    list_filter = ("source_checked",)
    search_fields = ("name_en", "name_km", "brands", "substances")
    ordering = ("name_en",)
