"""The words of the wire in the person's language: statuses, reasons, times of day, refusals."""

from patient.core.api import NoNetwork, Refused, ServerBusy, SignInNeeded
from patient.core.i18n import Catalogue, _

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
PRESCRIPTION = {
    "DRAFT": _("Waits for your answer"),
    "ACTIVE": _("Running"),
    "PAUSED": _("Paused"),
    "INACTIVE": _("Ended"),
}
LATE = _("It is late for this dose, or the next one is near. If you are not sure, ask your pharmacist or doctor.")
# What a level lets somebody do (domain.md §2.3). None is chosen beforehand, SELECTED is recommended (§7.6).
LEVEL = {
    "REQUEST": _("See my data only after asking me"),
    "SELECTED": _("See the prescriptions I have now, and whether I take them"),
    "ALLOWED": _("See everything and record doses for me"),
}
# Why the rules say "not now" (``NotNow.advice``).
NOT_NOW = {
    "TOO_EARLY": _("It is too early for this dose. Please wait, or ask your pharmacist or doctor."),
    "CLOSED": _("More than 24 hours have passed; this dose can no longer be recorded."),
    "FUTURE": _("This time has not come yet."),
    "WINDOW_CLOSED": _("It is too late to be reminded of this dose again."),
    "INVALID": _("This dose has been put off three times already."),
    "SERVER_WINS": _("This dose has been answered already."),
    "UNDO_CLOSED": _("This can no longer be undone; ten minutes have passed."),
}
MEAL = {"BEFORE": _("Before the meal"), "AFTER": _("After the meal")}


def refusal(code: str) -> str:
    """The msgid that explains a refusal; a code of a newer server gets the general one."""
    return REFUSAL.get(code, REFUSAL["INVALID"])


def problem(met: Exception, t: Catalogue) -> str:
    """What a person is told when a call to the server failed. A refusal brings its own words, already translated."""
    match met:
        case NoNetwork():
            return t("The server cannot be reached. Please check the internet and try again.")
        case ServerBusy():
            return t("The server is busy. Please try again in a moment.")
        case SignInNeeded():
            return t("Please sign in again.")
        case Refused(message=message) if message:
            return message
    return t("That did not work. Please try again.")
