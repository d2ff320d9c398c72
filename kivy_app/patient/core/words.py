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
    "nudge.answered": _("Answer to a reminder"),
    "prescription.drafted": _("Medicine written by hand"),
    "vital.recorded": _("Reading"),
    "sos.raised": _("Call for help"),
    "alert.resolved": _("Alert that is dealt with"),
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
# What a medicine is counted in, in the order of the form.
UNITS = (
    "TABLET", "CAPSULE", "ML", "SPOON_5ML", "SPOON_15ML", "DROP", "SACHET", "PUFF", "UNIT", "SUPPOSITORY", "PATCH",
    "APPLICATION", "OTHER",
)  # fmt: skip
# Where Khmer has one word for two of them, the form says more.
UNIT_NAME = {"TABLET": _("tablet"), "CAPSULE": _("capsule")}
FREQUENCY = {
    "DAILY": _("Every day"),
    "EVERY_N_DAYS": _("Every few days"),
    "WEEKDAYS": _("On certain weekdays"),
    "PRN": _("Only when needed"),
}
COURSE = {
    "DAYS": _("A number of days"),
    "QUANTITY": _("Until what I got is used up"),
    "ONGOING": _("For a long time, no end planned"),
}
FACT = {
    "Diagnosis": _("Diagnosis"),
    "Complaints": _("Complaints"),
    "Note": _("Note of the doctor"),
    "Begins": _("Begins"),
    "Ends": _("Ends"),
    "Next visit": _("Next visit"),
}
VERSION = {
    "APPLIED": _("In force, or was"),
    "PROPOSED": _("Proposed"),
    "DECLINED": _("Declined"),
    "SUPERSEDED": _("Replaced before it was answered"),
}
CHANGE = {"New": _("New"), "No longer": _("No longer")}
# Fields of a medicine, where two versions are compared.
FIELD = {
    "dosageAmount": _("Amount"),
    "unit": _("Counted in"),
    "strength": _("Strength"),
    "morningDosage": _("Morning"),
    "daytimeDosage": _("Noon"),
    "nightDosage": _("Evening"),
    "customTimes": _("Other times"),
    "duration": _("Days"),
    "ongoing": _("long-term"),
    "instructions": _("Remarks"),
    "frequencyType": _("How often"),
    "timing": _("Meal"),
    "beforeMeal": _("Before the meal"),
    "other": _("Something else"),
}
# How regularly medicines are taken, in words beside the colour.
LEVELS = {
    "GREEN": _("Very good"),
    "YELLOW": _("Good, some were left out"),
    "RED": _("Many were left out. Talk with your doctor or family."),
    "NONE": _("No figures yet"),
}
NUDGE_ANSWER = (_("I have taken it"), _("I take it now"), _("Please call me"))
NAME = {"first": _("First name"), "last": _("Last name")}
LEVEL_ALL = {
    "NOT_ALLOWED": _("See nothing"),
    **LEVEL,
}
# The same, as the other person reads it.
LEVEL_SEEN = {
    "NOT_ALLOWED": _("You see the name only."),
    "REQUEST": _("You see data only after asking, for 24 hours."),
    "SELECTED": _("You see what was chosen for you, and you may remind gently."),
    "ALLOWED": _("You see everything and may record doses."),
}
LINK_EVENT = {
    "REQUESTED": _("asked to connect"),
    "ACCEPTED": _("accepted"),
    "DECLINED": _("declined"),
    "WITHDRAWN": _("took the request back"),
    "ENDED": _("ended"),
    "LEVEL": _("what may be seen was changed"),
    "EXPIRED": _("expired without an answer"),
    "OTHER": _("changed"),
}
SPECIALTY = {
    "GENERAL_PRACTICE": _("General practice"),
    "INTERNAL_MEDICINE": _("Internal medicine"),
    "CARDIOLOGY": _("Heart"),
    "ENDOCRINOLOGY": _("Diabetes and hormones"),
    "DERMATOLOGY": _("Skin"),
    "PEDIATRICS": _("Children"),
    "PSYCHIATRY": _("Mental health"),
    "SURGERY": _("Surgery"),
    "NEUROLOGY": _("Nerves"),
    "OPHTHALMOLOGY": _("Eyes"),
    "OTHER": _("Another field"),
}
# Messages the person may switch off; urgent ones are not among them.
MUTABLE = {
    "CONNECTION_REQUEST": _("Requests to connect"),
    "PRESCRIPTION_UPDATE": _("New and changed prescriptions"),
    "MISSED_DOSE_ALERT": _("Doses that are not recorded"),
    "FAMILY_ALERT": _("Reminders and answers of family"),
    "REFILL_LOW": _("Medicine that runs out"),
    "SUBSCRIPTION_UPDATE": _("My plan"),
}
# What decides whether reminders ring; the keys of ``platform.base.Check``.
CHECK = {
    "notifications": (_("Notifications are allowed"), _("Notifications are not allowed: nothing can be shown.")),
    "exact": (_("Alarms ring at the minute"), _("Exact alarms are not allowed: reminders may come late.")),
    "battery": (_("Battery saving leaves the alarms alone"), _("Battery saving may stop the alarms.")),
    "channel": (_("The sound of reminders is on"), _("The sound of reminders is off.")),
    "open": (_("This computer rings while the app is open"), _("This computer rings only while the app is open.")),
}
VITAL = {
    "BLOOD_PRESSURE": _("Blood pressure"),
    "GLUCOSE": _("Blood sugar"),
    "HEART_RATE": _("Pulse"),
    "TEMPERATURE": _("Temperature"),
    "SPO2": _("Oxygen in the blood"),
    "WEIGHT": _("Weight"),
}
PART = {
    "systolic": _("Upper number"),
    "diastolic": _("Lower number"),
    "glucose": _("Blood sugar"),
    "heartRate": _("Pulse"),
    "temperature": _("Temperature"),
    "spo2": _("Oxygen in the blood"),
    "weight": _("Weight"),
}
SEVERITY = {
    "USUAL": _("usual"),
    "LOW": _("a little outside the usual"),
    "MEDIUM": _("outside the usual"),
    "HIGH": _("serious"),
    "CRITICAL": _("dangerous"),
}
ADVICE = {
    "CALL_NOW": _("Call for medical help now."),
    "SECOND_READING": _(
        "Sit down, rest, and measure again after 1 to 5 minutes. With chest pain, shortness of breath, weakness or "
        "trouble speaking, call for medical help now."
    ),
    "EAT_SUGAR": _("Eat or drink sugar now, and measure again in 15 minutes."),
    "CONTACT_DOCTOR": _("Call your doctor or health centre today."),
    "ASK_HEALTH_WORKER": _("Ask a health worker about this reading."),
    "MEASURE_AGAIN": _("Rest and measure again later today."),
}
NOT_APPROVED = _("These limits are not yet clinically approved. In doubt, ask a health worker.")
STAGE = {
    "SENDING": _("The picture is being sent…"),
    "QUEUED": _("The picture waits to be read…"),
    "READING": _("The picture is being read…"),
    "OTHER": _("The picture is being read…"),
}
# What of a scanned line is in doubt.
DOUBT = {
    "name": _("The name could not be read surely."),
    "strength": _("The strength could not be read surely."),
    "unit": _("It is not sure what kind it is."),
    "quantity": _("The number of pieces could not be read surely."),
    "doses.morning": _("The morning amount could not be read surely."),
    "doses.noon": _("The noon amount could not be read surely."),
    "doses.evening": _("The evening amount could not be read surely."),
    "doses.night": _("The bedtime amount could not be read surely."),
}
TIER = {"FREEMIUM": _("Free"), "PREMIUM": _("Premium"), "FAMILY_PREMIUM": _("Family")}
OFFER = {
    "prescriptions": _("{n} prescription of your own"),
    "prescriptions_all": _("any number of prescriptions of your own"),
    "caregivers": _("{n} people of family"),
    "caregivers_all": _("any number of people of family"),
}
FEATURE = {
    "SCAN": _("scan prescriptions"),
    "FULL_ANALYTICS": _("figures of months and files to keep"),
    "UNLIMITED_DOCTORS": _("any number of doctors"),
    "FAMILY_SEATS": _("seats for family"),
    "PRIORITY_SUPPORT": _("help comes first to you"),
}
PAYMENT = {
    "PENDING": _("Waits for the bank"),
    "COMPLETED": _("Paid"),
    "FAILED": _("Not paid"),
    "CANCELLED": _("Cancelled"),
    "REFUNDED": _("Paid back"),
}
SEAT = {"INVITED": _("invited"), "ACTIVE": _("has a seat")}
OVER_LIMIT = _("You have taken as much as is allowed, or it is too soon. Ask your pharmacist or doctor first.")
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
