"""Writing people."""

from apps.users.services.deletion import accounts_purge, deletion_request
from apps.users.services.exporting import export_start
from apps.users.services.profile import identity_set, photo_set, profile_change
from apps.users.services.settings import (
    family_alert_set,
    grace_set,
    meal_times_set,
    notification_settings_set,
)
from apps.users.services.storage import file_counted
from apps.users.services.verification import account_lock, account_unlock, doctor_reject, doctor_verify

__all__ = [
    "account_lock",
    "account_unlock",
    "accounts_purge",
    "deletion_request",
    "doctor_reject",
    "doctor_verify",
    "export_start",
    "family_alert_set",
    "file_counted",
    "grace_set",
    "identity_set",
    "meal_times_set",
    "notification_settings_set",
    "photo_set",
    "profile_change",
]
