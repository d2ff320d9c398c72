"""Refusals of this app, with stable codes."""

from django.utils.translation import gettext_lazy as _

from dastern.core.errors import Conflict, NotSignedIn, Throttled, Unavailable


class PaymentsUnavailable(Unavailable):
    """503: the payment node does not answer; nothing else is touched by it."""

    code = "PAYMENTS_UNAVAILABLE"
    message = _("Paying is not possible at the moment. Everything else works. Please try again in a few minutes.")


class OpenPayment(Conflict):
    """409: a QR that can still be paid; carries the ``payment``, to be shown again."""

    code = "OPEN_PAYMENT"
    message = _("You have a payment that is still open. Pay it or cancel it first.")


class NothingToPay(Conflict):
    """409: the plan chosen is smaller than the one that is paid, or has no end."""

    code = "NOTHING_TO_PAY"
    message = _("There is nothing to pay for this plan. A smaller plan starts when the present one ends.")


class NotCancellable(Conflict):
    """409: paid, over, or held for a person's eye."""

    code = "NOT_CANCELLABLE"
    message = _("This payment cannot be cancelled any more.")


class TooManyPayments(Throttled):
    """429: the node made too many QRs for this person in ten minutes."""

    code = "TOO_MANY_PAYMENTS"
    message = _("You have started too many payments. Please wait ten minutes.")

    def __init__(self) -> None:
        super().__init__(600)


class WebhookRefused(NotSignedIn):
    """401: not from our payment node; the log says why, the answer does not."""

    code = "WEBHOOK_REFUSED"
    message = _("This message is not signed by the payment node.")


class DifferentPayment(Conflict):
    """409: an event about a payment of ours with other content; kept for staff."""

    code = "PAYMENT_MISMATCH"
    message = _("This event differs from the payment it names.")
