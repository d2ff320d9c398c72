"""Doses for staff: to look at, and every look is audited."""

from django.contrib import admin

from apps.doses.models import DoseEvent, DoseTestimony, PrnIntake, WithdrawnDose
from apps.users.audited import AuditedAdmin


@admin.register(DoseEvent)
class DoseEventAdmin(AuditedAdmin):
    """Planned and recorded doses."""

    list_display = ("patient", "scheduled_time", "time_period", "status", "taken_at", "source")
    list_filter = ("status", "source")
    search_fields = ("patient__email",)
    list_select_related = ("patient",)
    ordering = ("-scheduled_time",)


@admin.register(WithdrawnDose)
class WithdrawnDoseAdmin(AuditedAdmin):
    """Doses taken off the schedule."""

    list_display = ("patient", "scheduled_time", "reason", "withdrawn_at", "taken_after_stop_at")
    list_filter = ("reason",)
    search_fields = ("patient__email",)
    list_select_related = ("patient",)
    ordering = ("-withdrawn_at",)


@admin.register(DoseTestimony)
class DoseTestimonyAdmin(AuditedAdmin):
    """What people said about doses."""

    list_display = ("patient", "kind", "at", "recorded_by_id", "recorded_at")
    list_filter = ("kind",)
    search_fields = ("patient__email",)
    list_select_related = ("patient",)
    ordering = ("-recorded_at",)


@admin.register(PrnIntake)
class PrnIntakeAdmin(AuditedAdmin):
    """Intakes outside the schedule."""

    list_display = ("patient", "taken_at", "amount", "over_limit", "recorded_by_id")
    list_filter = ("over_limit",)
    search_fields = ("patient__email",)
    list_select_related = ("patient",)
    ordering = ("-taken_at",)
