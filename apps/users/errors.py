"""Refusals of this app."""

from django.utils.translation import gettext_lazy as _

from dastern.core.errors import Conflict, Invalid, NotSignedIn


class ContactNeedsCode(Invalid):
    """400: an address changes only after a code sent to it came back."""

    code = "CONTACT_NEEDS_CODE"
    message = _("Change your e-mail or phone number with a code: ask for one first.")


class NotUnderReview(Conflict):
    """409: the doctor was decided about already."""

    code = "NOT_UNDER_REVIEW"
    message = _("This account is not waiting for verification.")


class StatusUnchanged(Conflict):
    """409: locking a locked account, or unlocking another."""

    code = "STATUS_UNCHANGED"
    message = _("The account's status does not allow this.")


class IdentityNotProven(NotSignedIn):
    """401: the password or code does not fit."""

    code = "IDENTITY_NOT_PROVEN"
    message = _("The password or code is not right.")
