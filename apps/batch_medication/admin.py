"""Groups of medicines for staff: to look at, and every look is audited."""

from django.contrib import admin

from apps.batch_medication.models import MedicationBatch
from apps.users.audited import AuditedAdmin


@admin.register(MedicationBatch)
class MedicationBatchAdmin(AuditedAdmin):
    """Whose group, at what time, on or off. The list names no medicine."""

    list_display = ("patient", "scheduled_time", "is_active", "created_at")
    list_filter = ("is_active",)
    search_fields = ("patient__email",)
    list_select_related = ("patient",)
    ordering = ("-created_at",)
