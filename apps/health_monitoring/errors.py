"""Refusals of this app, with stable codes."""

from django.utils.translation import gettext_lazy as _

from dastern.core.errors import Conflict, Forbidden, Invalid


class ImplausibleVital(Invalid):
    """400: no living person measures that, or a part is missing; ``errors`` name the field and the accepted range."""

    code = "IMPLAUSIBLE_VITAL"
    message = _("This reading cannot be right. Please check the number and the unit.")


class MeasuredInFuture(Invalid):
    """400: nobody has measured something in the future."""

    code = "FUTURE"
    message = _("This time lies in the future.")


class MeasuredTooLongAgo(Conflict):
    """409: older than four hundred days."""

    code = "WINDOW_CLOSED"
    message = _("The time for this has passed.")


class LocalIdReused(Conflict):
    """409: the phone's id of this record names something else already."""

    code = "LOCAL_ID_REUSED"
    message = _("This local id was used for something else.")


class AlreadyDecided(Conflict):
    """409: the proposal is not open any more."""

    code = "ALREADY_DECIDED"
    message = _("This proposal was decided already.")


class NotYours(Forbidden):
    """403: what one may see but not change."""

    code = "NOT_PERMITTED"
    message = _("You may see this, but not change it.")


class AlreadyRecorded(Conflict):
    """409: the same substance or condition stands in the profile already."""

    code = "ALREADY_RECORDED"
    message = _("This is in the health profile already.")


class TooMany(Conflict):
    """409: a list of the profile is full."""

    code = "TOO_MANY"
    message = _("At most %(limit)s entries can be kept here.")
