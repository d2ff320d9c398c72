"""What is written into the audit log (domain.md §2.9)."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class AuditAction(models.TextChoices):
    """Every audited action; the labels are the sentences of "who saw my data"."""

    CONNECTION_REQUEST = "CONNECTION_REQUEST", _("asked to connect")
    CONNECTION_ACCEPT = "CONNECTION_ACCEPT", _("accepted a connection")
    CONNECTION_REVOKE = "CONNECTION_REVOKE", _("ended a connection")
    PERMISSION_CHANGE = "PERMISSION_CHANGE", _("changed what somebody may see")
    PRESCRIPTION_CREATE = "PRESCRIPTION_CREATE", _("wrote a prescription")
    PRESCRIPTION_UPDATE = "PRESCRIPTION_UPDATE", _("changed a prescription")
    PRESCRIPTION_CONFIRM = "PRESCRIPTION_CONFIRM", _("confirmed a prescription")
    PRESCRIPTION_RETAKE = "PRESCRIPTION_RETAKE", _("asked to correct a prescription")
    DOSE_TAKEN = "DOSE_TAKEN", _("recorded a dose as taken")
    DOSE_SKIPPED = "DOSE_SKIPPED", _("recorded a dose as skipped")
    DOSE_MISSED = "DOSE_MISSED", _("a dose was not recorded in time")
    DOSE_CORRECTED = "DOSE_CORRECTED", _("corrected a dose")
    DATA_ACCESS = "DATA_ACCESS", _("looked at data")
    NOTIFICATION_SENT = "NOTIFICATION_SENT", _("sent a notification")
    SUBSCRIPTION_CHANGE = "SUBSCRIPTION_CHANGE", _("changed the plan")
    DOCTOR_NOTE_CREATE = "DOCTOR_NOTE_CREATE", _("wrote a note")
    DOCTOR_NOTE_UPDATE = "DOCTOR_NOTE_UPDATE", _("changed a note")
    DOCTOR_DISCONNECT = "DOCTOR_DISCONNECT", _("a doctor ended the connection")
    VITAL_RECORDED = "VITAL_RECORDED", _("recorded a vital sign")
    EMERGENCY_TRIGGERED = "EMERGENCY_TRIGGERED", _("called for help")
    LOGIN_SUCCESS = "LOGIN_SUCCESS", _("signed in")
    LOGIN_FAILED = "LOGIN_FAILED", _("failed to sign in")
    LOGOUT = "LOGOUT", _("signed out")
    ACCOUNT_LOCKED = "ACCOUNT_LOCKED", _("the account was locked")
    ACCOUNT_STATUS_CHANGE = "ACCOUNT_STATUS_CHANGE", _("changed the account's status")
    PASSWORD_RESET = "PASSWORD_RESET", _("set a new password")
    TOKEN_REUSE = "TOKEN_REUSE", _("an old session key was used again")
    DOCTOR_VERIFIED = "DOCTOR_VERIFIED", _("verified a doctor")
    DOCTOR_REJECTED = "DOCTOR_REJECTED", _("rejected a doctor")
    PROFILE_UPDATE = "PROFILE_UPDATE", _("changed the profile")
    DATA_EXPORT = "DATA_EXPORT", _("exported data")
    ACCOUNT_DELETE_REQUEST = "ACCOUNT_DELETE_REQUEST", _("asked to delete the account")
    ACCOUNT_DELETED = "ACCOUNT_DELETED", _("the account was deleted")
    PAYMENT_EVENT = "PAYMENT_EVENT", _("a payment changed")
    OCR_SCAN = "OCR_SCAN", _("scanned a prescription")
    ALERT_RESOLVED = "ALERT_RESOLVED", _("resolved an alert")
    THRESHOLD_CHANGE = "THRESHOLD_CHANGE", _("changed a threshold")
    ACCESS_REQUESTED = "ACCESS_REQUESTED", _("asked to see data")
    ACCESS_DECIDED = "ACCESS_DECIDED", _("decided about a request to see data")


class Outcome(models.TextChoices):
    """Whether the act was allowed."""

    ALLOWED = "ALLOWED", _("allowed")
    DENIED = "DENIED", _("denied")
