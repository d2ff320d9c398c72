"""Prescriptions for staff: to look at, and every look is audited. Doctors have pages of their own."""

from django.contrib import admin

from apps.prescriptions.models import Prescription, PrescriptionVersion
from apps.users.audited import AuditedAdmin


@admin.register(Prescription)
class PrescriptionAdmin(AuditedAdmin):
    """Whose prescription, from whom, in which state. The list names no diagnosis."""

    list_display = ("patient", "doctor", "status", "source", "start_date", "last_day", "created_at")
    list_filter = ("status", "source", "is_urgent")
    search_fields = ("patient__email", "doctor__email")
    list_select_related = ("patient", "doctor")
    ordering = ("-created_at",)


@admin.register(PrescriptionVersion)
class PrescriptionVersionAdmin(AuditedAdmin):
    """What was in force when."""

    list_display = ("prescription_id", "version_number", "state", "is_urgent", "created_at")
    list_filter = ("state",)
    search_fields = ("prescription__patient__email",)
    ordering = ("-created_at",)
