"""Refusals of this app, with stable codes."""

from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from dastern.core.errors import Conflict, DomainError, Forbidden, Gone, Invalid, NotFound


class SelfConnection(Invalid):
    """400: nobody connects to oneself."""

    code = "SELF_CONNECTION"
    message = _("You cannot connect to yourself.")


class NoPatientSide(Invalid):
    """400: one side of a link must be a patient."""

    code = "NO_PATIENT_SIDE"
    message = _("One side of a connection must be a patient.")


class DoctorNotVerified(Forbidden):
    """403: only verified doctors take part."""

    code = "DOCTOR_NOT_VERIFIED"
    message = _("This doctor's account is not verified yet.")


class AlreadyConnected(Conflict):
    """409: the pair has a living link."""

    code = "ALREADY_CONNECTED"
    message = _("You are connected already, or a request is waiting.")


class NotPending(Conflict):
    """409: somebody answered before."""

    code = "NOT_PENDING"
    message = _("This request was answered already.")


class NotAccepted(Conflict):
    """409: the link is not (or no longer) in force."""

    code = "NOT_ACCEPTED"
    message = _("This connection is not active.")


class AlreadyEnded(Conflict):
    """409: ended is final."""

    code = "ALREADY_ENDED"
    message = _("This connection has ended already.")


class CodeUnknown(NotFound):
    """404: no such code."""

    code = "CODE_UNKNOWN"
    message = _("This code is not known. Please check it.")


class CodeUsed(Conflict):
    """409: somebody was faster."""

    code = "CODE_USED"
    message = _("This code was used already.")


class CodeExpired(Gone):
    """410: older than a day, or withdrawn."""

    code = "CODE_EXPIRED"
    message = _("This code has expired. Ask for a new one.")


class RequestOpen(Conflict):
    """409: one open request a link."""

    code = "REQUEST_OPEN"
    message = _("A request is waiting for an answer already.")


class RequestNotNeeded(Conflict):
    """409: only the level "on request" takes requests."""

    code = "LEVEL_TAKES_NO_REQUESTS"
    message = _("At the current level nothing can be requested.")


class NudgeLimit(DomainError):
    """429: two a dose."""

    status: ClassVar[int] = 429
    code = "NUDGE_LIMIT"
    message = _("You have reminded twice about this dose already.")


class NoSuchNudge(Forbidden):
    """403: only who was nudged may answer, and only whom nudged."""

    code = "NO_SUCH_NUDGE"
    message = _("There is no such reminder to answer.")
