"""Refusals of this app, with stable codes."""

from django.utils.translation import gettext_lazy as _

from dastern.core.errors import Conflict, Forbidden, Invalid


class MayNotPrescribe(Forbidden):
    """403: no link with the patient, or one that does not let this doctor write."""

    code = "MAY_NOT_PRESCRIBE"
    message = _("This patient has not allowed you to write prescriptions.")


class NotAuthor(Forbidden):
    """403: only the doctor who wrote a prescription changes it; absent ones are refused alike."""

    code = "NOT_AUTHOR"
    message = _("Only the doctor who wrote this prescription can change it.")


class DoctorMade(Forbidden):
    """403: a doctor's prescription is neither edited nor deleted by others."""

    code = "DOCTOR_MADE"
    message = _("A doctor wrote this prescription; it can be stopped, but not edited or deleted.")


class PartOfGroup(Conflict):
    """409: a medicine of a group has the group's clock time, so it is changed there."""

    code = "PART_OF_GROUP"
    message = _("This medicine belongs to a group with one time; change it there.")


class WrongState(Conflict):
    """409: the state machine has no such move from here."""

    code = "WRONG_STATE"
    message = _("This is not possible for a prescription in this state.")


class NotProposed(Conflict):
    """409: the version was decided, replaced or never was a proposal."""

    code = "NOT_PROPOSED"
    message = _("This change no longer waits for a decision.")


class NothingToAcknowledge(Conflict):
    """409: there is no urgent change."""

    code = "NOT_URGENT"
    message = _("There is no urgent change to acknowledge.")


class SafetyStop(Invalid):
    """400: the safety check found a hard stop; carries ``warnings``. A typed reason passes it where that is allowed."""

    code = "SAFETY_STOP"
    message = _("This could harm the patient. Please check the marked medicine.")
