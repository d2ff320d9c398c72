"""Readings, alerts and profiles for staff: to look at, and every look is audited."""

from django.contrib import admin

from apps.health_monitoring.models import (
    Allergy,
    Condition,
    EmergencyContact,
    HealthAlert,
    HealthProfile,
    HealthVital,
    ThresholdProposal,
    VitalThreshold,
)
from apps.users.audited import AuditedAdmin


@admin.register(HealthVital)
class HealthVitalAdmin(AuditedAdmin):
    """Readings, also those that were taken back."""

    list_display = ("patient", "vital_type", "value", "value_secondary", "unit", "severity", "measured_at", "source")
    list_filter = ("vital_type", "severity")
    search_fields = ("patient__email",)
    list_select_related = ("patient",)
    ordering = ("-measured_at",)


@admin.register(HealthAlert)
class HealthAlertAdmin(AuditedAdmin):
    """Unusual readings and calls for help. Places are not shown."""

    list_display = (
        "patient", "alert_type", "vital_type", "severity", "occurred_at", "acknowledged_at", "is_resolved",
        "notified_count",
    )  # fmt: skip
    list_filter = ("alert_type", "severity", "is_resolved")
    search_fields = ("patient__email",)
    list_select_related = ("patient",)
    ordering = ("-created_at",)
    exclude = ("location",)


@admin.register(VitalThreshold)
class VitalThresholdAdmin(AuditedAdmin):
    """Own ranges."""

    list_display = ("patient", "vital_type", "min_value", "max_value", "by_doctor", "updated_at")
    list_filter = ("vital_type", "by_doctor")
    search_fields = ("patient__email",)
    list_select_related = ("patient",)
    ordering = ("-updated_at",)


@admin.register(ThresholdProposal)
class ThresholdProposalAdmin(AuditedAdmin):
    """What doctors proposed."""

    list_display = ("patient", "doctor", "vital_type", "min_value", "max_value", "state", "created_at")
    list_filter = ("state",)
    search_fields = ("patient__email",)
    list_select_related = ("patient", "doctor")
    ordering = ("-created_at",)


@admin.register(HealthProfile)
class HealthProfileAdmin(AuditedAdmin):
    """Profiles."""

    list_display = ("patient", "blood_type", "no_known_allergies", "updated_at")
    search_fields = ("patient__email",)
    list_select_related = ("patient",)
    ordering = ("-updated_at",)


@admin.register(Allergy)
class AllergyAdmin(AuditedAdmin):
    """Allergies, also removed ones."""

    list_display = ("patient", "substance", "severity", "reaction", "created_at", "removed_at")
    list_filter = ("severity",)
    search_fields = ("patient__email", "substance")
    list_select_related = ("patient",)
    ordering = ("-created_at",)


@admin.register(Condition)
class ConditionAdmin(AuditedAdmin):
    """Long-standing illnesses, also removed ones."""

    list_display = ("patient", "name", "since", "created_at", "removed_at")
    search_fields = ("patient__email", "name")
    list_select_related = ("patient",)
    ordering = ("-created_at",)


@admin.register(EmergencyContact)
class EmergencyContactAdmin(AuditedAdmin):
    """Whom to call."""

    list_display = ("patient", "name", "relationship", "phone_number", "removed_at")
    search_fields = ("patient__email",)
    list_select_related = ("patient",)
    ordering = ("-created_at",)
