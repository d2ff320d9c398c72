"""Writes of prescriptions and of what they prescribe."""

from apps.prescriptions.services.changing import (
    medicine_add,
    medicine_change,
    medicine_remove,
    medicine_settings_set,
    prescription_change,
    prescription_urgent_update,
    version_accept,
    version_decline,
)
from apps.prescriptions.services.content import Written
from apps.prescriptions.services.lifecycle import (
    prescription_confirm,
    prescription_delete,
    prescription_pause,
    prescription_reject,
    prescription_resume,
    prescription_retake,
    prescription_stop,
    urgent_acknowledge,
)
from apps.prescriptions.services.retiming import medicines_retime
from apps.prescriptions.services.safety import medicines_check, medicines_check_for, safety_preview
from apps.prescriptions.services.sharing import prescription_share, shared_read
from apps.prescriptions.services.writing import prescription_create, prescription_create_by_patient

__all__ = [
    "Written",
    "medicine_add",
    "medicine_change",
    "medicine_remove",
    "medicine_settings_set",
    "medicines_check",
    "medicines_check_for",
    "medicines_retime",
    "prescription_change",
    "prescription_confirm",
    "prescription_create",
    "prescription_create_by_patient",
    "prescription_delete",
    "prescription_pause",
    "prescription_reject",
    "prescription_resume",
    "prescription_retake",
    "prescription_share",
    "prescription_stop",
    "prescription_urgent_update",
    "safety_preview",
    "shared_read",
    "urgent_acknowledge",
    "version_accept",
    "version_decline",
]
