"""The words of the wire in the person's language: statuses, reasons, times of day, refusals."""

from patient.core.i18n import _

STATUS = {
    "DUE": _("Not yet taken"),
    "TAKEN_ON_TIME": _("Taken on time"),
    "TAKEN_LATE": _("Taken late"),
    "MISSED": _("Not recorded"),
    "SKIPPED": _("Skipped"),
}
PERIOD = {"MORNING": _("Morning"), "NOON": _("Noon"), "EVENING": _("Evening"), "NIGHT": _("Bedtime")}
SKIP_REASON = {
    "FEELING_BETTER": _("I feel better"),
    "SIDE_EFFECTS": _("Side effects"),
    "NO_MEDICINE": _("No medicine left"),
    "DOCTOR_ADVISED": _("The doctor advised it"),
    "PHARMACIST_ADVISED": _("The pharmacist advised it"),
    "LOW_READING": _("My reading was low"),
    "FASTING": _("Fasting"),
    "VOMITED": _("I vomited"),
    "TOO_LATE": _("Too late for this dose"),
    "OTHER": _("Another reason"),
}
ACT = {
    "dose.taken": _("Taken"),
    "dose.skipped": _("Skipped"),
    "dose.snoozed": _("Remind later"),
    "dose.undone": _("Undone"),
    "dose.corrected": _("Corrected"),
    "prn.taken": _("Taken when needed"),
    "settings.changed": _("Settings"),
    "notification.read": _("Notification"),
    "reminder.logged": _("Reminder"),
}
REFUSAL = {
    "NOT_FOUND": _("The server does not have this any more, or you may not see it any more."),
    "WINDOW_CLOSED": _("It was too late to record this."),
    "FUTURE": _("The time lies in the future. Please check the clock of this phone."),
    "PLAN_LIMIT": _("Your plan's limit is reached."),
    "INVALID": _("The server could not accept this."),
    "LOCAL_ID_REUSED": _("This was already sent with other content."),
}
MEAL = {
    "BEFORE_MEAL": _("Before the meal"),
    "AFTER_MEAL": _("After the meal"),
}


def refusal(code: str) -> str:
    """The msgid that explains a refusal; a code of a newer server gets the general one."""
    return REFUSAL.get(code, REFUSAL["INVALID"])
