"""Refusals of this app, with stable codes."""

from django.utils.translation import gettext_lazy as _

from dastern.core.errors import Conflict, Forbidden, Gone, Invalid, Locked, NotSignedIn


class InvalidCredentials(NotSignedIn):
    """401: unknown account or wrong password; the two look alike."""

    code = "INVALID_CREDENTIALS"
    message = _("The e-mail, phone number or password is wrong.")


class WrongPassword(NotSignedIn):
    """401: the signed-in person's current password is wrong."""

    code = "WRONG_PASSWORD"
    message = _("The current password is wrong.")


class LockedOut(Locked):
    """423 with the seconds left: five wrong passwords in a row."""

    def __init__(self, seconds: int) -> None:
        super().__init__(retry_after=seconds, extra={"retryAfter": seconds})


class EmailNotVerified(Forbidden):
    """403: the code of the welcome mail was not entered yet."""

    code = "EMAIL_NOT_VERIFIED"
    message = _("Please confirm your e-mail address with the code we sent you.")


class AccountRejected(Forbidden):
    """403: staff did not accept the doctor's licence; carries ``reason``."""

    code = "REJECTED"
    message = _("Your registration was not accepted.")


class AccountBlocked(Forbidden):
    """403: locked by staff; waiting does not help."""

    code = "ACCOUNT_BLOCKED"
    message = _("This account is locked. Please contact us.")


class DeletionPending(Forbidden):
    """403: the owner asked to delete the account and may still cancel that."""

    code = "DELETION_PENDING"
    message = _("This account will be deleted. You can still cancel the deletion.")


class NotBeingDeleted(Conflict):
    """409: there is no deletion to cancel."""

    code = "NOT_BEING_DELETED"
    message = _("This account is not being deleted.")


class AlreadyTaken(Conflict):
    """409: another account has this e-mail, phone, identity card or licence number; ``errors`` names which."""

    code = "ALREADY_TAKEN"
    message = _("Another account uses this already.")


class CodeWrong(Invalid):
    """400: a wrong code; carries ``attemptsLeft``."""

    code = "OTP_WRONG"
    message = _("This code is wrong.")

    def __init__(self, attempts_left: int) -> None:
        super().__init__(
            None if attempts_left else _("This code was tried too often. Please ask for a new one."),
            extra={"attemptsLeft": attempts_left},
        )


class CodeGone(Gone):
    """410: the code is older than five minutes, or was used."""

    code = "OTP_EXPIRED"
    message = _("This code has expired. Please ask for a new one.")


class ResetLinkUnknown(Invalid):
    """400: no such reset link."""

    code = "RESET_LINK_INVALID"
    message = _("This link is not valid.")


class ResetLinkGone(Gone):
    """410: the link is older than fifteen minutes, or was used."""

    code = "RESET_LINK_EXPIRED"
    message = _("This link has expired. Please ask for a new one.")


class SessionEnded(NotSignedIn):
    """401: the refresh token is unknown, over, or was used before."""

    code = "SESSION_ENDED"
    message = _("Your session has ended. Please sign in again.")


class GoogleTokenInvalid(NotSignedIn):
    """401: the token is not one that Google made for us."""

    code = "GOOGLE_TOKEN_INVALID"
    message = _("Google could not confirm who you are.")


class GoogleLinkRefused(Conflict):
    """409: the e-mail belongs to an account that never confirmed it, or that is linked to another Google account."""

    code = "GOOGLE_LINK_REFUSED"
    message = _("An account with this e-mail exists and cannot be linked. Please sign in with its password.")


class SecondFactorNeeded(NotSignedIn):
    """401: the password was right, the code of the person's app is missing."""

    code = "SECOND_FACTOR_REQUIRED"
    message = _("Please give the code of your authenticator app as well.")


class SecondFactorWrong(NotSignedIn):
    """401: not the code that the app shows, nor a recovery code that is left."""

    code = "SECOND_FACTOR_WRONG"
    message = _("This code is wrong or was used already.")


class SecondFactorUnset(Forbidden):
    """403: a second factor is required and was never set up, which is done on the site."""

    code = "SECOND_FACTOR_UNSET"
    message = _("Please set up the second step on the website first.")
