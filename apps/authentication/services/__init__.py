"""Writes of the authentication app.

Lock order: the account's feed, then the account's row. Whatever must survive the refusal that follows it (a counted
failure, a revoked family, their audit rows) is committed in a transaction of its own before the refusal is raised.
"""

from apps.authentication.services.accounts import (
    account_register_caregiver,
    account_register_doctor,
    account_register_patient,
    account_verify,
)
from apps.authentication.services.codes import otp_send
from apps.authentication.services.contact import contact_change_confirm, contact_change_request
from apps.authentication.services.deletion import deletion_cancel
from apps.authentication.services.google import google_sign_in
from apps.authentication.services.login import login
from apps.authentication.services.passwords import (
    password_change,
    password_forgotten,
    password_reset,
    password_reset_by_code,
)
from apps.authentication.services.sessions import (
    Session,
    logout,
    session_end,
    session_open,
    session_refresh,
    sessions_end_all,
)

__all__ = [
    "Session",
    "account_register_caregiver",
    "account_register_doctor",
    "account_register_patient",
    "account_verify",
    "contact_change_confirm",
    "contact_change_request",
    "deletion_cancel",
    "google_sign_in",
    "login",
    "logout",
    "otp_send",
    "password_change",
    "password_forgotten",
    "password_reset",
    "password_reset_by_code",
    "session_end",
    "session_open",
    "session_refresh",
    "sessions_end_all",
]
