"""What a doctor may see, through the access door."""

from apps.doctor_dashboard.selectors.sight import (
    doctor_grants,
    doctor_may_prescribe_for,
    doctor_patients,
    doctor_prescriptions,
    doctor_require,
    patient_granted,
)

__all__ = [
    "doctor_grants",
    "doctor_may_prescribe_for",
    "doctor_patients",
    "doctor_prescriptions",
    "doctor_require",
    "patient_granted",
]
