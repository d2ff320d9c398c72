"""Enums of the doctor's side."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class WorklistKind(models.TextChoices):
    """Why somebody stands on the worklist, the most pressing first."""

    VITAL_ALERT = "VITAL_ALERT", _("Dangerous reading, or a call for help")
    URGENT_NOT_RECEIVED = "URGENT_NOT_RECEIVED", _("Urgent change not received: call the patient")
    SIDE_EFFECTS = "SIDE_EFFECTS", _("Skipped because of side effects")
    MISSED_IN_A_ROW = "MISSED_IN_A_ROW", _("Doses missed in a row")
    SENT_BACK = "SENT_BACK", _("Asks for a correction")
    CONNECTION_REQUEST = "CONNECTION_REQUEST", _("Asks to connect")
    LOW_ADHERENCE = "LOW_ADHERENCE", _("Takes less than 70 % of the doses")
    ENDING = "ENDING", _("Treatment ends soon")
    PAUSED_LONG = "PAUSED_LONG", _("Paused for more than a week")
    SILENT = "SILENT", _("Nothing recorded for a week")
    DRAFT = "DRAFT", _("Draft waits for the patient")


class MarkState(models.TextChoices):
    """What a doctor decided about one row of the worklist."""

    OPEN = "OPEN", _("To do")
    DONE = "DONE", _("Done")
    SNOOZED = "SNOOZED", _("Later")


class AlertLevel(models.TextChoices):
    """How grave missed doses of the last three days are (domain.md §2.12)."""

    WARNING = "WARNING", _("Warning")
    CRITICAL = "CRITICAL", _("Critical")


class TimelineKind(models.TextChoices):
    """What a timeline tells."""

    DOSE = "DOSE", _("Doses")
    PRESCRIPTION = "PRESCRIPTION", _("Prescriptions")
    CONSENT = "CONSENT", _("Consent")
    NOTE = "NOTE", _("My notes")


class WarningReason(models.TextChoices):
    """The one-tap reasons for going on in spite of a warning."""

    BENEFIT = "BENEFIT", _("The benefit is greater than the risk")
    WATCHED = "WATCHED", _("I will watch the patient closely")
    TOLERATED = "TOLERATED", _("The patient has taken it before without harm")
    REPLACES = "REPLACES", _("The other treatment is being replaced")
