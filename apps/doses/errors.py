"""Refusals of this app, with stable codes."""

from django.utils.translation import gettext_lazy as _

from dastern.core.errors import Conflict, Forbidden, Invalid


class TooEarly(Conflict):
    """409: long before the plan. ``extra.confirmable`` says whether confirming would do."""

    code = "TOO_EARLY"
    message = _("It is too early for this dose.")


class WindowClosed(Conflict):
    """409: more than 24 h after the plan, or ten minutes after the record that should be undone."""

    code = "WINDOW_CLOSED"
    message = _("The time for this has passed.")


class FutureTime(Invalid):
    """400: nobody has taken something in the future."""

    code = "FUTURE"
    message = _("This time lies in the future.")


class AlreadyRecorded(Conflict):
    """409: something else stands about this dose."""

    code = "ALREADY_RECORDED"
    message = _("This dose was recorded already.")


class NotRecorded(Conflict):
    """409: there is nothing to correct or to undo."""

    code = "NOT_RECORDED"
    message = _("Nothing was recorded about this dose that could be changed.")


class SnoozeLimit(Conflict):
    """409: three times at most, and not past two hours or half the interval."""

    code = "SNOOZE_LIMIT"
    message = _("This dose cannot be put off any further.")


class Withdrawn(Conflict):
    """409: the dose was taken off the schedule; what was said about it is kept."""

    code = "DOSE_WITHDRAWN"
    message = _("This dose is no longer on the schedule. Please ask your doctor or pharmacist.")


class DoseClosed(Conflict):
    """409: nobody can be reminded of a dose that is not open."""

    code = "DOSE_NOT_OPEN"
    message = _("This dose is not open any more.")


class OnlyYourOwn(Forbidden):
    """403: caregivers change what they recorded themselves."""

    code = "NOT_THE_RECORDER"
    message = _("Only who recorded this, or the patient, can change it.")


class MixedGroup(Invalid):
    """400: a group is one time of day of one day."""

    code = "NOT_ONE_SLOT"
    message = _("These doses do not belong to one time of day.")
