"""Writes of health monitoring."""

from apps.health_monitoring.services.alerts import alert_acknowledge, alert_resolve
from apps.health_monitoring.services.emergency import emergency_raise
from apps.health_monitoring.services.profile import (
    allergy_add,
    allergy_remove,
    condition_add,
    condition_remove,
    contact_add,
    contact_remove,
    profile_change,
)
from apps.health_monitoring.services.recording import vital_delete, vital_record
from apps.health_monitoring.services.thresholds import proposal_decide, threshold_propose, threshold_set

__all__ = [
    "alert_acknowledge",
    "alert_resolve",
    "allergy_add",
    "allergy_remove",
    "condition_add",
    "condition_remove",
    "contact_add",
    "contact_remove",
    "emergency_raise",
    "profile_change",
    "proposal_decide",
    "threshold_propose",
    "threshold_set",
    "vital_delete",
    "vital_record",
]
